"""Validation samples answered by the model as it is now, in the words of chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.errors import SampleError
from sensorium.generation import GenerationOptions, generate
from sensorium.messages import Media
from sensorium.perception import Perception, Sense
from sensorium.pipeline import Pipeline
from sensorium.render import Piece, TextPiece, end_id, render, stop_ids
from sensorium.specs import Sample, TextSample

_OPENING = 32
"""Tokens of a plain text that are given; a third of it where it is short."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and shown, what the data says, and what the model says."""

    asked: str
    expected: str
    said: str
    media: tuple[Media, ...] = ()


def converse(pipeline: Pipeline, sample: Sample | TextSample, max_tokens: int) -> Exchange | None:
    """The sample's first conversation up to its last answer, which the model gives; greedily.

    None where nobody says anything in it. SampleError where it is longer than the context window.
    """
    if isinstance(sample, TextSample):
        return _go_on(pipeline, sample, max_tokens)
    conversation = sample.conversations[0]
    answers = [n for n, message in enumerate(conversation) if message.is_answer]
    if not answers:
        return None
    asked = conversation[: answers[-1]]
    pieces = render(asked, pipeline.template, pipeline.llm.tokenizer, system=pipeline.system)
    return Exchange(
        asked="\n".join(message.text.strip() for message in asked if message.role != "system"),
        expected=conversation[answers[-1]].text,
        said=_write(pipeline, pieces, max_tokens),
        media=tuple(media for message in asked for media in message.media),
    )


def _go_on(pipeline: Pipeline, sample: TextSample, max_tokens: int) -> Exchange | None:
    tokenizer = pipeline.llm.tokenizer
    ids = tokenizer.encode(sample.text)
    opening = min(_OPENING, len(ids) // 3)
    if not opening:
        return None
    start = end_id(pipeline.template, tokenizer)
    said = _write(pipeline, [TextPiece((start, *ids[:opening]))], max_tokens)
    expected = tokenizer.decode(ids[opening : opening + max_tokens])
    return Exchange(tokenizer.decode(ids[:opening]), expected.strip(), said)


def _write(pipeline: Pipeline, pieces: Sequence[Piece], max_tokens: int) -> str:
    llm = pipeline.llm
    # The pipeline's own senses remember what they saw, with weights that have changed since.
    senses = {
        name: Sense(sense.encoder, sense.projector, sense.source, sense.width)
        for name, sense in pipeline.senses.items()
    }
    prompt = Perception(llm, senses).perceive(pieces)
    if len(prompt.keys) >= llm.context_length:
        raise SampleError(f"A question takes {len(prompt.keys)} positions and leaves no room")
    session = llm.open_session()
    logits = session.append(prompt.embeddings)[-1]
    stops = stop_ids(pipeline.template, llm.tokenizer)
    options = GenerationOptions(max_tokens=max_tokens)
    steps = generate(llm, session, logits, options, stops, lambda: False)
    return "".join(step.text for step in steps).strip()
