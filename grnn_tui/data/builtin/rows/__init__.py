"""Built-in sets of rows: always there, seeded, with exact figures where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grnn_tui.data.builtin.rows.ar1 import ar1_entropy, make_ar1
from grnn_tui.data.builtin.rows.bars_and_stripes import bars_and_stripes_entropy, make_bars_and_stripes
from grnn_tui.data.builtin.rows.coloured import CLASSES, LEVELS, SIDE, make_shapes
from grnn_tui.data.builtin.rows.ising import ising_entropy, make_ising
from grnn_tui.data.builtin.rows.row_set import Made, RowBuiltIn
from grnn_tui.data.builtin.rows.strokes import stroke_set
from grnn_tui.data.row_domain import RowDomain

__all__ = ["ROW_BUILT_INS", "Made", "RowBuiltIn"]

_ALL = (
    stroke_set("strokes", "digits and shapes drawn by an unsteady hand, 16x16", side=16, levels=2, default_size=20_000),
    stroke_set("strokes-28", "the same, 28x28", side=28, levels=2, default_size=20_000),
    stroke_set("strokes-grey", "the same, 16x16 in 16 levels", side=16, levels=16, default_size=20_000),
    stroke_set("strokes-28-grey", "the same, 28x28 in 16 levels", side=28, levels=16, default_size=20_000),
    RowBuiltIn(
        name="shapes-rgb",
        summary="coloured discs, squares, triangles and pluses, 12x12 in 4 levels of red, green and blue",
        default_size=20_000,
        domain=RowDomain(kind="levels", shape=(SIDE, SIDE, 3), levels=LEVELS),
        make=make_shapes,
        classes=CLASSES,
    ),
    RowBuiltIn(
        name="bars-and-stripes",
        summary="8x8 pictures of whole rows or whole columns",
        default_size=10_000,
        domain=RowDomain(kind="binary", shape=(8, 8)),
        make=make_bars_and_stripes,
        exact_entropy=bars_and_stripes_entropy,
    ),
    RowBuiltIn(
        name="ising",
        summary="8x8 spins near the critical temperature, exact samples",
        default_size=50_000,
        domain=RowDomain(kind="binary", shape=(8, 8)),
        make=make_ising,
        exact_entropy=ising_entropy,
    ),
    RowBuiltIn(
        name="ar1-gaussian",
        summary="8 real numbers, each 0.9 of the one before and noise",
        default_size=20_000,
        domain=RowDomain(kind="real", shape=(8,)),
        make=make_ar1,
        exact_entropy=ar1_entropy,
    ),
)

ROW_BUILT_INS: Mapping[str, RowBuiltIn] = MappingProxyType({rows.name: rows for rows in _ALL})
