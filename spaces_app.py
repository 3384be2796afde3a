"""The chat page as a Hugging Face Space (CPU Basic); runs from a checkout that is not installed.

A Space installs requirements.txt before these files exist, so nothing of ours is pip-installed:
the folders of the code are found through pyproject.toml. SENSORIUM_MODEL names another model.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "core"))
plugins = [str(ROOT), *filter(None, [os.environ.get("SENSORIUM_PLUGINS")])]
os.environ["SENSORIUM_PLUGINS"] = os.pathsep.join(plugins)

from sensorium.discovery import load_project  # noqa: E402

load_project(ROOT / "pyproject.toml")

from sensorium.loading import load  # noqa: E402
from sensorium.registry import create_registry  # noqa: E402
from sensorium.ui.page import page_of  # noqa: E402
from sensorium.ui.serving import launch, wait  # noqa: E402

model = os.environ.get("SENSORIUM_MODEL", "pocket")
registry = create_registry()
demo = page_of(load(model, registry=registry), model, registry)

if __name__ == "__main__":
    launch(demo)
    wait(demo)
