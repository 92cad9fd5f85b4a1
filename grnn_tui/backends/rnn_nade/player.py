"""RNN-NADE on the playing path: numpy, one value at a time. Equations and weights: `network.py`.

A value costs what it costs in a NADE, an addition and a dot product; the recurrent state takes its step when a row is
complete.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.activations import ACTIVATIONS
from grnn_tui.backends.contract import Arrays, Player, Vector
from grnn_tui.backends.distribution import Bernoulli, Symbol
from grnn_tui.backends.rnn_nade.spec import RnnNadeSettings
from grnn_tui.backends.weights import floats
from grnn_tui.data.row_domain import RowDomain


class State(NamedTuple):
    """What came before the row being written, and the row so far."""

    cell: tuple[Vector, ...]
    """s and, for an LSTM, its cell state [state]."""
    b: Vector
    """b_t [D]."""
    a: Vector
    """c_t and the running sum over the values of this row [hidden]."""
    row: tuple[Symbol, ...]
    """The values of this row."""


class RnnNadePlayer(Player[State, Bernoulli]):
    """Rows without end; the state after a whole row is that before the next."""

    def __init__(self, settings: RnnNadeSettings, domain: RowDomain, arrays: Arrays) -> None:
        D, H, S = domain.length, settings.hidden, settings.state
        self.D = D
        self.act = ACTIVATIONS[settings.activation]
        self.lstm = settings.cell == "lstm"
        gates = 4 * S if self.lstm else S
        inputs = floats(arrays, "cell.weight_ih_l0", gates, D)
        self.inputs: NDArray[np.float32] = np.ascontiguousarray(inputs.T)
        self.recurrent = floats(arrays, "cell.weight_hh_l0", gates, S)
        self.gate_bias = floats(arrays, "cell.bias_ih_l0", gates) + floats(arrays, "cell.bias_hh_l0", gates)
        self.U_b, self.U_c = floats(arrays, "U_b", D, S), floats(arrays, "U_c", H, S)
        self.b, self.c = floats(arrays, "b", D), floats(arrays, "c", H)
        self.W, self.V = floats(arrays, "W", D, H), floats(arrays, "V", D, H)
        names = ("start_s", "start_c") if self.lstm else ("start_s",)
        self._start = self._before_row(tuple(floats(arrays, name, S) for name in names))

    def start(self, condition: Vector | None = None) -> State:
        """Before the first row of a piece."""
        del condition
        return self._start

    def predict(self, state: State) -> Bernoulli:
        """sigmoid(b_{t,d} + V_d act(a))."""
        d = len(state.row)
        h = state.a.copy()
        self.act(h)
        return Bernoulli(float(state.b[d]) + float(self.V[d] @ h))

    def advance(self, state: State, symbol: Symbol) -> State:
        """One value more of the row; after its last, the step to the next row."""
        row = (*state.row, symbol)
        if len(row) == self.D:
            return self._before_row(self._step(state.cell, row))
        return State(state.cell, state.b, state.a + self.W[len(state.row)] if symbol else state.a, row)

    def features(self, state: State) -> Vector:
        """The recurrent state after the rows that are complete; of an LSTM tanh of its cell state [state]."""
        tanh: Vector = np.tanh(state.cell[-1])
        return tanh if self.lstm else state.cell[0]

    def _before_row(self, cell: tuple[Vector, ...]) -> State:
        s = cell[0]
        return State(cell, self.b + self.U_b @ s, self.c + self.U_c @ s, ())

    def _step(self, cell: tuple[Vector, ...], row: tuple[Symbol, ...]) -> tuple[Vector, ...]:
        """The recurrent state after `row`."""
        z: Vector = self.recurrent @ cell[0]
        z += self.gate_bias
        z += self.inputs[np.flatnonzero(row)].sum(axis=0)
        if not self.lstm:
            return (np.tanh(z, out=z),)
        i, f, g, o = np.split(z, 4)
        for gate in (i, f, o):
            ACTIVATIONS["sigmoid"](gate)
        c = f * cell[1] + i * np.tanh(g)
        return o * np.tanh(c), c
