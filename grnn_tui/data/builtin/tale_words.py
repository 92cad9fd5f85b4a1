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
    "heroes": _heroes(
        she="Ada, Bella, Clara, Dora, Elsa, Greta, Hilda, Ivy, Mina, Nell, Rosa, Tilda",
        he="Anton, Bruno, Carl, Emil, Felix, Gus, Hugo, Jonas, Leo, Max, Otto, Theo",
    ),
    "places": words(
        "Applewick, Crow Hill, Dunmoor, Foxley, Goosebury, Honeyford, Kettleby, Little Snoring, "
        "Mossgate, Nettlebed, Saltmarsh, Upper Puddle"
    ),
    "light": words("hat, kite, scarf, map, feather, shawl, flag, wig, nightcap, bonnet, ribbon, veil"),
    "afloat": words("drum, bucket, basket, flute, boat, ladle, clog, stool, barrel, broom, cradle, paddle"),
    "small": words("key, ring, coin, button, bell, thimble, whistle, brooch, marble, locket, needle, medal"),
    "foods": words(
        "cake, tart, bun, waffle, pie, cheese, ham, herring, pear, pudding, pancake, biscuit, sausage, "
        "turnip, dumpling, trout"
    ),
    "fliers": _table(
        "name, says, rose",
        """
        crow / croaked / flew
        owl / hooted / flew
        squirrel / chattered / climbed
        cat / purred / climbed
        jackdaw / cackled / flew
        swallow / chirped / flew
        bat / squeaked / flew
        monkey / giggled / climbed
        """,
    ),
    "swimmers": _table(
        "name, says",
        """
        otter / whistled
        duck / quacked
        frog / croaked
        pike / bubbled
        beaver / grumbled
        swan / hissed
        newt / whispered
        turtle / drawled
        """,
    ),
    "diggers": _table(
        "name, says",
        """
        mole / mumbled
        badger / growled
        rabbit / lisped
        dog / barked
        pig / grunted
        hedgehog / snuffled
        mouse / squeaked
        goat / bleated
        """,
    ),
    "holes": words("pocket, mitten, sack, apron, boot, purse, bag, sleeve"),
    "thieves": _table(
        "name, clue, home",
        """
        magpie / feather / nest
        goblin / thumbprint / hole
        troll / footprint / bridge
        fox / hair / den
        raccoon / pawprint / hollow tree
        ghost / puddle / loft
        dwarf / curl / cave
        dragon / scale / castle
        """,
    ),
    "stolen": _table(
        "name, why, mended",
        """
        lantern / I fear the dark / they lit it together
        kettle / I never had tea / they drank tea by the pot
        mirror / Nobody looks at me / {hero} came by to wave
        clock / I am always late / {hero} rang a bell at noon
        fiddle / My home is so quiet / {hero} came by to play
        pillow / I cannot sleep / {hero} made one out of moss
        blanket / My feet are cold / {hero} knitted long socks
        spoon / My soup is too hot / {hero} carved a longer one
        chair / My legs hurt / they built a bench for two
        book / I want to know the end / {hero} read it out, twice
        """,
    ),
    "matters": words("goose, cow, turnip, cheese, herring, hen, donkey, trumpet, pumpkin, pig, ladder, hedge"),
    "disasters": _table(
        "came, tool",
        """
        a flood filled {friend}'s cellar / pump
        deep snow shut {friend}'s door / spade
        a gale took {friend}'s roof / ladder
        a frost cracked {friend}'s stove / blanket
        a bull broke {friend}'s fence / hammer
        a bear sat on {friend}'s bed / mattress
        lightning split {friend}'s table / saw
        a fox woke {friend}'s hens / whistle
        """,
    ),
    "guides": _table(
        "name, led",
        """
        firefly / lit the path
        donkey / smelled the way
        snail / left a silver line
        cricket / sang ahead
        hare / drummed ahead
        goose / honked at corners
        dog / barked at ditches
        glow-worm / shone a little
        """,
    ),
    "elders": words("grandmother, aunt, godfather, uncle, teacher, cousin, sister, brother"),
    "guests": _table(
        "who, was, since",
        """
        soaked old man / the Rain / it rains in {place} only at night
        pale lady / the Moon / nobody in {place} needs a lamp
        man with an icy beard / Winter / snow falls softly in {place}
        girl with straw in her hair / Summer / plums ripen in {place} by May
        thin man in feathers / the King of Crows / no crow robs {place}
        boy covered in dust / the West Wind / socks dry fast in {place}
        very small knight / the King of Mice / no cheese is nibbled in {place}
        fisherman with green eyes / the Sea / the nets of {place} are full
        """,
    ),
}

