"""Foreign text fills cells and does nothing else, wherever the playing side shows it."""

from __future__ import annotations

import pytest

from grnn_tui.engine import protocol as p
from grnn_tui.safetext import sanitise
from grnn_tui.ui.screens.models import ModelsScreen
from tests.ui.support.fake_engine import FakeEngine
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, SMALL, Stage, stage
from tests.ui.support.text_snapshot import screen_text

PAYLOADS = [
    "\x1b]52;c;aGFja2Vk\x07",
    "\x1b[2J\x1b[31mred",
    "\x9b31m\x9d0;title\x9c",
    "[@click=app.leave]here[/]",
    "[bold red on white]loud[/bold]",
    "[/]",
    "[link=https://example.org]go[/link]",
    "\u202eevil\u202c\u200b\u2066x\u2069",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦 🇩🇪 \ufe0f",
    "中文字符混排",
    "\r\b\b\b\x7f\x00",
    "\ud800\udcff",
    "a" * 500,
]


def assert_harmless(here: Stage) -> None:
    """Every cell on the screen is one that safetext would have written."""
    for strip in here.app.screen._compositor.render_strips():
        for segment in strip:
            assert segment.text == sanitise(segment.text), repr(segment.text)
            assert not (segment.style and segment.style.meta and "@click" in segment.style.meta)
    width = here.app.size.width
    for line in screen_text(here.app).splitlines():
        from rich.cells import cell_len

        assert cell_len(line) <= width


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_names_labels_notices_and_branches_are_harmless(payload: str, size: tuple[int, int]) -> None:
    labels = [payload[:1] or "x", *payload[1:6], payload, " ", "a"]
    engine = FakeEngine(labels=list(dict.fromkeys(labels)), name=payload)
    engine.models = [p.ModelInfo("x", payload, payload, payload, 1, 1.0, None, "run")]
    async with stage(size, engine) as here:
        await here.press("tab", "n", "n", "left", "5", "down", "enter", "2", "n")
        assert_harmless(here)
        engine.say(p.Failed(payload))
        await here.settle()
        assert_harmless(here)
        await here.press("o")
        await until(here.pilot, lambda: isinstance(here.app.screen, ModelsScreen) and here.app.screen.rows.models)
        await here.settle()
        assert_harmless(here)
        engine.say(p.Failed(payload))
        await here.settle()
        assert_harmless(here)
        await here.press("q", "d")
        await here.settle()
        assert_harmless(here)
        assert here.app.is_running


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_what_is_pasted_becomes_visible(payload: str) -> None:
    from textual import events

    async with stage() as here:
        here.app.post_message(events.Paste(payload))
        await here.pilot.pause()
        await here.settle()
        assert_harmless(here)
        assert "\x1b" not in here.screen.prompt.text
