"""A regulation as data: one QCVN pack, each number with its verification and sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rules.days import DAY_SECONDS, HOUR_SECONDS
from rules.loading import Reader, meant
from rules.model import PERIODS, Averaging, Parameter, Period, Problem, Refused, Verification
from rules.parameters import Catalogue, factor_to_unit


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement of a regulation and how well it is known."""

    text: str
    verification: Verification
    sources: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnLimit:
    """One number (or pair, for pH) of a table: parameter x column, in the table's unit."""

    low: Decimal | None
    high: Decimal | None
    verification: Verification
    sources: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RegulatedParameter:
    """One row of a regulation's table."""

    key: str
    number: str  # its number in the table
    name_vi: str
    name_en: str
    symbol: str | None
    cas: str | None
    unit: str
    factors_apply: bool | None
    factors_apply_verification: Verification
    columns: Mapping[str, ColumnLimit]
    note: str | None = None
    factors_apply_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Regulation:
    """One pack. `loaded` is False when its tables could not be obtained: it decides nothing."""

    id: str  # "QCVN 40:2011/BTNMT"
    version: str  # of the pack, not of the law
    digest: str  # SHA-256 of the file it came from
    title_vi: str
    title_en: str
    instrument: Fact
    issued: date | None
    effective: date | None
    facts: Mapping[str, Fact]  # replaced_by, transition, formula, ...
    columns: Mapping[str, Fact]
    factors: tuple[str, ...]  # factors the formula multiplies with: ("Kq", "Kf"), ("K",), ()
    parameters: Mapping[str, RegulatedParameter]
    loaded: bool
    until: date | None = None  # the last day it is in force, where that is known
    periods: tuple[Period, ...] = ()  # beside the hour and the day
    sources: Mapping[str, str] = field(default_factory=dict)  # short key -> title or address

    def limit(self, key: str, column: str) -> ColumnLimit | None:
        """The table's number for a parameter in a column; None when the table has none.

        None throughout while the pack is not `loaded`: half a table decides nothing.
        """
        row = self.parameters.get(key) if self.loaded else None
        return row.columns.get(column) if row else None


def known_periods(regulations: Mapping[str, Regulation]) -> tuple[Period, ...]:
    """Every period a permit may bind: the hour, the day, then those of the packs by length."""
    declared = {
        period.name: period
        for key in sorted(regulations, reverse=True)  # of two with one name the first id's words
        for period in regulations[key].periods
    }
    return *PERIODS, *sorted(declared.values(), key=lambda period: (period.length, period.name))


def period_problems(file: str, pack: Regulation, known: Mapping[str, Regulation]) -> list[Problem]:
    """Periods that another pack declares with another length: one name means one thing."""
    lengths = {period.name: period.length for period in known_periods(known)}
    return [
        Problem(
            file, f"periods.{period.name}",
            f"another regulation says {lengths[period.name]} seconds; choose another name",
        )
        for period in pack.periods
        if lengths.get(period.name, period.length) != period.length
    ]  # fmt: skip


# --- reading a pack -------------------------------------------------------------------------

