"""Findings: on record with every revision, still open, and explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from rules.days import DAY_SECONDS, local_date, midnight
from rules.model import Finding, Reason, Series
from rules.register import Station
from rules.terms import owes
from tolich.ports import FindingQuery, Page, Scope, Shape
from tolich.store.cursors import decode, encode
from tolich.store.days import JudgedDay
from tolich.store.lawshapes import paper_shape
from tolich.store.reads.scoped import Scoped, before, known_by
from tolich.store.schema import finding, limit, raw, version
from tolich.store.shapes import finding_shape
from tolich.store.verdicts import finding_of, made_with
from tolich.store.why import finding_text, sources


class _Found(NamedTuple):
    """A finding with what it was judged with; `seq` None while its period is open."""

    shape: Shape
    verdict: Finding
    versions: Any
    judged_at: int
    seq: int | None


class FindingReads(Scoped):
    """Findings, newest first."""

    def findings(self, scope: Scope, query: FindingQuery, cursor: str | None, limit: int) -> Page:
        """Findings, newest first: what is on record, and what is still open."""
        stations = self._filtered(scope, query.station, query.cluster)
        names = self._series_of(stations, query.parameter)
        if not names:
            return Page()
        place = _finding_place(cursor)
        with self._engine.connect() as connection:
            shapes = self._stored(connection, names, query, place, limit + 1)
            if query.as_of is None or query.as_of >= self._clock.now():
                shapes = self._still_open(connection, stations, names, query, place) | shapes
        ordered = sorted(shapes, reverse=True)
        some = [shapes[key] for key in ordered[:limit]]
        more = len(ordered) > limit
        return Page(some, encode("findings", *ordered[limit - 1]) if more else None)

    def finding(self, scope: Scope, finding: str, revision: int | None = None) -> Shape | None:
        """One finding, its current revision or an earlier one."""
        found = self._find(scope, finding, revision)
        return None if found is None else found.shape

    def finding_why(self, scope: Scope, finding: str, revision: int | None = None) -> Shape | None:
        """Why a finding is what it is: every reading, the limit, the comparison, the versions."""
        found = self._find(scope, finding, revision)
        if found is None:
            return None
        shape, verdict = found.shape, found.verdict
        station = self._registry().register.stations[verdict.series.station]
        begin = midnight(verdict.start)
        with self._engine.connect() as connection:
            if revision is None or found.seq is None:
                day = self._judged(connection, station, begin)
            else:  # what was known then, not what is known now
                day = self._days.known_at(connection, station.id, begin, found.judged_at, found.seq)
            row = day.row(verdict.series)
            if row is None:  # what a permit made that was taken back since
                return None
            received = _received(connection, day, sources(day, row, verdict.reason))
        why = finding_text(day, verdict, station, found.versions, received)
        return shape | why | {"permit": self._permit(station, verdict.start), "finding": shape}

    def _permit(self, station: Station, at: int) -> Shape | None:
        """What the register says of the permit that binds a station's plant on a day."""
        permit = self._registry().register.permit(station.plant, local_date(at))
        return None if permit is None else paper_shape(permit)

    def _find(self, scope: Scope, name: str, revision: int | None) -> _Found | None:
        parts = split_finding(name)
        if parts is None:
            return None
        series, period, start = parts
        station = self._station(scope, series.station)
        if station is None or series.parameter not in station.judged():
            return None
        with self._engine.connect() as connection:
            stored = self._one_stored(connection, station, series, period, start, revision)
            if stored is not None:
                return stored
            return self._one_open(connection, station, series, period, start, revision)

    def _one_stored(
        self,
        connection: Connection,
        station: Station,
        series: Series,
        period: str,
        start: int,
        revision: int | None,
    ) -> _Found | None:
        query = finding_query().where(
            finding.c.series == self._series_keys()[series],
            finding.c.period == period,
            finding.c.start == start,
        )
        wanted = finding.c.superseded.is_(None) if revision is None else _is(revision)
        row = connection.execute(query.where(wanted)).mappings().one_or_none()
        if row is None:
            return None
        verdict = finding_of(row, series, row["limit_body"])
        made = made_with(row["version_body"])
        parameter = station.entry(series.parameter).parameter
        shape = finding_shape(verdict, parameter, station, made["engine"], row["judged_at"])
        return _Found(shape, verdict, made, row["judged_at"], row["seq"])

    def _one_open(
        self,
        connection: Connection,
        station: Station,
        series: Series,
        period: str,
        start: int,
        revision: int | None,
    ) -> _Found | None:
        now = self._clock.now()
        if revision is not None or not now - 2 * DAY_SECONDS < start <= now:
            return None
        day = self._judged(connection, station, midnight(start))
        verdict = day.finding(series, period, start)
        if verdict is None or verdict.final:
            return None
        made = self._present_version()
        parameter = station.entry(series.parameter).parameter
        shape = finding_shape(verdict, parameter, station, made["engine"], now)
        return _Found(shape, verdict, made, now, None)

    def _stored(
        self,
        connection: Connection,
        names: dict[int, Series],
        asked: FindingQuery,
        place: list[int | str] | None,
        count: int,
    ) -> dict[tuple[int, int, str], Shape]:
        register = self._registry().register
        order = (finding.c.start, finding.c.series, finding.c.period)
        query = finding_query().where(filters(asked), finding.c.series.in_(list(names)))
        query = query.where(self._as_of(connection, asked.as_of))
        if place is not None:
            query = query.where(before(order, place))
        query = query.order_by(*(column.desc() for column in order)).limit(count)
        shapes: dict[tuple[int, int, str], Shape] = {}
        for row in connection.execute(query).mappings():
            series = names[row["series"]]
            station = register.stations[series.station]
            parameter = station.entry(series.parameter).parameter
            verdict = finding_of(row, series, row["limit_body"])
            engine = made_with(row["version_body"])["engine"]
            key = (row["start"], row["series"], row["period"])
            shapes[key] = finding_shape(verdict, parameter, station, engine, row["judged_at"])
        return shapes

    def _as_of(self, connection: Connection, as_of: int | None) -> ColumnElement[bool]:
        """Only current revisions; or those that were current at an earlier plant time."""
        if as_of is None:
            return finding.c.superseded.is_(None)
        known = known_by(connection, as_of)
        still = or_(finding.c.superseded.is_(None), finding.c.superseded > known)
        return and_(finding.c.seq <= known, still)

    def _still_open(
        self,
        connection: Connection,
        stations: Iterable[Station],
        names: dict[int, Series],
        asked: FindingQuery,
        place: list[int | str] | None,
    ) -> dict[tuple[int, int, str], Shape]:
        """Findings of periods that have not closed; those already on record keep their revision."""
        if asked.final is True or asked.outcome not in (None, "not_assessable", "exceeded"):
            return {}
        keys = {series: key for key, series in names.items()}
        now = self._clock.now()
        if asked.start_to is not None and asked.start_to <= now - 2 * DAY_SECONDS:
            return {}
        if place is not None and int(place[0]) < now - 2 * DAY_SECONDS:
            return {}
        engine = self._present_version()["engine"]
        found: dict[tuple[int, int, str], Shape] = {}
        for station in stations:
            for verdict in self._open_findings(connection, station, now):
                if verdict.series not in keys or not _matches(verdict, asked):
                    continue
                key = (verdict.start, keys[verdict.series], verdict.period)
                if place is None or key < tuple(place):
                    parameter = station.entry(verdict.series.parameter).parameter
                    found[key] = finding_shape(verdict, parameter, station, engine, now)
        return found

    def _open_findings(
        self, connection: Connection, station: Station, now: int
    ) -> Iterable[Finding]:
        for day in sorted({midnight(now), midnight(now - self._grace)}):
            judged = self._judged(connection, station, day)
            for sheet in judged.sheets:
                for row, term in enumerate(judged.window.terms):
                    if not owes(term, sheet.period):
                        continue
                    for column in range(sheet.outcome.shape[1]):
                        start = day + column * sheet.period.length
                        if start <= now and not sheet.closed[row, column]:
                            verdict = sheet.finding(row, column)
                            if verdict.reason is not Reason.PROVEN:
                                yield verdict

    def _judged(self, connection: Connection, station: Station, day: int) -> JudgedDay:
        return self._days.get(connection, station.id, day, self._clock.now())


