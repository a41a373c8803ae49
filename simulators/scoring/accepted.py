"""The table of what finds what: `accepted.yaml`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from rules.loading import Reader, exact, meant
from rules.model import Problem, Refused, Test

FILE = Path(__file__).with_name("accepted.yaml")
ALERTS = (
    "silence", "outage", "integrity", "suspicion", "instrument_fault", "instrument_calibration",
    "instrument_overdue", "instrument_drift", "instrument_range", "instrument_clock",
    "instrument_rejections", "exceedance_hour", "exceedance_day", "near_hour", "near_day",
)  # fmt: skip
STATUSES = ("calibrating", "faulty", "unknown_status")
EVIDENCE = (
    *(str(test.name).lower() for test in Test), *STATUSES, "missing", "contested", "rejected",
    *ALERTS,
)  # fmt: skip
FLAT_LINE, SPIKE = "flat_line", "spike"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What finds one kind of trouble; see the file."""

    by: tuple[str, ...]
    group: str | None
    longer: int  # s
    by_flat_line: bool  # instead, as long as its series' flat line takes
    shows: bool
    by_size: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The parsed file."""

    grace: int
    merge: int
    tolerance: float
    groups: Mapping[str, float]
    lead: Mapping[str, int]
    kinds: Mapping[str, Accepted]
    explains: Mapping[str, tuple[str, ...]]
    spoils: tuple[str, ...]

    def untrue(self, layer: str, kind: str) -> bool:
        """Whether trouble makes readings untrue."""
        return layer in ("sensor", "sample", "signal") or kind in self.spoils

    def leads(self, evidence: str) -> int:
        """How long before the trouble what shows it may be dated, s."""
        return self.lead.get(evidence, self.lead["other"])

    def explained_by(self, alert: str) -> set[str]:
        """The kinds of trouble that an alert may rightly be about."""
        found = {kind for kind, one in self.kinds.items() if alert in one.by}
        return found | {kind for kind, names in self.explains.items() if alert in names}


def read_table(path: Path = FILE) -> Table:
    """The table of a YAML file. Raises Refused with every problem."""
    return load_table(path.name, yaml.safe_load(path.read_text(encoding="utf-8")))


def load_table(file: str, raw: object) -> Table:
    """The table of a parsed file. Raises Refused with every problem."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    groups = _numbers(top, "groups")
    lead = {name: int(number) for name, number in _numbers(top, "lead").items()}
    if "other" not in lead:
        top.problem("lead.other", "a number of seconds is required here")
    for name in lead:
        if name not in (*EVIDENCE, "other"):
            top.problem(f"lead.{name}", f"no such evidence{meant(name, EVIDENCE)}")
    kinds = {name: _accepted(entry, groups) for name, entry in top.named("kinds")}
    rest = top.values("explains")
    explains = {name: _evidence(top, f"explains.{name}", raw) for name, raw in rest.items()}
    table = Table(
        top.whole("grace"), top.whole("merge"), float(top.required_decimal("tolerance")), groups,
        lead, kinds, explains, top.texts("spoils"),
    )  # fmt: skip
    top.close()
    if problems:
        raise Refused(problems)
    return table


def _numbers(top: Reader, key: str) -> dict[str, float]:
    found = {}
    for name, raw in top.values(key).items():
        number = exact(raw)
        if number is None:
            top.problem(f"{key}.{name}", "expected a number")
        else:
            found[name] = float(number)
    return found


def _accepted(entry: Reader, groups: Mapping[str, float]) -> Accepted:
    by = _evidence(entry, "by", entry.take("by"))
    group = entry.choice("group", tuple(groups)) if entry.has("group") else None
    longer = entry.take("longer")
    if longer != FLAT_LINE and not isinstance(longer, int | None):
        entry.problem("longer", f"expected seconds, or {FLAT_LINE}")
    shows = entry.flag("shows")
    sized = entry.has("size") and entry.choice("size", (SPIKE,)) == SPIKE
    entry.close()
    return Accepted(
        by, group, longer if isinstance(longer, int) else 0, longer == FLAT_LINE, shows, sized
    )


def _evidence(entry: Reader, key: str, raw: object) -> tuple[str, ...]:
    names = tuple(str(name) for name in raw) if isinstance(raw, list) else ()
    if not names:
        entry.problem(key, "expected a list of evidence")
    for name in names:
        if name not in EVIDENCE:
            entry.problem(key, f"no such evidence as {name!r}{meant(name, EVIDENCE)}")
    return names
