"""Tests of the simulated stations."""
