"""Numpy arrays as pictures and recordings; what their numbers mean is never guessed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from sensorium import read_audio, read_image
from sensorium.errors import MediaError

PICTURES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(PICTURES, st.sampled_from([None, 1, 3, 4]), st.sampled_from([np.float64, np.float32]))
def test_a_picture_is_its_array_in_either_type(rows, channels, floating):
    array = rows if channels is None else np.repeat(rows[:, :, None], channels, axis=2)
    if channels == 4:
        array[:, :, 3] = 255  # opaque
    for form in (array, (array / 255).astype(floating), np.asfortranarray(array)):
        seen = np.asarray(read_image(form).value)
        assert (seen == rows[:, :, None]).all()
    shown = Image.fromarray(array[:, :, 0] if channels == 1 else array)
    assert read_image(array).digest == read_image(shown).digest


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((3, 6, 5), np.uint8), r"give \[H, W\].*array\.transpose\(1, 2, 0\)"),
        (np.zeros(24, np.uint8), r"array \[24\] of uint8 is no picture"),
        (np.zeros((1, 6, 4, 3), np.uint8), r"array \[1, 6, 4, 3\] of uint8 is no picture"),
        (np.zeros((6, 4, 2), np.uint8), "is no picture"),
        (np.zeros((0, 4, 3), np.uint8), "picture is empty"),
        (np.full((6, 4), 255.0), "values from 0 to 1; these are from 255 to 255. Scale them"),
        (np.full((6, 4), -0.5), "values from 0 to 1"),
        (np.full((6, 4), np.nan), "values from 0 to 1"),
        (np.zeros((6, 4), np.int64), "uint8, or of floating point from 0 to 1, not int64"),
        (np.zeros((6, 4), bool), "not bool"),
        (np.uint8(3), r"array \[\] of uint8 is no picture"),
    ],
)
def test_other_arrays_are_no_pictures(array, said):
    with pytest.raises(MediaError, match=said):
        read_image(array)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("shape", [(8000,), (8000, 1), (8000, 2)])
def test_a_waveform_is_its_array(kind, shape):
    tone = np.sin(np.arange(8000) / 5) * 0.5
    wave = tone if len(shape) == 1 else np.repeat(tone[:, None], shape[1], axis=1)
    given = (wave * 32768).astype(np.int16) if kind is np.int16 else wave.astype(kind)
    heard = read_audio(given, sample_rate_hz=16_000).value
    assert heard.shape == (8000,)
    np.testing.assert_allclose(heard, tone, atol=1e-4)


def test_another_rate_is_resampled():
    tone = np.sin(2 * np.pi * 440 * np.arange(24_000) / 48_000).astype(np.float32)
    heard = read_audio(tone, sample_rate_hz=48_000).value
    assert abs(len(heard) - 8000) < 50
    assert np.abs(np.fft.rfft(heard)).argmax() == pytest.approx(440 * len(heard) / 16_000, abs=1)


@pytest.mark.parametrize(
    ("array", "rate", "said"),
    [
        (np.zeros(8000), None, r"how fast it was sampled.*sample_rate_hz=16_000"),
        (np.zeros(8000), 0, "no recording's rate"),
        (np.zeros((2, 8000)), 16_000, r"give \[S\] or \[S, channels\]. Channels come last"),
        (np.zeros((2, 2, 2)), 16_000, "is no recording"),
        (np.full(8000, 300.0), 16_000, "values from -1 to 1; these reach 300"),
        (np.full(8000, np.nan), 16_000, "values from -1 to 1"),
        (np.zeros(8000, np.int64), 16_000, "int16, or of floating point from -1 to 1, not int64"),
        (np.zeros(10), 16_000, "shorter than"),
    ],
)
def test_other_arrays_are_no_recordings(array, rate, said):
    with pytest.raises(MediaError, match=said):
        read_audio(array, sample_rate_hz=rate)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_no_number_harms_no_other(odd):
    values = np.full((4, 4), 0.5)
    plain = np.asarray(read_image(values).value)
    values[1, 2] = odd
    seen = np.asarray(read_image(values).value).copy()
    assert tuple(seen[1, 2]) == ((255,) * 3 if odd == np.inf else (0,) * 3)
    seen[1, 2] = plain[1, 2]
    assert np.array_equal(seen, plain)


@pytest.mark.parametrize(
    "array", [np.zeros((16_000, 2)), np.zeros((2, 16_000)), np.full((40, 40), -0.3)]
)
def test_what_looks_like_a_recording_is_told_so(array):
    with pytest.raises(MediaError, match="read_audio"):
        read_image(array)


@pytest.mark.parametrize("rate", ["16000", 0, -8000, float("nan"), [16_000]])
def test_a_rate_that_is_none_is_named(rate):
    with pytest.raises(MediaError, match=r"no recording's rate.*sample_rate_hz=16_000"):
        read_audio(np.zeros(1600, np.int16), sample_rate_hz=rate)
