"""What the roles of cells look like in a theme: a few colours, and how much of each.

Looked up here and not through component classes of a style sheet: those cost a third of the time to the first paint.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

_SHARES: Mapping[str, tuple[str, float]] = {
    "text": ("foreground", 1.0),
    "dim": ("foreground", 0.6),
    "faint": ("foreground", 0.35),
    "strong": ("foreground", 1.0),
    "key": ("accent", 1.0),
    "accent": ("accent", 1.0),
    "good": ("success", 1.0),
    "warning": ("warning", 1.0),
    "error": ("error", 1.0),
    "raw": ("foreground", 0.3),
    "used": ("primary", 1.0),
    "gained": ("primary-lighten-2", 1.0),
    "removed": ("foreground", 0.22),
    "selected": ("foreground", 1.0),
    "selected-dim": ("foreground", 0.7),
    "prompt": ("foreground", 1.0),
    "cursor": ("background", 1.0),
    "cursor-idle": ("foreground", 1.0),
}
"""Role to a colour of the theme and how far it stands out from the background."""

_GROUNDS: Mapping[str, tuple[str, float]] = {
    "selected": ("foreground", 0.14),
    "selected-dim": ("foreground", 0.14),
    "prompt": ("foreground", 0.07),
    "cursor": ("accent", 1.0),
    "cursor-idle": ("foreground", 0.28),
}
_BOLD = frozenset({"strong", "accent", "selected", "cursor"})

_ANSI: Mapping[str, Style] = {
    "dim": Style(dim=True),
    "faint": Style(dim=True),
    "raw": Style(dim=True),
    "removed": Style(dim=True),
    "gained": Style(bold=True),
    "selected": Style(bold=True, reverse=True),
    "selected-dim": Style(reverse=True),
    "prompt": Style(italic=True),
    "cursor": Style(bold=True, reverse=True),
    "cursor-idle": Style(reverse=True),
}
"""Where the terminal's own colours are used: weight instead of shades."""
_ANSI_COLOURS = frozenset({"key", "accent", "good", "warning", "error", "used"})


def role_style(role: str, variables: Mapping[str, str], ground: Color) -> Style:
    """The style of a role over `ground`, in the theme whose variables these are."""
    if variables.get("foreground", "").startswith("ansi_"):
        style = _ANSI.get(role, Style(bold=role in _BOLD))
        if role in _ANSI_COLOURS:
            style += Style(color=Color.parse(variables[_SHARES[role][0]]).rich_color)
        return style
    name, share = _SHARES[role]
    back = ground
    if role in _GROUNDS:
        behind, amount = _GROUNDS[role]
        back = ground.blend(_colour(variables, behind), amount)
    colour = back.blend(_colour(variables, name), share)
    return Style(
        color=colour.rich_color, bgcolor=back.rich_color if back is not ground else None, bold=role in _BOLD or None
    )


def _colour(variables: Mapping[str, str], name: str) -> Color:
    return Color.parse(variables.get(name) or variables["foreground"])
