"""What an act says, checked field by field: every problem at once, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.days import rfc3339
from rules.duties import LONGEST_DEADLINE, LONGEST_MAINTENANCE, longest_shelf
from rules.loading import meant
from rules.model import Problem, Refused
from rules.parameters import factor_to_unit
from rules.register import Station
from rules.roles import Role
from rules.work import SUPPRESSED, Act, WorkState
from tolich.ports import Shape
from tolich.workports import Announcement, Deed

SHORTEST, LONGEST = 3, 4000
"""Characters of a text that is kept for good."""

LONGEST_NAME = 100
"""Characters of a bottle, a laboratory, the number of a sheet."""

AHEAD = 600
"""Seconds after now at which a sample may be said to be taken: clocks differ."""

TEXTED = frozenset(
    {
        Act.COMMENT, Act.EXPLAIN, Act.REQUEST_EXPLANATION, Act.SHELVE, Act.CLOSE, Act.CLOSE_FIRST,
        Act.REOPEN,
    }
)  # fmt: skip
"""Acts that say why."""

WITH_FILES = frozenset({Act.EXPLAIN, Act.COMMENT, Act.TAKE_SAMPLE, Act.LAB_RESULT})


@dataclass(frozen=True, slots=True)
class Asking:
    """An act about to be put on record: by which role, when, about what."""

    what: Act
    role: Role
    now: int  # plant time
    station: Station
    alert: Shape  # with its samples


class _Body:
    """The body of an act while it is checked."""

    def __init__(self, asking: Asking, asked: Deed) -> None:
        self.asking = asking
        self.asked = asked
        self.problems: list[Problem] = []
        self.said: dict[str, Any] = {}

    def wrong(self, field: str, message: str) -> None:
        """One more field that is wrong."""
        self.problems.append(Problem("body", field, message))

    def text(self) -> None:
        """The words that go with it."""
        text = (self.asked.text or "").strip()
        if self.asking.what in TEXTED and not SHORTEST <= len(text) <= LONGEST:
            said = f"say it in {SHORTEST} to {LONGEST} characters: it is kept for good"
            self.wrong("text", said)
        elif len(text) > LONGEST:
            self.wrong("text", f"at most {LONGEST} characters")
        self.said["text"] = text or None

    def instant(self, field: str, at: int | None, longest: int) -> None:
        """A time after now, at most `longest` seconds away."""
        now = self.asking.now
        if at is None:
            self.wrong(field, f"say until when, such as {rfc3339(now + min(longest, 86400))}")
        elif at <= now:
            self.wrong(field, f"{rfc3339(at)} is over: it is {rfc3339(now)}")
        elif at > now + longest:
            self.wrong(field, f"at most until {rfc3339(now + longest)} for {self.asking.role}")
        else:
            self.said[field] = rfc3339(at)

    def named(self, field: str, value: str | None) -> str:
        """A short name that has to be there."""
        name = (value or "").strip()
        if not 1 <= len(name) <= LONGEST_NAME:
            self.wrong(field, f"say it in 1 to {LONGEST_NAME} characters")
        self.said[field] = name
        return name


def body_of(asking: Asking, asked: Deed, files: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of an act as it is kept. Raises Refused with every field that is wrong."""
    body = _Body(asking, asked)
    body.text()
    if files and asking.what not in WITH_FILES:
        body.wrong("attachments", "go with an explanation, a comment, a sample or its result")
    if asking.what in WITH_FILES:
        body.said["attachments"] = files
    if asking.what is Act.SHELVE:
        body.instant("until", asked.until, longest_shelf(asking.role))
    if asking.what is Act.REQUEST_EXPLANATION:
        body.instant("deadline", asked.deadline, LONGEST_DEADLINE)
    if asking.what is Act.REQUEST_SAMPLE:
        body.said["sampler"] = asking.station.sampler
    if asking.what is Act.TAKE_SAMPLE:
        _taken(body)
    if asking.what is Act.LAB_RESULT:
        _result(body)
    if body.problems:
        raise Refused(body.problems)
    return body.said


def _bottles(body: _Body) -> list[str]:
    return [one["bottle"] for one in body.asking.alert["samples"] if one["bottle"] is not None]


