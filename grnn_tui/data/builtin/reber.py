"""Strings of the Reber grammar and of the embedded Reber grammar, one a line.

Every fork of the graph is taken with probability 1/2. A Reber string starts with B, ends with E, and carries exactly
6 bits in 8 letters on average: 0.519860 nats per letter, and 0.462098 per character of the text, where the newline is
counted too. The embedded grammar wraps a Reber string in `BT...TE` or `BP...PE`: the last letter but one repeats the
second across a gap of any length, which is what made it a test of long memory. It carries 7 bits in 12 letters:
0.404336 nats per letter, 0.373233 per character of the text.

Source: Reber (1967), "Implicit learning of artificial grammars"; the embedded form is due to Fahlman (1991).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import log
from random import Random

import numpy as np

from grnn_tui.data.builtin.corpus import Exact, repeat

Graph = Mapping[str, tuple[tuple[str, str], ...]]

START = "0"
END = "end"
REBER: Graph = {
    "0": (("B", "1"),),
    "1": (("T", "2"), ("P", "3")),
    "2": (("S", "2"), ("X", "4")),
    "3": (("T", "3"), ("V", "5")),
    "4": (("X", "3"), ("S", "6")),
    "5": (("P", "4"), ("V", "6")),
    "6": (("E", END),),
}


def _embed(inner: Graph) -> Graph:
    """The graph that remembers its second letter by walking one of two copies of `inner`."""
    graph: dict[str, tuple[tuple[str, str], ...]] = {
        START: (("B", "fork"),),
        "fork": (("T", f"T{START}"), ("P", f"P{START}")),
        "last": (("E", END),),
    }
    for letter in "TP":
        for state, arcs in inner.items():
            graph[letter + state] = tuple((a, letter + to) for a, to in arcs)
        graph[letter + END] = ((letter, "last"),)
    return graph


EMBEDDED: Graph = _embed(REBER)


def walk(graph: Graph, random: Random) -> str:
    """One string of the grammar and its newline."""
    letters: list[str] = []
    state = START
    while state != END:
        arcs = graph[state]
        letter, state = arcs[0] if len(arcs) == 1 else arcs[random.random() >= 0.5]
        letters.append(letter)
    letters.append("\n")
    return "".join(letters)


@cache
def reber_exact() -> Exact:
    """6 bits in 8 letters and a newline."""
    return _exact(REBER)


@cache
def embedded_reber_exact() -> Exact:
    """7 bits in 12 letters and a newline."""
    return _exact(EMBEDDED)


def _exact(graph: Graph) -> Exact:
    """Entropy and length from the expected visits v of each state: v = start + v P, solved exactly."""
    index = {state: i for i, state in enumerate(graph)}
    P = np.zeros((len(graph), len(graph)))
    for state, arcs in graph.items():
        for _, to in arcs:
            if to != END:
                P[index[state], index[to]] += 1 / len(arcs)
    start = np.zeros(len(graph))
    start[index[START]] = 1.0
    visits = np.linalg.solve(np.eye(len(graph)) - P.T, start)
    forks = sum(float(visits[index[s]]) * log(len(arcs)) for s, arcs in graph.items())
    return Exact(record_entropy=forks, record_length=float(visits.sum()) + 1)


def make_reber(seed: int, size: int) -> str:
    """Reber strings, one a line."""
    return repeat(lambda random: walk(REBER, random), seed, size)


def make_embedded_reber(seed: int, size: int) -> str:
    """Embedded Reber strings, one a line."""
    return repeat(lambda random: walk(EMBEDDED, random), seed, size)


def is_grammatical(text: str, *, embedded: bool = False) -> bool:
    """Whether `text`, one string with or without its newline, is a whole string of the grammar."""
    graph = EMBEDDED if embedded else REBER
    state = START
    for letter in text.removesuffix("\n"):
        if state == END:
            return False
        following = dict(graph[state])
        if letter not in following:
            return False
        state = following[letter]
    return state == END
