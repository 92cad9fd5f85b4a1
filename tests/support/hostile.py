"""Text that would drive, garble or widen a terminal, markup that would act, and what a terminal may be told by us."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable

from grnn_tui.safetext import sanitise

ESC, CSI, OSC, DCS, ST, BEL = "\x1b", "\x9b", "\x9d", "\x90", "\x9c", "\x07"
BIDI = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"]
ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u3164", "\u115f"]
SEPARATORS = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]
SELECTORS = ["\ufe00", "\ufe0e", "\ufe0f", "\U000e0100", "\U000e01ef", "\u180b"]
NON_CHARACTERS = [chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)] + ["\ufdd0", "\ufdef"]
NEIGHBOURLY = [
    "\U0001f1e6\U0001f1e7",
    "\U0001f44d\U0001f3fb",
    "\u1100\u1161\u11a8",
    "\u0915\u093e",
    "\u0915\u094d\u0937",
]


def hostile() -> list[str]:
    """Strings that drive, garble or widen a terminal when they reach it raw."""
    single = [chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]]
    single += BIDI + ZERO_WIDTH + SEPARATORS + SELECTORS + NON_CHARACTERS + NEIGHBOURLY
    single += [chr(code) for code in range(0xE0001, 0xE0080, 3)]
    single += [chr(code) for code in (0xD800, 0xDBFF, 0xDC00, 0xDC80, 0xDCFF, 0xDFFF, 0xE000, 0xF8FF, 0x10FFFD)]
    clipboard = [
        f"{start}52;{to};aGFja2Vk{end}"
        for start in (ESC + "]", OSC)
        for to in ("c", "p", "")
        for end in (BEL, ESC + "\\", ST, "")
    ]
    titles = [
        f"{start}{number};x{end}"
        for start in (ESC + "]", OSC)
        for number in (0, 1, 2, 4, 7, 8, 9, 10, 11, 777, 1337)
        for end in (BEL, ESC + "\\")
    ]
    final = "ABCDEFGHJKLMPSTXZcfghlmnqrstu"
    moves = [
        f"{start}{argument}{letter}" for start in (ESC + "[", CSI) for argument in ("2", "?1049") for letter in final
    ]
    strings = [
        f"{start}{body}{end}"
        for start in (ESC + "P", DCS, ESC + "_", ESC + "^", ESC + "X")
        for body in ("$qm", "+q544e", "q#0~")
        for end in (ESC + "\\", ST)
    ]
    escapes = [ESC + letter for letter in "c7 8=>DEHMNOZ#(%6"]
    towers = ["e" + chr(0x300 + start) * height for start in (0, 1, 0x23) for height in (5, 40, 1000)]
    towers += ["\u0301", "\n\u0301", "\t\u0301", "字" + "\u0489" * 9]
    return single + clipboard + titles + moves + strings + escapes + towers + ["".join(single), "\r\n" * 3]


def payloads(count: int) -> list[str]:
    """So many different ones, of every kind."""
    longest = 120  # as a name of a file it has to fit
    found = [text for text in dict.fromkeys(hostile()) if len(text.encode("utf-8", "surrogatepass")) <= longest]
    found += [f"before{text}after" for text in found]
    random.Random(1).shuffle(found)
    first = [
        f"{ESC}]52;c;aGFja2Vk{BEL}",
        f"{ESC}[2J{ESC}[31mred",
        f"{CSI}31m{OSC}0;title{ST}",
        "\u202eevil\u202c\u2066x\u2069",
    ]
    return list(dict.fromkeys([*first, *found]))[:count]


def brackets(count: int = 100) -> list[str]:
    """Strings that a markup parser would take for its own: styles, links, actions, closings, and nearly so."""
    opens = ["bold", "red on white", "/", "/bold", "link=https://example.org", "@click=app.leave", "@click=app.bell()"]
    opens += [
        "@click=app.leave()",
        "b]",
        "[",
        "]",
        "$error",
        "$accent 50%",
        "#ff0000",
        "on blink",
        "not",
        "\\",
        "",
        " ",
        "0",
    ]
    opens += [
        "@click=screen.dismiss",
        "@mouse.down=app.leave",
        "1 for x in y",
        "a.b[c]",
        "=",
        '"',
        "'",
        "/link",
        "✓",
        "e\u0301",
    ]
    shapes = ["[{0}]x[/{0}]", "[{0}]", "[/{0}", "\\[{0}]", "[[{0}]]", "x[{0}", "{0}]x", "[{0}]here[/]"]
    return list(dict.fromkeys(shape.format(word) for shape in shapes for word in opens))[:count]


OURS = re.compile(
    r"\x1b\[[0-9;]*[mHGJKA]"  # looks, places, erasing, up
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"  # modes
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[>\d+u|\x1b\[<u|\x18"  # questions, keyboard, giving back
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the pointer
)
"""Every sequence that a screen or a command of ours has use for."""
PLAIN = "\r\n\t"


def foreign_in(output: str, hidden: Iterable[str] = ()) -> list[str]:
    """What of `output` neither is a sequence of ours nor only fills cells, and which of `hidden` stand in it raw."""
    text = OURS.sub("\n", output)
    found = {c for c in text if c not in PLAIN and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or c in UNSAFE)}
    raw = [payload for payload in hidden if payload in output and text_beside_controls(payload)]
    return [ascii(thing) for thing in (*sorted(found), *raw)]


def text_beside_controls(payload: str) -> bool:
    """Whether nothing of ours can look like it: it is unsafe, and has words besides."""
    return payload != sanitise(payload, keep_newlines=True, tab_width=8) and re.search(r"[a-z]{3}", payload) is not None


UNSAFE = frozenset("".join([*BIDI, *ZERO_WIDTH, *SEPARATORS, *SELECTORS, *NON_CHARACTERS]))
