"""Who may call what: every endpoint, every role, an own and a foreign plant, on a real store.

The table below has an entry for every operation of the API's description; one that is added
without saying who may call it fails here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from api.app import RIGHTS as NEEDED
from api.app import create_app
from api.view import Parts
from rules.days import rfc3339
from rules.roles import RIGHTS, Right, Role
from tests.callers import caller
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    Said,
    Stage,
    alerts,
    hours_of,
    message,
    stage,
)
from tolich.accounts import StoreAccounts
from tolich.amending import Amender
from tolich.clock import StepClock
from tolich.forwarding.choice import Choice
from tolich.metrics import metrics_text
from tolich.pipeline import Pipeline
from tolich.ports import AccountAsked, Delivery
from tolich.registrar import Registrar
from tolich.reports.documents import Documents
from tolich.store.deliveries import StoreDeliveries
from tolich.store.forwarding import Configured, configure
from tolich.suspecting import StoreSuspicions
from tolich.working import Worker
from tolich.workports import Announcement, Attached, Deed

OWN, FOREIGN = "MAU01", "MAU02"
PLANT, CLUSTER = "mau-01", "ccn-mau-01"
PASSWORD = "ngựa pin đúng ghim"
HOUR_AT = rfc3339(DAY0 + 8 * HOUR)


class Entry(NamedTuple):
    """One operation: its path for a station, what is sent, and how it is answered.

    `{station}`, `{cluster}`, `{alert}` and `{finding}` stand for those of the plant asked about.
    """

    path: str
    body: Any = None
    good: tuple[int, ...] = (200,)
    object: bool = True  # False: a list, or about no plant


READING = {"ts": rfc3339(DAY1), "readings": [{"p": "COD", "v": 61.5}]}
EXCLUDE = {
    "station": "{station}", "parameter": "COD", "act": "exclude", "reason": "máy đứng",
    "from": HOUR_AT, "to": rfc3339(DAY0 + 9 * HOUR),
}  # fmt: skip
WHAT_IF = {
    "stations": ["{station}"], "from": "2026-03-10", "to": "2026-03-10",
    "permit": {"limits": {"COD": {"max": 60}}},
}  # fmt: skip

SAID = {"text": "đã kiểm tra"}
ANNOUNCE = {
    "station": "{station}", "kind": "maintenance", "reason": "thay bơm",
    "end": rfc3339(DAY1 + 9 * HOUR),
}  # fmt: skip
REGISTER = {"document": "QĐ 12", "clusters": {"ccn-x": {"name": "CCN X", "province": "hanoi"}}}
MET = (200, 409)  # 409: an entry before it has done the same already

ENTRIES: dict[str, Entry] = {
    "get /api/v1/stations": Entry("stations", object=False),
    "get /api/v1/stations/{id}": Entry("stations/{station}"),
    "get /api/v1/stations/{id}/readings": Entry("stations/{station}/readings"),
    "get /api/v1/stations/{id}/outlook": Entry("stations/{station}/outlook"),
    "get /api/v1/stations/{id}/commission": Entry("stations/{station}/commission"),
    "get /api/v1/rejected": Entry("rejected", object=False),
    "get /api/v1/forwarding": Entry("forwarding", object=False),
    "get /api/v1/findings": Entry("findings?period=hour", object=False),
    "get /api/v1/findings/{id}": Entry("findings/{finding}"),
    "get /api/v1/findings/{id}/why": Entry("findings/{finding}/why"),
    "get /api/v1/findings/{id}/revisions": Entry("findings/{finding}/revisions"),
    "get /api/v1/alerts": Entry("alerts", object=False),
    "get /api/v1/alerts/{id}": Entry("alerts/{alert}"),
    "get /api/v1/alerts/{id}/why": Entry("alerts/{alert}/why"),
    "get /api/v1/transitions": Entry("transitions", object=False),
    "get /api/v1/responses": Entry("responses", object=False),
    "get /api/v1/alarm-load": Entry("alarm-load", object=False),
    "get /api/v1/notifications": Entry("notifications", object=False),
    "get /api/v1/suspicions": Entry("suspicions", object=False),
    # Nothing has been looked at in this store.
    "get /api/v1/suspicions/{id}": Entry("suspicions/1", good=(404,), object=False),
    "get /api/v1/suspicion-looks": Entry("suspicion-looks", object=False),
    "get /api/v1/amendments": Entry("amendments", object=False),
    "post /api/v1/amendments": Entry("amendments", EXCLUDE, (201,)),
    "get /api/v1/regulations": Entry("regulations", object=False),
    "get /api/v1/regulations/{id}": Entry("regulations/QCVN 40:2011/BTNMT", object=False),
    "get /api/v1/permits": Entry("permits", object=False),
    "post /api/v1/what-if": Entry("what-if", WHAT_IF),
    "get /api/v1/register": Entry("register", object=False),
    "get /api/v1/register/history/{kind}/{id}": Entry("register/history/stations/{station}"),
    "post /api/v1/register": Entry("register?preview=true", REGISTER, object=False),
    # Both stations have something on record, so that they cannot be taken out.
    "post /api/v1/register/{kind}/{id}/undo": Entry(
        "register/stations/{station}/undo", {"document": "nhầm"}, (422,)
    ),
    "get /api/v1/exports/readings.{form}": Entry("exports/readings.csv?station={station}"),
    "get /api/v1/exports/findings.{form}": Entry("exports/findings.csv", object=False),
    "get /api/v1/exports/alerts.{form}": Entry("exports/alerts.csv", object=False),
    "get /api/v1/reports/{kind}.{form}": Entry("reports/capture.pdf?station={station}&year=2026"),
    "post /api/v1/ingest/{cluster}/{station}": Entry("ingest/{cluster}/{station}", READING, (202,)),
    "get /api/v1/me": Entry("me", object=False),
    "patch /api/v1/me": Entry("me", {"language": "en"}, object=False),
    "post /api/v1/logout": Entry("logout", good=(204,), object=False),
    "get /api/v1/accounts": Entry("accounts", object=False),
    "post /api/v1/accounts": Entry(
        "accounts", {"name": "new", "role": "viewer", "clusters": [CLUSTER]}, (201,), object=False
    ),
    "get /api/v1/accounts/{name}": Entry("accounts/viewer", object=False),
    "patch /api/v1/accounts/{name}": Entry("accounts/viewer", {"display": "X"}, object=False),
    "post /api/v1/accounts/{name}/reset": Entry("accounts/viewer/reset", object=False),
    "get /api/v1/accounts/{name}/keys": Entry("accounts/trade_officer/keys", object=False),
    "post /api/v1/accounts/{name}/keys": Entry(
        "accounts/trade_officer/keys", {"label": "x"}, (201,), object=False
    ),
    "post /api/v1/alerts/{id}/acknowledge": Entry("alerts/{alert}/acknowledge", {}, MET),
    "post /api/v1/alerts/{id}/comment": Entry("alerts/{alert}/comment", SAID, MET),
    "post /api/v1/alerts/{id}/explain": Entry("alerts/{alert}/explain", SAID, MET),
    "post /api/v1/alerts/{id}/request-explanation": Entry(
        "alerts/{alert}/request-explanation", SAID | {"deadline": rfc3339(DAY1 + 9 * HOUR)}, MET
    ),
    # Of what has ended there is nothing to shelve; an exceedance the plant's side never shelves.
    "post /api/v1/alerts/{id}/shelve": Entry(
        "alerts/{alert}/shelve", SAID | {"until": rfc3339(DAY1 + 9 * HOUR)}, (200, 409, 403)
    ),
    "post /api/v1/alerts/{id}/unshelve": Entry("alerts/{alert}/unshelve", {}, (200, 409, 403)),
    "post /api/v1/alerts/{id}/close": Entry("alerts/{alert}/close", SAID, MET),
    "post /api/v1/alerts/{id}/reopen": Entry("alerts/{alert}/reopen", SAID, MET),
    "post /api/v1/alerts/{id}/sample": Entry("alerts/{alert}/sample", {}, MET),
    "post /api/v1/alerts/{id}/bottle": Entry(
        "alerts/{alert}/bottle", {"bottle": "A-1", "taken_at": HOUR_AT}, (200, 422)
    ),
    "post /api/v1/alerts/{id}/lab-result": Entry(
        "alerts/{alert}/lab-result",
        {"bottle": "A-1", "parameter": "COD", "value": 1, "lab": "PTN", "sheet": "1"},
    ),
    "get /api/v1/alerts/{id}/actions": Entry("alerts/{alert}/actions"),
    "get /api/v1/alerts/{id}/page": Entry("alerts/{alert}/page"),
    # One of each plant is made with the store.
    "get /api/v1/attachments/{id}": Entry("attachments/{own}"),
    "get /api/v1/planned": Entry("planned", object=False),
    "post /api/v1/planned": Entry("planned", ANNOUNCE, (201,)),
    "post /api/v1/planned/{id}/cancel": Entry("planned/{own}/cancel", {"reason": "xong"}, MET),
    "delete /api/v1/accounts/{name}/keys/{key}": Entry(
        "accounts/trade_officer/keys/1", good=(204, 404), object=False
    ),
}
"""Every operation that takes an account. The live stream has its own test below."""

STREAMS = {"get /api/v1/stream"}
OPEN = {
    "post /api/v1/login",
    "get /api/v1/oidc/login",
    "get /api/v1/oidc/callback",
    "get /healthz",
    "get /readyz",
    "get /metrics",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A store with two plants that exceeded, and an account of every role."""

    folder: Path
    keys: dict[str, str]
    alerts: dict[str, str]  # of a station
    now: int


