"""The pocket's ears: speech made by espeak-ng, sentences to say, and a Whisper's evaluation.

Nothing is recorded and nothing is downloaded: every clip follows from a seed.
"""
