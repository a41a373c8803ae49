from __future__ import annotations

import re
from pathlib import Path

import pytest

import ingest
from ingest.rejections import REMEDIES, quoted, reject

_RAISED = re.compile(r'Refusal\(\s*"(\w+)"|: "(\w+)"[,}]')


def test_every_reason_that_is_given_has_remedies_and_every_remedy_a_reason() -> None:
    package = Path(ingest.__file__).parent
    texts = [file.read_text(encoding="utf-8") for file in package.glob("*.py")]
    given = {code for text in texts for pair in _RAISED.findall(text) for code in pair if code}
    assert given == set(REMEDIES)


@pytest.mark.parametrize("code", REMEDIES)
def test_remedies_are_whole_sentences_in_both_languages(code: str) -> None:
    rejection = reject(code, "x", 3)
    assert rejection.remedy_en.endswith(".")
    assert rejection.remedy_vi.endswith(".")
    assert not rejection.remedy_vi.isascii()
    assert (rejection.reason, rejection.index) == (code, 3)


def test_details_stay_short() -> None:
    assert len(reject("not_json", "x" * 10_000).detail) == 400


@pytest.mark.parametrize(
    "found, said",
    [
        (None, "null"), (True, "true"), ({"a": 1}, "an object"), ([1], "a list"), (4.5, "4.5"),
        ("a\n\x00\ud800", r"'a\n\x00\ud800'"), ("x" * 100, f"'{'x' * 48}'... (100 characters)"),
    ],
)  # fmt: skip
def test_what_was_found_is_quoted_printable(found: object, said: str) -> None:
    assert quoted(found) == said
