"""Muon: momentum whose matrices are made orthogonal before each step, and AdamW for the rest.

Source: Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with
steps of AdamW's size as in "Muon is scalable for LLM training" (arXiv 2502.16982). torch's own
`torch.optim.Muon` takes matrices alone, so two optimizers step here as one. It computes in
bfloat16, many times slower than float32 on a CPU without instructions for it: there `Float32Muon`
steps.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from sensorium.device import computes_bfloat16
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer
from transformers import TrainingArguments

from .objective import Objective

ADAMW_SIZE = "match_rms_adamw"
"""Steps of this size: one learning rate serves Muon and AdamW."""


class Float32Muon(Muon):
    """`torch.optim.Muon`, its matrices made orthogonal in their own precision.

    Its steps have the size of AdamW's.
    """

    def __init__(self, matrices: list[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn=ADAMW_SIZE)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step; `closure` computes the loss anew."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, weight.grad, group)
        return loss

    def _step(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
        update = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = 0.2 * max(weight.shape) ** 0.5  # what ADAMW_SIZE says
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.add_(update, alpha=-group["lr"] * rate)


def orthogonal(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """[N, M] → [N, M]: its singular values brought near 1 by a Newton-Schulz iteration."""
    a, b, c = coefficients
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide


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
            on_cpu = matrices[0].device.type == "cpu"
            slow = on_cpu and not computes_bfloat16()
            kind = Float32Muon if slow else partial(Muon, adjust_lr_fn=ADAMW_SIZE)
            kept.append(kind(matrices, lr=lr, weight_decay=weight_decay))
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
