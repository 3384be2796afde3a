"""For plugin authors: fakes, real enough for the whole engine and free of weights, and checks."""

from __future__ import annotations

from .fakes import (
    FakeEncoder,
    FakeLanguageModel,
    FakeSession,
    FakeTokenizer,
    FakeTranscriber,
)
from .footprints import check_footprint
from .plugin import EARS, FakePlugin, fake_engine, fake_registry
from .sessions import check_sessions

__all__ = [
    "EARS",
    "FakeEncoder",
    "FakeLanguageModel",
    "FakePlugin",
    "FakeSession",
    "FakeTokenizer",
    "FakeTranscriber",
    "check_footprint",
    "check_sessions",
    "fake_engine",
    "fake_registry",
]
