"""The figures of a run as lines of styled text that fit a width; what does not fit is left out from the right."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from grnn_tui.runs.scale import SHORT
from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.shown import Reading, Shown, State
from grnn_tui.ui.widgets.chart_ticks import number

MUTED = "dim"
PLAIN_UNITS = ("character", "symbol")
"""What figures are per where nothing is said."""
_BADGES: dict[State, tuple[str, str, str, str]] = {
    "new": ("○", "o", "new", "$foreground"),
    "alive": ("●", "*", "live", "$success"),
    "paused": ("‖", "=", "paused", "$warning"),
    "finished": ("✓", "v", "finished", "$success"),
    "stopped": ("■", "#", "stopped", "$foreground"),
    "failed": ("✗", "x", "failed", "$error"),
    "died": ("✗", "x", "died", "$error"),
}


def badge(state: State, *, ascii_only: bool = False) -> Content:
    """`● live`: a glyph, a word and a colour, so that none of them carries the meaning alone."""
    glyph, plain, word, colour = _BADGES[state]
    return Content.styled(f"{plain if ascii_only else glyph} {word}", colour)


_PLAIN = str.maketrans({"·": ".", "−": "-", "–": "-", "…": "~", "★": "*", "‖": "=", "●": "*"})


def plain(content: Content) -> Content:
    """The same in ASCII, sign for sign, for terminals that have no more."""
    text = content.plain.translate(_PLAIN)
    return Content(text if text.isascii() else sanitise(text, keep_newlines=True, ascii_only=True), list(content.spans))


def fitted(pieces: Iterable[Content], width: int, gap: int = 3) -> Content:
    """As many of the pieces, from the left, as fit in `width` cells."""
    line, used = Content(""), 0
    for piece in pieces:
        if not piece.plain:
            continue
        extra = piece.cell_length + (gap if used else 0)
        if used + extra > width:
            break
        line = Content.assemble(line, " " * gap if used else "", piece)
        used += extra
    return line


def bar(share: float, width: int, *, ascii_only: bool = False, colour: str = "$primary") -> Content:
    """`━━━━━╸────`: `share` of `width` cells, in half-cell steps."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    done = "=" * full + ">" * half if ascii_only else "━" * full + "╸" * half
    rest = ("." if ascii_only else "━") * (width - full - half)
    return Content.assemble((done, colour), (rest, "$border-blurred"))


def labelled(label: str, value: str, style: str = "bold") -> Content:
    """A muted word and its figure; nothing if there is none."""
    return Content.assemble((f"{label} ", MUTED), (value, style)) if value else Content("")


def gap_text(shown: Shown) -> Content:
    """How far the best validation is from the best reference: `−0.342 vs 5-gram`."""
    if shown.gap is None:
        return Content("")
    sign, style = ("−", "$success") if shown.gap < 0 else ("+", "")
    return Content.assemble((sign + number(abs(shown.gap)), style), (f" vs {shown.gap_label}", MUTED))


def loss_line(shown: Shown, options: ChartOptions, width: int, *, star: str = "★") -> Content:
    """Where the loss stands."""
    smoothing = f"ema {options.smoothing:g}".replace("0.", ".") if options.smoothing else "raw"
    best = Content.assemble(
        (f"{star} {shown.best}", "bold $warning"), (f" at {shown.best_step}", MUTED) if shown.best else ""
    )
    over = f"{shown.over_floor} over exact" if shown.over_floor else ""
    scale = shown.scale
    unit = scale.short_nats_unit if scale.per not in PLAIN_UNITS else ""
    what = f"{scale.called()} {unit}".strip() if scale.bound else unit
    bits = f"{shown.bits} {scale.bits_unit}" if scale.row and shown.bits else ""
    train = "" if bits else f" {smoothing}"
    return fitted(
        (
            Content.styled(what, MUTED),
            Content.assemble(("train ", MUTED), (shown.train, "bold $primary-lighten-2"), (train, MUTED)),
            labelled("valid", shown.valid, "bold $warning"),
            best if shown.best else Content(""),
            Content.styled(bits, MUTED),
            gap_text(shown),
            Content.styled(over, MUTED),
            Content.styled("log y" if options.log else "", MUTED),
        ),
        width,
    )


def rates_line(shown: Shown, width: int) -> Content:
    """How fast it goes, and on what."""
    return fitted(
        (
            Content.assemble((shown.speed, "bold"), (" sym/s", MUTED)) if shown.speed else Content(""),
            labelled("lr", shown.rate),
            labelled("|g|", shown.norm),
            labelled("mem", shown.memory),
            Content.styled(shown.device, MUTED),
            Content.styled(f"{shown.parameters} parameters" if shown.parameters else "", MUTED),
        ),
        width,
    )


