"""Rows completed from a part that is known: exact where the order allows, else by particles that come near to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError
from grnn_tui.playing.cloud import Cloud
from grnn_tui.playing.completion import complete
from grnn_tui.playing.known import known_of, planned
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.rows import RowSession
from grnn_tui.playing.sampling import Sampling
from tests.support.row_players import DriftPlayer, TablePlayer

BITS = RowDomain(kind="binary", shape=(5,))
COUNT = 400


def mask(*known: int, length: int = 5) -> NDArray[Any]:
    return np.isin(np.arange(length), known)


def distance(player: TablePlayer, rows: NDArray[Any], known: NDArray[Any], values: NDArray[Any]) -> float:
    """Total variation between the frequencies of `rows` and the exact posterior."""
    found = np.array([(rows == row).all(1).mean() for row in player.rows])
    return float(np.abs(found - player.posterior(known, values)).sum() / 2)


@pytest.mark.parametrize(
    ("ordering", "reorders", "known"),
    [(None, False, (0, 1)), ([4, 2, 0, 1, 3], False, (4, 2)), (None, True, (2, 4))],
    ids=["prefix", "prefix-of-an-order", "another-order"],
)
def test_it_is_exact_when_what_is_known_comes_first(
    ordering: list[int] | None, reorders: bool, known: tuple[int, ...]
) -> None:
    player = TablePlayer(BITS, ordering=ordering, reorders=reorders)
    values = np.array([1, 0, 1, 0, 1])
    rows, exact = complete(player, BITS, mask(*known), values, COUNT, seed=5000)
    assert exact
    assert (rows[:, mask(*known)] == values[mask(*known)]).all()
    assert distance(player, rows, mask(*known), values) < 0.1


def test_particles_come_near_to_the_posterior_and_nearer_with_more_of_them() -> None:
    player, values, known = TablePlayer(BITS, seed=2), np.array([0, 1, 0, 1, 1]), mask(3, 4)
    away = {}
    for particles in (2, 32):
        rows, exact = complete(player, BITS, known, values, COUNT, particles=particles)
        assert not exact
        assert (rows[:, known] == values[known]).all()
        away[particles] = distance(player, rows, known, values)
    blind, _ = complete(player, BITS, mask(), values, COUNT)
    blind[:, known] = values[known]
    assert away[32] < 0.08
    assert away[2] > 2 * away[32]
    assert distance(player, blind, known, values) > 4 * away[32]


def test_the_same_seed_completes_the_same_and_row_i_has_seed_plus_i() -> None:
    player, values, known = TablePlayer(BITS), np.array([0, 1, 0, 1, 1]), mask(2, 4)
    rows, _ = complete(player, BITS, known, values, 12, seed=4)
    np.testing.assert_array_equal(rows, complete(player, BITS, known, values, 12, seed=4)[0])
    np.testing.assert_array_equal(rows[3:], complete(player, BITS, known, values, 9, seed=7)[0])
    assert len(np.unique(rows, axis=0)) > 1


def test_real_values_are_completed_towards_what_is_known_later() -> None:
    domain = RowDomain(kind="real", shape=(3,))
    rows, exact = complete(DriftPlayer(), domain, mask(2, length=3), np.array([0, 0, 9.0]), 8, particles=16)
    free, _ = complete(DriftPlayer(), domain, mask(length=3), np.zeros(3), 8)
    assert not exact
    assert (rows[:, 2] == 9).all()
    assert rows[:, 1].mean() > free[:, 1].mean() + 2


def test_everything_or_nothing_known_is_exact() -> None:
    player, values = TablePlayer(BITS), np.array([0, 1, 0, 1, 1])
    assert complete(player, BITS, mask(), values, 2)[1]
    rows, exact = complete(player, BITS, mask(0, 1, 2, 3, 4), values, 2)
    assert exact
    np.testing.assert_array_equal(rows, [values, values])


def test_a_part_the_model_holds_impossible_is_completed_all_the_same() -> None:
    player = TablePlayer(BITS)
    player.joint[player.rows[:, 4] == 1] = 0
    rows, _ = complete(player, BITS, mask(4), np.ones(5), 3)
    assert (rows[:, 4] == 1).all()


def test_few_effective_particles_are_drawn_anew() -> None:
    player, nothing = TablePlayer(BITS, seed=2), np.zeros(5)
    plan = planned(player, BITS, known_of(BITS, mask(2, 3, 4), np.ones(5)), 16)
    anew = 0
    for seed in range(40):
        cloud = Cloud(plan, 0, player.start(), (nothing, nothing, nothing), Luck(seed))
        while cloud.step < 4:
            cloud.advance(Sampling())
            assert cloud.effective >= 8
            anew += cloud.step > 2 and cloud.effective == pytest.approx(16, abs=1e-9)
        cloud.advance(Sampling())
        assert cloud.done
        assert cloud.values[cloud.chosen(), 2:].tolist() == [1, 1, 1]
    assert anew


def test_a_session_writes_what_the_function_completes() -> None:
    player, values, known = TablePlayer(BITS), np.array([0, 1, 0, 1, 1]), mask(1, 4)
    session = RowSession(player, BITS, None, 4)
    session.paint(known, values)
    assert not session.plan.exact
    session.write(99)
    rows, _ = complete(player, BITS, known, values, 8, seed=4)
    np.testing.assert_array_equal([path.row() for path in session.sheet], rows)
    session.select(2)
    session.move(-3)
    assert session.outlook() is not None
    session.force(1 - session.path.values[session.cursor])
    session.write(99)
    assert session.path.row()[4] == 1


def test_particle_numbers_have_bounds() -> None:
    with pytest.raises(UsageError, match="particles"):
        complete(TablePlayer(BITS), BITS, mask(1), np.zeros(5), 1, particles=1)
