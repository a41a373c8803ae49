"""Which permit binds, which limit it sets and why, and how a broken permit is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.loading import Reader
from rules.model import Limit, Problem, Verification
from rules.permit import Permit, in_force, limit_for, load_permit, plain, warnings
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import parse_yaml

CATALOGUE = load_catalogue()
PACKS = load_regulations()

GOOD = """
plant: mau-01
document: Giấy phép môi trường
number: 0123
date: 2025-03-01
page: 7
from: 2025-04-01
until: 2026-03-31
basis: hour
completeness: 0.75
limits:
  TSS: {max: 45, page: 8}
  pH: {min: 6, max: 8.5, page: 8}
regulation:
  id: QCVN 40:2011/BTNMT
  column: A
  factors: {Kq: 0.9, Kf: 1.1}
  factors_apply_to: [COD, BOD5]
  page: 9
no_discharge: {flow: FlowOut, below: 0.5}
"""


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def read(text: str) -> tuple[Permit, list[Problem]]:
    problems: list[Problem] = []
    entry = Reader("r.yaml", "permits.P1", parse_yaml(text, "r.yaml"), problems)
    return load_permit("P1", entry, {"mau-01": Decimal(500)}, CATALOGUE, PACKS), problems


def permit(*changes: tuple[str, str]) -> Permit:
    found, problems = read(changed(*changes))
    assert problems == []
    return found


def limit(under: Permit, key: str) -> Limit | None:
    return limit_for(under, CATALOGUE[key], PACKS)


def test_a_permit_keeps_what_was_typed() -> None:
    found = permit()
    assert found.number == "0123"  # a leading zero is part of a document's number
    assert (found.dated, found.since, found.until) == (
        date(2025, 3, 1),
        date(2025, 4, 1),
        date(2026, 3, 31),
    )
    assert (found.basis, found.completeness, found.defaults) == ("hour", Fraction(3, 4), ())
    assert found.no_discharge is not None
    assert (found.no_discharge.flow, found.no_discharge.below) == ("FlowOut", Decimal("0.5"))
    assert found.citation == "Giấy phép môi trường 0123 (2025-03-01)"


# --- the limit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "low", "high", "verification"),
    [
        ("TSS", None, "45", Verification.PERMIT),  # typed, though the table says 50
        ("pH", "6", "8.5", Verification.PERMIT),
        ("COD", None, "74.25", Verification.CONFIRMED),  # 75 x 0.9 x 1.1
        ("BOD5", None, "29.7", Verification.CONFIRMED),  # 30 x 0.9 x 1.1
        ("NH4", None, "5", Verification.CONFIRMED),  # the factors do not apply to it
        ("Cl", None, "500", Verification.SINGLE),
    ],
)
def test_the_limit_is_exact(
    key: str, low: str | None, high: str, verification: Verification
) -> None:
    found = limit(permit(), key)
    assert found is not None
    assert (found.low, found.high) == (low and Decimal(low), Decimal(high))
    assert found.verification is verification
    assert found.unit == CATALOGUE[key].unit


def test_the_trace_tells_the_whole_calculation() -> None:
    factored, unfactored, typed = (limit(permit(), key) for key in ("COD", "NH4", "TSS"))
    assert factored is not None
    assert factored.trace == (
        "QCVN 40:2011/BTNMT A: ≤ 75 (confirmed)",
        "Kq 0.9 × Kf 1.1, tr. 9",
        "= ≤ 74.25",
    )
    assert factored.citation == (
        "QCVN 40:2011/BTNMT, cột A; Giấy phép môi trường 0123 (2025-03-01), tr. 9"
    )
    assert unfactored is not None
    assert unfactored.trace[-1] == "Kq × Kf ∌ NH4, tr. 9"
    assert typed is not None
    assert typed.trace == ("TSS: ≤ 45 mg/L ← Giấy phép môi trường 0123 (2025-03-01), tr. 8",)


@pytest.mark.parametrize("factors", ["{}", "{Kq: 0.9}", "{Kf: 1.1}"])
def test_a_missing_factor_leaves_no_limit_but_the_typed(factors: str) -> None:
    under = permit(("{Kq: 0.9, Kf: 1.1}", factors))
    assert [limit(under, key) for key in ("COD", "NH4", "Cl")] == [None, None, None]
    assert limit(under, "TSS") is not None


def test_one_factor_of_14_2008() -> None:
    under = permit(
        ("QCVN 40:2011", "QCVN 14:2008"), ("{Kq: 0.9, Kf: 1.1}", "{K: 1.2}"), ("COD, ", "")
    )
    bod5, nitrate = limit(under, "BOD5"), limit(under, "NO3")
    assert bod5 is not None
    assert bod5.high == 36
    assert nitrate is not None
    assert nitrate.high == 30
    assert limit(under, "COD") is None  # not a parameter of that regulation


@given(
    kq=st.decimals("0.01", "9.99", places=2),
    kf=st.decimals("0.01", "9.99", places=2),
    applies=st.booleans(),
)
def test_the_product_is_exact_and_only_where_it_applies(
    kq: Decimal, kf: Decimal, applies: bool
) -> None:
    named = "[COD]" if applies else "[TN]"
    under = permit(("{Kq: 0.9, Kf: 1.1}", f"{{Kq: {kq}, Kf: {kf}}}"), ("[COD, BOD5]", named))
    found = limit(under, "COD")
    assert found is not None
    assert found.high is not None
    product = Fraction(kq) * Fraction(kf) if applies else 1
    assert Fraction(found.high) == 75 * product


@pytest.mark.parametrize("name", ["QCVN 40:2025/BTNMT", "QCVN 14:2025/BTNMT"])
def test_a_regulation_that_is_not_loaded_leaves_only_typed_limits(name: str) -> None:
    under = permit(("QCVN 40:2011/BTNMT", name), ("factors: {Kq: 0.9, Kf: 1.1}", "factors: {}"))
    decided = [key for key in CATALOGUE if limit(under, key) is not None]
    assert sorted(decided) == ["TSS", "pH"]


def test_without_a_regulation_only_typed_limits_bind() -> None:
    text = GOOD[: GOOD.index("regulation:")] + GOOD[GOOD.index("no_discharge:") :]
    found, problems = read(text)
    assert problems == []
    assert [key for key in CATALOGUE if limit(found, key) is not None] == ["TSS", "pH"]


def test_a_regulation_without_factors_gives_its_own_numbers() -> None:
    name = "QCVN 40:2011/BTNMT"
    known = {**PACKS, name: replace(PACKS[name], factors=())}
    found = limit_for(permit(), CATALOGUE["COD"], known)
    assert found is not None
    assert found.high == 75
    assert found.trace == ("QCVN 40:2011/BTNMT A: ≤ 75 (confirmed)",)


def test_factors_leave_both_ends_of_a_range_that_they_do_not_name() -> None:
    typed = "  pH: {min: 6, max: 8.5, page: 8}\n"
    found = limit(permit((typed, "")), "pH")
    assert found is not None
    assert (found.low, found.high) == (Decimal(6), Decimal(9))
    assert found.trace[0] == "QCVN 40:2011/BTNMT A: 6 – 9 (confirmed)"


def test_factors_multiply_a_maximum_and_no_lower_end() -> None:
    typed = "  pH: {min: 6, max: 8.5, page: 8}\n"
    found = limit(permit((typed, ""), ("[COD, BOD5]", "[COD, pH]")), "pH")
    assert found is not None
    assert (found.low, found.high) == (Decimal(6), Decimal("8.91"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("150", "150"),
        ("1E+3", "1000"),
        ("0.0500", "0.05"),
        ("100.00", "100"),
        ("0", "0"),
        (None, "–"),
    ],
)
def test_a_number_is_written_without_exponent_or_idle_zeros(number: str | None, text: str) -> None:
    assert plain(None if number is None else Decimal(number)) == text


# --- which permit binds -----------------------------------------------------------------------

OLD = (("from: 2025-04-01", "from: 2024-01-01"), ("until: 2026-03-31", "until: 2025-12-31"))
NEW = (("from: 2025-04-01", "from: 2025-07-01"), ("until: 2026-03-31\n", ""))


@pytest.mark.parametrize(
    ("day", "since"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), date(2024, 1, 1)),
        (date(2025, 6, 30), date(2024, 1, 1)),
        (date(2025, 7, 1), date(2025, 7, 1)),  # both bind: the one that began last
        (date(2025, 12, 31), date(2025, 7, 1)),
        (date(2026, 1, 1), date(2025, 7, 1)),
        (date(2999, 1, 1), date(2025, 7, 1)),
    ],
)
def test_the_permit_of_a_day(day: date, since: date | None) -> None:
    old, new = permit(*OLD), permit(*NEW)
    for order in ([old, new], [new, old]):
        found = in_force(order, day)
        assert (found.since if found else None) == since


def test_the_last_day_still_binds_and_a_gap_binds_nobody() -> None:
    old = permit(*OLD)
    assert in_force([old], date(2025, 12, 31)) is old
    assert in_force([old], date(2025, 12, 31) + timedelta(days=1)) is None
    assert in_force([], date(2025, 12, 31)) is None


# --- what an officer is told ------------------------------------------------------------------


def test_defaults_nobody_typed_are_named() -> None:
    found = permit(("basis: hour\n", ""), ("completeness: 0.75\n", ""))
    assert (found.basis, found.completeness) == ("day", Fraction(4, 5))
    said = warnings(found, "Đà Nẵng", CATALOGUE, PACKS)
    assert [one.partition(" ")[0] for one in said] == ["basis", "completeness"]


@pytest.mark.parametrize("province", ["hanoi", "Hà Nội", "HANOI"])
def test_a_hanoi_permit_says_what_is_not_loaded(province: str) -> None:
    (said,) = warnings(permit(), province, CATALOGUE, PACKS)
    assert "QCTĐHN 02:2014/BTNMT" in said
    assert "not loaded" in said


def test_a_typed_limit_above_the_table_is_shown() -> None:
    (said,) = warnings(permit(("max: 45", "max: 50.5")), "Huế", CATALOGUE, PACKS)
    assert said == "TSS: the permit's 50.5 is above the 50 of QCVN 40:2011/BTNMT column A"
    assert warnings(permit(("max: 45", "max: 50")), "Huế", CATALOGUE, PACKS) == []


def test_without_a_regulation_there_is_no_table_to_exceed() -> None:
    lofty = replace(permit(("max: 45", "max: 5000")), by_regulation=None)
    assert warnings(lofty, "Huế", CATALOGUE, PACKS) == []


# --- a broken permit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("plant: mau-01", "plant: mau-1", "plant", "did you mean 'mau-01'?"),
        ("document:", "dokument:", "dokument", "did you mean 'document'?"),
        ("number: 0123", "", "number", "expected a text"),
        ("date: 2025-03-01", "date: 01/03/2025", "date", "a day such as 2026-01-31"),
        ("from: 2025-04-01", "", "from", "a day is required"),
        ("page: 7", "", "page", "expected a text"),
        ("until: 2026-03-31", "until: 2025-03-31", "until", "lies before from"),
        ("basis: hour", "basis: hours", "basis", "did you mean 'hour'?"),
        ("completeness: 0.75", "completeness: 75", "completeness", "a share above 0"),
        ("completeness: 0.75", "completeness: 0", "completeness", "a share above 0"),
        ("TSS:", "TTS:", "limits.TTS", "did you mean 'TSS'?"),
        ("max: 45", "max: 45, unit: g/L", "limits.TSS.unit", "write the limit in mg/L"),
        ("max: 45", "max: 45, min: 1", "limits.TSS", "takes a max and no min"),
        ("max: 45", "maxi: 45", "limits.TSS.maxi", "did you mean 'max'?"),
        ("max: 45, page: 8", "max: 45", "limits.TSS.page", "expected a text"),
        ("min: 6, max: 8.5", "max: 8.5", "limits.pH", "needs both min and max"),
        ("min: 6, max: 8.5", "min: 8.5, max: 8.5", "limits.pH", "min below max"),
        ("2011/BTNMT", "2011/BTMNT", "regulation.id", "did you mean 'QCVN 40:2011/BTNMT'?"),
        ("column: A", "column: C", "regulation.column", "has no column 'C'"),
        ("Kq: 0.9", "Kp: 0.9", "regulation.factors.Kp", "not a factor of this regulation"),
        ("Kq: 0.9", "Kq: 0", "regulation.factors.Kq", "a number above 0"),
        ("Kq: 0.9", "Kq: much", "regulation.factors.Kq", "a number above 0"),
        ("[COD, ", "[CODD, ", "regulation.factors_apply_to", "did you mean 'COD'?"),
        ("flow: FlowOut", "flow: FlowOot", "no_discharge.flow", "did you mean 'FlowOut'?"),
        ("below: 0.5", "belw: 0.5", "no_discharge.below", "a number is required"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, where: str, says: str) -> None:
    _, problems = read(changed((old, new)))
    said = [str(problem) for problem in problems]
    place = f"r.yaml: permits.P1.{where}: "
    assert [one for one in said if one.startswith(place) and says in one], said


def test_all_mistakes_are_named_at_once() -> None:
    _, problems = read(
        changed(("column: A", "column: C"), ("max: 45", "max: x"), ("page: 7", "pagee: 7"))
    )
    assert sorted({problem.key.removeprefix("permits.P1.") for problem in problems}) == [
        "limits.TSS",
        "limits.TSS.max",
        "page",
        "pagee",
        "regulation.column",
    ]
