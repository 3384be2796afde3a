"""What lies in the output folder of a run, by name, beside its checkpoints."""

from __future__ import annotations

RECORD = "run.json"
LOG = "log.jsonl"
GENERATIONS = "generations.jsonl"
PICTURES, RECORDINGS = "pictures", "recordings"
TENSORBOARD = "tensorboard"
REPORT = "report.html"
CURVES = "curves"

BUNDLE, SPEECH = "bundle", "speech"
"""What a stage exports: a bundle, or a Whisper alone."""

STAGING = "staging"
LOCK = ".lock"

OF_A_RUN = (
    *(RECORD, LOG, GENERATIONS, PICTURES, RECORDINGS, TENSORBOARD, REPORT, CURVES),
    *(BUNDLE, SPEECH),
)
"""What a new run must not inherit from an earlier one."""
