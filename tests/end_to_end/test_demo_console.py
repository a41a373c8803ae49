"""The console of a running demonstration in a browser: what an officer and a plant do there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from rules.days import local_date
from tests.browser.running import PHONE, WALL, WIDE, Watched, browser, log_in, watched
from tests.end_to_end.demo import Demo, known
from tests.end_to_end.foreign import message, publish, topic
from tests.end_to_end.monitor import until
from tolich.clock import wall

MARK, SHOWN = 613.7, "613,7"
"""A value that no simulated station sends, and how it stands on the screen."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def accounts(live: Demo) -> dict[str, dict[str, str]]:
    assert known(live)  # from now on the tests ask the API as an officer
    found: dict[str, dict[str, str]] = json.loads((live.folder / "demo.json").read_text())[
        "accounts"
    ]
    return found


def base(demo: Demo) -> str:
    """The console's address."""
    return f"http://127.0.0.1:{demo.ports[0]}"


@pytest.fixture
def officer(
    live: Demo, chromium: Browser, accounts: dict[str, dict[str, str]]
) -> Iterator[Watched]:
    with watched(chromium, base(live)) as on:
        log_in(on, accounts["officer"])
        yield on
        assert on.wrong == []


@pytest.fixture
def investor(
    live: Demo, chromium: Browser, accounts: dict[str, dict[str, str]]
) -> Iterator[Watched]:
    with watched(chromium, base(live), PHONE) as on:
        log_in(on, accounts["investor"], "/mine")
        yield on
        # What is refused is refused with its status, which the browser tells of; nothing else.
        assert [one for one in on.wrong if "status of 404" not in one] == []


def own_station(demo: Demo, accounts: dict[str, dict[str, str]]) -> str:
    """The station that the investor sees."""
    demo.api.ask_as(accounts["investor"]["api_key"])
    (one,) = demo.api.all("stations")
    demo.api.ask_as(accounts["officer"]["api_key"])
    name: str = one["id"]
    return name


def test_a_plant_changes_its_state_on_the_screen_without_reload(
    officer: Watched, live: Demo
) -> None:
    expect(officer.page.locator("#light")).to_have_class("light on")
    officer.page.evaluate("window.stays = true")
    station = calm(live)
    # The simulated station itself sends every minute: our reading is to be its newest for long
    # enough to be seen.
    until(lambda: wall() % 60 < 45, "the next minute")
    said = message(wall(), {"p": "COD", "v": MARK, "s": "02"})
    publish(live.ports[1], topic(station, "readings"), said)
    card = officer.page.locator(f"#card-{station}")
    expect(card).to_have_attribute("data-mark", "fault", timeout=10_000)
    expect(card.locator(".value b", has_text=SHOWN)).to_be_visible()
    expect(officer.page.locator(f"#tile-{station}")).to_have_attribute("data-mark", "fault")
    assert officer.page.evaluate("window.stays") is True


def calm(demo: Demo) -> str:
    """A station without an alert whose COD has a limit: what it sends next decides its state."""
    found = demo.api.all("stations")
    alarmed = {one["station"] for one in demo.api.all("alerts") if one["state"] == "active"}
    name: str = next(
        one["id"]
        for one in found
        if one["id"] not in alarmed
        and one["state"] != "no_signal"
        and any(each["parameter"] == "COD" for each in one["parameters"])
    )
    return name


def test_a_card_is_replaced_when_its_station_speaks(officer: Watched, live: Demo) -> None:
    before = {
        card.get_attribute("id"): card.inner_html()
        for card in officer.page.locator("#cards > li").all()
    }

    def changed() -> bool:
        return any(
            officer.page.locator(f"#{name}").inner_html() != html for name, html in before.items()
        )

    until(changed, "a card changes by itself", 90)


def test_the_worst_stands_first_and_explains_itself_in_three_clicks(officer: Watched) -> None:
    ranks = [card.get_attribute("data-rank") for card in officer.page.locator("#cards > li").all()]
    assert ranks == sorted(ranks, key=str)
    pressing = officer.page.locator('#cards > li[data-mark="suspected"]').first
    pressing.locator("h3 a").click()
    officer.page.locator('ul.alerts li[data-mark="suspected"] a').first.click()
    with officer.page.expect_response(lambda answer: "/page" in answer.url) as printed:
        officer.page.get_by_text("Phiếu một trang để in").click()
    assert printed.value.ok
    assert "PHIẾU THEO DÕI CẢNH BÁO" in officer.page.inner_text("body")
    assert sheets(officer.page) == 1


def sheets(page: Page) -> int:
    """How many sheets of A4 a page takes in print."""
    return len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True)))


def test_an_alert_is_received_with_a_reason(officer: Watched) -> None:
    officer.go("/alerts")
    link = officer.page.locator("section:first-of-type .rows a").first
    address = link.get_attribute("href")
    link.click()
    officer.page.locator("#acknowledge summary").click()
    officer.page.fill("#acknowledge textarea", "Đã cử người đến trạm")
    officer.page.click("#acknowledge button")
    expect(officer.page.locator(".notice.good")).to_contain_text("Đã tiếp nhận")
    assert "Đã cử người đến trạm" in officer.text()
    officer.go("/alerts")
    row = officer.page.locator(f'.rows li:has(a[href="{address}"])')
    expect(row.locator(".state b")).not_to_contain_text("chưa tiếp nhận")


