"""`tolich serve` and its web process."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.serving import Server
from tolich.accounts import FIRST, StoreAccounts
from tolich.app import real_clock, wait_for_store, waited, web_app, writing_process
from tolich.children import Child, end_with_parent
from tolich.clock import ScaledClock
from tolich.collecting import seldom_collecting
from tolich.console import err, out, refusing
from tolich.lock import AlreadyWriting
from tolich.logs import configure_logs
from tolich.ports import Clock
from tolich.settings import Settings, load_settings
from tolich.writer import Writer

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", "-s", help="Settings file (YAML). TOLICH_* variables win over it."),
]


class Part(StrEnum):
    """One of the two processes of the monitor, where each is started by itself."""

    WRITER = "writer"
    WEB = "web"


def serve(
    settings: SettingsFile = None,
    only: Annotated[
        Part | None,
        typer.Option(help="Run one of the two processes: something else starts the other."),
    ] = None,
) -> None:
    """Run the monitor: readings in from MQTT, HTTP and folders, verdicts and alerts out.

    Runs until Ctrl-C or SIGTERM. A first look at a settings file: deploy/tolich/tolich.yaml.
    """
    configure_logs(human=err.is_terminal)
    with refusing():
        loaded = load_settings(settings)
    clock, stop = real_clock(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if only is Part.WEB:
        with refusing():
            _serve_web(loaded, clock, stop)
        return
    try:
        with refusing(), writing_process(loaded, clock) as writer, ExitStack() as web_process:
            if only is None:
                web_process.enter_context(Child(web_arguments(settings)))
                out.print(f"API and console: http://{loaded.http.host}:{loaded.http.port}")
            _tell_first(writer, clock)
            writer.run(stop)
    except AlreadyWriting as error:
        err.print(f"[bold red]Not started:[/] {error}")
        raise typer.Exit(2) from error


def _tell_first(writer: Writer, clock: Clock) -> None:
    """A store without accounts gets its administrator; the password is printed this once."""
    pipeline = writer.pipeline
    accounts = StoreAccounts(pipeline.engine, lambda: pipeline.registered.register, clock)
    once = accounts.first_administrator()
    if once is not None:
        out.print(
            f"First start: account [bold]{FIRST}[/], one-time password [bold]{once}[/]\n"
            "It is not shown again. Log in with it and choose your own, then add accounts "
            "(`tolich users add`, or POST /api/v1/accounts)."
        )


def web_arguments(settings: Path | None, clock: ScaledClock | None = None) -> list[str]:
    """The command line of the web process for the same settings and plant time."""
    arguments = ["web"]
    if settings is not None:
        arguments += ["--settings", str(settings)]
    if clock is not None:
        arguments += ["--origin", repr(clock.origin), "--speed", repr(clock.speed)]
    return arguments


def web(
    settings: SettingsFile = None,
    origin: Annotated[float | None, typer.Option(hidden=True)] = None,
    speed: Annotated[float, typer.Option(hidden=True)] = 1.0,
) -> None:
    """Run the web process alone (the API on a store that a writer keeps)."""
    configure_logs(human=err.is_terminal)
    with refusing():
        loaded = load_settings(settings)
        clock: Clock = real_clock() if origin is None else ScaledClock(origin, speed)
        run_web(loaded, clock)


def _serve_web(settings: Settings, clock: Clock, stop: threading.Event) -> None:
    """The web process under an init of its own.

    While it serves, uvicorn has the signals; when it has ended it raises them again for us.
    """
    wait_for_store(settings, stop)
    if stop.is_set():
        return
    server = Server(web_app(settings, clock, stop), settings.http.host, settings.http.port)
    out.print(f"API and console: http://{settings.http.host}:{settings.http.port}")
    try:
        with seldom_collecting():
            server.run()
    finally:
        stop.set()


def run_web(settings: Settings, clock: Clock) -> None:
    """Serve until the parent process ends or asks us to."""
    stop = threading.Event()
    server = Server(web_app(settings, clock, stop), settings.http.host, settings.http.port)

    def end() -> None:
        stop.set()
        server.should_exit = True

    end_with_parent(end)
    waited(lambda: _free(settings), 10.0)
    with seldom_collecting():
        server.run()


def _free(settings: Settings) -> bool:
    """Whether the port can be bound: the web process of a killed parent may still be ending."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http.host, settings.http.port))
        except OSError:
            return False
    return True
