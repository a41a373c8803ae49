"""What was said to whom: messages on their way, delivered, and given up."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from api.answers import listed
from api.asking import Pages
from api.auth import needs
from api.jsonbody import Json
from api.problems import errors
from api.shapes import Next, Shaped, example
from api.view import Seen
from tolich.ports import NotificationQuery

router = APIRouter(tags=["notifications"], dependencies=[needs(None)])

State = Literal["pending", "sent", "failed", "superseded"]
NOTIFICATION = {
    "id": 7,
    "created_at": "2026-11-22T09:10:00+07:00",
    "alert": "A12",
    "kind": "raised",
    "account": 3,
    "channel": "email",
    "address": "a@example.org",
    "language": "vi",
    "severity": "warning",
    "title": "[MÔ PHỎNG] CCN Mẫu 01: COD TB giờ 91,25 > 75 mg/L. Cảnh báo sớm, chờ xác minh",
    "link": "https://tolich.example/a/A12",
    "key": "5d41402abc4b2a76b9719d911017c592aabbccdd",
    "state": "sent",
    "attempts": 1,
    "not_before": None,
    "next_at": None,
    "sent_at": "2026-11-22T09:10:02+07:00",
    "receipt": "<5d41402abc4b2a76b9719d911017c592aabbccdd@tolich.example>",
    "error": None,
    "merged_into": None,
}


class Notification(Shaped):
    """One message to one address, and what became of it."""

    model_config = example(NOTIFICATION)
    id: int
    created_at: AwareDatetime
    alert: str | None
    kind: str
    account: int
    channel: str
    address: str
    language: str
    severity: str
    title: str
    key: str
    state: State
    attempts: int
    next_at: AwareDatetime | None
    sent_at: AwareDatetime | None
    receipt: str | None
    error: str | None
    merged_into: int | None


class NotificationPage(Shaped):
    """Notifications, newest first."""

    model_config = example({"items": [NOTIFICATION], "next": None})
    items: list[Notification]
    next: str | None = Next


async def _query(
    state: Annotated[State | None, Query()] = None,
    channel: Annotated[str | None, Query(description="email, webhook, zalo, sms, apprise.")] = None,
    kind: Annotated[str | None, Query(description="Such as raised, ended, digest.")] = None,
    alert: Annotated[str | None, Query(description="Id of an alert.")] = None,
) -> NotificationQuery:
    return NotificationQuery(state, channel, kind, alert)


@router.get(
    "/notifications",
    summary="What was said to whom, newest first",
    response_model=NotificationPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def notifications(
    view: Seen, query: Annotated[NotificationQuery, Depends(_query)], paging: Pages
) -> Json:
    """Your own; with the right `deliveries` also what others were told of plants that you see."""
    return listed(view.notifications(query, paging))
