"""The built-in projectors: `nn.Module`s from an encoder's features to a model's embeddings.

Legend: T positions in, K positions out, D_encoder and D_llm widths. Every projector takes
[..., T, D_encoder] and returns [..., K, D_llm] in the type of its weights.
"""

from .plain import Identity, Linear, Mlp, Residual
from .pooling import Pool
from .resampler import Resampler
from .stacking import FrameStack, PixelShuffle

__all__ = [
    "FrameStack",
    "Identity",
    "Linear",
    "Mlp",
    "PixelShuffle",
    "Pool",
    "Resampler",
    "Residual",
]
