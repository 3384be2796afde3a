"""Our recipe in the words of transformers' Trainer: optimizer, schedule, logging, saving."""

from __future__ import annotations

from typing import Any

import torch
from transformers import TrainingArguments

from .recipe import TrainingRecipe
from .reporters import PROJECT


def arguments(recipe: TrainingRecipe, *, ordered: bool = False) -> TrainingArguments:
    """Everything the Trainer is told; `ordered` where the data has its own order."""
    shuffle = recipe.shuffle and not ordered
    scheduler, details = _schedule(recipe)
    made = TrainingArguments(
        output_dir=str(recipe.output),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulate,
        optim="adamw_torch_fused",
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=scheduler,
        lr_scheduler_kwargs=details,
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_gradient_norm,
        adam_beta2=recipe.adam_beta2,
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=recipe.device == "cpu" or not torch.cuda.is_available(),
        train_sampling_strategy="random" if shuffle else "sequential",
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


def _schedule(recipe: TrainingRecipe) -> tuple[str, dict[str, Any]]:
    if recipe.schedule == "cosine":
        return "cosine", {}
    if recipe.schedule == "constant":
        return "constant_with_warmup", {}
    decay = max(1, round(recipe.steps * recipe.decay_share))
    return "warmup_stable_decay", {"num_decay_steps": decay, "decay_type": "linear"}
