"""One run of one stage: compose, freeze, train, prove, export. The loop itself is the Trainer's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sensorium.errors import CheckpointError
from sensorium.registry import Registry

from .checkpoints import LOG, AtomicCheckpoints, newest_checkpoint, set_aside, step_of
from .composing import compose
from .data import open_data
from .errors import TrainingError
from .freezing import Parameters, choose, combined, frozen, hashes, redraw, table, widen
from .grouping import ByLength
from .log import Report, RunLog
from .recipe import TrainingRecipe
from .record import differences, make_record, read_record, write_record
from .skipping import Skipped
from .stages import Stage, groups
from .stopping import StopOnTerm
from .trainer import StageTrainer


class Run:
    """A stage set up from a recipe: models composed, parameters frozen or not, data open."""

    def __init__(self, stage: Stage, recipe: TrainingRecipe, registry: Registry) -> None:
        self.stage = stage
        self.recipe = recipe
        wanted = groups(stage, recipe)
        torch.manual_seed(recipe.seed)  # new projectors and heads are drawn below
        self.data = open_data(recipe, registry)
        self.objective = compose(stage, recipe, registry, self.data)
        if recipe.group_by_length:
            self.data = ByLength(
                self.data,
                self.objective.length,
                batch=recipe.batch_size,
                seed=recipe.seed,
                shuffle=recipe.shuffle,
            )
        choose(self.objective, (*wanted, "heads"), recipe)
        widen(self.objective, keep=("llm",) if recipe.lora else ())
        redraw(self.objective, recipe.initial_std, recipe.seed)

    def parameters(self) -> list[Parameters]:
        """The table that `--dry-run` prints."""
        return table(self.objective)

    def train(self, report: Report, *, resume: bool = True) -> Path:
        """Learn to the last step, from the newest checkpoint if there is one → what was exported.

        Raises TrainingError where the run had to stop, CheckpointError where a checkpoint cannot
        be written or does not belong to this run.
        """
        output = self.recipe.output
        output.mkdir(parents=True, exist_ok=True)
        if not resume and (place := set_aside(output)):
            report(f"the earlier run is in {place}")
        checkpoint = newest_checkpoint(output)
        stopping = StopOnTerm()
        samples = Skipped(self.recipe.max_skipped_share, report)
        callbacks = [RunLog(output / LOG, report), stopping]
        trainer = StageTrainer(self.objective, self.recipe, self.data, samples, callbacks)
        before = hashes(frozen(self.objective))
        record = self._record(before)
        if checkpoint is not None:
            self._compare(record, report)
            samples.load(checkpoint)
        write_record(output, record)
        if checkpoint is not None and step_of(checkpoint) >= self.recipe.steps:
            report(f"{checkpoint.name} is the last step")
            self.load_newest()
        else:
            self._learn(trainer, checkpoint, stopping, report)
            for line in self.objective.notes():
                report(line)
        self._prove(before)
        exported = self.export(report)
        skipped: dict[str, Any] = {"skipped_steps": trainer.skipped} if trainer.skipped else {}
        if samples.count:
            report(samples.summary())
            skipped |= {"skipped_samples": samples.count, "reasons": samples.reasons}
        finished = {"steps": self.recipe.steps, "frozen_unchanged": True, **skipped}
        write_record(output, {**record, "finished": finished})
        return exported

    def export_newest(self, report: Report) -> Path:
        """Export the newest checkpoint as it is; CheckpointError where it belongs to others."""
        self._compare(self._record(hashes(frozen(self.objective))), report)
        report(f"weights of {self.load_newest().name}")
        return self.export(report)

    def _record(self, held: dict[str, str]) -> dict[str, Any]:
        return make_record(self.stage.name, self.recipe, self.parameters(), combined(held))

    def _learn(
        self, trainer: Any, checkpoint: Path | None, stopping: StopOnTerm, report: Report
    ) -> None:
        if checkpoint is not None:
            report(f"resuming from {checkpoint.name}")
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            stopping.restore()
        if stopping.stopped_at is not None and stopping.stopped_at < self.recipe.steps:
            raise TrainingError(
                f"Stopped by SIGTERM after step {stopping.stopped_at}, which is saved",
                hint="The same command goes on from there.",
            )

    def _compare(self, record: dict[str, Any], report: Report) -> None:
        """A checkpoint holds what learned; the rest must be what it learned with."""
        earlier = read_record(self.recipe.output)
        if earlier is None:
            return
        for line in differences(earlier, record):
            report(f"changed since the checkpoint: {line}")
        if earlier.get("frozen_sha256") != record["frozen_sha256"]:
            raise CheckpointError(
                f"The checkpoints in {self.recipe.output} were trained with other frozen weights",
                where="frozen_sha256 in run.json",
                hint="Start over (--fresh), or choose another output folder.",
            )

    def _prove(self, before: dict[str, str]) -> None:
        after = hashes(frozen(self.objective))
        changed = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        if changed:
            raise TrainingError(
                f"{len(changed)} tensors that were meant to stay frozen have changed, the first "
                f"is {changed[0]}",
                hint="Nothing was exported.",
            )

    def export(self, report: Report) -> Path:
        """Write the models as they are now, as the stage's objective does."""
        self.objective.eval()
        folder = self.objective.export(self.recipe)
        report(f"{folder.name}: {folder}")
        return folder

    def load_newest(self) -> Path:
        """Take the weights of the newest checkpoint, to export them."""
        checkpoint = newest_checkpoint(self.recipe.output)
        if checkpoint is None:
            raise CheckpointError(f"No checkpoint in {self.recipe.output}")
        AtomicCheckpoints.load_weights(self.objective, checkpoint)
        return checkpoint
