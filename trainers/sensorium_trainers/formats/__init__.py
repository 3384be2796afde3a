"""The data formats that `sensorium train` reads, one module each."""

from __future__ import annotations

from collections.abc import Iterable

from sensorium.specs import DatasetFormat

from .chat import ChatOptions, open_chat
from .coco import CocoOptions, open_coco
from .hub import HubOptions, open_hub
from .llava import LlavaOptions, open_llava
from .parquet import ParquetOptions, open_parquet
from .tar import TarOptions, open_tar
from .text import TextOptions, open_text
from .tokens import TokensOptions, open_tokens


def dataset_formats() -> Iterable[DatasetFormat]:
    """The menu."""
    yield DatasetFormat(
        name="llava",
        summary="LLaVA-Pretrain / LLaVA-Instruct JSON with a folder of images",
        options=LlavaOptions,
        open=open_llava,
    )
    yield DatasetFormat(
        name="chat",
        summary="JSONL of conversations: messages with text, pictures and recordings",
        options=ChatOptions,
        open=open_chat,
    )
    yield DatasetFormat(
        name="coco-captions",
        summary="COCO's captions with a folder of pictures, split by picture",
        options=CocoOptions,
        open=open_coco,
    )
    yield DatasetFormat(
        name="text",
        summary="plain text or JSONL, one sample per line, for the stage pretrain",
        options=TextOptions,
        open=open_text,
    )
    yield DatasetFormat(
        name="parquet",
        summary="Parquet files of text, or of conversations with pictures and recordings",
        options=ParquetOptions,
        open=open_parquet,
    )
    yield DatasetFormat(
        name="hub",
        summary="any data set of the Hugging Face hub, or a local one of its form",
        options=HubOptions,
        open=open_hub,
    )
    yield DatasetFormat(
        name="tokens",
        summary="a corpus of token ids that `sensorium data pack` wrote, in blocks",
        options=TokensOptions,
        open=open_tokens,
    )
    yield DatasetFormat(
        name="tar",
        summary="tar files of texts, captions and conversations, as webdataset has them",
        options=TarOptions,
        open=open_tar,
    )
