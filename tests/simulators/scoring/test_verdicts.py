from __future__ import annotations

import numpy as np
import pytest

from rules.model import Outcome, Status
from simulators.scoring.verdicts import agreement, bias, discarded, misses, said, unchecked
from tests.simulators.scoring.stage import (
    INTERVAL,
    START,
    TABLE,
    at,
    daily,
    interval,
    readings,
    truth,
    verdict,
)

OVER, UNDER, NEAR = Outcome.EXCEEDED, Outcome.COMPLIANT, Outcome.NEAR
UNKNOWN = Outcome.NOT_ASSESSABLE


def test_a_station_day_agrees_when_all_that_was_assessed_of_it_does() -> None:
    of = truth(
        daily(0, 120, True), daily(0, 30, False, channel="TSS"),
        daily(1, 98, False), daily(1, 30, False, channel="TSS"), daily(2, 120, True),
        days=3,
    )  # fmt: skip
    found = agreement(of, said([
        verdict(0, OVER, 121), verdict(0, NEAR, 30, "TSS"),
        verdict(1, OVER, 101), verdict(1, UNDER, 30, "TSS"), verdict(2, UNKNOWN, None),
    ]))  # fmt: skip
    assert (found.station_days, found.station_days_agree) == (2, 1)
    assert (found.both, found.missed, found.false, found.neither) == (1, 0, 1, 2)
    assert found.share == 0.5


def test_what_no_limit_binds_is_not_compared() -> None:
    of = truth(daily(0, 120, False, limit=(None, None)))
    assert agreement(of, said([verdict(0, UNDER, 120)])).station_days == 0


def test_every_verdict_that_is_wrong_is_named() -> None:
    of = truth(daily(0, 120, True), daily(1, 80, False))
    (found,) = misses(of, [verdict(0, UNDER, 99.0), verdict(1, UNDER, 80.0)], TABLE)
    assert (found.station, found.day, found.mean, found.true_mean) == ("S0", START, 99.0, 120)


def test_without_the_checks_what_fails_counts_too() -> None:
    own = readings(level=90)
    own.value[:40] = 300.0
    own.counted[:40] = False
    of = truth(daily(0, 90, False), daily(1, 90, False))
    assert unchecked(of, {("S0", "COD"): own}, INTERVAL) == {
        ("S0", "COD", START): True,
        ("S0", "COD", START + 86400): False,
    }


def test_without_the_checks_a_mean_still_needs_its_readings() -> None:
    own = readings()
    own.status[:60] = Status.CALIBRATING  # 228 of 288 are left
    of = truth(daily(0, 90, False))
    assert unchecked(of, {("S0", "COD"): own}, INTERVAL) == {}


@pytest.mark.parametrize(("level", "exceeds"), [(7.0, False), (9.5, True), (5.0, True)])
def test_without_the_checks_a_ph_is_judged_by_its_hours(level: float, exceeds: bool) -> None:
    own = readings(level=7.0)
    own.value[12:24] = level
    of = truth(daily(0, 7.1, False, limit=(6, 9), channel="pH"))
    assert unchecked(of, {("S0", "pH"): own}, INTERVAL) == {("S0", "pH", START): exceeds}


def test_bias_is_a_share_of_the_truth_and_of_ph_its_unit() -> None:
    of = truth(
        daily(0, 100, False, (None, 150)), daily(1, 100, False, (None, 150)),
        daily(0, 7.0, False, (6, 9), channel="pH"), daily(1, 7.0, False, (6, 9), channel="pH"),
    )  # fmt: skip
    found = bias(of, [
        verdict(0, UNDER, 104), verdict(1, UNDER, 98), verdict(0, UNDER, 7.2, "pH"),
        verdict(1, UNKNOWN, 9.0, "pH"),
    ])  # fmt: skip
    assert found["COD"].mean == pytest.approx(0.01)
    assert found["COD"].p95 == pytest.approx(0.039)
    assert found["pH"].days == 1
    assert found["pH"].mean == pytest.approx(0.2)


def test_only_readings_that_no_trouble_touched_are_good() -> None:
    own = readings(gone={3: "spike", 10: "spike", 13.5: "spike", 40: "spike"})
    own.status[own.at == at(40)] = Status.FAULT
    of = truth(interval("stuck", 10, 3), interval("shift", 3, 1, "TSS"))
    found = discarded(of, {("S0", "COD"): own}, TABLE)["COD"]
    assert found.discarded == 1  # at 3; 10 is stuck, 13.5 soon after, 40 no measurement
    assert found.good == len(own.at) - 4 * 12 - 1
    assert found.share == pytest.approx(1 / found.good)


def test_trouble_of_the_water_leaves_readings_good() -> None:
    own = readings(gone={3: "spike"})
    of = truth(interval("toxic_shock", 2, 6, None, layer="process"))
    assert discarded(of, {("S0", "COD"): own}, TABLE)["COD"].discarded == 1
    assert np.all(own.measuring)


def test_a_wrong_verdict_is_put_down_to_what_made_its_readings_untrue() -> None:
    of = truth(
        interval("shift", 3, 8), interval("dropout", 0, 48, None, layer="transport"),
        daily(0, 120, True), daily(1, 103, True), daily(1, 160, True, channel="TSS"),
    )  # fmt: skip
    found = misses(of, [
        verdict(0, UNDER, 70.0), verdict(1, UNDER, 99.0), verdict(1, UNDER, 60.0, "TSS"),
    ], TABLE)  # fmt: skip
    assert [one.cause for one in found] == ["shift", "close", None]


def test_what_is_only_lost_or_late_leaves_readings_good() -> None:
    of = truth(interval("dropout", 0, 48, None, layer="transport"))
    assert discarded(of, {("S0", "COD"): readings(gone={3: "spike"})}, TABLE)["COD"].discarded == 1
