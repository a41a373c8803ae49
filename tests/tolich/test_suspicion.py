"""Suspicion on a real store: what is kept, who may look, and where it must never show."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from rules.days import DAY_SECONDS, local_date
from rules.model import Refused
from rules.roles import RIGHTS, Right, Role
from rules.suspicion import HISTORY, LEARNT, State
from tests.cast import DAY0, HOUR, Stage, alerts, findings, hours_of, stage
from tests.tolich.test_permissions import _accounts, application, everyone
from tolich.cli import app
from tolich.pipeline import Pipeline
from tolich.store.schema import chain, reading
from tolich.store.suspicionschema import suspicion, suspicion_look
from tolich.suspecting import SETTLED, Suspecting

FIRST = DAY0 - (LEARNT + HISTORY) * DAY_SECONDS
STATION = "MAU02"
STOP = threading.Event()
SLOTS = 96


def suspecting(on: Stage, pipeline: Pipeline) -> Suspecting:
    """Looking on a store."""
    return Suspecting(on.engine, lambda: pipeline.registered, lambda: pipeline.series, on.clock)


def course(days: int) -> dict[str, np.typing.NDArray[np.float64]]:
    """COD and TSS of honest days, a value every 15 minutes; the last day is that before last."""
    chance = np.random.default_rng(3)
    wave = 1 + 0.2 * np.sin(np.arange(SLOTS) * 2 * np.pi / SLOTS) * chance.normal(
        1, 0.1, (2, days, 1)
    )
    drawn = np.array([40.0, 20.0])[:, None, None] * wave * chance.normal(1, 0.02, (2, days, SLOTS))
    drawn[:, -1] = drawn[:, -2]
    return {"COD": drawn[0].ravel(), "TSS": drawn[1].ravel()}


def fill(on: Stage, pipeline: Pipeline, days: int) -> None:
    """Put the readings of a course into the store, as they would be after judging."""
    rows = []
    for parameter, values in course(days).items():
        key = next(k for s, k in pipeline.series.items() if tuple(s) == (STATION, parameter))
        quantum = pipeline.catalogue[parameter].quantum
        for n, value in enumerate(values):
            at = FIRST + (n + 1) * 900  # times close their slots
            quanta = round(value / float(quantum))
            rows.append({"series": key, "at": at, "value": quanta, "status": 0, "raw": 0})
    with on.engine.begin() as connection:
        connection.execute(insert(reading), rows)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Pipeline]]:
    """A store with a baseline and a day that repeats the one before, looked at."""
    on = stage(tmp_path_factory.mktemp("suspicion"), DAY0 + SETTLED + HOUR)
    pipeline = on.pipeline()
    fill(on, pipeline, LEARNT + HISTORY)
    looking = suspecting(on, pipeline)
    looking.freeze(STATION, FIRST, "thanh tra", "sau khi lấy mẫu đối chứng")
    looking.step(STOP)
    yield on, pipeline
    on.close()


def rows(on: Stage, table: Any) -> list[Any]:
    with on.engine.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).mappings())


def test_a_day_that_is_over_is_looked_at_once(made: tuple[Stage, Pipeline]) -> None:
    on, pipeline = made
    found = {row["station"]: row for row in rows(on, suspicion)}
    assert found[STATION]["state"] == State.NEEDS_INSPECTION
    assert found[STATION]["day"] == DAY0 - DAY_SECONDS
    reasons = [one["detector"] for one in json.loads(found[STATION]["body"])["reasons"]]
    assert "replay" in reasons
    assert found["MAU01"]["state"] == State.NOT_EVALUATED
    assert "tolich suspicion baseline" in json.loads(found["MAU01"]["body"])["summary"]["en"]
    assert suspecting(on, pipeline).step(STOP) == 0


def test_a_baseline_needs_days_that_are_over(made: tuple[Stage, Pipeline]) -> None:
    on, pipeline = made
    with pytest.raises(Refused, match="not over yet"):
        suspecting(on, pipeline).freeze(STATION, DAY0 - DAY_SECONDS, "x", "y")
    with pytest.raises(Refused, match="hold enough"):
        suspecting(on, pipeline).freeze("MAU01", FIRST, "x", "y")


def test_a_new_baseline_changes_no_look_that_was_made(made: tuple[Stage, Pipeline]) -> None:
    on, pipeline = made
    before = [dict(row) for row in rows(on, suspicion)]
    suspecting(on, pipeline).freeze(STATION, FIRST + DAY_SECONDS, "thanh tra", "lần hai")
    assert [dict(row) for row in rows(on, suspicion)] == before


def test_the_record_proves_all_of_it(made: tuple[Stage, Pipeline]) -> None:
    on, _ = made
    with on.engine.connect() as connection:
        kinds = set(connection.execute(select(chain.c.kind)).scalars())
    assert {"suspicion", "suspicion_baseline"} <= kinds


# --- who may look -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The API on a store, with a key of every role."""

    client: TestClient
    keys: dict[str, str]

    def get(self, path: str, role: Role) -> Any:
        """What a role is answered."""
        headers = {"Authorization": f"Bearer {self.keys[str(role)]}"}
        return self.client.get(f"/api/v1/{path}", headers=headers)


@pytest.fixture(scope="module")
def asked(made: tuple[Stage, Pipeline]) -> Iterator[Asked]:
    on, pipeline = made
    keys = everyone(_accounts(on, pipeline))
    with TestClient(application(on), raise_server_exceptions=False) as client:
        yield Asked(client, keys)


