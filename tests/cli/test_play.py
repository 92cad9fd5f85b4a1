from __future__ import annotations

import json
import math
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.models import LETTERS, make_model


def test_the_same_seed_writes_the_same_text_and_says_its_seed(run: Command, lstm: Path) -> None:
    first, again, other = (run("generate", lstm, "--prompt", "ab", "--length", 100, "--seed", s) for s in (1, 1, 2))
    assert first.status == 0
    assert first.out == again.out != other.out
    assert first.out.startswith("ab")
    assert len(first.out.rstrip("\n")) in range(80, 103)
    assert "seed 1" in first.err
    assert "100 characters" in first.err


def test_a_seed_nobody_gave_is_shown_and_gives_the_text_again(run: Command, lstm: Path) -> None:
    drawn = run("generate", lstm, "-n", 50, "--json").json["texts"][0]
    assert run("generate", lstm, "-n", 50, "--json", "--seed", drawn["seed"]).json["texts"][0]["text"] == drawn["text"]


def test_several_texts_have_seeds_that_follow_each_other(run: Command, lstm: Path) -> None:
    shown = run("generate", lstm, "-n", 40, "--seed", 5, "--count", 3, "--json").json
    assert shown["model"] == "lstm"
    assert [text["seed"] for text in shown["texts"]] == [5, 6, 7]
    assert all(text["symbols"] == 40 for text in shown["texts"])
    alone = run("generate", lstm, "-n", 40, "--seed", 6, "--json").json["texts"][0]
    assert alone["text"] == shown["texts"][1]["text"]


