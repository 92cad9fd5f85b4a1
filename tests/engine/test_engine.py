from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path

import pytest

from grnn_tui.backends.modeldir import read_model
from grnn_tui.engine.client import COMMAND, EngineClient, EngineDied
from grnn_tui.engine.framing import encode
from grnn_tui.engine.protocol import (
    BranchRead,
    CatalogueRead,
    Failed,
    ForceSymbol,
    Frame,
    FrameShown,
    Generate,
    ModelOpened,
    MoveCursor,
    OpenModel,
    Pause,
    ReadBranch,
    ReadCatalogue,
    Request,
    Reroll,
    RestoreText,
    SetPrompt,
    SetSampling,
    SwitchBranch,
)
from grnn_tui.engine.recovery import restoring
from grnn_tui.playing.generation import generate
from grnn_tui.playing.sampling import Sampling
from tests.support.engine import DEADLINE, Screen, engine


def text_of(screen: Screen) -> str:
    return "".join(screen.text)


async def test_a_prompt_moves_the_bars_before_anything_is_written(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        before = screen.frame
        screen.client.send(SetPrompt("abc"))
        after = await screen.settled(lambda f: f.prompt_text == "abc")
        assert before is not None
        assert before.prediction is not None
        assert after.prediction is not None
        assert [b.raw for b in before.prediction.bars] != [b.raw for b in after.prediction.bars]
        assert sum(bar.used for bar in after.prediction.bars) == pytest.approx(1)
        assert text_of(screen) == "abc"


async def test_it_writes_what_the_command_line_writes(lstm: Path, tmp_path: Path) -> None:
    model = read_model(lstm)
    sampling = Sampling(temperature=0.8, top_k=6)
    expected = "".join(generate(model.open_player(), model.header.vocabulary, "ab", 500, sampling, 7))
    async with engine(tmp_path / "log", lstm) as screen:
        for request in (SetSampling(sampling, 7), SetPrompt("ab"), Generate(500)):
            screen.client.send(request)
        frame = await screen.settled(lambda f: f.length == 502)
        assert text_of(screen) == "ab" + expected
        assert frame.totals.bits == pytest.approx(sum(screen.bits))


async def test_of_a_thousand_keystrokes_the_last_is_answered_soon(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        for n in range(1000):
            screen.client.send(SetPrompt("abcdefg" * (n % 7) + "x" * (n % 13) + "a" * n))
        last = "abcdefg" * (999 % 7) + "x" * (999 % 13) + "a" * 999
        await screen.settled(lambda f: f.prompt_text == last)
        assert text_of(screen) == last
        assert sum(isinstance(event, Frame) for event in screen.events) < 100


async def test_one_frame_is_sent_until_it_has_been_shown(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        client = screen.client
        client.send(Generate(1_000_000))
        await screen.until(Frame, lambda f: f.generating)
        unpainted = await asyncio.wait_for(client.next_event(), DEADLINE)
        assert isinstance(unpainted, Frame)
        lengths = []
        for _ in range(20):
            client.send(ReadBranch(0))
            answer = await asyncio.wait_for(client.next_event(), DEADLINE)
            assert isinstance(answer, BranchRead)
            lengths.append(answer.info.length)
        assert lengths[-1] > unpainted.length
        client.send(FrameShown())
        following = await asyncio.wait_for(client.next_event(), DEADLINE)
        assert isinstance(following, Frame)
        assert following.splices[0].start == unpainted.length
        assert following.length >= lengths[-1]


async def test_requests_are_answered_while_text_is_being_written(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        screen.client.send(Generate(1_000_000))
        await screen.until(Frame, lambda f: f.generating and f.length > 0)
        screen.client.send(ReadCatalogue())
        catalogue = await screen.until(CatalogueRead)
        assert {"lstm", "gru", "rnn", "nade", "ngram"} <= {backend.name for backend in catalogue.backends}
        assert any(corpus.name == "tales" for corpus in catalogue.corpora)
        hidden = {f.name: f for b in catalogue.backends if b.name == "lstm" for f in b.fields}["hidden"]
        assert (hidden.kind, hidden.low) == ("int", 1)
        screen.client.send(Pause())
        frame = await screen.settled()
        assert 0 < frame.length < 1_000_000


async def test_a_speed_limit_is_kept(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        loop = asyncio.get_running_loop()
        began = loop.time()
        screen.client.send(Generate(11, per_second=50))
        await screen.settled(lambda f: f.length == 11)
        assert loop.time() - began >= 10 / 50


async def test_step_back_force_branch_and_return(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        client = screen.client
        client.send(SetPrompt("ab"))
        client.send(Generate(30))
        await screen.settled(lambda f: f.length == 32)
        first = text_of(screen)
        client.send(MoveCursor(-10))
        frame = await screen.settled(lambda f: f.cursor == 22)
        assert frame.prediction is not None
        chosen = frame.prediction.chosen
        other = next(bar.symbol for bar in frame.prediction.bars if bar.symbol != chosen)
        client.send(ForceSymbol(other))
        frame = await screen.settled(lambda f: f.cursor == 23)
        assert (frame.branch, frame.length) == (1, 23)
        assert frame.branches is not None
        assert [(b.branch, b.parent, b.fork, b.length) for b in frame.branches] == [(0, None, 0, 32), (1, 0, 22, 23)]
        client.send(ReadBranch(0))
        assert "".join((await screen.until(BranchRead)).text) == first
        client.send(SwitchBranch(0))
        await screen.settled(lambda f: f.branch == 0)
        assert text_of(screen) == first
        client.send(Reroll(99, 30))
        await screen.settled(lambda f: f.length == 32 and f.branch == 2)
        assert text_of(screen) != first


async def test_it_says_what_it_cannot_do_and_goes_on(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        bad: list[Request] = [
            OpenModel("no such model"),
            OpenModel(str(tmp_path)),
            SetSampling(Sampling(temperature=-1.0), 0),
            SetSampling(Sampling(temperature=math.nan), 0),
            SetSampling(Sampling(temperature=math.inf), 0),
            SetSampling(Sampling(top_k=-1), 0),
            SetSampling(Sampling(), -1),
            ForceSymbol(-1),
            ForceSymbol(10**6),
            SwitchBranch(77),
            ReadBranch(-1),
            Generate(-1),
            Generate(1, per_second=math.nan),
            Generate(1, per_second=-1.0),
            SetPrompt("a" * 2_000_001),
        ]
        for request in bad:
            screen.client.send(request)
            failed = await screen.until(Failed)
            assert failed.text
            assert "\n" not in failed.text
        screen.client.send(SetPrompt("abc"))
        await screen.settled(lambda f: f.prompt_text == "abc")


@pytest.mark.parametrize(
    "sampling", [Sampling(temperature=0.0), Sampling(temperature=1e-40), Sampling(top_k=10**9), Sampling(top_p=1e-9)]
)
@pytest.mark.parametrize("prompt", ["", "XYZ", "a"])
async def test_settings_at_the_edge_write(lstm: Path, tmp_path: Path, sampling: Sampling, prompt: str) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        for request in (SetSampling(sampling, 0), SetPrompt(prompt), Generate(20)):
            screen.client.send(request)
        await screen.settled(lambda f: f.length == 20 + len(prompt))


async def test_a_killed_engine_is_noticed_restarted_and_the_text_is_there(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        client = screen.client
        client.send(SetPrompt("abX"))
        client.send(Generate(50))
        frame = await screen.settled(lambda f: f.length == 53)
        client.send(MoveCursor(-5))
        frame = await screen.settled(lambda f: f.cursor == 48)
        text, bits = text_of(screen), list(screen.bits)
        pid = client.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        died = await asyncio.wait_for(client.next_event(), DEADLINE)
        assert isinstance(died, EngineDied)
        assert died.status == -signal.SIGKILL
        assert "SIGKILL" in died.text
        client.send(SetPrompt("into the void"))
        await client.restart()
        assert client.pid != pid
        for request in restoring(str(lstm), Sampling(), 0, "abX", text[3:], frame.cursor):
            client.send(request)
        screen.text, screen.bits = [], []
        restored = await screen.settled(lambda f: f.length == 53)
        assert text_of(screen) == text
        assert screen.bits == pytest.approx(bits)
        assert restored.cursor == 48
        assert restored.prediction == frame.prediction


async def test_a_request_sent_before_the_model_is_done_after_it(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log") as screen:
        screen.client.send(SetPrompt("ab"))
        screen.client.send(RestoreText("ab", "cd"))
        screen.client.send(OpenModel(str(lstm)))
        opened = await screen.until(ModelOpened)
        assert opened.summary.startswith("LSTM 12 x 1, ")
        await screen.settled(lambda f: f.length == 4)
        assert text_of(screen) == "abcd"


async def test_frames_of_a_megabyte_come_through_both_ways(lstm: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        text = "aX" * 500_000
        screen.client.send(RestoreText("", text))
        frame = await screen.until(Frame, lambda f: f.length == len(text))
        assert text_of(screen) == text
        assert frame.busy
        screen.client.send(SetPrompt("done"))
        await screen.settled(lambda f: f.prompt_text == "done")


async def test_bytes_that_are_no_text_reach_the_screen(gru_of_bytes: Path, tmp_path: Path) -> None:
    async with engine(tmp_path / "log", gru_of_bytes) as screen:
        screen.client.send(SetPrompt("é\udcff"))
        frame = await screen.settled(lambda f: f.prompt == 3)
        assert screen.text == ["\udcc3", "\udca9", "\udcff"]
        assert frame.prompt_text == "é\udcff"
        screen.client.send(Generate(300))
        await screen.settled(lambda f: f.length == 303)


async def test_it_leaves_when_its_stdin_ends_even_in_the_middle_of_writing(lstm: Path, tmp_path: Path) -> None:
    client = EngineClient(tmp_path / "log")
    await client.start()
    client.send(OpenModel(str(lstm)))
    client.send(Generate(1_000_000))
    screen = Screen(client)
    await screen.until(Frame, lambda f: f.generating)
    await asyncio.wait_for(client.close(), DEADLINE)
    assert not client.running
    seen = [event async for event in client.events()]
    assert not any(isinstance(event, EngineDied) for event in seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_a_signal_meant_for_the_terminal_does_not_end_it(lstm: Path, tmp_path: Path, number: int) -> None:
    async with engine(tmp_path / "log", lstm) as screen:
        assert screen.client.pid is not None
        os.kill(screen.client.pid, number)
        screen.client.send(SetPrompt("ab"))
        await screen.settled(lambda f: f.prompt_text == "ab")


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x02\xc1\xc1", b"hello, engine, how are you"])
async def test_garbage_ends_it_with_a_line_that_says_so(tmp_path: Path, garbage: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, error = await asyncio.wait_for(process.communicate(encode(SetPrompt("a")) + garbage), DEADLINE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"engine: ")
    assert error.count(b"\n") == 1
