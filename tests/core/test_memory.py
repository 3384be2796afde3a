"""Memory of the machine, or of the container around it."""

import pytest
import torch
from sensorium import memory
from sensorium.config import make_recipe
from sensorium.estimate import kept_bytes, parts_of
from sensorium.pipeline import plan
from sensorium.testing import FakePlugin, fake_engine, fake_registry
from sensorium.testing.plugin import RECIPE


def test_a_container_counts_where_it_is_smaller(monkeypatch, tmp_path):
    free, total = memory.available_memory(), memory.total_memory()
    assert 0 < free < total
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    (tmp_path / "memory.max").write_text(f"{free // 2}\n")
    (tmp_path / "memory.current").write_text(f"{free // 4}\n")
    assert memory.available_memory() == free // 2 - free // 4
    assert memory.total_memory() == free // 2


def test_a_container_without_a_limit_is_no_limit(monkeypatch, tmp_path):
    total = memory.total_memory()
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.total_memory() == total
    assert memory.available_memory() > 0


def test_what_libraries_raise_where_there_is_no_more():
    with pytest.raises(RuntimeError) as failed:
        torch.empty(2**60)
    assert memory.is_exhausted(failed.value)
    assert memory.is_exhausted(MemoryError())
    assert memory.is_exhausted(torch.OutOfMemoryError("CUDA"))
    assert memory.is_exhausted(RuntimeError("std::bad_alloc"))
    assert not memory.is_exhausted(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


@pytest.mark.parametrize(
    ("gigabytes", "kept"), [(0.5, 32), (2, 128), (4, 256), (8, 512), (16, 1024), (256, 1024)]
)
def test_a_small_machine_keeps_little(monkeypatch, gigabytes, kept):
    monkeypatch.setattr(memory, "total_memory", lambda: int(gigabytes * 2**30))
    recipe = make_recipe(RECIPE, source="test")
    assert recipe.kept_megabytes == kept
    assert make_recipe(RECIPE | {"kept_megabytes": 7}, source="test").kept_megabytes == 7


@pytest.mark.parametrize(
    ("megabytes", "media"), [(0, 16), (32, 16), (256, 64), (1024, 256), (9000, 256)]
)
def test_what_a_sense_remembers_goes_with_it(megabytes, media):
    assert memory.media_bytes(megabytes) == media * 2**20
    engine = fake_engine(recipe={"kept_megabytes": megabytes})
    assert engine.sessions.max_bytes == megabytes * 2**20
    assert engine.pipeline.senses["image"]._seen.max_bytes == media * 2**20


def test_the_promise_without_a_footprint_is_the_whole_room():
    planned = plan(
        make_recipe(RECIPE | {"kept_megabytes": 100}, source="test"), fake_registry(FakePlugin())
    )
    assert kept_bytes(planned, parts_of(planned)) >= 100 * 2**20
