"""`grnn-tui train`: begin a run or go on with one, here or detached."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import click
import msgspec

import grnn_tui
from grnn_tui.backends.contract import Backend
from grnn_tui.backends.defaults import default_backend
from grnn_tui.backends.registry import backend_named, backends
from grnn_tui.cli.options import add_options, backend_options, flag, settings_of, struct_options, training_options
from grnn_tui.cli.row_options import NAMES, condition_option, form_from, row_options
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.unit import DEFAULT_LIMIT, MAX_LIMIT, Unit
from grnn_tui.errors import UsageError
from grnn_tui.places import expanded
from grnn_tui.private import FOLDER_MODE, SHARED_FOLDER_MODE, closed_above
from grnn_tui.runs.directory import Run
from grnn_tui.runs.place import Place
from grnn_tui.runs.presets import PRESETS, Preset, preset_for
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grnn_tui.data.domain import Domain
    from grnn_tui.training.loop import Outcome

DEFAULT_SECONDS = 180.0
BUDGETS = ("steps", "seconds", "epochs")
_PRESETS = ", ".join(f"{name} {preset.summary}" for name, preset in PRESETS.items())
_OWN = (
    *("backend", "preset", "name", "folder", "val", "unit", "vocabulary_limit", "encoding"),
    *("data_seed", "data_size", "as_text", "condition", "share_group"),
)
_ARGUMENTS = "grnn_tui.arguments"


class _TrainCommand(click.Command):
    """Remembers the words it was called with: `run.json` keeps the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)


@click.command(cls=_TrainCommand)
@click.argument("data", nargs=-1)
@click.option("--backend", "-b", default=None, help="Kind of model, see `grnn-tui backends`. (lstm, by a preset)")
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default=None,
    help=f"Model and options for a text, where not chosen otherwise: {_PRESETS}. (by --seconds, without --backend)",
)
@click.option("--resume", metavar="RUN", help="Go on with a run: its name or directory.")
@click.option("--name", help="Of the new run.")
@click.option("--run", "folder", type=click.Path(path_type=Path), help="Directory for the new run.")
@click.option("--val", metavar="SHARE|FILE", default=None, help="Held out: a share from the end, or a file. (0.1)")
@click.option("--unit", type=click.Choice(get_args(Unit)), default=None, help="What a symbol is. (character)")
@click.option(
    "--vocabulary-limit",
    type=click.IntRange(3, MAX_LIMIT),
    default=None,
    help=f"Of words: symbols at most; what is rarer becomes <unk>. ({DEFAULT_LIMIT})",
)
@click.option("--encoding", default=None, help="Of the text. (utf-8)")
@click.option(
    "--data-seed", type=click.IntRange(min=0), default=None, help="Of generated data, and of the split of rows."
)
@click.option("--data-size", type=click.IntRange(min=1), default=None, help="Characters or rows of generated data.")
@click.option("--text/--rows", "as_text", default=None, help="What DATA is; by itself its name decides.")
@condition_option
@click.option("--share-group", is_flag=True, default=None, help="Let the group read the new run; steering stays yours.")
@click.option("--detach", is_flag=True, help="Train in the background; prints the run's name.")
@click.option("--no-start", is_flag=True, help="Make the run only, to be trained later or elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a line.")
@click.option("--until", type=click.IntRange(min=1), default=None, hidden=True)
@click.option("--trainer", is_flag=True, hidden=True)
@click.pass_context
def train(ctx: click.Context, /, data: tuple[str, ...], resume: str | None, no_start: bool, **given: Any) -> None:
    """Train a model on DATA: a corpus by name, files, a directory, a glob, or - for stdin.

    DATA is a text, or rows: binary vectors, images, tables of numbers (.npy, .npz, idx, .csv, .amat, image folders).

    Without a limit it trains for 180 seconds. Ctrl-C finishes the step, saves and ends; `--resume` goes on exactly.
    """
    options = {name: given.pop(name) for name in _names(TrainingOptions)}
    chosen = {name: given.pop(name) for name in (*_OWN, *NAMES)}
    modes = {name: given.pop(name) for name in ("detach", "as_json", "until", "trainer")}
    if resume is not None:
        _refuse_with_resume(data, chosen, given)
        from grnn_tui.runs.store import find_run

        if no_start:
            raise UsageError("--no-start makes a new run: leave out --resume")
        _go(find_run(resume), _given(options), **modes)
        return
    if Place.found() is not None:
        raise UsageError(
            "torchrun goes on with a run that is there: make one with `grnn-tui train DATA --no-start`, then start"
            " `train --resume RUN`; `grnn-tui export-run RUN` writes the script"
        )
    if not data:
        raise UsageError("no data given: name a file or a corpus of `grnn-tui corpora`, such as `grnn-tui train tales`")
    run = _begin(data, chosen, given, options, ctx.meta[_ARGUMENTS])
    if no_start:
        _made(run, as_json=modes["as_json"])
        return
    _go(run, {}, **modes)


