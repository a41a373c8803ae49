"""The vocabulary: what a reading, a limit, a finding and an alert are.

Everything else points here; this file points at nothing of ours. Times are UTC epoch
seconds (whole seconds), values are whole multiples ("quanta") of a parameter's quantum,
limits are exact decimals in the parameter's unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, IntFlag, StrEnum
from fractions import Fraction
from typing import NamedTuple

from rules.checks import NO_CHECKS, Checks
from rules.days import rfc3339

ENGINE = "1.1"
"""Version of the judgement. Findings name it; a change of meaning changes it."""


class Status(IntEnum):
    """What the logger says the instrument was doing (Circular 10/2021, TT10 files)."""

    MEASURING = 0
    CALIBRATING = 1
    FAULT = 2
    UNKNOWN = 9  # any other code: kept, never counted


class Flag(IntEnum):
    """QARTOD's primary flags."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Test(IntFlag):
    """The quality tests a reading failed, named after the QARTOD manuals."""

    GROSS_RANGE = 1
    RATE_OF_CHANGE = 2
    SPIKE = 4
    FLAT_LINE = 8
    ATTENUATED_SIGNAL = 16
    GAP = 32
    CLIPPING = 64
    TIME = 128
    MULTI_VARIATE = 256


class Averaging(StrEnum):
    """How the readings of a period become one number to compare."""

    MEAN = "mean"
    RANGE = "range"  # pH: both ends bind; a day is judged by its hours


class Outcome(StrEnum):
    """The verdict on one series and one period."""

    COMPLIANT = "compliant"
    NEAR = "near"
    EXCEEDED = "exceeded"
    NOT_ASSESSABLE = "not_assessable"
    NOT_APPLICABLE = "not_applicable"


class Reason(StrEnum):
    """Why a finding has its outcome; every finding has exactly one."""

    WITHIN_LIMIT = "within_limit"
    NEAR_LIMIT = "near_limit"
    ABOVE_LIMIT = "above_limit"
    BELOW_LIMIT = "below_limit"
    HOUR_OUTSIDE = "hour_outside"  # a day by range: one of its hours was outside
    PROVEN = "proven"  # stands whatever the missing slots held
    PERIOD_OPEN = "period_open"
    NO_DATA = "no_data"
    INSUFFICIENT_DATA = "insufficient_data"
    CONTESTED = "contested"
    LIMIT_MISSING = "limit_missing"
    INTERNAL_ERROR = "internal_error"
    NO_PERMIT = "no_permit"
    NO_DISCHARGE = "no_discharge"


class Verification(StrEnum):
    """How well a number of a regulation is known. Only the first three may decide."""

    PERMIT = "permit"
    CONFIRMED = "confirmed"
    SINGLE = "single"
    UNSURE = "unsure"
    MISSING = "missing"

    @property
    def decides(self) -> bool:
        """True when a number known this well may decide a verdict."""
        return self in (Verification.PERMIT, Verification.CONFIRMED, Verification.SINGLE)


class AlertKind(StrEnum):
    """What an alert is about."""

    EXCEEDANCE = "exceedance"
    NEAR = "near"
    SILENCE = "silence"
    INSTRUMENT = "instrument"
    INTEGRITY = "integrity"
    OUTAGE = "outage"
    SUSPICION = "suspicion"


class Severity(StrEnum):
    """How much an alert matters, in rising order."""

    INFO = "info"
    WARNING = "warning"
    MAJOR = "major"
    CRITICAL = "critical"


class Change(StrEnum):
    """What happened to an alert or a finding: the kind of a transition."""

    RAISED = "raised"
    RAISED_LATE = "raised_late"
    ESCALATED = "escalated"
    AMENDED = "amended"
    ENDED = "ended"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"  # it still goes on


@dataclass(frozen=True, slots=True)
class Parameter:
    """A measured quantity. `low` and `high` bound what is physically possible, in `unit`."""

    key: str
    name_vi: str
    name_en: str
    unit: str
    quantum: Decimal
    conversions: Mapping[str, Decimal]  # other unit -> factor to `unit`, exact
    averaging: Averaging
    refresh: int  # seconds between fresh values of a lawful analyser
    low: Decimal
    high: Decimal
    regulated_as: str | None = None  # key of the parameter in the regulation packs
    limited: bool = True  # False: owes no finding unless a permit limits it (flow)
    checks: Checks = NO_CHECKS  # what its readings are checked for unless the series says

    def quanta(self, value: Decimal) -> Fraction:
        """`value` (in `unit`) as an exact number of quanta, not rounded."""
        return Fraction(value) / Fraction(self.quantum)

    def decimal(self, quanta: int) -> Decimal:
        """Whole quanta back as a decimal in `unit`, exact."""
        return quanta * self.quantum


class Series(NamedTuple):
    """One parameter measured at one station."""

    station: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement. These four fields are its identity; where it came from is provenance."""

    series: Series
    observed_at: int  # UTC epoch seconds
    value: int  # quanta
    status: Status


@dataclass(frozen=True, slots=True)
class Limit:
    """What a finding was compared with, and where that number comes from."""

    low: Decimal | None
    high: Decimal | None
    unit: str
    citation: str
    trace: tuple[str, ...]
    verification: Verification


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time that is judged: divides the local day; `vi` and `en` are its words."""

    name: str
    length: int  # seconds
    vi: str = ""
    en: str = ""


HOUR = Period("hour", 3600, "giờ", "hour")
DAY = Period("day", 86400, "ngày", "day")
PERIODS: tuple[Period, ...] = (HOUR, DAY)
"""The periods that every series owes; a regulation may declare more."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Slots of a period by what was in them. Received = valid + the four kinds set aside."""

    expected: int
    received: int
    valid: int
    calibrating: int
    faulty: int
    failed: int
    unknown: int
    conflicting: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one series and one period, at one revision."""

    series: Series
    period: str
    start: int
    end: int
    outcome: Outcome
    reason: Reason
    mean: Fraction | None  # quanta, unrounded
    limit: Limit | None
    counts: Counts
    final: bool
    revision: int = 1

    @property
    def id(self) -> str:
        """`station:parameter:period:start`, the same at every revision."""
        return finding_id(self.series, self.period, self.start)


def finding_id(series: Series, period: str, start: int) -> str:
    """The public name of a finding; `start` is UTC epoch seconds, written as RFC 3339."""
    return f"{series.station}:{series.parameter}:{period}:{rfc3339(start)}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, what, and how to mend it."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


class Refused(Exception):
    """A file was not loaded; `problems` names everything wrong with it, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
