"""Who may do what: roles and their rights. Deny is the default.

A right that is not in a role's row is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What an account is there for."""

    CITY_OFFICER = "city_officer"  # environment, all clusters
    WARD_OFFICER = "ward_officer"  # environment, the clusters of some wards
    TRADE_OFFICER = "trade_officer"  # Industry and Trade: register and targets
    INVESTOR = "investor"
    OPERATOR = "operator"
    VIEWER = "viewer"
    STATION = "station"  # a logger: sends readings, sees nothing
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """One thing an account may be allowed to do."""

    READ = "read"
    EXPORT = "export"
    WHAT_IF = "what_if"
    INGEST = "ingest"
    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    EXPLAIN = "explain"  # the plant's own dated explanation
    REQUEST = "request"  # ask the plant for an explanation, by a deadline
    SAMPLE = "sample"  # ask for a sample, say its bottle, enter what the laboratory found
    SHELVE = "shelve"
    CLOSE = "close"
    AMEND = "amend"
    ANNOUNCE = "announce"  # maintenance, beforehand
    OUT_OF_SERVICE = "out_of_service"
    REGISTER = "register"
    EVIDENCE = "evidence"  # take evidence out, with its proof
    DELIVERIES = "deliveries"  # what was sent to whom, and what could not be delivered
    SUSPICIONS = "suspicions"  # what an inspector may want to look at; every look is recorded
    ACCOUNTS = "accounts"


_PLANT = {
    Right.READ, Right.EXPORT, Right.WHAT_IF, Right.ACKNOWLEDGE, Right.COMMENT, Right.EXPLAIN,
    Right.SAMPLE, Right.SHELVE, Right.ANNOUNCE,
}  # fmt: skip
_WARD = {
    Right.READ, Right.EXPORT, Right.WHAT_IF, Right.ACKNOWLEDGE, Right.COMMENT, Right.REQUEST,
    Right.SAMPLE, Right.SHELVE, Right.CLOSE, Right.AMEND, Right.ANNOUNCE, Right.OUT_OF_SERVICE,
    Right.EVIDENCE, Right.DELIVERIES,
}  # fmt: skip

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CITY_OFFICER: frozenset(_WARD | {Right.REGISTER, Right.SUSPICIONS}),
    Role.WARD_OFFICER: frozenset(_WARD),
    Role.TRADE_OFFICER: frozenset({Right.READ, Right.EXPORT, Right.WHAT_IF, Right.REGISTER}),
    Role.INVESTOR: frozenset(_PLANT),
    Role.OPERATOR: frozenset(_PLANT),
    Role.VIEWER: frozenset({Right.READ, Right.EXPORT}),
    Role.STATION: frozenset({Right.INGEST}),
    Role.ADMINISTRATOR: frozenset(
        {Right.READ, Right.REGISTER, Right.ACCOUNTS, Right.DELIVERIES, Right.EVIDENCE}
    ),
}

OFFICERS = frozenset({Role.CITY_OFFICER, Role.WARD_OFFICER})
"""Who watches on the public's behalf; only they close and amend."""

PLANT_SIDE = frozenset({Role.INVESTOR, Role.OPERATOR})
"""Who answers for a plant."""


def rights_of(role: Role, limited_to: Iterable[Right] | None = None) -> frozenset[Right]:
    """What an account may do; an API key may be limited to less, never to more."""
    return RIGHTS[role] if limited_to is None else RIGHTS[role] & frozenset(limited_to)
