"""Sheets of rows: the same luck, stepping, forcing, branching, another model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grnn_tui.backends.distribution import Bernoulli, MixtureOfGaussians
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError, UsageError
from grnn_tui.playing.row_outlook import DensityOutlook, expectation
from grnn_tui.playing.rows import RowSession
from grnn_tui.playing.sampling import Sampling, draw_value
from tests.support.row_players import DriftPlayer, TablePlayer

BITS = RowDomain(kind="binary", shape=(6,))
GREY = RowDomain(kind="levels", shape=(2, 2), levels=3)
REAL = RowDomain(kind="real", shape=(25,))


def written(session: RowSession) -> list[list[float]]:
    while not session.done:
        session.write(7)
    return [path.row().tolist() for path in session.sheet]


def sheet(domain: RowDomain = BITS, seed: int = 3, player: Any = None, sampling: Sampling | None = None) -> RowSession:
    player = player or (DriftPlayer() if domain.kind == "real" else TablePlayer(domain))
    return RowSession(player, domain, sampling, seed)


@pytest.mark.parametrize("domain", [BITS, GREY, REAL], ids=lambda d: d.kind)
def test_the_same_seed_writes_the_same_sheet_and_sample_i_has_seed_plus_i(domain: RowDomain) -> None:
    rows = written(sheet(domain))
    assert rows == written(sheet(domain))
    assert rows[2:] == written(sheet(domain, seed=5))[:-2]
    assert len({tuple(row) for row in rows}) > 1


def test_slices_of_time_do_not_matter() -> None:
    session, whole = sheet(), written(sheet())
    while not session.done:
        session.write(2, seconds=0.0)
    assert [path.row().tolist() for path in session.sheet] == whole


def test_surprisal_is_the_models_own_and_the_maps_say_what_it_expected() -> None:
    player = TablePlayer(BITS, ordering=[5, 3, 1, 0, 2, 4])
    session = sheet(player=player, sampling=Sampling(temperature=0.5))
    for row, path in zip(written(session), session.sheet, strict=True):
        found = int(np.flatnonzero((player.rows == row).all(1))[0])
        assert path.nats.sum() == pytest.approx(-np.log(player.joint[found]))
        p = np.where(path.values == 1, path.expected, 1 - path.expected)
        np.testing.assert_allclose(-np.log(p), path.nats)
    totals = session.totals()
    assert totals.finished == 8
    assert totals.mean_nats == pytest.approx(np.mean([path.nats.sum() for path in session.sheet]))


def test_a_low_temperature_writes_the_likeliest_values_and_truncation_removes_others() -> None:
    greedy = sheet(GREY, sampling=Sampling(temperature=0))
    assert len({tuple(row) for row in written(greedy)}) == 1
    top = sheet(GREY, sampling=Sampling(top_k=1))
    assert written(top) == written(greedy)


def test_temperature_narrows_a_density_and_truncation_leaves_it() -> None:
    density = DriftPlayer().predict((0.0, 0))
    uniforms = np.linspace(0.01, 0.99, 99)
    spread = [np.std([draw_value(density, Sampling(temperature=t), u)[0] for u in uniforms]) for t in (0.2, 1.0, 2.0)]
    assert spread[0] < spread[1] < spread[2]
    assert draw_value(density, Sampling(top_k=1, top_p=0.1, min_p=0.9), 0.3) == draw_value(density, Sampling(), 0.3)
    value, nats = draw_value(density, Sampling(temperature=0), 0.9)
    assert value == pytest.approx(-1, abs=1e-6)
    assert nats == pytest.approx(-density.log_prob(-1.0))


@pytest.mark.parametrize("logit", [-800.0, -3.0, 0.0, 0.2, 40.0, 800.0])
def test_a_bit_is_drawn_like_any_other_symbol(logit: float) -> None:
    bit = Bernoulli(logit)
    for uniform in (0.0, 0.1, 0.49, 0.5, 0.51, 0.9, 1 - 1e-9):
        value, nats = draw_value(bit, Sampling(), uniform)
        assert value == bit.sample(uniform)
        assert nats == pytest.approx(-bit.log_prob(int(value)))
    assert expectation(bit) == pytest.approx(bit.probs[1])
    with pytest.raises(ModelError, match="not a number"):
        draw_value(Bernoulli(float("nan")), Sampling(), 0.5)


def test_a_density_that_is_no_number_is_refused() -> None:
    broken = MixtureOfGaussians(np.ones(1), np.array([np.nan]), np.ones(1))
    with pytest.raises(ModelError, match="not a number"):
        draw_value(broken, Sampling(), 0.5)


@pytest.mark.parametrize("domain", [BITS, REAL], ids=lambda d: d.kind)
def test_stepping_back_shows_what_was_drawn_from(domain: RowDomain) -> None:
    session = sheet(domain)
    written(session)
    session.select(4)
    path, nats = session.path, session.path.nats.copy()
    for step in (domain.length - 1, 0, domain.length // 2):
        session.move(step - session.cursor)
        outlook = session.outlook()
        assert outlook is not None
        bits = outlook.chosen_nats if isinstance(outlook, DensityOutlook) else (outlook.chosen_bits or 0) * np.log(2)
        assert outlook.chosen == path.values[step]
        assert bits == pytest.approx(nats[step])
    session.move(999)
    assert session.cursor == domain.length
    assert session.outlook() is None


def test_forcing_a_value_forgets_what_followed_and_the_same_luck_goes_on() -> None:
    session = sheet()
    before = written(session)
    session.select(1)
    session.move(-4)
    session.force(1 - before[1][2])
    assert (session.path.length, session.cursor, session.path.forced) == (3, 3, {2})
    after = written(session)
    assert after[0] == before[0]
    assert after[1][:2] == before[1][:2]
    assert after[1][2] != before[1][2]
    session.move(-4)
    session.force(before[1][2])
    assert written(session)[1] == before[1]


def test_a_branch_begins_as_its_sample_does_and_has_its_own_luck() -> None:
    session = sheet(REAL)
    before = written(session)
    session.move(10 - session.cursor)
    session.branch()
    assert (len(session.sheet), session.selected, session.path.length) == (9, 8, 10)
    after = written(session)
    assert after[:8] == before
    assert after[8][:10] == before[0][:10]
    assert after[8][10:] != before[0][10:]


def test_what_cannot_be_is_refused_in_one_line() -> None:
    session = sheet(GREY)
    wishes: tuple[Callable[[], None], ...] = (
        lambda: session.force(3),
        lambda: session.force(0.5),
        lambda: session.select(8),
        lambda: session.set_samples(0),
        lambda: session.set_samples(4, particles=1),
        lambda: session.set_condition(np.ones(2, np.float32)),
        lambda: session.reorder(np.array([0, 1, 2, 2])),
        lambda: session.reorder(np.array([3, 1, 2, 0])),
        lambda: session.paint(np.ones(3), np.ones(3)),
        lambda: session.paint(np.ones(4), np.full(4, 7)),
        lambda: session.set_sampling(Sampling(), -1),
    )
    for wish in wishes:
        with pytest.raises(UsageError) as refused:
            wish()
        assert len(str(refused.value).splitlines()) == 1
    written(session)
    with pytest.raises(UsageError, match="finished"):
        session.force(1)


def test_another_model_sees_the_same_rows_and_tells_other_figures() -> None:
    session = sheet()
    before = written(session)
    nats = [path.nats.copy() for path in session.sheet]
    other = TablePlayer(BITS, seed=5)
    session.set_player(other)
    assert session.busy
    assert session.outlook() is None
    session.read(0.0)
    session.read()
    assert [path.row().tolist() for path in session.sheet] == before
    row = int(np.flatnonzero((other.rows == before[0]).all(1))[0])
    assert session.sheet[0].nats.sum() == pytest.approx(-np.log(other.joint[row]))
    assert session.sheet[0].nats.sum() != pytest.approx(nats[0].sum())
    session.set_player(TablePlayer(BITS, ordering=[5, 4, 3, 2, 1, 0]))
    assert session.untouched


def test_samples_are_told_in_turn_what_a_condition_says() -> None:
    domain = RowDomain(kind="real", shape=(3,), condition=Condition(features=("x",)))
    session = RowSession(DriftPlayer(), domain, Sampling(temperature=0), 1)
    session.set_condition([np.array([5.0]), None])
    rows = written(session)
    assert rows[0] == pytest.approx(rows[2]) != pytest.approx(rows[1])
    assert rows[1] == pytest.approx(rows[3])
    assert rows[0][0] == pytest.approx(3)
    session.select(1)
    session.move(-3)
    assert isinstance(outlook := session.outlook(), DensityOutlook)
    assert outlook.raw.means[0] == -1


def test_long_rows_keep_few_states_and_replay_few_steps() -> None:
    domain = RowDomain(kind="binary", shape=(4,))
    long = RowDomain(kind="real", shape=(300,))
    session = RowSession(DriftPlayer(), long)
    session.set_samples(1)
    session.write(300)
    assert len(session.path._states) <= 26
    player = TablePlayer(domain)
    small = RowSession(player, domain)
    written(small)
    player.advanced = 0
    small.move(-2)
    small.outlook()
    assert player.advanced <= 4
