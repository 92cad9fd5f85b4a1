from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from grnn_tui.data.rows.idx import read_idx, read_idx_array
from grnn_tui.errors import DataError

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


def write_idx(path: Path, values: NDArray[Any], kind: str = "u1") -> None:
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, CODES[kind], values.ndim, *values.shape)
    data = head + values.astype(kind).tobytes()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


@in_one_folder
@given(
    kind=st.sampled_from(sorted(CODES)),
    values=arrays.arrays(np.int64, arrays.array_shapes(max_dims=4, max_side=5), elements=st.integers(0, 127)),
    gzipped=st.booleans(),
)
def test_every_type_comes_back(tmp_path: Path, kind: str, values: NDArray[Any], gzipped: bool) -> None:
    path = tmp_path / ("x.idx.gz" if gzipped else "x.idx")
    write_idx(path, values, kind)
    read = read_idx_array(path)
    np.testing.assert_array_equal(read, values)
    assert read.dtype.isnative


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("t-images-idx3-ubyte.gz", "t-labels-idx1-ubyte.gz"),
        ("t-images-idx3-ubyte", "t-labels-idx1-ubyte.gz"),
        ("t-images.idx3-ubyte.gz", "t-labels.idx1-ubyte"),
    ],
)
def test_the_labels_beside_are_found(images: str, labels: str, tmp_path: Path) -> None:
    write_idx(tmp_path / images, np.zeros((3, 2, 2)))
    assert read_idx(tmp_path / images).labels is None
    write_idx(tmp_path / labels, np.array([7, 0, 7]))
    content = read_idx(tmp_path / images)
    assert content.full == 255
    assert content.labels is not None
    assert content.labels.classes == ("0", "7")
    assert content.labels.codes.tolist() == [1, 0, 1]
    assert read_idx(tmp_path / images, labels=False).labels is None
    write_idx(tmp_path / labels, np.array([7, 0]))
    with pytest.raises(DataError, match="2 labels for 3 rows"):
        read_idx(tmp_path / images)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"hello there",
        b"\0\0\x08\x00",
        b"\0\0\x08\x05" + b"\0\0\0\1" * 5,
        b"\0\0\x0a\x01\0\0\0\1\0",
        b"\0\0\x08\x03\0\0",
        b"\0\0\x08\x03" + b"\xff" * 12 + b"\0" * 100,
        b"\0\0\x0e\x02\0\0\0\2\0\0\0\2" + b"\0" * 31,
    ],
)
@pytest.mark.parametrize("name", ["x.idx", "x.idx.gz"])
def test_a_damaged_file_is_one_line(data: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert "\n" not in str(caught.value)


def test_a_gzip_cut_short_is_one_line(tmp_path: Path) -> None:
    write_idx(tmp_path / "x.idx.gz", np.random.default_rng(0).integers(0, 255, (50, 8, 8)))
    (tmp_path / "x.idx.gz").write_bytes((tmp_path / "x.idx.gz").read_bytes()[:-300])
    with pytest.raises(DataError, match="not a whole gzip"):
        read_idx(tmp_path / "x.idx.gz")
