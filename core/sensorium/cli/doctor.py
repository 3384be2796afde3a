"""`sensorium doctor`: what this machine has, what a model needs, and what is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import click

from sensorium.errors import SensoriumError
from sensorium.registry import Registry

from .common import aligned, echo_json, json_option, model_option, one_line, registry_of
from .machine import in_words, known_flaws, machine, missing_packages, packages
from .sizes import RUNTIME_BYTES, PartSize, part_sizes


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
    """Check this machine, and what a model needs of it. Loads no weights.

    Exits with 1 where the model cannot run here.
    """
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
    from sensorium.device import resolve_device
    from sensorium.loading import plan_source

    from .describing import describe_plan, too_long

    try:
        registry.tables()  # so that every broken plugin is known
        plan = plan_source(model, overrides, registry=registry)
        device = resolve_device(plan.recipe.device)
        parts = part_sizes(plan)
    except SensoriumError as error:
        report.problems.append(f"{model}: {one_line(error)}")
        return
    least = sum(part.least for part in parts) + RUNTIME_BYTES
    most = sum(part.most for part in parts) + RUNTIME_BYTES
    report.model = {
        "source": plan.source,
        "composed": describe_plan(plan),
        "device": device,
        "parts": [asdict(part) for part in parts],
        "memory_least": least,
        "memory_most": most,
    }
    report.warnings += too_long(plan)
    for part in parts:
        if part.note:
            report.warnings.append(f"{part.part}: {part.note}")
    if device == "cpu":
        _compare(report, least, most, report.machine["memory_available"])


def _compare(report: Report, least: int, most: int, available: int) -> None:
    has = f"{in_words(available)} of memory is available"
    if least > available:
        report.problems.append(f"the model takes at least {in_words(least)}, {has}")
    elif most > available:
        report.warnings.append(
            f"with float32 weights the model takes {in_words(most)}, {has}; set dtype=bfloat16"
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
        click.echo(_parts([PartSize(**part) for part in report.model["parts"]]))
        memory = _range(report.model["memory_least"], report.model["memory_most"])
        click.echo(f"  {memory} of memory with the runtime, without what '?' and conversations add")
    for warning in report.warnings:
        click.echo(f"\nWarning: {warning}")
    for problem in report.problems:
        click.echo(f"\nProblem: {problem}")
    if not report.problems:
        click.echo(f"\nReady: sensorium chat --model {model}")


def _parts(parts: list[PartSize]) -> str:
    rows = [("  part", "parameters", "on disk", "in memory")]
    for part in parts:
        cells = (
            f"{part.parameters:,}" if part.parameters else "?",
            in_words(part.disk),
            _range(part.least, part.most),
        )
        known = part.parameters or part.disk
        rows.append((f"  {part.part}", *(cells if known else ("?", "?", "?"))))
    return aligned(rows, right=(1, 2, 3))


def _range(least: int, most: int) -> str:
    return in_words(least) if least == most else f"{in_words(least)} to {in_words(most)}"
