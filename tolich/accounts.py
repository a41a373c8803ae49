"""The `Accounts` port on the store: who asks, logging in, and what administrators do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from sqlalchemy import Engine

from rules.days import rfc3339
from rules.grants import plants_seen
from rules.loading import meant
from rules.model import Problem, Refused
from rules.register import Register
from rules.roles import Right, Role, rights_of
from tolich.clock import wall
from tolich.credentials import (
    digest,
    hash_password,
    new_key,
    new_token,
    one_time_password,
    password_is,
    password_problem,
)
from tolich.ports import (
    AccountAsked,
    Caller,
    Clock,
    Login,
    LoginRefused,
    Scope,
    Shape,
)
from tolich.store import accounts as rows
from tolich.store.accounts import AccountRow, KeyRow, Profile
from tolich.store.database import writing
from tolich.store.ledger import Append, appending
from tolich.throttle import Throttle

LOGIN_LASTS = 12 * 3600
"""Seconds: a working day and its overtime."""

MOST_KEY_DAYS = 5 * 365
STATION_KEY_DAYS = 2 * 365

CHANNELS = ("email", "sms", "zalo", "webhook", "apprise")
"""The ways a person may be told something."""

FIRST = "admin"
"""The account that a new store begins with."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(slots=True)
class Throttles:
    """Who may ask how often: tries of a password, and messages of a sender."""

    # Of one client: nobody elsewhere can lock a person out by guessing at the name.
    per_name: Throttle = field(default_factory=lambda: Throttle(1 / 60, 5))
    per_client: Throttle = field(default_factory=lambda: Throttle(1 / 3, 20))
    sending: Throttle = field(default_factory=lambda: Throttle(50, 1000))


