"""The one training loop: transformers' Trainer around an objective, for every stage."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from sensorium.bundle import save_bundle
from sensorium.config import make_recipe
from sensorium.errors import ConfigError
from sensorium.loading import find_recipe
from sensorium.pipeline import Pipeline, plan
from sensorium.registry import Registry

from .checkpoints import LOG, AtomicCheckpoints, newest_checkpoint
from .data import open_data
from .lora import add_lora
from .objectives import DenseObjective, LanguageObjective
from .recipe import TrainingRecipe
from .stages import Stage, groups

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many parameters one part has, and how many of them learn."""

    group: str
    total: int
    learning: int


class Run:
    """A stage set up from a recipe: models composed, parameters frozen or not, data open."""

    def __init__(self, stage: Stage, recipe: TrainingRecipe, registry: Registry) -> None:
        self.stage = stage
        self.recipe = recipe
        wanted = groups(stage, recipe)
        self.pipeline = start(recipe, registry)
        self.data = open_data(recipe, registry)
        if recipe.lora is not None:
            add_lora(self.pipeline.llm, recipe.lora)
        self.objective: LanguageObjective | DenseObjective
        if stage.objective == "dense":
            self.objective = DenseObjective(self.pipeline, self.data.classes())
        else:
            self.objective = LanguageObjective(
                self.pipeline, media_label_weight=recipe.media_label_weight
            )
        redraw(self.objective, recipe.initial_std, recipe.seed)
        choose(self.objective, (*wanted, "heads"), recipe)

    def parameters(self) -> list[Parameters]:
        """The table that `--dry-run` prints."""
        return [
            Parameters(
                group=name,
                total=sum(weight.numel() for weight in part.parameters()),
                learning=sum(w.numel() for w in part.parameters() if w.requires_grad),
            )
            for name, part in self.objective.named_children()
        ]

    def train(self, report: Report, *, resume: bool = True) -> Path:
        """Learn to the last step, from the newest checkpoint if there is one → the bundle."""
        output = self.recipe.output
        output.mkdir(parents=True, exist_ok=True)
        trainer = _Trainer(
            model=self.objective,
            args=arguments(self.recipe, self.objective),
            train_dataset=self.data,
            data_collator=self.objective.collate,
            callbacks=[_Log(output / LOG, report, self.recipe.log_every)],
        )
        trainer.remove_callback(PrinterCallback)
        checkpoint = newest_checkpoint(output) if resume else None
        if checkpoint is not None:
            report(f"resuming from {checkpoint.name}")
        before = fingerprint(frozen(self.objective))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if fingerprint(frozen(self.objective)) != before:
            raise ConfigError("Parameters that were meant to stay frozen have changed")
        return self.export(report)

    def export(self, report: Report) -> Path:
        """Write the bundle of the models as they are now."""
        self.objective.eval()
        folder = self.recipe.output / "bundle"
        dtype = getattr(torch, self.recipe.export_dtype) if self.recipe.export_dtype else None
        save_bundle(self.pipeline, folder, name=self.recipe.name, dtype=dtype)
        report(f"bundle: {folder}")
        return folder

    def load_newest(self) -> Path:
        """Take the weights of the newest checkpoint, to export them."""
        checkpoint = newest_checkpoint(self.recipe.output)
        if checkpoint is None:
            raise ConfigError(f"No checkpoint in {self.recipe.output}")
        AtomicCheckpoints.load_weights(self.objective, checkpoint)
        return checkpoint


class _Trainer(AtomicCheckpoints, Trainer):  # type: ignore[misc]
    """transformers' Trainer with checkpoints that are whole or absent."""

    def compute_loss(
        self, model: nn.Module, inputs: Any, return_outputs: bool = False, **_: Any
    ) -> Any:
        """The objective's loss; its parts are kept for the log."""
        outputs = model(**inputs)
        parts: dict[str, torch.Tensor] = self.__dict__.setdefault("parts", {})
        for name, value in outputs.items():
            if name != "loss":
                parts[name] = value
        return (outputs["loss"], outputs) if return_outputs else outputs["loss"]

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the parts of the last step's loss."""
        parts = {name: round(float(value), 4) for name, value in self.__dict__.get("parts", {}).items()}
        super().log({**logs, **parts} if "loss" in logs else logs, *args, **kwargs)


