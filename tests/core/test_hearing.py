"""What was said becomes text, once, and stands where it was said; the rest of the turn goes on."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from sensorium import Media, Message, Segment, TextPart, Transcript, hookimpl
from sensorium.config import make_recipe
from sensorium.contracts import FeatureShape
from sensorium.errors import (
    CheckpointError,
    ConfigError,
    NothingHeardError,
    PerceptionError,
    UnsupportedInputError,
)
from sensorium.hearing import REMEMBERED, Hearing, Interrupted, as_text
from sensorium.messages import MediaPart
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.specs import EncoderSpec, TranscriberSpec
from sensorium.testing import (
    EARS,
    FakeEncoder,
    FakeLanguageModel,
    FakePlugin,
    FakeTranscriber,
    fake_engine,
    fake_registry,
)
from sensorium.testing.plugin import RECIPE

FEATURES = {"encoders": {"audio": {"plugin": "ear", "projector": {"plugin": "frame-stack"}}}}
SHORT = {"generation": {"max_tokens": 6}}
WORDS = {1600: "where is the cat", 3200: "and the dog"}


def recording(samples=1600):
    return Media("audio", f"recording {samples}", np.zeros(samples, np.float32))


class Ear(FakeEncoder):
    """As many positions as the recording has hundreds of samples."""

    def prepare(self, media):
        return torch.ones(len(media) // 100, self.width)

    def encode(self, batch):
        self.encoded += len(batch)
        return [item * len(item) for item in batch]


class EarPlugin:
    def __init__(self):
        self.ear = Ear("audio")

    @hookimpl
    def register_encoders(self):
        yield EncoderSpec(
            name="ear",
            modality="audio",
            summary="hears how long it is",
            options=NoOptions,
            inspect=lambda options: FeatureShape(self.ear.width, None),
            build=lambda options, device: self.ear,
        )


def new_engine(transcriber=None, mode=EARS, encoder=None):
    llm = FakeLanguageModel(context_length=2000)
    plugin = FakePlugin(llm, encoder, transcriber or FakeTranscriber(WORDS))
    return fake_engine(plugin, EarPlugin(), recipe=SHORT | mode)


@pytest.fixture
def transcriber():
    return FakeTranscriber(WORDS)


@pytest.fixture
def engine(transcriber):
    return new_engine(transcriber)


def test_a_spoken_question_is_answered_as_the_typed_one(engine, pictures):
    spoken = engine.ask([Message.user(pictures[0], recording())])
    typed = engine.ask([Message.user(pictures[0], "where is the cat")])
    assert spoken.text == typed.text
    assert [heard.text for heard in spoken.transcripts] == ["where is the cat"]
    assert typed.transcripts == ()


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (["look:", 1600], "look: where is the cat"),
        ([1600, "quick"], "where is the cat quick"),
        ([1600, 3200], "where is the cat and the dog"),
        (["a ", 1600, " b"], "a where is the cat b"),
        (["a", 800, "b"], "ab"),
        ([800, "b"], "b"),
        (["a", "b", 1600], "ab where is the cat"),
        ([1600, "a", "b"], "where is the cat ab"),
        ([1600, "", "b"], "where is the cat b"),
    ],
)
def test_words_stand_where_they_were_said(engine, content, written):
    media = [recording(part) if isinstance(part, int) else part for part in content]
    assert engine.ask([Message.user(*media)]).text == engine.ask([Message.user(written)]).text


def test_pictures_keep_their_places_between_words(pictures):
    red, green, _ = pictures
    heard = Transcript("two", "en")
    parts = (TextPart("one"), MediaPart(red), MediaPart(recording(), heard), MediaPart(green))
    (message,) = as_text([Message("user", parts)], ["audio"])
    assert message.parts == (TextPart("one"), MediaPart(red), TextPart("two"), MediaPart(green))
    (kept,) = as_text([Message("user", parts)], [])
    assert kept.parts == parts


@pytest.mark.parametrize("mode", [EARS, FEATURES], ids=["transcribe", "features"])
def test_all_combinations_in_one_conversation(mode, pictures):
    engine = new_engine(mode=mode)
    red, green, blue = pictures
    said: list[Message] = []
    lengths = []
    for content in (
        ["hello"],
        [red, "what is it?"],
        [recording()],
        ["this is a picture", green],
        [recording(3200), red],
        ["see", recording(), blue],
        [red, green, recording(3200)],
        [recording()],  # a follow-up by voice about an earlier picture
    ):
        stream = engine.stream([*said, Message.user(*content)])
        answer = stream.answer
        said = [*stream.messages, Message.assistant(answer.text)]
        lengths.append(answer.usage.prompt)
        fresh = new_engine(mode=mode).ask(stream.messages)
        assert fresh.text == answer.text  # kept KV changes nothing
        if len(said) > 2:
            assert answer.usage.reused >= lengths[-2]
    assert lengths == sorted(lengths)
    assert len(said) == 16


def test_nothing_is_heard_twice(engine, transcriber):
    stream = engine.stream([Message.user(recording())])
    said = [*stream.hear(), stream.answer][-1]
    assert transcriber.transcribed == 1
    engine.ask([Message.user(recording())])
    assert transcriber.transcribed == 1  # remembered by content
    elsewhere = FakeTranscriber("something else")
    later = [*stream.messages, Message.assistant(said.text), Message.user("and?")]
    again = new_engine(elsewhere).stream(later)
    assert again.answer.transcripts == ()
    assert elsewhere.transcribed == 0  # the message brings its transcript
    assert again.messages[0].transcripts == said.transcripts


def test_what_was_heard_is_there_before_the_answer(engine):
    stream = engine.stream(
        [Message.user("old", recording()), Message.assistant("x"), Message.user(recording(3200))]
    )
    assert stream.transcripts == ()
    (heard,) = stream.hear()
    assert heard == Transcript("and the dog", "en", (Segment(0.0, 0.2, "and the dog"),))
    assert stream.messages[0].transcripts[0].text == "where is the cat"
    assert stream.answer.transcripts == (heard,)


def test_memory_is_bounded():
    transcriber = FakeTranscriber()
    hearing = Hearing(lambda: transcriber)
    for number in range(REMEMBERED + 1):
        hearing.hear(recording(100 + number))
    hearing.hear(recording(100 + REMEMBERED))
    assert transcriber.transcribed == REMEMBERED + 1
    hearing.hear(recording(100))
    assert transcriber.transcribed == REMEMBERED + 2


def test_ears_are_loaded_when_first_needed_and_once():
    loaded = []

    def build(options, device):
        loaded.append(device)
        return FakeTranscriber(WORDS)

    class Ears:
        @hookimpl
        def register_transcribers(self):
            yield TranscriberSpec("slow", "audio", "takes its time", NoOptions, build)

    recipe = {"encoders": {"audio": {"plugin": "slow", "mode": "transcribe"}}}
    engine = fake_engine(FakePlugin(), Ears(), recipe=SHORT | recipe)
    engine.ask([Message.user("hello")])
    assert loaded == []
    engine.ask([Message.user(recording())])
    engine.ask([Message.user(recording(3200))])
    assert loaded == ["cpu"]


@pytest.mark.parametrize("with_picture", [False, True])
def test_sound_without_words_asks_to_repeat(engine, pictures, with_picture):
    content = [*([pictures[0]] if with_picture else []), recording(800)]
    with pytest.raises(NothingHeardError, match=r"No words were understood.*say it again"):
        engine.ask([Message.user(*content)])
    assert engine.ask([Message.user("hi", recording(800))]).text  # something was written
    assert engine.ask([Message.user(recording(800), recording())]).text
    assert not engine.lock.locked()


def test_features_need_no_words():
    engine = new_engine(mode=FEATURES)
    answer = engine.ask([Message.user(recording(800))])
    assert answer.text
    assert answer.transcripts == ()
    # 8 positions in stacks of 4
    longer = engine.ask([Message.user(recording(1600))]).usage.prompt
    assert longer - answer.usage.prompt == 2


def test_pictures_are_looked_at_meanwhile(pictures):
    looking, listening = threading.Event(), threading.Event()

    class Eye(FakeEncoder):
        def encode(self, batch):
            looking.set()
            assert listening.wait(5)
            return super().encode(batch)

    class Slow(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            listening.set()
            assert looking.wait(5)
            return super().transcribe(media, progress=progress)

    eye = Eye()
    engine = new_engine(Slow(), encoder=eye)
    assert engine.ask([Message.user(*pictures, recording())]).text
    assert eye.encoded == 3


def test_a_failing_transcriber_fails_one_request(engine, transcriber, pictures):
    class Broken(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            if len(media) == 3200:
                raise RuntimeError("a secret path: /home/someone")
            return super().transcribe(media, progress=progress)

    engine = new_engine(Broken(WORDS))
    with pytest.raises(PerceptionError, match=r"failed on this input \(RuntimeError\)") as caught:
        engine.ask([Message.user(pictures[0], recording(3200))])
    assert "secret" not in str(caught.value)
    assert engine.ask([Message.user(recording())]).text


def test_a_failing_encoder_ends_the_listening(pictures):
    ended = threading.Event()

    class Blind(FakeEncoder):
        def encode(self, batch):
            raise ValueError

    class Long(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            try:
                for second in range(500):
                    time.sleep(0.01)
                    progress(second)
            finally:
                ended.set()
            return super().transcribe(media)

    engine = new_engine(Long(), encoder=Blind())
    began = time.perf_counter()
    with pytest.raises(PerceptionError, match="image encoder"):
        engine.ask([Message.user(pictures[0], recording())])
    assert ended.is_set()
    assert time.perf_counter() - began < 2


def test_cancel_ends_the_listening():
    class Long(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            stream.cancel()
            progress(1.0)
            raise AssertionError("went on")

    engine = new_engine(Long())
    stream = engine.stream([Message.user(recording())])
    assert list(stream) == []
    assert stream.answer.finish_reason == "cancelled"
    assert stream.answer.usage.prompt == 0
    with pytest.raises(Interrupted):
        stream.hear()


def test_a_model_without_ears_says_so():
    engine = new_engine(mode={})
    with pytest.raises(UnsupportedInputError, match="cannot perceive audio; it takes text, image"):
        engine.ask([Message.user(recording())])
    with pytest.raises(UnsupportedInputError, match="it takes text, audio, image"):
        new_engine().ask([Message.user(Media("smell", "x", None))])


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        ({"plugin": "ear", "mode": "transcribe"}, r"'ear' cannot transcribe \(.*audio\.mode"),
        (
            {"plugin": "fakes", "mode": "transcribe"},
            r"No transcriber 'fakes' \(.*audio\.plugin\)\. Did you mean 'fake'",
        ),
        ({"plugin": "fake", "mode": "features"}, r"perceives image, not audio"),
        (
            {"plugin": "fake", "mode": "transcribe", "beam": 3},
            r"unknown key 'encoders\.audio\.beam'",
        ),
    ],
)
def test_errors_name_the_key(audio, said):
    with pytest.raises(ConfigError, match=said):
        new_engine(mode={"encoders": {"audio": audio}})


def test_a_projector_beside_a_transcriber_is_allowed():
    both = {"encoders": {"audio": {**EARS["encoders"]["audio"], "projector": {"plugin": "mlp"}}}}
    made = new_engine(mode=both).pipeline.plan
    assert [planned.modality for planned in made.senses] == ["image"]
    assert [planned.modality for planned in made.hearings] == ["audio"]
    assert made.modalities == ("image", "audio")


def test_a_transcriber_alone_gives_no_features():
    class Alone(FakePlugin):
        @hookimpl
        def register_encoders(self):
            return iter(())

    recipe = {"encoders": {"audio": {"plugin": "fake", "projector": {"plugin": "mlp"}}}}
    tree = {"llm": {"plugin": "fake"}, "template": "fake", **recipe}
    made, registry = make_recipe(tree, source="test"), fake_registry(Alone())
    with pytest.raises(ConfigError, match=r"gives no features .* Set mode: transcribe"):
        plan(made, registry)


def test_ears_that_cannot_work_are_named_before_anybody_speaks():
    def inspect(options):
        raise CheckpointError("No folder here", where="checkpoint", hint="Make one.")

    class Ears:
        @hookimpl
        def register_transcribers(self):
            yield TranscriberSpec(
                "torn", "audio", "cannot work", NoOptions, lambda options, device: None, inspect
            )

    recipe = make_recipe(
        RECIPE | {"encoders": {"audio": {"plugin": "torn", "mode": "transcribe"}}}, source="my.yaml"
    )
    with pytest.raises(CheckpointError) as caught:
        plan(recipe, fake_registry(FakePlugin(), Ears()), source="my.yaml")
    said = "No folder here (my.yaml, encoders.audio.checkpoint). Make one."
    assert str(caught.value) == said


def test_waiting_for_words_is_a_phase_of_its_own():
    class Slow(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            time.sleep(0.05)
            return super().transcribe(media)

    engine = fake_engine(FakePlugin(transcriber=Slow()), recipe=EARS | SHORT)
    asked = [Message.user(recording())]
    first, again = engine.ask(asked), engine.ask(asked)
    assert first.phases.hear > 0.02 > again.phases.hear
    assert first.phases.total == pytest.approx(first.total_seconds)
