"""Messages as a logger sends them: readings to JSON bytes, fast.

The JSON is put together from text: every part is a number we formatted ourselves or a word
of the register, so nothing needs the escaping and searching of a general encoder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from simulators.sensor import Instrument, Trace


class Outgoing(NamedTuple):
    """One message on its way to the broker."""

    topic: str
    payload: bytes
    due: int  # plant time at which the logger sends it, UTC epoch seconds


def topic_of(cluster: str, station: str) -> str:
    """Where a station's readings go."""
    return f"tolich/v1/{cluster}/{station}/readings"


def numbers(shown: Sequence[int], decimals: int) -> list[str]:
    """Whole numbers of 10 ** -decimals as JSON numbers: `numbers([615], 1) == ["61.5"]`."""
    if not decimals:
        return [str(value) for value in shown]
    unit = 10**decimals
    # The text is exact below 2 ** 53; an instrument's range ends long before.
    return [f"{value / unit:.{decimals}f}" for value in shown]


def dated(instrument: Instrument, trace: Trace, tails: Sequence[str]) -> list[str]:
    """Readings that carry their own time (`tails`, from `tail`), for messages of many instants."""
    head = f'{{"p":{quoted(instrument.parameter)},"v":'
    texts = numbers(trace.shown.tolist(), instrument.decimals)
    if not trace.status.any():
        return [head + text + tail for text, tail in zip(texts, tails, strict=True)]
    return [
        f'{head}{text},"s":"{status:02d}"{tail}'
        for text, status, tail in zip(texts, trace.status.tolist(), tails, strict=True)
    ]


def plain(instrument: Instrument, trace: Trace) -> list[str]:
    """Readings that are of their message's time, with unit and status spelled out."""
    head = f'{{"p":{quoted(instrument.parameter)},"v":'
    unit = f',"u":{quoted(instrument.unit)},"s":"'
    texts = numbers(trace.shown.tolist(), instrument.decimals)
    return [
        f'{head}{text}{unit}{status:02d}"}}'
        for text, status in zip(texts, trace.status.tolist(), strict=True)
    ]


def tail(stamp: str) -> str:
    """The end of a reading that carries its own time."""
    return f',"ts":"{stamp}"}}'


def envelope(stamp: str, seq: int, readings: Sequence[str]) -> bytes:
    """One payload. `stamp` is its RFC 3339 time, `readings` are encoded already."""
    return f'{{"ts":"{stamp}","seq":{seq},"readings":[{",".join(readings)}]}}'.encode()


def quoted(word: str) -> str:
    """A word of the register as a JSON string."""
    return json.dumps(word, ensure_ascii=False)
