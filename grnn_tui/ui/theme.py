"""Themes, and the ramp of colours from an expected symbol to a surprising one."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from grnn_tui.ui.theme_names import DEFAULT_THEME, PLAIN_THEME

LEVELS = 8
"""Steps of the surprisal ramp."""
BOUNDS = (0.25, 0.75, 1.5, 2.5, 4.0, 6.0, 8.5)
"""Bits at which one level ends and the next begins; fine where most symbols are."""


def level_of(bits: float) -> int:
    """The step of the ramp for a surprisal; what is not a number is most surprising."""
    return bisect_right(BOUNDS, bits)


def _ramp(*colours: str) -> dict[str, str]:
    return {f"surprisal-{level}": colour for level, colour in enumerate(colours)}


THEMES: tuple[Theme, ...] = (
    Theme(
        name="night",
        primary="#7aa2c9",
        secondary="#8f9fb8",
        accent="#d3a35f",
        warning="#d9b26f",
        error="#d97a7a",
        success="#8fb98a",
        foreground="#c9ced6",
        background="#14171c",
        surface="#191d23",
        panel="#20252d",
        variables=_ramp("#6f7885", "#8891a0", "#a7afbb", "#c9ced6", "#e3d6ad", "#eab676", "#ec9163", "#f0716c")
        | {"border": "#7aa2c9", "border-blurred": "#333a45", "footer-key-foreground": "#d3a35f"},
    ),
    Theme(
        name="paper",
        dark=False,
        primary="#2f5f8a",
        secondary="#5d6b7c",
        accent="#94560f",
        warning="#8a5a00",
        error="#a83232",
        success="#3a6b35",
        foreground="#2b2f36",
        background="#f7f5f0",
        surface="#f1eee7",
        panel="#e7e3da",
        variables=_ramp("#8d8f94", "#74777e", "#565a63", "#2b2f36", "#6b4a00", "#8f4a00", "#a8381c", "#b3123f")
        | {"border": "#2f5f8a", "border-blurred": "#cfcac0", "footer-key-foreground": "#94560f"},
    ),
    Theme(
        name="contrast",
        primary="#66ccff",
        secondary="#ffffff",
        accent="#ffff00",
        warning="#ffff00",
        error="#ff8080",
        success="#80ff80",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1a1a1a",
        variables=_ramp("#a8a8a8", "#bcbcbc", "#d8d8d8", "#ffffff", "#ffff99", "#ffff00", "#ffb000", "#ff8080")
        | {"border": "#ffff00", "border-blurred": "#8a8a8a", "footer-key-foreground": "#ffff00"},
    ),
    Theme(
        # The ramp follows cividis, whose order every kind of colour vision sees: lightness and blue to yellow.
        name="cividis",
        primary="#7d9fd6",
        secondary="#9aa0aa",
        accent="#fde737",
        warning="#e3cf5a",
        error="#e0a458",
        success="#8aa5dd",
        foreground="#cfd2d8",
        background="#12151d",
        surface="#171b25",
        panel="#1e2431",
        variables=_ramp("#5d6b95", "#717a97", "#868b99", "#9f9f97", "#b8b38d", "#d3c77f", "#ecdc67", "#fff04d")
        | {"border": "#fde737", "border-blurred": "#343b4c", "footer-key-foreground": "#ecdc67"},
    ),
    Theme(
        # The terminal's own colours: for 16 colours and for none at all.
        name="terminal",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        accent="ansi_yellow",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border": "ansi_bright_blue",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "block-hover-background": "ansi_default",
            "input-cursor-background": "ansi_default",
            "input-cursor-foreground": "ansi_default",
            "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_bright_blue",
            "screen-selection-foreground": "ansi_black",
            "footer-key-foreground": "ansi_yellow",
        }
        | _ramp(
            "ansi_bright_black",
            "ansi_bright_black",
            "ansi_default",
            "ansi_default",
            "ansi_yellow",
            "ansi_yellow",
            "ansi_red",
            "ansi_bright_red",
        ),
    ),
)

OFFERED = (*(theme.name for theme in THEMES), "nord", "gruvbox", "tokyo-night", "catppuccin-mocha", "solarized-light")
"""Names that the theme picker lists: ours, and some of Textual's own."""

