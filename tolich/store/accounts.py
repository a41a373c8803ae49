"""Accounts, API keys and log-ins in the store. Every change of an account is a chained row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from rules.grants import Grants
from rules.roles import Right, Role
from tolich.store.ledger import Append, canonical
from tolich.store.peopleschema import account, account_change, api_key, login
from tolich.store.statements import next_key, upsert


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account is, apart from its secrets. Quiet hours are local, "22:00"."""

    role: Role
    display: str
    language: str = "vi"
    contacts: dict[str, str] = field(default_factory=dict)  # channel -> address
    wards: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    plants: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    quiet_from: str | None = None
    quiet_to: str | None = None

    def grants(self) -> Grants:
        """Whose plants it was given."""
        sets = (frozenset(of) for of in (self.wards, self.clusters, self.plants, self.stations))
        return Grants(*sets)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as it stands."""

    id: int
    name: str
    profile: Profile
    password: str | None = None
    must_change: bool = False
    disabled: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key as it stands; times are wall time."""

    id: int
    account: int
    label: str
    rights: tuple[Right, ...] | None
    created_at: int
    expires_at: int
    revoked_at: int | None


def by_name(connection: Connection, name: str) -> AccountRow | None:
    """The account of a name."""
    return _one(connection, account.c.name == name)


def by_subject(connection: Connection, subject: str) -> AccountRow | None:
    """The account that a provider's subject logs in to."""
    return _one(connection, account.c.subject == subject)


def everyone(connection: Connection) -> list[AccountRow]:
    """All accounts by name."""
    query = select(account).order_by(account.c.name)
    return [_account(row) for row in connection.execute(query).mappings()]


def by_key(
    connection: Connection, digest: bytes, now: int
) -> tuple[AccountRow, tuple[Right, ...] | None] | None:
    """The account whose key it is and what the key is limited to, while both are in force."""
    query = select(api_key).where(
        api_key.c.digest == digest,
        api_key.c.expires_at > now,
        or_(api_key.c.revoked_at.is_(None), api_key.c.revoked_at > now),
    )
    key = connection.execute(query).mappings().one_or_none()
    found = _one(connection, account.c.id == key["account"]) if key else None
    if key is None or found is None or found.disabled:
        return None
    return found, _key(key).rights


def by_login(connection: Connection, digest: bytes, now: int) -> AccountRow | None:
    """The account that is logged in with a token."""
    query = select(login.c.account).where(login.c.digest == digest, login.c.expires_at > now)
    key = connection.execute(query).scalar_one_or_none()
    found = None if key is None else _one(connection, account.c.id == key)
    return None if found is None or found.disabled else found


def store(append: Append, row: AccountRow, change: str, author: str) -> AccountRow:
    """Write an account as it is to be (`id` 0: a new one) and the row that says who did it."""
    connection = append.connection
    row = row if row.id else replace(row, id=next_key(connection, account))
    body = _json(asdict(row.profile))
    columns = {
        "id": row.id, "name": row.name, "body": body, "password": row.password,
        "must_change": row.must_change, "disabled": row.disabled, "subject": row.subject,
    }  # fmt: skip
    upsert(connection, account, [columns], ["id"])
    note(append, row, change, author)
    return row


def note(append: Append, row: AccountRow, change: str, author: str) -> None:
    """A chained row about an account whose own row did not change (a key, a log-out)."""
    key = next_key(append.connection, account_change)
    said = {
        "id": key, "entered_at": append.at, "account": row.id, "change": change,
        "body": _json({"name": row.name, **asdict(row.profile)}), "author": author,
    }  # fmt: skip
    seq = append.entry("account", key, canonical(said))
    append.connection.execute(insert(account_change).values(seq=seq, **said))


def keys_of(connection: Connection, owner: int) -> list[KeyRow]:
    """The API keys of an account, newest first."""
    query = select(api_key).where(api_key.c.account == owner).order_by(api_key.c.id.desc())
    return [_key(row) for row in connection.execute(query).mappings()]


def add_key(
    append: Append,
    owner: AccountRow,
    digest: bytes,
    label: str,
    rights: Sequence[Right] | None,
    times: tuple[int, int],
    author: str,
) -> KeyRow:
    """Put a key in force; `times` are from and until when, in wall time."""
    row = KeyRow(
        next_key(append.connection, api_key), owner.id, label,
        None if rights is None else tuple(rights), *times, None,
    )  # fmt: skip
    columns = asdict(row) | {
        "digest": digest,
        "rights": None if rights is None else json.dumps(sorted(rights)),
    }
    append.connection.execute(insert(api_key).values(**columns))
    note(append, owner, f"key {row.id} made: {label}", author)
    return row


def revoke_key(append: Append, owner: AccountRow, key: int, now: int, author: str) -> bool:
    """End a key; False where the account has none in force by this id."""
    query = (
        update(api_key)
        .where(api_key.c.id == key, api_key.c.account == owner.id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if append.connection.execute(query).rowcount == 0:
        return False
    note(append, owner, f"key {key} revoked", author)
    return True


def log_in(connection: Connection, owner: int, digest: bytes, times: tuple[int, int]) -> None:
    """Put a log-in in force; those that are over are let go."""
    connection.execute(delete(login).where(login.c.expires_at <= times[0]))
    row = {"digest": digest, "account": owner, "created_at": times[0], "expires_at": times[1]}
    connection.execute(insert(login).values(**row))


def log_out(connection: Connection, digest: bytes) -> None:
    """End one log-in."""
    connection.execute(delete(login).where(login.c.digest == digest))


def log_out_everywhere(connection: Connection, owner: int) -> None:
    """End every log-in of an account."""
    connection.execute(delete(login).where(login.c.account == owner))


def _one(connection: Connection, where: Any) -> AccountRow | None:
    row = connection.execute(select(account).where(where)).mappings().one_or_none()
    return None if row is None else _account(row)


def _account(row: RowMapping) -> AccountRow:
    body = json.loads(row["body"])
    lists = {name: tuple(body[name]) for name in ("wards", "clusters", "plants", "stations")}
    profile = Profile(**{**body, **lists, "role": Role(body["role"])})
    columns = ("id", "name", "password", "must_change", "disabled", "subject")
    return AccountRow(profile=profile, **{name: row[name] for name in columns})


def _key(row: RowMapping) -> KeyRow:
    rights = row["rights"]
    return KeyRow(
        row["id"], row["account"], row["label"],
        None if rights is None else tuple(Right(one) for one in json.loads(rights)),
        row["created_at"], row["expires_at"], row["revoked_at"],
    )  # fmt: skip


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)
