"""What `convert` leaves beside a tower's own files, by name, and what ties it to them."""

from __future__ import annotations

GRAPHS = {None: "vision.onnx", "int8": "vision.int8.onnx"}
"""By the option `quantization`."""

FINGERPRINT = "sensorium.fingerprint"
"""In a graph's metadata: the encoder it was made of, its layer and preprocessing included."""
