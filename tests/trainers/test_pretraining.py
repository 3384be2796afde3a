"""From scratch, `sensorium train pretrain` learns what a plain PyTorch loop learns (bench/)."""

from __future__ import annotations


def test_as_good_as_a_plain_loop(bench, tmp_path):
    pretraining = bench("pretraining")
    setting = pretraining.Setting(steps=80, batch_size=8, stories=400, width=32, layers=2)
    found = pretraining.compare(setting, tmp_path)
    assert found["reference"] < 0.5 * found["before"]
    assert abs(found["ratio"] - 1) < 0.05
