"""An answer without words is not learned, neither its end; the same in every format."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, Sample, TextSample
from sensorium.errors import SampleError
from sensorium.tokenizer import FastTokenizer
from sensorium_llm_phi2.template import LLAVA_PHI
from sensorium_trainers.answering import converse
from sensorium_trainers.corpus.documents import Documents
from sensorium_trainers.errors import EMPTY_TEXT, NOTHING_SAID
from sensorium_trainers.formats.chat import ChatOptions, open_chat
from sensorium_trainers.formats.coco import CocoOptions, open_coco
from sensorium_trainers.formats.columns import ColumnOptions
from sensorium_trainers.formats.columns import sample_of as sample_of_row
from sensorium_trainers.formats.llava import LlavaOptions, open_llava
from sensorium_trainers.formats.members import members_of, sample_of
from sensorium_trainers.formats.text import TextOptions, open_text
from sensorium_trainers.packing import Packer

from .conftest import make_tokenizer

TOKENIZER = FastTokenizer(make_tokenizer())
PACKER = Packer(TOKENIZER, LLAVA_PHI, lambda media: 2, system="", context_length=200)
BLANKS = ["", "  ", "\n", " \t\n", "\u3000", "\u200b"]
ASKED = ["a?", "b?", "c?"]


@pytest.fixture(scope="module")
def formats(tmp_path_factory):
    """Format → `read(answers)`: the sample of a conversation with these answers."""
    folder = tmp_path_factory.mktemp("answers")

    def messages(answers):
        pairs = zip(ASKED, answers, strict=False)
        return [
            turn
            for asked, said in pairs
            for turn in (
                {"role": "user", "content": asked},
                {"role": "assistant", "content": said},
            )
        ]

    def in_parts(answers):
        return [
            {**turn, "content": [{"type": "text", "text": turn["content"]}]}
            if turn["content"]
            else {**turn, "content": []}
            for turn in messages(answers)
        ]

    def chat(answers, turns=messages):
        (folder / "c.jsonl").write_text(json.dumps({"messages": turns(answers)}))
        return open_chat(ChatOptions(path=folder / "c.jsonl"))[0]

    def llava(answers):
        names = {"user": "human", "assistant": "gpt"}
        turns = [{"from": names[t["role"]], "value": t["content"]} for t in messages(answers)]
        (folder / "l.json").write_text(json.dumps([{"conversations": turns}]))
        return open_llava(LlavaOptions(path=folder / "l.json"))[0]

    def row(answers):
        return sample_of_row({"m": messages(answers)}, ColumnOptions(messages="m"))

    def tar(answers):
        return sample_of("k", {"json": json.dumps({"messages": messages(answers)}).encode()}, [])

    def shards(answers):
        talk = [Message(t["role"], Message.user(t["content"]).parts) for t in messages(answers)]
        return sample_of("k", members_of(Sample((tuple(talk),))), [])

    return {
        "chat": chat,
        "chat in parts": lambda answers: chat(answers, in_parts),
        "llava": llava,
        "parquet and hub": row,
        "tar": tar,
        "shards": shards,
    }


NAMES = ["chat", "chat in parts", "llava", "parquet and hub", "tar", "shards"]
said = st.sampled_from([*BLANKS, "No.", " Yes", "No\nno"])


def learned(sample):
    """The runs of ids that are learned, each with its end."""
    row = PACKER.pack(sample)
    return row.ids, TOKENIZER.decode([id_ for _, id_ in row.targets]), len(row.targets)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answers", [[blank] for blank in BLANKS] + [["", " "], ["\n"] * 3])
def test_a_conversation_without_an_answer_is_refused(formats, name, answers):
    with pytest.raises(SampleError, match=NOTHING_SAID):
        formats[name](answers)


@given(answers=st.lists(said, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_all_formats_learn_the_same(formats, answers):
    spoken = [answer for answer in answers if answer.strip().strip("\u200b")]
    if not spoken:
        return
    found = [learned(formats[name](answers)) for name in NAMES]
    assert all(one == found[0] for one in found)
    _, text, targets = found[0]
    assert text == "".join(f" {answer}" for answer in spoken)
    ends = len(spoken)
    assert targets == sum(len(TOKENIZER.encode(f" {answer}")) for answer in spoken) + ends


@pytest.mark.parametrize("blank", BLANKS)
def test_captions(tmp_path, blank):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    content = {
        "images": [{"id": 1, "file_name": "red.png"}],
        "annotations": [{"id": 1, "image_id": 1, "caption": blank}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(content))
    options = CocoOptions(path=tmp_path / "coco.json", images=tmp_path, validation_share=0)
    with pytest.raises(SampleError, match="It has no text 'caption'"):
        open_coco(options)[0]
    picture = (tmp_path / "red.png").read_bytes()
    with pytest.raises(SampleError, match=r"Its \.txt is empty"):
        sample_of("k", {"png": picture, "txt": blank.encode()}, ["What?"])


@pytest.mark.parametrize("blank", BLANKS)
def test_plain_texts(tmp_path, blank):
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": blank}))
    read = open_text(TextOptions(path=tmp_path / "t.jsonl"))[0]
    for sample in (read, sample_of_row({"t": blank}, ColumnOptions(text="t"))):
        assert sample == TextSample(blank)
        with pytest.raises(SampleError, match=EMPTY_TEXT):
            PACKER.pack(sample)
        with pytest.raises(SampleError, match=EMPTY_TEXT):
            list(Documents(TOKENIZER, LLAVA_PHI)(sample))


@pytest.mark.parametrize("blank", BLANKS)
def test_samples_of_any_format(blank):
    """A plugin's own format comes to the same rule."""
    silent = (Message.user("a?"), Message.assistant(blank))
    with pytest.raises(SampleError, match=NOTHING_SAID):
        PACKER.pack(Sample((silent,)))
    spoken = (*silent, Message.user("b?"), Message.assistant("No."))
    assert learned(Sample((spoken,)))[1] == " No."
    # In a corpus of tokens every token is learned, so there it cannot stay.
    with pytest.raises(SampleError, match="an answer without words"):
        list(Documents(TOKENIZER, LLAVA_PHI)(Sample((spoken,))))


def test_a_validation_asks_for_the_last_answer_with_words(monkeypatch):
    talk = (
        *(Message.user("a?"), Message.assistant("Yes")),
        *(Message.user("b?"), Message.assistant(" ")),
    )
    monkeypatch.setattr("sensorium_trainers.answering._write", lambda *_: "said")

    class Any:
        tokenizer, template, system, llm = TOKENIZER, LLAVA_PHI, "", None

    pipeline = Any()
    pipeline.llm = pipeline
    exchange = converse(pipeline, Sample((talk,)), 8)
    assert (exchange.asked, exchange.expected) == ("a?", "Yes")
    assert converse(pipeline, Sample((talk[2:],)), 8) is None
