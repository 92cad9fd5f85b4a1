"""What one symbol of a text is, and how many of them words have.

Apart from the vocabulary, because a run can be asked for without arrays.
"""

from typing import Literal

Unit = Literal["character", "byte", "word"]

DEFAULT_LIMIT = 10_000
"""Symbols that a vocabulary of words has at most, `<unk>` included, unless another number is asked for."""
MAX_LIMIT = 1 << 16
