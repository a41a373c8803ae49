"""TT10 files made again: what the decoder reads out of them is what went in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tt10 import check_name, decode_tt10
from rules.days import day_start
from rules.register import Station, load_register
from rules.tt10 import CODES, Unwritable, Written, symbol_of, tt10_file
from tolich.packs import load_catalogue

CATALOGUE = load_catalogue()
AT = day_start(date(2026, 11, 22)) + 8 * 3600 + 35 * 60
SERIES = ["FlowIn", "FlowOut", "Temp", "pH", "TSS", "COD", "NH4", "Coliform"]


def registered(tt10: Any, series: list[str] | None = None, **more: Any) -> Station:
    entry = {
        "plant": "mau-01", "name": "Trạm Mẫu 01", "from": "2026-01-01", "simulated": True,
        "interval": 300, "series": {key: {} for key in series or SERIES}, **more,
    }  # fmt: skip
    raw = {
        "schema": 1,
        "clusters": {"ccn-mau-01": {"name": "CCN Mẫu 01", "province": "hanoi"}},
        "plants": {"mau-01": {"cluster": "ccn-mau-01", "name": "Nhà máy Mẫu 01", "capacity": 500}},
        "stations": {"MAU01": entry if tt10 is None else {**entry, "tt10": tt10}},
    }
    return load_register("plants", raw, CATALOGUE, {}).stations["MAU01"]


MAU01 = registered({"prefix": "HN_MAU01_NUO001", "symbols": {"Flow": "FlowOut", "F1": "FlowIn"}})


def test_the_bytes_are_the_circulars() -> None:
    readings = [
        Written("pH", 7_210_000, 0),
        Written("FlowOut", 41_700_000, 0),
        Written("COD", 61_500_000, 1),
        Written("Temp", 29_000_000, 0),
        Written("FlowIn", 0, 0),
        Written("TSS", -1, 2),
        Written("Coliform", 3_000_000_000_000, 0),
    ]
    file = tt10_file(MAU01, AT, readings)
    assert file.name == "HN_MAU01_NUO001_20261122083500.txt"
    assert file.content.decode().split("\r\n") == [
        "COD\t61.5\tmg/L\t20261122083500\t01",
        "Coliform\t3000000000\tMPN/100mL\t20261122083500\t00",
        "F1\t0\tm3/h\t20261122083500\t00",
        "Flow\t41.7\tm3/h\t20261122083500\t00",
        "TSS\t-0.000001\tmg/L\t20261122083500\t02",
        "Temp\t29\toC\t20261122083500\t00",
        "pH\t7.21\t-\t20261122083500\t00",
        "",
    ]


def test_every_competing_value_has_its_line_in_one_order() -> None:
    readings = [Written("COD", 70_000_000, 0), Written("COD", 9_000_000, 1), Written("COD", 9, 0)]
    lines = tt10_file(MAU01, AT, readings, "\n").content.decode().splitlines()
    assert [line.split("\t")[1::3] for line in lines] == [
        ["0.000009", "00"], ["9", "01"], ["70", "00"],
    ]  # fmt: skip
    assert tt10_file(MAU01, AT, readings[::-1], "\n") == tt10_file(MAU01, AT, readings, "\n")


def test_a_status_without_a_code_is_left_out_and_counted() -> None:
    file = tt10_file(MAU01, AT, [Written("COD", 1, 9), Written("TSS", 2, 9), Written("pH", 3, 0)])
    assert (file.content.count(b"\n"), file.left_out) == (1, 2)


def test_a_parameter_that_is_no_longer_registered_is_not_written() -> None:
    file = tt10_file(MAU01, AT, [Written("TN", 1, 0), Written("COD", 1, 0)])
    assert (file.content.count(b"\n"), file.left_out) == (1, 0)


def test_a_time_that_closes_its_slot_is_written_as_it_came() -> None:
    station = registered({"prefix": "HN_A_B"}, timestamp_means="end")
    midnight = day_start(date(2026, 11, 23))
    file = tt10_file(station, midnight, [Written("COD", 1_000_000, 0)])
    assert file.name == "HN_A_B_20261123000000.txt"
    assert file.content == b"COD\t1\tmg/L\t20261123000000\t00\r\n"


@pytest.mark.parametrize(
    ("tt10", "said"),
    [
        (None, "has no tt10.prefix"),
        ({"prefix": "HN_../A_B"}, "letters, digits"),
        ({"prefix": "Hà_A_B"}, "letters, digits"),
        ({"prefix": "HN_A_B", "symbols": {"COD": "TSS"}}, "'COD' is registered for another"),
    ],
)
def test_what_cannot_be_written_says_what_to_mend(tt10: Any, said: str) -> None:
    with pytest.raises(Unwritable, match=said):
        tt10_file(registered(tt10), AT, [Written("COD", 1, 0)])


names = st.one_of(
    st.sampled_from(["Flow", "flow", "cod", "COD", "ph", "Tss", "NH4 ", "A\tB", "N-NH4", "Độ pH"]),
    st.text(min_size=1, max_size=6),
)
mappings = st.dictionaries(names, st.sampled_from(SERIES), max_size=6)
writings = st.builds(
    Written,
    st.sampled_from(SERIES),
    st.one_of(st.integers(-(2**40), 2**40), st.integers(-(2**62), 2**62)),
    st.sampled_from([0, 1, 2, 9]),
)
instants = st.integers(day_start(date(2000, 1, 1)), day_start(date(2099, 12, 31)))


def writable(station: Station, reading: Written) -> bool:
    """Whether the register leaves the reading's parameter a symbol."""
    try:
        symbol_of(station, reading.parameter)
    except Unwritable:
        own = reading.parameter.casefold()
        taken = [key for symbol, key in station.tt10_symbols.items() if symbol.casefold() == own]
        assert taken
        assert reading.parameter not in [
            key
            for symbol, key in station.tt10_symbols.items()
            if symbol.isprintable() and symbol.strip() == symbol
        ]
        return False
    return True


@given(mappings, st.lists(writings, max_size=12), instants, st.sampled_from(["\r\n", "\n"]))
def test_reading_it_again_gives_the_same_set(
    symbols: dict[str, str], readings: list[Written], at: int, line_end: str
) -> None:
    station = registered({"prefix": "HN_MAU01_NUO001", "symbols": symbols})
    some = [one for one in readings if writable(station, one)]
    file = tt10_file(station, at, some, line_end)
    check_name(file.name, station)
    found, rejected = decode_tt10(file.content, station, CATALOGUE, at)
    known = {one for one in some if one.status in CODES}
    assert {(one.parameter, one.value, one.status) for one in found} == known
    assert {one.observed_at for one in found} <= {at}
    assert len(found) == len(known)
    assert file.left_out == len(set(some) - known)
    assert [one.reason for one in rejected] == ([] if known else ["tt10_empty"])
    assert tt10_file(station, at, [*some[::-1], *some], line_end) == file
