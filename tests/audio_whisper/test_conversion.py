"""A conversion is compared with its own files before it is loaded; nothing is fetched for it."""

import json
import shutil
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensorium.errors import CheckpointError
from sensorium_audio_whisper import build_transcriber, inspect_transcriber, register_transcribers
from sensorium_audio_whisper.model_bin import read_sizes
from tokenizers import Tokenizer

HALVES = ("", "ctranslate2/")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a local folder asks the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(Tokenizer, "from_pretrained", refuse)


@pytest.fixture
def folder(pocket, tmp_path):
    return shutil.copytree(pocket, tmp_path / "whisper")


def changed(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def renamed_token(path):
    """Another model's tokenizer: as many tokens, one of them another one."""
    content = json.loads(path.read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["zz"] = vocabulary.pop("A")
    path.write_text(json.dumps(content))


def shifted_specials(path):
    content = json.loads(path.read_text())
    for token in content["added_tokens"]:
        token["id"] += 3
    path.write_text(json.dumps(content))


def fewer_tokens(path):
    content = json.loads(path.read_text())
    del content["model"]["vocab"]["A"]
    path.write_text(json.dumps(content))


def shorter(path):
    path.write_text(json.dumps(json.loads(path.read_text())[:-2]))


def in_both(name, change):
    return lambda folder: [change(folder / f"{half}{name}") for half in HALVES]


def in_conversion(name, change):
    return lambda folder: change(folder / "ctranslate2" / name)


def gone(path):
    path.unlink()


def written(content):
    return lambda path: path.write_bytes(content)


PREPROCESSOR, TOKENIZER = "preprocessor_config.json", "tokenizer.json"
FAULTS = {
    "no preprocessor": (
        in_both(PREPROCESSOR, gone),
        r"has no preprocessor_config\.json, .* 80 mel bins x 3000 .* model\.bin takes 80 x 300 ",
    ),
    "other mel bins": (
        in_conversion(PREPROCESSOR, lambda path: changed(path, feature_size=128)),
        r"ctranslate2/preprocessor_config\.json makes 128 mel bins x 300 .* takes 80 x 300 ",
    ),
    "other hop": (
        in_conversion(PREPROCESSOR, lambda path: changed(path, hop_length=160)),
        r"preprocessor_config\.json makes 80 mel bins x 600 ",
    ),
    "other rate": (
        in_conversion(PREPROCESSOR, lambda path: changed(path, sampling_rate=8000)),
        r"preprocessor_config\.json makes 80 mel bins x 150 frames at 8000 Hz",
    ),
    "no number": (
        in_conversion(PREPROCESSOR, lambda path: changed(path, hop_length="320")),
        r"preprocessor_config\.json .* hop_length must be a positive integer, not '320'",
    ),
    "damaged preprocessor": (
        in_conversion(PREPROCESSOR, written(b"{")),
        r"preprocessor_config\.json is not readable JSON",
    ),
    "no tokenizer": (in_both(TOKENIZER, gone), r"ctranslate2 has no tokenizer\.json"),
    "damaged tokenizer": (
        in_conversion(TOKENIZER, written(b"[]")),
        r"tokenizer\.json is not a JSON object",
    ),
    "empty tokenizer": (
        in_conversion(TOKENIZER, written(b"{}")),
        r"tokenizer\.json is no tokenizer of a Whisper",
    ),
    "another tokenizer": (
        in_conversion(TOKENIZER, renamed_token),
        r"tokenizer\.json is the tokenizer of another model: 'zz' .* vocabulary\.json",
    ),
    "other specials": (
        in_conversion(TOKENIZER, shifted_specials),
        r"tokenizer\.json is the tokenizer of another model: '<\|endoftext\|>'",
    ),
    "a smaller tokenizer": (
        in_conversion(TOKENIZER, fewer_tokens),
        r"tokenizer\.json is the tokenizer of another model: 'A' is absent in it",
    ),
    "no vocabulary": (
        in_conversion("vocabulary.json", gone),
        r"has no vocabulary\.json or vocabulary\.txt",
    ),
    "a shorter vocabulary": (
        in_conversion("vocabulary.json", shorter),
        r"vocabulary\.json has 263 tokens, but the model in model\.bin has 265",
    ),
    "damaged vocabulary": (
        in_conversion("vocabulary.json", written(b'{"a": 1}')),
        r"vocabulary\.json is no list of tokens",
    ),
    "no config": (in_conversion("config.json", gone), r"ctranslate2 has no config\.json"),
    "damaged config": (in_conversion("config.json", written(b"{")), r"config\.json is not read"),
    "pickle": (in_conversion("model.bin", written(b"\x80\x04pickle")), r"model\.bin is damaged"),
    "empty model": (in_conversion("model.bin", written(b"")), r"model\.bin is damaged"),
    "cut short": (
        lambda folder: in_conversion(
            "model.bin", written((folder / "ctranslate2/model.bin").read_bytes()[:-500])
        )(folder),
        r"model\.bin is damaged, incomplete",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_belong_together_is_refused_by_name(folder, options, name):
    spoil, said = FAULTS[name]
    spoil(folder)
    with pytest.raises(CheckpointError, match=said):
        inspect_transcriber(options(checkpoint=str(folder)))
    with pytest.raises(CheckpointError, match=said):
        build_transcriber(options(checkpoint=str(folder)), "cpu")


@pytest.mark.parametrize("missing", [[PREPROCESSOR], [TOKENIZER], [PREPROCESSOR, TOKENIZER]])
@pytest.mark.parametrize("inside", [False, True])
def test_the_half_beside_it_may_serve(folder, options, babble, tmp_path, missing, inside):
    whole = build_transcriber(options(), "cpu").transcribe(babble(3))
    for name in missing:
        (folder / "ctranslate2" / name).unlink()
    checkpoint = folder / "ctranslate2" if inside else folder
    transcriber = build_transcriber(options(checkpoint=str(checkpoint)), "cpu")
    assert transcriber.transcribe(babble(3)) == whole
    transcriber.save(tmp_path / "saved")
    again = build_transcriber(options(checkpoint=str(tmp_path / "saved")), "cpu")
    assert again.transcribe(babble(3)) == whole


def test_a_vocabulary_may_be_lines_and_a_control_token_renamed(folder, options, babble):
    """Both are so in conversions of OpenAI's models that were published over the years."""
    place = folder / "ctranslate2"
    tokens = json.loads((place / "vocabulary.json").read_text())
    tokens[tokens.index("<|nospeech|>")] = "<|nocaptions|>"
    (place / "vocabulary.json").unlink()
    (place / "vocabulary.txt").write_text("\n".join(tokens) + "\n")
    transcriber = build_transcriber(options(checkpoint=str(folder)), "cpu")
    assert transcriber.transcribe(babble(2)).segments


def test_the_header_tells_the_sizes(pocket):
    sizes = read_sizes(pocket / "ctranslate2/model.bin")
    assert (sizes.mel_bins, sizes.frames, sizes.text_positions) == (80, 300, 32)
    assert sizes.tokens == len(json.loads((pocket / "ctranslate2/vocabulary.json").read_text()))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4), st.integers(0))
def test_any_damage_to_the_header_is_a_checkpoint_error(pocket, tmp_path, changes, cut):
    content = bytearray((pocket / "ctranslate2/model.bin").read_bytes())
    for at, value in changes:
        content[at] = value
    path = tmp_path / "model.bin"
    path.write_bytes(content[: len(content) - cut % len(content)])
    try:
        read_sizes(path)
    except CheckpointError:
        return


def test_a_damaged_conversion_has_no_footprint(folder, options):
    (spec,) = register_transcribers()
    (folder / "ctranslate2/model.bin").write_bytes(b"no model")
    with pytest.raises(CheckpointError, match=r"model\.bin is damaged"):
        spec.footprint(options(checkpoint=str(folder)))
