"""Publishing: what Grafana should hold, what it holds, and the steps between the two.

A step is made only for what differs, so publishing twice writes nothing the second time. Only
what we say is compared: keys that Grafana adds of its own are none of our business. A token is
never given back by Grafana; what is compared is a digest of it that we keep beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, Protocol

from dashboards.boards.words import Language
from dashboards.built import FOLDERS, OFFICERS_ONLY, Board
from dashboards.influxql import DATASOURCE_UID

Shape = dict[str, Any]

METRICS_UID = "tolich-prometheus"
OFFICERS = ""
"""Stands for the organisation that Grafana begins with: the officers'."""

_UID_LENGTH = 40  # Grafana takes no longer ones
_DIFFERENCES = 5  # named in a step; a dashboard rewritten differs in hundreds of places


class PublishError(Exception):
    """Grafana did not do what was asked; the message names the place and what helps."""


class Unreachable(PublishError):
    """No answer, or none that Grafana would give."""


class Denied(PublishError):
    """The account or token is wrong, or lacks a right."""


class Conflict(PublishError):
    """Somebody else changed it between our look and our write."""


class GrafanaPort(Protocol):
    """What publishing needs of Grafana. `org` is the number of an organisation.

    Every call raises a PublishError when it does not come through.
    """

    def organisations(self) -> Mapping[str, int]:
        """The number of each organisation, by name."""
        ...

    def create_organisation(self, name: str) -> int: ...
    def folder(self, org: int, uid: str) -> Shape | None: ...
    def create_folder(self, org: int, uid: str, title: str) -> None: ...
    def change_folder(self, org: int, uid: str, title: str, version: int) -> None: ...
    def source(self, org: int, uid: str) -> Shape | None: ...
    def create_source(self, org: int, model: Shape) -> None: ...
    def change_source(self, org: int, model: Shape) -> None: ...
    def board(self, org: int, uid: str) -> Shape | None:
        """The stored dashboard: `dashboard`, its model, and `meta`, where it lies."""
        ...

    def save_board(self, org: int, folder: str, model: Shape) -> None:
        """Create, or replace the version that `model` names. Raises Conflict."""
        ...

    def service_account(self, org: int, name: str) -> int | None:
        """The number of a service account; None when there is none of the name."""
        ...

    def create_service_account(self, org: int, name: str, role: str) -> int: ...
    def create_token(self, org: int, account: int, name: str) -> str:
        """A new token: Grafana shows it this once."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one organisation should hold. `name` OFFICERS: the one Grafana begins with."""

    name: str
    sources: Sequence[Shape]
    boards: Sequence[Board]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to write, and why."""

    what: Literal["organisation", "folder", "data source", "dashboard"]
    action: Literal["create", "change"]
    organisation: str
    uid: str
    title: str
    differences: Sequence[str] = ()
    model: Shape | None = None
    folder: str = ""
    version: int = 0

    def said(self) -> str:
        """The step as one line for people; it holds no secret."""
        where = f" in {self.organisation}" if self.organisation else ""
        why = f": {', '.join(self.differences)}" if self.differences else ""
        return f"{self.action} {self.what} {self.title!r} ({self.uid}){where}{why}"


# --- what should be -----------------------------------------------------------------------------


def influx_source(
    uid: str, name: str, url: str, database: str, token: str, *, first: bool
) -> Shape:
    """A data source that asks InfluxQL of one database, its default policy `findings`."""
    return {
        "uid": uid,
        "name": name,
        "type": "influxdb",
        "access": "proxy",
        "url": url,
        "isDefault": first,
        "jsonData": {
            "version": "InfluxQL",
            "dbName": database,
            "httpMode": "POST",
            "httpHeaderName1": "Authorization",
            "tolichTokenDigest": digest(token),
        },
        "secureJsonData": {"httpHeaderValue1": f"Token {token}"},
    }


def metrics_source(url: str) -> Shape:
    """The data source of the monitor's own metrics."""
    return {
        "uid": METRICS_UID,
        "name": "tolich metrics",
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "isDefault": False,
        "jsonData": {"httpMode": "POST"},
    }


def digest(token: str) -> str:
    """Tells whether a token is the one that was published, and nothing else of it."""
    return sha256(f"tolich data source\n{token}".encode()).hexdigest()[:16]


def officers(url: str, token: str, metrics_url: str | None, boards: Sequence[Board]) -> Wanted:
    """The officers' organisation: all clusters, and the monitor where it has metrics."""
    sources = [influx_source(DATASOURCE_UID, "tolich", url, "tolich", token, first=True)]
    if metrics_url is not None:
        sources.append(metrics_source(metrics_url))
    return Wanted(OFFICERS, sources, boards)


def investor(
    account: str, url: str, token: str, clusters: Sequence[str], boards: Sequence[Board]
) -> Wanted:
    """An investor's organisation: a data source a cluster, with a token that reads his alone."""
    sources = [
        influx_source(
            cluster_uid(cluster), f"tolich {cluster}", url, cluster, token, first=index == 0
        )
        for index, cluster in enumerate(sorted(clusters))
    ]
    own = [board for board in boards if board.name not in OFFICERS_ONLY]
    return Wanted(f"tolich {account}", sources, own)


