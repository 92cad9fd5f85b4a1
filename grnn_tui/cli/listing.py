"""`models`, `corpora`, `backends`, `runs`: what there is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from grnn_tui.cli.table import count, show_json, show_table

if TYPE_CHECKING:
    from grnn_tui.engine.protocol import BackendInfo
    from grnn_tui.runs.scale import LossScale
    from grnn_tui.runs.store import RunSummary

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@as_json
def models(as_json: bool) -> None:
    """List the models that can be played: shipped ones, your own, and runs with a checkpoint."""
    from grnn_tui.engine.catalogue import model_infos

    found = model_infos()
    if as_json:
        show_json(
            {
                "models": [
                    {
                        "name": m.name,
                        "backend": m.backend,
                        "origin": m.origin,
                        "parameters": m.parameters,
                        "data": m.data,
                        "validation_nats": m.validation_nats,
                        "bound": m.scale.bound,
                        "floor_nats": m.floor_nats,
                        **_unit_object(m.scale),
                    }
                    for m in found
                ]
            }
        )
        return
    rows = [
        (
            m.name,
            m.backend,
            count(m.parameters),
            m.data,
            _marked(m.scale, m.scale.listed(m.validation_nats)),
            m.scale.listed(m.floor_nats),
            m.scale.listed_unit,
            m.origin,
        )
        for m in found
    ]
    show_table(("name", "backend", "parameters", "data", "loss", "floor", "unit", "origin"), rows, numeric=(2, 4, 5))


@click.command()
@as_json
def corpora(as_json: bool) -> None:
    """List the texts and sets of rows that can be named; any file of text or rows can be trained on too."""
    from grnn_tui.data.catalogue import corpora as known
    from grnn_tui.engine.catalogue import scale_of

    found = known()
    if as_json:
        show_json(
            {
                "corpora": [
                    {
                        "name": c.name,
                        "kind": c.kind,
                        "summary": c.summary,
                        "symbols": c.symbols,
                        "characters": None if c.shape else c.size,
                        "rows": c.size if c.shape else None,
                        "shape": c.shape,
                        "levels": c.levels or None,
                        "classes": c.classes,
                        "available": c.available,
                        "floor_nats": c.floor,
                        "licence": c.licence,
                        "url": c.url,
                    }
                    for c in found
                ]
            }
        )
        return
    rows = [
        (
            c.name,
            c.kind if c.available else f"grnn-tui fetch {c.name}",
            f"{c.levels} levels" if c.levels else c.symbols,
            f"{count(c.size)} rows" if c.shape else count(c.size),
            scale_of(c).listed(c.floor),
            scale_of(c).listed_unit if c.floor is not None else "",
            c.summary,
        )
        for c in found
    ]
    show_table(("name", "from", "symbols", "size", "floor", "unit", "what it is"), rows, numeric=(3, 4))


@click.command()
@click.argument("name", required=False)
@as_json
def backends(name: str | None, as_json: bool) -> None:
    """List the kinds of model that can be trained, with their settings; of one, NAME, print its page too."""
    from grnn_tui.backends.registry import backend_named
    from grnn_tui.engine.catalogue import backend_infos

    page = None if name is None else backend_named(name).page()
    found = [b for b in backend_infos() if name in (None, b.name)]
    if as_json:
        objects = [_backend_object(b) for b in found]
        show_json({"backends": objects} if name is None else objects[0] | {"page": page})
        return
    if page is not None:
        _show_page(page)
    rows = []
    for backend in found:
        rows.append((backend.name, "", "", backend.summary))
        rows += [("", f.name, str(f.default), f.help) for f in backend.fields]
    show_table(("backend", "setting", "default", "what it is"), rows, numeric=(2,))


def _show_page(page: str) -> None:
    from grnn_tui.safetext import for_terminal

    encoding = sys.stdout.encoding or "utf-8"
    text = for_terminal(page.strip("\n") + "\n\n", sys.stdout)
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _backend_object(backend: BackendInfo) -> dict[str, object]:
    settings = [
        {
            "name": f.name,
            "kind": f.kind,
            "default": f.default,
            "low": f.low,
            "high": f.high,
            "choices": f.choices,
            "help": f.help,
        }
        for f in backend.fields
    ]
    return {"name": backend.name, "summary": backend.summary, "settings": settings}


@click.command()
@click.option("--deleted", is_flag=True, help="List the runs that `undelete` brings back instead.")
@as_json
def runs(deleted: bool, as_json: bool) -> None:
    """List the runs, alive and past, newest first."""
    from grnn_tui.runs.store import list_runs, runs_root
    from grnn_tui.runs.trash import sweep

    if deleted:
        from grnn_tui.cli.deleting import list_deleted

        list_deleted(as_json)
        return
    found = list_runs()
    _tell_damaged({r.name for r in found})
    _show_runs(found, as_json)
    sweep(runs_root())


def _show_runs(found: list[RunSummary], as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "runs": [
                    {
                        "name": r.name,
                        "path": str(r.path),
                        "state": r.state,
                        "pid": r.pid,
                        "backend": r.backend,
                        "data": r.data,
                        "created": r.created,
                        "step": r.step,
                        "seconds": r.seconds,
                        "progress": r.progress,
                        "loss": r.loss,
                        "validation_nats": r.validation,
                        "bound": r.scale.bound,
                        **_unit_object(r.scale),
                        "checkpoints": list(r.checkpoints),
                    }
                    for r in found
                ]
            }
        )
        return
    rows = [(r.name, r.state, r.backend, r.data, count(r.step), f"{r.progress:.0%}", *_losses(r)) for r in found]
    headers = ("name", "state", "backend", "data", "step", "done", "loss", "validation", "unit")
    show_table(headers, rows, numeric=(4, 5, 6, 7))


def _tell_damaged(listed: set[str]) -> None:
    """Say which runs are not in the list because what they say of themselves cannot be read."""
    from grnn_tui.cli.output import note
    from grnn_tui.errors import RunError
    from grnn_tui.runs.directory import read_request
    from grnn_tui.runs.store import run_names, runs_root

    for name in sorted(set(run_names()) - listed):
        try:
            read_request(runs_root() / name)
        except RunError as error:
            note(f"left out: {error}")


def _losses(run: RunSummary) -> tuple[str, str, str]:
    """Both losses, and what they are told in."""
    told = ["" if loss is None else run.scale.figure(loss) for loss in (run.loss, run.validation)]
    return _marked(run.scale, told[0]), _marked(run.scale, told[1]), run.scale.short_nats_unit


def _marked(scale: LossScale, loss: str) -> str:
    return scale.mark + loss if loss else ""


def _unit_object(scale: LossScale) -> dict[str, object]:
    """What a program has to know of losses, which are in nats per symbol."""
    return {"unit": scale.unit, "row_name": scale.row_name or None, "symbols_per_row": scale.row or None}
