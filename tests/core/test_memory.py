"""Memory of the machine, or of the container around it."""

import pytest
import torch
from sensorium import memory


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
