"""A hidden unit along the text, told by a real engine while text is typed and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.backends.modeldir import read_model
from grnn_tui.engine.protocol import (
    Failed,
    ForceSymbol,
    Frame,
    Generate,
    HideUnit,
    MoveCursor,
    OpenModel,
    Pause,
    SetPrompt,
    ShowUnit,
    UnitShown,
)
from tests.support.engine import Screen, engine
from tests.support.models import LETTERS, make_model


class Shown:
    """The activations of one unit, put together from what frames tell."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.values: NDArray[np.float32] = np.zeros(0, np.float32)
        self.last: UnitShown | None = None
        self._seen = 0

    async def complete(self, unit: int | None = None, length: int | None = None) -> UnitShown:
        """Frames until the whole text (of `length` positions, if that is given) has its activations."""
        while True:
            await self.screen.until(Frame)
            for event in self.screen.events[self._seen :]:
                if isinstance(event, Frame) and event.unit is not None:
                    self.take(event.unit)
            self._seen = len(self.screen.events)
            done = self.last is not None and self.last.unit is not None and unit in (None, self.last.unit)
            assert self.screen.frame is not None
            still = not self.screen.frame.generating and not self.screen.frame.busy
            n = len(self.screen.text)
            if done and still and len(self.values) == n and length in (None, n):
                assert self.last is not None
                return self.last

    def take(self, shown: UnitShown) -> None:
        assert shown.start <= len(self.values)
        self.values = np.concatenate((self.values[: shown.start], np.frombuffer(shown.values, np.float32)))
        self.last = shown


def rows(model: Path, text: list[str]) -> NDArray[np.float32]:
    """Activations of all units along a text, by one plain pass."""
    player: Any = read_model(model).open_player()
    state, found = player.start(), []
    for label in text:
        if label in LETTERS.index:
            state = player.advance(state, LETTERS.index[label])
        found.append(player.features(state))
    return np.array(found)


async def test_a_unit_is_told_as_text_is_typed_written_and_forced(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        shown, send = Shown(screen), screen.client.send
        send(SetPrompt("abXc"))
        send(ShowUnit(5))
        await shown.complete()
        np.testing.assert_allclose(shown.values, rows(lstm, screen.text)[:, 5], atol=1e-6)
        send(Generate(700))
        await shown.complete(length=704)
        send(MoveCursor(-300))
        send(ForceSymbol(3))
        last = await shown.complete(length=405)
        expected = rows(lstm, screen.text)
        np.testing.assert_allclose(shown.values, expected[:, 5], atol=1e-6)
        assert (last.low, last.high) == pytest.approx((expected[:, 5].min(), expected[:, 5].max()), abs=1e-6)
        send(ShowUnit(2))
        await shown.complete(2)
        np.testing.assert_allclose(shown.values, expected[:, 2], atol=1e-6)


async def test_units_are_ordered_by_variance_or_by_a_mark(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        shown, send = Shown(screen), screen.client.send
        send(SetPrompt("abc abde a cab\na abc gg a b" * 9))
        send(ShowUnit())
        last = await shown.complete()
        expected = rows(lstm, screen.text).astype(float)
        assert last.unit == last.order[0] == expected.var(axis=0).argmax()
        assert last.score == pytest.approx(expected.var(axis=0).max(), rel=1e-4)
        assert sorted(last.order) == list(range(12))
        send(ShowUnit(None, "a"))
        following = await shown.screen.until(Frame, lambda f: f.unit is not None and f.unit.mark == "a")
        at = np.array([label == "a" for label in screen.text])
        r = [np.corrcoef(column, at)[0, 1] for column in expected.T]
        assert following.unit is not None
        assert following.unit.unit == np.abs(r).argmax()
        assert following.unit.score == pytest.approx(r[int(np.abs(r).argmax())], abs=1e-4)


async def test_a_unit_that_is_shown_stops_neither_keys_nor_the_stream(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        send = screen.client.send
        send(ShowUnit())
        send(Generate(1_000_000))
        before = await screen.until(Frame, lambda f: f.generating and f.unit is not None and f.unit.start > 500)
        after = await screen.until(Frame, lambda f: f.length > before.length + 500)
        assert after.unit is not None
        assert after.unit.start > 500, "only what is new is told"
        send(Pause())
        send(SetPrompt("abc"))
        frame = await screen.until(Frame, lambda f: f.prompt_text == "abc" and f.prediction is not None)
        assert frame.length == 3


async def test_nothing_is_told_unasked_and_no_more_once_hidden(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        assert all(event.unit is None for event in screen.events if isinstance(event, Frame))
        screen.client.send(ShowUnit())
        await screen.until(Frame, lambda f: f.unit is not None)
        screen.client.send(HideUnit())
        screen.client.send(SetPrompt("abc"))
        frame = await screen.settled(lambda f: f.prompt_text == "abc")
        assert frame.unit is None


async def test_a_model_without_units_says_so_and_another_has_its_own(lstm: Path, tmp_path: Path) -> None:
    ngram = make_model(tmp_path / "ngram", "ngram", LETTERS).path
    async with engine(tmp_path / "log", ngram) as screen:
        screen.client.send(SetPrompt("abc"))
        screen.client.send(ShowUnit(7))
        frame = await screen.until(Frame, lambda f: f.unit is not None and f.length == 3)
        assert frame.unit is not None
        assert frame.unit.unit is None
        screen.client.send(OpenModel(str(lstm)))
        frame = await screen.until(
            Frame, lambda f: f.unit is not None and f.unit.unit == 7 and len(f.unit.values) == 12
        )
        assert frame.unit is not None
        np.testing.assert_allclose(
            np.frombuffer(frame.unit.values, np.float32), rows(lstm, screen.text)[:, 7], atol=1e-6
        )
        assert not any(isinstance(event, Failed) for event in screen.events)
