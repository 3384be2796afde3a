"""A machine that does other work is noticed, and said in plain words."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections import namedtuple

import psutil
import pytest
from sensorium import neighbours
from sensorium.neighbours import Disturbance, Neighbours
from sensorium.probe import timed

Times = namedtuple("Times", "user nice system idle steal")


@pytest.mark.parametrize(
    ("scatter", "others", "threads", "busy"),
    [
        (1.1, 0.0, 2, False),
        (1.5, 0.2, 2, False),
        (1.1, 1.0, 2, True),  # one of two cores is taken
        (1.1, 1.0, 1, False),  # and the other one is enough
        (1.1, 1.9, 1, True),
        (40.0, 0.0, 2, True),  # another machine on the same processor
        (40.0, None, 2, True),
        (1.1, None, 2, False),
    ],
)
def test_busy_is_whoever_must_wait_or_whose_runs_scatter(scatter, others, threads, busy):
    assert Disturbance(scatter, others, 2, threads).busy == busy


def test_in_words():
    both = "other work used 1.8 of 2 cores, and equal runs took up to 14 times as long as the"
    assert Disturbance(14.0, 1.8, 2, 2).in_words() == f"{both} quickest"
    assert Disturbance(1.0, 1.8, 2, 2).in_words() == "other work used 1.8 of 2 cores"
    assert Disturbance(300.0, None, 2, 2).in_words().startswith("equal runs took up to 300 times")


@pytest.mark.parametrize("field", ["user", "nice", "system", "steal"])
def test_all_that_others_do_counts_and_this_process_does_not(monkeypatch, field):
    seconds = iter([0.0, 6.0])
    own = iter([0.0, 2.0])
    clock = iter([100.0, 102.0])

    def cores(*, percpu):
        one = Times(0, 0, 0, 50, 0)._replace(**{field: next(seconds) / 2})
        return [one, Times(9e9, 0, 0, 0, 0), one]

    Own = namedtuple("Own", "user system")
    monkeypatch.setattr(neighbours, "_usable", lambda: [0, 2])
    monkeypatch.setattr(psutil, "cpu_times", cores)
    process = type("Process", (), {"cpu_times": lambda self: Own(next(own), 0.0)})
    monkeypatch.setattr(psutil, "Process", process)
    monkeypatch.setattr(neighbours.time, "perf_counter", lambda: next(clock))
    found = Neighbours().disturbance(1.0, threads=2)
    assert found.others == pytest.approx((6.0 - 2.0) / 2.0)
    assert found.cores == 2


def test_where_the_system_does_not_say_nothing_is_known(monkeypatch):
    def hidden(*, percpu):
        raise FileNotFoundError("/proc/stat")

    monkeypatch.setattr(psutil, "cpu_times", hidden)
    assert Neighbours().disturbance(1.0, threads=1).others is None


def test_a_spinning_neighbour_is_seen():
    code = "import time; end = time.time() + 30\nwhile time.time() < end: pass"
    cores = len(neighbours._usable())
    spinning = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(cores)]
    try:
        time.sleep(0.5)
        watched = Neighbours()
        time.sleep(0.5)
        found = watched.disturbance(1.0, threads=cores)
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    assert found.busy
    assert found.others > 0.5 * cores


def test_of_disturbed_runs_the_quickest_counts_and_more_are_made(monkeypatch):
    """Three of four runs are held up; without the fourth they would be taken for the machine."""
    length = itertools.cycle([0.2, 0.2, 0.2, 0.01])
    clock = [0.0]
    monkeypatch.setattr("sensorium.probe.time.perf_counter", lambda: clock[0])

    def run():
        clock[0] += next(length)

    found = timed(run)
    assert found.seconds == pytest.approx(0.01)
    assert found.scatter == pytest.approx(20)
    assert clock[0] < 2


def test_steady_runs_have_no_scatter(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("sensorium.probe.time.perf_counter", lambda: clock[0])

    def run():
        clock[0] += 0.01

    assert timed(run) == pytest.approx((0.01, 1.0))
    assert clock[0] < 0.3
