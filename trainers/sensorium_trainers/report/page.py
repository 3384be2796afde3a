"""A story and its charts → one page of HTML. Everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader

from .charts import Chart
from .layout import HEIGHT, WIDTH, layout, short
from .story import Entry, Shown, Story

_ANSWERS = 6
"""Answers shown of one sample: the first, the last, and some in between."""


def render_page(story: Story, charts: Sequence[Chart]) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("sensorium_trainers", "report"), autoescape=True, trim_blocks=True
    )
    record = story.record
    return environment.get_template("page.html.j2").render(
        folder=story.folder,
        stage=record.get("stage"),
        versions={name: record[name] for name in ("sensorium", "torch") if name in record},
        machine=record.get("machine"),
        parameters=record.get("parameters", ()),
        finished=record.get("finished"),
        recipe=yaml.safe_dump(record.get("recipe"), sort_keys=False, allow_unicode=True),
        facts=facts(story.entries, record),
        charts=[(chart, layout(chart)) for chart in charts],
        shown=[(sample, chosen(sample)) for sample in story.shown],
        width=WIDTH,
        height=HEIGHT,
    )


def facts(entries: Sequence[Entry], record: Any) -> list[tuple[str, str, str]]:
    """(what, its value, a remark) for the top of the page; only what is known."""
    found = []
    steps = int(entries[-1]["step"])
    planned = record.get("recipe", {}).get("steps")
    found.append(("step", f"{steps:,}", f"of {planned:,}" if planned else ""))
    if losses := _values(entries, "loss"):
        found.append(("training loss", short(losses[-1]), f"from {short(losses[0])}"))
    validated = [(e["validation_loss"], e["step"]) for e in entries if "validation_loss" in e]
    if validated:
        lowest, at = min(validated)
        remark = f"lowest {short(lowest)} at step {at:,.0f}"
        found.append(("validation loss", short(validated[-1][0]), remark))
    if speeds := _values(entries, "tokens_per_second"):
        samples = median(_values(entries, "samples_per_second") or [0])
        found.append(("tokens/s", short(median(speeds)), f"median; {short(samples)} samples/s"))
    if shares := _values(entries, "flops_utilisation"):
        found.append(("of peak FLOPs", f"{median(shares):.1%}", "median"))
    if memory := _values(entries, "memory_gib"):
        graphics = _values(entries, "vram_gib")
        remark = f"GPU {max(graphics):.2f} GiB" if graphics else "most in the log"
        found.append(("memory", f"{max(memory):.2f} GiB", remark))
    seconds = timedelta(seconds=round(entries[-1].get("seconds", 0)))
    found.append(("time", str(seconds), "since it was last started"))
    return found


def chosen(sample: Shown) -> list[tuple[int, str, bool]]:
    """(step, answer, whether it is what was expected), evenly chosen, the newest first."""
    last = len(sample.said) - 1
    some = {round(last * n / (_ANSWERS - 1)) for n in range(_ANSWERS)}
    return [
        (step, said, said.strip() == sample.expected.strip())
        for number, (step, said) in reversed(list(enumerate(sample.said)))
        if number in some
    ]


def _values(entries: Sequence[Entry], name: str) -> list[float]:
    return [entry[name] for entry in entries if name in entry]
