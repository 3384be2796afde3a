"""Pictures with questions to begin with, and a question asked aloud.

`examples.json` says how each picture was made.
"""

from __future__ import annotations

import json
from pathlib import Path

from sensorium.text_files import read_text

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "examples.json"
RECORDING = FOLDER / "where-is-the-car.wav"


def examples() -> list[tuple[Path, str]]:
    """(picture, question) in the order in which they are shown."""
    rows = json.loads(read_text(MANIFEST))
    return [(FOLDER / row["picture"], row["question"]) for row in rows]
