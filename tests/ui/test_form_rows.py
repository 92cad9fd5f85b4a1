"""The form for a run on rows: what it offers for which data, the command it shows, and the run it makes."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from textual.app import App
from textual.widgets import Button, Input, Static

from grnn_tui.cli.main import main
from grnn_tui.data.looking import Look, Seen, look_at
from grnn_tui.engine.catalogue import read_catalogue
from grnn_tui.engine.framing import encode, event_decoder
from grnn_tui.engine.protocol import CatalogueRead
from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.request import RunRequest
from grnn_tui.runs.rows import Started
from grnn_tui.runs.store import find_run
from grnn_tui.ui.screens.data_form import DataKnown, default_of, known_by_name, offered
from grnn_tui.ui.screens.form_rows import Choice
from grnn_tui.ui.screens.train_form import TrainForm
from tests.support.waiting import wait_for
from tests.ui.support.catalogue import catalogue
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.test_training_form import row_of

Compare = Callable[[App[object], str], None]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, folder in (("GRNN_TUI_RUNS", "runs"), ("GRNN_TUI_CACHE", "cache"), ("GRNN_TUI_MODELS", "models")):
        monkeypatch.setenv(variable, str(tmp_path / folder))


@pytest.fixture(scope="module")
def installed() -> CatalogueRead:
    """What there really is."""
    return read_catalogue()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Bits in images of 4 x 3, with labels."""
    rng = np.random.default_rng(0)
    path = tmp_path / "some images.npz"
    np.savez(path, x=rng.integers(2, size=(60, 4, 3), dtype=np.uint8), y=rng.integers(3, size=60))
    return path


async def seen_here(look: Look) -> Seen:
    return look_at(look)


def summary(app: App[object]) -> str:
    """What stands below the fields, as one line."""
    return " ".join(str(app.screen.query_one("#summary", Static).visual).split())


