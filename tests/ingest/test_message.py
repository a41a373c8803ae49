from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.message import decode_message
from ingest.rejections import REMEDIES
from ingest.scales import scales_of
from rules.model import Status
from tests.ingest.plants import AT, CATALOGUE, NOW, READINGS, REGISTER, decoded, reasons
from tolich.ports import Measured

TS = '"ts":"2026-11-22T08:35:00+07:00"'
GOOD = '{"p":"TSS","v":38.4}'
GOOD_READING = Measured("TSS", AT, 38_400_000, Status.MEASURING)


def message(*readings: str, ts: str = TS) -> str:
    head = f"{ts}," if ts else ""
    return f'{{{head}"readings":[{",".join(readings)}]}}'


def test_the_contract_s_example() -> None:
    found = decoded(
        '{"ts":"2026-11-22T08:35:00+07:00","seq":812,"readings":'
        '[{"p":"COD","v":61.5,"u":"mg/L","s":"00"},{"p":"pH","v":7.21,"u":"-","s":"01"},'
        '{"p":"FlowOut","v":2.5,"u":"L/s","s":"02"},{"p":"NH4","v":4}]}'
    )
    assert found.station == "MAU01"
    assert found.rejected == []
    assert found.readings == [
        Measured("COD", AT, 61_500_000, Status.MEASURING),
        Measured("pH", AT, 7_210_000, Status.CALIBRATING),
        Measured("FlowOut", AT, 9_000_000, Status.FAULT),
        Measured("NH4", AT, 4_000_000, Status.MEASURING),
    ]


WHOLE = {
    "not JSON": (b"temperature=3", "not_json"),
    "nothing": (b"", "not_json"),
    "cut off": (message(GOOD)[:-1].encode(), "not_json"),
    "too deep": (b"[" * 100_000, "not_json"),
    "invalid UTF-8": (message(GOOD).encode() + b"\xff", "invalid_utf8"),
    "UTF-16": (message(GOOD).encode("utf-16"), "invalid_utf8"),
    "a list": (f"[{GOOD}]".encode(), "envelope_invalid"),
    "null": (b"null", "envelope_invalid"),
    "no readings key": (f"{{{TS}}}".encode(), "envelope_invalid"),
    "readings no list": (f'{{{TS},"readings":{GOOD}}}'.encode(), "envelope_invalid"),
    "readings null": (f'{{{TS},"readings":null}}'.encode(), "envelope_invalid"),
    "empty list": (message().encode(), "no_readings"),
    "no time at all": (message(GOOD, ts="").encode(), "time_missing"),
    "a naive time": (message(GOOD, ts='"ts":"2026-11-22T08:35:00"').encode(), "time_naive"),
    "an epoch": (message(GOOD, ts='"ts":1795311300').encode(), "time_invalid"),
    "an epoch as text": (message(GOOD, ts='"ts":"1795311300"').encode(), "time_invalid"),
    "time null": (message(GOOD, ts='"ts":null').encode(), "time_invalid"),
    "1970": (message(GOOD, ts='"ts":"1970-01-01T00:00:00Z"').encode(), "time_too_old"),
    "1999": (message(GOOD, ts='"ts":"1999-12-31T23:59:59+07:00"').encode(), "time_too_old"),
    "10 minutes ahead": (
        message(GOOD, ts='"ts":"2026-11-22T08:45:30+07:00"').encode(), "time_in_future",
    ),
    "the last year": (message(GOOD, ts='"ts":"9999-12-31T23:59:59Z"').encode(), "time_in_future"),
    "5 MB": (message(*[GOOD] * 250_000).encode(), "payload_too_large"),
}  # fmt: skip


