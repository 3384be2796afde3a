"""How much of what was said was heard."""

from __future__ import annotations

from collections.abc import Sequence

from .wording import normal


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """→ (errors, words said), both texts in normal form.

    Errors are the fewest words to replace, insert or delete; the word error rate is their quotient.
    """
    reference = normal(said).split()
    return _distance(reference, normal(heard).split()), len(reference)


def _distance(reference: Sequence[str], found: Sequence[str]) -> int:
    """Levenshtein's, over words."""
    row = list(range(len(found) + 1))
    for number, word in enumerate(reference, start=1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(found, start=1):
            cheapest = min(row[at] + 1, row[at - 1] + 1, diagonal + (word != other))
            diagonal, row[at] = row[at], cheapest
    return row[-1]
