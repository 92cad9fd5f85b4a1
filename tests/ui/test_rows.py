"""Playing rows by keys: sheets, steps, painting and completing, real numbers, labels, and back to a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grnn_tui.engine import protocol as p
from grnn_tui.engine.row_protocol import PaintKnown, SetCondition
from tests.ui.support.host import until
from tests.ui.support.row_stage import RowStage, row_stage
from tests.ui.support.stage import SMALL
from tests.ui.support.text_snapshot import screen_text


def shown(here: RowStage) -> str:
    return screen_text(here.app)


async def test_enter_fills_a_sheet_and_enter_again_writes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        assert here.screen.focused.id == "picture"
        assert "not written yet" in shown(here)
        await here.press("enter")
        assert here.rows.finished
        assert len(here.rows.samples) == 8
        first = here.values(0)
        assert "this image is finished" in shown(here)
        assert f"{here.rows.totals.nats:.2f} nats/image" in shown(here)
        await here.press("R")
        assert here.values(0) == first
        await here.press("enter")
        assert here.rows.finished
        assert here.values(0) != first


async def test_one_value_at_a_time_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("n", "n", "n")
        assert [sample.length for sample in here.rows.samples] == [3] * 8
        assert here.rows.cursor == 3
        await here.press("5", "left")
        assert here.rows.cursor == 2
        *before, last = here.values(0)
        assert f"stands here {last:.0f}" in shown(here)
        await here.press("up" if here.screen.next_value.view.selected else "down", "enter")
        assert here.values(0) == [*before, 1 - last]
        assert here.rows.samples[0].forced == {2}
        await here.press("1", "left")
        assert f"chosen {1 - last:.0f}" in shown(here)


async def test_arrows_stand_on_pixels_that_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("enter", "up", "up", "left")
        assert here.rows.cursor == 22
        assert "row 4, column 5" in shown(here)
        await here.press("home")
        assert here.rows.cursor == 0
        await here.press("end")
        assert here.rows.cursor == 36


async def test_samples_are_chosen_and_branched(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("enter", "2", "right", "right")
        assert here.rows.selected == 2
        await here.press("down", "1", "left_square_bracket", *["up"] * 3)
        chosen, step = here.rows.selected, here.rows.cursor
        before = here.values(chosen)
        await here.press("b")
        assert len(here.rows.samples) == 9
        assert here.rows.selected == 8
        assert here.rows.finished
        assert here.values(8)[:step] == before[:step]
        assert here.values(8) != before
        await here.press("right_square_bracket")
        assert here.rows.selected == 0


async def test_what_is_painted_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("enter", "f")
        assert "nothing is known yet" in shown(here)
        await here.press("home", "down", "down", "space", "right", "space", "space")
        assert here.rows.known == {12: 1.0, 13: 0.0}
        assert here.rows.painted
        assert "2 known" in shown(here)
        assert "f completes" in shown(here)
        await here.press("f")
        assert all((here.values(i)[12], here.values(i)[13]) == (1, 0) for i in range(8))
        assert not here.rows.exact
        assert "32 particles" in shown(here)
        await here.press("space", "space", "space")
        await here.press("X")
        assert here.rows.known == {}
        assert here.engine.of_kind(PaintKnown)[-1] == PaintKnown([], [])


async def test_what_precedes_the_cursor_is_kept_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("enter", *["up"] * 2, "K", "f")
        assert len(here.rows.known) == 23
        assert here.rows.exact
        assert "exact" in shown(here)
        assert len({tuple(here.values(i)[:23]) for i in range(8)}) == 1
        assert len({tuple(here.values(i)) for i in range(8)}) > 1


async def test_a_model_of_many_orders_writes_what_is_known_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "agnostic") as here:
        await here.press("end", "down", "down", "right", "space", "f")
        assert here.rows.exact
        assert here.rows.order[0] == 13
        await here.press("X", "O", "O")
        assert here.rows.order[:3].tolist() == [0, 6, 12]
        await here.press("v", "v")
        assert here.screen.picture.view.layer == "order"


async def test_a_model_of_one_order_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("O")
        assert "one order only" in shown(here)


async def test_the_mouse_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.pilot.click("#picture", offset=(4, 4))
        await here.pilot.click("#picture", offset=(4, 4))
        await here.settle()
        assert len(here.rows.known) == 1
        await here.press("enter")
        await here.pilot.click("#samples", offset=(20, 3))
        await here.settle()
        assert here.rows.selected == 1


async def test_levels_are_painted_with_a_brush_and_chosen_from_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "grey") as here:
        assert "Next pixel" in shown(here)
        await here.press("space")
        assert here.rows.known == {0: 15.0}
        await here.press("comma", "comma")
        assert here.rows.known == {0: 11.0}
        await here.press("space", "5", "down", "down", "enter")
        bar = here.rows.samples[0]
        assert bar.length == 1
        assert bar.forced == {0}


async def test_colours_are_painted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "colour") as here:
        await here.press("space")
        assert here.rows.known == {0: 3.0, 1: 3.0, 2: 3.0}
        await here.press("full_stop")
        assert here.rows.known == {0: 3.0, 1: 0.0, 2: 0.0}
        await here.press("right", "space", "left", "space", "f")
        assert here.rows.known == {3: 3.0, 4: 0.0, 5: 0.0}
        assert all(here.values(i)[3:6] == [3, 0, 0] for i in range(8))


async def test_labels_are_told_and_the_sheet_is_written_again_with_the_same_luck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with row_stage(monkeypatch, "grey") as here:
        await here.press("enter")
        untold = here.rows.samples[3].nats.tolist()
        await here.press("3", "down", "right")
        assert here.engine.of_kind(SetCondition)[-1].vectors == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        assert here.rows.finished
        assert here.rows.samples[3].nats.tolist() != untold
        each = here.rows.samples[0].nats.tolist()
        await here.press("right")
        assert here.rows.samples[0].nats.tolist() == each
        assert "told ant" in shown(here)
        assert "\x1b" not in shown(here)
        await here.press("0")
        assert here.rows.samples[3].nats.tolist() == untold


async def test_real_numbers_have_a_table_and_a_density(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "numbers") as here:
        assert "1 Table" in shown(here)
        assert "is to be drawn" in shown(here)
        assert not here.screen.samples.display
        await here.press("n")
        assert here.rows.cursor == 1
        value = here.values(0)[0]
        await here.press("5", "left")
        assert f"{value:.5g}"[:5] in shown(here)
        await here.press("up", "up", "enter")
        mark = here.values(0)[0]
        assert here.rows.samples[0].forced == {0}
        assert mark != value
        await here.press("1", "down", "down", "space", "full_stop")
        assert here.rows.known == pytest.approx({3: 41.0 + 1.2})
        await here.press("f")
        assert all(here.value(i, 3) == pytest.approx(42.2) for i in range(8))
        assert not here.rows.exact or here.rows.order.tolist()[0] == 3


async def test_temperature_acts_on_the_density(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "numbers") as here:
        before = here.rows.density
        await here.press(*["minus"] * 10)
        assert here.rows.density.raw == before.raw
        used = np.frombuffer(here.rows.density.used, np.float32)
        assert used.max() > np.frombuffer(before.used, np.float32).max()


async def test_another_model_of_text_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("enter")
        await here.press("c")
        assert "only of a text" in shown(here)
        here.app.controller.open("text")
        await here.settle()
        assert "1 Prompt" in shown(here)
        assert here.screen.focused.id == "prompt"
        await here.press("a", "b")
        assert here.state.prompt_text == "ab"
        here.app.controller.open("flags")
        await here.settle()
        assert "1 Picture" in shown(here)
        await here.press("enter")
        assert "20 of 20" in shown(here)
        assert "flag 19" in shown(here)
        here.app.controller.open("text")
        await here.settle()
        assert here.state.transcript.between(0, 2) == "ab"


async def test_a_killed_engine_comes_back_with_the_sheet_and_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        await here.press("space", "enter")
        rows = [here.values(i) for i in range(8)]
        here.engine.kill()
        await until(here.pilot, lambda: here.engine.starts == 2)
        await here.settle()
        assert [here.values(i) for i in range(8)] == rows
        assert here.rows.known == {0: 1.0}


async def test_rows_are_copied_and_written_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with row_stage(monkeypatch, "numbers") as here:
        await here.press("w")
        assert "no finished row" in shown(here)
        await here.press("enter", "y")
        row = [float(value) for value in here.app.clipboard.split(",")]
        assert row == pytest.approx([here.value(0, place) for place in range(5)])
        await here.press("w")
        (written,) = tmp_path.glob("grnn-*.csv")
        head, *lines = written.read_text().splitlines()
        assert head.split(",")[:2] == ["height", "width"]
        assert [float(line.split(",")[1]) for line in lines] == pytest.approx([here.value(i, 1) for i in range(8)])


async def test_numbers_of_samples_and_zoom(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, size=SMALL) as here:
        await here.press("3", *["down"] * 4, "right", "right")
        assert len(here.rows.samples) == 10
        await here.press("1", "enter", "2", "z")
        assert "1 Picture" not in shown(here)
        assert here.screen.samples.size.width > 70
        await here.press("z", "6", "d", "k", "h")
        assert "only of a text" in shown(here)


async def test_a_footer_that_fits_and_a_palette_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch) as here:
        last = shown(here).splitlines()[-1]
        assert all(word in last for word in ("paint", "complete", "map"))
        actions: Any = here.screen.scopes
        assert actions == ("picture", "play", "app")
        assert not here.engine.of_kind(p.SetPrompt)
