"""`generate`, `next`, `score`: playing a model without a screen."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grnn_tui.cli.options import flag
from grnn_tui.cli.output import TextStream, note, note_passed_over
from grnn_tui.cli.row_options import NAMES, form_from, row_options
from grnn_tui.cli.sampling_options import one_blas_thread, prompt_from, prompt_options, sampling_from, sampling_options
from grnn_tui.cli.table import count, show_json, show_table
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from grnn_tui.backends.distribution import Components
    from grnn_tui.backends.modeldir import ModelDirectory
    from grnn_tui.data.vocabulary import Vocabulary
    from grnn_tui.engine.models import OpenedModel
    from grnn_tui.playing.scoring import Score

MAX_LENGTH = 1 << 31
label_option = click.option("--label", help="What a model that can be told something is told: a label, or numbers.")
NAME_CELLS, WORD_CELLS = 12, 24
"""Columns of a character's name, and of a word."""


@click.command()
@click.argument("model")
@prompt_options
@click.option("--length", "-n", type=click.IntRange(0, MAX_LENGTH), default=400, show_default=True, help="Symbols.")
@label_option
@sampling_options
@click.option("--seed", "-s", type=int, help="Of the random numbers; the same seed gives the same text.")
@click.option("--count", "-c", "texts", type=click.IntRange(1, 1_000_000), default=1, help="Texts or rows: S, S+1 …")
@click.option("--out", type=click.Path(path_type=Path), help="Of rows, a .npz, .npy, .csv or .png file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def generate(
    model: str, length: int, seed: int | None, texts: int, out: Path | None, label: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Write text, or draw images or rows, with MODEL: a shipped name, a model directory, or a run (RUN, RUN@best).

    The text streams to stdout as it is drawn, prompt first; what there is to know of it goes to stderr.
    """
    one_blas_thread()
    from grnn_tui.engine.models import open_model
    from grnn_tui.playing.luck import Luck, fresh_seed
    from grnn_tui.playing.text import mendable

    sampling, prompt = sampling_from(options), mendable(prompt_from(options))
    seed = fresh_seed() if seed is None else seed
    Luck(seed), Luck(seed + texts - 1)
    opened = open_model(model, label)
    note_passed_over(opened.located)
    if isinstance(domain := opened.directory.header.domain, RowDomain):
        if prompt:
            raise UsageError("rows have no prompt; `grnn-tui complete` goes on from a part that is known")
        from grnn_tui.cli.completing import generate_moments, generate_rows

        if domain.sequence:
            generate_moments(opened, domain, length, sampling, seed, out, as_json=as_json)
            return
        generate_rows(opened, domain, rows=texts, sampling=sampling, seed=seed, out=out, as_json=as_json)
        return
    if out is not None:
        raise UsageError("--out is for rows; a text goes to stdout: write `> FILE`")
    _tell_unseen(opened.vocabulary, prompt)
    if not as_json:
        note(f"{opened.label} · seed {seed} · temperature {sampling.temperature:g}")
    from grnn_tui.playing.generation import generate_texts

    seeds, unit = range(seed, seed + texts), opened.vocabulary.unit
    drawn = generate_texts(opened.player, opened.vocabulary, prompt, length, sampling, seeds)
    began, written = time.perf_counter(), []
    for k, text in enumerate(drawn):
        told, bits = _write(opened, prompt, text, quiet=as_json)
        seconds, mean = time.perf_counter() - began, bits / length if length else None
        if as_json:
            written.append({"seed": seeds[k], "text": told, "symbols": length, "bits_per_symbol": mean})
            continue
        surprise = "" if mean is None else f" · {mean:.3f} bits per {unit}"
        rate = f"{texts * length / max(seconds, 1e-9):,.0f} {unit}s/s"
        note(f"seed {seeds[k]} · {count(length)} {unit}s{surprise}" + ("" if texts > 1 else f" · {rate}"))
        if texts > 1 and k + 1 == texts:
            note(f"{count(texts)} texts · {rate}")
    if as_json:
        share = {"seconds": (time.perf_counter() - began) / texts}
        shown = [text | share for text in written]
        show_json({"model": opened.located.name, "step": opened.located.step, "prompt": prompt, "texts": shown})


def _write(opened: OpenedModel, prompt: str, text: Iterator[tuple[int, float]], *, quiet: bool) -> tuple[str, float]:
    """Stream one text unless `quiet`, then hand it back; and its surprisal in bits."""
    from grnn_tui.playing.text import text_of

    labels, drawn, bits = opened.vocabulary.labels, [], 0.0
    stream = None if quiet else TextStream()
    if stream is not None:
        stream.write(prompt)
        stream.flush()
    for symbol, surprisal in text:
        bits += surprisal
        if stream is not None:
            stream.write(labels[symbol])
        else:
            drawn.append(labels[symbol])
    if stream is not None:
        stream.end()
    return text_of(opened.vocabulary, drawn), bits


@click.command("next")
@click.argument("model")
@prompt_options
@label_option
@sampling_options
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="Symbols to show; 0 shows all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every symbol.")
def next_symbol(model: str, top: int, label: str | None, as_json: bool, **options: Any) -> None:
    """Show the distribution of the next symbol after a prompt.

    p is the model's own probability, used what is left of it after penalty, temperature and truncation.
    """
    one_blas_thread()
    from grnn_tui.engine.models import open_model
    from grnn_tui.playing.session import Session
    from grnn_tui.safetext import name_of

    sampling, prompt = sampling_from(options), prompt_from(options)
    opened = open_model(model, label)
    note_passed_over(opened.located)
    _tell_unseen(opened.vocabulary, prompt)
    session = Session(opened.player, opened.vocabulary, sampling)
    session.set_prompt(prompt)
    session.read()
    outlook = session.outlook()
    assert outlook is not None
    labels = opened.vocabulary.labels
    ranked = [
        (i, symbol, float(outlook.raw[symbol]), float(outlook.used[symbol])) for i, symbol in outlook.top(1 << 30)
    ]
    if as_json:
        show_json(
            {
                "model": opened.located.name,
                "prompt": prompt,
                **_particles_object(outlook.components),
                "entropy_bits": outlook.entropy,
                "used_entropy_bits": outlook.used_entropy,
                "removed": outlook.removed,
                "removed_mass": outlook.removed_mass,
                "symbols": [
                    {"symbol": labels[symbol], "index": symbol, "rank": rank, "p": raw, "used": used}
                    | _said_by_particles(outlook.components, symbol)
                    for rank, symbol, raw, used in ranked
                ],
            }
        )
        return
    cells = WORD_CELLS if opened.vocabulary.unit == "word" else NAME_CELLS
    rows = [
        (str(r), name_of(labels[s], cells=cells), f"{raw:.5f}", f"{used:.5f}")
        for r, s, raw, used in ranked[: top or None]
    ]
    show_table(("rank", "symbol", "p", "used"), rows, numeric=(0, 2, 3))
    removed = f" · {outlook.removed} removed ({outlook.removed_mass:.1%})" if outlook.removed else ""
    note(f"{opened.label} · entropy {outlook.entropy:.3f} bits, {outlook.used_entropy:.3f} as drawn{removed}")
    if outlook.components is not None:
        shares = ", ".join(f"{share:.1%}" for share in outlook.components.responsibilities)
        several, effective = len(outlook.components.parts), outlook.components.effective
        note(f"mixture of {several} particles, effectively {effective:.2f}; responsibilities {shares}")


def _particles_object(components: Components | None) -> dict[str, object]:
    """What a mixture is made of; nothing for a model that is none."""
    if components is None:
        return {}
    return {
        "effective_particles": components.effective,
        "particles": [
            {"responsibility": float(share), "entropy_bits": part.entropy() / math.log(2)}
            for part, share in zip(components.parts, components.responsibilities, strict=True)
        ],
    }


def _said_by_particles(components: Components | None, symbol: int) -> dict[str, list[float]]:
    return {} if components is None else {"particles": [float(part.probs[symbol]) for part in components.parts]}


@click.command()
@click.argument("model")
@click.argument("file", metavar="FILE|-")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the file.")
@click.option("--per-symbol", is_flag=True, help="A line for each symbol: position, symbol (JSON), bits.")
@click.option("--per-row", is_flag=True, help="Of rows, a line for each: number, nats, percentile.")
@label_option
@click.option("--ordering", help="Of rows, the order they are written in: raster, column, spiral ..., or a .npy file.")
@click.option("--ensemble", type=click.IntRange(1), help="Of rows, that many random orderings together.")
@click.option("--data-seed", type=click.IntRange(min=0), default=0, help="Of generated rows.")
@click.option("--data-size", type=click.IntRange(min=1), default=None, help="How many generated rows.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def score(
    model: str, file: str, encoding: str, per_symbol: bool, label: str | None, as_json: bool, **given: Any
) -> None:
    """Say how surprised MODEL is by a text, or by rows: totals, and what surprises it most."""
    from grnn_tui.cli.rows import score_rows_of
    from grnn_tui.data.corpus import open_corpus
    from grnn_tui.engine.models import open_directory
    from grnn_tui.playing.outlook import BITS
    from grnn_tui.playing.scoring import score_model, summarise

    located, directory = open_directory(model)
    if directory.header.domain.kind != "text":
        score_rows_of(model, file, form_from(given), label=label, as_json=as_json, **given)
        return
    odd = [name for name in ("per_row", "ordering", "ensemble", "data_size", *NAMES) if given.get(name)]
    if odd:
        raise UsageError(f"{located.name} is a model of text, and {flag(odd[0])} is for rows: leave it out")
    one_blas_thread()
    note_passed_over(located)
    vocabulary = directory.header.vocabulary
    corpus = open_corpus(file, vocabulary=vocabulary, encoding=encoding)
    for line in corpus.notes:
        note(line)
    nats = score_model(directory, corpus.symbols, label=label)
    summary = summarise(vocabulary, corpus.symbols, nats, corpus.unseen, characters=corpus.characters)
    bound = _bound(directory, corpus.symbols)
    if as_json:
        shown = _score_object(located.name, corpus.name, summary)
        if bound is not None:
            shown["bound_nats_per_symbol"] = bound
        if per_symbol:
            shown["per_symbol_bits"] = (nats * BITS).tolist()
        show_json(shown)
        return
    if per_symbol:
        for position, (symbol, bits) in enumerate(zip(corpus.symbols.tolist(), (nats * BITS).tolist(), strict=True)):
            sys.stdout.write(f"{position}\t{json.dumps(vocabulary.labels[symbol])}\t{bits:.6f}\n")
    _show_score(located.name, vocabulary, summary, bound, with_places=not per_symbol)


row_options(score)


def _bound(model: ModelDirectory, symbols: NDArray[np.integer]) -> float | None:
    """The bound K of a model with noise, nats per symbol, as its run measures it; None for any other model."""
    if not model.settings.bound or not symbols.size:
        return None
    try:
        import torch

        from grnn_tui.training.evaluation import evaluate
    except ImportError:
        note("its bound K cannot be measured: that needs torch")
        return None
    network = model.backend.build_network(model.settings, model.header.vocabulary)
    network.load_arrays(model.arrays)
    return evaluate(network, symbols, model.header.vocabulary.size, torch.device("cpu")).nats


def _score_object(model: str, data: str, summary: Score) -> dict[str, object]:
    return {
        "model": model,
        "data": data,
        "symbols": summary.symbols,
        "unseen": summary.unseen,
        "nats": summary.nats,
        "nats_per_symbol": summary.nats_per_symbol,
        "bits_per_symbol": summary.bits_per_symbol,
        "perplexity": summary.perplexity,
        **_word_figures(summary),
        "surprising": [
            {"position": p.position, "line": p.line, "symbol": p.symbol, "bits": p.bits, "before": p.before}
            for p in summary.surprising
        ],
    }


def _word_figures(summary: Score) -> dict[str, object]:
    """What is told of a text of words beside the rest."""
    if summary.characters is None:
        return {}
    return {
        "unknown": summary.unknown,
        "characters": summary.characters,
        "bits_per_character": summary.bits_per_character,
    }


def _show_score(model: str, vocabulary: Vocabulary, summary: Score, bound: float | None, *, with_places: bool) -> None:
    from grnn_tui.safetext import name_of

    unit = vocabulary.unit
    totals = [
        ("model", model),
        (f"{unit}s", count(summary.symbols)),
        ("nats", f"{summary.nats:,.3f}"),
        (f"nats per {unit}", f"{summary.nats_per_symbol:.5f}"),
        (f"bits per {unit}", f"{summary.bits_per_symbol:.5f}"),
        ("perplexity", f"{summary.perplexity:.4f}"),
    ]
    if summary.bits_per_character is not None:
        totals += [
            ("characters", count(summary.characters or 0)),
            ("bits per character", f"{summary.bits_per_character:.5f}"),
            ("unknown words, scored as <unk>", count(summary.unknown)),
        ]
    if bound is not None:
        totals.append((f"bound K with its noise, nats per {unit}", f"{bound:.5f}"))
    stream = sys.stderr if not with_places else sys.stdout
    show_table(("figure", "value"), totals, numeric=(1,), stream=stream)
    if with_places and summary.surprising:
        rows = [
            (
                str(p.line),
                str(p.position),
                name_of(p.symbol, cells=WORD_CELLS if unit == "word" else NAME_CELLS),
                f"{p.bits:.2f}",
                f"{p.before}[{p.symbol}]{p.after}",
            )
            for p in summary.surprising
        ]
        sys.stdout.write("\n")
        show_table(("line", "position", "symbol", "bits", "most surprising places"), rows, numeric=(0, 1, 3))


def _tell_unseen(vocabulary: Vocabulary, prompt: str) -> None:
    from grnn_tui.playing.text import cells_of

    labels, symbols = cells_of(vocabulary, prompt)
    unseen = [label for label, symbol in zip(labels, symbols, strict=True) if symbol < 0]
    unknown = [label for label, symbol in zip(labels, symbols, strict=True) if symbol in vocabulary.unknown]
    if unseen:
        which = "".join(sorted(set(unseen))[:20])
        note(f"{len(unseen)} {vocabulary.unit}s of the prompt are unknown to the model and were skipped: {which!r}")
    if unknown:
        which = ", ".join(repr(word) for word in sorted({word.strip() for word in unknown})[:20])
        words = "1 word" if len(unknown) == 1 else f"{len(unknown)} words"
        note(f"unknown to the model: {words} of the prompt, shown to it as <unk>: {which}")