_KNOWN = ("unsure", "missing", "single", "confirmed")  # "permit" is the permit's word alone
_SOURCES_NEEDED = {Verification.CONFIRMED: 2, Verification.SINGLE: 1}
_DATED = {"issued", "effective", "until"}
_UNKNOWN_TEXT = "–"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the rows of a pack refer to."""

    sources: Mapping[str, str]
    columns: Mapping[str, Fact]
    factors: tuple[str, ...]
    loaded: bool


def load_regulation(file: str, raw: object, digest: str) -> Regulation:
    """A pack from its parsed mapping, numbers exact. Raises Refused with every problem."""
    found, problems = read_regulation(file, raw, digest)
    if problems or found is None:
        raise Refused(problems)
    return found


def read_regulation(file: str, raw: object, digest: str) -> tuple[Regulation | None, list[Problem]]:
    """As much of a pack as can be read, and every problem with it; only without any is it one."""
    problems: list[Problem] = []
    top = Reader(file, "", raw, problems)
    if problems:  # not even a mapping: everything else would only repeat that
        return None, problems
    if top.whole("schema") != 1:
        top.problem("schema", "this program reads schema 1")
    found = _regulation(top, digest)
    top.close()
    return found, problems


def _regulation(top: Reader, digest: str) -> Regulation:
    sources = _sources(top)
    columns = {name: _fact(entry, sources) for name, entry in top.named("columns")}
    frame = _Frame(sources, columns, _factors(top), _loaded(top))
    titles = _part(top, "title")
    issued, effective = _dated(top, "issued", sources), _dated(top, "effective", sources)
    until, dates = _until(top, sources)
    dates |= {"issued": issued[1], "effective": effective[1]}
    _in_order(top, issued[0], effective[0], until)
    regulation = Regulation(
        id=top.text("id"),
        version=top.text("version"),
        digest=digest,
        title_vi=titles.text("vi"),
        title_en=titles.text("en"),
        instrument=_fact(_part(top, "instrument"), sources),
        issued=issued[0],
        effective=effective[0],
        facts={**dates, **_facts(top, frame)},
        columns=columns,
        factors=frame.factors,
        parameters=_rows(top, frame),
        loaded=frame.loaded,
        until=until,
        periods=_periods(top),
        sources=sources,
    )
    titles.close()
    return regulation


def _until(top: Reader, sources: Mapping[str, str]) -> tuple[date | None, dict[str, Fact]]:
    """The last day in force, for a pack that says one."""
    if not top.has("until"):
        top.take("until")
        return None, {}
    day, fact = _dated(top, "until", sources)
    return day, {"until": fact}


def _in_order(top: Reader, issued: date | None, begins: date | None, until: date | None) -> None:
    if issued and begins and begins < issued:
        top.problem("effective", "lies before issued")
    if begins and until and until < begins:
        top.problem("until", "lies before effective")


_PERIOD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SHORTEST = 60  # seconds; shorter than any lawful analyser refreshes, and a day has 1,440 of them


def _periods(top: Reader) -> tuple[Period, ...]:
    """The periods a pack declares beside the hour and the day."""
    found = []
    for name, entry in top.named("periods"):
        if name in [period.name for period in PERIODS]:
            entry.problem("", f"{name!r} is always there; take this out")
        elif not _PERIOD.fullmatch(name):
            entry.problem("", "a name has lower-case letters, digits and '_', as in quarter_hour")
        found.append(Period(name, _length(entry), entry.text("vi"), entry.text("en")))
        entry.close()
    return tuple(found)


def _length(entry: Reader) -> int:
    seconds = entry.whole("seconds")
    same = [period.name for period in PERIODS if period.length == seconds]
    if same:
        entry.problem("seconds", f"{seconds} s are the {same[0]}, which is always there")
    elif seconds < _SHORTEST or not _divides(seconds):
        entry.problem(
            "seconds", f"{seconds} s must divide an hour (such as 900), or be whole hours that "
            f"divide a day (such as 28800), and be {_SHORTEST} or more",
        )  # fmt: skip
        return HOUR_SECONDS
    return seconds


def _divides(seconds: int) -> bool:
    if seconds > HOUR_SECONDS:
        return seconds % HOUR_SECONDS == 0 and DAY_SECONDS % seconds == 0
    return HOUR_SECONDS % seconds == 0


def _part(entry: Reader, key: str) -> Reader:
    """A nested mapping that has to be there."""
    child = entry.child(key)
    if child is not None:
        return child
    entry.problem(key, "a mapping is required here")
    return Reader(entry.file, entry.at(key), {}, [])  # its gaps are not worth a word each


def _sources(top: Reader) -> dict[str, str]:
    """The table of sources by short key; each source once, for two agreeing ones confirm."""
    found: dict[str, str] = {}
    for key, raw in top.values("sources").items():
        text = raw.strip() if isinstance(raw, str) else ""
        same = [other for other, known in found.items() if known == text]
        if not text:
            top.problem(f"sources.{key}", "expected an address or a title as text")
        elif same:
            top.problem(f"sources.{key}", f"is the same source as {same[0]!r}; keep one of them")
        found[key] = text
    return found


def _factors(top: Reader) -> tuple[str, ...]:
    factors = top.texts("factors")
    if len(set(factors)) < len(factors):
        top.problem("factors", "a factor stands twice")
    return factors


def _loaded(top: Reader) -> bool:
    if not top.has("loaded"):
        top.problem("loaded", "say true (the tables decide) or false (they do not, yet)")
    return top.flag("loaded")


def _known(entry: Reader, sources: Mapping[str, str]) -> tuple[Verification, tuple[str, ...]]:
    """How well the thing of this entry is known, and by which sources."""
    keys = tuple(dict.fromkeys(entry.texts("sources")))
    for key in keys:
        if key not in sources:
            entry.problem("sources", f"no source {key!r} in the table{meant(key, sources)}")
    if not entry.has("verification"):
        entry.take("verification")
        entry.problem("verification", f"say how well this is known: {', '.join(_KNOWN)}")
        return Verification.UNSURE, ()
    verification = Verification(entry.choice("verification", _KNOWN) or Verification.MISSING)
    needed = _SOURCES_NEEDED.get(verification, 0)
    if len(keys) < needed:
        entry.problem("sources", f"{verification} needs at least {needed} of the table of sources")
    return verification, tuple(sources[key] for key in keys if key in sources)


def _fact(entry: Reader, sources: Mapping[str, str]) -> Fact:
    """A statement; what is missing may do without a text."""
    verification, named = _known(entry, sources)
    default = _UNKNOWN_TEXT if verification is Verification.MISSING else None
    fact = Fact(entry.text("text", default), verification, named, entry.optional_text("note"))
    entry.close()
    return fact


def _dated(top: Reader, key: str, sources: Mapping[str, str]) -> tuple[date | None, Fact]:
    """A day and how well it is known; `verification: missing` stands without a day."""
    entry = _part(top, key)
    verification, named = _known(entry, sources)
    given = entry.has("day")
    day = entry.day("day")
    if given is (verification is Verification.MISSING):
        entry.problem("day", "write either a day or verification: missing")
    text = day.isoformat() if day else _UNKNOWN_TEXT
    fact = Fact(text, verification, named, entry.optional_text("note"))
    entry.close()
    return day, fact


def _facts(top: Reader, frame: _Frame) -> dict[str, Fact]:
    """The statements of a pack, and its tables of factors: shown to people, never computed with."""
    found = {name: _fact(entry, frame.sources) for name, entry in top.named("facts")}
    for name in found.keys() & _DATED:
        top.problem(f"facts.{name}", "is written as a day, at the top of the file")
    tables = top.child("factor_tables")
    if tables is None:
        return found
    for factor in frame.factors:
        for number, entry in enumerate(tables.children(factor), start=1):
            found[f"{factor}.{number}"] = _factor_fact(factor, entry, frame.sources)
    tables.close()
    return found


def _factor_fact(factor: str, entry: Reader, sources: Mapping[str, str]) -> Fact:
    value, when = entry.required_decimal("value"), entry.text("when")
    if value <= 0:
        entry.problem("value", "expected a factor above 0")
    verification, named = _known(entry, sources)
    fact = Fact(f"{factor} = {value}: {when}", verification, named, entry.optional_text("note"))
    entry.close()
    return fact


def _rows(top: Reader, frame: _Frame) -> dict[str, RegulatedParameter]:
    found: dict[str, RegulatedParameter] = {}
    for key, entry in top.named("parameters"):
        row = _row(key, entry, frame)
        same = [other.key for other in found.values() if other.number == row.number]
        if same:
            entry.problem("row.number", f"{row.number} already belongs to {same[0]!r}")
        found[key] = row
    if frame.loaded and not (found and frame.columns):
        top.problem("loaded", "a pack without columns or parameters is not loaded: write false")
    return found


def _row(key: str, entry: Reader, frame: _Frame) -> RegulatedParameter:
    head = _part(entry, "row")
    apply, verification, sources = _factors_apply(entry, frame)
    row = RegulatedParameter(
        key=key,
        number=head.text("number"),
        name_vi=head.text("vi"),
        name_en=head.text("en"),
        symbol=head.optional_text("symbol"),
        cas=head.optional_text("cas"),
        unit=head.text("unit"),
        factors_apply=apply,
        factors_apply_verification=verification,
        columns=_column_limits(entry, frame),
        note=entry.optional_text("note"),
        factors_apply_sources=sources,
    )
    head.close()
    entry.close()
    return row


def _factors_apply(
    entry: Reader, frame: _Frame
) -> tuple[bool | None, Verification, tuple[str, ...]]:
    """Whether the formula's factors multiply this row: a fact shown, the permit decides."""
    if not frame.factors and not entry.has("factors_apply"):
        return None, Verification.MISSING, ()
    part = _part(entry, "factors_apply")
    if not frame.factors:
        part.problem("", "this regulation has no factors; take this out")
    verification, sources = _known(part, frame.sources)
    given = part.has("value")
    value = part.flag("value")
    if given is (verification is Verification.MISSING):
        part.problem("value", "write either true or false, or verification: missing")
    part.close()
    return value if given else None, verification, sources


