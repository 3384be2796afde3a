"""Writes requirements.txt, what a Space installs: the dependencies and the extras app and audio.

Run: python .ci/write_requirements.py
"""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# What a Hugging Face Space installs. Written by .ci/write_requirements.py from pyproject.toml.
# The CPU build of torch; the other one brings several gigabytes of CUDA.
--extra-index-url https://download.pytorch.org/whl/cpu
"""


def requirements() -> str:
    """The whole text of requirements.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["app"], *extras["audio"]]
    # `app` names this project's own extra; a Space has the project as a checkout, not installed.
    foreign = [one for one in wanted if not one.startswith(f"{project['name']}[")]
    return HEADER + "\n".join(sorted(foreign)) + "\n"


if __name__ == "__main__":
    (ROOT / "requirements.txt").write_text(requirements(), "utf-8")
