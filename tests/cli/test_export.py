from __future__ import annotations

from pathlib import Path

from grnn_tui.backends.modeldir import CARD, read_model
from tests.support.command import Command
from tests.support.models import LETTERS, make_model


def test_an_exported_model_is_the_same_model_with_a_card(run: Command, tmp_path: Path) -> None:
    source = make_model(tmp_path / "source", "gru", LETTERS, hidden=8)
    target = tmp_path / "given-away"
    done = run("export", str(source.path), str(target), "--summary", "A very small one.")
    assert done.status == 0, done.err
    copy = read_model(target)
    assert copy.header.settings == source.header.settings
    assert all((copy.arrays[name] == array).all() for name, array in source.arrays.items())
    card = (target / CARD).read_text()
    assert card.startswith("# given-away\n\nA very small one.")
    assert (target / CARD).stat().st_mode & 0o044


def test_an_export_never_overwrites_what_it_was_not_told_to(run: Command, tmp_path: Path) -> None:
    source = make_model(tmp_path / "source", "gru", LETTERS, hidden=8)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "letter.txt").write_text("dear aunt")
    refused = run("export", str(source.path), str(taken))
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)
    again = run("export", str(source.path), str(source.path))
    assert (again.status, len(again.err.splitlines())) == (2, 1)
    assert (taken / "letter.txt").read_text() == "dear aunt"
