"""The normal form of what is said: the same for training, for scoring, and in every transcript.

Lower case; words separated by one space; letters a to z and the apostrophe inside a word; no
other punctuation; numbers up to 999 spelled out; one spelling where the sound leaves several.
"""

from __future__ import annotations

import re
import unicodedata

_SPELLINGS = {
    **{"ok": "okay", "color": "colour", "colors": "colours", "coloured": "coloured"},
    **{"colored": "coloured", "gray": "grey", "centre": "center", "whats": "what's"},
    **{"wheres": "where's", "theres": "there's", "hows": "how's", "pls": "please"},
    **{"favorite": "favourite", "alright": "all right", "hullo": "hello", "mum": "mom"},
    **{"id": "i'd", "im": "i'm", "lets": "let's", "thats": "that's", "dont": "don't"},
    **{
        "1st": "first",
        "2nd": "second",
        "3rd": "third",
        "doughnut": "donut",
        "doughnuts": "donuts",
        "vs": "versus",
    },
}
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def normal(text: str) -> str:
    """Any sentence → its normal form; of nothing but punctuation, nothing."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'")).lower()
    text = re.sub(r"\b[123](st|nd|rd)\b", lambda found: _SPELLINGS.get(found[0], found[0]), text)
    text = re.sub(r"\d+", lambda found: f" {number(int(found[0]))} ", text)
    text = re.sub(r"[^a-z' ]+", lambda found: "" if _is_accent(found[0]) else " ", text)
    words = (word.strip("'") for word in text.split())
    return " ".join(_SPELLINGS.get(word, word) for word in words if word)


def number(value: int) -> str:
    """As it is said: 42 → forty two; beyond 999 digit by digit."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens]
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {number(rest)}" if rest else "")
    return " ".join(_ONES[int(digit)] for digit in str(value))


def _is_accent(found: str) -> bool:
    return all(unicodedata.combining(letter) for letter in found)
