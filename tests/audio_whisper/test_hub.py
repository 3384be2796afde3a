"""Sizes and hub ids: what is fetched, from where, and what is said when that fails."""

import httpx
import huggingface_hub
import pytest
from faster_whisper import utils
from huggingface_hub import errors
from sensorium.errors import CheckpointError
from sensorium_audio_whisper import build_encoder, build_transcriber, inspect_encoder
from sensorium_audio_whisper.options import WhisperOptions

REQUEST = httpx.Request("GET", "https://hub")
NOT_FOUND = httpx.Response(404, request=REQUEST)


@pytest.fixture
def hub(monkeypatch, pocket, tmp_path):
    """A hub with one model: `hub.asked` says what was wanted; `hub.fault` is raised while set."""

    class Hub:
        fault = None
        asked: list[tuple[str, str, str | None]]

        def __init__(self):
            self.asked = []

        def fetch(self, repository, name, revision=None):
            self.asked.append((repository, name, revision))
            if self.fault:
                raise self.fault
            if not (pocket / name).is_file():
                raise errors.EntryNotFoundError("no such file", response=NOT_FOUND)
            commit = tmp_path / "commit1"
            commit.mkdir(exist_ok=True)
            (commit / name).write_bytes((pocket / name).read_bytes())
            return str(commit / name)

        def convert(self, name, revision=None):
            self.asked.append((name, "", revision))
            if self.fault:
                raise self.fault
            return str(pocket / "ctranslate2")

    made = Hub()
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", made.fetch)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda _: None)
    monkeypatch.setattr(utils, "download_model", made.convert)
    return made


@pytest.mark.parametrize(
    ("checkpoint", "repository"),
    [("tiny", "openai/whisper-tiny"), ("small.en", "openai/whisper-small.en"), ("me/it", "me/it")],
)
def test_features_come_from_one_commit(hub, checkpoint, repository):
    options = WhisperOptions(checkpoint=checkpoint, revision="main")
    assert inspect_encoder(options).width == 32
    assert hub.asked == [(repository, "config.json", "main")]
    encoder = build_encoder(options, "cpu")
    assert encoder.width == 32
    assert {asked[1] for asked in hub.asked} == {
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
    }
    assert [asked[2] for asked in hub.asked[1:]] == ["main", "commit1", "commit1"]


def test_conversions_come_through_faster_whisper(hub, options, babble):
    transcriber = build_transcriber(options(checkpoint="tiny", revision="v1"), "cpu")
    assert hub.asked == [("tiny", "", "v1")]
    assert transcriber.transcribe(babble(2)).segments


def test_a_model_on_the_hub_in_transformers_format_is_converted(
    hub, options, babble, monkeypatch, tmp_path, cache, pocket
):
    """faster-whisper finds none of its files; transformers' are all of one commit."""
    monkeypatch.setattr(utils, "download_model", lambda name, revision: str(tmp_path))
    transcriber = build_transcriber(options(checkpoint="me/it", revision="main"), "cpu")
    assert {revision for _, _, revision in hub.asked} == {"main", "commit1"}
    mine = build_transcriber(options(), "cpu")
    assert transcriber.transcribe(babble(2)) == mine.transcribe(babble(2))
    transcriber.save(tmp_path / "saved")
    assert (tmp_path / "saved/model.safetensors").read_bytes() == (
        pocket / "model.safetensors"
    ).read_bytes()
    assert (tmp_path / "saved/ctranslate2/model.bin").is_file()


def test_a_model_on_the_hub_that_is_no_whisper(hub, monkeypatch, pocket, tmp_path):
    monkeypatch.setattr(utils, "download_model", lambda name, revision: str(tmp_path))
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_download", lambda *_, **__: str(pocket / "tokenizer_config.json")
    )
    with pytest.raises(CheckpointError, match=r"me/it is no Whisper: .* no config\.json"):
        build_transcriber(WhisperOptions(checkpoint="me/it"), "cpu")


FAULTS = [
    (errors.LocalEntryNotFoundError("offline"), r"not in the cache .* cannot be reached"),
    (errors.HFValidationError("bad name"), "neither a folder here nor a model on the hub"),
    (
        errors.RepositoryNotFoundError("401", response=NOT_FOUND),
        "neither a folder here nor a model on the hub",
    ),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS)
@pytest.mark.parametrize("build", [build_encoder, build_transcriber])
def test_faults_say_what_to_do(hub, build, fault, said):
    hub.fault = fault
    with pytest.raises(CheckpointError, match=said):
        build(WhisperOptions(checkpoint="me/it"), "cpu")


@pytest.mark.parametrize("build", [build_encoder, build_transcriber])
def test_a_broken_network_is_no_crash(hub, build):
    hub.fault = httpx.ConnectError("refused", request=REQUEST)
    with pytest.raises(CheckpointError, match=r"cannot be (downloaded|reached)"):
        build(WhisperOptions(checkpoint="me/it"), "cpu")
