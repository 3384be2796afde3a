"""Training as a plugin: `sensorium train`, `sensorium data`, and the data formats they read."""

from __future__ import annotations

from collections.abc import Iterable

from sensorium import Command, DatasetFormat, hookimpl


@hookimpl
def register_commands() -> Iterable[Command]:
    """`sensorium train STAGE`, `quantize`, `report` and `data {generate,features,pack,shards}`."""

    def load_train() -> object:
        from .cli import train

        return train

    def load_data() -> object:
        from .features.cli import features
        from .generate.cli import data

        data.add_command(features)
        return data

    def load_report() -> object:
        from .report.cli import report

        return report

    yield Command(
        name="train",
        summary="Train adapters, encoders or language models from a recipe.",
        load=load_train,  # type: ignore[arg-type]
    )

    def load_quantize() -> object:
        from .quantize.cli import quantize

        return quantize

    yield Command(
        name="quantize",
        summary="Round a language model to 4 bits, and prove that it still answers.",
        load=load_quantize,  # type: ignore[arg-type]
    )
    yield Command(
        name="report",
        summary="Write a page about a training run: curves, answers, settings.",
        load=load_report,  # type: ignore[arg-type]
    )
    yield Command(
        name="data",
        summary="Make corpora to train on, and features ahead.",
        load=load_data,  # type: ignore[arg-type]
    )


@hookimpl
def register_dataset_formats() -> Iterable[DatasetFormat]:
    """Conversations, captions and text, from files and from the hub."""
    from .formats import dataset_formats

    return dataset_formats()
