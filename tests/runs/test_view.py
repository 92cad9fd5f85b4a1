from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.runs.metrics import MetricsWriter
from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Trained, Validated
from grnn_tui.runs.view import RunView, RunWatch, Sitting
from tests.runs.conftest import MakeRun

ROWS: list[AnyRow] = [
    Started(step=0, references={"uniform": 4.0}, floor=1.0),
    Trained(step=10, loss=3.0, seconds=1.0, lr=1e-3),
    Validated(step=10, loss=3.2, best=True),
    Saved(step=10),
    Trained(step=20, loss=None, seconds=2.0),
    Validated(step=20, loss=2.9, best=True),
    Noted(step=20, event="paused"),
]


def fed(rows: list[AnyRow]) -> RunView:
    view = RunView()
    view.feed(rows)
    return view


def test_the_view_holds_what_the_rows_tell() -> None:
    view = fed(ROWS)
    assert view.started is not None
    assert view.started.floor == 1.0
    assert view.loss.x.tolist() == [10, 20]
    assert view.loss.y[0] == 3.0
    assert view.seconds.y.tolist() == [1.0, 2.0]
    assert view.best is not None
    assert (view.best.step, view.best.loss) == (20, 2.9)
    assert view.told_state == "paused"
    assert view.step == 20


def test_going_on_from_an_earlier_step_forgets_what_came_after_it() -> None:
    view = fed([*ROWS, Started(step=10), Trained(step=15, loss=2.5)])
    assert view.loss.x.tolist() == [10, 15]
    assert view.validation.y.tolist() == [3.2]
    assert view.best is not None
    assert (view.best.step, view.best.loss) == (10, 3.2)
    assert view.told_state == "alive"


@given(cuts=st.lists(st.integers(0, len(ROWS)), max_size=4))
def test_rows_may_come_in_any_portions(cuts: list[int]) -> None:
    view = RunView()
    edges = [0, *sorted(cuts), len(ROWS)]
    for begin, end in itertools.pairwise(edges):
        view.feed(ROWS[begin:end])
    whole = fed(ROWS)
    assert view.loss.x.tolist() == whole.loss.x.tolist()
    assert (view.best, view.saved, view.step) == (whole.best, whole.saved, whole.step)


def test_a_watch_takes_in_only_what_is_new(make_run: MakeRun) -> None:
    run = make_run("mine")
    writer = MetricsWriter(run.metrics)
    watch = RunWatch(run)
    for row in ROWS:
        writer.append(row)
        assert watch.poll() == [row]
    assert watch.poll() == []
    assert watch.view.loss.x.tolist() == [10, 20]


def test_ten_million_rows_of_a_run_would_take_a_third_of_a_gigabyte() -> None:
    rows = 1 << 18
    steps = np.arange(1.0, rows + 1)
    told = dict.fromkeys(("steps", "loss", "norm", "rate", "speed", "seconds"), steps)
    tracemalloc.start()
    view = RunView()
    view.take_in(Sitting(others=[], newest=Trained(step=rows), trained=None, **told))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 28 * rows < taken < 36 * rows


def test_curves_told_together_keep_their_steps_when_a_run_goes_back() -> None:
    again: list[AnyRow] = [Started(step=10), Trained(step=15, loss=1.0, norm=0.5, seconds=1.5)]
    view = fed([*ROWS, *again])
    for curve in (view.loss, view.norm, view.rate, view.speed, view.seconds):
        assert curve.x.tolist() == [10, 15]
        assert len(curve.y) == 2
