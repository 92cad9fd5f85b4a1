"""A sitting of a model that is counted, not optimised: one pass, one validation, one checkpoint."""

from __future__ import annotations

import time

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.network import CountedNetwork
from grnn_tui.errors import TrainingError
from grnn_tui.runs.rows import Validated
from grnn_tui.runs.scale import LossScale
from grnn_tui.training.checkpointing import Moving, Progress, checkpoint_files, random_states
from grnn_tui.training.clock import TrainingClock
from grnn_tui.training.evaluation import FINAL_LIMIT, Measured
from grnn_tui.training.journal import Journal
from grnn_tui.training.loop import Outcome, Setting, sentence
from grnn_tui.training.saving import Saver


def count(
    setting: Setting,
    network: CountedNetwork,
    symbols: NDArray[np.integer],
    clock: TrainingClock,
    journal: Journal,
    saver: Saver,
) -> Outcome:
    """Learn from the whole text, or all rows, at once; that is step 1, and the end.

    Raises:
        TrainingError: the counts could not be saved.
    """
    network.count(symbols)
    measured: Measured | None = None
    if setting.measure is not None:
        measured = setting.measure(network, FINAL_LIMIT)
        journal.tell(
            Validated(
                step=1,
                at=time.time(),
                seconds=clock.elapsed,
                loss=measured.nats,
                symbols=measured.symbols,
                best=True,
            )
        )
    nats = measured.nats if measured is not None else None

    def files() -> dict[str, bytes]:
        trained = msgspec.structs.replace(
            setting.header.trained,
            step=1,
            seconds=round(clock.elapsed, 3),
            validation_nats=nats,
            quantiles=() if measured is None else measured.quantiles,
        )
        progress = Progress(
            step=1,
            seconds=clock.elapsed,
            tokens=int(symbols.size),
            best=nats,
            options=setting.options,
            machine=setting.machine,
            references=setting.references,
            **random_states(),  # type: ignore[arg-type]
        )
        header = msgspec.structs.replace(setting.header, trained=trained)
        return checkpoint_files(header, progress, Moving(network, None, None, None, setting.device))

    if not saver.save(1, files, nats):
        raise TrainingError(f"the counts could not be saved ({saver.fault})")
    scale = LossScale.of(setting.header.domain)
    said = sentence(measured, scale)
    journal.note(1, "finished", said)
    return Outcome("finished", said, 1, clock.elapsed, measured, nats, scale)
