"""Property: media embeddings keep order, count and content, whatever stands around them."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import FeatureShape, Media, Message, hookimpl
from sensorium.hearing import as_text
from sensorium.options import NoOptions
from sensorium.render import MediaPiece, render
from sensorium.specs import EncoderSpec
from sensorium.testing import FakeLanguageModel, FakePlugin, FakeTranscriber, fake_engine

WIDTH = 8


class Marked:
    """Features that say which item and which position they are: [T, D] full of item + t / 1000."""

    width = WIDTH

    def __init__(self, modality, positions):
        self.modality = modality
        self.fingerprint = f"marked {modality}"
        self._positions = positions

    def prepare(self, media):
        return torch.tensor(media)

    def encode(self, batch):
        return [self._marked(item) for item in batch]

    def _marked(self, item):
        number, length = item.tolist()
        count = self._positions or length
        return (number + torch.arange(count)[:, None] / 1000).expand(count, WIDTH).clone()

    def save(self, folder):
        pass


class MarkedPlugin:
    def __init__(self):
        self.senses = {"image": Marked("image", 4), "sound": Marked("sound", None)}

    @hookimpl
    def register_encoders(self):
        for name, sense in self.senses.items():
            yield EncoderSpec(
                name=f"marked-{name}",
                modality=name,
                summary="marked",
                options=NoOptions,
                inspect=lambda options, sense=sense: FeatureShape(WIDTH, sense._positions),
                build=lambda options, device, sense=sense: sense,
            )


def sense(name):
    return {"plugin": f"marked-{name}", "projector": {"plugin": "identity"}}


RECIPE = {
    "encoders": {
        "image": sense("image"),
        "sound": sense("sound"),
        "audio": {"plugin": "fake", "mode": "transcribe"},
    }
}
WORDS = {100 + number: f"spoken {number}" for number in range(4)}
ENGINE = fake_engine(
    FakePlugin(
        FakeLanguageModel(width=WIDTH, context_length=100_000), None, FakeTranscriber(WORDS)
    ),
    MarkedPlugin(),
    recipe=RECIPE,
)

pictures = st.integers(1, 5).map(lambda n: Media("image", f"image {n}", [n, 4]))
sounds = st.tuples(st.integers(6, 9), st.integers(1, 9)).map(
    lambda item: Media("sound", f"sound {item}", list(item))
)
speech = st.integers(0, 3).map(
    lambda n: Media("audio", f"audio {n}", np.zeros(100 + n, np.float32))
)
texts = st.text(alphabet="ab <|>\n", max_size=12)
messages = st.lists(st.one_of(texts, pictures, sounds, speech), min_size=1, max_size=8)


def expected(media):
    number, length = media.value
    count = 4 if media.modality == "image" else length
    return [number + position / 1000 for position in range(count)]


@settings(max_examples=150, deadline=None)
@given(st.lists(messages, min_size=1, max_size=3))
def test_every_item_stands_whole_in_its_place(contents):
    said = [Message.user(*content) for content in contents]
    stream = ENGINE.stream(said)
    stream.hear()
    pipeline = ENGINE.pipeline
    written = as_text(stream.messages, ["audio"])
    pieces = render(written, pipeline.template, pipeline.llm.tokenizer)
    prompt = pipeline.perception.perceive(pieces)

    shown = [part for content in contents for part in content if isinstance(part, Media)]
    projected = [media for media in shown if media.modality != "audio"]
    assert [piece.media for piece in pieces if isinstance(piece, MediaPiece)] == projected

    at = 0
    for piece in pieces:
        if isinstance(piece, MediaPiece):
            values = torch.tensor(expected(piece.media))
            assert torch.equal(
                prompt.embeddings[at : at + len(values)], values[:, None].expand(-1, WIDTH)
            )
            keys = [(piece.media.digest, index) for index in range(len(values))]
        else:
            assert torch.equal(
                prompt.embeddings[at : at + len(piece.ids)],
                pipeline.llm.embed(torch.tensor(piece.ids)),
            )
            keys = list(piece.ids)
        assert list(prompt.keys[at : at + len(keys)]) == keys
        at += len(keys)
    assert at == len(prompt.embeddings) == len(prompt.keys)

    spoken = [WORDS[len(media.value)] for media in shown if media.modality == "audio"]
    whole = "".join(message.text for message in written)
    for words in spoken:
        assert words in whole
