"""The things of the pocket world, and the classes a patch of a picture can have.

A *thing* is what an answer names (``cat``). A *variant* is what is drawn: a plain thing, or a
colourable thing in one colour (``red heart``). Each variant is one class of the encoder's labels.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """One everyday thing: the words for it and its emoji (one per colour if colourable)."""

    name: str
    plural: str
    emoji: str
    synonyms: tuple[tuple[str, str], ...] = ()  # (singular, plural), for questions only
    colours: tuple[str, ...] = ()  # one emoji each, in the order of `emoji`

    @property
    def colourable(self) -> bool:
        """Whether 'what colour is it?' has an answer."""
        return bool(self.colours)

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Every (singular, plural) pair a question may use, the canonical one first."""
        return ((self.name, self.plural), *self.synonyms)


@dataclass(frozen=True)
class Variant:
    """What one sprite shows: a thing, and its colour if it is colourable."""

    thing: Thing
    colour: str | None
    emoji: str

    @property
    def label(self) -> str:
        """The words an answer uses: 'cat', 'red heart'."""
        return f"{self.colour} {self.thing.name}" if self.colour else self.thing.name


_PAINT = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")

# name | emoji | synonyms. A plural is the word + s unless written after a slash.
_TABLE = """
cat|🐱|kitty/kitties, kitten
dog|🐶|puppy/puppies, doggy/doggies
pig|🐷|piglet
frog|🐸|toad
monkey|🐵|
rabbit|🐰|bunny/bunnies
lion|🦁|
bird|🐦|birdie
fish/fish|🐠|
octopus/octopuses|🐙|
turtle|🐢|tortoise
snail|🐌|
bee|🐝|bumblebee, honeybee
butterfly/butterflies|🦋|
elephant|🐘|
crab|🦀|
apple|🍎|
banana|🍌|
strawberry/strawberries|🍓|
watermelon|🍉|melon
pineapple|🍍|
carrot|🥕|
mushroom|🍄|toadstool
pizza|🍕|slice of pizza/slices of pizza
burger|🍔|hamburger, cheeseburger
donut|🍩|doughnut
cake|🎂|birthday cake
car|🚗|automobile
bus/buses|🚌|coach/coaches
bicycle|🚲|bike
plane|🛩|airplane, aeroplane
rocket|🚀|spaceship, space rocket
boat|⛵|sailboat, sailing boat
tractor|🚜|
tree|🌳|
cactus/cactuses|🌵|cactus/cacti
flower|🌻|sunflower
star|⭐|
sun|🌞|
moon|🌙|crescent, crescent moon
rainbow|🌈|
snowman/snowmen|⛄|
key|🔑|
clock|⏰|alarm clock
umbrella|☂|parasol
guitar|🎸|
drum|🥁|snare drum
ball|⚽|football, soccer ball
phone|📱|telephone, smartphone, mobile phone
camera|📷|
bell|🔔|
crown|👑|
hat|🎩|top hat
house|🏠|home
gift|🎁|present
robot|🤖|android
"""


def _forms(text: str) -> tuple[str, str]:
    singular, slash, plural = text.strip().partition("/")
    return singular, plural if slash else singular + "s"


def _plain_things() -> list[Thing]:
    things = []
    for line in _TABLE.strip().splitlines():
        word, emoji, synonyms = line.split("|")
        others = tuple(_forms(part) for part in synonyms.split(",") if part.strip())
        things.append(Thing(*_forms(word), emoji, others))
    return things


COLOURABLE: tuple[Thing, ...] = (
    Thing("heart", "hearts", "❤🧡💛💚💙💜🖤🤍", (), _PAINT),
    Thing("circle", "circles", "🔴🟠🟡🟢🔵🟣⚫⚪", (("disc", "discs"), ("dot", "dots")), _PAINT),
    Thing("square", "squares", "🟥🟧🟨🟩🟦🟪⬛⬜", (), _PAINT),
    Thing("book", "books", "📕📙📗📘", (), ("red", "orange", "green", "blue")),
)

THINGS: tuple[Thing, ...] = (*_plain_things(), *COLOURABLE)
"""All things, 56 plain and 4 colourable ones."""

BY_NAME: dict[str, Thing] = {thing.name: thing for thing in THINGS}

VARIANTS: tuple[Variant, ...] = tuple(
    Variant(thing, colour, emoji)
    for thing in THINGS
    for colour, emoji in zip(
        thing.colours or (None,), thing.emoji if thing.colours else (thing.emoji,), strict=True
    )
)
"""All sprites in the order of the sheet. A patch's class is 1 + the index here; 0 is background."""

VARIANT_INDEX: dict[tuple[str, str | None], int] = {
    (variant.thing.name, variant.colour): index for index, variant in enumerate(VARIANTS)
}

COLOURS: tuple[str, ...] = _PAINT
"""The colours that colourable things come in."""

BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "red": (212, 58, 56),
    "orange": (243, 146, 48),
    "yellow": (250, 222, 84),
    "green": (76, 166, 84),
    "blue": (64, 116, 216),
    "purple": (134, 74, 186),
    "pink": (250, 166, 200),
    "brown": (126, 82, 48),
    "gray": (140, 140, 144),
    "black": (26, 26, 30),
    "white": (247, 247, 247),
}
"""Background colours with their middle shade; the index in this order is its class."""

CELLS: tuple[str, ...] = (
    "top left",
    "top",
    "top right",
    "left",
    "center",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
"""The nine 32-pixel cells of a picture, in reading order."""

NUMBERS: tuple[str, ...] = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)


def article(word: str) -> str:
    """'a' or 'an', by the first letter (no thing starts with a silent h or a spoken 'you')."""
    return "an" if word[0] in "aeiou" else "a"