class StoreAccounts:
    """Accounts of one store, with the register of the moment."""

    def __init__(
        self,
        engine: Engine,
        register: Callable[[], Register],
        clock: Clock,
        throttles: Throttles | None = None,
        now: Callable[[], int] = wall,
    ) -> None:
        self._engine = engine
        self._register = register
        self._clock = clock
        self._throttles = throttles or Throttles()
        self._now = now

    # --- who asks ---

    def by_key(self, key: str) -> Caller | None:
        """Whose API key it is; None when it is nobody's, expired or revoked."""
        with self._engine.connect() as connection:
            found = rows.by_key(connection, digest(key), self._now())
        return None if found is None else self._caller(*found)

    def by_session(self, token: str) -> Caller | None:
        """Who is logged in with a token; None when nobody is."""
        with self._engine.connect() as connection:
            found = rows.by_login(connection, digest(token), self._now())
        return None if found is None else self._caller(found)

    def _caller(self, row: AccountRow, limited: Sequence[Right] | None = None) -> Caller:
        profile, register = row.profile, self._register()
        plants = plants_seen(profile.role, profile.grants(), register)
        return Caller(
            account=row.id,
            name=row.name,
            role=profile.role,
            rights=rights_of(profile.role, limited),
            scope=Scope(plants=plants),
            stations=_sends_for(profile, register),
            language="en" if profile.language == "en" else "vi",
        )

    def may_send(self, caller: Caller) -> float:
        """0, or the seconds a sender must wait before its next message."""
        return self._throttles.sending.take(caller.name)

    # --- logging in ---

    def log_in(self, name: str, password: str, new: str | None, client: str) -> Login:
        """Log in, and choose a new password where one is given. Raises LoginRefused."""
        self._not_too_often(name, client)
        with self._engine.connect() as connection:
            found = rows.by_name(connection, name)
        right = password_is(found.password if found else None, password)
        if found is None or not right or found.disabled:
            raise LoginRefused("There is no such account, or this is not its password.")
        self._throttles.per_name.forgive(f"{client} {name}")
        if new is not None:
            found = self._choose(found, new, found.name)
        elif found.must_change:
            raise LoginRefused(
                "This password serves once: send it with `new_password`, your own.", change=True
            )
        return self._logged_in(found)

    def log_in_as(self, subject: str) -> Login | None:
        """The log-in of the account that a provider's subject belongs to; None: nobody's."""
        with self._engine.connect() as connection:
            found = rows.by_subject(connection, subject)
        return None if found is None or found.disabled else self._logged_in(found)

    def _logged_in(self, row: AccountRow) -> Login:
        token, now = new_token(), self._now()
        until = now + LOGIN_LASTS
        with writing(self._engine).begin() as connection:
            rows.log_in(connection, row.id, digest(token), (now, until))
        return Login(self._caller(row), token, until)

    def log_out(self, token: str) -> None:
        """End one log-in."""
        with writing(self._engine).begin() as connection:
            rows.log_out(connection, digest(token))

    def _not_too_often(self, name: str, client: str) -> None:
        throttles = self._throttles
        wait = max(throttles.per_client.take(client), throttles.per_name.take(f"{client} {name}"))
        if wait:
            raise LoginRefused("Too many tries.", wait=wait)

    def _choose(self, row: AccountRow, new: str, author: str) -> AccountRow:
        said = password_problem(new, row.name)
        if said is None and password_is(row.password, new):
            said = "is the old one"
        if said is not None:
            raise Refused([Problem("login", "new_password", said)])
        row = replace(row, password=hash_password(new), must_change=False)
        with appending(self._engine, self._clock.now()) as append:
            rows.log_out_everywhere(append.connection, row.id)
            return rows.store(append, row, "password chosen", author)

    # --- oneself ---

    def me(self, caller: Caller) -> Shape:
        """The account of whoever asks, with its rights and what it sees."""
        with self._engine.connect() as connection:
            found = rows.by_name(connection, caller.name)
        assert found is not None, "an account is never deleted"
        plants = caller.scope.plants
        return {
            "account": account_shape(found),
            "scope": "all" if plants is None else {"clusters": None, "plants": sorted(plants)},
            "rights": sorted(caller.rights),
            "sends_for": sorted(caller.stations),
        }

    def change_me(self, caller: Caller, asked: AccountAsked) -> Shape:
        """Change one's own language, contacts or quiet hours; nothing else is looked at."""
        own = AccountAsked(
            display=asked.display, language=asked.language, contacts=asked.contacts,
            quiet_from=asked.quiet_from, quiet_to=asked.quiet_to,
        )  # fmt: skip
        self.change(caller, caller.name, own)
        return self.me(caller)

    # --- administering ---

    def listed(self) -> list[Shape]:
        """All accounts by name."""
        with self._engine.connect() as connection:
            return [account_shape(row) for row in rows.everyone(connection)]

    def one(self, name: str) -> Shape | None:
        """One account."""
        with self._engine.connect() as connection:
            found = rows.by_name(connection, name)
        return None if found is None else account_shape(found)

    def create(
        self, caller: Caller, name: str, asked: AccountAsked, password: str | None = None
    ) -> Shape:
        """A new account; the shape holds its one-time password, this once.

        `password` is given where there is nobody to choose one: a demonstration.
        """
        problems: list[Problem] = []
        if not _NAME.fullmatch(name):
            said = "takes 2 to 64 of a-z, 0-9, dot, dash and underscore, a letter or digit first"
            problems.append(Problem("account", "name", said))
        if asked.role is None:
            problems.append(Problem("account", "role", f"say which: {', '.join(Role)}"))
        profile = self._profile(Profile(Role.VIEWER, name), asked, problems)
        with appending(self._engine, self._clock.now()) as append:
            if rows.by_name(append.connection, name) is not None:
                problems.append(Problem("account", "name", f"there is an account {name!r} already"))
            _unclaimed(append, 0, asked.subject, problems)
            if problems:
                raise Refused(problems)
            once = None if profile.role is Role.STATION else password or one_time_password()
            kept = None if once is None else hash_password(once)
            first = kept is not None and password is None
            row = AccountRow(
                0, name, profile, kept, first, bool(asked.disabled), asked.subject or None
            )
            row = rows.store(append, row, "created", caller.name)
        return account_shape(row) | {"one_time_password": once}

    def change(self, caller: Caller, name: str, asked: AccountAsked) -> Shape | None:
        """The account as changed; None when there is none."""
        problems: list[Problem] = []
        with appending(self._engine, self._clock.now()) as append:
            row = rows.by_name(append.connection, name)
            if row is None:
                return None
            before = row
            row = replace(row, profile=self._profile(row.profile, asked, problems))
            _unclaimed(append, row.id, asked.subject, problems)
            if asked.disabled is not None:
                row = replace(row, disabled=asked.disabled)
            if asked.subject is not None:
                row = replace(row, subject=asked.subject or None)
            if _administers(before) and not _administers(row):
                _somebody_left(append, row, problems)
            if problems:
                raise Refused(problems)
            if row.disabled:
                rows.log_out_everywhere(append.connection, row.id)
            row = rows.store(append, row, "changed", caller.name)
        return account_shape(row)

    def reset(self, caller: Caller, name: str) -> Shape | None:
        """A new one-time password, in the shape this once; every log-in ends."""
        with appending(self._engine, self._clock.now()) as append:
            row = rows.by_name(append.connection, name)
            if row is None:
                return None
            if row.profile.role is Role.STATION:
                said = "a station has API keys, no password"
                raise Refused([Problem("account", name, said)])
            once = one_time_password()
            row = replace(row, password=hash_password(once), must_change=True)
            rows.log_out_everywhere(append.connection, row.id)
            row = rows.store(append, row, "password reset", caller.name)
        return account_shape(row) | {"one_time_password": once}

    def set_password(self, caller: Caller, name: str, password: str) -> None:
        """Give an account a password that need not be changed: a demonstration's."""
        with appending(self._engine, self._clock.now()) as append:
            row = rows.by_name(append.connection, name)
            assert row is not None, "a demonstration knows its accounts"
            row = replace(row, password=hash_password(password), must_change=False)
            rows.store(append, row, "password set", caller.name)

    def keys(self, name: str) -> list[Shape] | None:
        """The API keys of an account, newest first; None when there is no such account."""
        with self._engine.connect() as connection:
            row = rows.by_name(connection, name)
            if row is None:
                return None
            return [key_shape(key) for key in rows.keys_of(connection, row.id)]

    def new_key(
        self, caller: Caller, name: str, label: str, rights: Sequence[str] | None, days: int
    ) -> Shape | None:
        """A new API key; the shape holds the key itself, this once."""
        problems: list[Problem] = []
        key, now = new_key(), self._now()
        with appending(self._engine, self._clock.now()) as append:
            row = rows.by_name(append.connection, name)
            if row is None:
                return None
            limited = _limited(row.profile.role, rights, problems)
            if not 1 <= days <= MOST_KEY_DAYS:
                problems.append(Problem("key", "days", f"takes 1 to {MOST_KEY_DAYS}"))
            if not 1 <= len(label.strip()) <= 100:
                problems.append(
                    Problem("key", "label", "say what it is for, in 1 to 100 characters")
                )
            if problems:
                raise Refused(problems)
            times = (now, now + days * 86400)
            made = rows.add_key(
                append, row, digest(key), label.strip(), limited, times, caller.name
            )
        return key_shape(made) | {"key": key}

    def station_key(self, caller: Caller, station: str) -> Shape | None:
        """A new key of the account that sends for one station, which is made where there is none.

        An account of that name which may do more, or sends for another, is refused.
        """
        known = self._register().stations.get(station)
        if known is None or not caller.scope.sees(known.cluster, known.plant):
            return None
        name = _sender(station)
        with self._engine.connect() as connection:
            standing = rows.by_name(connection, name)
        if standing is None:
            self.create(caller, name, AccountAsked(role=Role.STATION, stations=(station,)))
        elif standing.profile.role is not Role.STATION or standing.profile.stations != (station,):
            said = f"account {name!r} is not one that sends for {station} only"
            raise Refused([Problem("account", "name", said)])
        elif standing.disabled:
            raise Refused([Problem("account", "disabled", f"account {name!r} is disabled")])
        made = self.new_key(caller, name, f"{station}, by {caller.name}", None, STATION_KEY_DAYS)
        return None if made is None else made | {"account": name}

    def revoke(self, caller: Caller, name: str, key: int) -> bool:
        """End a key at once; False where there is none in force."""
        with appending(self._engine, self._clock.now()) as append:
            row = rows.by_name(append.connection, name)
            return row is not None and rows.revoke_key(append, row, key, self._now(), caller.name)

    def first_administrator(self) -> str | None:
        """Make the account a new store begins with; its one-time password, this once.

        None where there are accounts already.
        """
        with appending(self._engine, self._clock.now()) as append:
            if rows.everyone(append.connection):
                return None
            once = one_time_password()
            profile = Profile(Role.ADMINISTRATOR, "Administrator")
            first = AccountRow(0, FIRST, profile, hash_password(once), must_change=True)
            rows.store(append, first, "created", "first start")
            return once

    def _profile(self, profile: Profile, asked: AccountAsked, problems: list[Problem]) -> Profile:
        """A profile with what is asked for, every wrong field named."""
        known = _known(self._register())
        changes: dict[str, object] = {}
        for name in (one.name for one in fields(Profile)):
            value = getattr(asked, name)
            if value is None:
                continue
            said = _wrong(name, value, known)
            problems += [Problem("account", name, one) for one in said]
            changes[name] = _kept(name, value) if not said else getattr(profile, name)
        changed = replace(profile, **changes)  # type: ignore[arg-type]  # checked field by field
        if (changed.quiet_from is None) != (changed.quiet_to is None):
            problems.append(Problem("account", "quiet_to", "quiet hours need both ends"))
        return changed


