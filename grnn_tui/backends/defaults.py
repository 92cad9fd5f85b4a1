"""The backend for each kind of data, where none is named. Imports nothing heavy."""

from __future__ import annotations

DEFAULTS = {"text": "lstm", "binary": "binary-nade", "levels": "lstm", "real": "rnade"}


def default_backend(kind: str, *, image: bool = False, sequence: bool = False) -> str:
    """The name of the backend for data of a kind: `text`, `binary`, `levels` or `real`."""
    if sequence and kind == "binary":
        return "rnn-nade"
    return "rowlstm" if image and kind == "levels" else DEFAULTS[kind]
