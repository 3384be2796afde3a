"""One run of one stage: compose, freeze, train, prove, export. The loop itself is the Trainer's."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sensorium.errors import CheckpointError
from sensorium.malloc import give_back_large
from sensorium.registry import Registry
from transformers import TrainerCallback

from .checkpoints import clear, newest_checkpoint, set_aside, step_of
from .claiming import claimed
from .composing import compose
from .errors import TrainingError
from .folder import LOG
from .freezing import Parameters, combined, frozen, hashes, table
from .grouping import ByLength
from .holdout import open_split
from .log import Report, RunLog
from .precision import wide_attention
from .processes import count, from_main, is_main, join, on_main
from .recipe import TrainingRecipe
from .record import (
    differences,
    make_record,
    read_record,
    refuse_other_optimizer,
    write_record,
)
from .report import write_report
from .saving import AtomicCheckpoints, refuse_other_weights
from .sharding import is_sharded
from .skipping import Skipped
from .stages import Stage
from .stopping import StopOnSignal, dismiss_readers
from .trainer import StageTrainer
from .writing import make_folder


class Run:
    """A stage set up from a recipe: models composed, parameters frozen or not, data open."""

    def __init__(self, stage: Stage, recipe: TrainingRecipe, registry: Registry) -> None:
        make_folder(recipe.output)
        self.stage = stage
        self.recipe = recipe
        self._registry = registry
        give_back_large()
        join(recipe.device)
        self.data, self.held_out = open_split(recipe, registry)
        self.objective = compose(stage, recipe, registry, self.data)
        if recipe.group_by_length:
            self.data = ByLength(
                self.data,
                self.objective.length,
                batch=recipe.batch_size * count(),
                seed=recipe.seed,
                shuffle=recipe.shuffle,
            )

    def parameters(self) -> list[Parameters]:
        """What learns and what does not, by group."""
        return table(self.objective)

    def train(
        self, report: Report, *, resume: bool = True, display: TrainerCallback | None = None
    ) -> Path:
        """Learn to the last step, from the newest whole checkpoint if there is one.

        → what was exported. `display` shows the entries of the log instead of lines to `report`.
        Raises TrainingError where the run had to stop, CheckpointError where a checkpoint cannot
        be written or does not belong to this run.
        """
        with claimed(self.recipe.output) if is_main() else nullcontext():
            return self._train(on_main(report), resume, display)

    def _train(self, report: Report, resume: bool, display: TrainerCallback | None) -> Path:
        output = self.recipe.output
        checkpoint = from_main(self._start(report, resume) if is_main() else None)
        stopping = StopOnSignal(report)
        samples = Skipped(self.recipe.max_skipped_share, report)
        callbacks = [RunLog(output / LOG, None if display else report), stopping]
        callbacks += [display] if display else []
        trainer = StageTrainer(
            self.objective, self.recipe, self.data, samples, callbacks, self.held_out
        )
        before = hashes(frozen(self.objective))
        record = {**self._record(before), "machine": trainer.machine.record()}
        if trainer.validation is not None:
            trainer.validation.check()
        at_the_end = checkpoint is not None and step_of(checkpoint) >= self.recipe.steps
        if checkpoint is not None:
            self._continue(checkpoint, trainer, record, report, learns=not at_the_end)
            samples.load(checkpoint)
            if not at_the_end:
                for line in trainer.walk.go_on(checkpoint, samples.read):
                    report(line)
        told = at_the_end and "finished" in (read_record(output) or {})
        if is_main() and not told:
            write_record(output, record)
        if checkpoint is not None and at_the_end:
            report(f"{checkpoint.name} is the last step")
            AtomicCheckpoints.load_weights(self.objective, checkpoint)
        else:
            self._learn(trainer, checkpoint, stopping, report)
            for line in self.objective.notes():
                report(line)
        self._prove(before)
        if not is_main():
            return from_main(output)
        exported = self._finish(report)
        if samples.count:
            report(samples.summary())
        if not told:
            write_record(output, {**record, "finished": self._finished(trainer.skipped, samples)})
        self._tell(report)
        return from_main(exported)

    def _start(self, report: Report, resume: bool) -> Path | None:
        """The checkpoint to go on from."""
        clear(self.recipe.output)
        if not resume and (place := set_aside(self.recipe.output)):
            report(f"the earlier run is in {place}")
        return newest_checkpoint(self.recipe.output, report)

    def _continue(
        self,
        checkpoint: Path,
        trainer: StageTrainer,
        record: dict[str, Any],
        report: Report,
        *,
        learns: bool,
    ) -> None:
        """Refuse a checkpoint that this run cannot go on from, before anything is written."""
        refuse_other_optimizer(self.recipe.output, self.recipe)
        if learns:
            trainer.refuse_other_form(checkpoint)
        refuse_other_weights(self.objective, checkpoint)
        changed = self._compare(record, report)
        if changed and not learns:
            raise CheckpointError(
                f"{checkpoint.name} is as far as steps: {self.recipe.steps} goes, so nothing would "
                "be learned with what was changed",
                where=", ".join(line.partition(":")[0] for line in changed),
                hint="Give the recipe as it was, more steps, or --fresh.",
            )

    def _finish(self, report: Report) -> Path:
        """Export; models that are in pieces are composed anew, with what they learned."""
        if not is_sharded(self.objective):
            return self.export(report)
        again = Run(self.stage, self.recipe, self._registry)
        again.load_newest()
        return again.export(report)

    def _finished(self, skipped_steps: int, samples: Skipped) -> dict[str, Any]:
        """What the record says at the end."""
        skipped: dict[str, Any] = {"skipped_steps": skipped_steps} if skipped_steps else {}
        if samples.count:
            skipped |= {"skipped_samples": samples.count, "reasons": samples.reasons}
        return {"steps": self.recipe.steps, "frozen_unchanged": True, **skipped}

    def _tell(self, report: Report) -> None:
        """A run that is finished does not fail for want of a page about it."""
        try:
            report(f"report: {write_report(self.recipe.output)}")
        except TrainingError as error:
            report(f"no report, for this: {error.message}")

    def export_newest(self, report: Report) -> Path:
        """Export the newest checkpoint as it is; CheckpointError where it belongs to others."""
        self._compare(self._record(hashes(frozen(self.objective))), report)
        report(f"weights of {self.load_newest(report).name}")
        return self.export(report)

    def _record(self, held: dict[str, str]) -> dict[str, Any]:
        return make_record(self.stage.name, self.recipe, self.parameters(), combined(held))

    def _learn(
        self, trainer: StageTrainer, checkpoint: Path | None, stopping: StopOnSignal, report: Report
    ) -> None:
        if checkpoint is not None:
            report(f"resuming from {checkpoint.name}")
        report(trainer.machine.line())
        try:
            with wide_attention():
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except BaseException:
            dismiss_readers()
            raise
        finally:
            stopping.restore()
        if stopping.stopped_at is not None:  # they were to read on
            dismiss_readers()
        stopping.end(self.recipe.steps)

    def _compare(self, record: dict[str, Any], report: Report) -> list[str]:
        """A checkpoint holds what learned; the rest must be what it learned with.

        → what else differs from the run that made it.
        """
        earlier = read_record(self.recipe.output)
        if earlier is None:
            return []
        changed = differences(earlier, record)
        for line in changed:
            report(f"changed since the checkpoint: {line}")
        if earlier.get("frozen_sha256") != record["frozen_sha256"]:
            raise CheckpointError(
                f"The checkpoints in {self.recipe.output} were trained with other frozen weights",
                where="frozen_sha256 in run.json",
                hint="Start over (--fresh), or choose another output folder.",
            )
        return changed

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

    def load_newest(self, report: Report | None = None) -> Path:
        """Take the weights of the newest whole checkpoint, to export them."""
        checkpoint = newest_checkpoint(self.recipe.output, report)
        if checkpoint is None:
            raise CheckpointError(f"No checkpoint in {self.recipe.output}")
        AtomicCheckpoints.load_weights(self.objective, checkpoint)
        return checkpoint
