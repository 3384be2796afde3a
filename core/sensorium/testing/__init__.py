"""Fakes for plugin authors: real enough for the whole engine, and free of weights."""

from __future__ import annotations

from .fakes import FakeEncoder, FakeLanguageModel, FakeSession, FakeTokenizer

__all__ = ["FakeEncoder", "FakeLanguageModel", "FakeSession", "FakeTokenizer"]
