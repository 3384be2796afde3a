"""`sensorium quantize`: GPTQ on a recipe's own data, pictures and sounds in their places.

calibration.py   samples of the recipe → embeddings as the language model reads them
layers.py        layer after layer: what goes in, and which matrices that concerns
gptq.py          one matrix and the statistics of its inputs → integers
checkpoint.py    the standard format, beside everything that was not quantized
"""
