"""`tolich replay`: the same messages through the same pipeline, from nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import Progress

from rules.model import Problem, Refused
from simulators.jsonl import read
from tolich.app import Place, enter_file, enter_mapping, prepare
from tolich.clock import StepClock
from tolich.commands.serve import SettingsFile
from tolich.commands.whatif import Asked, side_by_side
from tolich.console import err, out, refusing
from tolich.ports import Delivery
from tolich.replaying import (
    as_received,
    recorded_terms,
    recorded_until,
    replay_into,
    stored_amendments,
    stored_deliveries,
    stored_messages,
    verdicts,
)
from tolich.settings import Settings, load_settings
from tolich.store.registry import current

DAY = ["%Y-%m-%d"]


def replay(
    source: Annotated[
        Path, typer.Argument(help="A data folder, or a file of messages as JSON lines.")
    ],
    settings: SettingsFile = None,
    register: Annotated[
        Path | None, typer.Option(help="Register file; needed for a file of messages.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write findings and alerts here.")] = None,
    compare: Annotated[
        bool, typer.Option(help="Compare with what the data folder has on record.")
    ] = False,
    permit: Annotated[
        Path | None,
        typer.Option(help="What if: permits (as in a register file) that would bind their plants."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=DAY, help="First local day of --permit, as 2026-01-31."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=DAY, help="Last local day of --permit, inclusive."),
    ] = None,
) -> None:
    """Judge messages again from nothing and print the findings and alerts as JSON lines.

    What does not depend on arrival must come out the same: outcome, mean, counts, limit,
    and the intervals of alerts. With --compare, a difference ends with status 1.

    With --permit FILE the stored history of a data folder is judged by today's register and
    by the permits of FILE in the place of all that bind the same plants; printed are both
    side by side and the days that differ, and --to gets every finding that differs. Nothing
    in the folder changes, and the monitor may be running.
    """
    if permit is not None:
        with refusing():
            _what_if(source, load_settings(settings), Asked(permit, since, until, to), compare)
        return
    with refusing():
        if since is not None or until is not None:
            raise Refused([Problem("command line", "--from, --until", "go with --permit only")])
        _replay(source, settings, register, to, compare)


def _what_if(source: Path, loaded: Settings, asked: Asked, compare: bool) -> None:
    original = _original(source, loaded)
    if original is None:
        said = "--permit takes a data folder, not a file of messages"
        raise Refused([Problem(str(source), "--permit", said)])
    if compare:
        raise Refused([Problem("command line", "--compare", "does not go with --permit")])
    side_by_side(original, loaded, asked)


def _replay(
    source: Path, settings: Path | None, register: Path | None, to: Path | None, compare: bool
) -> None:
    with TemporaryDirectory(prefix="tolich-replay-") as folder:
        loaded = load_settings(settings)
        original = _original(source, loaded)
        place, deliveries, count = _prepared(Path(folder), source, original, loaded, register)
        pipeline = place.pipeline(as_received)
        if original is not None:
            pipeline.settler.recorded = recorded_terms(original.engine)
        with Progress(console=err) as bar:
            task = bar.add_task("replaying", total=count)
            amended = [] if original is None else stored_amendments(original.engine)
            replay_into(
                pipeline, deliveries, lambda done: bar.update(task, completed=done), amended
            )
        found = [json.dumps(one, ensure_ascii=False) for one in verdicts(place.reads(pipeline))]
        if to is not None:
            to.write_text("".join(f"{line}\n" for line in found))
            out.print(f"{len(found)} findings and alerts written to {to}")
        elif not compare:
            for line in found:
                out.print(line, markup=False, highlight=False, soft_wrap=True)
        if compare and original is not None:
            _compare(original, found)


def _original(source: Path, loaded: Settings) -> Place | None:
    """The store of a data folder; None when the source is a file of messages."""
    if not source.is_dir():
        return None
    if not (source / "evidence.db").is_file():
        raise Refused([Problem(str(source), "evidence.db", "there is no store in this folder")])
    told = Settings(data=source, mqtt=None, regulations=loaded.regulations)
    return Place(told, StepClock(0))


def _prepared(
    folder: Path, source: Path, original: Place | None, loaded: Settings, register: Path | None
) -> tuple[Place, Iterator[Delivery], int | None]:
    """An empty store with the same register, and the messages to put through it."""
    fresh = loaded.model_copy(update={"data": folder, "store": None, "register_files": []})
    if original is not None:
        place = Place(fresh, StepClock(recorded_until(original.engine)))
        prepare(place)
        with original.engine.connect() as connection:
            enter_mapping(place, current(connection), str(source), "replay")
        return place, stored_deliveries(original.engine), stored_messages(original.engine)
    if register is None:
        raise Refused([Problem(str(source), "--register", "a file of messages needs a register")])
    messages = list(_messages(source))
    place = Place(fresh, StepClock(max((one.received_at for one in messages), default=0)))
    prepare(place)
    enter_file(place, register, "replay")
    return place, iter(messages), len(messages)


def _messages(source: Path) -> Iterator[Delivery]:
    with source.open() as file:
        try:
            for message in read(file, str(source)):
                yield Delivery("replay", message.topic, message.payload, message.due)
        except ValueError as error:
            raise Refused([Problem(str(source), "line", str(error))]) from error


def _compare(original: Place, found: list[str]) -> None:
    """Say where the record and its replay differ; status 1 when they do."""
    pipeline = original.pipeline()
    recorded = [json.dumps(one, ensure_ascii=False) for one in verdicts(original.reads(pipeline))]
    only_recorded, only_replayed = set(recorded) - set(found), set(found) - set(recorded)
    for mark, lines in (("record", only_recorded), ("replay", only_replayed)):
        for line in sorted(lines)[:20]:
            out.print(f"only in the {mark}: {line}", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{len(recorded)} on record, {len(found)} replayed, "
        f"{len(only_recorded) + len(only_replayed)} differences"
    )
    if only_recorded or only_replayed:
        raise typer.Exit(1)
