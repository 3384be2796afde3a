"""On ONNX Runtime a Phi model answers as it does on torch with the same integers."""

from __future__ import annotations

import copy
import json
import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError, ConfigError, ContextLengthError, MissingPackageError
from sensorium.testing import check_sessions
from sensorium_llm_phi2.build import build
from sensorium_llm_phi2.onnx import session as sessions
from sensorium_llm_phi2.onnx.packing import round_to_bytes
from sensorium_llm_phi2.options import Phi2Options

from .conftest import make_reference, make_tokenizer
from .gptq_checkpoints import write_gptq
from .test_session import STEPS, changed, full_logits

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from sensorium_llm_phi2.onnx.build import build as build_onnx
from sensorium_llm_phi2.onnx.checkpoint import inspect
from sensorium_llm_phi2.onnx.convert import convert
from sensorium_llm_phi2.onnx.session import OnnxSession

WIDE = {"hidden_size": 128}  # heads of 32 channels, 12 of which are turned
EXACT = {"accuracy_level": 1, "half_attention": False}
"""All activations in float32."""


def torch_of(checkpoint):
    """The same integers on torch, the head rounded as the converter rounds it."""
    model = build(Phi2Options(checkpoint=str(checkpoint)), "cpu")
    with torch.no_grad():
        head = model.module.lm_head.weight
        head.copy_(round_to_bytes(head).dequantized())
    return model


def onnx_of(folder):
    return build_onnx(Phi2Options(checkpoint=str(folder), backend="onnx"), "cpu")


@pytest.fixture(scope="module")
def gptq(tmp_path_factory):
    folder = write_gptq(make_reference(**WIDE), tmp_path_factory.mktemp("gptq"))
    make_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def converted(gptq):
    convert(gptq, gptq / "onnx", **EXACT)
    return gptq / "onnx"


