"""The words of the tales: who, where, what, and the small phrases that every plot shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grnn_tui.data.builtin.template import Entry, words


def _heroes(she: str, he: str) -> list[Entry]:
    """Names with their pronouns."""
    hers = {"he": "she", "him": "her", "his": "her"}
    his = {"he": "he", "him": "him", "his": "his"}
    return [{"name": name, **pronouns} for names, pronouns in ((she, hers), (he, his)) for name in words(names)]


def _table(fields: str, rows: str) -> list[Entry]:
    """Entries with the given fields, one a row, the fields divided by slashes."""
    names = words(fields)
    return [
        dict(zip(names, [cell.strip() for cell in row.split("/")], strict=True)) for row in rows.strip().splitlines()
    ]


LISTS: Mapping[str, Sequence[Entry]] = {
    "heroes": _heroes(she="Ada, Clara, Greta, Nell", he="Bruno, Hugo, Leo, Otto"),
    "places": words("Crow Hill, Dunmoor, Foxley, Kettleby, Little Snoring, Saltmarsh"),
    "things": words("hat, kite, drum, flute, ring, map, basket, coin"),
    "foods": words("cake, tart, bun, pie, ham, pear"),
    "helpers": words("crow, owl, frog, goose, mole, pig"),
    "holes": words("pocket, mitten, sack, boot"),
    "thieves": _table(
        "name, clue, home",
        """
        magpie / feather / nest
        goblin / thumbprint / hole
        troll / footprint / bridge
        ghost / puddle / cellar
        dragon / scale / castle
        """,
    ),
    "stolen": _table(
        "name, why, mended",
        """
        lantern / I fear the dark / they lit it together
        clock / I am always late / {hero} rang a bell at noon
        fiddle / My home is so quiet / {hero} came by to play
        blanket / My feet are cold / {hero} knitted long socks
        chair / My legs hurt / they built a bench for two
        book / I want to know the end / {hero} read it out, twice
        """,
    ),
    "guests": _table(
        "who, was, since",
        """
        soaked old man / the Rain / it rains in {place} only at night
        pale lady / the Moon / nobody in {place} needs a lamp
        girl with straw in her hair / Summer / plums ripen in {place} by May
        boy covered in dust / the West Wind / socks dry fast in {place}
        very small knight / the King of Mice / no cheese is safe from {place}
        fisherman with green eyes / the Sea / the nets of {place} are full
        """,
    ),
}

RULES: Mapping[str, str] = {
    "when": "[3:Once upon a time|2:Once, when <age>,|In the year <year>,]",
    "age": (
        "[bears|geese|kings|owls|ghosts|giants|wolves|goats|frogs|cats|moles|trees] "
        "[wore hats|paid taxes|could sing|kept bees|told jokes|were shy|drank tea|danced|played chess|had names]"
    ),
    "year": "[1|2|3|4|5|6|7|8|9]<digit><digit>",
    "digit": "[0|1|2|3|4|5|6|7|8|9]",
    "person": (
        "[poor|shy|tall|kind|proud|lazy|brave|clever|lonely|cheerful|stubborn|plump|tidy|sleepy|patient|curious"
        "|nervous|merry|quiet|freckled] "
        "[baker|weaver|miller|tailor|potter|fiddler|shepherd|gardener|fisher|cobbler|carter|beekeeper|painter"
        "|piper|cook|thatcher|barber|clockmaker|lacemaker|juggler]"
    ),
    "surname": (
        "[Plum|Crumb|Butter|Thistle|Mud|Straw|Goose|Turnip|Bramble|Candle|Feather|Onion|Copper|Pepper|Rain|Sock]"
        "[bottom|field|foot|man|son|well|worth|stone|wood|thumb|bell|pot]"
    ),
    "hamlet": "[Wim|Dud|Gob|Tum|Brum|Ham|Nob|Pin|Rum|Sop|Bix|Cud]ble[by|ton|wick|ford|combe|thorpe|mere|burn]",
    "near": "[by|behind|beside|near|opposite|below] the <spot>",
    "spot": (
        "[old|new|big|small|cold|windy|haunted|crooked|empty|famous] "
        "[mill|well|church|bridge|pond|smithy|inn|orchard|barn|oak|bakery|ferry|market|tower|school|stable]"
    ),
    "opening": "<when> in {place=places}, <near>, lived a <person> called {hero=heroes} <surname>. ",
    "colour": "[red|blue|green|yellow|white|brown|golden|silver|striped|spotted|tiny|lucky|wooden|singing]",
    "giver": (
        "a [good|fat|sad|blind|young|noisy|famous|retired|grateful|forgetful|drunken|barefoot] "
        "[king|queen|sailor|nurse|bishop|wizard|pirate|poet|hangman|duke|doctor|peddler]"
    ),
    "day": (
        "[grey|wet|cold|bright|windy|dull|misty|lazy|quiet|strange] "
        "[morning|evening|noon|night|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|market day]"
    ),
    "doing": (
        "[counting|painting|washing|sorting|hiding|polishing|drawing|juggling|guarding|selling|sniffing|chasing"
        "|naming|weighing|burying|scolding] "
        "[eggs|plums|socks|snails|geese|turnips|buttons|spoons|feathers|hens|acorns|shoes|letters|mice|onions|frogs]"
    ),
    "mood": (
        "[grumpy|polite|sleepy|dusty|solemn|bashful|hungry|fat|wise|rude|damp|one-eyed|bored|plain|famous|wrinkled]"
    ),
    "taste": "[warm|cold|huge|small|fresh|burnt|sweet|plain|salty|round]",
    "why": "[Why so sad|Why so pale|Why weep|What now|Who died|Are you lost|Lost something|Bad news]?",
    "wept": "[sobbed|sighed|cried|moaned|whispered|wailed|sniffed|howled]",
    "said": "[said|replied|answered|nodded|laughed|yawned|sang|muttered]",
    "spell": "[La|Bim|Bom|Dum|Ti|Ra|Zu|Pa|Ko|Mi|Ho|Flip]-<charm>-<charm>-<charm>-<charm>",
    "charm": "[la|bim|bom|dum|ti|ra|zu|pa|ko|mi|ho|flip]",
    "weekday": "[Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday]",
    # a loss, from the gift to the bargain, is told alike whatever was the cause
    "gift": "{hero} had a <colour> {thing=things} from <giver>. One <day> ",
    "bargain": (
        '"My {thing}!" <wept> {hero}. Along came a <mood> {helper=helpers}, <doing>. '
        '"<why>" <said> the {helper}. "I can find a {thing}, for a <taste> {food=foods}." '
        "So {hero} [found|bought|begged|borrowed|fetched|won] a {food}. "
        '"<spell>!" <said> the {helper}, and '
    ),
    "after": (
        "[{hero} and the {helper} [dine|dance|sing|fish|nap|argue] in {place} every <weekday>"
        "|In {place} they still [talk|sing|laugh|whisper] of that {helper}"
        "|The {helper} took the {food} and left {place}, <doing>]."
    ),
}
