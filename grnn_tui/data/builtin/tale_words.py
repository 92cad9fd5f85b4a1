"""The words of the tales: who, what and where, and the small phrases that every link of the chain may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grnn_tui.data.builtin.template import words

LISTS: Mapping[str, Sequence[str]] = {
    "people": words("Ada, Bruno, Clara, Emil, Greta, Hugo, Ivy, Leo, Mina, Otto, Ruth, Theo, Vera, Walter, Yara, Zeno"),
    "animals": words(
        "crow, owl, frog, goose, badger, mole, pig, hen, donkey, cat, hedgehog, snail, fox, toad, wolf, bear"
    ),
    "things": words(
        "hat, kite, drum, flute, kettle, ring, map, basket, lamp, spoon, clock, violin, boot, key, umbrella, ladder"
    ),
    "places": words(
        "mill, well, church, bridge, pond, smithy, inn, orchard, barn, "
        "tower, school, stable, river, castle, market, oak"
    ),
    "foods": words("cake, tart, pie, ham, herring, pear, dumpling, soup, onion, bun, cheese, plum"),
}

PHRASES: Mapping[str, str] = {
    "when": (
        "[Once|Long ago|One winter|Last year|In the old days|Before the war|When kings were small"
        "|When giants could sing]"
    ),
    "town": (
        "[Applewick|Crow Hill|Dunmoor|Foxley|Goosebury|Kettleby|Little Snoring|Nettlebed|Saltmarsh|Upper Puddle"
        "|Mudford|Wimbleton]"
    ),
    "mood": (
        "[poor|shy|tall|kind|proud|lazy|brave|clever|lonely|cheerful|stubborn|plump|tidy|sleepy|patient|curious"
        "|nervous|merry|quiet|freckled|grumpy|polite|dusty|solemn|bashful|hungry|wise|rude|damp|bored|famous|wrinkled]"
    ),
    "job": (
        "[baker|weaver|miller|tailor|potter|fiddler|shepherd|gardener|fisher|cobbler|carter|beekeeper|painter|piper"
        "|cook|thatcher|barber|juggler|dancer|hunter|sailor|smith|nurse|poet|doctor|teacher|knight|monk|judge|widow"
        "|pirate|wizard]"
    ),
    "day": (
        "[grey|wet|cold|bright|windy|dull|misty|lazy|quiet|strange|warm|dark] "
        "[morning|evening|noon|night|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday]"
    ),
    "colour": (
        "[red|blue|green|yellow|white|brown|golden|silver|striped|spotted|tiny|lucky|wooden|singing|rusty|borrowed]"
    ),
    "age": (
        "[new|big|small|cold|windy|haunted|crooked|narrow|muddy|painted|silent|green|yellow|forgotten|famous|lonely]"
    ),
    "taste": ("[warm|cold|huge|small|fresh|burnt|sweet|plain|salty|round|sour|cheap|fat|secret|wedding|second]"),
    "doing": (
        "[counting|painting|washing|sorting|hiding|polishing|drawing|juggling|guarding|selling|sniffing|chasing"
        "|naming|weighing|burying|scolding] "
        "[eggs|plums|socks|snails|geese|turnips|buttons|spoons|feathers|hens|acorns|shoes|letters|mice|onions|frogs"
        "|stones|ducks|bells|wigs|bees|pots|goats|stars]"
    ),
    "wept": "[sobbed|sighed|cried|moaned|whispered|wailed|sniffed|howled]",
    "said": "[said|replied|answered|nodded|laughed|yawned|sang|muttered]",
    "wish": (
        "[Nobody loves me|It is too cold|My feet hurt|I want to fly|The moon is late|Supper is ready|I smell rain"
        "|All is lost|Call the king|Do not tell my aunt|I was here first|This is not mine|Where is my bed"
        "|Never again|What a noise|I can explain]"
    ),
    "fun": "[danced|sang|talked|played cards|told jokes|drew lots|slept|argued|fished|swam|wept|waited]",
    "till": "till [dawn|midnight|noon|breakfast|supper|the rain stopped|the moon rose|the milk boiled]",
    "fact": (
        "[bears|kings|owls|ghosts|giants|wolves|frogs|cats] "
        "[wear hats|pay taxes|can sing|keep bees|tell jokes|are shy|drink tea|never sleep]"
    ),
}
