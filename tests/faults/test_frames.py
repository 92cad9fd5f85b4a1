"""Whatever comes through its pipe, the engine answers or ends in order: no hang, no crash, no memory beyond bounds."""

from __future__ import annotations

import math
import os
import random
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grnn_tui.engine.framing import event_decoder
from grnn_tui.engine.protocol import MAX_FRAME_BYTES, Failed, OpenModel
from tests.backends.row_cases import PICTURE
from tests.faults.cases.models import ESCAPE
from tests.faults.cases.opening import ROOT, homes
from tests.support.models import LETTERS, make_model, make_row_model
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for

MOST = 700 << 20
"""Bytes that an engine may take up, whatever it is sent: a frame of 64 MB, and the strings and lists in it."""
NUMBERS: list[Any] = [0, 1, -1, 2, 3, 255, 10**6, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1]
REALS: list[Any] = [0.0, -1.0, 1e-320, 1e308, math.nan, math.inf, -math.inf, 0.5]
TEXTS: list[Any] = ["", "a", "abc" * 50, ESCAPE, "\0", "\U0010fffd", "中" * 40, "/dev/zero", "../..", "\ud800"]
KINDS = {
    "OpenModel": "t", "SetPrompt": "t", "SetSampling": "sn", "Generate": "nr", "Pause": "", "MoveCursor": "n",
    "ForceSymbol": "n", "Reroll": "nnr", "SwitchBranch": "n", "RestoreText": "ttnl", "ReadBranch": "n",
    "ShowUnit": "nt", "HideUnit": "", "SetSheet": "nn", "SetCondition": "v", "PaintKnown": "lR", "SelectSample": "nn",
    "ForceValue": "r", "BranchSample": "", "SetOrdering": "l", "FrameShown": "", "ReadCatalogue": "",
}  # fmt: skip
"""The requests, and of what kinds their fields are."""


