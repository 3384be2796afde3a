"""The line that installs an optional package is right for how Sensorium was installed."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sensorium import installing
from sensorium.errors import MissingPackageError
from sensorium.installing import install_line

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
METADATA = [
    f"{package}; extra == '{extra}'" for extra, packages in EXTRAS.items() for package in packages
]


@pytest.fixture
def wheel(monkeypatch, tmp_path):
    """As if it lay in site-packages, with the metadata of a wheel."""
    monkeypatch.setattr(installing, "__file__", str(tmp_path / "lib/sensorium/installing.py"))
    monkeypatch.setattr(installing, "requires", lambda name: ["numpy>=2", *METADATA])
    return tmp_path


@pytest.mark.parametrize("extra", EXTRAS)
def test_in_a_checkout_it_is_the_extra_of_this_folder(extra):
    assert install_line(extra) == f"pip install -e '{ROOT}[{extra}]'"


@pytest.mark.parametrize("extra", EXTRAS)
def test_from_a_wheel_it_is_the_packages_themselves(wheel, extra):
    line = install_line(extra)
    assert line.startswith("pip install '")
    assert "sensorium" not in line  # a name that a stranger may have taken
    for package in EXTRAS[extra]:
        if not package.startswith("sensorium"):
            assert f"'{package}'" in line


def test_an_extra_within_an_extra_brings_its_packages(wheel):
    assert install_line("app") == "pip install 'gradio>=6.31,<7' 'faster-whisper>=1.2.1'"
    assert install_line("dev").count("gradio") == 1


def test_on_a_space_it_is_a_line_of_its_requirements(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/chat")
    assert install_line("onnx") == f"add to requirements.txt: {', '.join(EXTRAS['onnx'])}"
    said = str(MissingPackageError("gradio", "The chat page", extra="app"))
    assert said == (
        "The chat page needs the package 'gradio'. Install it: add to requirements.txt: "
        "gradio>=6.31,<7, faster-whisper>=1.2.1"
    )


def test_a_project_that_holds_a_copy_is_not_the_checkout(wheel):
    for text in ('[project]\nname = "theirs"\n', "[project", ""):
        (wheel / "pyproject.toml").write_text(text)
        assert install_line("audio") == "pip install 'faster-whisper>=1.2.1'"


def test_where_nothing_is_known_it_says_where_it_stands(wheel, monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installing, "requires", absent)
    assert install_line("app") == (
        "pip install the packages of the extra 'app', which pyproject.toml lists"
    )


def test_metadata_as_pip_writes_it(wheel, monkeypatch):
    written = [
        "gradio<7,>=6.31; extra == 'app'",
        'sensorium[audio]; extra == "app"',
        "faster-whisper>=1.2.1 ; extra == 'audio'",
    ]
    monkeypatch.setattr(installing, "requires", lambda name: written)
    assert install_line("app") == "pip install 'gradio<7,>=6.31' 'faster-whisper>=1.2.1'"


def test_no_document_fetches_sensorium_from_an_index_or_an_address():
    """Names that nobody has published: whoever takes them would be installed."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("configs/**/*.yaml")]
    rooms = ("core", "trainers", "plugins", "bench", "examples")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    sources += ROOT.glob("examples/*/pyproject.toml")
    for path in [*pages, *sources, ROOT / "pyproject.toml", ROOT / "Makefile"]:
        if "tests" in path.parts or path.name == "installing.py":
            continue
        text = path.read_text("utf-8")
        assert not re.search(r"pip install[^\n]*[ '\"]sensorium\b", text), path
        assert not re.search(r"git clone|github\.com/sensorium", text), path
    example = tomllib.loads((ROOT / "examples/mosaic/pyproject.toml").read_text())
    assert "sensorium" not in example["project"]["dependencies"]
