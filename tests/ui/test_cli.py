"""`sensorium app`: options, the missing package, a taken port, and a clean end."""

from __future__ import annotations

import builtins
import errno
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sensorium.cli.root import root
from sensorium.engine import ChatEngine
from sensorium.errors import ConfigError, MissingPackageError, SensoriumError, install_line
from sensorium.registry import create_registry
from sensorium.ui import address, cli
from sensorium.ui.address import require_address


def test_help_needs_neither_gradio_nor_torch() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    for option in ("--model", "--host", "--port", "--share", "--set"):
        assert option in result.output


def test_without_gradio_the_pip_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sensorium.ui.page", "sensorium.ui.serving", "gradio"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in ("page", "serving"):
        monkeypatch.delattr(f"sensorium.ui.{name}", raising=False)
    ordinary = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "gradio":
            raise ModuleNotFoundError("No module named 'gradio'", name="gradio")
        return ordinary(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    result = CliRunner().invoke(cli.app, ["--model", "pocket"], obj=create_registry())
    assert isinstance(result.exception, MissingPackageError)
    assert install_line("app") in str(result.exception)


def test_ctrl_c_ends_it_cleanly(
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[..., str],
    engine_of: Callable[..., ChatEngine],
    port: int,
) -> None:
    from sensorium.ui import serving

    served: list[Any] = []
    wait = serving.wait
    monkeypatch.setattr(cli, "plan_of", lambda *args: None)
    monkeypatch.setattr(cli, "build", lambda plan: engine_of("x"))

    def waiting(page: Any) -> None:
        # The signal arrives while the command waits.
        signal.signal(signal.SIGALRM, lambda *args: signal.raise_signal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        served.append((page, page.is_running))
        wait(page)

    monkeypatch.setattr(serving, "wait", waiting)
    result = CliRunner().invoke(cli.app, ["--port", str(port)], obj=create_registry())
    assert result.exit_code == 0, result.output
    assert f"The page is at http://127.0.0.1:{port}" in result.output
    page, ran = served[0]
    assert ran
    assert not page.is_running
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("nope.invalid", "There is no host 'nope.invalid'. Give 127.0.0.1"),
        ("256.1.1.1", "There is no host '256.1.1.1'"),
        ("http://127.0.0.1", "There is no host 'http://127.0.0.1'"),
        ("a" * 70, "There is no host"),
        ("192.0.2.7", "'192.0.2.7' is no address of this machine. Give 127.0.0.1"),
    ],
)
def test_a_host_that_is_none_of_this_machine_is_no_taken_port(
    monkeypatch: pytest.MonkeyPatch, host: str, said: str, port: int
) -> None:
    monkeypatch.setattr(cli, "plan_of", lambda *args: pytest.fail("the model was looked at"))
    words = ["app", "--host", host, "--port", str(port)]
    result = CliRunner().invoke(root, words, obj=create_registry())
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_taken_port_is_an_error_in_words_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, host: str, port: int
) -> None:
    monkeypatch.setattr(cli, "plan_of", lambda *args: pytest.fail("the model was looked at"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        words = ["app", "--host", host, "--port", str(port)]
        result = CliRunner().invoke(root, words, obj=create_registry())
    assert result.exit_code == 1
    assert f"port {port}: it is taken. Choose another --port." in result.output


def test_a_place_may_be_said_by_the_environment(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    require_address(None, None)
    require_address("127.0.0.1", port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        monkeypatch.setenv("GRADIO_SERVER_PORT", str(port))
        with pytest.raises(SensoriumError, match=f"port {port}: it is taken"):
            require_address(None, None)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "nope.invalid")
    with pytest.raises(ConfigError, match="no host"):
        require_address(None, port)
    for given in ("many", "0", "70000", "-1"):
        monkeypatch.setenv("GRADIO_SERVER_PORT", given)
        with pytest.raises(ConfigError, match=rf"'{given}' is no port \(GRADIO_SERVER_PORT\)"):
            require_address(None, None)


def test_a_port_that_this_user_may_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, place: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(address.socket, "socket", type("S", (socket.socket,), {"bind": refuse}))
    with pytest.raises(SensoriumError, match="port 80: this user may not"):
        require_address("127.0.0.1", 80)


# Gradio does not close the socket with which it finds the port taken.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_taken_port_is_an_error_in_words(
    serve: Callable[..., str], engine_of: Callable[..., ChatEngine], port: int
) -> None:
    from sensorium.ui.page import build_page
    from sensorium.ui.serving import launch

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(SensoriumError, match=f"port {port}: it is taken"):
            launch(build_page(engine_of("x")), host="127.0.0.1", port=port)
