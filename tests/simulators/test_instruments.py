"""Instruments: how they follow, hold, round, scatter, drift, foul and are calibrated."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import yaml

from rules.model import Refused, Status
from simulators.sensors.catalogue import drawn
from simulators.sensors.measuring import install, observe
from simulators.sensors.response import weights
from simulators.sensors.spec import FaultSpec, StationSpec
from simulators.sensors.tables import FILE, load_sensors
from simulators.treatment.running import STEPS, local_day
from tests.meta.source import ROOT
from tests.simulators.sensing import (
    FIRST,
    SEVEN,
    START,
    TABLES,
    at,
    calm,
    cheat,
    days,
    fault,
    stations,
    water,
)


def one_day(parameter: str, level: object, **changed: object) -> np.ndarray:
    """One calm instrument over one day of a level or course."""
    course = {parameter: level}
    shown = days(stations(1, [calm(parameter, **changed)]), [water(**course)])  # type: ignore[arg-type]
    found: np.ndarray = shown[0].of(parameter)[0]
    return found


def stepped(before: float, after: float, hour: float = 12.0) -> np.ndarray:
    course = np.full(STEPS, before, np.float32)
    course[at(hour) :] = after
    return course


def test_a_response_reaches_nine_tenths_at_its_t90() -> None:
    for lags in (1, 2, 8):
        share = np.cumsum(weights(1800.0, lags, 0.0))
        assert abs(float(np.interp(1800, (np.arange(len(share)) + 0.5) * 300, share)) - 0.9) < 0.01
        assert share[-1] == pytest.approx(1.0)


def test_more_lags_start_later_and_rise_faster() -> None:
    one, eight = (np.cumsum(weights(1800.0, lags, 0.0)) for lags in (1, 8))
    assert one[1] > eight[1] + 0.2
    assert one[8] < eight[8]


def test_a_fast_probe_follows_at_once_and_a_sampling_line_delays() -> None:
    quick = one_day("Temp", stepped(20, 30))
    assert quick[at(12) - 1] == 20
    assert quick[at(12) + 1] == 30
    late = one_day("Temp", stepped(20, 30), delay=1800)
    assert late[at(12.4)] == 20
    assert late[at(12.7)] == 30


def test_a_batch_analyser_holds_each_value_for_its_cycle() -> None:
    seen = one_day("NH4", np.linspace(2, 25, STEPS))
    changes = np.flatnonzero(np.diff(seen))
    assert set(np.diff(changes)) == {6}  # every 30 minutes
    assert (np.diff(seen) >= 0).all()


def test_cod_is_as_old_as_its_analysis() -> None:
    seen = one_day("COD", stepped(40, 80))
    first = int(np.flatnonzero(seen == 80)[0])
    assert 3 <= first - at(12) <= 6  # 15 minutes of analysis, and up to a cycle


def test_held_values_go_on_over_midnight() -> None:
    instruments = stations(30, [calm("NH4", noise=(0.1, 0.0))])
    first, second = days(instruments, [water(plants=30), water(1, plants=30)])
    series = np.concatenate([first.of("NH4"), second.of("NH4")], axis=1)
    for row in series:
        runs = np.diff(np.flatnonzero(np.diff(row)))
        assert (runs % 6 == 0).all()
    joined = series[:, STEPS - 1] == series[:, STEPS]
    assert 15 < joined.sum() < 30  # the cycle of most stations is under way at midnight


def test_readings_are_multiples_of_the_resolution_inside_the_range() -> None:
    seen = one_day("COD", np.linspace(0, 900, STEPS))
    assert seen.max() == 450
    assert (seen % 0.5 == 0).all()


def test_noise_has_the_size_the_table_says() -> None:
    sensor = calm("TSS", noise=(0.015, 0.003), resolution=0.001)
    seen = days(stations(40, [sensor]), [water(plants=40)])[0].of("TSS")
    assert seen.std() == pytest.approx(0.015 * 20 + 0.003 * 300, rel=0.03)
    assert seen.mean() == pytest.approx(20, abs=0.05)
    assert abs(np.corrcoef(seen[0], seen[1])[0, 1]) < 0.25


def test_drift_grows_between_calibrations_and_is_gone_after() -> None:
    sensor = calm("pH", drift=(0.02, 0.0, 0.0), calibration=(5, 30), resolution=0.001)
    shown = days(stations(20, [sensor]), [water(day, plants=20) for day in range(12)])
    error = np.concatenate([one.of("pH") for one in shown], axis=1) - 7.0
    codes = np.concatenate([one.status_of("pH") for one in shown], axis=1)
    for row, code in zip(error, codes, strict=True):
        calibrated = np.flatnonzero(code == Status.CALIBRATING)
        assert len(calibrated) in (12, 18)  # 30 minutes every fifth day
        first, last = calibrated[0], calibrated[5]
        assert row[first - 1] == pytest.approx(0.02 * 5, abs=0.005)
        assert row[last + 1] == pytest.approx(0.0, abs=0.002)
        assert row[last + 1 + 2 * STEPS] == pytest.approx(0.04, abs=0.005)
        assert (row[calibrated] == 0).all()  # the standard


def test_drift_keeps_its_rate_until_the_calibration_and_takes_another_after() -> None:
    sensor = calm("pH", drift=(0.02, 0.8, 0.5), calibration=(5, 30), resolution=0.0001)
    shown = days(stations(12, [sensor]), [water(day, plants=12) for day in range(7)])
    error = np.concatenate([one.of("pH") for one in shown], axis=1) - 7.0
    codes = np.concatenate([one.status_of("pH") for one in shown], axis=1)
    changed = 0
    for row, code in zip(error, codes, strict=True):
        first = int(np.flatnonzero(code == Status.CALIBRATING)[0])
        before = np.diff(row[:first:12])
        assert np.allclose(before, before[0], atol=3e-4)
        changed += abs(row[first + 18] - row[first + 6] - before[0]) > 2e-4
    assert changed > 6


def test_most_ph_probes_drift_down() -> None:
    sensor = replace(TABLES.sensor("pH"), noise=(0.0, 0.0), resolution=0.001)
    shown = days(stations(400, [sensor]), [water(plants=400)])[0]
    error = shown.of("pH")[:, -1] - 7.0
    assert 0.78 < (error < 0).mean() < 0.9
    age = 21 / 2
    assert np.median(np.abs(error)) == pytest.approx(0.0096 * age, rel=0.4)


def test_fouling_takes_away_and_saturates() -> None:
    sensor = calm("TSS", fouling=(0.2, 2), calibration=(30, 30), resolution=0.001)
    shown = days(stations(1, [sensor]), [water(day) for day in range(31)])
    series = np.concatenate([one.of("TSS")[0] for one in shown])
    assert 20 * 0.8 < series.min() < 20 * 0.85
    assert series.max() > 19.5


def test_calibration_happens_by_day_with_status_and_standard() -> None:
    shown = days(stations(1), [water(day) for day in range(8)])
    codes = np.array([one.status_of("COD")[0] for one in shown])
    day, steps = np.nonzero(codes == Status.CALIBRATING)
    assert len(day) >= 8
    assert 8 <= (steps.min() + 1) / 12 <= (steps.max() + 1) / 12 <= 15
    values = np.array([one.of("COD")[0] for one in shown])
    assert (values[day, steps] == 100).all()


def test_another_station_fault_or_cheat_changes_no_other_station() -> None:
    drawn_water = [water(day, plants=1) for day in range(2)]
    alone = [StationSpec(f"S{n}", "P", stations().stations[0].sensors) for n in range(5)]
    others = [StationSpec(f"X{n}", "P", (TABLES.sensor("TN"), TABLES.sensor("pH", 10.0)))
              for n in range(3)]  # fmt: skip
    small = install(alone, ["P"], TABLES, 1)
    large = install([*others[:2], *alone[:3], others[2], *alone[3:]], ["P"], TABLES, 1)
    stuck = fault("noisy", "pH", 3, 30, station="S2")
    more = [stuck, fault("gap", "TSS", 3, 30, station="S1"),
            fault("spike_cluster", "TN", 3, 30, station="X1")]  # fmt: skip
    one = days(small, drawn_water, [stuck])
    two = days(large, drawn_water, more, [cheat("dilution", 4, 6, station="X0")])
    for name in SEVEN:
        for row in range(5):
            if (name, row) == ("TSS", 1):
                continue
            rows = large.rows[f"S{row}"]
            for before, after in zip(one, two, strict=True):
                assert before.of(name)[row].tobytes() == after.of(name)[rows].tobytes()
                assert (before.status_of(name)[row] == after.status_of(name)[rows]).all()


def test_blocks_of_stations_do_not_show() -> None:
    few, many = stations(3), stations(1100)
    small = days(few, [water(plants=3)])[0]
    large = days(many, [water(plants=1100)])[0]
    assert small.values.tobytes() == np.ascontiguousarray(large.values[:, :3]).tobytes()
    assert not np.array_equal(large.of("TSS")[511], large.of("TSS")[512])


_DIGEST = """
from hashlib import sha256
from simulators.sensors.catalogue import drawn
from simulators.sensors.measuring import observe
from tests.simulators.sensing import FIRST, stations, water
instruments, memory, found = stations(300), None, sha256()
for day in range(2):
    faults = drawn(instruments, FIRST + day, times=20)
    shown, memory = observe(instruments, water(day, plants=300), memory, faults)
    found.update(shown.values.tobytes() + shown.status.tobytes())
