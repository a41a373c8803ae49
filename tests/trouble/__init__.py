"""Trouble without pollution: every fault of the simulated instruments, and water that is sound."""
