"""`detect`, `classify`, `features`, and `score` of rows: what one can do with a density."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grnn_tui.cli.output import note, note_passed_over
from grnn_tui.cli.row_options import form_from, row_options
from grnn_tui.cli.table import count, show_json, show_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grnn_tui.backends.modeldir import ModelDirectory
    from grnn_tui.data.row_form import RowForm
    from grnn_tui.data.table import Table
    from grnn_tui.playing.row_scoring import RowScores

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
seed_option = click.option("--data-seed", type=click.IntRange(min=0), default=0, help="Of generated data.")
size_option = click.option("--data-size", type=click.IntRange(min=1), default=None, help="Rows of generated data.")
BITS = 1 / 0.6931471805599453


def open_rows(model: str, data: str, form: RowForm, seed: int, size: int | None) -> tuple[str, ModelDirectory, Table]:
    """The model's name, the model, and the rows that `data` names, read as the model's domain wants them.

    Raises:
        GrnnError: it is no model of rows, or the rows are not of its kind.
    """
    from grnn_tui.data.tables import open_table
    from grnn_tui.engine.models import open_directory
    from grnn_tui.playing.row_scoring import row_domain

    located, directory = open_directory(model)
    note_passed_over(located)
    table = open_table(data, form=form, seed=seed, size=size, like=row_domain(directory))
    for line in table.notes:
        note(line)
    return located.name, directory, table


def score_rows_of(
    model: str, data: str, form: RowForm, *, label: str | None, ordering: str | None, ensemble: int | None,
    per_row: bool, as_json: bool, data_seed: int, data_size: int | None,
) -> None:  # fmt: skip
    """Print how surprised MODEL is by the rows of DATA."""
    from grnn_tui.playing.row_scoring import row_domain, score_rows
    from grnn_tui.playing.told import vector_of

    name, directory, table = open_rows(model, data, form, data_seed, data_size)
    domain = row_domain(directory)
    told = None if label is None else vector_of(domain.condition, label)
    if (ordering or ensemble) and not directory.open_player().agnostic:
        note("the model was trained in one order; under another one its figures are those of a model that was not")
    scores = score_rows(directory, table, told=told, orderings=_orderings(domain.shape, ordering, ensemble or 0))
    if as_json:
        shown = _score_object(name, table.name, scores) | {"exact_nats_per_row": table.floor}
        if per_row:
            shown["per_row_nats"] = scores.nats.tolist()
            shown["per_row_percentile"] = scores.percentiles.tolist()
        show_json(shown)
        return
    if per_row:
        _show_rows(range(len(table)), scores)
    totals = [
        ("model", name),
        (f"{domain.row_name}s", count(len(table))),
        (f"nats per {domain.row_name}", f"{scores.mean:.4f} ± {scores.error:.4f}"),
        (f"bits per {domain.unit}", f"{scores.mean * BITS / scores.length:.5f}"),
    ]
    if domain.kind == "real":
        totals.append((f"nats per {domain.row_name}, standardised", f"{scores.mean - scores.standard:.4f}"))
    if table.floor is not None:
        totals.append((f"exact entropy, nats per {domain.row_name}", f"{table.floor:.4f}"))
    show_table(("figure", "value"), totals, numeric=(1,), stream=sys.stderr if per_row else sys.stdout)
    if not per_row:
        sys.stdout.write("\n")
        _show_rows(_worst(scores, 10), scores)


def _orderings(shape: tuple[int, ...], name: str | None, ensemble: int) -> list[NDArray[np.integer]]:
    from grnn_tui.backends.orderings import shuffled

    if ensemble:
        return [shuffled(shape, seed) for seed in range(ensemble)]
    return [] if name is None else [ordering_called(name, shape)]


def ordering_called(name: str, shape: tuple[int, ...]) -> NDArray[np.integer]:
    """The order called `raster`, `column`, `spiral`, `centre-out`, `random` or `random:SEED`, or that of a .npy file.

    Raises:
        UsageError: it is none of them, or no permutation.
    """
    import math
    from typing import get_args

    from grnn_tui.backends.orderings import OrderingName, named_ordering, read_ordering
    from grnn_tui.errors import UsageError

    kind, _, seed = name.partition(":")
    if kind in get_args(OrderingName) and (not seed or seed.isdecimal()):
        return named_ordering(kind, shape, int(seed or 0))  # type: ignore[arg-type]
    if not name.endswith(".npy"):
        raise UsageError(
            f"no ordering is called {name!r}; there are {', '.join(get_args(OrderingName))}, or a .npy file"
        )
    return read_ordering(name, math.prod(shape))


def _worst(scores: RowScores, places: int) -> list[int]:
    import numpy as np

    return [int(i) for i in np.argsort(-scores.nats, kind="stable")[:places]]


def _show_rows(index: Any, scores: RowScores, labels: list[str] | None = None) -> None:
    """A line for each row: its number, nats, percentile, label."""
    known = bool(scores.percentiles.size)
    headers = ["row", "nats", *(["percentile"] if known else []), *(["label"] if labels else [])]
    rows = []
    for i in index:
        row = [str(i), f"{scores.nats[i]:.4f}"]
        row += [f"{scores.percentiles[i]:.1f}"] if known else []
        rows.append((*row, *([labels[i]] if labels else [])))
    show_table(tuple(headers), rows, numeric=tuple(range(2 + known)))


def _score_object(model: str, data: str, scores: RowScores) -> dict[str, object]:
    return {
        "model": model,
        "data": data,
        "rows": int(scores.nats.size),
        "values_per_row": scores.length,
        "nats_per_row": scores.mean,
        "standard_error": scores.error if scores.nats.size > 1 else None,
        "bits_per_value": scores.mean * BITS / scores.length,
        "nats_per_row_standardised": scores.mean - scores.standard,
    }


@click.command()
@click.argument("model")
@click.argument("data")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Rows to show.")
@click.option("--anomaly", metavar="LABEL[,LABEL]", help="Labels that are anomalies; tells the area under the curve.")
@seed_option
@size_option
@as_json_option
def detect(
    model: str, data: str, top: int, anomaly: str | None, data_seed: int, data_size: int | None, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Rank the rows of DATA by how unlikely MODEL finds them: the anomalies first.

    The percentile says how many of the held-out rows of training were less surprising. With labels of two kinds (or
    --anomaly naming those that are anomalies) it tells the area under the curve.
    """
    from grnn_tui.playing.row_scoring import area_under_curve, score_rows

    name, directory, table = open_rows(model, data, form_from(given), data_seed, data_size)
    scores = score_rows(directory, table)
    told_label = directory.header.domain.condition is not None and bool(directory.header.domain.condition.classes)
    anomalous = None if told_label and anomaly is None else _anomalous(table, anomaly)
    area = None if anomalous is None else area_under_curve(scores.nats, anomalous)
    worst = _worst(scores, top)
    labels = None if table.labels is None else [table.classes[i] for i in table.labels.tolist()]
    if as_json:
        ranked = [
            {"row": i, "nats": float(scores.nats[i])}
            | ({"percentile": float(scores.percentiles[i])} if scores.percentiles.size else {})
            | ({"label": labels[i]} if labels else {})
            for i in worst
        ]
        show_json({"model": name, "data": table.name, "rows": len(table), "area_under_curve": area, "ranked": ranked})
        return
    _show_rows(worst, scores, labels)
    if area is not None:
        note(f"area under the curve {area:.4f}")