def _made(run: Run, *, as_json: bool) -> None:
    from grnn_tui.cli.reporting import print_object, show_line

    if as_json:
        print_object({"type": "run", "name": run.name, "path": str(run.path)})
        return
    show_line(run.name)
    from grnn_tui.runs.store import called

    it = called(run)
    _say(f"train it with `grnn-tui train --resume {it}`, or elsewhere: `grnn-tui export-run {it}`")


def _names(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return struct.__struct_fields__


def _refuse_with_resume(data: tuple[str, ...], chosen: dict[str, Any], settings: dict[str, Any]) -> None:
    given = [name for name, value in (chosen | settings).items() if value is not None]
    if data or given:
        what = flag({"folder": "run"}.get(given[0], given[0])) if given else data[0]
        raise UsageError(f"a run goes on with the data and the model it began with: leave out {what}")


def _begin(
    data: tuple[str, ...], chosen: dict[str, Any], settings: dict[str, Any], options: dict[str, Any], words: list[str]
) -> Run:
    """Check everything that can be checked before a run is made of it, then make it."""
    from grnn_tui.data.cache import cache_directory
    from grnn_tui.data.sources import pin
    from grnn_tui.runs.store import check_name, new_run, reserve, suggest_name

    if chosen["name"] and chosen["folder"]:
        raise UsageError("give --name or --run, not both")
    data_request = _data_request(pin(data, cache=cache_directory()), chosen)
    domain = _read(data_request)
    preset = _preset(chosen, domain, options["seconds"])
    backend = backend_named(chosen["backend"]) if chosen["backend"] else _default_backend(domain, preset)
    backend.check_fit(domain)
    values = {**(preset.settings if preset else {}), **settings_of(backend, settings)}
    if path := values.get("ordering_file"):
        values["ordering_file"] = str(expanded(path).absolute())
    parsed = backend.parse_settings(values)
    if path and isinstance(domain, RowDomain):
        from grnn_tui.backends.orderings import read_ordering

        read_ordering(values["ordering_file"], domain.length)
    training = training_options({**(preset.training if preset else {}), **_given(options)})
    backend.check_precision(training.precision)
    _check_processes(backend, training)
    budget_is_ours = backend.learning == "gradient" and all(options[name] is None for name in BUDGETS)
    if budget_is_ours:
        training = msgspec.structs.replace(training, seconds=DEFAULT_SECONDS)
    check_name(chosen["name"] or "run")
    request = RunRequest(
        name="",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=backend.name,
        settings=msgspec.structs.asdict(parsed),
        data=data_request,
        training=training,
        command=shlex.join(["grnn-tui", "train", *words]),
        versions=_versions(),
    )
    if budget_is_ours:
        _say(f"training for {DEFAULT_SECONDS:.0f} s; choose with --steps, --seconds or --epochs")
    if preset is not None:
        suited = {**values, **preset.training, **_given(options)}
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in suited.items())
        _say(f"preset {preset.name}: {backend.name}, {told}")
    suggestion = suggest_name(request.data.sources[0], backend.name)
    mode = SHARED_FOLDER_MODE if chosen["share_group"] else FOLDER_MODE
    run = new_run(request, reserve(chosen["name"] or "", suggestion=suggestion, path=chosen["folder"], mode=mode))
    if chosen["share_group"] and (closed := closed_above(run.path)):
        _say(
            f"the group cannot reach the run: {closed} is for you alone; `chmod g+x` it, or choose --run DIR elsewhere"
        )
    return run


def _check_processes(backend: Backend, training: TrainingOptions) -> None:
    """Refuse what several processes cannot train."""
    if training.processes == 1:
        return
    if backend.learning != "gradient":
        raise UsageError(f"{backend.name} is counted, in one process: leave out --processes")
    if training.batch < training.processes:
        raise UsageError(
            f"a batch of {training.batch} cannot be shared among {training.processes} processes; use at most"
            f" {training.batch}"
        )


