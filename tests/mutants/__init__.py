"""Deliberate faults in `rules/` that the tests must notice."""
