"""Muon: momentum whose matrices are made orthogonal before each step, and AdamW for the rest.

Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with
steps of AdamW's size as in "Muon is scalable for LLM training" (arXiv 2502.16982). torch's own
`torch.optim.Muon` takes matrices alone, so two optimizers step here as one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Optimizer
from transformers import TrainingArguments

from .objective import Objective


class MuonWithAdamW(Optimizer):
    """`torch.optim.Muon` on matrices, AdamW on `others`, as one optimizer.

    Muon's steps are scaled to the size of AdamW's, so one learning rate serves both, and
    `weight_decay` as well; vectors (biases, norms) have no weight decay.
    """

    def __init__(
        self,
        matrices: list[nn.Parameter],
        others: list[nn.Parameter],
        *,
        lr: float,
        weight_decay: float,
        betas: tuple[float, float],
        eps: float,
    ) -> None:
        tables = [weight for weight in others if weight.ndim > 1]
        vectors = [weight for weight in others if weight.ndim <= 1]
        groups = [
            {"params": tables, "weight_decay": weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        kept: list[Optimizer] = []
        if matrices:
            muon = torch.optim.Muon(
                matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
            )
            kept.append(muon)
        if filled := [group for group in groups if group["params"]]:
            kept.append(AdamW(filled, lr=lr, betas=betas, eps=eps, fused=True))
        self._parts = kept
        super().__init__([group for part in kept for group in part.param_groups], {})
        self._share()

    def step(self, closure: Any = None) -> Any:
        """One step of both; `closure` computes the loss anew."""
        loss = None if closure is None else closure()
        for part in self._parts:
            part.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes what `state_dict` gave, of an optimizer of the same parameters."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """Both step on this optimizer's own groups and moments: it alone is saved and scheduled."""
        groups = iter(self.param_groups)
        for part in self._parts:
            part.param_groups = [next(groups) for _ in part.param_groups]
            part.state = self.state


def split(objective: Objective) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """What learns: (weights of linear layers, everything else: outputs, tables, filters, vectors).

    The factors of a LoRA adapter are linear layers.
    """
    last = objective.outputs()
    linear = [part for part in objective.modules() if isinstance(part, nn.Linear)]
    hidden = {id(part.weight) for part in linear if part not in last}
    learning = [weight for weight in objective.parameters() if weight.requires_grad]
    matrices = [weight for weight in learning if id(weight) in hidden]
    return matrices, [weight for weight in learning if id(weight) not in hidden]


def muon(told: TrainingArguments) -> tuple[Any, dict[str, Any]]:
    """Muon as the Trainer takes an optimizer that wants to see the whole model."""
    settings = {
        "lr": told.learning_rate,
        "weight_decay": told.weight_decay,
        "betas": (told.adam_beta1, told.adam_beta2),
        "eps": told.adam_epsilon,
    }
    return lambda: _of, settings


def _of(objective: Objective, **settings: Any) -> MuonWithAdamW:
    return MuonWithAdamW(*split(objective), **settings)
