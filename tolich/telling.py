"""Telling people: who hears of what happened to an alert, queued where it happened.

It runs last in every transaction that moves an alert, so that neither the news nor the message
is there without the other. Who is told is rules/escalation.py and rules/pushing.py; how the
message is delivered is tolich/notify. Whoever was told is a row of the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from rules import pushing
from rules.days import DAY_SECONDS, midnight
from rules.escalation import COMES_UP, ROLES, Side, sides_of
from rules.grants import plants_seen
from rules.model import AlertKind, Change, Series, Severity
from rules.register import Register, Station
from rules.work import Act, Passing, WorkState
from tolich.clock import wall
from tolich.digest import READERS, digest_due, gathered, had_digest
from tolich.notify.channel import Body, Language
from tolich.notify.quiet import not_before, quiet_of
from tolich.notify.templates import KIND_OF_CHANGE, Kind
from tolich.notify.texts import About, about, body, digest, grouped
from tolich.ports import Registered, Shape
from tolich.store import accounts
from tolich.store.accounts import AccountRow
from tolich.store.ledger import Append, News, canonical
from tolich.store.notifications import Notice, key_of, queue
from tolich.store.peopleschema import climb, told
from tolich.store.reads.findings import finding_query
from tolich.store.schema import alert, finding, series, transition
from tolich.store.shapes import alert_shape, finding_shape
from tolich.store.statements import next_key, upsert
from tolich.store.verdicts import finding_of, made_with
from tolich.store.work import current

STALE = DAY_SECONDS
"""Seconds after its end from which an alert that late data raise is news for a digest only."""

COSTLY = ("sms", "zalo")
"""Channels that are paid for by the message: only what is urgent goes there."""

URGENT = (Severity.MAJOR, Severity.CRITICAL)

_OF_ACTS = {
    Act.REQUEST_EXPLANATION.value: Kind.REQUESTED,
    Passing.EXPLANATION_OVERDUE.value: Kind.OVERDUE,
    Act.CLOSE_FIRST.value: Kind.SECOND,
}

_PLANT = ROLES[Side.OPERATOR] | ROLES[Side.INVESTOR]
_HEAR = {
    Kind.REQUESTED: _PLANT,
    Kind.OVERDUE: _PLANT | ROLES[Side.OFFICER],
    # A ward with one officer finds its second one in the city.
    Kind.SECOND: ROLES[Side.OFFICER],
}
"""Who hears of an act; never its author."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account that can be told something: whose plants it sees, and how it is reached."""

    account: AccountRow
    plants: frozenset[str] | None
    ways: Mapping[str, str]  # channel -> address

    @property
    def officer(self) -> bool:
        """Whether this is an officer."""
        return self.account.profile.role in ROLES[Side.OFFICER]

    def sees(self, station: Station) -> bool:
        """Whether a station is among the plants this account sees."""
        return self.plants is None or station.plant in self.plants

    def way(self, severity: Severity) -> dict[str, str]:
        """How it is reached with something so severe."""
        if severity in URGENT:
            return dict(self.ways)
        return {way: to for way, to in self.ways.items() if way not in COSTLY}


@dataclass(frozen=True, slots=True)
class Case:
    """An alert as it stands now, and its place in the register."""

    row: Mapping[Any, Any]
    station: Station
    shape: Shape
    finding: Shape | None

    @property
    def kind(self) -> AlertKind:
        """What it is about."""
        return AlertKind(self.row["kind"])

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return Severity(self.row["severity"])


