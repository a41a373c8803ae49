"""What every sink of lines promises: one kit for the fake and for two servers that are not ours.

InfluxDB 2 is none of them: its `/write` is that of InfluxDB 1.x, and VictoriaMetrics takes its
`/api/v2/write` from the sink that the monitor uses. VictoriaMetrics has no buckets, and of two
values for one instant it keeps what it likes: what is promised of those is asked of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from dashboards.influx import InfluxSink
from dashboards.lines import lines_of
from dashboards.places import FINDINGS, RAW, Place, by_place
from dashboards.projection import LineSink, PartlyWritten, Unavailable
from rules.days import DAY_SECONDS
from tests.dashboards.entries import (
    CLUSTER,
    DAY,
    DAY_ONE,
    batch,
    exceeded,
    finding,
    reading,
    rejection,
    silent,
    transition,
)
from tests.dashboards.influx_servers import VictoriaMetrics, free_ports, victoria_metrics
from tests.influx_one import (
    EVERYBODY,
    InfluxOneServer,
    InfluxOneSink,
    Point,
    points_in,
)
from tolich.clock import wall

Points = dict[Point, dict[str, float]]


class Held(Protocol):
    """A sink with the server behind it."""

    sink: LineSink

    def points(self, of: Place, measurement: str) -> Points:
        """What the server holds of a measurement in a bucket."""
        ...

    def away(self) -> None:
        """End the server, as a loss of power would."""
        ...

    def back(self) -> None:
        """Start it where it was; what it held may be lost."""
        ...


class Fake:
    """The promises in memory."""

    def __init__(self) -> None:
        self.sink: LineSink = self
        self._lines: dict[Place, list[str]] = {}
        self._away = False

    def write(self, lines: Sequence[str]) -> None:
        if self._away:
            raise Unavailable("away")
        for place, some in by_place(lines, EVERYBODY).items():
            self._lines.setdefault(place, []).extend(some)

    def points(self, of: Place, measurement: str) -> Points:
        held = self._lines.get(of, [])
        return points_in([line for line in held if line.startswith(f"{measurement},")])

    def away(self) -> None:
        self._away = True

    def back(self) -> None:
        self._away = False


class One:
    """InfluxDB 1.x with authentication on, through its `/write`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.server = InfluxOneServer(folder / "influxdb")
        self.back()
        stack.callback(self.server.kill)
        self._sink = InfluxOneSink(self.server.url)
        stack.callback(self._sink.close)
        self.sink: LineSink = self._sink

    def points(self, of: Place, measurement: str) -> Points:
        return self._sink.points(of, measurement)

    def away(self) -> None:
        self.server.kill()

    def back(self) -> None:
        self.server.start()


