from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.data.rows.labels import read_labels
from grnn_tui.errors import DataError
from tests.data.rows.test_idx import write_idx


def test_labels_are_read_from_any_file_of_them(tmp_path: Path) -> None:
    numbers = np.array([3, 1, 3, 10])
    np.save(tmp_path / "y.npy", numbers)
    write_idx(tmp_path / "y-labels-idx1-ubyte.gz", numbers)
    (tmp_path / "y.txt").write_text("3\n1\n\n3\n10\n")
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(b'"3"\r\n"1"\r\n"3"\r\n"10"\r\n'))
    for path in tmp_path.iterdir():
        labels = read_labels(path)
        assert labels.classes == ("1", "3", "10")
        assert labels.codes.tolist() == [1, 0, 1, 2]


def test_one_long_label_takes_no_more_than_itself(tmp_path: Path) -> None:
    (tmp_path / "y.txt").write_text("w" * 1_000_000 + "\n" + "a\n" * 100)
    tracemalloc.start()
    labels = read_labels(tmp_path / "y.txt")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert labels.codes.tolist() == [1] + 100 * [0]
    assert peak < 20_000_000


def test_no_labels_are_refused(tmp_path: Path) -> None:
    (tmp_path / "y.txt").write_text("\n")
    with pytest.raises(DataError, match="empty"):
        read_labels(tmp_path / "y.txt")
    np.save(tmp_path / "y.npy", np.eye(3))
    with pytest.raises(DataError, match="one number or word a row"):
        read_labels(tmp_path / "y.npy")
