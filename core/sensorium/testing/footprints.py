"""Whether a footprint is what was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensorium.errors import PluginError
from sensorium.footprint import size_of

if TYPE_CHECKING:
    from torch import nn

    from sensorium.footprint import Footprint

_TOLERANCE = 0.1


def check_footprint(footprint: Footprint, module: nn.Module | None = None) -> None:
    """Compare with the `module` that was built, where the component is one of torch.

    Raises PluginError with what cannot be: other weights, more read than held, work without
    products that compute it.
    """
    _require(footprint.parameters > 0, "no parameters")
    _require(footprint.read_bytes <= footprint.resident_bytes, "more is read than held")
    if footprint.flops:
        _require(footprint.operations > 0, "work without an operation")
        products = footprint.products(0)
        _require(products.flops > 0, "products without work")
        for rows in (1, 3):
            products.multiply(rows)
    if module is not None:
        held = size_of(module)
        _require(
            abs(footprint.resident_bytes - held) <= _TOLERANCE * held,
            f"{footprint.resident_bytes} bytes resident, the weights have {held}",
        )


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise PluginError(f"A footprint cannot be: {complaint}")