@pytest.mark.parametrize("payload, reason", WHOLE.values(), ids=WHOLE)
def test_a_bad_envelope_rejects_everything(payload: bytes, reason: str) -> None:
    found = decoded(payload)
    assert reasons(found) == [(reason, None)]
    assert (found.station, list(found.readings)) == ("MAU01", [])


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22", "20261122T083500+0700", "2026-W47-7T08:35:00+07:00", "2026-11-22T08:35+07:00",
        "2026-11-22T08:35:00+0700", "2026-11-22T08:35:00+07", "2026-11-22T24:00:00+07:00",
        "2026-02-29T08:35:00+07:00", "2026-11-22T08:35:00,5+07:00", "2026-13-22T08:35:00Z",
        "0001-01-01T00:00:00+07:00", "2026-11-22T08:35:00+24:00", "2026-11-22T08:35:00.+07:00",
        "٢٠٢٦-11-22T08:35:00Z", "22/11/2026 08:35:00", "", "2026-11-22T08:35:00+07:00 ",
    ],
)  # fmt: skip
def test_what_rfc_3339_does_not_allow(text: str) -> None:
    ts = f'"ts":{json.dumps(text)}'
    assert reasons(decoded(message(GOOD, ts=ts))) == [("time_invalid", None)]


@pytest.mark.parametrize(
    "text, at",
    [
        ("2026-11-22T01:35:00Z", AT),
        ("2026-11-22t01:35:00z", AT),
        ("2026-11-22 01:35:00Z", AT),
        ("2026-11-22T01:35:00-00:00", AT),
        ("2026-11-22T08:35:00.999999999+07:00", AT),
        ("2026-11-21T20:05:00-05:30", AT),
        ("2026-11-22T08:45:29+07:00", NOW + 599),
        ("2000-01-01T00:00:00+07:00", 946659600),
    ],
)
def test_what_rfc_3339_allows(text: str, at: int) -> None:
    found = decoded(message(GOOD, ts=f'"ts":"{text}"'))
    assert found.readings == [GOOD_READING._replace(observed_at=at)]
    assert found.rejected == []


ALONE = {
    "NaN": ('{"p":"COD","v":NaN}', "value_not_finite"),
    "Infinity": ('{"p":"COD","v":Infinity}', "value_not_finite"),
    "-Infinity": ('{"p":"COD","v":-Infinity}', "value_not_finite"),
    "1e999": ('{"p":"COD","v":1e999}', "value_not_finite"),
    "a thousand digits": (f'{{"p":"COD","v":{"9" * 1000}}}', "value_not_finite"),
    "a number as text": ('{"p":"COD","v":"41.2"}', "value_not_number"),
    "a boolean": ('{"p":"COD","v":true}', "value_not_number"),
    "no value": ('{"p":"COD"}', "reading_invalid"),
    "null": ('{"p":"COD","v":null}', "value_not_number"),
    "a list": ('{"p":"COD","v":[1]}', "value_not_number"),
    "beyond 64 bits": ('{"p":"COD","v":9223372036854.78}', "value_too_large"),
    "far beyond": ('{"p":"COD","v":-1e300}', "value_too_large"),
    "no parameter": ('{"v":1}', "reading_invalid"),
    "parameter a number": ('{"p":1,"v":1}', "reading_invalid"),
    "no object": ("7", "reading_invalid"),
    "unknown parameter": ('{"p":"CODD","v":1}', "parameter_unknown"),
    "other case": ('{"p":"cod","v":1}', "parameter_unknown"),
    "half a surrogate": (r'{"p":"\ud800","v":1}', "parameter_unknown"),
    "not registered": ('{"p":"TP","v":1}', "parameter_not_registered"),
    "unknown unit": ('{"p":"COD","v":1,"u":"m3/h"}', "unit_unknown"),
    "empty unit": ('{"p":"COD","v":1,"u":""}', "unit_unknown"),
    "unit null": ('{"p":"COD","v":1,"u":null}', "unit_unknown"),
    "status a number": ('{"p":"COD","v":1,"s":0}', "status_invalid"),
    "own time naive": ('{"p":"COD","v":1,"ts":"2026-11-22T08:35:00"}', "time_naive"),
    "own time an epoch": ('{"p":"COD","v":1,"ts":1795311300}', "time_invalid"),
    "own time ahead": ('{"p":"COD","v":1,"ts":"2026-11-22T09:35:00+07:00"}', "time_in_future"),
    "own time 1970": ('{"p":"COD","v":1,"ts":"1970-01-01T00:00:00Z"}', "time_too_old"),
}


