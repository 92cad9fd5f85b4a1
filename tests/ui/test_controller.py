"""Wishes become requests, and the engine's words become state, without any widget."""

from __future__ import annotations

from typing import Any

import pytest

from grnn_tui.engine import protocol as p
from grnn_tui.engine.client import EngineDied
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.link import EngineLink
from grnn_tui.ui.model import PlayState, reduce
from tests.ui.support.fake_engine import FakeEngine


def frame(text: str, *, start: int = 0, prompt: int = 2, **changes: Any) -> p.Frame:
    part = list(text[start:])
    fields: dict[str, Any] = {
        "splices": [p.Splice(start, part, [0] * len(part), [1.0] * len(part))],
        "branch": 0,
        "cursor": len(text),
        "length": len(text),
        "prompt": prompt,
        "prompt_text": text[:prompt],
        "prediction": None,
        "totals": p.Totals(len(text), float(len(text)), prompt, float(prompt)),
        "generating": False,
        "rate": 0.0,
    }
    return p.Frame(**(fields | changes))


@pytest.fixture
def sent() -> list[Any]:
    return []


@pytest.fixture
def controller(sent: list[Any]) -> Controller:
    made = Controller(sent.append, prompt="ab")
    made.take([frame("ab", prompt=2)])
    return made


def test_frames_add_up_to_the_text() -> None:
    state = PlayState()
    for event in (frame("abcd"), frame("abcdef", start=4), frame("abX", start=2)):
        state = reduce(state, event)
    assert state.transcript.between(0, 9) == "abX"
    assert state.length == 3


def test_an_older_state_is_not_changed_by_a_newer_one() -> None:
    first = reduce(PlayState(), frame("abcd"))
    reduce(first, frame("abXY", start=2))
    reduce(first, frame("abcdef", start=4))
    assert first.transcript.between(0, 9) == "abcd"


def test_a_frame_without_splices_can_shorten_the_text() -> None:
    state = reduce(reduce(PlayState(), frame("abcd")), frame("ab", splices=[]))
    assert state.transcript.length == 2


def test_the_prompt_is_sent_once_for_each_change(controller: Controller, sent: list[Any]) -> None:
    controller.set_prompt("abc")
    controller.set_prompt("abc")
    assert sent == [p.SetPrompt("abc")]


def test_a_pause_remembers_where_the_writing_was_to_end(controller: Controller, sent: list[Any]) -> None:
    controller.generate()
    controller.take([frame("abcdef", generating=True)])
    controller.pause()
    controller.take([frame("abcdef")])
    controller.pause()
    assert sent == [p.Generate(400, 80.0), p.Pause(), p.Generate(396, 80.0)]


def test_moving_stops_at_the_ends_and_is_seen_at_once(controller: Controller, sent: list[Any]) -> None:
    controller.move(5)
    assert sent == []
    controller.move(-1)
    controller.move(-99)
    assert sent == [p.MoveCursor(-1), p.MoveCursor(-1)]
    assert controller.state.cursor == 0


def test_speed_acts_on_what_is_being_written(controller: Controller, sent: list[Any]) -> None:
    from msgspec.structs import replace

    controller.generate()
    controller.take([frame("abcdef", generating=True)])
    controller.set_controls(replace(controller.controls, per_second=0))
    assert sent[-1] == p.Generate(396, 0.0)


def test_a_fresh_engine_is_told_everything(controller: Controller) -> None:
    controller.take([frame("abcdef", cursor=4)])
    requests = controller.restoring()
    assert [type(r) for r in requests] == [p.OpenModel, p.SetSampling, p.RestoreText]
    assert requests[-1] == p.RestoreText("ab", "cdef", 4, [])


def test_a_prompt_that_has_moved_on_is_what_counts(controller: Controller) -> None:
    controller.take([frame("abcdef")])
    controller.set_prompt("abz")
    assert controller.restoring()[-1] == p.RestoreText("abz", "", None, [])


def test_a_catalogue_that_never_came_is_asked_for_again(controller: Controller) -> None:
    controller.read_catalogue()
    assert controller.restoring()[-1] == p.ReadCatalogue()
    controller.take([p.CatalogueRead([], [], [])])
    assert controller.restoring()[-1] != p.ReadCatalogue()


def test_death_is_told_and_stops_the_writing(controller: Controller) -> None:
    controller.generate()
    controller.take([frame("abcdef", generating=True), EngineDied(-9, "")])
    assert controller.state.engine == "restarting"
    assert not controller.state.generating
    assert controller.state.notice is not None
    assert "SIGKILL" in controller.state.notice.text
    assert controller.state.transcript.between(0, 9) == "abcdef"


def test_the_parent_is_compared_first(controller: Controller) -> None:
    def info(branch: int, parent: int | None) -> p.BranchInfo:
        return p.BranchInfo(branch, parent, 1, 3, 1, 1.0, "")

    controller.take([frame("abc", branch=2, branches=[info(0, None), info(1, 0), info(2, 0)])])
    assert controller.other_branch() == 0
    controller.take([frame("abc", branch=0, branches=[info(0, None), info(1, 0), info(2, 0)])])
    assert controller.other_branch() == 2


async def test_the_link_starts_a_dead_engine_again_and_asks_for_the_text() -> None:
    import asyncio

    engine = FakeEngine()
    woken: list[int] = []
    link = EngineLink(engine, lambda: woken.append(1), lambda: [p.OpenModel("m"), p.SetPrompt("kept")])
    task = asyncio.create_task(link.run())
    await asyncio.wait_for(_until(lambda: engine.starts == 1 and woken), 10)
    engine.kill()
    await asyncio.wait_for(_until(lambda: engine.starts == 2 and engine.text == "kept"), 10)
    await link.close()
    await asyncio.wait_for(task, 10)
    assert any(isinstance(event, EngineDied) for event in link.take())


async def _until(fact: Any) -> None:
    import asyncio

    while not fact():
        await asyncio.sleep(0.001)
