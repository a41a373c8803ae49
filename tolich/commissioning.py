"""A new station watched for a day: what it sends held against what it should, line by line.

A technician reads the lines while the station is being set up and mends what is not passed; the
last of them become a certificate to print. Every threshold here is an engineering setting of this
program, not law, and nothing is judged by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from rules.days import HOUR_SECONDS, rfc3339
from tolich.ports import Scope, Shape
from tolich.sights import SightReads

HOURS = 24
"""Whole hours that are watched."""

CLOSED = 660
"""Seconds after its end at which an hour is looked at: its findings are on record by then."""

RECEIVED = 0.95
"""Share of the slots that must hold a reading."""

MEASURING = 0.8
"""Share of the readings that must come as measurements (status 00)."""

FAILED = 0.05
"""Share of the readings that may fail a check."""

GAP = 1800
"""Longest silence of a parameter in seconds, or three of its intervals where these are longer."""

LATE, AHEAD = 300, 60
"""Seconds by which the middle reading may come late (and an interval), or before its time."""

TOLD = 5
"""Rejections that are told with their remedy, the newest first."""

_PAGE = 1000

NOTE = {
    "vi": "Giấy này ghi lại việc chạy thử đường truyền của trạm; không phải giấy chứng nhận kiểm "
    "định hay văn bản pháp lý.",
    "en": "This records a trial of the station's data; it is no calibration certificate and no "
    "legal document.",
}

TITLES: Mapping[str, tuple[str, str]] = {
    "hours": ("Số giờ đã theo dõi", "Hours watched"),
    "received": ("Tỷ lệ số liệu nhận được", "Share of readings received"),
    "gap": ("Khoảng trống dài nhất", "Longest gap"),
    "clock": ("Độ trễ giữa lúc đo và lúc nhận", "From measurement to arrival"),
    "units": ("Bản tin sai đơn vị", "Messages in a wrong unit"),
    "measuring": ("Tỷ lệ số liệu ở trạng thái đo (00)", "Share of readings measuring (00)"),
    "calibrated": ("Đã thấy trạng thái hiệu chuẩn (01)", "Status calibrating (01) was seen"),
    "failed": ("Tỷ lệ không đạt kiểm tra chất lượng", "Share failing a quality check"),
    "conflicting": ("Giá trị mâu thuẫn cho cùng thời điểm", "Two values for one instant"),
    "limit": ("Giới hạn theo giấy phép hôm nay", "Limit of the permit today"),
    "rejections": ("Bản tin bị từ chối", "Refused messages"),
}
"""What each line is about, Vietnamese and English."""

OPTIONAL = frozenset({"calibrated"})
"""Good to have seen, but a day without is no fault."""


class Line(NamedTuple):
    """One thing that was looked at. `passed` None: not to be known yet."""

    key: str  # of TITLES
    parameter: str | None
    passed: bool | None
    found: float | None
    needed: float | None
    unit: str  # h, share, s or count


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a station's last day; times are UTC epoch seconds."""

    sight: Shape  # as SightReads.sights has it
    since: int
    upto: int  # exclusive; nothing has been watched when it is `since`
    readings: Sequence[Shape]  # observed within, or received lately when nothing was
    hours: Mapping[str, Sequence[Shape]]  # closed hours within, by parameter
    rejections: Sequence[Shape]  # received within


def commission(reads: SightReads, scope: Scope, station: str, now: int) -> Shape | None:
    """What can be said of a station's last 24 whole hours; None: there is no such station."""
    sights = reads.sights(scope, [station])
    if not sights:
        return None
    upto = (now - CLOSED) // HOUR_SECONDS * HOUR_SECONDS
    earliest = upto - HOURS * HOUR_SECONDS
    readings = _readings(reads, scope, station, earliest, now)
    since = _since(readings, earliest, upto)
    hours = reads.closed(scope, station, "hour", since, upto) or {}
    refused = reads.rejected(scope, station, None, _PAGE).items
    lately = [one for one in refused if _at(one["received_at"]) >= min(since, earliest)]
    # A time that closes its slot belongs to the hour that it ends.
    shift = sights[0]["timestamp_means"] == "end"
    within = [one for one in readings if since <= _at(one["observed_at"]) - shift < upto]
    return report(Watched(sights[0], since, upto, within, hours, lately))