def _preset(chosen: dict[str, Any], domain: Domain, seconds: float | None) -> Preset | None:
    """The preset that is asked for; of a text without a named model the one for so many seconds."""
    name = chosen["preset"]
    if isinstance(domain, RowDomain):
        if name is not None:
            raise UsageError(f"--preset {name} is for a text, and DATA is rows: leave it out")
        return None
    if name is None:
        measured = chosen["unit"] != "word"  # presets were measured on characters
        return PRESETS[preset_for(seconds)] if measured and not chosen["backend"] else None
    preset = PRESETS[name]
    if chosen["backend"] not in (None, preset.backend):
        raise UsageError(f"--preset {name} is of {preset.backend}: leave out --preset or --backend")
    return preset


def _default_backend(domain: Domain, preset: Preset | None) -> Backend:
    if isinstance(domain, RowDomain):
        return backend_named(default_backend(domain.kind, image=domain.image, sequence=domain.sequence))
    return backend_named(preset.backend if preset is not None else default_backend("text"))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _data_request(sources: tuple[str, ...], chosen: dict[str, Any]) -> DataRequest:
    for name in (*sources, chosen["val"] or ""):
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise UsageError(f"{name}: this name is no UTF-8 text, so a run could not be told it; rename the file")
    held: dict[str, Any] = {}
    if (val := chosen["val"]) is not None:
        try:
            held = {"validation": float(val)}
        except ValueError:
            held = {"validation_file": str(expanded(val).absolute())}
        if not 0 < held.get("validation", 0.5) < 1:
            raise UsageError(f"--val {val}: hold out a share between 0 and 1, or name a text")
    from grnn_tui.data.row_form import pin_form
    from grnn_tui.data.tables import is_table

    if chosen["vocabulary_limit"] is not None and chosen["unit"] != "word":
        raise UsageError("--vocabulary-limit is for words: give --unit word too, or leave it out")
    named = {name: chosen[name] for name in ("unit", "vocabulary_limit", "encoding", "condition")}
    named |= {"seed": chosen["data_seed"], "size": chosen["data_size"]}
    is_rows = is_table(sources) if chosen["as_text"] is None else not chosen["as_text"]
    of_text = [name for name in ("unit", "vocabulary_limit", "encoding") if chosen[name] is not None]
    of_rows = [name for name in NAMES if chosen.get(name) is not None]
    if odd := of_text if is_rows else of_rows:
        what = "rows, and that is for a text" if is_rows else "a text, and that is for rows"
        raise UsageError(f"DATA is {what}: leave out {flag(odd[0])}, or say --{'text' if is_rows else 'rows'}")
    told = None if is_rows else chosen["condition"]
    if told == "features" or (told is not None and "validation_file" in held):
        raise UsageError("a text can be told a label only, and a share of its lines held out: leave out the rest")
    if is_rows:
        named["rows"] = pin_form(form_from(chosen))
    return DataRequest(sources=sources, **held, **{name: value for name, value in named.items() if value is not None})


