"""Fakes for plugin authors: real enough for the whole engine, and free of weights."""

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

__all__ = [
    "EARS",
    "FakeEncoder",
    "FakeLanguageModel",
    "FakePlugin",
    "FakeSession",
    "FakeTokenizer",
    "FakeTranscriber",
    "check_footprint",
    "fake_engine",
    "fake_registry",
]