def _column_limits(entry: Reader, frame: _Frame) -> dict[str, ColumnLimit]:
    found: dict[str, ColumnLimit] = {}
    for column, limit in entry.named("limits"):
        if column not in frame.columns:
            limit.problem("", f"no column {column!r} here{meant(column, frame.columns)}")
        found[column] = _column_limit(limit, frame.sources)
    absent = [column for column in frame.columns if column not in found]
    if frame.loaded and absent:
        entry.problem(
            "limits", f"says nothing of column {', '.join(absent)}: "
            "write its number, or {verification: missing}",
        )  # fmt: skip
    return found


def _column_limit(entry: Reader, sources: Mapping[str, str]) -> ColumnLimit:
    given = entry.has("max")
    low, high = _number(entry, "min"), _number(entry, "max")
    verification, named = _known(entry, sources)
    if verification is Verification.MISSING and (given or low is not None):
        entry.problem("verification", "a number is written here, so it is not missing")
    if verification is not Verification.MISSING and not given:
        entry.problem("max", "a number is required here, or verification: missing")
    if low is not None and high is not None and low >= high:
        entry.problem("min", f"{low} is not below the max of {high}")
    limit = ColumnLimit(low, high, verification, named, entry.optional_text("note"))
    entry.close()
    return limit


def _number(entry: Reader, key: str) -> Decimal | None:
    number = entry.decimal(key)
    if number is None:
        return None
    if number < 0:
        entry.problem(key, f"{number} is below 0")
    if number.as_tuple().exponent == -3 and number >= 1:
        # Vietnamese texts write three thousand as 3.000: copied as it stands, it means three.
        entry.problem(key, f"{number}: three thousand or three? Write 3000 or 3.0")
    return number


