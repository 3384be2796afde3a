"""A sample ↔ the files that it is in a tar file, by what follows the first dot of their names.

As `webdataset` has it: `17.jpg` and `17.txt` are a picture and its caption. What Sensorium writes
is `17.json` with the text or the conversations, and `17.0.jpg`, `17.1.wav` … which it names.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from sensorium.errors import ConfigError, SampleError
from sensorium.media.audio import read_audio, recording_suffix
from sensorium.media.images import read_image
from sensorium.messages import Media, Message, TextPart, has_words
from sensorium.specs import Sample, TextSample
from sensorium.text_files import EncodingError, decode

from sensorium_trainers.drawing import number_of

from .attachments import Attachments
from .conversation import conversation

_IMAGES = frozenset({"jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"})
_RECORDINGS = frozenset({"wav", "mp3", "ogg", "flac", "m4a", "webm"})


def members_of(sample: Any) -> dict[str, bytes]:
    """Its files; pictures and recordings as they were in theirs, to the last byte.

    ConfigError for data that tar files cannot hold.
    """
    if isinstance(sample, TextSample):
        ended = {} if sample.ended else {"ended": False}
        return {"json": _json({"text": sample.text, **ended})}
    if not isinstance(sample, Sample) or sample.media_labels:
        raise ConfigError(
            f"Shards hold texts and conversations; the data gives {type(sample).__name__}"
            f"{' with media labels' if isinstance(sample, Sample) else ''}",
            where="data",
        )
    media = {item: None for turns in sample.conversations for turn in turns for item in turn.media}
    names = {item: f"{number}.{_suffix(item)}" for number, item in enumerate(media)}
    talks = [[_turn(turn, names) for turn in turns] for turns in sample.conversations]
    return {"json": _json({"conversations": talks}), **{names[m]: _bytes(m) for m in media}}


def sample_of(key: str, members: Mapping[str, bytes], questions: Sequence[str]) -> Any:
    """What the files of one sample say; SampleError or MediaError where they cannot be used."""
    record = _parsed(members["json"]) if "json" in members else {}
    if isinstance(text := record.get("text"), str):
        return TextSample(text, ended=record.get("ended") is not False)
    if isinstance(talks := record.get("conversations"), list) and talks:
        return Sample(tuple(conversation(t, Attachments(None, held=members)) for t in talks))
    media = [read for name, data in members.items() if (read := _read(name, data))]
    if "messages" in record:
        return Sample((conversation(record["messages"], Attachments(None, media)),))
    if "txt" not in members:
        raise SampleError(
            f"It has the files {', '.join(members)}: neither a text, nor messages in its .json"
        )
    said = _text(members["txt"])
    if not media:
        return TextSample(said)
    if not has_words(said):
        raise SampleError("Its .txt is empty")
    asked = Message.user(*media, questions[number_of(key) % len(questions)])
    return Sample(((asked, Message.assistant(" ".join(said.split()))),))


def _turn(message: Message, names: Mapping[Media, str]) -> dict[str, Any]:
    parts = [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {"type": part.media.modality, part.media.modality: names[part.media]}
        for part in message.parts
    ]
    return {"role": message.role, "content": parts}


def _suffix(media: Media) -> str:
    if media.modality == "image" and media.file is not None:
        with Image.open(io.BytesIO(media.file)) as picture:
            kind = str(picture.format).lower()
            return {"jpeg": "jpg", "tiff": "tif"}.get(kind, kind)
    if media.modality == "audio" and media.file is not None:
        return recording_suffix(media.file)
    return "png" if media.modality == "image" else media.modality


def _bytes(media: Media) -> bytes:
    if media.file is not None:
        return media.file
    if media.modality != "image":
        raise ConfigError("Recordings that were never files cannot be put into one", where="data")
    buffer = io.BytesIO()
    media.value.save(buffer, "PNG")
    return buffer.getvalue()


def _read(name: str, data: bytes) -> Media | None:
    suffix = name.rpartition(".")[2]
    if suffix in _IMAGES:
        return read_image(data)
    return read_audio(data) if suffix in _RECORDINGS else None


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SampleError(f"Its .json is not JSON: {error}") from error
    return record if isinstance(record, dict) else {}


def _text(data: bytes) -> str:
    try:
        return decode(data)
    except EncodingError as error:
        raise SampleError(f"Its .txt cannot be read: {error}") from error


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
