"""The example plugin works un-installed, from its folder, through the command line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "mosaic"
PICTURE = ROOT / "plugins/pocket/sensorium_pocket/examples/cats.png"


def sensorium(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "sensorium", *arguments],
        env=os.environ | {"SENSORIUM_PLUGINS": str(EXAMPLE)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_it_is_listed_with_its_folder():
    assert re.search(r"encoder +mosaic +mosaic", sensorium("plugins", "list"))


def test_a_recipe_composes_it_with_another_plugins_model():
    recipe = str(EXAMPLE / "recipe.yaml")
    said = json.loads(
        sensorium("ask", "--json", "--model", recipe, "--image", str(PICTURE), "What?")
    )
    # Sixteen positions of mosaic, and the few tokens of the question around them.
    assert 16 < said["usage"]["prompt"] < 16 + 12


def test_the_documentation_shows_this_very_code():
    page = (ROOT / "docs" / "plugins.md").read_text()
    assert (EXAMPLE / "sensorium_mosaic" / "__init__.py").read_text() in page
