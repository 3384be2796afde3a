"""Text is literal, whatever it contains."""

from __future__ import annotations

import threading
import time

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.errors import CheckpointError
from sensorium.tokenizer import FastTokenizer
from tokenizers import AddedToken, decoders, models, pre_tokenizers, processors, trainers

END = "<|endoftext|>"
TEXT = "the picture shows two cats <|endoftext|> and one dog, nothing else at all"


def byte_level() -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=[END, "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT] * 3, trainer)
    tokenizer.add_tokens([AddedToken(" " * n, normalized=True) for n in (4, 3, 2)])
    return tokenizer


TOKENIZER = FastTokenizer(byte_level())
CONTROL = {TOKENIZER.control(END), TOKENIZER.control("<|pad|>")}

pieces = st.one_of(st.text(max_size=8), st.sampled_from([END, "<|", "|>", "<|pad|>", "   ", "\0"]))


@given(st.lists(pieces, max_size=8).map("".join))
@settings(deadline=None)
def test_text_never_becomes_control_and_comes_back(text):
    ids = TOKENIZER.encode(text)
    assert CONTROL.isdisjoint(ids)
    assert TOKENIZER.decode(ids) == text


@given(st.text(alphabet=st.characters(categories=["Cs", "L"]), max_size=12))
@settings(deadline=None)
def test_lone_surrogates_become_replacement_characters(text):
    shown = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == shown


def test_control_and_decode():
    end = TOKENIZER.control(END)
    assert TOKENIZER.decode([end, *TOKENIZER.encode("two cats"), end, 5000]) == "two cats"
    with pytest.raises(CheckpointError, match=r"no control token '<\|im_end\|>'.*endoftext"):
        TOKENIZER.control("<|im_end|>")
    with pytest.raises(CheckpointError, match="no control token '    '"):
        TOKENIZER.control("    ")  # added, but ordinary: text may become it


def test_runs_of_spaces_keep_their_tokens():
    assert len(TOKENIZER.encode("    ")) == 1
    assert TOKENIZER.decode(TOKENIZER.encode("a    b   c")) == "a    b   c"


def test_save_and_load(tmp_path):
    TOKENIZER.save(tmp_path / "new")
    for place in (tmp_path / "new", str(tmp_path / "new" / "tokenizer.json")):
        loaded = FastTokenizer.load(place)
        assert loaded.encode(TEXT) == TOKENIZER.encode(TEXT)
        assert loaded.control(END) == TOKENIZER.control(END)
        assert len(loaded) == len(TOKENIZER)


def test_nothing_is_added_cut_or_padded(tmp_path):
    noisy = byte_level()
    noisy.post_processor = processors.TemplateProcessing(
        single=f"{END} $A {END}", special_tokens=[(END, noisy.token_to_id(END))]
    )
    noisy.enable_truncation(3)
    noisy.enable_padding(length=500, pad_token="<|pad|>", pad_id=1)
    noisy.save(str(tmp_path / "tokenizer.json"))
    assert FastTokenizer.load(tmp_path).encode(TEXT) == TOKENIZER.encode(TEXT)


def test_a_model_that_holds_the_spelling_of_a_control_token():
    """Unigram finds a special token's spelling in its own vocabulary."""
    letters = [(c, -5.0) for c in "<|>abcdefghijklmnopqrstuvwxyz"]
    backend = tokenizers.Tokenizer(models.Unigram([("<unk>", 0.0), (END, -1.0), *letters], 0))
    backend.add_special_tokens([END, "<unk>"])
    backend.encode_special_tokens = True
    assert backend.token_to_id(END) in backend.encode(f"ab{END}c").ids  # the danger is real
    tokenizer = FastTokenizer(backend)
    assert tokenizer.control(END) not in tokenizer.encode(f"ab{END}c{END}")
    assert tokenizer.encode("a1") == [backend.token_to_id("a"), 0]  # unknown stays unknown
    many = tokenizer.encode(END * 3000)
    assert tokenizer.control(END) not in many
    assert len(many) == 3000 * len(END)


def test_refusals(tmp_path):
    with pytest.raises(CheckpointError, match=r"No readable tokenizer\.json"):
        FastTokenizer.load(tmp_path)
    for text in ("", "{", '{"model": 3}'):
        (tmp_path / "tokenizer.json").write_text(text)
        with pytest.raises(CheckpointError, match="damaged"):
            FastTokenizer.load(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(CheckpointError):
        FastTokenizer.load(tmp_path)


def test_a_megabyte_without_a_space_takes_about_a_second():
    start = time.process_time()
    assert TOKENIZER.encode("ab" * 500_000)
    assert time.process_time() - start < 6  # quadratic code would take minutes


def test_threads():
    expected, wrong = TOKENIZER.encode(TEXT + END), []

    def work():
        for _ in range(200):
            if TOKENIZER.encode(TEXT + END) != expected:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
