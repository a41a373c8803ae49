"""`tolich dashboards`: Grafana's dashboards as files, or published; and what would change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from dashboards.built import boards, write
from dashboards.grafana import Grafana, grafana
from dashboards.publishing import PublishError, Wanted, carry_out, investor, officers, plan
from rules.model import Problem, Refused
from rules.register import Register
from rules.roles import Role
from tolich.accounts import StoreAccounts
from tolich.app import Place, prepare, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.packs import load_catalogue
from tolich.ports import Shape
from tolich.settings import Settings, load_settings

SERVICE_ACCOUNT = "tolich-dashboards"
OFFICERS_TOKEN = "officers"

dashboards = typer.Typer(
    no_args_is_help=True,
    help="Grafana dashboards: build files, publish, show what publishing would change.",
)


@dashboards.command()
def build(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write; made when it is not there.")
    ],
    console: Annotated[
        str, typer.Option(help="Where links to the evidence lead; default: Grafana's own host.")
    ] = "",
) -> None:
    """Write every dashboard to DIR/LANGUAGE/NAME.json, for Grafana to load from files."""
    for path in write(folder, _units(), console):
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


@dashboards.command()
def diff(settings: SettingsFile = None) -> None:
    """Print what `publish` would change; write nothing. Exit status 1 when something differs."""
    with refusing(), _explained():
        loaded = load_settings(settings)
        wanted = _wanted(loaded)
        with _grafana(loaded) as port:
            steps = plan(port, wanted)
        for step in steps:
            _say(step.said())
    if steps:
        raise typer.Exit(1)
    out.print("nothing to change")


@dashboards.command()
def publish(settings: SettingsFile = None) -> None:
    """Make Grafana hold the folders, data sources, dashboards and investors' organisations."""
    with refusing(), _explained():
        loaded = load_settings(settings)
        wanted = _wanted(loaded)
        with _grafana(loaded) as port:
            steps = plan(port, wanted)
            for step in carry_out(port, steps):
                _say(step.said())
    out.print(f"{len(steps)} changed" if steps else "nothing changed")


@dashboards.command()
def account(
    token_file: Annotated[Path, typer.Argument(help="Where the token is written, for us only.")],
    settings: SettingsFile = None,
) -> None:
    """Make the service account that publishes to the officers' organisation, and its token.

    Asked as grafana.user. Does nothing when the account and the file are there.
    """
    with refusing(), _explained():
        loaded = load_settings(settings)
        with grafana(_url(loaded), _administrator(loaded)) as port:
            known = port.service_account(1, SERVICE_ACCOUNT)
            if known is not None and token_file.exists():
                out.print("nothing changed")
                return
            made = known or port.create_service_account(1, SERVICE_ACCOUNT, "Admin")
            _keep(token_file, port.create_token(1, made, f"{SERVICE_ACCOUNT}-{token_file.name}"))
    _say(f"the token of service account {SERVICE_ACCOUNT} is in {token_file}")


def _keep(path: Path, token: str) -> None:
    """Write a secret that nobody else on this machine may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{token}\n")


@contextmanager
def _explained() -> Iterator[None]:
    """Grafana's refusals for people, and exit status 3."""
    try:
        yield
    except PublishError as error:
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(3) from error


def _say(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)


# --- what is wanted -----------------------------------------------------------------------------


def _units() -> dict[str, str]:
    return {key: parameter.unit for key, parameter in load_catalogue().items()}


def _wanted(loaded: Settings) -> list[Wanted]:
    """The officers' organisation, and one for each investor of the register."""
    section = loaded.grafana
    made = list(boards(_units(), section.console))
    if section.influx_url is None or section.influx_tokens is None:
        said = "needed to publish: how Grafana reaches InfluxDB, and the folder of its read tokens"
        raise Refused([Problem("settings", "grafana.influx_url, grafana.influx_tokens", said)])
    tokens = _Tokens(section.influx_tokens)
    found = [
        officers(
            section.influx_url, tokens.read(OFFICERS_TOKEN, "every bucket"), section.metrics_url,
            [b for b in made if section.metrics_url is not None or b.name != "monitor"],
        )
    ]  # fmt: skip
    for name, clusters in _investors(loaded):
        token = tokens.read(name, " and ".join(f"{one}/findings, {one}/raw" for one in clusters))
        found.append(investor(name, section.influx_url, token, clusters, made))
    if tokens.problems:
        raise Refused(tokens.problems)
    return found


class _Tokens:
    """Read tokens of InfluxDB, a file each; what is missing is told all at once."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[Problem] = []
        self._folder = folder

    def read(self, name: str, buckets: str) -> str:
        path = self._folder / name
        token = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        if not token:
            said = (
                f"holds no token: make one that reads {buckets} and nothing else "
                "(influx auth create --read-bucket ID; docs/dashboards.md)"
            )
            self.problems.append(Problem(str(path), "(file)", said))
        return token


def _investors(loaded: Settings) -> list[tuple[str, list[str]]]:
    """Accounts of investors that are in force, and the clusters each may see."""
    place = Place(loaded, real_clock())
    prepare(place)
    register = place.registered().register
    accounts = StoreAccounts(place.engine, lambda: register, place.clock)
    found = []
    for shape in accounts.listed():
        if shape["role"] != Role.INVESTOR or shape["disabled"]:
            continue
        if shape["plants"]:
            err.print(
                f"{shape['name']} sees single plants, and a bucket holds a whole cluster: only "
                "whole clusters are published",
                markup=False,
            )
        clusters = _clusters(shape, register)
        if clusters:
            found.append((shape["name"], clusters))
    return found


def _clusters(shape: Shape, register: Register) -> list[str]:
    wards = set(shape["wards"])
    of_wards = {one.id for one in register.clusters.values() if one.ward in wards}
    return sorted(of_wards | {one for one in shape["clusters"] if one in register.clusters})


# --- who asks -----------------------------------------------------------------------------------


def _grafana(loaded: Settings) -> Grafana:
    section = loaded.grafana
    if section.password_file is not None:  # an administrator may do everything a token may
        return grafana(_url(loaded), _administrator(loaded))
    if section.token_file is None:
        said = "name a service account's token, or an administrator's password"
        raise Refused([Problem("settings", "grafana.token_file, grafana.password_file", said)])
    return grafana(_url(loaded), _secret("grafana.token_file", section.token_file))


def _administrator(loaded: Settings) -> tuple[str, str]:
    path = loaded.grafana.password_file
    if path is None:
        said = "needed: the file with the password of grafana.user"
        raise Refused([Problem("settings", "grafana.password_file", said)])
    return loaded.grafana.user, _secret("grafana.password_file", path)


def _url(loaded: Settings) -> str:
    if loaded.grafana.url is None:
        raise Refused([Problem("settings", "grafana.url", "needed: where Grafana answers")])
    return loaded.grafana.url


def _secret(key: str, path: Path) -> str:
    if not path.is_file():
        raise Refused([Problem("settings", key, f"there is no file {path}")])
    return path.read_text(encoding="utf-8").strip()
