"""Questions about things the pocket world does not have: one honest answer for all of them."""

from __future__ import annotations

import re
from random import Random

from sensorium_pocket.world.things import article

from .wordbank import entries

REPLY = "I do not know that thing. Ask me what I see."

NOUNS = entries("""
    zebra | tiger | horse | cow | sheep | goat | duck | chicken | hen | goose/geese | mouse/mice
    rat | bear | wolf/wolves | giraffe | camel | kangaroo | penguin | owl | eagle | parrot | swan
    whale | shark | dolphin | seal | spider | ant | fly/flies | worm | snake | lizard | dinosaur
    dragon | unicorn | squirrel | hedgehog | deer/deer | man/men | woman/women | child/children
    baby/babies | boy | girl | king | queen | pirate | witch/witches | ghost | clown | doctor
    orange | pear | grape | lemon | peach/peaches | cherry/cherries | mango | coconut | tomato
    potato | onion | pepper | cucumber | bean | corn cob | egg | sandwich/sandwiches | cookie
    candy/candies | chocolate | ice cream | cheese | bread | soup | cup | mug | glass/glasses
    bottle | plate | fork | knife/knives | spoon | pan | pot | chair | table | sofa | bed | lamp
    window | door | mirror | carpet | pillow | clothes hanger | shirt | shoe | boot | sock
    glove | scarf/scarves | ring | necklace | bag | suitcase | wallet | coin | train | truck
    motorcycle | helicopter | ship | scooter | taxi | ambulance | bridge | tower | castle | church
    hospital | school | mountain | river | lake | beach/beaches | island | cloud | lightning bolt
    snowflake | fire | leaf/leaves | rose | tulip | grass | stone | computer | laptop | keyboard
    printer | television | radio | microphone | piano | violin | trumpet | flute | hammer | saw
    screwdriver | nail | ladder | rope | pencil | pen | paper | envelope | newspaper | scissors
    balloon | kite | doll | teddy bear | puzzle | dice | basketball | tennis racket | skateboard
    bucket | broom | toothbrush/toothbrushes | towel | soap | candle | match/matches | flag | map
    triangle | rectangle | pentagon | arrow | diamond | anchor | magnet | telescope | battery
    """)

STAND_IN = "octopus"  # a known thing with one word, and an article that shows


def about_unknown(wording: str, rng: Random) -> str:
    """A wording about the stand-in, rewritten to be about some unknown thing."""
    singular, _, plural = rng.choice(NOUNS).partition("/")
    plural = plural or singular + "s"
    wording = re.sub(rf"\ban {STAND_IN}\b", f"{article(singular)} {singular}", wording)
    wording = re.sub(rf"\bAn {STAND_IN}\b", f"{article(singular).title()} {singular}", wording)
    wording = re.sub(rf"{STAND_IN}es", plural, wording, flags=re.IGNORECASE)
    return re.sub(STAND_IN, singular, wording, flags=re.IGNORECASE)