class Victoria:
    """VictoriaMetrics through `/api/v2/write`, and the sink that the monitor uses."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        (self._port,) = free_ports(1)
        self._folder = folder
        self._running = ExitStack()
        stack.callback(self.away)
        self.back()
        sink = InfluxSink(f"http://127.0.0.1:{self._port}", "any", "any", EVERYBODY, timeout=5)
        stack.callback(sink.close)
        self.sink: LineSink = sink

    def points(self, of: Place, measurement: str) -> Points:
        found: Points = {}
        for series in self._server.exported(f'{{__name__=~"{measurement}_.+"}}'):
            tags = dict(series["metric"])
            field = tags.pop("__name__").removeprefix(f"{measurement}_")
            key = ",".join([measurement, *(f"{name}={tags[name]}" for name in sorted(tags))])
            for at, value in zip(series["timestamps"], series["values"], strict=True):
                found.setdefault((key, at // 1000), {})[field] = value
        return found

    def away(self) -> None:
        self._running.close()

    def back(self) -> None:
        running = victoria_metrics(self._folder, self._port)
        self._server: VictoriaMetrics = self._running.enter_context(running)


@pytest.fixture(scope="module", params=["fake", "influxdb 1", "victoria-metrics"])
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Held]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("sink")
        if request.param == "fake":
            yield Fake()
        elif request.param == "influxdb 1":
            yield One(folder, stack)
        else:
            yield Victoria(folder, stack)


MERGING = pytest.mark.parametrize("held", ["fake", "influxdb 1"], indirect=True)
"""Those that have buckets, and keep the last of two values for one instant."""


def everything(station: str) -> list[str]:
    """A line of each measurement at least, of a station whose id no other test has."""
    of = {"station": station}
    entries = (
        batch(1, reading(**of), reading(**of, observed_at=DAY_ONE + 300, value=62)),
        exceeded(2, **of),
        silent(3, **of, start=DAY_ONE + DAY),
        transition(4, **of, cluster=CLUSTER),
        rejection(5, **of),
    )
    return [line for entry in entries for line in lines_of(entry)]


def of_station(points: Points, station: str) -> Points:
    return {key: fields for key, fields in points.items() if f"station={station}," in f"{key[0]},"}


FINDINGS_OF = Place(CLUSTER, FINDINGS)
RAW_OF = Place(CLUSTER, RAW)


def test_what_was_confirmed_is_there_with_every_field(held: Held) -> None:
    lines = everything("EACH")
    held.sink.write(lines)
    for measurement in ("reading", "finding", "alert", "rejection"):
        ours = [line for line in lines if line.startswith(f"{measurement},")]
        place = RAW_OF if measurement == "reading" else FINDINGS_OF
        assert of_station(held.points(place, measurement), "EACH") == points_in(ours) != {}


def test_written_twice_is_written_once(held: Held) -> None:
    lines = lines_of(finding(station="TWICE"))
    for _ in range(2):
        held.sink.write(lines)
    assert of_station(held.points(FINDINGS_OF, "finding"), "TWICE") == points_in(lines)


def test_a_name_that_needs_escapes_arrives_as_it_is(held: Held) -> None:
    held.sink.write(lines_of(finding(station="Trạm 1, cửa=xả")))
    found = held.points(FINDINGS_OF, "finding")
    assert [key for key, _ in found if "station=Trạm 1, cửa=xả" in key]


def test_away_is_said_and_it_goes_on_when_it_is_back(held: Held) -> None:
    lines = everything("AWAY")
    held.sink.write(everything("BEFORE"))
    held.away()
    with pytest.raises(Unavailable):
        held.sink.write(lines)
    held.back()
    held.sink.write(lines)
    ours = [line for line in lines if line.startswith("reading,")]
    assert of_station(held.points(RAW_OF, "reading"), "AWAY") == points_in(ours)


@MERGING
def test_a_later_revision_leaves_nothing_of_the_one_before(held: Held) -> None:
    first = lines_of(exceeded(station="REVISED"))
    second = lines_of(silent(station="REVISED", revision=2))
    held.sink.write(first)
    held.sink.write(second)
    found = of_station(held.points(FINDINGS_OF, "finding"), "REVISED")
    assert found == points_in(second) != points_in(first)


@MERGING
def test_of_several_values_in_one_write_the_last_stays(held: Held) -> None:
    both = lines_of(exceeded(station="LAST")) + lines_of(silent(station="LAST", revision=2))
    held.sink.write(both)
    found = of_station(held.points(FINDINGS_OF, "finding"), "LAST")
    assert found == points_in(both[1:])


@MERGING
def test_findings_are_in_two_buckets_and_readings_in_one(held: Held) -> None:
    held.sink.write(everything("PLACED"))
    everybody = Place(EVERYBODY, FINDINGS)

    def found(place: Place, measurement: str) -> int:
        return len(of_station(held.points(place, measurement), "PLACED"))

    assert found(everybody, "finding") == found(FINDINGS_OF, "finding") == 2
    assert found(RAW_OF, "reading") == 2
    assert found(FINDINGS_OF, "reading") == found(everybody, "reading") == 0
    assert found(RAW_OF, "finding") == 0


def test_what_is_older_than_a_bucket_keeps_is_counted_and_the_rest_stays(tmp_path: Path) -> None:
    """The words of the refusal are a real server's."""
    with ExitStack() as stack:
        server = InfluxOneServer(tmp_path / "influxdb")
        server.start()
        stack.callback(server.kill)
        sink = InfluxOneSink(server.url, "400d")
        stack.callback(sink.close)
        now = wall()
        ages = (0, 399, 401, 500)
        rows = [reading(observed_at=now - age * DAY_SECONDS, received_at=now) for age in ages]
        lines = lines_of(batch(1, *rows))
        with pytest.raises(PartlyWritten) as raised:
            sink.write(lines)
        assert raised.value.dropped == 2
        assert sink.points(RAW_OF, "reading") == points_in(lines[:2])
