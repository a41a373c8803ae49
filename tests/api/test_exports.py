"""Documents: what is asked of the port, and how its files and refusals are answered."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rules.days import day_start, rfc3339
from tests.api.fakes import NOON, FakeReports
from tests.api.test_problems import problem
from tolich.documents import ReadingQuery, ReportQuery
from tolich.ports import AlertQuery, FindingQuery, Scope

MARCH, APRIL = day_start(date(2026, 3, 1)), day_start(date(2026, 4, 1))


def stamp(at: int) -> str:
    return quote(rfc3339(at))


MARCH_DAYS = f"from={stamp(MARCH)}&to={stamp(APRIL)}"

ASKED: dict[str, Any] = {
    "exports/readings.csv?station=m01": ReadingQuery("m01"),
    f"exports/readings.xlsx?station=m01&parameter=COD&{MARCH_DAYS}": ReadingQuery(
        "m01", "COD", MARCH, APRIL
    ),
    "exports/findings.csv": FindingQuery(),
    f"exports/findings.xlsx?cluster=mau-01&period=day&outcome=exceeded&{MARCH_DAYS}": FindingQuery(
        cluster="mau-01", period="day", outcome="exceeded", start_from=MARCH, start_to=APRIL
    ),
    "exports/alerts.csv?kind=silence&state=ended": AlertQuery(state="ended", kind="silence"),
    "reports/year.xlsx?year=2026&station=m01": ReportQuery(
        "year", day_start(date(2026, 1, 1)), day_start(date(2027, 1, 1)), "m01"
    ),
    f"reports/capture.pdf?{MARCH_DAYS}&cluster=mau-01&lang=en": ReportQuery(
        "capture", MARCH, APRIL, None, "mau-01", "en"
    ),
    f"reports/exceedances.pdf?{MARCH_DAYS}": ReportQuery("exceedances", MARCH, APRIL),
}


@pytest.mark.parametrize(("path", "query"), ASKED.items(), ids=ASKED)
def test_a_document_is_sent_under_its_name(
    path: str, query: Any, client: TestClient, reports: FakeReports, seen: list[Scope]
) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.content) == (200, b"one two")
    form = path.partition(".")[2][:4].strip("?")
    assert answer.headers["content-disposition"] == f'attachment; filename="made.{form}"'
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (reports.came, reports.scopes) == ([query], seen)


REFUSED = {
    "exports/readings.csv": "invalid-request",  # of which station?
    "exports/readings.pdf?station=m01": "invalid-request",
    "exports/readings.csv?station=nowhere": "not-found",
    f"exports/readings.csv?station=m01&from={stamp(APRIL)}&to={stamp(MARCH)}": "bad-interval",
    "exports/findings.csv?staton=m01": "unknown-parameter",
    "exports/findings.csv?cursor=x": "unknown-parameter",  # a file has no pages
    "exports/alerts.csv?since=yesterday": "bad-time",
    "reports/year.xlsx": "invalid-request",
    f"reports/year.xlsx?year=2026&{MARCH_DAYS}": "invalid-request",
    f"reports/year.xlsx?from={stamp(MARCH)}": "invalid-request",
    f"reports/year.xlsx?from={stamp(NOON)}&to={stamp(NOON + 86400)}": "bad-interval",
    f"reports/year.xlsx?from={stamp(APRIL)}&to={stamp(MARCH)}": "bad-interval",
    f"reports/year.xlsx?from={stamp(MARCH)}&to={stamp(MARCH)}": "bad-interval",
    "reports/month.xlsx?year=2026": "invalid-request",
    "reports/year.csv?year=2026": "invalid-request",
    "reports/year.xlsx?year=2026&station=nowhere": "not-found",
    "reports/year.xlsx?year=2026&cluster=nowhere": "not-found",
    "reports/year.xlsx?year=99999": "invalid-request",
}


@pytest.mark.parametrize(("path", "kind"), REFUSED.items(), ids=REFUSED)
def test_a_refusal_says_why(path: str, kind: str, client: TestClient) -> None:
    problem(client.get(f"/api/v1/{path}"), kind)


def test_a_foreign_station_is_as_absent_as_none(client: TestClient, seen: list[Scope]) -> None:
    seen.append(Scope(clusters=frozenset({"mau-02"})))
    for path in ("exports/readings.csv?station=m01", "reports/year.pdf?year=2026&station=m01"):
        problem(client.get(f"/api/v1/{path}"), "not-found")


def test_too_much_is_refused_with_what_to_ask_instead(
    client: TestClient, reports: FakeReports
) -> None:
    reports.much = True
    for path in ("exports/findings.xlsx", "reports/year.xlsx?year=2026"):
        body = problem(client.get(f"/api/v1/{path}"), "too-much")
        assert body["detail"] == "1048577 rows: ask for less."
