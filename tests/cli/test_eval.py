import json


def test_table(run, recipe):
    result = run("eval", "counting", "--model", recipe, "--limit", 3)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "group  right/total   share\n"
        "odd            1/1  100.0%\n"
        "all            3/3  100.0%\n"
    )  # fmt: skip
    assert result.stderr == ""


def test_json(run, recipe):
    result = run("eval", "counting", "--model", recipe, "--limit", 2, "--json")
    scored = json.loads(result.stdout)
    assert scored.pop("seconds") >= 0
    assert scored == {
        "evaluation": "counting",
        "model": str(recipe),
        "limit": 2,
        "scores": {
            "odd": {"right": 0, "total": 1, "share": 0},
            "all": {"right": 2, "total": 2, "share": 1},
        },
    }


def test_interrupted_shows_what_there_is(run, recipe, registry):
    entry = next(entry for entry in registry.evaluations if entry.spec.name == "counting")

    def run_and_stop(engine, limit):
        for scores in original(engine, limit):
            yield scores
            raise KeyboardInterrupt

    original = entry.spec.run
    object.__setattr__(entry.spec, "run", run_and_stop)
    result = run("eval", "counting", "--model", recipe)
    assert (result.exit_code, result.stdout) == (130, "")
    assert "1/1" in result.stderr


def test_no_scores(run, recipe):
    result = run("eval", "silent", "--model", recipe)
    assert result.exit_code == 1
    assert "gave no scores" in result.stderr


def test_unknown_name(run, recipe):
    result = run("eval", "countin", "--model", recipe)
    assert result.exit_code == 2
    assert "Did you mean 'counting'?" in result.stderr


def test_limit_must_be_positive(run, recipe):
    result = run("eval", "counting", "--model", recipe, "--limit", 0)
    assert result.exit_code == 2
    assert "--limit" in result.stderr
