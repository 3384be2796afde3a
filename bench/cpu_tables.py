"""The tables of docs/cpu.md, of what cpu.py, chat.py and speculation.py report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnxruntime

from .pages import made_on

Report = dict[str, Any]


def speed(report: Report) -> str:
    """Of cpu.py, with llama.cpp."""
    ours, theirs, ratios = report["onnxruntime"], report["llama.cpp"], report["ours_to_llama"]
    decode, prefill = "decode_tokens_per_second", "prefill_tokens_per_second"
    rows = [
        [f"written, {held:,} positions held", ours[decode][held], theirs[decode][held], ratio]
        for held, ratio in sorted(ratios["decode"].items())
    ]
    read = f"read, {report['prefill_positions']} positions"
    rows.append([read, ours[prefill], theirs[prefill], ratios["prefill"]])
    rows = [[*cells, f"{ratio:.2f}"] for *cells, ratio in rows]
    bound = (
        f"Memory is read at {report['bandwidth_gb_per_second']:.0f} GB a second, and what a token "
        f"needs at {100 * report['share_of_the_bound']:.0f} % of that."
    )
    titles = ["tokens a second", "ONNX Runtime", "llama.cpp", "ratio"]
    return _table(titles, rows, f"{_made(report)} {bound}")


def chat(report: Report) -> str:
    """Of chat.py."""
    asked = list(report["image_question_by_positions"].values())
    first, second, third = (one["prompt_positions"] for one in asked)
    encoding, reading = (
        _seconds(one["phases"][phase] for one in asked) for phase in ("encode", "prefill")
    )
    rows: list[list[object]] = [
        ["first text", *_seconds(one["first_text_seconds"] for one in asked)],
        ["… of it: encoding", *encoding],
        [f"… of it: reading {first}, {second} and {third} positions", *reading],
        ["times as fast as with 576", *report["times_as_fast_as_576"].values()],
        [
            "another question about the same picture",
            *_seconds(one["second_question_seconds"] for one in asked),
        ],
        ["tokens a second", *(one["tokens_per_second"] for one in asked)],
        [
            "estimated beforehand: first text",
            *_seconds(one["estimated_first_text_seconds"] for one in asked),
        ],
        [
            "estimated beforehand: tokens a second",
            *(one["estimated_tokens_per_second"] for one in asked),
        ],
    ]
    memory = report["chat_with_eyes_and_ears"]
    whole = (
        f"With TinyCLIP and whisper-tiny the chat has {memory['resident_gb']} GB resident after a "
        f"question by voice about a picture (estimated: {memory['estimated_gb']}), and is ready "
        f"{report['cold_start_seconds']} s after its start, its files in the page cache."
    )
    titles = [
        "a question about a new picture",
        *("49 positions (TinyCLIP)", "64 (CLIP-L/336, pooled)", "576 (CLIP-L/336)"),
    ]
    return _table(titles, rows, f"{_made(report)} {whole}")


def speculation(report: Report) -> str:
    """Of speculation.py."""
    kinds = {"quotes": "that quotes, 60 tokens at a time", "quotes_nothing": "that quotes nothing"}
    columns = ("tokens_per_second", "with_speculation", "times_as_fast")
    rows = [[title, *(report[kind][key] for key in columns)] for kind, title in kinds.items()]
    titles = ["an answer of 200 tokens after 600", "plain", "with speculation", "ratio"]
    return _table(titles, rows, _made(report))


def _seconds(values: Iterable[float]) -> list[str]:
    return [f"{value:.2f} s" for value in values]


def _made(report: Report) -> str:
    return made_on(report["threads"], f"onnxruntime {onnxruntime.__version__}")


def _table(titles: list[str], rows: Iterable[Iterable[object]], below: str) -> str:
    lines = [f"| {' | '.join(titles)} |", f"|---{'|--:' * (len(titles) - 1)}|"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join([*lines, "", below]) + "\n"