def _versions() -> dict[str, str]:
    found = {"grnn-tui": grnn_tui.__version__, "python": platform.python_version()}
    for package in ("torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _read(data: DataRequest) -> Domain:
    """Read the data once, so that what is wrong with them is said before there is a run."""
    from grnn_tui.data.corpus import divide_text, open_corpus
    from grnn_tui.data.divided import divide

    if data.rows is not None:
        divided = divide(
            data.sources,
            form=data.rows,
            share=data.validation,
            file=data.validation_file,
            seed=data.seed,
            size=data.size,
            condition=data.condition,
        )
        return divided.domain
    if data.condition is not None:
        from grnn_tui.data.labelled import open_labelled

        labelled = open_labelled(
            data.sources,
            unit=data.unit,
            encoding=data.encoding,
            seed=data.seed,
            size=data.size,
            vocabulary_limit=data.vocabulary_limit,
        )
        return labelled.vocabulary
    with _reading() as progress:
        corpus = open_corpus(
            data.sources,
            unit=data.unit,
            encoding=data.encoding,
            seed=data.seed,
            size=data.size,
            vocabulary_limit=data.vocabulary_limit,
            progress=progress,
        )
        held = None
        if data.validation_file is not None:
            held = open_corpus(
                data.validation_file, encoding=data.encoding, vocabulary=corpus.vocabulary, progress=progress
            )
        divide_text(corpus, data.validation, held)
    return corpus.vocabulary


@contextmanager
def _reading() -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar for reading a long text, in a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("reading", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(text: str) -> None:
    from grnn_tui.cli.output import note

    note(text)


def _go(run: Run, changes: dict[str, Any], *, detach: bool, as_json: bool, until: int | None, trainer: bool) -> None:
    """Train `run`: here, detached, in several processes, or as one of them."""
    if detach:
        _detach(run, changes, as_json=as_json)
        return
    from contextlib import nullcontext

    from grnn_tui.cli.reporting import LineReporter, make_reporter, print_object
    from grnn_tui.runs.lock import RunLock
    from grnn_tui.runs.place import die_with_parent

    place = Place.found()
    count = changes.get("processes", run.request.training.processes)
    if place is not None:
        die_with_parent()
    with nullcontext() if place is not None and (place.rank or place.launched) else RunLock(run.path):
        if as_json and (place is None or not (place.rank or place.launched)):
            print_object({"type": "run", "name": run.name, "path": str(run.path)})
        elif not trainer and place is None:
            _say(f"run {run.name}")
        if place is None and count > 1:
            _launch(run, count, changes, {"json": as_json, "trainer": trainer}, until)
        from grnn_tui.training.ranks import LostRankError, joined, leave
        from grnn_tui.training.session import train as train_run
        from grnn_tui.training.session import train_along

        if place is not None and place.rank:
            with joined(place) as ranks:
                train_along(run, changes, ranks)
            leave()
        unit = run.request.data.unit
        reporter = LineReporter(unit, quiet=True) if trainer else make_reporter(unit, as_json=as_json)
        try:
            with joined(place) as ranks:
                outcome = train_run(run, changes=changes, report=reporter, until=until, ranks=ranks)
        except LostRankError as error:
            if place is not None and place.launched:
                leave(error.exit_status)  # the launcher says which one
            raise
        finally:
            reporter.close()
    if as_json:
        print_object(_result(run, outcome))
    elif not trainer:
        _summarise(run, outcome)
    if place is not None:
        leave()


def _launch(run: Run, count: int, changes: dict[str, Any], modes: dict[str, bool], until: int | None) -> NoReturn:
    """Train in several processes on this machine, and leave with the status of the first."""
    from grnn_tui.runs.processes import launch

    words = [*_flags(changes), *(flag(name) for name, on in modes.items() if on)]
    sys.exit(launch(run, count, [*words, *(["--until", str(until)] if until is not None else [])]))


def _flags(changes: dict[str, Any]) -> list[str]:
    return [word for name, value in changes.items() for word in (flag(name), str(value))]


def _detach(run: Run, changes: dict[str, Any], *, as_json: bool) -> None:
    from grnn_tui.cli.reporting import print_object, show_line
    from grnn_tui.runs.launch import logout_warning, start_detached
    from grnn_tui.runs.store import called

    pid = start_detached(run, _flags(changes))
    if as_json:
        print_object({"type": "run", "name": run.name, "path": str(run.path), "pid": pid})
    else:
        show_line(run.name)
        _say(f"process {pid} trains it; follow it with `grnn-tui watch {called(run)}`")
    if warning := logout_warning():
        _say(warning)


def _result(run: Run, outcome: Outcome) -> dict[str, Any]:
    best = run.best(verify=False)
    measured = outcome.measured
    return {
        "type": "result",
        "name": run.name,
        "path": str(run.path),
        "state": outcome.state,
        "reason": outcome.reason,
        "step": outcome.step,
        "seconds": outcome.seconds,
        "validation_nats": measured.nats if measured is not None else None,
        "validation_nats_per_row": outcome.scale.nats(measured.nats) if measured and outcome.scale.row else None,
        "validation_symbols": measured.symbols if measured is not None else None,
        "best_nats": outcome.best,
        "best_step": best.number if best is not None else None,
    }


def _summarise(run: Run, outcome: Outcome) -> None:
    from grnn_tui.cli.reporting import duration, show_line
    from grnn_tui.runs.store import called

    what = f"{outcome.state} at step {outcome.step:,} after {duration(outcome.seconds)}"
    if outcome.measured is not None:
        what += f": {outcome.scale.called('validation')} {outcome.scale.text(outcome.measured.nats)}"
    show_line(what)
    if outcome.state == "stopped":
        _say(f"go on with `grnn-tui train --resume {called(run)}`")
    _say(f"play it with `grnn-tui generate {called(run)}`")


row_options(train)
add_options(train, struct_options(TrainingOptions))
add_options(train, backend_options(backends().values()))
