"""Explanations as JSON or as text, whichever is asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import shapes, words
from api.answers import prefers_text
from api.whyreadings import table
from api.whytext import render
from rules.amendments import Act
from rules.days import ZONE
from rules.explain import ALONE, DECIDED, LEFT_OUT, names
from rules.model import AlertKind, Change, Flag, Severity, Verification
from rules.model import Test as Check
from tests.api.fakes import example, finding_id

PATH = f"/api/v1/findings/{finding_id('m01', -1)}/why"


@pytest.mark.parametrize(
    ("accept", "text"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/plain", True),
        ("Text/Plain; charset=utf-8", True),
        ("text/plain, application/json", False),
        ("text/plain, application/json;q=0.9", True),
        ("text/plain;q=0.5, */*;q=0.1", True),
        ("text/plain;q=0.5, */*", False),
        ("text/plain;q=0", False),
        ("text/plain;q=x", False),
        ("text/html", False),
    ],
)
def test_text_is_given_only_when_it_is_preferred(accept: str, text: bool) -> None:
    assert prefers_text(accept) is text


@pytest.mark.parametrize("path", [PATH, "/api/v1/alerts/A1/why"])
def test_the_page_is_in_the_language_asked_for(path: str, client: TestClient) -> None:
    why = shapes.Why.model_validate(client.get(path).json())
    assert why.comparison.en == why.formula
    for lang, sentence, compared in (
        ("vi", why.summary.vi, why.comparison.vi),
        ("en", why.summary.en, why.comparison.en),
    ):
        answer = client.get(f"{path}?lang={lang}", headers={"accept": "text/plain"})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-language"] == lang
        assert answer.headers["vary"] == "Accept"
        assert sentence in answer.text
        assert compared in answer.text


def test_vietnamese_is_the_first_language(client: TestClient) -> None:
    answer = client.get(PATH, headers={"accept": "text/plain"})
    assert answer.headers["content-language"] == "vi"


def test_the_text_holds_limit_trace_and_an_aligned_table() -> None:
    why = example(shapes.Why)
    wide = why["readings"][0] | {"value": 1234.5, "counted": False, "tests": ["gross_range"]}
    lines = render(why | {"readings": [*why["readings"], wide]}, "vi").splitlines()
    limit = lines.index("GIỚI HẠN")
    assert lines[limit + 1] == "≤ 75 mg/L (ghi trong giấy phép)"
    assert lines[limit + 3] == why["limit"]["trace"][0]
    head, first, second = lines[lines.index("SỐ LIỆU") + 1 :][:3]
    assert first[head.index("Giá trị") :].startswith("91,5 ")
    assert second[head.index("Giá trị") :].startswith("1234,5 ")
    assert second[head.index("Tính") :].startswith("không")
    assert second.endswith("ngoài khoảng đo")


def test_versions_name_the_engine_and_every_pack_with_the_beginning_of_its_digest() -> None:
    versions = {
        "engine": "1.0",
        "packs": {"QCVN 1": {"version": "2", "digest": "0123456789abcdef"}},
    }
    text = render(example(shapes.Why) | {"versions": versions}, "en")
    assert text.endswith("VERSIONS\nengine 1.0\nQCVN 1: version 2, 0123456789ab\n")


def long_day() -> list[dict[str, Any]]:
    """A day of readings every five minutes: three of them suspect, then twenty calibrating."""
    one = example(shapes.Why)["readings"][0]
    day = datetime(2026, 11, 22, tzinfo=ZONE)
    stamps = [(day + timedelta(minutes=5 * n)).isoformat() for n in range(288)]
    told = [one | {"observed_at": at, "received_at": at, "value": n} for n, at in enumerate(stamps)]
    for reading in told[100:103]:
        reading |= {"flag": 3, "tests": ["spike"]}
    for reading in told[200:220]:
        reading |= {
            "status": "01", "flag": 2, "counted": False, "used": None, "reason": "calibrating"
        }  # fmt: skip
    return told


def test_a_long_day_groups_what_was_treated_alike_and_lists_the_rest_singly() -> None:
    lines = table(long_day(), "en", date(2026, 11, 22))
    begin = [line.split("  ")[0] for line in lines[1:]]
    assert begin == [
        "00:00 – 08:15 (100)", "08:20", "08:25", "08:30", "08:35 – 16:35 (97)",
        "16:40 – 18:15 (20)", "18:20 – 23:55 (68)", lines[-1],
    ]  # fmt: skip
    assert "0 – 99" in lines[1]
    assert "calibrating (01)" in lines[6]
    assert lines[-1].startswith("Readings in a row")


def test_an_hour_is_listed_reading_by_reading() -> None:
    assert len(table(long_day()[:24], "vi", None)) == 25


def test_what_could_not_be_checked_is_counted_and_no_reading_is_said_so() -> None:
    one = example(shapes.Why)["readings"][0] | {"not_evaluated": ["spike"]}
    assert table([one, one], "en", None)[-1] == "Checks that could not be made: spike (2)"
    assert table([], "vi", None) == ["không có số liệu nào trong kỳ"]


def test_a_long_history_keeps_its_first_and_newest_changes() -> None:
    told = [example(shapes.Transition, seq=n) for n in range(30)]
    alert = example(shapes.Alert)
    text = render(example(shapes.Why) | {"alert": alert, "transitions": told}, "en")
    lines = text[text.index("HISTORY") : text.index("VERSIONS")].split("\n")
    assert lines[2] == "… 10 other changes …"
    assert len([line for line in lines if "severity" in line]) == 20


def test_every_code_that_a_reading_can_have_has_words() -> None:
    tests = set(names(Check(sum(Check))))
    assert set(words.TESTS) == tests
    assert {*LEFT_OUT.values(), *DECIDED.values(), ALONE} - {"failed_check"} <= set(words.REASONS)
    assert set(words.FLAGS) == {str(int(flag)) for flag in Flag}
    assert set(words.ALERTS) == set(AlertKind)
    assert set(words.SEVERITIES) == set(Severity)
    assert set(words.CHANGES) == set(Change)
    assert set(words.ACTS) == set(Act)
    assert set(words.VERIFICATION) == set(Verification)


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (None, "none"),
        ({"low": 6, "high": 9, "unit": "-", "verification": "single"}, "6 – 9 (one source)"),
    ],
)
def test_the_text_without_a_limit_and_with_a_range(
    limit: dict[str, object] | None, shown: str
) -> None:
    why = example(shapes.Why)
    given = None if limit is None else why["limit"] | limit
    lines = render(why | {"limit": given}, "en").splitlines()
    assert lines[lines.index("LIMIT") + 1] == shown


AMENDED = {
    "id": 3, "act": "value", "from": "2026-11-22T08:35:00+07:00", "to": "2026-11-22T08:35:01+07:00",
    "value": 61.5, "unit": "mg/L", "reverses": None, "author": "Sở (mẫu)", "reason": "mẫu",
    "holds": True,
}  # fmt: skip


def test_the_text_tells_what_was_decided_and_what_was_taken_back() -> None:
    why = example(shapes.Why)
    reading = why["readings"][0] | {
        "used": 61.5, "amendment": {"id": 3, "by": "Sở (mẫu)", "reason": "mẫu"},
    }  # fmt: skip
    ended = AMENDED | {"id": 1, "act": "exclude", "value": None, "holds": False}
    back = AMENDED | {"id": 2, "act": "reverse", "value": None, "reverses": 1, "holds": False}
    told = why | {"readings": [reading], "amendments": [ended, back, AMENDED]}
    lines = render(told, "vi").splitlines()
    first = lines.index("QUYẾT ĐỊNH CỦA CÁN BỘ")
    span = "08:35 22/11/2026 – 08:35:01 22/11/2026, Sở (mẫu): mẫu"
    assert lines[first + 1 : first + 4] == [
        f"1: không tính (đã rút lại), {span}",
        f"2: rút lại quyết định 1, {span}",
        f"3: dùng giá trị 61,5 mg/L, {span}",
    ]
    head, row = lines[lines.index("SỐ LIỆU") + 1 :][:2]
    assert row[head.index("Dùng") :].startswith("61,5 ")
    assert row[head.index("Quyết định") :].startswith("3 ")


def test_without_decisions_the_text_has_no_such_section() -> None:
    assert "AMENDMENTS" not in render(example(shapes.Why), "en")
