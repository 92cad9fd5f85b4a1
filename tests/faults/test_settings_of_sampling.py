"""Settings out of their bounds, prompts of nothing and of what no model knows: a result or one line, everywhere."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from grnn_tui.engine.framing import encode
from grnn_tui.engine.models import open_model
from grnn_tui.engine.protocol import Failed, Frame, FrameShown, Generate, Request, Reroll, SetPrompt, SetSampling
from grnn_tui.engine.row_protocol import SheetFrame
from grnn_tui.errors import GrnnError
from grnn_tui.playing.generation import generate
from grnn_tui.playing.sampling import Sampling, draw_next
from tests.backends.row_cases import PICTURE
from tests.cli.conftest import run as run
from tests.support.command import Command
from tests.support.engine import engine
from tests.support.models import LETTERS, WORDS, make_model, make_row_model
from tests.support.promises import Harm, Reached

VALUES: dict[str, list[Any]] = {
    "temperature": [0, -1, math.nan, math.inf, -math.inf, 1e-40, 1e-308, 5e-324, 1e6, 1e7, 1e308],
    "top_k": [-1, 0, 1, 10**9, 10**9 + 1, 2**63 - 1, 2**63, -(2**63), 1.5],
    "top_p": [0, -1, math.nan, 1e-300, 1, 1.1, math.inf],
    "min_p": [-1, math.nan, 0, 1, 2, 1e-300],
    "repetition_penalty": [0, -1, math.nan, math.inf, 1e-300, 100, 101],
    "repetition_window": [-1, 0, 4096, 4097, 2**63],
}
OUT_OF_BOUNDS: dict[str, list[Any]] = {
    "temperature": [-1, math.nan, math.inf, -math.inf, 1e7, 1e308],
    "top_k": [-1, 10**9 + 1, 2**63 - 1, 2**63, -(2**63), 1.5],
    "top_p": [0, -1, math.nan, 1.1, math.inf],
    "min_p": [-1, math.nan, 2],
    "repetition_penalty": [0, -1, math.nan, math.inf, 101],
    "repetition_window": [-1, 4097, 2**63],
}
"""Those that are refused; all else has to give a result."""
PROMPTS = ["", "abc", "\U0001f600 never seen \x1b]52;c;aGk=\x07", "\udcff", "\0", "a" * 3000]
ALL = [(name, value) for name, values in VALUES.items() for value in values]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of characters, one of words, one of rows."""
    folder = tmp_path_factory.mktemp("models")
    np.save(folder / "rows.npy", np.zeros((2, *PICTURE.shape), np.uint8))
    for i, prompt in enumerate(PROMPTS[:5]):
        (folder / f"prompt{i}.txt").write_bytes(prompt.encode("utf-8", "surrogateescape"))
    return {
        "characters": make_model(folder / "characters", "lstm", LETTERS).path,
        "words": make_model(folder / "words", "gru", WORDS).path,
        "rows": make_row_model(folder / "rows", "binary-nade", PICTURE, hidden=6, activation="relu").path,
    }


def option(name: str, value: object) -> str:
    return f"--{name.replace('_', '-')}={value}"


@pytest.mark.promise(24)
@pytest.mark.parametrize("model", ["characters", "words", "rows"])
def test_the_command_line_gives_a_result_or_one_line(
    model: str, models: dict[str, Path], run: Command, reached: Reached
) -> None:
    tried = 0
    for words in commands(str(models[model]), model == "rows"):
        ran = run(*words)
        assert ran.status in (0, 2), (words, ran)
        assert "Traceback" not in ran.err
        if ran.status:
            assert len(ran.err.splitlines()) == 1, (words, ran.err)
            assert "\x1b" not in ran.err
        tried += 1
    reached(settings_and_prompts=tried, crashes=0)


def commands(model: str, rows: bool) -> Iterator[list[str]]:
    few = ["--count", "2"] if rows else ["--length", "5"]
    for name, value in ALL:
        yield ["generate", model, *few, option(name, value)]
        yield ["next", model, option(name, value)]
    for prompt in () if rows else PROMPTS[:3]:
        yield ["generate", model, "--length", "5", "--prompt", prompt]
        yield ["next", model, "--prompt", prompt]
    if rows:
        for name, value in ALL:
            known = ["--known", "top-half", "--count", "1"]
            yield ["complete", model, str(Path(model, "../rows.npy")), *known, option(name, value)]
    for i in () if rows else range(5):
        yield ["score", model, str(Path(model, f"../prompt{i}.txt"))]
    for seed, length in itertools.product((-1, 0, 2**63, 2**64, 2**80), (-1, 0, 3)):
        yield ["generate", model, f"--seed={seed}", f"--{'count' if rows else 'length'}={length}"]


@pytest.mark.promise(24)
@pytest.mark.parametrize("model", ["characters", "words"])
def test_the_api_gives_a_result_or_one_line(model: str, models: dict[str, Path], reached: Reached) -> None:
    opened, tried = open_model(str(models[model])), 0
    for (name, value), prompt in itertools.product(ALL, ["", PROMPTS[2]]):
        told = "a result"
        try:
            sampling = Sampling(**{name: value})
            assert "".join(generate(opened.player, opened.vocabulary, prompt, 3, sampling, seed=1))
            draw_next(opened.player.predict(opened.player.start()), sampling, [0, 1], 0.999999)
        except GrnnError as error:
            told = str(error)
        assert len(told.splitlines()) == 1
        assert (told != "a result") == (value in OUT_OF_BOUNDS[name]), (name, value, told)
        tried += 1
    reached(settings_and_prompts=tried)


@pytest.mark.promise(24)
@pytest.mark.parametrize("model", ["characters", "rows"])
async def test_the_engine_gives_a_frame_or_one_line_and_lives_on(
    model: str, models: dict[str, Path], tmp_path: Path, harm: Harm, reached: Reached
) -> None:
    rows = model == "rows"
    async with engine(tmp_path / "log") as screen:
        from grnn_tui.engine.protocol import OpenModel

        screen.client.send(OpenModel(str(models[model])))
        tried = 0
        for name, value in ALL:
            try:
                request: list[Request] = [SetSampling(Sampling(**{name: value}), 1)]
                encode(request[0])
            except (OverflowError, msgspec.ValidationError):
                continue  # the protocol itself cannot say it
            prompt = [] if rows else [SetPrompt(PROMPTS[tried % len(PROMPTS)])]
            for one in (*request, *prompt, Generate(2), Reroll(1, 1)):
                screen.client.send(one)
            tried += 1
        screen.client.send(SetSampling(Sampling(), 7))
        screen.client.send(Reroll(12345, 1))
        failures = 0
        while True:
            event = await asyncio.wait_for(screen.client.next_event(), 60)
            if isinstance(event, Failed):
                failures += 1
                assert len(event.text.splitlines()) == 1
            if isinstance(event, Frame | SheetFrame):
                screen.client.send(FrameShown())
                if settled(event):
                    break
            assert event is not None
            assert type(event).__name__ != "EngineDied", event
        assert failures
    assert "Traceback" not in (tmp_path / "log").read_text()
    reached(settings_and_prompts=tried)


def settled(event: Frame | SheetFrame) -> bool:
    """Whether the last thing that was asked for is done."""
    if isinstance(event, SheetFrame):
        return not event.generating and not event.busy and any(s.seed == 12345 for s in event.splices)
    return not event.generating and not event.busy and any(b.seed == 12345 for b in event.branches or [])
