"""Media become embeddings once; what cannot be perceived is refused, never ignored."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from sensorium import Media, Message, read_image
from sensorium.cache import TensorCache
from sensorium.errors import MediaError, PerceptionError, UnsupportedInputError
from sensorium.testing import FakeEncoder, FakePlugin, fake_engine


class Encoder(FakeEncoder):
    """Does `fault` to the features while one is set."""

    fault = None

    def encode(self, batch):
        features = super().encode(batch)
        return self.fault(features) if self.fault else features


@pytest.fixture
def encoder():
    return Encoder()


@pytest.fixture
def engine(encoder):
    return fake_engine(FakePlugin(encoder=encoder), recipe={"generation": {"max_tokens": 4}})


def fails(features):
    raise RuntimeError("a secret path: /home/someone")


def media_fault(features):
    raise MediaError("too long")


@pytest.mark.parametrize(
    "fault",
    [
        fails,
        lambda features: [item * float("nan") for item in features],
        lambda features: [item.index_fill(0, torch.tensor([1]), torch.inf) for item in features],
        lambda features: features[:-1],
        lambda features: [*features, *features],
        lambda features: [item[:, :3] for item in features],
        lambda features: [item[:0] for item in features],
        lambda features: None,
    ],
    ids=["raises", "nan", "inf", "fewer", "more", "narrow", "empty", "none"],
)
def test_a_failing_encoder_fails_one_request(engine, encoder, pictures, fault):
    asked = [Message.user(*pictures, "?")]
    encoder.fault = fault
    with pytest.raises(PerceptionError) as caught:
        engine.ask(asked)
    assert "image encoder" in str(caught.value)
    assert "/home" not in str(caught.value)
    assert not engine.lock.locked()
    encoder.fault = None
    assert engine.ask(asked).finish_reason == "length"
    encoder.fault = fault
    assert engine.ask(asked).finish_reason == "length"  # seen before: not encoded again


def test_features_of_another_width_are_named(engine, encoder, pictures):
    encoder.fault = lambda features: [item[:, :3] for item in features]
    with pytest.raises(PerceptionError, match=r"gave features \[\d+, 3\], not \[T, \d+\]"):
        engine.ask([Message.user(pictures[0], "?")])


def test_a_failing_projector_is_not_the_encoder(engine, pictures, monkeypatch):
    monkeypatch.setattr(engine.pipeline.senses["image"], "projector", fails)
    with pytest.raises(PerceptionError, match=r"image projector failed .* \(RuntimeError\)"):
        engine.ask([Message.user(pictures[0], "?")])


def test_a_projector_that_blew_up_is_not_the_encoder(engine, pictures, monkeypatch):
    projector = engine.pipeline.senses["image"].projector
    spoilt = lambda features: projector(features) * torch.nan  # noqa: E731
    monkeypatch.setattr(engine.pipeline.senses["image"], "projector", spoilt)
    with pytest.raises(PerceptionError, match="image projector gave nothing, or values"):
        engine.ask([Message.user(pictures[0], "?")])


def test_an_encoder_may_refuse_in_its_own_words(engine, encoder, pictures):
    encoder.fault = media_fault
    with pytest.raises(MediaError, match="too long"):
        engine.ask([Message.user(pictures[0], "?")])


def test_what_no_sense_takes_is_refused(engine, encoder, pictures):
    sound = Media("audio", "d", b"")
    with pytest.raises(UnsupportedInputError) as caught:
        engine.ask([Message.user(pictures[0], sound, "?")])
    assert str(caught.value) == (
        "This model cannot perceive audio; it takes text, image. Add encoders.audio to the recipe."
    )
    assert encoder.encoded == 0  # refused before anything is encoded


def test_equal_content_is_encoded_once(engine, encoder, pictures):
    engine.ask([Message.user(pictures[0], pictures[1], pictures[0], "?")])
    assert encoder.encoded == 2
    engine.ask([Message.user(pictures[1], pictures[0], "and now?")])
    again = read_image(Image.new("RGB", (6, 4), "red"))
    engine.ask([Message.user(again, "?")])
    assert encoder.encoded == 2
    engine.ask([Message.user(pictures[2], "?")])
    assert encoder.encoded == 3


def test_each_slot_gets_its_own_picture(engine, pictures):
    from sensorium.render import MediaPiece, TextPiece

    perception = engine.pipeline.perception
    first, second, _ = pictures
    alone = [perception.perceive([MediaPiece(item)]).embeddings for item in (first, second)]
    prompt = perception.perceive([MediaPiece(second), TextPiece((65, 66)), MediaPiece(first)])
    text = engine.pipeline.llm.embed(torch.tensor([65, 66]))
    torch.testing.assert_close(prompt.embeddings, torch.cat([alone[1], text, alone[0]]))
    assert prompt.keys == (
        *((second.digest, n) for n in range(4)),
        65,
        66,
        *((first.digest, n) for n in range(4)),
    )
    assert not prompt.embeddings.requires_grad


def test_an_encoder_in_half_precision_meets_a_projector_in_float32(engine, encoder, pictures):
    encoder.fault = lambda features: [item.to(torch.bfloat16) for item in features]
    assert engine.ask([Message.user(pictures[0], "?")]).finish_reason == "length"


def test_the_memory_is_bounded_and_keeps_what_was_used_last():
    cache = TensorCache(max_bytes=100)
    for name in "abcde":
        cache.put(name, torch.zeros(5))  # 20 bytes each
    assert cache.get("a") is not None  # now the youngest
    cache.put("f", torch.zeros(5))
    assert [name for name in "abcdef" if cache.get(name) is not None] == list("acdef")
    cache.put("c", torch.zeros(10))  # grows
    assert sum(tensor.nbytes for tensor in cache._held.values()) == cache._bytes <= 100
    cache.put("big", torch.zeros(26))
    assert cache.get("big") is None
    cache.put("c", torch.zeros(26))
    assert cache.get("c") is None
    assert cache._bytes == sum(tensor.nbytes for tensor in cache._held.values())


def test_a_full_memory_still_answers(engine, encoder, pictures):
    engine.pipeline.senses["image"]._seen.max_bytes = 0
    for _ in range(2):
        assert engine.ask([Message.user(*pictures, "?")]).usage.prompt > 12
    assert encoder.encoded == 6


def test_the_memory_is_bounded_in_number_and_keeps_no_more_than_it_shows():
    cache = TensorCache(max_items=3)
    for name in "abcd":
        cache.put(name, torch.zeros(5))
    assert [name for name in "abcd" if cache.get(name) is not None] == list("bcd")
    whole = torch.zeros(1000, 5)
    cache.put("view", whole[3:4])
    assert cache.get("view").untyped_storage().nbytes() == 20
    cache.put("whole", whole)
    assert cache.get("whole") is whole
