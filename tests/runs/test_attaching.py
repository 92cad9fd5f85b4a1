"""Attaching to a run that has been training for long: quick, and every point is that of the log.

Seconds are those of the processor, which is all that attaching waits for: others who use it do not count.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.rows import AnyRow, Saved, Started, Trained, Validated
from grnn_tui.runs.seals import sealed_line
from grnn_tui.runs.view import RunWatch
from grnn_tui.ui.panes.training.followed import FollowedRun
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for


def history(count: int) -> list[AnyRow]:
    """So many rows of training, with a crash in the middle."""
    luck = np.random.default_rng(0)
    rows: list[AnyRow] = [Started(step=0, references={"uniform": 4.0})]
    for step in range(1, count + 1):
        rows.append(trained(step, luck))
        if step % 100 == 0:
            rows.append(Validated(step=step, loss=3 / math.log(step), symbols=1000))
            rows.append(Saved(step=step))
        if step == count // 2:
            rows += [trained(step + i, luck) for i in range(1, count // 10)]  # more than one portion
            rows.append(Started(step=step))
    return rows


def trained(step: int, luck: np.random.Generator) -> Trained:
    return Trained(
        step=step, at=1.8e9 + step, seconds=step / 4, loss=float(luck.uniform(1, 2)), tokens=step * 2048,
        tokens_per_second=float(luck.uniform(1e4, 2e4)), lr=1e-3, norm=0.51, epoch=step / 100, memory=300_000_000,
        progress=step / 1e6, eta=1234.5,
    )  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[Run, int]:
    count = 100_000 if request.config.getoption("--complete") else 10_000
    run = Run(tmp_path_factory.mktemp("long"))
    lines = (sealed_line(msgspec.json.encode(row)) + b"\n" for row in history(count))
    run.metrics.write_bytes(b"".join(lines))
    return run, count


def points(path: Path, count: int) -> dict[int, float]:
    """Steps and losses as the log has them, read by other means; the later one counts."""
    found = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row["type"] == "train" and row["step"] <= count:
            found[row["step"]] = row["loss"]
    return found


@pytest.mark.alone
@pytest.mark.xdist_group("alone")
@pytest.mark.promise(16)
def test_the_whole_of_a_long_run_is_there_at_once_and_true(log: tuple[Run, int], harm: Harm, reached: Reached) -> None:
    run, count = log
    seconds = math.inf
    for _ in range(harm(1, 5)):
        began = time.process_time()
        watch = RunWatch(run)
        watch.poll()
        seconds = min(seconds, time.process_time() - began)
    assert seconds <= harm(30, 1)
    expected = points(run.metrics, count)
    assert watch.view.loss.x.tolist() == list(expected)
    np.testing.assert_allclose(watch.view.loss.y, list(expected.values()), rtol=1e-6)
    assert watch.view.validation.x.tolist() == list(range(100, count + 1, 100))
    reached(steps=count, seconds_to_attach=seconds)


@pytest.mark.promise(16)
def test_the_screen_takes_it_in_by_portions_and_shows_the_same(
    log: tuple[Run, int], harm: Harm, reached: Reached
) -> None:
    run, count = log
    expected = points(run.metrics, count)
    seconds = math.inf
    for _ in range(harm(1, 5)):
        began = time.process_time()
        followed = FollowedRun(run)

        def whole(followed: FollowedRun = followed) -> bool:
            followed.poll(time.time())
            return len(followed.view.loss) == count and not followed.loading

        wait_for(whole)
        seconds = min(seconds, time.process_time() - began)
        assert followed.view.loss.x.tolist() == list(expected)
        np.testing.assert_allclose(followed.view.loss.y, list(expected.values()), rtol=1e-6)
    assert seconds <= harm(30, 2)  # beside a screen that goes on drawing
    reached(seconds_until_the_screen_has_all=seconds)
