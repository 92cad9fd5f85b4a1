"""Words as the symbols of a text: a splitting that loses nothing, and the vocabulary of the most frequent.

A token is a word, a single digit, a single mark of punctuation or a single blank. One space before anything that is no
blank belongs to it (` the`, ` (`), so that the tokens joined are the text. Case is kept. Letters with the marks on
them and apostrophes between them make a word, at most `LONGEST` characters of it; a letter of a script that is
written without spaces (Chinese, Japanese, Thai ...) is a token of its own.

What the vocabulary lacks is the symbol `<unk>`, with the space before it if it has one; a text that has `<unk>` written
out means the same. Which characters are letters is what the running Python knows of Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

UNKNOWN = ("<unk>", " <unk>")
"""What stands for every word that a vocabulary lacks, without and with a space before it."""
LONGEST = 32
"""Characters of a word; what is longer becomes several tokens."""
LEAST = 2
"""Times a word is seen before it has a symbol of its own: from those seen once a model learns what is unknown."""
_REACH = 2 + LONGEST
"""Characters from the start of a token on that decide where it ends: a space, the longest word, the one after it."""
_MARKS = 8
_MOST = 1 << 22
"""Different words that are counted at a time."""
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED += "\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"


def split(text: str) -> list[str]:
    """The tokens of `text`; joined they are the text."""
    return _token().findall(text)


def unknown_for(token: str) -> str:
    """What stands for a token that has no symbol."""
    return UNKNOWN[token.startswith(" ") and len(token) > 1]


class Splitter:
    """Splits a text that comes in pieces as `split` splits the whole."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str, *, last: bool = False) -> list[str]:
        """The tokens that no later piece can change; with `last` all that are left."""
        text = self._rest + text
        tokens, kept = split(text), 0
        while tokens and not last and kept < _REACH:
            kept += len(tokens.pop())
        self._rest = text[len(text) - kept :]
        return tokens


class Census:
    """Counts the tokens of a text, however long; of more than `most` different ones the rarest are forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        self._counts: Counter[str] = Counter()
        self._most = most
        self._dropped = 0

    def add(self, tokens: Sequence[str]) -> None:
        """Count these too."""
        self._counts.update(tokens)
        while len(self._counts) > self._most:
            self._dropped += 1
            self._counts = Counter({token: n for token, n in self._counts.items() if n > self._dropped})

    def symbols(self, limit: int) -> tuple[str, ...]:
        """A vocabulary of at most `limit` symbols: the two unknown ones, then words by frequency, ties by text."""
        frequent = [(-n, token) for token, n in self._counts.items() if n >= LEAST and token not in UNKNOWN]
        return (*UNKNOWN, *(token for _, token in sorted(frequent)[: max(0, limit - len(UNKNOWN))]))


@cache
def _token() -> re.Pattern[str]:
    marks = "".join(c for c in map(chr, range(0x20000)) if unicodedata.category(c)[0] == "M") + "\u200c\u200d"
    marks = _ranges(marks) + "\U000e0100-\U000e01ef"
    letter = rf"[^\W\d_{_UNSPACED}]"
    word = rf"{letter}(?:{letter}|[{marks}]|['’](?={letter})){{0,{LONGEST - 1}}}"
    return re.compile(rf" ?(?:<unk>|{word}|\S[{marks}]{{0,{_MARKS}}})|\s")


def _ranges(characters: str) -> str:
    """A character class of these, which rise."""
    spans: list[list[int]] = []
    for code in map(ord, characters):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in spans)
