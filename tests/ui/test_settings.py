"""What is kept between starts survives damage, strangers and read-only homes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.private import write_private
from grnn_tui.ui import settings
from grnn_tui.ui.settings import LastState, Preferences, load_keys, load_last, load_preferences, save


def test_what_was_saved_comes_back() -> None:
    preferences, last = Preferences(theme="paper", seed=7), LastState(prompt="a\nb", written="ü", history=["x"])
    assert save(preferences) == ""
    assert save(last) == ""
    assert load_preferences() == (preferences, "")
    assert load_last() == (last, "")


def test_the_first_start_needs_nothing() -> None:
    assert load_preferences() == (Preferences(), "")
    assert load_last() == (LastState(), "")
    assert load_keys() == ({}, "")


@given(st.binary(max_size=200))
def test_a_damaged_file_costs_its_contents_and_a_note(content: bytes) -> None:
    path = settings.config_folder() / "settings.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    preferences, note = load_preferences()
    assert preferences == Preferences() or note == ""
    assert "\n" not in note


def test_unknown_entries_are_left_alone() -> None:
    path = settings.config_folder() / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"theme": "paper", "invented": 1}')
    assert load_preferences() == (Preferences(theme="paper"), "")


def test_a_folder_that_cannot_be_made_is_told_and_no_more() -> None:
    settings.state_folder().parent.mkdir(parents=True, exist_ok=True)
    settings.state_folder().write_text("a file where the folder should be")
    assert "cannot be written" in save(LastState())
    assert load_last()[0] == LastState()


def test_only_the_owner_reads_what_was_kept() -> None:
    before = os.umask(0)
    try:
        save(LastState(prompt="private"))
    finally:
        os.umask(before)
    assert (settings.state_folder() / "last.json").stat().st_mode & 0o777 == 0o600
    assert settings.state_folder().stat().st_mode & 0o077 == 0


def test_bytes_that_are_no_text_can_be_kept() -> None:
    assert save(LastState(prompt="a\udcff", written="\ud800")) == ""
    assert load_last()[0].prompt == "a?"


def test_keys_are_read_from_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    path = settings.config_folder() / "keys.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[play]\npause = ["f5", "p"]\nstop = "s"\n')
    assert load_keys() == ({"play.pause": ["f5", "p"], "play.stop": "s"}, "")
    path.write_text("[play\n")
    keys, note = load_keys()
    assert keys == {}
    assert "keys.toml is not used" in note


def test_an_interrupted_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_private(path, b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
