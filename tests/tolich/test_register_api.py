"""The register over the API, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.console.problemwords import told
from rules.model import Refused
from tests.cast import cast_register, stage, station
from tests.tolich.office import NOON, LoggedIn, Office, logged_in, opened
from tolich.registrar import Registrar

NEW: dict[str, Any] = {
    "document": "QĐ 12",
    "plants": {"mau-09": {"cluster": "ccn-mau-01", "name": "Nhà máy 09", "capacity": 500.5}},
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> LoggedIn:
    return logged_in(stage(tmp_path_factory.mktemp("cast"), NOON), "city_officer")


@pytest.fixture
def office(prepared: LoggedIn, tmp_path: Path) -> Iterator[Office]:
    yield from opened(prepared, tmp_path)


@pytest.fixture(scope="module")
def registrar(prepared: LoggedIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    """On a store that stays as it is."""
    for one in opened(prepared, tmp_path_factory.mktemp("same")):
        yield Registrar(one.pipeline)


def posted(office: Office, path: str, status: int, said: Any) -> Any:
    """The answer to what is posted."""
    answer = office.client.post(f"/api/v1/register{path}", json=said)
    assert answer.status_code == status, answer.text
    return answer.json()


def history(office: Office, kind: str, name: str) -> list[Any]:
    answer = office.client.get(f"/api/v1/register/history/{kind}/{name}")
    found: list[Any] = answer.json()["items"]
    return found


def test_the_register_is_read_changed_and_undone(office: Office) -> None:
    looked = posted(office, "?preview=true", 200, NEW)
    assert [one["what"] for one in looked["changes"]] == ["new"]
    assert looked["changes"][0]["after"]["capacity"] == 500.5
    assert office.client.get("/api/v1/register/history/plants/mau-09").status_code == 404
    posted(office, f"?seen={looked['number']}", 200, NEW)
    (row,) = history(office, "plants", "mau-09")
    assert (row["by"], row["document"], row["body"]["capacity"]) == (
        "city_officer", "QĐ 12", 500.5,
    )  # fmt: skip
    standing = office.client.get("/api/v1/register").json()["items"]
    assert row in standing
    undone = posted(office, "/plants/mau-09/undo", 200, {"document": "nhầm"})
    assert [one["what"] for one in undone["changes"]] == ["withdrawn"]
    assert [one["body"] is None for one in history(office, "plants", "mau-09")] == [True, False]


def test_every_place_that_is_wrong_is_named_and_nothing_is_kept(office: Office) -> None:
    wrong = {
        "plants": {"mau-09": {"cluster": "ccn-mau-91", "name": "N", "capacity": "nhiều"}},
        "stations": {"MAU09": station("mau-09", ["COD"], interval=7)},
    }
    told_at = {one["place"] for one in posted(office, "?preview=true", 200, wrong)["problems"]}
    assert told_at == {
        "plants.mau-09.cluster", "plants.mau-09.capacity", "stations.MAU09.interval[0]",
    }  # fmt: skip
    refusal = posted(office, "", 422, wrong)
    assert {one["name"] for one in refusal["errors"]} == {*told_at, "document"}
    assert office.client.get("/api/v1/register/history/plants/mau-09").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b'{"plants": NaN}', b'{"plants": {"x": 1e99999}}', b'{"document": ["x"]}',
        b'{"document": null}',
    ],
)  # fmt: skip
def test_what_is_not_a_register_is_refused(body: bytes, office: Office) -> None:
    assert office.client.post("/api/v1/register", content=body).status_code == 422


def test_what_somebody_changed_meanwhile_is_refused(office: Office) -> None:
    seen = posted(office, "?preview=true", 200, {})["number"]
    plant = cast_register()["plants"]["mau-01"]
    first = {"document": "QĐ 12", "plants": {"mau-01": plant | {"capacity": 900}}}
    posted(office, "", 200, first)
    second = {"document": "QĐ 13", "plants": {"mau-01": plant | {"capacity": 800}}}
    refusal = posted(office, f"?seen={seen}", 422, second)
    assert "meanwhile by city_officer" in refusal["detail"]
    late = posted(office, "/plants/mau-01/undo", 422, {"document": "nhầm", "seen": seen})
    assert [one["name"] for one in late["errors"]] == ["plants.mau-01"]


def limit(**said: Any) -> dict[str, Any]:
    """A permit whose COD limit is written so."""
    body = cast_register()["permits"]["gp-01"]
    return {"permits": {"gp-01": body | {"limits": {"COD": said}}}}


def of_station(**said: Any) -> dict[str, Any]:
    """A station with something else."""
    return {"stations": {"MAU01": cast_register()["stations"]["MAU01"] | said}}


def by_regulation(**said: Any) -> dict[str, Any]:
    """A permit that names a regulation so."""
    named = {"id": "QCVN 40:2011/BTNMT", "column": "B", "page": "1", **said}
    return {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"regulation": named}}}


WRONG: list[dict[str, Any]] = [
    {"plants": {"mau-01": None}},
    {"plants": {"mau 01": cast_register()["plants"]["mau-01"]}},
    {"plants": {"mau-01": {"cluster": "ccn-mau-01", "name": "", "capacity": None}}},
    {"plants": {"mau-01": {"cluster": "x", "name": "N", "capacity": "x", "colour": "y"}}},
    {"plants": []},
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"until": "2020-01-01"}}},
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"date": "x", "from": None}}},
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"basis": "week"}}},
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"completeness": 3}}},
    limit(max=5, page="1", unit="g/L"),
    limit(min=5, page="1"),
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"limits": {"pH": {"max": 9}}}}},
    {"permits": {"gp-01": cast_register()["permits"]["gp-01"] | {"limits": {"KOD": {}}}}},
    by_regulation(id="QCVN 41"),
    by_regulation(column="D"),
    by_regulation(factors={"Kx": 1, "Kq": 0}),
    of_station(interval=None),
    of_station(interval=7),
    of_station(interval=[{"from": day, "seconds": 60} for day in ("2026-03-02", "2026-03-01")]),
    of_station(interval=[{"seconds": 60}]),
    of_station(series={}),
    of_station(series={"COD": {"low": 5, "high": 1}, "KOD": {}}),
    of_station(camera="camera"),
    of_station(simulated="yes", timestamp_means="middle"),
    {"stations": {
        name: cast_register()["stations"][name] | {"tt10": {"prefix": "HN"}}
        for name in ("MAU01", "MAU02")
    }},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_a_form_can_get_wrong_is_told_in_vietnamese(number: int, registrar: Registrar) -> None:
    with pytest.raises(Refused) as refused:
        registrar.enter(WRONG[number], "An", "QĐ 12")
    for problem in refused.value.problems:
        assert told(problem.message, "vi") != problem.message, problem
        assert told(problem.message, "en") == problem.message


def test_what_to_know_of_a_permit_is_told_in_vietnamese(registrar: Registrar) -> None:
    permit = by_regulation(column="A", factors={"Kq": 1, "Kf": 1}, factors_apply_to=["COD"])
    volume = {"max": 400, "page": "2", "flow": "FlowIn"}
    permit["permits"]["gp-01"] |= {"volume": volume}
    notes = registrar.preview(permit).notes
    assert len(notes) == 5
    assert all(told(note, "vi") != note for note in notes), notes
