"""Each kind of trouble alone: what it is shows through the API. All stations in one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from rules.days import HOUR_SECONDS, rfc3339
from simulators.scenario.spec import DISTURBANCES
from tests.callers import HEADERS, KnownCallers, parts_of
from tests.score.staging import SENSORS, Staged, staged_of
from tests.score.virtual import passed_through

WORDS = {"vi": "Từng loại", "en": "Each kind"}
LIMITS = {"COD": 100, "TSS": 50, "NH4": 6, "pH": [6, 9], "Temp": 40}
DAY_TWO = "2026-04-07"


class Case(NamedTuple):
    """One kind of trouble at a station of its own, and by what it shows.

    `tests` are quality tests of readings during it (any of them), `status` the code they carry,
    `alert` the kind of an alert and its subject, `rejected` the reason of a rejection, `counts`
    which count of its hours is above 0 ("missing": fewer received than expected), `reason` of a
    reading.
    """

    channel: str | None
    start: str
    lasts: str
    size: float | None = None
    more: dict[str, Any] = {}  # noqa: RUF012 - never changed
    tests: tuple[str, ...] = ()
    status: str | None = None
    alert: tuple[str, str | None] | None = None
    rejected: str | None = None
    counts: str | None = None
    reason: str | None = None
    unseen: bool = False  # nothing in one station's readings tells it from water


FAULTS = {
    "spike_large": Case("TSS", "1d08:00", "5m", 50, tests=("spike",)),
    "spike_small": Case("TSS", "1d08:00", "5m", 12, tests=("spike",)),
    "spike_cluster": Case("TSS", "1d08:00", "3h", 50, tests=("spike",)),
    "stuck": Case("COD", "1d06:00", "10h", tests=("flat_line",)),
    "stuck_dither": Case("TSS", "1d06:00", "10h", unseen=True),
    "offset": Case("TSS", "1d06:00", "10h", 0.15, tests=("spike", "rate_of_change")),
    "shift": Case("COD", "1d06:00", "10h", 0.6, tests=("spike", "rate_of_change")),
    "noisy": Case("TSS", "1d06:00", "10h", 10, unseen=True),
    "current_loss": Case("TSS", "1d06:00", "3h", 0, tests=("gross_range",)),
    "over_range": Case("TSS", "1d06:00", "3h", tests=("clipping",)),
    "drift": Case("COD", "0d06:00", "42h", 0.06, unseen=True),
    "gap": Case("NH4", "1d06:00", "5h", counts="missing", alert=("silence", None)),
    "stagnant": Case("TSS", "1d00:00", "20h", unseen=True),
    "flagged": Case("NH4", "1d06:00", "6h", status="02", counts="faulty",
                    alert=("instrument", "fault")),
    "unflagged": Case("TSS", "1d06:00", "6h", 0, tests=("spike", "rate_of_change")),
    "maintenance": Case("pH", "1d06:00", "1h", status="01", counts="calibrating"),
    "maintenance_unflagged": Case("NH4", "1d06:00", "1h", unseen=True),
    "unit": Case("COD", "1d06:00", "6h", tests=("gross_range",)),
    "swapped": Case("Temp", "1d06:00", "6h", tests=("spike", "rate_of_change", "gross_range")),
}  # fmt: skip
TRANSPORT = {
    "dropout": Case(None, "1d06:00", "4h", more={"share": 0.5}, counts="missing"),
    "outage": Case(None, "1d06:00", "4h", counts="missing", alert=("silence", None)),
    "duplicates": Case(None, "1d06:00", "4h", more={"share": 0.5, "delay": "1h"}),
    "conflicts": Case("COD", "1d06:00", "2h", more={"factor": 8.0}, reason="contested",
                      alert=("integrity", None)),
    "reordering": Case(None, "1d06:00", "4h", more={"share": 0.5, "delay": "40m"}),
    "clock_offset": Case(None, "1d06:00", "8h", more={"by": "7h"}, rejected="time_in_future"),
    "clock_drift": Case(None, "0d06:00", "40h", more={"by": "-30m"},
                        alert=("instrument", "clock")),
    "clock_jump": Case(None, "1d06:00", "8h", more={"by": "-20m"}, alert=("instrument", "clock")),
    "wrong_decimal": Case(None, "1d06:00", "2h", rejected="value_not_number"),
    "truncated": Case(None, "1d06:00", "2h", more={"share": 0.5}, rejected="not_json"),
    "unknown_status": Case("COD", "1d06:00", "2h", counts="unknown"),
    "repeated_name": Case(None, "1d06:00", "2h", more={"share": 0.5}),
}  # fmt: skip
CASES = {**FAULTS, **TRANSPORT}
CALM = "CALM"
IDS = {kind: f"K{number:02d}" for number, kind in enumerate(CASES)}


def scenario() -> dict[str, Any]:
    """A station a kind, and one where nothing happens."""

    def happening(kind: str, case: Case) -> dict[str, Any]:
        where = IDS[kind] if case.channel is None else f"{IDS[kind]}.{case.channel}"
        said = {"at": case.start, "for": case.lasts, "where": where, "kind": kind, **case.more}
        return said if case.size is None else {**said, "size": case.size}

    return {
        "version": 1, "title": WORDS, "shows": WORDS, "seed": 815,
        "clock": {"start": "2026-04-06", "days": 2}, "defaults": {"limits": LIMITS},
        "stations": [{"id": one} for one in (*IDS.values(), CALM)],
        "faults": [happening(kind, case) for kind, case in FAULTS.items()],
        "transport": [happening(kind, case) for kind, case in TRANSPORT.items()],
    }  # fmt: skip


class Asked:
    """The API of a monitor that has seen all of it."""

    def __init__(self, client: TestClient, one: Staged) -> None:
        self.client = client
        self.truth = {row.kind: row for row in one.truth().intervals}

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        answer = self.client.get(f"/api/v1/{path}", params={"limit": "1000", **query})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def readings(self, station: str, channel: str, start: int, end: int) -> list[dict[str, Any]]:
        """As their hours explain them."""
        found = []
        for hour in range(start - start % HOUR_SECONDS, end, HOUR_SECONDS):
            name = f"{station}:{channel}:hour:{rfc3339(hour)}"
            answer = self.client.get(f"/api/v1/findings/{name}/why")
            assert answer.status_code == 200, answer.text
            found += answer.json()["readings"]
        return found

    def hours(self, station: str, channel: str | None, start: int, end: int) -> list[Any]:
        query = {} if channel is None else {"parameter": channel}
        return self.items("findings", station=station, period="hour", **query, **{
            "from": rfc3339(start - start % HOUR_SECONDS), "to": rfc3339(end),
        })  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    one = staged_of("each kind", scenario())
    folder: Path = tmp_path_factory.mktemp("kinds")
    messages = one.messages()
    with passed_through(folder, one.register, messages, one.start, one.end) as (place, pipeline):
        known = KnownCallers(place.engine, place.clock)
        client = TestClient(create_app(parts_of(place, pipeline, known)), headers=HEADERS)
        yield Asked(client, one)


def test_every_kind_has_its_case() -> None:
    assert set(FAULTS) == set(SENSORS.faults)
    assert set(TRANSPORT) == set(DISTURBANCES)


def _names(case: Case) -> bool:
    return bool(case.tests or case.reason or case.status)


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if _names(case)])
def test_its_readings_say_what_they_are(kind: str, asked: Asked) -> None:
    case, row = CASES[kind], asked.truth[kind]
    assert case.channel is not None
    found = asked.readings(row.station, case.channel, row.start, row.end)
    if case.tests:
        assert {name for one in found for name in one["tests"]} & set(case.tests)
    if case.status is not None:
        assert case.status in {one["status"] for one in found}
        assert not any(one["counted"] for one in found if one["status"] == case.status)
    if case.reason is not None:
        assert case.reason in {one["reason"] for one in found}


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.counts])
def test_its_hours_count_it(kind: str, asked: Asked) -> None:
    case, row = CASES[kind], asked.truth[kind]
    hours = [one["counts"] for one in asked.hours(row.station, case.channel, row.start, row.end)]
    if case.counts == "missing":
        assert any(one["received"] < one["expected"] for one in hours)
    else:
        assert any(one[str(case.counts)] > 0 for one in hours)


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.alert])
def test_it_raises_its_alert(kind: str, asked: Asked) -> None:
    case, row = CASES[kind], asked.truth[kind]
    alerts = asked.items("alerts", station=row.station)
    during = [one for one in alerts if one["started_at"] < rfc3339(row.end + 1)]
    assert case.alert in {(one["kind"], one["subject"]) for one in during}


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.rejected])
def test_it_is_rejected_with_its_reason(kind: str, asked: Asked) -> None:
    case, row = CASES[kind], asked.truth[kind]
    assert case.rejected in {one["reason"] for one in asked.items("rejected", station=row.station)}


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.unseen])
def test_what_no_check_tells_from_water_is_not_discarded(kind: str, asked: Asked) -> None:
    case, row = CASES[kind], asked.truth[kind]
    hours = asked.hours(row.station, case.channel, row.start, row.end)
    assert hours
    assert not any(one["counts"]["failed"] for one in hours)


@pytest.mark.parametrize("kind", ["duplicates", "reordering", "repeated_name"])
def test_what_comes_twice_or_in_another_order_changes_nothing(kind: str, asked: Asked) -> None:
    row = asked.truth[kind]
    hours = asked.hours(row.station, None, row.start, row.end)
    assert hours
    assert all(one["counts"]["received"] == one["counts"]["expected"] for one in hours)
    assert not any(one["counts"]["conflicting"] for one in hours)
    assert asked.items("rejected", station=row.station) == []


def test_where_nothing_happens_nothing_is_said(asked: Asked) -> None:
    quiet = [
        one for one in asked.items("alerts", station=CALM)
        if one["started_at"] < f"{DAY_TWO}T22:00"  # then the simulation ends
    ]  # fmt: skip
    assert quiet == []
    assert asked.items("rejected", station=CALM) == []
    assert not any(one["counts"]["failed"] for one in asked.hours(CALM, None, 0, 2**31))