def _received(
    connection: Connection, day: JudgedDay, rows: Collection[int]
) -> dict[tuple[int, int, int, int], int]:
    """When each reading of some rows reached us, by (row, observed, value, status)."""
    wanted = {key: raw_id for key, raw_id in day.raw.items() if key[0] in rows}
    query = select(raw.c.id, raw.c.received_at).where(raw.c.id.in_(set(wanted.values())))
    received = {key: at for key, at in connection.execute(query)}
    return {key: received[raw_id] for key, raw_id in wanted.items()}


def split_finding(name: str) -> tuple[Series, str, int] | None:
    """Series, period and start of a finding's id; None when it is not one."""
    parts = name.replace(" ", "+").split(":", 3)
    if len(parts) != 4:
        return None
    if parts[3].isascii() and parts[3].isdecimal() and len(parts[3]) == 13:
        # A link of a dashboard: Grafana knows the start in milliseconds since 1970.
        return Series(parts[0], parts[1]), parts[2], int(parts[3]) // 1000
    try:
        start = datetime.fromisoformat(parts[3])
    except ValueError:
        return None
    if start.tzinfo is None:
        return None
    return Series(parts[0], parts[1]), parts[2], int(start.timestamp())


def finding_query() -> Any:
    """Findings with the bodies of their limit and version."""
    return select(
        finding, limit.c.body.label("limit_body"), version.c.body.label("version_body")
    ).select_from(
        finding.join(version, finding.c.version == version.c.id).outerjoin(
            limit, finding.c.limit == limit.c.id
        )
    )


def _is(revision: int) -> ColumnElement[bool]:
    return finding.c.revision == revision


def filters(asked: FindingQuery) -> ColumnElement[bool]:
    """Which findings a query asks for, but for station, parameter and time of record."""
    wanted: list[ColumnElement[bool]] = [finding.c.id > 0]
    for column, value in (
        (finding.c.period, asked.period),
        (finding.c.outcome, asked.outcome),
        (finding.c.final, asked.final),
    ):
        if value is not None:
            wanted.append(column == value)
    if asked.start_from is not None:
        wanted.append(finding.c.start >= asked.start_from)
    if asked.start_to is not None:
        wanted.append(finding.c.start < asked.start_to)
    return and_(*wanted)


def _matches(verdict: Finding, asked: FindingQuery) -> bool:
    return (
        asked.period in (None, verdict.period)
        and asked.outcome in (None, str(verdict.outcome))
        and (asked.start_from is None or verdict.start >= asked.start_from)
        and (asked.start_to is None or verdict.start < asked.start_to)
        and asked.final in (None, verdict.final)
    )


def _finding_place(cursor: str | None) -> list[int | str] | None:
    return decode(cursor, "findings", int, int, str) if cursor else None
