"""RNN, LSTM and GRU on the playing path: numpy, one symbol at a time.

The input side of the first layer is folded into a table with one row per symbol, W E[x] + b, so a symbol costs one
row gather; after that each weight matrix costs one matrix-vector product. The logistic function is computed as
s(a) = (1 + tanh(a / 2)) / 2, the halving being folded into the weights (exact in floating point), so that all gates
of a layer take one tanh. Equations and weight layout: `cells.py`. Matrices are kept transposed, [in, out]: a product
h W' then reads them as one stream, up to 1.8 times as fast once they outgrow the cache, and no slower before.

Several particles, and many texts side by side, are the rows of a matrix: every vector of a state becomes
[particles, hidden] or [texts, hidden], every matrix-vector product one of two matrices, and the equations stay as they
are. Noise in the hidden state belongs to training: what plays is the dynamics without it, so that a state remains a
function of the text alone and a symbol takes one random number.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Many, Player, SideBySide, Symbols
from grnn_tui.backends.distribution import Categorical, Symbol
from grnn_tui.backends.recurrent.rare_words import rare_words, with_tails
from grnn_tui.backends.recurrent.spec import CONDITION, RecurrentSettings
from grnn_tui.backends.tails import tails_of
from grnn_tui.backends.weights import floats
from grnn_tui.data.domain import Domain

ONE, HALF = np.array(1, np.float32), np.array(0.5, np.float32)
"""As arrays: a plain number costs as much again as the sum of a small vector."""
Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
State = tuple[Vector, ...]
"""h of each layer from the bottom up, then (LSTM) c of each layer; never written to again.

[hidden] each; [particles, hidden] with several particles, [texts, hidden] with many texts.
"""


@dataclass(frozen=True)
class Layer:
    """One layer's weights, ready to multiply: W [input, gates], U [hidden, gates], b and d [gates]."""

    W: Matrix
    U: Matrix
    b: Vector
    d: Vector


class RecurrentPlayer(Player[State]):
    """What the three cells share: the input table, the walk up the layers, the output."""

    gates: ClassVar[int]
    """How many blocks of `hidden` rows each weight matrix stacks."""
    start_names: ClassVar[tuple[str, ...]] = ("start_h",)

    def __init__(self, settings: RecurrentSettings, domain: Domain, arrays: Arrays) -> None:
        V, E, H, K = domain.size, settings.embedding, settings.hidden, settings.layers
        self.hidden = H
        self.depth = K
        self.particles = settings.particles
        self.layers = [self._layer(arrays, k, H, H if k else E or V) for k in range(K)]
        embedding = floats(arrays, "embedding", V, E) if E else None
        bottom = self.layers[0]
        inputs = bottom.W if embedding is None else embedding.dot(bottom.W)
        self.table: Matrix = inputs + bottom.b
        tied = settings.tied and embedding is not None
        tails = tails_of(settings.softmax, domain, H, tied=settings.tied)
        outputs = tails[0].first + len(tails) if tails else V
        output = embedding if tied and embedding is not None else floats(arrays, "output_weight", outputs, H)
        self.V: Matrix = np.ascontiguousarray(output.T)
        self.b = floats(arrays, "output_bias", outputs)
        self.tails = [rare_words(arrays, i, tail, H) for i, tail in enumerate(tails)]
        shape = (K, H) if self.particles == 1 else (self.particles, K, H)
        starts = [
            floats(arrays, name, *shape) if settings.learned_start else np.zeros(shape, np.float32)
            for name in self.start_names
        ]
        told = 0 if domain.condition is None else domain.condition.size
        self.C = [floats(arrays, CONDITION[name], K, H, told) for name in self.start_names] if told else []
        self._start = tuple(np.ascontiguousarray(start[..., k, :]) for start in starts for k in range(K))
        self._logistic = np.s_[..., : (self.gates - 1) * H]
        self._parts = tuple(np.s_[..., g * H : (g + 1) * H] for g in range(self.gates))

    def _layer(self, arrays: Arrays, k: int, hidden: int, inputs: int) -> Layer:
        rows = self.gates * hidden
        layer = self._arrange(
            Layer(
                W=floats(arrays, f"cells.stack.weight_ih_l{k}", rows, inputs),
                U=floats(arrays, f"cells.stack.weight_hh_l{k}", rows, hidden),
                b=floats(arrays, f"cells.stack.bias_ih_l{k}", rows),
                d=floats(arrays, f"cells.stack.bias_hh_l{k}", rows),
            )
        )
        return replace(layer, W=np.ascontiguousarray(layer.W.T), U=np.ascontiguousarray(layer.U.T))

    @abstractmethod
    def _arrange(self, layer: Layer) -> Layer:
        """The weights, [gates, in] still, in the order and scale that `_step` wants."""

    @abstractmethod
    def _step(self, layer: Layer, a: Vector, state: State, k: int) -> State:
        """The state of layer `k` after the input `a` = W x + b [gates * hidden], which is not written to."""

    def start(self, condition: Vector | None = None) -> State:
        """The learned start state, or zeros, shifted by C c."""
        if condition is None:
            return self._start
        shifts = [layer @ condition for C in self.C for layer in C]
        return tuple(h + shift for h, shift in zip(self._start, shifts, strict=True))

    def predict(self, state: State) -> Categorical:
        """softmax(V h + b) of the top layer's h, or what an adaptive softmax makes of it."""
        return Categorical(self.logits(state))

    def logits(self, state: State) -> Matrix:
        """V h + b [symbols], or [particles, symbols], or [texts, symbols]; rare words: see `with_tails`."""
        h = state[self.depth - 1]
        logits: Matrix = h.dot(self.V)
        logits += self.b
        return with_tails(logits, h, self.tails) if self.tails else logits

    def many(self, state: State, count: int) -> Many | None:
        """The same equations over matrices."""
        return SideBySide(self, state, count)

    def advance(self, state: State, symbol: Symbol | Symbols) -> State:
        """One step of every layer; new arrays throughout. Many texts take a symbol each."""
        a = self.table[symbol]
        if self.depth == 1:
            return self._step(self.layers[0], a, state, 0)
        parts: list[State] = []
        for k, layer in enumerate(self.layers):
            if k:
                a = parts[-1][0].dot(layer.W)
                a += layer.b
            parts.append(self._step(layer, a, state, k))
        return tuple(part[i] for i in range(len(parts[0])) for part in parts)

    def features(self, state: State) -> Vector:
        """h of each layer from the bottom up [layers * hidden]."""
        return state[0] if self.depth == 1 else np.concatenate(state[: self.depth], axis=-1)


