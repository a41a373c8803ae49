"""Why each kind of finding fell as it did, word for word, held in golden/ one file a kind.

A change of wording shows here as a difference of whole texts, for a reader to judge. When it
is meant, write the files again and look at what changed before committing it:

    TOLICH_GOLDEN=write python -m pytest tests/rules/test_golden.py && git diff tests/rules/golden
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from rules.amendments import Act, Amendment
from rules.days import rfc3339
from rules.explain import Explained, explain_readings
from rules.judge import judge
from rules.model import DAY, HOUR, Finding, Outcome, Period, Reason, Series
from rules.permit import ByRegulation, Permit, limit_for
from rules.terms import Dry
from rules.wording import formula, summary
from tests.rules.windows import (
    CLOSED,
    COD,
    FLOW,
    MONDAY,
    PH,
    DayTerms,
    Row,
    limit,
    readings,
    terms,
    window,
)
from tolich.packs import load_catalogue, load_regulations

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("TOLICH_GOLDEN") == "write"
PLACE = "CCN Mẫu 01, Trạm Mẫu 01"

PERMIT = Permit(
    id="GP-MAU-01",
    plant="mau-01",
    document="Giấy phép môi trường",
    number="01/GPMT",
    dated=date(2025, 12, 1),
    page="3",
    since=date(2026, 1, 1),
    until=None,
    limits={},
    by_regulation=ByRegulation(
        "QCVN 40:2011/BTNMT",
        "B",
        {"Kq": Decimal("0.9"), "Kf": Decimal("1.1")},
        ("COD",),
        "4",
    ),
    basis="day",
    completeness=Fraction(4, 5),
    no_discharge=None,
    defaults=(),
)


@dataclass(frozen=True)
class Kind:
    """One kind of finding: the first of some series, and everything it was judged from."""

    rows: Sequence[DayTerms]
    given: Sequence[Row]
    period: Period = HOUR
    now: int = CLOSED
    amendments: tuple[Amendment, ...] = ()
    simulated: bool = False
    broken: bool = False  # the judgement failed: no verdict, as the writer records it


PH_LIMIT = replace(limit("9", "5.5"), unit="-")


# --- the kinds --------------------------------------------------------------------------------


def cod(values: Sequence[int | None], high: str = "150", **changes: object) -> Kind:
    """An hour of COD, a reading every quarter of an hour."""
    of = terms(COD, high, interval=900, **changes)
    return Kind([of], readings(of, values))


def by_regulation() -> Kind:
    found = limit_for(PERMIT, load_catalogue()["COD"], load_regulations())
    return cod([1000, 1100, 1200, 1300], limit=found)


def ph_day() -> Kind:
    """A day of pH, a reading an hour, one hour of them outside."""
    of = terms(PH, "9", interval=3600, limit=PH_LIMIT)
    return Kind([of], readings(of, [700] * 8 + [901] + [700] * 15), DAY)


def ph_hour() -> Kind:
    of = terms(PH, "9", interval=900, limit=PH_LIMIT)
    return Kind([of], readings(of, [540, 545, 550, 555]))


def dry() -> Kind:
    of, flow = terms(interval=900, dry=Dry("FlowOut", Fraction(5))), terms(FLOW, interval=900)
    return Kind(
        [of, flow], [*readings(of, [9000] * 4), *readings(flow, [0, 1, 0, 4], row=1)],
    )  # fmt: skip


def every_reading() -> Kind:
    """An hour in which each reading was treated in another way."""
    of = terms(interval=300)
    series = Series("MAU01", "COD")

    def decided(number: int, act: Act, slot: int, value: int | None = None) -> Amendment:
        start = MONDAY + slot * 300
        return Amendment(number, series, start, start + 300, act, value, None, "cán bộ mẫu", "mẫu")

    given = readings(of, [1000, 1001, 1002, 1003, -1, 200001, 9000, -2, 9001, 1009, 1010, None])
    marked = [
        (row, at, value, {1: 1, 2: 2, 3: 9}.get(slot, status))
        for slot, (row, at, value, status) in enumerate(given)
    ]
    contested = (0, MONDAY + 9 * 300, 1008, 0)
    off_time = (0, MONDAY + 10 * 300 + 45, 1020, 0)  # a second instant of its slot
    return Kind(
        [of],
        [*marked, contested, off_time],
        amendments=(
            decided(11, Act.EXCLUDE, 6),
            decided(12, Act.CONFIRM, 7),
            decided(13, Act.VALUE, 8, 1005),
        ),
    )


KINDS: dict[str, Callable[[], Kind]] = {
    "within_limit": by_regulation,
    "near_limit": lambda: cod([1350, 1350, 1350, 1350]),
    "above_limit": lambda: cod([1500, 1500, 1500, 1501]),
    "above_limit_simulated": lambda: replace(cod([1600] * 4), simulated=True),
    "below_limit": ph_hour,
    "hour_outside": ph_day,
    "proven": lambda: cod([9000, 9000, None, None]),
    "period_open": lambda: replace(cod([1000, 1100]), now=MONDAY + 1800),
    "no_data": lambda: cod([]),
    "insufficient_data": lambda: cod([1000, 1000, 1000, None]),
    "contested": lambda: replace(
        cod([]), given=[(0, MONDAY + n * 900, v, 0) for n in range(4) for v in (1400, 1600)]
    ),
    "limit_missing": lambda: cod([1000] * 4, limit=None, lack=Reason.LIMIT_MISSING),
    "internal_error": lambda: replace(cod([1000] * 4), broken=True),
    "no_permit": lambda: cod([1000] * 4, limit=None, lack=Reason.NO_PERMIT),
    "no_discharge": dry,
    "every_reading": every_reading,
}
BESIDES = {"every_reading", "above_limit_simulated"}  # files whose name is no reason's


# --- the page ---------------------------------------------------------------------------------


def found(kind: Kind) -> tuple[Finding, list[Explained]]:
    """The first finding of the first series, and its readings."""
    held = tuple((0, one) for one in kind.amendments)
    judged = replace(window(kind.rows, kind.given), amendments=held)
    (sheet,) = judge(judged, kind.now, [kind.period])
    finding = sheet.finding(0, 0)
    if kind.broken:
        finding = replace(
            finding, outcome=Outcome.NOT_ASSESSABLE, reason=Reason.INTERNAL_ERROR, mean=None
        )
    return finding, explain_readings(judged, 0, finding.start, finding.end)


def page(kind: Kind) -> str:
    """Everything a finding says for itself, as JSON; a reading a line, so that one is a line."""
    finding, told = found(kind)
    of = kind.rows[0]
    said = {
        "finding": finding.id,
        "outcome": finding.outcome,
        "reason": finding.reason,
        "mean_quanta": None if finding.mean is None else str(finding.mean),
        "final": finding.final,
        "summary": summary(finding, of.parameter, PLACE, kind.simulated),
        "formula": formula(finding, of),
        "limit": None if finding.limit is None else asdict(finding.limit),
        "counts": asdict(finding.counts),
    }
    head = json.dumps(said, ensure_ascii=False, indent=2, default=str)
    lines = [json.dumps(_reading(one), ensure_ascii=False) for one in told]
    body = "".join(f"\n    {line}," for line in lines).rstrip(",")
    return f'{head[:-2]},\n  "readings": [{body}{chr(10) + "  " if lines else ""}]\n}}\n'


def _reading(one: Explained) -> dict[str, object]:
    """A reading without what it has nothing to say of."""
    plain: dict[str, object] = {
        "observed_at": rfc3339(one.observed_at),
        "quanta": one.value,
        "status": f"{one.status:02d}",
        "slot": one.slot,
        "flag": one.flag.name.lower(),
        "counted": one.counted,
        "reason": one.reason,
    }
    if one.tests:
        plain["tests"] = one.tests
    if one.counted and one.used != one.value:
        plain["used"] = one.used
    if one.amendment is not None:
        plain["amendment"] = one.amendment
    return plain


@pytest.mark.parametrize("name", KINDS)
def test_a_finding_says_why(name: str) -> None:
    text, path = page(KINDS[name]()), GOLDEN / f"{name}.json"
    json.loads(text)
    if WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", [name for name in KINDS if name not in BESIDES])
def test_a_file_holds_the_kind_it_is_named_after(name: str) -> None:
    finding, _ = found(KINDS[name]())
    assert finding.reason == name


def test_every_reason_and_outcome_has_a_file_and_no_file_is_left_over() -> None:
    assert set(KINDS) - BESIDES == set(Reason)
    assert {found(make())[0].outcome for make in KINDS.values()} == set(Outcome)
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(KINDS)
