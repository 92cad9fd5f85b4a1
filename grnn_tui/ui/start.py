"""Opening the screen: refuse politely without a terminal, start the engine first, always give the terminal back.

The engine is started before Textual is imported, so that model and screen get ready side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from grnn_tui.engine.client import EngineClient
from grnn_tui.engine.recovery import restoring
from grnn_tui.errors import GrnnError, UsageError
from grnn_tui.private import make_private
from grnn_tui.ui.settings import (
    LastState,
    Preferences,
    load_keys,
    load_last,
    load_preferences,
    state_folder,
)
from grnn_tui.ui.terminal import Attributes, restore, unechoed

if TYPE_CHECKING:
    from grnn_tui.ui.app import GrnnApp

LAST_RESORT_SECONDS = 1.5
"""After a signal the app has so long to leave in order; then the terminal is restored by hand and the process ends."""
RESTORE = "\x1b[<u\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?7h\x1b[?1049l\x1b[?25h"
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Opening(Struct, frozen=True):
    """What is opened, and how."""

    preferences: Preferences
    last: LastState
    keys: dict[str, object]
    notes: tuple[str, ...]
    train_on: str | None = None


def open_screen(what: str | None = None, markers: str | None = None) -> int:
    """Open the playground with a model, a run or a text file; returns the exit status.

    Raises:
        UsageError: there is no terminal to draw on; the line names the command that needs none.
        ModelError, RunError: `what` is none of the three.
    """
    require_terminal()
    # Thousands of classes are about to be made and none thrown away; the app switches collection on once it stands.
    gc.disable()
    with unechoed() as found:
        return asyncio.run(_run(opening_for(what), markers, found))


def run_alone() -> int:
    """The command without arguments; one line and status 2 for what a user can mend."""
    try:
        return open_screen()
    except KeyboardInterrupt:
        return 130
    except GrnnError as error:
        from grnn_tui.safetext import for_terminal

        sys.stderr.write(for_terminal(f"grnn-tui: {error}".replace("\n", " "), sys.stderr) + "\n")
        return error.exit_status


def require_terminal() -> None:
    """Nothing if stdin and stderr are a terminal that can be drawn on.

    Raises:
        UsageError: they are not.
    """
    instead = "grnn-tui generate MODEL --prompt TEXT"
    if os.environ.get("TERM", "") in ("dumb", ""):
        raise UsageError(f"this terminal (TERM={os.environ.get('TERM', '')}) cannot show a screen; use `{instead}`")
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if stream is None or not stream.isatty():
            raise UsageError(f"the screen needs a terminal; without one use `{instead}`")


def opening_for(what: str | None) -> Opening:
    """What `what` means: a model or a run to play, or a text to train on.

    Raises:
        ModelError, RunError: it is neither a file nor a model nor a run.
    """
    preferences, first = load_preferences()
    last, second = load_last()
    keys, third = load_keys()
    notes = tuple(note for note in (first, second, third) if note)
    train_on = None
    if what is not None:
        from grnn_tui.runs.locate import locate_model

        path = Path(what).expanduser()
        try:
            locate_model(what, verify=False)
        except GrnnError:
            if not path.is_file():
                raise
            train_on = str(path.absolute())
        else:
            if what != last.reference:
                last = LastState(reference=what, history=last.history, run=last.run)
    return Opening(preferences, last, keys, notes, train_on)


async def _run(opening: Opening, markers: str | None, found: Attributes | None) -> int:
    engine = EngineClient(state_folder() / "engine.log" if _writable(state_folder()) else None)
    wish, last = opening.preferences, opening.last
    with contextlib.suppress(OSError):
        await engine.start()
        for request in restoring(
            last.reference, wish.sampling, wish.seed, last.prompt, last.written, last.cursor, last.forced
        ):
            engine.send(request)
    try:
        app = _make_app(engine, opening, markers, found)
        with _signals_end(app, found):
            await app.run_async()
    finally:
        await engine.close()
    app.keep()
    for line in app.run_summary():
        sys.stdout.write(line + "\n")
    return app.return_code or 0


def _make_app(engine: EngineClient, opening: Opening, markers: str | None, found: Attributes | None) -> GrnnApp:
    from grnn_tui.ui.actions import remapped
    from grnn_tui.ui.app import GrnnApp
    from grnn_tui.ui.markers import choose_markers

    keymap, faults = remapped(opening.keys)
    wish = opening.preferences
    return GrnnApp(
        engine,
        preferences=wish,
        last=opening.last,
        keymap=keymap,
        markers=choose_markers(markers or (wish.markers if wish.markers != "auto" else "")),
        notes=(*opening.notes, *faults),
        train_on=opening.train_on,
        before_reading=partial(restore, found),
    )


def _writable(folder: Path) -> bool:
    try:
        make_private(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@contextlib.contextmanager
def _signals_end(app: Any, found: Attributes | None) -> Iterator[None]:
    """A signal ends the app in order, with status 128 + its number; by force if its loop is stuck on the terminal.

    Python-level handlers, and not the loop's: they also run while a full output queue blocks the loop.
    """
    loop = asyncio.get_running_loop()

    def handle(number: int, _: object) -> None:
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        threading.Thread(target=_last_resort, args=(number, found), daemon=True).start()
        loop.call_soon_threadsafe(_leave, app, 128 + number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(app: Any, status: int) -> None:
    app.exit(return_code=status)


def _last_resort(number: int, found: Attributes | None, sleep: Callable[[float], None] | None = None) -> None:
    """Wait; if the process still lives, give the terminal back by hand and end it."""
    import time

    (sleep or time.sleep)(LAST_RESORT_SECONDS)
    with contextlib.suppress(OSError):
        os.set_blocking(2, False)
        os.write(2, RESTORE.encode())
    restore(found)
    os._exit(128 + number)