def cluster_uid(cluster: str) -> str:
    """The lasting name of a cluster's data source, however long the cluster's."""
    plain = f"tolich-{cluster}"
    if len(plain) <= _UID_LENGTH:
        return plain
    return f"tolich-{sha256(cluster.encode()).hexdigest()[:24]}"


# --- what differs -------------------------------------------------------------------------------


def plan(port: GrafanaPort, wanted: Sequence[Wanted]) -> list[Step]:
    """The steps from what Grafana holds to what it should hold. Writes nothing."""
    known = port.organisations() if any(one.name for one in wanted) else {}
    steps: list[Step] = []
    for one in wanted:
        if one.name and one.name not in known:
            steps.append(Step("organisation", "create", "", one.name, one.name))
            steps += _all_new(one)
        else:
            steps += _differing(port, _number(known, one.name), one)
    return steps


def _number(known: Mapping[str, int], name: str) -> int:
    return known[name] if name else 1


def _languages(wanted: Wanted) -> list[Language]:
    return sorted({board.language for board in wanted.boards}, key=list(Language).index)


def _all_new(wanted: Wanted) -> Iterator[Step]:
    for language in _languages(wanted):
        uid, title = FOLDERS[language]
        yield Step("folder", "create", wanted.name, uid, title.of(language))
    for source in wanted.sources:
        yield _source_step("create", wanted, source)
    for board in wanted.boards:
        yield _board_step("create", wanted, board)


def _differing(port: GrafanaPort, org: int, wanted: Wanted) -> Iterator[Step]:
    for language in _languages(wanted):
        uid, title = FOLDERS[language]
        yield from _folder_steps(port.folder(org, uid), wanted, uid, title.of(language))
    for source in wanted.sources:
        held = port.source(org, source["uid"])
        if held is None:
            yield _source_step("create", wanted, source)
        elif said := _unlike(source, held, hidden=("secureJsonData",)):
            yield _source_step("change", wanted, source, said)
    for board in wanted.boards:
        yield from _board_steps(port.board(org, board.model["uid"]), wanted, board)


def _folder_steps(held: Shape | None, wanted: Wanted, uid: str, title: str) -> Iterator[Step]:
    if held is None:
        yield Step("folder", "create", wanted.name, uid, title)
    elif held["title"] != title:
        yield Step(
            "folder", "change", wanted.name, uid, title, ["title"], version=held.get("version", 0)
        )


def _board_steps(held: Shape | None, wanted: Wanted, board: Board) -> Iterator[Step]:
    if held is None:
        yield _board_step("create", wanted, board)
        return
    said = _unlike(board.model, held["dashboard"])
    folder = FOLDERS[board.language][0]
    if held["meta"].get("folderUid") != folder:
        said = [*said, "folder"]
    if not said:
        return
    if held["meta"].get("provisioned"):
        raise PublishError(
            f"dashboard {board.model['title']!r} ({board.model['uid']}) comes from files: take it "
            "out of Grafana's provisioning (deploy/grafana/provisioning), or write the files anew "
            "with `tolich dashboards build DIR` instead of publishing"
        )
    yield _board_step("change", wanted, board, said, held["dashboard"].get("version", 0))


def _source_step(
    action: Literal["create", "change"], wanted: Wanted, source: Shape, said: Sequence[str] = ()
) -> Step:
    return Step(
        "data source",
        action,
        wanted.name,
        source["uid"],
        source["name"],
        said[:_DIFFERENCES],
        source,
    )


def _board_step(
    action: Literal["create", "change"],
    wanted: Wanted,
    board: Board,
    said: Sequence[str] = (),
    version: int = 0,
) -> Step:
    return Step(
        "dashboard", action, wanted.name, board.model["uid"], board.model["title"],
        said[:_DIFFERENCES], board.model, FOLDERS[board.language][0], version,
    )  # fmt: skip


def _unlike(ours: Any, theirs: Any, place: str = "", hidden: Sequence[str] = ()) -> list[str]:
    """Where what we say is not what is held, as dotted places."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [
            said
            for key, value in ours.items()
            if key not in hidden
            for said in _unlike(value, theirs.get(key), f"{place}.{key}" if place else key)
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [said for n, (a, b) in pairs for said in _unlike(a, b, f"{place}[{n}]")]
    return [] if ours == theirs else [place]


# --- doing it -----------------------------------------------------------------------------------


def carry_out(port: GrafanaPort, steps: Sequence[Step]) -> Iterator[Step]:
    """Do the steps in order, and give each back once it is done."""
    known = dict(port.organisations()) if any(step.organisation for step in steps) else {}
    for step in steps:
        if step.what == "organisation":
            known[step.title] = port.create_organisation(step.title)
        else:
            _carry_out(port, _number(known, step.organisation), step)
        yield step


def _carry_out(port: GrafanaPort, org: int, step: Step) -> None:
    model = step.model or {}
    if step.what == "folder":
        if step.action == "create":
            port.create_folder(org, step.uid, step.title)
        else:
            port.change_folder(org, step.uid, step.title, step.version)
    elif step.what == "data source":
        save = port.create_source if step.action == "create" else port.change_source
        save(org, model)
    else:
        known = {"version": step.version} if step.version else {}
        port.save_board(org, step.folder, {**model, **known})
