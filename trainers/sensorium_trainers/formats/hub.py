"""Data sets of the Hugging Face hub, through the library `datasets`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field
from sensorium.errors import ConfigError, MissingPackageError, placed
from sensorium.specs import Sample, SampleSource, TextSample

from .columns import ColumnOptions, check_columns, first_row, sample_of


class HubOptions(ColumnOptions):
    """Which data set, which part of it, and which columns hold what."""

    dataset: str = Field(
        description="Id on the hub, a local folder, or a reader such as `parquet` or `json`."
    )
    config: str | None = Field(default=None, description="One of its configurations.")
    split: str = Field(default="train", description="Which split, also `train[:10%]`.")
    revision: str | None = Field(
        default=None,
        description="Commit or tag. Without one, a later run may find other data.",
    )
    files: tuple[str, ...] = Field(
        default=(), description="Only these files of it, patterns allowed."
    )
    cache: Path | None = Field(
        default=None, description="Where to keep it; the library's own place if left out."
    )
    streaming: bool = Field(
        default=False,
        description="Read it from where it is while it is used, without a copy on this disk.",
    )
    window: int = Field(
        default=4096,
        ge=1,
        le=2**24,
        description="Streaming: rows held in memory, and drawn from in random order.",
    )
    rows: int | None = Field(
        default=None,
        ge=1,
        le=10**12,
        description="Streaming: how many rows the split has, where its page does not say.",
    )


class HubSource:
    """Rows by index. The table is downloaded and written once, and then mapped into memory."""

    def __init__(self, options: HubOptions) -> None:
        self._options = options
        self._name = f"{options.dataset}, {options.split}"
        table = load(options, import_datasets().load_dataset, split=options.split)
        check_columns(options, table.column_names, self._name)
        # As it is stored: the library would decode pictures itself, without our limits.
        self._table = table.select_columns(options.columns).with_format("arrow")

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: int) -> Sample | TextSample:
        with placed(f"{self._name}, row {index}"):
            return sample_of(first_row(self._table[index]), self._options)


def open_hub(options: HubOptions) -> SampleSource:
    """Download it where it is not here yet; or open the stream."""
    if options.streaming:
        from .stream import StreamSource

        return StreamSource(options)
    return HubSource(options)


def load(options: HubOptions, what: Callable[..., Any], **more: Any) -> Any:
    """Have `datasets` load it: `what` is one of its functions; ConfigError where that fails."""
    try:
        return what(
            options.dataset,
            options.config,
            revision=options.revision,
            data_files=list(options.files) or None,
            cache_dir=str(options.cache) if options.cache else None,
            **more,
        )
    except Exception as error:  # the library, and those beneath it, raise nearly anything
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ConfigError(
            f"The data set '{options.dataset}' cannot be loaded: {reason}",
            where="data.dataset",
            hint="Look at its page for `config` and `split`; without the hub, name a local folder.",
        ) from error


def import_datasets() -> Any:
    """The library; MissingPackageError without it."""
    try:
        import datasets
    except ImportError as error:
        raise MissingPackageError("datasets", "Reading the hub", extra="datasets") from error
    return datasets
