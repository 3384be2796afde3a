"""Training as a plugin: `sensorium train` and the data formats it reads."""

from __future__ import annotations

from collections.abc import Iterable

from sensorium import Command, DatasetFormat, hookimpl


@hookimpl
def register_commands() -> Iterable[Command]:
    """`sensorium train {encoder,pretrain,align,instruct,speech}`."""

    def load() -> object:
        from .cli import train

        return train

    yield Command(
        name="train",
        summary="Train adapters, encoders or language models from a recipe.",
        load=load,  # type: ignore[arg-type]
    )


@hookimpl
def register_dataset_formats() -> Iterable[DatasetFormat]:
    """Conversations, captions and text, from files and from the hub."""
    from .formats import dataset_formats

    return dataset_formats()
