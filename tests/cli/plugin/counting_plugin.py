"""A model that answers with how many positions it has read: what reaches it can be seen."""

from sensorium import (
    ChatTemplate,
    EncoderSpec,
    Evaluation,
    FeatureShape,
    LanguageModelShape,
    LanguageModelSpec,
    TranscriberSpec,
    Turn,
    hookimpl,
)


@hookimpl
def register_encoders():
    from counting_models import POSITIONS, WIDTH, build_eye
    from sensorium.options import NoOptions

    yield EncoderSpec(
        name="eye",
        modality="image",
        summary="sees nothing much",
        options=NoOptions,
        inspect=lambda options: FeatureShape(WIDTH, POSITIONS),
        build=build_eye,
    )
    yield EncoderSpec(
        name="ear",
        modality="audio",
        summary="features of nothing much",
        options=NoOptions,
        inspect=lambda options: FeatureShape(WIDTH, POSITIONS),
        build=build_eye,
    )


@hookimpl
def register_transcribers():
    from counting_models import build_transcribing_ear
    from sensorium.options import NoOptions

    yield TranscriberSpec(
        name="ear",
        modality="audio",
        summary="hears one word for each second",
        options=NoOptions,
        build=build_transcribing_ear,
    )


@hookimpl
def register_language_models():
    from counting_models import CONTEXT, VOCABULARY, WIDTH, CountingOptions, build_counter

    yield LanguageModelSpec(
        name="counter",
        summary="counts what it reads",
        options=CountingOptions,
        inspect=lambda options: LanguageModelShape(WIDTH, VOCABULARY, CONTEXT),
        build=build_counter,
    )


@hookimpl
def register_chat_templates():
    yield ChatTemplate(
        name="lines",
        summary="Q: and A:",
        turns={
            "system": Turn(after=" "),
            "user": Turn(before="Q:"),
            "assistant": Turn(before="A:", after="<|end|>"),
        },
        stop=("<|end|>",),
    )


@hookimpl
def register_evaluations():
    from counting_models import score

    yield Evaluation(name="counting", summary="does it count", run=score)
    yield Evaluation(name="silent", summary="gives no scores", run=lambda engine, limit: iter(()))
