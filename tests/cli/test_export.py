from __future__ import annotations

from pathlib import Path

import pytest

from grnn_tui.backends.modeldir import CARD, Trained, read_model
from grnn_tui.data.row_domain import RowDomain
from tests.support.command import Command
from tests.support.models import LETTERS, make_model, make_row_model


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


@pytest.mark.parametrize(
    ("backend", "domain", "loss", "drawn"),
    [
        (
            "binary-nade",
            RowDomain(kind="binary", shape=(4, 4)),
            "8.0000 nats per image, 0.7213 bits per pixel",
            "▀▄█ \n",
        ),
        ("rowlstm", RowDomain(kind="levels", shape=(4, 4), levels=4), "8.0000 nats per image", " ░▒▓█▀▄\n"),
        ("rnade", RowDomain(kind="real", shape=(3,), mean=(0.0,) * 3, scale=(1.0,) * 3), "1.5000 nats per row", None),
    ],
)
def test_a_card_of_rows_tells_losses_per_row_and_shows_some(
    run: Command, tmp_path: Path, backend: str, domain: RowDomain, loss: str, drawn: str | None
) -> None:
    trained = Trained(data="some rows", validation_nats=0.5, floor_nats=0.25)
    source = make_row_model(tmp_path / "source", backend, domain, trained=trained, hidden=8)
    done = run("export", str(source.path), str(tmp_path / "out"))
    assert done.status == 0, done.err
    card = (tmp_path / "out" / CARD).read_text()
    assert f"| loss on held-out {domain.row_name}s | {loss}" in card
    assert f"| exact entropy of the source | {0.25 * domain.length:.4f} nats per {domain.row_name}" in card
    assert "ordering_file" not in card
    sample = card.partition("```text\n")[2].partition("```")[0]
    if drawn is not None:
        assert set(sample) <= set(drawn)
        assert len(sample.splitlines()) == 2
        assert sample.strip()
    else:
        assert all(len([float(v) for v in line.split(",")]) == 3 for line in sample.splitlines())


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
