"""llama.cpp, to compare with: the same shape, random weights in Q4_0, the head in Q6_K.

Needs llama-cpp-python and gguf, built in a folder outside of the repository; see README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Llama:
    """An engine of the bench."""

    name = "llama.cpp"

    def __init__(self, model: Path, threads: int, context: int) -> None:
        import llama_cpp

        self._llama = llama_cpp.Llama(
            str(model),
            n_ctx=context,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
        )

    def read(self, count: int, *, start: int = 0) -> None:
        """`count` positions behind the first `start`."""
        self._llama.n_tokens = start  # what is behind it is forgotten at the next eval
        self._llama.eval(list(range(1, count + 1)))


def write_gguf(config: dict[str, Any], path: Path) -> None:
    """A Phi-2 of this shape as llama.cpp reads it."""
    from gguf import GGMLQuantizationType, GGUFWriter

    width, inner, vocabulary = (
        int(config[key]) for key in ("hidden_size", "intermediate_size", "vocab_size")
    )
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    writer = GGUFWriter(str(path), "phi2", use_temp_file=True)
    writer.add_name("random")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_rope_dimension_count(int(config["partial_rotary_factor"] * width / heads))
    writer.add_add_bos_token(False)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"t{number}" for number in range(vocabulary)])
    writer.add_token_merges(["t 0"])
    four, six = GGMLQuantizationType.Q4_0, GGMLQuantizationType.Q6_K

    def matrix(name: str, outputs: int, inputs: int, kind: Any = four) -> None:
        rows = _q6_k(outputs, inputs) if kind is six else _q4_0(outputs, inputs)
        writer.add_tensor(f"{name}.weight", rows, raw_dtype=kind)

    def vector(name: str, length: int, value: float) -> None:
        writer.add_tensor(name, np.full(length, value, np.float32))

    matrix("token_embd", vocabulary, width)
    for layer in range(layers):
        block = f"blk.{layer}"
        vector(f"{block}.attn_norm.weight", width, 1)
        vector(f"{block}.attn_norm.bias", width, 0)
        for name, outputs, inputs in (
            ("attn_qkv", 3 * width, width),
            ("attn_output", width, width),
            ("ffn_up", inner, width),
            ("ffn_down", width, inner),
        ):
            matrix(f"{block}.{name}", outputs, inputs)
            vector(f"{block}.{name}.bias", outputs, 0)
    vector("output_norm.weight", width, 1)
    vector("output_norm.bias", width, 0)
    matrix("output", vocabulary, width, six)
    vector("output.bias", vocabulary, 0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _q4_0(outputs: int, inputs: int) -> NDArray[np.uint8]:
    """Blocks of 32 weights: a float16 scale, then 16 bytes."""
    rows = _anything(outputs, inputs // 32, 18)
    rows[..., :2] = _scale(0.02 / 4.6)
    return rows.reshape(outputs, -1)


def _q6_k(outputs: int, inputs: int) -> NDArray[np.uint8]:
    """Blocks of 256 weights: 192 bytes, 16 scales of 8 bits, a float16 scale of these."""
    rows = _anything(outputs, inputs // 256, 210)
    rows[..., 208:] = _scale(0.02 / 18 / 64)
    return rows.reshape(outputs, -1)


def _anything(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _scale(value: float) -> NDArray[np.uint8]:
    return np.array([value], np.float16).view(np.uint8)