_PLAIN_STYLES = (
    Style(dim=True),
    Style(dim=True),
    Style(),
    Style(),
    Style(bold=True),
    Style(bold=True),
    Style(bold=True, underline=True),
    Style(bold=True, reverse=True),
)
"""The ramp without any hue."""


def first_theme(wanted: str, colours: ColorSystem | None, *, no_color: bool) -> str:
    """The theme to start with: the one a person chose, unless this terminal cannot show it."""
    if no_color or colours in (None, ColorSystem.STANDARD, ColorSystem.WINDOWS):
        return PLAIN_THEME
    return wanted if wanted in OFFERED else DEFAULT_THEME


@lru_cache(maxsize=32)
def _blended(foreground: str, background: str, warning: str, error: str) -> tuple[Style, ...]:
    fore, back = Color.parse(foreground), Color.parse(background)
    warm, hot = Color.parse(warning), Color.parse(error)
    shades = [back.blend(fore, share) for share in (0.45, 0.6, 0.8, 1.0)]
    shades += [fore.blend(warm, 0.6), warm, warm.blend(hot, 0.6), hot]
    return tuple(Style(color=shade.rich_color) for shade in shades)


def surprisal_styles(theme: Theme, *, no_color: bool) -> tuple[Style, ...]:
    """The ramp as styles, `LEVELS` of them; without colour by weight alone."""
    if no_color:
        return _PLAIN_STYLES
    own = [theme.variables.get(f"surprisal-{level}") for level in range(LEVELS)]
    if all(own):
        weights = (False,) * 6 + (True,) * 2
        return tuple(
            Style(color=Color.parse(colour or "").rich_color, bold=weight or None)
            for colour, weight in zip(own, weights, strict=True)
        )
    return _blended(
        theme.foreground or "#e0e0e0",
        theme.background or "#121212",
        theme.warning or "#ffa62b",
        theme.error or "#ba3c5b",
    )


NEGATIVE, POSITIVE = "#2a6fdb", "#e07b00"
"""The ends of the scale of a hidden unit: blue and orange, which every kind of colour vision tells apart."""
UNIT_SHARES = (0.25, 0.5, 0.8)
"""How far each step of the scale stands out from the ground."""
_PLAIN_UNIT = (
    Style(underline=True),
    Style(underline=True, dim=True),
    Style(dim=True),
    Style(),
    Style(bold=True),
    Style(reverse=True),
    Style(bold=True, reverse=True),
)
"""The scale without any hue."""
_READABLE = 4.5
"""Contrast of a letter with what is behind it (WCAG 2)."""


def unit_styles(theme: Theme, ground: Color, *, no_color: bool) -> tuple[Style, ...]:
    """The scale of a hidden unit from far below nothing to far above it; in the middle the text as it is.

    Colours stand behind the letters, so that blanks have them too; the upper end is bold besides.
    """
    if no_color:
        return _PLAIN_UNIT
    if theme.ansi or ground.ansi is not None:
        hues = ("blue", "blue", "blue", None, "yellow", "yellow", "yellow")
        return tuple(style + Style(color=hue) for style, hue in zip(_PLAIN_UNIT, hues, strict=True))
    fore = Color.parse(theme.foreground or "#e0e0e0")
    below = [_behind(fore, ground.blend(Color.parse(NEGATIVE), share)) for share in reversed(UNIT_SHARES)]
    above = [_behind(fore, ground.blend(Color.parse(POSITIVE), share)) for share in UNIT_SHARES]
    return (*below, Style(), *above[:-1], above[-1] + Style(bold=True))


def _behind(fore: Color, back: Color) -> Style:
    """Readable letters over `back`: of the theme's colour if that will do, else black or white."""
    letters = fore
    if contrast(fore, back) < _READABLE:
        letters = max(Color(0, 0, 0), Color(255, 255, 255), key=lambda colour: contrast(colour, back))
    return Style(color=letters.rich_color, bgcolor=back.rich_color)


def contrast(one: Color, other: Color) -> float:
    """Of two colours, 1 .. 21 (WCAG 2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
