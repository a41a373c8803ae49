"""The seam of work on alerts: what people do, what they announce, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from rules.roles import Role
from tolich.ports import Caller, Page, Scope, Shape


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it came with an act; what it is is recognised by its content."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment on record."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to do about an alert: `act` is one of rules.work.Act, and its words.

    Times are UTC epoch seconds. `seen` is the revision of the alert's work the caller looked at.
    """

    alert: str
    act: str
    text: str | None = None
    until: int | None = None
    deadline: int | None = None
    bottle: str | None = None
    taken_at: int | None = None
    parameter: str | None = None
    value: Decimal | None = None
    unit: str | None = None
    lab: str | None = None
    sheet: str | None = None
    attachments: tuple[Attached, ...] = ()
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """Maintenance, or a station out of service, announced beforehand. Times as in Deed.

    `kind` is maintenance or out_of_service; `start` None means from now on.
    """

    kind: str
    station: str
    parameter: str | None
    start: int | None
    end: int | None
    reason: str
    document: str | None = None


class Forbidden(Exception):
    """The object is the caller's to see, but this is not the caller's to do; says who may."""

    def __init__(self, vi: str, en: str, roles: Sequence[Role]) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
        self.roles = tuple(roles)


class Conflict(Exception):
    """Something happened before, and this no longer fits: `happened` says who did what, when."""

    def __init__(self, vi: str, en: str, happened: Sequence[Shape], revision: int) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
        self.happened = list(happened)
        self.revision = revision


class Unattachable(Exception):
    """A file that is not taken: too large (or too many), or of no kind that is kept."""

    def __init__(self, too_large: bool, said: str) -> None:
        super().__init__(said)
        self.too_large = too_large


class Working(Protocol):
    """What people do about alerts; what is done is durable when it returns.

    An object outside the caller's scope is as absent as one that does not exist: None. Raises
    Forbidden, Conflict, Refused (every field that is wrong), Unattachable and NotDurable.
    """

    def act(self, caller: Caller, asked: Deed) -> Shape | None:
        """The alert after the act."""
        ...

    def actions(self, scope: Scope, alert: str) -> Page | None:
        """Everything done about an alert, oldest first, on one page."""
        ...

    def attachment(self, scope: Scope, attachment: int) -> Kept | None: ...
    def announce(self, caller: Caller, asked: Announcement) -> Shape:
        """The announcement as recorded; Refused for a station that may not be seen."""
        ...

    def cancel(self, caller: Caller, plan: int, reason: str) -> Shape | None:
        """An announcement ended now, or taken back if it has not begun."""
        ...

    def plans(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        """Announcements, newest first."""
        ...

    def responses(
        self, scope: Scope, cluster: str | None, start: int | None, end: int | None
    ) -> Page:
        """By cluster and severity, how soon alerts raised in [start, end) were answered."""
        ...

    def alarm_load(self, caller: Caller, start: int | None, end: int | None) -> Page:
        """What each person was told in [start, end), as far as the caller may know."""
        ...


@dataclass(frozen=True, slots=True)
class SuspicionQuery:
    """Filters of the suspicions list; days are inclusive."""

    station: str | None = None
    state: str = "needs_inspection"  # rules.suspicion.State
    day_from: date | None = None
    day_to: date | None = None


class Suspicions(Protocol):
    """What an inspector may want to look at. Every answer is on record before it is given."""

    def suspicions(
        self, caller: Caller, query: SuspicionQuery, cursor: str | None, limit: int
    ) -> Page:
        """The highest scores first."""
        ...

    def suspicion(self, caller: Caller, key: int) -> Shape | None: ...
    def looks(self, cursor: str | None, limit: int) -> Page:
        """Who looked suspicions up, newest first."""
        ...
