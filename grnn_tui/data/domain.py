"""What the symbols of a model stand for: the characters of a text, or the values of rows."""

from __future__ import annotations

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.vocabulary import Vocabulary

Domain = Vocabulary | RowDomain
"""Both have `kind` (text, binary, levels, real), `size` (symbols; 0: real), `length` (of a row; None: endless), `unit`
and `condition`."""
