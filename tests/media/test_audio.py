"""Recordings become one kind of waveform, whatever they are, and nothing large gets that far."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import read_audio
from sensorium.errors import MediaError, MissingPackageError
from sensorium.media.audio import SAMPLE_RATE_HZ, AudioLimits

UNKNOWN = "not a recording in a known format"
DAMAGED = "damaged or incomplete"


def encoded(waveform, kind="wav", codec="pcm_s16le", rate=SAMPLE_RATE_HZ, layout="mono"):
    """A file of `waveform` [S] at `rate`, the same in every channel."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = layout
        channels = len(stream.layout.channels)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        for start in range(0, len(waveform), 4096):
            part = np.tile(waveform[start : start + 4096].astype(np.float32), (channels, 1))
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return file.getvalue()


def tone(seconds=1.0, rate=SAMPLE_RATE_HZ, hertz=440, loud=0.3):
    return loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def silence_in_flac(seconds):
    return encoded(np.zeros(seconds * SAMPLE_RATE_HZ, np.float32), "flac", "flac")


def with_declared_samples(flac, samples):
    """The file with another length in its header: FLAC's STREAMINFO holds it in 36 bits."""
    changed = bytearray(flac)
    changed[21] &= 0xF0
    changed[22:26] = samples.to_bytes(4, "big")
    return bytes(changed)


@pytest.mark.parametrize(
    ("kind", "codec", "rate", "layout"),
    [
        ("wav", "pcm_s16le", 16_000, "mono"),
        ("wav", "pcm_s16le", 8_000, "mono"),
        ("wav", "pcm_u8", 11_025, "stereo"),
        ("wav", "pcm_s24le", 48_000, "stereo"),
        ("wav", "pcm_f32le", 96_000, "stereo"),
        ("wav", "pcm_f64le", 44_100, "5.1"),
        ("flac", "flac", 44_100, "stereo"),
        ("mp3", "libmp3lame", 44_100, "stereo"),
        ("ogg", "libopus", 48_000, "mono"),
        ("ipod", "aac", 44_100, "stereo"),
        ("webm", "libopus", 48_000, "stereo"),
    ],
)
def test_any_format_gives_the_same_sound(kind, codec, rate, layout):
    media = read_audio(encoded(tone(1.0, rate), kind, codec, rate, layout))
    heard = media.value
    assert media.modality == "audio"
    assert (heard.dtype, heard.ndim, heard.flags.writeable) == (np.float32, 1, False)
    assert len(heard) == pytest.approx(SAMPLE_RATE_HZ, rel=0.05)
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() * SAMPLE_RATE_HZ / len(heard) == pytest.approx(440, abs=2)
    middle = heard[4000:-4000]  # codecs take a moment to begin
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.06)


def test_the_content_counts_and_not_the_name(tmp_path):
    path = tmp_path / "song.png"
    path.write_bytes(encoded(tone(), "mp3", "libmp3lame"))
    with path.open("rb") as file:
        assert read_audio(file).digest == read_audio(path).digest == read_audio(str(path)).digest
    other = tmp_path / "same.wav"
    other.write_bytes(encoded(tone(hertz=880)))
    assert read_audio(other).digest != read_audio(path).digest


def test_samples_are_exact_where_nothing_is_converted():
    wave = np.round(tone() * 32768) / 32768
    assert np.array_equal(read_audio(encoded(wave)).value, wave.astype(np.float32))


def test_loud_floats_are_clipped_and_broken_ones_refused():
    heard = read_audio(encoded(tone(loud=4.0), codec="pcm_f32le")).value
    assert np.abs(heard).max() == 1
    broken = tone()
    broken[100] = np.nan
    with pytest.raises(MediaError, match=DAMAGED):
        read_audio(encoded(broken, codec="pcm_f32le"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The recording is empty"),
        (encoded(tone(0.01)), r"shorter than 0\.1 s"),
        (b"RIFF", UNKNOWN),
        (b"\0\0\0\x20ftypavif" + bytes(500), UNKNOWN),
        (b"\0" * 1000, UNKNOWN),
        (b"<svg/>", UNKNOWN),
        (b"\xff\xf1" + bytes(500), UNKNOWN),  # AAC without a container
        (b"RIFF\0\0\0\0WAVE" + bytes(100), DAMAGED),
        (b"OggS" + bytes(500), DAMAGED),
        (b"ID3" + bytes(500), DAMAGED),
        (b"\x1aE\xdf\xa3" + bytes(500), DAMAGED),
        (b"\0\0\0\x20ftypisom" + bytes(500), DAMAGED),
        (encoded(tone(), "flac", "flac")[:60], DAMAGED),
    ],
)
def test_what_is_no_recording_is_refused(data, said):
    with pytest.raises(MediaError, match=said):
        read_audio(data)


