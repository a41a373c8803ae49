"""What the answer of a receiver means: delivered, to be tried again, or given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from tolich.notify.channel import Retry, Undeliverable


class Meaning(StrEnum):
    """What becomes of a message after an answer."""

    SENT = "sent"
    AGAIN = "again"
    NEVER = "never"


AGAIN_STATUSES = frozenset({401, 403, 407, 408, 409, 421, 423, 425, 429})
"""Below 500, statuses that pass: once a key is mended, an attempt under way is over, or there
is room."""

LONGEST_WAIT = 6 * 3600
"""Seconds of a Retry-After that are believed at most."""


def status_meaning(status: int) -> Meaning:
    """What an HTTP status says of a message that carries an idempotency key."""
    if 200 <= status < 300:
        return Meaning.SENT
    if status >= 500 or status in AGAIN_STATUSES:
        return Meaning.AGAIN
    return Meaning.NEVER  # 3xx, too: a redirect is not followed, its address must be corrected


def check_status(status: int, said: str, retry_after: str | None, now: int) -> None:
    """Raises Retry or Undeliverable unless the status means delivered. `now` is wall time."""
    meaning = status_meaning(status)
    why = f"HTTP {status}{': ' if said else ''}{said}"
    if meaning is Meaning.AGAIN:
        raise Retry(why, waiting(retry_after, now))
    if meaning is Meaning.NEVER:
        moved = " (redirects are not followed: correct the address)" if status < 400 else ""
        raise Undeliverable(why + moved)


def waiting(retry_after: str | None, now: int) -> int | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None: it does not."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, min(_seconds(at) - now, LONGEST_WAIT))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def check_code(
    code: str, meanings: Mapping[str, tuple[Meaning, str]], unknown: str, receiver: str
) -> None:
    """Judge a code that came in a body. Raises Retry or Undeliverable unless it means delivered.

    A code that is not in the table is tried again: the message expires if it stays.
    """
    meaning, remedy = meanings.get(code, (Meaning.AGAIN, unknown))
    if meaning is Meaning.AGAIN:
        raise Retry(f"{receiver} {code}: {remedy}")
    if meaning is Meaning.NEVER:
        raise Undeliverable(f"{receiver} {code}: {remedy}")