print(len(faults), found.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_two_processes() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            cwd=ROOT, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert int(said.pop().split()[0]) > 50


def test_the_catalogue_strikes_at_its_rates() -> None:
    instruments = stations(1000)
    struck: dict[str, FaultSpec] = {}
    for day in range(FIRST, FIRST + 60):
        struck |= {one.id: one for one in drawn(instruments, day)}
    begun = [one for one in struck.values() if START <= one.start < START + 60 * 86400]
    years = 1000 * 60 / 365.25
    for kind, line in TABLES.faults.items():
        count = sum(one.kind == kind for one in begun)
        expected = line.rate * years
        assert abs(count - expected) < 5 * expected**0.5 + 1, kind
        for one in struck.values():
            if one.kind == kind:
                assert line.lasts[0] - 1 <= one.end - one.start <= line.lasts[1]
                assert one.size is not None
                assert line.size[0] <= one.size <= line.size[1]
                assert one.parameter in SEVEN
                assert str(local_day(one.start)) == one.id.rpartition("/")[2]


def test_a_long_fault_is_the_same_on_each_of_its_days() -> None:
    instruments = stations(400)
    week = [{one.id: one for one in drawn(instruments, FIRST + day)} for day in range(6)]
    long = [one for one in week[0].values() if one.end - one.start > 2 * 86400
            and one.start > START]  # fmt: skip
    assert long
    for one in long:
        assert week[1][one.id] == week[2][one.id] == one


def test_a_sound_day_is_measured_well() -> None:
    instruments = stations(200)
    shown = days(instruments, [water(plants=200)])[0]
    for name, true in (("COD", 60), ("TSS", 20), ("NH4", 4), ("pH", 7), ("FlowOut", 75)):
        good = np.where(shown.status_of(name) == Status.MEASURING, shown.of(name), np.nan)
        assert np.nanmedian(good) == pytest.approx(true, rel=0.06)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"station": "S9"}, "no station 'S9'; known here: S0"),
        ({"parameter": "CDO"}, "did you mean 'COD'"),
        ({"kind": "stuk"}, "did you mean 'stuck'"),
        ({"end": START}, "after the start"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    wrong = replace(fault("stuck", "COD", 1, 2), **change)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=said):
        observe(stations(), water(), None, [wrong])


