from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grnn_tui.lab import adding, cycling, memory, temperature, trained
from grnn_tui.lab.catalogue import EXPERIMENTS
from grnn_tui.lab.finding import Finding
from grnn_tui.runs.directory import Run
from grnn_tui.runs.scale import LossScale
from grnn_tui.training.loop import Outcome
from tests.support.command import Command


def carried_out(name: str, *models: object, seed: int = 1) -> Finding:
    """What an experiment finds, its seconds left aside."""
    finding = EXPERIMENTS[name].carry_out(tuple(map(str, models)), seed, lambda _done, _what: None)
    return msgspec.structs.replace(finding, seconds=0.0)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Experiments of the usual kind, only smaller."""
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cycling, "GREEDY_LENGTH", 1200)
    monkeypatch.setattr(cycling, "SAMPLED_LENGTH", 300)
    monkeypatch.setattr(cycling, "TEMPERATURES", (0.1, 1.0))
    monkeypatch.setattr(temperature, "LENGTH", 1500)
    monkeypatch.setattr(memory, "STEPS", (10, 30))
    monkeypatch.setattr(memory, "SCORED", 600)


def test_the_shipped_models_cycle_when_greedy_and_not_at_one() -> None:
    finding = carried_out("cycling", "tales-gru")
    assert finding.held
    (row,) = finding.rows
    _, start, period, text, _, cycling_at_one = row
    assert isinstance(start, int)
    assert isinstance(period, int)
    assert period > 1
    assert isinstance(text, str)
    assert cycling_at_one == 0
    assert finding.series[0].y[-1] == 0


def test_a_model_that_never_cycles_is_reported_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycling, "GREEDY_LENGTH", 20)
    finding = carried_out("cycling", "tales-gru")
    assert not finding.held
    assert finding.rows[0][1:4] == [None, None, "none found"]


def test_entropy_rises_with_temperature() -> None:
    finding = carried_out("temperature", "manual-lstm")
    assert finding.held
    assert finding.series[0].y[0] == 0
    repeated = [float(str(row[3])) for row in finding.rows]
    assert repeated[0] > 0.9 > 0.1 > repeated[-1]


def test_a_model_of_tales_writes_words_of_tales() -> None:
    warm = next(row for row in carried_out("temperature", "tales-gru").rows if row[1] == 1.0)
    assert isinstance(warm[4], float)
    assert warm[4] > 0.95


def test_words_are_left_aside_where_the_training_text_is_not_at_hand(untrained: Path) -> None:
    assert all(row[4] is None for row in carried_out("temperature", untrained).rows)


def test_the_shipped_model_adds_and_a_model_of_tales_does_not() -> None:
    finding = carried_out("adding", "sums-lstm")
    assert finding.held
    assert finding.rows[-1][2] == 945
    other = carried_out("adding", "sums-lstm", "tales-gru")
    assert not other.held
    assert other.sentence.startswith("tales-gru gets 0.0%")


def test_carries_are_those_of_paper() -> None:
    assert [adding.carries(*pair) for pair in ((1, 2), (5, 5), (55, 44), (55, 45), (99, 99), (90, 10))] == [
        0,
        1,
        0,
        2,
        2,
        1,
    ]


def test_memory_trains_each_kind_and_an_untrained_one_guesses() -> None:
    finding = carried_out("memory")
    assert [row[0] for row in finding.rows] == ["rnn", "gru", "lstm", "exact"]
    assert not finding.held
    assert finding.rows[-1][2] == pytest.approx(7)
    assert all(curve.x and curve.y for curve in finding.series)


def test_an_interrupted_training_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_run: Run, *, until: int, report: object) -> Outcome:
        del report
        return Outcome("stopped", "interrupted", until - 1, 0.0, None, None, LossScale("character"))

    monkeypatch.setattr(trained, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carried_out("memory")


def test_the_remembered_letter_repeats_the_second() -> None:
    text = "BTBTXSETE\nBPBPVVEPE\n"
    places = list(memory.remembered_letters(text))
    assert [text[i] for i in places] == ["T", "P"]
    assert places == [7, 17]


@pytest.mark.parametrize("name", ["temperature", "memory"])
def test_the_same_seed_finds_the_same(name: str, untrained: Path) -> None:
    models = () if not EXPERIMENTS[name].models else (untrained,)
    first, again = carried_out(name, *models, seed=3), carried_out(name, *models, seed=3)
    assert first.rows == again.rows
    assert first.series == again.series
    assert first.rows != carried_out(name, *models, seed=4).rows


def test_the_command_prints_table_plot_and_verdict(run: Command) -> None:
    shown = run("lab", "adding")
    assert shown.status == 0
    lines = shown.out.splitlines()
    assert lines[0] == EXPERIMENTS["adding"].claim
    assert any(line.split()[:2] == ["model", "carried"] for line in lines)
    assert any("┤" in line or "+" in line for line in lines)
    assert lines[-1].startswith("The claim held. sums-lstm gets 99")


def test_the_finding_is_one_object_with_json(run: Command) -> None:
    found = run("lab", "adding", "--json").json
    assert found["held"] is True
    assert found["columns"] == ["model", "carried", "sums", "right"]
    assert {experiment["name"] for experiment in run("lab", "--json").json} == set(EXPERIMENTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lab", "alchemy"), "there are: cycling"),
        (("lab", "memory", "--model", "tales-gru"), "leave --model out"),
        (("lab", "adding", "--model", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Command, arguments: tuple[str, ...], said: str) -> None:
    refused = run(*arguments)
    assert refused.status == 2
    assert refused.raw == b""
    assert len(refused.err.splitlines()) == 1
    assert said in refused.err


def test_the_readme_lists_every_experiment() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for experiment in EXPERIMENTS.values():
        assert f"| `grnn-tui lab {experiment.name}` | {experiment.claim} |" in readme
