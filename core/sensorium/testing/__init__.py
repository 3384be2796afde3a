"""Fakes for plugin authors: real enough for the whole engine, and free of weights."""

from __future__ import annotations

from .fakes import FakeEncoder, FakeLanguageModel, FakeSession, FakeTokenizer
from .plugin import FakePlugin, fake_engine, fake_registry

__all__ = [
    "FakeEncoder",
    "FakeLanguageModel",
    "FakePlugin",
    "FakeSession",
    "FakeTokenizer",
    "fake_engine",
    "fake_registry",
]
