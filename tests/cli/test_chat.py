import os
import signal
import subprocess
import sys
import time

import pytest
import sensorium
from sensorium import Message
from sensorium.cli.conversation import write

PROMPT = "> "


def answers(result, *, failed=False):
    assert result.exit_code == int(failed), result.stderr
    return [line.rstrip() for line in result.stdout.splitlines()]


def test_history_goes_to_the_model(run, recipe):
    result = run("chat", "--model", recipe, input="hi\nhi\n/reset\nhi\n")
    # Q:hi A: is 6; the answer "I read 6." is 9 and its end 1; then Q:hi A: again
    assert answers(result) == ["I read 6.", "I read 22.", "I read 6."]
    assert result.stderr == "A new conversation.\n"


def test_picture_goes_with_the_next_message_only(run, recipe, picture):
    result = run("chat", "--model", recipe, input=f"/image {picture}\nhi\n/reset\nhi\n")
    assert answers(result) == ["I read 10.", "I read 6."]
    assert f"Attached {picture} (6 x 4)" in result.stderr


def test_several_pictures_and_quoted_names(run, recipe, picture):
    result = run("chat", "--model", recipe, input=f"/image '{picture}' \"{picture}\"\nhi\n")
    assert answers(result) == ["I read 14."]


def test_reset_drops_what_is_attached(run, recipe, picture):
    result = run("chat", "--model", recipe, input=f"/image {picture}\n/reset\nhi\n")
    assert answers(result) == ["I read 6."]


def test_history_is_shown(run, recipe, picture):
    result = run("chat", "--model", recipe, input=f"/history\n/image {picture}\nhi\n/history\n")
    assert answers(result) == [
        "Nothing was said yet.",
        "I read 10.",
        "user: [image] hi",
        "assistant: I read 10.",
    ]


def test_enter_alone_sends_a_picture(run, recipe, picture):
    bare = run("chat", "--model", recipe, input=f"/image {picture}\n\n\n/history\n")
    asked = run("chat", "--model", recipe, input=f"/image {picture}\nWhat do you see?\n")
    assert bare.stdout.splitlines()[0] == asked.stdout.splitlines()[0]
    assert bare.stdout.splitlines()[1:] == [
        "user: [image] What do you see?",
        f"assistant: {asked.stdout.strip()}",
    ]


@pytest.mark.parametrize("line", ["/image missing.png", "/image", "/image 'open", "x" * 600])
def test_errors_are_printed_and_the_chat_goes_on(run, recipe, line):
    result = run("chat", "--model", recipe, input=f"{line}\nhi\n")
    assert answers(result, failed=True) == ["I read 6."]
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_picture_it_cannot_see_is_refused_at_once(run, recipe, picture):
    recipe.write_text("llm: {plugin: counter}\ntemplate: lines\n")
    result = run("chat", "--model", recipe, input=f"/image {picture}\nhi\n")
    assert answers(result, failed=True) == ["I read 6."]
    assert "cannot perceive image" in result.stderr


def test_unknown_command_is_not_sent(run, recipe):
    result = run("chat", "--model", recipe, input="/rest\n//rest\n\n")
    assert answers(result, failed=True) == ["I read 9."]
    assert result.stderr == "Error: No command '/rest'. Did you mean '/reset'?\n"


def test_quit_and_help(run, recipe):
    result = run("chat", "--model", recipe, input="/help\n/quit\nhi\n")
    shown = "\n".join(answers(result))
    assert "/image FILE" in shown
    assert "I read" not in shown


def test_options_and_system(run, recipe):
    result = run("chat", "--model", recipe, "--max-tokens", 3, "--system", "be", input="hi\n")
    assert answers(result) == ["I r"]


def test_bad_bytes_on_stdin(start, recipe):
    process = start("chat", "--model", recipe, text=None, encoding=None)
    out, errors = process.communicate(b"\xff\xfe\n\x00\n")
    assert process.returncode == 0, errors
    assert out.count(b"I read") == 2


@pytest.fixture
def slow(recipe):
    """Answers that take half a minute: whoever waits for one is late."""
    with recipe.open("a") as file:
        file.write("generation: {max_tokens: 400}\n")
    return ["--model", recipe, "--set", "llm.repeat=40", "--set", "llm.delay_seconds=0.08"]


def test_interrupt_stops_the_answer_and_the_chat_goes_on(start, slow):
    process = start("chat", *slow)
    process.stdin.write("hi\n/history\n")
    process.stdin.flush()
    assert process.stdout.read(4) == "I re"
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, errors = process.communicate("/quit\n", timeout=60)
    assert time.monotonic() - began < 10
    assert process.returncode == 0
    assert errors.splitlines()[-1] == "(stopped)"
    rest = out.splitlines()
    assert rest[1:2] == ["user: hi"]
    assert rest[2] == f"assistant: I re{rest[0]}".rstrip()


@pytest.mark.parametrize(
    ("steps", "times", "text", "kept"),
    [
        (0, 1, "", 0),  # while the prompt is read: at once
        (4, 1, "I re", 1),  # while it answers: at the next token, and what was read is kept
        (4, 2, "I re", 0),  # pressed again: at once
    ],
)
def test_interrupt_while_the_model_works(recipe, registry, monkeypatch, steps, times, text, kept):
    engine = sensorium.load(recipe, registry=registry)
    session = engine.pipeline.llm.open_session()
    append, calls = session.append, iter(range(100))

    def press(embeddings, *, last=1):
        logits = append(embeddings, last=last)
        if next(calls) == steps:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return logits

    session.append = press
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(engine.pipeline.llm, "open_session", lambda: session)
        assert write(engine.stream([Message.user("hi")])) == (text, False)
    assert len(engine.sessions._held) == kept
    assert not engine.lock.locked()
    assert signal.getsignal(signal.SIGINT) is handler


def test_interrupt_between_two_texts_releases_the_engine(recipe, registry, monkeypatch):
    engine = sensorium.load(recipe, registry=registry)
    stream = engine.stream([Message.user("hi")])

    def echo(text="", **settings):
        if text == "r":
            raise KeyboardInterrupt

    monkeypatch.setattr("sensorium.cli.conversation.click.echo", echo)
    assert write(stream) == ("I r", False)
    assert not engine.lock.locked()
    assert engine.ask([Message.user("hi")]).text == "I read 6."


def test_interrupt_of_ask(start, slow):
    process = start("ask", *slow, "hi")
    assert process.stdout.read(4) == "I re"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert all(line.startswith("Plugin ") for line in errors.splitlines() if line)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("key", "code"), [(b"\x04", 0), (b"\x03", 130)])
def test_keys_at_the_prompt(start, recipe, key, code):
    import pty

    ours, theirs = pty.openpty()
    process = start(
        "chat",
        "--model",
        recipe,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    try:
        assert b"takes text, image" in _until(ours, PROMPT)
        os.write(ours, b"hi\n")
        assert b"I read 6." in _until(ours, PROMPT)
        assert _press(process, ours, key) == code
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _take_terminal():
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _press(process, terminal, key):
    """Presses again where nothing happens: CPython's readline loses a Ctrl-C that comes between
    the prompt and its select().
    """
    for _ in range(3):
        os.write(terminal, key)
        try:
            return process.wait(timeout=30)  # pressed while it ends, Ctrl-C would kill it
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"{key!r} does not end the chat")


def _until(terminal, prompt):
    shown = b""
    while not shown.endswith(prompt.encode()):
        shown += os.read(terminal, 1024)
    return shown
