"""Instruments: what they make of the water, how they fail, and how they are cheated."""
