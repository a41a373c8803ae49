"""Lists and objects: shapes, pages, ids, scope."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from api import decided, explained, shapes
from tests.api.fakes import NOON, REGULATION, FakeReads, finding_id
from tolich.ports import EVERYTHING, AlertQuery, FindingQuery, Scope

ID = finding_id("m01", -1)
LISTS: dict[str, type[BaseModel]] = {
    "stations": shapes.StationPage,
    "stations/m01/readings": shapes.ReadingPage,
    "stations/m01/outlook": shapes.OutlookPage,
    "findings": shapes.FindingPage,
    f"findings/{ID}/revisions": decided.RevisionPage,
    "amendments": decided.AmendmentPage,
    "alerts": shapes.AlertPage,
    "transitions": shapes.TransitionPage,
    "rejected": shapes.RejectedPage,
    "regulations": shapes.RegulationPage,
    "permits": shapes.PermitPage,
}
OBJECTS: dict[str, type[BaseModel]] = {
    "stations/m01": shapes.Station,
    f"findings/{ID}": shapes.Finding,
    f"findings/{ID}?revision=1": shapes.Finding,
    f"findings/{ID}/why": explained.Why,
    "alerts/A1": shapes.Alert,
    "alerts/A1/why": explained.Why,
    f"regulations/{REGULATION}": shapes.Regulation,
}
ONLY_MAU_02 = Scope(clusters=frozenset({"mau-02"}))


@pytest.mark.parametrize(("path", "model"), LISTS.items(), ids=LISTS)
def test_lists(path: str, model: type[BaseModel], client: TestClient, reads: FakeReads) -> None:
    reads.record(5, 9)
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert set(answer.json()) == {"items", "next"}
    assert answer.json()["items"]
    assert answer.json()["next"] is None
    model.model_validate(answer.json())


@pytest.mark.parametrize(("path", "model"), OBJECTS.items(), ids=OBJECTS)
def test_objects(path: str, model: type[BaseModel], client: TestClient) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    model.model_validate(answer.json())


CONTRACT = {
    shapes.Finding: "id station cluster parameter period start end outcome reason mean unit ratio "
    "limit counts completeness revision final engine judged_at simulated",
    shapes.Limit: "low high unit citation trace verification",
    shapes.Counts: "expected received valid calibrating faulty failed conflicting",
    shapes.Alert: "id kind severity state station cluster parameter period started_at ended_at "
    "finding simulated",
    shapes.Transition: "seq at change alert finding before after cause",
    explained.Why: "summary formula limit window readings versions",
    explained.Judged: "observed_at received_at value status flag tests counted reason",
}


@pytest.mark.parametrize(("model", "names"), CONTRACT.items(), ids=lambda one: str(one)[:40])
def test_described_shapes_have_the_names_of_the_contract(
    model: type[BaseModel], names: str
) -> None:
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert set(names.split()) <= required


def test_pages_join_without_gap_or_repetition(client: TestClient, reads: FakeReads) -> None:
    ids: list[str] = []
    cursor = ""
    while True:
        answer = client.get(f"/api/v1/findings?limit=3{cursor}").json()
        ids += [one["id"] for one in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert ids == [one["id"] for one in reads.found]


def test_regulations_come_in_pages_too(client: TestClient) -> None:
    first = client.get("/api/v1/regulations?limit=3").json()
    rest = client.get(f"/api/v1/regulations?limit=3&cursor={first['next']}").json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 2, None]


def test_transitions_go_on_from_next(client: TestClient, reads: FakeReads) -> None:
    reads.record(3, 5, 8)
    first = client.get("/api/v1/transitions?after=0&limit=2").json()
    rest = client.get(f"/api/v1/transitions?after={first['next']}&limit=2").json()
    assert [one["seq"] for one in first["items"] + rest["items"]] == [3, 5, 8]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "spelled",
    [ID, quote(ID, safe=""), quote(ID, safe="+"), ID.replace("+", "%20"), quote(ID, safe=":")],
)
@pytest.mark.parametrize("ending", ["", "/why"])
def test_finding_ids_are_found_however_they_are_spelled(
    spelled: str, ending: str, client: TestClient
) -> None:
    answer = client.get(f"/api/v1/findings/{spelled}{ending}")
    assert answer.status_code == 200
    assert answer.json()["id"] == ID


@pytest.mark.parametrize("spelled", [quote(REGULATION, safe=""), quote(REGULATION), REGULATION])
def test_regulation_ids_hold_slashes(spelled: str, client: TestClient) -> None:
    assert client.get(f"/api/v1/regulations/{spelled}").json()["id"] == REGULATION


def test_finding_filters_reach_the_store(client: TestClient, reads: FakeReads) -> None:
    asked = (
        "station=m02&cluster=mau-01&parameter=COD&period=hour&from=2026-11-22T12:00:00%2B07:00"
        "&to=2026-11-22T13:00:00+07:00&outcome=exceeded&final=true&as_of=2026-11-22T05:00:10.9Z"
    )
    answer = client.get(f"/api/v1/findings?{asked}")
    assert answer.status_code == 200
    assert reads.queries == [
        FindingQuery("m02", "mau-01", "COD", "hour", NOON, NOON + 3600, "exceeded", True, NOON + 10)
    ]


def test_alert_filters_reach_the_store(client: TestClient, reads: FakeReads) -> None:
    asked = (
        "state=ended&station=m01&cluster=mau-01&kind=exceedance"
        "&since=2026-11-22T05:00:00.1Z&as_of=2026-11-22T05:00:00.9Z"
    )
    assert [one["id"] for one in client.get(f"/api/v1/alerts?{asked}").json()["items"]] == ["A1"]
    assert reads.queries == [AlertQuery("ended", "m01", "mau-01", "exceedance", NOON + 1, NOON)]


def test_reading_filters_reach_the_store(client: TestClient, reads: FakeReads) -> None:
    asked = "parameter=pH&from=2026-11-22T05:00:00Z&to=2026-11-22t05:00:00z"
    assert client.get(f"/api/v1/stations/m01/readings?{asked}").status_code == 200
    assert reads.queries == [("m01", "pH", NOON, NOON)]


def test_an_outlook_is_of_one_parameter_or_of_all(client: TestClient, reads: FakeReads) -> None:
    for asked, names in (("", ["COD", "TSS"]), ("?parameter=TSS", ["TSS"])):
        items = client.get(f"/api/v1/stations/m01/outlook{asked}").json()["items"]
        assert [one["parameter"] for one in items] == names
        assert all(one["for_operation_only"] is True for one in items)
    assert reads.queries == [("m01", None), ("m01", "TSS")]


def test_a_parameter_that_is_not_measured_is_named_with_what_was_meant(client: TestClient) -> None:
    answer = client.get("/api/v1/stations/m01/outlook?parameter=COX")
    assert answer.status_code == 404
    said = "Station 'm01' does not measure 'COX'; did you mean 'COD'?"
    assert answer.json()["detail"] == said


@pytest.mark.parametrize(
    "path",
    [
        "stations/m01",
        "stations/m01/readings",
        "stations/m01/outlook",
        f"findings/{ID}",
        f"findings/{ID}/why",
        f"findings/{ID}/revisions",
        "alerts/A1",
        "alerts/A1/why",
    ],
)
def test_what_is_out_of_scope_is_as_absent_as_what_is_not_there(
    path: str, client: TestClient, seen: list[Scope]
) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 200
    seen.append(ONLY_MAU_02)
    hidden = client.get(f"/api/v1/{path}")
    missing = client.get("/api/v1/" + path.replace("m01", "m99").replace("A1", "A99"))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["type"] == missing.json()["type"] == "/docs#problem-not-found"


@pytest.mark.parametrize("path", ["stations", "findings", "alerts"])
def test_lists_hold_only_what_is_in_scope(
    path: str, client: TestClient, seen: list[Scope], reads: FakeReads
) -> None:
    seen.append(ONLY_MAU_02)
    items = client.get(f"/api/v1/{path}").json()["items"]
    assert {one["cluster"] for one in items} == {"mau-02"}
    assert reads.asked == [ONLY_MAU_02]


def test_the_scope_is_asked_anew_for_every_request(
    client: TestClient, seen: list[Scope], reads: FakeReads
) -> None:
    client.get("/api/v1/stations")
    seen.append(ONLY_MAU_02)
    client.get("/api/v1/stations")
    assert reads.asked == [EVERYTHING, ONLY_MAU_02]
