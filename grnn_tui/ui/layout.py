"""Which layout a size of the terminal gets."""

from __future__ import annotations

SMALLEST = (40, 12)
"""Below this nothing can be read; one line asks for more room."""


def layout_classes(width: int, height: int) -> frozenset[str]:
    """Names of the layout's traits; the style sheet says what each means."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return frozenset({"small"})
    traits = {
        "compact": width < 100 or height < 30,
        "short": height < 30,
        "narrow": width < 100,
        "slim": width < 68,
        "low": height < 18,
        "large": height >= 48,
        "wide": width >= 150,
    }
    return frozenset(name for name, holds in traits.items() if holds)
