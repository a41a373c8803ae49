"""The register loads whole or not at all, and a broken one names everything wrong with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Refused
from rules.register import Register, load_register
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml

CATALOGUE = load_catalogue()
PACKS = load_regulations()

GOOD = """
schema: 1
clusters:
  ccn-mau-01: {name: CCN Mẫu 01, province: hanoi, ward: Xã Mẫu}
plants:
  mau-01:
    cluster: ccn-mau-01
    name: Nhà máy Mẫu 01
    capacity: 500
    contacts: [{role: vận hành, name: Trực ban, phone: 0123456701}]
stations:
  ST01:
    plant: mau-01
    name: Trạm Mẫu 01
    from: 2026-01-01
    simulated: true
    timestamp_means: end
    interval: [{from: 2026-01-01, seconds: 300}, {from: 2026-02-01, seconds: 60}]
    tt10: {prefix: HN_MAU_NUO001, symbols: {Q: FlowOut}}
    series:
      COD: {high: 300}
      TSS: {low: 5, high: 150, interval: 900}
      FlowOut: {}
  ST02:
    plant: mau-01
    name: Trạm Mẫu 02
    from: 2026-01-01
    interval: 300
    tt10: {prefix: HN_MAU_NUO002}
    series: {pH: {}}
permits:
  GP1:
    plant: mau-01
    document: Giấy phép môi trường
    number: 01/GPMT
    date: 2025-12-01
    page: 3
    from: 2026-01-01
    limits: {COD: {max: 75, page: 4}}