def exceeding(station: str) -> list[Delivery]:
    """An hour over the limit, and a message that is not understood."""
    wrong = message(station, Said("Kod", 13 * HOUR, 1.0))
    return [*hours_of(station, "COD", 8 * HOUR, [140, 50, 50]), wrong]


def everyone(accounts: StoreAccounts) -> dict[str, str]:
    """An account of every role with the first plant, as far as it takes any; their keys."""
    by, found = caller(), {}
    for role in Role:
        grants: dict[str, Any] = {
            Role.WARD_OFFICER: {"clusters": [CLUSTER]}, Role.INVESTOR: {"clusters": [CLUSTER]},
            Role.OPERATOR: {"plants": [PLANT]}, Role.VIEWER: {"plants": [PLANT]},
            Role.STATION: {"stations": [OWN]},
        }.get(role, {})  # fmt: skip
        accounts.create(by, str(role), AccountAsked(role, **grants), PASSWORD)
        made = accounts.new_key(by, str(role), "test", None, 1)
        assert made is not None
        found[str(role)] = made["key"]
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepared(tmp_path_factory.mktemp("permissions"))


def prepared(folder: Path) -> Place:
    """A store with something of two plants behind every endpoint, and an account of every role."""
    on = stage(folder, DAY0)
    pipeline = on.pipeline()
    both = Choice(frozenset({OWN, FOREIGN}), date(2026, 1, 1))
    configure(on.engine, [Configured("so-mau", "sftp://a@b:22/up", both.text())])
    for one in sorted([*exceeding(OWN), *exceeding(FOREIGN)], key=lambda one: one.received_at):
        on.clock.set(one.received_at)
        pipeline.submit([one])
    on.clock.set(DAY1 + HOUR)
    pipeline.tick(DAY0, fill=True)
    raised = alerts(on.reads(pipeline), kind="exceedance")
    keys = everyone(_accounts(on, pipeline))
    worked(on, pipeline, {one["station"]: one["id"] for one in raised})
    on.close()
    return Place(folder, keys, {one["station"]: one["id"] for one in raised}, on.clock.now())


