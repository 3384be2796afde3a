"""COCO captions: `{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}`."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Literal

from pydantic import DirectoryPath, Field
from sensorium.errors import ConfigError, SampleError, placed, reason_of
from sensorium.limits import LARGEST_SEED
from sensorium.media.images import open_image
from sensorium.messages import Message, has_words
from sensorium.options import Options
from sensorium.specs import Sample
from sensorium.text_files import read_text

from sensorium_trainers.drawing import number_of

from .attachments import inside

QUESTIONS = (
    "Describe the image in one sentence.",
    "What is in the picture?",
    "Give a short description of this picture.",
    "Write a caption for this image.",
    "What does the picture show?",
)


class CocoOptions(Options):
    """Where the captions and pictures are, what is asked, and which part is read."""

    path: Path = Field(description="The annotations, as in captions_train2017.json.")
    images: DirectoryPath = Field(description="Folder of the pictures, as in train2017.")
    questions: tuple[str, ...] = Field(
        default=QUESTIONS,
        min_length=1,
        description="What the user may ask; each caption answers one of them, chosen by `seed`.",
    )
    seed: int = Field(
        default=0, ge=0, le=LARGEST_SEED, description="Which question each caption gets."
    )
    part: Literal["train", "validation"] = Field(
        default="train",
        description="Which pictures to read: the two parts share none, whatever the seed.",
    )
    validation_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of the pictures in the part `validation`, chosen by a hash of their id; "
        "0 puts all into `train`, for a file that is split already.",
    )


class CocoSource:
    """One sample for each caption of the part, in the file's order."""

    def __init__(self, options: CocoOptions) -> None:
        self._options = options
        content = _read(options.path)
        self._files = {
            image.get("id"): image.get("file_name")
            for image in content["images"]
            if isinstance(image, dict) and isinstance(image.get("id"), int | str)
        }
        wanted = options.part == "validation"
        self._captions = [
            (number, caption)
            for number, caption in enumerate(content["annotations"])
            if _in_validation(caption, options.validation_share) == wanted
        ]

    def __len__(self) -> int:
        return len(self._captions)

    def __getitem__(self, index: int) -> Sample:
        number, caption = self._captions[index]
        name = caption.get("id", "no id") if isinstance(caption, dict) else "no object"
        with placed(f"{self._options.path}, annotation {number}, id {name}"):
            return Sample((self._messages(number, caption),))

    def group(self, index: int) -> Hashable:
        """The picture."""
        _, caption = self._captions[index]
        return str(caption.get("image_id")) if isinstance(caption, dict) else index

    def _messages(self, number: int, caption: Any) -> tuple[Message, ...]:
        said = caption.get("caption") if isinstance(caption, dict) else None
        if not isinstance(said, str) or not has_words(said):
            raise SampleError("It has no text 'caption'")
        image = caption.get("image_id")
        file = self._files.get(image) if isinstance(image, int | str) else None
        if not isinstance(file, str):
            raise SampleError(f"No picture with a file name has the id {image!r}")
        picture = open_image(inside(self._options.images, file))
        questions = self._options.questions
        question = questions[number_of(f"{self._options.seed} {number}") % len(questions)]
        return Message.user(picture, question), Message.assistant(" ".join(said.split()))


def open_coco(options: CocoOptions) -> CocoSource:
    """Open one file."""
    return CocoSource(options)


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"Cannot read {path}: {reason_of(error)}", where="data.path") from error
    for key in ("images", "annotations"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise ConfigError(
                f"{path} has no list '{key}'",
                where="data.path",
                hint="COCO's captions are in captions_train2017.json, captions_val2017.json.",
            )
    return dict(content)


def _in_validation(caption: Any, share: float) -> bool:
    """By the picture alone, so that all its captions are in one part."""
    image = caption.get("image_id") if isinstance(caption, dict) else None
    return number_of(f"image {image}") < share * 2**64
