"""What a composed chat takes of this machine, before any weight is read.

Plugins say what their parts take (`footprint.py`), `probe.py` measures the machine; here it is
added up. Reading and preparing media, and hearing, are left out: no shape tells how long they take.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .cache import MAX_ITEMS
from .errors import SensoriumError, told
from .footprint import Footprint, module_footprint
from .memory import media_bytes
from .neighbours import Disturbance, Neighbours
from .probe import Probe, Speed, probe, speed
from .session import MAX_SESSIONS, OVERHEAD_BYTES
from .stopwatch import Phases

if TYPE_CHECKING:
    from .pipeline import Plan, PlannedSense

RUNTIME_BYTES = 400 * 10**6
"""Python, torch and transformers themselves (347 MB resident, torch 2.13 for CPU)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a plan, and when it works. Without a footprint, `note` says why."""

    name: str
    phase: Literal["prefill", "encode", "project", "hear"]
    modality: str | None = None
    footprint: Footprint | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A question's phases, in seconds, and tokens a second once it is answered."""

    phases: Phases
    tokens_per_second: float
    bound: float
    """Tokens a second if nothing were to be done but to read weights, keys and values once."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The parts of a plan on this machine."""

    parts: tuple[Part, ...]
    probe: Probe
    speeds: tuple[Speed | None, ...]
    disturbance: Disturbance | None = None
    """What else the machine did meanwhile."""

    def estimate(self, positions: int, modalities: Collection[str] = ()) -> Estimate:
        """For a question of so many positions, one new item of each of these modalities in it."""
        seconds = {"prefill": 0.0, "encode": 0.0, "project": 0.0}
        token = reads = 0.0
        for part, rate in zip(self.parts, self.speeds, strict=True):
            taken = part.footprint
            if taken is None or rate is None:
                continue
            start = taken.operations * self.probe.operation_seconds
            if part.phase == "prefill":
                head = rate.seconds(taken.call_flops, 1)
                held = taken.kv_bytes * positions
                seconds["prefill"] = start + head + rate.seconds(taken.flops, positions)
                token = start + head + rate.seconds(taken.flops, 1) + held / self.probe.bandwidth
                reads = taken.read_bytes + held
            elif part.modality in modalities:
                read = taken.read_bytes / self.probe.bandwidth
                seconds[part.phase] += start + read + taken.flops * rate.further_row
        return Estimate(Phases(**seconds), _rate(1, token), _rate(self.probe.bandwidth, reads))


def survey(parts: tuple[Part, ...]) -> Survey:
    """Probe the machine for these parts, which takes a second or two."""
    import torch

    neighbours = Neighbours()
    speeds = [
        speed(taken.products, taken.rows) if (taken := part.footprint) and taken.flops else None
        for part in parts
    ]
    measured = probe()
    scatter = max(measured.scatter, *(rate.scatter for rate in speeds if rate), 1.0)
    disturbance = neighbours.disturbance(scatter, torch.get_num_threads())
    return Survey(parts, measured, tuple(speeds), disturbance)


def resident_bytes(parts: Sequence[Part], positions: int = 0) -> int:
    """Memory of all parts that are known, of what runs them, and of a conversation so long."""
    known = [part.footprint for part in parts if part.footprint]
    return RUNTIME_BYTES + sum(taken.resident_bytes + taken.kv_bytes * positions for taken in known)


def kept_bytes(plan: Plan, parts: Sequence[Part]) -> int:
    """What may come to that memory while it runs: earlier conversations, and what was seen."""
    kept = plan.recipe.kept_megabytes
    most = kept * 2**20
    held = next((part.footprint for part in parts if part.phase == "prefill"), None)
    if held is not None and held.kv_bytes:
        longest = held.kv_bytes * plan.shape.context_length + OVERHEAD_BYTES
        most = min(most, MAX_SESSIONS * longest)
    for sense in plan.senses:
        positions = sense.source.positions or plan.shape.context_length
        largest = positions * plan.shape.width * 4  # float32, before a projector took fewer
        most += min(media_bytes(kept), MAX_ITEMS * largest)
    return most


def parts_of(plan: Plan) -> tuple[Part, ...]:
    """Every component of a plan, the language model first."""
    return tuple(_parts(plan))


def _parts(plan: Plan) -> Iterator[Part]:
    yield _part(plan.llm, plan.llm_options, "prefill")
    for sense in plan.senses:
        yield _part(sense.encoder, sense.encoder_options, "encode", sense.modality)
        yield Part(
            f"{sense.modality} {sense.projector.name}",
            "project",
            sense.modality,
            projector_footprint(sense, plan.shape.width),
        )
    for heard in plan.hearings:
        yield _part(heard.transcriber, heard.options, "hear", heard.modality)


def _part(spec: Any, options: Any, phase: Any, modality: str | None = None) -> Part:
    name = f"{modality or 'llm'} {spec.name}"
    said: Callable[[Any], Footprint] | None = spec.footprint
    if said is None:
        return Part(name, phase, modality, note="its plugin does not say what it takes")
    try:
        return Part(name, phase, modality, said(options))
    except SensoriumError as error:
        return Part(name, phase, modality, note=told(error))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything, over a torn file say
        return Part(name, phase, modality, note=f"{type(error).__name__}: {error}")


def projector_footprint(sense: PlannedSense, width: int) -> Footprint:
    """Of a projector, which is always a module of torch in float32."""
    import torch

    module = sense.projector_shapes(width)
    features = torch.empty(sense.source.positions or 1, sense.source.width, device="meta")
    return module_footprint(module, lambda: module(features))


def _rate(amount: float, time: float) -> float:
    """What is done of `amount` in a unit of `time`; 0 where nothing is known."""
    return amount / time if time else 0.0
