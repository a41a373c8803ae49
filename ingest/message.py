"""The JSON message: bytes to readings, fast when all is well, patient when it is not.

A message is validated whole. Only when that fails is it read again, envelope first and then
each reading alone, so that a bad reading rejects itself and a bad envelope everything. Both
ways use the same schema and the same conversion. Numbers are IEEE doubles, as JSON means
them between programs; each is taken for the shortest decimal that stands for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from ingest.rejections import Refusal, quoted
from ingest.scales import Scales, scales_of
from ingest.times import believable, rfc3339_instant
from rules.loading import meant
from rules.model import Status
from rules.parameters import Catalogue
from rules.register import Station
from tolich.ports import Measured, Rejection

Parts = tuple[list[Measured], list[Rejection]]
"""What was understood of a payload, and what was not."""

STATUSES = {"00": int(Status.MEASURING), "01": int(Status.CALIBRATING), "02": int(Status.FAULT)}
UNKNOWN = int(Status.UNKNOWN)


@with_config(ConfigDict(strict=True))
class Wire(TypedDict):
    """One reading on the wire; keys that vendors add are let be."""

    p: str
    v: Annotated[float, Field(allow_inf_nan=False)]
    u: NotRequired[str]
    s: NotRequired[str]
    ts: NotRequired[str]


@with_config(ConfigDict(strict=True))
class Message(TypedDict):
    """A whole message on the wire."""

    ts: NotRequired[str]
    readings: list[Wire]


@with_config(ConfigDict(strict=True))
class Envelope(TypedDict):
    """A message whose readings have not been looked at."""

    ts: NotRequired[str]
    readings: list[object]


_MESSAGE = TypeAdapter(Message)
_ENVELOPE = TypeAdapter(Envelope)
_WIRE = TypeAdapter(Wire)

Numbered = Iterable[tuple[int, Wire]]


def decode_message(payload: bytes, station: Station, catalogue: Catalogue, now: int) -> Parts:
    """The readings of a station's message at plant time `now`, and what was refused."""
    try:
        message = _MESSAGE.validate_json(payload)
    except ValidationError:
        return _patiently(payload, station, catalogue, now)
    try:
        base = _base(message.get("ts"), message["readings"], now)
    except Refusal as refusal:
        return [], [refusal.rejection()]
    return _take(enumerate(message["readings"]), base, station, scales_of(catalogue), now)


def _patiently(payload: bytes, station: Station, catalogue: Catalogue, now: int) -> Parts:
    rejected: list[Rejection] = []
    wires: list[tuple[int, Wire]] = []
    try:
        envelope = _envelope(_parse(payload))
        for index, raw in enumerate(envelope["readings"]):
            try:
                wires.append((index, _wire(raw)))
            except Refusal as refusal:
                rejected.append(refusal.rejection(index))
        base = _base(envelope.get("ts"), [wire for _, wire in wires], now, whole=not rejected)
    except Refusal as refusal:
        return [], [refusal.rejection()]
    readings, refused = _take(wires, base, station, scales_of(catalogue), now)
    return readings, sorted(rejected + refused, key=lambda rejection: rejection.index or 0)


def _base(stamp: str | None, wires: list[Wire], now: int, *, whole: bool = True) -> int | None:
    """The time of the envelope; None when it has none and the readings have their own.

    `whole` is False when some readings were refused already. Raises Refusal.
    """
    if whole and not wires:
        raise Refusal("no_readings", '"readings" is empty')
    if stamp is not None:
        return believable(rfc3339_instant(stamp), now)
    if whole and not any("ts" in wire for wire in wires):
        raise Refusal("time_missing", 'neither the message nor a reading has a "ts"')
    return None


def _take(wires: Numbered, base: int | None, station: Station, scales: Scales, now: int) -> Parts:
    readings: list[Measured] = []
    rejected: list[Rejection] = []
    for index, wire in wires:
        try:
            readings.append(_measured(wire, base, station, scales, now))
        except Refusal as refusal:
            rejected.append(refusal.rejection(index))
    return readings, rejected


