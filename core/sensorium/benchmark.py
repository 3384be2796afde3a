"""A real chat, timed: how long it loads, two questions, how much memory, and what was estimated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from .answer import Answer
from .device import resolve_device, use_threads
from .engine import ChatEngine
from .estimate import Estimate, parts_of, resident_bytes, survey
from .generation import GenerationOptions
from .messages import Media, Message
from .neighbours import Disturbance
from .stopwatch import Phases

if TYPE_CHECKING:
    from .pipeline import Plan

SECOND_QUESTION = "How many are there?"


@dataclass(frozen=True, slots=True)
class Timed:
    """One question. Seconds; `positions` are the prompt's, of which `reused` were read before."""

    positions: int
    reused: int
    tokens: int
    first_text_seconds: float
    total_seconds: float
    tokens_per_second: float
    """Behind the first token; 0 where there was no other."""
    phases: Phases


@dataclass(frozen=True, slots=True)
class Estimated:
    """What was known before anything was loaded."""

    resident_bytes: int
    first_text_seconds: float
    tokens_per_second: float
    phases: Phases


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What was measured; what needs a probe of the processor is None where the model is not on it.

    `second` is another question about the same media, in a conversation of its own.
    """

    threads: int
    load_seconds: float
    read_seconds: float
    """Files → pictures and recordings."""
    resident_bytes: int
    first: Timed
    second: Timed
    bandwidth: float | None
    """Bytes a second that this machine reads from memory."""
    bound: float | None
    """Tokens a second if nothing were to be done but to read what a token needs."""
    estimated: Estimated | None
    disturbance: Disturbance | None = None
    """What else the machine did while it was probed."""


def benchmark(
    plan: Plan,
    question: str,
    read: Callable[[], Sequence[Media]] = list,
    options: GenerationOptions | None = None,
) -> Benchmark:
    """Probe, load, and ask twice about what `read` gives."""
    import torch

    use_threads(plan.recipe.threads)
    on_cpu = resolve_device(plan.recipe.device) == "cpu"
    parts = parts_of(plan)
    surveyed = survey(parts) if on_cpu else None
    began = time.perf_counter()
    media = read()
    read_in = time.perf_counter()
    engine = ChatEngine(plan.build())
    for item in media:
        if item.modality in engine.pipeline.hearings:
            engine.pipeline.hearings[item.modality].load()
    loaded = time.perf_counter()
    _warm_up(engine, media)
    options = options or plan.recipe.generation
    first, second = (
        _timed(engine.ask([Message.user(*media, *([text] if text else []))], options))
        for text in (question, SECOND_QUESTION)
    )
    seen = {item.modality for item in media}
    estimate = surveyed.estimate(first.positions, seen) if surveyed else None
    return Benchmark(
        threads=torch.get_num_threads(),
        load_seconds=loaded - read_in,
        read_seconds=read_in - began,
        resident_bytes=psutil.Process().memory_info().rss,
        first=first,
        second=second,
        bandwidth=surveyed.probe.bandwidth if surveyed else None,
        bound=estimate.bound if estimate else None,
        estimated=_estimated(estimate, resident_bytes(parts, first.positions))
        if estimate
        else None,
        disturbance=surveyed.disturbance if surveyed else None,
    )


def _warm_up(engine: ChatEngine, media: Sequence[Media]) -> None:
    """What every library does once; nothing of it is remembered."""
    import torch

    llm = engine.pipeline.llm
    with torch.no_grad():
        llm.open_session().append(llm.embed(torch.zeros(2, dtype=torch.int64)))
    for item in media:
        if sense := engine.pipeline.senses.get(item.modality):
            sense.encoder.encode([sense.encoder.prepare(item.value)])


def _timed(answer: Answer) -> Timed:
    usage, phases = answer.usage, answer.phases
    # The first token comes from the prompt itself; each further one, also one that ends the
    # answer and is no part of it, is a run of the model.
    runs = usage.completion - (answer.finish_reason == "length")
    writing = phases.first_text + phases.decode
    return Timed(
        positions=usage.prompt,
        reused=usage.reused,
        tokens=usage.completion,
        first_text_seconds=answer.first_text_seconds,
        total_seconds=answer.total_seconds,
        tokens_per_second=runs / writing if runs > 0 else 0.0,
        phases=phases,
    )


def _estimated(estimate: Estimate, memory: int) -> Estimated:
    return Estimated(memory, estimate.phases.total, estimate.tokens_per_second, estimate.phases)
