"""CLIP's vision tower on ONNX Runtime, in float32 or with 8-bit integers.

`convert.py` writes both graphs beside an encoder's own files; `encoder.py` runs one of them.
"""
