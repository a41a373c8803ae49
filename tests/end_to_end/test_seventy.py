"""A city's worth of plants in a browser: the one that presses stands first, three clicks away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from tests.browser.running import Watched, browser, log_in, watched
from tests.end_to_end.demo import Demo, judged, running
from tests.end_to_end.monitor import until

PLANTS = 70
WORST = "CITY37"


def city() -> dict[str, Any]:
    """A scenario of two days and today; one station's COD stays far above its limit."""
    said = "Bảy mươi trạm, một trạm vượt giới hạn."
    names = [f"CITY{number:02}" for number in range(1, PLANTS + 1)]
    return {
        "version": 1,
        "title": {"vi": "Cả thành phố", "en": "A whole city"},
        "shows": {"vi": said, "en": "Seventy stations, one of them above its limit."},
        "seed": 70,
        "clock": {
            "start": "2026-10-18",
            "days": 3,
            "step": "10m",
            "speed": "max",
            "live": {"from": "2d", "step": "1m"},
        },
        "defaults": {
            "plant": "park_pretreated",
            "limits": {"COD": 300},
            "measures": ["COD", "FlowOut"],
        },
        "stations": [
            {"id": name, "cluster": f"ccn-{name.lower()}", "name": f"Trạm {name}"} for name in names
        ],
        "tamper": [
            {
                "id": "high",
                "at": "0d",
                "for": "3d",
                "where": f"{WORST}.COD",
                "kind": "filler",
                "factor": 1.6,
            }
        ],
    }


@pytest.fixture(scope="module")
def officer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("seventy")
    scenario = folder / "city.yaml"
    scenario.write_text(yaml.safe_dump(city(), allow_unicode=True), encoding="utf-8")
    with running(folder / "data", "--scenario", str(scenario)) as demo, browser() as chromium:
        until(lambda: judged(demo), "the history is judged", 240)
        with watched(chromium, f"http://127.0.0.1:{demo.ports[0]}") as on:
            log_in(on, account(demo))
            yield on
            assert on.wrong == []


def account(demo: Demo) -> dict[str, str]:
    """An officer of the demonstration."""
    told = json.loads((demo.folder / "demo.json").read_text(encoding="utf-8"))
    found: dict[str, str] = told["accounts"]["officer"]
    return found


def test_every_plant_has_its_card_and_the_worst_is_the_first(officer: Watched) -> None:
    cards = officer.page.locator("#cards > li")
    expect(cards).to_have_count(PLANTS)
    assert cards.first.get_attribute("id") == f"card-{WORST}"
    assert cards.first.get_attribute("data-mark") == "suspected"
    ranks = [card.get_attribute("data-rank") for card in cards.all()]
    assert ranks == sorted(ranks, key=str)


def test_its_why_is_printed_in_three_clicks(officer: Watched) -> None:
    officer.go("/")
    officer.page.locator("#cards > li h3 a").first.click()
    officer.page.locator('ul.alerts li[data-mark="suspected"] a').first.click()
    with officer.page.expect_response(lambda answer: "/page" in answer.url) as printed:
        officer.page.get_by_text("Phiếu một trang để in").click()
    assert printed.value.ok
    said = officer.page.inner_text("body")
    assert "PHIẾU THEO DÕI CẢNH BÁO" in said
    assert WORST in said


def test_counts_filter_the_cards(officer: Watched) -> None:
    officer.go("/")
    officer.page.locator('[data-filter="suspected"]').first.click()
    expect(officer.page.locator("#cards > li:visible")).to_have_count(1)


def test_a_plant_is_found_by_its_name(officer: Watched) -> None:
    officer.go("/")
    officer.page.keyboard.press("/")
    officer.page.keyboard.type("city52")
    expect(officer.page.locator("#cards > li:visible")).to_have_attribute("id", "card-CITY52")
