"""Pictures of rows as pure functions: scales, half blocks, maps, what is told, orders, brushes."""

from __future__ import annotations

import numpy as np
import pytest

from grnn_tui.engine.row_protocol import RowsOpened, RowTotals, SampleSplice, SheetFrame
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.panes.controls.view import Controls, control_rows, natural_speed, settings_of, stepped
from grnn_tui.ui.panes.picture.table import number
from grnn_tui.ui.panes.picture.view import PictureView, layout, picture_rows
from grnn_tui.ui.panes.samples.view import SheetView, sheet_for, sheet_rows
from grnn_tui.ui.rows import pixels
from grnn_tui.ui.rows.colours import PictureColours
from grnn_tui.ui.rows.orders import ORDERS, order_named
from grnn_tui.ui.rows.raster import Scale, coloured, scale_for, scaled, shaded
from grnn_tui.ui.rows.state import RowState, Shape, begun, told
from grnn_tui.ui.told import EACH, Told
from grnn_tui.ui.widgets.lines import Cell, LineView, Row, width_of
from tests.ui.support.host import Host
from tests.ui.support.text_snapshot import screen_text

PALETTE = PictureColours((40, 50, 60), (0, 255, 0), (255, 255, 0), (255, 0, 0))


def state_of(
    shape: list[int], written: list[float], kind: str = "binary", levels: int = 2, samples: int = 1
) -> RowState:
    opened = RowsOpened(
        "m", "m", "b", "", None, False, "pixel", kind, shape, levels, "image", [], [], [], [], [], b"", b""
    )
    length, values = opened.length, np.array(written)
    splice = SampleSplice(
        sample=0,
        seed=1,
        start=0,
        length=values.size,
        values=values.astype(np.uint16).tobytes(),
        nats=np.full(values.size, 0.5, np.float32).tobytes(),
        expected=np.full(values.size, 0.25, np.float32).tobytes(),
    )
    order = np.arange(length, dtype=np.int32).tobytes()
    totals = RowTotals(0, 0.0, 0, 0.0)
    return told(
        begun(None, opened), SheetFrame(1, samples, [splice], 0, 0, totals, False, 0.0, True, 1, 1.0, ordering=order)
    )


@pytest.mark.parametrize(
    ("rows", "columns", "height", "width", "scale"),
    [
        (28, 28, 14, 28, Scale(1)),
        (28, 28, 28, 56, Scale(2)),
        (28, 28, 13, 60, Scale(2, down=True)),
        (3, 3, 40, 100, Scale(8)),
        (500, 500, 3, 3, Scale(8, down=True)),
    ],
)
def test_the_largest_scale_that_fits(rows: int, columns: int, height: int, width: int, scale: Scale) -> None:
    assert scale_for(rows, columns, height, width) == scale


def test_a_smaller_picture_is_the_mean_of_pixels_and_a_larger_one_repeats_them() -> None:
    picture = np.array([[0, 100], [200, 100], [8, 8]], np.uint8)[..., None].repeat(3, axis=2)
    assert scaled(picture, Scale(2, down=True))[..., 0].tolist() == [[100], [8]]
    assert scaled(picture, Scale(2))[:4, :, 0].tolist() == [[0, 0, 100, 100]] * 2 + [[200, 200, 100, 100]] * 2
    assert Scale(2).pixel_at(3, 1) == (1, 1)
    assert Scale(2, down=True).pixel_at(3, 1) == (4, 6)


def test_two_pixels_share_a_cell_and_equal_neighbours_are_one() -> None:
    black, white = [0, 0, 0], [255, 255, 255]
    (row,) = coloured(np.array([[white, white, black], [black, black, black]], np.uint8), (0, 0, 0))
    assert [(cell.text, cell.role) for cell in row] == [("▀▀", "#ffffff#000000"), (" ", "#000000#000000")]


def test_shades_tell_light_from_dark_and_both_from_what_is_not_written() -> None:
    light = np.array([[1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.5, 0.0]])
    shown = np.array([[True, True, True, False]] * 2)
    (row,) = shaded(light, shown, (0, 1), ascii_only=False, dot="·")
    assert "".join(cell.text for cell in row) == "▀▄▒·"
    assert [cell.role for cell in row] == ["text", "cursor", "text", "faint"]
    (plain,) = shaded(light, shown, None, ascii_only=True, dot=".")
    assert "".join(cell.text for cell in plain).isascii()


