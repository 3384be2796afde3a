"""Bounded reading of pictures and recordings: everything from outside passes through here."""
