"""`make screenshots`: every page of the console in both languages and both sets of colours.

Starts a demonstration of its own, or looks at one that runs (`--demo FOLDER`, where demo.json is).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rich.progress import track

from tests.browser.running import PHONE, WALL, WIDE, Watched, browser, log_in, watched
from tests.end_to_end.demo import judged, known, running
from tests.end_to_end.monitor import Api, until

NOBODY = "nobody"
STATION = "MAU01"
LANGUAGES = ("vi", "en")
THEMES = ("light", "dark")


A4 = {"width": 794, "height": 1123}
"""A sheet of paper in the pixels of a printing browser."""


class Shot(NamedTuple):
    """One picture: its name, who looks, where, and on how large a screen."""

    name: str
    who: str
    path: str
    size: dict[str, int]
    printed: bool = False  # as it comes out of a printer
    whole: bool = True  # not only what fits on the screen
    button: str = ""  # of a form to fill in and send


def shots(api: Api) -> Iterator[Shot]:
    """Every page there is."""
    alert = next(one for one in api.all("alerts", kind="exceedance") if one["state"] == "active")
    finding = alert["finding"].replace("+", "%2B")
    station = alert["station"]
    yield Shot("overview", "officer", "/", WIDE)
    yield Shot("overview-phone", "officer", "/", PHONE)
    yield Shot("station", "officer", f"/stations/{station}", WIDE)
    yield Shot("station-month", "officer", f"/stations/{station}?span=30d", WIDE)
    yield Shot("station-phone", "officer", f"/stations/{station}", PHONE)
    yield Shot("alerts", "officer", "/alerts", WIDE, whole=False)
    yield Shot("alerts-phone", "officer", "/alerts", PHONE, whole=False)
    yield Shot("alert", "officer", f"/alerts/{alert['id']}", WIDE)
    yield Shot("alert-phone", "officer", f"/alerts/{alert['id']}", PHONE)
    yield Shot("alert-print", "officer", f"/alerts/{alert['id']}", A4, printed=True)
    yield Shot("sheet", "officer", f"/api/v1/alerts/{alert['id']}/page", A4)
    yield Shot("finding", "officer", f"/findings/{finding}", WIDE)
    yield Shot("first-reading", "officer", f"/setup/first?station={station}", WIDE)
    yield Shot("sheet", "officer", "/setup/sheet", WIDE)
    yield Shot("commission", "officer", f"/stations/{station}/commission", WIDE)
    yield Shot("quality", "officer", "/quality", WIDE)
    yield Shot("quality-phone", "officer", "/quality", PHONE)
    yield Shot("quality-station", "officer", f"/quality?station={station}", WIDE)
    yield Shot("what-if", "officer", "/what-if", WIDE)
    yield Shot("what-if-answer", "officer", "/what-if", WIDE, button="form.part button")
    yield Shot("what-if-phone", "officer", "/what-if", PHONE)
    yield Shot("setup", "officer", "/setup", WIDE)
    yield Shot("setup-entry", "officer", f"/setup/entries/stations/{station}", WIDE)
    yield Shot("setup-permit", "officer", "/setup/forms/permits", WIDE)
    yield Shot("setup-phone", "officer", f"/setup/forms/stations?id={station}", PHONE)
    yield Shot("account", "officer", "/account", WIDE)
    yield Shot("board", "officer", "/board", WALL)
    yield Shot("board-station", "officer", f"/board?station={station}", WALL)
    yield Shot("mine", "investor", "/mine", PHONE)
    yield Shot("mine-wide", "investor", "/mine", WIDE)
    yield Shot("login", NOBODY, "/login", WIDE)
    yield Shot("login-phone", NOBODY, "/login", PHONE)
    yield Shot("not-found", "investor", "/stations/nowhere", WIDE)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--to", type=Path, default=Path("build/screenshots"))
    parser.add_argument("--demo", type=Path, help="folder of a demonstration that runs")
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if given.demo is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            demo = stack.enter_context(running(folder))
            until(lambda: judged(demo), "the history is judged", 300)
            assert known(demo)
        else:
            folder = given.demo
        told = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        api = Api(told["api"])
        stack.callback(api.close)
        api.ask_as(told["accounts"]["officer"]["api_key"])
        _take(told, list(shots(api)), given.to)


def _take(told: dict[str, Any], wanted: list[Shot], to: Path) -> None:
    people = sorted({shot.who for shot in wanted})
    rounds = list(product(LANGUAGES, THEMES, people))
    with browser() as chromium:
        for lang, theme, who in track(rounds, "Taking pictures"):
            cookies = {"tolich_language": lang, "tolich_theme": theme}
            with watched(chromium, told["api"], WIDE, **cookies) as on:
                if who != NOBODY:
                    log_in(on, told["accounts"][who])
                for shot in wanted:
                    if shot.who == who:
                        _shoot(on, shot, to / f"{shot.name}-{lang}-{theme}.png")
    print(f"{len(LANGUAGES) * len(THEMES) * len(wanted)} pictures in {to}")


def _shoot(on: Watched, shot: Shot, to: Path) -> None:
    on.page.set_viewport_size({"width": shot.size["width"], "height": shot.size["height"]})
    on.page.emulate_media(media="print" if shot.printed else "screen")
    on.go(shot.path)
    if shot.button:
        on.page.check(f"input[value={STATION}]")
        on.page.fill("input[name=max_COD]", "50")
        on.page.click(shot.button)
        on.page.wait_for_selector("#result")
        on.page.evaluate("scrollTo(0, 0)")
    on.page.screenshot(path=to, full_page=shot.whole)


if __name__ == "__main__":
    main()
