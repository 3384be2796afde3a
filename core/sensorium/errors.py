"""Every error that Sensorium raises on purpose.

An error says what is wrong, where, and what to do next. `code` is the stable name that a program
may test; the text is for people. Nothing here carries a stack trace or a secret, so the text may
be shown to whoever asked.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from .installing import install_line as install_line

WRITE_ONE = "How to write a plugin: docs/plugins.md"


class SensoriumError(Exception):
    """Base of the family: one clear sentence, the place it concerns, the next step."""

    code = "error"

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        text = f"{message.rstrip('.')} ({where})" if where else message
        if hint:
            text = f"{text} {hint}" if text.endswith((".", "?", "!")) else f"{text}. {hint}"
        super().__init__(text)

    def at(self, place: str) -> Self:
        """The same error seen from outside: `where` was an option, or a file, of `place`."""
        joint = "." if (self.where or "").isidentifier() else ": "
        moved = type(self).__new__(type(self))  # the constructors of the family differ
        moved.__dict__.update(self.__dict__)
        where = f"{place}{joint}{self.where}" if self.where else place
        SensoriumError.__init__(moved, self.message, where=where, hint=self.hint)
        return moved


@contextmanager
def placed(place: str) -> Iterator[None]:
    """Errors raised inside concern `place`: a plugin knows its options, not who set them."""
    try:
        yield
    except SensoriumError as error:
        raise error.at(place) from error.__cause__


@contextmanager
def blamed(name: str, kind: type[SensoriumError]) -> Iterator[None]:
    """Whatever a plugin's code raises inside becomes an error of this kind, which it caused."""
    try:
        yield
    except SensoriumError:
        raise
    except Exception as error:
        raise kind(f"{name} failed on this input ({type(error).__name__})") from error


def reason_of(error: BaseException) -> str:
    """What is wrong, without the file's name and number that an OSError repeats."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def told(error: BaseException) -> str:
    """The error with its cause, where that is another's and the text leaves it out.

    For whoever runs this, never for a client: the cause may name files of this machine.
    """
    cause = error.__cause__
    foreign = cause is not None and not isinstance(cause, SensoriumError)
    reason = " ".join(str(cause).split()) if foreign else ""
    by_plugin = isinstance(error, PluginError | PerceptionError)
    if not by_plugin or not reason or reason in str(error):
        return str(error)
    return f"{str(error).rstrip('.')}: {reason}"


class ConfigError(SensoriumError):
    """A recipe, an option or a command line that cannot be used as written."""

    code = "invalid_config"


class UnknownNameError(ConfigError):
    """A name that no plugin registered; suggests the nearest one."""

    code = "unknown_name"

    def __init__(
        self,
        kind: str,
        name: str,
        known: Iterable[str],
        *,
        where: str | None = None,
        blocked: Iterable[str] = (),
    ):
        known, blocked = sorted(known), sorted(blocked)
        hint = f"{suggestion(name, known)}See: sensorium plugins list"
        if blocked:
            hint = f"SENSORIUM_BLOCKED leaves out: {', '.join(blocked)}. {hint}"
        elif not known:  # the list would show nothing of the kind
            hint = f"No plugin that is installed has any. {WRITE_ONE}"
        super().__init__(f"No {kind} '{name}'", where=where, hint=hint)


class PluginError(SensoriumError):
    """A plugin that cannot be loaded or yields something that is not a valid spec."""

    code = "broken_plugin"


class MissingPackageError(SensoriumError):
    """An optional dependency is absent; the text holds the exact pip line."""

    code = "missing_package"

    def __init__(self, package: str, purpose: str, *, extra: str) -> None:
        hint = f"Install it: {install_line(extra)}"
        super().__init__(f"{purpose} needs the package '{package}'.", hint=hint)


class WidthError(ConfigError):
    """Two components whose widths do not meet; raised before any weight is read."""

    code = "width_mismatch"


class CheckpointError(SensoriumError):
    """Weights or their configuration are missing, damaged or of an unsafe format."""

    code = "invalid_checkpoint"


class BundleError(CheckpointError):
    """A bundle whose manifest, hashes or pairing do not hold."""

    code = "invalid_bundle"


class MediaError(SensoriumError):
    """A picture or a recording that cannot be read, or is larger than the limits."""

    code = "invalid_media"


class UnsupportedInputError(SensoriumError):
    """An input that this model has no way to perceive: refused, never ignored."""

    code = "unsupported_input"


class InputTypeError(SensoriumError, TypeError):
    """Something else was given than a function takes; says what to give."""

    code = "invalid_type"


class ContextLengthError(SensoriumError):
    """The rendered conversation does not fit into the model's context window."""

    code = "context_length_exceeded"


class SampleError(ConfigError):
    """A record of training data that cannot be used; a run skips it, counts it and goes on."""

    code = "invalid_sample"


class PerceptionError(SensoriumError):
    """An encoder failed or returned unusable features; only this request is affected."""

    code = "perception_failed"


class NothingHeardError(SensoriumError):
    """A turn that is only sound, in which no words were understood."""

    code = "nothing_heard"


def other_kind(examples: str) -> str:
    """The hint for a checkpoint of a kind that a plugin does not load."""
    return (
        f"Use {examples}. Every other kind of model needs a plugin of its own; sensorium plugins "
        f"list shows those that are installed. {WRITE_ONE}"
    )


def suggestion(name: str, known: Iterable[str]) -> str:
    """`"Did you mean 'clip'? "` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean '{near[0]}'? " if near else ""
