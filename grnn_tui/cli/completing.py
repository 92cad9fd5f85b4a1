"""`complete`, and `generate` for models of rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grnn_tui.cli.output import note, note_passed_over
from grnn_tui.cli.row_options import form_from, row_options
from grnn_tui.cli.sampling_options import one_blas_thread, sampling_from, sampling_options
from grnn_tui.cli.table import count, show_json
from grnn_tui.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grnn_tui.data.row_domain import RowDomain
    from grnn_tui.engine.models import OpenedModel
    from grnn_tui.playing.settings import Sampling

HALVES = ("top-half", "bottom-half", "left-half", "right-half")


def generate_rows(
    opened: OpenedModel, domain: RowDomain, *, rows: int, sampling: Sampling, seed: int, out: Path | None, as_json: bool
) -> None:
    """Draw so many rows, print them, and write them to `out`."""
    import numpy as np

    from grnn_tui.cli.pictures import show_rows, write_rows
    from grnn_tui.playing.known import planned
    from grnn_tui.playing.row_drawing import draw_rows

    kind = np.float64 if domain.kind == "real" else np.uint16
    drawn, nats = np.empty((rows, domain.length), kind), np.empty(rows)
    began, at = time.perf_counter(), 0
    for part in draw_rows(planned(opened.player, domain), seed, rows, sampling):
        there = slice(at, at := at + len(part.rows))
        drawn[there], nats[there] = part.rows, part.nats
    seconds = time.perf_counter() - began
    if out is not None:
        write_rows(out, drawn, domain)
    if as_json:
        show_json(
            {
                "model": opened.located.name,
                "step": opened.located.step,
                "shape": list(domain.shape),
                "rows": [
                    {"seed": seed + i, "values": row.tolist(), "nats": float(nats[i])} for i, row in enumerate(drawn)
                ],
                "seconds": seconds,
            }
        )
        return
    if out is None:
        show_rows(drawn, domain)
    said = f"seed {seed} · {count(rows)} {domain.row_name}{'s' * (rows != 1)} · {nats.mean():.2f} nats each"
    note(f"{said} · {rows * domain.length / max(seconds, 1e-9):,.0f} {domain.unit}s/s")


def generate_moments(
    opened: OpenedModel,
    domain: RowDomain,
    moments: int,
    sampling: Sampling,
    seed: int,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Draw a piece of so many moments, each after those before it, and show it as a piano roll."""
    import numpy as np

    from grnn_tui.cli.pictures import show_roll, write_rows
    from grnn_tui.playing.luck import Luck
    from grnn_tui.playing.sampling import draw_value

    luck, player = Luck(seed), opened.player
    drawn, nats = np.zeros(moments * domain.length), 0.0
    state = player.start()
    began = time.perf_counter()
    for i in range(drawn.size):
        value, surprisal = draw_value(player.predict(state), sampling, luck[i])
        drawn[i], nats = value, nats + surprisal
        state = player.advance(state, int(value))
    seconds = time.perf_counter() - began
    roll = drawn.reshape(moments, domain.length)
    if out is not None:
        write_rows(out, roll, domain)
    if as_json:
        shown = {"model": opened.located.name, "seed": seed, "moments": roll.astype(int).tolist(), "nats": nats}
        show_json(shown | {"seconds": seconds})
        return
    if out is None:
        show_roll(roll)
    said = f"seed {seed} · {count(moments)} moments · {nats / max(moments, 1):.2f} nats each"
    note(f"{said} · {drawn.size / max(seconds, 1e-9):,.0f} values/s")


