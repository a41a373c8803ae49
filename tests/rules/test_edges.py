"""Edges of open periods, of days without discharge, and of means beside their limit."""

from __future__ import annotations

from fractions import Fraction

from rules.model import DAY, HOUR, Outcome, Reason
from rules.terms import Dry
from rules.wording import summary
from tests.rules.windows import (
    CLOSED,
    COD,
    FLOW,
    MONDAY,
    Row,
    day_finding,
    findings,
    ph_terms,
    readings,
    terms,
)

TUESDAY = MONDAY + 86400
UNDER = Dry("FlowOut", Fraction(5))


def test_an_hour_of_ph_that_is_still_open_contests_no_day() -> None:
    of = ph_terms()
    given: list[Row] = [*readings(of, [900] * 12), (0, MONDAY, 1400, 0)]
    before, after = (day_finding(of, given, MONDAY + 3600 + since) for since in (599, 600))
    assert (before.reason, after.reason) == (Reason.PERIOD_OPEN, Reason.PERIOD_OPEN)
    assert before.mean is not None
    assert after.mean is None  # the hour has closed, and what it held depends on who is right


def test_no_discharge_is_known_when_the_period_has_closed() -> None:
    rows = [terms(dry=UNDER), terms(FLOW)]
    given = [*readings(rows[0], [9000] * 12), *readings(rows[1], [0] * 12, row=1)]
    for since, reason in ((599, Reason.PERIOD_OPEN), (600, Reason.NO_DISCHARGE)):
        found = findings(rows, given, MONDAY + 3600 + since, [HOUR])
        assert found[0, "hour", MONDAY].reason is reason


def test_the_outflow_of_its_own_day_decides() -> None:
    rows = [
        terms(FLOW), terms(dry=UNDER), terms(FLOW, day=TUESDAY), terms(dry=UNDER, day=TUESDAY),
    ]  # fmt: skip
    values = ([0] * 288, [9000] * 288, [50] * 288, [9000] * 288)
    given = [
        reading
        for row, (of, held) in enumerate(zip(rows, values, strict=True))
        for reading in readings(of, held, row=row)
    ]
    found = findings(rows, given, CLOSED + 86400, [DAY])
    assert found[1, "day", MONDAY].reason is Reason.NO_DISCHARGE
    assert found[3, "day", TUESDAY].reason is Reason.ABOVE_LIMIT


def test_a_mean_just_above_the_limit_is_not_told_as_the_limit() -> None:
    of = terms()
    found = day_finding(of, readings(of, [1500] * 287 + [1501]))
    assert found.outcome is Outcome.EXCEEDED
    assert "Mean 150.000347 mg/L" in summary(found, COD, "Trạm Mẫu 01", simulated=False)["en"]
