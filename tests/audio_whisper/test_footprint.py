"""What Whisper says it takes, in both modes."""

import pytest
import torch
from sensorium.errors import CheckpointError
from sensorium.footprint import count
from sensorium.testing import check_footprint
from sensorium_audio_whisper import register_encoders, register_transcribers
from sensorium_audio_whisper.footprint import LIBRARIES_BYTES
from sensorium_audio_whisper.options import WhisperOptions
from transformers import WhisperModel


def test_the_encoder_by_windows(encoder, pocket):
    (spec,) = register_encoders()
    taken = spec.footprint(WhisperOptions(checkpoint=str(pocket)))
    check_footprint(taken, encoder.module)
    # Torch counts no attention that is computed in one piece, as it is on a CPU.
    work = count(lambda: encoder.features(torch.zeros(1, 80, 300)))
    assert taken.flops == work.flops + 2 * 4 * 150**2 * 32


@pytest.mark.parametrize(("compute", "bytes_of_a_weight"), [("auto", 1), ("float32", 4)])
def test_the_transcriber_by_its_conversion(pocket, compute, bytes_of_a_weight):
    (spec,) = register_transcribers()
    taken = spec.footprint(WhisperOptions(checkpoint=str(pocket), compute_type=compute))
    check_footprint(taken)
    reference = WhisperModel.from_pretrained(pocket)
    # CTranslate2 keeps a scale for every row, and tables that transformers computes.
    assert taken.parameters == pytest.approx(reference.num_parameters(), rel=0.1)
    held = taken.resident_bytes - LIBRARIES_BYTES
    assert held == pytest.approx(bytes_of_a_weight * taken.parameters, rel=0.3)


def test_what_is_not_here_yet(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    (spec,) = register_transcribers()
    with pytest.raises(CheckpointError, match="tiny was not downloaded yet"):
        spec.footprint(WhisperOptions(checkpoint="tiny"))
