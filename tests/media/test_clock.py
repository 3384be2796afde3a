"""A sample has its place on the container's clock, also where there is no sound for a while."""

from __future__ import annotations

import io
import time
from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import read_audio
from sensorium.errors import MediaError
from sensorium.media.audio import SAMPLE_RATE_HZ, AudioLimits
from sensorium.media.decoding import on_clock

RATE = 48_000
BEEP_SECONDS = 0.4


def timed(places, kind="webm", codec="libopus", *, picture=False, layout="mono"):
    """A file with a beep at each of the places, in seconds, and nothing at all between them."""
    file = io.BytesIO()
    pages = {"page_duration": "20000"} if kind == "ogg" else {}  # a time for each packet
    with av.open(file, "w", format=kind, options=pages) as container:
        video = picture and container.add_stream("vp8" if kind == "webm" else "mpeg4", rate=10)
        stream = container.add_stream(codec, rate=RATE)
        stream.layout = layout
        if video:
            video.width = video.height = 16
            video.pix_fmt = "yuv420p"
            for number in range(10):
                frame = av.VideoFrame(16, 16, "yuv420p")
                frame.pts = number
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        packets = []
        moments = np.arange(round(BEEP_SECONDS * RATE)) / RATE
        beep = (0.4 * np.sin(2 * np.pi * 500 * moments)).astype(np.float32)
        beep = np.tile(beep, (len(stream.layout.channels), 1))
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=RATE)
        if not stream.codec_context.is_open:
            stream.codec_context.open()  # only then its frames have a size
        size = stream.frame_size or 960
        for place in places:
            for start in range(0, beep.shape[1] - size + 1, size):
                part = np.ascontiguousarray(beep[:, start : start + size])
                frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
                frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
                frame.pts = round(place * RATE) + start
                for converted in resampler.resample(frame):
                    packets += stream.encode(converted)
        for packet in [*packets, *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def onsets(waveform):
    """Where, in seconds, silence of a tenth of a second ends."""
    loud = np.abs(waveform) > 0.1
    sounding = np.flatnonzero(loud)
    first = [sounding[0], *sounding[1:][np.diff(sounding) > SAMPLE_RATE_HZ // 10]]
    return [place / SAMPLE_RATE_HZ for place in first]


CASES = [
    ("webm", "libopus"),
    ("matroska", "pcm_s16le"),
    ("matroska", "pcm_u8"),
    ("matroska", "flac"),
    ("ipod", "aac"),
    ("ogg", "libopus"),
]


@pytest.mark.parametrize(("kind", "codec"), CASES[:-1])
@pytest.mark.parametrize("places", [[2.992], [0, 5.4], [1.5, 3.0, 10.0], [0]])
def test_silence_stands_where_the_clock_says(kind, codec, places):
    heard = read_audio(timed(places, kind, codec)).value
    assert onsets(heard) == pytest.approx(places, abs=0.05)
    assert len(heard) / SAMPLE_RATE_HZ == pytest.approx(places[-1] + BEEP_SECONDS, abs=0.1)
    loud = np.abs(heard) > 0.1
    assert np.abs(heard[~loud]).max() < 0.15
    assert np.abs(heard[: int(places[0] * SAMPLE_RATE_HZ * 0.9)]).max(initial=0) < 0.01


@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_film_whose_sound_starts_later(layout):
    heard = read_audio(timed([2.992, 8.0], picture=True, layout=layout)).value
    assert onsets(heard) == pytest.approx([2.992, 8.0], abs=0.05)


def test_ogg_that_was_cut_from_a_stream_starts_at_once():
    heard = read_audio(timed([3600.0, 3603.0], "ogg")).value
    assert onsets(heard) == pytest.approx([0.0, 3.0], abs=0.05)


def test_a_hole_is_where_it_is_in_ogg():
    heard = read_audio(timed([0.0, 5.0], "ogg")).value
    assert onsets(heard) == pytest.approx([0.0, 5.0], abs=0.05)


def test_a_clock_that_wobbles_cuts_nothing_up():
    places = [0.0, *(0.08 + BEEP_SECONDS * number for number in range(1, 10))]
    heard = read_audio(timed(places, "matroska", "pcm_s16le")).value
    assert len(onsets(heard)) == 1
    assert len(heard) == 10 * BEEP_SECONDS * SAMPLE_RATE_HZ


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.15, 4), min_size=1, max_size=4), st.sampled_from(CASES[:-1]))
def test_any_holes_are_kept(pauses, case):
    places = [*accumulate(pauses, lambda place, pause: place + BEEP_SECONDS + pause)]
    assert onsets(read_audio(timed(places, *case)).value) == pytest.approx(places, abs=0.06)


@pytest.mark.parametrize("kind", ["webm", "matroska"])
@pytest.mark.parametrize("places", [[50 * 3600.0], [0, 700.0], [0, 599.9], [10 * 60.0, 20 * 60.0]])
def test_a_hostile_clock_allocates_nothing(kind, places):
    data = timed(places, kind, "libopus")
    began = time.process_time()
    with pytest.raises(MediaError, match="longer than 600 s"):
        read_audio(data)
    assert time.process_time() - began < 1


def test_silence_counts_as_samples_of_all_channels():
    data = timed([0, 8.0], "matroska", "pcm_s16le", layout="stereo")
    assert len(read_audio(data).value) == pytest.approx(8.4 * SAMPLE_RATE_HZ, rel=0.01)
    with pytest.raises(MediaError, match="longer than"):
        read_audio(data, AudioLimits(max_samples=2 * 7 * RATE))


def test_a_clock_that_is_set_back_goes_on_from_there():
    """A tenth of a second at each time: the third comes 2 s behind the second."""
    frames = []
    for at in (5.0, 0.0, 2.1):
        frame = av.AudioFrame("flt", "mono", RATE // 10)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), round(at * RATE)
        frames.append(frame)
    sounding = {id(frame) for frame in frames}
    place, places = 0, []
    for frame in on_clock(iter(frames), 0.0, 600):
        if id(frame) in sounding:
            places.append(place / RATE)
        place += frame.samples
    assert places == pytest.approx([5.0, 5.1, 7.2])