class Telling:
    """Queues what people have to be told. `channels` are those that are set up."""

    def __init__(
        self,
        registered: Callable[[], Registered],
        channels: Collection[str],
        public_url: str,
        now: Callable[[], int] = wall,
    ) -> None:
        self._registered = registered
        self._channels = frozenset(channels)
        self._public_url = public_url
        self._now = now
        self._digested: int | None = None  # the day whose digests have all gone

    def __call__(self, append: Append) -> None:
        """Tell of everything that happened in this transaction, and of what fell due by it."""
        if not append.news:
            return
        people = self._people(append.connection)
        for news in list(append.news):
            case = self._case(append.connection, news.alert)
            if case is not None:
                self._tell(append, news, case, people)

    def waiting(self, connection: Connection, now: int) -> bool:
        """Whether an alert that nobody received is to climb, or a digest to be sent."""
        query = select(climb.c.alert).where(climb.c.due <= now).limit(1)
        if connection.execute(query).scalar() is not None:
            return True
        day = digest_due(now)
        if day is None or day == self._digested:
            return False
        self._digested = day if not self._readers(connection, now) else self._digested
        return self._digested != day

    def catch_up(self, append: Append) -> None:
        """Tell the next side of every alert that nobody has received by now; send the digest."""
        for person in self._readers(append.connection, append.at):
            self._digest(append, person)
        people = self._people(append.connection)
        query = select(climb).where(climb.c.due <= append.at).order_by(climb.c.alert)
        for row in list(append.connection.execute(query).mappings()):
            case = self._case(append.connection, row["alert"])
            if case is None or not _unreceived(append.connection, row["alert"]):
                _note(append, row["alert"], row["since"], json.loads(row["told"]), None)
            else:
                news = News(append.seq, row["alert"], Kind.ESCALATED.value)
                done = [Side(one) for one in json.loads(row["told"])]
                self._climb(append, news, Kind.ESCALATED, case, people, row["since"], done)

    # --- one piece of news ---

    def _tell(self, append: Append, news: News, case: Case, people: Sequence[Person]) -> None:
        here = [person for person in people if person.sees(case.station)]
        if news.what in _OF_ACTS:
            self._tell_of_act(append, news, case, here)
            return
        kind = KIND_OF_CHANGE.get(news.what)
        if kind is None or self._old(append, case, kind):
            return
        if Change(news.what) in COMES_UP:
            if case.row["ended_at"] is None:
                self._climb(append, news, kind, case, here, append.at, [])
            else:  # it is over already: those hear of it who hear at once
                self._climb_once(append, news, kind, case, here)
            return
        again = _told_before(append.connection, news.alert)
        reached = [person for person in here if person.account.id in again]
        self._send(append, news, kind, case, reached)

    def _old(self, append: Append, case: Case, kind: Kind) -> bool:
        """Whether what late data brought up is over for so long that it waits for the digest."""
        ended = case.row["ended_at"]
        return kind is Kind.RAISED_LATE and ended is not None and ended < append.at - STALE

    def _tell_of_act(self, append: Append, news: News, case: Case, here: Sequence[Person]) -> None:
        roles, author = _HEAR[_OF_ACTS[news.what]], news.body.get("account")
        self._send(
            append, news, _OF_ACTS[news.what], case,
            [p for p in here if p.account.profile.role in roles and p.account.id != author],
        )  # fmt: skip

    def _climb(
        self,
        append: Append,
        news: News,
        kind: Kind,
        case: Case,
        here: Iterable[Person],
        since: int,
        done: list[Side],
    ) -> None:
        """Tell the sides whose time has come, and remember when that of the next one comes."""
        some = [person for person in here if person.sees(case.station)]
        plant = self._registered().register.plants[case.station.plant]
        reachable = sides_of(person.account.profile.role for person in some)
        now = plant.climb.told(case.severity, reachable, since, append.at)
        fresh = [side for side in now if side not in done]
        self._send(append, news, kind, case, _on(some, fresh))
        due = plant.climb.next_at(case.severity, reachable, since, append.at)
        _note(append, news.alert, since, [*done, *fresh], due)

    def _climb_once(
        self, append: Append, news: News, kind: Kind, case: Case, here: Sequence[Person]
    ) -> None:
        plant = self._registered().register.plants[case.station.plant]
        reachable = sides_of(person.account.profile.role for person in here)
        sides = plant.climb.told(case.severity, reachable, append.at, append.at)
        self._send(append, news, kind, case, _on(here, sides))

    def _send(
        self, append: Append, news: News, kind: Kind, case: Case, people: Iterable[Person]
    ) -> None:
        for person in people:
            others = self._officer_hears(append, news, kind, case, person)
            if others is not None:
                self._queue(append, news, kind, case, person, others)

    def _officer_hears(
        self, append: Append, news: News, kind: Kind, case: Case, person: Person
    ) -> list[str] | None:
        """What else an officer's message lists, [] as a rule; None: it waits for the digest.

        Trouble of stations and instruments reaches an officer in one message a day.
        """
        if not person.officer or case.kind not in pushing.TROUBLE:
            return []
        if kind in _HEAR:
            return []
        urgent = kind is Kind.ESCALATED or pushing.pushed(_pushed(append, news, case))
        if not urgent or _had_trouble(append, person):
            return None
        return self._titles(append, person, news.alert)

    def _titles(self, append: Append, person: Person, but: int) -> list[str]:
        """The other trouble of this day that a person's one message lists."""
        query = (
            select(transition.c.alert)
            .where(transition.c.at >= midnight(append.at), transition.c.alert.is_not(None))
            .where(transition.c.change.in_([str(change) for change in pushing.TOLD]))
            .distinct()
        )
        found = []
        for key in sorted(append.connection.execute(query).scalars()):
            case = self._case(append.connection, key) if key != but else None
            if case is None or case.kind not in pushing.TROUBLE or not person.sees(case.station):
                continue
            found.append(body(Kind.RAISED, self._about(case), _language(person)).title)
        return found

    def _queue(
        self,
        append: Append,
        news: News,
        kind: Kind,
        case: Case,
        person: Person,
        others: Sequence[str],
    ) -> None:
        ways = person.way(case.severity)
        if not ways:
            return
        said = body(kind, self._about(case, news), _language(person))
        if others:
            listed = grouped([said.title, *others], _language(person), self._public_url)
            said = Body(
                listed.title, f"{said.text}\n\n{listed.text}", said.sms, said.link, said.fields
            )
        quiet = quiet_of(person.account.profile.quiet_from, person.account.profile.quiet_to)
        now = self._now()
        queue(
            append,
            [
                Notice(
                    key_of(news.seq, kind.value, person.account.id, way, address),
                    kind.value, person.account.id, way, address, _language(person),
                    case.severity.value, said, news.alert,
                    not_before(quiet, case.severity.value, now),
                )
                for way, address in sorted(ways.items())
            ],
            now,
        )  # fmt: skip
        record(append, news.alert, kind, person, ways)

    def _readers(self, connection: Connection, now: int) -> list[Person]:
        """Those who have not had the digest of yesterday yet."""
        if digest_due(now) is None:
            return []
        return [
            person
            for person in self._people(connection)
            if person.account.profile.role in READERS
            and person.way(Severity.INFO)
            and not had_digest(connection, person.account.id, now)
        ]

    def _digest(self, append: Append, person: Person) -> None:
        day, language = digest_due(append.at), _language(person)
        ways = person.way(Severity.INFO)
        if day is None:
            return
        register = self._registered().register
        found = gathered(
            append.connection, register, person.plants, day, language, self._public_url
        )
        if found is not None:
            said, now = digest(found, language, self._public_url), self._now()
            notices = [
                Notice(
                    key_of("digest", day, person.account.id, way, to), Kind.DIGEST.value,
                    person.account.id, way, to, language, Severity.INFO.value, said,
                )
                for way, to in sorted(ways.items())
            ]  # fmt: skip
            queue(append, notices, now)
        record(append, None, Kind.DIGEST, person, ways if found is not None else ())

    # --- what it looks at ---

    def _people(self, connection: Connection) -> list[Person]:
        """Everybody who can be told something."""
        register = self._registered().register
        found = []
        for row in accounts.everyone(connection):
            profile = row.profile
            ways = {way: to for way, to in profile.contacts.items() if way in self._channels}
            if ways and not row.disabled:
                plants = plants_seen(profile.role, profile.grants(), register)
                found.append(Person(row, plants, ways))
        return found

    def _case(self, connection: Connection, key: int) -> Case | None:
        """An alert as it stands in this transaction; None of a station that is gone."""
        row = connection.execute(select(alert).where(alert.c.id == key)).mappings().one_or_none()
        register = self._registered().register
        if row is None or row["station"] not in register.stations:
            return None
        station = register.stations[row["station"]]
        return Case(row, station, alert_shape(row, station), _finding(connection, row, register))

    def _about(self, case: Case, news: News | None = None) -> About:
        said = {} if news is None else news.body
        return about(
            case.shape, case.finding, self._registered().register, self._public_url,
            said.get("deadline"), said.get("by"), said.get("text"),
        )  # fmt: skip


