"""`sensorium data pack` and `sensorium data shards`: data made ready for long runs.

    parts.py      a folder of numbered parts: whole or absent each, by several processes, resumable
    recipe.py     what to write from which data, and how it is read
    documents.py  a sample → the token ids of its documents
    pack.py       documents → binary files of token ids, read by the data format `tokens`
    pairing.py    a corpus and the model that learns from it must have the same tokenizer
    usable.py     what cannot be used is left out and counted
    shards.py     samples → tar files as the `webdataset` package has them, read by `tar`

Nothing here needs torch.
"""
