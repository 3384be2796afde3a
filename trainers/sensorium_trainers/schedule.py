"""Our recipe in the words of transformers' Trainer: optimizer, schedule, logging, saving."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from sensorium.errors import ConfigError, MissingPackageError
from transformers import TrainerCallback, TrainingArguments

from .precision import half
from .recipe import TrainingRecipe
from .reporters import PROJECT


def arguments(recipe: TrainingRecipe) -> TrainingArguments:
    """Everything the Trainer is told."""
    scheduler, details = _schedule(recipe)
    on_gpu = recipe.device != "cpu" and torch.cuda.is_available()
    if recipe.autocast == "float16" and not on_gpu:
        raise ConfigError(
            "float16 needs a GPU: a CPU has no loss scaling for it",
            where="autocast",
            hint="Use bfloat16, or leave it out.",
        )
    narrow = half(recipe, "cuda" if on_gpu else "cpu")
    made = TrainingArguments(
        output_dir=str(recipe.output),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulate,
        optim=_optimizer(recipe, on_gpu=on_gpu),
        bf16=narrow == torch.bfloat16,
        fp16=narrow == torch.float16,
        activation_checkpointing=recipe.gradient_checkpointing,
        torch_compile=recipe.compile,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=scheduler,
        lr_scheduler_kwargs=details,
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_gradient_norm,
        adam_beta2=recipe.adam_beta2,
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=not on_gpu,
        train_sampling_strategy="sequential",  # our data set has the order of the run
        dataloader_num_workers=recipe.workers,
        dataloader_pin_memory=False,
        # A batch is built by our objective's `batch`; there are no columns and no labels.
        remove_unused_columns=False,
        label_names=[],
        logging_steps=recipe.log_every,
        logging_first_step=True,
        # Skipped steps are counted on their own; they must not hide the loss of the others.
        logging_nan_inf_filter=True,
        save_steps=recipe.save_every,
        save_total_limit=recipe.keep,
        # `evaluate` of our Trainer is its own; it is only told when.
        eval_strategy="steps" if recipe.validation else "no",
        eval_steps=recipe.validation.every if recipe.validation else None,
        report_to=[],  # reporters are callbacks, made by us
        run_name=recipe.output.resolve().name,
        project=PROJECT,
        disable_tqdm=True,
    )
    # With several GPUs in sight and one process, the Trainer would fall back to DataParallel.
    made._n_gpu = min(made.n_gpu, 1)
    return made


class OwnIntervals(TrainerCallback):  # type: ignore[misc]
    """A checkpoint brings the intervals of the run that wrote it; those of the recipe count."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the checkpoint's state was read."""
        state.compute_steps(args, state.max_steps)
        state.train_batch_size = args.train_batch_size


def _optimizer(recipe: TrainingRecipe, *, on_gpu: bool) -> str:
    """Its name in transformers."""
    # bitsandbytes pages nothing on a CPU either, but warns of it.
    name = recipe.optimizer if on_gpu else recipe.optimizer.removeprefix("paged_")
    if name in ("adamw", "muon"):  # Muon is built by us (muon.py)
        return "adamw_torch_fused"
    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingPackageError(
            "bitsandbytes", f"The optimizer '{recipe.optimizer}'", extra="quantize"
        )
    return {"paged_adamw": "paged_adamw_32bit"}.get(name, name)


def _schedule(recipe: TrainingRecipe) -> tuple[str, dict[str, Any]]:
    if recipe.schedule == "cosine":
        return "cosine", {}
    if recipe.schedule == "constant":
        return "constant_with_warmup", {}
    decay = max(1, round(recipe.steps * recipe.decay_share))
    return "warmup_stable_decay", {"num_decay_steps": decay, "decay_type": "linear"}