class _Log(TrainerCallback):  # type: ignore[misc]
    """One JSON line per log entry in a file, one plain line for people."""

    def __init__(self, path: Path, report: Report, every: int) -> None:
        self.path = path
        self.report = report
        self.every = every
        self._began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Called by the Trainer."""
        if not logs or not state.is_world_process_zero:
            return
        entry = {"step": state.global_step, "seconds": round(time.monotonic() - self._began, 1)}
        entry |= {k: v for k, v in logs.items() if isinstance(v, int | float) and k != "epoch"}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        if "loss" in logs:
            values = "  ".join(f"{k} {v:.4g}" for k, v in entry.items() if k != "step")
            self.report(f"step {state.global_step}/{state.max_steps}  {values}")


def start(recipe: TrainingRecipe, registry: Registry) -> Pipeline:
    """The models the recipe starts from, in fp32 where they are to learn."""
    if isinstance(recipe.model, str):
        found = find_recipe(recipe.model, (), registry)
        model, source = found.recipe, found.source
    else:
        source = "model"
        model = make_recipe(recipe.model, source=source)
    model = model.model_copy(update={"device": recipe.device, "threads": recipe.threads})
    return plan(model, registry, source=source).build()


def choose(objective: nn.Module, wanted: Sequence[str], recipe: TrainingRecipe) -> None:
    """Freeze everything but the wanted groups; with LoRA only the adapters of the model learn."""
    fixed = [re.compile(pattern) for pattern in recipe.freeze]
    for name, weight in objective.named_parameters():
        group = name.partition(".")[0]
        learns = group in wanted and not any(pattern.search(name) for pattern in fixed)
        if group == "llm" and recipe.lora is not None:
            learns = learns and "lora_" in name
        weight.requires_grad_(learns)


def redraw(objective: nn.Module, initial_std: dict[str, float], seed: int) -> None:
    """Draw weights anew from a normal distribution, by the recipe's patterns."""
    generator = torch.Generator().manual_seed(seed)
    for pattern, std in initial_std.items():
        matched = [w for name, w in objective.named_parameters() if re.search(pattern, name)]
        if not matched:
            raise ConfigError(f"No parameter is called like '{pattern}'", where="initial_std")
        for weight in matched:
            drawn = torch.randn(weight.shape, generator=generator) * std
            weight.data.copy_(drawn)


def frozen(objective: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters that must not change."""
    return {n: w for n, w in objective.named_parameters() if not w.requires_grad}


def fingerprint(tensors: dict[str, torch.Tensor]) -> str:
    """A hash over names and bits."""
    import hashlib

    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def arguments(recipe: TrainingRecipe, objective: nn.Module) -> TrainingArguments:
    """Our recipe in the Trainer's words."""
    schedules = {
        "cosine": ("cosine", {}),
        "constant": ("constant_with_warmup", {}),
        "decay": (
            "warmup_stable_decay",
            {"num_decay_steps": max(1, round(recipe.steps * recipe.decay_share)),
             "decay_type": "linear"},
        ),
    }
    scheduler, details = schedules[recipe.schedule]
    return TrainingArguments(
        output_dir=str(recipe.output),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=scheduler,
        lr_scheduler_kwargs=details,
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_gradient_norm,
        adam_beta2=0.98,
        optim="adamw_torch_fused",
        logging_steps=recipe.log_every,
        save_steps=recipe.save_every,
        save_total_limit=recipe.keep,
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=not torch.cuda.is_available() or recipe.device == "cpu",
        dataloader_num_workers=recipe.workers,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        label_names=[],
        report_to=[],
        disable_tqdm=True,
        logging_nan_inf_filter=False,
    )
