from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import msgspec
import numpy as np
import pytest

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import RowForm, pin_form
from grnn_tui.data.rows import reading
from grnn_tui.data.sources import pin
from grnn_tui.data.tables import describe, is_table, open_table
from grnn_tui.errors import DataError
from tests.data.rows.test_idx import write_idx

_SHARED = (folder / "shared" / "data" for folder in Path(__file__).parents)
SHARED = next((folder for folder in _SHARED if folder.is_dir()), Path("nowhere"))
real_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not here")
WINE = "size;tone;kind;age;same\n" + "".join(
    f"{i}.5;{3 * i}.25;{'red' if i % 2 else 'white'};{i % 5};9\n" for i in range(20)
)


def test_names_of_rows_are_known_by_sight(tmp_path: Path) -> None:
    for name in (
        "strokes", "ising", "a.npy", "a.npz", "a.npz:x_test", "a.csv", "a.CSV.gz", "a.amat", "a.amat.gz", "a.idx",
        "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte", "pics/*.png", "b.jpeg",
    ):  # fmt: skip
        assert is_table(name), name
    for name in ("tales", "a.txt", "a.gz", "-", "", "*.txt", "nowhere", str(tmp_path), "a\0b"):
        assert not is_table(name), name
    assert is_table(["a.csv", "b.csv"])
    assert is_table(["a.csv", "readme.txt"])


def test_a_table_of_real_numbers_is_taken_apart(tmp_path: Path) -> None:
    path = tmp_path / "wine.csv"
    path.write_text(WINE)
    table = open_table(str(path), form=RowForm(labels="kind", features=("age",), uncorrelated=0.98))
    assert table.domain == RowDomain(kind="real", shape=(1,), columns=("size",))
    assert table.rows.shape == (20, 1)
    assert table.rows.dtype == np.dtype(np.float64)
    assert table.classes == ("red", "white")
    assert table.feature_names == ("age",)
    assert table.features is not None
    assert table.features[:3, 0].tolist() == [0, 1, 2]
    assert describe(table) == [
        "20 rows of 1 values, real numbers",
        "columns: size",
        "2 classes: red 10, white 10",
        "features: age",
        "the first line was taken for the names of the columns",
        "1 constant column left out: same",
        "1 column correlated beyond 0.98 left out: tone",
    ]


def test_other_rows_are_read_in_the_domain_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(WINE)
    (tmp_path / "valid.csv").write_text("kind;tone;size;age\nred;1.5;2.5;1\nwhite;2.5;2.5;0\n")
    form = RowForm(labels="kind", features=("age",), uncorrelated=0.98)
    train = open_table(str(tmp_path / "train.csv"), form=form)
    domain = train.learned_domain("features")
    for like in (train.domain, domain):
        valid = open_table(str(tmp_path / "valid.csv"), form=form, like=like)
        assert valid.domain == train.domain
        assert valid.rows.tolist() == [[2.5], [2.5]]
        assert domain.condition is not None
        assert valid.conditions(domain.condition).shape == (2, 1)
    told = open_table(str(tmp_path / "valid.csv"), form=RowForm(drop=("kind",)), like=domain)
    assert told.feature_names == ("age",)
    with pytest.raises(DataError, match="lacks size"):
        open_table(str(tmp_path / "valid.csv"), form=form, like=msgspec.structs.replace(domain, columns=("size ",)))