def _taken(body: _Body) -> None:
    bottle = body.named("bottle", body.asked.bottle)
    if bottle in _bottles(body):
        body.wrong("bottle", f"{bottle!r} was entered before: each bottle once")
    at = body.asked.taken_at
    if at is None:
        body.wrong("taken_at", "say when it was taken")
    elif at > body.asking.now + AHEAD:
        body.wrong("taken_at", f"lies in the future: it is {rfc3339(body.asking.now)}")
    else:
        body.said["taken_at"] = rfc3339(at)


def _result(body: _Body) -> None:
    asked, station = body.asked, body.asking.station
    bottle = body.named("bottle", asked.bottle)
    body.named("lab", asked.lab)
    body.named("sheet", asked.sheet)
    known = _bottles(body)
    if bottle and bottle not in known:
        said = f"no bottle {bottle!r} was entered for this alert"
        body.wrong("bottle", said + meant(bottle, known))
    name = body.named("parameter", asked.parameter)
    entry = station.series.get(name)
    if entry is None:
        said = f"{station.id} does not measure {name!r}{meant(name, station.series)}"
        body.wrong("parameter", said)
    elif factor_to_unit(entry.parameter, asked.unit) is None:
        units = [entry.parameter.unit, *entry.parameter.conversions]
        said = f"{asked.unit!r} is not a unit of {name}{meant(str(asked.unit), units)}"
        body.wrong("unit", said)
    else:
        body.said["unit"] = asked.unit or entry.parameter.unit
    if asked.value is None:
        body.wrong("value", "say what the laboratory found")
    elif asked.value < 0:
        body.wrong("value", f"{asked.value} is below nought: no laboratory finds that here")
    else:
        body.said["value"] = str(asked.value)


# --- announcements ------------------------------------------------------------------------------


def announced(now: int, visible: Mapping[str, Station], asked: Announcement) -> dict[str, Any]:
    """The row of an announcement. Raises Refused with every field that is wrong."""
    problems: list[Problem] = []

    def wrong(field: str, message: str) -> None:
        problems.append(Problem("body", field, message))

    kinds = [state.value for state in SUPPRESSED]
    if asked.kind not in kinds:
        wrong("kind", f"{asked.kind!r} is not announced here{meant(asked.kind, kinds)}")
    station = visible.get(asked.station)
    if station is None:
        said = f"there is no station {asked.station!r} that you may see"
        wrong("station", said + meant(asked.station, visible))
    elif asked.parameter is not None and asked.parameter not in station.judged():
        said = f"{asked.station} does not measure {asked.parameter!r}"
        wrong("parameter", said + meant(asked.parameter, station.judged()))
    if not SHORTEST <= len(asked.reason.strip()) <= LONGEST:
        wrong("reason", f"say why, in {SHORTEST} to {LONGEST} characters: it is kept for good")
    start = now if asked.start is None else asked.start
    if start < now:
        wrong("start", f"{rfc3339(start)} is over: it is announced beforehand, never backdated")
    _check_end(asked, start, wrong)
    if problems:
        raise Refused(problems)
    return {
        "kind": asked.kind, "station": asked.station, "parameter": asked.parameter,
        "start": start, "end": asked.end, "ends": None, "reason": asked.reason.strip(),
        "document": asked.document,
    }  # fmt: skip


def _check_end(asked: Announcement, start: int, wrong: Any) -> None:
    maintenance = asked.kind == WorkState.MAINTENANCE
    if not maintenance and not (asked.document or "").strip():
        wrong("document", "say on which document it rests that the station is out of service")
    if asked.end is None:
        if maintenance:
            wrong("end", "say until when: maintenance has an end")
    elif asked.end <= start:
        wrong("end", "must lie after the start")
    elif maintenance and asked.end - start > LONGEST_MAINTENANCE:
        days = LONGEST_MAINTENANCE // 86400
        wrong("end", f"at most {days} days after the start: announce it anew then")


def cancelled(row: Mapping[Any, Any], reason: str) -> dict[str, Any]:
    """The row that ends an announcement, or takes it back. Raises Refused."""
    if not SHORTEST <= len(reason.strip()) <= LONGEST:
        said = f"say why, in {SHORTEST} to {LONGEST} characters: it is kept for good"
        raise Refused([Problem("body", "reason", said)])
    kept = ("kind", "station", "parameter", "start", "end")
    return {
        **{name: row[name] for name in kept}, "ends": row["id"], "reason": reason.strip(),
        "document": None,
    }  # fmt: skip
