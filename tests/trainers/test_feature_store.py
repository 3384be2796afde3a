"""A folder of features: exact, bounded, shared by processes, and never wrong."""

from __future__ import annotations

import multiprocessing
import os
import resource

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensorium.errors import ConfigError
from sensorium_trainers.features.store import FeatureStore

FORK = multiprocessing.get_context("fork")
PLENTY = 10**9


def made(number, dtype=torch.float16, length=20):
    return torch.randn(length, 8, generator=torch.Generator().manual_seed(number)).to(dtype)


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def counted(folder):
    return int((folder / "bytes").read_text())


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    key=st.text(min_size=1),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_what_is_put_comes_back_bit_by_bit(tmp_path, key, dtype, shape):
    features = torch.randn(shape).to(dtype).T  # not contiguous
    store = FeatureStore(tmp_path, f"image-{dtype}-{shape}-{key!r}".encode().hex()[:200], PLENTY)
    store.put(key, features)
    held = store.get(key)
    assert held is not None
    assert held.dtype == dtype
    assert torch.equal(held, features)
    assert store.get(key + "x") is None


def test_it_is_mapped_not_read(tmp_path):
    store = FeatureStore(tmp_path, "image", PLENTY)
    store.put("a", made(1))
    held = store.get("a")
    with open("/proc/self/maps") as maps:
        assert any(str(tmp_path) in line for line in maps)
    (file,) = tmp_path.rglob("*.safetensors")
    file.unlink()  # by whoever makes room: what is held stays
    assert torch.equal(held, made(1))


@pytest.mark.parametrize("damage", ["bit", "cut", "empty", "junk", "header"])
def test_a_damaged_file_is_deleted_and_made_again(tmp_path, damage):
    store = FeatureStore(tmp_path, "image", PLENTY)
    store.put("a", made(1))
    store.put("b", made(2))
    path = store._path("a")
    content = bytearray(path.read_bytes())
    if damage == "bit":
        content[-1] ^= 1
    elif damage == "header":
        content[3] ^= 0xFF
    damaged = {"cut": content[:-7], "empty": b"", "junk": b"{" * 500}.get(damage, content)
    path.write_bytes(damaged)
    assert store.get("a") is None
    assert "a" not in store
    store.put("a", made(1))
    assert torch.equal(store.get("a"), made(1))
    assert torch.equal(store.get("b"), made(2))
    assert counted(tmp_path) >= size(tmp_path)


def test_a_full_folder_keeps_what_it_has(tmp_path):
    store = FeatureStore(tmp_path, "image", PLENTY)
    store.put("0", made(0))
    one = size(tmp_path)
    store = FeatureStore(tmp_path, "image", 3 * one)
    for number in range(6):
        store.put(str(number), made(number))
    assert [str(number) in store for number in range(6)] == [True] * 3 + [False] * 3
    assert store.closed == f"it holds max_bytes, {3 * one:,}"
    assert size(tmp_path) == counted(tmp_path) == 3 * one
    store._path("1").unlink()  # by hand: a new process counts anew before it gives up
    again = FeatureStore(tmp_path, "image", 3 * one)
    again.put("5", made(5))
    assert torch.equal(again.get("5"), made(5))
    assert not again.closed
    (tmp_path / "bytes").write_text("torn")
    FeatureStore(tmp_path, "audio", 4 * one).put("6", made(6))  # the bound is of the whole folder
    assert size(tmp_path) == counted(tmp_path) == 4 * one


def test_many_processes_write_at_once(tmp_path):
    """Each in another order; none is lost, none is torn, and the bound holds."""
    FeatureStore(tmp_path / "one", "image", PLENTY).put("0", made(0))
    one = size(tmp_path / "one")
    bound = 30 * one + one // 2

    def write(first: int) -> None:
        store = FeatureStore(tmp_path / "many", "image", bound)
        for step in range(40):
            number = (first + step) % 40
            store.put(str(number), made(number))
            held = store.get(str(number))
            if held is not None and not torch.equal(held, made(number)):
                os._exit(1)

    children = [FORK.Process(target=write, args=(first,)) for first in (0, 10, 20, 30)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert size(tmp_path / "many") == counted(tmp_path / "many") == 30 * one
    store = FeatureStore(tmp_path / "many", "image", bound)
    held = [number for number in range(40) if store.get(str(number)) is not None]
    assert len(held) == 30
    assert all(torch.equal(store.get(str(number)), made(number)) for number in held)


def test_killed_while_it_writes(tmp_path):
    """Counted, but not there: the next one writes it, over what was left, and the bound holds."""
    FeatureStore(tmp_path, "image", PLENTY).put("a", made(1))
    one = size(tmp_path)

    def write() -> None:
        store = FeatureStore(tmp_path, "image", PLENTY)
        take = store._room.take

        def killed(size: int) -> bool:
            take(size)
            (tmp_path / "partial").write_bytes(b"half of it")
            os._exit(9)

        store._room.take = killed
        store.put("b", made(2))

    child = FORK.Process(target=write)
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert counted(tmp_path) == 2 * one > size(tmp_path)
    again = FeatureStore(tmp_path, "image", 2 * one)
    assert again.get("b") is None
    again.put("b", made(2))
    assert torch.equal(again.get("b"), made(2))
    assert size(tmp_path) == counted(tmp_path) == 2 * one
    assert not (tmp_path / "partial").exists()


def test_a_full_disk_ends_the_keeping_not_the_run(tmp_path):
    store = FeatureStore(tmp_path, "image", PLENTY)
    store.put("a", made(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
        store.put("b", made(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.closed == "it cannot be written: File too large"
    assert torch.equal(store.get("a"), made(1))
    assert store.get("b") is None
    assert not (tmp_path / "partial").exists()
    with pytest.raises(ConfigError, match=r"Cannot make .*features\.folder"):
        FeatureStore(tmp_path / "bytes", "image", PLENTY)
