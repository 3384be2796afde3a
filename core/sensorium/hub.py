"""A file of a repository on the Hugging Face hub, whichever plugin asks for it."""

from __future__ import annotations

from pathlib import Path

from .errors import CheckpointError

WHERE = "checkpoint"


def fetch(repository: str, name: str, revision: str | None = None) -> Path | None:
    """The file, downloaded where needed, or None where the repository has none such.

    What the hub's cache has is taken from there without asking the network, so that a start is
    quick, works offline and gives what it gave before. CheckpointError for everything else.
    """
    from huggingface_hub import (
        errors,
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )

    def failure(reason: str, hint: str) -> CheckpointError:
        return CheckpointError(f"{repository}: {reason}", where=WHERE, hint=hint)

    def unreachable(error: Exception) -> CheckpointError:
        return failure(
            f"{name} is not in the cache and the hub cannot be reached ({type(error).__name__}).",
            f"Connect once and run: hf download {repository}, or give a local folder.",
        )

    try:
        cached = try_to_load_from_cache(repository, name, revision=revision)
        if cached is not None:  # a path, or the mark of a file known not to exist
            return Path(cached) if isinstance(cached, str) else None
        # Asked once: the download itself repeats what fails, offline for most of a minute.
        get_hf_file_metadata(hf_hub_url(repository, name, revision=revision))
        return Path(hf_hub_download(repository, name, revision=revision))
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
        return None
    except errors.HfHubHTTPError as error:
        raise failure(
            f"{name} cannot be downloaded ({type(error).__name__}).",
            "Try again later, or give a local folder.",
        ) from error
    except Exception as error:  # the client, and what is beneath it, raise nearly anything
        raise unreachable(error) from error
