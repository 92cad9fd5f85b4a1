"""A model of text that can be told something, over a real engine, and the keys that tell it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from grnn_tui.backends.modeldir import read_model
from grnn_tui.data.condition import Condition
from grnn_tui.engine.protocol import Failed, Frame, ModelOpened, Request, SetPrompt
from grnn_tui.engine.row_protocol import SetCondition
from grnn_tui.playing.scoring import score
from grnn_tui.playing.told import told
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.panes.controls.view import settings_of, stepped, value_text
from tests.support.engine import engine
from tests.support.models import LETTERS, make_model

TONGUES = msgspec.structs.replace(LETTERS, condition=Condition(classes=("north", "south")))
BITS = 1 / math.log(2)


@pytest.fixture(scope="module")
def tongues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tongues", "gru", TONGUES).path


async def test_what_it_is_told_moves_the_bars_and_the_figures_of_the_prompt(tongues: Path, tmp_path: Path) -> None:
    model = read_model(tongues)
    symbols = TONGUES.encode("abc").symbols

    def bits(label: str | None) -> float:
        return float(score(told(model.open_player(), TONGUES, label), symbols).sum() * BITS)

    def near(frame: Frame, expected: float) -> bool:
        return frame.prompt_text == "abc" and abs(frame.totals.bits - expected) < 1e-4

    async with engine(tmp_path / "log", tongues) as screen:
        screen.client.send(SetPrompt("abc"))
        await screen.settled(lambda f: near(f, bits(None)))
        screen.client.send(SetCondition([[0.0, 1.0]]))
        await screen.settled(lambda f: near(f, bits("south")))
        screen.client.send(SetCondition([]))
        await screen.settled(lambda f: near(f, bits(None)))
        screen.client.send(SetCondition([[1.0, 2.0, 3.0]]))
        refused = await screen.until(Failed)
        assert "2 numbers" in refused.text
    assert not np.isclose(bits("south"), bits("north"))


def opened(classes: list[str]) -> ModelOpened:
    return ModelOpened("m", "m", "gru", "", None, False, "character", ["a"], classes=classes)


def test_keys_tell_it_a_label_and_another_model_forgets_it() -> None:
    sent: list[Request] = []
    controller = Controller(sent.append)
    controller.take([opened(["north", "south"])])
    names = [setting.name for setting in settings_of(controller.controls)]
    assert "label" in names
    assert value_text(controller.controls, "label") == "none"
    controller.set_controls(stepped(controller.controls, "label", 1))
    assert value_text(controller.controls, "label") == "north"
    controller.set_controls(stepped(controller.controls, "label", 5))
    assert conditions(sent) == [[[1.0, 0.0]], [[0.0, 1.0]]]
    assert SetCondition([[0.0, 1.0]]) in controller.restoring()
    controller.take([opened(["north", "south"])])
    assert value_text(controller.controls, "label") == "south"
    controller.take([opened([])])
    assert "label" not in [setting.name for setting in settings_of(controller.controls)]
    assert conditions(sent)[-1] == []


def conditions(sent: list[Request]) -> list[Any]:
    return [request.vectors for request in sent if isinstance(request, SetCondition)]