def test_temperature_zero_is_greedy_whatever_the_seed(run: Command, lstm: Path) -> None:
    texts = [run("generate", lstm, "-n", 60, "--temperature", 0, "--seed", s).out for s in (1, 2)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("where", ["--prompt", "--prompt-file"])
def test_the_prompt_comes_from_the_line_or_from_stdin(run: Command, lstm: Path, where: str) -> None:
    value, stdin = ("é中", b"") if where == "--prompt" else ("-", "é中".encode())
    shown = run("next", lstm, where, value, "--json", stdin=stdin).json
    assert shown["prompt"] == "é中"


def test_unknown_characters_of_the_prompt_are_named(run: Command, lstm: Path) -> None:
    ran = run("generate", lstm, "--prompt", "aQZ", "-n", 5, "--seed", 1)
    assert ran.status == 0
    assert "2 characters" in ran.err
    assert ran.out.startswith("aQZ")


def test_bytes_go_raw_into_a_pipe(run: Command, gru_of_bytes: Path) -> None:
    ran = run("generate", gru_of_bytes, "--prompt", "é", "-n", 300, "--seed", 1)
    assert ran.raw.startswith("é".encode())
    assert len(ran.raw.removesuffix(b"\n")) in (301, 302)
    with pytest.raises(UnicodeDecodeError):
        ran.raw.decode()
    text = run("generate", gru_of_bytes, "--prompt", "é", "-n", 300, "--seed", 1, "--json").json["texts"][0]["text"]
    assert text.encode("utf-8", "surrogateescape") == ran.raw[2:302]


def test_next_shows_every_symbol_once_and_what_was_removed(run: Command, lstm: Path) -> None:
    shown = run("next", lstm, "--prompt", "ab", "--top-k", 4, "--json").json
    symbols = shown["symbols"]
    assert [s["rank"] for s in symbols] == list(range(12 - 1 + 0)) or len(symbols) == len(
        {s["symbol"] for s in symbols}
    )
    assert math.fsum(s["p"] for s in symbols) == pytest.approx(1)
    assert math.fsum(s["used"] for s in symbols) == pytest.approx(1)
    assert [s["p"] for s in symbols] == sorted((s["p"] for s in symbols), reverse=True)
    assert shown["removed"] == len(symbols) - 4
    assert shown["removed_mass"] == pytest.approx(math.fsum(s["p"] for s in symbols[4:]))
    assert shown["entropy_bits"] == pytest.approx(-math.fsum(s["p"] * math.log2(s["p"]) for s in symbols))
    lines = run("next", lstm, "--prompt", "ab", "--top", 3).out.splitlines()
    assert lines[0].split() == ["rank", "symbol", "p", "used"]
    assert len(lines) == 4


def test_next_tells_what_each_particle_says_and_how_well_it_has_foretold_the_text(run: Command, tmp_path: Path) -> None:
    model = make_model(tmp_path / "many", "gru", LETTERS, hidden=8, embedding=4, particles=3).path
    shown = run("next", model, "--prompt", "abc", "--json").json
    shares = [particle["responsibility"] for particle in shown["particles"]]
    assert math.fsum(shares) == pytest.approx(1)
    assert shown["effective_particles"] == pytest.approx(1 / math.fsum(share**2 for share in shares))
    for symbol in shown["symbols"]:
        assert symbol["p"] == pytest.approx(math.fsum(symbol["particles"]) / 3)
    for part, particle in enumerate(shown["particles"]):
        own = [symbol["particles"][part] for symbol in shown["symbols"]]
        assert math.fsum(own) == pytest.approx(1)
        assert particle["entropy_bits"] == pytest.approx(-math.fsum(p * math.log2(p) for p in own))
    assert (
        f"mixture of 3 particles, effectively {shown['effective_particles']:.2f}" in run("next", model, "-p", "abc").err
    )


def test_the_score_of_a_model_with_noise_has_its_bound_by_name(run: Command, lstm: Path, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("abcdefg\nadé中\n" * 20)
    noisy = make_model(tmp_path / "noisy", "lstm", LETTERS, hidden=12, embedding=5, noise=0.3).path
    plain, shown = (run("score", model, file, "--json").json for model in (lstm, noisy))
    assert "bound_nats_per_symbol" not in plain
    assert shown["nats_per_symbol"] == plain["nats_per_symbol"]
    assert shown["bound_nats_per_symbol"] != pytest.approx(shown["nats_per_symbol"], abs=1e-4)
    assert run("score", noisy, file, "--json").json == shown
    assert "bound K with its noise" in run("score", noisy, file).out
    assert "bound" not in run("score", lstm, file).out


def test_a_score_has_the_keys_and_the_figures(run: Command, lstm: Path, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("abc\nQad é中\n")
    shown = run("score", lstm, file, "--json").json
    assert (shown["symbols"], shown["unseen"]) == (10, 1)
    assert shown["bits_per_symbol"] == pytest.approx(shown["nats"] / 10 / math.log(2))
    assert shown["perplexity"] == pytest.approx(math.exp(shown["nats"] / 10))
    assert run("score", lstm, file).out.count("\n") > 10
    lines = run("score", lstm, file, "--per-symbol").out.splitlines()
    assert len(lines) == 10
    position, symbol, bits = lines[-1].split("\t")
    assert (position, json.loads(symbol)) == ("9", "\n")
    total = math.fsum(float(line.split("\t")[2]) for line in lines)
    assert total == pytest.approx(shown["nats"] / math.log(2), abs=1e-4)
    assert float(bits) > 0


def test_a_text_that_was_generated_scores_what_was_told(run: Command, lstm: Path, tmp_path: Path) -> None:
    text = run("generate", lstm, "-n", 200, "--seed", 3, "--json").json["texts"][0]
    file = tmp_path / "text.txt"
    file.write_bytes(text["text"].encode())
    assert run("score", lstm, file, "--json").json["bits_per_symbol"] == pytest.approx(text["bits_per_symbol"])


@pytest.mark.parametrize(
    "options",
    [
        ("--temperature", "-1"),
        ("--temperature", "nan"),
        ("--temperature", "inf"),
        ("--top-k", "-1"),
        ("--top-k", "x"),
        ("--top-p", "0"),
        ("--top-p", "nan"),
        ("--min-p", "2"),
        ("--repetition-penalty", "0"),
        ("--seed", "-1"),
        ("--seed", "1e3"),
        ("--seed", str(2**63)),
        ("--length", "-1"),
        ("--count", "0"),
        ("--nonsense",),
        ("--prompt", "a", "--prompt-file", "-"),
        ("--prompt-file", "/no/such/file"),
    ],
)
def test_a_setting_that_means_nothing_ends_in_one_line_and_status_two(
    run: Command, lstm: Path, options: tuple[str, ...]
) -> None:
    ran = run("generate", lstm, "-n", 5, *options)
    assert ran.status == 2
    assert ran.raw == b""
    assert ran.err.startswith("grnn-tui: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("temperature", ["0", "1e-40", "1", "1e6"])
@pytest.mark.parametrize("k", ["0", "1", "11", "12", "1000000000"])
@pytest.mark.parametrize("prompt", ["", "a", "QQQ"])
def test_settings_at_the_edge_give_a_text(run: Command, lstm: Path, temperature: str, k: str, prompt: str) -> None:
    ran = run("generate", lstm, "-n", 20, "--temperature", temperature, "--top-k", k, "-p", prompt, "--json", "-s", 1)
    assert len(ran.json["texts"][0]["text"]) == 20


@pytest.mark.parametrize("command", ["generate", "next"])
def test_a_model_that_is_none_is_said_in_one_line(run: Command, tmp_path: Path, command: str) -> None:
    for reference in ("no-such-model", tmp_path, ""):
        ran = run(command, reference)
        assert (ran.status, ran.err.count("\n")) == (2, 1)


def test_a_file_that_cannot_be_scored_is_said_in_one_line(run: Command, lstm: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for file in (tmp_path / "none", tmp_path / "empty"):
        ran = run("score", lstm, file)
        assert (ran.status, ran.err.count("\n")) == (2, 1)


def test_playing_imports_nothing_heavy(lstm: Path) -> None:
    program = (
        "import sys; sys.argv = ['grnn-tui', 'generate', sys.argv[1], '-n', '5', '--seed', '1']\n"
        "from grnn_tui.cli.main import main\n"
        "main()\n"
        "heavy = {'torch', 'rich', 'textual', 'requests', 'pooch', 'jaxtyping', 'asyncio'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(lstm)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_terminal_gets_text_that_cannot_drive_it(gru_of_bytes: Path) -> None:
    command = [sys.executable, "-m", "grnn_tui", "generate", str(gru_of_bytes), "-n", "3000", "--seed", "1"]
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdout=follower, stderr=follower, stdin=subprocess.DEVNULL) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(leader)
    assert process.returncode == 0
    assert not any(byte < 32 and byte not in b"\r\n" for byte in shown)
    assert not any(0x80 <= ord(c) < 0xA0 for c in shown.decode())


def test_a_pipe_that_is_closed_early_ends_it_quietly(lstm: Path) -> None:
    command = [sys.executable, "-m", "grnn_tui", "generate", str(lstm), "-n", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode in (0, 1)
    assert [line for line in errors.splitlines() if not line.startswith("lstm · seed ")] == []
