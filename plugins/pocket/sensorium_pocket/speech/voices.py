"""Who speaks: accents and voice variants, most of them to train with, some kept for evaluation.

An accent and a variant make a voice, `gmw/en-US+f2`. Evaluation speaks with held-out variants in
trained accents, and with trained variants in held-out accents; training uses neither, but adds
invented ones of both kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from . import invented

Cast = Literal["training", "voices", "accents"]

ACCENTS = (
    *("gmw/en", "gmw/en-US", "gmw/en-GB-x-rp", "gmw/en-GB-scotland", "gmw/en-GB-x-gbclan"),
    "gmw/en-029",
)
"""Britain, America, Received Pronunciation, Scotland, Lancaster, the Caribbean."""

HELD_OUT_ACCENTS = ("gmw/en-GB-x-gbcwmd", "gmw/en-US-nyc")
"""The West Midlands, New York."""

VARIANTS = (
    *("", "m1", "m2", "m3", "m5", "m6", "m8", "f1", "f2", "f4", "f5"),
    *("adam", "Alicia", "Andy", "Annie", "antonio", "belinda", "benjamin", "boris", "caleb"),
    *("Denis", "ed", "edward", "Gene", "gustave", "Henrique", "Hugo", "iven", "iven3", "Jacky"),
    *("kaukovalta", "Lee", "linda", "marcelo", "max", "Michael", "michel", "Nguyen", "pablo"),
    *("paul", "quincy", "rob", "robert", "sandro", "steph", "steph3", "travis", "victor", "zac"),
)
HELD_OUT_VARIANTS = (
    *("m4", "m7", "f3", "Alex", "Andrea", "david", "Diogo", "john", "Marco", "Mario", "mike"),
    *("pedro", "shelby", "steph2", "norbert", "miguel"),
)
INVENTED = 0.5
"""Share of invented accents, and of invented variants, in training."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody says something; the fields are the arguments of `Speaker.say`."""

    voice: str
    words_per_minute: int
    pitch: int
    lilt: int


def draw_manner(cast: Cast, rng: Random) -> Manner:
    """A voice of this cast, its speed and pitch."""
    accent = rng.choice(HELD_OUT_ACCENTS if cast == "accents" else ACCENTS)
    variant = rng.choice(HELD_OUT_VARIANTS if cast == "voices" else VARIANTS)
    if cast == "training":
        if rng.random() < INVENTED:
            accent = f"invented/{rng.randrange(invented.ACCENTS)}"
        if rng.random() < INVENTED:
            variant = f"invented{rng.randrange(invented.VARIANTS)}"
    return Manner(
        voice=f"{accent}+{variant}" if variant else accent,
        words_per_minute=round(rng.triangular(120, 230, 170)),
        pitch=round(rng.triangular(15, 85, 50)),
        lilt=round(rng.triangular(15, 90, 50)),
    )