def shown(app: App[object], *names: str) -> list[bool]:
    return [bool(app.screen.query_one(f"#row-{name}").display) for name in names]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_rows_have_fields_of_their_own(size: tuple[int, int], text_snapshot: Compare) -> None:
    app = Host(TrainForm(catalogue(), data="strokes"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.query("#opt-keep"))
        app.screen.query_one("#name", Input).value = "my-run"
        await until(pilot, lambda: "--seconds 180 --name my-run" in summary(app))
        assert shown(app, "unit", "limit", "opt-length", "condition") == [False, False, False, True]
        assert not any(shown(app, "row-kind", "row-shape", "row-labels"))
        text_snapshot(app, f"form-rows-{size[0]}x{size[1]}")


async def test_by_keyboard_alone_a_model_of_images_that_is_told_its_label() -> None:
    asked: list[RunRequest] = []

    def start(request: RunRequest) -> Path:
        asked.append(request)
        return Path("/runs/made")

    app = Host(TrainForm(catalogue(), start=start))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        await pilot.press("down", "left", "left")
        await until(pilot, lambda: "train strokes --backend binary-nade" in summary(app))
        await pilot.press("down", "right")
        await until(pilot, lambda: "--condition label" in summary(app))
        await pilot.press("down", "down", "right", "right")
        await until(pilot, lambda: "--backend rowlstm" in summary(app))
        assert "--condition label" in summary(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.answer == Path("/runs/made"))
    (request,) = asked
    assert (request.backend, request.data.sources, request.data.condition) == ("rowlstm", ("strokes",), "label")
    assert request.data.rows is not None
    assert request.command == "grnn-tui train strokes --backend rowlstm --seconds 180 --condition label"


async def test_only_what_fits_is_offered_and_the_usual_model_comes_first() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#opt-length"))
        form = app.screen
        for corpus, model in (("strokes", "binary-nade"), ("ar1-gaussian", "rnade"), ("tales", "lstm")):
            form.query_one("#data", Choice).value = corpus
            await until(pilot, lambda m=model: form.query_one("#backend", Choice).value == m)  # type: ignore[misc]
        assert form.query_one("#row-opt-length").display
        form.query_one("#backend", Choice).value = "gru"
        await until(pilot, lambda: "--backend gru" in summary(app))
        form.query_one("#data", Choice).value = "strokes"
        await until(pilot, lambda: "train strokes --backend gru" in summary(app))
        form.query_one("#data", Choice).value = "ar1-gaussian"
        await until(pilot, lambda: "train ar1-gaussian --backend rnade" in summary(app))
        assert not form.query_one("#row-condition").display


def test_what_is_offered_for_which_data(installed: CatalogueRead) -> None:
    def names(known: DataKnown) -> set[str]:
        return set(offered(installed.backends, known))

    assert "ngram" in names(DataKnown())
    assert names(DataKnown(kind="real")) == {"rnade"}
    vectors, pictures = (names(DataKnown(kind="binary", shape=shape)) for shape in ((8,), (8, 8)))
    assert pictures - vectors == {"rowlstm", "diagonal"}
    following = names(DataKnown(kind="binary", shape=(8,), sequence=True))
    assert {"rnn-nade", "lstm"} <= following < vectors
    for known in (DataKnown(kind="levels", shape=(8, 8)), DataKnown(kind="rows"), DataKnown(kind="real", shape=(8,))):
        assert default_of(known, sorted(names(known))) in names(known)


def test_what_fits_travels_to_the_screen(installed: CatalogueRead) -> None:
    assert event_decoder().feed(encode(installed)) == [installed]
    strokes = next(c for c in installed.corpora if c.name == "strokes")
    assert (strokes.kind, strokes.shape, len(strokes.classes)) == ("binary", [16, 16], 15)
    names = next(c for c in installed.corpora if c.name == "names")
    assert (names.kind, len(names.classes)) == ("text", 6)


async def test_a_run_on_rows_begins_and_ends(images: Path, installed: CatalogueRead) -> None:
    app = Host(TrainForm(installed, data=str(images)))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "60 images" in row_of(app, "values"))
        app.screen.query_one("#backend", Choice).value = "markov"
        await until(pilot, lambda: "--backend markov" in summary(app))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.answer, Path))
    run = Run(app.answer)
    await asyncio.to_thread(wait_for, lambda: run.status().state == "finished")
    (row,) = [row for row in read_rows(run.metrics).rows if isinstance(row, Started)]
    assert (row.unit, row.row, row.row_name) == ("pixel", 12, "image")


def test_names_alone_tell_rows_from_texts(tmp_path: Path) -> None:
    assert known_by_name("x.npz:train", pictures=False).kind == "rows"
    assert known_by_name("x.CSV.gz", pictures=False).columns
    assert known_by_name("book.txt", pictures=False).conditions == ("nothing",)
    assert known_by_name(str(tmp_path), pictures=False).conditions == ("nothing", "label")