def _measured(wire: Wire, base: int | None, station: Station, scales: Scales, now: int) -> Measured:
    key = wire["p"]
    if key not in station.series:
        raise _not_measured(key, station, scales.catalogue)
    at = believable(rfc3339_instant(wire["ts"]), now) if "ts" in wire else base
    if at is None:
        raise Refusal("time_missing", 'neither the reading nor the message has a "ts"')
    value = scales.find(key, wire.get("u")).quanta(wire["v"])
    return Measured(key, at, value, STATUSES.get(wire.get("s", "00"), UNKNOWN))


def _not_measured(key: str, station: Station, catalogue: Catalogue) -> Refusal:
    if key in catalogue:
        return not_registered(key, station)
    return Refusal("parameter_unknown", f"{quoted(key)} is no parameter{hint(key, catalogue)}")


def not_registered(key: str, station: Station) -> Refusal:
    """A parameter of the catalogue that the station is not said to measure."""
    known = ", ".join(station.series)
    return Refusal("parameter_not_registered", f"{key} is not measured at {station.id}: {known}")


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for a short word; long ones are too slow to compare, and no slip."""
    return _hint(word, tuple(known)) if len(word) <= 32 else ""


@lru_cache(maxsize=1024)  # a misspelt parameter comes in every message
def _hint(word: str, known: tuple[str, ...]) -> str:
    return meant(word, known)


# --- reading again, one by one --------------------------------------------------------------


def text_of(payload: bytes) -> str:
    """The payload as text, without a byte order mark. Raises Refusal invalid_utf8."""
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = payload[error.start : error.start + 1].hex()
        where = f"byte {error.start} (0x{byte}) of {len(payload)}"
        raise Refusal("invalid_utf8", f"{where}: {error.reason}") from error


def _parse(payload: bytes) -> object:
    try:
        # Whole numbers as floats, for Python would spend minutes on a number of a million digits.
        found: object = json.loads(text_of(payload), parse_int=float)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refusal("not_json", f"{error.msg} ({where})") from error
    except RecursionError as error:
        raise Refusal("not_json", "objects or lists inside each other too deeply") from error
    return found


def _envelope(raw: object) -> Envelope:
    if not isinstance(raw, dict):
        raise Refusal("envelope_invalid", f"expected an object, found {quoted(raw)}")
    try:
        return _ENVELOPE.validate_python(raw)
    except ValidationError as error:
        key = _key(error)
    if key == "ts":
        raise Refusal("time_invalid", f"ts: expected a text, found {quoted(raw['ts'])}")
    if key not in raw:
        raise Refusal("envelope_invalid", f"the key {key!r} is missing")
    raise Refusal("envelope_invalid", f"{key}: expected a list, found {quoted(raw[key])}")


_WRONG = {"v": "value_not_number", "u": "unit_unknown", "s": "status_invalid", "ts": "time_invalid"}


def _wire(raw: object) -> Wire:
    if not isinstance(raw, dict):
        raise Refusal("reading_invalid", f"expected an object, found {quoted(raw)}")
    try:
        return _WIRE.validate_python(raw)
    except ValidationError as error:
        key, kind = _key(error), error.errors()[0]["type"]
    if kind == "missing":
        raise Refusal("reading_invalid", f"the key {key!r} is missing")
    if kind == "finite_number":
        raise Refusal("value_not_finite", f"{key}: {quoted(raw[key])} is not a finite number")
    expected = "a number" if key == "v" else "a text"
    code = _WRONG.get(key, "reading_invalid")
    raise Refusal(code, f"{key}: expected {expected}, found {quoted(raw[key])}")


def _key(error: ValidationError) -> str:
    return str(error.errors()[0]["loc"][0])
