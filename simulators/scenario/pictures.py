"""`python -m simulators.scenario.pictures FOLDER`: the pictures of docs/simulators.md, as SVG."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rules.days import DAY_SECONDS, HOUR_SECONDS, OFFSET
from simulators.scenario.course import SETTLES
from simulators.scenario.encoding import Doubles
from simulators.scenario.library import parsed
from simulators.scenario.loading import load_scenario
from simulators.scenario.spec import Scenario
from simulators.scenario.svg import FOOT, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Plot, curve, text, ticks
from simulators.sensors.measuring import install, observe
from simulators.sensors.tables import read_sensors
from simulators.treatment.running import run_day, settled
from simulators.treatment.tables import read_tables
from simulators.treatment.works import build

TRUE, SHOWN, LIMIT, SPAN = "#1b7837", "#2166ac", "#b2182b", "#fdae61"


@dataclass(frozen=True, slots=True)
class View:
    """What one picture shows: a channel of a shipped scenario, between two days of it."""

    file: str
    scenario: str
    channel: str
    unit: str
    since: int
    until: int


VIEWS = (
    View("good-day.svg", "good_day", "COD", "mg/L", 0, 1),
    View("toxic-shock.svg", "toxic_shock", "NH4", "mg/L", 0, 7),
    View("drifting-sensor.svg", "drifting_ph", "pH", "–", 0, 8),
    View("cheat.svg", "capped_values", "NH4", "mg/L", 28, 33),
)


def axes(plot: Plot, view: View) -> Iterator[str]:
    """Lines and numbers of both axes, with units."""
    for value in ticks(plot.low, plot.high, 5):
        y = plot.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield text(LEFT - 6, y + 4, f"{value:g}", "end")
    yield text(LEFT - 6, TOP - 8, view.unit, "end")
    one_day = view.until - view.since == 1
    for hour in range(0, int(plot.hours) + 1, 3 if one_day else 24):
        said = f"{hour}:00" if one_day else f"{view.since + hour // 24} d"
        yield text(plot.x(hour), HEIGHT - FOOT + 16, said, "middle")


def picture(view: View, scenario: Scenario, true: Doubles, shown: Doubles) -> str:
    """One picture: the true water, what is shown, the limit, and when it was interfered with."""
    limits = [end for end in scenario.places[0].limits[view.channel] if end is not None]
    both = np.concatenate([true, shown[np.isfinite(shown)], np.array(limits)])
    room = 0.08 * (both.max() - both.min())
    low = both.min() - room if view.channel == "pH" else 0.0
    plot = Plot((view.until - view.since) * 24.0, low, both.max() + room)
    opens = (scenario.first + view.since) * DAY_SECONDS - OFFSET
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for one in (*scenario.events, *scenario.faults, *scenario.cheats):
        ends = ((at - opens) / HOUR_SECONDS for at in (one.start, one.end))
        since, until = (min(max(hour, 0.0), plot.hours) for hour in ends)
        across = f'x="{plot.x(since):.1f}" width="{plot.x(until) - plot.x(since):.1f}"'
        height = HEIGHT - FOOT - TOP
        parts.append(f'<rect {across} y="{TOP}" height="{height}" fill="{SPAN}" opacity="0.3"/>')
    parts += axes(plot, view)
    for end in limits:
        parts += curve(plot, np.full(2, end).repeat(200), LIMIT, 1.5)
    parts += [*curve(plot, shown, SHOWN, 1.0), *curve(plot, true, TRUE, 1.8)]
    parts += caption(view, scenario.title)
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
    return f'{opening}font-family="sans-serif" font-size="12">\n' + "\n".join(parts) + "\n</svg>\n"


def caption(view: View, title: Mapping[str, str]) -> Iterator[str]:
    """The title and the meaning of the colours, in both languages."""
    yield text(LEFT, 18, f"{title['vi']} / {title['en']} – {view.channel}")
    legend = (
        ("nước thật / true water", TRUE), ("số đo / shown", SHOWN),
        ("giới hạn / limit", LIMIT), ("sự việc / happening", "#c26a00"),
    )  # fmt: skip
    for place, (said, colour) in enumerate(legend):
        yield text(LEFT + place * 172, HEIGHT - 24, f"■ {said}", fill=colour)
    yield text(LEFT, HEIGHT - 8, "DỮ LIỆU MÔ PHỎNG / SIMULATED DATA", fill="#777")


def drawn(view: View) -> str:
    """The picture of a view."""
    plants, tables = read_tables(), read_sensors()
    found = load_scenario(view.scenario, parsed(view.scenario), plants, tables)
    works = build([place.plant for place in found.places], plants, found.seed)
    stations = [place.sensors for place in found.places]
    instruments = install(stations, [one.id for one in stations], tables, found.seed)
    running, memory = settled(works, found.first, SETTLES), None
    true, shown = [], []
    for day in range(view.until):
        running, water = run_day(works, running, found.first + day, found.events)
        seen, memory = observe(instruments, water, memory, found.faults, found.cheats)
        if day >= view.since:
            true.append(water.of(view.channel)[0])
            shown.append(seen.of(view.channel)[0])
    series = (np.concatenate(one).astype(np.float64) for one in (true, shown))
    return picture(view, found, *series)


def main(arguments: Sequence[str]) -> None:
    """Draw every picture into a folder."""
    folder = Path(arguments[0] if arguments else "docs/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    for view in VIEWS:
        (folder / view.file).write_text(drawn(view), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