@pytest.fixture(scope="module")
def pair(gptq, converted):
    """(torch, ONNX Runtime)"""
    return torch_of(gptq), onnx_of(converted)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"num_key_value_heads": 2},
        {"partial_rotary_factor": 0.5},  # 16 of 32: nothing to reorder
        {"hidden_size": 160, "num_attention_heads": 2},  # 32 of 80, as Phi-2
        {"tie_word_embeddings": True},
    ],
)
@pytest.mark.parametrize("changes", [{}, {"act_order": True}, {"bits": 8}])
def test_logits_are_those_of_the_dequantized_model(tmp_path, shape, changes):
    gptq = write_gptq(make_reference(**{**WIDE, **shape}), tmp_path / "gptq", **changes)
    convert(gptq, tmp_path / "onnx", **EXACT)
    reference, model = torch_of(gptq), onnx_of(tmp_path / "onnx")
    embeddings = model.embed(torch.arange(70))
    logits = model.open_session().append(embeddings, last=70)
    expected = full_logits(reference.module, embeddings)
    assert (logits - expected).norm() / expected.norm() < 1e-3
    assert (logits - expected).abs().max() < 1e-3 * expected.abs().max()


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"num_key_value_heads": 2},
        {"partial_rotary_factor": 0.5},
        {"hidden_size": 160, "num_attention_heads": 2},
        {"tie_word_embeddings": True},
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_plain_weights_serve_torch_and_onnx_from_one_file(tmp_path, shape, dtype):
    reference = make_reference(**{**WIDE, **shape}).to(dtype)
    reference.save_pretrained(tmp_path / "plain", max_shard_size="2MB")
    convert(tmp_path / "plain", tmp_path / "onnx")
    model = onnx_of(tmp_path / "onnx")
    on_torch = build(Phi2Options(checkpoint=str(tmp_path / "onnx"), dtype="float32"), "cpu")
    ids = torch.arange(70)
    assert torch.equal(model.embed(ids), on_torch.embed(ids))
    logits = model.open_session().append(model.embed(ids), last=70)
    expected = full_logits(on_torch.module, on_torch.embed(ids))
    assert (logits - expected).abs().max() < 1e-5 * expected.abs().max().clamp(min=1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("left_out", ["lm_head.weight", "model.embed_tokens.weight", None])
def test_ends_that_are_tied_are_found_where_torch_finds_them(tmp_path, left_out):
    gptq = write_gptq(make_reference(**WIDE, tie_word_embeddings=True), tmp_path / "gptq")
    stored = load_file(gptq / "model.safetensors")
    if left_out:
        del stored[left_out]
    else:  # both, and they differ: neither transformers nor we tie them
        stored["lm_head.weight"] = stored["lm_head.weight"].flip(0).contiguous()
    save_file(stored, gptq / "model.safetensors", metadata={"format": "pt"})
    convert(gptq, tmp_path / "onnx", **EXACT)
    plain, model = build(Phi2Options(checkpoint=str(gptq)), "cpu"), onnx_of(tmp_path / "onnx")
    embeddings = model.embed(torch.arange(70))
    assert torch.equal(embeddings, plain.embed(torch.arange(70)))
    logits = model.open_session().append(embeddings, last=70)
    expected = full_logits(torch_of(gptq).module, embeddings)
    assert (logits - expected).norm() / expected.norm() < 1e-3


def test_attention_in_half_precision_changes_little_and_halves_the_cache(tmp_path, gptq, pair):
    convert(gptq, tmp_path / "onnx", accuracy_level=1)
    reference, model = pair[0], onnx_of(tmp_path / "onnx")
    embeddings = model.embed(torch.arange(70))
    expected = full_logits(reference.module, embeddings)
    session = model.open_session()
    for start in range(0, 70, 10):
        logits = session.append(embeddings[start : start + 10], last=10)
        part = expected[start : start + 10]
        assert 1e-5 < (logits - part).norm() / part.norm() < 4e-3
    halves = [
        sum(buffer.nbytes for buffer in one._buffers) for one in (session, pair[1].open_session())
    ]
    assert 2 * halves[0] == halves[1]


def test_activations_in_bytes_change_little(tmp_path, gptq, pair):
    convert(gptq, tmp_path / "onnx")
    reference, model = pair[0], onnx_of(tmp_path / "onnx")
    embeddings = model.embed(torch.arange(70))
    logits = model.open_session().append(embeddings, last=70)
    expected = full_logits(reference.module, embeddings)
    assert 1e-4 < (logits - expected).norm() / expected.norm() < 0.05


@given(steps=STEPS, seed=st.integers(0, 1000), chunk=st.sampled_from([1, 7, 256]))
@settings(max_examples=30, deadline=None)
def test_any_split_and_truncation_equals_one_forward(pair, steps, seed, chunk):
    reference, model = pair
    generator = torch.Generator().manual_seed(seed)
    session, held = model.open_session(), torch.empty(0, 128)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "CHUNK", chunk)
        for kind, amount, last in steps:
            if kind != "append":
                length = min(amount, session.length)
                session = changed(session, kind, length)
                held = held[:length]
            elif session.length + amount <= model.context_length:
                held = torch.cat([held, torch.randn(amount, 128, generator=generator)])
                last = min(last, amount)
                logits = session.append(held[-amount:], last=last)
                expected = full_logits(reference.module, held)[-last:]
                torch.testing.assert_close(logits, expected, atol=2e-3, rtol=1e-3)
            assert session.length == len(held)


def test_greedy_tokens_are_those_of_torch(pair):
    written = []
    for model in pair:
        session, answer = model.open_session(), []
        new = torch.tensor(pair[0].tokenizer.encode("What is in the picture?"))
        for _ in range(30):
            with torch.no_grad():
                new = session.append(model.embed(new))[-1].argmax(keepdim=True)
            answer.append(int(new))
        written.append(answer)
    assert written[0] == written[1]
    assert len(set(written[0])) > 3