@click.command()
@click.argument("model")
@click.argument("data", metavar="IMAGE")
@click.option("--known", required=True, metavar="PART", help="top-half, left-half ..., mask.npy, or columns.")
@click.option("--row", type=click.IntRange(min=0), default=0, show_default=True, help="Which row of the file.")
@click.option(
    "--count", "-c", "copies", type=click.IntRange(1, 100_000), default=4, show_default=True, help="How many."
)
@click.option("--label", help="What a model that can be told something is told.")
@click.option("--particles", type=click.IntRange(2, 4096), default=None, help="Where exact completion is impossible.")
@click.option("--seed", "-s", type=int, help="Of the random numbers; the same seed gives the same rows.")
@click.option("--out", type=click.Path(path_type=Path), help="Write them to a .npz, .npy, .csv or .png file.")
@click.option("--data-seed", type=click.IntRange(min=0), default=0, help="Of generated data.")
@sampling_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def complete(
    model: str, data: str, known: str, row: int, copies: int, label: str | None, particles: int | None,
    seed: int | None, out: Path | None, data_seed: int, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Fill in the rest of an image (or row) of which a part is known, drawn from MODEL given that part.

    IMAGE is a picture, a file of rows or a built-in set; --row says which. Completion is exact where the known values
    come first in the model's order, or it was trained for every order; otherwise each is drawn by importance sampling
    among --particles.
    """
    one_blas_thread()
    from grnn_tui.cli.pictures import write_rows
    from grnn_tui.cli.rows import open_rows
    from grnn_tui.engine.models import open_model
    from grnn_tui.playing.completion import complete as completed
    from grnn_tui.playing.known import PARTICLES
    from grnn_tui.playing.luck import fresh_seed
    from grnn_tui.playing.row_scoring import row_domain

    form, sampling = form_from(given), sampling_from(given)
    name, directory, table = open_rows(model, data, form, data_seed, max(row + 1, 1) if _generated(data) else None)
    domain = row_domain(directory)
    if row >= len(table):
        raise UsageError(f"{table.name} has {len(table):,} {domain.row_name}s, counted from 0; there is no {row}")
    mask = _mask(known, domain)
    seed = fresh_seed() if seed is None else seed
    opened = open_model(model, label)
    note_passed_over(opened.located)
    player = opened.player
    rows, exact = completed(
        player, domain, mask, table.rows[row], copies, sampling, seed, PARTICLES if particles is None else particles
    )
    how = "exact" if exact else f"by importance sampling with {particles or PARTICLES} particles"
    if out is not None:
        write_rows(out, rows, domain)
    if as_json:
        values = rows if domain.kind == "real" else rows.astype(int)
        shown = {"model": name, "data": table.name, "row": row, "seed": seed, "known": mask.tolist(), "exact": exact}
        show_json(shown | {"shape": list(domain.shape), "rows": values.tolist()})
        return
    if out is None:
        _show_completed(table.rows[row], mask, rows, domain)
        note(f"the whole {domain.row_name}, what is known of it, {count(copies)} completions")
    note(f"seed {seed} · {int(mask.sum())} of {domain.length} values known · {how}")


def _show_completed(
    whole: NDArray[np.number], mask: NDArray[np.bool_], rows: NDArray[np.floating], domain: RowDomain
) -> None:
    """The whole row, what is known of it (the rest dark, or `?`), and its completions."""
    import numpy as np

    from grnn_tui.cli.pictures import numbers, show_rows

    if domain.image:
        show_rows(np.concatenate([whole[None], np.where(mask, whole, 0)[None], rows]).astype(float), domain)
        return
    show_rows(whole[None].astype(float), domain)
    cells = numbers(whole.astype(float), domain).split(",")
    click.echo(",".join(cell if known else "?" for cell, known in zip(cells, mask.tolist(), strict=True)))
    show_rows(rows, domain)


def _generated(data: str) -> bool:
    from grnn_tui.data.builtin.rows import ROW_BUILT_INS

    return data in ROW_BUILT_INS


def _mask(known: str, domain: RowDomain) -> NDArray[np.bool_]:
    """Which values are known [D].

    Raises:
        UsageError: no part is called so, or the mask is of another shape.
    """
    import numpy as np

    from grnn_tui.data.rows.arrays import load_npy

    if known in HALVES:
        if not domain.image:
            raise UsageError(f"a row has no {known}: name its columns with commas, or give a mask.npy")
        return _half(known, domain)
    if known.endswith(".npy"):
        if not Path(known).is_file():
            raise UsageError(f"cannot read the mask {known}: there is no such file")
        mask = load_npy(Path(known))
        if domain.channels == 3 and mask.shape == domain.shape[:2]:
            mask = np.repeat(mask[..., None], 3, axis=-1)
        if mask.shape not in (domain.shape, (domain.length,)) or mask.dtype.kind not in "bui":
            shape = "x".join(map(str, domain.shape))
            raise UsageError(
                f"{known} is {mask.dtype} {mask.shape}: give a mask of {shape}, true where a value is known"
            )
        return np.asarray(mask, bool).ravel()
    mask = np.zeros(domain.length, bool)
    for part in known.split(","):
        column = part.strip()
        if column in domain.columns:
            mask[domain.columns.index(column)] = True
        elif column.isdecimal() and int(column) < domain.length:
            mask[int(column)] = True
        else:
            parts = ", ".join(HALVES) if domain.image else ", ".join(domain.columns[:12]) or f"0 to {domain.length - 1}"
            raise UsageError(f"no part is called {column!r}; there are {parts}, or a mask.npy")
    return mask


def _half(known: str, domain: RowDomain) -> NDArray[np.bool_]:
    import numpy as np

    mask = np.zeros(domain.shape, bool)
    height, width = domain.shape[0] // 2, domain.shape[1] // 2
    part = {
        "top-half": mask[:height],
        "bottom-half": mask[height:],
        "left-half": mask[:, :width],
        "right-half": mask[:, width:],
    }[known]
    part[:] = True
    return np.asarray(mask.ravel())


row_options(complete)
