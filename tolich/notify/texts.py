"""What a message says: an alert and its finding, in the contract's shapes, put into words.

Always in this order: plant, parameter, value and unit, limit with column and regulation, since
when, what to do, link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.register import Register
from rules.wording import FOOTER, SIMULATED
from tolich.notify import templates
from tolich.notify.channel import Body, Language
from tolich.notify.templates import Kind, Pair
from tolich.notify.wording import Piece, fitted, moment, short_citation, shown

MOST_LISTED = 20
"""Messages that a grouped one, or a plant of a digest, lists; the others are counted."""


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. Times are RFC 3339."""

    alert: Mapping[str, Any]  # the contract's shape
    plant: str  # its name
    station: str  # its name
    parameter: Pair | None = None  # its name
    finding: Mapping[str, Any] | None = None  # the one behind the news, in the contract's shape
    link: str = ""
    deadline: str | None = None
    by: str | None = None  # who asks for an explanation, as people call them
    note: str | None = None  # in their words


def about(
    alert: Mapping[str, Any],
    finding: Mapping[str, Any] | None,
    register: Register,
    public_url: str,
    deadline: str | None = None,
    by: str | None = None,
    note: str | None = None,
) -> About:
    """An alert with the names that the register has for its place."""
    station = register.stations[alert["station"]]
    cluster = register.clusters[station.cluster]
    key = alert["parameter"]
    entry = station.judged().get(key) if key else None
    names = None if entry is None else (entry.parameter.name_vi, entry.parameter.name_en)
    link = alert_link(public_url, alert["id"])
    return About(alert, cluster.name, station.name, names, finding, link, deadline, by, note)


def alert_link(public_url: str, alert: str) -> str:
    """Where an alert is looked at and acknowledged."""
    return f"{public_url}/a/{alert}"


def body(kind: Kind, of: About, language: Language) -> Body:
    """A message about an alert."""
    said = _Said(kind, of, language)
    lines = [
        said.title,
        *([SIMULATED[said.english]] if of.alert["simulated"] else []),
        f"{said.label('station')}: {of.station}",
        *([f"{said.label('value')}: {said.value_line}"] if said.has_value else []),
        *([f"{said.label('limit')}: {said.limit_line}"] if said.has_limit else []),
        f"{said.label('since')}: {said.span} ({said.label('zone')})",
        *([f"{said.label('by')}: {said.asking}"] if of.by else []),
        f"{said.label('action')}: {said.action}",
        f"{said.button}: {of.link}",
        "",
        FOOTER[said.english],
    ]
    return Body(said.title, "\n".join(lines), said.sms, of.link, said.fields)


