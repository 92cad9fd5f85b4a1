"""The whole-sequence functions: the stock module's numbers, autograd's gradients, the same bytes each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from grnn_tui.backends.recurrent.cells import WEIGHTS, Cell, Cells, States
from grnn_tui.backends.recurrent.choice import whole_sequence
from grnn_tui.backends.recurrent.sequence import products, symbol_products
from grnn_tui.backends.recurrent.sequence_gru import gru_sequence
from grnn_tui.backends.recurrent.sequence_lstm import lstm_sequence
from grnn_tui.backends.recurrent.sequence_rnn import rnn_sequence

CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
SEQUENCES: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "rnn": rnn_sequence,
    "gru": gru_sequence,
    "lstm": lstm_sequence,
}
CPU = torch.device("cpu")


def way(ours: bool) -> Callable[..., bool]:
    def choose(*_: object, **__: object) -> bool:
        return ours

    return choose


def run(cells: Cells, x: Tensor, embedding: Tensor | None, states: States, ours: bool, seed: int = 0) -> list[Tensor]:
    """Outputs, then gradients of all that can have one, by one way."""
    torch.manual_seed(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("grnn_tui.backends.recurrent.cells.whole_sequence", way(ours))
        before, after = cells(x, embedding, states)
    weight = torch.linspace(-1, 1, before.numel(), dtype=before.dtype).view(before.shape)
    total = (before * weight).sum() + sum(((s * s).sum() for s in after), start=before.new_zeros(()))
    leaves = [*cells.parameters(), *states, *([embedding] if embedding is not None else [])]
    return [before, *after, *torch.autograd.grad(total, leaves)]


def sample(cell: Cell, layers: int, embedding: int, hidden: int = 19, dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(3)
    T, B, V = 23, 5, 11
    cells = Cells(cell, embedding or V, hidden, layers, 0.4).to(dtype)
    with torch.no_grad():
        for parameter in cells.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    states = tuple(torch.randn(layers, B, hidden, dtype=dtype).requires_grad_() for _ in range(1 + (cell == "lstm")))
    rows = torch.randn(V, embedding, dtype=dtype).requires_grad_() if embedding else None
    return cells, torch.randint(V, (T, B)), rows, states


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("cell", "layers", "embedding"), itertools.product(CELLS, (1, 2, 3), (0, 6)))
def test_both_ways_give_the_same_numbers_and_gradients(
    cell: Cell, layers: int, embedding: int, dtype: torch.dtype
) -> None:
    cells, x, rows, states = sample(cell, layers, embedding, dtype=dtype)
    cells.eval()
    ours, stock = (run(cells, x, rows, states, each) for each in (True, False))
    outputs = 1 + len(states)
    exact = dtype == torch.float64
    for mine, theirs in zip(ours[:outputs], stock[:outputs], strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-12 if exact else 1e-5, rtol=0)
    for mine, theirs in zip(ours[outputs:], stock[outputs:], strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-10 if exact else 1e-4, rtol=1e-10 if exact else 1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_a_vocabulary_larger_than_the_text_is_embedded_row_by_row(cell: Cell) -> None:
    cells, x, rows, states = sample(cell, 1, 6)
    many = torch.cat((rows, torch.zeros(500, 6))).detach().requires_grad_()
    for mine, theirs in zip(run(cells, x, many, states, True), run(cells, x, many, states, False), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_blocks_of_steps_change_nothing(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    cells, x, rows, states = sample(cell, 2, 6, dtype=torch.float64)
    cells.eval()
    whole = run(cells, x, rows, states, True)
    for size in (1, 3 * 5 * 19):
        monkeypatch.setattr("grnn_tui.backends.recurrent.sequence._BLOCK", size)
        for mine, theirs in zip(run(cells, x, rows, states, True), whole, strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_the_finite_differences_of_the_layer(cell: Cell) -> None:
    torch.manual_seed(0)
    T, B, H, V, G = 4, 2, 3, 5, GATES[cell]

    def leaf(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64).requires_grad_()

    x = torch.randint(V, (T, B))
    inside = [leaf(H)] if cell == "gru" else []
    rest = [leaf(G * H, H), *inside, leaf(B, H), *([leaf(B, H)] if cell == "lstm" else [])]
    assert torch.autograd.gradcheck(
        lambda e, W, b, *rest: SEQUENCES[cell](symbol_products(x, e, W, b, G), *rest),
        (leaf(V, 2), leaf(G * H, 2), leaf(G * H), *rest),
    )
    assert torch.autograd.gradcheck(
        lambda v, W, b, *rest: SEQUENCES[cell](products(v, W, b, G), *rest),
        (leaf(T, B, 2), leaf(G * H, 2), leaf(G * H), *rest),
    )


@pytest.mark.parametrize("cell", CELLS)
def test_noise_is_added_to_the_state_that_goes_on(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layer by layer and step by step under autograd, with the same draws."""
    cells, x, rows, states = sample(cell, 2, 6, dtype=torch.float64)
    cells.eval()
    draws = torch.randn(2, *x.shape, 19, dtype=torch.float64)
    left = list(draws)
    monkeypatch.setattr(torch, "randn_like", lambda _: left.pop(0))
    before, after = cells(x, rows, states, 0.3)
    inputs, last = F.embedding(x, rows), []
    for k, draw in enumerate(draws):
        W, U, b, d = (cells.stack.get_parameter(f"{part}_l{k}") for part in WEIGHTS)
        state = tuple(s[k] for s in states)
        hs = [state[0]]
        for v, e in zip(inputs, draw, strict=True):
            if cell == "lstm":
                h, c = torch.lstm_cell(v, list(state), W, U, b, d)
                state = (h + 0.3 * e, c)
            else:
                step = torch.gru_cell if cell == "gru" else torch.rnn_tanh_cell
                state = (step(v, state[0], W, U, b, d) + 0.3 * e,)
            hs.append(state[0])
        inputs = torch.stack(hs[1:])
        last.append(state)
    expected = [torch.stack(hs), *(torch.stack(s) for s in zip(*last, strict=True))]
    leaves = [*cells.parameters(), *states, rows]
    for mine, theirs in zip((before, *after), expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=0)
    for mine, theirs in zip(
        torch.autograd.grad(torch.stack([(s * s).sum() for s in (before, *after)]).sum(), leaves),
        torch.autograd.grad(torch.stack([(s * s).sum() for s in expected]).sum(), leaves),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_each_run_gives_the_same_bytes(cell: Cell) -> None:
    cells, x, rows, states = sample(cell, 2, 6)
    first, again, other = (run(cells, x, rows, states, True, seed) for seed in (1, 1, 2))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(first, again, strict=True))
    assert not all(torch.equal(mine, theirs) for mine, theirs in zip(first, other, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_dropout_falls_between_layers_alone(cell: Cell) -> None:
    cells, x, rows, states = sample(cell, 2, 6)
    ours, stock = (run(cells, x, rows, states, each, seed=4) for each in (True, False))
    torch.testing.assert_close(ours[1][0], stock[1][0], atol=1e-5, rtol=0)
    share = []
    for each in (True, False):
        lower = [run(cells, x, rows, states, each, seed)[0] for seed in range(40)]
        share.append(torch.stack(lower).std(0)[1:].mean())
    torch.testing.assert_close(share[0], share[1], atol=0, rtol=0.1)
    single, x, rows, states = sample(cell, 1, 6)
    assert torch.equal(run(single, x, rows, states, True, 1)[0], run(single, x, rows, states, True, 2)[0])


def test_the_faster_way_is_chosen() -> None:
    def chosen(cell: str, hidden: int, batch: int, gradient: bool = True, dtype: torch.dtype = torch.float32) -> bool:
        return whole_sequence(cell, hidden, batch, CPU, dtype, gradient=gradient)

    for cell in ("rnn", "gru"):
        assert all(chosen(cell, hidden, batch) for hidden in (16, 128, 512) for batch in (1, 32, 128))
        assert chosen(cell, 256, 32, gradient=False)
        assert not chosen(cell, 256, 1, gradient=False)
        assert not chosen(cell, 256, 32, dtype=torch.bfloat16)
        assert not whole_sequence(cell, 256, 32, torch.device("cuda"), torch.float32, gradient=True)
    assert [chosen("lstm", hidden, 64) for hidden in (64, 256, 512, 1024)] == [True, True, True, False]
    assert chosen("lstm", 512, 64, dtype=torch.float64)
    assert not chosen("lstm", 512, 64, gradient=False)
    assert not chosen("lstm", 512, 32)
