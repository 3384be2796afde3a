"""Speech from text: libespeak-ng through ctypes.

Legend: S samples at 16 kHz.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensorium.errors import SensoriumError
from sensorium.media.audio import SAMPLE_RATE_HZ

Waveform = NDArray[np.float32]

_SYNCHRONOUS, _DONT_EXIT, _UTF8, _SENTENCE_END = 2, 0x8000, 1, 0x1000
_RATE, _PITCH, _RANGE = 1, 3, 4
_END_OF_LIST, _WORD = 0, 1


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h, up to what is read here and as long as it is."""

    _fields_ = (
        ("kind", ctypes.c_int),
        ("message", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class VoiceError(SensoriumError):
    """No synthetic voice here, or none of that name."""

    code = "no_voice"


@dataclass(frozen=True, slots=True)
class Speech:
    """Something said: samples [S] float32 within -1 … 1, and how the voice pronounces it.

    `phonemes` are espeak's ASCII mnemonics, without stress and pauses; `starts` are the seconds at
    which the words of the text begin.
    """

    waveform: Waveform
    phonemes: str
    starts: tuple[float, ...]


class Speaker:
    """One espeak-ng. The library keeps one state per process, so there is one of these.

    `data` is the folder of its data files, where it is not the installed one.
    """

    def __init__(self, data: Path | None = None) -> None:
        self._library = _load()
        path = None if data is None else str(data).encode()
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, path, _DONT_EXIT)
        if rate <= 0:
            raise VoiceError(
                "espeak-ng is here but cannot start: its data files are missing",
                hint="Install them: apt-get install espeak-ng-data",
            )
        self._rate_hz: int = rate
        self._pieces: list[NDArray[np.int16]] = []
        self._begun: list[tuple[int, float]] = []  # (character of the text, second)
        self._callback = _Callback(self._collect)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    @property
    def data(self) -> Path:
        """The folder of the data files in use."""
        path = ctypes.c_char_p()
        self._library.espeak_Info(ctypes.byref(path))
        return Path((path.value or b"").decode())

    def say(
        self, text: str, voice: str, *, words_per_minute: int = 175, pitch: int = 50, lilt: int = 50
    ) -> Speech:
        """`pitch` and `lilt`, its range, are 0 … 100.

        `voice` is a voice file, perhaps with a variant: `gmw/en-US+f3`. VoiceError where
        espeak-ng has none such.
        """
        phonemes = self._phonemes(text, voice)
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, lilt)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces.clear()
        self._begun.clear()
        data = text.encode()
        failed = self._library.espeak_Synth(
            data, len(data) + 1, 0, 0, 0, _UTF8 | _SENTENCE_END, None, None
        )
        if failed or not self._pieces:
            raise VoiceError(f"espeak-ng said nothing for {text!r} with the voice {voice}")
        samples = np.concatenate(self._pieces).astype(np.float32) / np.float32(32768)
        return Speech(_resampled(samples, self._rate_hz), phonemes, _starts(text, self._begun))

    def _phonemes(self, text: str, voice: str) -> str:
        self._choose(voice)
        held = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(held))
        clauses: list[str] = []
        while rest.value:
            found = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, 0)
            clauses.append((found or b"").decode("ascii", "ignore"))
        return "".join(letter for letter in " ".join(clauses).strip() if letter not in "',%=_:|-")

    def _choose(self, voice: str) -> None:
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()):
                raise VoiceError(
                    f"This espeak-ng has no voice '{voice}'",
                    hint="List them: espeak-ng --voices=en, espeak-ng --voices=variant",
                )
            self._voice = voice

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        number = 0
        while events and events[number].kind != _END_OF_LIST:
            event = events[number]
            if event.kind == _WORD and event.text_position > 0:  # 0 where a clause ends
                self._begun.append((event.text_position - 1, event.audio_position / 1000))
            number += 1
        return 0


def _starts(text: str, begun: list[tuple[int, float]]) -> tuple[float, ...]:
    """For every word of the text its second; "of the" may be one word to espeak, at one second."""
    starts: list[float] = []
    at = 0
    for word in text.split():
        at = text.index(word, at)
        starts.append(max((second for place, second in begun if place <= at), default=0.0))
        at += len(word)
    return tuple(starts)


def _load() -> Any:
    name = ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise VoiceError(
            "Synthetic speech needs the library espeak-ng, which is not installed",
            hint="Install it: apt-get install espeak-ng   (macOS: brew install espeak-ng)",
        ) from error
    # What comes after the text would be cut to 32 bits without these.
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint),
        *(ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.espeak_TextToPhonemes.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library


def _resampled(samples: Waveform, rate_hz: int) -> Waveform:
    """To 16 kHz, by cutting the spectrum: exact, and quick at these lengths."""
    if rate_hz == SAMPLE_RATE_HZ:
        return samples
    shared = np.gcd(rate_hz, SAMPLE_RATE_HZ)
    before, after = rate_hz // shared, SAMPLE_RATE_HZ // shared
    blocks = -(-len(samples) // before)
    padded = np.pad(samples, (0, blocks * before - len(samples)))
    spectrum = np.fft.rfft(padded)[: blocks * after // 2 + 1]
    changed = np.fft.irfft(spectrum, blocks * after) * (after / before)
    return np.asarray(changed, np.float32)
