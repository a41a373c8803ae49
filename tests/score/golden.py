"""`python -m tests.score.golden`: write down anew what every shipped scenario's alerts do.

The verdicts on its days and the transitions of its alerts, without ids and without what describes
arrival, one file a scenario in tests/simulators/golden. The scenarios that begin on one day go
through one monitor together, each station under its scenario's name.
"""

from __future__ import annotations

import heapq
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rules.days import HOUR_SECONDS
from simulators.message import Outgoing
from simulators.scenario.library import names
from simulators.scoring.seen import moment
from tests.score.staging import Staged, staged
from tests.score.virtual import passed_through
from tolich.ports import EVERYTHING, AlertQuery, FindingQuery, Page, Shape

GOLDEN = Path(__file__).parents[1] / "simulators" / "golden"
LENGTH = 3
"""Days of each scenario at most; what happens later is scored by `make score`."""

APART = ("mixed",)
"""Too many stations for the test suite."""

SHORT = {"demo": 1}
FILES = ("mangled_files", "demo")
"""Scenarios whose stations send TT10 files."""

PAGE = 1000
_ALERTS = (EVERYTHING, AlertQuery())
_DAYS = (EVERYTHING, FindingQuery(period="day", final=True))
_OF_ALERT = ("kind", "parameter", "period", "subject")
_OF_STEP = ("severity", "state", "started_at", "ended_at")

Lines = list[str]


def main() -> None:
    """Write every file."""
    for name, lines in transitions().items():
        (GOLDEN / f"{name}.jsonl").write_text("".join(f"{one}\n" for one in lines))


def shipped() -> list[str]:
    """The scenarios that have a golden file."""
    return [name for name in names() if name not in APART]


def transitions() -> dict[str, Lines]:
    """The transitions of every scenario, as lines."""
    groups: dict[int, dict[str, Staged]] = defaultdict(dict)
    for name in shipped():
        one = staged(name, SHORT.get(name, LENGTH))
        groups[one.start][name] = one
    found: dict[str, Lines] = {}
    for start, group in groups.items():
        with tempfile.TemporaryDirectory(prefix="tolich-golden-") as folder:
            found |= _together(Path(folder), start, group)
    return dict(sorted(found.items()))


def _together(folder: Path, start: int, group: Mapping[str, Staged]) -> dict[str, Lines]:
    streams = [_renamed(name, one) for name, one in group.items()]
    messages = heapq.merge(*streams, key=lambda one: (one.due, one.topic))
    end = max(one.end for one in group.values())
    with passed_through(folder, _register(group), messages, start, end) as (place, pipeline):
        reads = place.reads(pipeline)
        alerts = {one["id"]: one for one in _each(lambda c: reads.alerts(*_ALERTS, c, PAGE))}
        days = list(_each(lambda c: reads.findings(*_DAYS, c, PAGE)))
        steps = list(_each(lambda c: reads.transitions(EVERYTHING, int(c or 0), PAGE)))
    found: dict[str, Lines] = {name: [] for name in group}
    for day in days:
        found[_scenario(day)].append(_day(day))
    for one in steps:
        alert = alerts.get(one["alert"] or "")
        if alert is not None and not _cut(alert, group):
            found[_scenario(alert)].append(_line(alert, one))
    return {name: sorted(lines) for name, lines in found.items()}


def _scenario(of: Shape) -> str:
    return str(of["station"]).partition(".")[0]


def _cut(alert: Shape, group: Mapping[str, Staged]) -> bool:
    """Whether a silence is only about the scenario having ended."""
    silent = alert["kind"] in ("silence", "outage")
    return silent and moment(alert["started_at"]) >= group[_scenario(alert)].end - HOUR_SECONDS


def _day(day: Shape) -> str:
    kept = {"station": day["station"].partition(".")[2], "parameter": day["parameter"]}
    kept |= {key: day[key] for key in ("start", "outcome", "reason", "mean", "counts")}
    return json.dumps(kept, ensure_ascii=False)


def _line(alert: Shape, one: Shape) -> str:
    kept = {"station": alert["station"].partition(".")[2], "change": one["change"]}
    kept |= {key: alert[key] for key in _OF_ALERT}
    kept |= {key: (one["after"] or {}).get(key) for key in _OF_STEP}
    return json.dumps(kept, ensure_ascii=False)


def _each(page: Callable[[str | None], Page]) -> Iterator[Shape]:
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next
        if cursor is None:
            return


def _renamed(name: str, one: Staged) -> Iterator[Outgoing]:
    """A scenario's messages under names of its own, as its register has them."""
    for message in one.messages():
        parts = message.topic.split("/")
        parts[2:4] = [f"{name}.{part}" for part in parts[2:4]]
        yield message._replace(topic="/".join(parts))


def _register(group: Mapping[str, Staged]) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "schema": 1, "clusters": {}, "plants": {}, "stations": {}, "permits": {},
    }  # fmt: skip
    for name, one in group.items():
        for part, entries in one.register.items():
            if part != "schema":
                whole[part] |= {f"{name}.{key}": _moved(name, e) for key, e in entries.items()}
    return whole


def _moved(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    moved = {
        key: f"{name}.{value}" if key in ("cluster", "plant") else value
        for key, value in entry.items()
    }
    if name not in FILES:  # stations of one name would claim the same files
        moved.pop("tt10", None)
    return moved


def recorded(name: str) -> Sequence[str]:
    """What the golden file of a scenario says."""
    return (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
