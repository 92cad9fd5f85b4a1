"""Drawing a symbol for each of many texts at once: what `sampling.draw_next` does, over rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grnn_tui.errors import ModelError
from grnn_tui.playing.sampling import SMALLEST_TEMPERATURE, Sampling, left_of

Floats = NDArray[np.float64]
_BITS = 1 / math.log(2)


def draw_each(
    logits: NDArray[np.floating], sampling: Sampling, recent: NDArray[np.integer], uniforms: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """A symbol for each text at its number of `uniforms` in [0, 1) [texts], and its surprisal in bits [texts].

    `logits` [texts, size] are the model's; `recent` [texts, any] are the symbols that the penalty sees.

    Raises:
        ModelError: one of the predictions is not a number.
    """
    rows = np.arange(len(logits))
    z = _relative(logits)
    own = np.exp(z)
    weights = _weights(logits, z, own, sampling, recent)
    if sampling.temperature != 0.0:
        weights = _truncated(weights, sampling)
    cumulative = weights.cumsum(axis=1)
    symbols = (cumulative <= (uniforms * cumulative[:, -1])[:, None]).sum(axis=1)
    for row in (symbols == z.shape[1]).nonzero()[0]:  # the rounding of the sum ran past the end
        symbols[row] = weights[row].nonzero()[0][-1]
    return symbols, (np.log(own.sum(axis=1)) - z[rows, symbols]) * _BITS


def _relative(logits: NDArray[np.floating]) -> Floats:
    """The logits minus the highest of their row."""
    top = logits.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    z: Floats = logits - top.astype(np.float64)
    return z


def _weights(
    logits: NDArray[np.floating], z: Floats, own: Floats, sampling: Sampling, recent: NDArray[np.integer]
) -> Floats:
    """Proportional to the probabilities after penalty and temperature [texts, size]."""
    if sampling.repetition_penalty != 1.0 and recent.size:
        penalised = logits.astype(np.float64)
        seen = np.take_along_axis(penalised, recent, axis=1)
        bent = np.where(seen > 0, seen / sampling.repetition_penalty, seen * sampling.repetition_penalty)
        np.put_along_axis(penalised, recent, bent, axis=1)
        z = _relative(penalised)
        own = np.exp(z)
    if sampling.temperature == 0.0:
        own = np.zeros(z.shape)
        own[np.arange(len(z)), z.argmax(axis=1)] = 1.0
    elif sampling.temperature != 1.0:
        own = z / max(sampling.temperature, SMALLEST_TEMPERATURE)
        np.exp(own, out=own)
    return own


def _truncated(weights: Floats, sampling: Sampling) -> Floats:
    """What top-k, top-p and min-p leave; nothing of the others."""
    size = weights.shape[1]
    count = sampling.top_k if 0 < sampling.top_k < size else size
    if count == size and sampling.top_p >= 1.0 and sampling.min_p == 0.0:
        return weights
    ranked = np.sort(np.partition(weights, size - count, axis=1)[:, size - count :] if count < size else weights)
    ranked = ranked[:, ::-1]
    left = np.full(len(weights), count)
    if sampling.top_p < 1.0:
        cumulative = ranked.cumsum(axis=1)
        left = np.minimum(left, (cumulative < sampling.top_p * cumulative[:, -1:]).sum(axis=1) + 1)
    if sampling.min_p > 0.0:
        left = np.minimum(left, (ranked >= sampling.min_p * ranked[:, :1]).sum(axis=1))
    kept = weights >= ranked[np.arange(len(weights)), left - 1][:, None]
    for row in (kept.sum(axis=1) != left).nonzero()[0]:  # equals at the edge
        kept[row] = False
        kept[row, left_of(weights[row], sampling)] = True
    return np.where(kept, weights, 0.0)
