"""What a series is checked for: read from data, one layer over the other, refused when wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from rules.checking import seconds_of
from rules.checks import (
    NO_CHECKS,
    AtMost,
    AttenuatedSignal,
    Balance,
    Checks,
    FlatLine,
    Gap,
    RateOfChange,
    Spike,
)
from rules.model import Refused
from rules.parameters import Catalogue, load_parameters
from rules.register import load_register
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml

SHIPPED = load_catalogue()

PARAMETERS = """
schema: 1
defaults: {quantum: 0.01, refresh: 900}
parameters:
  COD: {vi: COD, en: COD, unit: mg/L, low: 0, high: 2000}
  Flow: {vi: Lưu lượng, en: Flow, unit: m3/h, low: 0, high: 2000}
"""


def catalogue(checks: str) -> Catalogue:
    """The two parameters with a section of checks."""
    return load_parameters("p.yaml", parse_yaml(f"{PARAMETERS}checks: {checks}\n", "p.yaml"))


def test_without_a_section_nothing_is_checked() -> None:
    found = load_parameters("p.yaml", parse_yaml(PARAMETERS, "p.yaml"))
    assert {one.checks for one in found.values()} == {NO_CHECKS}
    assert (NO_CHECKS.reach, NO_CHECKS.ahead) == (0, 0)


def test_every_check_is_read() -> None:
    found = catalogue("""{defaults: {gap: {longer: 2h}, time: on}, COD: {resolution: 0.5,
        rate_of_change: {step: 50, per: 5m}, spike: {suspect: 5, noise: 2},
        flat_line: {suspect: 3h, fail: 1d, except: 2.5}, attenuated_signal: {below: 0.25},
        clipping: on, time: off, at_most: {of: Flow, tolerance: 0.05},
        balances: {with: Flow, within: 0.15}}}""")
    assert found["Flow"].checks == Checks(gap=Gap(7200), time=True)
    assert found["COD"].checks == Checks(
        resolution=Decimal("0.5"),
        rate_of_change=RateOfChange(Decimal(50), 300),
        spike=Spike(5, 12, Decimal(2)),
        flat_line=FlatLine(10800, 86400, Decimal("2.5")),
        attenuated_signal=AttenuatedSignal(Decimal("0.25")),
        gap=Gap(7200),
        clipping=True,
        time=False,
        at_most=AtMost("Flow", Decimal("0.05")),
        balances=Balance("Flow", Decimal("0.15")),
    )


@pytest.mark.parametrize("checks, reach, ahead", [
    (Checks(rate_of_change=RateOfChange(Decimal(1), 60)), 3600, 0),
    (Checks(time=True), 3600, 0), (Checks(clipping=True), 0, 0),
    (Checks(spike=Spike()), 21600, 2), (Checks(gap=Gap(7200)), 7200, 0),
    (Checks(flat_line=FlatLine(10800)), 10800, 0),
    (Checks(flat_line=FlatLine(10800, 259200)), 259200, 0),
    (Checks(attenuated_signal=AttenuatedSignal(Decimal(1))), 21600, 0),
])  # fmt: skip
def test_how_far_the_checks_look(checks: Checks, reach: int, ahead: int) -> None:
    assert (checks.reach, checks.ahead) == (reach, ahead)


@pytest.mark.parametrize("checks, said", [
    ("{COD: {spkie: off}}", "checks.COD.spkie: unknown key; did you mean 'spike'?"),
    ("{CODD: {gap: off}}", "checks.CODD: unknown key; did you mean 'COD'?"),
    ("{COD: {gap: {longr: 2h}}}", "checks.COD.gap.longr: unknown key; did you mean 'longer'?"),
    ("{COD: {gap: {longer: 80h}}}", "checks.COD.gap.longer: expected a time such as 900, 15m"),
    ("{COD: {gap: {longer: 3 weeks}}}", "checks.COD.gap.longer: expected a time such as"),
    ("{COD: {gap: true}}", "checks.COD.gap: expected its thresholds, or off"),
    ("{COD: {time: 5}}", "checks.COD.time: expected on or off"),
    ("{COD: {spike: {}}}", "checks.COD.spike: needs the resolution"),
    ("{COD: {resolution: 1, spike: {fail: 51}}}", "fail: expected 1 <= suspect <= fail <= 50"),
    ("{COD: {resolution: 1, spike: {suspect: 13}}}", "fail: expected 1 <= suspect <= fail"),
    ("{COD: {resolution: 0.005}}", "COD.resolution: expected a multiple of 0.01, above 0"),
    ("{COD: {flat_line: {suspect: 59m}}}", "suspect: a value may repeat for 4 cycles: at least"),
    ("{COD: {flat_line: {suspect: 3h, fail: 2h}}}", "fail: must not be shorter than suspect"),
    ("{COD: {rate_of_change: {step: 0, per: 1m}}}", "step: expected a number above 0"),
    ("{COD: {at_most: {of: Flwo, tolerance: 0}}}", "of: unknown parameter 'Flwo'; did you mean"),
    ("{COD: {balances: {with: Flow, within: 1}}}", "within: expected a share from 0 up to 1"),
])  # fmt: skip
def test_a_wrong_check_refuses_to_load(checks: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        catalogue(checks)
    assert any(said in str(problem) for problem in refused.value.problems), refused.value


def test_four_cycles_of_the_analyser_are_long_enough() -> None:
    cod = catalogue("{COD: {flat_line: {suspect: 60m}}}")["COD"]
    assert cod.checks.flat_line == FlatLine(3600)


def test_a_range_of_too_many_quanta_refuses_to_load() -> None:
    text = PARAMETERS.replace("quantum: 0.01", "quantum: 0.0000000001")
    with pytest.raises(Refused, match=r"too fine for this range"):
        load_parameters("p.yaml", parse_yaml(text, "p.yaml"))


@pytest.mark.parametrize("text, seconds", [
    (900, 900), ("90s", 90), ("15m", 900), ("3h", 10800), ("2d", 172800), ("3 h", 10800),
    ("3", 0), ("h", 0), ("1.5h", 0), (True, 0), (None, 0), ("0h", 0),
])  # fmt: skip
def test_how_times_are_written(text: object, seconds: int) -> None:
    assert seconds_of(text) == seconds


REGISTER = """
schema: 1
clusters: {ccn-mau-01: {name: CCN Mẫu 01, province: hanoi}}
plants: {mau-01: {cluster: ccn-mau-01, name: Nhà máy Mẫu 01, capacity: 500}}
stations:
  ST01: {plant: mau-01, name: Trạm Mẫu 01, from: 2026-01-01, interval: 300, series: {COD: %s}}
