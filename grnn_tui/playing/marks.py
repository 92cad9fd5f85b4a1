"""What a person points to in a text: the inside of quotations or brackets, or one symbol wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping

CLOSING: Mapping[str, str] = {
    "(": ")",
    "[": "]",
    "{": "}",
    "<": ">",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    "‹": "›",
    "「": "」",
}
TOGGLES = frozenset("\"'`")
"""Marks that open and close alike; an apostrophe within a word is taken for one."""


class Mark:
    """Says of each symbol of a text, in order, whether it is where a mark points to.

    A bracket or a quotation mark points to what it encloses, the opening one included; an empty line closes it, so that
    one that was forgotten does no harm beyond its paragraph. Any other symbol points to itself. The space that belongs
    to a word is left out of account.
    """

    def __init__(self, mark: str) -> None:
        self.mark = mark = bare(mark)
        self.encloses = encloses(mark)
        self._open = next((opening for opening, closing in CLOSING.items() if mark in (opening, closing)), mark)
        self._close = CLOSING.get(self._open, mark)
        self._depth = 0
        self._before = ""

    def step(self, label: str) -> bool:
        """Take in one more symbol."""
        label = bare(label)
        if not self.encloses:
            return label == self.mark
        if label == "\n" == self._before:
            self._depth = 0
        elif label == self._close and self._depth:
            self._depth -= 1
        elif label == self._open:
            self._depth += 1
        self._before = label
        return self._depth > 0


def bare(label: str) -> str:
    """A label without the space before a word."""
    return label[1:] if len(label) > 1 and label[0] == " " else label


def encloses(mark: str) -> bool:
    """Whether a mark is a bracket or a quotation mark."""
    mark = bare(mark)
    return mark in TOGGLES or mark in CLOSING or mark in CLOSING.values()
