"""Composes a recipe into models, and checks every width before any weight is read.

`plan()` resolves names, validates each plugin's options, and reads configurations only; what it
returns can be shown (`sensorium config validate`) or built.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoint import read_header
from .config import Recipe, validate
from .conformance import require_promised
from .contracts import (
    Encoder,
    FeatureShape,
    LanguageModel,
    LanguageModelShape,
    Projector,
    Transcriber,
)
from .device import resolve_device, use_threads
from .errors import CheckpointError, ConfigError, UnsupportedInputError, WidthError, placed
from .generation import GenerationOptions
from .hearing import Hearing
from .memory import media_bytes
from .options import Options
from .perception import Perception, Sense
from .registry import Registry
from .specs import ChatTemplate, EncoderSpec, LanguageModelSpec, ProjectorSpec, TranscriberSpec

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class PlannedSense:
    """An encoder with its projector, shapes known, nothing loaded."""

    modality: str
    encoder: EncoderSpec
    encoder_options: Options
    source: FeatureShape
    projector: ProjectorSpec
    projector_options: Options
    weights: Path | None

    def build(self, device: str) -> Encoder:
        """The encoder with its weights; PluginError where it is not what `inspect` said."""
        encoder = self.encoder.build(self.encoder_options, device)
        require_promised(self.encoder, encoder, self.source, ("width",))
        return encoder

    def projector_shapes(self, width: int) -> Any:
        """The projector in front of a language model so wide, on the device 'meta'."""
        import torch

        with torch.device("meta"):
            return self.projector.build(self.projector_options, self.source, width)

    def is_untrained(self, projector: Any) -> bool:
        """Whether `projector`, built by this plan, has weights and they are random."""
        return self.weights is None and next(projector.parameters(), None) is not None


@dataclass(frozen=True, slots=True)
class PlannedHearing:
    """A transcriber, nothing loaded. A projector that the recipe names stays unused."""

    modality: str
    transcriber: TranscriberSpec
    options: Options
    place: str

    def build(self, device: str) -> Transcriber:
        """The transcriber with its weights."""
        with placed(self.place):
            return self.transcriber.build(self.options, device)


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe whose names, options and widths hold."""

    recipe: Recipe
    source: str
    llm: LanguageModelSpec
    llm_options: Options
    shape: LanguageModelShape
    senses: tuple[PlannedSense, ...]
    template: ChatTemplate
    hearings: tuple[PlannedHearing, ...] = ()

    @property
    def modalities(self) -> tuple[str, ...]:
        """What the model takes besides text, in the recipe's order."""
        return tuple(self.recipe.encoders)

    def build(self) -> Pipeline:
        """Read the weights and compose the models."""
        device = resolve_device(self.recipe.device)
        use_threads(self.recipe.threads)
        # Encoders first: they are small, and a projector of another encoder is refused at once.
        senses = {}
        for planned in self.senses:
            with placed(f"{self.source}, encoders.{planned.modality}"):
                encoder = planned.build(device)
            projector = build_projector(planned, encoder.fingerprint, self.shape, device)
            senses[planned.modality] = Sense(
                encoder,
                projector,
                planned.source,
                self.shape.width,
                max_bytes=media_bytes(self.recipe.kept_megabytes),
            )
        hearings = {
            planned.modality: Hearing(partial(planned.build, device)) for planned in self.hearings
        }
        with placed(f"{self.source}, llm"):
            llm: LanguageModel = self.llm.build(self.llm_options, device)
            promised = ("width", "vocabulary", "context_length")
            require_promised(self.llm, llm, self.shape, promised)
        if self.senses and not llm.capabilities.embeddings:
            raise UnsupportedInputError(
                f"The language model '{self.llm.name}' takes text only; "
                f"{self.senses[0].modality} cannot reach it.",
                where=f"{self.source}, encoders.{self.senses[0].modality}",
            )
        return Pipeline(
            plan=self,
            llm=llm,
            senses=senses,
            hearings=hearings,
            template=self.template,
            system=self.recipe.system,
            generation=self.recipe.generation,
        )


class Pipeline:
    """The composed models of one recipe."""

    def __init__(
        self,
        *,
        plan: Plan,
        llm: LanguageModel,
        senses: dict[str, Sense],
        template: ChatTemplate,
        system: str | None,
        generation: GenerationOptions,
        hearings: dict[str, Hearing] | None = None,
    ) -> None:
        self.plan = plan
        self.llm = llm
        self.senses = senses
        self.hearings = hearings or {}
        self.template = template
        self.system = system
        self.generation = generation
        self.perception = Perception(llm, senses, self.hearings)


def plan(recipe: Recipe, registry: Registry, *, source: str = "recipe") -> Plan:
    """Resolve and check a recipe; raises ConfigError or WidthError that names the key."""
    llm = registry.language_models.get(recipe.llm.plugin, where=f"{source}, llm.plugin")
    llm_options = validate(llm.options, recipe.llm.settings, source=source, at="llm")
    template = registry.chat_templates.get(recipe.template, where=f"{source}, template")
    with placed(f"{source}, llm"):
        shape = llm.inspect(llm_options)
    hearing = [name for name, sense in recipe.encoders.items() if sense.mode == "transcribe"]
    senses = tuple(
        _plan_sense(modality, recipe, registry, shape, source)
        for modality in recipe.encoders
        if modality not in hearing
    )
    hearings = tuple(_plan_hearing(modality, recipe, registry, source) for modality in hearing)
    return Plan(recipe, source, llm, llm_options, shape, senses, template, hearings)