def _known(register: Register) -> dict[str, Sequence[str]]:
    return {
        "wards": sorted({cluster.ward for cluster in register.clusters.values()}),
        "clusters": list(register.clusters),
        "plants": list(register.plants),
        "stations": list(register.stations),
        "role": [str(role) for role in Role],
        "language": ("vi", "en"),
    }


def _wrong(name: str, value: object, known: Mapping[str, Sequence[str]]) -> list[str]:
    """What is wrong with a field, sentence by sentence."""
    if name in ("role", "language"):
        choices = known[name]
        return (
            [] if value in choices else [f"{value!r} is none of these{meant(str(value), choices)}"]
        )
    if name in known:
        registered = known[name]
        assert isinstance(value, Sequence)
        return [
            f"{one!r} is not registered{meant(one, registered)}"
            for one in value
            if one not in registered
        ]
    if name == "contacts":
        assert isinstance(value, Mapping)
        wrong = [one for one in value if one not in CHANNELS]
        return [f"{one!r} is no channel{meant(one, CHANNELS)}" for one in wrong]
    if name in ("quiet_from", "quiet_to"):
        fine = value == "" or _HOUR.fullmatch(str(value))
        return [] if fine else [f"{value!r} is no time of day; write it as 22:00"]
    return [] if 1 <= len(str(value).strip()) <= 200 else ["takes 1 to 200 characters"]


