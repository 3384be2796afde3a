"""Every answer on disk the moment it is whole: a killed run loses only requests under way."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .errors import GenerationError
from .wire import Answer

_VERSION = 1
_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, text TEXT, reason TEXT)"


def key_of(api: str, body: dict[str, Any], index: int) -> bytes:
    """SHA-256 of all that an answer depends on: protocol, body (model, messages, sampling, seed)
    and sample number. Not the address: a server may move.
    """
    content = json.dumps([api, body, index], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).digest()


class Cache:
    """Key → answer, in one SQLite file; GenerationError where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30.0)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def _prepare(self) -> None:
        # With a write-ahead log one commit costs a tenth of a millisecond, and what is committed
        # survives the end of the process.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"it is of version {version}, this program of {_VERSION}")
        with self._database:
            self._database.execute(_SCHEMA)
            self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def __contains__(self, key: bytes) -> bool:
        query = "SELECT 1 FROM answers WHERE key = ?"
        with self._explained():
            return self._database.execute(query, (key,)).fetchone() is not None

    def get(self, key: bytes) -> Answer | None:
        """The answer, if it is there."""
        query = "SELECT text, reason FROM answers WHERE key = ?"
        with self._explained():
            row = self._database.execute(query, (key,)).fetchone()
        return Answer(*row) if row else None

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep an answer; one that is there already stays."""
        row = (key, answer.text, answer.reason)
        with self._explained(), self._database:
            self._database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", row)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise GenerationError(
                f"The cache of answers cannot be used: {error}",
                where=str(self._path),
                hint="Make room and run again; or, if it is damaged or not a cache, move it away.",
            ) from error
