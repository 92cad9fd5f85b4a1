"""What may stand in a prompt, and the prompts that were there before."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from grnn_tui.safetext import sanitise

KEPT = 200
"""Prompts that are remembered."""
LONGEST_KEPT = 4000


def clean(text: str) -> str:
    """`text` with line ends as line feeds and everything unsafe as the glyph that stands for it.

    What is seen is what the model is given, and no code point in an editor leans on its neighbours.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\t".join(sanitise(part, keep_newlines=True) for part in text.split("\t"))


class History(Struct, frozen=True):
    """Prompts, oldest first, and which of them is being looked at."""

    prompts: tuple[str, ...] = ()
    at: int | None = None
    draft: str = ""
    """What was being typed before looking back."""

    def remembered(self, prompt: str) -> History:
        """With `prompt` as the newest; blank ones and repetitions are left out."""
        if not prompt.strip() or len(prompt) > LONGEST_KEPT:
            return replace(self, at=None)
        others = tuple(kept for kept in self.prompts if kept != prompt)
        return History((*others, prompt)[-KEPT:])

    def older(self, current: str) -> tuple[History, str | None]:
        """The prompt before; None if there is none."""
        at = len(self.prompts) if self.at is None else self.at
        draft = current if self.at is None else self.draft
        at -= 1
        if at == len(self.prompts) - 1 and at >= 0 and self.prompts[at] == current:
            at -= 1
        if at < 0:
            return self, None
        return replace(self, at=at, draft=draft), self.prompts[at]

    def newer(self) -> tuple[History, str | None]:
        """The prompt after; after the newest, what was being typed."""
        if self.at is None:
            return self, None
        if self.at + 1 >= len(self.prompts):
            return replace(self, at=None), self.draft
        return replace(self, at=self.at + 1), self.prompts[self.at + 1]
