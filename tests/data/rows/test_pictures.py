from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.data.row_form import RowForm
from grnn_tui.data.tables import is_table, open_table
from grnn_tui.errors import DataError

Image = pytest.importorskip("PIL.Image")

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOUR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7


def save(path: Path, pixels: NDArray[Any], **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def test_a_folder_per_class_gives_labelled_pictures(tmp_path: Path) -> None:
    for name, pixels in {"cat/1.png": GREY, "cat/2.png": GREY + 1, "dog/1.png": GREY + 2, ".git/x.png": GREY}.items():
        save(tmp_path / "d" / name, pixels)
    table = open_table(str(tmp_path / "d"))
    assert (table.name, table.domain.kind, table.domain.shape, table.domain.levels) == ("d", "levels", (3, 4), 256)
    assert table.rows.tolist() == [GREY.ravel().tolist(), (GREY + 1).ravel().tolist(), (GREY + 2).ravel().tolist()]
    assert table.labels is not None
    assert (table.classes, table.labels.tolist()) == (("cat", "dog"), [0, 0, 1])
    assert open_table(str(tmp_path / "d"), form=RowForm(labels="none")).labels is None


def test_names_before_numbers_are_classes(tmp_path: Path) -> None:
    for name in ("cat_1", "cat_2", "dog_10"):
        save(tmp_path / f"{name}.png", GREY)
    assert open_table(str(tmp_path / "*.png")).classes == ("cat", "dog")
    assert open_table(str(tmp_path)).classes == ("cat", "dog")
    assert open_table([str(tmp_path / "cat_1.png"), str(tmp_path / "dog_10.png")]).labels is None


def test_one_picture_in_colour_makes_all_of_them_so(tmp_path: Path) -> None:
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.bmp", COLOUR)
    table = open_table(str(tmp_path))
    assert table.domain.shape == (3, 4, 3)
    assert table.rows[0].reshape(3, 4, 3)[..., 1].tolist() == GREY.tolist()
    assert table.rows[1].tolist() == COLOUR.ravel().tolist()


def test_a_shape_brings_pictures_to_one_size_and_colour(tmp_path: Path) -> None:
    save(tmp_path / "a.png", np.kron(GREY, np.ones((2, 2), dtype=np.uint8)))
    save(tmp_path / "b.png", COLOUR)
    with pytest.raises(DataError, match=r"is 6x8 and .* is 3x4: .*--shape 6x8"):
        open_table(str(tmp_path))
    table = open_table(str(tmp_path), form=RowForm(shape=(3, 4)))
    assert table.domain.shape == (3, 4)
    assert table.rows[0].tolist() == GREY.ravel().tolist()
    assert open_table(str(tmp_path), form=RowForm(shape=(3, 4, 3))).domain.channels == 3


def test_black_and_white_is_binary(tmp_path: Path) -> None:
    save(tmp_path / "a.png", (GREY > 100).astype(np.uint8) * 255)
    Image.fromarray((GREY > 50).astype(np.uint8) * 255).convert("1").save(tmp_path / "b.png")
    table = open_table(str(tmp_path))
    assert table.domain.kind == "binary"
    assert table.rows[1].tolist() == (GREY > 50).ravel().astype(int).tolist()


def test_palettes_depth_and_transparency_are_brought_to_bytes(tmp_path: Path) -> None:
    Image.fromarray(GREY).convert("P").save(tmp_path / "a.gif")
    Image.fromarray(GREY.astype(np.uint16) * 257).save(tmp_path / "b.png")
    save(tmp_path / "c.png", np.stack([GREY, np.full_like(GREY, 255)], axis=2))
    save(tmp_path / "d.png", np.stack([GREY, np.zeros_like(GREY)], axis=2))
    rows = open_table(str(tmp_path)).rows
    assert rows[:3].tolist() == [GREY.ravel().tolist()] * 3
    assert not rows[3].any()


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a.png", GREY)
    whole = save(tmp_path / "b.png", np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).read_bytes()
    for data in (b"", b"hello", whole[:60], whole[:2000], whole[:20] + b"\xff" * 8 + whole[28:]):
        (tmp_path / "b.png").write_bytes(data)
        with pytest.raises(DataError, match=r"b\.png") as caught:
            open_table(str(tmp_path), form=RowForm(shape=(4, 4)))
        assert "\n" not in str(caught.value)


def test_too_many_pixels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.png", np.zeros((8, 2000), dtype=np.uint8))
    with pytest.raises(DataError, match="too large to model"):
        open_table(str(tmp_path / "a.png"))
    for most in (10_000, 1_000):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        with pytest.raises(DataError, match="too many pixels"):
            open_table(str(tmp_path / "a.png"))


def test_without_pillow_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.png", GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match="pip install pillow"):
        open_table(str(tmp_path))


def test_a_folder_of_pictures_is_a_table_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("a.png", "b.JPG", "below/c.png", "notes.txt"):
        (tmp_path / name).touch()
    assert is_table(str(tmp_path))
    for name in ("d.txt", "e.txt", "f.txt"):
        (tmp_path / name).touch()
    assert not is_table(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        open_table(str(tmp_path / "empty"))
