"""Experiments that train their own models: tiny ones run, and what their figures say, held or not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.lab import anomaly, chain_rule, discriminate, noise, ordering, particles, trained
from grnn_tui.lab.catalogue import EXPERIMENTS
from grnn_tui.lab.finding import Finding

Run = Callable[..., Finding]
TINY: dict[str, tuple[Run, Any]] = {
    "chain-rule": (chain_rule.run, chain_rule.Sizes(rows=200, steps=3, nade=4, recurrent=4)),
    "ordering": (ordering.run, ordering.Sizes(rows=60, held=20, steps=2, hidden=4, ensembles=(1, 3))),
    "noise": (noise.run, noise.Sizes(characters=3000, steps=3, hidden=8, sigmas=(0.0, 2.0))),
    "particles": (particles.run, particles.Sizes(rows=60, steps=2, hidden=(3,), particles=(1, 2), seeds=1)),
    "discriminate": (discriminate.run, discriminate.Sizes(rows=(200,), held=40, steps=3, hidden=4)),
    "anomaly": (anomaly.run, anomaly.Sizes(rows=300, scored=30, steps=3, hidden=4)),
}


def carried_out(name: str, seed: int = 1) -> tuple[Finding, list[float]]:
    """What the tiny version finds, and the shares that it reported as done."""
    run, sizes = TINY[name]
    shares: list[float] = []
    return run(EXPERIMENTS[name], (), seed, lambda done, _what: shares.append(done), sizes), shares


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))


@pytest.mark.parametrize("name", TINY)
def test_an_experiment_fills_table_and_plot_and_says_how_far_it_is(name: str, tmp_path: Path) -> None:
    finding, shares = carried_out(name)
    assert (finding.experiment, finding.claim, finding.seed) == (name, EXPERIMENTS[name].claim, 1)
    assert all(len(row) == len(finding.columns) for row in finding.rows)
    numbers = [value for row in finding.rows for value in row if isinstance(value, float)]
    assert numbers
    assert all(math.isfinite(value) for value in numbers)
    assert all(len(curve.x) == len(curve.y) and curve.x == sorted(curve.x) for curve in finding.series)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert not (tmp_path / "runs").exists()
    assert msgspec.json.decode(msgspec.json.encode(finding), type=Finding) == finding


def test_the_same_seed_finds_the_same_and_another_seed_another() -> None:
    assert carried_out("anomaly")[0] == carried_out("anomaly")[0]
    assert carried_out("anomaly", seed=2)[0].rows != carried_out("anomaly")[0].rows


# --- the chain rule


def measured(*figures: tuple[str, int, float]) -> list[chain_rule.Measured]:
    return [chain_rule.Measured(*each) for each in figures]


CHAINS = measured(("full joint", 2**64 - 1, 44.2), ("independent", 64, 44.4), ("NADE", 4192, 28.3))


def test_the_chain_rule_holds_where_a_chain_is_likelier_with_far_fewer_parameters() -> None:
    finding = chain_rule.conclude(EXPERIMENTS["chain-rule"], CHAINS, 28.08, 1)
    assert finding.held
    assert "NADE needs 28.30 nats an image with 4,192 parameters" in finding.sentence
    assert "44.20 with 1.8e+19" in finding.sentence
    assert "exact entropy is 28.08" in finding.sentence
    assert [row[0] for row in finding.rows] == ["full joint", "independent", "NADE"]


@pytest.mark.parametrize(
    "broken",
    [
        measured(("full joint", 2**64 - 1, 28.0), ("independent", 64, 44.4), ("NADE", 4192, 28.3)),
        measured(("full joint", 2**64 - 1, 44.2), ("independent", 64, 28.0), ("NADE", 4192, 28.3)),
        measured(("full joint", 2**10 - 1, 44.2), ("independent", 10, 44.4), ("NADE", 4192, 28.3)),
    ],
    ids=["the joint is likelier", "no conditional is better than none", "hardly fewer parameters"],
)
def test_a_broken_chain_rule_is_reported_so(broken: list[chain_rule.Measured]) -> None:
    assert not chain_rule.conclude(EXPERIMENTS["chain-rule"], broken, None, 1).held


def test_the_joint_table_is_counted_with_the_best_pseudo_count() -> None:
    train = np.array([[0, 0]] * 3 + [[1, 1]], dtype=np.uint8)
    held = np.array([[0, 0], [1, 1], [0, 1]], dtype=np.uint8)
    best = min(-np.mean([math.log((n + a) / (4 + 4 * a)) for n in (3, 1, 0)]) for a in chain_rule.PSEUDO_COUNTS)
    assert chain_rule.joint_nats(train, held) == pytest.approx(best)


def test_parameters_of_a_chain_are_those_of_its_tables() -> None:
    assert [chain_rule.chain_parameters(4, order) for order in (0, 1, 2, 9)] == [4, 7, 11, 15]


# --- orderings


def test_the_ensemble_has_to_beat_every_single_ordering() -> None:
    fixed = {"raster": 41.0, "spiral": 39.0}
    won = ordering.conclude(EXPERIMENTS["ordering"], fixed, {1: 42.0, 16: 38.0}, 1)
    assert won.held
    assert won.sentence.endswith(
        "needs 38.00 nats an image, where one order needs 39.00 (spiral) to 41.00 (raster): it beats 2 of 2."
    )
    lost = ordering.conclude(EXPERIMENTS["ordering"], fixed, {1: 38.0, 16: 40.0}, 1)
    assert not lost.held
    assert lost.sentence.endswith("it beats 1 of 2.")


def test_likelihoods_are_averaged_and_never_their_logarithms() -> None:
    p = np.array([[0.1, 0.5], [0.3, 0.1]])
    np.testing.assert_allclose(np.exp(ordering.log_mean_exp(np.log(p))), [0.2, 0.3])
    np.testing.assert_allclose(ordering.log_mean_exp(np.array([[-900.0], [-900.0]])), [-900.0])


# --- noise


def test_k_has_to_rise_at_every_step_towards_no_noise() -> None:
    each = [noise.Measured(0.0, -1.4, -1.4, -1.4), noise.Measured(0.1, -1.5, -1.4, -1.6)]
    rising = noise.conclude(EXPERIMENTS["noise"], each, 1)
    assert rising.held
    assert "from -1.500 nats a character at sigma 0.1 to -1.400 at 0, up at every step" in rising.sentence
    falling = noise.conclude(EXPERIMENTS["noise"], [*each, noise.Measured(0.2, -1.45, -1.4, -1.7)], 1)
    assert not falling.held
    assert "but not up" in falling.sentence


def test_without_noise_the_bound_is_the_likelihood() -> None:
    finding, _ = carried_out("noise")
    quiet, loud = finding.rows
    assert quiet[1] == quiet[2] == quiet[3]
    assert loud[1] != loud[2]


# --- particles


def of_particles(alone: float, most: float, equal: float) -> Finding:
    found = [
        particles.Measured(4, 1, 110, (alone, alone)),
        particles.Measured(4, 8, 138, (most - 1, most + 1)),
        particles.Measured(5, 1, 152, (equal,)),
    ]
    return particles.conclude(EXPERIMENTS["particles"], found, 1)


def test_particles_have_to_beat_one_of_their_size_and_one_of_as_many_parameters() -> None:
    finding = of_particles(31, 29, 30)
    assert finding.held
    assert "help at 1 of 1 sizes, and beat one of as many parameters at 1" in finding.sentence
    assert finding.rows[1] == [4, 8, 138, 29.0, 28, 30]
    assert not of_particles(31, 29, 28).held
    assert not of_particles(28, 29, 30).held


def test_one_particle_is_matched_by_the_fewest_units_that_have_as_many_parameters() -> None:
    domain = ROW_BUILT_INS["bars-and-stripes"].domain
    hidden = particles.match(domain, 4, 8)
    wanted = particles.parameters_of(domain, 4, 8)
    assert particles.parameters_of(domain, hidden - 1, 1) < wanted <= particles.parameters_of(domain, hidden, 1)


# --- classifying


def test_bayes_rule_has_to_be_ahead_at_every_number_of_images() -> None:
    few, many = discriminate.Measured(500, 0.5, 0.7, 0.1), discriminate.Measured(2000, 0.95, 0.9, 0.1)
    ahead = discriminate.conclude(EXPERIMENTS["discriminate"], [many], 100, 1)
    assert ahead.held
    assert "Bayes' rule finds 95.0% of 100 labels, a linear classifier 90.0%" in ahead.sentence
    behind = discriminate.conclude(EXPERIMENTS["discriminate"], [many, few], 100, 1)
    assert not behind.held
    assert behind.sentence.endswith("it is behind at 500.")


# --- anomalies


def test_a_kind_that_hides_among_the_digits_breaks_the_claim() -> None:
    digits = np.arange(100.0)
    odd = {"digits": digits, "noise": digits + 500}
    found = anomaly.conclude(EXPERIMENTS["anomaly"], odd, 98.0, 1)
    assert found.held
    assert found.rows == [["digits", 49.5, None, 0.01], ["noise", 549.5, 1.0, 1.0]]
    hidden = anomaly.conclude(EXPERIMENTS["anomaly"], odd | {"shapes": digits - 20}, 98.0, 1)
    assert not hidden.held
    assert "the hardest, shapes" in hidden.sentence


def test_a_curve_of_alarms_runs_from_none_to_all() -> None:
    curve = anomaly.roc("odd", np.arange(100.0), np.arange(100.0) + 50)
    assert (curve.x[0], curve.x[-1]) == (0, 1)
    assert curve.y == sorted(curve.y)
    assert curve.y[0] == pytest.approx(0.5)
    assert curve.y[-1] == 1


def test_spoiled_digits_have_so_many_pixels_turned() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (5, 64), dtype=np.uint8)
    made = anomaly.spoiled(rows, 1)
    assert ((made["3 pixels turned"] != rows).sum(1) == 3).all()
    assert ((made["10 pixels turned"] != rows).sum(1) == 10).all()
    assert (made["in disorder"].sum(1) == rows.sum(1)).all()


# --- what they share


def test_rows_written_for_a_training_come_back_as_they_were(tmp_path: Path) -> None:
    table, held = trained.parts_of(trained.rows_of("strokes", 3, 50, 0.2))
    assert (len(table), len(held)) == (40, 10)
    path = trained.write_rows(table, tmp_path / "rows.npz")
    data = replace_sources(trained.rows_of("strokes", 3, 50, 0.2), path)
    again, rest = trained.parts_of(data)
    both = np.concatenate((again.rows, rest.rows))
    assert sorted(map(bytes, both)) == sorted(map(bytes, table.rows))
    assert again.labels is not None
    bare = trained.write_rows(replace(table, labels=None, classes=()), tmp_path / "bare.npz")
    assert trained.parts_of(replace_sources(data, bare))[0].labels is None


def replace_sources(data: Any, path: str) -> Any:
    return msgspec.structs.replace(data, sources=(path,), size=None)
