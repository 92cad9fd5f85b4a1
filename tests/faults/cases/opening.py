"""A process that opens hostile things one by one and tells what became of each, from within and watched.

`open_all` runs it and returns one `Opened` for each thing. In the child every opening is watched by an audit hook (no
code may run, no connection be made), by an alarm (none may hang), and by the kernel's own mark of the most memory.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

ROOT = Path(__file__).parents[3]
SECONDS = 60
"""After which an opening hangs."""
Kind = Literal["model", "rows", "pictures", "text", "words", "run"]
_FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "subprocess.Popen")
_NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")


class Thing(msgspec.Struct):
    """What to open, and as what."""

    kind: Kind
    path: str


class Opened(msgspec.Struct):
    """What became of it."""

    outcome: Literal["read", "refused", "crashed", "hung"]
    said: str = ""
    """The one line, or the traceback."""
    ran: list[str] = []
    """Events that must not happen."""
    grown: int = 0
    """Bytes of memory at the worst moment, beyond what there was before."""
    size: int = 0
    """Bytes of the file, or of the largest in the directory."""


def open_all(things: Iterable[Thing], folder: Path, **environment: str) -> list[Opened]:
    """Open `things` in one child whose caches, runs and models are in `folder`."""
    asked = list(things)
    ran = subprocess.run(
        [sys.executable, "-m", __name__], input=msgspec.json.encode(asked), capture_output=True, check=False,
        cwd=ROOT, env=homes(folder) | environment,
    )  # fmt: skip
    found = [msgspec.json.decode(line, type=Opened) for line in ran.stdout.splitlines()]
    assert len(found) == len(asked), f"ended at {asked[len(found)]}: {ran.stderr.decode()[-2000:]}"
    return found


def homes(folder: Path) -> dict[str, str]:
    """The environment of a person whose everything is in `folder`."""
    names = ("CACHE", "RUNS", "MODELS", "CONFIG", "STATE")
    return os.environ | {f"GRNN_TUI_{name}": str(folder / name.lower()) for name in names}


def faults(opened: Opened, unpacked: int = 0) -> list[str]:
    """What of the promises `opened` breaks; more than twice the file and `unpacked` bytes are too much memory."""
    found = [] if opened.outcome in ("read", "refused") else [f"{opened.outcome}: {opened.said[-1500:]}"]
    if opened.outcome == "refused" and len(opened.said.splitlines()) != 1:
        found.append(f"not one line: {opened.said!r}")
    if opened.grown > (most := 2 * opened.size + ROOM + unpacked):
        found.append(f"{opened.grown >> 20} MB of memory, more than {most >> 20} MB")
    return found + opened.ran


ROOM = 256 << 20
"""Bytes beyond twice the file: blocks that are read, tables over all code points, headers that are parsed."""


# --- in the child -----------------------------------------------------------------------------------------------------


def _open(thing: Thing) -> None:
    path = thing.path
    match thing.kind:
        case "model":
            from grnn_tui.engine.models import open_model

            opened = open_model(path)
            opened.event()
            player = opened.player
            player.predict(player.start())
        case "rows":
            from grnn_tui.data.tables import open_table

            open_table(path)
        case "pictures":
            from grnn_tui.data.row_form import RowForm
            from grnn_tui.data.tables import open_table

            open_table(path, form=RowForm(shape=(28, 28)))
        case "text" | "words":
            from grnn_tui.data.corpus import open_corpus

            open_corpus(path, unit="character" if thing.kind == "text" else "word")
        case "run":
            _open_run(Path(path))


def _open_run(path: Path) -> None:
    from grnn_tui.runs.locate import open_model
    from grnn_tui.runs.store import find_run, summarise
    from grnn_tui.runs.view import RunWatch

    run = find_run(str(path))
    watch = RunWatch(run)
    watch.poll()
    watch.status()
    summarise(run)
    open_model(str(path))


class _Watch:
    """Notes what happens while it is armed."""

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed or event not in _HEARD:
            return
        caller = sys._getframe(1).f_code.co_filename
        if caller.endswith(_OWN):
            return
        if event in _FORBIDDEN or event in _NETWORK:
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "exec":
            file = arguments[0].co_filename
            if not Path(file).exists() and not file.startswith("<frozen"):
                self.seen.append(f"exec {file}")
        elif event == "compile" and arguments[1] not in (None, "<unknown>") and not Path(str(arguments[1])).exists():
            self.seen.append(f"compile {arguments!r:.200}")  # <unknown>: `ast.literal_eval`, which runs nothing

    @contextlib.contextmanager
    def listening(self) -> Iterator[list[str]]:
        self.seen = []
        self.armed = True
        try:
            yield self.seen
        finally:
            self.armed = False


_OWN = (str(Path("typing.py")), str(Path("msgspec", "_utils.py")))
"""Whence annotations of our own are evaluated, when msgspec first needs them."""
_HEARD = frozenset((*_FORBIDDEN, *_NETWORK, "exec", "compile"))


class _HungError(BaseException):
    """Time is over."""


def _hang(*_: object) -> None:
    raise _HungError


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) << 10 if found else 0


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        if path.is_dir():
            return max((p.stat().st_size for p in path.rglob("*") if p.is_file()), default=0)
        return path.stat().st_size
    return 0


def watched(thing: Thing, watch: _Watch, action: Callable[[Thing], None] = _open) -> Opened:
    """Open one thing."""
    import traceback

    from grnn_tui.errors import GrnnError

    opened = Opened("read", size=_size(Path(thing.path)))
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the mark of the most memory starts anew
    before = _memory("VmRSS")
    signal.alarm(SECONDS)
    try:
        with watch.listening() as seen:
            action(thing)
    except GrnnError as error:
        opened.outcome, opened.said = "refused", str(error)
    except _HungError:
        opened.outcome, opened.said = "hung", traceback.format_exc()
    except BaseException:
        opened.outcome, opened.said = "crashed", traceback.format_exc()
    finally:
        signal.alarm(0)
    opened.ran = seen
    opened.grown = max(0, _memory("VmHWM") - before)
    return opened


def warm(watch: _Watch) -> None:
    """Import all that opening imports: what is armed afterwards hears of the files alone."""
    import importlib
    import pkgutil

    import grnn_tui.backends
    from tests.faults.cases.rows import png

    for module in pkgutil.walk_packages(grnn_tui.backends.__path__, "grnn_tui.backends."):
        if module.name.endswith((".player", ".spec")):
            importlib.import_module(module.name)
    with contextlib.suppress(ImportError):
        from PIL import Image

        Image.init()
    with tempfile.TemporaryDirectory() as folder:
        picture, text = Path(folder, "a.png"), Path(folder, "a.txt.gz")
        picture.write_bytes(png(4, 4))
        text.write_bytes(gzip.compress(b"a text"))
        models = [Thing("model", "tales-gru"), Thing("model", "strokes-nade")]
        for thing in (*models, Thing("rows", str(picture)), Thing("text", str(text))):
            assert watched(thing, watch).outcome == "read"


def main() -> None:
    signal.signal(signal.SIGALRM, _hang)
    watch = _Watch()
    warm(watch)
    for thing in msgspec.json.decode(sys.stdin.buffer.read(), type=list[Thing]):
        sys.stdout.buffer.write(msgspec.json.encode(watched(thing, watch)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
