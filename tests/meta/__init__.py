"""Checks of the repository itself: who imports whom, names, sizes, locks, words."""
