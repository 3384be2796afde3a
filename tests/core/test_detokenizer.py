"""Streamed text is one decode of all ids, whatever decoder the tokenizer has."""

from __future__ import annotations

from pathlib import Path

import pytest
import sensorium_pocket
import tokenizers
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sensorium import GenerationOptions, StreamingTokenizer
from sensorium.detokenizer import FastDetokenizer, detokenizer_for
from sensorium.generation import TextWriter, generate
from sensorium.speculation import SIZES, CostCurve
from sensorium.testing import FakeLanguageModel, FakeSession, FakeTokenizer
from sensorium.tokenizer import FastTokenizer
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers

PIECES = ["▁", "▁▁", "▁a", "a", "b", "▁b▁", "##a", "##", ".", ",", "'s", "do", " not", "n't"]
PIECES += ["a</w>", "</w>", "é", "你", "\ufffd", "<0x4", "a<0x41>"]
SPACED = decoders.Replace("▁", " ")
DECODERS = {
    "llama": [SPACED, decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)],
    "gemma": [SPACED, decoders.ByteFallback(), decoders.Fuse()],
    "bytes, metaspace": [decoders.ByteFallback(), decoders.Metaspace()],
    "metaspace": [decoders.Metaspace()],
    "metaspace, no prefix": [decoders.Metaspace(prepend_scheme="never")],
    "wordpiece": [decoders.WordPiece()],
    "wordpiece, as it is": [decoders.WordPiece(cleanup=False)],
    "ends of words": [decoders.BPEDecoder()],
    "byte level": [decoders.ByteLevel()],
    "none": [],
}


def made(steps, pieces=PIECES) -> FastTokenizer:
    """A tokenizer of single letters, bytes and `pieces`, with these decoders."""
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    vocabulary = {name: id_ for id_, name in enumerate(names)}
    model = models.BPE(vocabulary, [], byte_fallback=True, unk_token="<unk>", fuse_unk=True)
    backend = tokenizers.Tokenizer(model)
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    if steps:
        backend.decoder = steps[0] if len(steps) == 1 else decoders.Sequence(steps)
    backend.add_special_tokens(["<unk>", "<s>", "</s>"])
    backend.add_tokens([AddedToken("  ", normalized=False), AddedToken("<0xe4>", normalized=False)])
    return FastTokenizer(backend)


ALPHABET = [*pre_tokenizers.ByteLevel.alphabet()]
TOKENIZERS = {
    name: made(steps, PIECES + (sorted({*ALPHABET} - {*PIECES}) if name == "byte level" else []))
    for name, steps in DECODERS.items()
}
POCKET = Path(sensorium_pocket.__file__).parent / "bundle/llm/tokenizer.json"
TOKENIZERS["pocket"] = FastTokenizer.load(POCKET)
FALL_BACK = ("llama", "gemma", "bytes, metaspace")
HALF = (228, 189, 160, 240, 159)
"""Bytes that begin, continue and end characters; as ids of the tokenizers above 3 more."""


def ids_of(name):
    """Any ids: text, control tokens between it, bytes that are no text, ids that nobody knows."""
    size = TOKENIZERS[name].vocabulary
    some = st.sampled_from([0, 1, 2, *(byte + 3 for byte in HALF), 259, 260, 261, 262, 9999])
    spelled = st.text(max_size=6).map(TOKENIZERS[name].encode)
    parts = st.one_of(some.map(lambda id_: [id_]), st.integers(0, size).map(lambda i: [i]), spelled)
    return st.lists(parts, max_size=10).map(lambda lists: [id_ for part in lists for id_ in part])


def streamed(tokenizer, ids, stop=()):
    """(the steps, tokens that were read, whether a stop text ended it)."""
    writer = TextWriter(tokenizer, stop)
    steps = []
    for id_ in ids:
        steps.append(writer.push(id_))
        if writer.stopped:
            break
    read = len(steps)
    steps.append(writer.flush())
    assert writer.flush() == ""
    return steps, read, writer.stopped


@pytest.mark.parametrize("name", TOKENIZERS)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_streamed_text_is_one_decode_of_all_ids(name, data):
    """Also where the answer ends within a character, and where bytes are no text at all."""
    ids = data.draw(ids_of(name))
    steps, _, _ = streamed(TOKENIZERS[name], ids)
    assert "".join(steps) == TOKENIZERS[name].decode(ids)


def first_stop(text, stop):
    ends = [(text.find(one) + len(one), text.find(one)) for one in stop if one in text]
    return min(ends)[1] if ends else None


@pytest.mark.parametrize("name", TOKENIZERS)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_the_answer_ends_before_the_first_stop_text(name, data):
    tokenizer = TOKENIZERS[name]
    ids = data.draw(ids_of(name))
    text = tokenizer.decode(ids).replace("\ufffd", "")
    places = st.tuples(st.integers(0, len(text)), st.integers(1, 4))
    cut = st.lists(places.map(lambda place: text[place[0] :][: place[1]]), max_size=2)
    stop = [*data.draw(cut), *data.draw(st.lists(st.sampled_from([" a", "你", "a.", "\n"])))]
    steps, read, stopped = streamed(tokenizer, ids, stop)
    stop = [one for one in stop if one]
    so_far = [tokenizer.decode(ids[:length]) for length in range(len(ids) + 1)]
    ends = [n for n, text in enumerate(so_far) if first_stop(text, stop) is not None]
    assert stopped == bool(ends)
    if not ends:
        assert "".join(steps) == so_far[-1]
        return
    whole = so_far[ends[0]]
    assert "".join(steps) == whole[: first_stop(whole, stop)]
    # Half a character in the token that ends a stop text hides it until the character is whole.
    assert read == ends[0] or whole.endswith("\ufffd")


