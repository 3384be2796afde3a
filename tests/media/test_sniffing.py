"""What a recording is, its content tells: behind tags, padding and half a frame."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import read_audio
from sensorium.errors import MediaError
from sensorium.media.audio import is_recording, recording_suffix
from sensorium.media.sniffing import BEGINNING_BYTES, find_recording


def tone(seconds, rate):
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * 440 * time) + 0.05 * rng.standard_normal(len(time))


def encoded(kind, codec, rate, seconds=1.0, options=None):
    file = io.BytesIO()
    with av.open(file, "w", format=kind, options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(
            tone(seconds, rate).astype(np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        while part := fifo.read(stream.frame_size or 1024, partial=True):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return file.getvalue()


PLAIN = {"write_xing": "0", "id3v2_version": "0"}
FILES = {
    "wav": encoded("wav", "pcm_s16le", 16_000),
    "flac": encoded("flac", "flac", 16_000),
    "ogg": encoded("ogg", "libopus", 48_000),
    "webm": encoded("webm", "libopus", 48_000),
    "m4a": encoded("ipod", "aac", 44_100),
    "mp3": encoded("mp3", "libmp3lame", 44_100),
    "mp3 of a stream": encoded("mp3", "libmp3lame", 44_100, options=PLAIN),
    "slow mp3": encoded("mp3", "libmp3lame", 22_050, options=PLAIN),
    "slower mp3": encoded("mp3", "libmp3lame", 8_000, 4.0, PLAIN),
    "mp2": encoded("mp2", "mp2", 48_000),
}
"""MPEG 1, 2 and 2.5, layers 2 and 3."""


def tag(size, *, version=3, flags=0, footer=False):
    """An ID3v2 tag with a title; the size is written in bytes of seven bits."""
    frame = b"TIT2" + struct.pack(">I", 20) + b"\0\0" + b"\0" + b"a title".ljust(19)
    body = (frame + bytes(size))[: max(size, len(frame))]
    sizes = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    head = bytes([version, 0, flags | (0x10 if footer else 0)]) + sizes
    return b"ID3" + head + body + (b"3DI" + head if footer else b"")


def samples_of_ffmpeg(data, kind):
    """How many FFmpeg decodes when nobody tells it what the file is."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=16_000)
    frames = []
    with av.open(io.BytesIO(data)) as container:
        assert container.format.name.split(",")[0] == kind
        for packet in container.demux(audio=0):
            with suppress(av.error.InvalidDataError):  # as FFmpeg itself goes on
                frames += packet.decode()
    return sum(made.samples for frame in [*frames, None] for made in resampler.resample(frame))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "tags",
    [
        tag(30),
        tag(200),
        tag(300_000),  # with a cover, further than a beginning reaches
        tag(50, version=4, footer=True),
        tag(50, version=2) + tag(4000, version=4),
    ],
    ids=["short", "seven bits", "cover", "footer", "two"],
)
def test_tags_may_stand_before_anything(name, tags):
    tagged = tags + FILES[name]
    assert read_audio(tagged).digest == read_audio(FILES[name]).digest
    assert read_audio(tagged).file == tagged
    assert is_recording(tagged[:BEGINNING_BYTES])
    assert recording_suffix(tagged) == recording_suffix(FILES[name])


JUNK = {
    "newline": b"\r\n",
    "a frame of zeros": bytes(417),
    "zeros": bytes(20_000),
    "ones": b"\xff" * 1000,
    "half a header": b"\xff\xfb",
    "text": b"ICY 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" * 20,
    "noise": np.random.default_rng(1).bytes(3000),
}


@pytest.mark.parametrize("name", ["mp3", "mp3 of a stream", "slow mp3"])
@pytest.mark.parametrize("junk", JUNK)
def test_mp3_may_begin_with_anything(name, junk):
    data = JUNK[junk] + FILES[name]
    assert is_recording(data[:BEGINNING_BYTES])
    assert len(read_audio(data).value) == samples_of_ffmpeg(data, "mp3")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([name for name in FILES if "mp3" in name or name == "mp2"]),
    st.integers(0, 2000),
    st.integers(0, 600),
)
def test_mp3_may_be_cut_from_a_stream(name, start, missing):
    data = FILES[name]
    data = data[start : len(data) - missing]
    assert is_recording(data)
    assert len(read_audio(data).value) == samples_of_ffmpeg(data, "mp3")


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 1000,
        b"\xff" * 0,
        b"\xff\xd8\xff\xe0" + bytes(500),  # a picture
        b"\x89PNG\r\n\x1a\n" + np.random.default_rng(2).bytes(BEGINNING_BYTES),
        bytes(10) + FILES["flac"],  # FLAC has to begin with its mark
        bytes(10) + FILES["mp3 of a stream"][:300],  # fewer frames than tell
        bytes(2 * BEGINNING_BYTES) + FILES["mp3"],
        b"#EXTM3U\nfile:///etc/hostname\n",
    ],
)
def test_what_is_no_recording_is_none(data):
    assert find_recording(data) is None
    with pytest.raises(MediaError):
        read_audio(data)


@given(st.binary(max_size=3000))
def test_noise_is_never_taken_for_sound(data):
    found = find_recording(b"\x00" + data)
    assert found is None or found.kind == "mov"  # four letters behind four others


@given(st.binary(max_size=40), st.integers(0, 300))
def test_any_tag_is_read_in_bounds(data, zeros):
    found = find_recording(b"ID3" + data + bytes(zeros))
    assert found is not None
    assert found.start >= 3


def test_many_tags_take_no_time():
    data = (b"ID3\3\0\0" + bytes(4)) * 100_000
    assert find_recording(data) is not None
