from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from grnn_tui.data.rows.arrays import read_npy, read_npz
from grnn_tui.errors import DataError

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@in_one_folder
@given(
    values=arrays.arrays(
        st.sampled_from([np.dtype(t) for t in ("u1", "<i4", ">i4", "<f4", ">f8", "?", "<u2")]),
        st.one_of(
            arrays.array_shapes(min_dims=2, max_dims=3, max_side=5),
            arrays.array_shapes(min_dims=3, max_dims=3, max_side=4).map(lambda s: (*s, 3)),
        ),
    ),
    fortran=st.booleans(),
)
def test_an_array_comes_back_as_it_was_saved(tmp_path: Path, values: NDArray[Any], fortran: bool) -> None:
    np.save(tmp_path / "x.npy", np.asfortranarray(values) if fortran else values)
    content = read_npy(tmp_path / "x.npy")
    np.testing.assert_array_equal(content.values, values)
    assert content.values.dtype.isnative


@pytest.mark.parametrize(
    ("shape", "read"),
    [((5, 4, 4, 1), (5, 4, 4)), ((5, 1, 4, 6), (5, 4, 6)), ((5, 3, 4, 6), (5, 4, 6, 3)), ((5, 4, 6, 3), (5, 4, 6, 3))],
)
def test_channels_are_found_where_they_are(shape: tuple[int, ...], read: tuple[int, ...], tmp_path: Path) -> None:
    values = np.arange(np.prod(shape)).reshape(shape)
    np.save(tmp_path / "x.npy", values)
    content = read_npy(tmp_path / "x.npy")
    assert content.values.shape == read
    if shape[1] == 3:
        assert content.values[1, 2, 3].tolist() == values[1, :, 2, 3].tolist()


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (5, 0), (2, 5, 4, 2), (2, 3, 4, 5, 6)])
def test_axes_that_are_no_rows_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(DataError):
        read_npy(tmp_path / "x.npy")


def header(text: str) -> bytes:
    data = text.encode()
    return b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a numpy array"),
        (b"hello", "not a numpy array"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 8)}\n"), "cut short"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 8)}\n"), "."),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 8)}\n") + b"x" * 99, "not numbers"),
        (header("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1, 8)}\n") + b"x" * 99, "not numbers"),
        (header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 1)}\n") + b"x" * 99, "not numbers"),
        (header("__import__('os')\n"), "damaged"),
        pytest.param(header("(" * 3000), "damaged", id="deep"),
        (b"\x93NUMPY\x09\x00" + b"x" * 99, "version"),
    ],
)
def test_a_hostile_header_is_one_line(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(DataError, match=said) as caught:
        read_npy(tmp_path / "x.npy")
    assert "\n" not in str(caught.value)


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[print]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "x.npz", x=np.array([[print]], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="not numbers"):
        read_npy(tmp_path / "x.npy")
    with pytest.raises(DataError, match="not numbers"):
        read_npz(tmp_path / "x.npz", None, None)


def test_an_archive_gives_the_usual_arrays(tmp_path: Path) -> None:
    x, y = np.eye(4), np.array(["b", "a", "b", "c"])
    np.savez_compressed(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    content = read_npz(tmp_path / "a.npz", None, None)
    np.testing.assert_array_equal(content.values, x)
    assert content.labels is not None
    assert content.labels.classes == ("a", "b", "c")
    assert content.labels.codes.tolist() == [1, 0, 1, 2]
    test = read_npz(tmp_path / "a.npz", "x_test", None)
    assert test.labels is not None
    assert (len(test.values), len(test.labels.codes)) == (2, 2)


def test_arrays_are_chosen_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", here=np.eye(3), there=np.ones((2, 5)), told=np.array([2, 7, 11]))
    assert read_npz(tmp_path / "a.npz", "there", None).values.shape == (2, 5)
    labels = read_npz(tmp_path / "a.npz", "here", "told").labels
    assert labels is not None
    assert labels.classes == ("2", "7", "11")
    with pytest.raises(DataError, match="holds: here, there, told"):
        read_npz(tmp_path / "a.npz", None, None)
    with pytest.raises(DataError, match="no array 'nowhere'"):
        read_npz(tmp_path / "a.npz", "nowhere", None)
    with pytest.raises(DataError, match="not one label for 2 rows"):
        read_npz(tmp_path / "a.npz", "there", "told")


def test_an_archive_that_lies_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for data in (b"", b"PK\x03\x04", header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 8)}\n")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", data)
        with pytest.raises(DataError):
            read_npz(path, None, None)
    path.write_bytes(b"PK\x03\x04 no")
    with pytest.raises(DataError, match="not a zip"):
        read_npz(path, None, None)


@in_one_folder
@given(at=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 400))
def test_damage_anywhere_is_one_line_or_harmless(tmp_path: Path, at: int, byte: int, cut: int) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.arange(12).reshape(4, 3), y=np.arange(4))
    data = bytearray(buffer.getvalue())
    data[at % len(data)] = byte
    (tmp_path / "x.npz").write_bytes(data[: len(data) - cut % len(data)])
    with suppress(DataError):
        read_npz(tmp_path / "x.npz", None, None)


def test_bytes_taken_for_bits_are_told(tmp_path: Path) -> None:
    levels = np.array([[3, 0], [1, 2]])
    for dtype, width, notes in ((np.uint8, 16, 1), (np.int16, 2, 0)):
        np.savez(tmp_path / "a.npz", x=levels.astype(dtype), x_lengths=np.array([2]))
        content = read_npz(tmp_path / "a.npz", None, None)
        assert content.values.shape == (2, width)
        assert len(content.notes) == notes
        assert all("eight bits" in note and "int16" in note for note in content.notes)
