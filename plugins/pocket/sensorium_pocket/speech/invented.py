"""Voices and accents that espeak-ng has not: files of its own format, drawn from a seed.

A few dozen voices teach a model those voices. Many more tracts with other formants, and accents
that swap sounds for neighbouring ones, teach it to hear past the voice. The formats are described
in espeak-ng's docs/voices.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

ACCENTS, VARIANTS = 40, 160
"""How many there are: `invented/0` … as accents, `invented0` … as variants.

espeak-ng lists 350 voices at most, and finds none that is not on its list.
"""

_NEIGHBOURS = {
    **{"I": "i e", "E": "e a#", "a": "a# aa E", "0": "O aa A:", "V": "U a# O", "U": "u V"},
    **{"A:": "aa a O:", "O:": "O o U", "i:": "i eI", "u:": "u U y", "3:": "E @", "@": "a# E V"},
    **{"eI": "e E aI", "aI": "OI A: a", "aU": "aa a oU", "oU": "o O: aU", "OI": "aI O:"},
    **{"I2": "@ i", "i": "I2 e"},
    **{"h": "NULL", "T": "t[ f s", "D": "d[ v z", "N": "n", "w": "v", "v": "f w", "z": "s"},
    **{"r": 'R r"', "l": "l/2", "t": "t[", "d": "d[", "dZ": "Z", "S": "s"},
}
"""Sounds, in espeak's mnemonics, and what an accent may say in their place."""

_REPLACED = 0.2


def write_voices(installed: Path, folder: Path, known: Sequence[str]) -> None:
    """Make `folder` espeak-ng's data for English: links to the installed data, and new files.

    Invented accents depart from the `known` ones.
    """
    _link_all(installed, folder, but=("voices", "lang"))
    _link_all(installed / "lang/gmw", folder / "lang/gmw")
    _link_all(installed / "voices/!v", folder / "voices/!v")
    accents = folder / "voices/invented"
    accents.mkdir()
    for number in range(ACCENTS):
        accents.joinpath(str(number)).write_text(_accent(installed, known, number), "utf-8")
    for number in range(VARIANTS):
        folder.joinpath(f"voices/!v/invented{number}").write_text(_variant(number), "utf-8")


def _link_all(source: Path, target: Path, but: tuple[str, ...] = ()) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.name not in but:
            target.joinpath(entry.name).symlink_to(entry)


def _accent(installed: Path, known: Sequence[str], number: int) -> str:
    """One of the known accents, with some sounds replaced in all places."""
    rng = Random(f"accent {number}")
    base = installed.joinpath("lang", rng.choice(known)).read_text("utf-8", "ignore")
    replaced = [
        f"replace 00 {sound} {rng.choice(others.split())}"
        for sound, others in _NEIGHBOURS.items()
        if rng.random() < _REPLACED
    ]
    lengths = " ".join(str(rng.randint(130, 200)) for _ in range(4))
    return "\n".join((base, *replaced, f"stressLength {lengths} 220 220 250 290", ""))


def _variant(number: int) -> str:
    """A vocal tract: formants, breath, roughness, and how high it speaks."""
    rng = Random(f"variant {number}")
    low = rng.uniform(60, 200)
    length = rng.triangular(0.85, 1.2, 1.0)
    lines = [
        "language variant",
        f"name invented{number}",
        f"pitch {low:.0f} {low * rng.uniform(1.1, 1.8):.0f}",
        f"flutter {rng.randint(0, 10)}",
        f"roughness {rng.choice((0, 0, 2, 4, 6))}",
        f"voicing {rng.randint(30, 140)}",
        f"consonants {rng.randint(50, 150)} {rng.randint(50, 150)}",
        f"intonation {rng.randint(1, 4)}",
    ]
    for formant in range(9):
        # The first three make the vowel, so they move less.
        wide = (0.75, 1.4) if formant < 4 else (0.5, 1.5)
        frequency = 100 * length * rng.triangular(*wide, 1.0)
        strength, width = rng.triangular(40, 200, 100), rng.triangular(50, 200, 100)
        lines.append(f"formant {formant} {frequency:.0f} {strength:.0f} {width:.0f}")
    if rng.random() < 0.2:
        lines.append(f"klatt {rng.randint(1, 6)}")
    if rng.random() < 0.25:
        lines.append(f"echo {rng.randint(10, 120)} {rng.randint(5, 60)}")
    if rng.random() < 0.25:
        lines.append("breath " + " ".join(str(rng.randint(0, 5)) for _ in range(8)))
    if rng.random() < 0.4:
        tones = [f"{hertz} {rng.randint(40, 255)}" for hertz in (600, 1200, 3000, 5000)]
        lines.append("tone " + " ".join(tones))
    return "\n".join((*lines, ""))
