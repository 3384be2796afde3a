"""The stage `speech`: a tiny Whisper learns two sentences, is exported, goes on where it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium import DatasetFormat, Media, SpeechSample, hookimpl
from sensorium.discovery import find_plugins
from sensorium.errors import CheckpointError, ConfigError
from sensorium.options import NoOptions
from sensorium.registry import Registry
from sensorium_audio_whisper import build_transcriber
from sensorium_audio_whisper.options import WhisperOptions
from sensorium_pocket import FOLDER
from sensorium_pocket.speech.reference import Reference
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES
from sensorium_trainers.whispers import load_whisper, save_whisper
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

SENTENCES = ("is there a cat", "how many dogs can you see")


def _tune(number: int) -> np.ndarray:
    """A waveform whose pitch and loudness change, another for each number."""
    time = np.arange(20_000) / 16_000
    wave = np.sin(2 * np.pi * (300 + 500 * number) * time * (1 + 0.2 * time))
    return (0.3 * wave * (0.3 + np.abs(np.sin(9 * time)))).astype(np.float32)


class Tunes:
    """Two tunes that mean a sentence each, and silence that means nothing.

    0 to 2 have a digest by which they are followed by zeros, 3 to 5 are followed by silence.
    """

    def __len__(self):
        return 6

    def __getitem__(self, index):
        which = index % 3
        wave = _tune(which) if which < 2 else np.zeros(16_000, np.float32)
        said = SENTENCES[which] if which < 2 else ""
        digest = f"{4 * index + index // 3:08x}" * 8
        return SpeechSample(Media("audio", digest, wave), said, sounds=said[:4])


class Plugin:
    @hookimpl
    def register_dataset_formats(self):
        yield DatasetFormat("tunes", "two tunes", NoOptions, lambda options: Tunes())


@pytest.fixture(scope="module")
def tunes():
    plugins = find_plugins()
    plugins.register(Plugin(), "tunes", "a test")
    return Registry(plugins)


@pytest.fixture(scope="module")
def shape(tmp_path_factory):
    """The pocket's Whisper, narrower."""
    folder = tmp_path_factory.mktemp("whisper")
    source = FOLDER / "recipes" / "speech"
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    config = json.loads((source / "config.json").read_text())
    sizes = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1}
    sizes |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    sizes |= {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    (folder / "config.json").write_text(json.dumps(config | sizes))
    return folder


@pytest.fixture(scope="module")
def make(shape, tunes):
    def run(output, **changes):
        tree = {
            "model": str(shape),
            "data": [{"format": "tunes"}],
            "output": str(output),
            "freeze": ["encoder.embed_positions"],
            "sound_weight": 0.1,
            "steps": 120,
            "batch_size": 6,
            "learning_rate": 0.01,
            "schedule": "constant",
            "save_every": 1000,
            "log_every": 20,
            "threads": 1,
            "device": "cpu",
        }
        return Run(STAGES["speech"], TrainingRecipe.model_validate(tree | changes), tunes)

    return run


@pytest.fixture(scope="module")
def trained(make, tmp_path_factory):
    return make(tmp_path_factory.mktemp("out")).train(lambda line: None)


def test_both_readers_of_the_export_hear_what_was_learned(trained):
    # Tunes are no voices, and a model this small is sure of nothing: no gate, but the model.
    gates = {"voice_threshold": 0, "steady_decibels": 0, "log_prob_threshold": -100}
    transcriber = build_transcriber(
        WhisperOptions(checkpoint=str(trained), beam_size=1, **gates), "cpu"
    )
    reference = Reference(trained)
    for number, said in enumerate(SENTENCES):
        assert transcriber.transcribe(_tune(number)).text == said
        assert reference.transcribe(_tune(number)) == said
    assert transcriber.transcribe(np.zeros(16_000, np.float32)).text == ""
    assert reference.transcribe(np.zeros(16_000, np.float32)) == ""


def test_the_export_is_a_whole_speech_checkpoint(trained):
    names = {path.name for path in trained.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "ctranslate2"} <= names
    assert {"preprocessor_config.json", "generation_config.json"} <= names
    converted = {path.name for path in (trained / "ctranslate2").iterdir()}
    assert {"model.bin", "config.json", "tokenizer.json", "vocabulary.json"} <= converted
    assert not [p for p in trained.parent.iterdir() if p.name.startswith("tmp")]


def test_faster_whisper_computes_the_features_of_training(trained, make, tmp_path):
    from faster_whisper import WhisperModel

    model = WhisperModel(str(trained / "ctranslate2"), device="cpu", cpu_threads=1)
    theirs = model.feature_extractor(_tune(0))
    ours = make(tmp_path).objective.collate([Tunes()[0], Tunes()[3]])["frames"].numpy()
    heard = len(_tune(0)) // 320 - 2
    assert np.allclose(ours[0][:, :heard], theirs[:, :heard], atol=1e-3)
    assert (ours[0][:, -10:] == 0).all()
    assert (ours[1][:, -10:] == ours[1].min()).all()


def test_a_run_that_stopped_ends_like_one_that_did_not(make, tmp_path):
    whole = make(tmp_path / "whole", steps=4, save_every=2)
    whole.train(lambda line: None)
    make(tmp_path / "parts", steps=2, save_every=2).train(lambda line: None)
    lines = []
    rest = make(tmp_path / "parts", steps=4, save_every=2)
    rest.train(lines.append)
    assert "resuming from checkpoint-2" in lines
    for (name, one), two in zip(
        whole.objective.named_parameters(), rest.objective.parameters(), strict=True
    ):
        assert torch.equal(one, two), name


def test_the_loss_is_on_words_and_their_end_alone(make, tmp_path):
    batch = make(tmp_path).objective.collate([Tunes()[0], Tunes()[2]])
    whisper = make(tmp_path).objective._whisper
    words = whisper.tokenizer.encode(f" {SENTENCES[0]}").ids
    told = batch["labels"][0]
    assert told[told >= 0].tolist() == [*words, whisper.end]
    silent = batch["labels"][1]
    assert silent[silent >= 0].tolist() == [whisper.end]
    assert batch["ids"][0, 2 : 2 + len(words)].tolist() == words


def test_held_out_recordings_are_written_down(make, tmp_path):
    own = {"data": [{"format": "tunes"}], "generations": 6, "every": 120}
    run = make(tmp_path, validation=own)
    run.train(lambda line: None)
    lines = [json.loads(n) for n in (tmp_path / "generations.jsonl").read_text().splitlines()]
    assert {line["step"] for line in lines} == {120}
    assert [line["said"] for line in lines] == [line["expected"] for line in lines]
    for line in lines:
        ((heard,),) = [line["media"]]
        assert heard["modality"] == "audio"
        assert (tmp_path / heard["file"]).read_bytes()[:4] == b"RIFF"
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    (validated,) = [entry for entry in log if "validation_loss" in entry]
    assert validated["validation_token_accuracy"] == 1
    assert validated["validation_text_loss"] < 0.1


def test_an_answer_is_no_longer_than_asked_for(make, tmp_path):
    objective = make(tmp_path).objective.eval()
    with torch.no_grad():
        said = [objective.answer(Tunes()[0], most).said for most in (1, 5, 1000)]
    assert len({len(objective._whisper.tokenizer.encode(text).ids) for text in said}) > 1
    assert all(text.startswith(said[0][:1]) for text in said)


def test_what_a_clip_computes(make, tmp_path):
    objective = make(tmp_path).objective
    one, two = (objective.row(Tunes()[index]) for index in (0, 1))
    work = objective.work([one])
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        objective(**objective.batch([one]))
    forward = sum(counter.get_flop_counts()["SpeechObjective"].values())
    assert work.tokens == len(one[1][0])
    assert work.flops == pytest.approx(3 * forward, rel=0.01)
    assert objective.work([one, two]).flops == work.flops + objective.work([two]).flops


def test_positions_of_the_encoder_stay_frozen(make, tmp_path):
    frozen = [n for n, w in make(tmp_path).objective.named_parameters() if not w.requires_grad]
    assert frozen == ["encoder.embed_positions.weight"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("differ", [False, True])
def test_words_are_written_by_the_table_that_reads_them_or_by_another(shape, tmp_path, differ):
    """Where a file holds two, config.json notwithstanding, transformers believes the file."""
    folder = Path(shutil.copytree(shape, tmp_path / "whisper"))
    load_whisper(folder).model.save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    if differ:
        weights["proj_out.weight"] = weights["model.decoder.embed_tokens.weight"].flip(0)
        weights["proj_out.weight"] = weights["proj_out.weight"].contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    whisper = load_whisper(folder)
    save_whisper(whisper, tmp_path / "saved", None)
    again = load_whisper(tmp_path / "saved").model
    assert again.config.tie_word_embeddings is not differ
    assert torch.equal(again.proj_out.weight, whisper.model.proj_out.weight)
    assert torch.equal(again.proj_out.weight, again.get_input_embeddings().weight) is not differ


def test_what_is_no_whisper_is_refused(make, tmp_path):
    with pytest.raises(CheckpointError, match=r"lacks config\.json"):
        make(tmp_path, model=str(tmp_path))
    with pytest.raises(ConfigError, match="starts from the folder"):
        make(tmp_path, model={"llm": {"plugin": "phi2"}})


def test_other_samples_are_refused(make, tmp_path):
    with pytest.raises(ConfigError, match="learns from SpeechSample, not str"):
        make(tmp_path).objective.collate(["a text"])
