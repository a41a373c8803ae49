from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.message import dated, envelope, numbers, plain, tail, topic_of
from simulators.sensor import Instrument, Trace

STAMP = "2026-11-22T08:35:00+07:00"
COD = Instrument("COD", "mg/L", 0.0, 300.0, 900, 1, 5)
TEMP = Instrument("Temp", "°C", -5.0, 100.0, 5, 1, 1)


def trace(shown: list[int], status: list[int]) -> Trace:
    return Trace(np.array(shown, np.int64), np.array(status, np.int64))


@given(st.lists(st.integers(-(10**9), 10**9)), st.integers(0, 4))
def test_numbers_are_exact(shown: list[int], decimals: int) -> None:
    texts = numbers(shown, decimals)
    assert [Decimal(text) for text in texts] == [Decimal(n).scaleb(-decimals) for n in shown]
    assert [json.loads(text) for text in texts] == [float(text) for text in texts]
    assert not any(
        text.startswith("-0") and not int(n) for text, n in zip(texts, shown, strict=True)
    )


@given(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([0, 1, 2])), min_size=1))
def test_readings_with_their_own_time_come_back_from_json(pairs: list[tuple[int, int]]) -> None:
    readings = trace([value for value, _ in pairs], [status for _, status in pairs])
    payload = envelope(STAMP, 812, dated(COD, readings, [tail(STAMP)] * len(pairs)))
    found = json.loads(payload)
    assert (found["ts"], found["seq"]) == (STAMP, 812)
    assert [
        (reading["p"], reading["v"], reading.get("s", "00"), reading["ts"])
        for reading in found["readings"]
    ] == [("COD", value / 10, f"{status:02d}", STAMP) for value, status in pairs]


def test_a_live_reading_spells_out_unit_and_status() -> None:
    payload = envelope(STAMP, 1, plain(TEMP, trace([293, -4], [0, 2])))
    assert json.loads(payload)["readings"] == [
        {"p": "Temp", "v": 29.3, "u": "°C", "s": "00"},
        {"p": "Temp", "v": -0.4, "u": "°C", "s": "02"},
    ]


def test_the_topic_is_the_contract() -> None:
    assert topic_of("ccn-mau-01", "MAU01") == "tolich/v1/ccn-mau-01/MAU01/readings"