def test_every_look_is_on_record_before_it_is_answered(
    made: tuple[Stage, Pipeline], asked: Asked
) -> None:
    on, _ = made
    before = len(rows(on, suspicion_look))
    answer = asked.get("suspicions", Role.CITY_OFFICER).json()
    (shown,) = [one["id"] for one in answer["items"]]
    one = asked.get(f"suspicions/{shown}", Role.CITY_OFFICER).json()
    assert one["state_text"] == {"vi": "Cần kiểm tra", "en": "Needs inspection"}
    assert asked.get("suspicions/999", Role.CITY_OFFICER).status_code == 404
    looks = rows(on, suspicion_look)[before:]
    assert [json.loads(look["shown"]) for look in looks] == [[shown], [shown], []]
    assert {(look["name"], look["role"]) for look in looks} == {("city_officer", "city_officer")}
    told = asked.get("suspicion-looks", Role.ADMINISTRATOR).json()["items"]
    assert told[0]["what"] == {"id": 999}
    assert len(told) == before + 3


def test_only_the_citys_officers_may_look(asked: Asked) -> None:
    allowed = {role for role in Role if Right.SUSPICIONS in RIGHTS[role]}
    assert allowed == {Role.CITY_OFFICER}
    for role in Role:
        expected = 200 if role is Role.CITY_OFFICER else 403
        assert asked.get("suspicions", role).status_code == expected
        assert asked.get("suspicions/1", role).status_code in (expected, 404)


EVERYWHERE = (
    "stations", f"stations/{STATION}", f"stations/{STATION}/readings", "findings", "alerts",
    "transitions", "responses", "alarm-load", "notifications", "amendments", "permits",
    "rejected", "exports/findings.csv", "exports/alerts.csv",
    f"exports/readings.csv?station={STATION}",
)  # fmt: skip
WORDS = ("suspicion", "needs_inspection", "needs inspection", "cần kiểm tra")


@pytest.mark.parametrize("role", [Role.CITY_OFFICER, Role.INVESTOR, Role.VIEWER])
def test_nothing_of_it_shows_anywhere_else(asked: Asked, role: Role) -> None:
    for path in EVERYWHERE:
        answer = asked.get(path, role)
        assert answer.status_code in (200, 403, 404), path
        if "/docs#" not in answer.text:
            assert not [word for word in WORDS if word in answer.text.lower()], path


def test_those_who_follow_the_record_hear_nothing_of_it(made: tuple[Stage, Pipeline]) -> None:
    on, pipeline = made
    record = on.record(pipeline)
    kinds = ["batch", "finding", "transition", "rejection", "action"]
    entries = record.follow(0, 10_000, kinds)
    assert not [one for one in entries if "suspicion" in json.dumps(one.content, default=str)]
    for kind in ("suspicion", "suspicion_baseline"):
        with pytest.raises(KeyError):  # a follower cannot even ask for it
            record.follow(0, 10_000, [kind])


def test_verdicts_are_the_same_with_and_without(tmp_path: Path) -> None:
    told = []
    for with_it in (False, True):
        on = stage(tmp_path / str(with_it), DAY0)
        pipeline = on.pipeline()
        if with_it:
            fill(on, pipeline, LEARNT + HISTORY)
            suspecting(on, pipeline).freeze(STATION, FIRST, "thanh tra", "đối chứng")
            on.clock.set(DAY0 + SETTLED)
            suspecting(on, pipeline).step(STOP)
            assert State.NEEDS_INSPECTION in {row["state"] for row in rows(on, suspicion)}
        for one in hours_of(STATION, "COD", 8 * HOUR, [140, 50, 50]):
            on.clock.set(max(on.clock.now(), one.received_at))
            pipeline.submit([one])
        on.clock.set(DAY0 + DAY_SECONDS + HOUR)
        pipeline.tick(DAY0, fill=True)
        reads = on.reads(pipeline)
        told.append(([
            {name: value for name, value in one.items() if name != "judged_at"}
            for one in findings(reads, station=STATION)
            if one["start"] >= "2026-03-10"
        ], [one["kind"] for one in alerts(reads, station=STATION)]))  # fmt: skip
        on.close()
    assert told[0] == told[1]
    assert told[0][0]


# --- at the machine -----------------------------------------------------------------------------


def test_a_look_at_the_machine_is_told_and_on_record(tmp_path: Path) -> None:
    on = stage(tmp_path, DAY0)
    fill(on, on.pipeline(), LEARNT + HISTORY)
    at = ["--by", "Sở (mẫu)", "--data", str(tmp_path)]
    since = local_date(FIRST).isoformat()
    run = CliRunner().invoke
    wrong = run(app, ["suspicion", "baseline", "--station", "MAU2", "--from", since, *at,
                      "--reason", "x"])  # fmt: skip
    assert wrong.exit_code == 2
    assert "did you mean 'MAU02'" in wrong.output
    frozen = run(app, ["suspicion", "baseline", "--station", STATION, "--from", since, *at,
                       "--reason", "đối chứng"])  # fmt: skip
    assert frozen.exit_code == 0, frozen.output
    assert "baseline 1 of MAU02" in frozen.output
    day = local_date(DAY0 - DAY_SECONDS).isoformat()
    shown = run(app, ["suspicion", "look", "--day", day, "--json", *at])
    assert shown.exit_code == 0, shown.output
    (first, *rest) = [json.loads(line) for line in shown.output.splitlines()]
    assert (first["station"], first["state"]) == (STATION, "needs_inspection")
    assert {one["state"] for one in rest} == {"not_evaluated"}
    table = run(app, ["suspicion", "look", "--day", day, "--station", STATION, *at])
    assert "Needs inspection" in table.output
    (one, two) = rows(on, suspicion_look)
    assert (one["name"], json.loads(two["what"])["stations"]) == ("Sở (mẫu)", [STATION])
    on.close()
