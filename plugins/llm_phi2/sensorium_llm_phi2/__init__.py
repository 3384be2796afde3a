"""Phi-2, Phi-1.5 and their kin as language models, and the chat template of LLaVA-Phi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sensorium.hooks import hookimpl
from sensorium.specs import ChatTemplate, LanguageModelSpec

from .template import LLAVA_PHI

if TYPE_CHECKING:
    from pathlib import Path

    from sensorium.contracts import LanguageModel, LanguageModelShape
    from sensorium.footprint import Footprint

    from .options import Phi2Options


@hookimpl
def register_language_models() -> Iterator[LanguageModelSpec]:
    """Phi on torch, and on ONNX Runtime."""
    from .options import Phi2Options

    yield LanguageModelSpec(
        name="phi2",
        summary="Microsoft Phi-2, Phi-1.5 and their kin (model type phi), on torch or ONNX Runtime",
        options=Phi2Options,
        inspect=_inspect,
        build=_build,
        footprint=_footprint,
        convert=_convert,
    )


@hookimpl
def register_chat_templates() -> Iterator[ChatTemplate]:
    """The conversation format that LLaVA-style Phi models are tuned on."""
    yield LLAVA_PHI


def _inspect(options: Phi2Options) -> LanguageModelShape:
    if options.backend == "onnx":
        from .onnx.checkpoint import inspect as inspect_onnx

        return inspect_onnx(options)
    from .checkpoint import inspect

    return inspect(options)


def _build(options: Phi2Options, device: str) -> LanguageModel:
    if options.backend == "onnx":
        from .onnx.build import build as build_onnx

        return build_onnx(options, device)
    from .build import build

    return build(options, device)


def _footprint(options: Phi2Options) -> Footprint:
    if options.backend == "onnx":
        from .onnx.footprint import footprint as footprint_onnx

        return footprint_onnx(options)
    from .footprint import footprint

    return footprint(options)


def _convert(options: Phi2Options, folder: Path) -> Mapping[str, str]:
    from .checkpoint import checkpoint_folder
    from .onnx.convert import convert

    convert(checkpoint_folder(options), folder, adapter=options.adapter)
    return {"backend": "onnx", "checkpoint": str(folder)}
