"""The ordered record for followers: what happened, in order, from any point on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Engine, select

from rules.model import Parameter, Series
from rules.register import Register
from tolich.ports import Entry, Registered, Shape
from tolich.store.database import writing
from tolich.store.reads.findings import finding_query
from tolich.store.schema import (
    action,
    alert,
    chain,
    finding,
    follower,
    head,
    raw,
    reading,
    rejection,
    transition,
)
from tolich.store.shapes import finding_shape, number, rejection_shape, transition_shape
from tolich.store.statements import upsert
from tolich.store.verdicts import finding_of, made_with
from tolich.store.workshapes import action_shape


class StoreRecord:
    """The `Record` port on the evidence store."""

    def __init__(
        self,
        engine: Engine,
        registry: Callable[[], Registered],
        keys: Callable[[], Mapping[Series, int]],
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._keys = keys

    def head(self) -> int:
        """The greatest committed seq."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(head.c.seq)).scalar() or 0)

    def follow(self, after: int, limit: int, kinds: Sequence[str]) -> list[Entry]:
        """The next entries of these kinds, oldest first."""
        query = (
            select(chain.c.seq, chain.c.kind, chain.c.row)
            .where(chain.c.seq > after, chain.c.kind.in_(kinds))
            .order_by(chain.c.seq)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            found = [(seq, kind, row) for seq, kind, row in connection.execute(query)]
            contents = self._contents(connection, found)
        return [Entry(seq, kind, contents[seq]) for seq, kind, _ in found if seq in contents]

    def position(self, follower_name: str) -> int:
        """How far a follower has got."""
        query = select(follower.c.seq).where(follower.c.name == follower_name)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def advance(self, follower_name: str, seq: int) -> None:
        """Remember how far a follower has got."""
        with writing(self._engine).begin() as connection:
            upsert(connection, follower, [{"name": follower_name, "seq": seq}], ["name"])

    def _contents(
        self, connection: Connection, found: Sequence[tuple[int, str, int]]
    ) -> dict[int, Shape]:
        contents: dict[int, Shape] = {}
        by_kind: dict[str, list[int]] = {}
        for seq, kind, _ in found:
            by_kind.setdefault(kind, []).append(seq)
        for kind, seqs in by_kind.items():
            contents |= self._of_kind(connection, kind, seqs)
        return contents

    def _of_kind(self, connection: Connection, kind: str, seqs: Sequence[int]) -> dict[int, Shape]:
        if kind == "batch":
            return self._batches(connection, seqs)
        if kind == "finding":
            return self._findings(connection, seqs)
        if kind == "action":
            return self._actions(connection, seqs)
        table = {"transition": transition, "rejection": rejection}[kind]
        rows = connection.execute(select(table).where(table.c.seq.in_(seqs))).mappings()
        if kind == "rejection":
            return {row["seq"]: rejection_shape(row) for row in rows}
        register = self._registry().register
        return {row["seq"]: transition_shape(row, register) for row in rows}

    def _actions(self, connection: Connection, seqs: Sequence[int]) -> dict[int, Shape]:
        """Acts, each with what its alert is about."""
        stations = self._registry().register.stations
        about = (alert.c.station, alert.c.parameter, alert.c.kind)
        query = (
            select(action, *about)
            .select_from(action.join(alert, alert.c.id == action.c.alert))
            .where(action.c.seq.in_(seqs))
        )
        shapes = {}
        for row in connection.execute(query).mappings():
            station = stations.get(row["station"])
            place = {name: row[name] for name in ("station", "parameter", "kind")}
            shapes[row["seq"]] = action_shape(row) | place | {
                "cluster": None if station is None else station.cluster,
                "simulated": station is not None and station.simulated,
            }  # fmt: skip
        return shapes

    def _findings(self, connection: Connection, seqs: Sequence[int]) -> dict[int, Shape]:
        register, names = self._registry().register, self._names()
        query = finding_query().where(finding.c.seq.in_(seqs))
        shapes = {}
        for row in connection.execute(query).mappings():
            series = names[row["series"]]
            station = register.stations[series.station]
            if series.parameter not in station.judged():  # a load that was taken back since
                continue
            parameter = station.entry(series.parameter).parameter
            verdict = finding_of(row, series, row["limit_body"])
            engine = made_with(row["version_body"])["engine"]
            shapes[row["seq"]] = finding_shape(
                verdict, parameter, station, engine, row["judged_at"]
            )
        return shapes

    def _batches(self, connection: Connection, seqs: Sequence[int]) -> dict[int, Shape]:
        register, names = self._registry().register, self._names()
        query = (
            select(
                reading.c.series, reading.c.at, reading.c.value, reading.c.status,
                raw.c.received_at, raw.c.seq,
            )
            .select_from(reading.join(raw, raw.c.id == reading.c.raw))
            .where(raw.c.seq.in_(seqs))
        )  # fmt: skip
        batches: dict[int, Shape] = {seq: {"readings": []} for seq in seqs}
        told: dict[int, tuple[Shape, Parameter]] = {}
        # Plain tuples: of everything on record there is most of this.
        for key, at, value, status, received, seq in connection.execute(query):
            if key not in told:
                told[key] = _about(names[key], register)
            about, parameter = told[key]
            row = {"observed_at": at, "received_at": received, "status": status}
            shown = number(parameter.decimal(value))
            batches[seq]["readings"].append({**about, **row, "value": shown})
        return batches

    def _names(self) -> dict[int, Series]:
        return {key: series for series, key in self._keys().items()}


def _about(series: Series, register: Register) -> tuple[Shape, Parameter]:
    """What every reading of a series says alike, and its parameter."""
    station = register.stations[series.station]
    parameter = station.series[series.parameter].parameter
    alike = {
        "station": series.station,
        "cluster": station.cluster,
        "parameter": series.parameter,
        "unit": parameter.unit,
    }
    return alike, parameter
