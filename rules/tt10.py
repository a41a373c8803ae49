"""TT10 text files (Circular 10/2021/TT-BTNMT) made again: the same readings, the same bytes.

One file a station and instant, one line a reading: symbol, value, unit, yyyyMMddHHmmss, status,
separated by TAB. Where several values compete for an instant every one of them has its line, so
that whoever reads the file gets the set that was received. Lines are sorted by symbol, value and
status, never by the order of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rules.days import ZONE
from rules.model import Parameter, Status
from rules.register import Station

CODES = {Status.MEASURING: "00", Status.CALIBRATING: "01", Status.FAULT: "02"}
"""How a status is written; what a logger meant by any other code is not known."""

_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_SPELLED = {"°C": "oC"}  # as the circular's own example has it; everything else is as registered


class Unwritable(Exception):
    """No file can be made for a station as it is registered; the message says what to mend."""


class Written(NamedTuple):
    """One reading of the instant: parameter, whole quanta, status."""

    parameter: str
    value: int
    status: int


@dataclass(frozen=True, slots=True)
class Tt10File:
    """A file as it goes out. `left_out` counts readings whose status no TT10 code stands for."""

    name: str
    content: bytes
    left_out: int


def stamp(at: int) -> str:
    """UTC epoch seconds as `yyyyMMddHHmmss`, GMT+7."""
    moment = datetime.fromtimestamp(at, ZONE)
    # Not by strftime, which writes years before 1000 with fewer digits on some systems.
    day = f"{moment.year:04}{moment.month:02}{moment.day:02}"
    return f"{day}{moment.hour:02}{moment.minute:02}{moment.second:02}"


def symbol_of(station: Station, parameter: str) -> str:
    """What a station's files call a parameter, so that reading them again gives it back.

    Of several registered symbols: Flow, which is the circular's, then the first in the alphabet.
    Raises Unwritable when every spelling means something else.
    """
    symbols = station.tt10_symbols
    mapped = sorted(s for s, key in symbols.items() if key == parameter and _fits_a_field(s))
    if mapped:
        return "Flow" if "Flow" in mapped else mapped[0]
    taken = {symbol.casefold() for symbol in symbols}
    if parameter.casefold() in taken:
        raise Unwritable(
            f"station {station.id}: the symbol {parameter!r} is registered for another parameter, "
            f"and none for {parameter}: add one under tt10.symbols"
        )
    return parameter


def tt10_file(
    station: Station, at: int, readings: Iterable[Written], line_end: str = "\r\n"
) -> Tt10File:
    """The file of one instant (UTC epoch seconds). Raises Unwritable.

    The time is written as the station wrote it, whether it opens or closes its slot: the
    receiver knows that of the station as we do.
    """
    name = f"{_prefix(station)}_{stamp(at)}.txt"
    known = {one for one in readings if one.parameter in station.series}
    lines = sorted((_key(station, one), one) for one in known if one.status in CODES)
    text = "".join(_line(symbol, station, one, at) + line_end for (symbol, *_), one in lines)
    return Tt10File(name, text.encode(), len(known) - len(lines))


def _key(station: Station, reading: Written) -> tuple[str, int, int]:
    return symbol_of(station, reading.parameter), reading.value, reading.status


def _line(symbol: str, station: Station, reading: Written, at: int) -> str:
    parameter = station.series[reading.parameter].parameter
    unit = _SPELLED.get(parameter.unit, parameter.unit)
    code = CODES[Status(reading.status)]
    return "\t".join((symbol, _exact(parameter, reading.value), unit, stamp(at), code))


def _exact(parameter: Parameter, quanta: int) -> str:
    """Every digit that counts, and no zeros after the last one."""
    written = f"{parameter.decimal(quanta):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _prefix(station: Station) -> str:
    prefix = station.tt10_prefix
    if prefix is None:
        raise Unwritable(
            f"station {station.id} has no tt10.prefix (Province_Facility_Station) in the register"
        )
    if not _NAME.fullmatch(prefix):
        raise Unwritable(
            f"station {station.id}: tt10.prefix {prefix!r} may have ASCII letters, digits, "
            "'_', '-' and '.' only, to be a file's name on any server"
        )
    return prefix


def _fits_a_field(symbol: str) -> bool:
    """Whether a symbol comes back as it was written: no TAB, no line end, nothing stripped."""
    return bool(symbol) and symbol.isprintable() and symbol == symbol.strip()
