"""What plugins build is checked when it is built; the error names plugin, contract and member."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import torch
from sensorium import (
    BundleSpec,
    Capabilities,
    ChatTemplate,
    DatasetFormat,
    EncoderSpec,
    Evaluation,
    FeatureShape,
    LanguageModelShape,
    LanguageModelSpec,
    Message,
    NoOptions,
    ProjectorSpec,
    Score,
    TranscriberSpec,
    Turn,
    hookimpl,
)
from sensorium.conformance import members
from sensorium.contracts import (
    AdaptableLanguageModel,
    BlockwiseLanguageModel,
    Encoder,
    Session,
    TrainableLanguageModel,
    VariableEncoder,
)
from sensorium.errors import PerceptionError, PluginError, told
from sensorium.testing import (
    EARS,
    FakeEncoder,
    FakeLanguageModel,
    FakeSession,
    FakeTokenizer,
    FakeTranscriber,
    fake_engine,
    fake_registry,
)
from sensorium.testing.fakes import VOCABULARY
from torch import nn

ABSENT = object()
HOOKS = {
    EncoderSpec: "register_encoders",
    TranscriberSpec: "register_transcribers",
    ProjectorSpec: "register_projectors",
    LanguageModelSpec: "register_language_models",
    ChatTemplate: "register_chat_templates",
    DatasetFormat: "register_dataset_formats",
    BundleSpec: "register_bundles",
    Evaluation: "register_evaluations",
}


def plugin(spec):
    """One that registers this."""

    @hookimpl
    def hook(self):
        yield spec

    return type("Odd", (), {HOOKS[type(spec)]: hook})()


def registered(spec):
    """The spec as the registry gives it."""
    for table in fake_registry(plugin(spec)).tables():
        if table.hook == HOOKS[type(spec)]:
            return table.get(spec.name)
    raise LookupError(spec)


def changed(kind, **changes):
    """A component of this class whose members are replaced or, where ABSENT, missing."""

    class Changed(kind):
        def __getattribute__(self, name):
            if name in changes:
                if changes[name] is ABSENT:
                    raise AttributeError(name, name=name, obj=self)
                return changes[name]
            return super().__getattribute__(name)

    Changed.__name__ = "Changed"
    return Changed()


def encoder(built, shape=None, **fields):
    fields = {"inspect": lambda options: shape or FeatureShape(8, 4)} | fields
    build = fields.pop("build", lambda options, device: built)
    return EncoderSpec("odd", "image", "s", NoOptions, build=build, **fields)


def llm(built, shape=None):
    shape = shape or LanguageModelShape(8, VOCABULARY, 512)
    inspect = lambda options: shape  # noqa: E731
    return LanguageModelSpec("odd", "s", NoOptions, inspect, lambda options, device: built)


def projector(build):
    return ProjectorSpec("odd", "s", NoOptions, lambda options, source, width: build(source, width))


def engine_with(spec, **recipe):
    parts = {
        EncoderSpec: {"encoders": {"image": {"plugin": "odd"}}},
        LanguageModelSpec: {"llm": {"plugin": "odd"}},
        ProjectorSpec: {"encoders": {"image": {"projector": {"plugin": "odd"}}}},
        TranscriberSpec: {"encoders": {"audio": {"plugin": "odd", "mode": "transcribe"}}},
    }
    return fake_engine(plugin(spec), recipe=parts[type(spec)] | recipe)


@pytest.mark.parametrize("name", ["modality", "width", "fingerprint", "prepare", "encode", "save"])
def test_an_encoder_without_a_member_is_named_before_anything_else_is_built(name, monkeypatch):
    monkeypatch.setattr(FakeLanguageModel, "embed", lambda *a: pytest.fail("it was used"))
    with pytest.raises(PluginError) as caught:
        engine_with(encoder(changed(FakeEncoder, **{name: ABSENT})))
    said = str(caught.value)
    assert "Changed, built by the encoder 'odd' of plugin" in said
    assert "Odd'" in said
    assert f"is no Encoder: it has no `{name}`" in said
    assert "encoders.image" in said
    assert "help(sensorium.Encoder)" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": "8"}, "`width` must be a number above 0, not '8'"),
        ({"width": 0}, "`width` must be a number above 0, not 0"),
        ({"width": True}, "`width` must be a number above 0"),
        ({"fingerprint": ""}, "`fingerprint` must be a text that is not empty"),
        ({"fingerprint": 3}, "`fingerprint` must be a text"),
        ({"modality": None}, "`modality` must be a text"),
        ({"save": "folder"}, "`save` is str, not a method"),
        ({"prepare": lambda: 1}, r"`prepare` cannot be called with \(media\)"),
        ({"encode": lambda batch, size: 1}, r"`encode` cannot be called with \(batch\)"),
        ({"save": lambda *, to: 1}, r"`save` cannot be called with \(folder\)"),
        ({"save": ABSENT, "fingerprint": ABSENT}, "no `fingerprint`; it has no `save`"),
        ({"module": nn.Linear(1, 1)}, "is no TrainableEncoder: it has no `features`"),
    ],
)
def test_a_member_of_another_type_is_named(changes, said):
    with pytest.raises(PluginError, match=said):
        engine_with(encoder(changed(FakeEncoder, **changes)))


def test_what_can_be_called_as_the_contract_says_is_taken():
    loose = changed(
        FakeEncoder,
        prepare=lambda *anything: FakeEncoder().prepare(*anything),
        encode=functools.partial(FakeEncoder.encode, FakeEncoder()),
        save=lambda folder, compress=False: None,
    )
    assert engine_with(encoder(loose)).ask("hi", {"max_tokens": 1}).usage.completion == 1


def test_a_property_that_raises_is_told():
    class Shy(FakeEncoder):
        @property
        def fingerprint(self):
            raise KeyError("weights")

        @fingerprint.setter
        def fingerprint(self, value):
            """The fake sets it."""

    with pytest.raises(PluginError, match="`fingerprint` raises KeyError: 'weights'"):
        engine_with(encoder(Shy()))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (encoder(FakeEncoder(), FeatureShape(5, 4)), "has the width 8, but its `inspect` said 5"),
        (llm(FakeLanguageModel(), LanguageModelShape(8, 9, 512)), "the vocabulary 272, .* said 9"),
        (llm(FakeLanguageModel(), LanguageModelShape(8, 272, 9)), "context_length 512, .* said 9"),
    ],
)
def test_what_was_built_is_what_was_promised(spec, said):
    with pytest.raises(PluginError, match=said) as caught:
        engine_with(spec)
    assert "'odd' of plugin" in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((8, 4), "gave tuple, not a FeatureShape"),
        (None, "gave NoneType, not a FeatureShape"),
        (FeatureShape(0, 4), "which cannot be"),
        (FeatureShape(8, 0), "which cannot be"),
        (FeatureShape(8, 4, (3, 3)), "which cannot be"),
        (FeatureShape(8, 4, (4,)), "which cannot be"),
        (FeatureShape("8"), "which cannot be"),
        (FeatureShape(None), "which cannot be"),
        (FeatureShape(8.5), "which cannot be"),
        (FeatureShape(8, "4"), "which cannot be"),
    ],
)
def test_what_inspect_gives_is_checked(shape, said):
    spec = registered(encoder(FakeEncoder(), inspect=lambda options: shape))
    with pytest.raises(PluginError, match=f"`inspect` of the encoder 'odd' .*{said}"):
        spec.inspect(NoOptions())


def boom(*arguments):
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (encoder(None, build=lambda options, device: boom()), "build"),
        (encoder(None, inspect=boom), "inspect"),
        (projector(boom), "build"),
        (LanguageModelSpec("odd", "s", NoOptions, boom, lambda o, d: None), "inspect"),
    ],
)
def test_the_cause_of_a_failure_is_kept(spec, name):
    with pytest.raises(PluginError, match=f"`{name}` of the .*'odd' .*ValueError") as caught:
        engine_with(spec)
    assert repr(caught.value.__cause__) == "ValueError('boom')"
    assert "boom" not in str(caught.value)  # it may be shown to a client
    assert told(caught.value).endswith(": boom")


def test_errors_of_ours_pass_as_they_are():
    def inspect(options):
        raise PluginError("mine", hint="Do this.")

    with pytest.raises(PluginError, match=r"^mine \(recipe, encoders.image\). Do this.$"):
        engine_with(encoder(None, inspect=inspect))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"save": ABSENT}, "is no LanguageModel: it has no `save`"),
        ({"embed": lambda: 1}, "`embed` cannot be called"),
        ({"vocabulary": None}, "`vocabulary` must be a number"),
        ({"capabilities": {}}, "gave dict, not Capabilities"),
        ({"tokenizer": object()}, "the tokenizer of the language model 'odd'.*no `encode`"),
        ({"tokenizer": changed(FakeTokenizer, save=ABSENT)}, "is no Tokenizer: it has no `save`"),
        ({"module": nn.Linear(1, 1)}, "is no TrainableLanguageModel: it has no `hidden`"),
    ],
)
def test_a_language_model_is_checked_with_its_tokenizer(changes, said):
    with pytest.raises(PluginError, match=said):
        engine_with(llm(changed(FakeLanguageModel, **changes)))


@pytest.mark.parametrize("name", ["append", "truncate", "length", "nbytes"])
def test_a_session_is_checked_when_the_first_is_opened(name):
    class Session(FakeSession):
        def __getattribute__(self, asked):
            if asked == name:
                raise AttributeError(asked, name=asked, obj=self)
            return super().__getattribute__(asked)

    class Forgetful(FakeLanguageModel):
        def open_session(self):
            return Session(self)

    said = f"Session, the session of the language model Forgetful, is no Session: .*`{name}`"
    with pytest.raises(PluginError, match=said):
        engine_with(llm(Forgetful())).ask("hi")


def test_logits_of_another_shape_are_named():
    class Flat(FakeSession):
        def append(self, embeddings, *, last=1):
            return super().append(embeddings, last=last)[0]

    class Flatterer(FakeLanguageModel):
        def open_session(self):
            return Flat(self)

    with pytest.raises(PluginError, match=r"Flat\.append gave logits \[272\], not \[1, V\]"):
        engine_with(llm(Flatterer())).ask("hi")


class Halving(nn.Linear):
    """Promises half of the positions."""

    def positions(self, length):
        return length // 2


def test_a_projector_is_a_module_with_positions():
    with pytest.raises(PluginError, match=r"gave function, not an nn.Module"):
        engine_with(projector(lambda source, width: lambda features: features))
    with pytest.raises(PluginError, match="is no Projector: it has no `positions`"):
        engine_with(projector(lambda source, width: nn.Linear(source.width, width)))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda source, width: Halving(source.width, width), r"\[4, 8\], not \[2, 8\]"),
        (lambda source, width: Halving(source.width, 5), r"\[4, 5\], not \[2, 8\]"),
    ],
)
def test_embeddings_are_what_the_projector_promised(build, said, pictures):
    engine = engine_with(projector(build))
    with pytest.raises(PerceptionError, match=f"image projector gave embeddings {said}"):
        engine.ask([pictures[0], "?"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:3], r"gave features \[3, 8\], not \[4, 8\]"),
        (lambda rows: rows.repeat(2, 1), r"gave features \[8, 8\], not \[4, 8\]"),
        (lambda rows: rows.repeat(1, 2), r"gave features \[4, 16\], not \[T, 8\]"),
        (lambda rows: rows[None], r"gave features \[1, 4, 8\], not \[T, 8\]"),
        (lambda rows: rows.long(), "features of torch.int64, not of floating point"),
        (lambda rows: rows.tolist(), "gave list, not a tensor"),
        (lambda rows: rows * torch.nan, "image encoder gave nothing, or values"),
    ],
)
def test_features_are_what_the_encoder_promised(change, said, pictures):
    class Fickle(FakeEncoder):
        def encode(self, batch):
            return [change(rows) for rows in super().encode(batch)]

    engine = engine_with(encoder(Fickle()))
    with pytest.raises(PerceptionError, match=said):
        engine.ask([pictures[0], "?"])


def test_features_of_any_length_are_taken_where_that_was_said(pictures):
    engine = engine_with(encoder(FakeEncoder(positions=7), FeatureShape(8)))
    assert engine.ask([pictures[0], "?"], {"max_tokens": 1}).usage.prompt > 7


def test_a_failing_prepare_keeps_its_cause(pictures):
    engine = engine_with(encoder(changed(FakeEncoder, prepare=lambda media: boom())))
    with pytest.raises(PerceptionError) as caught:
        engine.ask([pictures[0], "?"])
    assert told(caught.value) == "The image encoder failed on this input (ValueError): boom"
    assert "boom" not in str(caught.value)


@pytest.mark.parametrize("name", ["modality", "transcribe", "save"])
def test_a_transcriber_is_checked_when_it_is_built(name, recorded):
    built = changed(FakeTranscriber, **{name: ABSENT})
    spec = TranscriberSpec("odd", "audio", "s", NoOptions, lambda options, device: built)
    engine = engine_with(spec)
    with pytest.raises(PluginError, match=f"'odd' .* is no Transcriber: it has no `{name}`"):
        engine.ask(recorded(0.5))


def test_a_transcriber_gives_a_transcript(recorded):
    built = changed(FakeTranscriber, transcribe=lambda media, *, progress=None: "hello")
    spec = TranscriberSpec("odd", "audio", "s", NoOptions, lambda options, device: built)
    with pytest.raises(PerceptionError, match="audio transcriber gave str, not a Transcript"):
        engine_with(spec).ask(recorded(0.5))


def rows_of(*rows):
    return Evaluation("odd", "s", lambda engine, limit: iter(rows))


def test_what_other_specs_give_is_checked():
    opened = registered(DatasetFormat("odd", "s", NoOptions, lambda options: iter([1])))
    with pytest.raises(PluginError, match=r"`open` of the dataset format 'odd' .*samples by index"):
        opened.open(NoOptions())
    bundle = registered(BundleSpec("odd", "s", lambda: "bundles/odd"))
    with pytest.raises(PluginError, match=r"of the bundle 'odd' .* gave str, not a Path"):
        bundle.folder()
    examples = registered(BundleSpec("odd", "s", Path, lambda: [("a.png", "What?")]))
    with pytest.raises(PluginError, match=r"`examples` .* not \(Path, question\)"):
        examples.examples()
    assert list(registered(rows_of({"all": Score(1, 2)})).run(None, 1)) == [{"all": Score(1, 2)}]
    for row in ({"all": 0.5}, [0.5], 0.5):
        with pytest.raises(PluginError, match=r"`run` of the evaluation 'odd' .* to Score"):
            list(registered(rows_of(row)).run(None, 1))
    with pytest.raises(PluginError, match=r"`run` of the evaluation 'odd' .*ValueError"):
        list(registered(Evaluation("odd", "s", lambda e, n: (boom() for _ in "a"))).run(None, 1))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (encoder(None, build=lambda options: None), r"build cannot be called with \(options, dev"),
        (encoder(None, inspect=lambda: None), r"inspect cannot be called with \(options\)"),
        (encoder(None, footprint=lambda: None), "footprint cannot be called"),
        (ProjectorSpec("odd", "s", NoOptions, lambda o, s: None), r"\(options, source, target_w"),
        (Evaluation("odd", "s", lambda engine: []), r"run cannot be called with \(engine, limit\)"),
        (BundleSpec("odd", "s", lambda options: Path()), r"folder cannot be called with \(\)"),
        (ChatTemplate("odd", "s", {"user": Turn()}, stop="<|end|>"), "stop must be a tuple"),
        (ChatTemplate("odd", "s", {"user": "Q:"}, stop=()), "turns must give each role a Turn"),
    ],
)
def test_a_spec_that_could_not_be_used_is_left_out_when_it_is_yielded(spec, said):
    with pytest.raises(PluginError, match=f"Odd: {HOOKS[type(spec)]}: .*{said}"):
        fake_registry(plugin(spec))


def test_members_are_those_of_the_contract():
    assert [*members(Encoder)] == [
        *("modality", "width", "fingerprint", "prepare", "encode", "save")
    ]
    assert members(Encoder)["width"] == "int"
    assert {*members(Session)} == {"length", "nbytes", "append", "truncate"}
    assert {"module", "hidden", "logits", "embed", "tokenizer"} < {*members(TrainableLanguageModel)}
    assert {"add_lora", "hidden"} < {*members(AdaptableLanguageModel)}
    assert {"hidden_in_blocks", "save"} < {*members(BlockwiseLanguageModel)}
    assert {"positions", "features_of"} < {*members(VariableEncoder)}


def test_the_fakes_keep_their_contracts():
    engine = fake_engine(recipe=EARS)
    assert engine.pipeline.llm.capabilities == Capabilities()
    assert engine.ask([Message.user("hi")], {"max_tokens": 1}).usage.completion == 1
