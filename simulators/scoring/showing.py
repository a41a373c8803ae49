"""A score as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table as Shown

from rules.days import local_date, rfc3339
from simulators.scoring.accepted import Table
from simulators.scoring.events import KindScore, Recall
from simulators.scoring.score import Figure, Score, figures
from simulators.scoring.verdicts import Agreement

FEW = 20
"""Single misses that are listed; all of them are in the JSON."""


def tables(of: Score, table: Table) -> Iterator[Shown]:
    """The score, the acceptance figures first."""
    yield _figures(of, table)
    yield _kinds(of)
    yield _verdicts(of)
    if of.alarms.false:
        yield _alarms(of)
    if of.warnings:
        yield _warnings(of)
    if of.missed or of.misjudged:
        yield _missed(of)


def _figures(of: Score, table: Table) -> Shown:
    title = f"{of.scenario}: {of.stations} stations, {of.days:g} days"
    shown = Shown("what", "measured", "target", "of", "", title=title, title_justify="left")
    for one in figures(of, table):
        sign = "≥" if one.least else "≤"
        shown.add_row(
            one.name, _number(one), f"{sign} {_share(one.target)}", f"{one.of:,}",
            "-" if one.measured is None else "kept" if one.kept else "SHORT",
        )  # fmt: skip
    return shown


def _number(one: Figure) -> str:
    return "-" if one.measured is None else _share(one.measured)


def _share(share: float) -> str:
    return f"{share:.2%}"


def _kinds(of: Score) -> Shown:
    shown = Shown(
        "kind", "", "found", "above its test", "latency", "p90", "taken for",
        title="what went wrong, and how it was found", title_justify="left",
    )  # fmt: skip
    for one in of.kinds:
        shown.add_row(
            one.kind, one.leigh or one.layer, _recall(one.all), _recall(one.above),
            _time(one.latency), _time(one.latency_p90), _taken(one),
        )  # fmt: skip
    for kind, number in of.unknown.items():
        shown.add_row(kind, "", f"{number} (not in the table)", "", "", "", "")
    return shown


def _recall(one: Recall) -> str:
    return f"{one.found} of {one.events}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _taken(one: KindScore) -> str:
    most = sorted(one.taken_for.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {number}" for name, number in most if number)


def _verdicts(of: Score) -> Shown:
    shown = Shown(
        "verdicts on days", "station-days", "agree", "series-days", "exceeded, and so", "missed",
        "false", title="verdicts", title_justify="left",
    )  # fmt: skip
    both: Mapping[str, Agreement] = {
        "with the quality checks": of.checked,
        "without them": of.unchecked,
    }
    for name, one in both.items():
        shown.add_row(
            name, f"{one.station_days:,}", _share(one.share), f"{one.series_days:,}",
            str(one.both), str(one.missed), str(one.false),
        )  # fmt: skip
    shown.add_row("  but where instruments cannot tell", "", _share(of.clear_share), "", "", "", "")
    for cause, number in of.misjudged_by.items():
        shown.add_row(f"  misjudged series-days: {cause}", "", "", str(number), "", "", "")
    for channel, found in of.bias.items():
        shown.add_row(
            f"bias of {channel} means", f"{found.days:,} days", f"{found.mean:+.3f}",
            f"p95 {found.p95:.3f}", "", "", "",
        )  # fmt: skip
    for channel, gone in of.discarded.items():
        shown.add_row(
            f"good {channel} readings discarded", f"{gone.discarded:,}", _share(gone.share),
            f"of {gone.good:,}", "", "", "",
        )  # fmt: skip
    return shown


def _alarms(of: Score) -> Shown:
    shown = Shown("false alarm < what it was", "number", title="false alarms", title_justify="left")
    for name, number in of.alarms.false_by_name.items():
        shown.add_row(name, str(number))
    return shown


def _warnings(of: Score) -> Shown:
    shown = Shown(
        "early warning at", "days", "precision", "recall", "Brier", "lead",
        title="early warning", title_justify="left",
    )  # fmt: skip
    for one in of.warnings:
        shown.add_row(
            "any hour" if one.hour is None else f"{one.hour:02}:00", f"{one.days:,}",
            "-" if one.precision is None else f"{one.precision:.2f}",
            "-" if one.recall is None else f"{one.recall:.2f}",
            "-" if one.brier is None else f"{one.brier:.3f}", _time(one.lead),
        )  # fmt: skip
    return shown


def _missed(of: Score) -> Shown:
    shown = Shown("missed", "where", "when", "what was seen", title="misses", title_justify="left")
    for event in of.missed[:FEW]:
        one = event.interval
        where = one.station if one.channel is None else f"{one.station} {one.channel}"
        times = f"{rfc3339(one.start)[:16]} + {_time(one.lasts)}"
        shown.add_row(one.kind, where, times, ", ".join(event.taken_for) or "nothing")
    for miss in of.misjudged[:FEW]:
        shown.add_row(
            "exceedance" if miss.true_exceeds else "no exceedance",
            f"{miss.station} {miss.channel}", local_date(miss.day).isoformat(),
            f"mean {miss.mean}, truly {miss.true_mean:.4g}: {miss.cause or 'nothing'}",
        )  # fmt: skip
    return shown
