from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from grnn_tui.errors import UsageError
from grnn_tui.playing import branch as branches
from grnn_tui.playing import session as sessions
from grnn_tui.playing import states
from grnn_tui.playing.branch import INTERVAL
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.sampling import Sampling
from grnn_tui.playing.session import Session
from tests.support.models import BYTES, LETTERS
from tests.support.players import HistoryPlayer, state_after

CHARACTERS = "abcdé中 \nXY"
prompts = st.text(alphabet=CHARACTERS, max_size=30)


def new_session(seed: int = 1) -> Session:
    return Session(HistoryPlayer(LETTERS.size), LETTERS, Sampling(), seed)


def ready(session: Session) -> Session:
    while session.busy:
        session.read(0)
    return session


def symbols_of(session: Session) -> list[int]:
    return session.current.symbols_between(0, session.length)


def written_session(prompt: str = "abc", count: int = 200, seed: int = 1) -> Session:
    session = new_session(seed)
    session.set_prompt(prompt)
    assert ready(session).write(count) == count
    return session


def check_figures(session: Session) -> None:
    """Every surprisal and every sum is what one plain pass over the text gives."""
    player, state, bits, seen = HistoryPlayer(LETTERS.size), 1, 0.0, 0
    found = session.current.bits_between(0, session.length)
    for i, symbol in enumerate(symbols_of(session)):
        check_sums(session, i, seen, bits)
        expected = -player.predict(state).log_prob(symbol) * BITS if symbol >= 0 else 0.0
        assert found[i] == pytest.approx(expected)
        if symbol >= 0:
            seen, bits, state = seen + 1, bits + expected, player.advance(state, symbol)
    check_sums(session, session.length, seen, bits)


def check_sums(session: Session, position: int, seen: int, bits: float) -> None:
    found_seen, found_bits = session.current.sums(position)
    assert found_seen == seen
    assert found_bits == pytest.approx(bits)


def check_cursor(session: Session) -> None:
    """What is predicted at the cursor is what a fresh replay up to there predicts."""
    player = HistoryPlayer(LETTERS.size)
    state = state_after(player, session.current.symbols_between(0, session.cursor))
    outlook = session.outlook()
    assert outlook is not None
    assert outlook.raw.tolist() == player.predict(state).probs.tolist()


@dataclass(frozen=True)
class Kept:
    """What a branch looked like when we last stood on it."""

    labels: list[str]
    prompt: int
    prompt_text: str


