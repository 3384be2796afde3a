"""The whole run: what is missing is asked, several at once, and then the file is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sensorium.errors import ConfigError

from .cache import Cache, key_of
from .client import Client
from .errors import GenerationError, UnansweredError
from .output import Counts, write_corpus
from .progress import Progress
from .prompts import Messages, Prompts
from .recipe import CorpusRecipe, read_key
from .wire import Answer, body_of

Report = Callable[[str], None]

_AGAIN = "Every answer so far is kept: run the same command again to go on."


@dataclass(frozen=True, slots=True)
class Request:
    """One sample: what is sent, and the key its answer is kept under."""

    messages: Messages
    body: dict[str, Any]
    key: bytes


class Corpus:
    """The requests of a recipe, and what the cache has of their answers."""

    def __init__(self, recipe: CorpusRecipe) -> None:
        self.recipe = recipe
        self._prompts = Prompts(recipe)

    def request(self, index: int) -> Request:
        """Sample `index`, from 0."""
        messages = self._prompts.messages(index)
        body = body_of(self.recipe, messages, self._prompts.seed(index))
        return Request(messages, body, key_of(self.recipe.endpoint.api, body, index))

    def missing(self, cache: Cache) -> list[int]:
        """Sample numbers that have no answer yet."""
        return [i for i in range(self.recipe.samples) if self.request(i).key not in cache]

    def answers(self, cache: Cache) -> Iterator[tuple[Messages, Answer]]:
        """What was asked and what was answered, by sample number."""
        for index in range(self.recipe.samples):
            request = self.request(index)
            answer = cache.get(request.key)
            if answer is not None:
                yield request.messages, answer


class Asking:
    """Asks for the samples in `todo`, and keeps each answer once it is whole."""

    def __init__(self, corpus: Corpus, cache: Cache, todo: list[int], progress: Progress) -> None:
        self._corpus = corpus
        self._cache = cache
        self._todo = iter(todo)  # one iterator for all workers
        self._progress = progress
        self.failures: list[UnansweredError] = []

    async def run(self, key: str | None, report: Report) -> None:
        """All of them; GenerationError where the server refuses or too many failed."""
        endpoint = self._corpus.recipe.endpoint
        async with Client(endpoint, key, self._progress.retried) as client:
            tasks = [asyncio.create_task(self._work(client)) for _ in range(endpoint.concurrency)]
            ticker = asyncio.create_task(self._tick(report))
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in (*tasks, ticker):
                    task.cancel()
                await asyncio.gather(*tasks, ticker, return_exceptions=True)

    async def _work(self, client: Client) -> None:
        for index in self._todo:
            request = self._corpus.request(index)
            try:
                answer = await client.ask(request.body)
            except UnansweredError as error:
                self._fail(error)
            else:
                self._cache.put(request.key, answer)
                self._progress.answered()

    def _fail(self, error: UnansweredError) -> None:
        self._progress.failed(error.message)
        self.failures.append(error)
        if len(self.failures) > self._corpus.recipe.max_failures:
            raise GenerationError(
                f"{len(self.failures):,} samples have no answer, more than `max_failures`; "
                f"the last: {error.message}",
                where=error.where,
                hint=_AGAIN,
            ) from error

    async def _tick(self, report: Report) -> None:
        while True:
            await asyncio.sleep(self._progress.every_seconds)
            report(self._progress.line())


def generate(recipe: CorpusRecipe, report: Report = lambda line: None) -> Counts:
    """Ask for every answer that is missing, then write the output; `report` gets progress lines.

    ConfigError where the recipe cannot be used; GenerationError where the server refuses, a sample
    failed all its retries, or a file cannot be written. Answers are kept in all cases, and the
    next call goes on from them.
    """
    corpus = Corpus(recipe)
    key = read_key(recipe.endpoint)
    if recipe.output.exists() and not recipe.cache_path.exists():
        raise ConfigError(
            f"{recipe.output} exists, but not its cache of answers, {recipe.cache_path}",
            where="output",
            hint="Move it away, or choose another output.",
        )
    with Cache(recipe.cache_path) as cache:
        todo = corpus.missing(cache)
        progress = Progress(recipe.samples, recipe.samples - len(todo))
        asking = Asking(corpus, cache, todo, progress)
        try:
            if todo:
                asyncio.run(asking.run(key, report))
        finally:
            report(progress.line())
        if len(asking.failures) == recipe.samples:
            raise asking.failures[-1]
        counts = write_corpus(recipe, corpus.answers(cache))
    if asking.failures:
        raise GenerationError(
            f"The file has {counts}, but {len(asking.failures):,} of {recipe.samples:,} samples "
            f"have no answer; the last: {asking.failures[-1].message}",
            where=str(recipe.output),
            hint="Run the same command again to ask for these.",
        )
    return counts
