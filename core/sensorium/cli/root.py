"""The root group: commands come from the registry and are imported only when they run."""

from __future__ import annotations

import functools
import io
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import click

from sensorium.debug import explained, is_debugging, one_line
from sensorium.errors import ConfigError, PluginError, SensoriumError
from sensorium.registry import Registry, create_registry
from sensorium.version import __version__

from .common import registry_of
from .interrupting import INTERRUPTED, raise_as_usual

FAILED, MISUSED = 1, 2


class Root(click.Group):
    """Lists the registered commands by their summaries, and turns errors into exit codes."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> click.Context:
        """One registry for the whole call, unless the caller brought its own as `obj`."""
        if extra.get("obj") is None:
            extra["obj"] = create_registry()
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Registered names, in the order of their plugins."""
        return [entry.spec.name for entry in _registry(ctx).commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; whatever its plugin raises becomes one clear error."""
        entries = {entry.spec.name: entry for entry in _registry(ctx).commands}
        if cmd_name not in entries:
            return None
        entry = entries[cmd_name]
        try:
            command = entry.spec.load()
        except SensoriumError:
            raise
        except Exception as error:
            reason = f"cannot be loaded: {type(error).__name__}: {one_line(error)}"
            raise _broken(cmd_name, entry.plugin, reason) from error
        if not isinstance(command, click.Command):
            raise _broken(cmd_name, entry.plugin, f"is a {type(command).__name__}")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, with suggestions from the registered names."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            known = self.list_commands(ctx)
            raise click.NoSuchCommand(args[0], possibilities=known, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and summaries; no command is imported."""
        rows = [(entry.spec.name, entry.spec.summary) for entry in _registry(ctx).commands]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> None:
        """Run the command; its return value is not an exit code."""
        raise_as_usual()
        try:
            super().invoke(ctx)
        except EOFError as error:  # click would take it for Ctrl-D at a prompt
            raise SensoriumError("Something ended before it was complete (EOFError)") from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *more: Any,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit; without `standalone_mode` errors are raised, as click does."""
        run = functools.partial(super().main, args, prog_name, *more, **extra)
        if not standalone_mode:
            return run(standalone_mode=False)
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A pipe may hold any bytes, and a terminal may not know every letter.
                stream.reconfigure(errors="replace")
        sys.exit(_exit_code(run))


def _exit_code(run: Callable[..., Any]) -> int:
    try:
        code = run(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SensoriumError as error:
        _tell(explained(error))
        return MISUSED if isinstance(error, ConfigError) else FAILED
    except Exception as error:  # noqa: BLE001 - the last place where it can be told
        _tell(explained(error))
        return FAILED
    return code if isinstance(code, int) else 0


def _registry(context: click.Context) -> Registry:
    return registry_of(context, quiet=True)


def _broken(command: str, plugin: str, reason: str) -> PluginError:
    hint = "See: sensorium plugins list"
    return PluginError(f"The command '{command}' of plugin '{plugin}' {reason}.", hint=hint)


def _tell(message: str) -> None:
    """One line on stderr, called while the error is handled."""
    if is_debugging():
        traceback.print_exc()
    click.echo(f"Error: {message}", err=True)


@click.command(
    cls=Root,
    name="sensorium",
    epilog="Each command has its own --help. Start with: sensorium doctor",
)
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name="sensorium")
def root() -> None:
    """Gives any language model senses."""
