"""Parquet: text, conversations, pictures as bytes; row groups; what is said where one is wrong."""

from __future__ import annotations

import builtins
import io

import pytest
from PIL import Image
from sensorium import Message, TextSample, read_image
from sensorium.config import validate
from sensorium.errors import ConfigError, MediaError, MissingPackageError, SampleError
from sensorium_trainers.formats import parquet
from sensorium_trainers.formats.parquet import ParquetOptions, open_parquet

pyarrow = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def png(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, "PNG")
    return buffer.getvalue()


def talk(*parts, answer="Yes."):
    return [{"role": "user", "content": list(parts)}, assistant(answer)]


def assistant(answer):
    return {"role": "assistant", "content": [{"type": "text", "text": answer}]}


TEXT = {"type": "text", "text": "What is it?"}
IMAGE = {"type": "image", "text": None}


@pytest.fixture
def write(tmp_path):
    """`write(rows, …)`: a file of these rows, and the source over it."""

    def one(rows, *, name="a.parquet", group=2, **options):
        path = tmp_path / "set" / name
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=group)
        return open_parquet(ParquetOptions(path=path, **options))

    return one


def test_text(write):
    source = write([{"text": f"Line {n}", "url": n} for n in range(5)], text="text")
    assert len(source) == 5
    for index in (4, 0, 3, 2, 1):
        assert source[index] == TextSample(f"Line {index}")


def test_a_folder_in_order_of_names(write, tmp_path):
    for name, lines in (("b", "CD"), ("a", "AB"), ("c", "EFG")):
        write([{"said": line} for line in lines], name=f"{name}.parquet", group=1, text="said")
    source = open_parquet(ParquetOptions(path=tmp_path / "set", text="said"))
    assert [source[index].text for index in range(len(source))] == list("ABCDEFG")


def test_pictures_as_bytes_stand_where_their_parts_stand(write):
    """As the hub's data sets for vision models have them."""
    cells = [{"bytes": png(colour), "path": None} for colour in ("red", "blue")]
    row = {"messages": talk(TEXT, IMAGE, TEXT, IMAGE), "images": cells}
    source = write([row], messages="messages", image="images")
    red, blue = read_image(png("red")), read_image(png("blue"))
    asked, answered = source[0].conversations[0]
    assert asked == Message.user("What is it?", red, "What is it?", blue)
    assert answered == Message.assistant("Yes.")


def test_pictures_that_no_part_places_stand_first(write):
    turns = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "A cat."}]
    rows = [
        {"messages": turns, "image": {"bytes": png("red"), "path": "x.png"}},
        {"messages": turns, "image": None},
    ]
    source = write(rows, messages="messages", image="image")
    assert source[0].conversations[0][0] == Message.user(read_image(png("red")), "What?")
    assert source[1].conversations[0][0] == Message.user("What?")


def test_bytes_inside_the_messages(write):
    part = {"type": "image", "image": {"bytes": png("red"), "path": "red.png"}}
    source = write([{"messages": talk({**TEXT, "image": None}, part)}], messages="messages")
    asked = Message.user("What is it?", read_image(png("red")))
    assert source[0].conversations[0][0] == asked


def test_bare_bytes_and_named_files(write, tmp_path):
    (tmp_path / "red.png").write_bytes(png("red"))
    for cell, column in ((png("red"), "raw"), ("red.png", "name")):
        row = {"messages": talk(TEXT), column: cell}
        source = write(
            [row], name=f"{column}.parquet", messages="messages", image=column, media=tmp_path
        )
        assert source[0].conversations[0][0].media == (read_image(png("red")),)


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        (
            {"messages": talk(TEXT), "image": {"bytes": b"no", "path": None}},
            MediaError,
            "not a",
        ),
        ({"messages": talk(TEXT), "image": "a.png"}, SampleError, "no folder of media"),
        ({"messages": talk(TEXT), "image": "https://a/b.png"}, SampleError, "no folder of media"),
        ({"messages": talk(TEXT), "image": 3}, SampleError, "neither bytes nor the name of a file"),
        ({"messages": talk(IMAGE, IMAGE), "image": png("red")}, SampleError, "names no file"),
        ({"messages": talk(IMAGE), "image": [png("red")] * 2}, SampleError, "2 media, but pl.*1"),
        ({"messages": None, "image": png("red")}, SampleError, "no list of messages"),
    ],
)
def test_errors_name_the_row(write, row, error, said):
    with pytest.raises(error, match=rf"{said}.*a\.parquet, row group 0, row 0 of it"):
        write([row], messages="messages", image="image")[0]


def test_a_text_that_is_none(write):
    source = write([{"text": "One"}, {"text": None}, {"text": None}], text="text")
    with pytest.raises(SampleError, match=r"no text .*row group 1, row 0 of it"):
        source[2]


def test_a_text_that_is_not_utf_8(tmp_path):
    text = pyarrow.array([b"One", b"\xff"], pyarrow.binary()).view(pyarrow.string())
    pq.write_table(pyarrow.table({"text": text}), tmp_path / "odd.parquet")
    source = open_parquet(ParquetOptions(path=tmp_path / "odd.parquet", text="text"))
    assert source[0] == TextSample("One")
    with pytest.raises(SampleError, match="cannot be decoded"):
        source[1]


def test_damaged_files(write, tmp_path):
    path = tmp_path / "bad.parquet"
    path.write_bytes(b"PAR1 no PAR1")
    for wrong in (path, tmp_path / "none.parquet"):
        with pytest.raises(ConfigError, match="is not a Parquet file"):
            open_parquet(ParquetOptions(path=wrong, text="text"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no \.parquet files"):
        open_parquet(ParquetOptions(path=tmp_path / "empty", text="text"))


def test_a_damaged_row_group_is_skipped_not_fatal(write, tmp_path):
    rows = [{"text": f"{n} " * 500} for n in range(4)]
    write(rows, text="text")
    path = tmp_path / "set" / "a.parquet"
    content = bytearray(path.read_bytes())
    content[4:80] = b"\xff" * 76  # the first page's header; the footer stays whole
    path.write_bytes(content)
    source = open_parquet(ParquetOptions(path=path, text="text"))
    with pytest.raises(SampleError, match="row group cannot be read"):
        source[0]
    assert source[3] == TextSample(rows[3]["text"])


def test_columns_that_are_not_there(write):
    with pytest.raises(ConfigError, match=r"no column 'txt'.*Did you mean 'text'.*Columns: text"):
        write([{"text": "One"}], text="txt")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "name one column: `text`, or `messages`"),
        ({"text": "a", "messages": "b"}, "name one column"),
        ({"text": "a", "image": "b"}, "media belong to `messages`"),
        ({"text": "a", "imag": "b"}, "Did you mean 'image'"),
    ],
)
def test_options_that_do_not_fit(options, said):
    with pytest.raises(ConfigError, match=said):
        validate(ParquetOptions, {"path": "a.parquet", **options}, source="recipe")


def test_few_row_groups_are_kept(write, monkeypatch):
    monkeypatch.setattr(parquet, "_KEPT_BYTES", 2500)
    source = write([{"text": "x" * 1000} for _ in range(10)], group=1, text="text")
    for index in (*range(10), 3, 9):
        source[index]
        assert 1 <= len(source._kept) <= 2
    assert list(source._kept) == [3, 9]


def test_without_the_package(monkeypatch, tmp_path):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingPackageError, match=r"pip install .*\[datasets\]'"):
        open_parquet(ParquetOptions(path=tmp_path, text="text"))
