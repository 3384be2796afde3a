"""Numpy arrays as pictures and recordings.

Legend: H rows, W columns, S samples of a recording.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sensorium.errors import MediaError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

_PCM, _FLOAT = 1, 3
"""Codes of sample formats in a WAV header."""
_MOST_CHANNELS, _LONG = 2, 100
"""So narrow and so many times as long, an array is hardly a picture."""
_RECORDING = "A recording: read_audio(waveform, sample_rate_hz=16_000)"


def is_array(given: object) -> TypeIs[NDArray[Any]]:
    """Whether `given` is a numpy array, or tells of itself as one does."""
    # A PIL image has it too, but decodes itself to say so.
    return not isinstance(given, Image.Image) and hasattr(given, "__array_interface__")


def in_words(array: NDArray[Any]) -> str:
    """`an array [96, 96] of float32`."""
    return f"an array {list(array.shape)} of {array.dtype}"


def picture_of(given: Any) -> Image.Image:
    """[H, W], [H, W, 1], [H, W, 3] or [H, W, 4], uint8, or floating point from 0 to 1.

    MediaError for any other shape, type or range: what its numbers mean would be a guess.
    """
    array = np.asarray(given)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = "Channels come last: array.transpose(1, 2, 0)" if first else None
        shapes = "[H, W], [H, W, 3] or [H, W, 4]"
        raise MediaError(f"{in_words(array).capitalize()} is no picture: give {shapes}", hint=hint)
    if array.size == 0:
        raise MediaError("The picture is empty")
    if np.issubdtype(array.dtype, np.floating):
        if array.ndim == 2 and min(array.shape) <= _MOST_CHANNELS < max(array.shape) // _LONG:
            text = f"{in_words(array).capitalize()} looks like a recording"
            raise MediaError(text, hint=_RECORDING)
        if np.isfinite(array).any():
            array = np.nan_to_num(array, nan=0, posinf=1, neginf=0)  # as in files
        least, most = float(array.min()), float(array.max())
        if not (least >= 0 and most <= 1):
            raise MediaError(
                f"A picture in floating point has values from 0 to 1; these are from {least:g} to "
                f"{most:g}",
                hint=f"Scale them, or give uint8 from 0 to 255. {_RECORDING}",
            )
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise MediaError(
            f"A picture is an array of uint8, or of floating point from 0 to 1, not {array.dtype}"
        )
    return Image.fromarray(array[:, :, 0] if array.shape[2:] == (1,) else array)


def wav_of(given: Any, sample_rate_hz: int | None) -> bytes:
    """A WAV file of a waveform: [S], or [S, channels], in int16, or floating point from -1 to 1.

    MediaError for any other shape, type or range, and where nobody says how fast it was sampled.
    """
    array = np.asarray(given)
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= 8):
        few = array.ndim == 2 and array.shape[0] <= 8
        hint = "Channels come last: waveform.T" if few else None
        shapes = "[S] or [S, channels]"
        raise MediaError(
            f"{in_words(array).capitalize()} is no recording: give {shapes}", hint=hint
        )
    if sample_rate_hz is None:
        raise MediaError(
            "A waveform does not say how fast it was sampled",
            hint="Say it: read_audio(waveform, sample_rate_hz=16_000)",
        )
    number = isinstance(sample_rate_hz, int | float | np.number)
    if not number or not 1000 <= sample_rate_hz <= 768_000:
        raise MediaError(
            f"{sample_rate_hz!r} samples a second are no recording's rate",
            hint="Give a number such as sample_rate_hz=16_000.",
        )
    if np.issubdtype(array.dtype, np.floating):
        loudest = float(np.abs(array).max(initial=0))
        if not loudest <= 1:
            raise MediaError(
                f"A waveform in floating point has values from -1 to 1; these reach {loudest:g}",
                hint="Scale them, or give int16.",
            )
        code, samples = _FLOAT, array.astype("<f4")
    elif array.dtype == np.int16:
        code, samples = _PCM, array.astype("<i2")
    else:
        raise MediaError(
            f"A waveform is an array of int16, or of floating point from -1 to 1, not {array.dtype}"
        )
    return _header(samples, code, round(sample_rate_hz)) + samples.tobytes()


def _header(samples: NDArray[Any], code: int, rate: int) -> bytes:
    channels = samples.shape[1] if samples.ndim == 2 else 1
    width = samples.itemsize * channels
    described = struct.pack(
        "<HHIIHH", code, channels, rate, rate * width, width, samples.itemsize * 8
    )
    chunks = b"fmt " + struct.pack("<I", len(described)) + described
    chunks += b"data" + struct.pack("<I", samples.nbytes)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + samples.nbytes) + b"WAVE" + chunks
