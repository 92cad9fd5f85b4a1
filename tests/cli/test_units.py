from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grnn_tui.backends.modeldir import read_model
from tests.support.command import Command
from tests.support.models import LETTERS, make_model

TEXT = "abc abde a cab\nabc gg a b" * 400


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.txt"
    file.write_text(TEXT)
    return file


@pytest.fixture(scope="module")
def rows(lstm: Path) -> Any:
    """Activations of all units along the text, by one plain pass."""
    player = read_model(lstm).open_player()
    state, found = player.start(), []
    for label in TEXT:
        state = player.advance(state, LETTERS.index[label])
        found.append(player.features(state))
    return np.array(found, np.float64)


def test_units_are_ranked_by_variance(run: Command, lstm: Path, story: Path, rows: Any) -> None:
    shown = run("units", lstm, story, "--json").json
    assert shown["symbols"] == len(TEXT)
    assert [each["unit"] for each in shown["units"]] == np.argsort(-rows.var(axis=0)).tolist()
    first = shown["units"][0]
    column = rows[:, first["unit"]]
    assert first["variance"] == pytest.approx(column.var())
    assert (first["low"], first["high"]) == pytest.approx((column.min(), column.max()))
    lines = run("units", lstm, story, "--top", 3).out.splitlines()
    assert lines[0].split() == ["rank", "unit", "variance", "low", "high"]
    assert len(lines) == 4


def test_units_are_ranked_by_what_they_follow(run: Command, lstm: Path, story: Path, rows: Any) -> None:
    shown = run("units", lstm, story, "--follow", "a", "--json").json
    at = np.array([label == "a" for label in TEXT])
    r = np.array([np.corrcoef(column, at)[0, 1] for column in rows.T])
    assert [each["unit"] for each in shown["units"]] == np.argsort(-np.abs(r)).tolist()
    assert shown["units"][0]["correlation"] == pytest.approx(r[np.abs(r).argmax()], abs=1e-6)


def test_one_unit_is_printed_symbol_by_symbol(run: Command, lstm: Path, story: Path, rows: Any) -> None:
    lines = [line.split("\t") for line in run("units", lstm, story, "--unit", 5).out.splitlines()]
    assert [int(line[0]) for line in lines] == list(range(len(TEXT)))
    assert "".join(json.loads(line[1]) for line in lines) == TEXT
    np.testing.assert_allclose([float(line[2]) for line in lines], rows[:, 5], atol=1e-6)
    shown = run("units", lstm, story, "--unit", 5, "--json").json
    np.testing.assert_allclose(shown["activations"], rows[:, 5], atol=1e-6)


def test_what_cannot_be_shown_is_said_in_one_line(run: Command, lstm: Path, story: Path, tmp_path: Path) -> None:
    ngram = make_model(tmp_path / "ngram", "ngram", LETTERS).path
    for arguments in ((ngram, story), (lstm, story, "--unit", 12), (lstm, story, "--follow", "Q"), (lstm, "no file")):
        ran = run("units", *arguments)
        assert (ran.status, ran.err.count("\n"), ran.raw) == (2, 1, b""), ran
