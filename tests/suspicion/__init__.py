"""How well suspicion finds what was interfered with, on plants that it was not tuned on."""