def test_an_investor_sees_the_own_plant_only(
    investor: Watched, live: Demo, accounts: dict[str, dict[str, str]]
) -> None:
    own = own_station(live, accounts)
    assert investor.page.locator(".answer").count() == 3
    investor.go("/")
    assert [one.get_attribute("id") for one in investor.page.locator("#cards > li").all()] == [
        f"card-{own}"
    ]
    others = live.api.all("alerts", kind="exceedance")
    other = next(one for one in others if one["station"] != own)
    station, finding = other["station"], other["finding"].replace("+", "%2B")
    for guessed in (
        f"/stations/{station}",
        f"/board?station={station}",
        f"/quality?station={station}",
        f"/alerts/{other['id']}",
        f"/findings/{finding}",
    ):
        investor.go(guessed)
        assert "404" in investor.text(), guessed
        assert station not in investor.text()


def test_a_page_fits_a_phone_and_a_wall(
    live: Demo, chromium: Browser, accounts: dict[str, dict[str, str]]
) -> None:
    for size in (PHONE, WALL):
        with watched(chromium, base(live), size) as on:
            log_in(on, accounts["officer"])
            for path in PLACES:
                on.go(path)
                wide = on.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= size["width"], f"{path} is {wide} wide on {size['width']}"
            assert on.wrong == []


STATION = "MAU02"
PLACES = (
    "/", "/alerts", "/quality", "/what-if", "/board", "/account", f"/stations/{STATION}", "/setup",
    f"/setup/entries/stations/{STATION}", f"/setup/forms/stations?id={STATION}",
    "/setup/forms/permits",
)  # fmt: skip


def test_a_stretch_is_drawn_with_the_pointer(officer: Watched) -> None:
    officer.go(f"/stations/{STATION}?parameter=COD")
    chart = officer.page.locator("#course .chart svg").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    officer.page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    expect(officer.page.locator("#course output")).to_contain_text(":")
    officer.page.mouse.down()
    officer.page.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=4)
    officer.page.mouse.up()
    officer.page.wait_for_url("**from=*to=*")
    shown = officer.page.locator("#course .chart")
    begin, end = (int(shown.get_attribute(f"data-{name}") or 0) for name in ("begin", "end"))
    assert 6 * 3600 < end - begin < 9 * 3600


def test_the_language_is_switched(officer: Watched) -> None:
    officer.page.get_by_role("button", name="English").click()
    expect(officer.page.locator("html")).to_have_attribute("lang", "en")
    assert "Overview" in officer.page.inner_text("header.top")
    assert "Automatic data awaiting verification" in officer.page.inner_text("footer.foot")


def test_what_would_have_exceeded(officer: Watched, live: Demo) -> None:
    officer.go("/what-if")
    officer.page.check('input[name=stations][value="MAU01"]')
    officer.page.fill("input[name=from]", local_date(live.at(5)).isoformat())
    officer.page.fill("input[name=to]", local_date(live.at(2)).isoformat())
    officer.page.fill("input[name=max_COD]", "1")
    officer.page.click("form.part button")
    expect(officer.page.locator("#result")).to_be_visible(timeout=60_000)
    assert officer.page.locator('#result [data-mark="suspected"]').count() > 0


SET_UP: dict[str, dict[str, str]] = {
    "clusters": {"id": "ccn-mau-91", "name": "CCN Mẫu 91", "ward": "Xã Mẫu 5"},
    "plants": {"id": "mau-91", "name": "Nhà máy Mẫu 91", "capacity": "500"},
    "stations": {
        "id": "MAU91", "name": "Trạm Mẫu 91", "from": "2026-01-01", "interval": "60",
        "series.COD.measured": "on", "series.COD.high": "300", "simulated": "on",
    },
    "permits": {
        "id": "gp-91", "number": "91/GP-MAU", "date": "2025-12-01", "page": "1",
        "from": "2026-01-01", "limits.COD.max": "67,5", "limits.COD.page": "3",
    },
}  # fmt: skip


