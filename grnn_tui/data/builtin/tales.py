"""Small stories from a grammar: somebody, something lost, somebody met, and an end that follows from the beginning.

Six plots share their heroes, places and phrases. What is said early comes back late: the name, the pronoun, the
place, the thing that was lost and the price of its return. No two ways of choosing write the same story, so the
exact entropy of a story is that of its choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grnn_tui.data.builtin.corpus import Exact, repeat
from grnn_tui.data.builtin.grammar import Grammar
from grnn_tui.data.builtin.tale_words import LISTS, RULES
from grnn_tui.data.builtin.template import compile_grammar

PLOTS: Mapping[str, str] = {
    "wind": (
        "<opening><gift>the wind [took|grabbed|stole|seized] the {thing} and "
        "[blew|carried|tossed|whirled] it from {place} to <hamlet>. "
        "<bargain>down from a [tall|thin|bare|dead|swaying|young] [pine|poplar|elm|birch|steeple|mast] "
        "[fell|slid|sailed|spun] the {thing}. "
        "[Now {hero} ties it down with [string|rope|ribbon|wire|two knots|seven knots].|<after>]"
    ),
    "river": (
        "<opening><gift>the {thing} fell into the [river|brook|pond|canal] and "
        "[floated|drifted|bobbed|sailed] from {place} to <hamlet>. "
        "<bargain>up from the [mud|deep|foam|reeds|weeds|waves] "
        "came the {thing}, with a [pebble|crab|boot|fish|spoon|leech|pearl|wet letter] in it. "
        "[Now {hero} is teaching it to [swim|float|dive|row|fish|sink].|<after>]"
    ),
    "snow": (
        "<opening><gift>the {thing} fell into the snow between {place} and <hamlet>, through a hole in a {hole=holes}. "
        "<bargain>out of the [snow|ice|frost|drift] rose the {thing}, "
        "[cold|bright|clean|shiny] as [glass|gold|a star|the moon|a tooth|new tin]. "
        "[Now {hero} mends the {hole} with [wool|string|moss|gum|thread|hair].|<after>]"
    ),
    "thief": (
        "<opening>{hero} had a <colour> {stolen=stolen} from <giver>. "
        "One <day>, after <doing>, {hero} saw that the {stolen} was gone. "
        "On the [floor|table|doorstep|sill|bed|stove] was a [huge|tiny|wet|green|fresh|muddy] {thief=thieves.clue}. "
        'So {hero} went to the {thief.home} near <hamlet>, said "<spell>!" to the door, '
        "and there sat a <mood> {thief}, <doing>. "
        '"[Thief|Shame on you|That is mine|Give it back|Aha]!" <wept> {hero}. '
        '"{stolen.why}," <said> the {thief}. '
        "They shared a <taste> <food>, and that <weekday> {stolen.mended}. "
        "[Nobody in {place} has [lost|missed] a [spoon|button|sock|crumb] since"
        "|When the {thief} comes to {place} now, it [knocks|bows|rings|waves]]."
    ),
    "quarrel": (
        "<opening>Next door lived a <mood> {helper=helpers}. "
        "One <day> they quarrelled about the [price|name|shape|colour|smell|age|weight|voice] of a {thing=things}. "
        "For [three|four|six|seven|nine|ten] [days|weeks|months|winters] {hero} sulked <near>, <doing>, "
        'and the {helper} sang "<spell>" all night. '
        "Then [a flood|a storm|a giant|a bull|the wind|lightning] took the {helper}'s "
        "[roof|bed|door|stove|fence|chimney], "
        "and {hero} came with a <colour> [ladder|hammer|bucket|tent|pump|saw|rope|spade]. "
        '"[It was a fine|I like your|You may keep the|Sorry about the] {thing}," <said> {hero}. '
        '"[Never mind|Forget it|Oh, hush|Me too|Come in]," <wept> the {helper}, "have a <taste> <food>." '
        "[Now in {place} they quarrel only on <weekday>s"
        "|They talked till [dawn|midnight|noon|breakfast], and {place} [slept well|was quiet|rang the bells|danced]]."
    ),
    "guest": (
        "<opening>One <day> {hero} was <doing>, when a {guest=guests.who} [knocked|rang|called|coughed]. "
        '"May I [come in|get warm|rest|sit down|hide here]?" '
        '"I have only a <taste> <food>," <said> {hero}, '
        '"but [half is yours|you may have it|we can share|the chair is soft]." '
        "They [ate|talked|played cards|sang|told jokes|danced|drew lots] till [dawn|midnight|noon|breakfast]. "
        '"<spell>!" <said> the guest. "[Thank you|Farewell|Sleep well|Good luck], {hero}. I am {guest.was}." '
        "[Nobody believed it|Everybody laughed|{hero} told no one|Only a <mood> [priest|mayor|cat] believed it], "
        "but since then {guest.since}."
    ),
}


@cache
def grammar() -> Grammar:
    """The grammar of one story and the blank line after it."""
    rules = {**RULES, **PLOTS, "food": f"[{'|'.join(map(str, LISTS['foods']))}]"}
    plots = "|".join(f"<{plot}>" for plot in PLOTS)
    return compile_grammar(f"[{plots}]\n\n", rules, LISTS)


def make_tales(seed: int, size: int) -> str:
    """Independent stories, a paragraph each, divided by blank lines."""
    return repeat(grammar().sample, seed, size)


def tales_exact() -> Exact:
    """The entropy of a story and its expected length."""
    return grammar().exact


def log_prob(story: str) -> float:
    """The exact log-likelihood of one story with its blank line, in nats."""
    return grammar().log_prob(story)
