"""The text as runs of styled cells, and the lines around it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from grnn_tui.engine.protocol import Totals
from grnn_tui.ui.figures import bits, perplexity, plural
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.output.wrapping import ONE_CELL, Wrapping, drawn
from grnn_tui.ui.theme import level_of
from grnn_tui.ui.track import Track
from grnn_tui.ui.transcript import Transcript

Colouring = Literal["surprisal", "unit", "plain"]


class TextView(Struct, frozen=True):
    """What the pane shows."""

    transcript: Transcript = field(default_factory=Transcript)
    cursor: int = 0
    prompt: int = 0
    colouring: Colouring = "surprisal"
    generating: bool = False
    track: Track | None = None
    """The hidden unit to colour by."""
    unknown: frozenset[int] = frozenset()
    """Symbols that stand for words the model does not know: marked like characters it does not know."""

    def recoloured_from(self, old: TextView) -> int:
        """The first position that has another colour than in `old` although its text may be the same."""
        if self.colouring != "unit" or self.track is None:
            return self.transcript.length
        return self.track.changed_from(old.track)


class Look(Struct, frozen=True):
    """How one position is drawn; the widget turns it into a style."""

    level: int | None
    """Of the ramp of surprisal, or of the scale of a hidden unit; None: plain."""
    prompt: bool = False
    forced: bool = False
    unknown: bool = False
    cursor: bool = False


def look_of(view: TextView, position: int) -> Look:
    """The look of a position."""
    transcript = view.transcript
    symbol = transcript.symbols[position]
    level = None
    if view.colouring == "unit" and view.track is not None:
        level = view.track.level(position)
    elif view.colouring == "surprisal" and not (symbol < 0 and transcript.bits[position] == 0):
        level = level_of(transcript.bits[position])
    return Look(
        level=level,
        prompt=position < view.prompt,
        forced=position in transcript.forced,
        unknown=symbol < 0 or symbol in view.unknown,
        cursor=position == view.cursor,
    )


def row_runs(view: TextView, wrapping: Wrapping, row: int) -> list[tuple[str, Look]]:
    """A row as runs of one look each; the cursor beyond the end of the text is a blank."""
    if row >= wrapping.rows:
        return []
    runs: list[tuple[str, Look]] = []
    stop = wrapping.stop_of(row)
    for position in range(wrapping.starts[row], stop):
        label = view.transcript.text[position]
        look = look_of(view, position)
        text: str = label if label in ONE_CELL else wrapping.drawn(view.transcript.text, position)
        if label == "\n" and not look.cursor:
            text = _blank_newline(look)
        if runs and runs[-1][1] == look:
            runs[-1] = (runs[-1][0] + text, look)
        else:
            runs.append((text, look))
    if row == wrapping.rows - 1 and view.cursor >= wrapping.length:
        runs.append((" ", Look(None, cursor=True)))
    return runs


def title_text(view: TextView, target: int | None, rate: float, glyphs: Glyphs = UNICODE) -> str:
    """What goes after `Text` in the title."""
    written = view.transcript.length - view.prompt
    parts: list[str] = []
    if view.generating:
        total = f" of {target - view.prompt}" if target is not None and target > view.prompt else ""
        parts = [f"{written}{total}", f"{rate:.0f}/s" if rate >= 1 else ""]
    elif view.cursor < view.transcript.length:
        parts = [f"at {view.cursor} of {view.transcript.length}"]
    elif target is not None and target > view.transcript.length:
        parts = ["paused", f"{written} of {target - view.prompt}"]
    return "".join(f" {glyphs.dot} {part}" for part in parts if part)


def totals_text(totals: Totals, unit: str, width: int, glyphs: Glyphs = UNICODE) -> str:
    """Symbols, bits a symbol and perplexity of what was written, or of the prompt as long as nothing was."""
    symbols, cost = totals.symbols - totals.prompt_symbols, totals.bits - totals.prompt_bits
    what = "written"
    if symbols <= 0:
        symbols, cost, what = totals.prompt_symbols, totals.prompt_bits, "prompt"
    if symbols <= 0:
        return ""
    mean = cost / symbols
    full = [
        f"{what} {plural(symbols, unit)}",
        f"{bits(cost)} bit",
        f"{bits(mean)} bit/{unit}",
        f"perplexity {perplexity(mean)}",
    ]
    brief = [f"{symbols}", f"{bits(mean)} bit/{unit}", f"ppl {perplexity(mean)}"]
    for parts in (full, [full[0], *full[2:]], brief, brief[:2]):
        text = f" {glyphs.dot} ".join(parts)
        if len(text) <= width:
            return text
    return ""


def _blank_newline(look: Look) -> str:
    return " " if not look.forced else drawn("\n")