def record(
    append: Append, about_alert: int | None, kind: Kind, person: Person, ways: Iterable[str]
) -> None:
    """The row of the record that says that somebody is told."""
    key = next_key(append.connection, told)
    row = {
        "id": key, "at": append.at, "alert": about_alert,
        "kind": kind.value, "account": person.account.id, "name": person.account.name,
        "role": str(person.account.profile.role), "channels": json.dumps(sorted(ways)),
    }  # fmt: skip
    seq = append.entry("told", key, canonical(row))
    append.connection.execute(insert(told).values(seq=seq, **row))


def _on(people: Iterable[Person], sides: Collection[Side]) -> list[Person]:
    roles = {role for side in sides for role in ROLES[side]}
    return [person for person in people if person.account.profile.role in roles]


def _language(person: Person) -> Language:
    return "en" if person.account.profile.language == "en" else "vi"


def _note(append: Append, key: int, since: int, done: Sequence[str], due: int | None) -> None:
    sides = json.dumps([str(side) for side in done])
    row = {"alert": key, "since": since, "told": sides, "due": due}
    upsert(append.connection, climb, [row], ["alert"])


def _unreceived(connection: Connection, key: int) -> bool:
    of = current(connection, key)
    return of is not None and of.state is WorkState.UNACKNOWLEDGED


