"""A whole run: the file, what is left out of it, and that no answer is ever lost or paid twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sensorium.errors import ConfigError
from sensorium_trainers.formats.text import TextOptions, open_text
from sensorium_trainers.generate.errors import GenerationError
from sensorium_trainers.generate.output import normalised
from sensorium_trainers.generate.progress import Progress
from sensorium_trainers.generate.run import generate

from .conftest import happy, records


def test_the_file_is_read_by_the_text_format(recipe, server, api):
    made = recipe(api, samples=9)
    lines = []
    assert str(generate(made, lines.append)) == "9 texts"
    source = open_text(TextOptions(path=made.output))
    texts = [source[i].text for i in range(len(source))]
    assert len(texts) == 9
    assert all(text.startswith("Answer ") and " to: Tell of a " in text for text in texts)
    assert lines[-1].startswith("9/9 answers (100%)")
    assert sorted(p.name for p in made.output.parent.iterdir()) == [
        "corpus.jsonl",
        "corpus.jsonl.answers.sqlite",
        "recipe.yaml",
    ]


def test_messages(recipe, server):
    made = recipe(samples=1, format="messages", system="Be brief.")
    generate(made)
    (record,) = records(made.output)
    system, user, assistant = record["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user == server.requests[0]["messages"][1]
    assert assistant["role"] == "assistant"
    assert assistant["content"].endswith(user["content"])


def test_nothing_is_asked_twice(recipe, server):
    made = recipe(samples=4)
    generate(made)
    before = made.output.read_bytes()
    lines = []
    generate(made, lines.append)
    assert lines == ["4/4 answers (100%), from the cache"]
    assert len(server.requests) == 4
    assert made.output.read_bytes() == before
    generate(recipe(samples=6, endpoint={"concurrency": 1, "timeout_seconds": 9}))
    assert len(server.requests) == 6
    assert made.output.read_bytes().startswith(before)
    generate(recipe(samples=6, sampling={"temperature": 0.1}))
    assert len(server.requests) == 12


def test_the_order_is_that_of_the_samples(recipe, server):
    texts = []
    for concurrency in (1, 8):
        # The later a request comes, the sooner it is answered.
        server.act = lambda exchange: (time.sleep(0.06 / exchange.number), happy(exchange))
        output = f"{recipe().output}.{concurrency}.jsonl"
        made = recipe(samples=16, output=output, endpoint={"concurrency": concurrency})
        generate(made)
        texts.append(made.output.read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("concurrency", [1, 3, 7])
def test_as_many_requests_at_once_as_said(recipe, server, concurrency):
    server.seconds = 0.04
    server.together = threading.Barrier(concurrency, timeout=20)
    generate(recipe(samples=4 * concurrency, endpoint={"concurrency": concurrency}))
    assert server.most_at_once == concurrency


def test_killed_at_any_moment_it_ends_with_the_same_file(recipe, write, server, tmp_path):
    samples, concurrency = 60, 3
    unbroken = recipe(samples=samples, output=str(tmp_path / "unbroken.jsonl"))
    generate(unbroken)
    server.requests.clear()
    server.seconds = 0.02
    changes = {"samples": samples, "endpoint": {"concurrency": concurrency}}
    path = write(**changes)
    command = [sys.executable, "-m", "sensorium", "data", "generate", "--config", str(path)]
    for asked in (10, 35):
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while len(server.requests) < asked and time.monotonic() < until:
            time.sleep(0.005)
        child.kill()
        assert child.wait() == -signal.SIGKILL
        assert not (tmp_path / "corpus.jsonl").exists()
    again = recipe(**changes)
    generate(again)
    assert again.output.read_bytes() == unbroken.output.read_bytes()
    lost = len(server.requests) - samples
    assert 0 <= lost <= 2 * concurrency


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_the_earlier_file(recipe, server, monkeypatch, step):
    made = recipe(samples=3)
    generate(made)
    before = made.output.read_bytes()

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(GenerationError, match=r"cannot be written: No space left.*in the cache"):
        generate(recipe(samples=5))
    assert made.output.read_bytes() == before
    assert not list(made.output.parent.glob("*.partial"))
    monkeypatch.undo()
    generate(recipe(samples=5))
    assert len(server.requests) == 5


def test_ctrl_c_stops_at_once(write, server):
    server.act = lambda exchange: (server.stall if exchange.number > 5 else happy)(exchange)
    path = write(samples=50, endpoint={"timeout_seconds": 60, "concurrency": 2})
    command = [sys.executable, "-m", "sensorium", "data", "generate", "--config", str(path)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(server.requests) < 7 and time.monotonic() < until:
        time.sleep(0.005)
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=30)
    assert time.monotonic() - began < 15  # the server would stay silent for 20
    assert child.returncode == 130
    assert "5/50 answers (10%)" in told
    assert "Stopped. Answers are kept; run the same command again to go on." in told
    assert "Traceback" not in told


def test_duplicates_are_counted(recipe, server):
    said = ["A  Cat.", "a cat.\n", "A caf\u00e9.", "A cafe\u0301.", "A dog.", "A cat!"]

    def act(exchange):
        exchange.stream(exchange.lines(said[exchange.number - 1]))

    server.act = act
    made = recipe(samples=6, endpoint={"concurrency": 1})
    counts = generate(made)
    assert [r["text"] for r in records(made.output)] == ["A  Cat.", said[2], "A dog.", "A cat!"]
    assert str(counts) == "4 texts; left out: 2 duplicates"
    kept = recipe(samples=6, deduplicate=False)
    assert generate(kept).written == 6
    assert normalised("Ｆ x²") != normalised("F x2")  # other characters are another text


def reasons(exchange):
    given = ["stop", "length", "content_filter", "stop"][exchange.number - 1]
    exchange.stream(exchange.lines(f"Text {exchange.number}" * (exchange.number < 4), given))


def test_only_ended_texts_are_kept(recipe, server, api):
    server.act = reasons
    made = recipe(api, samples=4, endpoint={"concurrency": 1})
    counts = generate(made)
    assert records(made.output) == [{"text": "Text 1"}]
    expected = "1 text; left out: 1 cut off, 1 stopped by the server, 1 empty"
    assert str(counts) == expected


def test_texts_that_were_cut_off_are_marked_on_demand(recipe, server):
    server.act = reasons
    counts = generate(recipe(samples=4, cut_off="mark", endpoint={"concurrency": 1}))
    assert str(counts).startswith("2 texts, 1 of them marked as cut off; left out:")
    made = recipe()
    assert records(made.output) == [{"text": "Text 1"}, {"text": "Text 2", "ended": False}]
    source = open_text(TextOptions(path=made.output))
    assert [source[i].ended for i in range(2)] == [True, False]


def test_some_samples_without_an_answer(recipe, server):
    def act(exchange):
        if "dog" in exchange.prompt:
            exchange.status(500, "no dogs")
        else:
            happy(exchange)

    server.act = act
    changes = {"samples": 12, "endpoint": {"retries": 1}}
    made = recipe(**changes)
    with pytest.raises(GenerationError, match=r"12 samples have no answer.*HTTP 500: no dogs"):
        generate(made)
    left = records(made.output)
    assert left
    assert not any("dog" in record["text"] for record in left)
    server.act = happy
    assert generate(recipe(**changes)).written == 12
    assert [r for r in records(made.output) if "dog" not in r["text"]] == left


def test_too_many_failures_stop_the_run(recipe, server):
    server.act = lambda exchange: exchange.status(500)
    made = recipe(samples=50, max_failures=2, endpoint={"retries": 0, "concurrency": 1})
    with pytest.raises(GenerationError, match="3 samples have no answer, more than `max_failures`"):
        generate(made)
    assert len(server.requests) == 3
    assert not made.output.exists()


def test_no_answer_at_all_writes_no_file(recipe, server):
    server.act = lambda exchange: exchange.status(500)
    made = recipe(samples=2, endpoint={"retries": 0})
    with pytest.raises(GenerationError, match="HTTP 500"):
        generate(made)
    assert not made.output.exists()


def test_a_wrong_key_stops_every_worker(recipe, server):
    server.act = lambda exchange: exchange.status(401, "no")
    with pytest.raises(GenerationError, match="HTTP 401: no"):
        generate(recipe(samples=500, endpoint={"concurrency": 4}))
    assert len(server.requests) <= 4


def test_a_file_of_someone_else_is_not_overwritten(recipe, server):
    made = recipe()
    made.output.write_text("mine\n")
    with pytest.raises(ConfigError, match=r"corpus\.jsonl exists, but .*Move it away"):
        generate(made)
    assert made.output.read_text() == "mine\n"
    assert not server.requests
    assert not made.cache_path.exists()


def test_a_damaged_cache_is_named(recipe, server):
    made = recipe()
    made.cache_path.write_bytes(b"no database at all" * 99)
    with pytest.raises(GenerationError, match=r"not a database .*\.sqlite.*move it away"):
        generate(made)
    assert not server.requests


def test_progress():
    now = [0.0]
    progress = Progress(1000, 100, clock=lambda: now[0])
    assert progress.line() == "100/1,000 answers (10%), from the cache"
    for _ in range(100):
        progress.answered()
    progress.retried("HTTP 500")
    now[0] = 50.0
    line = "200/1,000 answers (20%), 2/s, 0:06:40 left, 1 retries, last: HTTP 500"
    assert progress.line() == line
    progress.failed("HTTP 502")
    assert "0:06:40 left, 1 failed, 1 retries, last: HTTP 502" in progress.line()


def test_progress_is_told_while_it_waits(recipe, server, monkeypatch):
    monkeypatch.setattr(Progress, "every_seconds", 0.03)
    server.seconds = 0.2
    lines = []
    generate(recipe(samples=1), lines.append)
    assert len(lines) > 2
