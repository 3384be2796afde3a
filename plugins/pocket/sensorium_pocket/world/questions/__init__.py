"""Questions about scenes: what is asked (`Query`), how (`phrase`) and the one right `answer`."""

from .answers import NO_PICTURE, answer
from .conversations import sample_conversation, sample_questions
from .corpus import corpus
from .pair_conversations import sample_pair_conversation, sample_pair_questions, second_scene
from .phrasing import phrase, phrase_followup
from .query import GROUPS, KINDS, SIDES, Query, Ref, Turn
from .sampling import KIND_WEIGHTS, sample_query, sample_query_of

__all__ = [
    "GROUPS",
    "KINDS",
    "KIND_WEIGHTS",
    "NO_PICTURE",
    "SIDES",
    "Query",
    "Ref",
    "Turn",
    "answer",
    "corpus",
    "phrase",
    "phrase_followup",
    "sample_conversation",
    "sample_pair_conversation",
    "sample_pair_questions",
    "sample_query",
    "sample_query_of",
    "sample_questions",
    "second_scene",
]
