"""What a converted Phi model takes of this machine, from config.json and the weights' header."""

from __future__ import annotations

from functools import partial
from math import prod

import torch
from sensorium.errors import CheckpointError
from sensorium.footprint import Footprint

from sensorium_llm_phi2.build import count_parameters, random_module
from sensorium_llm_phi2.checkpoint import WEIGHTS, config_path, read_config
from sensorium_llm_phi2.configuration import phi_config
from sensorium_llm_phi2.footprint import head_flops, kv_bytes, work_of_a_token
from sensorium_llm_phi2.model import PhiLanguageModel
from sensorium_llm_phi2.options import Phi2Options
from sensorium_llm_phi2.vocabulary import TABLE

from .places import is_plain, tensor_places
from .products import LayerProducts

_LOOKED_UP = ("embedding.", "rotary.", TABLE)
"""Tables of which a token reads a row."""

_DTYPES = {"F16": torch.float16, "F32": torch.float32}
"""Attention runs in the type of the rotary tables."""


def footprint(options: Phi2Options) -> Footprint:
    """The weights are run as they are stored; CheckpointError where they are not here yet."""
    path = config_path(options)
    weights = path.with_name(WEIGHTS)
    if not weights.is_file():
        raise CheckpointError(
            f"The folder has no {WEIGHTS}: it was not made for backend: onnx",
            where=str(path.parent),
            hint="Make a bundle of it: sensorium convert --help",
        )
    config = phi_config(read_config(path), path.parent)
    stored = tensor_places(weights)
    plain = is_plain(stored)
    held = {
        # Plain weights are made float32 when the graph is opened.
        name: 4 * prod(place.shape) if plain and name != TABLE else place.length
        for name, place in stored.items()
    }
    read = [size for name, size in held.items() if not name.startswith(_LOOKED_UP)]
    shapes = PhiLanguageModel(random_module(config, 0, torch.float32, "meta"), path.parent, "")
    head = head_flops(config)
    return Footprint(
        parameters=count_parameters(config),
        resident_bytes=sum(held.values()),
        read_bytes=sum(read),
        flops=work_of_a_token(shapes).flops - head,
        call_flops=head,
        operations=1,  # a call; the time of every node is in the products
        kv_bytes=kv_bytes(config, torch.float32 if plain else _DTYPES[stored["rotary.cos"].dtype]),
        products=partial(LayerProducts, config, stored),
    )
