from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tt10 import file_stem
from rules.model import Status
from tests.ingest.plants import AT, NOW, STAMP, TT10, decoded, reasons
from tolich.ports import Measured

EXAMPLES = Path(__file__).parents[2] / "examples" / "tt10"
NAME = f"HN_MAU01_NUO001_{STAMP}.txt"

GOOD = f"TSS\t38.4\tmg/L\t{STAMP}\t00"
GOOD_READING = Measured("TSS", AT, 38_400_000, Status.MEASURING)
FILE = "\n".join(
    [
        f"Flow\t41.7\tm3/h\t{STAMP}\t00",
        f"Temp\t29.3\toC\t{STAMP}\t00",
        f"pH\t7.21\t-\t{STAMP}\t00",
        GOOD,
        f"COD\t61.5\tmg/L\t{STAMP}\t01",
        f"NH4\t4.10\tmg/L\t{STAMP}\t02",
        "",
    ]
)
FILE_READINGS = [
    Measured("FlowOut", AT, 41_700_000, Status.MEASURING),
    Measured("Temp", AT, 29_300_000, Status.MEASURING),
    Measured("pH", AT, 7_210_000, Status.MEASURING),
    GOOD_READING,
    Measured("COD", AT, 61_500_000, Status.CALIBRATING),
    Measured("NH4", AT, 4_100_000, Status.FAULT),
]

SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "LF": lambda text: text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "no last line end": lambda text: text.rstrip().encode(),
    "blank lines": lambda text: (text + "\r\n \n\n").encode(),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "decimal comma": lambda text: text.replace(".", ",").encode(),
    "spaces": lambda text: text.replace("\t", " \t ").encode(),
    "capitals": lambda text: text.upper().encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("topic", [TT10, f"{TT10}/{NAME}"], ids=["no name", "name"])
def test_the_vendor_s_spelling_does_not_matter(
    spelling: Callable[[str], bytes], topic: str
) -> None:
    found = decoded(spelling(FILE), topic)
    assert (found.station, found.readings, found.rejected) == ("MAU01", FILE_READINGS, [])


LINES = {
    "four columns": (f"COD\t61.5\tmg/L\t{STAMP}", "tt10_fields"),
    "six columns": (f"COD\t61.5\tmg/L\t{STAMP}\t00\tx", "tt10_fields"),
    "a TAB at the end": (f"COD\t61.5\tmg/L\t{STAMP}\t00\t", "tt10_fields"),
    "spaces for TABs": (f"COD 61.5 mg/L {STAMP} 00", "tt10_fields"),
    "unknown symbol": (f"COX\t61.5\tmg/L\t{STAMP}\t00", "tt10_symbol_unknown"),
    "not registered": (f"TP\t1.5\tmg/L\t{STAMP}\t00", "parameter_not_registered"),
    "unknown unit": (f"COD\t61.5\tm3/h\t{STAMP}\t00", "unit_unknown"),
    "no unit": (f"COD\t61.5\t\t{STAMP}\t00", "unit_unknown"),
    "no value": (f"COD\t\tmg/L\t{STAMP}\t00", "value_not_number"),
    "NaN": (f"COD\tNaN\tmg/L\t{STAMP}\t00", "value_not_number"),
    "thousands": (f"COD\t1.061,5\tmg/L\t{STAMP}\t00", "value_not_number"),
    "other digits": (f"COD\t٦١\tmg/L\t{STAMP}\t00", "value_not_number"),
    "too large": (f"COD\t1e999\tmg/L\t{STAMP}\t00", "value_too_large"),
    "a day without a time": ("COD\t61.5\tmg/L\t20261122\t00", "tt10_time_invalid"),
    "no such day": ("COD\t61.5\tmg/L\t20261131083500\t00", "tt10_time_invalid"),
    "year 1": ("COD\t61.5\tmg/L\t00010101000000\t00", "tt10_time_invalid"),
    "1970": ("COD\t61.5\tmg/L\t19700101083500\t00", "time_too_old"),
    "10 minutes ahead": ("COD\t61.5\tmg/L\t20261122084530\t00", "time_in_future"),
    "year 9999": ("COD\t61.5\tmg/L\t99991231235959\t00", "time_in_future"),
}


@pytest.mark.parametrize("line, reason", LINES.values(), ids=LINES)
def test_a_bad_line_rejects_only_itself(line: str, reason: str) -> None:
    found = decoded(f"{GOOD}\n{line}\n{GOOD}\n", TT10)
    assert reasons(found) == [(reason, 1)]
    assert found.rejected[0].detail.startswith("line 2: ")
    assert found.readings == [GOOD_READING, GOOD_READING]


@pytest.mark.parametrize(
    "line, said",
    [
        (f"COD\t61.5\tmg/L\t{STAMP}", "found 4 fields, expected 5"),
        (f"COX\t61.5\tmg/L\t{STAMP}\t00", "did you mean 'COD'?"),
    ],
)
def test_details_say_what_was_found(line: str, said: str) -> None:
    (rejection,) = decoded(line, TT10).rejected
    assert said in rejection.detail


