"""Evidence: everything the monitor showed, by station, channel and name, as sorted instants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rules.days import HOUR_SECONDS
from rules.model import Status, Test
from simulators.scoring.seen import Ints, Readings, Seen

CLOSES = 600
"""An hour is known to be short when it has closed, so many seconds after its end."""

_STATUSES = (
    (Status.CALIBRATING, "calibrating"),
    (Status.FAULT, "faulty"),
    (Status.UNKNOWN, "unknown_status"),
)


class Key(NamedTuple):
    """Whose evidence of what."""

    station: str
    channel: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """When each piece of one kind of evidence is dated, rising, and when it was known."""

    at: Ints
    known: Ints

    def within(self, start: int, end: int) -> int | None:
        """When the first piece dated in [start, end] was known; None: there is none."""
        first, last = np.searchsorted(self.at, [start, end + 1])
        return int(self.known[first:last].min()) if first < last else None


Found = dict[Key, Evidence]


def evidence(seen: Seen) -> Found:
    """All evidence of what the monitor said."""
    rows: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for missed in seen.missed:
        known = missed.start + HOUR_SECONDS + CLOSES
        rows[Key(missed.station, missed.channel, "missing")].append((missed.start, known))
    for alert in seen.alerts:
        rows[Key(alert.station, alert.channel, alert.name)].append((alert.began, alert.known))
    for refusal in seen.refusals:
        if refusal.station is not None:
            key = Key(refusal.station, None, "rejected")
            rows[key].append((refusal.received, refusal.received))
    found = {key: _sorted(pairs) for key, pairs in rows.items()}
    for (station, channel), readings in seen.readings.items():
        for name, at in _of_readings(readings):
            found[Key(station, channel, name)] = Evidence(at, at)
    return found


def by_station(found: Found) -> dict[str, Found]:
    """The same, apart for every station."""
    apart: dict[str, Found] = defaultdict(dict)
    for key, one in found.items():
        apart[key.station][key] = one
    return apart


def first_known(
    found: Found, channels: Iterable[str | None], name: str, start: int, end: int
) -> int | None:
    """When evidence of a name dated in [start, end] was first known, in any of some channels."""
    known = [
        at
        for key, one in found.items()
        if key.name == name and _meant(key.channel, channels)
        if (at := one.within(start, end)) is not None
    ]
    return min(known, default=None)


def _meant(channel: str | None, channels: Iterable[str | None]) -> bool:
    """Evidence of the station as a whole is of any channel; None asks for every channel."""
    return channel is None or any(one is None or one == channel for one in channels)


def _of_readings(readings: Readings) -> Iterator[tuple[str, Ints]]:
    for test in Test:
        yield str(test.name).lower(), readings.at[(readings.tests & int(test)) != 0]
    for status, name in _STATUSES:
        yield name, readings.at[readings.status == status]
    yield "contested", readings.at[readings.contested]


def _sorted(pairs: Sequence[tuple[int, int]]) -> Evidence:
    table = np.array(sorted(pairs), np.int64)
    return Evidence(table[:, 0], table[:, 1])
