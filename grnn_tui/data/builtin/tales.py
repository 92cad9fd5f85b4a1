"""Small stories from a grammar: somebody, something lost, somebody met, and an end that follows from the beginning.

Seven plots share their heroes, places and phrases. What is said early comes back late: the name, the pronoun, the
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
        "<opening>{Hero.he} had a <colour> {light=light} <prized>. "
        "<one-day> the wind [snatched|took|grabbed|stole|seized|nabbed] it and [blew|carried|tossed|whirled] it "
        "[over|past|across|beyond] the <far>. "
        "{hero} [ran|hopped|hurried|rushed|limped|rode] after it to the <spot>, "
        "where a <mood> {flier=fliers} sat <doing>. "
        '<why> it {flier.says}. "My {light}!" <wept> {hero}. '
        '"[I can fetch it|I saw it|I know where it is], for a <taste> {food=foods}," it <said>. '
        "So {hero.he} [bought|found|begged for|borrowed|fetched|won] a {food}, and up it {flier.rose} to the top of "
        "a [tall|thin|bare|dead|swaying] [pine|poplar|elm|birch|steeple|mast] "
        "and [shook|pulled|bit|sneezed|talked] the {light} loose. "
        "[Now {hero} ties it down with [string|rope|ribbon|wire|two knots|seven knots]"
        "|Every <weekday> it comes to {place} for another {food}"
        "|The wind, they say, is still [looking for|dreaming of|saving up for] a {light} of its own]."
    ),
    "river": (
        "<opening>{Hero.he} had a <colour> {afloat=afloat} <prized>. "
        "<one-day> {hero.he} tripped over a <mood> [hen|goat|snail|priest|cat|sheep|mayor|toad], "
        "and it [fell|rolled|flew|bounced] into the [river|brook|pond|canal] and [floated|drifted|bobbed|sailed] off "
        "past the <far>. "
        "There a <mood> {swimmer=swimmers} was <doing>. "
        '"[Catch|Save|Stop|Grab] my {afloat}!" [called|shouted|begged|cried|panted] {hero}. '
        '"[What for?|Why should I?|Is there supper in it?|Say please.]" {swimmer.says} the {swimmer}. '
        '"For a <taste> {food=foods}!" '
        "[In it went|Down it dived|Off it swam], and [soon|in the end|by sunset|at once] the {afloat} was "
        "[dry|safe|home|back] again, "
        "with a [pebble|crab|boot|fish|spoon|leech|pearl|wet letter] in it. "
        "[They ate the {food} <near>"
        "|It took the {food} and [asked for the recipe|wept for joy|shared it with nobody]"
        "|Now they [fish|dine|sing|swim] together every <weekday>]. "
        "[In {place} people still [laugh|talk|sing] about it|Since then {hero} looks [left|twice|down] in {place}]."
    ),
    "snow": (
        "<opening>{Hero.he} had a <colour> {small=small} <prized>. "
        "<one-day> in the snow it [slipped|fell|dropped|rolled] through a hole in {hero.his} {hole=holes}. "
        "{hero} [searched|looked|dug|crawled] until [dark|dawn|midnight|supper], and found "
        "[a frozen|a rusty|a lost|half a] [sock|horseshoe|bun|tooth|button|pipe|hat|shoe], but no {small}. "
        "Then along came a <mood> {digger=diggers}, <doing>. "
        '<why> it {digger.says}. "My {small}!" <wept> {hero}. '
        "It [thought|scratched one ear|sniffed the air|looked north|nodded], and dug a [hole|trench|tunnel|pit] "
        "as [deep|long|wide|round] as a [well|street|church|whale|barrel|king], and there it lay, "
        "[cold|bright|clean|shiny] as [ice|glass|a star|the moon]. "
        "Over a <taste> {food=foods} they became friends, and {hero} [sewed up|patched|mended|darned] the {hole} with "
        "[wool|string|moss|gum|thread|hair]. "
        '[In {place}|From {place} to the sea] they say: "[Mend first, walk later|A small hole loses a big thing'
        '|Be kind to whoever digs|Snow keeps what it finds|A {small} lost is a friend found]."'
    ),
    "thief": (
        "<opening>{Hero.he} had a <colour> {stolen=stolen} <prized>. "
        "<one-day>, [after|while] <doing>, {hero} [saw|found|noticed] that it was gone. "
        "On the [floor|table|doorstep|sill|bed|stove] was a [huge|tiny|wet|green|fresh|muddy] {thief=thieves.clue}. "
        "{Hero.he} [followed|sniffed|traced] the trail past the <far> to a {thief.home}, "
        "and there sat a <mood> {thief} with the {stolen}. "
        '"[Thief|Shame on you|That is mine|Give it back|Aha]!" [cried|shouted|called|roared|said] {hero}. '
        '"{stolen.why}," it [whispered|sobbed|sniffed|mumbled|moaned|wept]. '
        "{hero} [thought about this|sat down|was quiet|felt sorry|coughed]. "
        "So they [shared|ate|split] a <taste> {food=foods}, and the next <weekday> {stolen.mended}. "
        "[Nobody in {place} has [lost|missed] a [spoon|button|sock|crumb] since"
        "|When the {thief} comes to {place} now, it [knocks|bows|rings|waves]"
        "|There are no locks in {place} now, only [doormats|curtains|bells]]."
    ),
    "quarrel": (
        "<opening>Next door lived {friend=heroes-hero}, a <person>. "
        "<one-day> they quarrelled about the [price|name|shape|colour|smell|age|weight|voice] "
        "of a {matter=matters}. "
        "For [three|four|six|seven|nine|ten] [days|weeks|months|winters] "
        "{hero} [sulked|grumbled|sat|stood] <near>, <doing>, "
        "and {friend} [fished alone|talked to hens|learned the trumpet|wrote rude letters|planted thorns|wore black]. "
        "Then {disaster=disasters.came}, "
        "and who came with a [big|new|rusty|borrowed|golden] {disaster.tool}? It was {hero}. "
        '"[It was a fine|I do like your|You were right about the|I am sorry about the] {matter}," {hero.he} <said>. '
        '"[Never mind|Forget it|Oh, hush|So am I|Come in]," <wept> {friend}, '
        '"[eat|try|share|have] a <taste> {food=foods}." '
        "[A {food} means peace in {place} to this day"
        "|They talked till [dawn|midnight|noon|breakfast], and {place} [slept well|was quiet|rang the bells|danced]"
        "|Now in {place} they quarrel only on <weekday>s, for practice]."
    ),
    "fog": (
        "<opening><one-day> {hero.he} took a <taste> {food=foods} to {hero.his} {elder=elders}, "
        "who [was ill|was lonely|had the hiccups|had a birthday|could not cook|was ninety] and lived "
        "[over|past|across|beyond] the <far> in {village=places-place}. "
        "Then a fog came, [thick|white|cold|grey|soft] as [milk|wool|soup|feathers|porridge], and {hero} "
        "[bumped into|tripped over|bowed to|argued with|apologised to] "
        "a <mood> [sheep|signpost|scarecrow|cow|bush|gate]. "
        '"[Hello|Who is there|Which way is {village}|Is this {village}]?" {hero.he} <wept>. '
        '"[Follow me|This way|Mind the ditch|Not far]," said a <mood> {guide=guides}, and {guide.led}. '
        "[Before|Long before|Just before] [dark|dinner|bedtime|midnight] they were there. "
        "The {elder} [laughed|wept|cheered|clapped|danced] and gave the {guide} the "
        "[biggest|best|first|warmest|last] [slice|bite|half|piece] of {food}. "
        '[In {village} they say: "[Ask the small ones|A friend is a lamp|Go slowly and share|Trust a good nose]."'
        "|{hero} went home to {place}, and the {guide} [came too|stayed|waved|wrote often].]"
    ),
    "guest": (
        "<opening><one-day>, as {hero.he} was <doing>, "
        "a {guest=guests.who} [knocked|knocked twice|rang|tapped on the glass]. "
        '"May I [come in|get warm|rest|sit down|hide here]?" "I have only a <taste> {food=foods}," <said> {hero}, '
        '"but [half is yours|you may have it|we can share|the chair is soft]." '
        "They [ate|talked|played cards|sang|told jokes|danced|drew lots] until "
        "[late|dawn|midnight|the fire went out|the cock crowed], and the guest [slept|snored|lay] "
        "[in|under|behind|on] the [bed|table|stove|stairs]. "
        "In the morning the house was [empty|quiet|warm|clean|full of light], and on the [plate|floor|table|chair] lay "
        'a [gold|wet|white|folded|torn] [note|leaf|card|shell]: "[Thank you|Well done|Good {food}|Sleep well], {hero}. '
        'I am {guest.was}." '
        "[Nobody believed it|Everybody laughed|{hero} told no one|Only the <mood> [priest|mayor|cat] believed it], "
        "but since then {guest.since}."
    ),
}


@cache
def grammar() -> Grammar:
    """The grammar of one story and the blank line after it."""
    rules = {**RULES, **PLOTS}
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
