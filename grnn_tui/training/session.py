"""One sitting of a run, from its directory to its end: data, device, network, checkpoint, loop."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import msgspec
import torch

from grnn_tui.backends.contract import Backend, Settings
from grnn_tui.backends.modeldir import Header, Trained, read_header
from grnn_tui.backends.network import CountedNetwork, Network
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import GrnnError, RunError, TrainingError, UsageError
from grnn_tui.runs import checkpoint
from grnn_tui.runs.checkpoint import Step
from grnn_tui.runs.commands import CommandReader
from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.runs.rows import Started
from grnn_tui.training.checkpointing import Machine, Moving, Progress, read_progress, restore
from grnn_tui.training.clock import TrainingClock
from grnn_tui.training.counting import count
from grnn_tui.training.devices import choose_device, choose_threads, prepare
from grnn_tui.training.feed import Feed
from grnn_tui.training.journal import Journal, Report
from grnn_tui.training.loop import Outcome, Setting, Trainer
from grnn_tui.training.material import Material, read_material
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.randomness import same_randomness, seed_rank
from grnn_tui.training.ranks import LostRankError, Order, Ranks
from grnn_tui.training.saving import Saver, little_room
from grnn_tui.training.signals import Interruption
from grnn_tui.training.step import follow

Reading = Callable[[int, int | None], None]
_FIXED = ("batch", "length", "seed")
_LIMITS = ("steps", "seconds", "epochs")


@dataclass
class _Sitting:
    """A sitting as it comes together."""

    run: Run
    journal: Journal
    clock: TrainingClock
    reading: Reading | None
    until: int | None
    changes: dict[str, object]
    ranks: Ranks
    warnings: list[str] = field(default_factory=list)
    began: bool = False
    """Whether its first row is written: a refusal before that leaves the run as it was."""


def train(
    run: Run,
    *,
    changes: dict[str, object] | None = None,
    report: Report | None = None,
    reading: Reading | None = None,
    until: int | None = None,
    ranks: Ranks | None = None,
) -> Outcome:
    """Train `run` from where it stands. The caller, or its launcher, holds its lock.

    `changes` are training options that differ from now on (limits, rate, intervals, device ...); `report` is called
    with every row, `reading` while the text is read for the first time; `until` is a step to stop after. Of several
    processes (`ranks`) this is rank 0; the others call `train_along`.

    Raises:
        GrnnError: it cannot begin or go on; the run's rows say so too, and its last good checkpoint stays.
    """
    ranks = ranks or Ranks()
    checkpoint.sweep(run.path)
    warnings: list[str] = []
    step, progress = _last(run, warnings)
    ranks.tell(Order.BEGIN, step.number if step else -1)
    clock = TrainingClock(progress.seconds if progress else 0.0)
    clock.stop()
    sitting = _Sitting(run, Journal(run.metrics, clock, report), clock, reading, until, changes or {}, ranks, warnings)
    try:
        return _begin_and_end(sitting, step, progress)
    finally:
        ranks.dismiss()  # at the very end: soon after the others, this process has to be gone too


def _begin_and_end(sitting: _Sitting, step: Step | None, progress: Progress | None) -> Outcome:
    """The sitting, and a row for what went wrong with it."""
    failure: GrnnError
    try:
        return _train(sitting, step, progress)
    except LostRankError:
        raise  # the run is not over: its launcher, or torchrun, starts it again from the newest checkpoint
    except GrnnError as error:
        failure = error
    except torch.cuda.OutOfMemoryError:
        failure = TrainingError("the device is out of memory; begin a new run with a smaller --batch or --length")
    except Exception as error:
        _note_failure(sitting, step, f"{type(error).__name__}: {error}")
        raise
    finally:
        sitting.journal.close()
    _note_failure(sitting, step, str(failure))
    raise failure


def _note_failure(sitting: _Sitting, step: Step | None, text: str) -> None:
    if sitting.began or step is None:
        steps = sitting.run.steps()
        sitting.journal.note(steps[-1] if steps else 0, "failed", text)
        sitting.journal.close()


def _last(run: Run, warnings: list[str]) -> tuple[Step | None, Progress | None]:
    """The newest checkpoint that is whole; damaged newer ones are moved aside and told of in `warnings`."""
    for number in reversed(run.steps()):
        try:
            step = checkpoint.read_step(run.path, number)
            return step, read_progress(step)
        except RunError as error:
            checkpoint.set_aside(checkpoint.step_path(run.path, number))
            warnings.append(f"checkpoint {number} was left out: {error}")
    if warnings:
        warnings.append("no checkpoint was whole: it begins again at step 0")
    return None, None


def _train(sitting: _Sitting, step: Step | None, progress: Progress | None) -> Outcome:
    run, ranks = sitting.run, sitting.ranks
    parts = _assemble(run, sitting.changes, step, progress, ranks, sitting.reading)
    network, material, device = parts.network, parts.material, parts.device
    machine = Machine.here(device, parts.threads, ranks.count)
    warnings = sitting.warnings + _warnings(material, step, progress, machine)
    warnings += little_room(run.path, sum(p.numel() * p.element_size() for p in network.parameters()))
    with same_randomness():  # worked out or remembered, the run that follows is the same
        references = progress.references if progress else material.references()
    setting = Setting(
        options=parts.options,
        header=_header(sitting.run, parts.backend, parts.settings, material),
        measure=partial(material.measure, device=device) if material.validation.size else None,
        machine=machine,
        references=references,
        device=device,
        ranks=ranks,
    )
    saver = Saver(run.path, sitting.journal, sitting.clock, parts.options.keep)
    started = _started(setting, network, material, progress, warnings)
    if isinstance(network, CountedNetwork):
        sitting.began = True
        sitting.journal.tell(started)
        sitting.clock.go()
        return count(setting, network, material.train, sitting.clock, sitting.journal, saver)
    feed, optimiser = parts.feed(ranks), Optimiser(network, parts.options, device, ranks)
    trainer = Trainer(
        setting, network, feed, optimiser, sitting.clock, sitting.journal, saver, CommandReader(run.commands)
    )
    if step is not None and progress is not None:
        restore(step, progress, trainer.moving)
        trainer.take_over(progress)
        saver.saved = step.number
        if trainer.limits.reached(progress.step, progress.seconds):
            raise UsageError(
                f"the run {run.name} is finished (step {progress.step:,}, {progress.seconds:.0f} s);"
                " go on with a larger --steps, --seconds or --epochs"
            )
    sitting.began = True
    sitting.journal.tell(
        msgspec.structs.replace(started, total_steps=trainer.limits.steps, batch=feed.batch, length=feed.length)
    )
    sitting.clock.go()
    with Interruption() as interruption:
        return trainer.run(interruption, sitting.until)


def train_along(run: Run, changes: dict[str, object], ranks: Ranks) -> None:
    """Take the steps of a training beside rank 0, which reads commands, measures and writes, until it is over.

    Raises:
        GrnnError: this process cannot begin, or another one is gone.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # rank 0 finishes the step, saves, and lets this one end
    order, begin = ranks.told()
    if order is not Order.BEGIN:
        return
    step = checkpoint.read_step(run.path, int(begin)) if begin >= 0 else None
    progress = read_progress(step) if step is not None else None
    parts = _assemble(run, changes, step, progress, ranks)
    optimiser = Optimiser(parts.network, parts.options, parts.device, ranks)
    moving = Moving(parts.network, optimiser, parts.feed(ranks), None, parts.device, ranks)
    seed_rank(parts.options.seed, ranks.share.rank)
    if step is not None and progress is not None:
        restore(step, progress, moving)
    follow(moving, parts.options.precision)


