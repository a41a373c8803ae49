"""Who may do which act on which alert, and how long it may last. Refusals say who may."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from rules.model import AlertKind
from rules.roles import OFFICERS, PLANT_SIDE, RIGHTS, Right, Role
from rules.work import Act, Bar, Work, WorkState

RIGHT_OF: Mapping[Act, Right] = {
    Act.ACKNOWLEDGE: Right.ACKNOWLEDGE,
    Act.COMMENT: Right.COMMENT,
    Act.EXPLAIN: Right.EXPLAIN,
    Act.REQUEST_EXPLANATION: Right.REQUEST,
    Act.SHELVE: Right.SHELVE,
    Act.UNSHELVE: Right.SHELVE,
    Act.CLOSE_FIRST: Right.CLOSE,
    Act.CLOSE: Right.CLOSE,
    Act.REOPEN: Right.CLOSE,
    Act.REQUEST_SAMPLE: Right.SAMPLE,
    Act.TAKE_SAMPLE: Right.SAMPLE,
    Act.LAB_RESULT: Right.SAMPLE,
}

HOUR, DAY = 3600, 86400

LONGEST_SHELF = {True: 7 * DAY, False: 24 * HOUR}
"""Seconds a shelf may last: of an officer, of the plant's side. Engineering settings."""

LONGEST_DEADLINE = 90 * DAY
"""Seconds an explanation may be waited for. An engineering setting: a slip stays small."""

LONGEST_MAINTENANCE = 31 * DAY
"""Seconds one announced maintenance may last, an engineering setting for the same reason."""

PLANT_SHELVES = frozenset({AlertKind.SILENCE, AlertKind.INSTRUMENT, AlertKind.OUTAGE})
"""What the plant's side may set aside: its own devices, never what its water is suspected of."""


class Deny(StrEnum):
    """Why this account may not do it, however the alert stands."""

    NO_RIGHT = "no_right"
    OFFICERS = "officers_only"
    SHELVE = "officers_shelve_this"
    SECOND = "another_officer"
    OTHERS = "concerns_others"  # an outage of several plants


def denied(
    act: Act, role: Role, account: int, rights: frozenset[Right], kind: AlertKind, work: Work
) -> Deny | None:
    """Why an account may not do `act` to an alert of its own; None where it may."""
    if RIGHT_OF[act] not in rights:
        return Deny.NO_RIGHT
    if RIGHT_OF[act] is Right.CLOSE and role not in OFFICERS:
        return Deny.OFFICERS
    if act in (Act.SHELVE, Act.UNSHELVE) and role in PLANT_SIDE and kind not in PLANT_SHELVES:
        return Deny.SHELVE
    if act is Act.CLOSE and work.state is WorkState.CLOSING and work.closing_by == account:
        return Deny.SECOND
    return None


def who_may(act: Act, why: Deny) -> tuple[Role, ...]:
    """The roles that may do what was denied."""
    right = RIGHT_OF[act]
    allowed = OFFICERS if why is not Deny.NO_RIGHT else frozenset(Role)
    return tuple(role for role in Role if role in allowed and right in RIGHTS[role])


def longest_shelf(role: Role) -> int:
    """Seconds a shelf of this role may last."""
    return LONGEST_SHELF[role in OFFICERS]


Both = tuple[str, str]
"""Vietnamese and English."""

DENIALS: Mapping[Deny, Both] = {
    Deny.NO_RIGHT: ("Tài khoản này không có quyền đó", "this account does not have that right"),
    Deny.OFFICERS: ("chỉ cán bộ môi trường được đóng cảnh báo", "only officers close alerts"),
    Deny.SHELVE: (
        "phía cơ sở chỉ tạm ngừng nhắc được cảnh báo về tín hiệu và thiết bị",
        "the plant's side shelves only alerts about its signal and its instruments",
    ),
    Deny.SECOND: (
        "nghi vượt giới hạn phải do hai cán bộ khác nhau đóng",
        "a suspected exceedance is closed by two different officers",
    ),
    Deny.OTHERS: (
        "cảnh báo này gồm cả trạm của đơn vị khác",
        "this alert is about stations of others, too",
    ),
}

BARS: Mapping[Bar, Both] = {
    Bar.RECEIVED: ("Cảnh báo đã được tiếp nhận", "the alert was received already"),
    Bar.NOT_SHELVED: ("Cảnh báo không tạm ngừng nhắc", "the alert is not shelved"),
    Bar.ENDED: ("Cảnh báo đã kết thúc", "the alert has ended"),
    Bar.SUPPRESSED: (
        "Trạm đang trong kỳ bảo trì hoặc ngừng hoạt động",
        "the station is in announced maintenance or out of service",
    ),
    Bar.BEING_CLOSED: (
        "Một cán bộ đã đóng, chờ cán bộ thứ hai",
        "one officer has closed it, a second one must",
    ),
    Bar.NOT_CLOSED: ("Cảnh báo chưa đóng", "the alert is not closed"),
    Bar.CLOSED: ("Cảnh báo đã đóng", "the alert is closed"),
    Bar.WITHDRAWN: ("Cảnh báo đã rút lại", "the alert was withdrawn"),
}


def who_may_announce(right: Right) -> tuple[Role, ...]:
    """The roles that may announce maintenance, or a station out of service."""
    return tuple(role for role in Role if right in RIGHTS[role])
