"""Phi on ONNX Runtime: 4-bit weights at the speed of memory.

`convert.py` turns a GPTQ checkpoint into a folder; `build.py` loads that folder as a language
model. The folder holds, besides config.json and tokenizer.json:

    model.safetensors    every weight, the integers in the order that MatMulNBits reads
    decoder.onnx         the graph alone: it points into model.safetensors
"""
