from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.playing.generation import generate, generate_symbols
from grnn_tui.playing.sampling import Sampling
from grnn_tui.playing.session import Session
from tests.support.models import BYTES, LETTERS
from tests.support.players import HistoryPlayer

prompts = st.text(alphabet="abcé中 xyz\n", max_size=20)


@given(
    prompts,
    st.integers(0, 2**40),
    st.integers(0, 150),
    st.sampled_from([1.0, 0.0, 0.7]),
    st.sampled_from([1.0, 1.5]),
    st.sampled_from([0, 3, 64]),
)
def test_the_command_line_and_a_session_write_the_same_text(
    prompt: str, seed: int, length: int, temperature: float, penalty: float, window: int
) -> None:
    sampling = Sampling(temperature=temperature, repetition_penalty=penalty, repetition_window=window, top_k=7)
    player = HistoryPlayer(LETTERS.size)
    there = list(generate_symbols(player, LETTERS, prompt, length, sampling, seed))
    session = Session(player, LETTERS, sampling, seed)
    session.set_prompt(prompt)
    session.read()
    assert session.write(length) == length
    start, stop = session.current.prompt, session.length
    assert session.current.symbols_between(start, stop) == [symbol for symbol, _ in there]
    assert session.current.bits_between(start, stop) == [bits for _, bits in there]


def test_the_same_seed_gives_the_same_text_and_another_another() -> None:
    player = HistoryPlayer(LETTERS.size)
    texts = ["".join(generate(player, LETTERS, "a", 200, Sampling(), seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_longer_text_begins_with_the_shorter_one() -> None:
    player = HistoryPlayer(LETTERS.size)
    short, long = ("".join(generate(player, LETTERS, "a", n, Sampling(), 3)) for n in (1000, 1100))
    assert long.startswith(short)


def test_unknown_characters_of_the_prompt_are_not_seen_by_the_model() -> None:
    player = HistoryPlayer(LETTERS.size)
    texts = ["".join(generate(player, LETTERS, prompt, 50, Sampling(), 3)) for prompt in ("ab", "aXbY", "XYZ", "")]
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]


def test_bytes_are_handed_out_one_label_each() -> None:
    labels = list(generate(HistoryPlayer(256), BYTES, "é", 300, Sampling(), 3))
    assert all(len(label) == 1 for label in labels)
    assert any(0xDC80 <= ord(label) <= 0xDCFF for label in labels)
