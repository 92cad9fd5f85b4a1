from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

import grnn_tui.data.rows.separated as separated
from grnn_tui.data.rows.digits import read_digits
from grnn_tui.data.rows.separated import read_separated
from grnn_tui.errors import DataError

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


@in_one_folder
@given(
    values=arrays.arrays(
        np.float64,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.one_of(st.integers(0, 1), st.integers(-300, 300), st.floats(-1e6, 1e6)).map(float),
    ),
    separator=st.sampled_from([",", ";", "\t", " ", "  ", ", "]),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_numbers_come_back_as_they_were_written(
    tmp_path: Path, values: NDArray[Any], separator: str, end: str, last: bool
) -> None:
    text = end.join(separator.join(repr(float(v)) for v in row) for row in values) + (end if last else "")
    content = read_separated(write(tmp_path / "t.csv", text))
    if content.columns:  # a first line of 0.0, 1.0 is no name: names are taken from whole numbers only
        pytest.fail(f"took names {content.columns}")
    np.testing.assert_array_equal(content.values, values)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.amat", "t.amat.gz"])
def test_digits_are_read_by_position_however_they_are_packed(name: str, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 2, (50, 7))
    separator = " " if "amat" in name else ","
    text = "".join(separator.join(map(str, row)) + (" \n" if "amat" in name else "\n") for row in rows)
    content = read_separated(write(tmp_path / name, text))
    assert content.values.dtype == np.uint8
    np.testing.assert_array_equal(content.values, rows)


@pytest.mark.parametrize(
    "text",
    [
        b"0,1,0\n1,0\n0,1,1,1\n",
        b"0,1,0\n1,,\n",
        b"0,1,0\n1,0;1\n",
        b"0,1,0\n1,0,a\n",
        b"0 1 0\n10 0 \n",
        b"0 1 0\n\n0 1\n",
        b"0,1,0",
        b"",
        b"\n",
        b"0-1-0\n",
    ],
)
def test_anything_but_single_digits_in_equal_lines_is_left_to_the_other_reader(text: bytes) -> None:
    assert read_digits(text, 3) is None


def test_lines_longer_than_a_block_of_reading_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separated, "BLOCK", 64)
    monkeypatch.setattr("grnn_tui.data.sources.CHUNK", 50)
    values = np.random.default_rng(1).standard_normal((40, 9)).round(3)
    values[7] = 3
    text = "".join(",".join(map(str, row)) + "\n" for row in values.tolist())
    np.testing.assert_array_equal(read_separated(write(tmp_path / "t.csv", text)).values, values)


def test_a_first_line_of_words_names_the_columns(tmp_path: Path) -> None:
    content = read_separated(write(tmp_path / "t.csv", '\ufeff"size, in m",age,2019\n1.5,2,3\n4,5,6\n'))
    assert content.columns == ("size, in m", "age", "2019")
    assert content.values.tolist() == [[1.5, 2, 3], [4, 5, 6]]
    assert any("first line" in note for note in content.notes)


def test_a_first_line_that_counts_the_columns_names_them(tmp_path: Path) -> None:
    content = read_separated(write(tmp_path / "t.csv", "0,1,2\n0,0,1\n1,1,1\n"))
    assert content.columns == ("0", "1", "2")
    assert content.values.tolist() == [[0, 0, 1], [1, 1, 1]]


def test_comments_before_the_first_row_are_left_out(tmp_path: Path) -> None:
    content = read_separated(write(tmp_path / "t.csv", "# made by hand\n\n# twice\n1 2\n3 4\n"))
    assert content.values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("missing", ["", "?", "NA", "nan", "NaN", "null", '""', " ? "])
def test_what_is_missing_becomes_nan(delimiter: str, missing: str, tmp_path: Path) -> None:
    rows = [["1.5", missing, "3"], [missing, "5", "6"], ["7", "8", missing], [missing, missing, "2"], ["1", "2", "3"]]
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    values = read_separated(write(tmp_path / "t.csv", text)).values
    nan = np.nan
    np.testing.assert_array_equal(values, [[1.5, nan, 3], [nan, 5, 6], [7, 8, nan], [nan, nan, 2], [1, 2, 3]])


def test_a_column_of_words_is_kept_apart(tmp_path: Path) -> None:
    content = read_separated(write(tmp_path / "t.csv", "1,g,2\n3,b,?\n?,,5\n4,g,4\n"))
    assert content.texts == {1: ("g", "b")}
    np.testing.assert_array_equal(content.values[:, 1], [0, 1, np.nan, 0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no rows"),
        ("\n\n", "holds no rows"),
        ("a,b\n", "holds words, not rows"),
        ("a,b\n1,2\n3\n", r"line 3 of .* has 1 values and the first one has 2"),
        ("1,2\n3,4,5\n", r"line 2 of .* has 3 values and the first one has 2"),
        ("1 2\n3 4\n\n5\n", r"line 4 of .* has 1 values"),
        ("x,y\n" + "1,2\n" * 150 + "3,oops\n", r"line 152 of .* has 'oops' in column y"),
        ("1\x002\n3\n", "binary file"),
        ("PK\x03\x04 \n", "words, not rows"),
    ],
)
def test_a_bad_line_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_separated(write(tmp_path / "t.csv", text))
    assert "\n" not in str(caught.value)


def test_a_gzip_cut_short_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv.gz", "1,2\n3.5,4\n" * 1000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not a whole gzip"):
        read_separated(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separated, "_LONGEST_LINE", 1 << 21)
    with pytest.raises(DataError, match="line of more than"):
        read_separated(write(tmp_path / "t.csv.gz", b"1" * (4 << 20)))


@in_one_folder
@given(data=st.one_of(st.binary(max_size=300), st.text(alphabet="01.,;? \t\n\r\"'ea-#", max_size=200).map(str.encode)))
def test_any_bytes_are_rows_or_one_line_of_refusal(tmp_path: Path, data: bytes) -> None:
    with suppress(DataError):
        content = read_separated(write(tmp_path / "t.csv", data))
        assert content.values.ndim == 2
        assert content.values.size