def bars_line(shown: Shown, width: int, *, ascii_only: bool = False) -> Content:
    """Epoch and whole run as bars, and the time that is left (or was taken)."""
    end = labelled("ETA", shown.eta) if shown.eta else labelled("took", shown.spent)
    percent = f" {shown.share:4.0%}"
    epoch = shown.epoch_share is not None and width >= 60
    fixed = len("total ") + len(percent) + end.cell_length + 3
    if epoch:
        fixed += len(f"epoch {shown.epoch} ") + 3
    room = max(4, min(60, (width - fixed) // (2 if epoch else 1)))
    pieces = []
    if epoch and shown.epoch_share is not None:
        head = (f"epoch {shown.epoch} ", MUTED)
        pieces.append(Content.assemble(head, bar(shown.epoch_share, room, ascii_only=ascii_only, colour="$secondary")))
    pieces.append(Content.assemble(("total ", MUTED), bar(shown.share, room, ascii_only=ascii_only), percent))
    pieces.append(end)
    return fitted(pieces, width)


def news_line(shown: Shown, width: int) -> Content:
    """What happened last, or what a person should know before that."""
    if shown.alarm:
        return Content.styled(clip(shown.alarm, width), "bold $error")
    if shown.reading:
        return Content.styled(clip(sanitise(f"reading what was told before: {shown.reading}"), width), "$accent")
    if shown.silent:
        return Content.styled(clip(sanitise(f"silent {shown.silent}: no line from the trainer"), width), "$warning")
    if shown.state == "died":
        return Content.styled(
            clip(sanitise("the trainer is gone; its last checkpoint can be resumed"), width), "$error"
        )
    if shown.warming:
        return Content.styled("warming up …" if shown.state in ("new", "alive") else "", MUTED)
    text = shown.event or (sanitise(f"checkpoint at step {shown.saved}") if shown.saved else None)
    return Content.styled(clip(text, width), MUTED) if text else Content("")


def urgent(shown: Shown) -> bool:
    """Whether `news_line` has something to say that must not be left out."""
    return bool(shown.alarm or shown.reading or shown.silent or shown.state == "died")


def reading_line(reading: Reading, width: int) -> Content:
    """What the cursor stands on."""
    return fitted(
        (
            Content.styled(reading.x, "bold"),
            labelled("ema", reading.train, "bold $primary-lighten-2"),
            labelled("raw", reading.raw, "$primary"),
            labelled("valid", reading.valid, "bold $warning"),
        ),
        width,
    )


def title_of(shown: Shown, number_of_pane: int | None = 4, *, ascii_only: bool = False) -> Content:
    """`4 Training · 1120-tales-lstm · ● live · epoch 6/12`."""
    dot = " - " if ascii_only else " · "
    head = f"{number_of_pane} Training" if number_of_pane is not None else "Training"
    epoch = f"{dot}epoch {shown.epoch}" if shown.epoch and shown.state in ("alive", "paused") else ""
    name = clip(shown.name, 32)
    title = Content.assemble(head, dot, (name, "bold"), dot, badge(shown.state, ascii_only=ascii_only), epoch)
    return plain(title) if ascii_only else title


def quiet(text: str) -> Content:
    """A muted remark."""
    return Content.styled(text, MUTED)


def board(shown: Shown, options: ChartOptions, width: int, *, ascii_only: bool = False) -> list[Content]:
    """The figures as a table of two columns over the bars."""
    smoothing = f"ema {options.smoothing:g}".replace("0.", ".") if options.smoothing else "raw"
    star = "*" if ascii_only else "★"
    over = f"{shown.over_floor} over" if shown.over_floor else "–"
    scale = shown.scale
    gap = gap_text(shown)
    at = f"  at {shown.best_step}" if shown.best else ""
    best = Content.assemble((shown.best or "–", "bold $warning"), (at, MUTED))
    cells = [
        (
            f"{scale.mark}train",
            Content.assemble((shown.train, "bold $primary-lighten-2"), (f"  {smoothing}", MUTED)),
        ),
        (f"{scale.mark}valid", Content.styled(shown.valid, "bold $warning")),
        (f"best {star}", best),
        ("distance", gap if gap.plain else Content("–")),
        ("exact", Content(over)),
        ("step", Content(shown.step)),
        ("speed", Content(f"{shown.speed} sym/s" if shown.speed else "–")),
        ("rate", Content(shown.rate or "–")),
        ("gradient", Content(shown.norm or "–")),
        ("memory", Content(shown.memory or "–")),
        ("device", Content(shown.device or "–")),
        ("weights", Content(shown.parameters or "–")),
    ]
    if scale.per not in PLAIN_UNITS:
        cells[4:4] = [
            ("told in", Content(scale.short_nats_unit)),
            (SHORT.get(scale.unit, scale.unit), Content(f"{shown.bits} bits" if shown.bits else "–")),
        ]
    half = max(14, width // 2 - 1)
    lines = []
    for left, right in zip(cells[::2], cells[1::2], strict=True):
        one = _entry(*left, half)
        lines.append(Content.assemble(one, " " * max(0, half - one.cell_length), _entry(*right, width - half)))
    room = max(4, width - 23)
    if shown.epoch_share is not None:
        epoch = bar(shown.epoch_share, room, ascii_only=ascii_only, colour="$secondary")
        lines.append(Content.assemble(("epoch    ", MUTED), epoch, (f" {shown.epoch}", MUTED)))
    end = f" ETA {shown.eta}" if shown.eta else f" {shown.spent}"
    whole = bar(shown.share, room, ascii_only=ascii_only)
    lines.append(Content.assemble(("total    ", MUTED), whole, f" {shown.share:.0%}", (end, MUTED)))
    return lines


def _entry(label: str, value: Content, width: int) -> Content:
    return Content.assemble((label.ljust(9), MUTED), value).truncate(max(0, width - 1), ellipsis=True)


def summary_lines(shown: Shown) -> list[str]:
    """What is left on the normal screen after the program has ended; safe for a terminal."""
    word = _BADGES[shown.state][2]
    lines = [f"run {shown.name}: {word}, step {shown.step}, {shown.spent or '0s'} of training"]
    if shown.best:
        gap = gap_text(shown).plain
        unit = f" {shown.scale.nats_unit}" if shown.scale.per != "symbol" else ""
        best = f"{shown.scale.called('best validation')} {shown.best}{unit}"
        lines.append(f"  {best} at step {shown.best_step}{f' ({gap})' if gap else ''}")
    if shown.state in ("alive", "paused"):
        lines.append(f"  it goes on; follow it with `grnn-tui watch {shown.name}` or open it again")
    return lines
