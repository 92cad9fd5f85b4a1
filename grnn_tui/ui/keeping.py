"""The app's ways out of the screen: clipboard with a file beside it, files, and an editor."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grnn_tui.private import write_private
from grnn_tui.ui.settings import state_folder

if TYPE_CHECKING:
    from textual.app import App

    from grnn_tui.ui.controller import Controller
    from grnn_tui.ui.screens.play import PlayScreen

    _Base = App[Any]
else:
    _Base = object

COPIED = "copied.txt"


class Keeping(_Base):
    """Mixed into the app."""

    controller: Controller
    playground: PlayScreen

    def notice(self, text: str, severity: str = "information") -> None:
        """One line for the person."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Copy what was written; of rows the selected one, its values with commas between them."""
        if self.controller.rows is not None:
            self._copy(self.controller.rows.table(selected=True), "the row")
            return
        self._copy(self.controller.state.written, "the text")

    def action_copy_all(self) -> None:
        """Copy prompt and text; of rows all that are finished."""
        if self.controller.rows is not None:
            self._copy(self.controller.rows.table(), "all finished rows")
            return
        state = self.controller.state
        self._copy(state.transcript.between(0, state.length), "prompt and text")

    def action_write_file(self) -> None:
        """Write prompt and text, or all finished rows as a table, to a new file in the current folder."""
        state, rows = self.controller.state, self.controller.rows
        text = state.transcript.between(0, state.length) if rows is None else rows.table()
        if not text:
            self.notice(f"there is no {'text' if rows is None else 'finished row'} to write yet")
            return
        path = Path(f"grnn-{datetime.now():%Y%m%d-%H%M%S}.{'txt' if rows is None else 'csv'}")
        try:
            for attempt in range(100):
                target = path if not attempt else path.with_stem(f"{path.stem}-{attempt}")
                with contextlib.suppress(FileExistsError):
                    with target.open("xb") as file:
                        file.write(_bytes(text))
                    self.notice(f"written: {_short(target.absolute())}")
                    return
        except OSError as error:
            self.notice(f"cannot write {path.absolute()}: {error.strerror or error}; y copies instead", "error")

    def action_editor(self) -> None:
        """Edit the prompt with `$EDITOR`."""
        import shlex
        import tempfile

        from textual.app import SuspendNotSupported

        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            with tempfile.TemporaryDirectory(prefix="grnn-") as folder:
                path = Path(folder) / "prompt.txt"
                path.write_bytes(_bytes(self.controller.prompt))
                with self.suspend():
                    status = self.run_editor([*shlex.split(editor), str(path)])
                text = path.read_text("utf-8", "replace")
        except SuspendNotSupported:
            self.notice("there is no terminal here to lend to an editor", "warning")
            return
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self.notice(f"{editor}: {reason}; set EDITOR to one that is installed", "error")
            return
        if status:
            self.notice(f"{editor} ended with status {status}; the prompt is as it was", "warning")
        else:
            self.playground.prompt.set_prompt(text.removesuffix("\n"))

    def run_editor(self, argv: list[str]) -> int:
        """Lend the terminal to an editor until it ends; its status."""
        import subprocess

        return subprocess.run(argv, check=False).returncode

    def _copy(self, text: str, what: str) -> None:
        if not text:
            self.notice("there is nothing to copy yet")
            return
        self.copy_to_clipboard(text.encode("utf-8", "replace").decode("utf-8"))
        path = state_folder() / COPIED
        try:
            write_private(path, _bytes(text))
        except OSError as error:
            self.notice(f"copied {what}; it could not be kept in {path}: {error.strerror or error}", "warning")
            return
        self.notice(f"copied {what}, also in {_short(path)}")


def _bytes(text: str) -> bytes:
    """UTF-8; bytes that are no text as they were."""
    return text.encode("utf-8", "surrogateescape") if _escaped(text) else text.encode("utf-8", "replace")


def _escaped(text: str) -> bool:
    return all(not 0xD800 <= ord(c) <= 0xDFFF or 0xDC80 <= ord(c) <= 0xDCFF for c in text)


def _short(path: Path, longest: int = 44) -> str:
    """A path as it fits into one line: from home, or its last folders."""
    shown = str(path)
    with contextlib.suppress(ValueError, RuntimeError):
        shown = f"~/{path.relative_to(Path.home())}"
    return shown if len(shown) <= longest else ".../" + "/".join(path.parts[-2:])
