from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from grnn_tui.backends.modeldir import Trained
from grnn_tui.backends.registry import backend_named
from grnn_tui.cli.table import plain_table
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.store import new_run
from tests.support.command import Command
from tests.support.models import LETTERS, make_model, make_row_model
from tests.ui.support.training_runs import make_run, row_story


def test_a_model_in_the_users_folder_is_listed_and_played_by_its_name(run: Command, tmp_path: Path) -> None:
    make_model(tmp_path / "models" / "mine", "ngram", LETTERS)
    listed = {model["name"]: model for model in run("models", "--json").json["models"]}
    assert (listed["mine"]["backend"], listed["mine"]["origin"], listed["mine"]["data"]) == ("ngram", "local", "random")
    assert listed["mine"]["parameters"] > 0
    assert any(line.split()[:2] == ["mine", "ngram"] for line in run("models").out.splitlines())
    assert len(run("generate", "mine", "-n", 5, "--json").json["texts"][0]["text"]) == 5


def test_no_list_mixes_units_without_saying_so(run: Command, tmp_path: Path) -> None:
    told = Trained(data="strokes", validation_nats=0.5, floor_nats=0.25)
    domain = RowDomain(kind="binary", shape=(4, 4))
    make_row_model(tmp_path / "models" / "pictures", "binary-nade", domain, trained=told, hidden=8)
    listed = {model["name"]: model for model in run("models", "--json").json["models"]}
    assert listed["pictures"]["validation_nats"] == 0.5
    units = [(m["unit"], m["row_name"], m["symbols_per_row"]) for m in (listed["pictures"], listed["tales-lstm"])]
    assert units == [("pixel", "image", 16), ("character", None, None)]
    lines = {line.split()[0]: line.split() for line in run("models").out.splitlines()}
    assert lines["pictures"][-4:-1] == ["8.0000", "4.0000", "nats/image"]
    assert lines["tales-lstm"][-2] == "bits/char"
    corpora = {line.split()[0]: line for line in run("corpora").out.splitlines()}
    assert "28.0763  nats/image" in corpora["ising"]
    assert "bits/char" in corpora["tales"]


def test_runs_are_listed_with_what_their_losses_are_per(run: Command, tmp_path: Path) -> None:
    make_run(tmp_path / "runs", "pictures", list(row_story(500)), backend="binary-nade", data="strokes")
    (listed,) = run("runs", "--json").json["runs"]
    assert (listed["unit"], listed["row_name"], listed["symbols_per_row"]) == ("pixel", "image", 256)
    shown = next(line.split() for line in run("runs").out.splitlines() if line.startswith("pictures"))
    assert shown[-1] == "nats/image"
    assert float(shown[-2]) == pytest.approx(256 * listed["validation_nats"], abs=0.01)


def test_a_damaged_model_does_not_hide_the_others(run: Command, tmp_path: Path) -> None:
    make_model(tmp_path / "models" / "good", "ngram", LETTERS)
    (tmp_path / "models" / "bad").mkdir()
    (tmp_path / "models" / "bad" / "model.json").write_text("{")
    names = [model["name"] for model in run("models", "--json").json["models"]]
    assert "good" in names
    assert "bad" not in names


def test_backends_are_listed_with_their_settings(run: Command) -> None:
    listed = {backend["name"]: backend for backend in run("backends", "--json").json["backends"]}
    assert {"rnn", "lstm", "gru", "nade", "ngram"} <= listed.keys()
    settings = {setting["name"]: setting for setting in listed["lstm"]["settings"]}
    assert settings["hidden"]["kind"] == "int"
    assert settings["hidden"]["low"] == 1
    assert settings["hidden"]["help"]
    choices = [s for b in listed.values() for s in b["settings"] if s["kind"] == "choice"]
    assert all(s["default"] in s["choices"] for s in choices)
    out = run("backends").out
    assert "lstm" in out
    assert "hidden" in out