def test_maps_show_what_is_written_and_marks_what_is_known() -> None:
    state = state_of([2, 2], [1, 0])
    sample = state.sample
    assert sample is not None
    picture = pixels.picture(state, sample, "pixels", PALETTE)
    assert picture[0].tolist() == [[245] * 3, [8] * 3]
    assert picture[1].tolist() == [[40, 50, 60]] * 2
    assert pixels.picture(state, sample, "p", PALETTE)[0, 0].tolist() == [67] * 3
    assert pixels.picture(state, sample, "surprisal", PALETTE)[1, 0].tolist() == [40, 50, 60]
    state.known[3] = 1.0
    assert pixels.picture(state, sample, "pixels", PALETTE)[1, 1].tolist() == [134, 249, 134]
    assert pixels.coverage(state, sample).tolist() == [[True, True], [False, True]]


def test_colour_comes_of_three_values_a_pixel() -> None:
    state = state_of([1, 2, 3], [3, 0, 0, 0], "levels", 4)
    assert state.sample is not None
    assert pixels.picture(state, state.sample, "pixels", PALETTE).tolist() == [[[245, 8, 8], [8, 8, 8]]]
    assert pixels.steps_of(state, 1) == [3, 4, 5]
    assert pixels.pixel_of(state, 99) == 1


@pytest.mark.parametrize("size", [(30, 19), (49, 35), (57, 17), (8, 4), (100, 8)])
@pytest.mark.parametrize("palette", [PALETTE, None])
def test_rows_never_leave_the_pane(size: tuple[int, int], palette: PictureColours | None) -> None:
    for shape in ([28, 28], [3, 3], [5, 60], [64, 2]):
        state = state_of(shape, [1, 0, 1], samples=9)
        width, height = size
        rows = picture_rows(PictureView(state=state, palette=palette), width, height)
        assert len(rows) <= height
        sheet = sheet_rows(SheetView(state=state, palette=palette), width, height)
        fits = sheet_for(state, width, height)
        assert len(sheet) <= max(height, fits.tall + 1)
        if fits.wide <= width:
            assert all(width_of(row) <= width + 1 for row in sheet)
        if layout(PictureView(state=state), width, height) is not None and shape != [5, 60]:
            assert all(width_of(row) <= width for row in rows)


async def test_no_row_of_another_size_is_left_behind() -> None:
    class Lines(LineView):
        rows = 3

        def build(self, width: int, height: int) -> tuple[Row, ...]:
            return tuple((Cell(f"row {y}"),) for y in range(self.rows))

    lines = Lines()
    async with Host(lines).run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        assert "row 2" in screen_text(pilot.app)
        lines.rows = 1
        lines.on_resize()
        await pilot.pause()
        assert screen_text(pilot.app).split() == ["row", "0"]


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_writes_each_value_once(name: str) -> None:
    for shape in (Shape(5, 4, 1, 18), Shape(3, 3, 3, 27)):
        order = order_named(name, shape)
        assert order == [] if name == "own" else sorted(order) == list(range(shape.length))


def test_what_is_told_steps_through_classes_and_features() -> None:
    told = Told(classes=("ant", "bee"))
    assert told.vectors == [None]
    assert told.stepped_label(1).label == EACH
    assert told.stepped_label(1).vectors == [[1, 0], [0, 1]]
    assert told.stepped_label(3).vectors == [[0, 1]]
    measures = Told(features=("size", "age"), mean=(1, 30), scale=(2, 10)).stepped_feature(1).stepped_value(2)
    assert measures.vectors == [[0, 0.5]]
    assert (measures.feature_text, measures.value_text) == ("age", "35")


def test_controls_of_rows_leave_out_what_means_nothing() -> None:
    names = [setting.name for setting in settings_of(Controls(kind="real", told=Told(features=("x",))))]
    assert names == ["temperature", "feature", "value", "samples", "particles", "speed", "seed"]
    assert "penalty" not in [setting.name for setting in settings_of(Controls(kind="binary"))]
    named = Controls(kind="levels", told=Told(classes=("a very long name\x1b[2J",), label=1))
    for width, height in ((44, 8), (70, 5), (30, 4)):
        for row in control_rows(named, 0, width, height, focused=True):
            assert width_of(row) <= width
            assert "\x1b" not in "".join(cell.text for cell in row)
    assert stepped(Controls(kind="binary", samples=8), "samples", 1).samples == 9
    assert [natural_speed(length) for length in (5, 64, 784, 100_000)] == [2, 40, 320, 0]


@pytest.mark.parametrize("value", [0.0, -1.5, 1e-12, 123456.789, -9.87e300, float("nan"), float("inf")])
def test_a_number_takes_eight_cells(value: float) -> None:
    assert cell_width(sanitise(number(value))) <= 8
    assert cell_width(sanitise(number(value, 1e-3))) <= 8
