"""Casual wordings: indirect, clumsy, chatty or clipped ones, statements, two short sentences.

Each table adds to the plain one of the same kind (`Phrases.with_casual`). A core keeps to one
kind just as the plain ones do, however loosely it is worded.
"""
