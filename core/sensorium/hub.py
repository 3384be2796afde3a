"""Files of a repository on the Hugging Face hub, whoever asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import CheckpointError


def fetch(repository: str, name: str, revision: str | None = None) -> Path | None:
    """The file, downloaded where needed, or None where the repository has none such.

    What the hub's cache has is taken from there without asking the network, so that a start is
    quick, works offline and gives what it gave before. CheckpointError for everything else.
    """
    from huggingface_hub import (
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import EntryNotFoundError

    try:
        with _told(repository, name, revision):
            cached = try_to_load_from_cache(repository, name, revision=revision)
            if cached is not None:  # a path, or the mark of a file known not to exist
                return Path(cached) if isinstance(cached, str) else None
            # Asked once: the download itself repeats what fails, offline for most of a minute.
            get_hf_file_metadata(hf_hub_url(repository, name, revision=revision))
            return Path(hf_hub_download(repository, name, revision=revision))
    except EntryNotFoundError:
        return None


def fetch_folder(repository: str, patterns: Sequence[str], revision: str | None = None) -> Path:
    """The folder of the files that fit one of the patterns, downloaded where needed.

    Offline it is what the cache has of them, which may be some. CheckpointError where there is
    nothing at all.
    """
    from huggingface_hub import snapshot_download

    with _told(repository, ", ".join(patterns), revision):
        return Path(snapshot_download(repository, revision=revision, allow_patterns=[*patterns]))


@contextmanager
def _told(repository: str, wanted: str, revision: str | None) -> Iterator[None]:
    """What the hub's client raises as one of our errors, but for a file that does not exist."""
    from huggingface_hub import errors

    def failure(reason: str, hint: str) -> CheckpointError:
        return CheckpointError(f"{repository}: {reason}", where="checkpoint", hint=hint)

    def unreachable(error: Exception) -> CheckpointError:
        return failure(
            f"{wanted} is not in the cache and the hub cannot be reached ({type(error).__name__}).",
            f"Connect once and run: hf download {repository}, or give a local folder.",
        )

    try:
        yield
    except errors.RevisionNotFoundError as error:
        raise failure(f"there is no revision {revision}.", "Correct `revision`.") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise failure(
            "neither a folder here nor a model on the hub that you may read.",
            "Correct the name; for a private model run: hf auth login",
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise unreachable(error) from error
    except errors.EntryNotFoundError:
        raise
    except errors.HfHubHTTPError as error:
        raise failure(
            f"{wanted} cannot be downloaded ({type(error).__name__}).",
            "Try again later, or give a local folder.",
        ) from error
    except Exception as error:  # the client, and what is beneath it, raise nearly anything
        raise unreachable(error) from error