async def test_a_text_with_labels_can_be_told_them() -> None:
    app = Host(TrainForm(catalogue(), data="names"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#opt-length"))
        app.screen.query_one("#condition", Choice).value = "label"
        await until(pilot, lambda: "train names --preset standard --seconds 180 --condition label" in summary(app))
        assert shown(app, "opt-length", "unit") == [False, True]
        app.screen.query_one("#backend", Choice).value = "ngram"
        await until(pilot, lambda: "--backend ngram --seconds 180" in summary(app))
        assert "--condition" not in summary(app)


async def test_a_file_of_rows_is_looked_at(images: Path) -> None:
    app = Host(TrainForm(catalogue(), data=str(images)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "60 images of 4x3, binary, 3 classes" in row_of(app, "values"))
        assert all(shown(app, "row-kind", "row-shape", "row-levels", "row-threshold", "row-pool", "row-labels"))
        assert shown(app, "condition", "row-features") == [True, False]
        assert app.screen.query_one("#backend", Choice).value == "binary-nade"
        app.screen.query_one("#row-shape", Input).value = "5x5"
        await until(pilot, lambda: "your data: " in summary(app))
        assert app.screen.query_one("#start", Button).disabled
        app.screen.query_one("#row-shape", Input).value = "12 by 1"
        await until(pilot, lambda: "shape: give height and width" in summary(app))
        app.screen.query_one("#row-shape", Input).value = ""
        await until(pilot, lambda: not app.screen.query_one("#start", Button).disabled)


async def test_a_folder_of_pictures_is_rows_and_columns_become_features(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for i in range(12):
        Image.new("L", (4, 4), 20 * i).save(tmp_path / "pictures" / f"{i}.png")
    table = tmp_path / "table.csv"
    table.write_text("a,b,c\n" + "".join(f"{i / 7},{i * i / 3},{i % 5 + 0.5}\n" for i in range(40)))
    app = Host(TrainForm(catalogue(), data=str(tmp_path / "pictures"), look=seen_here))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "12 images of 4x4" in row_of(app, "values"))
        app.screen.query_one("#path", Input).value = str(table)
        await until(pilot, lambda: "40 rows of 3 values" in row_of(app, "values"))
        await until(pilot, lambda: "--backend rnade" in summary(app))
        app.screen.query_one("#condition", Choice).value = "features"
        await until(pilot, lambda: "features: name the columns" in summary(app))
        app.screen.query_one("#row-features", Input).value = "a, c"
        await until(pilot, lambda: "--features a,c --condition features" in summary(app))


async def test_a_binary_file_is_refused_as_a_text_and_taken_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "program.bin").write_bytes(b"\x7fELF\x00\x01" * 200)
    app = Host(TrainForm(catalogue(), data=str(tmp_path / "program.bin")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "your data: not a text" in summary(app))
        app.screen.query_one("#unit", Choice).value = "byte"
        await until(pilot, lambda: "--unit byte" in summary(app))


@pytest.mark.parametrize(
    ("model", "changes", "field", "fault"),
    [
        ("lstm", {"set-tied": "true"}, "tied", "tied weights need embedding = hidden"),
        ("lstm", {"set-particles": "4", "set-learned_start": "false"}, "particles", "learned"),
        ("binary-nade", {"set-layers": "2"}, "layers", "2 hidden layers under one fixed ordering"),
    ],
)
async def test_settings_that_do_not_go_together_are_told_at_once(
    installed: CatalogueRead, model: str, changes: dict[str, str], field: str, fault: str
) -> None:
    app = Host(TrainForm(installed, data="ising", start=lambda _: pytest.fail("started")))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        app.screen.query_one("#backend", Choice).value = model
        await until(pilot, lambda: f"--backend {model}" in summary(app))
        for key, value in changes.items():
            control = app.screen.query_one(f"#{key}")
            assert isinstance(control, Choice | Input)
            control.value = value
        await until(pilot, lambda: f"{field}: " in screen_text(app) and fault in screen_text(app))
        assert app.screen.query_one("#row-set-" + field).has_class("-wrong")
        assert app.screen.query_one("#start", Button).disabled


async def test_the_command_that_is_shown_makes_the_same_run(
    images: Path, installed: CatalogueRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RunRequest] = []

    def start(request: RunRequest) -> Path:
        asked.append(request)
        return Path("/runs/made")

    app = Host(TrainForm(installed, data=str(images), start=start, look=seen_here))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "60 images of 4x3" in row_of(app, "values"))
        app.screen.query_one("#condition", Choice).value = "label"
        app.screen.query_one("#set-hidden", Input).value = "5"
        app.screen.query_one("#row-shape", Input).value = "12"
        app.screen.query_one("#budget", Choice).value = "steps"
        await until(pilot, lambda: app.screen.query_one("#amount", Input).value == "5000")
        app.screen.query_one("#amount", Input).value = "1"
        app.screen.query_one("#name", Input).value = "same"
        await until(pilot, lambda: "60 rows of 12 values" in row_of(app, "values"))
        await until(pilot, lambda: not app.screen.query_one("#start", Button).disabled)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.answer == Path("/runs/made"))
    (request,) = asked
    monkeypatch.setattr("sys.argv", shlex.split(request.command))
    monkeypatch.setattr("grnn_tui.cli.train._go", lambda *_, **__: None)
    main()
    made = find_run("same").request
    for name in ("backend", "settings", "data", "training", "command"):
        assert getattr(made, name) == getattr(request, name), name
    assert msgspec.json.decode(msgspec.json.encode(request), type=RunRequest) == request
