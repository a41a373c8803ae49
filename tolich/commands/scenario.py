"""`tolich simulate run|fleet|replay|inject|list|schema|register`: scenarios."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TextIO

import typer
import yaml
from rich.progress import Progress
from rich.table import Table

from rules.model import Problem, Refused
from rules.parameters import Catalogue
from simulators.publish import Broker, BrokerLost
from simulators.scenario.course import stage
from simulators.scenario.hearing import ask
from simulators.scenario.library import names, parsed, path_of
from simulators.scenario.loading import load_scenario
from simulators.scenario.recording import read_recording, replayed, scenario_of
from simulators.scenario.registering import register_of
from simulators.scenario.shape import schema_text
from simulators.scenario.sinks import NotTaken, pump
from simulators.scenario.spec import Scenario
from simulators.sensors.tables import SensorTables, read_sensors
from simulators.treatment.tables import Tables, read_tables
from tolich.commands.playing import goal, play
from tolich.commands.retiming import Wishes, retimed
from tolich.commands.simulate import broker_of, simulating
from tolich.console import err, out, refusing
from tolich.packs import load_catalogue
from tolich.settings import load_settings
from tolich.yamlfile import read_yaml

scenarios = simulating
"""`tolich simulate`, with the commands of this module."""

Name = Annotated[str, typer.Argument(help="A shipped scenario (`list`) or a YAML file of yours.")]
To = Annotated[
    str,
    typer.Option(help="mqtt, http, folder, or a file FILE.jsonl; see the options of each below."),
]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", "-s", help="mqtt: its broker; else 127.0.0.1:1883.")
]
AtBroker = Annotated[str | None, typer.Option("--broker", help="mqtt: HOST:PORT instead.")]
Folder = Annotated[Path | None, typer.Option(help="folder: where TT10 files are put.")]
Url = Annotated[str, typer.Option(help="http: the monitor's address.")]
KeyFile = Annotated[Path | None, typer.Option(help="http: file with an API key that may send.")]
Truth = Annotated[Path | None, typer.Option(help="Write the truth log (JSON lines) here.")]


class _Known(NamedTuple):
    plants: Tables
    sensors: SensorTables
    catalogue: Catalogue


def _known() -> _Known:
    return _Known(read_tables(), read_sensors(), load_catalogue())


def _scenario(name: str, known: _Known) -> Scenario:
    path = path_of(name)
    return load_scenario(str(path), read_yaml(path), known.plants, known.sensors)


@contextmanager
def _telling() -> Iterator[None]:
    """Everything that can go wrong on the way, in words and with an exit status."""
    try:
        with refusing():
            yield
    except (BrokerLost, NotTaken) as error:
        err.print(f"[bold red]Stopped:[/] {error}")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        out.print("stopped")


@simulating.command("list")
def listed() -> None:
    """The scenarios that ship, each with what it shows."""
    known = _known()
    table = Table("name", "stations", "days", "shows")
    for name in names():
        found = load_scenario(name, parsed(name), known.plants, known.sensors)
        table.add_row(name, str(len(found.places)), str(found.days), found.shows["en"])
    out.print(table)


@simulating.command("schema")
def schema() -> None:
    """The JSON Schema of scenario files, for an editor."""
    known = _known()
    typer.echo(schema_text(known.plants, known.sensors), nl=False)


@simulating.command("register")
def register(
    name: Name,
    since: Annotated[
        str | None, typer.Option("--from", help="As for `run`: give both the same.")
    ] = None,
) -> None:
    """The register that a monitor needs to judge a scenario, as YAML (check it: tolich check)."""
    with _telling():
        wanted = retimed(_scenario(name, _known()), Wishes(since=since))
        typer.echo(
            yaml.safe_dump(register_of(wanted), allow_unicode=True, sort_keys=False), nl=False
        )


@simulating.command("run")
def run(
    name: Name,
    to: To = "mqtt",
    speed: Annotated[
        str | None, typer.Option(help="max, real, or times faster: 60. Default: the scenario's.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed: other plants, other noise.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="First day: 2026-03-01, today, or 35d for 35 days ago."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="So many days of it only.")] = None,
    truth: Truth = None,
    samples: Annotated[bool, typer.Option(help="The truth log also has every true value.")] = False,
    settings: SettingsFile = None,
    broker: AtBroker = None,
    folder: Folder = None,
    url: Url = "http://127.0.0.1:8000",
    key_file: KeyFile = None,
    monitor: Annotated[
        str | None,
        typer.Option(help="max: wait each plant-hour until the monitor at this address has it."),
    ] = None,
) -> None:
    """Play a scenario: as fast as possible, or live (then `inject` works, too).

    A monitor that is to judge it needs its register: tolich simulate register NAME.
    At a speed other than max, what lies before now is sent at once.
    """
    with _telling():
        known = _known()
        wishes = Wishes(since=since, days=days, seed=seed, speed=speed)
        wanted = retimed(_scenario(name, known), wishes)
        where = goal(to, _broker(settings, broker), folder, (url, key_file), monitor)
        built = stage(wanted, known.plants, known.sensors, known.catalogue)
        play(built, where, truth, samples)


@simulating.command("fleet")
def fleet(
    count: Annotated[int, typer.Option("--n", min=1, max=100_000, help="Stations.")] = 1000,
    to: To = "mqtt",
    days: Annotated[int, typer.Option(min=1, help="Days.")] = 1,
    since: Annotated[str, typer.Option("--from", help="First day, as for `run`.")] = "2026-04-06",
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    truth: Truth = None,
    save_register: Annotated[
        Path | None, typer.Option(help="Write the register of the fleet here.")
    ] = None,
    settings: SettingsFile = None,
    broker: AtBroker = None,
    folder: Folder = None,
    url: Url = "http://127.0.0.1:8000",
    key_file: KeyFile = None,
) -> None:
    """Many plants of all kinds with the catalogue's random faults, for a test of size."""
    with _telling():
        known = _known()
        wanted = load_scenario("fleet", _fleet(count, days, seed), known.plants, known.sensors)
        wanted = retimed(wanted, Wishes(since=since))
        if save_register is not None:
            text = yaml.safe_dump(register_of(wanted), allow_unicode=True, sort_keys=False)
            save_register.write_text(text, encoding="utf-8")
        where = goal(to, _broker(settings, broker), folder, (url, key_file), None)
        built = stage(wanted, known.plants, known.sensors, known.catalogue)
        play(built, where, truth, samples=False)


