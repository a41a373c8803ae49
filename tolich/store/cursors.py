"""Opaque cursors: where the last page ended, as text that only its own list understands."""

from __future__ import annotations

import base64
import binascii
import json

from tolich.ports import BadCursor

LONGEST = 1000
"""Characters of the longest cursor that is looked at; ours are far shorter."""


def encode(kind: str, *place: int | str) -> str:
    """A cursor of a list."""
    return base64.urlsafe_b64encode(json.dumps([kind, *place]).encode()).decode().rstrip("=")


def decode(cursor: str, kind: str, *types: type[int] | type[str]) -> list[int | str]:
    """The place a cursor names. Raises BadCursor when it is not one of this list's."""
    if len(cursor) > LONGEST:
        raise BadCursor("this is not a cursor that a list gave out")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error) as error:
        raise BadCursor("this is not a cursor that a list gave out") from error
    if not isinstance(found, list) or len(found) != len(types) + 1 or found[0] != kind:
        raise BadCursor(f"this cursor does not belong to the list of {kind}")
    place: list[int | str] = found[1:]
    if not all(_fits(value, of) for value, of in zip(place, types, strict=True)):
        raise BadCursor(f"this cursor names no place in the list of {kind}")
    return place


def _fits(value: object, of: type[int] | type[str]) -> bool:
    if of is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return isinstance(value, str) and value.isprintable()  # half a surrogate pair is not
