"""The console on a real store: who sees which page, in which words, and what is pushed to whom."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.app import PAGE_RIGHTS
from api.console import overview
from api.console.both import Both
from api.console.news import StationSight
from api.console.overview import OverviewSight
from api.console.visitor import Visitor
from rules.roles import RIGHTS, Right, Role
from tests.cast import DAY0, DAY1, HOUR, Stage, hours_of
from tests.tolich.test_permissions import (
    FOREIGN,
    HOUR_AT,
    OWN,
    Place,
    application,
    filled,
    prepared,
    sees_all,
)
from tolich.clock import StepClock

PASSED = re.compile(r"<[^>]+>")


class Page(NamedTuple):
    """A page of the console: its path for a station, what is sent, and how it is answered."""

    path: str
    sent: dict[str, str] | None = None
    good: tuple[int, ...] = (200,)
    object: bool = True  # False: about no plant in particular


PAGES = {
    "get /": Page("/", object=False),
    "get /stations/{id}": Page("/stations/{station}"),
    "get /stations/{id}/cards": Page("/stations/{station}/cards"),
    "get /stations/{id}/head": Page("/stations/{station}/head"),
    "get /stations/{id}/course": Page("/stations/{station}/course?parameter=COD&span=7d"),
    "get /stations/{id}/commission": Page("/stations/{station}/commission"),
    "get /findings/{id:path}": Page("/findings/{finding}"),
    "get /alerts": Page("/alerts", object=False),
    "get /alerts-list": Page("/alerts-list", object=False),
    "get /alerts/{id}": Page("/alerts/{alert}"),
    "post /alerts/{id}/{act}": Page("/alerts/{alert}/comment", {"text": "đã xem"}, (303,)),
    "get /quality": Page("/quality?station={station}"),
    "get /what-if": Page("/what-if", object=False),
    "post /what-if": Page(
        "/what-if",
        {"stations": "{station}", "from": "2026-03-10", "to": "2026-03-10", "max_COD": "60"},
    ),
    "get /setup": Page("/setup", object=False),
    "get /setup/entries/{kind}/{id}": Page("/setup/entries/stations/{station}"),
    # Something is on record of both stations, so that neither can be taken out.
    "post /setup/entries/{kind}/{id}/undo": Page(
        "/setup/entries/stations/{station}/undo", {"why": "nhầm"}, (422,)
    ),
    "get /setup/forms/{kind}": Page("/setup/forms/permits?of=mau-01", object=False),
    "post /setup/forms/{kind}": Page(
        "/setup/forms/clusters",
        {"id": "ccn-x", "name": "CCN X", "province": "hanoi", "source": "QĐ 12"},
        object=False,
    ),
    "get /setup/sheet": Page("/setup/sheet", object=False),
    "get /setup/sheet.xlsx": Page("/setup/sheet.xlsx", object=False),
    "post /setup/sheet": Page("/setup/sheet", {}, (422,), object=False),
    "get /setup/first": Page("/setup/first?station={station}"),
    "get /setup/first/{station}/received": Page("/setup/first/{station}/received"),
    "post /setup/first/{station}/key": Page("/setup/first/{station}/key", {}),
    "get /mine": Page("/mine", object=False),
    "get /mine-answers": Page("/mine-answers", object=False),
    "get /board": Page("/board?station={station}"),
    "get /board-content": Page("/board-content?station={station}"),
    "get /account": Page("/account", object=False),
    "post /account": Page("/account", {"language": "en"}, (303,), object=False),
    "post /logout": Page("/logout", {}, (303,), object=False),
}
"""Every page that takes an account, but for the live one, which does not end."""

LIVE = "get /live"
HIDDEN = {"post /what-if": (422,)}
"""A foreign station is as absent as one that does not exist: in a form, a wrong field."""

MODULES = [module for name, module in sys.modules.items() if name.startswith("api.console.")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepared(tmp_path_factory.mktemp("console"))


@pytest.fixture
def on(place: Place, tmp_path: Path) -> Iterator[Stage]:
    copy = tmp_path / "copy"
    shutil.copytree(place.folder, copy)
    opened = Stage(copy, StepClock(place.now))
    yield opened
    opened.close()


@pytest.fixture
def client(on: Stage) -> Iterator[TestClient]:
    with TestClient(
        application(on), raise_server_exceptions=False, follow_redirects=False
    ) as found:
        yield found


def asked(client: TestClient, place: Place, name: str, role: Role, about: str = OWN) -> Response:
    """A page about a station, as a browser asks for it."""
    page = PAGES[name]
    words = {
        "station": about,
        "alert": place.alerts[about],
        "finding": f"{about}:COD:hour:{HOUR_AT}".replace("+", "%2B"),
    }
    headers = {"Accept": "text/html", "Authorization": f"Bearer {place.keys[str(role)]}"}
    method = name.partition(" ")[0].upper()
    sent = filled(page.sent, words)
    answer: Response = client.request(method, filled(page.path, words), headers=headers, data=sent)
    return answer


def test_every_page_says_who_may_see_it() -> None:
    known = {f"{method} {path}" for method, path in PAGE_RIGHTS}
    assert known == {*PAGES, LIVE}


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_which_page(role: Role, client: TestClient, place: Place) -> None:
    wrong = list(_wrong(role, client, place))
    assert wrong == []


def _wrong(role: Role, client: TestClient, place: Place) -> Iterator[str]:
    for name, page in PAGES.items():
        method, _, path = name.partition(" ")
        allowed = set(PAGE_RIGHTS[method, path]) <= RIGHTS[role]
        for about in (OWN, FOREIGN) if page.object else (OWN,):
            answer = asked(client, place, name, role, about)
            hidden = about == FOREIGN and not sees_all(role)
            if name == "post /alerts/{id}/{act}" and Right.COMMENT not in RIGHTS[role]:
                expected: tuple[int, ...] = (404,) if allowed and hidden else (403,)
            elif not allowed:
                expected = (403,)
            else:
                expected = HIDDEN.get(name, (404,)) if hidden else page.good
            if answer.status_code not in expected:
                yield f"{name} about {about}: {answer.status_code}, not {expected}"
            leaks = not page.object and not sees_all(role) and FOREIGN in answer.text
            if leaks:
                yield f"{name}: shows {FOREIGN}"


def test_a_stranger_is_led_to_the_log_in_and_back(client: TestClient, place: Place) -> None:
    for name, page in PAGES.items():
        path = filled(page.path, {"station": OWN, "alert": "A1", "finding": "x"})
        if name.startswith("get"):
            answer = client.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=%2F")


def test_what_is_pushed_is_of_the_own_plant_only(on: Stage, place: Place) -> None:
    app = application(on)
    seams = app.state.seams
    caller = seams.accounts.by_key(place.keys["investor"])
    assert caller is not None
    view = seams.view(caller)

    def visitor() -> Visitor:
        return Visitor(caller, "vi", "auto", "/", place.now)

    sight = OverviewSight(view, visitor, 0)
    fills = sight.since(0)
    assert {one.id for one in fills} >= {f"card-{OWN}", f"tile-{OWN}", "summary", "counts"}
    assert FOREIGN not in "".join(one.html for one in fills)
    news = StationSight(view, visitor, 0)
    _, stations = news.changed()
    assert FOREIGN not in stations


def test_a_card_changes_when_a_reading_comes(on: Stage, place: Place) -> None:
    app = application(on)
    seams = app.state.seams
    caller = seams.accounts.by_key(place.keys["city_officer"])
    assert caller is not None
    sight = OverviewSight(
        seams.view(caller), lambda: Visitor(caller, "vi", "auto", "/", on.clock.now()), 10**9
    )
    assert sight.changed() == ((), frozenset())
    (delivery,) = hours_of(OWN, "COD", DAY1 - DAY0 + HOUR, [97])[:1]
    on.clock.set(delivery.received_at)
    seams.submit([delivery])
    fills, stations = sight.changed()
    assert stations == {OWN}
    card = next(one.html for one in fills if one.id == f"card-{OWN}")
    assert "97" in card


# --- words --------------------------------------------------------------------------------------


def _spoken() -> dict[str, Both]:
    """Every text of the console, by where it stands."""
    found: dict[str, Both] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            held = value if isinstance(value, tuple) and not isinstance(value, Both) else (value,)
            for n, one in enumerate(held):
                if isinstance(one, Both):
                    found[f"{module.__name__}.{name}[{n}]"] = one
    return found


def test_every_text_is_there_in_both_languages() -> None:
    spoken = _spoken()
    assert len(spoken) > 150
    for where, said in spoken.items():
        assert said.vi.strip(), where
        assert said.en.strip(), where
        marks = [sorted(re.findall(r"\{\w*\}", text)) for text in said]
        assert marks[0] == marks[1], where


@pytest.mark.parametrize("role", [Role.CITY_OFFICER, Role.INVESTOR])
def test_a_vietnamese_page_has_no_english_left(
    role: Role, client: TestClient, place: Place
) -> None:
    english = {
        said.en
        for said in _spoken().values()
        if said.en != said.vi and "{" not in said.en and len(said.en) > 5
    }
    client.cookies.set("tolich_language", "vi")
    for name in PAGES:
        method, _, path = name.partition(" ")
        if method != "get" or not set(PAGE_RIGHTS[method, path]) <= RIGHTS[role]:
            continue
        text = unescape(PASSED.sub("\n", asked(client, place, name, role).text))
        lines = {line.strip() for line in text.splitlines()}
        assert lines & english <= {"English", "Tiếng Việt"}, name  # the switch names the other


def test_the_language_is_the_visitors_choice(client: TestClient, place: Place) -> None:
    answer = client.post("/language", data={"language": "en", "next": "/alerts"})
    assert answer.headers["location"] == "/alerts"
    page = asked(client, place, "get /", Role.CITY_OFFICER).text
    assert '<html lang="en"' in page
    assert overview.TITLE.en in page


@pytest.mark.parametrize("onward", ["//example.org", "https://example.org", "/\\example.org", "x"])
def test_nobody_is_sent_elsewhere(onward: str, client: TestClient) -> None:
    answer = client.post("/language", data={"language": "vi", "next": onward})
    assert answer.headers["location"] == "/"


# --- acts ---------------------------------------------------------------------------------------


def test_an_alert_is_received_with_a_reason(client: TestClient, place: Place) -> None:
    name = place.alerts[OWN]
    headers = {"Accept": "text/html", "Authorization": f"Bearer {place.keys['city_officer']}"}
    page = client.get(f"/alerts/{name}", headers=headers).text
    assert f'action="/alerts/{name}/acknowledge"' in page
    answer = client.post(
        f"/alerts/{name}/acknowledge", data={"text": "Cử người đi xem"}, headers=headers
    )
    assert answer.headers["location"] == f"/alerts/{name}?done=acknowledge"
    after = client.get(answer.headers["location"], headers=headers).text
    assert "Đã tiếp nhận." in after
    assert "Cử người đi xem" in after
    assert f'action="/alerts/{name}/acknowledge"' not in after


def test_who_comes_second_is_told_who_was_first(client: TestClient, place: Place) -> None:
    name = place.alerts[OWN]
    first, second = (
        {"Accept": "text/html", "Authorization": f"Bearer {place.keys[who]}"}
        for who in ("city_officer", "ward_officer")
    )
    client.post(f"/alerts/{name}/acknowledge", data={}, headers=first)
    answer = client.post(f"/alerts/{name}/acknowledge", data={}, headers=second)
    assert answer.status_code == 409
    assert "city_officer" in answer.text


def test_what_is_wrong_with_a_form_is_told_and_nothing_is_kept(
    client: TestClient, place: Place
) -> None:
    name = place.alerts[OWN]
    headers = {"Accept": "text/html", "Authorization": f"Bearer {place.keys['city_officer']}"}
    before = client.get(f"/api/v1/alerts/{name}/actions", headers=headers).json()
    answer = client.post(
        f"/alerts/{name}/request-explanation",
        data={"text": "vì sao", "deadline": "ngày mai"},
        headers=headers,
    )
    assert answer.status_code == 422
    assert "ngày mai" in answer.text
    assert client.get(f"/api/v1/alerts/{name}/actions", headers=headers).json() == before


def test_a_page_says_once_what_it_is_written_in(client: TestClient, place: Place) -> None:
    for name in ("get /", "get /setup", "post /what-if"):
        page = asked(client, place, name, Role.CITY_OFFICER).text
        assert page.startswith("<!doctype html><html")
        assert page.count("<!doctype") == 1


def test_pages_load_nothing_from_outside(client: TestClient, place: Place) -> None:
    page = asked(client, place, "get /", Role.CITY_OFFICER)
    found = re.findall(r'(?:src|href|action)="([^"]+)"', page.text)
    assert found
    assert [one for one in found if not one.startswith(("/", "#", "tel:"))] == []
    assert not re.search(r"<style|style=|<script(?! src=)", page.text)
    for one in found:
        if one.startswith("/assets/"):
            asset = client.get(one)
            assert asset.status_code == 200
            assert "immutable" in asset.headers["cache-control"]
    assert client.get("/assets/000000000000/console.css").status_code == 404
