"""`sensorium doctor`: what this machine has, what a model needs, and any problems."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import click

from sensorium.debug import one_line
from sensorium.errors import SensoriumError, told
from sensorium.registry import Registry

from .common import aligned, echo_json, json_option, model_option, registry_of
from .interrupting import AtOnce
from .machine import (
    busy_in_words,
    in_words,
    known_flaws,
    machine,
    missing_packages,
    packages,
    rate_in_words,
    time_in_words,
)

if TYPE_CHECKING:
    from sensorium.estimate import Part, Survey
    from sensorium.pipeline import Plan

TEXT_POSITIONS = 32
"""The length of a short question, rendered in its template."""


@dataclass
class Report:
    """What was found. A problem keeps the model from running; a warning does not."""

    machine: dict[str, Any]
    packages: dict[str, str | None]
    model: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@click.command("doctor")
@model_option
@json_option
@click.pass_context
def doctor(context: click.Context, model: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check this machine and what a model needs. Loads no weights.

    Memory is estimated from the shapes of the model's parts; times from the shapes and a probe of
    the machine, which takes a few seconds. Exits with 1 if the model cannot run here.
    """
    context.with_resource(AtOnce())
    registry = registry_of(context, quiet=True)
    report = Report(machine(), packages())
    _examine(report, model, overrides, registry)
    report.warnings += missing_packages(report.packages) + known_flaws(report.packages)
    for plugin in registry.plugins.broken:
        report.warnings.append(f"plugin '{plugin.name}' was left out: {one_line(plugin.reason)}")
    if as_json:
        echo_json(asdict(report))
    else:
        _show(report, model)
    if report.problems:
        context.exit(1)


def _examine(report: Report, model: str, overrides: tuple[str, ...], registry: Registry) -> None:
    from sensorium.device import resolve_device, use_threads
    from sensorium.estimate import kept_bytes, parts_of, resident_bytes, survey
    from sensorium.loading import plan_source

    from .describing import describe_plan, not_here, too_long

    try:
        registry.tables()  # so that every broken plugin is known
        plan = plan_source(model, overrides, registry=registry)
        device = resolve_device(plan.recipe.device)
        use_threads(plan.recipe.threads)
        parts = parts_of(plan)
        question = _Question.about(plan)
        memory = resident_bytes(parts, question.positions)
        report.model = {
            "source": plan.source,
            "composed": describe_plan(plan),
            "device": device,
            "parts": [_sizes(part) for part in parts],
            "memory": memory,
            "kept": kept_bytes(plan, parts),
        }
        report.warnings += too_long(plan) + not_here(plan)
        report.warnings += [f"{part.name}: {one_line(part.note)}" for part in parts if part.note]
        if device == "cpu":
            surveyed = survey(parts)
            report.model["answer"] = question.answered(surveyed)
            report.warnings += busy_in_words(surveyed.disturbance)
            _compare(report, memory, report.model["kept"], report.machine["memory_available"])
    except SensoriumError as error:
        report.problems.append(f"{model}: {one_line(told(error))}")


@dataclass(frozen=True)
class _Question:
    """A short question, about one item of the first sense if there is one."""

    positions: int
    modalities: tuple[str, ...]

    @staticmethod
    def about(plan: Plan) -> _Question:
        from .describing import projected_positions

        for sense in plan.senses:
            if (length := projected_positions(sense, plan.shape.width)) is not None:
                return _Question(TEXT_POSITIONS + length, (sense.modality,))
        return _Question(TEXT_POSITIONS, ())

    def answered(self, survey: Survey) -> dict[str, Any]:
        """In figures."""
        estimate = survey.estimate(self.positions, self.modalities)
        return {
            "media": list(self.modalities),
            "positions": self.positions,
            "first_text_seconds": estimate.phases.total,
            "phases": asdict(estimate.phases),
            "tokens_per_second": estimate.tokens_per_second,
            "bound": estimate.bound,
            "bandwidth": survey.probe.bandwidth,
            "busy": survey.disturbance is not None and survey.disturbance.busy,
        }


def _sizes(part: Part) -> dict[str, Any]:
    taken = part.footprint
    return {
        "part": part.name,
        "parameters": taken.parameters if taken else None,
        "memory": taken.resident_bytes if taken else None,
    }


def _compare(report: Report, needed: int, kept: int, available: int) -> None:
    if needed > available:
        report.problems.append(
            f"the model takes about {in_words(needed)}, {in_words(available)} of memory is "
            "available; set dtype=bfloat16 or a quantization where they are not set yet"
        )
    elif needed + kept > available:
        report.warnings.append(
            f"with all that it may keep of earlier conversations the model takes "
            f"{in_words(needed + kept)}, {in_words(available)} of memory is available; set a "
            "lower kept_megabytes"
        )


def _show(report: Report, model: str) -> None:
    here = report.machine
    rows = [
        ("python", f"{here['python']} on {here['system']}"),
        ("cores", str(here["cores"])),
        (
            "memory",
            f"{in_words(here['memory_available'])} available of {in_words(here['memory_total'])}",
        ),
        ("disk", f"{in_words(here['disk_free'])} free at {here['hub_cache']}"),
        ("cuda", here["cuda"]),
    ]
    rows += [(name, version or "not installed") for name, version in report.packages.items()]
    click.echo(aligned(rows))
    if report.model:
        click.echo(f"\nmodel {model} on {report.model['device']}")
        for line in report.model["composed"]:
            click.echo(f"  {line}")
        click.echo(_parts(report.model["parts"]))
        known = "" if all(part["memory"] for part in report.model["parts"]) else ", without '?'"
        click.echo(f"  about {in_words(report.model['memory'])} of memory with the runtime{known}")
        click.echo(
            f"  and up to {in_words(report.model['kept'])} for what it keeps of earlier "
            f"conversations: {in_words(report.model['memory'] + report.model['kept'])} in all"
        )
        if "answer" in report.model:
            click.echo(_answer(report.model["answer"]))
    for warning in report.warnings:
        click.echo(f"\nWarning: {warning}")
    for problem in report.problems:
        click.echo(f"\nProblem: {problem}")
    if not report.problems:
        click.echo(f"\nReady: sensorium chat --model {model}")


def _parts(parts: list[dict[str, Any]]) -> str:
    rows = [("  part", "parameters", "in memory")]
    for part in parts:
        count, size = part["parameters"], part["memory"]
        known = count is not None
        rows.append((f"  {part['part']}", *((f"{count:,}", in_words(size)) if known else "??")))
    return aligned(rows, right=(1, 2))


def _answer(answer: dict[str, Any]) -> str:
    about = f" about one {answer['media'][0]}" if answer["media"] else ""
    took = {name: time for name, time in answer["phases"].items() if time > 5e-5}
    return (
        f"  a question{about}, {answer['positions']} positions: first text after about "
        f"{time_in_words(answer['first_text_seconds'])} "
        f"({', '.join(f'{name} {time_in_words(time)}' for name, time in took.items())}),\n"
        f"  then {rate_in_words(answer['tokens_per_second'])} tokens/s; memory is read at "
        f"{in_words(answer['bandwidth'])}/s, which allows {rate_in_words(answer['bound'])} tokens/s"
        f"{'  (a busy machine: see the warning)' if answer['busy'] else ''}"
    )