def worked(on: Stage, pipeline: Pipeline, raised: dict[str, str]) -> None:
    """An attachment and an announcement of each plant, the own one first."""
    working, by = Worker(pipeline, on.reads(pipeline)), caller()
    for station in (OWN, FOREIGN):
        file = Attached("a.pdf", b"%PDF-1.7")
        working.act(by, Deed(raised[station], "comment", "xem", attachments=(file,)))
        end = on.clock.now() + HOUR
        working.announce(by, Announcement("maintenance", station, None, None, end, "thay bơm"))


def _accounts(on: Stage, pipeline: Pipeline) -> StoreAccounts:
    return StoreAccounts(on.engine, lambda: pipeline.registered.register, on.clock)


@pytest.fixture
def client(place: Place, tmp_path: Path) -> Iterator[TestClient]:
    """The whole API on a copy of the store: what one test changes, no other sees."""
    copy = tmp_path / "copy"
    shutil.copytree(place.folder, copy)
    on = Stage(copy, StepClock(place.now))
    with TestClient(application(on), raise_server_exceptions=False) as found:
        yield found
    on.close()


def application(on: Stage) -> FastAPI:
    """The whole API on a store."""
    pipeline = on.pipeline()
    reads = on.reads(pipeline)
    accounts = _accounts(on, pipeline)
    metrics, reports = metrics_text(reads.health), Documents(reads, on.clock)
    working, amending = Worker(pipeline, reads), Amender(pipeline)
    deliveries = StoreDeliveries(on.engine, lambda: pipeline.registered)
    return create_app(
        Parts(
            reads, pipeline, amending, accounts, on.clock, metrics, working, reports, None,
            deliveries, StoreSuspicions(on.engine, lambda: pipeline.registered, on.clock),
            Registrar(pipeline),
        )
    )  # fmt: skip