def test_sessions_of_two_threads_do_not_meet(pair):
    model, answers = pair[1], {}
    inputs = {name: torch.randn(40, 128) for name in ("one", "other")}
    alone = {name: model.open_session().append(rows) for name, rows in inputs.items()}

    def talk(name):
        session = model.open_session()
        answers[name] = [session.append(row[None]) for row in inputs[name]][-1]

    threads = [threading.Thread(target=talk, args=(name,)) for name in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in inputs:
        torch.testing.assert_close(answers[name], alone[name], atol=1e-4, rtol=1e-4)


def test_the_cache_is_written_in_place(pair):
    session = pair[1].open_session()
    for buffer in session._buffers:
        buffer.fill(np.nan)
    session.append(torch.randn(5, 128))
    for buffer in session._buffers:
        assert np.isfinite(buffer[:, :, :5]).all()
        assert np.isnan(buffer[:, :, 5:]).all()


def test_sessions_pass_the_check_for_plugins(pair):
    check_sessions(pair[1])


def test_memory_is_that_of_the_positions_once_written(pair):
    session = pair[1].open_session()
    assert session.nbytes == 0
    position = sum(buffer[:, :, :1].nbytes for buffer in session._buffers)
    session.append(torch.randn(40, 128))
    session.truncate(3)
    session.append(torch.randn(7, 128))
    assert session.nbytes == 40 * position
    assert session.fork(4).nbytes == 4 * position


def resident(buffers):
    """Memory that the system gave to the mappings of these buffers, in bytes."""
    ends = [(buffer.ctypes.data, buffer.ctypes.data + buffer.nbytes) for buffer in buffers]
    total = 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, *values = line.split()
        if "-" in name:
            first, last = (int(end, 16) for end in name.split("-"))
        elif name == "Rss:" and any(first < stop and start < last for start, stop in ends):
            total += int(values[0]) * 1024
    return total


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a mapping from /proc")
def test_memory_is_taken_by_positions_that_were_read(pair):
    """Huge pages would take that of the whole context window with the first position."""
    long = copy.copy(pair[1])
    long.context_length = 2**16
    session = OnnxSession(long)
    whole = sum(buffer.nbytes for buffer in session._buffers)
    for buffer in session._buffers:
        buffer[:, :, :4] = 1
    assert whole > 100 * 2**20
    assert 0 < resident(session._buffers) < whole / 10


def test_the_window_is_checked_and_misuse_refused(pair):
    session = pair[1].open_session()
    session.append(torch.randn(15, 128))
    with pytest.raises(ContextLengthError, match=r"97 positions.* 96"):
        session.append(torch.randn(82, 128))
    for rows, last in ((0, 1), (2, 3), (2, 0)):
        with pytest.raises(ValueError, match="last="):
            session.append(torch.randn(rows, 128), last=last)
    with pytest.raises(ValueError, match="truncate"):
        session.truncate(16)
    assert session.length == 15
    session.append(torch.randn(81, 128))[0, 0] = -torch.inf  # a sampler may change them


def test_it_is_saved_and_loaded(pair, tmp_path):
    model = pair[1]
    model.save(tmp_path)
    again = onnx_of(tmp_path)
    rows = torch.randn(9, 128)
    assert torch.equal(again.open_session().append(rows), model.open_session().append(rows))
    assert again.fingerprint == model.fingerprint
    assert again.tokenizer.encode("two cats") == model.tokenizer.encode("two cats")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"vocab_size": 400}, r"embedding\.weight is \[320, 128\], not \[400, 128\]"),
        ({"num_hidden_layers": 3}, r"layers\.2\.fc1\.bias is not there"),
        ({"intermediate_size": 96}, r"layers\.0\.fc1\.bias is \[64\], not \[96\]"),
        ({"vocab_size": 320, "num_attention_heads": 3}, "3 does not divide the width 128"),
    ],
)
def test_files_that_are_not_of_one_model_are_refused_from_headers(
    converted, tmp_path, changes, match
):
    folder = shutil.copytree(converted, tmp_path / "onnx")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    with pytest.raises(CheckpointError, match=match):
        inspect(Phi2Options(checkpoint=str(folder), backend="onnx"))
    with pytest.raises(CheckpointError, match=match):
        onnx_of(folder)


