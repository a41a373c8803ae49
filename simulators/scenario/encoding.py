"""Columns of readings to the bytes that a logger sends: JSON, or the national text format.

Each station has one template for a message in which nothing is wrong; filling it in is a
single operation on bytes a message. What is not whole is put together reading by reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rules.days import ZONE, rfc3339
from rules.parameters import Catalogue
from simulators.message import Outgoing, topic_of
from simulators.scenario.spec import Disturbance, Place
from simulators.scenario.transport import Sheet
from simulators.sensors.measuring import Codes

UNKNOWN_STATUS = "07"
"""A code that no regulation knows."""

TRUNCATED_AT = 0.6
"""Share of a message that arrives before the line breaks."""

Doubles = npt.NDArray[np.float64]
Whole = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one station writes."""

    topic: str
    text: bool  # TT10
    prefix: str  # of its files
    template: bytes  # of a message in which nothing is wrong
    pieces: tuple[tuple[str, str], ...]  # of a reading: up to its value (as %), and its unit
    names: tuple[str, ...]


def layout(
    place: Place, catalogue: Catalogue, resolutions: Mapping[str, float] | None = None
) -> Layout:
    """A station's layout; units are those of the catalogue. `resolutions`: other than its own."""
    sensors = place.sensors.sensors
    own = {sensor.parameter: sensor.resolution for sensor in sensors} | dict(resolutions or {})
    forms = [f"%.{decimals(own[sensor.parameter])}f" for sensor in sensors]
    units = [catalogue[sensor.parameter].unit for sensor in sensors]
    names = tuple(sensor.parameter for sensor in sensors)
    text = place.sends == "tt10"
    if text:
        parts = [
            f"{name}\t{form}\t{unit}\t%s\t00"
            for name, form, unit in zip(names, forms, units, strict=True)
        ]
        template = "\r\n".join(parts) + "\r\n"
    else:
        parts = [
            f'{{"p":{_quoted(name)},"v":{form},"u":{_quoted(unit)},"s":"00"}}'
            for name, form, unit in zip(names, forms, units, strict=True)
        ]
        template = f'{{"ts":"%s","seq":%d,"readings":[{",".join(parts)}]}}'
    root = topic_of(place.cluster, place.id)
    topic = f"{root.removesuffix('/readings')}/tt10" if text else root
    pieces = tuple(zip(forms, units, strict=True))
    return Layout(topic, text, prefix_of(place.id), template.encode(), pieces, names)


def prefix_of(station: str) -> str:
    """What a station's files are called before the time."""
    return f"MAU_{station.replace('_', '-')}_NUO001"


def decimals(resolution: float) -> int:
    """Digits after the point that an instrument shows: 1 for 0.5 or 0.2, 0 for 1."""
    return next(digits for digits in range(7) if round(resolution * 10**digits, 6) % 1 == 0)


def encode(
    how: Layout, sheet: Sheet, values: Doubles, status: Codes, edits: Sequence[Disturbance]
) -> list[Outgoing]:
    """The messages of a sheet, in its order. `values` and `status` are (rows; parameters).

    Not a number is not sent; a message in which nothing is left is not sent either.
    """
    shown, codes = values[sheet.row], status[sheet.row]
    plain = (sheet.edit < 0) & ~codes.any(axis=1) & np.isfinite(shown).all(axis=1)
    if plain.all():
        return _plain(how, sheet, shown)
    made: list[Outgoing | None] = [None] * len(sheet)
    whole = np.flatnonzero(plain)
    for place, message in zip(
        whole.tolist(), _plain(how, sheet.take(whole), shown[whole]), strict=True
    ):
        made[place] = message
    for place in np.flatnonzero(~plain).tolist():
        number = int(sheet.edit[place])
        edit = edits[number] if number >= 0 else None
        made[place] = _pieced(how, sheet, place, shown[place], codes[place], edit)
    return [message for message in made if message is not None]


def _plain(how: Layout, sheet: Sheet, shown: Doubles) -> list[Outgoing]:
    columns = shown.T.tolist()
    stamps = sheet.stamp.tolist()
    due = sheet.due.tolist()
    template = how.template
    if how.text:
        said = [compact(at) for at in stamps]
        told = [one.encode() for one in said]
        rows: Iterator[Whole] = zip(*(part for one in columns for part in (one, told)), strict=True)
        names = [f"{how.topic}/{how.prefix}_{stamp}.txt" for stamp in said]
        return [
            Outgoing(name, template % row, at)
            for name, row, at in zip(names, rows, due, strict=True)
        ]
    numbers = (sheet.at // 60 % 1_000_000).tolist()
    rows = zip(map(_stamp, stamps), numbers, *columns, strict=True)
    topic = how.topic
    return [Outgoing(topic, template % row, at) for row, at in zip(rows, due, strict=True)]


def _pieced(
    how: Layout, sheet: Sheet, place: int, shown: Doubles, codes: Codes, edit: Disturbance | None
) -> Outgoing | None:
    """One message with something missing, flagged or wrong."""
    stamp = int(sheet.stamp[place])
    readings = []
    for name, (form, unit), value, code in zip(
        how.names, how.pieces, shown.tolist(), codes.tolist(), strict=True
    ):
        concerned = edit is not None and edit.parameter in (None, name)
        if edit is not None and edit.kind == "conflicts":
            if not concerned:
                continue
            value *= edit.factor
        if np.isfinite(value):
            kind = edit.kind if edit is not None and concerned else ""
            said = UNKNOWN_STATUS if kind == "unknown_status" else f"{code:02d}"
            readings.append(_reading(how.text, name, form % value, unit, said, stamp, kind))
    if not readings:
        return None
    topic, due = how.topic, int(sheet.due[place])
    kind = edit.kind if edit is not None else ""
    if how.text:
        body = "\r\n".join(readings) + "\r\n"
        # The name of the file before: its content is new.
        named = stamp - 300 if kind == "repeated_name" else stamp
        topic = f"{topic}/{how.prefix}_{compact(named)}.txt"
    else:
        number = int(sheet.at[place]) // 60 % 1_000_000
        body = f'{{"ts":"{rfc3339(stamp)}","seq":{number},"readings":[{",".join(readings)}]}}'
    payload = body.encode()
    if kind == "truncated":
        # Whole letters, so that a line of JSON can hold it.
        payload = payload[: int(len(payload) * TRUNCATED_AT)].decode(errors="ignore").encode()
    return Outgoing(topic, payload, due)


def _reading(
    text: bool, name: str, value: str, unit: str, status: str, stamp: int, kind: str
) -> str:  # fmt: skip
    if text:
        value = value.replace(".", ",") if kind == "wrong_decimal" else value
        return f"{name}\t{value}\t{unit}\t{compact(stamp)}\t{status}"
    if kind == "wrong_decimal":
        value = f'"{value.replace(".", ",")}"'
    return f'{{"p":{_quoted(name)},"v":{value},"u":{_quoted(unit)},"s":"{status}"}}'


@lru_cache(maxsize=16384)
def _stamp(at: int) -> bytes:
    return rfc3339(at).encode()


@lru_cache(maxsize=16384)
def compact(at: int) -> str:
    """An instant as the text format writes it: local yyyyMMddHHmmss."""
    return datetime.fromtimestamp(at, ZONE).strftime("%Y%m%d%H%M%S")


@lru_cache(maxsize=256)
def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)
