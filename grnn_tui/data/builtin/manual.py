"""The prose of the interpreter's own manual: what `help("for")` would show, topic after topic.

It is read from the running Python, so it is always there, never copied, and differs a little between versions.
"""

from __future__ import annotations


def make_manual(seed: int, size: int) -> str:
    """Whole topics in alphabetical order until `size` characters, or all of them; `seed` changes nothing.

    Nothing is taken away but spaces at the ends of lines; a blank line stands between topics.
    """
    del seed
    from pydoc_data.topics import topics  # half a megabyte of prose: read only when it is wanted

    texts: list[str] = []
    length = 0
    for _, topic in sorted(topics.items()):
        if length >= size:
            break
        text = "\n".join(row.rstrip(" ") for row in topic.strip("\n").split("\n")) + "\n\n"
        texts.append(text)
        length += len(text)
    return "".join(texts)
