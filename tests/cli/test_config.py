import pytest
import yaml


def test_validate_shows_what_is_composed(run, mlp_recipe):
    result = run("config", "validate", mlp_recipe)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "image: eye 4 x 8 -> mlp (random weights) -> 4 x 8",
        "llm: counter width 8, vocabulary 272, context 512",
        "template: lines",
    ]


def test_a_projector_without_weights_has_no_random_ones(run, recipe):
    result = run("config", "validate", recipe, "--set", "encoders.image.projector.plugin=identity")
    assert "image: eye 4 x 8 -> identity -> 4 x 8" in result.stdout


def test_validate_counts_positions_after_the_projector(run, recipe):
    setting = "encoders.image.projector.max_positions=1"
    result = run("config", "validate", recipe, "--set", setting)
    assert "-> 1 x 8" in result.stdout


def test_validate_warns_of_an_item_that_cannot_fit(run, recipe, registry):
    spec = registry.language_models.get("counter")
    small = type(spec.inspect(None))(8, 272, 4)
    object.__setattr__(spec, "inspect", lambda options: small)
    result = run("config", "validate", recipe)
    assert result.stderr == "Warning: one image takes 4 positions, the context has 4\n"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("llm.plugin=countr", "Did you mean 'counter'?"),
        ("llm.repeat=0", "llm.repeat"),
        ("encoders.image.projektor=1", "encoders.image.projektor"),
        ("temp=1", "unknown key 'temp'"),
        ("nothing", "KEY=VALUE"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "show"])
def test_misuse_exits_with_2_and_names_the_place(run, recipe, command, setting, says):
    result = run("config", command, recipe, "--set", setting)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_validate_checks_the_template(run, recipe):
    result = run("config", "validate", recipe, "--set", "template=line")
    assert result.exit_code == 2
    assert "template). Did you mean 'lines'? See: sensorium plugins list" in result.stderr


def test_damaged_weights_exit_with_1(run, recipe, tmp_path):
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"nothing of the kind")
    setting = f"encoders.image.projector.weights={weights}"
    result = run("config", "validate", recipe, "--set", setting)
    assert result.exit_code == 1
    assert "not a readable safetensors file" in result.stderr


def test_show_has_overrides_and_every_default(run, mlp_recipe):
    result = run("config", "show", mlp_recipe, "--set", "llm.repeat=3")
    assert result.exit_code == 0, result.stderr
    shown = yaml.safe_load(result.stdout)
    assert shown["llm"] == {
        "plugin": "counter",
        "checkpoint": None,
        "dtype": "auto",
        "delay_seconds": 0,
        "repeat": 3,
    }
    assert shown["encoders"]["image"]["mode"] == "features"
    assert shown["encoders"]["image"]["projector"]["depth"] == 2
    assert shown["generation"]["max_tokens"] == 256


def test_what_is_shown_is_a_recipe(run, recipe, tmp_path):
    again = tmp_path / "again.yaml"
    again.write_text(run("config", "show", recipe, "--set", "llm.repeat=3").stdout)
    shown = run("config", "show", again)
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout == again.read_text()
    assert run("config", "validate", again).exit_code == 0


def test_environment_is_below_the_command_line(run, recipe, monkeypatch):
    monkeypatch.setenv("SENSORIUM_SET_LLM__REPEAT", "5")
    assert yaml.safe_load(run("config", "show", recipe).stdout)["llm"]["repeat"] == 5
    shown = run("config", "show", recipe, "--set", "llm.repeat=6").stdout
    assert yaml.safe_load(shown)["llm"]["repeat"] == 6
