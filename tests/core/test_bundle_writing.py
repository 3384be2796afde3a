"""What keeps a bundle from being written is told from what keeps something else from being read."""

from __future__ import annotations

import errno
import os

import pytest
from sensorium.bundle import writing_bundle
from sensorium.errors import BundleError, PluginError


def raised_by(error, folder):
    failed = PluginError("`convert` of the encoder 'x' failed")
    failed.__cause__ = error
    with pytest.raises((BundleError, PluginError)) as raised, writing_bundle(folder):
        raise failed
    return raised.type


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EFBIG])
def test_a_disk_that_takes_no_more(tmp_path, number):
    error = OSError(number, os.strerror(number), "/somewhere/else")
    assert raised_by(error, tmp_path / "new") is BundleError


def test_a_file_of_the_bundle(tmp_path):
    folder = tmp_path / "new"
    for name in (folder / "a", tmp_path / ".new-1/b", tmp_path, folder):
        error = PermissionError(errno.EACCES, "no", str(name))
        assert raised_by(error, folder) is BundleError


def test_a_file_that_was_to_be_read(tmp_path):
    for name in ("/nowhere/vocabulary.txt", tmp_path / "source/config.json", tmp_path / "newer"):
        error = FileNotFoundError(errno.ENOENT, "none", str(name))
        assert raised_by(error, tmp_path / "new") is PluginError
