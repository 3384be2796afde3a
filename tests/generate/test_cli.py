"""The command: what a person types and sees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sensorium.cli.root import root

from .conftest import records

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "configs/data/stories.yaml"


def run(*words):
    return CliRunner().invoke(root, ["data", "generate", *map(str, words)])


def test_generate(write, server, tmp_path):
    result = run("--config", write(samples=5), "--set", "samples=3")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path / 'corpus.jsonl'}: 3 texts\n"
    assert result.stderr.startswith("3/3 answers (100%), ")


def test_dry_run_asks_nothing(write, server, tmp_path):
    result = run("--config", write(system="Be brief."), "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("user: Tell of a ") == 3
    assert result.stdout.endswith(f"6 samples of tiny at {server.url}/v1\n")
    assert not server.requests
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]


def test_errors_are_one_line(write, server):
    server.act = lambda exchange: exchange.status(404, "model 'tiny' not found")
    result = run("--config", write("ollama"))
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last == (
        f"Error: The server refuses: HTTP 404: model 'tiny' not found ({server.url}/api/chat). "
        "Check endpoint.base_url and endpoint.model, or run: ollama pull tiny."
    )
    assert run("--config", "/no/such.yaml").exit_code == 2


@pytest.mark.parametrize("api_set", [[], ["endpoint.api=openai"]])
def test_the_example_runs(server, tmp_path, api_set):
    output = tmp_path / "stories.jsonl"
    changes = [f"endpoint.base_url={server.url}", f"output={output}", "samples=8", *api_set]
    result = run("--config", EXAMPLE, *(word for c in changes for word in ("--set", c)))
    assert result.exit_code == 0, result.output
    assert len(records(output)) == 8
    assert len({body["messages"][-1]["content"] for body in server.requests}) > 1


def test_the_recipe_of_the_documentation_runs(server, tmp_path):
    (recipe,) = re.findall(r"```yaml\n(endpoint:.*?)```", (ROOT / "docs/data.md").read_text(), re.S)
    (tmp_path / "recipe.yaml").write_text(recipe)
    (tmp_path / "words.txt").write_text("moon\n")
    changes = [f"endpoint.base_url={server.url}", "samples=4"]
    words = [word for change in changes for word in ("--set", change)]
    result = run("--config", tmp_path / "recipe.yaml", *words)
    assert result.exit_code == 0, result.output
    assert 'the word "moon"' in records(tmp_path / "stories.jsonl")[0]["text"]


def test_it_needs_no_torch(write, server):
    code = (
        "import sys\n"
        "from sensorium.cli.root import root\n"
        "root(['data', '--help'], standalone_mode=False)\n"
        "assert not {'torch', 'httpx', 'pydantic'} & set(sys.modules), 'help'\n"
        "root(['data', 'generate', '--config', sys.argv[1]], standalone_mode=False)\n"
        "assert not {'torch', 'transformers'} & set(sys.modules), 'run'\n"
    )
    command = [sys.executable, "-c", code, str(write(samples=2))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "corpus.jsonl: 2 texts" in done.stdout
