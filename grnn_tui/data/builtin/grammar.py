"""Stochastic grammars with memory: choices, and variables that are drawn once and mentioned again.

A text is written from left to right by a tree of nodes. `OneOf` chooses, `Draw` binds a variable to an entry of a
list, `Mention` writes a field of the entry that was drawn: a name introduced in the first line returns in the last.

Each node does three things, all of them exact:

- `write` appends a random text;
- `read` follows every way in which the node may have produced the text, with its probability, so that the
  likelihood of a text is a sum over derivations and their number tells whether the grammar is ambiguous;
- `expect` gives the expectation of a quantity that adds up along a derivation (its length, its choices' entropies).

If every text has one derivation, the entropy of the text is the entropy of the choices. That needs no enumeration:
expectations of sums are sums of expectations. What a node expects of the text to its right is a polynomial in the
indicators [variable = entry], and drawing a variable replaces its indicators by their probabilities.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from math import log
from random import Random
from typing import Protocol

from grnn_tui.data.builtin.corpus import Exact, below

Bindings = frozenset[tuple[str, int]]
"""Which entry each variable is bound to."""

Polynomial = dict[Bindings, float]
"""Coefficient of each product of indicators [variable = entry]; the empty product is the constant."""


@dataclass(frozen=True)
class Readings:
    """Derivations that end in one place with one set of bindings: their number and total probability."""

    probability: float
    count: int


States = dict[tuple[int, Bindings], Readings]


@dataclass(frozen=True)
class Quantity:
    """Something that adds up along a derivation: what a text and what a choice contribute to it."""

    of_text: Callable[[str], float]
    of_choice: Callable[[float], float]


LENGTH = Quantity(of_text=lambda text: float(len(text)), of_choice=lambda _: 0.0)
ENTROPY = Quantity(of_text=lambda _: 0.0, of_choice=lambda entropy: entropy)


class Node(Protocol):
    """A piece of a grammar; it is itself, and equal to no other."""

    def __hash__(self) -> int: ...

    @abstractmethod
    def write(self, random: Random, drawn: dict[str, int], out: list[str], /) -> None:
        """Append a random text to `out`; the bindings in `drawn` grow."""

    @abstractmethod
    def read(self, text: str, states: States, /) -> States:
        """Every state that can be reached from `states` by reading this node."""

    @abstractmethod
    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """The expected quantity of this node and the rest, given what the rest expects."""


@dataclass(frozen=True, eq=False)
class Text:
    """Fixed characters."""

    text: str

    def write(self, _random: Random, _drawn: dict[str, int], out: list[str], /) -> None:
        """Append them."""
        out.append(self.text)

    def read(self, text: str, states: States, /) -> States:
        """Keep the states where they stand."""
        n = len(self.text)
        return {(at + n, bound): reading for (at, bound), reading in states.items() if text.startswith(self.text, at)}

    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """Add a constant."""
        return _plus(rest, {frozenset(): quantity.of_text(self.text)})


@dataclass(frozen=True, eq=False)
class Series:
    """One part after another."""

    parts: tuple[Node, ...]

    def write(self, random: Random, drawn: dict[str, int], out: list[str], /) -> None:
        """Write each in turn."""
        for part in self.parts:
            part.write(random, drawn, out)

    def read(self, text: str, states: States, /) -> States:
        """Read each in turn, until none is possible."""
        for part in self.parts:
            if not states:
                break
            states = part.read(text, states)
        return states

    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """From right to left."""
        for part in reversed(self.parts):
            rest = part.expect(quantity, rest)
        return rest


@dataclass(frozen=True, eq=False)
class OneOf:
    """One of several options, with whole-number weights."""

    options: tuple[Node, ...]
    weights: tuple[int, ...]

    @cached_property
    def _cumulative(self) -> tuple[int, ...]:
        return tuple(accumulate(self.weights))

    @cached_property
    def _entropy(self) -> float:
        total = self._cumulative[-1]
        return log(total) - sum(w * log(w) for w in self.weights) / total

    @cached_property
    def _by_initial(self) -> Mapping[str, tuple[tuple[Node, int], ...]]:
        """The options that can start with each character; under the empty key, those that may start with any."""
        table: dict[str, list[tuple[Node, int]]] = {"": []}
        for option, weight in zip(self.options, self.weights, strict=True):
            table.setdefault(_initial(option), []).append((option, weight))
        return {initial: tuple(pairs) for initial, pairs in table.items()}

    def write(self, random: Random, drawn: dict[str, int], out: list[str], /) -> None:
        """Choose by one uniform number."""
        total = self._cumulative[-1]
        self.options[bisect_right(self._cumulative, below(random, total))].write(random, drawn, out)

    def read(self, text: str, states: States, /) -> States:
        """Try each option that can start with the next character."""
        total = self._cumulative[-1]
        reached: States = {}
        for (at, bound), reading in states.items():
            following = text[at : at + 1]
            options = self._by_initial[""]
            if following:
                options += self._by_initial.get(following, ())
            for option, weight in options:
                chosen = Readings(reading.probability * weight / total, reading.count)
                _merge(reached, option.read(text, {(at, bound): chosen}))
        return reached

    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """The entropy of the choice, and the average of what each option adds."""
        return dict(_expected_choice(self, quantity, frozenset(rest.items())))

    def expect_afresh(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """The same, computed; rules that many rules lead to are met with the same rest again and again."""
        total = self._cumulative[-1]
        result = _plus(rest, {frozenset(): quantity.of_choice(self._entropy)})
        for option, weight in zip(self.options, self.weights, strict=True):
            result = _plus(result, _change(option, quantity, rest), weight / total)
        return result


@dataclass(frozen=True, eq=False)
class Draw:
    """Bind a variable to one of `count` entries, all equally likely, other than the one that `other` is bound to."""

    variable: str
    count: int
    other: str | None = None

    @property
    def _possible(self) -> int:
        return self.count - (self.other is not None)

    def write(self, random: Random, drawn: dict[str, int], _out: list[str], /) -> None:
        """Draw, and step over the entry that is taken."""
        index = below(random, self._possible)
        if self.other is not None and index >= drawn[self.other]:
            index += 1
        drawn[self.variable] = index

    def read(self, _text: str, states: States, /) -> States:
        """Branch into every entry; the mention that follows keeps the one that fits."""
        reached: States = {}
        for (at, bound), reading in states.items():
            taken = dict(bound).get(self.other) if self.other is not None else None
            drawn = Readings(reading.probability / self._possible, reading.count)
            for index in range(self.count):
                if index != taken:
                    reached[at, bound | {(self.variable, index)}] = drawn
        return reached

    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """The entropy of the draw, and the rest with the variable averaged out."""
        result: Polynomial = {}
        for bound, coefficient in rest.items():
            index = dict(bound).get(self.variable)
            if index is None:
                _add(result, bound, coefficient)
                continue
            others = bound - {(self.variable, index)}
            share = coefficient / self._possible
            _add(result, others, share)
            if self.other is not None:
                taken = _times(others, (self.other, index))
                if taken is not None:
                    _add(result, taken, -share)
        return _plus(result, {frozenset(): quantity.of_choice(log(self._possible))})


@dataclass(frozen=True, eq=False)
class Mention:
    """Write the entry that a variable is bound to: one node for each entry."""

    variable: str
    entries: tuple[Node, ...]

    def write(self, random: Random, drawn: dict[str, int], out: list[str], /) -> None:
        """Write the entry that was drawn."""
        self.entries[drawn[self.variable]].write(random, drawn, out)

    def read(self, text: str, states: States, /) -> States:
        """Read the entry of each state's binding."""
        reached: States = {}
        for (at, bound), reading in states.items():
            entry = self.entries[dict(bound)[self.variable]]
            _merge(reached, entry.read(text, {(at, bound): reading}))
        return reached

    def expect(self, quantity: Quantity, rest: Polynomial) -> Polynomial:
        """What each entry adds, times its indicator."""
        result = dict(rest)
        for index, entry in enumerate(self.entries):
            for bound, coefficient in _change(entry, quantity, rest).items():
                product = _times(bound, (self.variable, index))
                if product is not None:
                    _add(result, product, coefficient)
        return result


