from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from grnn_tui.data.builtin.rows import ROW_BUILT_INS, RowBuiltIn
from grnn_tui.data.builtin.rows.ar1 import RHO, make_ar1
from grnn_tui.data.builtin.rows.bars_and_stripes import bars_and_stripes_entropy, make_bars_and_stripes
from grnn_tui.data.builtin.rows.coloured import CLASSES as COLOURED
from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.ising import BETA, conditionals, ising_entropy, make_ising, spins
from grnn_tui.data.tables import open_table

SAME = {
    "strokes": "518df7c294f89a7df8bb0caace1052ac548def84bebd7377f2e8cd62f8e7de34",
    "strokes-28": "6781c0680d2beec380431842866f6cdc9ef693e6eeed9a3c4aa56e8417cfe3f7",
    "strokes-grey": "1c96ff2e0c6baaa17c0210f79e0d912ca8a75c74195dfe8c021f52ee93351bf1",
    "strokes-28-grey": "c989a4743a9a91fe3bb051a238653ea95a2099c0076b07479da5c5da97d4396d",
    "shapes-rgb": "bd902625b5e276a8c7a71905eae93cf9920f12bb0cdb4c8385207c352b3a0acd",
    "bars-and-stripes": "70f15900659d55fdd1eb158319c0a489c8fbd0f6a82e13e1ddf021b79fdbbe97",
    "ising": "f35e525d10a5901c1d22a0602fff85ea2c6f902d112edb1161d11ebeae4bd0a8",
    "ar1-gaussian": "ad85cc321d78962702d20563d76e31cd933763986d6562cfbc3e0b7ecb18136f",
}

every = pytest.mark.parametrize("made", ROW_BUILT_INS.values(), ids=ROW_BUILT_INS)


@every
def test_the_same_seed_makes_the_same_rows_everywhere(made: RowBuiltIn) -> None:
    table = open_table(made.name, seed=1, size=200)
    assert table.fingerprint == SAME[made.name]
    assert open_table(made.name, seed=2, size=200).fingerprint != table.fingerprint


@every
def test_rows_are_of_the_domain(made: RowBuiltIn) -> None:
    table = open_table(made.name, size=300)
    assert table.domain == made.domain
    assert table.rows.shape == (300, made.domain.length)
    if made.domain.kind != "real":
        assert np.unique(open_table(made.name, size=2000).rows).tolist() == list(range(made.domain.size))
    assert table.classes == made.classes
    if table.labels is not None:
        assert set(open_table(made.name, size=2000).labels) == set(range(len(made.classes)))  # type: ignore[arg-type]


def test_ten_thousand_strokes_take_seconds() -> None:
    started = time.process_time()
    open_table("strokes-28", size=10_000)
    assert time.process_time() - started < 8


def test_the_draws_are_those_of_the_bit_generator() -> None:
    u = Draws(0).uniform(3)
    np.testing.assert_array_equal(u, np.random.default_rng(0).random(3))
    whole = Draws(1).below(7, 10_000)
    assert (whole.min(), whole.max()) == (0, 6)
    z = Draws(2).normal(40_000)
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02


@pytest.mark.parametrize("side", [2, 3, 4])
def test_the_entropy_of_bars_and_stripes_by_enumeration(side: int) -> None:
    p: dict[bytes, float] = {}
    for lines in itertools.product((0, 1), repeat=side):
        across = np.repeat(np.array(lines, dtype=np.uint8)[:, None], side, axis=1)
        for picture in (across, across.T):
            p[picture.tobytes()] = p.get(picture.tobytes(), 0) + 0.5 * 2.0**-side
    exact = -sum(q * math.log(q) for q in p.values())
    assert bars_and_stripes_entropy(side) == pytest.approx(exact, abs=1e-12)


def test_bars_and_stripes_are_whole_lines_in_their_proportions() -> None:
    assert bars_and_stripes_entropy() / math.log(2) == pytest.approx(8.9922, abs=5e-5)
    pictures = make_bars_and_stripes(0, 20_000).rows.reshape(-1, 8, 8)
    rows = (pictures == pictures[:, :, :1]).all(axis=(1, 2))
    columns = (pictures == pictures[:, :1, :]).all(axis=(1, 2))
    assert (rows | columns).all()
    assert (rows & columns).mean() == pytest.approx(2 * 2.0**-8, abs=0.002)
    assert rows.mean() == pytest.approx(0.5 + 2.0**-8, abs=0.01)
    assert len(np.unique(pictures.reshape(-1, 64), axis=0)) == 510