def test_columns_without_names_are_remembered_by_number(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("0.5,7,1.5\n1.5,7,0.5\n")
    (tmp_path / "valid.csv").write_text("3,8,4\n")
    train = open_table(str(tmp_path / "train.csv"))
    assert train.domain.columns == ("0", "2")
    assert open_table(str(tmp_path / "valid.csv"), like=train.domain).rows.tolist() == [[3, 4]]


@pytest.mark.parametrize("names", ["a,b,c,d\n", ""])
def test_rows_with_gaps_are_the_same_when_read_again(tmp_path: Path, names: str) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text(f"{names}0.5,7,1.5,3\n1.5,7,0.5,1\n2.5,,4.5,9\n3.5,7,2.5,\n,7,3.5,7\n6.5,7,5.5,11\n")
    form = RowForm(uncorrelated=0.98)
    first = open_table(str(path), form=form)
    again = open_table(str(path), form=form, like=first.learned_domain())
    assert len(first) == 5
    assert again.rows.tolist() == first.rows.tolist()
    assert again.fingerprint == first.fingerprint


def test_several_files_are_one_table_and_labels_among_them_are_no_rows(tmp_path: Path) -> None:
    for part in ("a", "b"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", np.full((3, 2, 2), 200))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", np.array([0, 4, 9]))
    table = open_table(str(tmp_path / "*-ubyte"))
    assert (len(table), table.domain.shape, table.domain.levels) == (6, (2, 2), 256)
    assert table.classes == ("0", "4", "9")
    several = open_table([str(path) for path in sorted(tmp_path.iterdir())])
    assert several.fingerprint == table.fingerprint


def test_labels_come_from_a_file_of_their_own(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.eye(3, dtype=int))
    (tmp_path / "y.txt").write_text("cat\ndog\ncat\n")
    form = RowForm(labels=str(tmp_path / "y.txt"))
    assert open_table(str(tmp_path / "x.npy"), form=form).classes == ("cat", "dog")
    (tmp_path / "y.txt").write_text("cat\n")
    with pytest.raises(DataError, match="1 labels for 3 rows"):
        open_table(str(tmp_path / "x.npy"), form=form)
    for where in ("nowhere", "no/where.txt", "9"):
        with pytest.raises(DataError):
            open_table(str(tmp_path / "x.npy"), form=RowForm(labels=where))


def test_one_array_of_an_archive_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=np.eye(4, dtype=int), x_test=np.ones((2, 4), dtype=int), y_test=[1, 2])
    table = open_table(f"{tmp_path}/d.npz:x_test")
    assert (len(table), table.classes) == (2, ("1", "2"))
    np.save(tmp_path / "e.npy", np.eye(4, dtype=int))
    assert len(open_table([f"{tmp_path}/d.npz:x_train", f"{tmp_path}/e.npy"])) == 8
    with pytest.raises(DataError, match="no array 'z'"):
        open_table(f"{tmp_path}/d.npz:z")
    with pytest.raises(DataError, match="does not exist"):
        open_table(f"{tmp_path}/e.npz:x")


def test_the_fingerprint_is_of_what_was_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(3, dtype=int))
    (tmp_path / "b.csv").write_text("1,0,0\n0,1,0\n0,0,1\n")
    a, b = (open_table(str(tmp_path / name)).fingerprint for name in ("a.npy", "b.csv"))
    assert a == b
    assert len(a) == 64
    assert open_table(str(tmp_path / "a.npy"), form=RowForm(kind="levels")).fingerprint != a
    assert open_table(str(tmp_path / "a.npy"), form=RowForm(shape=(3, 1))).fingerprint != a
    assert open_table(str(tmp_path / "a.npy"), form=RowForm(labels="last")).fingerprint != a


def test_built_in_sets_are_made_to_measure() -> None:
    table = open_table("bars-and-stripes", seed=3, size=5)
    assert (len(table), table.domain.shape, table.domain.kind) == (5, (8, 8), "binary")
    assert table.floor == pytest.approx(6.2329, abs=1e-4)
    assert open_table("bars-and-stripes", size=5, form=RowForm(pool=2)).floor is None
    assert open_table("ising", size=5, form=RowForm(threshold=0)).floor is not None
    assert open_table("strokes", size=30, form=RowForm(labels="none")).labels is None
    with pytest.raises(DataError, match="0 rows is empty"):
        open_table("strokes", size=0)


def test_the_floor_is_that_of_the_set_alone(tmp_path: Path) -> None:
    real = open_table("ar1-gaussian", size=50)
    assert real.floor == pytest.approx(5.5389, abs=1e-4)
    like = open_table("ar1-gaussian", size=10, like=real.learned_domain())
    assert (like.domain, like.floor) == (real.domain, real.floor)
    assert open_table("ar1-gaussian", size=50, form=RowForm(drop=("3",))).floor is None
    assert open_table("ising", size=5, form=RowForm(kind="real")).floor is None
    assert open_table(["ising", "bars-and-stripes"], size=5).floor is None


