"""States of the playing side that are worth a look, each reached by keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.command import CommandPalette
from textual.widgets import OptionList

from grnn_tui.engine import protocol as p
from grnn_tui.ui.panes.controls.view import stepped
from tests.ui.support.host import until
from tests.ui.support.stage import Stage
from tests.ui.support.text_snapshot import screen_text

Scene = Callable[[Stage], Awaitable[None]]


async def empty(here: Stage) -> None:
    """As it opens."""


async def typed(here: Stage) -> None:
    """Bars follow a prompt that is being typed."""
    await here.type("once upon a ")


async def generating(here: Stage) -> None:
    """Text streams."""
    await cool(here)
    await here.type("once upon a time ")
    await here.press("enter")
    await here.write(230)


async def paused(here: Stage) -> None:
    """Writing waits."""
    await generating(here)
    await here.press("tab", "p")


async def stepped_back(here: Stage) -> None:
    """The cursor stands within the text; another symbol is being chosen."""
    await generating(here)
    await here.press("tab", "x", "up", *["left"] * 6, "5", "down", "down")


async def branched(here: Stage) -> None:
    """Two more branches; the text went another way."""
    await stepped_back(here)
    await here.press("enter", "2", "enter")
    await here.write(120)
    await here.press("x", "up", *["left"] * 3, "5", "down", "enter", "2", "enter")
    await here.write(150)
    await here.press("x", "6", "down")


async def unit(here: Stage) -> None:
    """The text is coloured by the unit that follows quotations best."""
    await cool(here)
    here.screen.prompt.set_prompt(
        "'is it as large as the pond?' asked the cat. 'larger,' said the miller, 'and there is salt in it.' the cat "
    )
    await here.settle()
    await here.press("enter")
    await here.write(120)
    await here.press("tab", "x", "c")
    here.app.controller.move(-here.state.cursor)
    await here.press("h", "end")


async def truncated(here: Stage) -> None:
    """Settings that cut most symbols."""
    await generating(here)
    here.app.controller.set_controls(stepped(here.app.controller.controls, "top_k", -13))
    await here.press("tab", "x", "3", "down", "down", "left", "left")


async def log_bars(here: Stage) -> None:
    """Bars on a logarithmic scale."""
    await generating(here)
    await here.press("tab", "x", "5", "percent_sign")


async def zoomed(here: Stage) -> None:
    """The text alone."""
    await generating(here)
    await here.press("tab", "x", "z")


async def zoomed_branches(here: Stage) -> None:
    """The branches alone."""
    await branched(here)
    if not here.screen.has_class("-zoomed"):
        await here.press("z")


async def compared(here: Stage) -> None:
    """Two branches side by side."""
    await branched(here)
    await here.press("d")
    await until(here.pilot, lambda: "branch 2" in screen_text(here.app))


async def palette(here: Stage) -> None:
    """The palette with a few letters typed."""
    await generating(here)
    await here.pilot.press("ctrl+o")
    await until(here.pilot, lambda: CommandPalette.is_open(here.app))
    await here.pilot.press(*"symbol")
    options = here.app.screen.query_one(OptionList)
    await until(here.pilot, lambda: options.option_count > 3)
    here.app.screen.query_one("CommandInput").cursor_blink = False  # type: ignore[attr-defined]
    await here.pilot.pause(0.2)


async def help_screen(here: Stage) -> None:
    """Every key."""
    await here.press("tab", "question_mark")


async def models(here: Stage) -> None:
    """Models to choose from."""
    await here.press("tab", "o")
    await until(here.pilot, lambda: "names-gru" in screen_text(here.app))
    await here.press("down")


async def engine_died(here: Stage) -> None:
    """The engine has been killed and is back."""
    await generating(here)
    await here.press("ctrl+c")
    here.engine.kill()
    await until(here.pilot, lambda: here.engine.starts == 2)
    await here.settle()


async def no_model(here: Stage) -> None:
    """A model that is not there."""
    here.engine.broken.add("gone")
    here.app.controller.open("gone")
    await here.settle()


async def leaving(here: Stage) -> None:
    """Runs are alive."""
    from pathlib import Path

    from grnn_tui.ui.screens.quit import QuitDialog

    here.app.push_screen(QuitDialog([Path("/runs/1120-tales-lstm"), Path("/runs/1120-own-gru")]))
    await here.settle()


async def cool(here: Stage) -> None:
    """A lower temperature, so that the fake model tells something readable."""
    here.app.controller.set_controls(stepped(here.app.controller.controls, "temperature", -10))
    await here.settle()


async def long_prompt(here: Stage) -> None:
    """A prompt of several lines, with symbols the model does not know."""
    here.screen.prompt.set_prompt(
        "the cat\n\twent to the SEA\nand looked for the salt in it, and for the fish, and for the miller"
    )
    await here.settle()


async def failed(here: Stage) -> None:
    """A request that could not be carried out."""
    here.engine.say(p.Failed("the model's prediction is not a number; its weights may be damaged"))
    await here.settle()


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        empty,
        typed,
        generating,
        paused,
        stepped_back,
        branched,
        unit,
        truncated,
        log_bars,
        zoomed,
        zoomed_branches,
        compared,
        palette,
        help_screen,
        models,
        engine_died,
        no_model,
        leaving,
        long_prompt,
        failed,
    )
}
