"""What events do to a fleet of plants, against the published responses of one plant.

Published (a plant of 2,000 m3/d, daily means): see simulators/treatment/calibrating.py. A rise
must lie within a factor of two of the published one, and recovery take as many days.
"""

from __future__ import annotations

import pytest

from simulators.draws import Doubles
from simulators.treatment.calibrating import (
    Response,
    Trial,
    distances,
    respond,
    statistics,
    trial,
)
from simulators.treatment.tables import read_tables


@pytest.fixture(scope="module")
def ready() -> Trial:
    return trial(read_tables(), plants=40)


def risen(found: Response, quantity: str) -> Doubles:
    """How far the daily means stand over the undisturbed ones; the event begins on day 1."""
    return found.struck[quantity] - found.quiet[quantity]


def around(rise: float, published: float) -> bool:
    return published / 2 <= rise <= published * 2


def peaks(found: Response, quantity: str) -> float:
    return found.peak[quantity] - float(found.quiet[quantity].mean())


def test_effluents_are_as_far_from_the_published_ones_as_the_guide_says() -> None:
    tables = read_tables()
    away = {one.what: one.away for one in distances(tables, statistics(tables, plants=100))}
    assert max(abs(away[f"mean {name}"]) for name in ("COD", "TSS", "NH4")) < 1.0
    assert max(abs(away[f"ln sd of daily {name}"]) for name in ("COD", "TSS", "BOD5")) < 0.12
    assert max(abs(away[f"corr {pair}"]) for pair in ("COD,TSS", "BOD5,TSS")) < 0.12
    assert abs(away["lag-1-day ACF TSS"]) < 0.12
    assert 0.2 < away["lag-1-day ACF COD"] < 0.42  # the one that is known to be apart


def test_without_air_for_10_hours(ready: Trial) -> None:
    found = respond(ready, "aeration_failure", 10)
    ammonia, cod = risen(found, "NH4"), risen(found, "COD")
    assert around(ammonia[1], 3.0 - 0.8)
    assert around(peaks(found, "NH4"), 7.0 - 0.8)
    assert around(cod[1], 65 - 53)
    assert around(peaks(found, "COD"), 112 - 53)
    assert ammonia[0] == 0
    assert max(ammonia[4:]) < 0.2  # recovered in one to two days


def test_a_toxic_shock_of_6_hours_stops_the_nitrifiers_for_days(ready: Trial) -> None:
    found = respond(ready, "toxic_shock", 6)
    ammonia = risen(found, "NH4")
    assert around(max(ammonia), 7.9 - 0.8)
    assert around(peaks(found, "NH4"), 12.9 - 0.8)
    assert ammonia[3] > 1.0  # two days later
    assert ammonia[6] < 0.5  # recovered in four to five


def test_equalisation_hides_a_dump_of_cod(ready: Trial) -> None:
    found = respond(ready, "cod_dump", 4)
    cod = risen(found, "COD")
    assert around(max(cod), 59 - 53)
    assert around(peaks(found, "COD"), 73 - 53)
    assert cod[5] < 1.5


def test_rain_dilutes_and_adds_flow(ready: Trial) -> None:
    found = respond(ready, "rain", 8)
    assert around(-min(risen(found, "COD")), 5)
    assert around(risen(found, "FlowIn")[1] / found.quiet["FlowIn"][1], 8 / 24)
    assert risen(found, "FlowOut")[1] > 0
    assert abs(risen(found, "COD")[4]) < 1.5
    assert max(abs(risen(found, "TSS"))) < 5


def test_bulking_sludge_lasts_as_long_as_its_cause(ready: Trial) -> None:
    found = respond(ready, "bulking", 96)
    solids = risen(found, "TSS")
    assert around(solids[2], 25 - 9)
    assert min(solids[1:5]) > 8
    assert around(peaks(found, "TSS"), 49 - 9)
    assert around(max(risen(found, "COD")), 72 - 53)
    assert solids[6] < 1.0


def test_an_acid_dump_shows_in_ph_for_two_days(ready: Trial) -> None:
    found = respond(ready, "acid_dump", 3)
    fallen = -risen(found, "pH")
    assert around(fallen[1], 7.1 - 6.8)
    assert around(fallen[2], 7.1 - 6.8)
    assert fallen[4] < 0.1
    assert found.peak["pH"] < 6.8


def test_a_shock_load_brings_nitrogen_and_solids_too(ready: Trial) -> None:
    dumped, loaded = respond(ready, "cod_dump", 4), respond(ready, "shock_load", 4)
    assert max(risen(loaded, "NH4")) > max(risen(dumped, "NH4")) + 0.3
    assert max(risen(loaded, "TN")) > 1


def test_a_weaker_event_does_less(ready: Trial) -> None:
    weak, strong = respond(ready, "bulking", 96, 1.3), respond(ready, "bulking", 96)
    assert 0 < max(risen(weak, "TSS")) < max(risen(strong, "TSS")) / 2
