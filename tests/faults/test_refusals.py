"""Where a screen cannot be: one line. Where little is there: what can be done is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grnn_tui.engine.framing import encode
from grnn_tui.engine.recovery import restoring
from grnn_tui.ui.actions import ACTIONS, binding_id, remapped
from grnn_tui.ui.app import GrnnApp
from grnn_tui.ui.settings import load_keys, load_last, load_preferences
from tests.support.permissions import NOBODY, modes_can_be_obeyed, obey_modes
from tests.support.promises import Harm, Reached
from tests.ui.support.fake_engine import FakeEngine
from tests.ui.support.on_terminal import OnTerminal

pytestmark = pytest.mark.promise(27)
ROOT = Path(__file__).parents[2]
GENERATE = ("generate", "tales-lstm", "-n", "5")


def command(*words: str, program: tuple[str, ...] = ("-m", "grnn_tui"), **changes: Any) -> tuple[int, str, str]:
    """A command in a process that obeys the modes of files: status and both outputs."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **changes}
    told = {name: value for name, value in known.items() if value is not None}
    done = subprocess.run(
        [sys.executable, *program, *words], env=told, capture_output=True, text=True, check=False, preexec_fn=obey_modes
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_stream_that_is_no_terminal_is_one_line(own_homes: Path, missing: int, reached: Reached) -> None:
    master, slave = os.openpty()
    streams: list[int] = [slave, slave, slave]
    read, write = os.pipe()
    streams[missing] = read if missing == 0 else write
    done = subprocess.run([sys.executable, "-m", "grnn_tui"], stdin=streams[0], stdout=streams[1], stderr=streams[2])
    os.close(write)
    os.close(slave)
    os.set_blocking(master, False)
    try:
        told = os.read(master, 1 << 16)
    except OSError:
        told = b""
    told += b"" if missing == 0 else os.read(read, 1 << 16)
    for descriptor in (master, read):
        os.close(descriptor)
    reached(refusals=1, lines=told.count(b"\n"), escapes=told.count(b"\x1b"))
    assert done.returncode == 2
    assert told.count(b"\n") == 1
    assert b"\x1b" not in told


@pytest.mark.parametrize("term", ["dumb", "", None, "unknown"])
def test_a_terminal_that_cannot_draw_is_one_line(
    terminal: Callable[..., OnTerminal], own_homes: Path, term: str | None, reached: Reached
) -> None:
    on = terminal(environment={"TERM": term})
    status, told = on.ended(), on.read()
    reached(refusals=1, lines=told.count("\n"), escapes=told.count("\x1b"))
    assert (status, told.count("\n"), told.count("\x1b")) == (2, 1, 0)


@pytest.mark.parametrize("how", ["small", "plain", "read-only"])
def test_little_is_enough_to_open_type_write_and_leave(
    terminal: Callable[..., OnTerminal], own_homes: Path, how: str
) -> None:
    locked = own_homes / "locked"
    locked.mkdir(mode=0o555)
    nothing = {f"GRNN_TUI_{name}": str(locked / name) for name in ("CONFIG", "STATE", "RUNS", "CACHE")}
    every: dict[str, dict[str, Any]] = {
        "small": {"size": (5, 20)},
        "plain": {"environment": {"NO_COLOR": "1", "LANG": "C", "LC_ALL": "C"}},
        "read-only": {"environment": nothing | {"HOME": str(locked)}, "prepare": obey_modes},
    }
    on = terminal("tiny", **every[how])
    on.until(lambda: "room" in on.read() or on.stands())
    on.type("abc\r")
    if how != "small":
        on.until(lambda: "bit/character" in on.read())
    if how == "plain":
        assert on.read().isascii()
        assert "38;" not in on.read()
    on.type("\x11")
    assert on.ended() == 0
    assert "Traceback" not in on.read()


SEVERAL = """
import json, sys
from grnn_tui.cli.main import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["grnn-tui", *words]
    try:
        main()
        status = 0
    except SystemExit as stop:
        status = stop.code or 0
    print("status", status, file=sys.stderr)
"""
"""Commands one after the other: each loads what the ones before it have loaded already."""


def statuses(commands: Sequence[tuple[str, ...]], before: str = "", **changes: Any) -> tuple[list[int], str]:
    """The status of each command, and what they told of faults."""
    status, _, told = command(json.dumps(commands), program=("-c", before + SEVERAL), **changes)
    assert status == 0, told
    return [int(line.split()[1]) for line in told.splitlines() if line.startswith("status ")], told


@pytest.mark.skipif(not modes_can_be_obeyed(), reason="root may write everywhere here")
def test_commands_work_where_nothing_can_be_kept(own_homes: Path, harm: Harm, reached: Reached) -> None:
    locked = own_homes / "locked"
    locked.mkdir(mode=0o555)
    nothing: dict[str, Any] = {f"GRNN_TUI_{name}": None for name in ("CONFIG", "STATE", "RUNS", "CACHE", "MODELS")}
    nothing["TMPDIR"] = str(own_homes)
    training = ("train", "tales", "--data-size", "2000", "--steps", "2", "--backend", "ngram")
    commands = (GENERATE, training, (*training, "--run", str(own_homes / "own")), ("generate", "~nobody-here/model"))
    found, told = statuses(commands, HOME=str(locked), **nothing)
    assert found == [0, 2, 0, 2], told
    assert told.count("no run can be made") == 1
    homeless = (GENERATE, ("runs",), (*training, "--run", str(own_homes / "other")))[: harm(2, 3)]
    found, also = statuses(homeless, NOBODY, HOME=None, **nothing)
    assert found == [0] * len(homeless), also
    tracebacks = (told + also).count("Traceback")
    reached(commands=len(commands) + len(homeless), tracebacks=tracebacks)
    assert tracebacks == 0


# --- files that are kept between starts -------------------------------------------------------------------------------

words = st.text(max_size=12) | st.sampled_from(["\0", "\x1b[2J", "a" * 5000, "~nobody/x", ""])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([10**30, -(10**30), 2**63])
values = st.recursive(
    words | numbers | st.none() | st.booleans(), lambda some: st.lists(some, max_size=3), max_leaves=6
)
SETTINGS = ("theme", "markers", "colouring", "seed", "length", "per_second", "random_seed", "log_bars")
PLACE = ("reference", "prompt", "written", "cursor", "forced", "history", "unit", "mark", "run")
SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "repetition_window")