@dataclass
class _Parts:
    """What every process of a training needs."""

    options: TrainingOptions
    backend: Backend
    settings: Settings
    device: torch.device
    threads: int
    material: Material
    network: Network

    def feed(self, ranks: Ranks) -> Feed:
        """What the steps are given.

        Raises:
            UsageError: a batch is too small to be shared.
        """
        feed = self.material.feed(self.options, self.device, ranks.share)
        if feed.batch < ranks.count:
            raise UsageError(
                f"a batch of {feed.batch} cannot be shared among {ranks.count} processes; use at most {feed.batch}"
            )
        return feed


def _assemble(
    run: Run,
    changes: dict[str, object],
    step: Step | None,
    progress: Progress | None,
    ranks: Ranks,
    reading: Reading | None = None,
) -> _Parts:
    request = run.request
    options = effective_options(progress.options if progress else request.training, changes, progress)
    backend = backend_named(request.backend)
    settings = backend.saved_settings(request.settings)
    gradient = backend.learning == "gradient"
    if ranks.count > 1 and not gradient:
        raise UsageError(f"{backend.name} is counted, in one process: leave out --processes")
    device = choose_device(options.device, ranks.local) if gradient else torch.device("cpu")
    threads = choose_threads(options.threads, ranks.here)
    material = read_material(request.data, reading, read_header(step.path).domain if step else None)
    backend.check_fit(material.domain)
    backend.check_precision(options.precision)
    prepare(device, threads, options.seed, options.precision)
    network = backend.build_network(settings, material.domain).to(device)
    return _Parts(options, backend, settings, device, threads, material, network)


