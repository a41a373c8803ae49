from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from rules.model import Averaging, Refused
from rules.permit import limit_for
from rules.register import Register, Station
from simulators.register import demo_register
from tests.simulators.stage import example, loaded, regulations

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def register() -> Register:
    return loaded(example())


def test_the_example_holds_the_variety_it_promises(register: Register) -> None:
    assert len(register.plants) >= 14
    permits = register.permits.values()
    named = Counter(
        (p.by_regulation.regulation, p.by_regulation.column) for p in permits if p.by_regulation
    )
    assert {"A", "B"} <= {column for name, column in named if name == "QCVN 40:2011/BTNMT"}
    assert sum(n for (name, _), n in named.items() if name == "QCVN 14:2008/BTNMT") == 1
    assert sum(1 for p in permits if p.by_regulation is None) > len(named)
    assert sum(1 for p in permits if p.no_discharge) == 1
    assert all(200 <= plant.capacity <= 2000 for plant in register.plants.values())


def test_everything_in_the_example_is_invented_and_says_so(register: Register) -> None:
    assert all(station.simulated for station in register.stations.values())
    assert all(cluster.name.startswith("CCN Mẫu ") for cluster in register.clusters.values())
    assert all(cluster.province == "hanoi" for cluster in register.clusters.values())
    assert all("(mẫu)" in permit.document for permit in register.permits.values())


def _limits(register: Register, station: Station) -> dict[str, Decimal | None]:
    permit = register.permit(station.plant, TODAY)
    assert permit is not None
    found = {}
    for key, entry in station.series.items():
        limit = limit_for(permit, entry.parameter, regulations())
        found[key] = limit.high if limit else None
    return found


def test_one_limit_is_missing_and_only_one(register: Register) -> None:
    missing = [
        (station.id, key)
        for station in register.stations.values()
        for key, high in _limits(register, station).items()
        if high is None and not key.startswith("Flow")
    ]
    assert missing == [("MAU12", "COD")]


def test_instruments_reach_three_times_the_limit(register: Register) -> None:
    for station in register.stations.values():
        assert len(station.series) == 8
        for key, high in _limits(register, station).items():
            entry = station.series[key]
            if high is not None and key != "Temp" and entry.parameter.averaging is Averaging.MEAN:
                assert entry.high == 3 * high, (station.id, key)


def test_text_files_find_their_station(register: Register) -> None:
    for station in register.stations.values():
        assert station.tt10_prefix == f"HN_{station.id}_NUO001"
        assert station.tt10_symbols["Flow"] == "FlowOut"


def test_the_demonstration_dates_the_register_from_today() -> None:
    raw = example()
    before = example()
    register = loaded(demo_register(raw, TODAY))
    assert raw == before
    for station in register.stations.values():
        assert station.since == date(2026, 10, 18)
        for entry in station.series.values():
            assert entry.interval(date(2026, 10, 18)) == 300
            assert entry.interval(date(2026, 11, 21)) == 300
            assert entry.interval(TODAY) == 60
            assert entry.interval(date(2026, 12, 1)) == 60


@pytest.mark.parametrize("today", [date(2025, 6, 1), date(2026, 1, 20), TODAY])
def test_a_permit_binds_through_the_whole_history(today: date) -> None:
    register = loaded(demo_register(example(), today))
    for station in register.stations.values():
        assert register.permit(station.plant, station.since) is not None


def test_a_register_that_is_wrong_is_left_for_the_loader_to_refuse() -> None:
    raw = demo_register({"schema": 1, "stations": {"S": 3}, "permits": [1]}, TODAY)
    with pytest.raises(Refused):
        loaded(raw)
