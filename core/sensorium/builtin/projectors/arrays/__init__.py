"""The built-in projectors in numpy: what answering runs, equal to the torch modules that train.

Legend: T positions in, K positions out, D_encoder and D_llm widths. Weights carry the names and
shapes of the module's `state_dict`; all arrays are float32.
"""

from .plain import Identity, Linear, Mlp, Residual
from .resampler import Resampler
from .stacking import FrameStack, PixelShuffle

__all__ = ["FrameStack", "Identity", "Linear", "Mlp", "PixelShuffle", "Resampler", "Residual"]