def effective_options(
    options: TrainingOptions, changes: dict[str, object], progress: Progress | None
) -> TrainingOptions:
    """`options` with `changes`; a new limit replaces all the old ones.

    Raises:
        UsageError: a change that would make the run another run.
    """
    if progress is not None:
        fixed = [name for name in _FIXED if name in changes and changes[name] != getattr(options, name)]
        if fixed:
            raise UsageError(f"{fixed[0]} cannot change when a run goes on; begin a new run for that")
    if any(name in changes for name in _LIMITS):
        options = msgspec.structs.replace(options, steps=None, seconds=None, epochs=None)
    return msgspec.convert(msgspec.structs.asdict(options) | changes, TrainingOptions)


def _warnings(material: Material, step: Step | None, progress: Progress | None, machine: Machine) -> list[str]:
    """What a person should know before training goes on.

    Raises:
        RunError: the text is no longer the one the run began with.
    """
    found = list(material.notes)
    if step is not None and progress is not None:
        fingerprint = read_header(step.path).trained.data_fingerprint
        if fingerprint and material.fingerprint != fingerprint:
            raise RunError(
                f"{material.name} has changed since the run began; bring the old one back or begin a new run"
            )
        changed = machine.differences(progress.machine)
        if changed:
            found.append(f"not the same machine set-up as before ({'; '.join(changed)}): bytes may differ from here on")
    return found


def _header(run: Run, backend: Backend, settings: Settings, material: Material) -> Header:
    return Header(
        backend=backend.name,
        settings=msgspec.structs.asdict(settings),
        domain=material.domain,
        trained=Trained(
            data=material.name,
            data_fingerprint=material.fingerprint,
            bound=settings.bound,
            floor_nats=material.floor,
            command=run.request.command,
        ),
    )


def _started(
    setting: Setting, network: Network, material: Material, progress: Progress | None, warnings: list[str]
) -> Started:
    """The first row of a sitting."""
    return Started(
        step=progress.step if progress else 0,
        at=time.time(),
        seconds=progress.seconds if progress else 0.0,
        device=setting.machine.device,
        threads=setting.machine.threads,
        processes=setting.machine.processes,
        parameters=sum(p.numel() for p in network.parameters()),
        train_symbols=int(material.train.size),
        validation_symbols=int(material.validation.size),
        data_fingerprint=material.fingerprint,
        faults=material.faults,
        bound=setting.header.trained.bound,
        unit=material.domain.unit,
        row=material.domain.length or 0,
        row_name=material.domain.row_name if isinstance(material.domain, RowDomain) else "",
        floor=material.floor,
        references=setting.references,
        warnings=warnings,
    )