def _told_before(connection: Connection, key: int) -> set[int]:
    return set(connection.execute(select(told.c.account).where(told.c.alert == key)).scalars())


def _had_trouble(append: Append, person: Person) -> bool:
    """Whether an officer had today's message about trouble."""
    query = (
        select(told.c.id)
        .select_from(told.join(alert, alert.c.id == told.c.alert))
        .where(told.c.account == person.account.id, told.c.at >= midnight(append.at))
        .where(alert.c.kind.in_([str(kind) for kind in pushing.TROUBLE]))
        .where(told.c.kind.not_in([kind.value for kind in _HEAR]))
        .limit(1)
    )
    return append.connection.execute(query).scalar() is not None


def _pushed(append: Append, news: News, case: Case) -> pushing.News:
    before = None if news.before is None else Severity(news.before)
    return pushing.News(append.at, news.alert, case.kind, case.severity, Change(news.what), before)


def _finding(connection: Connection, row: Mapping[Any, Any], register: Register) -> Shape | None:
    """The finding that raised an alert, as it is now."""
    if row["finding"] is None:
        return None
    station = register.stations[row["station"]]
    if row["parameter"] not in station.judged():
        return None
    of = Series(row["station"], row["parameter"])
    query = (
        finding_query()
        .join(series, series.c.id == finding.c.series)
        .where(series.c.station == of.station, series.c.parameter == of.parameter)
        .where(finding.c.period == row["period"], finding.c.superseded.is_(None))
        .where(finding.c.start >= row["started_at"])
        .order_by(finding.c.start)
    )
    for found in connection.execute(query).mappings():
        verdict = finding_of(found, of, found["limit_body"])
        if verdict.id == row["finding"]:
            engine = made_with(found["version_body"])["engine"]
            parameter = station.entry(of.parameter).parameter
            return finding_shape(verdict, parameter, station, engine, found["judged_at"])
        break
    return None