@pytest.mark.parametrize(
    ("reference", "said"),
    [([], "no rows given"), ("", "empty"), ("nowhere.csv", "does not exist"), ("*.nothing", "no file matches"),
     ("a\0b.csv", "cannot read"), ("/dev/null", "is no file")],
)  # fmt: skip
def test_what_is_not_there_is_one_line(reference: str | list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_table(reference)


def test_rows_can_be_written_over_wherever_they_come_from(tmp_path: Path) -> None:
    values = np.arange(24).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", values)
    np.savez_compressed(tmp_path / "a.npz", x=values)
    write_idx(tmp_path / "a.idx", values)
    write_idx(tmp_path / "a.idx.gz", values)
    (tmp_path / "a.csv").write_text("0,1\n1,1\n")
    for path in sorted(tmp_path.iterdir()):
        assert open_table(str(path)).rows.flags.writeable, path


def test_reading_takes_at_most_twice_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.amat").write_bytes((b"0 1 " * 199 + b"0 1\n") * 30_000)
    size = (tmp_path / "a.amat").stat().st_size
    tracemalloc.start()
    table = open_table(str(tmp_path / "a.amat"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.rows.shape == (30_000, 400)
    assert peak < 2 * size


def test_a_text_among_rows_is_named(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("1,2\n")
    (tmp_path / "a.csv").write_text("1,2\n")
    with pytest.raises(DataError, match=r"readme\.txt is no file of rows"):
        open_table([str(tmp_path / "a.csv"), str(tmp_path / "readme.txt")])
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="is no file"):
        open_table(str(tmp_path / "pipe.csv"))


def test_references_and_forms_are_pinned_for_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "y.txt").write_text("a\n")
    assert pin("strokes", cache=tmp_path) == ("strokes",)
    assert pin("d.npz:x", cache=tmp_path) == (str(tmp_path / "d.npz:x"),)
    assert pin_form(RowForm(labels="y.txt")).labels == str(tmp_path / "y.txt")
    for where in (None, "none", "last", "species"):
        assert pin_form(RowForm(labels=where)).labels == where


def test_names_are_looked_up_as_often_as_they_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(reading, "labels_beside", lambda path: looked.append(path))
    for name in range(20):
        np.save(tmp_path / f"{name}.npy", np.eye(3, dtype=int))
    open_table([str(path) for path in tmp_path.iterdir()])
    assert len(looked) == 20


@real_data
@pytest.mark.parametrize(
    ("name", "shape", "rows"),
    [
        ("binarized_mnist/binarized_mnist_test.amat.gz", (28, 28), 10_000),
        ("dna/train.csv.gz", (180,), 1_400),
        ("mushrooms/valid.csv.gz", (112,), 500),
        ("nips_0_12/test.csv.gz", (500,), 1_240),
        ("adult/test.csv.gz", (123,), 26_146),
    ],
)
def test_the_binary_sets_have_their_published_sizes(name: str, shape: tuple[int, ...], rows: int) -> None:
    table = open_table(str(SHARED / name))
    assert (table.domain, len(table)) == (RowDomain(kind="binary", shape=shape), rows)


@real_data
def test_digits_come_with_their_labels() -> None:
    mnist = open_table(str(SHARED / "mnist_t10k/t10k-images-idx3-ubyte.gz"))
    assert (len(mnist), mnist.domain.shape, mnist.domain.levels) == (10_000, (28, 28), 256)
    assert mnist.labels is not None
    assert mnist.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    small = open_table(str(SHARED / "optdigits/optdigits_train.csv"), form=RowForm(labels="last", shape=(8, 8)))
    assert (len(small), small.domain.levels, len(small.classes)) == (3_823, 17, 10)
    test = open_table(
        str(SHARED / "optdigits/optdigits_test.csv"), form=RowForm(labels="last", shape=(8, 8)), like=small.domain
    )
    assert (len(test), test.domain) == (1_797, small.domain)


@real_data
@pytest.mark.parametrize(
    ("name", "form", "columns"),
    [
        ("winequality-red.csv", RowForm(labels="last"), 11),
        ("winequality-white.csv", RowForm(drop=("11",)), 11),
        ("ionosphere.csv", RowForm(labels="last", drop=("0",)), 32),
        ("housing.csv", RowForm(drop=("1", "3", "8", "9")), 10),
        ("parkinsons.csv.gz", RowForm(drop=("0", "2")), 14),
    ],
)
def test_the_real_sets_are_prepared_as_published(name: str, form: RowForm, columns: int) -> None:
    form = msgspec.structs.replace(form, uncorrelated=0.98)
    domain = open_table(str(SHARED / "uci_continuous" / name), form=form).domain
    assert (domain.kind, domain.length) == ("real", columns)
    if name.startswith("parkinsons"):
        assert set(map(str, range(21))) - set(domain.columns) == {"0", "2", "6", "8", "10", "12", "14"}