def test_damage_in_the_middle_is_refused():
    whole = bytearray(encoded(tone(5.0) + tone(5.0, hertz=1000), "flac", "flac"))
    quarter = len(whole) // 4
    whole[quarter : 2 * quarter] = bytes(quarter)
    with pytest.raises(MediaError, match=DAMAGED):
        read_audio(bytes(whole))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        "ffconcat version 1.0\nfile /etc/hostname\n",
        "[playlist]\nFile1=http://169.254.169.254/\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\n",
    ],
)
def test_play_lists_are_never_opened(text):
    with pytest.raises(MediaError, match=UNKNOWN):
        read_audio(text.encode())


def test_a_film_without_sound_is_refused():
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError, match="has no sound"):
        read_audio(file.getvalue())


def test_limits_hold_for_bytes_seconds_and_channels(tmp_path):
    data = encoded(tone(3.0))
    with pytest.raises(MediaError, match="larger than 0 MiB"):
        read_audio(data, AudioLimits(max_bytes=1000))
    with pytest.raises(MediaError, match="longer than 2 s"):
        read_audio(data, AudioLimits(max_seconds=2))
    with pytest.raises(MediaError, match="longer than 600 s"):
        read_audio(encoded(tone(3.0), layout="5.1"), AudioLimits(max_samples=100_000))
    assert read_audio(data, AudioLimits.up_to(3)).value.shape == (48_000,)
    assert AudioLimits.up_to(1200).max_bytes == 2 * AudioLimits().max_bytes
    with pytest.raises(MediaError, match=r"Cannot open the recording .*: No such file"):
        read_audio(tmp_path / "missing.wav")


def test_an_hour_of_silence_is_refused_at_once():
    hour = silence_in_flac(3600)
    assert 600_000 < len(hour) < 700_000
    lies = [with_declared_samples(hour, samples) for samples in (0, SAMPLE_RATE_HZ)]
    for data in (hour, *lies):
        began = time.process_time()
        with pytest.raises(MediaError, match="longer than 600 s"):
            read_audio(data)
        assert time.process_time() - began < 1


MEMORY = """
import resource, sys
from sensorium import read_audio
from sensorium.errors import MediaError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
import av, numpy
files = [open(name, "rb").read() for name in sys.argv[1:]]
idle = peak()
for data in files:
    try:
        read_audio(data)
    except MediaError as error:
        print(error.message, peak() - idle)
"""


def test_an_hour_of_silence_takes_no_memory(tmp_path):
    hour = silence_in_flac(3600)
    paths = []
    for number, data in enumerate((hour, with_declared_samples(hour, 0))):
        paths.append(tmp_path / f"{number}.flac")
        paths[-1].write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, *map(str, paths)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        said, _, mebibytes = line.rpartition(" ")
        assert said == "The recording is longer than 600 s"
        assert int(mebibytes) < 100


FILES = [
    encoded(tone(0.5, rate), kind, codec, rate)
    for kind, codec, rate in (
        ("wav", "pcm_s16le", 16_000),
        ("flac", "flac", 16_000),
        ("mp3", "libmp3lame", 44_100),
        ("ogg", "libopus", 48_000),
        ("ipod", "aac", 44_100),
        ("webm", "libopus", 48_000),
    )
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0.01, 1),
)
def test_any_damage_gives_a_recording_or_a_media_error(data, changes, kept):
    damaged = bytearray(data)
    for place, written in changes:
        at = int(place * len(damaged))
        damaged[at : at + len(written)] = written
    limits = AudioLimits(max_seconds=5)
    try:
        media = read_audio(bytes(damaged[: int(kept * len(damaged))]), limits)
    except MediaError:
        return
    assert 1600 <= len(media.value) <= 80_000
    assert np.isfinite(media.value).all()


def test_a_missing_package_comes_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingPackageError, match=r"pip install .*\[audio\]'"):
        read_audio(b"fLaC and so on")
