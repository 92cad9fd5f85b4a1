"""Invented names in six invented tongues, one a line, in lower case.

Each tongue is a small grammar of syllables and has endings of its own: no ending of one tongue is the end of an
ending of another, so a name belongs to one tongue only, and the exact entropy of the mixture is the log of the number
of tongues plus their mean entropy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import exp, log
from random import Random

from grnn_tui.data.builtin.corpus import Exact, below, repeat
from grnn_tui.data.builtin.grammar import Grammar
from grnn_tui.data.builtin.template import Entry, compile_grammar

ENDINGS: Mapping[str, tuple[str, ...]] = {
    "arvian": ("ar", "or", "ir", "ara", "ora", "ira"),
    "belluno": ("ello", "etto", "ella", "etta", "uccio"),
    "drosk": ("rosk", "rusk", "ovik", "avik", "enka"),
    "fenwick": ("ley", "wick", "ford", "ham", "combe", "thorpe"),
    "kaimu": ("li", "ni", "hi", "ko", "mu", "nu"),
    "yldris": ("iel", "ael", "wen", "ryn", "eth", "is"),
}
"""What a name of each tongue ends in."""

RULES: Mapping[str, str] = {
    # hard and rolling: thakmor, zurgandir
    "arvian": "<arvian-on>[a|2:e|o|u][k|g|rg|nd|lm|z][|[a|o|u][th|m|v|sh]]<arvian-end>",
    "arvian-on": "[th|k|z|v|gr|dr|m|sk]",
    # sweet and open: pinella, marolino, tavidetto
    "belluno": "<belluno-on>[a|e|i|o][<belluno-in>|<belluno-in>[a|i|o]<belluno-in>]<belluno-end>",
    "belluno-on": "[b|c|f|l|m|p|s|t|v|z]",
    "belluno-in": "[2:n|r|l|v|d|m|s]",
    # consonants in a crowd: vlastrosk, zdenovik
    "drosk": "<drosk-on>[a|e|i|o|u][d|l|m|n|st|z|b|g]<drosk-end>",
    "drosk-on": "[zd|vl|br|kr|sv|m|p|st|b|gr|l|dr]",
    # hedges and mud: ambleford, hobthorpe
    "fenwick": "<fenwick-on>[2:|le|ing]<fenwick-end>",
    "fenwick-on": "[amb|bram|crum|dud|gobb|hob|mud|nettle|oat|pudd|rush|tad|under|wig|thistle|bottom]",
    # nothing but open syllables: kalonomu, wehiali
    "kaimu": "<kaimu-first>[<kaimu-open>|2:<kaimu-open><kaimu-open>]<kaimu-end>",
    "kaimu-first": "[h|k|l|m|n|p|w][a|e|i|o|u]",
    "kaimu-open": "[k|l|n|p|w|m][a|e|o|u]",
    # mist on water: aeldwen, ithiryn, caelthiel
    "yldris": "[a|e|i|ae|y|ca|la|ne|fi|so]<yldris-mid><yldris-end>",
    "yldris-mid": "[l|r|ld|nd|lth|m|v][|[a|i|o][l|n|s|r]]",
    **{f"{tongue}-end": "[" + "|".join(endings) + "]" for tongue, endings in ENDINGS.items()},
}

TONGUES: tuple[str, ...] = tuple(ENDINGS)


@cache
def grammar(tongue: str) -> Grammar:
    """The grammar of one name of a tongue and its newline."""
    lists: Mapping[str, Sequence[Entry]] = {}
    return compile_grammar(f"<{tongue}>\n", RULES, lists)


def labelled(seed: int, count: int) -> list[tuple[str, str]]:
    """`count` pairs of a tongue, each equally likely, and a name of it: the names that open the text of the seed."""
    random = Random(seed)
    pairs: list[tuple[str, str]] = []
    for _ in range(count):
        tongue = TONGUES[below(random, len(TONGUES))]
        pairs.append((tongue, grammar(tongue).sample(random).rstrip("\n")))
    return pairs


def make_names(seed: int, size: int) -> str:
    """Independent names, one a line."""
    return repeat(lambda random: grammar(TONGUES[below(random, len(TONGUES))]).sample(random), seed, size)


@cache
def names_exact() -> Exact:
    """The mean over tongues, and the tongue itself."""
    each = [grammar(tongue).exact for tongue in TONGUES]
    return Exact(
        record_entropy=log(len(each)) + sum(e.record_entropy for e in each) / len(each),
        record_length=sum(e.record_length for e in each) / len(each),
    )


def log_prob(name: str) -> float:
    """The exact log-likelihood of one name with its newline under the mixture of tongues, in nats."""
    probability = sum(exp(grammar(tongue).log_prob(name)) for tongue in TONGUES) / len(TONGUES)
    return log(probability) if probability > 0 else float("-inf")
