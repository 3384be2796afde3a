"""Footprints and a probe, added up."""

from __future__ import annotations

import time

import pytest
import torch
from sensorium.config import make_recipe
from sensorium.errors import CheckpointError
from sensorium.estimate import RUNTIME_BYTES, Part, Survey, parts_of, resident_bytes
from sensorium.footprint import Footprint, count
from sensorium.pipeline import plan
from sensorium.probe import Probe, Speed, probe, speed
from sensorium.testing import FakePlugin, fake_registry
from sensorium.testing.plugin import EARS, RECIPE

PROBE = Probe(bandwidth=1e9, operation_seconds=1e-6)
SPEED = Speed(first_row=2e-9, further_row=1e-9)
LLM = Footprint(
    parameters=10,
    resident_bytes=4_000_000,
    read_bytes=3_000_000,
    flops=1_000_000,
    call_flops=500_000,
    operations=100,
    kv_bytes=1000,
)
EYE = Footprint(10, 2_000_000, read_bytes=2_000_000, flops=4_000_000, operations=50)
PARTS = (
    Part("llm a", "prefill", None, LLM),
    Part("image b", "encode", "image", EYE),
    Part("audio c", "hear", "audio", None, "not said"),
)
SURVEY = Survey(PARTS, PROBE, (SPEED, SPEED, None))


def test_a_question_in_text():
    estimate = SURVEY.estimate(11)
    start, head = 100e-6, 0.5e6 * 2e-9
    assert estimate.phases.prefill == pytest.approx(start + head + 1e6 * (2e-9 + 10 * 1e-9))
    assert estimate.phases.total == estimate.phases.prefill
    keys = 11 * 1000 / 1e9
    assert estimate.tokens_per_second == pytest.approx(1 / (start + head + 1e6 * 2e-9 + keys))
    assert estimate.bound == pytest.approx(1e9 / (3e6 + 11 * 1000))


def test_only_media_that_are_asked_about_are_encoded():
    assert SURVEY.estimate(11, {"audio"}).phases == SURVEY.estimate(11).phases
    encode = SURVEY.estimate(11, {"image"}).phases.encode
    assert encode == pytest.approx(50e-6 + 2e6 / 1e9 + 4e6 * 1e-9)


def test_memory_is_the_sum():
    assert resident_bytes(PARTS) == RUNTIME_BYTES + 6_000_000
    assert resident_bytes(PARTS, 7) == RUNTIME_BYTES + 6_007_000


def test_nothing_is_foretold_of_what_is_not_known():
    estimate = Survey(PARTS[2:], PROBE, (None,)).estimate(5, {"audio"})
    assert (estimate.phases.total, estimate.tokens_per_second, estimate.bound) == (0, 0, 0)


def test_parts_of_a_plan():
    planned = plan(make_recipe(RECIPE | EARS, source="test"), fake_registry(FakePlugin()))
    parts = parts_of(planned)
    assert [(part.name, part.phase) for part in parts] == [
        ("llm fake", "prefill"),
        ("audio fake", "hear"),
    ]
    assert all("does not say" in part.note for part in parts)


def test_a_projector_is_counted_by_its_module():
    planned = plan(make_recipe(RECIPE, source="test"), fake_registry(FakePlugin()))
    projector = parts_of(planned)[2]
    assert projector.name == "image linear"
    taken = projector.footprint
    module = planned.senses[0].projector.build(
        planned.senses[0].projector_options, planned.senses[0].source, 8
    )
    assert taken.parameters == 8 * 8 + 8
    assert taken.resident_bytes == 4 * taken.parameters
    assert taken.flops == count(lambda: module(torch.zeros(4, 8))).flops == 4 * 2 * 8 * 8


@pytest.mark.parametrize(
    ("error", "note"),
    [(CheckpointError("It is not here"), "It is not here"), (KeyError(3), "KeyError: 3")],
)
def test_a_part_that_cannot_say_tells_why(error, note):
    def fail(options):
        raise error

    from sensorium.estimate import _part
    from sensorium.options import NoOptions
    from sensorium.specs import TranscriberSpec

    spec = TranscriberSpec("ear", "audio", "hears", NoOptions, build=fail, footprint=fail)
    part = _part(spec, NoOptions(), "hear", "audio")
    assert (part.footprint, part.note) == (None, note)


def test_a_probe_takes_about_two_seconds():
    began = time.perf_counter()
    measured = probe()
    assert time.perf_counter() - began < 60  # of a machine that has other things to do
    assert 1e8 < measured.bandwidth < 1e13
    assert 1e-8 < measured.operation_seconds < 1


def test_speed_tells_the_first_row_from_the_others():
    class Sleeping:
        def __init__(self, size):
            self.flops = 5000 if size else 1000

        def multiply(self, rows):
            time.sleep(self.flops / 1000 * (0.01 + 0.001 * rows))

    found = speed(Sleeping)
    assert found.seconds(1000, 1) == pytest.approx(0.011, rel=0.3)
    assert found.seconds(1000, 101) == pytest.approx(0.111, rel=0.3)
    together = speed(Sleeping, 10)  # as an encoder's item: nothing is read but by all of them
    assert together.seconds(1000, 10) == pytest.approx(0.02, rel=0.3)
