"""What the chain is made of: how an entry follows the one before it, and what it covers.

Whoever proves the record needs these few functions and no store: the writer uses them to
chain, `tolich verify` to walk a database, and a bundle's verifier to check single rows.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

GENESIS = hashlib.sha256(b"tolich evidence chain 1").digest()

Row = Mapping[Any, Any]
"""The columns of a row of evidence by their names."""

ReadingRow = tuple[int, int, int, int, int]
"""series, at, value, status, raw: the columns of `reading`."""


class Broken(Exception):
    """The record is not what was written; the message names the first broken row."""


def link(previous: bytes, seq: int, at: int, kind: str, row: int, content: bytes) -> bytes:
    """The digest of one entry."""
    named = f"{seq}:{at}:{kind}:{row}:".encode()
    return hashlib.sha256(previous + named + content).digest()


def canonical(values: object) -> bytes:
    """One spelling a value, for digests: compact JSON, keys sorted, text as it is."""
    return _ENCODER.encode(values).encode()


def _hexadecimal(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical spelling")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_hexadecimal
)

# --- rows ---------------------------------------------------------------------------------------

BODIED = ("limit", "version", "terms")
"""Kinds whose digest covers the body as it is; their rows do not carry their seq."""

LISTED: Mapping[str, tuple[str, ...]] = {
    "finding": (
        "series", "period", "start", "end", "revision", "outcome", "reason", "mean", "limit",
        "expected", "received", "valid", "calibrating", "faulty", "failed", "unknown",
        "conflicting", "final", "version", "judged_at",
    ),
    "transition": (
        "at", "change", "station", "parameter", "period", "alert", "finding", "before", "after",
        "cause",
    ),
}  # fmt: skip
"""Kinds whose digest covers these columns as a list."""


def content_of(kind: str, row: Row) -> bytes:
    """What an entry's digest covers of its row; a batch has its own, `batch_content`.

    Left out are only the row's own seq, which the link names, and of a finding its key, which
    the link names, too, and `superseded`, which changes later.
    """
    if kind in BODIED:
        return str(row["body"]).encode()
    if kind in LISTED:
        return canonical([row[name] for name in LISTED[kind]])
    return canonical({key: value for key, value in row.items() if key != "seq"})


# --- batches ------------------------------------------------------------------------------------

_BATCH = b"tolich batch 2:"  # no list of digests begins so: its length is no multiple of theirs


def identity(topic: str, payload: bytes) -> bytes:
    """What makes two messages the same message."""
    digest = hashlib.sha256(topic.encode())
    digest.update(b"\0")
    digest.update(payload)
    return digest.digest()


def readings_digest(rows: Sequence[ReadingRow]) -> bytes:
    """The readings that one message added, in the order of their columns, whatever theirs."""
    numbers = chain.from_iterable(sorted(rows))
    return hashlib.sha256(_packer(5 * len(rows))(*numbers)).digest()


@lru_cache(maxsize=256)
def _packer(count: int) -> Callable[..., bytes]:
    return struct.Struct(f"<{count}q").pack


def leaf(identified: bytes, received_at: int, source: str, readings: bytes) -> bytes:
    """One message of a batch: its bytes, when and how they came, and what was read from them."""
    came = f"{received_at}:{source}:".encode()
    return hashlib.sha256(identified + came + readings).digest()


def batch_content(leaves: Iterable[bytes]) -> bytes:
    """What the entry of a batch covers. Any one message can be shown without the others."""
    return _BATCH + b"".join(leaves)


def early_content(identities: Iterable[bytes]) -> bytes:
    """The same in records from before the readings were covered: the bytes of messages alone."""
    return b"".join(identities)