def _anomalous(table: Table, anomaly: str | None) -> NDArray[np.bool_] | None:
    """Which rows are anomalies, as their labels say; None if they say nothing."""
    import numpy as np

    from grnn_tui.errors import UsageError

    if anomaly is None:
        if table.labels is None or table.classes != ("0", "1"):
            return None
        return np.asarray(table.labels == 1)
    if table.labels is None:
        raise UsageError(f"{table.name} has no labels to tell anomalies by: say where they are with --labels")
    named = [part.strip() for part in anomaly.split(",")]
    if unknown := [label for label in named if label not in table.classes]:
        raise UsageError(f"{table.name} has no label {unknown[0]!r}; it has {', '.join(table.classes[:12])}")
    return np.asarray(np.isin(table.labels, [table.classes.index(label) for label in named]))


@click.command()
@click.argument("model")
@click.argument("data")
@click.option("--per-row", is_flag=True, help="A line for each row: number, label, probability.")
@seed_option
@size_option
@as_json_option
def classify(
    model: str, data: str, per_row: bool, data_seed: int, data_size: int | None, as_json: bool, **given: Any
) -> None:
    """Tell the label of each row (or line of text) of DATA by Bayes' rule, with a MODEL that is told labels.

    p(label | row) is proportional to p(row | label) p(label), with the shares of training as p(label).
    """
    import numpy as np

    from grnn_tui.engine.models import open_directory
    from grnn_tui.playing.row_scoring import classify_rows

    if open_directory(model)[1].header.domain.kind == "text":
        form_from(given)
        _classify_text(model, data, data_seed, data_size, per_row=per_row, as_json=as_json)
        return
    name, directory, table = open_rows(model, data, form_from(given), data_seed, data_size)
    found = classify_rows(directory, table)
    assert directory.header.domain.condition is not None
    classes = directory.header.domain.condition.classes
    known = None
    if table.labels is not None:
        known = np.array([classes.index(c) if c in classes else -1 for c in table.classes])[table.labels]
    show_classified(name, table.name, classes, found, known, per_row=per_row, as_json=as_json)