class _Said:
    """The parts of one message, in one language."""

    def __init__(self, kind: Kind, of: About, language: Language) -> None:
        self.kind = kind
        self.of = of
        self.english = language == "en"
        self.alert = of.alert
        self.limit = (of.finding or {}).get("limit") or {}
        self.mean = (of.finding or {}).get("mean")
        self.has_value = self.mean is not None
        self.has_limit = any(self.limit.get(end) is not None for end in ("low", "high"))

    def pick(self, pair: Pair) -> str:
        """A pair's text in the language of this message."""
        return pair[self.english]

    def label(self, name: str) -> str:
        """A label in the language of this message."""
        return self.pick(templates.LABELS[name])

    @property
    def matter(self) -> str:
        """What the alert is about."""
        kind, detail = self.alert["kind"], self.alert.get("subject")
        if kind == "exceedance" and self.alert["severity"] != "critical":
            detail = self.alert["period"]
        known = templates.MATTERS
        found = known.get(f"{kind}.{detail}") or known.get(kind) or (kind, kind)
        return self.pick(found)

    @property
    def opening(self) -> str:
        """What comes before it, with its colon; nothing when it has just begun."""
        pair = templates.OPENINGS.get(self.kind)
        return "" if pair is None else f"{self.pick(pair)}: "

    @property
    def action(self) -> str:
        """What to do."""
        pair = templates.KIND_ACTIONS.get(self.kind) or templates.ACTIONS.get(self.alert["kind"])
        deadline = "-" if self.of.deadline is None else moment(self.of.deadline)
        return "-" if pair is None else self.pick(pair).format(deadline=deadline)

    @property
    def asking(self) -> str:
        """Who asks, and in which words."""
        return ": ".join(" ".join(part.split()) for part in (self.of.by, self.of.note) if part)

    @property
    def button(self) -> str:
        """What the link is for."""
        return self.pick(templates.BUTTONS.get(self.kind, templates.BUTTON))

    def number(self, value: float) -> str:
        """A number of this finding, never rounded into its limit."""
        ends = [self.limit.get(end) for end in ("low", "high")]
        near = [end for end in ends if end is not None]
        beside = min(near, key=lambda end: abs(end - value)) if near else None
        return shown(value, None if value in near else beside, not self.english)

    @property
    def unit(self) -> str:
        """The unit, with its blank; pH has none."""
        unit = (self.of.finding or {}).get("unit") or self.limit.get("unit") or "-"
        return "" if unit == "-" else f" {unit}"

    @property
    def mean_name(self) -> str:
        """Which mean, in few letters."""
        pair = templates.MEANS.get(self.alert["period"] or "")
        return self.alert["period"] or "" if pair is None else self.pick(pair)

    @property
    def range(self) -> str:
        """The limit as a number or a range."""
        low, high = self.limit.get("low"), self.limit.get("high")
        if low is not None and high is not None:
            return f"{self.number(low)}-{self.number(high)}"
        if high is not None:
            return f"≤ {self.number(high)}"
        return "-" if low is None else f"≥ {self.number(low)}"

    @property
    def relation(self) -> str:
        """` > 150`: how the value lies to its limit; nothing without a limit."""
        low, high = self.limit.get("low"), self.limit.get("high")
        if not self.has_limit or self.mean is None:
            return ""
        if low is not None and high is not None and not low <= self.mean <= high:
            return f" {self.label('outside')} {self.range}"
        if high is not None and self.mean > high:
            return f" > {self.number(high)}"
        if low is not None and self.mean < low:
            return f" < {self.number(low)}"
        return f" / {self.range}"  # near it, or not over it any more

    @property
    def core(self) -> str:
        """The parameter, its value and its limit; nothing where no number is behind it."""
        parameter = self.alert["parameter"]
        if parameter is None:
            return ""
        if self.mean is None:
            return str(parameter)
        mean = f"{parameter} {self.mean_name} {self.number(self.mean)}"
        return f"{mean}{self.relation}{self.unit}"

    @property
    def value_line(self) -> str:
        """The value in full words."""
        pair = templates.LONG_MEANS.get(self.alert["period"] or "")
        period = self.mean_name if pair is None else self.pick(pair)
        name = self.alert["parameter"]
        if self.of.parameter is not None and self.pick(self.of.parameter) != name:
            name = f"{name} ({self.pick(self.of.parameter)})"
        return f"{name}, {period} {self.number(self.mean or 0)}{self.unit}"

    @property
    def limit_line(self) -> str:
        """The limit with its column and regulation, or its permit."""
        return f"{self.range}{self.unit}, {self.limit.get('citation', '-')}"

    @property
    def span(self) -> str:
        """Since when; of what ended, until when, too."""
        start = moment(self.alert["started_at"])
        end = self.alert["ended_at"]
        return start if end is None else f"{start} {self.label('until')} {moment(end)}"

    @property
    def title(self) -> str:
        """One line: plant, value and limit, what it is."""
        mark = f"{self.pick(templates.SIMULATED)} " if self.alert["simulated"] else ""
        core = f"{self.core}. " if self.core else ""
        return f"{mark}{self.of.plant}: {core}{self.opening}{self.matter}"

    @property
    def sms(self) -> str:
        """The same within one text message, in ASCII."""
        mark = f"{templates.SIMULATED_SMS} " if self.alert["simulated"] else ""
        cited = short_citation(self.limit.get("citation") or "")
        since = moment(self.alert["started_at"], year=False)
        opening = self.opening.removesuffix(": ")
        asking = self.kind in (Kind.REQUESTED, Kind.OVERDUE) and self.of.deadline is not None
        dated = f" {moment(self.of.deadline or '', year=False)}" if asking else ""
        core, matter = self.core[:60], f"{self.matter}. "
        if not core:
            core, matter = self.matter, ""
        return fitted(
            [
                Piece(mark),
                Piece(self.of.plant[:60], spare=True),
                Piece(": "),
                Piece(core),
                Piece(f" ({cited})" if cited else "", 4),
                Piece(f", {since}", 2),
                Piece(". "),
                Piece(f"{opening}{dated}. " if opening else "", 1),
                Piece(matter, 3),
                Piece(f"{self.button}: ", 5),
            ],
            self.of.link,
        )

    @property
    def fields(self) -> dict[str, Any]:
        """The parts one by one, for templates and programs."""
        mark = f"{self.pick(templates.SIMULATED)} " if self.alert["simulated"] else ""
        return {
            "plant": f"{mark}{self.of.plant}",
            "station": self.of.station,
            "what": f"{self.opening}{self.matter}",
            "value": self.value_line if self.has_value else "-",
            "limit": self.limit_line if self.has_limit else "-",
            "since": self.span,
            "action": self.action,
            "link": self.of.link,
        }