"""


def load(text: str) -> Register:
    return load_register("r.yaml", parse_yaml(text, "r.yaml"), CATALOGUE, PACKS)


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def problems_of(text: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        load(text)
    return [str(problem) for problem in refused.value.problems]


def test_a_register_keeps_what_it_says() -> None:
    found = load(GOOD)
    station, plant = found.stations["ST01"], found.plants["mau-01"]
    assert (plant.capacity, plant.contacts[0].phone) == (Decimal(500), "0123456701")
    assert (station.cluster, station.simulated, station.stamp_ends) == ("ccn-mau-01", True, True)
    assert found.stations["ST02"].stamp_ends is False
    assert (station.tt10_prefix, station.tt10_symbols["Flow"]) == ("HN_MAU_NUO001", "FlowOut")
    cod, tss = station.series["COD"], station.series["TSS"]
    assert (cod.low, cod.high) == (Decimal(0), Decimal(300))
    assert (tss.low, tss.high) == (Decimal(5), Decimal(150))


def test_an_instrument_measures_only_what_is_physically_possible() -> None:
    series = load(changed(("{high: 300}", "{low: -5, high: 99999999}"))).stations["ST01"].series
    cod = CATALOGUE["COD"]
    assert (series["COD"].low, series["COD"].high) == (cod.low, cod.high)


def test_a_station_may_take_samples_and_be_looked_at() -> None:
    text = changed(
        ("    simulated: true\n", "    sampler: true\n    camera: https://c.example/1\n")
    )
    stations = load(text).stations
    assert (stations["ST01"].sampler, stations["ST01"].camera) == (True, "https://c.example/1")
    assert (stations["ST02"].sampler, stations["ST02"].camera) == (False, None)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "c.example/1", "https://c.example/<b>"])
def test_a_camera_is_a_link(link: str) -> None:
    (said,) = problems_of(changed(("    simulated: true\n", f"    camera: '{link}'\n")))
    assert "stations.ST01.camera" in said
    assert "write https://host/path" in said


@pytest.mark.parametrize(
    ("more", "flow"),
    [
        pytest.param("", "FlowOut", id="the only one"),
        pytest.param("      FlowIn: {}\n", None, id="of two, neither"),
    ],
)
def test_which_series_the_flow_of_a_file_means(more: str, flow: str | None) -> None:
    text = changed(("      FlowOut: {}\n", f"      FlowOut: {{}}\n{more}"))
    assert load(text).stations["ST01"].tt10_symbols.get("Flow") == flow


@pytest.mark.parametrize(
    ("day", "cod", "tss"),
    [
        (date(2025, 12, 31), 300, 900),
        (date(2026, 1, 31), 300, 900),
        (date(2026, 2, 1), 60, 900),
        (date(2027, 1, 1), 60, 900),
    ],
)
def test_intervals_change_by_date(day: date, cod: int, tss: int) -> None:
    series = load(GOOD).stations["ST01"].series
    assert (series["COD"].interval(day), series["TSS"].interval(day)) == (cod, tss)


def test_the_permit_of_a_plant_on_a_day() -> None:
    later = GOOD[GOOD.index("  GP1:") :].replace("GP1", "GP2")
    later = later.replace("from: 2026-01-01", "from: 2026-06-01")
    found = load(GOOD + later)
    for day, wanted in (
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "GP1"),
        (date(2026, 5, 31), "GP1"),
        (date(2026, 6, 1), "GP2"),
    ):
        permit = found.permit("mau-01", day)
        assert (permit.id if permit else None) == wanted
    assert found.permit("another", date(2026, 6, 1)) is None


@given(seconds=st.integers(-10, 7300))
def test_an_interval_divides_sixty_minutes_or_is_refused(seconds: int) -> None:
    text = changed(("interval: 300", f"interval: {seconds}"))
    if seconds > 0 and 3600 % seconds == 0:
        assert load(text).stations["ST02"].series["pH"].intervals == ((date(2026, 1, 1), seconds),)
    else:
        (said,) = problems_of(text)
        assert said == (
            f"r.yaml: stations.ST02.interval[0]: {seconds} s does not divide 60 minutes"
        )


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("schema: 1", "schema: one", "schema", "expected a whole number"),
        ("permits:", "permit:", "permit", "did you mean 'permits'?"),
        ("clusters:\n", "clusters: [a]\nx:\n", "clusters", "expected a mapping of names"),
        ("  ccn-mau-01: {", "  CCN Mẫu: {", "clusters.CCN Mẫu", "is not an id"),
        ("province: hanoi", "provinse: hanoi", "clusters.ccn-mau-01.province", "expected a text"),
        ("cluster: ccn-mau-01", "cluster: ccn-mau-1", "plants.mau-01.cluster", "did you mean"),
        ("capacity: 500", "capacity: large", "plants.mau-01.capacity", "expected a number"),
        ("phone:", "fone:", "plants.mau-01.contacts[0].fone", "did you mean 'phone'?"),
        ("    plant: mau-01", "    plant: mau-11", "stations.ST01.plant", "did you mean 'mau-01'?"),
        ("simulated: true", "simulated: yes", "stations.ST01.simulated", "true or false"),
        ("means: end", "means: stop", "stations.ST01.timestamp_means", "not one of start, end"),
        ("seconds: 60}", "seconds: 61}", "stations.ST01.interval[1]", "does not divide 60"),
        ("seconds: 60}", "second: 60}", "stations.ST01.interval[1]", "expected {from:"),
        ("from: 2026-02-01,", "from: 2026-01-01,", "stations.ST01.interval", "must rise"),
        ("interval: 300", "interval: often", "stations.ST02.interval", "expected seconds"),
        (
            "interval: 900",
            "interval: 700",
            "stations.ST01.series.TSS.interval[0]",
            "does not divide",
        ),
        ("{Q: FlowOut}", "{Q: FlowOot}", "stations.ST01.tt10.symbols.Q", "did you mean 'FlowOut'?"),
        ("NUO002}", "NUO001}", "stations.ST02.tt10.prefix", "already belongs to station 'ST01'"),
        ("COD: {high", "CODD: {high", "stations.ST01.series.CODD", "did you mean 'COD'?"),
        ("{high: 300}", "{hihg: 300}", "stations.ST01.series.COD.hihg", "did you mean 'high'?"),
        ("low: 5, high: 150", "low: 5, high: 5", "stations.ST01.series.TSS.high", "above 5 mg/L"),
        ("series: {pH: {}}", "series: {}", "stations.ST02.series", "at least one series"),
        ("COD: {max: 75", "CoD: {max: 75", "permits.GP1.limits.CoD", "did you mean"),
        ("number: 01/GPMT", "", "permits.GP1.number", "expected a text"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, where: str, says: str) -> None:
    said = problems_of(changed((old, new)))
    assert any(f"{where}: " in one and says in one for one in said), said


def test_all_mistakes_are_named_at_once() -> None:
    said = problems_of(
        changed(
            ("cluster: ccn-mau-01", "cluster: ccn-mau-1"),
            ("interval: 300", "interval: 7"),
            ("{high: 300}", "{hihg: 300}"),
            ("max: 75", "maximum: 75"),
        )
    )
    wanted = [
        "plants.mau-01.cluster",
        "stations.ST01.series.COD.hihg",
        "stations.ST02.interval[0]",
        "permits.GP1.limits.COD",
        "permits.GP1.limits.COD.maximum",
    ]
    assert [one.split(": ")[1] for one in said] == wanted


@pytest.mark.parametrize("raw", [None, [], "text"])
def test_what_is_no_mapping_is_refused(raw: object) -> None:
    with pytest.raises(Refused, match="expected a mapping"):
        load_register("r.yaml", raw, CATALOGUE, PACKS)
