"""The terms of a day are those that the register gives, and are worked out once."""

from __future__ import annotations

from datetime import date

import pytest

from rules.days import day_start
from rules.model import Reason
from rules.register import Register, load_register
from rules.terms import TermsBook, terms_of
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml

CATALOGUE = load_catalogue()
PACKS = load_regulations()

REGISTER = """
schema: 1
clusters: {ccn-mau-01: {name: CCN Mẫu 01, province: mẫu}}
plants:
  mau-01: {cluster: ccn-mau-01, name: Nhà máy Mẫu 01, capacity: 500}
  mau-02: {cluster: ccn-mau-01, name: Nhà máy Mẫu 02, capacity: 500}
stations:
  ST01:
    plant: mau-01
    name: Trạm Mẫu 01
    from: 2026-01-01
    interval: [{from: 2026-01-01, seconds: 300}, {from: 2026-02-01, seconds: 900}]
    series: {COD: {low: 0.1, high: 300}, pH: {}}
  ST02:
    plant: mau-02
    name: Trạm Mẫu 02
    from: 2026-01-01
    interval: 900
    series: {COD: {}, TSS: {}}
permits:
  GP1:
    plant: mau-01
    document: Giấy phép môi trường
    number: 01/GPMT
    date: 2025-12-01
    page: 3
    from: 2026-01-01
    until: 2026-02-28
    limits: {COD: {max: 75, page: 4}}
  GP2:
    plant: mau-01
    document: Giấy phép môi trường
    number: 02/GPMT
    date: 2026-02-01
    page: 3
    from: 2026-03-10
    basis: hour
    completeness: 0.5
    limits: {COD: {max: 50, page: 4}}
"""


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register("r.yaml", parse_yaml(REGISTER, "r.yaml"), CATALOGUE, PACKS)


DAYS = [
    (date(2026, 1, 1), 300, 75),
    (date(2026, 1, 31), 300, 75),
    (date(2026, 2, 1), 900, 75),
    (date(2026, 2, 28), 900, 75),
    (date(2026, 3, 1), 900, None),
    (date(2026, 3, 9), 900, None),
    (date(2026, 3, 10), 900, 50),
]


@pytest.mark.parametrize(("day", "interval", "high"), DAYS)
def test_the_book_says_what_the_register_says(
    register: Register, day: date, interval: int, high: int | None
) -> None:
    book = TermsBook(register, PACKS)
    for other, _, _ in DAYS:  # whatever it was asked for before
        book.of("ST01", day_start(other))
    cod, ph = book.of("ST01", day_start(day))
    assert (cod.interval, cod.limit and cod.limit.high) == (interval, high)
    assert cod.lack is (None if high else Reason.NO_PERMIT)
    assert ph.lack is (Reason.LIMIT_MISSING if high else Reason.NO_PERMIT)
    station = register.stations["ST01"]
    assert (cod, ph) == terms_of(station, day_start(day), register, PACKS)


def test_days_that_share_their_terms_share_the_object(register: Register) -> None:
    book = TermsBook(register, PACKS)
    first, second, third = (
        book.of("ST01", day_start(date(2026, month, day)))
        for month, day in ((1, 1), (1, 31), (2, 1))
    )
    assert first is second
    assert first is not third


def test_every_station_has_its_own(register: Register) -> None:
    book = TermsBook(register, PACKS)
    day = day_start(date(2026, 3, 5))  # no permit binds either, at the same intervals
    assert [one[0].series.station for one in (book.of("ST02", day), book.of("ST01", day))] == [
        "ST02",
        "ST01",
    ]


def test_what_nobody_typed_is_the_default_and_what_was_typed_binds(register: Register) -> None:
    station = register.stations["ST01"]
    before, after = (
        terms_of(station, day_start(day), register, PACKS)[0]
        for day in (date(2026, 1, 1), date(2026, 3, 10))
    )
    assert (before.basis, float(before.completeness)) == ("day", 0.8)
    assert (after.basis, float(after.completeness)) == ("hour", 0.5)


@pytest.mark.parametrize(
    ("limits", "owed"),
    [
        pytest.param("{COD: {max: 75, page: 4}}", False, id="measured only"),
        pytest.param("{FlowOut: {max: 50, page: 4}}", True, id="limited by the permit"),
    ],
)
def test_a_flow_owes_findings_only_where_the_permit_limits_it(limits: str, owed: bool) -> None:
    text = REGISTER.replace("pH: {}}", "FlowOut: {}}")
    text = text.replace("{COD: {max: 75, page: 4}}", limits)
    register = load_register("r.yaml", parse_yaml(text, "r.yaml"), CATALOGUE, PACKS)
    day = day_start(date(2026, 1, 1))
    cod, flow = terms_of(register.stations["ST01"], day, register, PACKS)
    assert (cod.owed, flow.owed) == (True, owed)


def test_the_instruments_range_is_rounded_inwards_to_whole_quanta() -> None:
    quantum = CATALOGUE["COD"].quantum
    text = REGISTER.replace("low: 0.1, high: 300", f"low: {quantum * 3 / 2:f}, high: 300.0000005")
    assert text != REGISTER
    found = load_register("r.yaml", parse_yaml(text, "r.yaml"), CATALOGUE, PACKS)
    cod = terms_of(found.stations["ST01"], day_start(date(2026, 1, 1)), found, PACKS)[0]
    assert (cod.low, cod.high) == (2, int(300 / quantum))