@pytest.mark.parametrize("bad, reason", ALONE.values(), ids=ALONE)
def test_a_bad_reading_rejects_only_itself(bad: str, reason: str) -> None:
    found = decoded(message(GOOD, bad, GOOD))
    assert reasons(found) == [(reason, 1)]
    assert found.readings == [GOOD_READING, GOOD_READING]


def test_every_way_of_being_wrong_at_once_keeps_its_place() -> None:
    found = decoded(message(*(bad for bad, _ in ALONE.values())))
    assert reasons(found) == [(reason, n) for n, (_, reason) in enumerate(ALONE.values())]


@pytest.mark.parametrize("bad, reason", ALONE.values(), ids=ALONE)
def test_details_can_be_stored_and_read(bad: str, reason: str) -> None:
    (rejection,) = decoded(message(bad, GOOD)).rejected
    assert rejection.detail.isprintable()
    assert rejection.detail.encode("utf-8")
    assert (rejection.remedy_en, rejection.remedy_vi) == REMEDIES[reason]


@pytest.mark.parametrize(
    "bad, said",
    [
        ('{"p":"CODD","v":1}', "'CODD' is no parameter; did you mean 'COD'?"),
        ('{"p":"TP","v":1}', "FlowIn, FlowOut, Temp, pH, TSS, COD, NH4, TN"),
        ('{"p":"COD","v":1,"u":"mgl"}', "known: mg/L, g/m3, ug/l, g/l, ppm"),
        ('{"p":"COD","v":"41.2"}', "v: expected a number, found '41.2'"),
    ],
)
def test_details_say_what_was_found(bad: str, said: str) -> None:
    (rejection,) = decoded(message(bad)).rejected
    assert said in rejection.detail


@pytest.mark.parametrize(
    "topic",
    [
        "tolich/v1/ccn-mau-01/MAU99/readings",
        "tolich/v1/ccn-mau-02/MAU01/readings",  # of another cluster
        "tolich/v1/ccn-mau-01/mau01/readings",
        "tolich/v1/-/-/readings",
    ],
)
def test_an_unknown_station(topic: str) -> None:
    found = decoded(message(GOOD), topic)
    assert reasons(found) == [("station_unknown", None)]
    assert (found.station, list(found.readings)) == (None, [])


def test_an_unknown_topic() -> None:
    assert reasons(decoded(message(GOOD), f"{READINGS}/more")) == [("topic_unknown", None)]


def test_the_payload_cannot_name_another_station() -> None:
    more = '"station":"MAU02","cluster":"ccn-mau-02","s":"02","extra":{"v":[NaN]}'
    found = decoded(message(GOOD[:-1] + f",{more}}}", ts=f"{TS},{more}"))
    assert found.station == "MAU01"
    # "s" of the envelope changes nothing; that of the reading does.
    assert found.readings == [GOOD_READING._replace(status=Status.FAULT)]


@pytest.mark.parametrize("code", ["03", "", "0", "1", "99", "M"])
def test_another_status_is_kept_and_not_counted(code: str) -> None:
    found = decoded(message(GOOD[:-1] + f',"s":"{code}"}}', GOOD))
    assert found.readings == [GOOD_READING._replace(status=Status.UNKNOWN), GOOD_READING]
    assert found.rejected == []


def test_a_negative_value_and_one_out_of_range_are_readings() -> None:
    found = decoded(message('{"p":"COD","v":-3.5}', '{"p":"pH","v":99}', '{"p":"TSS","v":-0.0}'))
    assert [reading.value for reading in found.readings] == [-3_500_000, 99_000_000, 0]


def test_readings_may_bring_their_own_time() -> None:
    early = '{"p":"COD","v":1,"ts":"2026-11-22T08:30:00+07:00"}'
    found = decoded(message(early, GOOD))
    assert [reading.observed_at for reading in found.readings] == [AT - 300, AT]
    found = decoded(message(early, GOOD, ts=""))
    assert [reading.observed_at for reading in found.readings] == [AT - 300]
    assert reasons(found) == [("time_missing", 1)]


