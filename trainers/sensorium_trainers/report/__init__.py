"""`report.html` and its pictures: what a run did, at its end or at any time before.

The page stands alone: styles, curves, pictures and recordings are in it, no script, and nothing is
loaded.
"""

from __future__ import annotations

from pathlib import Path

from sensorium_trainers.errors import TrainingError
from sensorium_trainers.folder import CURVES, REPORT
from sensorium_trainers.writing import write_whole, writing

from .charts import charts_of
from .layout import layout
from .page import render_page
from .png import paint
from .story import read_story


def write_report(output: Path) -> Path:
    """Read the output folder of a run, write `report.html` and `curves/*.png` → the page.

    TrainingError where there is no log, or the files of a run cannot be read or the report written.
    """
    try:
        story = read_story(output)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TrainingError(f"Cannot read {error.filename or output}: {reason}") from error
    charts = charts_of(story.entries)
    page = render_page(story, charts)
    with writing(output / REPORT, "The run itself is untouched"):
        (output / CURVES).mkdir(exist_ok=True)
        for chart in charts:
            paint(chart.title, layout(chart), output / CURVES / f"{chart.name}.png")
        write_whole(output / REPORT, page, output / f"{REPORT}.partial")
    return output / REPORT
