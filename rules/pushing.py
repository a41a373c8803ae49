"""What reaches an officer at once, and in how many messages.

A suspected exceedance of the permit's basis and a station that is silent for an hour are told
the officer as they happen; everything else climbs from operator to investor first. Trouble of
stations and instruments comes in one message an officer and local day, however much there is
of it: the first that is urgent sends it, and all the rest of the day is read in it. A pure
function of what happened that day, in whatever order it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from rules.model import AlertKind, Change, Severity
from rules.silence import rank

TROUBLE = frozenset(
    {AlertKind.SILENCE, AlertKind.OUTAGE, AlertKind.INSTRUMENT, AlertKind.INTEGRITY}
)
"""The kinds that are told together: they speak of stations and of data, not of the water."""

TOLD = frozenset(
    {Change.RAISED, Change.RAISED_LATE, Change.REOPENED, Change.ESCALATED, Change.REMINDED}
)
"""The changes by which an alert comes up, or comes up again."""


class News(NamedTuple):
    """One change of an alert that one officer may see. `before`: its severity until then."""

    at: int  # plant time, UTC epoch seconds
    alert: int
    kind: AlertKind
    severity: Severity
    change: Change
    before: Severity | None = None  # None: it is new


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at `at`. `because`: the alert that sends it; `also`: the day's others in it."""

    at: int
    severity: Severity
    because: int
    also: tuple[int, ...] = ()


def pushed(news: News) -> bool:
    """Whether a change is told the officer at once.

    A silence or an outage as it reaches an hour, not once more at two; a suspected exceedance
    each time it comes up, and when it is taken back.
    """
    if news.kind is AlertKind.EXCEEDANCE:
        told = news.change in TOLD or news.change is Change.WITHDRAWN
        return told and news.severity is Severity.CRITICAL
    if news.kind not in (AlertKind.SILENCE, AlertKind.OUTAGE) or news.change not in TOLD:
        return False
    known = news.before is not None and _urgent(news.before)
    return _urgent(news.severity) and (not known or news.change is Change.REOPENED)


def messages(day: Iterable[News]) -> list[Message]:
    """The messages of one officer and one local day, in order of time.

    Every pushed exceedance has its own; all trouble together has one, or none when nothing of
    it is pushed.
    """
    ordered = sorted(set(day), key=_place)
    sent = [
        Message(news.at, news.severity, news.alert)
        for news in ordered
        if news.kind not in TROUBLE and pushed(news)
    ]
    together = _together([news for news in ordered if news.kind in TROUBLE])
    return sorted([*sent, *together], key=lambda one: (one.at, one.because))


def _together(trouble: list[News]) -> list[Message]:
    """One message at the first trouble that is pushed, with the rest of the day's in it."""
    first = next((news for news in trouble if pushed(news)), None)
    if first is None:
        return []
    others = {news.alert for news in trouble if news.change in TOLD} - {first.alert}
    return [Message(first.at, first.severity, first.alert, tuple(sorted(others)))]


def _place(news: News) -> tuple[int, int, str, int, bool]:
    """Where a change stands among those of its day; of one instant, what matters most first."""
    return (news.at, -rank(news.severity), news.kind, news.alert, pushed(news))


def _urgent(severity: Severity) -> bool:
    return rank(severity) >= rank(Severity.MAJOR)
