"""Fields of the register's forms: numbers as people write them, and places inside an entry."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.both import Both
from api.console.fields import decimal_of, number_text, place_of, put, value_at


@given(
    st.decimals(Decimal(-99999), Decimal(999999), places=4) | st.integers(0, 10**6).map(Decimal),
    st.sampled_from(["vi", "en"]),
)
def test_a_number_shown_is_read_back(number: Decimal, lang: Literal["vi", "en"]) -> None:
    assert decimal_of(number_text(number, lang)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("67,5", "67.5"), ("67.5", "67.5"), ("1 200", "1200"), ("0.125", "0.125"), ("0,125", "0.125"),
     ("-5", "-5"), ("1234,567", "1234.567")],
)  # fmt: skip
def test_a_number_has_a_comma_or_a_point(text: str, number: str) -> None:
    assert decimal_of(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1.200", "1,200", "12.345", "x", "1.2.3", "1e5", "NaN", "٣"])
def test_what_could_be_two_numbers_or_none_is_not_guessed(text: str) -> None:
    found = decimal_of(text)
    assert isinstance(found, Both)
    assert text in found.vi


@pytest.mark.parametrize(
    ("path", "place"),
    [("name", "name"), ("interval[0]", "interval"), ("limits.COD", "limits.COD.max"),
     ("limits.COD.unit", "limits.COD.max"), ("contacts[0].phone", "contacts[0].phone"),
     ("regulation.id", "regulation"), ("escalation.info", None), ("", None)],
)  # fmt: skip
def test_a_problem_is_shown_at_its_control(path: str, place: str | None) -> None:
    known = ["name", "interval", "limits.COD.max", "contacts[0].phone", "regulation"]
    assert place_of(path, known) == place


def test_what_is_taken_out_leaves_nothing_empty_behind() -> None:
    body: dict[str, Any] = {"limits": {"COD": {"max": 1}}, "name": "N"}
    put(body, "limits.pH.min", 6)
    assert value_at(body, "limits.pH.min") == 6
    for path in ("limits.pH.min", "limits.COD.max", "tt10.prefix"):
        put(body, path, None)
    assert body == {"name": "N"}
    assert value_at({"contacts": [{"phone": "1"}]}, "contacts[0].phone") == "1"
    assert value_at({"contacts": []}, "contacts[0].phone") is None