def _readings(reads: SightReads, scope: Scope, station: str, start: int, end: int) -> list[Shape]:
    found: list[Shape] = []
    cursor: str | None = None
    while True:
        page = reads.readings(scope, station, None, start, end, cursor, _PAGE)
        if page is None:
            return found
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def _since(readings: Sequence[Shape], earliest: int, upto: int) -> int:
    """The first whole hour of what was sent: a station that began at 10:20 is watched from 11."""
    first = min((_at(one["observed_at"]) for one in readings), default=upto)
    return min(max(earliest, -(-first // HOUR_SECONDS) * HOUR_SECONDS), upto)


def report(seen: Watched) -> Shape:
    """The lines, what they come to, and what was refused with its remedy."""
    lines = [*_of_station(seen)]
    for one in seen.sight["parameters"]:
        lines += _of_parameter(seen, one)
    sight = seen.sight
    return {
        "station": sight["id"],
        "name": sight["name"],
        "cluster": sight["cluster"],
        "plant": sight["plant"],
        "simulated": sight["simulated"],
        "from": rfc3339(seen.since),
        "to": rfc3339(seen.upto),
        "state": _state(lines),
        "lines": [_line_shape(line) for line in lines],
        "rejections": [
            {name: one[name] for name in ("received_at", "reason", "detail", "remedy")}
            for one in seen.rejections[:TOLD]
        ],
        "note": NOTE,
    }


def _state(lines: Iterable[Line]) -> str:
    """What all lines come to: one that is not passed is told at once, a day is waited for."""
    wanted = [line.passed for line in lines if line.key not in OPTIONAL]
    if False in wanted:
        return "not_passed"
    return "watching" if None in wanted else "passed"


def _line_shape(line: Line) -> Shape:
    vi, en = TITLES[line.key]
    return {**line._asdict(), "title": {"vi": vi, "en": en}, "optional": line.key in OPTIONAL}


def _of_station(seen: Watched) -> list[Line]:
    watched = (seen.upto - seen.since) // HOUR_SECONDS
    delays = [_at(one["received_at"]) - _at(one["observed_at"]) for one in seen.readings]
    most = LATE + seen.sight["interval"]
    usual = median(delays) if delays else None
    wrong = sum(one["reason"] == "unit_unknown" for one in seen.rejections)
    refused = len(seen.rejections)
    return [
        Line("hours", None, True if watched >= HOURS else None, watched, HOURS, "h"),
        Line("clock", None, None if usual is None else -AHEAD <= usual <= most, usual, most, "s"),
        Line("rejections", None, refused == 0, refused, 0, "count"),
        Line("units", None, wrong == 0, wrong, 0, "count"),
    ]


def _of_parameter(seen: Watched, one: Mapping[str, Any]) -> list[Line]:
    name = one["parameter"]
    hours, span = seen.hours.get(name, ()), seen.upto - seen.since
    counts: Counter[str] = Counter()
    for hour in hours:
        counts.update(hour["counts"])
    mine = [reading for reading in seen.readings if reading["parameter"] == name]
    stamps = sorted({_at(reading["observed_at"]) for reading in mine})
    # Flows have no findings, and so nobody who has counted their slots.
    expected = counts["expected"] or span // seen.sight["interval"]
    received = counts["received"] if counts["expected"] else len(stamps)
    interval = span / expected if expected else seen.sight["interval"]
    lines = [
        _at_least("received", name, received, expected, RECEIVED),
        _gap(name, stamps, seen, max(GAP, 3 * interval)),
        _at_least("measuring", name, _with_status(mine, "00"), len(mine), MEASURING),
        _calibrated(name, _with_status(mine, "01"), len(mine)),
    ]
    if not hours:
        return lines
    failed, conflicting = counts["failed"], counts["conflicting"]
    share = failed / received if received else None
    return [
        *lines,
        Line("failed", name, None if share is None else share <= FAILED, share, FAILED, "share"),
        Line("conflicting", name, conflicting == 0, conflicting, 0, "count"),
        _limit(name, one["limit"]),
    ]


def _at_least(key: str, name: str, found: int, of: int, needed: float) -> Line:
    share = found / of if of else None
    return Line(key, name, None if share is None else share >= needed, share, needed, "share")


def _gap(name: str, stamps: Sequence[int], seen: Watched, allowed: float) -> Line:
    if seen.upto <= seen.since:
        return Line("gap", name, None, None, allowed, "s")
    edges = [seen.since, *stamps, seen.upto]
    longest = max(after - before for before, after in pairwise(edges))
    return Line("gap", name, longest <= allowed, longest, allowed, "s")


def _calibrated(name: str, count: int, of: int) -> Line:
    """A station that never says 01 will raise alarms at its calibrations: try it once."""
    return Line("calibrated", name, True if count else None, count if of else None, 1, "count")


def _limit(name: str, limit: Mapping[str, Any] | None) -> Line:
    if limit is None:
        return Line("limit", name, False, None, None, "count")
    high = limit["high"] if limit["high"] is not None else limit["low"]
    return Line("limit", name, True, high, None, limit["unit"])


def _with_status(readings: Iterable[Shape], status: str) -> int:
    return sum(one["status"] == status for one in readings)


def _at(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())
