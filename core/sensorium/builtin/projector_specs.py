"""The built-in projectors as specs. Importing this imports no torch: builders are lazy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from sensorium.limits import LARGEST_WIDTH
from sensorium.options import Options
from sensorium.specs import ProjectorSpec

if TYPE_CHECKING:
    from sensorium.contracts import FeatureShape, Projector


class PooledOptions(Options):
    """What every projector has: a budget of positions."""

    max_positions: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_WIDTH,
        description="At most this many positions come out; more are averaged, in two dimensions "
        "where the features are a grid. None keeps all.",
    )


class MlpOptions(PooledOptions):
    """Options of 'mlp'."""

    depth: int = Field(default=2, ge=1, le=8, description="Number of linear maps (mlpNx_gelu).")
    hidden: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_WIDTH,
        description="Width between the linear maps; the language model's where left out.",
    )


class AveragePoolOptions(MlpOptions):
    """Options of 'average-pool'."""

    max_positions: int = Field(
        default=64,
        ge=1,
        le=LARGEST_WIDTH,
        description="Positions to average down to, in two dimensions for a grid.",
    )


class PixelShuffleOptions(MlpOptions):
    """Options of 'pixel-shuffle'."""

    factor: int = Field(
        default=2, ge=1, le=16, description="Side of the square of patches that becomes one."
    )


class FrameStackOptions(MlpOptions):
    """Options of 'frame-stack'."""

    frames: int = Field(
        default=4, ge=1, le=64, description="Consecutive positions that become one."
    )


class ResamplerOptions(PooledOptions):
    """Options of 'resampler'."""

    queries: int = Field(
        default=64, ge=1, le=LARGEST_WIDTH, description="Learned queries: positions that come out."
    )
    depth: int = Field(default=2, ge=1, le=24, description="Layers of cross attention.")
    heads: int = Field(
        default=8, ge=1, le=1024, description="Attention heads; must divide the width."
    )


def build_identity(options: PooledOptions, source: FeatureShape, width: int) -> Projector:
    """WidthError where the two widths differ."""
    from .projectors import Identity

    return Identity(source, width, **options.model_dump())


def build_linear(options: PooledOptions, source: FeatureShape, width: int) -> Projector:
    """Random weights on the current default device."""
    from .projectors import Linear

    return Linear(source, width, **options.model_dump())


def build_mlp(options: MlpOptions, source: FeatureShape, width: int) -> Projector:
    """Random weights on the current default device."""
    from .projectors import Mlp

    return Mlp(source, width, **options.model_dump())


def build_residual(options: PooledOptions, source: FeatureShape, width: int) -> Projector:
    """Random weights on the current default device."""
    from .projectors import Residual

    return Residual(source, width, **options.model_dump())


def build_pixel_shuffle(
    options: PixelShuffleOptions, source: FeatureShape, width: int
) -> Projector:
    """ConfigError where the features are no grid."""
    from .projectors import PixelShuffle

    return PixelShuffle(source, width, **options.model_dump())


def build_frame_stack(options: FrameStackOptions, source: FeatureShape, width: int) -> Projector:
    """Random weights on the current default device."""
    from .projectors import FrameStack

    return FrameStack(source, width, **options.model_dump())


def build_resampler(options: ResamplerOptions, source: FeatureShape, width: int) -> Projector:
    """ConfigError where the heads do not divide the encoder's width."""
    from .projectors import Resampler

    return Resampler(source, width, **options.model_dump())


PROJECTORS: tuple[ProjectorSpec, ...] = (
    ProjectorSpec(
        name="identity",
        summary="the features as they are; both widths must be equal",
        options=PooledOptions,
        build=build_identity,
    ),
    ProjectorSpec(
        name="linear",
        summary="one linear map",
        options=PooledOptions,
        build=build_linear,
    ),
    ProjectorSpec(
        name="mlp",
        summary="linear maps with GELU between them (LLaVA's mlp2x_gelu)",
        options=MlpOptions,
        build=build_mlp,
    ),
    ProjectorSpec(
        name="residual",
        summary="a linear map and one residual block",
        options=PooledOptions,
        build=build_residual,
    ),
    ProjectorSpec(
        name="average-pool",
        summary="an mlp over positions averaged down to a budget",
        options=AveragePoolOptions,
        build=build_mlp,
    ),
    ProjectorSpec(
        name="pixel-shuffle",
        summary="squares of patches side by side, then an mlp",
        options=PixelShuffleOptions,
        build=build_pixel_shuffle,
    ),
    ProjectorSpec(
        name="frame-stack",
        summary="consecutive positions side by side, then an mlp",
        options=FrameStackOptions,
        build=build_frame_stack,
    ),
    ProjectorSpec(
        name="resampler",
        summary="learned queries that read the features by cross attention",
        options=ResamplerOptions,
        build=build_resampler,
    ),
)
