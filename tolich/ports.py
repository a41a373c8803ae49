"""The seams of the program: what each part may ask of the others.

`ingest`, `api`, `dashboards` and `simulators` import these and `rules`, never an adapter;
`tolich/app.py` is the one place where adapters are put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from rules.permit import Regulations
from rules.register import Register, Station
from rules.roles import Right, Role

# --- time ---------------------------------------------------------------------------------


class Clock(Protocol):
    """Plant time: the one clock of judgement, silence and escalation."""

    def now(self) -> int:
        """UTC epoch seconds of plant time."""
        ...


# --- the way in ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it arrived, from any source, under its MQTT topic.

    HTTP and folder deliveries carry the topic the same message would have had over MQTT, so
    that there is one decoder and one identity (the hash of topic and payload).
    """

    source: Literal["mqtt", "http", "folder", "replay"]
    topic: str
    payload: bytes
    received_at: int  # plant time, UTC epoch seconds


class Measured(NamedTuple):
    """One decoded reading of the delivery's station."""

    parameter: str
    observed_at: int  # UTC epoch seconds
    value: int  # quanta
    status: int  # rules.model.Status


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a delivery, or one reading of it, was not understood, and how to mend it."""

    reason: str  # a code of ingest.rejections
    detail: str  # what was found, where
    remedy_en: str
    remedy_vi: str
    index: int | None = None  # which reading or line of the payload; None: all of it


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a delivery says: the readings of one registered station, and what was refused."""

    station: str | None  # None when the topic names no registered station
    readings: Sequence[Measured] = ()
    rejected: Sequence[Rejection] = ()


Decoder = Callable[[Delivery, "Registered"], Decoded]


@dataclass(frozen=True, slots=True)
class Registered:
    """What decoding and judging need to know of the register, loaded whole or not at all."""

    register: Register
    regulations: Regulations

    def station(self, cluster: str, station: str) -> Station | None:
        """The station of a topic; None when it is unknown or belongs to another cluster."""
        found = self.register.stations.get(station)
        return found if found is not None and found.cluster == cluster else None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery once it is durable."""

    accepted: int
    rejected: Sequence[Rejection] = ()


class NotDurable(Exception):
    """Nothing of this submission was stored: do not acknowledge it, let it come again."""


class Intake(Protocol):
    """Takes deliveries in; returns only after the commit is durable."""

    def submit(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """One receipt a delivery, in order. Raises NotDurable when nothing was stored."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery waiting to be stored. `done` is called once, after its commit is durable."""

    delivery: Delivery
    done: Callable[[Receipt], None]


class Source(Protocol):
    """Where deliveries come from. It must not acknowledge before `done` is called."""

    def start(self, put: Callable[[Arrival], None]) -> None:
        """Begin to deliver, from threads of its own; `put` never blocks."""
        ...

    def again(self) -> None:
        """A commit failed: let everything unacknowledged come again."""
        ...

    def stop(self) -> None:
        """Stop delivering and release everything."""
        ...


@dataclass(frozen=True, slots=True)
class Amend:
    """What an officer decides about readings of a series observed in [start, end).

    `act` is one of rules.amendments.Act. `value` is in `unit` (None: the parameter's own);
    for a reversal `reverses` alone says what is meant.
    """

    station: str
    parameter: str
    act: str
    author: str
    reason: str
    start: int | None = None  # UTC epoch seconds
    end: int | None = None
    value: Decimal | None = None
    unit: str | None = None
    reverses: int | None = None
    document: str | None = None


class Amending(Protocol):
    """Puts amendments on record; returns only after the commit is durable."""

    def amend(self, scope: Scope, asked: Amend) -> Shape:
        """The amendment as recorded. Raises Refused naming every field that is wrong.

        A station outside the scope is as unknown as one that is not registered. Raises
        NotDurable when nothing was stored.
        """
        ...


# --- the way out --------------------------------------------------------------------------

