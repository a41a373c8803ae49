"""A small store in memory, and the other things an application is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from api import decided, explained, shapes, worked
from api.answered import ANSWERED, LOAD
from api.compared import Comparison
from api.forwarding import Forwarded
from rules.amendments import Act
from rules.days import rfc3339
from rules.model import Problem, Refused
from tolich.documents import Document, ListQuery, ReportQuery, TooMuch
from tolich.ports import (
    AlertQuery,
    Amend,
    AmendmentQuery,
    BadCursor,
    Caller,
    Comparing,
    Delivery,
    FindingQuery,
    NotDurable,
    Page,
    Receipt,
    Scope,
    Shape,
)
from tolich.sights import Heard
from tolich.workports import Announcement, Deed, Kept

NOON = 1_795_323_600  # 2026-11-22T12:00:00+07:00
STATIONS = {"m01": "mau-01", "m02": "mau-01", "m03": "mau-02"}  # station -> cluster
REGULATION = "QCVN 40:2011/BTNMT"


def example(model: type[Any], **changes: Any) -> Shape:
    """The example of a shape, with some of its values changed."""
    return {**deepcopy(model.model_config["json_schema_extra"]["example"]), **changes}


def finding_id(station: str, hour: int) -> str:
    """The id of an hour's COD finding."""
    return f"{station}:COD:hour:{rfc3339(NOON + hour * 3600)}"


def finding(station: str, hour: int, **changes: Any) -> Shape:
    """An hour's COD finding."""
    start = NOON + hour * 3600
    place = {"id": finding_id(station, hour), "station": station, "cluster": STATIONS[station]}
    times = {"start": rfc3339(start), "end": rfc3339(start + 3600)}
    return example(shapes.Finding, **place, **times, **changes)


def alert(number: int, station: str, **changes: Any) -> Shape:
    """An alert of a station."""
    place = {"id": f"A{number}", "station": station, "cluster": STATIONS[station]}
    return example(worked.WorkedAlert, **place, **changes)


def transition(seq: int, station: str = "m01") -> Shape:
    """A transition on record."""
    return example(shapes.Transition, seq=seq, station=station, after={"state": "hoạt động"})


def visible(scope: Scope, shape: Shape) -> bool:
    """Whether a scope may see a shape that names its station or cluster."""
    cluster = shape.get("cluster") or STATIONS.get(shape.get("station") or "")
    return scope.clusters is None or cluster in scope.clusters


