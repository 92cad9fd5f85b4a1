"""Rows drawn side by side are those drawn one by one, and not many are at work at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player
from grnn_tui.backends.registry import backend_named
from grnn_tui.backends.together import Bernoullis, Mixtures, Together
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError
from grnn_tui.playing import drawing
from grnn_tui.playing.known import known_of, planned
from grnn_tui.playing.row_drawing import FEW, SIDE_BY_SIDE, draw_rows
from grnn_tui.playing.row_path import RowPath
from grnn_tui.playing.sampling import Sampling
from tests.support.models import make_row_network
from tests.support.row_players import DriftPlayer, TablePlayer

BITS = RowDomain(kind="binary", shape=(6, 7))
REAL = RowDomain(kind="real", shape=(5,), mean=(0.0, 10.0, -3.0, 1e4, 0.0), scale=(1.0, 2.0, 0.1, 500.0, 1.0))
CASES: list[tuple[str, RowDomain, dict[str, Any]]] = [
    ("binary-nade", BITS, {"hidden": 50, "activation": "sigmoid", "ordering": "spiral"}),
    ("binary-nade", BITS, {"hidden": 33, "activation": "relu", "order_agnostic": True, "layers": 2}),
    ("rnade", REAL, {"hidden": 20, "components": 3}),
]
SETTINGS = [
    Sampling(),
    Sampling(temperature=0.6),
    Sampling(temperature=0.0),
    Sampling(top_k=1),
    Sampling(temperature=1.5, top_p=0.7),
]
COUNT = 2 * FEW


def player_of(name: str, domain: RowDomain, settings: dict[str, Any]) -> Player[Any, Any]:
    backend = backend_named(name)
    network = make_row_network(name, domain, **settings)
    return backend.open_player(backend.parse_settings(settings), domain, network.arrays())


def drawn(player: Player[Any, Any], domain: RowDomain, seed: int, count: int, sampling: Sampling) -> tuple[Any, Any]:
    parts = list(draw_rows(planned(player, domain), seed, count, sampling))
    return np.concatenate([part.rows for part in parts]), np.concatenate([part.nats for part in parts])


@pytest.mark.parametrize("sampling", SETTINGS, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_row_is_the_same_alone_among_others_and_on_the_screen(
    case: tuple[str, RowDomain, dict[str, Any]], sampling: Sampling
) -> None:
    player, domain = player_of(*case), case[1]
    rows, nats = drawn(player, domain, 10, COUNT, sampling)
    for i in range(COUNT):
        path = RowPath(planned(player, domain), 10 + i)
        while not path.done:
            path.write(sampling)
        alone, its_nats = drawn(player, domain, 10 + i, 1, sampling)
        np.testing.assert_array_equal(path.row(), rows[i])
        np.testing.assert_array_equal(alone[0], rows[i])
        assert nats[i] == pytest.approx(path.nats.sum(), rel=1e-12)
        assert its_nats[0] == pytest.approx(path.nats.sum(), rel=1e-12)
    assert sampling.temperature == 0 or sampling.top_k == 1 or len(np.unique(rows, axis=0)) == COUNT


def test_what_is_known_stands_in_every_row_and_is_weighed() -> None:
    player = player_of(*CASES[1])
    mask, values = np.zeros(42, bool), np.zeros(42)
    mask[:20], values[:20] = True, np.arange(20) % 3 == 0
    plan = planned(player, BITS, known_of(BITS, mask, values))
    (part,) = draw_rows(plan, 3, COUNT, Sampling())
    np.testing.assert_array_equal(part.rows[:, :20], np.tile(values[:20], (COUNT, 1)))
    for i in range(COUNT):
        (alone,) = draw_rows(plan, 3 + i, 1, Sampling())
        np.testing.assert_array_equal(part.rows[i], alone.rows[0])
        assert part.nats[i] == pytest.approx(alone.nats[0], rel=1e-12)


def test_a_model_that_cannot_is_drawn_one_row_after_the_other() -> None:
    table = TablePlayer(RowDomain(kind="binary", shape=(5,)))
    assert table.together(3) is None
    assert drawn(table, table.domain, 0, 30, Sampling())[0].shape == (30, 5)
    real = RowDomain(kind="real", shape=(3,))
    assert np.isfinite(drawn(DriftPlayer(), real, 0, 30, Sampling())[0]).all()


def test_few_rows_are_at_work_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    player, asked = player_of(*CASES[0]), []
    together = player.together

    def counted(rows: int, condition: Any = None) -> Together | None:
        asked.append(rows)
        return together(rows, condition)

    monkeypatch.setattr(player, "together", counted)
    rows, _ = drawn(player, BITS, 0, 2 * SIDE_BY_SIDE + 9, Sampling())
    assert asked == [SIDE_BY_SIDE, SIDE_BY_SIDE, 9]
    assert len(rows) == 2 * SIDE_BY_SIDE + 9
    assert [len(part.rows) for part in draw_rows(planned(player, BITS), 0, 0, Sampling())] == []


@pytest.mark.parametrize("uniform", [0.0, 0.25, 0.999999])
def test_mixtures_are_sampled_as_each_by_itself(uniform: float) -> None:
    rng = np.random.default_rng(1)
    weights: NDArray[Any] = rng.dirichlet(np.ones(4), 9)
    weights[0] = [1, 0, 0, 0]
    mixtures = Mixtures(weights, rng.standard_normal((9, 4)) * 10, rng.exponential(size=(9, 4)))
    together = mixtures.sample(np.full(9, uniform))
    assert together.tolist() == [mixtures.of(i).sample(uniform) for i in range(9)]


def test_predictions_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ModelError, match="not a number"):
        drawing._draw(Bernoullis(np.array([0.0, np.nan])), Sampling(), np.zeros(2))
    broken = Mixtures(np.ones((2, 1)), np.array([[0.0], [np.inf]]), np.ones((2, 1)))
    assert not replace(broken, weights=np.zeros((2, 1))).sound
    with pytest.raises(ModelError, match="not a number"):
        drawing._draw(broken, Sampling(), np.zeros(2))
