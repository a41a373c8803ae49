"""Every kind of fault in the catalogue leaves its own signature, and only while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from rules.model import Status
from simulators.draws import Floats
from simulators.sensors.faults import CLUSTER_SHARE, EFFECTS
from tests.simulators.sensing import TABLES, at, calm, days, fault, stations, water


class Case(NamedTuple):
    """What a sound instrument and a faulty one showed within the fault, on its first day."""

    sound: Floats
    faulty: Floats
    status: np.ndarray
    sd: float
    span: float

    @property
    def off(self) -> Floats:
        """How far the faulty one is off."""
        found: Floats = self.faulty - self.sound
        return found


def _one_leap(case: Case) -> bool:
    return bool((np.abs(case.off) > 4 * case.sd).all() and len(set(np.sign(case.off))) == 1)


def _some_leap(case: Case) -> bool:
    leaps = np.abs(case.off) > 5 * case.sd
    often = 0.5 * CLUSTER_SHARE < leaps.mean() < 2 * CLUSTER_SHARE
    return bool(often and (case.off[~leaps] == 0).all())


def _still(case: Case) -> bool:
    return len(set(case.faulty)) == 1 and len(set(case.sound)) > 10


def _nearly_still(case: Case) -> bool:
    values = set(np.round(case.faulty, 3))
    return 2 <= len(values) <= 3 and float(np.ptp(case.faulty)) <= 0.21


def _constant_off(case: Case) -> bool:
    return bool(
        np.allclose(case.off, case.off[0], atol=0.11) and abs(case.off[0]) > 0.02 * case.span
    )


def _times(case: Case) -> bool:
    ratio = case.faulty / case.sound
    return bool(np.allclose(ratio, ratio[0], atol=0.02) and abs(ratio[0] - 1) > 0.15)


def _wild(case: Case) -> bool:
    return bool(np.std(case.off) > 3 * case.sd and abs(np.mean(case.off)) < 2 * case.sd)


def _below_its_foot(case: Case) -> bool:
    return bool(np.allclose(case.faulty, -0.025 * case.span, atol=0.06))  # 3.6 mA


def _at_the_top(case: Case) -> bool:
    return bool((case.faulty == 300).all())


def _further_off(case: Case) -> bool:
    size = np.abs(case.off)
    return bool(size[0] < 0.2 and size[-1] > 1 and (np.diff(size) > -0.2).all())


def _nothing(case: Case) -> bool:
    return bool(np.isnan(case.faulty).all())


def _settles(case: Case) -> bool:
    return bool(case.faulty[:3].mean() > 0.9 * case.sound[0] and case.faulty[-3:].mean() < 14)


def _flagged_garbage(case: Case) -> bool:
    return bool((case.status == Status.FAULT).all() and np.std(case.faulty) > 20)


def _garbage(case: Case) -> bool:
    return bool((case.status == Status.MEASURING).all() and np.std(case.faulty) > 20)


def _in_air_with_status(case: Case) -> bool:
    return bool((case.status == Status.CALIBRATING).all() and case.faulty.max() < 3)


def _in_air(case: Case) -> bool:
    return bool((case.status == Status.MEASURING).all() and case.faulty.max() < 3)


def _thousandfold(case: Case) -> bool:
    return bool(np.allclose(case.faulty, 1000 * case.sound))


def _another(case: Case) -> bool:
    return bool(np.allclose(case.faulty, 7.0, atol=0.2))


SIGNATURES: dict[str, tuple[float, Callable[[Case], bool]]] = {
    "spike_large": (0.25, _one_leap),
    "spike_small": (1 / 12, _one_leap),
    "spike_cluster": (4, _some_leap),
    "stuck": (6, _still),
    "stuck_dither": (6, _nearly_still),
    "offset": (6, _constant_off),
    "shift": (6, _times),
    "noisy": (8, _wild),
    "current_loss": (6, _below_its_foot),
    "over_range": (6, _at_the_top),
    "drift": (12, _further_off),
    "gap": (6, _nothing),
    "stagnant": (12, _settles),
    "flagged": (6, _flagged_garbage),
    "unflagged": (6, _garbage),
    "maintenance": (1, _in_air_with_status),
    "maintenance_unflagged": (1, _in_air),
    "unit": (6, _thousandfold),
    "swapped": (6, _another),
}


def compare(kind: str, hours: float, start: float = 6.0) -> tuple[Case, Floats, Floats]:
    """The fault on TSS, and the sound and faulty readings outside it."""
    course = 20 + 4 * np.sin(np.arange(288) / 20)
    instruments = stations(1, [calm("TSS", noise=(0.015, 0.0002)), calm("pH")])
    sound = days(instruments, [water(TSS=course)])[0]
    happened = days(instruments, [water(TSS=course)], [fault(kind, "TSS", start, hours)])[0]
    inside = np.zeros(288, np.bool_)
    inside[at(start) : at(start + hours)] = True
    before, after = sound.of("TSS")[0], happened.of("TSS")[0]
    share, floor = 0.015, 0.0002
    case = Case(before[inside], after[inside], happened.status_of("TSS")[0][inside],
                share * 20 + floor * 300, 300.0)  # fmt: skip
    return case, before[~inside], after[~inside]


def test_every_kind_of_the_catalogue_has_a_signature_here() -> None:
    assert set(SIGNATURES) == set(TABLES.faults) == {*EFFECTS, "swapped"}
    assert {line.letter for line in TABLES.faults.values()} == set("ABCDEFGHIJKL")


@pytest.mark.parametrize("kind", SIGNATURES)
def test_a_fault_shows_its_signature_while_it_lasts(kind: str) -> None:
    hours, signature = SIGNATURES[kind]
    case, before, after = compare(kind, hours)
    assert len(case.faulty) == round(hours * 12)
    assert signature(case), case.faulty
    assert np.array_equal(before, after)


@pytest.mark.parametrize("kind", SIGNATURES)
def test_no_signature_fits_a_sound_instrument(kind: str) -> None:
    case, _, _ = compare(kind, SIGNATURES[kind][0])
    sound = case._replace(faulty=case.sound, status=np.zeros_like(case.status))
    assert not SIGNATURES[kind][1](sound)


def test_what_is_stuck_stays_stuck_over_midnight() -> None:
    instruments = stations(1, [calm("TSS", noise=(0.015, 0.003))])
    happens = fault("stuck", "TSS", 20, 30)
    first, second, third = days(instruments, [water(day) for day in range(3)], [happens])
    held = first.of("TSS")[0, at(20) - 1]
    assert (first.of("TSS")[0, at(20) :] == held).all()
    assert (second.of("TSS")[0] == held).all()
    assert (third.of("TSS")[0, : at(2)] == held).all()
    assert len(set(third.of("TSS")[0, at(2) :])) > 10


def test_stagnant_water_goes_on_settling_over_midnight() -> None:
    instruments = stations(1, [calm("NH4", resolution=0.01)])
    happens = fault("stagnant", "NH4", 20, 28)
    first, second = days(instruments, [water(0), water(1)], [happens])
    assert first.of("NH4")[0, -1] == pytest.approx(5.0, abs=0.2)  # 4 of its hours gone
    assert second.of("NH4")[0, -6:].mean() == pytest.approx(4 * 1.5, abs=0.05)


def test_what_freezes_at_midnight_holds_the_value_before() -> None:
    instruments = stations(1, [calm("TSS", noise=(0.015, 0.003))])
    begins = fault("stuck", "TSS", 24, 5)
    first, second = days(instruments, [water(0), water(1)], [begins])
    assert (second.of("TSS")[0, : at(5)] == first.of("TSS")[0, -1]).all()


def test_a_drift_goes_on_where_it_stood_at_midnight() -> None:
    instruments = stations(1, [calm("TSS")])
    first, second = days(instruments, [water(0), water(1)], [fault("drift", "TSS", 0, 48, 0.05)])
    series = np.concatenate([first.of("TSS")[0], second.of("TSS")[0]])
    rise = np.abs(series - 20)
    assert rise[-1] == pytest.approx(0.05 * 300 * 2, abs=0.3)
    assert np.abs(np.diff(series)).max() <= 0.21


def test_a_unit_is_wrong_in_the_way_of_its_parameter() -> None:
    instruments = stations(1, [calm("NH4"), calm("FlowOut")])
    wrong = [fault("unit", name, 0, 24) for name in ("NH4", "FlowOut")]
    shown = days(instruments, [water()], wrong)[0]
    assert shown.of("NH4")[0, 50] == pytest.approx(4 * 1.288)
    assert shown.of("FlowOut")[0, 50] == pytest.approx(75 * 24)


def test_a_swap_concerns_both_channels() -> None:
    instruments = stations(1, [calm("TSS"), calm("pH")])
    shown = days(instruments, [water()], [fault("swapped", "TSS", 0, 24)])[0]
    assert (shown.of("TSS")[0] == 7).all()
    assert (shown.of("pH")[0] == 20).all()