def _kept(name: str, value: object) -> object:
    """A field as the profile keeps it."""
    if name == "role":
        return Role(str(value))
    if name in ("wards", "clusters", "plants", "stations"):
        assert isinstance(value, Sequence)
        return tuple(dict.fromkeys(value))
    if name == "contacts":
        assert isinstance(value, Mapping)
        return dict(value)
    return str(value).strip() or None


def _limited(
    role: Role, rights: Sequence[str] | None, problems: list[Problem]
) -> list[Right] | None:
    if rights is None:
        return None
    own = sorted(str(right) for right in rights_of(role))
    problems += [
        Problem("key", "rights", f"{one!r} is no right of {role}{meant(one, own)}")
        for one in rights
        if one not in own
    ]
    return [Right(right) for right in own if right in rights]


def _unclaimed(append: Append, key: int, subject: str | None, problems: list[Problem]) -> None:
    """One person at the provider is one account here."""
    found = rows.by_subject(append.connection, subject) if subject else None
    if found is not None and found.id != key:
        problems.append(Problem("account", "subject", f"belongs to {found.name!r} already"))


def _somebody_left(append: Append, row: AccountRow, problems: list[Problem]) -> None:
    """Nobody takes the last administrator away: nobody could give the role back."""
    others = (one for one in rows.everyone(append.connection) if one.id != row.id)
    if not any(_administers(one) for one in others):
        problems.append(Problem("account", row.name, "is the last administrator"))


def _administers(row: AccountRow) -> bool:
    return row.profile.role is Role.ADMINISTRATOR and not row.disabled


def _sends_for(profile: Profile, register: Register) -> frozenset[str]:
    """The stations a STATION account sends for; a cluster or plant means all of its stations."""
    if profile.role is not Role.STATION:
        return frozenset()
    plants = plants_seen(Role.VIEWER, profile.grants(), register) or frozenset()
    of_plants = {one.id for one in register.stations.values() if one.plant in plants}
    return frozenset(of_plants | profile.grants().stations)


def account_shape(row: AccountRow) -> Shape:
    """An account as the outside sees it: nothing of its secrets."""
    profile = row.profile
    return {
        "name": row.name,
        "role": str(profile.role),
        "display": profile.display,
        "language": profile.language,
        "contacts": profile.contacts,
        "wards": list(profile.wards),
        "clusters": list(profile.clusters),
        "plants": list(profile.plants),
        "stations": list(profile.stations),
        "quiet_from": profile.quiet_from,
        "quiet_to": profile.quiet_to,
        "disabled": row.disabled,
        "must_change_password": row.must_change,
        "subject": row.subject,
    }


def key_shape(key: KeyRow) -> Shape:
    """An API key as the outside sees it: never the key."""
    return {
        "id": key.id,
        "label": key.label,
        "rights": None if key.rights is None else [str(one) for one in key.rights],
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339(key.expires_at),
        "revoked_at": None if key.revoked_at is None else rfc3339(key.revoked_at),
    }


def _sender(station: str) -> str:
    """The name of the account that sends for a station, as an account may be called."""
    return "station-" + re.sub(r"[^a-z0-9._-]", "-", station.lower())[:56]
