"""Explanations as JSON or as text, whichever is asked for."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api import shapes
from api.answers import prefers_text
from api.whytext import render
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
    for lang, sentence in (("vi", why.summary.vi), ("en", why.summary.en)):
        answer = client.get(f"{path}?lang={lang}", headers={"accept": "text/plain"})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-language"] == lang
        assert answer.headers["vary"] == "Accept"
        assert sentence in answer.text
        assert why.formula in answer.text


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
    assert second.endswith("gross_range")


def test_what_is_nested_is_indented() -> None:
    versions = {"engine": "1.0", "packs": {"QCVN 1": {"version": "2"}}}
    text = render(example(shapes.Why) | {"versions": versions}, "en")
    assert text.endswith("VERSIONS\nengine: 1.0\npacks:\n  QCVN 1:\n    version: 2\n")


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
    span = "2026-11-22T08:35:00+07:00 – 2026-11-22T08:35:01+07:00, Sở (mẫu): mẫu"
    assert lines[first + 1 : first + 4] == [
        f"1: không tính (đã rút lại), {span}",
        f"2: rút lại quyết định 1, {span}",
        f"3: dùng giá trị 61,5, {span}",
    ]
    head, row = lines[lines.index("SỐ LIỆU") + 1 :][:2]
    assert row[head.index("Dùng") :].startswith("61,5 ")
    assert row[head.index("Quyết định") :].startswith("3 ")


def test_without_decisions_the_text_has_no_such_section() -> None:
    assert "AMENDMENTS" not in render(example(shapes.Why), "en")
