"""`tolich demo`: broker, simulated stations, writer and web in one command."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
import yaml

from simulators.scenario.loading import plain
from simulators.scenario.spec import Scenario
from tolich.accounts import StoreAccounts
from tolich.app import waited, writing_process
from tolich.broker import EmbeddedBroker
from tolich.children import Child
from tolich.clock import ScaledClock, wall
from tolich.commands.acting import DEMO, around, history_days, register_around
from tolich.commands.regulations import OwnPacks
from tolich.commands.serve import web_arguments
from tolich.commands.view import Stage, TerminalView
from tolich.console import err, out, refusing
from tolich.demoaccounts import demo_accounts
from tolich.lock import AlreadyWriting, writer_lock
from tolich.logs import configure_logs
from tolich.settings import Settings, load_settings

READY_WITHIN = 30.0
"""Seconds the API has to answer before the demonstration gives up."""

DemoData = Annotated[
    Path | None,
    typer.Option("--data", help="Keep the data here; default: a folder that is removed."),
]


def demo(
    data: DemoData = None,
    speed: Annotated[
        float, typer.Option(min=1.0, help="Plant time runs so many times as fast as the clock.")
    ] = 1.0,
    headless: Annotated[bool, typer.Option(help="No live view: one line when ready.")] = False,
    http_port: Annotated[
        int, typer.Option(help="Port of API and console, or the next free.")
    ] = 8000,
    mqtt_port: Annotated[int, typer.Option(help="Port of the broker, or the next free.")] = 1883,
    scenario: Annotated[
        str,
        typer.Option(help="Another scenario (`tolich simulate list`), or a YAML file of yours."),
    ] = DEMO,
    own: OwnPacks = None,
) -> None:
    """See the whole product at work: 20 simulated plants, 35 days of history, then live.

    Everything listens on 127.0.0.1. Ctrl-C stops it all. The addresses are written to
    .demo/demo.json (or DIR/demo.json with --data DIR) once everything answers, with an
    account for every role: its API key and the password of its log-in. What truly happens in
    the plants is written to truth.jsonl in the data folder. While it runs, let something happen:
    tolich simulate inject "MAU03 aeration_failure 10h" (with --broker, if not on port 1883).
    """
    configure_logs(human=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        folder = _folder(data, stack)
        clock = ScaledClock(wall(), speed)
        if speed > 1:
            err.print(
                f"Plant time runs {speed:g} times as fast: what other clients send with the "
                "present time will look early or late."
            )
        try:
            with refusing():
                played = Played(scenario, around(scenario, int(clock.origin)), own or [])
                _run(folder, clock, (http_port, mqtt_port), headless, stop, played)
        except AlreadyWriting as error:
            err.print(f"[bold red]Not started:[/] {error}")
            raise typer.Exit(2) from error
    out.print("Stopped." if data is None else f"Stopped. The data is kept in {folder}.")


@dataclass(frozen=True, slots=True)
class Played:
    """What a demonstration shows."""

    name: str  # a shipped scenario, or a file
    scenario: Scenario
    own: Sequence[Path]  # regulations


def _folder(data: Path | None, stack: ExitStack) -> Path:
    """Where the demonstration keeps its data; a folder nobody named is removed at the end."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        return data
    home = Path(".demo")
    home.mkdir(exist_ok=True)
    for left in home.glob("run-*"):
        _clear(left)
    return Path(stack.enter_context(TemporaryDirectory(dir=home, prefix="run-")))


def _clear(left: Path) -> None:
    """Remove what a demonstration left that was killed; one that still runs keeps its folder."""
    try:
        with writer_lock(left, patience=0):
            shutil.rmtree(left)
    except AlreadyWriting:
        return


def _run(
    folder: Path,
    clock: ScaledClock,
    ports: tuple[int, int],
    headless: bool,
    stop: threading.Event,
    played: Played,
) -> None:
    _address_file(folder).unlink(missing_ok=True)  # of a run that was killed
    again = (folder / "evidence.db").exists()
    if again:
        out.print(f"{folder} holds an earlier run: it goes on from now, without a new history.")
    http, mqtt = free_port(ports[0]), free_port(ports[1])
    path = _write_settings(folder, (http, mqtt), played)
    settings = load_settings(path)
    with ExitStack() as stack:
        stack.enter_context(EmbeddedBroker(mqtt))
        writer = stack.enter_context(writing_process(settings, clock))
        pipeline = writer.pipeline
        accounts = StoreAccounts(pipeline.engine, lambda: pipeline.registered.register, clock)
        people = demo_accounts(accounts, pipeline.registered.register)
        turning = threading.Thread(target=writer.run, args=(stop,), name="writer")
        turning.start()
        stack.callback(turning.join)
        stack.callback(stop.set)
        stack.enter_context(Child(web_arguments(path, clock)))
        days = history_days(played.scenario, int(clock.origin))
        stage = Stage(settings, folder, writer, clock, _address_file(folder), days)
        if not waited(lambda: stop.is_set() or answers(http, "/healthz"), READY_WITHIN):
            err.print(f"[bold red]The API did not answer on port {http}.[/]")
            raise typer.Exit(1)
        told = _tell(folder, settings, people)
        stack.callback(told.unlink, missing_ok=True)
        arguments = _station_arguments(path, clock, played.name, history=not again)
        stations = stack.enter_context(Child(arguments, output=True))
        TerminalView(stage, stations, headless=headless).run(stop)


def _station_arguments(path: Path, clock: ScaledClock, name: str, *, history: bool) -> list[str]:
    return [
        "simulate", "act", name, "--history" if history else "--no-history",
        "--settings", str(path), "--truth", str(path.with_name("truth.jsonl")),
        "--origin", repr(clock.origin), "--speed", repr(clock.speed),
    ]  # fmt: skip


def _write_settings(folder: Path, ports: tuple[int, int], played: Played) -> Path:
    """The settings and the register of this run, as files that every process reads."""
    register = folder / "register.yaml"
    entries = plain(register_around(played.name, played.scenario))
    register.write_text(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False))
    path = folder / "tolich.yaml"
    settings = {
        "data": str(folder),
        "register": [str(register)],
        "regulations": [str(path.resolve()) for path in played.own],
        "http": {"host": "127.0.0.1", "port": ports[0]},
        "mqtt": {"host": "127.0.0.1", "port": ports[1]},
        "min_free_mb": 50,
    }
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path


def _address_file(folder: Path) -> Path:
    home = folder if folder.parent.name != ".demo" else folder.parent
    return home / "demo.json"


def _tell(folder: Path, settings: Settings, people: Mapping[str, Mapping[str, str]]) -> Path:
    """Write where everything is and who may log in: only once all of it answers.

    Only for the eyes of whoever started it: the file holds keys.
    """
    path, mqtt = _address_file(folder), settings.mqtt
    address = {
        "api": f"http://{settings.http.host}:{settings.http.port}",
        "mqtt": f"{mqtt.host}:{mqtt.port}" if mqtt else None,
        "accounts": people,
    }
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(address))
    fresh.replace(path)
    return path


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The port asked for, or the next one nobody listens on."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} to {wanted + 199}")


def answers(port: int, path: str) -> bool:
    """Whether an HTTP server answers 200 on a local port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
