"""TT10 text files (Circular 10/2021/TT-BTNMT): what the loggers of stations really write.

One line a parameter, five fields separated by TAB: symbol, value, unit, yyyyMMddHHmmss,
status. Line ends, a byte order mark and the decimal sign are the vendor's choice.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.message import STATUSES, UNKNOWN, Parts, hint, not_registered, text_of
from ingest.rejections import Refusal, quoted
from ingest.scales import Scales, scales_of
from ingest.times import believable, stamp_instant
from rules.parameters import Catalogue
from rules.register import Station
from tolich.ports import Measured, Rejection

FIELDS = 5

_LINE_END = re.compile(r"\r\n|\n|\r")
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(?:[.,][0-9]{1,24})?(?:[eE][+-]?[0-9]{1,3})?")
_FILE_NAME = re.compile(r"(?P<stem>[^/]+?)_?(?P<stamp>[0-9]{14})\.txt", re.IGNORECASE)
_PLACE = re.compile(r"[^_]+(?:_[^_]+){2,}|[^_]+")  # Province_Facility_Station, or the older Name


def file_stem(filename: str) -> str | None:
    """What stands before the time in a file's name; None when it is no name of a TT10 file.

    `HN_A_B_20250601083500.txt` gives `HN_A_B`; the older `Ten20170228145700.txt` gives `Ten`.
    """
    match = _FILE_NAME.fullmatch(filename)
    if match is None or stamp_instant(match["stamp"]) is None:
        return None
    return match["stem"]


def check_name(filename: str, station: Station) -> None:
    """Raises Refusal tt10_name_mismatch when a file cannot be this station's by its name."""
    stem = file_stem(filename)
    if stem is None:
        raise Refusal("tt10_name_mismatch", f"{quoted(filename)} is not a name of a TT10 file")
    prefix = station.tt10_prefix
    if prefix is None and not _PLACE.fullmatch(stem):
        expected = "Province_Facility_Station before the time"
        raise Refusal("tt10_name_mismatch", f"{quoted(filename)}: expected {expected}")
    if prefix is not None and stem != prefix:
        found = f"{quoted(filename)} begins with {quoted(stem)}"
        raise Refusal("tt10_name_mismatch", f"{found}, files of {station.id} with {prefix!r}")


def decode_tt10(payload: bytes, station: Station, catalogue: Catalogue, now: int) -> Parts:
    """The readings of a station's file at plant time `now`, and which lines were refused."""
    try:
        lines = _LINE_END.split(text_of(payload))
    except Refusal as refusal:
        return [], [refusal.rejection()]
    reader = _Reader(station, _symbols(station), scales_of(catalogue), now)
    readings: list[Measured] = []
    rejected: list[Rejection] = []
    for index, line in enumerate(lines):
        if line and not line.isspace():
            try:
                readings.append(_measured(line, reader))
            except Refusal as refusal:
                refusal.detail = f"line {index + 1}: {refusal.detail}"
                rejected.append(refusal.rejection(index))
    if not readings and not rejected:
        rejected = [Refusal("tt10_empty", f"no line in {len(payload)} bytes").rejection()]
    return readings, rejected


class _Reader(NamedTuple):
    station: Station
    symbols: dict[str, str]
    scales: Scales
    now: int


def _symbols(station: Station) -> dict[str, str]:
    """Parameter by symbol, case folded; what the register maps goes before equal names."""
    own = {key.casefold(): key for key in station.series}
    return own | {symbol.casefold(): key for symbol, key in station.tt10_symbols.items()}


def _measured(line: str, reader: _Reader) -> Measured:
    fields = [field.strip() for field in line.split("\t")]
    if len(fields) != FIELDS:
        raise Refusal("tt10_fields", f"found {len(fields)} fields, expected {FIELDS}")
    symbol, value, unit, stamp, status = fields
    key = _parameter(symbol, reader)
    if not _NUMBER.fullmatch(value):
        raise Refusal("value_not_number", f"{symbol}: {quoted(value)} is not a number")
    at = stamp_instant(stamp)
    if at is None:
        raise Refusal("tt10_time_invalid", f"{quoted(stamp)} is not a time yyyyMMddHHmmss")
    written = value.replace(",", ".")
    quanta = reader.scales.find(key, unit).quanta(float(written), written)
    return Measured(key, believable(at, reader.now), quanta, STATUSES.get(status, UNKNOWN))


def _parameter(symbol: str, reader: _Reader) -> str:
    station, catalogue = reader.station, reader.scales.catalogue
    key = station.tt10_symbols.get(symbol) or reader.symbols.get(symbol.casefold())
    if key is None:
        key = next((name for name in catalogue if name.casefold() == symbol.casefold()), None)
    if key is None:
        raise Refusal(
            "tt10_symbol_unknown",
            f"{quoted(symbol)} means no parameter of {station.id}{hint(symbol, station.series)}",
        )
    if key not in station.series:
        raise not_registered(key, station)
    return key
