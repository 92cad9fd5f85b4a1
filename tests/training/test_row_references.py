"""Reference lines of rows, and the trees of dependence behind one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.tables import open_table
from grnn_tui.training import row_references
from grnn_tui.training.chow_liu import best_tree, count_pairs, spanning_tree
from grnn_tui.training.row_references import (
    best_counts,
    counted_nats,
    remembered_row_lines,
    row_reference_lines,
)

LIBRARY = Path(__file__).parents[3] / "shared" / "data"
PARENTS = np.array([-1, 0, 0, 1, 2, 2, 4])
STAYS = 0.9


def rows_of_a_tree(count: int, seed: int) -> NDArray[np.uint8]:
    """Each value is a fair coin at the root, and else its parent's with probability `STAYS`."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(2, size=(count, PARENTS.size), dtype=np.uint8)
    for d, parent in enumerate(PARENTS):
        if parent >= 0:
            rows[:, d] = rows[:, parent] ^ (rng.random(count) > STAYS)
    return rows


def entropy(p: float) -> float:
    return float(-p * np.log(p) - (1 - p) * np.log(1 - p))


def test_a_tree_is_found_again_and_reaches_its_entropy() -> None:
    train, held = rows_of_a_tree(40_000, 0), rows_of_a_tree(40_000, 1)
    tree = best_tree(train, held)
    edges = {frozenset((d, int(p))) for d, p in enumerate(tree.parents) if p >= 0}
    assert edges == {frozenset((d, int(p))) for d, p in enumerate(PARENTS) if p >= 0}
    exact = entropy(0.5) + (PARENTS.size - 1) * entropy(STAYS)
    assert -tree.log_prob(held).mean() == pytest.approx(exact, abs=0.02)


def test_a_tree_is_a_distribution() -> None:
    rows = rows_of_a_tree(50, 2)
    everything = (np.arange(1 << PARENTS.size)[:, None] >> np.arange(PARENTS.size)) & 1
    assert np.exp(best_tree(rows, rows[:10]).log_prob(everything)).sum() == pytest.approx(1)


def test_mutual_information_is_that_of_the_definition() -> None:
    rows = rows_of_a_tree(60, 3)
    found = count_pairs(rows).information()
    for i, j in [(0, 1), (3, 6), (2, 2)]:
        joint = np.histogram2d(rows[:, i], rows[:, j], bins=(2, 2))[0] / len(rows)
        apart = joint.sum(1)[:, None] * joint.sum(0)
        held = joint > 0
        assert found[i, j] == pytest.approx((joint[held] * np.log(joint[held] / apart[held])).sum())


def test_the_spanning_tree_is_the_heaviest() -> None:
    weights = np.array([[0, 5, 1, 1], [5, 0, 1, 4], [1, 1, 0, 2], [1, 4, 2, 0]], dtype=np.float64)
    assert spanning_tree(weights).tolist() == [-1, 0, 3, 1]


def test_binary_lines_fall_from_uniform_to_the_tree() -> None:
    domain = RowDomain(kind="binary", shape=(PARENTS.size,))
    lines = row_reference_lines(rows_of_a_tree(20_000, 0), rows_of_a_tree(5000, 1), domain)
    assert list(lines) == ["uniform", "independent", "Chow-Liu tree"]
    assert lines["independent"] == pytest.approx(np.log(2), abs=1e-3)
    exact = (entropy(0.5) + (PARENTS.size - 1) * entropy(STAYS)) / PARENTS.size
    assert lines["Chow-Liu tree"] == pytest.approx(exact, abs=0.01)


def test_levels_are_held_against_ar_1() -> None:
    """A walk on five levels: stays or goes on by one; log 5 for the first, entropy(0.8) for each after it."""
    rng = np.random.default_rng(0)
    steps = rng.random((30_000, 6)) < 0.2
    rows = (rng.integers(5, size=(30_000, 1)) + steps.cumsum(1)) % 5
    domain = RowDomain(kind="levels", shape=(2, 3), levels=5)
    lines = row_reference_lines(rows[:20_000].astype(np.uint8), rows[20_000:].astype(np.uint8), domain)
    assert list(lines) == ["uniform", "independent", "AR(1)"]
    assert lines["independent"] == pytest.approx(np.log(5), abs=2e-3)
    assert lines["AR(1)"] == pytest.approx((np.log(5) + 5 * entropy(0.2)) / 6, abs=5e-3)


def test_gaussians_reach_their_entropy_in_the_units_of_the_data() -> None:
    """AR(1) with correlation 0.9 in eight dimensions has 5.5389 nats; other units add the logarithm of each scale."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((60_000, 8))
    rows = np.empty_like(noise)
    rows[:, 0] = noise[:, 0]
    for d in range(1, 8):
        rows[:, d] = 0.9 * rows[:, d - 1] + np.sqrt(1 - 0.81) * noise[:, d]
    scale = np.array([1, 10, 100, 1, 1, 1, 1e-3, 1e5])
    rows = rows * scale + 7
    domain = RowDomain(kind="real", shape=(8,))
    lines = row_reference_lines(rows[:40_000], rows[40_000:], domain)
    assert list(lines) == ["independent Gaussians", "one Gaussian"]
    units = np.log(scale).sum()
    assert lines["one Gaussian"] * 8 - units == pytest.approx(5.5389, abs=0.03)
    assert lines["independent Gaussians"] * 8 - units == pytest.approx(4 * np.log(2 * np.pi * np.e), abs=0.03)


def test_a_density_that_would_be_infinite_is_left_out() -> None:
    domain = RowDomain(kind="real", shape=(3,))
    rows = np.random.default_rng(0).standard_normal((50, 3))
    rows[:, 2] = rows[:, 0] - rows[:, 1]
    assert list(row_reference_lines(rows, rows, domain)) == ["independent Gaussians"]
    rows[:, 2] = 4.0
    assert row_reference_lines(rows, rows, domain) == {}


def test_no_rows_to_validate_on_leave_what_needs_none() -> None:
    rows = rows_of_a_tree(20, 0)
    domain = RowDomain(kind="binary", shape=(PARENTS.size,))
    assert list(row_reference_lines(rows, rows[:0], domain)) == ["uniform"]


def test_they_are_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path))
    domain = RowDomain(kind="binary", shape=(PARENTS.size,))
    train, held = rows_of_a_tree(100, 0), rows_of_a_tree(30, 1)
    first = remembered_row_lines(train, held, domain)
    monkeypatch.setattr(row_references, "row_reference_lines", lambda *_: {})
    assert remembered_row_lines(train, held, domain) == first
    assert remembered_row_lines(train[1:], held, domain) == {}


PUBLISHED = {
    "dna": (100.387, 87.717),
    "mushrooms": (34.235, 20.958),
    "nips_0_12": (294.802, 280.999),
    "adult": (25.771, 18.513),
}
"""Nats per row on the test part: independent values, and the Chow-Liu tree; smoothing chosen on the validation part."""


@pytest.mark.skipif(not LIBRARY.exists(), reason="the published data sets are not here")
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures_are_met(name: str) -> None:
    files = [str(LIBRARY / name / f"{part}.csv.gz") for part in ("train", "valid", "test")]
    train, valid, test = (open_table(file).rows for file in files)
    tree = -best_tree(train, valid).log_prob(test).mean()
    apart = counted_nats(best_counts(train, valid, 2, 0), test, 0) * test.shape[1]
    assert (apart, tree) == pytest.approx(PUBLISHED[name], abs=0.015)
