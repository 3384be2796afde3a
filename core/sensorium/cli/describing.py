"""Specs, options and plans in words."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.debug import one_line
from sensorium.errors import told
from sensorium.specs import BundleSpec, ChatTemplate

if TYPE_CHECKING:
    from sensorium.contracts import Projector
    from sensorium.options import Options
    from sensorium.pipeline import Plan, PlannedSense


def describe_spec(spec: Any) -> list[str]:
    """The details of a spec beyond its name, summary and plugin."""
    lines = []
    if modality := getattr(spec, "modality", None):
        lines.append(f"  modality  {modality}")
    if isinstance(spec, BundleSpec):
        lines.append(f"  folder    {_folder(spec)}")
    if isinstance(spec, ChatTemplate):
        lines.append(f"  roles     {', '.join(spec.turns)}")
        lines.append(f"  stops at  {', '.join(spec.stop)}")
    options = getattr(spec, "options", None)
    if options is not None:
        described = describe_options(options)
        lines += ["  options", *described] if described else ["  options   none"]
    return lines


def describe_options(options: type[Options]) -> list[str]:
    """Two lines per option: name, type and default; then its description."""
    lines = []
    for name, field in options.model_fields.items():
        default = "required" if field.is_required() else f"= {field.get_default()!r}"
        if field.default_factory is not None:
            default = "= " + repr(field.get_default(call_default_factory=True, validated_data={}))
        lines.append(f"    {name}: {type_in_words(field.annotation)} {default}")
        lines.append(f"        {one_line(field.description or 'not described')}")
    return lines


def type_in_words(annotation: Any) -> str:
    """`Literal['a', 'b'] | None` → `'a' | 'b' | None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return " | ".join(repr(value) for value in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_in_words(part) for part in typing.get_args(annotation))
    if annotation is types.NoneType:
        return "None"
    if isinstance(annotation, type) and origin is None:
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def describe_plan(plan: Plan) -> list[str]:
    """`image: clip 36 x 128 -> mlp -> 36 x 128`, one line per sense, then the language model."""
    shape = plan.shape
    lines = [_sense(sense, shape.width) for sense in plan.senses]
    lines += [f"{heard.modality}: {heard.transcriber.name} -> text" for heard in plan.hearings]
    lines.append(
        f"llm: {plan.llm.name} width {shape.width}, vocabulary {shape.vocabulary}, "
        f"context {shape.context_length}"
    )
    return [*lines, f"template: {plan.template.name}"]


def too_long(plan: Plan) -> list[str]:
    """A warning for every modality whose items each fill the context window alone."""
    context = plan.shape.context_length
    found = []
    for sense in plan.senses:
        positions = projected_positions(sense, plan.shape.width)
        if positions is not None and positions >= context:
            found.append(
                f"one {sense.modality} takes {positions} positions, the context has {context}"
            )
    return found


def not_here(plan: Plan) -> list[str]:
    """A line for every checkpoint that has to be downloaded first."""
    named: list[tuple[str, Any]] = [(f"llm {plan.llm.name}", plan.llm_options)]
    named += [(f"{one.modality} {one.encoder.name}", one.encoder_options) for one in plan.senses]
    return [
        f"{part}: {options.checkpoint} is not on this machine yet"
        for part, options in named
        if isinstance(getattr(options, "checkpoint", None), str) and not _is_here(options)
    ]


def projected_positions(sense: PlannedSense, width: int) -> int | None:
    """Positions of one item in the language model's input; None if that varies."""
    if sense.source.positions is None:
        return None
    projector: Projector = sense.projector_shapes(width)
    return projector.positions(sense.source.positions)


def _sense(sense: PlannedSense, width: int) -> str:
    positions = projected_positions(sense, width)
    source = f"{sense.source.positions or 'T'} x {sense.source.width}"
    target = f"{positions or 'K'} x {width}"
    untrained = sense.is_untrained(sense.projector_shapes(width))
    weights = " (random weights)" if untrained else ""
    return (
        f"{sense.modality}: {sense.encoder.name} {source} -> {sense.projector.name}{weights} "
        f"-> {target}"
    )


def _folder(spec: BundleSpec) -> str | Path:
    try:
        folder = spec.folder()
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        return f"none: {one_line(told(error))}"
    return folder if folder.is_dir() else f"{folder} (missing)"


def _is_here(options: Any) -> bool:
    """Whether `options.checkpoint` is a folder, or was downloaded; nothing is fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    if Path(options.checkpoint).expanduser().is_dir():
        return True
    revision = getattr(options, "revision", None)
    try:
        snapshot_download(options.checkpoint, revision=revision, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return False
    return True
