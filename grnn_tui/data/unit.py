"""What one symbol of a text is; apart from the vocabulary, because a run can be asked for without arrays."""

from typing import Literal

Unit = Literal["character", "byte", "word"]