# --- messages that are about more than one alert -------------------------------------------------


@dataclass(frozen=True, slots=True)
class DigestPlace:
    """One plant in a digest. The texts are titles of alerts, in the reader's language."""

    name: str
    simulated: bool
    open: Sequence[str]
    happened: Sequence[str]
    expected: int  # readings owed on that day
    valid: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A day as an account sees it."""

    day: date
    places: Sequence[DigestPlace]


def digest(of: Digest, language: Language, public_url: str) -> Body:
    """What is open, what happened on the day, and how much of its data came."""
    english = language == "en"
    words = {name: pair[english] for name, pair in templates.DIGEST.items()}
    numbers = {
        "day": of.day.strftime("%d/%m/%Y"),
        "open": sum(len(place.open) for place in of.places),
        "new": sum(len(place.happened) for place in of.places),
        "capture": capture(sum(p.valid for p in of.places), sum(p.expected for p in of.places)),
    }
    simulated = any(place.simulated for place in of.places)
    mark = f"{templates.SIMULATED[english]} " if simulated else ""
    title = mark + words["title"].format(**numbers)
    lines = [title]
    for place in of.places:
        lines += [
            "",
            f"{templates.SIMULATED[english] + ' ' if place.simulated else ''}{place.name}",
            f"{words['capture']}: {capture(place.valid, place.expected)}",
            *_listed(words["open"], place.open, words["none"], english),
            *_listed(words["happened"], place.happened, words["none"], english),
        ]
    lines += ["", public_url, "", FOOTER[english]]
    short = fitted(
        [
            Piece(f"{templates.SIMULATED_SMS} " if simulated else ""),
            Piece(words["sms"].format(**numbers) + " "),
        ],
        public_url,
    )
    fields = {"plant": title, "what": title, "link": public_url}
    return Body(title, "\n".join(lines), short, public_url, fields | _EMPTY)


_EMPTY = {"station": "-", "value": "-", "limit": "-", "since": "-", "action": "-"}


def capture(valid: int, expected: int) -> str:
    """A share of the readings owed, cut and not rounded: 99.96 % is not all."""
    return "-" if expected == 0 else f"{valid * 100 // expected} %"


def _listed(head: str, some: Sequence[str], none: str, english: bool) -> list[str]:
    if not some:
        return [f"{head}: {none}"]
    lines = [f"{head}: {len(some)}", *(f"- {one}" for one in some[:MOST_LISTED])]
    if len(some) > MOST_LISTED:
        lines.append(templates.GROUPED["more"][english].format(count=len(some) - MOST_LISTED))
    return lines


def grouped(titles: Sequence[str], language: Language, public_url: str) -> Body:
    """One message in the place of many that wait for the same address."""
    english = language == "en"
    count = len(titles)
    simulated = any(title.startswith(mark) for title in titles for mark in templates.SIMULATED)
    mark = f"{templates.SIMULATED[english]} " if simulated else ""
    title = mark + templates.GROUPED["title"][english].format(count=count)
    lines = [title, *(f"- {one}" for one in titles), "", public_url, "", FOOTER[english]]
    bare = [one.removeprefix(mark) for one in titles]
    short = fitted(
        [
            Piece(f"{templates.SIMULATED_SMS} " if simulated else ""),
            Piece(templates.GROUPED["sms"][english].format(count=count)),
            *(Piece(f"{one.partition('. ')[0][:40]}; ", 1 + n) for n, one in enumerate(bare[:5])),
        ],
        public_url,
    )
    fields = {"plant": title, "what": title, "link": public_url}
    return Body(title, "\n".join(lines), short, public_url, fields | _EMPTY)


def trial(language: Language, public_url: str) -> Body:
    """A message that only shows that a channel works."""
    english = language == "en"
    words = {name: pair[english] for name, pair in templates.TEST.items()}
    lines = [words["title"], words["text"], public_url, "", FOOTER[english]]
    short = fitted([Piece(words["sms"] + " ")], public_url)
    fields = {"plant": words["title"], "what": words["text"], "link": public_url}
    return Body(words["title"], "\n".join(lines), short, public_url, fields | _EMPTY)
