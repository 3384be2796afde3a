"""`sensorium data generate`: a corpus written by a language model behind an HTTP server.

    recipe.py    what to ask, of whom, how often
    prompts.py   sample number → messages and seed, the same in every run
    wire.py      the two protocols: request bodies, and streams → one answer
    client.py    one request: time limits, retries, what cannot be retried
    cache.py     answers on disk, so that nothing is asked twice
    run.py       all samples: several requests at once, failures counted
    progress.py  how far, how fast, for how long still
    output.py    answers → the JSONL file, in order, without duplicates

Nothing here needs torch.
"""
