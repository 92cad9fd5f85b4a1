"""A thousand runs, fifty alive, one of ten million rows: listed, scrolled and attached to as if they were few."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from grnn_tui.runs.checkpoint import FileFact, Manifest, step_path
from grnn_tui.ui.screens.runs import RunsScreen
from tests.support.promises import Harm, Reached
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import make_run, started, story

pytestmark = [pytest.mark.promise(33), pytest.mark.alone, pytest.mark.xdist_group("alone")]
HOLDING = (
    "import contextlib, sys; from pathlib import Path; from grnn_tui.runs.lock import RunLock\n"
    "with contextlib.ExitStack() as held:\n"
    "    [held.enter_context(RunLock(Path(run))) for run in sys.argv[1:]]\n"
    "    print('held', flush=True); sys.stdin.read()"
)
ATTACHING = """
import json, resource, sys, time
from pathlib import Path
from grnn_tui.runs.directory import Run
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.panes.training.view import plot_of

def resident():
    status = Path("/proc/self/status")  # elsewhere what the test itself once took counts too
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmHWM" in line)

before, began, processor, first, longest = resident(), time.monotonic(), time.process_time(), None, 0.0
followed = FollowedRun(Run(Path(sys.argv[1])))
while len(followed.view.loss) < int(sys.argv[2]) or followed.loading:
    poll = time.monotonic()
    followed.poll(time.time())
    plot_of(followed.view, followed.smoothed, followed.options, 80)
    longest = max(longest, time.monotonic() - poll)
    if first is None and len(followed.view.loss):
        first = time.monotonic() - began
    time.sleep(0.05)
loss = followed.view.loss
print(json.dumps({
    "first": first, "whole": time.monotonic() - began, "processor": time.process_time() - processor,
    "longest": longest, "bytes": resident() - before, "rows": len(loss), "last": [float(loss.x[-1]), float(loss.y[-1])],
}))
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
    return tmp_path / "runs"


def fill(store: Path, many: int) -> list[Path]:
    """So many runs with a curve and four checkpoints each, as far as a list looks at them."""
    told = b"".join(msgspec.json.encode(row) + b"\n" for row in story(4000))
    for number in range(many):
        run = make_run(store, f"run-{number:04}", rows=[started()])
        run.metrics.write_bytes(told)
        for step in (1000, 2000, 3000, 4000):
            step_path(run.path, step).mkdir(parents=True)
            manifest = Manifest(step=step, validation=1.3, files={"model.json": FileFact(1, "0" * 64)})
            (step_path(run.path, step) / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return sorted(store.iterdir())


@pytest.fixture
def full_store(store: Path, harm: Harm) -> Iterator[tuple[int, int]]:
    """How many runs there are, and how many of them are alive."""
    many, alive = harm(100, 1000), harm(5, 50)
    paths = [str(path) for path in fill(store, many)[:alive]]
    command = [sys.executable, "-c", HOLDING, *paths]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield many, alive
    finally:
        holder.kill()
        holder.communicate()


def processor_seconds(run: Callable[[], object]) -> tuple[float, float]:
    """What a child took of a processor, and on the clock; the same on a machine that does nothing else."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - began


def test_the_command_lists_a_full_store(
    full_store: tuple[int, int], request: pytest.FixtureRequest, reached: Reached
) -> None:
    many, alive = full_store
    command = [sys.executable, "-m", "grnn_tui", "runs", "--json"]
    told: list[str] = []

    def listing() -> None:
        told.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    seconds, clock = min(processor_seconds(listing) for _ in range(5))
    states = [run["state"] for run in json.loads(told[0])["runs"]]
    assert (len(states), states.count("alive")) == (many, alive)
    if request.config.getoption("--complete"):
        assert seconds <= 1.0
    reached(runs=many, alive=alive, processor_seconds_to_list=seconds, seconds_to_list=clock)


async def test_the_screen_lists_a_full_store_and_answers_meanwhile(
    full_store: tuple[int, int], request: pytest.FixtureRequest, reached: Reached
) -> None:
    many, alive = full_store
    waits: list[float] = []

    async def watching() -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(0.01)
            waits.append(time.monotonic() - asked - 0.01)

    screen = RunsScreen()
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        watch = asyncio.create_task(watching())
        await until(pilot, lambda: f"Runs · {many} · {alive} live" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "run-0000" in screen_text(app))
        watch.cancel()
    if request.config.getoption("--complete"):
        assert max(waits) <= 0.5
    reached(seconds_a_key_waits_while_listing=max(waits))


def big_run(store: Path, rows: int) -> Path:
    """A run that has told of so many steps."""
    run = make_run(store, "big", rows=[started()])
    line = b'{"type":"train","step":%d,"seconds":%d.5,"loss":%d.25,"tokens_per_second":41000.5,"lr":0.002,"norm":0.6}\n'
    with run.metrics.open("ab") as file:
        for begin in range(0, rows, 10_000):
            steps = range(begin + 1, min(rows, begin + 10_000) + 1)
            file.write(b"".join([line % (step, step // 20, step % 7) for step in steps]))
    return run.path


def test_a_run_of_very_many_rows_is_attached_to(
    store: Path, harm: Harm, request: pytest.FixtureRequest, reached: Reached
) -> None:
    rows = harm(100_000, 10_000_000)
    run = big_run(store, rows)
    try:
        command = [sys.executable, "-c", ATTACHING, str(run), str(rows)]
        attached = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    finally:
        (run / "metrics.jsonl").unlink()
    assert attached["rows"] == rows
    assert attached["last"] == [rows, rows % 7 + 0.25]
    assert attached["bytes"] <= 48 * rows + (64 << 20)
    if request.config.getoption("--complete"):
        assert attached["first"] <= 2.0
        assert attached["longest"] <= 2.0
    reached(
        rows_attached_to=rows,
        seconds_to_the_first_curve=attached["first"],
        processor_seconds_to_the_whole_curve=attached["processor"],
        megabytes_taken=round(attached["bytes"] / 1e6),
        seconds_the_screen_stands_still=attached["longest"],
    )
