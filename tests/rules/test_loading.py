"""Reading a mapping strictly: what is taken, what is refused, and what the refusal says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.loading import Reader, calendar_day, exact, meant
from rules.model import Problem


def reader(raw: object) -> tuple[Reader, list[Problem]]:
    """A reader of the whole of a file, and where its problems go."""
    problems: list[Problem] = []
    return Reader("f.yaml", "", raw, problems), problems


def said(problems: list[Problem]) -> list[str]:
    return [f"{problem.key}: {problem.message}" for problem in problems]


# --- numbers and days -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (150, "150"),
        (0.1, "0.1"),  # and not the binary fraction nearest to it
        (Decimal("74.25"), "74.25"),
        ("5.50", "5.50"),
        ("1e3", "1E+3"),
        ("-3", "-3"),
    ],
)
def test_a_number_is_exact(value: object, number: str) -> None:
    found = exact(value)
    assert found is not None
    assert str(found) == number


@pytest.mark.parametrize(
    "value",
    [True, False, None, [], {}, "", "many", "1,5", float("nan"), float("inf"), "NaN", "-Infinity"],
)
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert exact(value) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_by_its_shortest_text(value: float) -> None:
    found = exact(value)
    assert found is not None
    assert float(found) == value
    assert len(found.as_tuple().digits) <= 17


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2026, 3, 9), date(2026, 3, 9)),
        ("2026-03-09", date(2026, 3, 9)),
        (datetime(2026, 3, 9, 8, tzinfo=UTC), None),  # an instant is two days, east and west
        ("09/03/2026", None),
        (None, None),
    ],
)
def test_a_day(value: object, day: date | None) -> None:
    assert calendar_day(value) == day


# --- what a mapping holds ---------------------------------------------------------------------


def test_what_is_there_is_taken_as_it_stands() -> None:
    entry, problems = reader(
        {
            "name": " Trạm Mẫu ", "number": 12, "share": Decimal("0.5"), "on": True, "slots": 288,
            "from": "2026-03-09", "tags": ["a", 1], "inner": {"a": 1}, "list": [{"b": 2}],
            "by": {"c": {"d": 4}}, "plain": {"e": 5},
        }
    )  # fmt: skip
    assert (entry.text("name"), entry.text("number"), entry.decimal("share")) == (
        "Trạm Mẫu",
        "12",
        Decimal("0.5"),
    )
    assert (entry.flag("on"), entry.whole("slots"), entry.day("from")) == (
        True,
        288,
        date(2026, 3, 9),
    )
    assert (entry.texts("tags"), entry.values("plain")) == (("a", "1"), {"e": 5})
    inner = entry.child("inner")
    assert inner is not None
    assert (inner.where, inner.whole("a")) == ("inner", 1)
    assert [(one.where, one.whole("b")) for one in entry.children("list")] == [("list[0]", 2)]
    assert [(name, one.where, one.whole("d")) for name, one in entry.named("by")] == [
        ("c", "by.c", 4)
    ]
    entry.close()
    assert problems == []


def test_what_is_absent_or_null_takes_its_default() -> None:
    entry, problems = reader({"a": None, "b": None, "c": None})
    assert (entry.text("a", "–"), entry.whole("b", 300), entry.flag("c", True)) == ("–", 300, True)
    assert (entry.decimal("d"), entry.day("e"), entry.optional_text("f")) == (None, None, None)
    assert (entry.texts("g"), entry.values("h"), entry.child("i")) == ((), {}, None)
    assert (list(entry.children("j")), list(entry.named("k"))) == ([], [])
    assert (entry.has("l"), reader({"m": None})[0].has("m")) == (False, False)
    assert problems == []


@pytest.mark.parametrize(
    ("how", "value", "message"),
    [
        ("text", None, "expected a text, found nothing"),
        ("text", "  ", "expected a text, found '  '"),
        ("text", True, "expected a text, found True"),
        ("text", {"a": 1}, "expected a text, found a mapping"),
        ("text", ["a"], "expected a text, found a list"),
        ("optional_text", [], "expected a text, found a list"),
        ("flag", "yes", "expected true or false, found 'yes'"),
        ("flag", 1, "expected true or false, found 1"),
        ("whole", "288", "expected a whole number, found '288'"),
        ("whole", True, "expected a whole number, found True"),
        ("whole", Decimal("1.5"), "expected a whole number, found Decimal('1.5')"),
        ("decimal", "many", "expected a number such as 150 or 0.05, found 'many'"),
        ("required_decimal", None, "a number is required here"),
        ("required_decimal", [1], "expected a number such as 150 or 0.05, found a list"),
        ("day", "09/03/2026", "expected a day such as 2026-01-31, found '09/03/2026'"),
        ("required_day", None, "a day is required here, such as 2026-01-31"),
        ("texts", "a, b", "expected a list, found 'a, b'"),
        ("values", ["a"], "expected a mapping, found a list"),
        ("child", ["a"], "expected a mapping of keys to values, found a list"),
    ],
)
def test_what_does_not_fit_is_named_with_the_remedy(how: str, value: object, message: str) -> None:
    entry, problems = reader({"key": value})
    getattr(entry, how)("key")
    entry.close()
    assert said(problems) == [f"key: {message}"]


@pytest.mark.parametrize(
    ("how", "value", "message"),
    [
        ("named", ["a"], "expected a mapping of names, found a list"),
        ("children", {"a": 1}, "expected a list, found a mapping"),
    ],
)
def test_a_collection_of_the_wrong_kind_has_no_entries(
    how: str, value: object, message: str
) -> None:
    entry, problems = reader({"key": value})
    assert list(getattr(entry, how)("key")) == []
    assert said(problems) == [f"key: {message}"]


def test_a_file_that_is_no_mapping_is_named_at_its_top() -> None:
    entry, problems = reader(["a"])
    assert entry.has("a") is False
    assert said(problems) == ["(top): expected a mapping of keys to values, found a list"]


def test_a_place_is_named_from_the_top_of_the_file() -> None:
    problems: list[Problem] = []
    entry = Reader("f.yaml", "plants.P1", {"contacts": [{"fone": 1}]}, problems)
    for contact in entry.children("contacts"):
        contact.has("phone")
        contact.close()
    entry.problem("", "is wrong as a whole")
    assert [str(problem) for problem in problems] == [
        "f.yaml: plants.P1.contacts[0].fone: unknown key; did you mean 'phone'?",
        "f.yaml: plants.P1: is wrong as a whole",
    ]


# --- the word that was meant ------------------------------------------------------------------


def test_a_choice_names_the_word_that_was_meant() -> None:
    entry, problems = reader({"period": "dya", "other": "x"})
    assert (entry.choice("period", ("hour", "day")), entry.choice("other", ())) == ("", "")
    assert said(problems) == [
        "period: 'dya' is not one of hour, day; did you mean 'day'?",
        "other: 'x' is not one of nothing known",
    ]


def test_no_word_is_near() -> None:
    assert meant("xyz", ["hour", "day"]) == "; known here: day, hour"
    assert meant("hours", ["hour", "day"]) == "; did you mean 'hour'?"
    assert meant("xyz", []) == ""


def test_every_key_nobody_asked_for_is_refused() -> None:
    entry, problems = reader({"max": 1, "maxx": 2, "note": None})
    entry.decimal("max")
    entry.close()
    assert said(problems) == [
        "maxx: unknown key; did you mean 'max'?",
        "note: unknown key; known here: max",
    ]
