"""What a run computes, how fast, and on what: counted, and held against torch's own counter."""

from __future__ import annotations

import pytest
import torch
from sensorium_trainers import machine
from sensorium_trainers.machine import Machine, describe
from sensorium_trainers.meter import Meter
from sensorium_trainers.reading import Taken
from sensorium_trainers.work import Work, cost, head_cost
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

LORA = {"r": 2, "alpha": 4, "dropout": 0.0}


@pytest.mark.parametrize(
    ("stage", "changes", "within"),
    [
        ("align", {}, 1e-4),
        ("instruct", {}, 1e-4),
        ("instruct", {"lora": LORA}, 1e-4),
        ("instruct", {"trains": ["projector", "llm", "encoder"]}, 0.06),
        ("encoder", {"data": [{"format": "colours"}]}, 0.06),
    ],
    ids=["align", "instruct", "lora", "all", "encoder"],
)
def test_counted_from_shapes_it_is_what_torch_counts(make_run, stage, changes, within):
    run = make_run(stage, **changes)
    rows = [run.objective.row(run.data[1])]
    counted = run.objective.work(rows)
    batch = run.objective.batch(rows)
    run.objective.train()
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        run.objective.loss(batch).backward()
    # torch counts the half of the scores that the mask hides. It leaves out the gradient of the
    # input of the first layer of all, the patches of the encoder, which are a quarter of this one.
    hidden = 0
    if stage != "encoder":
        length = len(rows[0].ids)
        hidden = cost(run.objective.llm, behind=True).pair * length * (length - 1) // 2
    print(counted.flops + hidden, counter.get_total_flops())
    assert counted.flops + hidden == pytest.approx(counter.get_total_flops(), rel=within)


def test_tokens_are_positions_without_padding(make_run):
    run = make_run("instruct")
    rows = [run.objective.row(run.data[index]) for index in range(4)]
    work = run.objective.work(rows)
    assert work.tokens == sum(len(row.ids) for row in rows)
    ids = run.objective.batch(rows)["ids"]
    assert work.tokens < ids.numel()  # one row is longer: it has two turns
    twice = run.objective.work([*rows, *rows])
    assert twice.tokens == 2 * work.tokens
    assert work.flops < twice.flops < 2 * work.flops  # a picture is encoded once a batch


def test_what_a_weight_costs():
    part = nn.Sequential(nn.Embedding(7, 3), nn.Linear(3, 5, bias=False), nn.Linear(5, 7))
    assert cost(part).position == 6 * (15 + 35)
    assert cost(part, vocabulary=7).position == 6 * 15
    assert head_cost(part, 7).of(2) == 6 * 35 * 2
    part.requires_grad_(False)
    assert cost(part).position == 2 * (15 + 35)
    assert cost(part, behind=True).position == 4 * (15 + 35)
    assert cost(part).pair == 0


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class State:
    global_step = 10


def test_a_window_leaves_out_what_is_no_training():
    clock = Clock()
    meter = Meter(peak_flops=1e6, clock=clock)
    clock.now += 50  # composing, probing: before the first step
    meter.on_train_begin(None, State, None)
    meter.add(Taken(4, (), Work(tokens=300, flops=1_000_000)))
    meter.add(Taken(4, (), Work(tokens=100, flops=1_000_000)))
    clock.now += 4
    with meter.paused():
        clock.now += 1000
    found = meter.take(12, processes=2)
    assert found.pop("memory_gib") > 0.01
    found.pop("vram_gib", None)
    assert found == {
        "steps_per_second": 0.5,
        "samples_per_second": 4.0,
        "tokens_per_second": 200.0,
        "flops_utilisation": 0.5,
    }
    clock.now += 1
    assert meter.take(13, processes=2)["tokens_per_second"] == 0


def test_the_peak_is_measured_or_given_and_said(monkeypatch):
    part = nn.Linear(4, 4)
    given = describe(part, "cpu", 1.5)
    assert (given.peak_flops, given.peak) == (1.5e12, "given")
    assert "peak 1.5 TFLOP/s (given)" in given.line()
    monkeypatch.setitem(machine._SIZE, "cpu", 64)
    measured = describe(part.bfloat16(), "cpu", None)
    assert measured.peak == "measured: a product of 64 x 64 matrices in bfloat16"
    assert measured.peak_flops > 1e6
    assert measured.threads == torch.get_num_threads()
    assert Machine(**measured.record()) == measured


def test_a_run_tells_its_speed_and_machine(make_run, log, tmp_path):
    lines = []
    run = make_run("align", steps=3, peak_tflops=0.001, validation={"samples": 1, "every": 2})
    run.train(lines.append)
    trained = [entry for entry in log() if "loss" in entry]
    assert [entry["step"] for entry in trained] == [1, 2, 3]
    for entry in trained:
        assert entry["tokens_per_second"] > entry["samples_per_second"] > 0
        assert entry["flops_utilisation"] > 0
        assert entry["memory_gib"] > 0.05
    validated = [entry for entry in log() if "validation_loss" in entry]
    assert [entry["step"] for entry in validated] == [2, 3]
    assert any("peak 0.001 TFLOP/s (given)" in line for line in lines)
