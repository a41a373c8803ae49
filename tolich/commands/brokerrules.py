"""`tolich broker-rules`: what each account may do on Mosquitto, from a register."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from rules.model import Problem, Refused
from rules.register import Register, load_register
from tolich.commands.regulations import OwnPacks
from tolich.console import refusing
from tolich.packs import load_catalogue, load_regulations
from tolich.yamlfile import read_yaml

UP = ("readings", "tt10", "tt10/+", "online")
"""What a station may write below its topic. Not alerts: it could make some up."""

DOWN = ("rejections", "sampler")
"""What it may read there."""

PEOPLE = ("monitor", "viewer", "simulator")
"""Accounts that are no stations; a station of that name would get their rights."""


def broker_rules(
    register: Annotated[Path, typer.Argument(help="Register file (YAML).", show_default=False)],
    root: Annotated[str, typer.Option(help="As mqtt.root in the settings.")] = "tolich/v1",
    simulator: Annotated[
        bool, typer.Option("--simulator", help="Also an account that writes for the stations.")
    ] = False,
    stations: Annotated[
        bool, typer.Option("--stations", help="Only the ids of the stations, one a line.")
    ] = False,
    own: OwnPacks = None,
) -> None:
    """Print an ACL file for Mosquitto: every station writes below its own topic and no other.

    The account of a station has the station's id as its name.
    """
    with refusing():
        raw = read_yaml(register)
        if not isinstance(raw, dict):
            said = "expected a mapping of keys to values"
            raise Refused([Problem(str(register), "(top)", said)])
        known = load_register(
            str(register), raw, load_catalogue(), load_regulations(extra=own or [])
        )
        _refuse_names(str(register), known)
    lines: Iterable[str] = sorted(known.stations) if stations else acl(known, root, simulator)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _refuse_names(file: str, register: Register) -> None:
    taken = sorted(set(PEOPLE) & set(register.stations))
    if taken:
        said = f"the broker's account {taken[0]!r} belongs to a program: name the station otherwise"
        raise Refused([Problem(file, f"stations.{taken[0]}", said)])


def acl(register: Register, root: str, simulator: bool) -> Iterator[str]:
    """The lines of the file. Whatever is not named in it is refused by the broker."""
    yield "# Made by `tolich broker-rules` from the register; run it again when that changes."
    yield from _granted("monitor", "read", [f"{root}/+/+/{end}" for end in UP])
    yield from (f"topic write {root}/+/+/{end}" for end in ("alerts", *DOWN))
    yield from _granted("viewer", "read", [f"{root}/+/+/alerts"])
    below = {name: _topic(register, root, name) for name in sorted(register.stations)}
    for name, topic in below.items():
        yield from _granted(name, "write", [f"{topic}/{end}" for end in UP])
        yield from (f"topic read {topic}/{end}" for end in DOWN)
    if simulator:
        pretended = [name for name in below if register.stations[name].simulated]
        yield from _granted(
            "simulator", "write", [f"{below[n]}/{e}" for n in pretended for e in UP]
        )


def _topic(register: Register, root: str, station: str) -> str:
    return f"{root}/{register.plants[register.stations[station].plant].cluster}/{station}"


def _granted(account: str, right: str, topics: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"user {account}"
    yield from (f"topic {right} {topic}" for topic in topics)