@pytest.mark.parametrize(("height", "width", "beta"), [(4, 4, BETA), (2, 5, 0.9), (3, 1, 0.2), (1, 4, 0.5)])
def test_the_entropy_of_a_small_grid_by_brute_force(height: int, width: int, beta: float) -> None:
    n = height * width
    s = 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1).reshape(-1, height, width) - 1
    bonds = (s[:, 1:] * s[:, :-1]).sum(axis=(1, 2)) + (s[:, :, 1:] * s[:, :, :-1]).sum(axis=(1, 2))
    w = np.exp(beta * bonds)
    p = w / w.sum()
    assert ising_entropy(height, width, beta) == pytest.approx(float(-(p * np.log(p)).sum()), abs=1e-10)


def test_spins_agree_with_their_neighbours_as_they_should() -> None:
    assert ising_entropy() == pytest.approx(28.076, abs=5e-4)
    s = 2 * make_ising(0, 20_000).rows.reshape(-1, 8, 8).astype(int) - 1
    bonds = (s[:, 1:] * s[:, :-1]).sum(axis=(1, 2)) + (s[:, :, 1:] * s[:, :, :-1]).sum(axis=(1, 2))
    row = spins(8)
    within, between = (row[:, 1:] * row[:, :-1]).sum(axis=1), row @ row.T
    p, steps = conditionals(8, 8, BETA)
    mean = float(p @ within)
    for step in steps:
        mean += float(p @ (step * (between + within)).sum(axis=1))
        p = p @ step
    assert bonds.mean() == pytest.approx(mean, abs=5 * bonds.std() / math.sqrt(len(bonds)))
    # With H = ln Z - beta E[bonds], d H / d beta = -beta Var[bonds].
    h = 1e-4
    variance = (ising_entropy(8, 8, BETA - h) - ising_entropy(8, 8, BETA + h)) / (2 * h * BETA)
    assert bonds.var() == pytest.approx(variance, rel=0.05)
    assert abs(s.mean()) < 0.02


def test_the_autoregression_has_its_correlations() -> None:
    x = make_ar1(0, 40_000).rows
    lags = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    np.testing.assert_allclose(np.cov(x, rowvar=False), RHO**lags, atol=0.03)
    assert np.array_equal(x, np.round(x, 6))
    exact = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * RHO ** lags.astype(float))[1]
    assert ROW_BUILT_INS["ar1-gaussian"].floor == pytest.approx(float(exact), abs=1e-9)


def test_strokes_stay_on_the_page_and_differ() -> None:
    table = open_table("strokes", size=2000)
    pictures = table.rows.reshape(-1, 16, 16)
    assert len(np.unique(table.rows, axis=0)) > 1990
    light = pictures.sum(axis=(1, 2))
    assert light.min() >= 8
    assert light.max() <= 130
    edge = np.ones((16, 16), dtype=bool)
    edge[1:-1, 1:-1] = False
    assert (pictures[:, edge].sum(axis=1) > 8).mean() < 0.02


def test_strokes_of_one_class_look_alike() -> None:
    table = open_table("strokes-grey", size=4000)
    assert table.labels is not None
    train, test = table.rows[:3000].astype(float), table.rows[3000:].astype(float)
    distance = (test**2).sum(axis=1)[:, None] - 2 * test @ train.T + (train**2).sum(axis=1)
    right = (table.labels[:3000][distance.argmin(axis=1)] == table.labels[3000:]).mean()
    assert right > 0.9


def test_coloured_shapes_show_the_colour_of_their_name() -> None:
    table = open_table("shapes-rgb", size=2000)
    assert table.labels is not None
    pictures = table.rows.reshape(-1, 12, 12, 3)
    for colour, channel in (("red", 0), ("green", 1)):
        chosen = [i for i, name in enumerate(COLOURED) if name.startswith(colour)]
        some = pictures[np.isin(table.labels, chosen)]
        assert len(some) > 100
        assert (some[..., channel].max(axis=(1, 2)) == 3).all()
        assert (np.delete(some, channel, axis=3).max(axis=(1, 2, 3)) <= 1).all()
