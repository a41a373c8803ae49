"""`tolich users`: accounts and API keys from the command line, as the administrator of the machine.

Whoever may write the data folder may do this; every change says so on record.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rules.model import Problem, Refused
from rules.roles import Right, Role
from tolich.accounts import StoreAccounts
from tolich.app import Place, prepare, real_clock
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.ports import EVERYTHING, AccountAsked, Caller, Shape
from tolich.settings import load_settings

users = typer.Typer(
    no_args_is_help=True,
    help="Accounts and API keys: add, list, change, reset, key, revoke.",
)

COMMAND_LINE = Caller(0, "command line", Role.ADMINISTRATOR, frozenset(Right), EVERYTHING)

Name = Annotated[str, typer.Argument(help="Name of the account, such as nguyen.a")]
Data = Annotated[Path | None, typer.Option(help="Data folder; default: that of the settings.")]
Many = list[str] | None
Wards = Annotated[Many, typer.Option("--ward", help="Every cluster of this ward; repeat.")]
Clusters = Annotated[Many, typer.Option("--cluster", help="Id of a cluster; repeat.")]
Plants = Annotated[Many, typer.Option("--plant", help="Id of a plant; repeat.")]
Stations = Annotated[Many, typer.Option("--station", help="A logger sends for it; repeat.")]
Display = Annotated[str | None, typer.Option(help="The name that people read.")]
Language = Annotated[str | None, typer.Option(help="vi or en.")]
Contacts = Annotated[Many, typer.Option("--contact", help="channel=address; repeat.")]
Subject = Annotated[str | None, typer.Option(help="Who it is at the OpenID Connect provider.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@users.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the account is there for.")],
    ward: Wards = None,
    cluster: Clusters = None,
    plant: Plants = None,
    station: Stations = None,
    display: Display = None,
    language: Language = None,
    contact: Contacts = None,
    subject: Subject = None,
    data: Data = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Add an account and print its one-time password, this once.

    A station account has no password: give it a key with `tolich users key NAME`.
    """
    asked = AccountAsked(
        role=role, display=display, language=language, contacts=_contacts(contact), wards=ward,
        clusters=cluster, plants=plant, stations=station, subject=subject,
    )  # fmt: skip
    with refusing():
        made = _accounts(settings, data).create(COMMAND_LINE, name, asked)
    _told(made, as_json)


@users.command("list")
def show_all(data: Data = None, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """List all accounts, disabled ones too."""
    with refusing():
        found = _accounts(settings, data).listed()
    if as_json:
        _print_json(found)
        return
    table = Table("name", "role", "sees", "display", "state")
    for shape in found:
        sees = [one for key in ("wards", "clusters", "plants", "stations") for one in shape[key]]
        state = "disabled" if shape["disabled"] else "active"
        table.add_row(shape["name"], shape["role"], ", ".join(sees), shape["display"], state)
    out.print(table)


@users.command("set")
def change(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="What the account is there for.")] = None,
    ward: Wards = None,
    cluster: Clusters = None,
    plant: Plants = None,
    station: Stations = None,
    display: Display = None,
    language: Language = None,
    contact: Contacts = None,
    subject: Subject = None,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Whether it may do anything.")
    ] = None,
    data: Data = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Change an account; what is left out stays. A list given replaces the whole list."""
    asked = AccountAsked(
        role=role, display=display, language=language, contacts=_contacts(contact), wards=ward,
        clusters=cluster, plants=plant, stations=station, subject=subject, disabled=disabled,
    )  # fmt: skip
    with refusing():
        _told(_there(_accounts(settings, data).change(COMMAND_LINE, name, asked), name), as_json)


@users.command()
def reset(
    name: Name, data: Data = None, settings: SettingsFile = None, as_json: AsJson = False
) -> None:
    """Give an account a new one-time password; every log-in of it ends."""
    with refusing():
        _told(_there(_accounts(settings, data).reset(COMMAND_LINE, name), name), as_json)


@users.command()
def key(
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    right: Annotated[
        Many, typer.Option(help="Limit it to this right; repeat. Default: all of the role.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it is in force.")] = 365,
    data: Data = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it, this once: only its digest is kept."""
    with refusing():
        accounts = _accounts(settings, data)
        made = _there(accounts.new_key(COMMAND_LINE, name, label, right, days), name)
    _told(made, as_json)


@users.command()
def keys(
    name: Name, data: Data = None, settings: SettingsFile = None, as_json: AsJson = False
) -> None:
    """List the API keys of an account."""
    with refusing():
        found = _accounts(settings, data).keys(name)
        if found is None:
            raise _absent(name)
    if as_json:
        _print_json(found)
        return
    table = Table("id", "label", "rights", "until", "revoked")
    for one in found:
        rights = "all" if one["rights"] is None else ", ".join(one["rights"])
        table.add_row(
            str(one["id"]), one["label"], rights, one["expires_at"], one["revoked_at"] or "-"
        )
    out.print(table)


@users.command()
def revoke(
    name: Name,
    number: Annotated[int, typer.Argument(help="Id of the key: `tolich users keys NAME`.")],
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """End an API key at once."""
    with refusing():
        if not _accounts(settings, data).revoke(COMMAND_LINE, name, number):
            said = f"{name} has no key {number} in force; `tolich users keys {name}` lists them"
            raise Refused([Problem("command line", "NUMBER", said)])
    out.print(f"key {number} of {name} is no longer in force")


def _accounts(settings: Path | None, data: Path | None) -> StoreAccounts:
    loaded = load_settings(settings)
    if data is not None:
        loaded = loaded.model_copy(update={"data": data, "store": None})
    place = Place(loaded, real_clock())
    prepare(place)
    register = place.registered().register
    return StoreAccounts(place.engine, lambda: register, place.clock)


def _contacts(given: list[str] | None) -> dict[str, str] | None:
    if given is None:
        return None
    return {channel: address for channel, _, address in (one.partition("=") for one in given)}


def _there(shape: Shape | None, name: str) -> Shape:
    if shape is None:
        raise _absent(name)
    return shape


def _absent(name: str) -> Refused:
    said = f"there is no account {name!r}; `tolich users list` shows them"
    return Refused([Problem("command line", "NAME", said)])


def _told(shape: Shape, as_json: bool) -> None:
    """What became of an account; a secret goes alone on its line, to be copied."""
    if as_json:
        _print_json(shape)
        return
    if "label" in shape:
        out.print(f"key {shape['id']} ({shape['label']}) until {shape['expires_at']}")
    else:
        out.print(f"{shape['name']} ({shape['role']}): {shape['display']}")
    for secret in ("one_time_password", "key"):
        if shape.get(secret):
            err.print(f"{secret.replace('_', ' ')}, shown this once:")
            out.print(shape[secret], markup=False, highlight=False, soft_wrap=True)


def _print_json(found: object) -> None:
    out.print(json.dumps(found, ensure_ascii=False), markup=False, highlight=False, soft_wrap=True)
