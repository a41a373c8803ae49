"""The bodies of answers: what JSON they are, against the standard library's."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.jsonbody import compact

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | WORDS
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@given(TREES)
def test_what_was_put_in_is_read_again(content: object) -> None:
    assert json.loads(compact(content)) == content


def test_it_is_compact_and_in_utf_8() -> None:
    said = compact({"tên": "Đạt", "v": [1, 2.5, None, True]})
    assert said == '{"tên":"Đạt","v":[1,2.5,null,true]}'.encode()


@pytest.mark.parametrize("broken", ["\ud800", "COD\udfff", {"\ud83d": 1}])
def test_half_a_pair_stays_an_escape(broken: object) -> None:
    said = compact({"text": broken})
    assert json.loads(said.decode("utf-8")) == {"text": broken}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_null(number: float) -> None:
    assert compact([number]) == b"[null]"
