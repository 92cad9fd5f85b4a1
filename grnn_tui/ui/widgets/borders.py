"""Words in the border of a widget, changed without painting what the border is around.

Textual's own setters repaint the whole widget; a title that counts symbols would cost a screenful at every frame.
"""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


def write_border(widget: Widget, title: Content | None = None, subtitle: Content | None = None) -> None:
    """Put `title` above and `subtitle` below; None leaves what is there, and so does what is there already."""
    width, height = widget.outer_size
    across, down = widget.content_offset
    rows = []
    if title is not None and not _same(title, widget._border_title):
        widget._border_title = title
        rows.append(0)
    if subtitle is not None and not _same(subtitle, widget._border_subtitle):
        widget._border_subtitle = subtitle
        rows.append(height - 1)
    if rows and height > 0:
        widget.refresh(*(Region(-across, row - down, width, 1) for row in rows))


def _same(one: Content, other: Content | None) -> bool:
    return other is not None and one.plain == other.plain and one.spans == other.spans
