"""Small stories from a grammar: a chain of causes, each sentence taking up what the one before it ended with.

Somebody had a kettle; the kettle was stolen by a goose; the goose followed a pirate called Ruth; Ruth laughed. No two
ways of choosing write the same story, so the exact entropy of a story is that of its choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from grnn_tui.data.builtin.corpus import Exact, repeat
from grnn_tui.data.builtin.grammar import Grammar
from grnn_tui.data.builtin.tale_words import LISTS, PHRASES
from grnn_tui.data.builtin.template import compile_grammar

NEW: Mapping[str, str] = {
    "people": "a <mood> <job> called {it}",
    "animals": "a <mood> {it}",
    "things": "a <colour> {it}",
    "places": "a <age> {it}",
    "foods": "a <taste> {it}",
}
"""How somebody or something is named first."""

LINKS: Mapping[str, Mapping[str, str]] = {
    "people": {
        "things": "{it} had {new}.",
        "animals": "One <day> {it} met {new}.",
        "foods": "One <day> {it} cooked {new}.",
        "places": '"<wish>," <wept> {it}, and [ran to|hid in|bought|painted|dreamed of|swept] {new}.',
    },
    "animals": {
        "things": "The {it} was <doing>, and [found|dug up|won|broke] {new}.",
        "foods": '"<wish>," <said> the {it}, and [ate|stole|smelled|hid] {new}.',
        "places": "The {it} [lived in|guarded|feared|danced round] {new}.",
        "people": "The {it} [bit|followed|robbed|woke|kissed|bored] {new}.",
    },
    "things": {
        "places": "The {it} [fell|rolled|flew|jumped] into {new}.",
        "animals": "The {it} was [stolen|eaten|found|hidden|worn|kissed] by {new}.",
        "people": '"[My {it}!|Is that my {it}?|Sell me the {it},|Give me the {it},]" <wept> {new}.',
    },
    "places": {
        "animals": "In the {it} [sat|slept|hid|waited|sang] {new}.",
        "things": "[Under|Behind|Near|Inside] the {it} lay {new}.",
        "people": "The {it} belonged to {new}.",
    },
    "foods": {
        "animals": "The {it} [woke|choked|cured|pleased] {new}.",
        "things": "Inside the {it} was {new}.",
        "people": "The {it} was [meant|cooked|made|saved] for {new}.",
    },
}
"""What may follow from what: the kind taken up, the kind that comes new, and the sentence between."""

ENDS: Mapping[str, str] = {
    "people": "[{it} laughed, and they <fun> <till>.|Since then {it} believes that <fact>.]",
    "animals": (
        "[The {it} <fun> <till>.|That is how the {it} learned that <fact>.|In <town> they still sing of the {it}.]"
    ),
    "things": "[They sold the {it}, and <fun> <till>.|In <town> they still look for the {it}.]",
    "places": "[In the {it} they <fun> <till>.|In the {it} they still say that <fact>.]",
    "foods": "[They ate the {it}, and <fun> <till>.|In <town> they still talk of the {it}.]",
}
LENGTH = 5
"""Sentences that take something up, the last of them an end."""


def _rules() -> Iterator[tuple[str, str]]:
    """For each kind and each place in the chain, the rule for all that follows."""
    for step in range(LENGTH - 1):
        for kind, links in LINKS.items():
            ways = (
                f"[{_again(link, kind, step).replace('{new}', _new(other, step + 1))} <{_rule(other, step + 1)}>]"
                for other, link in links.items()
            )
            yield _rule(kind, step), f"[{'|'.join(ways)}]"
    for kind, end in ENDS.items():
        yield _rule(kind, LENGTH - 1), _again(end, kind, LENGTH - 1)


def _rule(kind: str, step: int) -> str:
    return f"{kind}-{'abcdefgh'[step]}"


def _new(kind: str, step: int) -> str:
    return NEW[kind].replace("{it}", f"{{{kind}{step}={kind}}}")


def _again(template: str, kind: str, step: int) -> str:
    return template.replace("{it}", f"{{{kind}{step}}}")


@cache
def grammar() -> Grammar:
    """The grammar of one story and the blank line after it."""
    opening = f"<when> in <town> lived {_new('people', 0)}. <{_rule('people', 0)}>\n\n"
    return compile_grammar(opening, {**PHRASES, **dict(_rules())}, LISTS)


def make_tales(seed: int, size: int) -> str:
    """Independent stories, a paragraph each, divided by blank lines."""
    return repeat(grammar().sample, seed, size)


def tales_exact() -> Exact:
    """The entropy of a story and its expected length."""
    return grammar().exact


def log_prob(story: str) -> float:
    """The exact log-likelihood of one story with its blank line, in nats."""
    return grammar().log_prob(story)
