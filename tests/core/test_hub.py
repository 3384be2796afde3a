"""The hub is asked once, and what it says is told in one way."""

from __future__ import annotations

import time

import pytest
from sensorium.errors import CheckpointError
from sensorium.hub import fetch


def test_without_a_network_the_first_failure_is_the_last(monkeypatch, tmp_path):
    """huggingface_hub itself tries again for most of a minute."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    nowhere = "http://127.0.0.1:9/{repo_id}/{revision}/{filename}"
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_url",
        lambda repo_id, filename, revision: nowhere.format(
            repo_id=repo_id, revision=revision, filename=filename
        ),
    )
    began = time.monotonic()
    with pytest.raises(CheckpointError) as failed:
        fetch("someone/model", "config.json")
    assert time.monotonic() - began < 5
    said = str(failed.value)
    assert "config.json is not in the cache and the hub cannot be reached (ConnectError)" in said
    assert "hf download someone/model" in said