def test_a_plant_is_set_up_by_form_and_its_first_reading_seen(officer: Watched, live: Demo) -> None:
    officer.page.get_by_role("link", name="Thiết lập").click()
    officer.page.get_by_role("link", name="Thêm cụm").click()
    for kind, given in SET_UP.items():
        assert f"/setup/forms/{kind}" in officer.page.url
        enter(officer, given)
        expect(officer.page.locator(".notice.good")).to_contain_text("Đã nhập vào sổ đăng ký")
        officer.page.click(".next a")
    assert officer.page.url.endswith("/setup/first?station=MAU91")
    expect(officer.page.locator("#received")).to_contain_text("Chưa nhận được gì từ trạm này")

    def heard() -> bool:
        sent = message(wall(), {"p": "COD", "v": MARK, "s": "00"})
        publish(live.ports[1], topic("MAU91", "readings"), sent)
        return bool(live.api.get("stations/MAU91/readings", parameter="COD", limit=1)["items"])

    until(heard, "the writer knows the station", 20)
    light = officer.page.locator("#received .notice.good")
    expect(light).to_contain_text(SHOWN, timeout=20_000)  # without a reload
    officer.go("/stations/MAU91")
    expect(officer.page.locator("main")).to_contain_text(SHOWN)
    expect(officer.page.locator("main")).to_contain_text("67,5")

    def judged_by_the_permit() -> bool:
        found = live.api.get("findings", station="MAU91", period="hour")["items"]
        return any(
            one["counts"]["received"] and one["limit"] and one["limit"]["high"] == 67.5
            for one in found
        )

    until(judged_by_the_permit, "the reading is judged by the permit", 20)


def enter(on: Watched, given: dict[str, str]) -> None:
    """Fill in the form on the screen, look at the preview, and enter it."""
    for name, text in {**given, "source": "QĐ 91/QĐ-MAU"}.items():
        control = on.page.locator(f'form.stack [name="{name}"]')
        control.check() if text == "on" else control.fill(text)
    on.page.click("button[value=look]")
    expect(on.page.locator("#preview")).to_contain_text(given["id"])
    on.page.click("#preview button")


def test_nothing_keeps_anybody_out(
    live: Demo, chromium: Browser, accounts: dict[str, dict[str, str]]
) -> None:
    """axe-core, on every page in both sets of colours, on a large screen and on a phone."""
    alert = live.api.all("alerts", kind="exceedance")[0]
    finding = alert["finding"].replace("+", "%2B")
    more = (f"/alerts/{alert['id']}", f"/findings/{finding}", f"/quality?station={STATION}")
    with watched(chromium, base(live)) as on:
        found = everywhere(on, ["/login"])
        log_in(on, accounts["officer"])
        # Of one station: the whole list has two hundred rows like these, and takes half a minute.
        fewer = [path.replace("/alerts", f"/alerts?station={STATION}") for path in PLACES]
        found += everywhere(on, [*fewer, *more, f"/board?station={STATION}"])
        assert on.wrong == []
    with watched(chromium, base(live)) as on:
        log_in(on, accounts["investor"])
        found += everywhere(on, ["/mine", "/stations/nowhere"])
    assert found == []


def everywhere(on: Watched, paths: Iterable[str]) -> list[str]:
    """What axe-core finds on pages, however they are looked at."""
    found: list[str] = []
    for path in paths:
        on.go(path)
        for size in (WIDE, PHONE):
            on.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            found += on.serious(f"{path}, {size['width']} wide")
        on.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        found += on.serious(f"{path}, dark", only=COLOURS)
    return found


COLOURS = ("color-contrast", "link-in-text-block")
"""What may differ between two sets of colours."""


def test_everything_is_reached_by_keyboard(officer: Watched) -> None:
    officer.page.keyboard.press("Tab")
    assert officer.page.evaluate("document.activeElement.className") == "skip"
    officer.page.keyboard.press("Enter")
    assert officer.page.evaluate("document.activeElement.id") == "main"
    officer.page.keyboard.press("/")
    assert officer.page.evaluate("document.activeElement.name") == "find"
    officer.page.keyboard.type("mẫu 02")
    shown = officer.page.locator("#cards > li:visible")
    expect(shown).to_have_count(1)
    reached = set()
    for _ in range(12):
        officer.page.keyboard.press("Tab")
        reached.add(officer.page.evaluate("document.activeElement.getAttribute('href')"))
    assert f"/stations/{STATION}" in reached


def test_from_log_in_to_an_act_by_keyboard_alone(
    live: Demo, chromium: Browser, accounts: dict[str, dict[str, str]]
) -> None:
    with watched(chromium, base(live)) as on:
        page = on.page
        on.go("/login")
        tab_to(page, "one.name === 'name'")
        page.keyboard.type(accounts["officer"]["name"])
        page.keyboard.press("Tab")
        page.keyboard.type(accounts["officer"]["password"])
        page.keyboard.press("Enter")
        page.wait_for_selector("#cards")
        tab_to(page, "one.getAttribute('href') === '/alerts'")
        page.keyboard.press("Enter")
        page.wait_for_selector("#alerts")
        tab_to(page, "one.matches('.rows a')")
        page.keyboard.press("Enter")
        page.wait_for_selector("#comment")
        tab_to(page, "one.matches('#comment summary')")
        page.keyboard.press("Enter")
        tab_to(page, "one.matches('#comment textarea')")
        page.keyboard.type(SAID)
        tab_to(page, "one.matches('#comment button')")
        page.keyboard.press("Enter")
        expect(page.locator(".notice.good")).to_be_visible()
        assert SAID in on.text()
        assert on.wrong == []


SAID = "Đã gọi cho nhà máy"


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element that has the focus, `one`, is the wanted one."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"(one => {wanted})(document.activeElement)"):
            return
    raise AssertionError(f"not reached by Tab: {wanted}")
