"""Room on the disk: below a set minimum nothing is taken in, so that nothing can be half stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tolich.ports import NotDurable

MEGABYTE = 1024 * 1024


def room_in(data: Path, min_free_mb: int) -> Callable[[], None]:
    """A check that raises NotDurable, saying what is missing, when the disk is too full."""

    def check() -> None:
        free = shutil.disk_usage(data).free // MEGABYTE
        if free < min_free_mb:
            raise NotDurable(
                f"only {free} MB free in {data}; at least {min_free_mb} MB are needed "
                "(setting min_free_mb)"
            )

    return check


def all_of(*checks: Callable[[], None]) -> Callable[[], None]:
    """Several checks as one."""

    def check() -> None:
        for one in checks:
            one()

    return check
