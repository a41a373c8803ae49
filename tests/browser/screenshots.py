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

from tests.browser.running import PHONE, WALL, WIDE, browser, log_in, watched
from tests.end_to_end.demo import judged, known, running
from tests.end_to_end.monitor import Api, until

LANGUAGES = ("vi", "en")
THEMES = ("light", "dark")


class Shot(NamedTuple):
    """One picture: its name, who looks, where, and on how large a screen."""

    name: str
    who: str
    path: str
    size: dict[str, int]


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
    yield Shot("alerts", "officer", "/alerts", WIDE)
    yield Shot("alert", "officer", f"/alerts/{alert['id']}", WIDE)
    yield Shot("finding", "officer", f"/findings/{finding}", WIDE)
    yield Shot("first-reading", "officer", f"/setup/first?station={station}", WIDE)
    yield Shot("commission", "officer", f"/stations/{station}/commission", WIDE)
    yield Shot("quality", "officer", "/quality", WIDE)
    yield Shot("what-if", "officer", "/what-if", WIDE)
    yield Shot("setup", "officer", "/setup", WIDE)
    yield Shot("setup-entry", "officer", f"/setup/entries/stations/{station}", WIDE)
    yield Shot("setup-permit", "officer", "/setup/forms/permits", WIDE)
    yield Shot("setup-phone", "officer", f"/setup/forms/stations?id={station}", PHONE)
    yield Shot("account", "officer", "/account", WIDE)
    yield Shot("board", "officer", "/board", WALL)
    yield Shot("board-station", "officer", f"/board?station={station}", WALL)
    yield Shot("mine", "investor", "/mine", PHONE)
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
    every = list(product(LANGUAGES, THEMES, wanted))
    with browser() as chromium:
        for lang, theme, shot in track(every, "Taking pictures"):
            cookies = {"tolich_language": lang, "tolich_theme": theme}
            with watched(chromium, told["api"], shot.size, **cookies) as on:
                log_in(on, told["accounts"][shot.who], shot.path)
                on.page.screenshot(path=to / f"{shot.name}-{lang}-{theme}.png", full_page=True)
    print(f"{len(every)} pictures in {to}")


if __name__ == "__main__":
    main()
