"""YAML as it was written: exact, without a key twice, and every mistake with its line."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Refused
from tolich.yamlfile import parse_yaml, read_yaml


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("0.05", Decimal("0.05")),
        ("-3.50", Decimal("-3.50")),
        ("1e3", Decimal(1000)),
        ("2.5e-1", Decimal("0.25")),
        ("3000", 3000),
        ("-1", -1),
        ("0", 0),
        ("0123", "0123"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("22:30", "22:30"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("0,05", "0,05"),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("off", "off"),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T08:35:00+07:00", "2026-01-31T08:35:00+07:00"),
        ("2026-1-31", "2026-1-31"),
        ("~", None),
        ("null", None),
        ("", None),
        ("nulls", "nulls"),
        ('""', ""),
        ('"0.05"', "0.05"),
        ("Nhiệt độ", "Nhiệt độ"),
    ],
)
def test_a_value_is_what_was_written(written: str, wanted: object) -> None:
    found = parse_yaml(f"key: {written}\n", "f.yaml")
    assert found == {"key": wanted}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(wanted)


def test_a_decimal_keeps_its_digits() -> None:
    assert str(parse_yaml("3.000", "f.yaml")) == "3.000"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: [1", 2, "not readable as YAML"),
        ("a: 1\n\tb: 2", 2, "not readable as YAML"),
        ("a: 1\nb: c: d", 2, "mapping values are not allowed here"),
        ("a: 1\nb: 2026-02-30", 2, "'2026-02-30' is not a day"),
        ("a: 1\nb: !!int x", 2, "not a whole number"),
        ("a: 1\nb: " + "9" * 5000, 2, "not a whole number"),
        ("a: 1\nb: !!python/object:os.system x", 2, "could not determine a constructor"),
        ("a: 1\nb: *nobody", 2, "undefined alias"),
        ("a: 1\n[b]: 2", 2, "unhashable key"),
        ("a: 1\n---\nb: 2", 2, "expected a single document"),
        ("a: 1\nb: \x01", 2, "the character #x01 is not allowed"),
        (b"a: 1\nb: \xff", 2, "save the file as UTF-8"),
        ("[" * 2000, 1, "nested too deeply"),
    ],
)
def test_a_mistake_is_refused_with_its_line(text: str | bytes, line: int, says: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_yaml(text, "f.yaml")
    (problem,) = refused.value.problems
    assert (problem.file, problem.key) == ("f.yaml", f"line {line}")
    assert says in problem.message


def test_every_double_key_is_named() -> None:
    with pytest.raises(Refused) as refused:
        parse_yaml("a: 1\nb:\n  - {c: 1, d: 2, c: 3}\n1: x\n'1': y\na: 4\n", "f.yaml")
    assert [str(problem) for problem in refused.value.problems] == [
        "f.yaml: line 3: 'c' stands here again (first on line 3); keep one",
        "f.yaml: line 5: '1' stands here again (first on line 4); keep one",
        "f.yaml: line 6: 'a' stands here again (first on line 1); keep one",
    ]


def test_the_same_key_in_two_mappings_is_no_double() -> None:
    text = "a: &x {c: 1}\nb: {c: 2}\nd: *x\n"
    assert parse_yaml(text, "f.yaml") == {"a": {"c": 1}, "b": {"c": 2}, "d": {"c": 1}}


def test_a_double_behind_an_alias_is_named_once() -> None:
    with pytest.raises(Refused) as refused:
        parse_yaml("a: &x {c: 1, c: 2}\nb: *x\nd: *x\n", "f.yaml")
    assert len(refused.value.problems) == 1


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + "tên: Mẫu\r\n".encode())
        assert read_yaml(path) == {"tên": "Mẫu"}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"gone\.yaml: \(file\): cannot be read"):
        read_yaml(tmp_path / "gone.yaml")


@given(st.one_of(st.text(), st.binary()))
def test_anything_is_read_or_refused(text: str | bytes) -> None:
    with suppress(Refused):
        parse_yaml(text, "f.yaml")


# Without what PyYAML's writer folds like a space: control characters and line separators.
_text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=10)
_plain = st.none() | st.booleans() | st.integers() | _text | st.dates()


@given(st.lists(_plain, max_size=5) | st.dictionaries(_text, st.lists(_plain), max_size=5))
def test_what_is_dumped_is_read_again(content: object) -> None:
    assert parse_yaml(yaml.safe_dump(content, allow_unicode=True), "f.yaml") == content


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_is_read_exactly(number: Decimal) -> None:
    assert parse_yaml(f"{number:f}", "f.yaml") == number
