"""Forwarding put together: from the settings to what runs beside the writer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog
from sqlalchemy import Engine

from rules.loading import meant
from rules.model import Problem, Refused
from rules.register import Register
from tolich.clock import wall
from tolich.forwarding.choice import Choice
from tolich.forwarding.destination import Destination
from tolich.forwarding.folder import FolderDestination
from tolich.forwarding.follower import PROCESS, Follower, Forwarding
from tolich.forwarding.ftp import FtpDestination
from tolich.forwarding.place import read_place
from tolich.forwarding.sender import Manner, Registry, Sender
from tolich.forwarding.sftp import SftpDestination
from tolich.ports import Record
from tolich.settings import Forward
from tolich.store.forwarding import Configured, ForwardQueue, configure
from tolich.store.health import forget

log = structlog.get_logger()

LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}

Run = Callable[[threading.Event], None]


def forwarding(
    sections: Sequence[Forward], engine: Engine, record: Record, registry: Registry
) -> Iterator[Run]:
    """What to run, each in a thread of its own: a destination that is slow keeps nobody waiting.

    Raises Refused for stations that are not registered.
    """
    check_stations(sections, registry.register())
    choices = [choice_of(one) for one in sections]
    configure(
        engine,
        [
            Configured(one.name, str(read_place(one.url)), choice.text())
            for one, choice in zip(sections, choices, strict=True)
        ],
    )
    if not sections:
        forget(engine, PROCESS)
        return
    queues = [ForwardQueue(engine, one.name) for one in sections]
    followers = [
        Follower(record, queue, choice, registry.register)
        for queue, choice in zip(queues, choices, strict=True)
    ]
    yield Forwarding(engine, followers, wall).run
    for one, queue in zip(sections, queues, strict=True):
        manner = Manner(one.folder, LINE_ENDS[one.line_end], one.resend)
        yield Sender(engine, queue, destination_of(one), manner, registry, wall).run


def check_stations(sections: Sequence[Forward], register: Register) -> None:
    """Raises Refused naming every station of the settings that is not registered."""
    problems = [
        Problem("settings", f"forward.{one.name}.stations", f"no station {name!r}"
                f"{meant(name, register.stations)}")
        for one in sections
        for name in (one.stations if one.stations != "all" else ())
        if name not in register.stations
    ]  # fmt: skip
    if problems:
        raise Refused(problems)


def choice_of(section: Forward) -> Choice:
    """Whose readings a section of the settings asks for."""
    named = None if section.stations == "all" else frozenset(section.stations)
    return Choice(named, section.since)


def destination_of(section: Forward) -> Destination:
    """The destination of a section, whose settings have been checked."""
    place = read_place(section.url)
    if place.scheme == "file":
        return FolderDestination(Path(place.base))
    if place.scheme == "sftp" and section.key_file and section.known_hosts:
        return SftpDestination(place, section.key_file, section.known_hosts)
    if section.password_file is None:
        raise ValueError(f"forward.{section.name}: no password_file")
    if place.scheme == "ftp":
        log.warning("readings and password go unencrypted", destination=section.name)
    return FtpDestination(place, section.password_file, section.ca_file)