Shape = dict[str, Any]
"""A finding, alert, transition ... as the outside contract spells it, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose plants may be seen. `clusters` None means all; an empty set means nothing."""

    clusters: frozenset[str] | None = None
    plants: frozenset[str] | None = None

    def sees(self, cluster: str, plant: str) -> bool:
        """Whether a plant of a cluster may be seen."""
        return (self.clusters is None or cluster in self.clusters) and (
            self.plants is None or plant in self.plants
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account as far as the rest of the program needs to know it."""

    account: int  # its key; 0: the monitor itself
    name: str
    role: Role
    rights: frozenset[Right]
    scope: Scope
    stations: frozenset[str] = frozenset()  # a STATION account sends for these
    language: Literal["vi", "en"] = "vi"


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Filters of the findings list. Times are UTC epoch seconds; None does not filter."""

    station: str | None = None
    cluster: str | None = None
    parameter: str | None = None
    period: str | None = None
    start_from: int | None = None
    start_to: int | None = None  # exclusive
    outcome: str | None = None
    final: bool | None = None
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Filters of the alerts list."""

    state: str | None = None
    station: str | None = None
    cluster: str | None = None
    kind: str | None = None
    since: int | None = None
    as_of: int | None = None
    work: str | None = None  # rules.work.WorkState


@dataclass(frozen=True, slots=True)
class AmendmentQuery:
    """Filters of the amendments list."""

    station: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is an opaque cursor, None at the end."""

    items: list[Shape] = field(default_factory=list)
    next: str | None = None


class BadCursor(Exception):
    """The cursor was not one this list gave out."""


@dataclass(frozen=True, slots=True)
class NotificationQuery:
    """Filters of the notifications list."""

    state: str | None = None
    channel: str | None = None
    kind: str | None = None
    alert: str | None = None  # its public id


@dataclass(frozen=True, slots=True)
class Comparing:
    """History being judged under other permits, beside today's register.

    Each step of `lines` judges a stretch and may take a second: shapes of one key each,
    `difference`, `progress` (done and total station-days), and at the very end `result`.
    """

    station_days: int
    lines: Iterator[list[Shape]]


class Deliveries(Protocol):
    """What was said to whom, and what could not be delivered."""

    def notifications(
        self, caller: Caller, query: NotificationQuery, cursor: str | None, limit: int
    ) -> Page:
        """Newest first: the caller's own; with Right.DELIVERIES those within the scope, too."""
        ...


class Reads(Protocol):
    """Every read of the store for people and programs; each takes a Scope.

    An object outside the scope is as absent as one that does not exist: None, or not listed.
    """

    def stations(self, scope: Scope, cursor: str | None, limit: int) -> Page: ...
    def station(self, scope: Scope, station: str) -> Shape | None: ...
    def readings(
        self,
        scope: Scope,
        station: str,
        parameter: str | None,
        start: int | None,
        end: int | None,
        cursor: str | None,
        limit: int,
    ) -> Page | None: ...
    def outlook(self, scope: Scope, station: str, parameter: str | None) -> Page | None:
        """How today's daily means are likely to end, all on one page; for operation only."""
        ...

    def findings(
        self, scope: Scope, query: FindingQuery, cursor: str | None, limit: int
    ) -> Page: ...
    def finding(self, scope: Scope, finding: str, revision: int | None = None) -> Shape | None: ...
    def finding_why(
        self, scope: Scope, finding: str, revision: int | None = None
    ) -> Shape | None: ...
    def revisions(self, scope: Scope, finding: str) -> Page | None:
        """Every revision of a finding on one page, oldest first: what changed, and why."""
        ...

    def amendments(
        self, scope: Scope, query: AmendmentQuery, cursor: str | None, limit: int
    ) -> Page: ...
    def alerts(self, scope: Scope, query: AlertQuery, cursor: str | None, limit: int) -> Page: ...
    def alert(self, scope: Scope, alert: str) -> Shape | None: ...
    def alert_why(self, scope: Scope, alert: str) -> Shape | None: ...
    def transitions(self, scope: Scope, after: int, limit: int) -> Page:
        """Transitions with seq > after, oldest first; `next` is the seq to go on from."""
        ...

    def rejected(
        self, scope: Scope, station: str | None, cursor: str | None, limit: int
    ) -> Page: ...
    def forwarding(
        self,
        scope: Scope,
        station: str | None,
        destination_name: str | None,
        cursor: str | None,
        limit: int,
    ) -> Page:
        """How far each destination of TT10 files has got with each station, by their names."""
        ...

    def regulations(self) -> list[Shape]: ...
    def regulation(self, regulation: str) -> Shape | None: ...
    def permits(self, scope: Scope, cursor: str | None, limit: int) -> Page: ...
    def what_if(self, scope: Scope, question: object) -> Comparing:
        """Stored history under other permits. Raises rules.model.Refused before it begins.

        `question` is a parsed mapping, numbers exact: rules.whatif.read_question reads it.
        """
        ...

    def health(self) -> Shape:
        """State of writer and store: `status` green or red, `reasons`, and `seq`, the head."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ordered record, for followers.

    `kind` is batch, finding, transition, rejection, register or another of the chain's kinds.
    `content` is the contract's shape of it; of a batch `{"readings": [...]}` whose rows have
    station, cluster, parameter, observed_at, received_at (epoch seconds), value, unit, status.
    """

    seq: int
    kind: str
    content: Shape


class Record(Protocol):
    """The ordered record, for programs that follow it at their own pace."""

    def head(self) -> int:
        """The greatest seq that is committed; 0 when there is none."""
        ...

    def follow(self, after: int, limit: int, kinds: Sequence[str]) -> list[Entry]:
        """The next entries of these kinds with seq > after, at most `limit`, oldest first."""
        ...

    def position(self, follower: str) -> int:
        """How far a follower has got: the seq it last finished; 0 when it never ran."""
        ...

    def advance(self, follower: str, seq: int) -> None:
        """Remember that a follower has finished everything up to `seq`."""
        ...


# --- accounts -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountAsked:
    """What an account is to be; None leaves a field as it is."""

    role: str | None = None
    display: str | None = None
    language: str | None = None
    contacts: Mapping[str, str] | None = None  # channel -> address
    wards: Sequence[str] | None = None
    clusters: Sequence[str] | None = None
    plants: Sequence[str] | None = None
    stations: Sequence[str] | None = None
    quiet_from: str | None = None  # "22:00", local; "" takes it away
    quiet_to: str | None = None
    disabled: bool | None = None
    subject: str | None = None  # of the OpenID Connect provider; "" takes it away


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in in force: its token, and until when (wall time)."""

    caller: Caller
    token: str
    expires_at: int


class Begun(NamedTuple):
    """A log-in begun at a provider: where to send the browser, and what it must come back with."""

    address: str
    state: str


class Provider(Protocol):
    """Who somebody is, by the word of somebody else. Raises LoginRefused."""

    def begin(self) -> Begun: ...
    def finish(self, state: str, code: str) -> str:
        """The subject of whoever came back with the state of a log-in begun here."""
        ...


class LoginRefused(Exception):
    """Nobody was logged in. `wait`: seconds until the next try; `change`: a new password first."""

    def __init__(self, why: str, *, wait: float = 0.0, change: bool = False) -> None:
        super().__init__(why)
        self.wait = wait
        self.change = change


class Accounts(Protocol):
    """Who asks, and what an administrator does about it. Raises Refused naming wrong fields."""

    def by_key(self, key: str) -> Caller | None:
        """Whose API key it is; None when it is nobody's, expired or revoked."""
        ...

    def by_session(self, token: str) -> Caller | None:
        """Who is logged in with a token; None when nobody is."""
        ...

    def log_in(self, name: str, password: str, new: str | None, client: str) -> Login:
        """Log in, and choose a new password where one is given. Raises LoginRefused."""
        ...

    def log_in_as(self, subject: str) -> Login | None:
        """The log-in of the account that has a provider's subject; None: nobody's."""
        ...

    def log_out(self, token: str) -> None: ...
    def may_send(self, caller: Caller) -> float:
        """0, or the seconds a sender must wait before its next message."""
        ...

    def me(self, caller: Caller) -> Shape: ...
    def change_me(self, caller: Caller, asked: AccountAsked) -> Shape:
        """Change one's own language, contacts or quiet hours; nothing else is looked at."""
        ...

    def listed(self) -> list[Shape]: ...
    def one(self, name: str) -> Shape | None: ...
    def create(self, caller: Caller, name: str, asked: AccountAsked) -> Shape:
        """A new account; the shape holds its one-time password, this once."""
        ...

    def change(self, caller: Caller, name: str, asked: AccountAsked) -> Shape | None: ...
    def reset(self, caller: Caller, name: str) -> Shape | None:
        """A new one-time password, in the shape this once; every log-in ends."""
        ...

    def keys(self, name: str) -> list[Shape] | None: ...
    def new_key(
        self, caller: Caller, name: str, label: str, rights: Sequence[str] | None, days: int
    ) -> Shape | None:
        """A new API key; the shape holds the key itself, this once."""
        ...

    def revoke(self, caller: Caller, name: str, key: int) -> bool: ...
    def station_key(self, caller: Caller, station: str) -> Shape | None:
        """A new key with which a station sends, and may do nothing else; as new_key gives it.

        Its account, with `account` in the shape, is made where there is none. None: there is no
        such station that the caller sees.
        """
        ...
