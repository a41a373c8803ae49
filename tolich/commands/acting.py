"""The simulated stations of a demonstration: a scenario around now, and the child that plays it."""

from __future__ import annotations

import json
import sys
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET, rfc3339
from simulators.message import Outgoing
from simulators.publish import BrokerLost, Publisher
from simulators.scenario.course import Stage, stage
from simulators.scenario.hearing import Hearing
from simulators.scenario.library import path_of
from simulators.scenario.live import Desk, run_live
from simulators.scenario.loading import load_scenario
from simulators.scenario.registering import day_of, register_of
from simulators.scenario.spec import Scenario
from simulators.scenario.truth import IntervalRow, Row, first_row, intervals
from simulators.sensors.tables import read_sensors
from simulators.treatment.tables import read_tables
from tolich.children import end_with_parent
from tolich.clock import ScaledClock
from tolich.commands.playing import Log
from tolich.commands.retiming import Wishes, retimed
from tolich.commands.simulate import broker_of
from tolich.console import err, refusing
from tolich.packs import load_catalogue
from tolich.settings import load_settings
from tolich.yamlfile import read_yaml

DEMO = "demo"
OVER = Path(__file__).parents[2] / "examples" / "demo.yaml"
"""What the register of the shipped demonstration has beyond its scenario."""

GOES_ON = 60
"""Days that a demonstration goes on after its scenario has told everything."""

TELL_EVERY = 200


def around(name: str, now: int) -> Scenario:
    """A scenario whose live part, or last day, is the local day of `now`. Raises Refused."""
    path = path_of(name)
    found = load_scenario(str(path), read_yaml(path), read_tables(), read_sensors())
    first = local_day(now) - _before(found)
    moved = retimed(found, Wishes(since=day_of(first).isoformat(), speed="real"))
    return replace(moved, days=moved.days + GOES_ON)


def history_days(scenario: Scenario, now: int) -> int:
    """Whole days of a scenario around now that lie before today."""
    return local_day(now) - scenario.first


def local_day(at: int) -> int:
    """The local day of an instant, counted from 1970-01-01."""
    return (at + OFFSET) // DAY_SECONDS


def _before(scenario: Scenario) -> int:
    """Days of a scenario before the one on which somebody is to watch."""
    if len(scenario.steps) > 1:
        return scenario.steps[-1][0] - scenario.first
    return scenario.days - 1


def register_around(name: str, scenario: Scenario) -> dict[str, Any]:
    """The parsed register of a scenario; that of the shipped demonstration is completed."""
    register = register_of(scenario)
    if name != DEMO:
        return register
    over = read_yaml(OVER)
    return laid_over(register, over if isinstance(over, dict) else {})


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings laid over one another, key by key; a null takes the key away."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            found[key] = laid_over(below, value)
        else:
            found[key] = value
    return found


@dataclass(slots=True)
class Progress:
    """What the parent process is told: the share of the history, and the messages sent."""

    send: Callable[[Outgoing], None]
    begin: int
    now: int
    history: bool  # False: what was due by `now` is not sent
    say: Callable[[Mapping[str, float]], None]
    sent: int = 0
    live: bool = False

    def __call__(self, message: Outgoing) -> None:
        """Send a message, and say so now and then."""
        if message.due <= self.now and not self.history:
            return
        self.send(message)
        self.sent += 1
        if not self.live and self.sent % TELL_EVERY == 0:
            share = (message.due - self.begin) / max(1, self.now - self.begin)
            self.say({"history": min(share, 0.999), "sent": self.sent})

    def caught_up(self) -> None:
        """Everything due is sent."""
        if not self.live:
            self.live = True
            self.say({"history": 1.0, "sent": self.sent})


@dataclass(slots=True)
class Unfolding:
    """The truth log of a run that goes on: nothing stands in it before it begins."""

    write: Callable[[list[Row]], None]
    coming: list[IntervalRow]  # by when they begin

    def until(self, now: int) -> None:
        """Write down what has begun by now."""
        begun = bisect_right(self.coming, rfc3339(now), key=lambda row: row["t0"])
        if begun:
            self.write([*self.coming[:begun]])
            del self.coming[:begun]


def _say(what: Mapping[str, float]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def act(
    name: Annotated[str, typer.Argument()],
    settings: Annotated[Path, typer.Option()],
    origin: Annotated[float, typer.Option()],
    truth: Annotated[Path, typer.Option()],
    speed: Annotated[float, typer.Option()] = 1.0,
    history: Annotated[bool, typer.Option("--history/--no-history")] = True,
) -> None:
    """Play a scenario around now for the demonstration that started us, until it ends."""
    stop = threading.Event()
    end_with_parent(stop.set)
    clock = ScaledClock(origin, speed)
    try:
        with refusing(), ExitStack() as held:
            now = clock.now()
            built = _built(around(name, int(origin)), now)
            broker = broker_of(load_settings(settings).mqtt)
            publisher = held.enter_context(Publisher(broker))
            log = Log(held, truth, samples=False)
            days = history_days(built.scenario, now) + 1
            log.write([first_row(replace(built.scenario, days=days))])
            unfolding = Unfolding(log.write, intervals(built))
            begin = built.scenario.first * DAY_SECONDS - OFFSET
            progress = Progress(publisher.send, begin, now, history, _say)
            hearing = Hearing(replace(broker, client_id=""), lambda one: log.write([*one.rows]))
            held.enter_context(hearing)

            def pause(seconds: float) -> bool:
                unfolding.until(clock.now())
                return stop.wait(seconds / speed)

            wait = waiting(progress, publisher.drain, pause)
            run_live(built, Desk(clock, wait, hearing.next, progress, log.day))
    except BrokerLost as error:
        err.print(f"[bold red]Stopped:[/] {error}")
        raise typer.Exit(1) from error


def _built(scenario: Scenario, now: int) -> Stage:
    built = stage(scenario, read_tables(), read_sensors(), load_catalogue())
    return replace(built, together_until=now // HOUR_SECONDS * HOUR_SECONDS)


def waiting(
    progress: Progress, drain: Callable[[], None], wait: Callable[[float], bool]
) -> Callable[[float], bool]:
    """How a run waits: it does so for the first time when everything due is sent."""

    def waited(seconds: float) -> bool:
        if not progress.live:
            drain()
            progress.caught_up()
        return wait(seconds)

    return waited