@pytest.mark.parametrize("name", [*FALL_BACK, "pocket"])
@pytest.mark.parametrize(
    "text",
    ["é", "你好，世界！😀 ok", "👩‍👩‍👧", "한국어", "བོད་ཡིག a", "line\n\nline", "a\ufffdb\ufffd", ""],
)
def test_what_is_text_streams_without_replacement_characters(name, text):
    tokenizer = TOKENIZERS[name]
    ids = tokenizer.encode(text)
    steps, _, _ = streamed(tokenizer, ids)
    assert "".join(steps).strip() == text.strip()
    # Nothing but a run of bytes, or half a character, is held back.
    held = sum(not step for step in steps[:-1])
    assert held <= sum(name in FALL_BACK or "\ufffd" in tokenizer.decode([id_]) for id_ in ids)


@pytest.mark.parametrize("name", FALL_BACK)
@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        ("a\nb", "\n", "a"),  # a newline is a byte token in Llama's vocabulary
        ("a b. 好吗? b", "吗", "a b. 好"),
        ("ab😀b", "b😀", "a"),
        ("a😀好b", "😀好b", "a"),
    ],
)
def test_a_stop_text_of_bytes_ends_the_answer_at_its_last_token(name, text, stop, left):
    tokenizer = TOKENIZERS[name]
    ids = tokenizer.encode(text)
    steps, read, stopped = streamed(tokenizer, [*ids, *tokenizer.encode("aaaa")], [stop])
    assert stopped
    assert "".join(steps).strip() == left
    needed = next(n for n in range(len(ids) + 1) if stop in tokenizer.decode(ids[:n]))
    assert read == needed


@pytest.mark.parametrize("name", FALL_BACK)
@example(limit=3)
@given(limit=st.integers(1, 24))
@settings(deadline=None, max_examples=24)
def test_an_answer_cut_at_its_length_and_with_guesses(name, limit):
    """The loop of decoding gives what one decode gives, with speculation as without."""
    tokenizer = TOKENIZERS[name]
    llm = FakeLanguageModel(context_length=200)
    llm.tokenizer, llm.vocabulary = tokenizer, 400
    prompt = tokenizer.encode("你好，世界！😀 ok 你好，世界！")
    script = [*tokenizer.encode("你好，世界！😀 ok"), 2, 2]
    llm.table = torch.zeros(400, 8)

    class Scripted(FakeSession):
        def append(self, embeddings, *, last=1):
            self._held = torch.cat([self._held, embeddings])
            said = [*prompt[1:], *script, *[2] * 40][self.length - last : self.length]
            return torch.nn.functional.one_hot(torch.tensor(said), 400).float()

    class Eager(CostCurve):
        def seconds(self, size):
            return 1.0 + size / SIZES[-1]

    answers = []
    for speculation in (False, True):
        session = Scripted(llm)
        logits = session.append(llm.embed(torch.tensor(prompt)))[-1]
        options = GenerationOptions(max_tokens=limit, speculation=speculation)
        steps = list(
            generate(
                *(llm, session, logits, options, frozenset({2}), lambda: False),
                keys=prompt,
                costs=Eager(),
            )
        )
        answers.append("".join(step.text for step in steps))
    assert answers[0] == answers[1] == tokenizer.decode(script[:limit])


# --- what it costs, and tokenizers that cannot stream ---


@pytest.mark.parametrize("name", ["llama", "metaspace", "byte level", "pocket"])
def test_a_token_costs_the_same_however_long_the_answer_is(name, monkeypatch):
    """What the library is given to decode for one token does not grow with the answer."""
    tokenizer = TOKENIZERS[name]
    given_out = []

    class Counting:
        def __init__(self, backend):
            self._backend = backend

        def __getattr__(self, name):
            if name == "decode":
                given_out.append(name)
            return getattr(self._backend, name)

    counting = Counting(tokenizer._backend)
    detokenizer = FastDetokenizer(counting, tokenizer._control)
    stream = detokenizer._stream
    sizes = []

    class Stream:
        def step(self, backend, run):
            sizes.append(len(run))
            return stream.step(tokenizer._backend, run)

    detokenizer._stream = Stream()
    ids = tokenizer.encode("a b 你好 do not. " * 100)
    text = "".join(detokenizer.push(id_) for id_ in ids)
    assert not given_out  # no decode of all ids before the end
    assert sum(sizes) <= len(ids)
    assert text + detokenizer.rest() == tokenizer.decode(ids)
    assert given_out == ["decode"]


def test_a_decoder_that_rewrites_what_it_wrote_gives_the_rest_at_the_end():
    tokenizer = made([decoders.Fuse(), decoders.Replace("ab", "x")])
    a, b = tokenizer.encode("a")[-1], tokenizer.encode("b")[-1]
    detokenizer = tokenizer.detokenizer()
    assert [detokenizer.push(id_) for id_ in (b, a, b, a, a)] == ["b", "a", "", "", ""]
    assert detokenizer.rest() == "aa"


class Backwards(FakeTokenizer):
    """Nothing that it wrote stays."""

    def decode(self, ids):
        return "".join(chr(id_) for id_ in reversed(ids))


def test_tokenizers_that_cannot_stream():
    assert not isinstance(FakeTokenizer(), StreamingTokenizer)
    assert isinstance(TOKENIZERS["llama"], StreamingTokenizer)
    detokenizer = detokenizer_for(Backwards())
    assert [detokenizer.push(id_) for id_ in b"abc"] == ["a", "", ""]
    assert detokenizer.rest() == "ba"
