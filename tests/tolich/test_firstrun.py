"""From nothing to the first reading, as whoever sets a station up sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cast import DAY0, HOUR, stage
from tests.tolich.office import NOON, LoggedIn, Office, logged_in, opened
from tolich.clock import StepClock

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def at_cast(tmp_path_factory: pytest.TempPathFactory) -> LoggedIn:
    return logged_in(stage(tmp_path_factory.mktemp("cast"), NOON), "city_officer")


@pytest.fixture
def office(at_cast: LoggedIn, tmp_path: Path) -> Iterator[Office]:
    yield from opened(at_cast, tmp_path)


def made_key(office: Office, station: str) -> tuple[str, str]:
    """The key and the whole page that shows it."""
    answer = office.client.post(f"/setup/first/{station}/key")
    assert answer.status_code == 200, answer.text
    page = unescape(answer.text)
    found = re.search(r'id="copy-key">([^<]+)<', page)
    assert found is not None
    return found[1], page


def logger(office: Office, key: str) -> TestClient:
    """A client that is nobody but the holder of a key."""
    return TestClient(office.client.app, headers={"Authorization": f"Bearer {key}"})


def test_the_command_that_is_shown_sends_a_first_reading(office: Office) -> None:
    before = office.get("/setup/first?station=MAU01")
    assert "Chưa nhận được gì từ trạm này" in before
    assert "tolich/v1/ccn-mau-01/MAU01/readings" in before
    assert before.count("✓") == 2  # registered, with a permit
    key, page = made_key(office, "MAU01")
    command = re.search(r'id="copy-http">([^<]+)<', page)
    assert command is not None
    assert f"Bearer {key}" in command[1]
    address, payload = re.findall(r"http://testserver(\S+) -d '(.*)'", command[1])[0]
    answer = logger(office, key).post(address, content=payload)
    assert answer.status_code == 202, answer.text
    assert {one["p"] for one in json.loads(payload)["readings"]} == {"COD", "pH", "FlowOut"}
    after = office.client.get("/setup/first/MAU01/received", headers=HTML).text
    assert after.count("✓") == 4
    assert "/stations/MAU01/commission" in after


def test_a_key_sends_for_its_station_and_does_nothing_else(office: Office) -> None:
    key, _ = made_key(office, "MAU01")
    with logger(office, key) as sender:
        reading = {"ts": "2026-03-10T11:00:00+07:00", "readings": [{"p": "COD", "v": 1, "s": "00"}]}
        assert sender.post("/api/v1/ingest/ccn-mau-02/MAU02", json=reading).status_code == 404
        for path in ("/api/v1/stations", "/api/v1/accounts", "/api/v1/alerts"):
            assert sender.get(path).status_code == 403, path
        assert sender.post("/api/v1/stations/MAU01/keys").status_code == 403


def test_a_refused_message_shows_with_its_remedy(office: Office) -> None:
    key, _ = made_key(office, "MAU02")
    reading = {"p": "COD", "v": 1, "s": "00", "u": "kg"}
    wrong = {"ts": "2026-03-10T11:00:00+07:00", "readings": [reading]}
    sent = logger(office, key).post("/api/v1/ingest/ccn-mau-02/MAU02", json=wrong)
    assert sent.status_code == 422
    shown = unescape(office.client.get("/setup/first/MAU02/received", headers=HTML).text)
    assert "Bị từ chối lúc" in shown
    assert "is no unit of COD" in shown
    assert shown.count("✓") == 3  # heard, but not understood


def test_a_second_key_is_of_the_same_account(office: Office) -> None:
    client = office.client
    first, second = (client.post("/api/v1/stations/MAU01/keys") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["account"] == second.json()["account"] == "station-mau01"
    assert first.json()["key"] != second.json()["key"]
    assert client.get("/api/v1/accounts").status_code == 403  # it did not become an administrator


def test_an_account_of_that_name_that_may_do_more_is_left_alone(tmp_path: Path) -> None:
    """An administrator made it for something else: its key would be more than a station's."""
    of = stage(tmp_path / "cast", NOON)
    (tmp_path / "cast").mkdir(exist_ok=True)
    admin = logged_in(of, "administrator")
    for office in opened(admin, tmp_path):
        wanted = {"name": "station-mau01", "role": "viewer", "display": "x", "plants": ["mau-01"]}
        assert office.client.post("/api/v1/accounts", json=wanted).status_code == 201
        answer = office.client.post("/setup/first/MAU01/key")
        assert answer.status_code == 422
        assert "is not one that sends for MAU01 only" in unescape(answer.text)
        assert "copy-key" not in answer.text


def test_without_a_station_it_asks_which(office: Office) -> None:
    page = office.get("/setup/first")
    assert all(f"/setup/first?station={name}" in page for name in ("MAU01", "MAU02", "MAU03"))


def test_an_unknown_station_is_not_found(office: Office) -> None:
    for path in ("/setup/first?station=nowhere", "/setup/first/nowhere/received"):
        assert office.client.get(path).status_code == 404
    assert office.client.post("/setup/first/nowhere/key").status_code == 404
    assert office.client.post("/api/v1/stations/nowhere/keys").status_code == 404


def test_a_day_later_the_message_of_the_page_is_of_that_day(office: Office) -> None:
    assert isinstance(office.on.clock, StepClock)
    office.on.clock.set(DAY0 + 36 * HOUR)
    assert '"ts": "2026-03-11T12:00:00+07:00"' in office.get("/setup/first?station=MAU01")
