"""Tar files of samples: both ways with webdataset's own, exact resume, and what damage does."""

from __future__ import annotations

import gc
import io
import json
import tarfile

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner
from safetensors.torch import load_file
from sensorium import Message, Sample, TextSample, read_image
from sensorium.cli.root import root
from sensorium.errors import ConfigError, MediaError, SampleError
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.corpus.recipe import ShardsRecipe
from sensorium_trainers.corpus.shards import write_shards
from sensorium_trainers.data import open_sources
from sensorium_trainers.formats import tar
from sensorium_trainers.formats.coco import QUESTIONS
from sensorium_trainers.formats.members import members_of, sample_of
from sensorium_trainers.formats.tar import TarOptions, open_tar, split_name

from .conftest import COLOURS
from .test_parquet import png


def add(archive, name, content=b"", **more):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in more.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def made(tmp_path):
    """`made({"1.txt": b"A cat"}, "a.tar")`: the tar file."""

    def make(files, name="a.tar"):
        path = tmp_path / name
        with tarfile.open(path, "w") as archive:
            for member, content in files.items():
                add(archive, member, content)
        return path

    return make


@pytest.fixture
def shards(tmp_path, registry, llava):
    """`shards(name="two")`: the folder of the five turns of `llava`, two samples in a file."""

    def make(name="shards", data=(), **changes):
        tree = {"data": list(data) or [{"format": "llava", "path": str(llava), "images": None}]}
        output = tmp_path / name
        settings = {"output": str(output), "samples_per_part": 2, **changes}
        write_shards(ShardsRecipe.model_validate({**tree, **settings}), registry)
        return output

    return make


def opened(*paths, **options):
    return open_tar(TarOptions(path=paths, **options))


def test_what_is_written_is_read_again(shards, registry, llava):
    """Every conversation; and pictures are the very files, not coded again."""
    from sensorium_trainers.recipe import DataComponent

    component = DataComponent.model_validate({"format": "llava", "path": str(llava)})
    (source,) = open_sources([component], registry)
    found = opened(shards(shuffle=False))
    assert [found[index] for index in range(4)] == [source[index] for index in range(4)]
    with tarfile.open(shards(shuffle=False) / "00000.tar") as archive:
        names = [member.name for member in archive]
        held = archive.extractfile("000000000.0.png").read()
    assert names[:2] == ["000000000.json", "000000000.0.png"]
    assert held == (llava.parent / "red.png").read_bytes()


def test_the_order_is_drawn_by_the_seed_and_all_are_there(shards):
    first, second = opened(shards("a", seed=1)), opened(shards("b", seed=4))
    answers = [[s[i].conversations[0][1].text for i in range(4)] for s in (first, second)]
    assert answers[0] != answers[1]
    assert sorted(answers[0]) == sorted(answers[1]) == sorted(f"It is {c}." for c in COLOURS)


def test_several_processes_write_the_same(shards):
    contents = [
        {path.name: path.read_bytes() for path in shards(name, processes=n).iterdir()}
        for name, n in (("one", 1), ("two", 2))
    ]
    assert contents[0] == contents[1]


def test_samples_that_no_format_has_on_disk():
    """Pictures that were made in memory, several talks about one, texts cut off."""
    picture = read_image(read_image(png("red")).value)
    talks = tuple((Message.user(picture, q), Message.assistant("Yes")) for q in ("One?", "Two?"))
    for sample in (Sample(talks), TextSample("Once", ended=False), TextSample("Once\n")):
        members = members_of(sample)
        assert len(members) <= 2
        assert sample_of("1", members, QUESTIONS) == sample
    for bad in (Sample(talks, {picture.digest: (("red",),)}), 7):
        with pytest.raises(ConfigError, match="Shards hold texts and conversations"):
            members_of(bad)


def test_foreign_forms(made):
    """As img2dataset and others write them: captions, messages, folders in names."""
    turns = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A cat"}]
    source = opened(
        made(
            {
                "some/where.v1/0.jpg": png("red"),
                "some/where.v1/0.json": b'{"url": "http://x", "width": 3}',
                "some/where.v1/0.txt": b"A  red\nthing",
                "1.txt": b"Only text",
                "2.png": png("blue"),
                "2.json": json.dumps({"messages": turns}).encode(),
            }
        )
    )
    assert len(source) == 3
    asked, answered = source[0].conversations[0]
    assert (asked.media[0], answered.text) == (read_image(png("red")), "A red thing")
    assert asked.text in QUESTIONS
    assert source[1] == TextSample("Only text")
    assert source[2].conversations[0][0] == Message.user(read_image(png("blue")), "What is it?")
    with pytest.raises(IndexError):
        source[3]


