"""What an endpoint may see: the store under the caller's scope, and nothing without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request
from sse_starlette import ServerSentEvent

from api.asking import Paging
from api.auth import Asking
from api.live import Hub, Pace
from tolich.commissioning import commission
from tolich.documents import Document, ListForm, ListQuery, ReportForm, ReportQuery, Reports
from tolich.ports import (
    Accounts,
    AlertQuery,
    Amend,
    Amending,
    AmendmentQuery,
    BadCursor,
    Caller,
    Clock,
    Comparing,
    Deliveries,
    Delivery,
    FindingQuery,
    Intake,
    NotificationQuery,
    Page,
    Provider,
    Receipt,
    Scope,
    Shape,
)
from tolich.registering import Registering
from tolich.sights import Heard, SightReads
from tolich.workports import SuspicionQuery, Suspicions, Working


@dataclass(frozen=True, slots=True)
class Parts:
    """What an application is made of: the ports it speaks to the program through."""

    reads: SightReads
    intake: Intake
    amending: Amending
    accounts: Accounts
    clock: Clock
    metrics: Callable[[], bytes]
    working: Working
    reports: Reports
    provider: Provider | None = None  # of log-ins
    deliveries: Deliveries | None = None  # None: nothing is ever said from here
    suspicions: Suspicions | None = None  # None: days are not looked at
    registering: Registering | None = None  # None: the register is changed elsewhere


class View:
    """Every read an endpoint can make, and every decision it can put on record.

    The scope is inside; there is no way around it.
    """

    def __init__(self, parts: Parts, caller: Caller, hub: Hub) -> None:
        self.scope: Scope = caller.scope
        self._caller = caller
        self._deliveries = parts.deliveries
        self._suspicions = parts.suspicions
        self._reads = parts.reads
        self._now = parts.clock.now
        self._amending = parts.amending
        self._reports = parts.reports
        self._working = parts.working
        self._hub = hub

    def heard(self, after: int) -> Heard:
        """Which stations sent something after a message."""
        return self._reads.heard(self.scope, after)

    def sights(self, stations: Collection[str] | None = None) -> list[Shape]:
        """Stations by id at a glance."""
        return self._reads.sights(self.scope, stations)

    def closed(
        self, station: str, period: str, start: int, end: int
    ) -> dict[str, list[Shape]] | None:
        """Closed periods of a station by parameter; None when there is no such station."""
        return self._reads.closed(self.scope, station, period, start, end)

    def stations(self, paging: Paging) -> Page:
        """Stations by id."""
        return self._reads.stations(self.scope, paging.cursor, paging.limit)

    def station(self, station: str) -> Shape | None:
        """One station."""
        return self._reads.station(self.scope, station)

    def readings(
        self, station: str, parameter: str | None, start: int | None, end: int | None, page: Paging
    ) -> Page | None:
        """Readings of a station; None when there is no such station."""
        return self._reads.readings(
            self.scope, station, parameter, start, end, page.cursor, page.limit
        )

    def outlook(self, station: str, parameter: str | None) -> Page | None:
        """How today's daily means are likely to end; None when there is no such station."""
        return self._reads.outlook(self.scope, station, parameter)

    def commission(self, station: str) -> Shape | None:
        """What a new station's last day shows; None when there is no such station."""
        return commission(self._reads, self.scope, station, self._now())

    def findings(self, query: FindingQuery, paging: Paging) -> Page:
        """Findings, newest first."""
        return self._reads.findings(self.scope, query, paging.cursor, paging.limit)

    def finding(self, finding: str, revision: int | None) -> Shape | None:
        """One finding."""
        return self._reads.finding(self.scope, finding, revision)

    def finding_why(self, finding: str, revision: int | None) -> Shape | None:
        """The explanation of a finding."""
        return self._reads.finding_why(self.scope, finding, revision)

    def revisions(self, finding: str) -> Page | None:
        """Every revision of a finding; None when none is on record."""
        return self._reads.revisions(self.scope, finding)

    def amendments(self, query: AmendmentQuery, paging: Paging) -> Page:
        """Amendments, newest first."""
        return self._reads.amendments(self.scope, query, paging.cursor, paging.limit)

    def amend(self, asked: Amend) -> Shape:
        """Put an amendment on record."""
        return self._amending.amend(self.scope, asked)

    def alerts(self, query: AlertQuery, paging: Paging) -> Page:
        """Alerts, newest first."""
        return self._reads.alerts(self.scope, query, paging.cursor, paging.limit)

    def alert(self, alert: str) -> Shape | None:
        """One alert."""
        return self._reads.alert(self.scope, alert)

    def alert_why(self, alert: str) -> Shape | None:
        """The explanation of an alert."""
        return self._reads.alert_why(self.scope, alert)

    def transitions(self, after: int, limit: int) -> Page:
        """Transitions with seq > after, oldest first."""
        return self._reads.transitions(self.scope, after, limit)

    async def follow(
        self, after: int | None, still: Callable[[], bool]
    ) -> AsyncIterator[ServerSentEvent]:
        """The live stream, from `after` or from now, for as long as `still` says so."""
        return await self._hub.follow(self.scope, after, still)

    def rejected(self, station: str | None, paging: Paging) -> Page:
        """Rejections, newest first."""
        return self._reads.rejected(self.scope, station, paging.cursor, paging.limit)

    def notifications(self, query: NotificationQuery, paging: Paging) -> Page:
        """What was said to the caller, newest first, and to others as far as it may know."""
        if self._deliveries is None:
            return Page()
        caller, cursor = self._caller, paging.cursor
        return self._deliveries.notifications(caller, query, cursor, paging.limit)

    def suspicions(self, query: SuspicionQuery, paging: Paging) -> Page:
        """Suspicions, the highest scores first; that they were looked up is on record."""
        if self._suspicions is None:
            return Page()
        return self._suspicions.suspicions(self._caller, query, paging.cursor, paging.limit)

    def suspicion(self, key: int) -> Shape | None:
        """One suspicion; that it was looked up is on record."""
        return None if self._suspicions is None else self._suspicions.suspicion(self._caller, key)

    def suspicion_looks(self, paging: Paging) -> Page:
        """Who looked suspicions up, newest first."""
        if self._suspicions is None:
            return Page()
        return self._suspicions.looks(paging.cursor, paging.limit)

    def forwarding(self, station: str | None, destination: str | None, paging: Paging) -> Page:
        """Forwarding, by destination and station."""
        return self._reads.forwarding(self.scope, station, destination, paging.cursor, paging.limit)

    def responses(self, cluster: str | None, start: int | None, end: int | None) -> Page:
        """How soon alerts were answered."""
        return self._working.responses(self.scope, cluster, start, end)

    def permits(self, paging: Paging) -> Page:
        """Permits by id."""
        return self._reads.permits(self.scope, paging.cursor, paging.limit)

    def regulations(self, paging: Paging) -> Page:
        """Regulations, which everybody may read."""
        known = self._reads.regulations()
        cursor = paging.cursor or "0"
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
            raise BadCursor(f"{cursor!r} is not a cursor of the regulations")
        end = int(cursor) + paging.limit
        return Page(known[int(cursor) : end], str(end) if end < len(known) else None)

    def what_if(self, question: object) -> Comparing:
        """Stored history under other permits. Raises Refused."""
        return self._reads.what_if(self.scope, question)

    def regulation(self, regulation: str) -> Shape | None:
        """One regulation with its tables."""
        return self._reads.regulation(regulation)

    def export(self, query: ListQuery, form: ListForm) -> Document | None:
        """A list as a file; None when there is no such station. Raises TooMuch."""
        return self._reports.export(self.scope, query, form)

    def report(self, query: ReportQuery, form: ReportForm) -> Document | None:
        """Figures as a file; None when there is no such station or cluster. Raises TooMuch."""
        return self._reports.report(self.scope, query, form)


@dataclass(frozen=True, slots=True)
class Seams:
    """What create_app was given, as endpoints get at it: the store only through a view."""

    view: Callable[[Caller], View]
    accounts: Accounts
    working: Working
    provider: Provider | None
    registering: Registering | None
    submit: Callable[[Sequence[Delivery]], list[Receipt]]
    now: Callable[[], int]
    health: Callable[[], Shape]
    metrics: Callable[[], bytes]
    pace: Pace
    aside: CapacityLimiter  # one thread at a time for long work, so that the rest stays quick


async def _seams(request: Request) -> Seams:
    return cast("Seams", request.app.state.seams)


def _view(request: Request, caller: Asking) -> View:
    return cast("Seams", request.app.state.seams).view(caller)


Within = Annotated[Seams, Depends(_seams)]
Seen = Annotated[View, Depends(_view)]