def asked(client: TestClient, place: Place, name: str, key: str | None, station: str) -> Response:
    """An operation about a station, with a key or without."""
    entry = ENTRIES[name]
    words = {
        "station": station,
        "cluster": f"ccn-mau-{station[-2:]}",
        "alert": place.alerts[station],
        "own": "1" if station == OWN else "2",  # the key of what was made of its plant
        "finding": f"{station}:COD:hour:{HOUR_AT}".replace("+", "%2B"),
    }
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    method, _, _ = name.partition(" ")
    path = f"/api/v1/{filled(entry.path, words)}"
    body = filled(entry.body, words)
    answer: Response = client.request(method.upper(), path, json=body, headers=headers)
    return answer


def filled(template: Any, words: dict[str, str]) -> Any:
    """A path or body with the words of one plant in it."""
    if isinstance(template, str):
        for word, meant in words.items():
            template = template.replace(f"{{{word}}}", meant)
        return template
    if isinstance(template, dict):
        return {key: filled(value, words) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, words) for value in template]
    return template


def needed(name: str) -> list[Right]:
    """The rights an operation takes."""
    method, _, path = name.partition(" ")
    return next(
        rights
        for (one, known), rights in NEEDED.items()
        if (one, known.replace(":path}", "}")) == (method, path)
    )


def sees_all(role: Role) -> bool:
    """Whether a role sees the whole city."""
    return role in (Role.CITY_OFFICER, Role.TRADE_OFFICER, Role.ADMINISTRATOR)


def wrong(client: TestClient, place: Place, role: Role) -> Iterator[str]:
    """Every operation that answers a role otherwise than it should."""
    key = place.keys[str(role)]
    for name, entry in ENTRIES.items():
        allowed = set(needed(name)) <= RIGHTS[role]
        for station in (OWN, FOREIGN) if entry.object else (OWN,):
            answer = asked(client, place, name, key, station)
            hidden = station == FOREIGN and not sees_all(role)
            expected = (403,) if not allowed else ABSENT.get(name, (404,)) if hidden else entry.good
            if answer.status_code not in expected:
                yield f"{name} about {station}: {answer.status_code} {answer.text[:200]}"
            if allowed and not sees_all(role) and role is not Role.STATION:
                leaked = FOREIGN in answer.text and not entry.object
                if leaked:
                    yield f"{name}: shows {FOREIGN}: {answer.text[:300]}"


ABSENT = {
    # A station that is named inside a body is refused like any field that is wrong, in the
    # same words as one that does not exist.
    "post /api/v1/amendments": (422,),
    "post /api/v1/what-if": (422,),
    "post /api/v1/planned": (422,),
}


def test_every_operation_has_an_entry(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]
    known = {f"{method} {path}" for path, methods in described.items() for method in methods}
    assert known == set(ENTRIES) | STREAMS | OPEN


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_its_row_says(role: Role, client: TestClient, place: Place) -> None:
    assert list(wrong(client, place, role)) == []


@pytest.mark.parametrize("key", [None, "", "tolich_guessed", "x" * 5000], ids=str)
def test_without_an_account_nothing_is_answered(
    key: str | None, client: TestClient, place: Place
) -> None:
    for name in ENTRIES:
        answer = asked(client, place, name, key, OWN)
        assert answer.status_code == 401, name
        assert answer.json()["type"] == "/docs#problem-login-needed", name
        assert OWN not in answer.json()["detail"], name
    assert client.get("/api/v1/stream").status_code == 401


@pytest.mark.parametrize("name", ["stations", "findings", "alerts", "permits", "amendments"])
@pytest.mark.parametrize("query", ["", "?cluster=ccn-mau-02", "?station=MAU02"])
def test_no_filter_widens_what_is_seen(
    name: str, query: str, client: TestClient, place: Place
) -> None:
    headers = {"Authorization": f"Bearer {place.keys['investor']}"}
    answer = client.get(f"/api/v1/{name}{query}", headers=headers)
    assert answer.status_code in (200, 400)  # 400: this list has no such filter
    assert FOREIGN not in answer.text
    assert "mau-02" not in str(answer.json().get("items"))


def test_a_key_that_is_limited_may_no_more(client: TestClient, place: Place) -> None:
    admin = {"Authorization": f"Bearer {place.keys['administrator']}"}
    made = client.post(
        "/api/v1/accounts/city_officer/keys", json={"label": "wall", "rights": ["read"]},
        headers=admin,
    )  # fmt: skip
    key = made.json()["key"]
    assert asked(client, place, "get /api/v1/alerts", key, OWN).status_code == 200
    refused = asked(client, place, "post /api/v1/amendments", key, OWN)
    assert refused.status_code == 403
    assert "limited" in refused.json()["detail"]
    gone = client.delete(f"/api/v1/accounts/city_officer/keys/{made.json()['id']}", headers=admin)
    assert gone.status_code == 204
    assert asked(client, place, "get /api/v1/alerts", key, OWN).status_code == 401
