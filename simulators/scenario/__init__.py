"""Scenarios: plants, what happens to them, and what the monitor is told, as one YAML file."""
