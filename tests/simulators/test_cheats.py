"""Interference: what each way leaves behind, with the water and with the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from rules.model import Refused, Status
from simulators.draws import Floats
from simulators.sensors.cheats import SIGNAL, WATER
from simulators.sensors.measuring import Shown, observe
from simulators.sensors.spec import SIGNAL_SIDE, WATER_SIDE, CheatSpec
from simulators.treatment.running import STEPS
from tests.simulators.sensing import SEVEN, at, calm, cheat, days, stations, water

INSIDE = slice(at(9), at(15))
COURSE = (60 + 25 * np.sin(np.arange(STEPS) / 22)).astype(np.float32)


def seen(*cheats: CheatSpec, days_before: int = 0, noisy: bool = False) -> Shown:
    """The last of some days at one station with seven instruments; COD and TSS move."""
    sensors = [calm(name, **({"noise": (0.02, 0.001)} if noisy else {})) for name in SEVEN]
    waters = [
        water(day, COD=COURSE, TSS=COURSE / 4, NH4=COURSE / 12) for day in range(days_before + 1)
    ]
    return days(stations(1, sensors), waters, (), cheats)[-1]


def pair(spec: CheatSpec, parameter: str, days_before: int = 0) -> tuple[Floats, Floats]:
    """One quantity within the cheat (9 to 15 o'clock): as it would be, and as it is shown."""
    return (
        seen(days_before=days_before).of(parameter)[0, INSIDE],
        seen(spec, days_before=days_before).of(parameter)[0, INSIDE],
    )


def test_every_way_has_its_hook() -> None:
    assert (*WATER, *SIGNAL) == (*WATER_SIDE, *SIGNAL_SIDE)


def test_dilution_lowers_everything_at_once_and_the_temperature_follows() -> None:
    spec = cheat("dilution", 9, 6)
    for name in ("COD", "TSS", "NH4"):
        honest, shown = pair(spec, name)
        assert np.median(shown[12:] / honest[12:]) == pytest.approx(0.52, abs=0.05)
    honest, shown = pair(spec, "Temp")
    assert (shown[3:] < honest[3:] - 0.5).all()
    honest, shown = pair(spec, "FlowOut")
    assert np.array_equal(honest, shown)


@pytest.mark.parametrize("kind, cod", [("beaker_tap", 3.0), ("beaker_standard", 50.0)])
def test_a_beaker_shows_other_water_in_a_room(kind: str, cod: float) -> None:
    spec = cheat(kind, 9, 6)
    _, shown = pair(spec, "COD")
    assert (shown[12:] == cod).all()
    _, shown = pair(spec, "Temp")
    assert 23 < shown[6:].min() < shown.max() < 29


def test_a_beaker_of_own_effluent_stands_still_at_its_level() -> None:
    spec = cheat("beaker_effluent", 9, 6)
    honest, shown = pair(spec, "COD")
    assert np.ptp(shown[12:]) == 0
    assert np.ptp(honest) > 20
    assert abs(shown[20] - honest[0]) < 8
    _, warm = pair(spec, "Temp")
    assert warm[12] < 29


def test_a_beaker_stays_as_it_was_over_midnight() -> None:
    sensors = [calm("TSS")]
    courses = [water(day, TSS=COURSE / 4) for day in range(2)]
    shown = days(stations(1, sensors), courses, (), [cheat("beaker_effluent", 20, 20)])
    level = shown[0].of("TSS")[0, -1]
    assert (shown[1].of("TSS")[0, : at(16) - 1] == level).all()
    assert shown[1].of("TSS")[0, -1] != level


def test_instruments_still_work_on_the_water_in_the_beaker() -> None:
    calm_one = seen(cheat("beaker_tap", 9, 6)).of("TSS")[0, INSIDE]
    noisy = seen(cheat("beaker_tap", 9, 6), noisy=True).of("TSS")[0, INSIDE]
    assert len(set(calm_one[6:])) == 1
    assert len(set(noisy[6:])) > 3


def test_a_cap_bunches_below_the_limit() -> None:
    honest, shown = pair(cheat("cap", 9, 6, "COD", limit=50), "COD")
    over = honest > 47.5
    assert over.sum() > 10
    assert (shown[over] == 47.5).all()
    assert np.array_equal(shown[~over], honest[~over])


def test_a_jittered_cap_scatters_below_it() -> None:
    honest, shown = pair(cheat("jittered_cap", 9, 6, "COD", limit=50), "COD")
    over = honest > 47.5
    assert shown.max() <= 47.5
    assert len(set(shown[over])) > 5
    assert shown[over].min() > 0.85 * 50
    assert np.array_equal(shown[~over], honest[~over])


def test_a_coefficient_shrinks_what_it_is_for() -> None:
    spec = cheat("coefficient", 9, 6, "COD", size=0.7)
    honest, shown = pair(spec, "COD")
    assert np.allclose(shown, 0.7 * honest, atol=0.26)
    honest, shown = pair(spec, "TSS")
    assert np.array_equal(honest, shown)


def test_a_replay_shows_the_day_before_again_and_again() -> None:
    sensors = [calm("TSS", noise=(0.02, 0.001)), calm("FlowOut", noise=(0.02, 0.001))]
    shown = days(stations(1, sensors), [water(day) for day in range(4)], (),
                 [cheat("replay", 36, 48)])  # fmt: skip
    series = np.concatenate([one.of("TSS")[0] for one in shown])
    source = series[at(12) : at(36)]
    assert np.array_equal(series[at(36) : at(60)], source)
    assert np.array_equal(series[at(60) : at(84)], source)
    assert len(set(source)) > 10
    assert not np.array_equal(series[at(84) : at(96)], source[: 12 * 12])
    flow = np.concatenate([one.of("FlowOut")[0] for one in shown])
    assert not np.array_equal(flow[at(36) : at(60)], flow[at(12) : at(36)])


def test_a_jittered_replay_goes_up_and_down_as_the_day_before() -> None:
    sensors = [calm("TSS", noise=(0.1, 0.001))]
    shown = days(stations(1, sensors), [water(day) for day in range(2)], (),
                 [cheat("jittered_replay", 24, 24)])  # fmt: skip
    first, second = (one.of("TSS")[0] for one in shown)
    assert (first[:-1] != second[:-1]).mean() > 0.3
    assert np.corrcoef(np.diff(first[:-1]), np.diff(second[1:]))[0, 1] > 0.9 or (
        np.corrcoef(np.diff(first), np.diff(second))[0, 1] > 0.9
    )


def test_a_replay_before_anything_was_measured_is_refused() -> None:
    with pytest.raises(Refused, match="start it later"):
        observe(stations(), water(), None, (), [cheat("replay", 12, 6)])


def test_filler_wobbles_round_a_level_of_its_own() -> None:
    _, shown = pair(cheat("filler", 9, 6, "COD", size=0.6, limit=75), "COD")
    assert shown.mean() == pytest.approx(45, abs=0.3)
    assert 0.2 < shown.std() < 0.8


def test_a_convenient_calibration_covers_exactly_what_is_too_high() -> None:
    spec = cheat("convenient_calibration", 9, 6, "COD", limit=50)
    shown = seen(spec)
    high = COURSE[INSIDE] > 50
    codes = shown.status_of("COD")[0, INSIDE]
    assert 10 < high.sum() < 72
    assert ((codes == Status.CALIBRATING) == high).all()
    assert (shown.of("COD")[0, INSIDE][high] == 100).all()
    assert (shown.status_of("TSS") == Status.MEASURING).all()


def test_a_convenient_gap_is_silent_about_exactly_what_is_too_high() -> None:
    shown = seen(cheat("convenient_gap", 9, 6, "COD", limit=50)).of("COD")[0]
    assert (np.isnan(shown[INSIDE]) == (COURSE[INSIDE] > 50)).all()
    assert not np.isnan(shown[: at(9)]).any()


@pytest.mark.parametrize("kind", [*WATER_SIDE, "coefficient", "cap", "filler", "convenient_gap"])
def test_before_it_begins_and_long_after_nothing_is_changed(kind: str) -> None:
    names = () if kind in WATER_SIDE else ("COD",)
    limit = None if kind in (*WATER_SIDE, "coefficient") else 50.0
    spec = cheat(kind, 9, 6, *names, limit=limit)
    honest, shown = seen().values[:, 0], seen(spec).values[:, 0]
    assert np.array_equal(honest[:, : at(9)], shown[:, : at(9)])
    assert np.array_equal(honest[:, at(17) :], shown[:, at(17) :])
    assert not np.array_equal(honest[:, INSIDE], shown[:, INSIDE])


@pytest.mark.parametrize(
    "spec, said",
    [
        (cheat("cap", 1, 2, "COD"), "a limit is required"),
        (cheat("cap", 1, 2, limit=50.0), "exactly one"),
        (cheat("dilutoin", 1, 2), "did you mean 'dilution'"),
        (cheat("dilution", 1, 2, station="S7"), "no station 'S7'"),
        (cheat("dilution", 1, 0), "after the start"),
    ],
)
def test_a_cheat_that_cannot_be_is_refused(spec: CheatSpec, said: str) -> None:
    with pytest.raises(Refused, match=said):
        observe(stations(), water(), None, (), [spec])
