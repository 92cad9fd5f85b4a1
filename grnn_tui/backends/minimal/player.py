"""minGRU and minLSTM on the playing path: numpy, one symbol at a time.

The input side of the first layer is folded into a table with one row per symbol, W E[x] + b, and the gain of each
normalisation into the weights that read it, so a symbol costs one row gather and one matrix-vector product for each
further weight matrix: no weights are recurrent. The logistic function is computed as s(a) = (1 + tanh(a / 2)) / 2; the
halving, and whatever else scales an argument, is folded into the weights too. Matrices are kept transposed, [in, out],
and many texts side by side are the rows of a matrix, as in the recurrent player. Equations and weights: `network.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Many, Player, SideBySide, Symbols
from grnn_tui.backends.distribution import Categorical, Symbol
from grnn_tui.backends.minimal.spec import EPSILON, MinimalSettings
from grnn_tui.backends.weights import floats
from grnn_tui.data.domain import Domain

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
State = tuple[Vector, ...]
"""h of each layer from the bottom up, [hidden] or with many texts [texts, hidden] each, never written to again."""


class MinimalPlayer(Player[State]):
    """What the two cells share: the input table, the sum over the layers, its normalisation, the output."""

    gates: ClassVar[int]
    """How many blocks of `hidden` rows each weight matrix stacks."""
    scale: ClassVar[float]
    """What `_update` wants the products of the gates multiplied by."""

    def __init__(self, settings: MinimalSettings, domain: Domain, arrays: Arrays) -> None:
        V, E, H, L = domain.size, settings.embedding, settings.hidden, settings.layers
        rows = self.gates * H
        self.hidden = H
        self._new, self._gates = np.s_[..., -H:], np.s_[..., :-H]
        self.mean: Vector = np.full(H, 1 / H, np.float32)
        scale = np.full(rows, self.scale, np.float32)
        scale[-H:] = 0.5
        weights = [floats(arrays, f"weight_l{k}", rows, H if k else E or V) * scale[:, None] for k in range(L)]
        biases = [floats(arrays, f"bias_l{k}", rows) * scale for k in range(L)]
        embedding = floats(arrays, "embedding", V, E) if E else None
        inputs = weights[0].T if embedding is None else embedding @ weights[0].T
        self.table: Matrix = np.ascontiguousarray(inputs + biases[0])
        self.layers: list[tuple[Matrix, Vector]] = [
            (np.ascontiguousarray((weights[k] * floats(arrays, f"gain_l{k}", H)).T), biases[k]) for k in range(1, L)
        ]
        tied = settings.tied and embedding is not None
        output = embedding if tied and embedding is not None else floats(arrays, "output_weight", V, H)
        self.V: Matrix = np.ascontiguousarray(output.T)
        self.b = floats(arrays, "output_bias", V)
        start = np.zeros((L, H), np.float32)
        if settings.learned_start:
            start = _positive(floats(arrays, "start_r", L, H) * np.float32(0.5))
        self._start = tuple(start)
        told = 0 if domain.condition is None else domain.condition.size
        self.C = floats(arrays, "condition_h", L, H, told) if told else ()

    @abstractmethod
    def _update(self, a: Vector) -> Vector:
        """z [hidden] from the scaled products of the gates, which may be written to."""

    def start(self, condition: Vector | None = None) -> State:
        """The learned start state, or zeros, shifted by C c."""
        if condition is None:
            return self._start
        return tuple(h + C @ condition for h, C in zip(self._start, self.C, strict=True))

    def predict(self, state: State) -> Categorical:
        """softmax(V u + b) of the sum u over the layers."""
        return Categorical(self.logits(state))

    def logits(self, state: State) -> Matrix:
        """V u + b [symbols] or [texts, symbols]."""
        logits: Matrix = sum(state[1:], start=state[0]).dot(self.V)
        logits += self.b
        return logits

    def many(self, state: State, count: int) -> Many | None:
        """The same equations over matrices."""
        return SideBySide(self, state, count)

    def advance(self, state: State, symbol: Symbol | Symbols) -> State:
        """One step of every layer; new arrays throughout. Many texts take a symbol each."""
        u = self._step(self.table[symbol].copy(), state[0])
        after = [u]
        for (W, b), before in zip(self.layers, state[1:], strict=True):
            a = self._normalised(u).dot(W)
            a += b
            h = self._step(a, before)
            after.append(h)
            u = u + h
        return tuple(after)

    def features(self, state: State) -> Vector:
        """h of each layer from the bottom up [layers * hidden]."""
        return np.concatenate(state)

    def _step(self, a: Vector, before: Vector) -> Vector:
        """h' = h + z (g - h), from the scaled products `a` [gates * hidden], which are written to."""
        h = _positive(a[self._new])
        h -= before
        h *= self._update(a[self._gates])
        h += before
        return h

    def _normalised(self, u: Vector) -> Vector:
        """(u - mean) / standard deviation; the gain is in the weights."""
        c: Vector = u - u.dot(self.mean)[..., None]
        square = c.dot(c) if c.ndim == 1 else np.einsum("th,th->t", c, c)[:, None]
        c *= (square / self.hidden + EPSILON) ** -0.5
        return c


class MinGRUPlayer(MinimalPlayer):
    """z = s(k)."""

    gates = 2
    scale = 0.5

    def _update(self, a: Vector) -> Vector:
        return _logistic(a)


class MinLSTMPlayer(MinimalPlayer):
    """z = i / (f + i) = (1 + e^F) / (2 + e^F + e^I), F and I being what f and i are s(-F) and s(-I) of.

    Both sides of the fraction are divided by the largest of 1, e^F and e^I, so that nothing overflows.
    """

    gates = 3
    scale = -1.0

    def _update(self, a: Vector) -> Vector:
        f, i = a[..., : self.hidden], a[..., self.hidden :]
        one = np.maximum(f, i)
        np.maximum(one, 0.0, out=one)
        f -= one
        i -= one
        np.exp(a, out=a)
        np.negative(one, out=one)
        np.exp(one, out=one)
        f += one
        i += one
        f /= f + i
        return f


def _logistic(half: NDArray[np.float32]) -> NDArray[np.float32]:
    """s(2 half), written over it."""
    np.tanh(half, out=half)
    half += 1.0
    half *= 0.5
    return half


def _positive(half: NDArray[np.float32]) -> NDArray[np.float32]:
    """g(2 half) of `scan.py`."""
    above = np.maximum(half, 0.0)
    above += above
    above += _logistic(np.minimum(half, 0.0))
    return above
