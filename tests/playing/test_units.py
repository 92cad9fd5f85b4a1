"""Whatever becomes of a text, its activations are those of one plain pass over it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from numpy.typing import NDArray

from grnn_tui.playing import units as rooms
from grnn_tui.playing.session import Session
from grnn_tui.playing.units import Units
from tests.support.models import LETTERS
from tests.support.players import HistoryPlayer

prompts = st.text(alphabet="abcd\n Q", max_size=150)


class SeenPlayer(HistoryPlayer):
    """Its three units tell two texts apart."""

    def features(self, state: int) -> NDArray[np.float32]:
        return np.array([state % 997, state % 13, state % 2], np.float32)


def plain_pass(session: Session) -> NDArray[np.float32]:
    player, rows = SeenPlayer(LETTERS.size), []
    state = player.start()
    for symbol in session.current.symbols_between(0, session.length):
        state = player.advance(state, symbol) if symbol >= 0 else state
        rows.append(player.features(state))
    return np.array(rows, np.float32).reshape(-1, 3)


def new_session() -> Session:
    session = Session(SeenPlayer(LETTERS.size), LETTERS, seed=1)
    session.units.read(session.current)
    return session


class AnyHistory(RuleBasedStateMachine):
    """Typing, writing, stepping, forcing, other branches; and what is told, put together as a screen does."""

    def __init__(self) -> None:
        super().__init__()
        self.session = new_session()
        self.told = np.zeros(0, np.float32)

    @rule(text=prompts)
    def type(self, text: str) -> None:
        self.session.set_prompt(text)
        self.session.read()

    @rule(count=st.integers(1, 200))
    def write(self, count: int) -> None:
        self.session.write(count)

    @rule(by=st.integers(-150, 50))
    def move(self, by: int) -> None:
        self.session.move(by)

    @rule(symbol=st.integers(0, LETTERS.size - 1))
    def force(self, symbol: int) -> None:
        self.session.force(symbol)

    @precondition(lambda self: len(self.session.branches) > 1)
    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        self.session.switch(data.draw(st.sampled_from(sorted(self.session.branches))))

    @rule()
    def read_a_little(self) -> None:
        self.session.units.read(self.session.current, 0)

    @invariant()
    def nothing_is_stale(self) -> None:
        units = self.session.units
        expected = plain_pass(self.session)[: units.stop]
        for unit in range(3):
            np.testing.assert_array_equal(units.along(unit, 0), expected[:, unit])

    @rule()
    def tell(self) -> None:
        units = self.session.units
        units.read(self.session.current)
        start = units.take_change()
        assert start <= len(self.told)
        self.told = np.concatenate((self.told[:start], units.along(0, start)))
        np.testing.assert_array_equal(self.told, plain_pass(self.session)[:, 0])


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_each_new_symbol_costs_one_step() -> None:
    session = new_session()
    session.write(500)
    session.units.read(session.current)
    player = session.player
    assert isinstance(player, SeenPlayer)
    before = player.steps
    session.write(1)
    session.units.read(session.current)
    assert player.steps == before + 2


def test_of_a_long_text_the_last_part_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "KEPT_BYTES", 0)
    session = new_session()
    for _ in range(9):
        session.write(400)
        session.units.read(session.current)
        assert session.length - session.units.first >= min(session.length, rooms.LEAST // 2 - rooms.CHUNK)
        assert len(session.units._rows) <= rooms.LEAST
    units = session.units
    np.testing.assert_array_equal(units.along(0, units.first), plain_pass(session)[units.first :, 0])
    session.set_prompt("abc")
    session.read()
    units.read(session.current)
    assert (units.first, units.stop) == (0, 3)
    session.set_prompt("ab" * 3000)
    session.read()
    units.read(session.current)
    assert (units.stop - units.first, units.stop) == (rooms.LEAST, 6000)
    np.testing.assert_array_equal(units.along(0, units.first), plain_pass(session)[units.first :, 0])


def test_another_model_has_units_of_its_own() -> None:
    session = new_session()
    session.set_prompt("abc")
    session.read()
    session.units.read(session.current)
    session.set_player(HistoryPlayer(LETTERS.size), LETTERS)
    session.read()
    units: Units = session.units
    units.read(session.current)
    assert units.count == 0
    assert not units.behind(session.length)
    assert units.ranking(session.current, '"').order.size == 0
