"""Rows of named columns, as tables have them → samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import DirectoryPath, Field, model_validator
from sensorium.errors import ConfigError, SampleError, suggestion
from sensorium.messages import Media
from sensorium.options import Options
from sensorium.specs import Sample, TextSample

from .attachments import Attachments, Modality
from .conversation import conversation


class ColumnOptions(Options):
    """Which columns hold what."""

    text: str | None = Field(
        default=None, description="Column of plain text, for the stage pretrain."
    )
    messages: str | None = Field(
        default=None, description="Column of conversations, in the form of the format `chat`."
    )
    image: str | None = Field(
        default=None,
        description="Column of the pictures of `messages`, one or a list: bytes, or names of files "
        "in `media`. They stand where a part of the type `image` names no file, else in front.",
    )
    audio: str | None = Field(
        default=None, description="Column of the recordings of `messages`, as `image`."
    )
    media: DirectoryPath | None = Field(
        default=None, description="Folder of the media that are named and not in the table."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.text is None) == (self.messages is None):
            raise ValueError("name one column: `text`, or `messages`")
        if self.text is not None and (self.image or self.audio):
            raise ValueError("media belong to `messages`, not to `text`")
        return self

    @property
    def columns(self) -> list[str]:
        """All that are read."""
        return [name for name in (self.text, self.messages, self.image, self.audio) if name]


def check_columns(options: ColumnOptions, known: Iterable[str], source: str) -> None:
    """ConfigError where the table lacks a column."""
    known = list(known)
    for name in options.columns:
        if name not in known:
            raise ConfigError(
                f"{source} has no column '{name}'",
                where="data",
                hint=f"{suggestion(name, known)}Columns: {', '.join(known)}.",
            )


def first_row(table: Any) -> Mapping[str, Any]:
    """Of a table of Arrow, as plain objects; SampleError where it holds no valid text."""
    try:
        row: Mapping[str, Any] = table.slice(0, 1).to_pylist()[0]
    except ValueError as error:
        raise SampleError(f"It cannot be decoded: {error}") from error
    return row


def sample_of(row: Mapping[str, Any], options: ColumnOptions) -> Sample | TextSample:
    """One row; SampleError or MediaError where it cannot be used."""
    if options.text is not None:
        text = row[options.text]
        if not isinstance(text, str):
            raise SampleError(f"Its '{options.text}' is {type(text).__name__}, no text")
        return TextSample(text)
    brought = [
        *_media("image", row, options.image, options.media),
        *_media("audio", row, options.audio, options.media),
    ]
    turns = row[str(options.messages)]
    return Sample((conversation(turns, Attachments(options.media, brought)),))


def _media(
    modality: Modality, row: Mapping[str, Any], column: str | None, folder: Path | None
) -> list[Media]:
    cell = None if column is None else row[column]
    if cell is None:
        return []
    found = []
    for one in cell if isinstance(cell, list) else [cell]:
        media = Attachments(folder).read(modality, one)
        if media is None:
            raise SampleError(f"Its '{column}' holds neither bytes nor the name of a file")
        found.append(media)
    return found
