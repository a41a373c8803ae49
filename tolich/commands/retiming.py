"""What a command line changes about a scenario: its first day, its length, its seed, its speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from rules.days import DAY_SECONDS, OFFSET, day_start
from rules.model import Problem, Refused
from simulators.scenario.spec import Scenario
from tolich.clock import wall


@dataclass(frozen=True, slots=True)
class Wishes:
    """None: as the scenario says."""

    since: str | None = None
    days: int | None = None
    seed: int | None = None
    speed: str | None = None


def retimed(scenario: Scenario, wishes: Wishes, now: Callable[[], int] = wall) -> Scenario:
    """The scenario with these wishes. Raises Refused for one that is not understood."""
    speed = scenario.speed if wishes.speed is None else _speed(wishes.speed)
    moved = scenario
    if wishes.since is not None:
        moved = _moved(scenario, _first(wishes.since, now()) - scenario.first)
    return replace(
        moved,
        days=scenario.days if wishes.days is None else wishes.days,
        seed=scenario.seed if wishes.seed is None else wishes.seed,
        speed=speed,
    )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        found = 1.0 if text == "real" else float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        said = f"expected max, real, or times faster such as 60, found {text!r}"
        raise Refused([Problem("command line", "--speed", said)])
    return found


def _first(text: str, now: int) -> int:
    """The local day that a --from names."""
    today = (now + OFFSET) // DAY_SECONDS
    if text == "today":
        return today
    if text.endswith("d") and text[:-1].isdigit():
        return today - int(text[:-1])
    try:
        return (day_start(date.fromisoformat(text)) + OFFSET) // DAY_SECONDS
    except ValueError:
        said = f"expected a day such as 2026-03-01, today, or 35d for 35 days ago, found {text!r}"
        raise Refused([Problem("command line", "--from", said)]) from None


def _moved(scenario: Scenario, by: int) -> Scenario:
    """Everything so many days later."""
    shift = by * DAY_SECONDS
    return replace(
        scenario,
        first=scenario.first + by,
        steps=tuple((day + by, seconds) for day, seconds in scenario.steps),
        events=tuple(replace(e, start=e.start + shift, end=e.end + shift) for e in scenario.events),
        faults=tuple(replace(e, start=e.start + shift, end=e.end + shift) for e in scenario.faults),
        cheats=tuple(replace(e, start=e.start + shift, end=e.end + shift) for e in scenario.cheats),
        transport=tuple(
            replace(e, start=e.start + shift, end=e.end + shift) for e in scenario.transport
        ),
    )
