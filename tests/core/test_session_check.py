"""`check_sessions` passes what the engine can rely on, and names what it cannot."""

from __future__ import annotations

import pytest
from sensorium.errors import PluginError
from sensorium.testing import FakeLanguageModel, FakeSession, check_sessions


def model_of(**methods):
    class Model(FakeLanguageModel):
        def open_session(self):
            return type("Session", (FakeSession,), methods)(self)

    return Model()


def test_the_fakes_pass():
    check_sessions(FakeLanguageModel())


def test_a_session_that_cannot_be_forked_passes():
    hidden = property(lambda self: self.__getattribute__("no fork here"))
    check_sessions(model_of(fork=hidden))


@pytest.mark.parametrize(
    ("methods", "match"),
    [
        ({"truncate": lambda self, length: None}, r"length is not 7 after truncate\(7\)"),
        ({"nbytes": 0}, "nbytes is 0"),
        ({"fork": lambda self, length: self}, r"length is not 7 after fork\(7\)"),
        ({"fork": lambda self, length: self.truncate(length) or self}, "whose fork went on"),
        ({"length": 12}, "A new session is not empty"),
    ],
)
def test_what_is_wrong_is_named(methods, match):
    with pytest.raises(PluginError, match=match):
        check_sessions(model_of(**methods))


def test_a_session_that_forgets_is_found():
    append = FakeSession.append

    def forgetful(self, embeddings, *, last=1):
        self._held = self._held[:0]
        return append(self, embeddings, last=last)

    with pytest.raises(PluginError, match="that reads in parts gives other logits"):
        check_sessions(model_of(append=forgetful))
