"""Rows that follow one another in pieces: reading them, and keeping pieces whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.data.divided import divide
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.tables import describe, open_table
from grnn_tui.errors import DataError

LENGTHS = np.array([3, 1, 4, 2, 5])


def roll() -> NDArray[np.uint8]:
    """Sixteen notes a moment; the first eight spell the number of the moment."""
    moments = np.arange(LENGTHS.sum(), dtype=np.uint8)[:, None]
    return np.unpackbits(np.concatenate((moments, moments + 100), axis=1), axis=1)


@pytest.fixture
def file(tmp_path: Path) -> str:
    np.savez(tmp_path / "roll.npz", train=roll(), train_lengths=LENGTHS)
    return str(tmp_path / "roll.npz")


def test_lengths_beside_the_rows_make_them_pieces(file: str) -> None:
    table = open_table(file)
    assert table.pieces is not None
    assert (table.domain.sequence, table.domain.kind, table.domain.row_name) == (True, "binary", "moment")
    assert (len(table), table.items) == (15, 5)
    assert "in 5 pieces of 1 to 5" in describe(table)


def test_eight_notes_to_a_byte_are_unpacked(file: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "packed.npz", test=np.packbits(roll(), axis=1), test_lengths=LENGTHS.astype(np.int32))
    packed, plain = open_table(f"{tmp_path}/packed.npz:test"), open_table(file)
    np.testing.assert_array_equal(packed.rows, plain.rows)
    assert packed.fingerprint == plain.fingerprint


def test_rows_can_be_taken_by_themselves(file: str) -> None:
    table = open_table(file, form=RowForm(sequence=False))
    assert table.pieces is None
    assert not table.domain.sequence
    assert open_table(file, like=table.domain).pieces is None
    assert open_table(file).fingerprint != table.fingerprint


def test_a_file_without_pieces_is_one_to_a_model_of_pieces(file: str, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", roll()[:6])
    table = open_table(str(tmp_path / "one.npy"), like=open_table(file).domain)
    assert table.pieces is not None
    assert (table.pieces.tolist(), table.domain.sequence) == ([6], True)


def test_some_pieces_are_taken_with_all_of_their_rows(file: str) -> None:
    some = open_table(file).take(np.array([4, 1]))
    assert some.pieces is not None
    assert some.pieces.tolist() == [5, 1]
    assert np.packbits(some.rows, axis=1)[:, 0].tolist() == [10, 11, 12, 13, 14, 3]
    assert len(some.take(slice(1, 2))) == 1


def test_no_piece_is_divided(file: str) -> None:
    divided = divide([file], form=RowForm(), share=0.4)
    whole = {tuple(range(end - n, end)) for n, end in zip(LENGTHS, LENGTHS.cumsum(), strict=True)}
    found = set()
    for part in (divided.training, divided.held):
        assert part.pieces is not None
        numbers = np.packbits(part.rows, axis=1)[:, 0]
        found |= {tuple(piece.tolist()) for piece in np.split(numbers, part.pieces.cumsum()[:-1])}
    assert found == whole
    assert (divided.training.items, divided.held.items) == (3, 2)


@pytest.mark.parametrize("lengths", [[3, 1], [15, 0], [[15]], [7.5, 7.5]])
def test_lengths_that_do_not_add_up_are_refused(lengths: list[object], tmp_path: Path) -> None:
    np.savez(tmp_path / "roll.npz", train=roll(), train_lengths=np.array(lengths))
    with pytest.raises(DataError, match="fall into pieces"):
        open_table(str(tmp_path / "roll.npz"))