@pytest.mark.parametrize(
    ("files", "error", "said"),
    [
        ({"7.jpg": png("red")}, SampleError, "the files jpg: neither a text"),
        ({"7.jpg": b"no", "7.txt": b"A"}, MediaError, "not a picture"),
        ({"7.json": b"{"}, SampleError, "not JSON"),
        ({"7.json": b"[" * 10_000}, SampleError, "not JSON"),
        ({"7.txt": b"\xff"}, SampleError, "not UTF-8"),
        ({"7.jpg": png("red"), "7.txt": b" "}, SampleError, "is empty"),
        ({"7.json": b'{"url": 1}'}, SampleError, "neither a text, nor messages"),
    ],
)
def test_samples_that_cannot_be_used(made, files, error, said):
    with pytest.raises(error, match=said) as caught:
        opened(made(files))[0]
    assert "a.tar, sample 0 at byte 0: 7" in str(caught.value)


def test_names_are_labels(made, tmp_path):
    """Nothing is written or opened by them, neither members nor what a record names."""
    outside = tmp_path / "outside.png"
    outside.write_bytes(png("red"))
    part = {"type": "image", "image": str(outside)}
    turns = [{"role": "user", "content": [part]}, {"role": "assistant", "content": "A cat"}]
    record = json.dumps({"conversations": [turns]}).encode()
    path = made({"../../etc/a.txt": b"A", "/etc/b.txt": b"B", "c.json": record})
    before = {*tmp_path.rglob("*")}
    source = opened(path)
    assert [source[0], source[1]] == [TextSample("A"), TextSample("B")]
    with pytest.raises(SampleError, match="there is no folder of media"):
        source[2]
    assert {*tmp_path.rglob("*")} == before


