"""What to tell a fresh engine so that it stands where the old one fell."""

from __future__ import annotations

from collections.abc import Iterable

from grnn_tui.engine.protocol import OpenModel, Request, RestoreText, SetSampling
from grnn_tui.playing.settings import Sampling


def restoring(
    reference: str,
    sampling: Sampling,
    seed: int,
    prompt: str,
    written: str,
    cursor: int | None = None,
    forced: Iterable[int] = (),
) -> list[Request]:
    """The requests, in order. Other branches than the one that was shown are gone with the old engine.

    `written` is the generated text after the prompt; `cursor` and `forced` are positions counted from the start of the
    prompt.
    """
    return [
        OpenModel(reference),
        SetSampling(sampling, seed),
        RestoreText(prompt, written, cursor, list(forced)),
    ]
