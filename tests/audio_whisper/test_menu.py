"""The plugin is a menu: loading it imports nothing heavy."""

import subprocess
import sys

from sensorium.options import Options
from sensorium_audio_whisper import register_encoders, register_transcribers

HEAVY = ("torch", "transformers", "faster_whisper", "ctranslate2", "av", "numpy", "onnxruntime")


def test_both_modes_have_the_same_name_and_options():
    (encoder,) = register_encoders()
    (transcriber,) = register_transcribers()
    assert encoder.name == transcriber.name == "whisper"
    assert encoder.modality == transcriber.modality == "audio"
    assert encoder.options is transcriber.options
    assert issubclass(encoder.options, Options)
    for name, field in encoder.options.model_fields.items():
        assert field.description, name


def test_the_menu_imports_nothing_heavy():
    code = (
        "import sys, sensorium_audio_whisper as plugin\n"
        "list(plugin.register_encoders()), list(plugin.register_transcribers())\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
