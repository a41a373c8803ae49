"""The channels that the settings name, and the sender that uses them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sqlalchemy import Engine

from rules.model import Problem, Refused
from tolich.clock import wall
from tolich.notify.channel import Channel
from tolich.notify.email import EmailChannel
from tolich.notify.other import AppriseChannel
from tolich.notify.sections import Notify
from tolich.notify.sender import Sender
from tolich.notify.sms import SmsChannel
from tolich.notify.webhook import WebhookChannel
from tolich.notify.zalo import ZaloChannel

CHANNELS = ("email", "webhook", "zalo", "sms", "apprise")


def channels(section: Notify, now: Callable[[], int] = wall) -> dict[str, Channel]:
    """Those that are set up, by name. Raises Refused naming every file that is not there."""
    problems = list(_absent(section))
    if problems:
        raise Refused(problems)
    found: dict[str, Channel] = {}
    if section.email is not None:
        found["email"] = EmailChannel(section.email, now)
    if section.webhook is not None:
        found["webhook"] = WebhookChannel(section.webhook, section.public_url, now)
    if section.zalo is not None:
        found["zalo"] = ZaloChannel(section.zalo, now)
    if section.sms is not None:
        found["sms"] = SmsChannel(section.sms, now)
    if section.apprise is not None:
        found["apprise"] = AppriseChannel(section.apprise)
    return found


def sender(engine: Engine, section: Notify) -> Sender:
    """The sender of a store's outbox. Run one a store, in the writer's process."""
    return Sender(
        engine, channels(section), wall, Random(), section.expire_after, section.public_url
    )


def _absent(section: Notify) -> list[Problem]:
    return [
        Problem("settings", f"notify.{name}.{key}", f"there is no file {file}")
        for name in CHANNELS
        if (of := getattr(section, name)) is not None
        for key in type(of).model_fields
        if key.endswith("_file") and (file := getattr(of, key)) is not None and not file.is_file()
    ]