"""


def entry(series: str) -> Checks:
    """The checks of a registered series."""
    raw = parse_yaml(REGISTER % series, "r.yaml")
    register = load_register("r.yaml", raw, SHIPPED, load_regulations())
    return register.stations["ST01"].series["COD"].checks


def test_a_series_has_the_checks_of_its_parameter_or_its_own() -> None:
    usual = SHIPPED["COD"].checks
    assert entry("{high: 300}") == usual
    own = entry("{resolution: 0.1, checks: {flat_line: {fail: 10h}, spike: off}}")
    assert own == replace(
        usual,
        resolution=Decimal("0.1"),
        spike=None,
        flat_line=FlatLine(10800, 36000, Decimal("2.5")),
    )
    assert entry("{checks: {flat_line: {fail: off}}}").flat_line == FlatLine(
        10800, None, Decimal("2.5")
    )


def test_a_misspelt_check_of_a_series_refuses_to_load() -> None:
    with pytest.raises(Refused, match=r"series\.COD\.checks\.flatline: .*'flat_line'"):
        entry("{checks: {flatline: off}}")


def test_what_ships_knows_the_lawful_resolutions() -> None:
    lawful = {"pH": "0.1", "Temp": "0.1", "TSS": "0.1", "COD": "0.5", "NH4": "0.2"}
    assert {key: str(SHIPPED[key].checks.resolution) for key in lawful} == lawful
    assert all(one.checks.flat_line for one in SHIPPED.values())
