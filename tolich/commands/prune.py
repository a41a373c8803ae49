"""`tolich prune`: old messages and readings go, on purpose and on record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rules.days import day_start, local_date
from rules.model import Problem, Refused
from tolich.app import Place, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import out, refusing
from tolich.evidence.keys import key_file, read_private
from tolich.settings import load_settings
from tolich.store.checkpoints import recorded
from tolich.store.prunings import Asked, planned, prune


def prune_readings(
    before: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="Local day; what came earlier goes, as 2021-01-01"),
    ],
    reason: Annotated[str, typer.Option(help="Why; kept on record.")],
    by: Annotated[str, typer.Option("--by", help="Who decided it; kept on record.")],
    data: Annotated[Path | None, typer.Option(help="Data folder; default: the settings'.")] = None,
    settings: SettingsFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Otherwise only say what would go.")] = (
        False
    ),
) -> None:
    """Take out the bytes and readings of messages that came before a day.

    Findings, alerts, decisions and the chain stay, and `tolich verify` still walks; but days
    before the date are never judged again and their verdicts can no longer be shown reading by
    reading. Export the evidence that may be needed first. There is no way back.
    """
    with refusing():
        loaded = load_settings(settings)
        if data is not None:
            loaded = loaded.model_copy(update={"data": data, "store": None})
        _refuse_empty(reason, by)
        key = read_private(key_file(loaded.data))
        place = Place(loaded, real_clock())
        with place.engine.connect() as connection:
            plan = planned(connection, day_start(before.date()))
            now = recorded(connection)[1]
        _tell(plan.messages, plan.readings, local_date(plan.before).isoformat())
        if plan.messages and yes:
            made = prune(place.engine, key, plan, Asked(plan.before, by, reason), now)
            out.print(f"done, on record in {made} signed row{'s' if made != 1 else ''}")
        elif plan.messages:
            out.print("nothing was done: say --yes")
    place.engine.dispose()


def _refuse_empty(reason: str, by: str) -> None:
    problems = [
        Problem("command line", name, "must not be empty: it is kept on record")
        for name, text in (("--reason", reason), ("--by", by))
        if not text.strip()
    ]
    if problems:
        raise Refused(problems)


def _tell(messages: int, readings: int, day: str) -> None:
    out.print(f"{messages} messages with {readings} readings came before {day}")