class Engine:
    """An engine that is written bytes to."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "engine.log"
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "grnn_tui.engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env=homes(folder), cwd=ROOT,
            )  # fmt: skip
        self.decoder = event_decoder()
        self.events: list[Any] = []
        self.peak = 0
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.input, self.output = self.child.stdin, self.child.stdout
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while data := os.read(self.output.fileno(), 1 << 20):
            self.events += self.decoder.feed(data)

    def send(self, data: bytes) -> None:
        """Write, if it still reads."""
        with suppress(BrokenPipeError):
            self.input.write(data)
            self.input.flush()

    def memory(self) -> int:
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        self.peak = max(self.peak, int(found[1]) << 10 if found else 0)
        return self.peak

    def failures(self) -> int:
        return sum(isinstance(event, Failed) for event in self.events)

    def ended(self) -> int:
        """Close its input; how it ended."""
        self.memory()
        with suppress(BrokenPipeError):
            self.input.close()
        wait_for(lambda: self.child.poll() is not None)
        self._reader.join()
        return self.child.returncode

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        self._reader.join()
        self.output.close()


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    folder.mkdir(exist_ok=True)
    started = Engine(folder)
    try:
        yield started
    finally:
        started.close()


def frame(body: bytes, *, mark: int = 0) -> bytes:
    return struct.pack(">I", len(body) | mark) + body


def said(*content: Any, mark: int = 0) -> bytes:
    return frame(msgspec.msgpack.encode(content), mark=mark)


BAD: dict[str, bytes] = {
    "noise": bytes(random.Random(1).randrange(256) for _ in range(5000)),
    "a length of 2 GB": b"\x7f\xff\xff\xff" + b"x" * 100,
    "a length over the limit": struct.pack(">I", MAX_FRAME_BYTES + 1) + b"x" * 100,
    "a frame cut short": said("SetPrompt", "abc")[:-2],
    "a frame of nothing": frame(b""),
    "deeply nested": frame(b"\x91" * 200_000),
    "deeply nested and quoted": frame(b"\x91" * 200_000, mark=1 << 31),
    "a list of 2^32 items": frame(b"\x92\xabSetOrdering\xdd\xff\xff\xff\xff"),
    "a map of 2^32 items": frame(b"\xdf\xff\xff\xff\xff", mark=1 << 31),
    "a text that is none": frame(b"\x92\xa9SetPrompt\xa2\xff\xfe"),
    "a quotation of nonsense": said("SetPrompt", "\U0010fffdzzzz\U0010fffdd8", mark=1 << 31),
    "too few fields": said("Generate"),
    "too many fields": said("Pause", *range(1000)),
    "another message": said("Frame", 1, 2, 3),
}


@pytest.mark.promise(5)
def test_bytes_that_are_no_frames_end_it_in_a_line_or_are_told_of(tmp_path: Path, harm: Harm, reached: Reached) -> None:
    tried = list(BAD)[:: harm(4, 1)]
    for number, name in enumerate(tried):
        with engine(tmp_path / str(number)) as one:
            one.send(said("Pause") + BAD[name] + said("Pause"))
            assert one.ended() in (0, 1), name
            log = one.log.read_text()
            assert "Traceback" not in log, (name, log)
            assert len(log.splitlines()) == one.child.returncode, (name, log)
    reached(bad_streams=len(tried), crashes_or_hangs=0)


def value(kind: str, luck: random.Random) -> Any:
    match kind:
        case "n":
            return luck.choice([*NUMBERS, luck.randrange(12), luck.randrange(12), None])
        case "r":
            return luck.choice([*REALS, luck.random()])
        case "t":
            return luck.choice(TEXTS)
        case "l":
            return [luck.choice([*NUMBERS[:6], luck.randrange(12)]) for _ in range(luck.choice((0, 1, 12, 40)))]
        case "R":
            return [luck.choice([*REALS, 0.0, 1.0]) for _ in range(luck.choice((0, 1, 12, 40)))]
        case "v":
            return luck.choice([[], [None], [[0.0, 1.0, 0.0]], [[math.nan]], [[]] * 5])
        case _:
            options = {"temperature": REALS, "top_k": NUMBERS, "top_p": REALS, "repetition_window": NUMBERS}
            return {name: luck.choice(values) for name, values in options.items() if luck.random() < 0.4}


def wild(luck: random.Random, models: list[str]) -> bytes:
    """A request of some kind, with values at the edges of what its fields can hold."""
    name = luck.choice(list(KINDS))
    fields = [value(kind, luck) for kind in KINDS[name]]
    if name == "OpenModel" and luck.random() < 0.8:
        fields = [luck.choice(models)]
    try:
        return said(name, *fields)
    except UnicodeEncodeError:
        return said(name, *("x" if isinstance(field, str) else field for field in fields))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("models")
    text = make_model(folder / "text", "lstm", LETTERS).path
    return [str(text), str(make_row_model(folder / "rows", "binary-nade", PICTURE, hidden=6, activation="relu").path)]


@pytest.mark.promise(5, 24)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures with /proc")
def test_requests_in_a_wild_order_with_wild_values_are_answered(
    tmp_path: Path, models: list[str], harm: Harm, reached: Reached
) -> None:
    for seed in range(harm(2, 20)):
        luck = random.Random(seed)
        requests = [wild(luck, models) for _ in range(harm(400, 2000))]
        with engine(tmp_path / str(seed)) as one:
            one.send(said("OpenModel", models[seed % 2]))
            for request in requests:
                one.send(request + said("FrameShown"))
            # It has come through all of it when it answers this.
            one.send(said("OpenModel", "there is no such model as this"))
            wait_for(lambda: any(isinstance(e, Failed) and "such model as this" in e.text for e in one.events), 120)
            assert one.failures() > 1
            assert all(len(event.text.splitlines()) <= 1 for event in one.events if isinstance(event, Failed))
            assert one.ended() == 0
            assert one.peak < MOST
            reached(wild_requests=len(requests), MB_of_the_engine=one.peak / (1 << 20))


@pytest.mark.promise(5)
@pytest.mark.complete
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures with /proc")
def test_a_flood_of_requests_waits_outside(tmp_path: Path, models: list[str], harm: Harm, reached: Reached) -> None:
    with engine(tmp_path / "one") as one:
        one.send(said("OpenModel", models[0]))
        flood = said("SetOrdering", [0] * 1000) * 100  # eight kilobytes each while it waits, and no work
        before = one.memory()
        for _ in range(harm(200, 400)):
            one.send(flood)
        one.send(said("OpenModel", "there is no such model as this"))
        wait_for(lambda: any(isinstance(e, Failed) and "such model as this" in e.text for e in one.events), 120)
        assert one.ended() == 0
        assert one.peak - before < 80 << 20
        reached(requests_of_a_flood=harm(200, 400) * 100, MB_of_the_engine=one.peak / (1 << 20))


@pytest.mark.promise(5)
@pytest.mark.complete
def test_the_largest_frames_are_carried_out_or_refused(tmp_path: Path, models: list[str], reached: Reached) -> None:
    largest = MAX_FRAME_BYTES - 100
    for number, request in enumerate(
        [
            said("SetPrompt", "a" * largest),
            said("RestoreText", "a" * (largest // 2), "b" * (largest // 2), 0, []),
            said("SetOrdering", [0] * (largest - 100)),
            said("SetCondition", [None] * (largest - 100)),
            said("PaintKnown", [0] * (largest // 2), []),
            said("Nothing", *[None] * (largest - 100)),
        ]
    ):
        with engine(tmp_path / str(number)) as one:
            one.send(said("OpenModel", models[int(number in (2, 4))]))
            one.send(request)
            one.send(said("OpenModel", "there is no such model as this"))
            wait_for(lambda: any(isinstance(e, Failed) and "such model as this" in e.text for e in one.events), 120)
            assert one.ended() == 0
            assert one.peak < 3 * MOST, number
            reached(MB_of_the_engine_for_a_frame_of_64=one.peak / (1 << 20))


def test_every_request_is_among_the_wild_ones() -> None:
    from typing import get_args

    from grnn_tui.engine import protocol

    assert set(KINDS) == {kind.__name__ for kind in get_args(protocol.Request)}
    assert OpenModel.__name__ in KINDS