def test_a_backend_that_is_named_has_its_page_printed_and_its_settings(run: Command) -> None:
    out = run("backends", "gru").out
    page = Path("grnn_tui/backends/recurrent/README.md")
    assert out.startswith((Path(__file__).parents[2] / page).read_text("utf-8").rstrip())
    table = out[out.index("\nbackend ") :].splitlines()
    assert any(line.split()[:2] == ["memory", "0"] for line in table)
    assert not any(line.startswith("lstm") for line in table)
    named = run("backends", "gru", "--json").json
    assert (named["name"], named["page"].splitlines()[0]) == ("gru", out.splitlines()[0])
    refused = run("backends", "gruu")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "no backend is called 'gruu'" in refused.err


def test_a_backend_without_a_page_has_its_settings_printed(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = dataclasses.replace(backend_named("gru"), name="gru", player="stranger_of_one_file:Player")
    assert stranger.page() is None
    assert dataclasses.replace(stranger, player="no_such_package.player:Player").page() is None
    monkeypatch.setattr("grnn_tui.backends.registry.backends", lambda: {"gru": stranger})
    monkeypatch.setattr("grnn_tui.engine.catalogue.backends", lambda: {"gru": stranger})
    out = run("backends", "gru").out
    assert out.splitlines()[0].split() == ["backend", "setting", "default", "what", "it", "is"]
    assert run("backends", "gru", "--json").json["page"] is None


def test_corpora_are_listed_with_how_to_get_them(run: Command) -> None:
    listed = {corpus["name"]: corpus for corpus in run("corpora", "--json").json["corpora"]}
    assert listed["tales"]["available"]
    assert listed["tales"]["floor_nats"] > 0
    assert not listed["tinyshakespeare"]["available"]
    assert "grnn-tui fetch tinyshakespeare" in run("corpora").out


def test_sets_of_rows_are_listed_beside_the_texts(run: Command) -> None:
    listed = {corpus["name"]: corpus for corpus in run("corpora", "--json").json["corpora"]}
    assert (listed["tales"]["symbols"], listed["tales"]["rows"]) == ("characters", None)
    grey = listed["strokes-grey"]
    assert (grey["symbols"], grey["levels"], grey["shape"], grey["rows"]) == ("levels", 16, [16, 16], 20_000)
    assert (grey["characters"], grey["floor_nats"], len(grey["classes"])) == (None, None, 15)
    assert listed["bars-and-stripes"]["floor_nats"] * 64 == pytest.approx(6.2329, abs=1e-4)
    shown = [line.split()[:4] for line in run("corpora").out.splitlines()]
    assert ["strokes-grey", "built-in", "16", "levels"] in shown


def test_runs_are_listed(run: Command) -> None:
    assert run("runs", "--json").json == {"runs": []}
    data = DataRequest(sources=("tales",))
    new_run(RunRequest(name="first", created="2026-01-01T00:00:00+00:00", backend="lstm", data=data))
    (listed,) = run("runs", "--json").json["runs"]
    assert (listed["name"], listed["state"], listed["backend"], listed["step"]) == ("first", "new", "lstm", 0)
    assert "first" in run("runs").out


def test_a_classic_nobody_knows_is_refused_in_one_line(run: Command) -> None:
    ran = run("fetch", "no-such-corpus")
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "tinyshakespeare" in ran.err


@pytest.mark.parametrize("cell", ["a\nb", "\x1b[31mred", "tab\there", "\u202egnp.exe"])
def test_a_cell_never_breaks_its_line(cell: str) -> None:
    table = plain_table(("name", "n"), [(cell, "1"), ("long name", "22")], numeric=(1,))
    lines = table.splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_a_command_that_is_none_is_named_with_the_nearest(run: Command) -> None:
    refused = run("generat", "tales-lstm")
    assert refused.status == 2
    assert refused.err.splitlines() == ["grnn-tui: there is no command 'generat'; did you mean generate?"]
