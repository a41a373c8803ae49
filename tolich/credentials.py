"""Passwords, API keys and log-in tokens: made here, kept only as what cannot be turned back.

A password is kept as argon2id. Keys and tokens are 256 random bits, which no guessing
reaches, so a plain digest of them is enough and every request can afford it.
"""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 12
"""Characters: length is what keeps a password; nothing is demanded of its letters."""

LONGEST_PASSWORD = 200

KEY_PREFIX = "tolich_"
"""So that a key left in a public place is recognised as one of ours."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def password_problem(password: str, name: str) -> str | None:
    """What is wrong with a new password, or nothing."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"takes {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    if name.lower() in password.lower():
        return "must not contain the account's name"
    if len(set(password)) < 5:
        return "repeats itself: take at least five different characters"
    return None


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def password_is(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; takes as long where there is none."""
    try:
        _HASHER.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def one_time_password() -> str:
    """A password for the first log-in, easy to copy from a terminal."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def new_key() -> str:
    """A new API key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_token() -> str:
    """The token of a new log-in."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is kept of a key or a token."""
    return hashlib.sha256(secret.encode()).digest()
