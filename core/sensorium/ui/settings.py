"""The controls under the chat, and what they mean for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from pydantic import ValidationError

from sensorium.engine import ChatEngine
from sensorium.errors import ConfigError
from sensorium.generation import GenerationOptions
from sensorium.limits import DEFAULT_LIMITS

_MOST_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Settings:
    """The components, in the order in which their values are passed on."""

    engine: ChatEngine
    components: tuple[gr.Slider | gr.Textbox, ...]

    def read(self, values: Sequence[Any]) -> tuple[GenerationOptions, str | None]:
        """Decoding options and the system text (None: the model's own); SensoriumError."""
        temperature, top_p, max_tokens, *rest = values
        asked = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
        defaults = self.engine.pipeline.generation.model_dump()
        try:
            options = GenerationOptions(**{**defaults, **asked})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ConfigError(f"{first['loc'][0]}: {first['msg']}") from error
        text = str(rest[0] or "") if rest else None
        DEFAULT_LIMITS.check_text(text or "")
        return options, None if text == system_text(self.engine) else text


def system_text(engine: ChatEngine) -> str:
    """The system text of a conversation that brings none."""
    own = engine.pipeline.system
    return engine.pipeline.template.system if own is None else own


def render_settings(engine: ChatEngine) -> Settings:
    """Put the controls where the caller is in the layout, closed."""
    defaults = engine.pipeline.generation
    describe = {name: field.description for name, field in GenerationOptions.model_fields.items()}
    longest = min(_MOST_TOKENS, engine.pipeline.llm.context_length)
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        with gr.Row():
            components: list[gr.Slider | gr.Textbox] = [
                gr.Slider(
                    0,
                    2,
                    value=defaults.temperature,
                    step=0.05,
                    label="Temperature",
                    info=describe["temperature"],
                    min_width=180,
                ),
                gr.Slider(
                    0.05,
                    1,
                    value=defaults.top_p,
                    step=0.05,
                    label="Top p",
                    info=describe["top_p"],
                    min_width=180,
                ),
                gr.Slider(
                    1,
                    longest,
                    value=min(defaults.max_tokens, longest),
                    step=1,
                    label="Max tokens",
                    info=describe["max_tokens"],
                    min_width=180,
                ),
            ]
        # A template without a turn for it has no way to say it.
        if "system" in engine.pipeline.template.turns:
            components.append(
                gr.Textbox(
                    system_text(engine),
                    label="System text",
                    info="What the model is told before the conversation.",
                    lines=2,
                    max_lines=6,
                )
            )
    return Settings(engine, tuple(components))