@pytest.mark.parametrize("payload", [b"", b"\n", b"\r\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file(payload: bytes) -> None:
    assert reasons(decoded(payload, TT10)) == [("tt10_empty", None)]


def test_invalid_utf8() -> None:
    assert reasons(decoded(FILE.encode("utf-16"), TT10)) == [("invalid_utf8", None)]


def test_too_large() -> None:
    assert reasons(decoded(b"x" * (1 << 20) + b"x", TT10)) == [("payload_too_large", None)]


@pytest.mark.parametrize("code", ["03", "", "0", "XX"])
def test_another_status_is_kept_and_not_counted(code: str) -> None:
    found = decoded(f"{GOOD[:-2]}{code}\n{GOOD}", TT10)
    assert found.readings == [GOOD_READING._replace(status=Status.UNKNOWN), GOOD_READING]
    assert found.rejected == []


def test_a_negative_concentration_is_a_reading() -> None:
    (reading,) = decoded(GOOD.replace("38.4", "-0.4"), TT10).readings
    assert reading.value == -400_000


@pytest.mark.parametrize(
    "station, symbol, parameter",
    [
        ("MAU01", "Flow", "FlowOut"),  # as the register maps it
        ("MAU01", "flow", "FlowOut"),
        ("MAU01", "F1", "FlowIn"),
        ("MAU01", "FlowIn", "FlowIn"),
        ("MAU02", "FlowOut", "FlowOut"),
        ("MAU03", "Flow", "FlowOut"),  # the only flow of the station
    ],
)
def test_which_flow_a_symbol_means(station: str, symbol: str, parameter: str) -> None:
    line = f"{symbol}\t1\tm3/h\t{STAMP}\t00"
    (reading,) = decoded(line, f"tolich/v1/ccn-mau-01/{station}/tt10").readings
    assert reading.parameter == parameter


def test_one_flow_of_two_must_be_mapped() -> None:
    line = f"Flow\t1\tm3/h\t{STAMP}\t00"
    (rejection,) = decoded(line, "tolich/v1/ccn-mau-01/MAU02/tt10").rejected
    assert rejection.reason == "tt10_symbol_unknown"
    assert "tt10.symbols" in rejection.remedy_en
    assert "tt10.symbols" in rejection.remedy_vi


@pytest.mark.parametrize(
    "station, name, fits",
    [
        ("MAU01", NAME, True),
        ("MAU01", NAME.replace(".txt", ".TXT"), True),
        ("MAU01", f"HN_MAU01_NUO001{STAMP}.txt", True),  # the older layout
        ("MAU01", f"HN_MAU02_NUO001_{STAMP}.txt", False),
        ("MAU01", f"HN_MAU01_NUO0011_{STAMP}.txt", False),
        ("MAU01", f"hn_mau01_nuo001_{STAMP}.txt", False),
        ("MAU01", "HN_MAU01_NUO001.txt", False),
        ("MAU01", "HN_MAU01_NUO001_20261322083500.txt", False),
        ("MAU01", f"HN_MAU01_NUO001_{STAMP}.csv", False),
        ("MAU01", "", False),
        ("MAU02", f"HN_ABC_NUO001_{STAMP}.txt", True),  # no prefix registered: any will do
        ("MAU02", f"CCNMau{STAMP}.txt", True),
        ("MAU02", f"HN_ABC_{STAMP}.txt", False),
        ("-", f"HN_ABC_NUO001_{STAMP}.txt", False),
        ("-", "readme.txt", False),
    ],
)
def test_the_name_must_be_the_station_s(station: str, name: str, fits: bool) -> None:
    cluster = "-" if station == "-" else "ccn-mau-01"
    found = decoded(GOOD, f"tolich/v1/{cluster}/{station}/tt10/{name}")
    if fits:
        assert (found.readings, found.rejected) == ([GOOD_READING], [])
    else:
        assert reasons(found) == [("tt10_name_mismatch", None)]
        assert list(found.readings) == []


@pytest.mark.parametrize(
    "name, stem",
    [
        ("HN_ABCD_NUO001_20250601083500.txt", "HN_ABCD_NUO001"),
        ("KCNMau20170228145700.txt", "KCNMau"),
        ("Tram120170228145700.txt", "Tram1"),
        ("20170228145700.txt", None),
        ("a/b_20170228145700.txt", None),
        ("KCNMau20170230145700.txt", None),
    ],
)
def test_what_stands_before_the_time(name: str, stem: str | None) -> None:
    assert file_stem(name) == stem


def test_the_example_is_read_whole() -> None:
    (example,) = EXAMPLES.glob("*.txt")
    found = decoded(example.read_bytes(), f"{TT10}/{example.name}")
    assert [reading._replace(observed_at=AT) for reading in found.readings] == FILE_READINGS
    assert found.rejected == []


@given(value=st.decimals(-(10**9), 10**9, allow_nan=False, places=9), comma=st.booleans())
def test_decimals_are_read_exactly(value: Decimal, comma: bool) -> None:
    text = f"{value:f}".replace(".", "," if comma else ".")
    (reading,) = decoded(f"COD\t{text}\tmg/L\t{STAMP}\t00", TT10).readings
    assert reading.value == round(Fraction(value) * 10**6)


@given(text=st.text(st.sampled_from("CODpH\t\n\r.,012 -e\x00\u2028é"), max_size=40))
def test_any_text_is_answered(text: str) -> None:
    found = decoded(text, TT10, NOW)
    assert found.readings or found.rejected
    assert all(rejection.detail.isprintable() for rejection in found.rejected)
