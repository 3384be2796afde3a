"""How soon a second question about a picture is answered, beside the first one.

    python bench/reuse.py [MODEL] [--rounds 20] [--set KEY=VALUE]

MODEL is what `sensorium chat --model` takes. Every round has a new picture and an engine that has
read nothing; its three questions follow each other. Prints JSON: for each of them the median
milliseconds to the first token and the positions that were read for it, and the second ones as a
share of the first, round by round.
"""

from __future__ import annotations

import argparse
import json
from statistics import median

import sensorium
from PIL import Image
from sensorium import Answer, ChatEngine, GenerationOptions, Media, Message
from sensorium.session import SessionPool

FIRST, SECOND, THIRD = "What is in the picture?", "Where is it?", "Is there a cat?"
ONE_TOKEN = GenerationOptions(max_tokens=1)
WARM_UP = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="pocket")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()

    engine = sensorium.load(arguments.model, arguments.set)
    rounds = [ask_three(engine, picture(n)) for n in range(arguments.rounds + WARM_UP)][WARM_UP:]
    first = [one["first question"] for one in rounds]
    report = {"model": arguments.model, "rounds": len(rounds)}
    for name in rounds[0]:
        answers = [one[name] for one in rounds]
        shares = [
            one.total_seconds / other.total_seconds
            for one, other in zip(answers, first, strict=True)
        ]
        report[name] = {
            "first_token_ms": round(1000 * median(one.total_seconds for one in answers), 1),
            "positions_read": median(one.usage.prompt - one.usage.reused for one in answers),
            "share_of_the_first": round(median(shares), 3),
        }
    print(json.dumps(report, indent=2))


def ask_three(engine: ChatEngine, media: Media) -> dict[str, Answer]:
    """One picture, an engine that has read nothing of it, nor the system text."""
    engine.sessions = SessionPool(engine.pipeline.llm, engine.sessions.max_bytes)
    said = [Message.user(media, FIRST)]
    first = engine.ask(said, ONE_TOKEN)
    said += [Message.assistant(first.text), Message.user(SECOND)]
    return {
        "first question": first,
        "second, the same conversation": engine.ask(said, ONE_TOKEN),
        "second, a new conversation": engine.ask([Message.user(media, THIRD)], ONE_TOKEN),
    }


def picture(number: int) -> Media:
    """A picture of one colour, which no other has."""
    return sensorium.read_image(Image.new("RGB", (336, 336), (number % 256, number // 256, 99)))


if __name__ == "__main__":
    main()