def test_links_and_devices_are_passed_over(tmp_path):
    path = tmp_path / "odd.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "1.txt", b"A")
        add(archive, "1.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "2.txt", type=tarfile.LNKTYPE, linkname="1.txt")
        add(archive, "3.txt", type=tarfile.CHRTYPE)
        add(archive, "folder.d", type=tarfile.DIRTYPE)
        add(archive, "no_suffix", b"B")
        add(archive, "4.txt", b"B")
    source = opened(path)
    assert [source[index] for index in range(len(source))] == [TextSample("A"), TextSample("B")]


def test_a_sample_that_is_too_large_is_never_read(made, monkeypatch):
    monkeypatch.setattr(tar, "LARGEST_BYTES", 4000)
    source = opened(made({"1.txt": b"A" * 5000, "2.txt": b"B"}))
    with pytest.raises(SampleError, match=r"It has 5,632 bytes; at most 4,000 are read"):
        source[0]
    assert source[1] == TextSample("B")


def test_a_sparse_member_does_not_blow_up(tmp_path):
    """GNU's old form: a header of 512 bytes that says it is 8 GB long."""
    header = bytearray(tarfile.TarInfo("1.txt").tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[483:495] = b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    whole = bytes(header) + bytes(1024)
    (tmp_path / "sparse.tar").write_bytes(whole)
    assert len(opened(tmp_path / "sparse.tar")) == 0
    with pytest.raises(SampleError, match="no file where one should begin"):
        tar._members(whole)


def test_damaged_files_are_named(made, tmp_path):
    whole = made({f"{n}.txt": b"A" * 600 for n in range(3)}).read_bytes()
    place = tmp_path / "b.tar"
    header = 2 * (512 + 1024)
    for content, said in (
        (whole[: header + 700], "unexpected end of data"),
        (whole[: header + 100], "cut off|damaged at byte"),
        (whole[:header] + b"?" * 512 + whole[header + 512 :], "damaged at byte 3,072, behind 2"),
        (b"\x1f\x8b" + whole, "no whole tar file"),
        (b"", "no whole tar file: empty file"),
    ):
        place.write_bytes(content)
        with pytest.raises(ConfigError, match=said):
            opened(place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no \.tar files in it .*gunzip them first"):
        opened(tmp_path / "empty")


def test_damage_behind_an_index_is_one_sample(shards):
    """Files that we wrote need no pass over them; what is damaged is said when it is read."""
    folder = shards(shuffle=False)
    place = folder / "00000.tar"
    content = bytearray(place.read_bytes())
    content[:100] = b"?" * 100
    place.write_bytes(content)
    source = opened(folder)
    with pytest.raises(SampleError, match=r"It is damaged: .*00000\.tar, sample 0 at byte 0"):
        source[0]
    assert source[1].conversations
    place.write_bytes(content[:-9000])  # shorter than its index: it is looked through
    with pytest.raises(ConfigError, match="no whole tar file"):
        opened(folder)


def test_an_index_that_fits_no_more_is_not_believed(shards):
    folder = shards(shuffle=False)
    for starts in ([0, 10**9], [5, 3], []):
        (folder / "00000.starts").write_bytes(np.asarray(starts, "<i8").tobytes())
        assert opened(folder)[0].conversations


def test_several_folders(shards):
    assert len(opened(shards("a"), shards("b") / "00001.tar")) == 6


def test_split_name():
    for name, parts in {
        "17.0.jpg": ("17", "0.jpg"),
        "a/b.c/17.JSON": ("a/b.c/17", "json"),
        "plain": ("plain", ""),
        "a/.hidden": ("a/", "hidden"),
    }.items():
        assert split_name(name) == parts


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_ours_and_we_read_its(shards, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    urls = [str(path) for path in sorted(shards(shuffle=False).glob("*.tar"))]
    theirs = [*webdataset.WebDataset(urls, shardshuffle=False)]
    gc.collect()  # it leaves its files to the collector, which would warn in another test
    assert [one["__key__"] for one in theirs] == [f"{n:09}" for n in range(4)]
    assert all(one["0.png"].startswith(b"\x89PNG") for one in theirs)
    assert json.loads(theirs[2]["json"])["conversations"][0][1]["role"] == "assistant"
    (tmp_path / "theirs").mkdir()
    pattern = str(tmp_path / "theirs" / "%05d.tar")
    with webdataset.ShardWriter(pattern, maxcount=2, encoder=False, verbose=0) as writer:
        for number in range(5):
            writer.write({"__key__": f"{number}", "png": png("red"), "txt": f"A {number}".encode()})
    source = opened(tmp_path / "theirs")
    assert [source[n].conversations[0][1].text for n in range(5)] == [f"A {n}" for n in range(5)]


def test_training_stopped_anywhere_ends_with_the_same_bits(make_run, shards, tmp_path):
    """One damaged picture included: it is replaced by the same other one."""
    data = [{"format": "tar", "path": str(shards())}]
    place = tmp_path / "shards" / "00001.tar"
    content = place.read_bytes()
    place.write_bytes(content.replace(b"\x89PNG", b"NPNG", 1))
    settings = {"data": data, "save_every": 1, "keep": 9, "max_skipped_share": 1}
    run = make_run("align", output=str(tmp_path / "one"), steps=6, **settings)
    lines = []
    run.train(lines.append)
    assert any("could not be used" in line and "00001.tar" in line for line in lines)
    for steps, workers in ((2, 2), (3, 0), (6, 1)):
        make_run(
            "align", output=str(tmp_path / "two"), steps=steps, workers=workers, **settings
        ).train(lambda line: None)
    one, two = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_they_give_up_no_samples_for_validation(make_run, shards):
    data = [{"format": "tar", "path": str(shards())}]
    with pytest.raises(ConfigError, match=r"data\.0\)\. Give validation data of its own"):
        make_run("align", data=data, validation={"samples": 1})
    run = make_run("align", data=data, validation={"samples": 1, "data": data})
    assert len(run.held_out) == 1


def test_the_command(tmp_path, llava, registry):
    path = tmp_path / "shards.yaml"
    data = [{"format": "llava", "path": str(llava)}]
    path.write_text(yaml.safe_dump({"data": data, "output": "./shards"}))
    words = ["data", "shards", "--config", str(path), "--set", "samples_per_part=3"]
    done = CliRunner().invoke(root, words, obj=registry)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'shards'}: 4 samples in 2 parts\n"