@dataclass
class FakeReads:
    """The Reads port on lists. `asked` keeps the scope of every call."""

    found: list[Shape] = field(default_factory=list)  # findings, newest first
    raised: list[Shape] = field(default_factory=list)  # alerts, newest first
    recorded: list[Shape] = field(default_factory=list)  # transitions, oldest first
    red: list[str] = field(default_factory=list)
    asked: list[Scope] = field(default_factory=list)
    queries: list[Any] = field(default_factory=list)
    broken: Exception | None = None
    refused: list[Problem] = field(default_factory=list)
    station_days: int = 23
    lock: Lock = field(default_factory=Lock)

    def _page(self, scope: Scope, shapes: Sequence[Shape], cursor: str | None, limit: int) -> Page:
        self.asked.append(scope)
        if self.broken is not None:
            raise self.broken
        begin = int(_place(cursor))
        seen = [shape for shape in shapes if visible(scope, shape)]
        end = begin + limit
        return Page(seen[begin:end], f"at-{end}" if end < len(seen) else None)

    def _one(self, scope: Scope, shapes: Sequence[Shape], name: str) -> Shape | None:
        self.asked.append(scope)
        named = (shape for shape in shapes if shape["id"] == name and visible(scope, shape))
        return next(named, None)

    def _stations(self) -> list[Shape]:
        return [
            example(shapes.Station, id=name, cluster=cluster) for name, cluster in STATIONS.items()
        ]

    def heard(self, scope: Scope, after: int) -> Heard:
        seen = frozenset(one["id"] for one in self._stations() if visible(scope, one))
        self.asked.append(scope)
        return Heard(1, seen if after < 1 else frozenset())

    def sights(self, scope: Scope, stations: Collection[str] | None) -> list[Shape]:
        self.asked.append(scope)
        beside = {"ward": "Xã Mẫu", "capacity": 500.0, "contacts": [], "alerts": []}
        measured: Shape = {"limit": None, "hours": [], "day": None}
        return [
            one | beside | {"parameters": [each | measured for each in one["parameters"]]}
            for one in self._stations()
            if visible(scope, one) and (stations is None or one["id"] in stations)
        ]

    def closed(
        self, scope: Scope, station: str, period: str, start: int, end: int
    ) -> dict[str, list[Shape]] | None:
        self.queries.append((station, period, start, end))
        return None if self.station(scope, station) is None else {}

    def stations(self, scope: Scope, cursor: str | None, limit: int) -> Page:
        return self._page(scope, self._stations(), cursor, limit)

    def station(self, scope: Scope, station: str) -> Shape | None:
        return self._one(scope, self._stations(), station)

    def readings(
        self,
        scope: Scope,
        station: str,
        parameter: str | None,
        start: int | None,
        end: int | None,
        cursor: str | None,
        limit: int,
    ) -> Page | None:
        self.queries.append((station, parameter, start, end))
        if self.station(scope, station) is None:
            return None
        reading = example(shapes.Reading, station=station, cluster=STATIONS[station])
        return self._page(scope, [reading], cursor, limit)

    def outlook(self, scope: Scope, station: str, parameter: str | None) -> Page | None:
        self.queries.append((station, parameter))
        if self.station(scope, station) is None:
            return None
        of = {"station": station, "cluster": STATIONS[station]}
        some = [example(shapes.Outlook, parameter=name, **of) for name in ("COD", "TSS")]
        return Page([one for one in some if parameter in (None, one["parameter"])])

    def findings(self, scope: Scope, query: FindingQuery, cursor: str | None, limit: int) -> Page:
        self.queries.append(query)
        some = [one for one in self.found if query.station in (None, one["station"])]
        return self._page(scope, some, cursor, limit)

    def finding(self, scope: Scope, finding: str, revision: int | None = None) -> Shape | None:
        one = self._one(scope, self.found, finding)
        return one if one and revision in (None, one["revision"]) else None

    def finding_why(self, scope: Scope, finding: str, revision: int | None = None) -> Shape | None:
        one = self.finding(scope, finding, revision)
        return None if one is None else one | example(explained.Why) | {"finding": one}

    def revisions(self, scope: Scope, finding: str) -> Page | None:
        if self._one(scope, self.found, finding) is None:
            return None
        return Page([example(decided.Revision, revision=number) for number in (1, 2)])

    def amendments(
        self, scope: Scope, query: AmendmentQuery, cursor: str | None, limit: int
    ) -> Page:
        self.queries.append(query)
        return self._page(scope, [example(decided.Amendment)], cursor, limit)

    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page:
        self.queries.append(query)
        some = [one for one in self.raised if query.state in (None, one["state"])]
        return self._page(scope, some, cursor, limit)

    def alert(self, scope: Scope, alert: str) -> Shape | None:
        return self._one(scope, self.raised, alert)

    def alert_why(self, scope: Scope, alert: str) -> Shape | None:
        one = self.alert(scope, alert)
        return None if one is None else example(explained.Why) | {"alert": one}

    def transitions(self, scope: Scope, after: int, limit: int) -> Page:
        self.asked.append(scope)
        if self.broken is not None:
            raise self.broken
        with self.lock:
            news = [one for one in self.recorded if one["seq"] > after and visible(scope, one)]
        more = len(news) > limit
        return Page(news[:limit], str(news[limit - 1]["seq"]) if more else None)

    def rejected(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        self.queries.append(station)
        return self._page(scope, [example(shapes.Rejected)], cursor, limit)

    def forwarding(
        self,
        scope: Scope,
        station: str | None,
        destination_name: str | None,
        cursor: str | None,
        limit: int,
    ) -> Page:
        self.queries.append((station, destination_name))
        return self._page(scope, [example(Forwarded)], cursor, limit)

    def regulations(self) -> list[Shape]:
        others = [f"QCVN {number}" for number in range(4)]
        return [example(shapes.Regulation, id=name) for name in (REGULATION, *others)]

    def regulation(self, regulation: str) -> Shape | None:
        return next((one for one in self.regulations() if one["id"] == regulation), None)

    def permits(self, scope: Scope, cursor: str | None, limit: int) -> Page:
        return self._page(scope, [example(shapes.Permit)], cursor, limit)

    def what_if(self, scope: Scope, question: object) -> Comparing:
        self.asked.append(scope)
        self.queries.append(question)
        if self.refused:
            raise Refused(self.refused)
        shape = example(Comparison)
        found = [{"difference": one} for one in shape.pop("differences")]
        total = shape["station_days"] = self.station_days
        progress = {"progress": {"done": total, "total": total}}
        return Comparing(total, iter([[*found, progress], [{"result": shape}]]))

    def health(self) -> Shape:
        with self.lock:
            seq = max((one["seq"] for one in self.recorded), default=0)
        return {"status": "red" if self.red else "green", "reasons": self.red, "seq": seq}

    def record(self, *seqs: int, station: str = "m01") -> None:
        """Put transitions on record, all at once."""
        with self.lock:
            self.recorded += [transition(seq, station) for seq in seqs]


def _place(cursor: str | None) -> str:
    if cursor is None:
        return "0"
    if not cursor.startswith("at-"):
        raise BadCursor("this is not a cursor that a list gave out")
    return cursor.removeprefix("at-")


@dataclass
class FakeIntake:
    """The Intake port: keeps what it is given and answers as told."""

    receipt: Receipt = field(default_factory=lambda: Receipt(1))
    full: bool = False
    came: list[Delivery] = field(default_factory=list)

    def submit(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """The receipt it was told to give, for each delivery."""
        if self.full:
            raise NotDurable("the disk is full")
        self.came += deliveries
        return [self.receipt for _ in deliveries]


@dataclass
class FakeAmending:
    """The Amending port: keeps what it is asked, numbered, for stations that may be seen."""

    full: bool = False
    came: list[Amend] = field(default_factory=list)

    def amend(self, scope: Scope, asked: Amend) -> Shape:
        """The amendment as if recorded; Refused as the store would refuse the same fields."""
        if self.full:
            raise NotDurable("the disk is full")
        problems = [Problem("amendment", field, said) for field, said in self._wrong(scope, asked)]
        if problems:
            raise Refused(problems)
        self.came.append(asked)
        place = {"station": asked.station, "cluster": STATIONS[asked.station]}
        said = {"act": asked.act, "author": asked.author.strip(), "reason": asked.reason.strip()}
        number = {"id": len(self.came), "reverses": asked.reverses, "parameter": asked.parameter}
        start, end = asked.start or 0, asked.end or 0
        times = {"from": rfc3339(start), "to": rfc3339(end)}
        return example(decided.Amendment, **place, **said, **number, **times)

    def _wrong(self, scope: Scope, asked: Amend) -> Iterator[tuple[str, str]]:
        if not asked.author.strip():
            yield "author", "say who decides"
        if len(asked.reason.strip()) < 3:
            yield "reason", "say why"
        if asked.station not in STATIONS or not visible(scope, {"station": asked.station}):
            yield "station", f"there is no station {asked.station!r} that you may see"
        elif asked.parameter != "COD":
            yield "parameter", f"{asked.station} does not measure {asked.parameter!r}"
        elif asked.act == Act.REVERSE and not 0 < (asked.reverses or 0) <= len(self.came):
            yield "reverses", "no such amendment"
        elif asked.act != Act.REVERSE and (asked.start is None or asked.end is None):
            yield "from", "say which readings"
        elif asked.act == Act.VALUE and asked.value is None:
            yield "value", "say which value counts instead"


@dataclass
class FakeWorking:
    """The Working port: m01 has an alert A1; keeps what it is asked, and raises as told."""

    raises: Exception | None = None
    stretches: list[tuple[int | None, int | None]] = field(default_factory=list)
    came: list[tuple[Caller, Deed]] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)

    def act(self, caller: Caller, asked: Deed) -> Shape | None:
        """The example of an alert."""
        if self.raises is not None:
            raise self.raises
        self.came.append((caller, asked))
        return example(worked.WorkedAlert, id=asked.alert) if asked.alert == "A1" else None

    def actions(self, scope: Scope, alert: str) -> Page | None:
        return Page([example(worked.Action, alert=alert)]) if alert == "A1" else None

    def attachment(self, scope: Scope, attachment: int) -> Kept | None:
        return Kept('phiếu "1".pdf', "application/pdf", b"%PDF-1.7") if attachment == 1 else None

    def announce(self, caller: Caller, asked: Announcement) -> Shape:
        self.announced.append(asked)
        return example(worked.Plan, station=asked.station)

    def cancel(self, caller: Caller, plan: int, reason: str) -> Shape | None:
        if self.raises is not None:
            raise self.raises
        return example(worked.Plan, state="cancelled") if plan == 1 else None

    def plans(self, scope: Scope, station: str | None, cursor: str | None, limit: int) -> Page:
        return Page([example(worked.Plan)])

    def responses(
        self, scope: Scope, cluster: str | None, start: int | None, end: int | None
    ) -> Page:
        """How soon alerts were answered."""
        self.stretches.append((start, end))
        return Page([dict(ANSWERED)] if cluster in (None, ANSWERED["cluster"]) else [])

    def alarm_load(self, caller: Caller, start: int | None, end: int | None) -> Page:
        """What somebody was told."""
        self.stretches.append((start, end))
        return Page([LOAD | {"account": caller.name}])


class FakeClock:
    """Noon."""

    def now(self) -> int:
        """UTC epoch seconds."""
        return NOON


@dataclass
class FakeReports:
    """The Reports port: a file of two chunks, for stations and clusters that may be seen."""

    came: list[ListQuery | ReportQuery] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    much: bool = False

    def export(self, scope: Scope, query: ListQuery, form: str) -> Document | None:
        return self._made(scope, query, form)

    def report(self, scope: Scope, query: ReportQuery, form: str) -> Document | None:
        return self._made(scope, query, form)

    def _made(self, scope: Scope, query: ListQuery | ReportQuery, form: str) -> Document | None:
        self.came.append(query)
        self.scopes.append(scope)
        if self.much:
            raise TooMuch("1048577 rows: ask for less.")
        station, cluster = query.station, getattr(query, "cluster", None)
        if station is not None and not visible(scope, {"station": station}):
            return None
        if station not in (None, *STATIONS) or cluster not in (None, *STATIONS.values()):
            return None
        return Document(f"made.{form}", "text/plain", iter([b"one ", b"two"]))