def test_inspect_takes_what_is_not_converted_yet_and_build_does_not(converted, tmp_path):
    options = Phi2Options(checkpoint=str(tmp_path), backend="onnx")
    shutil.copyfile(converted / "config.json", tmp_path / "config.json")
    assert inspect(options).width == 128
    shutil.copyfile(converted / "model.safetensors", tmp_path / "model.safetensors")
    assert inspect(options).width == 128
    with pytest.raises(CheckpointError, match=r"no decoder\.onnx.*sensorium convert"):
        build_onnx(options, "cpu")
    with pytest.raises(ConfigError, match="dtype"):
        inspect(options.model_copy(update={"dtype": "float32"}))


def test_settings_of_torch_are_refused(converted):
    for name, value in (("dtype", "bfloat16"), ("quantization", "nf4"), ("random_seed", 1)):
        options = Phi2Options(checkpoint=str(converted), backend="onnx", **{name: value})
        with pytest.raises(ConfigError, match=name):
            build_onnx(options, "cpu")


def test_missing_packages_are_named(gptq, converted, tmp_path, monkeypatch):
    monkeypatch.setattr("sensorium.onnx_runtime.find_spec", lambda name: None)
    for run in (lambda: convert(gptq, tmp_path), lambda: onnx_of(converted)):
        with pytest.raises(MissingPackageError, match=r"pip install .*\[onnx\]'"):
            run()


def test_what_is_not_converted_is_not_loaded(gptq, converted, tmp_path):
    with pytest.raises(CheckpointError, match=r"decoder\.onnx.*sensorium convert"):
        onnx_of(gptq)
    model = onnx_of(converted)
    model.save(tmp_path)
    graph = tmp_path / "decoder.onnx"
    graph.write_bytes(graph.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match="cannot load the graph"):
        onnx_of(tmp_path)
    model.save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError):
        onnx_of(tmp_path)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"qk_layernorm": True}, "norm of their own"),
        ({"hidden_act": "relu"}, "activation is relu"),
        ({"hidden_size": 96, "num_attention_heads": 8}, "12 channels"),
        ({"hidden_size": 96, "partial_rotary_factor": 0.95}, "cannot turn 22"),
    ],
)
def test_models_without_operators_are_refused(tmp_path, changes, match):
    gptq = write_gptq(make_reference(**{**WIDE, **changes}), tmp_path / "gptq")
    with pytest.raises(CheckpointError, match=match):
        convert(gptq, tmp_path / "onnx")


def test_what_cannot_be_converted_is_refused(gptq, converted, tmp_path):
    with pytest.raises(CheckpointError, match="converted already"):
        convert(converted, tmp_path / "onnx")
    with pytest.raises(CheckpointError, match=r"adapter cannot be added.*\(elsewhere\)"):
        convert(gptq, tmp_path / "onnx", adapter=Path("elsewhere"))
    good = load_file(gptq / "model.safetensors")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((gptq / "config.json").read_text())
    q_proj = "model.layers.0.self_attn.q_proj"
    turned = good[f"{q_proj}.g_idx"].flip(0)
    save_file({**good, f"{q_proj}.g_idx": turned}, broken / "model.safetensors")
    with pytest.raises(CheckpointError, match="different groups"):
        convert(broken, tmp_path / "onnx")
    del good["model.final_layernorm.bias"]
    save_file(good, broken / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"no model\.final_layernorm\.bias"):
        convert(broken, tmp_path / "onnx")
    (broken / "adapter").mkdir()
    (broken / "adapter" / "adapter_config.json").write_text(json.dumps({}))
    with pytest.raises(CheckpointError, match="adapter"):
        convert(broken, tmp_path / "onnx")
