"""The terms on record: what each closed day was judged by, kept whole.

A day takes its terms from the register until it closes; then they are kept, and late data
is judged by them whatever the register says by then. Only `tolich rejudge` takes new ones.
"""

from __future__ import annotations

import hashlib

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from rules.terms import Terms
from tolich.store.ledger import Append, canonical
from tolich.store.schema import terms as kept
from tolich.store.statements import next_key

DayTerms = tuple[Terms, ...]

_SHAPE: TypeAdapter[DayTerms] = TypeAdapter(DayTerms)


def terms_body(terms: DayTerms) -> str:
    """The terms of a station-day as they are kept: JSON, numbers as exact text."""
    return canonical(_SHAPE.dump_python(terms, mode="json")).decode()


def terms_from(body: str) -> DayTerms:
    """Kept terms back as values."""
    return _SHAPE.validate_json(body)


class KeptTerms:
    """Terms by their key on record; days of one key share one object."""

    def __init__(self) -> None:
        self._known: dict[int, DayTerms] = {}
        self._keys: dict[int, tuple[int, DayTerms]] = {}  # by identity, which is kept alive

    def forget(self) -> None:
        """A transaction failed: what was remembered of it may not be on record."""
        self._known.clear()
        self._keys.clear()

    def of(self, connection: Connection, key: int) -> DayTerms:
        """The terms on record under a key."""
        if key not in self._known:
            body = connection.execute(select(kept.c.body).where(kept.c.id == key)).scalar_one()
            self._known[key] = terms_from(body)
        return self._known[key]

    def keep(self, append: Append, terms: DayTerms) -> int:
        """The key of some terms, put on record when they are new."""
        found = self._keys.get(id(terms))
        if found is None:
            found = self._keys[id(terms)] = (_key(append, terms_body(terms)), terms)
            self._known[found[0]] = terms
        return found[0]


def _key(append: Append, body: str) -> int:
    digest = hashlib.sha256(body.encode()).digest()
    connection = append.connection
    key = connection.execute(select(kept.c.id).where(kept.c.digest == digest)).scalar()
    if key is not None:
        return int(key)
    new = next_key(connection, kept)
    connection.execute(insert(kept).values(id=new, digest=digest, body=body))
    append.entry("terms", new, body.encode())
    return new