@dataclass(frozen=True)
class Grammar:
    """A grammar of independent records, each written from `start`, separator included."""

    start: Node

    def sample(self, random: Random) -> str:
        """One random record."""
        out: list[str] = []
        self.start.write(random, {}, out)
        return "".join(out)

    def readings(self, text: str) -> Readings:
        """All derivations of one whole record: their number and their total probability."""
        found = self.start.read(text, {(0, frozenset()): Readings(1.0, 1)})
        ends = [reading for (at, _), reading in found.items() if at == len(text)]
        return Readings(sum(end.probability for end in ends), sum(end.count for end in ends))

    def log_prob(self, text: str) -> float:
        """The log-likelihood of one whole record in nats; minus infinity if the grammar cannot write it."""
        probability = self.readings(text).probability
        return log(probability) if probability > 0 else float("-inf")

    @cached_property
    def exact(self) -> Exact:
        """The entropy of the choices of a record and its expected length."""
        return Exact(record_entropy=self._expect(ENTROPY), record_length=self._expect(LENGTH))

    def _expect(self, quantity: Quantity) -> float:
        """The expectation over a whole record; every variable must have been drawn before its mention."""
        expected = self.start.expect(quantity, {})
        constant = expected.pop(frozenset(), 0.0)
        undrawn = {variable for bound in expected for variable, _ in bound}
        if undrawn:
            raise ValueError(f"mentioned before it is drawn: {', '.join(sorted(undrawn))}")
        return constant


