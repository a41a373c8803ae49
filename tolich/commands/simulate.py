"""`tolich simulate`: simulated stations that speak to a broker like real ones."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from rules.days import day_start, local_date
from rules.model import Problem, Refused
from rules.register import Register, load_register
from simulators.jsonl import write
from simulators.message import Outgoing
from simulators.publish import Broker, BrokerLost, Publisher, flood, run
from simulators.register import demo_register, history_start
from simulators.script import demo_script
from simulators.stream import history, live
from tolich.app import real_clock
from tolich.children import end_with_parent
from tolich.clock import ScaledClock
from tolich.console import err, out, refusing
from tolich.packs import load_catalogue, load_regulations
from tolich.settings import Mqtt, Settings, load_settings
from tolich.yamlfile import read_yaml

EXAMPLES = Path(__file__).parents[2] / "examples" / "register.yaml"


simulating = typer.Typer(
    invoke_without_command=True,
    help=(
        "Simulated stations. Without a further command: the stations of a register, live, to the "
        "broker of the settings. `run` plays a scenario (`list` names those that ship)."
    ),
)


@simulating.callback()
def simulate(
    context: typer.Context,
    settings: Annotated[
        Path | None, typer.Option("--settings", "-s", help="Its broker and regulations are used.")
    ] = None,
    register: Annotated[
        Path,
        typer.Option(
            help="Register of the simulated stations (simulated: true).",
            show_default="examples/register.yaml",
        ),
    ] = EXAMPLES,
    history_days: Annotated[
        bool, typer.Option("--history/--no-history", help="First send 35 days of history.")
    ] = False,
    to_file: Annotated[
        Path | None, typer.Option(help="Write the history as JSON lines to a file, and stop.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    origin: Annotated[float | None, typer.Option(hidden=True)] = None,
    speed: Annotated[float, typer.Option(hidden=True)] = 1.0,
    child: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Publish simulated stations over MQTT until Ctrl-C: the examples, or a register of yours."""
    if context.invoked_subcommand is not None:
        return
    clock = real_clock() if origin is None else ScaledClock(origin, speed)
    now = clock.now()
    today = local_date(now)
    stop = threading.Event()
    if child:
        end_with_parent(stop.set)
    with refusing():
        wanted = load_settings(settings)
        loaded = _stations(register, wanted, today)
        broker = broker_of(wanted.mqtt)
    script = demo_script(loaded, now, seed)
    begin = day_start(history_start(today))
    past = history(loaded, script, begin, now)
    if to_file is not None:
        _save(past, to_file)
        return
    try:
        with Publisher(broker) as publisher:
            if child and not history_days:
                _say({"history": 1.0})
            if history_days:
                with _progress(child) as tell:
                    flood(publisher, _told(past, begin, now, tell), lambda _: None)
            run(
                publisher,
                live(loaded, script, now),
                clock,
                lambda seconds: stop.wait(seconds / speed),
            )
    except BrokerLost as error:
        err.print(f"[bold red]Stopped:[/] {error}")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        out.print("stopped")


def _save(messages: Iterable[Outgoing], path: Path) -> None:
    with path.open("w") as file:
        out.print(f"{write(messages, file)} messages written to {path}")


def _stations(file: Path, settings: Settings, today: date) -> Register:
    """The register of the simulated stations, its dates moved up to today."""
    known = load_regulations(extra=settings.regulations)
    raw = read_yaml(file)
    dated = demo_register(raw if isinstance(raw, dict) else {}, today)
    return load_register(str(file), dated, load_catalogue(), known)


Tell = Callable[[float, int], None]
"""Told the share of the history that has been sent, and how many messages that was."""


def _told(messages: Iterable[Outgoing], begin: int, end: int, tell: Tell) -> Iterator[Outgoing]:
    """The same messages, telling how far through time they are."""
    count = 0
    for count, message in enumerate(messages, start=1):
        if count % 200 == 0:
            tell((message.due - begin) / max(1, end - begin), count)
        yield message
    tell(1.0, count)


@contextmanager
def _progress(child: bool) -> Iterator[Tell]:
    """A progress bar for a person; JSON lines for the parent process."""
    if child:
        yield lambda share, count: _say({"history": min(share, 0.999), "sent": count})
        _say({"history": 1.0})
        return
    with Progress(console=err) as bar:
        task = bar.add_task("sending history", total=1.0)
        yield lambda share, count: bar.update(task, completed=share)


def _say(what: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def broker_of(section: Mqtt | None) -> Broker:
    """The broker that settings name, for a simulator. Raises Refused when they name none."""
    if section is None:
        raise Refused([Problem("settings", "mqtt", "the settings name no broker to publish to")])
    password = None
    if section.password_file is not None:
        password = section.password_file.read_text().strip()
    return Broker(
        section.host, section.port, username=section.username, password=password,
        ca_file=section.ca_file,
    )  # fmt: skip
