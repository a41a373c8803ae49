"""What one series is checked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """What one series is checked for."""

    @property
    def reach(self) -> int:
        """Seconds looked back."""
        return 0

    @property
    def ahead(self) -> int:
        """Slots looked ahead."""
        return 0