def _fleet(count: int, days: int, seed: int) -> dict[str, Any]:
    return {
        "version": 1,
        "title": {"vi": "Đội trạm", "en": "A fleet"},
        "shows": {"vi": "Nhiều trạm cùng lúc.", "en": "Many stations at once."},
        "seed": seed,
        "clock": {"start": "2026-04-06", "days": days},
        "defaults": {"limits": {"COD": 100, "TSS": 50, "NH4": 10, "pH": [5.5, 9], "Temp": 40}},
        "fleet": {
            "count": count,
            "design_m3d": {"loguniform": [200, 10000]},
            "profiles": {"park_pretreated": 0.6, "cluster_mixed": 0.3, "textile": 0.1},
        },
        "faults": [{"random": {"rate_per_year": "catalogue"}}],
    }


@simulating.command("replay")
def replay(
    recording: Annotated[Path, typer.Argument(help="A CSV with a head line; .gz is read, too.")],
    columns: Annotated[
        list[str], typer.Option("--column", help="PARAMETER=COLUMN, as pH=ph; again for each.")
    ],
    station: Annotated[str, typer.Option(help="The station it is sent as.")] = "REC01",
    time: Annotated[str, typer.Option(help="The column of the time.")] = "datetime",
    step: Annotated[str, typer.Option(help="Its interval, for the register.")] = "15m",
    inject: Annotated[
        Path | None,
        typer.Option(help="YAML with `faults` and `transport` as in a scenario, laid on top."),
    ] = None,
    to: To = "mqtt",
    save_register: Annotated[
        Path | None, typer.Option(help="Write the register of the station here.")
    ] = None,
    settings: SettingsFile = None,
    broker: AtBroker = None,
    folder: Folder = None,
    url: Url = "http://127.0.0.1:8000",
    key_file: KeyFile = None,
) -> None:
    """Send a recording of real instruments as a station would, with faults on top."""
    with _telling():
        known = _known()
        with _open(recording) as lines:
            found = read_recording(str(recording), lines, time, _columns(columns))
        raw = {} if inject is None else read_yaml(inject)
        faults = _faults(str(inject), raw)
        wanted = scenario_of(found, station, faults, step, known.plants, known.sensors)
        if save_register is not None:
            text = yaml.safe_dump(register_of(wanted), allow_unicode=True, sort_keys=False)
            save_register.write_text(text, encoding="utf-8")
        where = goal(to, _broker(settings, broker), folder, (url, key_file), None)
        with where.open() as (sink, flush), Progress(console=err) as bar:
            messages = list(replayed(found, wanted, known.sensors, known.catalogue))
            sent = pump(bar.track(messages, description="sending"), sink, flush=flush)
        out.print(f"{sent} messages to {where.named}")


def _faults(file: str, raw: object) -> dict[str, Any]:
    known = ("faults", "transport", "seed")
    if not isinstance(raw, dict):
        raise Refused([Problem(file, "(top)", f"expected the keys {', '.join(known)}")])
    for key in raw:
        if key not in known:
            said = f"a recording takes {', '.join(known)} only"
            raise Refused([Problem(file, str(key), said)])
    return raw


def _columns(named: list[str]) -> dict[str, str]:
    found = {}
    for one in named:
        parameter, equals, column = one.partition("=")
        if not equals or not parameter or not column:
            said = f"expected PARAMETER=COLUMN such as pH=ph, found {one!r}"
            raise Refused([Problem("command line", "--column", said)])
        found[parameter] = column
    return found


def _open(path: Path) -> TextIO:
    if not path.is_file():
        raise Refused([Problem(str(path), "(file)", "no such file; check the path")])
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


@simulating.command("inject")
def inject_now(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help='"STATION KIND DURATION [NUMBER]", as "MAU03 aeration_failure 10h".',
        ),
    ],
    settings: SettingsFile = None,
    broker: AtBroker = None,
) -> None:
    """Let something happen now in a scenario that runs live: any event, fault or disturbance."""
    with _telling():
        answer = ask(_broker(settings, broker), order)
    if "refused" in answer:
        for reason in answer["refused"]:
            err.print(f"[bold red]Refused:[/] {reason}", highlight=False)
        raise typer.Exit(2)
    for row in answer["begun"]:
        out.print(f"{row['station']} {row['kind']} until {row['t1']}", highlight=False)


def _broker(settings: Path | None, named: str | None) -> Broker:
    if named is None:
        return broker_of(load_settings(settings).mqtt) if settings is not None else Broker()
    host, _, port = named.rpartition(":")
    if not host or not port.isdigit():
        said = f"expected HOST:PORT such as 127.0.0.1:1883, found {named!r}"
        raise Refused([Problem("command line", "--broker", said)])
    return Broker(host, int(port))
