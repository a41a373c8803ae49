"""Courses of an invented station for the tests of suspicion: noisy, wavy, the same each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from rules.days import DAY_SECONDS, day_start
from rules.traces import Course, Floats

NAMES = ("COD", "TSS", "NH4", "Temp", "FlowOut")
LEVELS = (60.0, 20.0, 4.0, 30.0, 80.0)
FIRST = day_start(date(2026, 3, 3))  # a Tuesday
SLOTS = 288


def made(days: int, seed: int = 1, first: int = FIRST) -> Course:
    """Honest days: waves of a day and noise of 1.5 %."""
    chance = np.random.default_rng(seed)
    shape = (len(NAMES), days, SLOTS)
    wave = 1 + 0.15 * np.sin(np.arange(SLOTS) * 2 * np.pi / SLOTS) * chance.normal(
        1, 0.1, (5, days, 1)
    )
    drawn = np.array(LEVELS)[:, None, None] * wave * chance.normal(1, 0.015, shape)
    drawn *= chance.lognormal(0, 0.05, (5, days, 1))
    return Course(
        first=first,
        interval=DAY_SECONDS // SLOTS,
        parameters=NAMES,
        values=drawn,
        calibrating=np.zeros(shape, np.bool_),
        cycles=(1,) * 5,
        resolutions=(0.01,) * 5,
        limits=(75.0, None, None, None, None),
    )


def with_day(course: Course, day: int, values: Floats) -> Course:
    """The same with one day, (parameters; slots), replaced."""
    changed = course.values.copy()
    changed[:, day] = values
    return replace(course, values=changed)
