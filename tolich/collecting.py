"""How often a long-running process looks for reference cycles: seldom."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT = (50_000, 50, 100)
"""New objects between looks for cycles among them; looks between those at older ones."""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for reference cycles in what is new, and seldom.

    Every batch that is judged, and every list that is answered, makes tens of thousands of small
    objects, none of them in a cycle; to walk them, and what stays in memory, over and over costs
    a process time and steadiness.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
