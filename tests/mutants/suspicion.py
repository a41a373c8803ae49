"""Faults of suspicion: what it takes for strange, and what it is silent about."""

from __future__ import annotations

from tests.mutants.fault import of

_suspicion = of("suspicion.py", "suspicion")
_traces = of("traces.py", "traces")

FAULTS = (
    _suspicion(
        "one quantity alone asks for an inspection",
        "return each[-2] if len(each) >= 2 else None",
        "return each[-1] if len(each) >= 2 else None",
    ),
    _suspicion(
        "high levels are taken for low ones",
        "    return -number\n",
        "    return number\n",
    ),
    _suspicion(
        "rain makes levels strange",
        "return not low <= flow / usual.centre <= high",
        "return False",
    ),
    _suspicion(
        "the day after a Sunday is like any other",
        "for back in (0, 1))",
        "for back in (0,))",
    ),
    _suspicion(
        "a baseline of another version is used",
        "if baseline is None or baseline.engine != ENGINE:",
        "if baseline is None:",
    ),
    _suspicion(
        "a baseline is made of days that show too little",
        "if len(known) >= KNOWN:",
        "if len(known) >= 1:",
    ),
    _suspicion(
        "a steady station is strange at the slightest move",
        'max(middle, tail, FLOORS[name.partition(" ")[0]])',
        "max(middle, tail)",
    ),
    _traces(
        "a rise is taken for a fall",
        "medians[:-back] - medians[back:]",
        "medians[back:] - medians[:-back]",
    ),
    _traces(
        "a fall of one quantity is a fall of all",
        "np.min(falls, axis=0)",
        "np.max(falls, axis=0)",
    ),
    _traces(
        "what repeats within a day is a replay",
        "if place - earlier >= per_day:",
        "if place - earlier >= 1:",
    ),
    _traces(
        "an instrument that stands still is a replay",
        ".sum(axis=1) >= DISTINCT",
        ".sum(axis=1) >= 0",
    ),
    _traces(
        "a top above the limit is a ceiling",
        "beside = BESIDE_LIMIT * limit <= top <= limit",
        "beside = BESIDE_LIMIT * limit <= top",
    ),
    _traces(
        "gaps count for ever",
        "max(0, day + 1 - WEEK)",
        "0",
    ),
)
