"""What the log says of the steps since its last entry."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .processes import gathered


class Means:
    """Means over steps of named scalars; nothing is synchronised in between.

    What is added in a step is its batches' shares, which make up the value of the step together
    with those of the other processes. Steps whose value is not finite are left out.
    """

    def __init__(self) -> None:
        self._steps: list[dict[str, Tensor]] = []

    def begin(self) -> None:
        """What is added from now on belongs to another step."""
        self._steps.append({})

    def add(self, shares: Mapping[str, Tensor]) -> None:
        """Of one batch; all processes add the same names."""
        step = self._steps[-1]
        for name, share in shares.items():
            value = share.detach().double()
            step[name] = step[name] + value if name in step else value

    def take(self) -> dict[str, float]:
        """The means of what was finite, and begin anew."""
        names = dict.fromkeys(name for step in self._steps for name in step)
        mine = {name: torch.stack([s[name] for s in self._steps if name in s]) for name in names}
        self._steps.clear()
        found = {}
        of_processes = gathered({name: values.cpu() for name, values in mine.items()})
        for name in names:
            values = torch.stack([values[name] for values in of_processes]).sum(0)
            finite = values[torch.isfinite(values)]
            if len(finite):
                found[name] = float(finite.mean())
        return found