class RNNPlayer(RecurrentPlayer):
    """h' = tanh(a + U h)."""

    gates = 1

    def _arrange(self, layer: Layer) -> Layer:
        return Layer(layer.W, layer.U, layer.b + layer.d, layer.d)

    def _step(self, layer: Layer, a: Vector, state: State, k: int) -> State:
        h = state[k].dot(layer.U)
        h += a
        return (np.tanh(h, out=h),)


class LSTMPlayer(RecurrentPlayer):
    """(i, f, o) = s(a + U h), g = tanh(a + U h); c' = f c + i g; h' = o tanh(c')."""

    gates = 4
    start_names = ("start_h", "start_c")

    def _arrange(self, layer: Layer) -> Layer:
        """Rows from i f g o to i f o g, so that the three logistic gates lie together, halved."""
        H = self.hidden
        order = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
        half = np.where(np.arange(4 * H) < 3 * H, np.float32(0.5), np.float32(1))
        W, U = (M[order] * half[:, None] for M in (layer.W, layer.U))
        return Layer(W, U, (layer.b + layer.d)[order] * half, layer.d)

    def _step(self, layer: Layer, a: Vector, state: State, k: int) -> State:
        i, f, o, g = self._parts
        z = state[k].dot(layer.U)
        z += a
        np.tanh(z, out=z)
        s = z[self._logistic]
        s += ONE
        s *= HALF
        c = z[f] * state[self.depth + k]
        new = z[g]
        new *= z[i]
        c += new
        h = np.tanh(c)
        h *= z[o]
        return h, c

    def features(self, state: State) -> Vector:
        """tanh(c) of each layer from the bottom up [layers * hidden].

        Not h, which the output gate hides wherever the next symbol does not need what is remembered: whether a
        quotation is open stands in c all along (Karpathy, Johnson and Fei-Fei 2015).
        """
        return np.tanh(np.concatenate(state[self.depth :], axis=-1))


class GRUPlayer(RecurrentPlayer):
    """(r, z) = s(a + U h), n = tanh(a + r (U h + d)); h' = n + z (h - n)."""

    gates = 3

    def _arrange(self, layer: Layer) -> Layer:
        """The two logistic gates halved, their second bias folded into the first."""
        H = self.hidden
        half = np.where(np.arange(3 * H) < 2 * H, np.float32(0.5), np.float32(1))
        b = layer.b.copy()
        b[: 2 * H] += layer.d[: 2 * H]
        return Layer(layer.W * half[:, None], layer.U * half[:, None], b * half, layer.d[2 * H :].copy())

    def _step(self, layer: Layer, a: Vector, state: State, k: int) -> State:
        r, z, new = self._parts
        before = state[k]
        u = before.dot(layer.U)
        s = u[self._logistic]
        s += a[self._logistic]
        np.tanh(s, out=s)
        s += ONE
        s *= HALF
        n = u[new]
        n += layer.d
        n *= u[r]
        n += a[new]
        np.tanh(n, out=n)
        h = before - n
        h *= u[z]
        h += n
        return (h,)
