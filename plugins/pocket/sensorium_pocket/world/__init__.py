"""The pocket world: small seeded pictures, and questions about them with one answer each."""

from .labels import DenseLabels, dense_labels
from .questions import (
    NO_PICTURE,
    Query,
    Ref,
    Turn,
    answer,
    corpus,
    phrase,
    sample_conversation,
    sample_query,
    sample_query_of,
    sample_questions,
)
from .scenes import Item, Scene, draw, place_item, sample_scene
from .scoring import GROUPS, KINDS, caption_scores, is_correct
from .things import BACKGROUNDS, CELLS, THINGS, VARIANTS, Thing, Variant

__all__ = [
    "BACKGROUNDS",
    "CELLS",
    "GROUPS",
    "KINDS",
    "NO_PICTURE",
    "THINGS",
    "VARIANTS",
    "DenseLabels",
    "Item",
    "Query",
    "Ref",
    "Scene",
    "Thing",
    "Turn",
    "Variant",
    "answer",
    "caption_scores",
    "corpus",
    "dense_labels",
    "draw",
    "is_correct",
    "phrase",
    "place_item",
    "sample_conversation",
    "sample_query",
    "sample_query_of",
    "sample_questions",
    "sample_scene",
]
