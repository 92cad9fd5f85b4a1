"""A character model as most people write it, trained for so many seconds: the baseline of `make bench-quality`.

`nn.Embedding` of 64, `nn.GRU` of 256, a linear layer; 32 streams of 64 characters with carried state, AdamW at 4e-3
under a cosine to zero over the seconds given, gradient norm clipped at 1. Called with a file, a share held out,
seconds and threads, it prints nats per character of the held-out end, in one pass with carried state.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH, LENGTH, RATE = 32, 64, 4e-3


class Model(nn.Module):
    """Logits of the next character, and the state after."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, 64)
        self.gru = nn.GRU(64, 256)
        self.out = nn.Linear(256, symbols)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Logits [time, batch, symbols] from symbols `x` [time, batch]."""
        h, state = self.gru(self.embedding(x), state)
        return self.out(h), state


def held_out(model: Model, text: Tensor) -> float:
    """Nats per character of `text`, read from its first to its last with the state carried on."""
    total, state = 0.0, None
    with torch.inference_mode():
        for start in range(0, len(text) - 1, 4096):
            x = text[start : start + 4097]
            logits, state = model(x[:-1, None], state)
            total += F.cross_entropy(logits[:, 0], x[1:], reduction="sum").item()
    return total / (len(text) - 1)


def main(path: str, validation: float, seconds: float, threads: int) -> None:
    """Train, then print one number."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    written = Path(path).read_text("utf-8")
    symbols = sorted(set(written))
    number = {symbol: i for i, symbol in enumerate(symbols)}
    whole = torch.tensor([number[symbol] for symbol in written])
    split = len(whole) - int(len(whole) * validation)
    text = whole[: split // BATCH * BATCH].view(BATCH, -1).t().contiguous()
    model = Model(len(symbols))
    adam = torch.optim.AdamW(model.parameters(), RATE)
    at, state, began = 0, None, time.monotonic()
    while (done := (time.monotonic() - began) / seconds) < 1:
        if at + LENGTH >= len(text):
            at = 0
        x = text[at : at + LENGTH + 1]
        at += LENGTH
        logits, state = model(x[:-1], None if state is None else state.detach())
        loss = F.cross_entropy(logits.flatten(0, 1), x[1:].flatten())
        for group in adam.param_groups:
            group["lr"] = RATE * (1 + math.cos(math.pi * done)) / 2
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
    print(held_out(model, whole[split:]))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
