"""Measurements: `make bench` prints the table. Ratios in one run count, not seconds."""
