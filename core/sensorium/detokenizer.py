"""Ids → text, token by token, in constant time for each.

What is given out is never taken back. It joins to exactly what one decode of all ids gives, unless
the tokenizer's decoder rewrites text that it has written: then what was given out stays as it was,
and the rest of that decode follows at the end.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .contracts import Tokenizer

if TYPE_CHECKING:
    import tokenizers
    from tokenizers.decoders import DecodeStream

REPLACEMENT = "\ufffd"

_BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")


class Detokenizer(Protocol):
    """The text of one answer while its tokens arrive."""

    def push(self, token: int) -> str:
        """Add a token; returns the text that is now final."""
        ...

    @property
    def ahead(self) -> str:
        """Whole characters that would follow if the answer ended here: a guess that costs little.

        Later tokens may change them.
        """
        ...

    def rest(self) -> str:
        """What would follow if the answer ended here: one decode of all ids, less what is final."""
        ...


@runtime_checkable
class StreamingTokenizer(Tokenizer, Protocol):
    """A tokenizer that can decode as tokens arrive.

    Without it the whole answer is decoded again for every token.
    """

    def detokenizer(self) -> Detokenizer:
        """A fresh one, for one answer."""
        ...


def detokenizer_for(tokenizer: Tokenizer) -> Detokenizer:
    """The tokenizer's own, or one that works with any `decode`."""
    if isinstance(tokenizer, StreamingTokenizer):
        return tokenizer.detokenizer()
    return _Redecoder(tokenizer)


class FastDetokenizer:
    """Over a `tokenizers.Tokenizer`; `skipped` are the control tokens, which have no text.

    `DecodeStream` does the work, given only what it can take:

    - Byte-fallback tokens such as `<0xE4>` become text by the run: one byte that does not fit turns
      every byte of its run into U+FFFD. So a run is passed on when the token behind it is known.
    - A stream that has seen only control tokens takes the next token for the first of the text and
      drops its leading space. So they are left out here, as in one decode.
    """

    def __init__(self, backend: tokenizers.Tokenizer, skipped: Collection[str]) -> None:
        from tokenizers.decoders import DecodeStream

        self._backend = backend
        self._skipped = skipped
        decoder = backend.decoder
        self._byte_fallback = decoder is not None and decoder.decode(["<0x41>"]) == "A"
        self._stream: DecodeStream | None = DecodeStream(skip_special_tokens=True)
        self._ids: list[int] = []
        self._written = 0
        self._run: list[int] = []
        self._run_text = _RunText()

    def push(self, token: int) -> str:
        """Add a token; returns the text that is now final."""
        name = self._backend.id_to_token(token)
        if name is None or name in self._skipped:
            return ""
        self._ids.append(token)
        self._run.append(token)
        if self._byte_fallback and (byte := _BYTE.fullmatch(name)):
            self._run_text.push(int(byte[1], 16))
            return ""
        run, self._run, self._run_text = self._run, [], _RunText()
        return self._step(run)

    @property
    def ahead(self) -> str:
        """The run of bytes that is open, as long as it is text."""
        return self._run_text.value

    def rest(self) -> str:
        """One decode of all ids, less what is final."""
        return self._backend.decode(self._ids, skip_special_tokens=True)[self._written :]

    def _step(self, run: Sequence[int]) -> str:
        if self._stream is None:
            return ""
        try:
            text = self._stream.step(self._backend, run) or ""
        except Exception:  # noqa: BLE001 - the library raises no narrower one
            # A decoder that replaces text across tokens rewrites what is written: such an answer
            # cannot be streamed, and the rest of it comes at its end.
            self._stream = None
            return ""
        self._written += len(text)
        return text


class _RunText:
    """The text of a run of bytes; empty while it ends within a character, or is no UTF-8."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._broken = False
        self._text = ""

    @property
    def value(self) -> str:
        """The run as text."""
        whole = self._decoder is not None and not self._decoder.getstate()[0]
        return self._text if whole and not self._broken else ""

    def push(self, byte: int) -> None:
        """Add a byte."""
        self._decoder = self._decoder or codecs.getincrementaldecoder("utf-8")()
        try:
            self._text += "" if self._broken else self._decoder.decode(bytes([byte]))
        except UnicodeDecodeError:
            self._broken = True


class _Redecoder:
    """For any tokenizer: decodes the whole answer again; U+FFFD at its end may still change."""

    ahead = ""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._written = ""

    def push(self, token: int) -> str:
        self._ids.append(token)
        text = self._tokenizer.decode(self._ids).rstrip(REPLACEMENT)
        if not text.startswith(self._written):
            return ""
        start, self._written = len(self._written), text
        return text[start:]

    def rest(self) -> str:
        return self._tokenizer.decode(self._ids)[len(self._written) :]