HUGE = 1 << 64
"""More than any message holds."""


@settings(max_examples=20)
@example(dict.fromkeys(("seed", "length", "per_second"), HUGE), {}, {})
@example({}, {"cursor": HUGE, "unit": HUGE, "mark": HUGE}, {})
@example({}, {"forced": [HUGE]}, {})
@example({}, {}, {"top_k": HUGE})
@example({}, {}, {"repetition_window": HUGE})
@given(
    st.dictionaries(st.sampled_from(SETTINGS), values, max_size=3),
    st.dictionaries(st.sampled_from(PLACE), values, max_size=3),
    st.dictionaries(st.sampled_from(SAMPLING), values, max_size=2),
)
def test_settings_mean_something_or_are_one_line(
    wishes: dict[str, object], place: dict[str, object], sampling: dict[str, object]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(os.environ["PYTEST_FUZZ"])
        patch.setenv("GRNN_TUI_CONFIG", str(folder))
        patch.setenv("GRNN_TUI_STATE", str(folder))
        (folder / "settings.json").write_text(json.dumps(wishes | {"sampling": sampling}))
        (folder / "last.json").write_text(json.dumps(place))
        (preferences, first), (last, second) = load_preferences(), load_last()
        for line in (first, second):
            assert "\n" not in line
        for request in restoring(
            last.reference, preferences.sampling, preferences.seed, last.prompt, last.written, last.cursor, last.forced
        ):
            encode(request)
        GrnnApp(FakeEngine(), preferences=preferences, last=last)


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_FUZZ", str(tmp_path_factory.mktemp("kept")))
        yield


@pytest.mark.parametrize(
    "content",
    [b"a=" + b"[" * 5000, b"a=" + b"9" * 5000, b"\xff", b"[play]\npause=1", b'"\x1b[2J"=1', b"[play.pause]\nx=1"],
    ids=range(6),
)
def test_keys_that_mean_nothing_are_one_line(own_homes: Path, content: bytes) -> None:
    (own_homes / "config").mkdir()
    (own_homes / "config" / "keys.toml").write_bytes(content)
    keys, line = load_keys()
    lines = [line, *remapped(keys)[1]]
    assert any(lines)
    assert not any("\n" in told for told in lines)


@pytest.mark.parametrize("kind", ["fifo", "folder", "endless"])
def test_what_is_no_file_is_not_waited_for(own_homes: Path, kind: str) -> None:
    (own_homes / "config").mkdir()
    for name in ("settings.json", "keys.toml"):
        path = own_homes / "config" / name
        {"fifo": os.mkfifo, "folder": os.mkdir, "endless": lambda p: p.symlink_to("/dev/zero")}[kind](path)
    assert "not used" in load_preferences()[1]
    assert "not used" in load_keys()[1]


async def test_any_key_can_be_asked_for() -> None:
    from tests.ui.support.stage import stage

    asked = {
        binding_id(action): key
        for action, key in zip(ACTIONS, ["\x1b", "ctrl+", "a,b", "[@x]", "字", "++"], strict=False)
    }
    async with stage(keymap=remapped(asked)[0]) as here:
        await here.press("tab", "question_mark")
        assert here.app.is_running