def test_a_byte_order_mark_says_nothing() -> None:
    assert decoded(b"\xef\xbb\xbf" + message(GOOD).encode()).readings == [GOOD_READING]


def test_a_bad_envelope_is_not_excused_by_bad_readings() -> None:
    found = decoded(message('{"p":"COD","v":NaN}', ts='"ts":"2026-11-22T08:35:00"'))
    assert reasons(found) == [("time_naive", None)]
    found = decoded(message('{"p":"COD","v":NaN}', ts=""))
    assert reasons(found) == [("value_not_finite", 0)]


# --- shapes ---------------------------------------------------------------------------------


def nearest(value: str, factor: Decimal = Decimal(1)) -> int:
    """Round half to even of the exact decimal, by definition."""
    return round(Fraction(Decimal(value)) * Fraction(factor) / Fraction("0.000001"))


@given(quanta=st.integers(-(10**15), 10**15))
def test_whole_quanta_survive_the_journey(quanta: int) -> None:
    text = f"{'-' if quanta < 0 else ''}{abs(quanta) // 10**6}.{abs(quanta) % 10**6:06}"
    (reading,) = decoded(message(f'{{"p":"COD","v":{text}}}')).readings
    assert reading.value == quanta


@given(value=st.floats(-1e9, 1e9), unit=st.sampled_from(["mg/L", "g/L", "ug/L"]))
def test_a_float_is_the_shortest_decimal_that_stands_for_it(value: float, unit: str) -> None:
    payload = {"ts": "2026-11-22T08:35:00+07:00", "readings": [{"p": "COD", "v": value, "u": unit}]}
    factor = {"mg/L": Decimal(1), "g/L": Decimal(1000), "ug/L": Decimal("0.001")}[unit]
    (reading,) = decoded(json.dumps(payload)).readings
    assert reading.value == nearest(repr(value), factor)


@given(whole=st.integers(-(10**6), 10**6), tail=st.sampled_from(["49", "5", "50", "51", "500001"]))
def test_ties_go_to_even(whole: int, tail: str) -> None:
    text = f"{whole}.123456{tail}"
    assert scales_of(CATALOGUE).find("COD", None).quanta(float(text), text) == nearest(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
readings_like = st.fixed_dictionaries(
    {},
    optional={
        "p": st.sampled_from(["COD", "pH", "TP", "cod"]) | json_values,
        "v": st.floats() | st.integers() | json_values,
        "u": st.sampled_from(["mg/L", "-", "L/s"]) | json_values,
        "s": st.sampled_from(["00", "01", "07"]) | json_values,
        "ts": st.sampled_from(["2026-11-22T08:35:00+07:00", "2026-11-22"]) | json_values,
    },
)
messages_like = st.fixed_dictionaries(
    {"readings": st.lists(readings_like | json_values, max_size=4) | json_values},
    optional={"ts": st.sampled_from(["2026-11-22T08:35:00+07:00", "x"]) | json_values},
)


@given(message=messages_like | json_values)
def test_every_message_is_answered(message: object) -> None:
    found = decoded(json.dumps(message))
    count = len(message["readings"]) if isinstance(message, dict) and "readings" in message and (
        isinstance(message["readings"], list)
    ) else 0  # fmt: skip
    if any(rejection.index is None for rejection in found.rejected):
        assert (len(found.rejected), list(found.readings)) == (1, [])
    else:
        assert len(found.readings) + len(found.rejected) == count
        assert len({rejection.index for rejection in found.rejected}) == len(found.rejected)


@given(message=messages_like)
def test_reading_one_by_one_says_the_same(message: dict[str, object]) -> None:
    # A byte order mark is what the fast way cannot read and the patient one does not mind.
    payload = json.dumps(message).encode()
    assert decoded(payload) == decoded(b"\xef\xbb\xbf" + payload)


@given(payload=st.binary(max_size=60))
def test_any_bytes_are_answered(payload: bytes) -> None:
    readings, rejected = decode_message(payload, REGISTER.stations["MAU01"], CATALOGUE, NOW)
    assert rejected
    assert not readings
