"""Several instants in one message, as from a logger that catches up.

A history sent this way is the same readings in a tenth of the messages. What a disturbance
rewrites goes alone, and so does everything due from a given instant on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from rules.days import HOUR_SECONDS, rfc3339
from simulators.draws import Ints
from simulators.message import Outgoing, envelope
from simulators.scenario.encoding import Doubles, Layout, encode
from simulators.scenario.spec import Disturbance
from simulators.scenario.transport import Sheet
from simulators.sensors.measuring import Codes

LARGEST_MESSAGE = 240
"""Readings in one message: stays under the 20 KB many brokers accept."""


def gathered(
    how: Layout, sheet: Sheet, values: Doubles, status: Codes, edits: Sequence[Disturbance],
    until: int,
) -> list[Outgoing]:  # fmt: skip
    """The messages of a sheet; those due before `until` (UTC epoch seconds) an hour together."""
    alone = (sheet.due >= until) | (sheet.edit >= 0)
    found = encode(how, sheet.take(alone), values, status, edits)
    rest = sheet.take(~alone)
    for part in _parts(rest, max(1, LARGEST_MESSAGE // len(how.names))):
        message = _together(how, rest.take(part), values, status)
        if message is not None:
            found.append(message)
    return found


def _parts(sheet: Sheet, most: int) -> Iterator[Ints]:
    """Which rows share a message: of one hour of sending, in its order, so many at most."""
    order = np.argsort(sheet.due, kind="stable")
    hours = sheet.due[order] // HOUR_SECONDS
    for hour in np.split(order, np.flatnonzero(np.diff(hours)) + 1):
        for first in range(0, len(hour), most):
            yield hour[first : first + most]


def _together(how: Layout, sheet: Sheet, values: Doubles, status: Codes) -> Outgoing | None:
    """One message of all its instants, sent with the last of them."""
    due = int(sheet.due[-1])
    if how.text:
        files = encode(how, sheet, values, status, ())
        joined = b"".join(one.payload for one in files)
        return Outgoing(files[-1].topic, joined, due) if files else None
    readings = [
        text
        for row, stamp in zip(sheet.row.tolist(), sheet.stamp.tolist(), strict=True)
        if (text := _dated(how, values[row], status[row], rfc3339(stamp)))
    ]
    if not readings:
        return None
    number = int(sheet.at[-1]) // 60 % 1_000_000
    return Outgoing(how.topic, envelope(rfc3339(int(sheet.stamp[-1])), number, readings), due)


def _dated(how: Layout, shown: Doubles, codes: Codes, stamp: str) -> str:
    """The readings of one instant, each with its own time."""
    whole = zip(_forms(how), shown.tolist(), codes.tolist(), strict=True)
    return ",".join(
        form % value + (f',"s":"{code:02d}"' if code else "") + f',"ts":"{stamp}"}}'
        for form, value, code in whole
        if value == value  # a number
    )


@lru_cache(maxsize=4096)
def _forms(how: Layout) -> tuple[str, ...]:
    """A reading up to its value, by parameter."""
    return tuple(
        f'{{"p":"{name}","v":{form}' for name, (form, _) in zip(how.names, how.pieces, strict=True)
    )
