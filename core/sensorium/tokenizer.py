"""Text ↔ ids on the `tokenizers` library alone; text is always literal."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import tokenizers

from .detokenizer import FastDetokenizer
from .errors import CheckpointError, suggestion
from .text_files import EncodingError, read_text

FILE_NAME = "tokenizer.json"

_PROBE = "Hello, world! 2026-12-31  3.14\n\tdef f(x):\r\n    return «déjà vu» 😀 你好 <|endoftext|>"
"""Two tokenizers of one vocabulary that differ in how they cut text differ here."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class FastTokenizer:
    """A `tokenizer.json`, read so that no text can ever become a control token.

    Thread safe: everything that could be switched is set once, while loading.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        # With this on, the library does not look for special tokens in text; added tokens that
        # are not special (CodeGen's runs of spaces) are still found.
        backend.encode_special_tokens = True
        # A file may carry the truncation or padding of whoever saved it last.
        backend.no_truncation()
        backend.no_padding()
        self._backend = backend
        added = backend.get_added_tokens_decoder()
        self._control = {token.content: id_ for id_, token in added.items() if token.special}
        self._special = {id_: token for token, id_ in self._control.items()}

    @classmethod
    def load(cls, folder_or_file: Path | str) -> FastTokenizer:
        """Read `tokenizer.json`, or the one in a folder; CheckpointError where that fails."""
        path = Path(folder_or_file)
        path = path / FILE_NAME if path.is_dir() else path
        try:
            text = read_text(path)
        except (OSError, EncodingError) as error:
            raise CheckpointError(
                f"No readable {FILE_NAME}",
                where=str(path),
                hint="Copy the tokenizer of the checkpoint next to its config.json.",
            ) from error
        try:
            backend = tokenizers.Tokenizer.from_str(text)
        except Exception as error:
            raise CheckpointError(
                f"{FILE_NAME} is damaged or of an unknown format",
                where=str(path),
                hint="Download or save it again.",
            ) from error
        return cls(backend)

    def __len__(self) -> int:
        """How many ids there are, control tokens included."""
        return self._backend.get_vocab_size(with_added_tokens=True)

    @property
    def vocabulary(self) -> int:
        """One more than the highest id; there may be gaps below."""
        return 1 + max(self._backend.get_vocab(with_added_tokens=True).values())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what text becomes: every token with its id, and how one text is cut.

        Not of the file, which each version of the library writes in another way.
        """
        vocabulary = sorted(self._backend.get_vocab(with_added_tokens=True).items())
        words = self.decode(range(0, self.vocabulary, max(1, self.vocabulary // 500)))
        held = [vocabulary, sorted(self._control.items()), self.encode(words + _PROBE)]
        return hashlib.sha256(json.dumps(held).encode()).hexdigest()

    def encode(self, text: str) -> list[int]:
        """Literal text → ids; `<|endoftext|>` in it becomes ordinary letters.

        Lone surrogates, which no encoding has, become U+FFFD.
        """
        ids: list[int] = []
        pending = [_SURROGATE.sub("\ufffd", text)]
        while pending:
            piece = pending.pop()
            encoding = self._backend.encode(piece, add_special_tokens=False)
            if cuts := self._inside_control(piece, encoding):
                ends = [*cuts, len(piece)]
                pending += reversed([piece[a:b] for a, b in zip([0, *cuts], ends, strict=True)])
            else:
                ids += encoding.ids
        return ids

    def control(self, token: str) -> int:
        """The id of a control token such as `<|endoftext|>`; CheckpointError where unknown."""
        try:
            return self._control[token]
        except KeyError:
            near = suggestion(token, self._control)
            known = ", ".join(sorted(self._control)[:8]) or "none"
            raise CheckpointError(
                f"The tokenizer has no control token '{token}'.",
                hint=f"{near}It has: {known}. A template must use tokens of its checkpoint.",
            ) from None

    def decode(self, ids: Sequence[int]) -> str:
        """Ids → text, control tokens left out; ids beyond the vocabulary give nothing."""
        return self._backend.decode(list(ids), skip_special_tokens=True)

    def detokenizer(self) -> FastDetokenizer:
        """Decodes one answer while its tokens arrive, to what `decode` gives for all of them."""
        return FastDetokenizer(self._backend, self._control.keys())

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._backend.save(str(folder / FILE_NAME))

    def _inside_control(self, text: str, encoding: tokenizers.Encoding) -> list[int]:
        # Some models (Unigram, BPE with ignore_merges) hold the spelling of a control token as an
        # ordinary piece. Cutting the text inside that piece leaves no way to spell it. An unknown
        # token is special too, but its span is not its name: it stays.
        if self._special.keys().isdisjoint(encoding.ids):
            return []
        return [
            (start + end) // 2
            for id_, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
            if end - start > 1 and text[start:end].strip() == self._special.get(id_)
        ]
