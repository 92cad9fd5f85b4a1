"""Corpora that are always there: generated from a seed, or read from the running Python."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grnn_tui.data.builtin.corpus import BuiltIn, Exact
from grnn_tui.data.builtin.manual import make_manual
from grnn_tui.data.builtin.names import TONGUES, labelled, make_names, names_exact
from grnn_tui.data.builtin.reber import (
    embedded_reber_exact,
    make_embedded_reber,
    make_reber,
    reber_exact,
)
from grnn_tui.data.builtin.sums import make_sums, sums_exact
from grnn_tui.data.builtin.tales import make_tales, tales_exact

__all__ = ["BUILT_INS", "BuiltIn", "Exact"]

_ALL = (
    BuiltIn(
        name="tales",
        summary="small stories from a grammar whose exact entropy is known",
        default_size=4_000_000,
        make=make_tales,
        exact_figures=tales_exact,
    ),
    BuiltIn(
        name="names",
        summary=f"invented names in {len(TONGUES)} invented tongues, one a line",
        default_size=500_000,
        make=make_names,
        exact_figures=names_exact,
        labels=TONGUES,
        labelled=labelled,
    ),
    BuiltIn(
        name="manual",
        summary="the manual of the running Python, topic after topic",
        default_size=1_000_000,
        make=make_manual,
    ),
    BuiltIn(
        name="reber",
        summary="strings of the Reber grammar, 6 bits each, one a line",
        default_size=500_000,
        make=make_reber,
        exact_figures=reber_exact,
    ),
    BuiltIn(
        name="embedded-reber",
        summary="Reber strings in an envelope that must be remembered, 7 bits each",
        default_size=500_000,
        make=make_embedded_reber,
        exact_figures=embedded_reber_exact,
    ),
    BuiltIn(
        name="sums",
        summary="sums of two numbers, 07+95=102, a tenth of the pairs held out",
        default_size=1_000_000,
        make=make_sums,
        exact_figures=sums_exact,
    ),
)

BUILT_INS: Mapping[str, BuiltIn] = MappingProxyType({corpus.name: corpus for corpus in _ALL})
