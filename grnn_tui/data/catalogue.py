"""Which corpora there are by name: for `grnn-tui corpora` and for the training form."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from grnn_tui.data.builtin import BUILT_INS
from grnn_tui.data.fetch import CLASSICS, fetched_path


class CorpusInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to know of a corpus before choosing it."""

    name: str
    kind: Literal["built-in", "classic"]
    summary: str
    size: int
    """Characters: of a built-in corpus what is made unless told otherwise, of a classic all there are."""
    available: bool
    """Whether it can be used now; a classic must be fetched first."""
    floor: float | None = None
    """Exact entropy rate in nats per character, where it is known."""
    licence: str = ""
    url: str = ""


def corpora(*, cache: Path | None = None) -> tuple[CorpusInfo, ...]:
    """All corpora that have a name: the built-in ones, then the classics."""
    built_in = [
        CorpusInfo(
            name=corpus.name,
            kind="built-in",
            summary=corpus.summary,
            size=corpus.default_size,
            available=True,
            floor=corpus.entropy,
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
    return (*built_in, *classics)
