"""What a simulated logger writes is what the monitor's own decoders read, mangled or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ingest.decode import decode
from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from rules.register import Register, Station, load_register
from simulators.message import Outgoing
from simulators.scenario.course import Stage, a_day, days
from simulators.scenario.encoding import decimals
from simulators.scenario.registering import register_of
from tests.simulators.scenario.small import built, by_station, opened, sent, tables
from tolich.packs import load_regulations
from tolich.ports import Decoded, Delivery

DAY = {"start": "2026-04-06", "days": 1}


@dataclass(frozen=True)
class Known:
    """The register as the decoders ask it."""

    register: Register

    def station(self, cluster: str, station: str) -> Station | None:
        found = self.register.stations.get(station)
        return found if found is not None and found.cluster == cluster else None

    def by_prefix(self, prefix: str) -> Station | None:
        raise AssertionError("nothing here asks by prefix")


def read(made: Stage, messages: Sequence[Outgoing]) -> list[Decoded]:
    register = load_register("s", register_of(made.scenario), tables()[2], load_regulations())
    later = messages[-1].due + DAY_SECONDS
    return [
        decode(Delivery("mqtt", one.topic, one.payload, later), Known(register), tables()[2], later)
        for one in messages
    ]


def disturbed(kind: str, station: str = "MAU01", **keys: Any) -> tuple[Stage, list[Outgoing]]:
    """A day with one disturbance from 6:00 for 6 hours: 72 messages."""
    line = {"id": "x", "at": "0d06:00", "for": "6h", "where": station, "kind": kind, **keys}
    made = built(clock=DAY, transport=[line])
    return made, by_station(sent(made))[station.partition(".")[0]]


def test_both_formats_say_what_is_shown() -> None:
    made = built(clock=DAY)
    told, _ = a_day(made, opened(made), made.scenario.first)
    everything = by_station(sent(made))
    for row, place in enumerate(made.scenario.places):
        found = read(made, everything[place.id])
        assert not any(one.rejected for one in found)
        for name in place.parameters:
            catalogue = tables()[2][name]
            shown = told.shown.of(name)[row].astype(np.float64)
            wanted = [round(v / float(catalogue.quantum)) for v in shown.round(3).tolist()]
            readings = [r for one in found for r in one.readings if r.parameter == name]
            assert [r.value for r in readings] == wanted
            assert [r.status for r in readings] == told.shown.status_of(name)[row].tolist()
            assert [r.observed_at for r in readings] == list(told.water.times)


def test_a_minute_interval_lies_between_five_minutes() -> None:
    made = built(clock={"start": "2026-04-06", "days": 2, "live": {"from": "1d"}})
    first, second = (list(messages) for _, messages in days(made, opened(made)))
    assert sum("/MAU01/" in one.topic for one in first) in (287, 288)  # sent within the day
    told = [one for one in second if "/MAU01/" in one.topic]
    assert len(told) in (1440, 1441)  # with the last of the day before
    told = told[-1440:]
    flows = [r.value for one in read(made, told) for r in one.readings if r.parameter == "FlowOut"]
    five = flows[::5]
    for place in (1, 2, 3, 4):
        inner = np.array(flows[place::5][:-1])
        low, high = np.minimum(five[:-1], five[1:]), np.maximum(five[:-1], five[1:])
        assert ((inner >= low) & (inner <= high)).all()


def test_dropout_loses_a_share() -> None:
    _, messages = disturbed("dropout", share=0.5)
    assert 288 - 55 < len(messages) < 288 - 17


def test_an_outage_without_backfill_loses_everything() -> None:
    made, messages = disturbed("outage")
    assert len(messages) == 288 - 72
    start = made.scenario.transport[0].start
    assert not [r for one in read(made, messages) for r in one.readings
                if start <= r.observed_at < start + 6 * HOUR_SECONDS]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "rising", "lasts"),
    [("oldest_first", True, 72), ("newest_first", False, 72), ("interleaved", True, 72 * 75)],
)
def test_a_backlog_comes_in_its_order(order: str, rising: bool, lasts: int) -> None:
    backfill = {"order": order, "rate": "1/s"}
    made, messages = disturbed("outage", then={"backfill": backfill})
    one = made.scenario.transport[0]
    assert len(messages) == 288
    instants = [decoded.readings[0].observed_at for decoded in read(made, messages)]
    held = [
        (m.due, at) for m, at in zip(messages, instants, strict=True) if one.start <= at < one.end
    ]
    assert all(due >= one.end for due, _ in held)
    times = [at for _, at in held]
    assert times == sorted(times, reverse=not rising)
    assert held[-1][0] - held[0][0] in range(lasts - 80, lasts + 1)


def test_a_share_of_the_backlog_comes_twice() -> None:
    _, messages = disturbed("outage", then={"backfill": {"duplicates": 1.0}})
    assert sorted(Counter((m.topic, m.payload) for m in messages).values())[-72:] == [2] * 72


def test_duplicates_are_the_same_bytes_again() -> None:
    _, messages = disturbed("duplicates", delay="10m")
    twice = [key for key, count in Counter(m.payload for m in messages).items() if count == 2]
    assert len(twice) == 72
    due = [m.due for m in messages if m.payload == twice[0]]
    assert due[1] - due[0] == 600


def test_a_conflict_says_another_value_for_the_same_instant() -> None:
    made, messages = disturbed("conflicts", "MAU01.COD", factor=2)
    values: dict[int, set[int]] = {}
    for one in read(made, messages):
        for reading in one.readings:
            if reading.parameter == "COD":
                values.setdefault(reading.observed_at, set()).add(reading.value)
    doubled = [sorted(both) for both in values.values() if len(both) == 2]
    assert len(doubled) == 72
    assert all(abs(high - 2 * low) <= 500_000 for low, high in doubled)


def test_reordering_delays_and_loses_nothing() -> None:
    made, messages = disturbed("reordering", delay="1h")
    instants = [one.readings[0].observed_at for one in read(made, messages)]
    assert len(instants) == 288
    assert instants != sorted(instants)


@pytest.mark.parametrize(
    ("kind", "by", "first", "last"),
    [("clock_jump", "-7h", -25200, -25200), ("clock_offset", "2m", 120, 120),
     ("clock_drift", "4m", 0, 59)],
)  # fmt: skip
def test_a_wrong_clock_misdates_and_sends_on_time(
    kind: str, by: str, first: int, last: int
) -> None:
    made, messages = disturbed(kind, by=by)
    one, lag = made.scenario.transport[0], made.lags[0]
    found = [
        (decoded.readings[0].observed_at, message.due - lag)
        for decoded, message in zip(read(made, messages), messages, strict=True)
    ]
    wrong = [said - true for said, true in found if one.start <= true < one.end]
    right = [said - true for said, true in found if not one.start <= true < one.end]
    assert (wrong[0], wrong[-1]) == (first, last)
    assert set(right) == {0}


def test_a_comma_is_read_in_files_and_refused_in_json() -> None:
    made, messages = disturbed("wrong_decimal", "MAU02")
    assert sum(b"," in one.payload for one in messages) == 72
    assert not any(one.rejected for one in read(made, messages))
    made, messages = disturbed("wrong_decimal", "MAU01")
    refused = [one for one in read(made, messages) if one.rejected]
    assert len(refused) == 72
    assert not any(one.readings for one in refused)


@pytest.mark.parametrize("station", ["MAU01", "MAU02"])
def test_a_truncated_message_is_refused_in_part_or_whole(station: str) -> None:
    made, messages = disturbed("truncated", station)
    found = read(made, messages)
    assert sum(bool(one.rejected) for one in found) == 72
    assert all(len(one.readings) < 7 for one in found if one.rejected)


def test_an_unknown_status_is_kept_as_unknown() -> None:
    made, messages = disturbed("unknown_status", "MAU01.COD")
    codes = Counter(
        (r.parameter, r.status)
        for one in read(made, messages)
        for r in one.readings
        if r.status > 2
    )
    assert [(name, count) for (name, _), count in codes.items()] == [("COD", 72)]


def test_a_repeated_name_carries_new_content() -> None:
    _, messages = disturbed("repeated_name", "MAU02")
    names = Counter(one.topic for one in messages)
    # The first of them takes the name of the file before; the names then run one behind.
    assert max(names.values()) == 2
    assert len({one.payload for one in messages}) == 288


def test_what_is_late_at_the_end_is_still_sent() -> None:
    line = {"at": "0d20:00", "for": "4h", "where": "MAU01", "kind": "outage",
            "then": {"backfill": {}}}  # fmt: skip
    made = built(clock=DAY, transport=[line])
    messages = by_station(sent(made))["MAU01"]
    assert len(messages) == 288
    midnight = (made.scenario.first + 1) * DAY_SECONDS - OFFSET
    assert sum(one.due >= midnight for one in messages) >= 48


def test_digits_follow_the_resolution() -> None:
    assert [decimals(one) for one in (1.0, 0.5, 0.1, 0.2, 0.05)] == [0, 1, 1, 1, 2]
