"""An engine without a process: a small deterministic model that answers as the real one does, when it is let."""

from __future__ import annotations

import asyncio
import functools
import math
from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from grnn_tui.engine import protocol as p
from grnn_tui.engine.client import EngineDied
from grnn_tui.playing.settings import Sampling

LABELS = [*"\n\t !',.?abcdefghijklmnopqrstuvwxyz", "\x1b", "é"]
"""What the fake model knows: letters, blanks, an escape and an accent."""
STORY = (
    "once upon a time there was a miller who lived by the river. the river was low and there was no wind, so the "
    "miller sat down by the door and told the cat a story of the sea. the cat had never seen the sea. 'is it as "
    "large as the pond?' asked the cat. 'larger,' said the miller, 'and there is salt in it.' the cat thought of "
    "the fish in the sea, and of the salt, and was content. when the wind came up the mill began to turn, and the "
    "miller went in to his flour. the cat stayed by the door and looked down the river for a long time. "
)
"""What it has read: it goes on as this text does after the last four letters."""


@dataclass
class Way:
    """A branch, whole."""

    number: int
    parent: int | None
    fork: int
    text: list[str]
    bits: list[float]
    prompt: int
    seed: int
    forced: set[int] = field(default_factory=set)


class FakeEngine:
    """Same interface as `EngineClient`. Answers at once, in the order of requests; `held` makes it wait."""

    def __init__(self, labels: list[str] | None = None, name: str = "tales-lstm") -> None:
        self.labels = labels or LABELS
        self.name = name
        self.requests: list[p.Request] = []
        self.starts = 0
        self.held = False
        self.models: list[p.ModelInfo] = catalogue_models()
        self.broken: set[str] = set()
        self.units = 6
        self.particles = 0
        """So many that its distribution is a mixture of; 0: it is none."""
        self._queue: asyncio.Queue[p.Event | EngineDied | None] = asyncio.Queue()
        self._alive = False
        self._reset()

    def _reset(self) -> None:
        self.ways = {0: Way(0, None, 0, [], [], 0, 1)}
        self.current, self.cursor = 0, 0
        self.sampling, self.seed = Sampling(), 1
        self.reference = ""
        self.step: int | None = None
        self.writing = 0
        self._told = 0
        self._listed = False
        self._may_send = True
        self._dirty = False
        self._unit: p.ShowUnit | None = None
        self._unit_told: tuple[str, int | None] = ("", None)

    # --- the interface of EngineClient --------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._alive

    async def start(self) -> None:
        self.starts += 1
        self._alive = True

    def send(self, request: p.Request) -> None:
        if not self._alive:
            return
        self.requests.append(request)
        if isinstance(request, p.FrameShown):
            self._may_send = True
        else:
            self._carry_out(request)
        self._tell()

    async def events(self) -> AsyncIterator[p.Event | EngineDied]:
        while (event := await self._queue.get()) is not None:
            yield event
            if isinstance(event, EngineDied):
                return

    async def restart(self) -> None:
        self._reset()
        await self.start()

    async def close(self) -> None:
        self._alive = False
        self._queue.put_nowait(None)

    def kill(self) -> None:
        self._alive = False
        self._queue.put_nowait(EngineDied(-9, ""))

    # --- what a test does ---------------------------------------------------------------------------------------------

    def let_write(self, count: int | None = None) -> None:
        """Write so many of the symbols that were asked for (all of them), as time passing would."""
        count = self.writing if count is None else min(count, self.writing)
        for _ in range(count):
            self._append(self._drawn())
        self.writing -= count
        self._listed = self._listed and self.writing > 0
        self._dirty = True
        self._tell()

    def say(self, event: p.Event) -> None:
        self._queue.put_nowait(event)

    def of_kind(self, kind: type[p.Request]) -> list[p.Request]:
        return [request for request in self.requests if isinstance(request, kind)]

    @property
    def way(self) -> Way:
        return self.ways[self.current]

    @property
    def text(self) -> str:
        return "".join(self.way.text)

    # --- the model ----------------------------------------------------------------------------------------------------

    def _raw(self, position: int) -> list[float]:
        return shares_after("".join(self.way.text[max(0, position - 4) : position]), tuple(self.labels))

    def _used(self, raw: list[float]) -> list[float]:
        s = self.sampling
        order = sorted(range(len(raw)), key=lambda i: -raw[i])
        if s.temperature == 0:
            return [1.0 if i == order[0] else 0.0 for i in range(len(raw))]
        powered = [q ** (1 / s.temperature) for q in raw]
        kept = order[: s.top_k] if s.top_k else order
        total = sum(powered[i] for i in kept)
        return [powered[i] / total if i in set(kept) else 0.0 for i in range(len(raw))]

    def _drawn(self) -> int:
        used = self._used(self._raw(self.cursor))
        uniform = math.modf(math.sin(self.seed * 12.9898 + self.cursor * 78.233) * 43758.5453)[0] % 1.0
        for symbol, share in enumerate(used):
            uniform -= share
            if uniform < 0:
                return symbol
        return max(range(len(used)), key=lambda i: used[i])

    def _append(self, symbol: int, *, forced: bool = False) -> None:
        way = self.way
        if self.cursor < len(way.text):
            way = self._branch(self.cursor, way.prompt)
        way.bits.append(-math.log2(self._raw(self.cursor)[symbol]))
        way.text.append(self.labels[symbol])
        if forced:
            way.forced.add(self.cursor)
        self.cursor += 1

    def _branch(self, fork: int, prompt: int) -> Way:
        old = self.way
        number = len(self.ways)
        way = Way(number, old.number, fork, old.text[:fork], old.bits[:fork], min(prompt, fork), self.seed)
        way.prompt = prompt if prompt <= fork else fork
        way.forced = {position for position in old.forced if position < fork}
        self.ways[number], self.current = way, number
        self._told, self._listed = min(self._told, 0), False
        return way

    # --- requests -----------------------------------------------------------------------------------------------------

    def _carry_out(self, request: p.Request) -> None:
        self._dirty = True
        match request:
            case p.OpenModel(reference):
                if reference in self.broken:
                    self.say(p.Failed(f"there is no model or run {reference!r}; `grnn-tui models` lists them"))
                    return
                self.reference = reference
                self._told = 0
                self.say(self.opened())
            case p.SetPrompt(text):
                self._set_prompt(text)
            case p.SetSampling(sampling, seed):
                self.sampling, self.seed = sampling, seed
            case p.Generate(count, _):
                self.writing = count
                if count == 1:
                    self.let_write()
            case p.Pause():
                self.writing = 0
                self._listed = False
            case p.MoveCursor(by):
                self.writing = 0
                self.cursor = max(0, min(len(self.way.text), self.cursor + by))
            case p.ForceSymbol(symbol):
                self.writing = 0
                self._force(symbol)
            case p.Reroll(seed, count, _):
                self.seed = seed
                prompt = self.way.prompt
                if len(self.way.text) > prompt:
                    self.cursor = prompt
                    self._branch(prompt, prompt)
                self.way.seed = seed
                self.writing = count
            case p.SwitchBranch(branch):
                self.writing = 0
                self.current, self._told = branch, 0
                self.cursor = len(self.way.text)
            case p.RestoreText(prompt, written, cursor, forced):
                self._set_prompt(prompt)
                for label in written:
                    self.way.text.append(label)
                    self.way.bits.append(2.0)
                self.way.forced = set(forced)
                self.cursor = len(self.way.text) if cursor is None else cursor
            case p.ReadBranch(branch):
                way = self.ways[branch]
                self.say(p.BranchRead(self._info(way), list(way.text), list(way.bits)))
            case p.ShowUnit():
                self._unit, self._unit_told = request, ("", None)
            case p.HideUnit():
                self._unit = None
            case p.ReadCatalogue():
                from tests.ui.support.catalogue import catalogue

                there = catalogue()
                self.say(p.CatalogueRead(self.models, there.backends, there.corpora))

    def _set_prompt(self, text: str) -> None:
        way = self.way
        shared = 0
        while shared < min(way.prompt, len(text)) and way.text[shared] == text[shared]:
            shared += 1
        if len(way.text) > way.prompt:
            self.cursor = shared
            way = self._branch(shared, shared)
        del way.text[shared:], way.bits[shared:]
        way.text += list(text[shared:])
        self.cursor = shared
        for position in range(shared, len(text)):
            label = way.text[position]
            known = label in self.labels
            way.bits.append(-math.log2(self._raw(position)[self.labels.index(label)]) if known else 0.0)
        way.prompt = self.cursor = len(text)
        way.seed = self.seed
        self.writing = 0
        self._told = min(self._told, shared)
        self._listed = False

    def _force(self, symbol: int) -> None:
        way = self.way
        if self.cursor < len(way.text) and way.text[self.cursor] == self.labels[symbol]:
            self.cursor += 1
            return
        self._append(symbol, forced=True)

    def opened(self) -> p.ModelOpened:
        return p.ModelOpened(
            reference=self.reference,
            name=self.name if self.reference in ("", self.name, "tales-lstm") else self.reference,
            backend="lstm",
            summary="LSTM 128 x 1, 93 k parameters",
            step=self.step,
            live=self.step is not None,
            unit="character",
            labels=self.labels,
            validation_nats=0.6123,
            floor_nats=0.6001,
        )

    # --- frames -------------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        if self.held or not self._may_send or not self._dirty or not self.reference or not self._alive:
            return
        self._dirty, self._may_send = False, False
        way = self.way
        start, self._told = min(self._told, len(way.text)), len(way.text)
        symbols = [self.labels.index(label) if label in self.labels else -1 for label in way.text[start:]]
        listed, self._listed = self._listed, True
        self._queue.put_nowait(
            p.Frame(
                splices=[p.Splice(start, way.text[start:], symbols, way.bits[start:], sorted(way.forced))],
                branch=way.number,
                cursor=self.cursor,
                length=len(way.text),
                prompt=way.prompt,
                prompt_text="".join(way.text[: way.prompt]),
                prediction=self._prediction(),
                totals=p.Totals(
                    self.cursor,
                    sum(way.bits[: self.cursor]),
                    min(way.prompt, self.cursor),
                    sum(way.bits[: min(way.prompt, self.cursor)]),
                ),
                generating=self.writing > 0,
                rate=80.0 if self.writing else 0.0,
                branches=None if listed else [self._info(way) for way in self.ways.values()],
                unit=self._shown_unit(),
            )
        )

    def _activation(self, unit: int, position: int) -> float:
        """Unit 4 is the one that detects quotations; the others swing, each slower than the one before."""
        if unit == 4:
            inside = self.way.text[: position + 1].count("'") % 2
            return (0.95 if inside else -0.9) + 0.04 * math.sin(position)
        return (1 - 0.15 * unit) * math.sin(position / (unit + 1))

    def _shown_unit(self) -> p.UnitShown | None:
        wish, text = self._unit, "".join(self.way.text)
        if wish is None:
            return None
        if not self.units:
            return p.UnitShown(None, wish.mark, [], 0.0, 0.0, 0.0, 0, 0, b"")
        order = [4, 0, 1, 2, 3, 5] if wish.mark == "'" else [0, 4, 1, 2, 3, 5]
        unit = order[0] if wish.unit is None else wish.unit
        before, last = self._unit_told
        start = len(before) if last == unit and text.startswith(before) else 0
        self._unit_told = text, unit
        values = [self._activation(unit, position) for position in range(len(text))]
        low, high = min(values, default=0.0), max(values, default=0.0)
        score = 0.97 if wish.mark else 0.5
        return p.UnitShown(unit, wish.mark, order, score, low, high, 0, start, array("f", values[start:]).tobytes())

    def _prediction(self) -> p.Prediction:
        raw = self._raw(self.cursor)
        used = self._used(raw)
        order = sorted(range(len(raw)), key=lambda i: -raw[i])
        bars = [p.Bar(symbol, rank, raw[symbol], used[symbol]) for rank, symbol in enumerate(order)][:64]
        chosen = None
        if self.cursor < len(self.way.text) and self.way.text[self.cursor] in self.labels:
            chosen = self.labels.index(self.way.text[self.cursor])
        removed = [i for i in range(len(raw)) if used[i] == 0]
        return p.Prediction(
            bars=bars,
            size=len(raw),
            entropy=-sum(q * math.log2(q) for q in raw if q > 0),
            used_entropy=-sum(q * math.log2(q) for q in used if q > 0) + 0.0,
            removed=len(removed),
            removed_mass=sum(raw[i] for i in removed),
            chosen=chosen,
            chosen_bits=-math.log2(raw[chosen]) if chosen is not None else None,
            particles=self._parts([bar.raw for bar in bars]),
            effective=max(1.0, self.particles * 0.75),
        )

    def _parts(self, raw: list[float]) -> list[p.Particle]:
        """Particle l says a little more of every l-th symbol; the first explains the text best."""
        shares = [2.0**-part for part in range(self.particles)]
        found = []
        for part in range(self.particles):
            probs = [q * (1.5 if i % self.particles == part else 0.75) for i, q in enumerate(raw)]
            found.append(p.Particle(probs, 1.5 + part / 4, shares[part] / sum(shares)))
        return found

    def _info(self, way: Way) -> p.BranchInfo:
        own = "".join(way.text[way.fork : way.fork + 40])
        return p.BranchInfo(way.number, way.parent, way.fork, len(way.text), way.seed, sum(way.bits[way.prompt :]), own)


@functools.cache
def shares_after(before: str, labels: tuple[str, ...]) -> list[float]:
    """What the story has after these letters, over all labels."""
    weights = [0.02 + 0.3 * (STORY.count(label) / len(STORY)) for label in labels]
    for length in range(1, len(before) + 1):
        context = before[-length:]
        for i, label in enumerate(labels):
            weights[i] += STORY.count(context + label) * 4.0 ** (length - 2)
    total = sum(weights)
    return [weight / total for weight in weights]


def catalogue_models() -> list[p.ModelInfo]:
    return [
        p.ModelInfo("tales-lstm", "tales-lstm", "lstm", "tales", 93_000, 0.6123, 0.6001, "shipped"),
        p.ModelInfo("tales-gru", "tales-gru", "gru", "tales", 71_000, 0.6150, 0.6001, "shipped"),
        p.ModelInfo("names-gru", "names-gru", "gru", "names", 41_000, 1.512, 1.431, "shipped"),
        p.ModelInfo("1120-shakespeare-lstm", "1120-shakespeare-lstm", "lstm", "plays", 320_000, 1.48, None, "run"),
    ]
