"""Rows of cells some of which have colours of their own: `#rrggbb#rrggbb` is the look of a half block."""

from __future__ import annotations

from rich.color import Color
from rich.style import Style

from grnn_tui.ui.widgets.lines import LineView

_MANY = 8192
"""Looks that are kept before they are forgotten."""


class PictureLines(LineView):
    """Draws pictures beside words."""

    def style_of(self, role: str) -> Style:
        """The style of a role, or of a look."""
        if role.startswith("#"):
            if len(self._styles) > _MANY:
                self._styles = {}
            style = self._styles.get(role)
            if style is None:
                _, above, below = role.split("#")
                style = self._styles[role] = Style(color=_colour(above), bgcolor=_colour(below))
            return style
        return super().style_of(role)


def _colour(digits: str) -> Color:
    return Color.parse("#" + digits)
