"""What the plugin 'counting' builds; imported only when its options are asked for."""

import time

from pydantic import Field
from sensorium import Message, Options, Score

WIDTH, POSITIONS, CONTEXT, VOCABULARY = 8, 4, 512, 272


class CountingOptions(Options):
    """Options of 'counter'."""

    checkpoint: str | None = Field(default=None, description="Only looked at by doctor.")
    dtype: str = Field(default="auto", description="Only looked at by doctor.")
    delay_seconds: float = Field(default=0, ge=0, description="How long a step takes.")
    repeat: int = Field(default=1, ge=1, description="How often the answer is said.")


def build_counter(options, device):
    import torch
    from sensorium.testing import FakeLanguageModel, FakeSession

    class Session(FakeSession):
        script: tuple[int, ...] = ()

        def append(self, embeddings, *, last=1):
            time.sleep(options.delay_seconds)
            super().append(embeddings)
            if not self.script:
                answer = f"I read {self.length}. " * options.repeat
                end = self._llm.tokenizer.control("<|end|>")
                self.script = (*answer.encode(), end)
            logits = torch.zeros(1, VOCABULARY)
            first, *rest = self.script
            self.script = tuple(rest)
            logits[0, first] = 1
            return logits

        def truncate(self, length):
            super().truncate(length)
            self.script = ()  # a new prompt begins

    class Counter(FakeLanguageModel):
        def open_session(self):
            return Session(self)

    return Counter(width=WIDTH, context_length=CONTEXT)


def build_eye(options, device):
    from sensorium.testing import FakeEncoder

    return FakeEncoder(width=WIDTH, positions=POSITIONS)


def build_transcribing_ear(options, device):
    from sensorium.testing import FakeTranscriber

    class Ear(FakeTranscriber):
        def transcribe(self, media, *, progress=None):
            seconds = len(media) // 16_000
            for second in range(1, seconds + 1) if progress else ():
                progress(float(second))
            self.heard = " ".join(["word"] * seconds)
            return super().transcribe(media)

    return Ear()


def score(engine, limit):
    right = 0
    for asked in range(1, limit + 1):
        answer = engine.ask([Message.user("a" * asked)])
        right += answer.text.startswith("I read")
        yield {"odd": Score(asked % 2, 1), "all": Score(right, asked)}
