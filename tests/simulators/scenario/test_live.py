"""A scenario at the pace of a clock, and orders that change it while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from rules.model import Refused
from simulators.message import Outgoing
from simulators.scenario.course import Stage
from simulators.scenario.injecting import Begun, inject, words_of
from simulators.scenario.live import Desk, Order, run_live
from tests.simulators.scenario.small import built, sent
from tolich.clock import StepClock

DAY = {"start": "2026-04-06", "days": 1}


@dataclass
class Room:
    """A clock that waiting moves, orders at given times, and what was sent when."""

    clock: StepClock
    orders: dict[int, str] = field(default_factory=dict)
    until: int = 1 << 40
    sent: list[tuple[int, Outgoing]] = field(default_factory=list)
    answers: list[Begun | Refused] = field(default_factory=list)

    def wait(self, seconds: float) -> bool:
        self.clock.set(self.clock.now() + max(1, int(seconds)))
        return self.clock.now() >= self.until

    def next(self) -> Order | None:
        due = [at for at in self.orders if at <= self.clock.now()]
        return Order(self.orders.pop(due[0]), self.answers.append) if due else None

    def desk(self) -> Desk:
        return Desk(self.clock, self.wait, self.next, self._take)

    def _take(self, message: Outgoing) -> None:
        self.sent.append((self.clock.now(), message))


def opens(made: Stage) -> int:
    return made.scenario.first * DAY_SECONDS - OFFSET


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """Stages whose plants need not settle for ten days first."""
    monkeypatch.setattr("simulators.scenario.course.SETTLES", 1)
    return built


def test_what_is_due_is_sent_at_once_and_the_rest_in_time(fast: Callable[..., Stage]) -> None:
    made = fast(clock=DAY)
    noon = opens(made) + 12 * HOUR_SECONDS
    room = Room(StepClock(noon))
    assert run_live(made, room.desk()) == 576
    assert all(at == max(one.due, noon) for at, one in room.sent)


def test_it_stops_when_told(fast: Callable[..., Stage]) -> None:
    made = fast(clock=DAY)
    room = Room(StepClock(opens(made)), until=opens(made) + HOUR_SECONDS)
    assert run_live(made, room.desk()) in range(2 * 11, 2 * 12 + 1)


def test_an_order_changes_what_comes_and_nothing_that_was_sent(
    fast: Callable[..., Stage],
) -> None:
    made = fast(clock=DAY)
    calm = [one for _, one in _run(made, {})]
    at = opens(made) + 6 * HOUR_SECONDS
    room = Room(StepClock(opens(made)), {at: "MAU01.COD over_range 2h"})
    run_live(made, room.desk())
    after = [one for _, one in room.sent]
    assert len(after) == len(calm)
    changed = {a.due for a, b in zip(calm, after, strict=True) if a != b}
    assert all("MAU01" in b.topic for a, b in zip(calm, after, strict=True) if a != b)
    assert at <= min(changed) < at + 360
    assert at + 2 * HOUR_SECONDS - 360 < max(changed) < at + 2 * HOUR_SECONDS + 60
    (answer,) = room.answers
    assert isinstance(answer, Begun)
    assert answer.rows[0]["kind"] == "over_range"
    assert answer.rows[0]["channel"] == "COD"


def _run(made: Stage, orders: dict[int, str]) -> list[tuple[int, Outgoing]]:
    room = Room(StepClock(opens(made)), orders)
    run_live(made, room.desk())
    return room.sent


def test_an_order_that_is_not_understood_is_refused_and_changes_nothing(
    fast: Callable[..., Stage],
) -> None:
    made = fast(clock=DAY)
    room = Room(StepClock(opens(made)), {opens(made) + 600: "MAU01 aeration_failur 2h"})
    run_live(made, room.desk())
    (answer,) = room.answers
    assert isinstance(answer, Refused)
    assert "did you mean 'aeration_failure'?" in str(answer)
    assert [one for _, one in room.sent] == [one for _, one in _run(made, {})]


@pytest.mark.parametrize(
    ("order", "layer"),
    [
        ("MAU01 toxic_shock 6h 12", "process"),
        ("MAU01.pH drift 1d 0.05", "sensor"),
        ("MAU01 dilution 3h 0.5", "sample"),
        ("MAU01.COD cap 3h", "signal"),
        ("* outage 20m", "transport"),
        ("MAU02 clock_jump 2h -7h", "transport"),
    ],
)
def test_every_kind_of_thing_can_be_ordered(order: str, layer: str) -> None:
    made = built(clock=DAY)
    begun = inject(made, order, opens(made) + 5)
    assert {row["layer"] for row in begun.rows} == {layer}
    assert made.scenario.transport == ()


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("MAU01 toxic_shock", "expected STATION KIND DURATION"),
        ("MAU9 toxic_shock 1h", "no station 'MAU9'"),
        ("MAU01 toxic_shock soon", "10h, 30m"),
        ("MAU01 toxic_shock 1h much", "'much' is not a number"),
        ("MAU01 toxic_shock 1h 900", "expected 0 to 50"),
    ],
)
def test_an_order_says_what_is_wrong_with_it(order: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        inject(built(clock=DAY), order, 0)


def test_orders_are_json() -> None:
    assert words_of(json.dumps({"id": "7", "order": "a b c"}).encode()) == ("7", "a b c")
    for payload in (b"a b c", b"[1]", b'{"order": 3}', b"\xff"):
        with pytest.raises(Refused, match="expected"):
            words_of(payload)


def test_the_whole_run_equals_the_fast_one() -> None:
    made = built(clock=DAY)
    assert [one for _, one in _run(made, {})] == sent(made)