def sequence(parts: Sequence[Node]) -> Node:
    """The parts in a row, without a wrapper around a single one."""
    return parts[0] if len(parts) == 1 else Series(tuple(parts))


def uniform(options: Iterable[str]) -> Node:
    """One of several fixed texts, all equally likely."""
    nodes = tuple(Text(option) for option in options)
    return OneOf(nodes, (1,) * len(nodes))


def _initial(node: Node) -> str:
    """The character that the node's text always starts with, or nothing if that is not plain."""
    while isinstance(node, Series):
        node = node.parts[0]
    return node.text[:1] if isinstance(node, Text) else ""


def _merge(into: States, more: States) -> None:
    """Pool derivations that arrive in the same state."""
    for state, reading in more.items():
        known = into.get(state)
        if known is not None:
            reading = Readings(known.probability + reading.probability, known.count + reading.count)
        into[state] = reading


def _change(node: Node, quantity: Quantity, rest: Polynomial) -> Polynomial:
    """What `node` adds to `rest`: for nodes that draw nothing it is the same for any rest."""
    if not _draws(node):
        return node.expect(quantity, {})
    return _plus(node.expect(quantity, rest), rest, -1.0)


@cache
def _expected_choice(node: OneOf, quantity: Quantity, rest: frozenset[tuple[Bindings, float]]) -> Polynomial:
    return node.expect_afresh(quantity, dict(rest))


@cache
def _draws(node: Node) -> bool:
    """Whether a variable is drawn inside the node."""
    match node:
        case Draw():
            return True
        case Series(parts):
            return any(_draws(part) for part in parts)
        case OneOf(options, _):
            return any(_draws(option) for option in options)
        case Mention(_, entries):
            return any(_draws(entry) for entry in entries)
        case _:
            return False


def _times(bound: Bindings, indicator: tuple[str, int]) -> Bindings | None:
    """The product with one more indicator; None where a variable would have to be two entries at once."""
    index = dict(bound).get(indicator[0], indicator[1])
    return bound | {indicator} if index == indicator[1] else None


def _add(polynomial: Polynomial, bound: Bindings, coefficient: float) -> None:
    """Add to one coefficient; terms that cancel, up to rounding, go away."""
    total = polynomial.get(bound, 0.0) + coefficient
    if abs(total) > 1e-12:
        polynomial[bound] = total
    else:
        polynomial.pop(bound, None)


def _plus(left: Polynomial, right: Polynomial, factor: float = 1.0) -> Polynomial:
    """The sum `left + factor * right`."""
    result = dict(left)
    for bound, coefficient in right.items():
        _add(result, bound, factor * coefficient)
    return result
