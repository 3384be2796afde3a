"""What a generated corpus is: an endpoint, a prompt with variables, a number of samples."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field
from sensorium.config import load_options
from sensorium.errors import ConfigError
from sensorium.limits import LARGEST_SEED, MOST_SAMPLES
from sensorium.options import Options

ENVIRONMENT_PREFIX = "SENSORIUM_GENERATE_"

RESERVED = frozenset({"model", "messages", "prompt", "stream", "n", "seed", "stop"})
"""Keys that `sampling.extra` may not set: they are ours. `stop` would cut an answer short and
still be reported as an answer that has ended."""


class Endpoint(Options):
    """A server, and how patiently it is asked."""

    api: Literal["openai", "ollama"] = Field(
        description="`openai`: anything that serves /chat/completions; `ollama`: its own /api/chat."
    )
    base_url: str = Field(
        description="For openai up to /v1, e.g. http://127.0.0.1:8000/v1; for ollama the server, "
        "e.g. http://127.0.0.1:11434."
    )
    model: str = Field(min_length=1, description="The model, as the server names it.")
    api_key_variable: str | None = Field(
        default=None,
        description="NAME of the environment variable that holds the key, e.g. OPENAI_API_KEY. The "
        "key itself is never written anywhere. No key is sent where this is left out.",
    )
    concurrency: int = Field(default=4, ge=1, le=1024, description="Requests under way at once.")
    timeout_seconds: float = Field(
        default=120.0, gt=0, le=86_400, description="Longest silence, also before the first word."
    )
    answer_timeout_seconds: float = Field(
        default=900.0,
        gt=0,
        le=86_400,
        description="Longest time that one whole answer may take.",
    )
    retries: int = Field(default=6, ge=0, le=100, description="Further attempts at one request.")
    backoff_seconds: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="Wait before the first retry; doubles up to a minute, with some chance in it. "
        "A server's Retry-After comes first.",
    )


class Sampling(Options):
    """How the model chooses its words; the server's own defaults where left out."""

    temperature: float | None = Field(default=None, ge=0, le=100, description="Randomness.")
    top_p: float | None = Field(default=None, gt=0, le=1, description="Nucleus sampling.")
    max_tokens: int | None = Field(
        default=None, ge=1, lt=2**31, description="Longest answer, in tokens."
    )
    send_seed: bool = Field(
        default=True,
        description="Send each request a seed of its own; for servers that refuse it, false.",
    )
    extra: dict[str, Any] = Field(
        default_factory=dict,
        description="Further keys of the request's body, e.g. {think: false} or, for ollama, "
        "{options: {num_ctx: 8192}}.",
    )


class CorpusRecipe(Options):
    """One corpus."""

    endpoint: Endpoint = Field(description="Who writes it.")
    prompt: str = Field(
        min_length=1,
        description="What is asked; {name} is replaced by a value of that variable, {{ is a brace.",
    )
    system: str | None = Field(default=None, description="System text; variables work here too.")
    variables: dict[str, Path | tuple[str, ...]] = Field(
        default_factory=dict,
        description="Name → list of values, or a text file with one value per line. Each sample "
        "draws one value of each.",
    )
    samples: int = Field(
        ge=1, le=MOST_SAMPLES, description="Requests; the file holds fewer texts where some drop."
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=LARGEST_SEED,
        description="Which values are drawn, and the model's seeds.",
    )
    sampling: Sampling = Field(default_factory=Sampling, description="How words are chosen.")
    format: Literal["text", "messages"] = Field(
        default="text",
        description="Lines with `text`, the answer alone; or with `messages`, the whole chat.",
    )
    cut_off: Literal["drop", "mark"] = Field(
        default="drop",
        description="Answers stopped by max_tokens or a full context: leave out, or keep with "
        "`ended: false`, after which the stage pretrain puts no end token.",
    )
    deduplicate: bool = Field(
        default=True,
        description="Keep the first of equal answers; case and white space make no difference.",
    )
    max_failures: int = Field(
        default=10,
        ge=0,
        le=MOST_SAMPLES,
        description="Stop after more samples than this failed all retries.",
    )
    output: Path = Field(description="The JSONL file; it appears whole, at the end.")
    cache: Path | None = Field(
        default=None,
        description="SQLite file of all answers; the output with .answers.sqlite if left out.",
    )

    @property
    def cache_path(self) -> Path:
        """Where answers are kept."""
        return self.cache or self.output.with_name(f"{self.output.name}.answers.sqlite")


def load_corpus_recipe(path: Path, overrides: Iterable[str] = ()) -> CorpusRecipe:
    """A recipe from YAML, environment and `KEY=VALUE` overrides, the last of them strongest.

    `./…` in the file is relative to the file; in the environment, `SENSORIUM_GENERATE_SAMPLES=9`
    is what `--set samples=9` is on the command line. ConfigError where something cannot be used.
    """
    recipe = load_options(CorpusRecipe, path, overrides, prefix=ENVIRONMENT_PREFIX)
    _check_url(recipe.endpoint.base_url)
    _check_extra(recipe.sampling.extra)
    return recipe


def read_key(endpoint: Endpoint) -> str | None:
    """The key from the environment; ConfigError where it is absent or cannot be a header."""
    name = endpoint.api_key_variable
    if name is None:
        return None
    where = "endpoint.api_key_variable"
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        # It may be a key: not repeated here.
        raise ConfigError(
            "This is the name of an environment variable, in capitals, never the key itself",
            where=where,
            hint="Example: api_key_variable: OPENAI_API_KEY",
        )
    key = os.environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"The environment variable {name} is not set", where=where, hint=f"export {name}=..."
        )
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"{name} holds characters that no key has", where=where)
    return key


def _check_url(url: str) -> None:
    where = "endpoint.base_url"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            "This is not an http:// or https:// address",
            where=where,
            hint="Example: http://127.0.0.1:11434",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            "The address holds more than scheme, host, port and path",
            where=where,
            hint="A key belongs into the environment variable that api_key_variable names.",
        )


def _check_extra(extra: dict[str, Any]) -> None:
    where = "sampling.extra"
    try:
        json.dumps(extra, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"It cannot be sent as JSON: {error}", where=where) from error
    options = extra.get("options")
    used = [*extra, *(options if isinstance(options, dict) else ())]
    for key in used:
        if key in RESERVED:
            raise ConfigError(
                f"'{key}' cannot be set there",
                where=where,
                hint="A stop string cuts a text that has not ended."
                if key == "stop"
                else "The recipe has keys of its own for it.",
            )