def test_stations_that_cannot_be_are_refused() -> None:
    sensor = calm("COD")
    for station, said in (
        (StationSpec("S", "Q", (sensor,)), "no plant 'Q'"),
        (StationSpec("S", "P", (sensor, sensor)), "COD twice"),
        (StationSpec("S", "P", (replace(sensor, parameter="Hg"),)), "nothing is simulated"),
    ):
        with pytest.raises(Refused, match=said):
            install([station], ["P"], TABLES, 1)


def test_an_unknown_instrument_names_what_was_meant() -> None:
    with pytest.raises(KeyError, match="did you mean 'NH4'"):
        TABLES.sensor("NH44")


@pytest.mark.parametrize(
    "path, value, said",
    [
        (("sensors", "COD", "noize"), 1, "did you mean 'noise'"),
        (("sensors", "COD", "drift"), [1], "3 numbers"),
        (("sensors", "COD", "resolution"), 0, "above 0"),
        (("faults", "stuck", "letter"), "Z", "is not one of"),
        (("waters", "tap"), None, "this water is required"),
    ],
)
def test_a_table_with_a_mistake_is_refused(path: tuple[str, ...], value: object, said: str) -> None:
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    place = raw
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with pytest.raises(Refused, match=said):
        load_sensors("sensors.yaml", raw)
