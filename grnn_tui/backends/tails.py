"""An adaptive softmax (Grave et al. 2017): the rarer a word, the fewer numbers its output weights have.

Symbols stand in the order of their frequency. The first `HEAD` have output weights of their own over the hidden state
h, and so has each tail of rarer ones, as a whole; within a tail h is first narrowed to a part of its width:

    p(v) = softmax(W h + b)[v]                                      for v among the first
    p(v) = softmax(W h + b)[HEAD + i] softmax(U_i D_i h + u_i)[v]   for v in the tail i, D_i [width_i, hidden]

This is a likelihood like any other, exact in training, in evaluation and in play; but another model than one full
softmax. Few words of a text are rare, so that a step costs little more at 50,000 words than at 5,000. Milliseconds of
one core for a step of a GRU of 256 units over 32 streams of 64 words:

    words       1,000   5,000   10,000   50,000
    full           94     274      517    3,841
    adaptive              161      183      295

On the 8,090 words of tinyshakespeare the perplexity after 88 such steps is 181 (18 s), after 50 s 115; of a full
softmax, which takes 51 s for 88 steps, 215.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grnn_tui.data.domain import Domain

Softmax = Literal["auto", "full", "adaptive"]
HEAD = 2000
BOUNDS = (HEAD, 10_000)
"""Where the tails begin."""
AUTO = 5000
"""Words above which `auto` takes the adaptive softmax."""


@dataclass(frozen=True)
class Tail:
    """Symbols `first` to `last`, and the width that h is narrowed to for them."""

    first: int
    last: int
    width: int


def tails_of(softmax: Softmax, domain: Domain, hidden: int, *, tied: bool) -> tuple[Tail, ...]:
    """The tails of a model of `domain`; none for one full softmax.

    Only words stand in the order of their frequency, and tied output weights are those of all symbols alike: anything
    else, and fewer symbols than a head and a tail make, has one full softmax whatever is asked for.
    """
    words = domain.kind == "text" and domain.unit == "word" and not tied
    if not words or softmax == "full" or domain.size <= (AUTO if softmax == "auto" else HEAD):
        return ()
    bounds = [bound for bound in BOUNDS if bound < domain.size]
    ends = [*bounds[1:], domain.size]
    return tuple(
        Tail(first, last, max(1, hidden // 4 ** (i + 1)))
        for i, (first, last) in enumerate(zip(bounds, ends, strict=True))
    )