RULES: Mapping[str, str] = {
    "when": "[5:Once upon a time|4:Once, when <age>,|Long ago]",
    "age": (
        "[bears|geese|kings|owls|ghosts|giants|wolves|goats|frogs|cats|moles|trees] "
        "[wore hats|paid taxes|could sing|kept bees|told jokes|were shy|drank tea|danced|played chess|had names]"
    ),
    "person": (
        "[poor|shy|tall|kind|proud|lazy|brave|clever|lonely|cheerful|stubborn|plump|tidy|sleepy|patient|curious"
        "|nervous|merry|quiet|freckled] "
        "[baker|weaver|miller|tailor|potter|fiddler|shepherd|gardener|fisher|cobbler|carter|beekeeper|painter"
        "|piper|cook|thatcher|barber|clockmaker|lacemaker|juggler]"
    ),
    "near": "[by|behind|beside|near|opposite|below] the <spot>",
    "spot": (
        "[old|new|big|small|cold|windy|haunted|crooked|empty|famous] "
        "[mill|well|church|bridge|pond|smithy|inn|orchard|barn|oak|bakery|ferry|market|tower|school|stable]"
    ),
    "opening": (
        "<when> [a <person> called {hero=heroes} lived <near> in {place=places}"
        "|there lived in {place=places}, <near>, a <person> called {hero=heroes}]. "
    ),
    "colour": "[red|blue|green|yellow|white|brown|golden|silver|striped|spotted|tiny|lucky|wooden|singing]",
    "giver": (
        "a [good|fat|sad|blind|young|noisy|famous|retired|grateful|forgetful|drunken|barefoot] "
        "[king|queen|sailor|witch|bishop|wizard|pirate|poet|hangman|duke|doctor|peddler]"
    ),
    "love": (
        "[bread|butter|summer|Sundays|gold|honey|sleep|dancing|music|birdsong|dry socks|long letters|fresh paint"
        "|clean windows|gossip|rubies|thunder|good advice|berries|silence]"
    ),
    "prized": "[from|won from|once stolen from|made by] <giver>[|, dearer to {hero.him} than <love>]",
    "one-day": (
        "One [grey|wet|cold|bright|windy|dull|misty|lazy|quiet|strange] "
        "[morning|evening|noon|night|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|market day]"
    ),
    "doing": (
        "[counting|painting|washing|sorting|hiding|polishing|drawing|juggling|guarding|selling|sniffing|chasing"
        "|naming|weighing|burying|scolding] "
        "[eggs|plums|socks|snails|geese|turnips|buttons|spoons|feathers|hens|acorns|shoes|letters|mice|onions|frogs]"
    ),
    "far": (
        "[green|dark|bare|steep|sleepy|distant|muddy|golden] "
        "[roofs|hills|haystacks|chimneys|vineyards|graves|meadows|barns|cabbages|walls|pines|marshes]"
    ),
    "mood": (
        "[grumpy|polite|sleepy|dusty|solemn|bashful|hungry|fat|wise|rude|damp|one-eyed|bored|plain|famous|wrinkled]"
    ),
    "taste": "[warm|cold|huge|small|fresh|burnt|sweet|plain|salty|round]",
    "why": '"[Why so sad|Why so pale|Why weep|What now|Who died|Are you lost|Lost something|Bad news]?"',
    "wept": "[sobbed|sighed|said|cried|moaned|whispered|wailed|sniffed]",
    "said": "[said|replied|answered|nodded|laughed|yawned|sang|muttered]",
    "weekday": "[Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday]",
}