def _classify_text(model: str, data: str, seed: int, size: int | None, *, per_row: bool, as_json: bool) -> None:
    """Each line of a file, or of several files whose names are the labels."""
    from grnn_tui.data.labelled import open_lines
    from grnn_tui.engine.models import open_directory
    from grnn_tui.errors import UsageError
    from grnn_tui.playing.row_scoring import classify_lines

    located, directory = open_directory(model)
    vocabulary = directory.header.vocabulary
    if vocabulary.condition is None:
        raise UsageError(f"{located.name} is told no label; train one with --condition label to classify with it")
    lines, known = open_lines(data, vocabulary, seed=seed, size=size)
    for line in lines.notes:
        note(line)
    found = classify_lines(directory, lines)
    classes = vocabulary.condition.classes
    if unknown := [label for label in lines.classes if label not in classes]:
        raise UsageError(f"{lines.name} has the label {unknown[0]!r}, which {located.name} does not know")
    labels = None
    if known:
        import numpy as np

        labels = np.array([classes.index(label) for label in lines.classes])[lines.labels]
    show_classified(located.name, lines.name, classes, found, labels, per_row=per_row, as_json=as_json)


def show_classified(
    model: str, data: str, classes: tuple[str, ...], found: Any, known: Any, *, per_row: bool, as_json: bool
) -> None:
    """Print what Bayes' rule found, and how often it was right where the labels are `known` [n]."""
    import numpy as np

    right = None if known is None else float((found.labels == known).mean())
    sure = np.exp(found.log_posterior.max(1))
    if as_json:
        labels = [{"label": classes[c], "p": float(p)} for c, p in zip(found.labels.tolist(), sure, strict=True)]
        show_json({"model": model, "data": data, "rows": len(sure), "accuracy": right, "labels": labels})
        return
    if per_row:
        rows = [
            (str(i), classes[c], f"{p:.4f}") for i, (c, p) in enumerate(zip(found.labels.tolist(), sure, strict=True))
        ]
        show_table(("row", "label", "p"), rows, numeric=(0, 2))
    elif known is not None:
        table = []
        for c, label in enumerate(classes):
            mine = known == c
            hits = int((found.labels[mine] == c).sum())
            table.append((label, count(int(mine.sum())), f"{hits / max(1, mine.sum()):.1%}"))
        show_table(("label", "rows", "right"), table, numeric=(1, 2))
    else:
        shares = np.bincount(found.labels, minlength=len(classes))
        show_table(
            ("label", "rows"), [(label, count(int(n))) for label, n in zip(classes, shares, strict=True)], numeric=(1,)
        )
    if right is not None:
        note(f"{right:.2%} right of {count(len(sure))} (by the most frequent label: {_majority(known):.2%})")


def _majority(known: Any) -> float:
    import numpy as np

    values = known[known >= 0]
    return float(np.bincount(values).max() / known.size) if values.size else 0.0


@click.command()
@click.argument("model")
@click.argument("data")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write: FEATURES.npz.")
@click.option("--probe", is_flag=True, help="Tell how well a linear classifier does on them, and on the values alone.")
@seed_option
@size_option
@as_json_option
def features(
    model: str, data: str, out: Path, probe: bool, data_seed: int, data_size: int | None, as_json: bool, **given: Any
) -> None:
    """Write what MODEL makes of each row of DATA, its hidden state, as a vector: arrays `features`, `nats`, `labels`.

    With --probe, half of the rows (drawn by a fixed seed) train a linear classifier of the labels, the others test it.
    """
    import numpy as np

    from grnn_tui.errors import UsageError
    from grnn_tui.playing.row_scoring import row_features, score_rows

    name, directory, table = open_rows(model, data, form_from(given), data_seed, data_size)
    if probe and table.labels is None:
        raise UsageError(f"{table.name} has no labels to probe for: say where they are with --labels")
    found = row_features(directory, table)
    arrays: dict[str, Any] = {"features": found}
    if directory.header.domain.condition is None:
        arrays["nats"] = score_rows(directory, table).nats
    if table.labels is not None:
        arrays["labels"] = table.labels
    try:
        with out.open("wb") as file:
            np.savez_compressed(file, **arrays)
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror or error}") from None
    said: dict[str, object] = {"model": name, "rows": len(table), "units": int(found.shape[1]), "path": str(out)}
    if probe:
        said |= _probed(found, table)
    if as_json:
        show_json(said)
        return
    note(f"{count(len(table))} rows, {found.shape[1]} units each, written to {out}")
    if probe:
        rows = [
            (what, f"{said[key]:.2%}") for what, key in (("hidden state", "probe_features"), ("values", "probe_values"))
        ]
        show_table(("a linear probe of", "right"), rows, numeric=(1,))


def _probed(found: NDArray[np.float32], table: Table) -> dict[str, object]:
    import numpy as np

    from grnn_tui.playing.probe import probe_accuracy

    assert table.labels is not None
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(table))
    train, test = order[: len(table) // 2], order[len(table) // 2 :]
    labels, values = table.labels, table.rows.astype(np.float64)
    return {
        "probe_features": probe_accuracy(found[train], labels[train], found[test], labels[test]),
        "probe_values": probe_accuracy(values[train], labels[train], values[test], labels[test]),
    }


for _command in (detect, classify, features):
    row_options(_command)
