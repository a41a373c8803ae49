"""The register that a scenario's monitor needs: invented clusters, plants, stations, permits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from simulators.scenario.encoding import prefix_of
from simulators.scenario.spec import Place, Scenario
from simulators.sensors.spec import SensorSpec

DAY_ZERO = date(1970, 1, 1)
COMPLETENESS = 0.8


def day_of(day: int) -> date:
    """A local day counted from 1970-01-01 as a date."""
    return DAY_ZERO + timedelta(days=day)


def register_of(scenario: Scenario) -> dict[str, Any]:
    """The parsed register, as `load_register` takes it."""
    since = day_of(scenario.first).isoformat()
    clusters = {
        place.cluster: {
            "name": f"CCN Mẫu {_number_of(place)}",
            "province": "hanoi",
            "ward": "Xã Mẫu",
            "investor": f"Công ty Mẫu {_number_of(place)}",
        }
        for place in scenario.places
    }
    return {
        "schema": 1,
        "clusters": clusters,
        "plants": {_plant(place): _plant_entry(place) for place in scenario.places},
        "stations": {place.id: _station(place, scenario, since) for place in scenario.places},
        "permits": {
            f"gpmt-{_plant(place)}": _permit(place, since)
            for place in scenario.places
            if place.limits
        },
    }


def _plant(place: Place) -> str:
    return f"plant-{place.id.lower()}"


def _plant_entry(place: Place) -> dict[str, Any]:
    return {
        "cluster": place.cluster,
        "name": f"Nhà máy xử lý nước thải mẫu {place.id}",
        "capacity": _number(place.plant.design),
    }


def _station(place: Place, scenario: Scenario, since: str) -> dict[str, Any]:
    intervals = [
        {"from": day_of(day).isoformat(), "seconds": seconds} for day, seconds in scenario.steps
    ]
    return {
        "plant": _plant(place),
        "name": place.name,
        "from": since,
        "simulated": True,
        "interval": intervals[0]["seconds"] if len(intervals) == 1 else intervals,
        "tt10": {"prefix": prefix_of(place.id)},
        "series": {sensor.parameter: _series(sensor) for sensor in place.sensors.sensors},
    }


def _series(sensor: SensorSpec) -> dict[str, Any]:
    return {
        "low": _number(sensor.low),
        "high": _number(sensor.high),
        "resolution": _number(sensor.resolution),
    }


def _permit(place: Place, since: str) -> dict[str, Any]:
    limits: dict[str, dict[str, Any]] = {}
    for name, (low, high) in place.limits.items():
        ends = {"min": low, "max": high}
        limits[name] = {key: _number(end) for key, end in ends.items() if end is not None}
        limits[name]["page"] = "1"
    return {
        "plant": _plant(place),
        "document": "Giấy phép mô phỏng",
        "number": f"{place.id}/MAU",
        "date": since,
        "page": "1",
        "from": since,
        "basis": "day",
        "completeness": COMPLETENESS,
        "limits": limits,
    }


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 6)


def _number_of(place: Place) -> str:
    """What an invented cluster is called by: `01` for the clusters ccn-mau01 and ccn-mau-01."""
    bare = place.cluster.removeprefix("ccn-").upper()
    return bare.removeprefix("MAU").removeprefix("-") or bare