class SessionMachine(RuleBasedStateMachine):
    """Anything a person can do, in any order, against a plain record of what every branch must still say."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        for module in (branches, states):
            self.patch.setattr(module, "INTERVAL", 4)
        self.session = new_session()
        self.kept: dict[int, Kept] = {}
        self.remember()

    def teardown(self) -> None:
        self.patch.undo()

    def remember(self) -> None:
        branch = self.session.current
        self.kept[branch.number] = Kept(branch.labels_between(0, branch.length), branch.prompt, branch.prompt_text)

    @rule(text=prompts)
    def set_prompt(self, text: str) -> None:
        self.session.set_prompt(text)
        assert self.session.current.prompt_text == text
        self.session.current.sums(self.session.length)
        if self.session.outlook() is not None:
            check_cursor(self.session)
        self.remember()

    @rule(more=st.text(alphabet=CHARACTERS, min_size=1, max_size=3))
    def type_more(self, more: str) -> None:
        self.set_prompt(self.session.current.prompt_text + more)

    @rule()
    def backspace(self) -> None:
        self.set_prompt(self.session.current.prompt_text[:-1])

    @rule(count=st.integers(1, 90))
    def write(self, count: int) -> None:
        before = self.session.cursor
        assert self.session.write(count) == count
        assert self.session.cursor == before + count
        self.remember()

    @rule(symbol=st.integers(0, LETTERS.size - 1))
    def force(self, symbol: int) -> None:
        session = self.session
        there = session.current.symbols_between(session.cursor, session.cursor + 1)
        branch, length = session.current, session.length
        at = session.cursor
        session.force(symbol)
        assert session.cursor == at + 1
        assert session.current.symbols_between(at, at + 1) == [symbol]
        if there == [symbol]:
            assert session.current is branch
            assert session.length == length
        else:
            assert at in session.current.forced_between(0, session.length)
            assert (session.current is branch) == (at == length)
        self.remember()

    @rule(by=st.integers(-150, 150))
    def move(self, by: int) -> None:
        before, length = self.session.cursor, self.session.length
        self.session.move(by)
        assert self.session.cursor == max(0, min(before + by, length))

    @rule(seed=st.integers(0, 3), temperature=st.sampled_from([0.0, 0.5, 1.0]))
    def set_sampling(self, seed: int, temperature: float) -> None:
        self.session.set_sampling(Sampling(temperature=temperature), seed)

    @rule(seed=st.integers(0, 3))
    def reroll(self, seed: int) -> None:
        self.session.reroll(seed)
        assert self.session.cursor == self.session.current.prompt == self.session.length
        self.remember()

    @precondition(lambda self: len(self.session.branches) > 1)
    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.session.branches)))
        self.session.switch(number)
        assert self.session.cursor == self.session.length

    @invariant()
    def every_branch_says_what_it_said(self) -> None:
        assert self.session.branches.keys() == self.kept.keys()
        for number, kept in self.kept.items():
            branch = self.session.branches[number]
            assert branch.labels_between(0, branch.length) == kept.labels
            assert (branch.prompt, branch.prompt_text) == (kept.prompt, kept.prompt_text)

    @invariant()
    def a_branch_leaves_its_parent_where_the_parent_has_text_of_its_own(self) -> None:
        for branch in self.session.branches.values():
            assert branch.parent is None or branch.parent.parent is None or branch.fork > branch.parent.fork

    @invariant()
    def the_text_is_the_prompt_and_what_was_written(self) -> None:
        branch = self.session.current
        assert self.session.text == "".join(branch.labels_between(0, branch.length))
        assert self.session.text.startswith(branch.prompt_text)
        assert len(branch.prompt_text) == branch.prompt

    @invariant()
    def figures_and_states_equal_a_fresh_replay(self) -> None:
        ready(self.session)
        check_cursor(self.session)
        check_figures(self.session)

    @invariant()
    def what_is_told_of_changes_is_the_text(self) -> None:
        shown: list[str] = getattr(self, "shown", [])
        start = self.session.take_change()
        if start is not None:
            shown = shown[:start] + self.session.current.labels_between(start, self.session.length)
        assert shown == self.session.current.labels_between(0, self.session.length)
        self.shown = shown


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_stepping_back_and_drawing_again_writes_the_same_and_opens_no_branch() -> None:
    session = written_session()
    text = session.text
    session.move(-77)
    assert session.write(77) == 77
    assert session.text == text
    assert len(session.branches) == 1


def test_another_seed_after_stepping_back_opens_a_branch_and_keeps_the_old_way() -> None:
    session = written_session()
    text = session.text
    session.move(-50)
    session.set_sampling(Sampling(), 2)
    session.write(50)
    assert session.text != text
    assert session.current.parent is session.branches[0]
    session.switch(0)
    assert session.text == text


def test_the_same_text_is_drawn_whether_in_one_go_or_symbol_by_symbol() -> None:
    one, many = written_session(count=150), written_session(count=0)
    for _ in range(150):
        many.write(1)
    assert one.text == many.text


def test_a_typed_character_costs_one_step_however_long_the_prompt() -> None:
    session = new_session()
    session.set_prompt("abc " * 1000)
    ready(session)
    player = session.player
    assert isinstance(player, HistoryPlayer)
    before = player.steps
    session.set_prompt("abc " * 1000 + "a")
    ready(session)
    assert player.steps == before + 1
    session.set_prompt("abc " * 1000)
    ready(session)
    session.outlook()
    assert player.steps - before <= INTERVAL + 1


@pytest.mark.parametrize("length", [500, 20_000])
def test_stepping_costs_the_same_however_long_the_text(length: int) -> None:
    session = written_session(count=length)
    player = session.player
    assert isinstance(player, HistoryPlayer)
    before = player.steps
    for _ in range(300):
        session.move(-1)
        session.outlook()
    assert player.steps - before <= 300 + 4 * INTERVAL
    session.move(-(length // 2))
    session.outlook()
    session.force(0)
    assert player.steps - before <= 300 + 8 * INTERVAL


def test_reading_a_long_prompt_goes_in_slices_and_ends_in_the_same_figures() -> None:
    session = new_session()
    session.set_prompt("abcé" * 200)
    assert session.outlook() is None
    assert session.write(5) == 0
    slices = 0
    while session.busy:
        session.read(0)
        slices += 1
    assert slices > 3
    check_figures(session)
    check_cursor(session)


def test_a_keystroke_while_reading_goes_on_where_the_reading_was() -> None:
    session = new_session()
    text = "abcé" * 500
    session.set_prompt(text)
    session.read(0)
    session.set_prompt(text + "a")
    session.set_prompt(text)
    player = session.player
    assert isinstance(player, HistoryPlayer)
    ready(session)
    assert player.steps <= len(text) + INTERVAL
    check_figures(session)


def test_forcing_inside_the_prompt_ends_the_prompt_there() -> None:
    session = new_session()
    session.set_prompt("abcabc")
    ready(session)
    session.move(-4)
    session.force(LETTERS.index["g"])
    assert (session.current.prompt_text, session.written) == ("ab", "g")
    session.switch(0)
    assert session.text == "abcabc"


def test_writing_inside_the_prompt_has_the_luck_of_a_prompt_that_ends_there() -> None:
    session = new_session()
    session.set_prompt("abcabc")
    ready(session)
    session.move(-4)
    session.write(60)
    assert session.text == written_session("ab", 60).text


def test_unknown_characters_stay_in_the_text_and_are_not_seen() -> None:
    session = new_session()
    session.set_prompt("aXbYc")
    ready(session)
    assert session.text == "aXbYc"
    assert symbols_of(session) == [2, -1, 3, -1, 4]
    assert session.current.sums(5)[0] == 3
    check_cursor(session)


def test_another_model_keeps_the_text_and_reads_it_anew() -> None:
    session = written_session("aXb", 100)
    text = session.text
    session.move(-30)
    session.set_player(HistoryPlayer(LETTERS.size, salt=99), LETTERS)
    ready(session)
    other = HistoryPlayer(LETTERS.size, salt=99)
    state = state_after(other, session.current.symbols_between(0, session.cursor))
    outlook = session.outlook()
    assert outlook is not None
    assert outlook.raw.tolist() == other.predict(state).probs.tolist()
    assert session.text == text
    expected = -other.predict(other.start()).log_prob(LETTERS.index["a"]) * BITS
    assert session.current.bits_between(0, 1) == [pytest.approx(expected)]


def test_another_model_reads_no_more_than_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "REPLAY", 512)
    monkeypatch.setattr(sessions, "REPLAY", 512)
    session = written_session(count=5000)
    figures = session.current.bits_between(0, session.length)
    player = HistoryPlayer(LETTERS.size, salt=9)
    session.set_player(player, LETTERS)
    ready(session)
    assert player.steps <= 512 + INTERVAL
    now = session.current.bits_between(0, session.length)
    assert now[:4000] == figures[:4000]
    assert now[-100:] != figures[-100:]
    session.move(-3000)
    ready(session)
    assert session.outlook() is not None
    session.write(3)
    assert session.current.sums(session.length)[1] == pytest.approx(
        sum(session.current.bits_between(0, session.length))
    )


@given(prompts, st.lists(st.integers(0, 255), max_size=20))
def test_a_model_of_bytes_and_back_keeps_every_text(prompt: str, forced: list[int]) -> None:
    session = new_session()
    session.set_prompt(prompt)
    ready(session).write(20)
    session.reroll(2)
    session.write(10)
    texts = {number: "".join(b.labels_between(0, b.length)) for number, b in session.branches.items()}
    session.set_player(HistoryPlayer(256), BYTES)
    ready(session)
    assert session.length == len(session.text.encode())
    assert session.outlook() is not None
    session.set_player(HistoryPlayer(LETTERS.size), LETTERS)
    ready(session)
    assert {number: "".join(b.labels_between(0, b.length)) for number, b in session.branches.items()} == texts
    check_figures(session)


def test_bytes_that_are_no_text_survive_a_model_of_characters() -> None:
    session = Session(HistoryPlayer(256), BYTES)
    session.set_prompt("é")
    ready(session)
    for byte in (0xC3, 0x28, 0xFF):
        session.force(byte)
    before = session.current.symbols_between(0, session.length)
    session.set_player(HistoryPlayer(LETTERS.size), LETTERS)
    ready(session)
    session.set_player(HistoryPlayer(256), BYTES)
    ready(session)
    assert session.current.symbols_between(0, session.length) == before == [0xC3, 0xA9, 0xC3, 0x28, 0xFF]


def test_another_vocabulary_gives_the_same_characters_other_symbols() -> None:
    session = written_session("ab", 30)
    text = session.text
    fewer = type(LETTERS)(unit="character", symbols=("b", "a"))
    session.set_player(HistoryPlayer(2), fewer)
    ready(session)
    assert session.text == text
    assert session.current.symbols_between(0, 2) == [1, 0]
    assert session.outlook() is not None


@given(prompts, prompts, st.integers(0, 60))
def test_a_restored_text_is_what_it_was(prompt: str, written: str, cursor: int) -> None:
    session = new_session()
    session.restore(prompt, written, cursor, [len(prompt), 10_000, -1])
    ready(session)
    assert session.current.prompt_text == prompt
    assert session.written == written
    assert session.cursor == min(cursor, len(prompt) + len(written))
    assert session.current.forced_between(0, session.length) == ([len(prompt)] if written else [])
    check_figures(session)
    check_cursor(session)


def test_a_text_that_is_too_long_is_refused_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_LENGTH", 100)
    session = written_session(count=97)
    with pytest.raises(UsageError):
        session.write(1)
    with pytest.raises(UsageError):
        session.set_prompt("a" * 101)
    assert session.length == 100
    assert len(session.branches) == 1


@pytest.mark.parametrize("symbol", [-1, LETTERS.size])
def test_a_symbol_that_is_none_is_refused(symbol: int) -> None:
    with pytest.raises(UsageError):
        new_session().force(symbol)


def test_refused_settings_leave_the_old_ones() -> None:
    session = new_session()
    for sampling, seed in ((Sampling(temperature=-1.0), 5), (Sampling(temperature=0.5), -5)):
        with pytest.raises(UsageError):
            session.set_sampling(sampling, seed)
    assert session.sampling == Sampling()
    assert session.luck.seed == 1


def test_surrogates_that_are_no_bytes_are_replaced() -> None:
    session = new_session()
    session.set_prompt("a\ud800b\udc80")
    assert session.text == "a\ufffdb\udc80"