# --- a pack beside the catalogue --------------------------------------------------------------


def catalogue_problems(file: str, regulation: Regulation, catalogue: Catalogue) -> list[Problem]:
    """Rows that no measured quantity answers to, or that speak another unit than it does.

    Without this a row in µg/l would be compared with readings in mg/L, and a key misspelt
    would be a limit that nobody ever looks at.
    """
    by_key: dict[str, list[Parameter]] = {}
    for parameter in catalogue.values():
        if parameter.regulated_as is not None:
            by_key.setdefault(parameter.regulated_as, []).append(parameter)
    return [
        Problem(file, f"parameters.{key}", message)
        for key, row in regulation.parameters.items()
        for message in _row_problems(row, by_key)
    ]


def _row_problems(row: RegulatedParameter, by_key: Mapping[str, list[Parameter]]) -> list[str]:
    measured = by_key.get(row.key)
    if not measured:
        known = meant(row.key, by_key)
        return [f"no parameter of the catalogue has regulated_as: {row.key}; add one there{known}"]
    return [message for parameter in measured for message in _mismatches(row, parameter)]


def _mismatches(row: RegulatedParameter, parameter: Parameter) -> list[str]:
    said = []
    if factor_to_unit(parameter, row.unit) != 1:
        said.append(f"{parameter.key} is judged in {parameter.unit}, not in {row.unit}")
    ranged = parameter.averaging is Averaging.RANGE
    for column, limit in row.columns.items():
        if limit.high is not None and (limit.low is not None) is not ranged:
            wanted = "min and max" if ranged else "a max and no min"
            said.append(f"{parameter.key} takes {wanted} (column {column})")
    return said