def _plan_hearing(modality: str, recipe: Recipe, registry: Registry, source: str) -> PlannedHearing:
    component = recipe.encoders[modality]
    at = f"encoders.{modality}"
    if component.plugin not in registry.transcribers and component.plugin in registry.encoders:
        raise ConfigError(
            f"The encoder '{component.plugin}' cannot transcribe", where=f"{source}, {at}.mode"
        )
    spec = registry.transcribers.get(component.plugin, where=f"{source}, {at}.plugin")
    if spec.modality != modality:
        raise ConfigError(
            f"The transcriber '{spec.name}' hears {spec.modality}, not {modality}",
            where=f"{source}, {at}.plugin",
        )
    options = validate(spec.options, component.settings, source=source, at=at)
    with placed(f"{source}, {at}"):
        spec.inspect(options)
    return PlannedHearing(modality, spec, options, f"{source}, {at}")


def _plan_sense(
    modality: str, recipe: Recipe, registry: Registry, shape: LanguageModelShape, source: str
) -> PlannedSense:
    component = recipe.encoders[modality]
    at = f"encoders.{modality}"
    if component.plugin not in registry.encoders and component.plugin in registry.transcribers:
        raise ConfigError(
            f"The transcriber '{component.plugin}' gives no features",
            where=f"{source}, {at}.mode",
            hint="Set mode: transcribe",
        )
    spec = registry.encoders.get(component.plugin, where=f"{source}, {at}.plugin")
    if spec.modality != modality:
        raise ConfigError(
            f"The encoder '{spec.name}' perceives {spec.modality}, not {modality}",
            where=f"{source}, {at}.plugin",
        )
    if component.projector is None:
        raise ConfigError(f"'{at}.projector' is missing", where=source)
    at_projector = f"{at}.projector"
    projector = registry.projectors.get(
        component.projector.plugin, where=f"{source}, {at_projector}.plugin"
    )
    weights = component.projector.weights
    options = validate(spec.options, component.settings, source=source, at=at)
    with placed(f"{source}, {at}"):
        shape_of_features = spec.inspect(options)
    planned = PlannedSense(
        modality=modality,
        encoder=spec,
        encoder_options=options,
        source=shape_of_features,
        projector=projector,
        projector_options=validate(
            projector.options, component.projector.settings, source=source, at=at_projector
        ),
        weights=Path(weights) if weights else None,
    )
    _check_projector(planned, shape, where=f"{source}, {at_projector}")
    return planned


def _check_projector(planned: PlannedSense, shape: LanguageModelShape, *, where: str) -> None:
    """Compare the projector this recipe needs with the shapes in the weights file's header."""
    with placed(where):
        module = planned.projector_shapes(shape.width)
    if planned.weights is None:
        return
    header = read_header(planned.weights, where=where)
    held = {name: tuple(shape_) for name, shape_ in header.shapes.items()}
    needed = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    if held != needed:
        trained = [header.metadata.get(key) for key in ("encoder_width", "llm_width")]
        said = (
            f"they were trained for {trained[0]} → {trained[1]}"
            if all(trained) and trained != [str(planned.source.width), str(shape.width)]
            else f"they hold {_first_difference(held, needed)}"
        )
        raise WidthError(
            f"The projector weights {planned.weights.name} do not fit: {said}, but the encoder "
            f"'{planned.encoder.name}' gives {planned.source.width} and the language model takes "
            f"{shape.width} (projector '{planned.projector.name}').",
            where=where,
            hint="Use the encoder and the model it was trained with, or train a new projector.",
        )


def _first_difference(held: dict[str, tuple[int, ...]], needed: dict[str, tuple[int, ...]]) -> str:
    for name in sorted(held.keys() | needed.keys()):
        if held.get(name) != needed.get(name):
            return f"{name} {held.get(name, 'nowhere')} where {needed.get(name, 'none')} is needed"
    return "the same"


def build_projector(
    planned: PlannedSense, encoder_fingerprint: str, shape: LanguageModelShape, device: str
) -> Projector:
    """The projector with its trained weights, or random ones where the recipe names none."""
    import torch
    from safetensors.torch import load_file

    with torch.device(device):
        module: Any = planned.projector.build(
            planned.projector_options, planned.source, shape.width
        )
    nn_module: nn.Module = module
    if planned.weights is not None and device != "meta":
        paired = read_header(planned.weights).metadata.get("encoder_fingerprint")
        if paired is not None and paired != encoder_fingerprint:
            raise CheckpointError(
                f"The projector weights {planned.weights.name} were trained with another "
                f"{planned.modality} encoder (fingerprint {paired}); this one is "
                f"{encoder_fingerprint}.",
                hint="Use the encoder it was trained with, with the same layer and preprocessing.",
            )
        weights = load_file(planned.weights, device=device)
        nn_module.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return module.eval()  # type: ignore[no-any-return]
