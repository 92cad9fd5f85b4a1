"""Which corpora there are by name: for `grnn-tui corpora` and for the training form."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from grnn_tui.data.builtin import BUILT_INS
from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.data.fetch import CLASSICS, fetched_path


class CorpusInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to know of a corpus before choosing it."""

    name: str
    symbols: Literal["characters", "binary", "levels", "real"] = "characters"
    """What it is made of: a text, or rows of values of this kind."""
    kind: Literal["built-in", "classic"]
    summary: str
    size: int
    """Characters or rows: of a built-in corpus what is made unless told otherwise, of a classic all there are."""
    available: bool
    """Whether it can be used now; a classic must be fetched first."""
    floor: float | None = None
    """Exact entropy rate in nats per symbol (a character, or one value of a row), where it is known."""
    shape: tuple[int, ...] = ()
    """Of a row: how many values, or height and width (and channels) of a picture."""
    levels: int = 0
    """Of rows of levels: how many."""
    classes: tuple[str, ...] = ()
    """Labels of the rows, or of the lines of a text, where they have some."""
    licence: str = ""
    url: str = ""


def corpora(*, cache: Path | None = None) -> tuple[CorpusInfo, ...]:
    """All corpora that have a name: the built-in texts, the classics, then the built-in sets of rows."""
    built_in = [
        CorpusInfo(
            name=corpus.name,
            kind="built-in",
            summary=corpus.summary,
            size=corpus.default_size,
            available=True,
            floor=corpus.entropy,
            classes=corpus.labels,
        )
        for corpus in BUILT_INS.values()
    ]
    classics = [
        CorpusInfo(
            name=classic.name,
            kind="classic",
            summary=classic.summary,
            size=classic.size,
            available=fetched_path(classic.name, cache=cache) is not None,
            licence=classic.licence,
            url=classic.url,
        )
        for classic in CLASSICS.values()
    ]
    rows = [
        CorpusInfo(
            name=made.name,
            symbols=made.domain.kind,
            kind="built-in",
            summary=made.summary,
            size=made.default_size,
            available=True,
            floor=None if made.floor is None else made.floor / made.domain.length,
            shape=made.domain.shape,
            levels=made.domain.levels if made.domain.kind == "levels" else 0,
            classes=made.classes,
        )
        for made in ROW_BUILT_INS.values()
    ]
    return (*built_in, *classics, *rows)
