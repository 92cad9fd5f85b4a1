"""The distribution of the next symbol as the screen is told it."""

from __future__ import annotations

from msgspec import field

from grnn_tui.engine.message import Message


class Bar(Message, frozen=True):
    """One symbol of the next distribution."""

    symbol: int
    rank: int
    """0 is the most probable to the model."""
    raw: float
    """The model's own probability."""
    used: float
    """After penalty, temperature and truncation; 0 if removed."""


class Particle(Message, frozen=True):
    """One part of a prediction that is an even mixture."""

    probs: list[float]
    """Its own probability of the symbol of each bar."""
    entropy: float
    """Of its own distribution, bits."""
    responsibility: float
    """Posterior weight given the text so far: how well it has foretold it."""


class Prediction(Message, frozen=True):
    """The distribution at the cursor."""

    bars: list[Bar]
    """The most probable, in the order of the raw probability; at most 64, and `chosen` wherever it ranks."""
    size: int
    """Symbols in the vocabulary."""
    entropy: float
    """Of the model's own distribution, bits."""
    used_entropy: float
    """Of the one that is drawn from, bits."""
    removed: int
    """How many symbols truncation removed."""
    removed_mass: float
    """And how much raw probability they had."""
    chosen: int | None = None
    """The symbol that stands after the cursor on this branch, if any."""
    chosen_bits: float | None = None
    """Its surprisal under the model, bits."""
    particles: list[Particle] = field(default_factory=list)
    """What the model's own distribution is an even mixture of; empty if it is none."""
    effective: float = 1.0
    """The effective number of particles."""
