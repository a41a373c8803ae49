"""What the readings of one series are checked for: thresholds as data, in natural units.

A check that is None (or False) is off and says nothing. Times are seconds, values are in the
parameter's unit. Every threshold here is an engineering setting, never law.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

LONGEST = 259200
"""No check looks further back than 72 hours."""

RATE_REACH = 3600
"""A rate of change needs an earlier reading within an hour."""

SPIKE_REACH = 21600
"""The readings that a spike is compared with are at most six hours old."""

SIX_HOURS = 21600
"""What the attenuated signal is measured over."""

SPIKE_AHEAD = 2
"""Slots after a reading that decide whether a spike has come back."""


@dataclass(frozen=True, slots=True)
class RateOfChange:
    """Suspect: a change above `step` in `per` seconds; longer steps allow the square root more."""

    step: Decimal
    per: int


@dataclass(frozen=True, slots=True)
class Spike:
    """Hampel's test: that many standard deviations (estimated from the MAD) off the median.

    The MAD counts as two steps of resolution at least, or as `noise` where that is more.
    """

    suspect: int = 6
    fail: int = 12
    noise: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FlatLine:
    """The same value, within less than one step of resolution, for that many seconds."""

    suspect: int
    fail: int | None = None
    up_to: Decimal | None = None  # values up to this one repeat honestly: no flow, nothing found


@dataclass(frozen=True, slots=True)
class AttenuatedSignal:
    """Suspect: the standard deviation of six hours lies below `below`."""

    below: Decimal


@dataclass(frozen=True, slots=True)
class Gap:
    """Suspect: the first reading after more than `longer` seconds without one."""

    longer: int


@dataclass(frozen=True, slots=True)
class AtMost:
    """Suspect: above the reading of parameter `of` at the same instant by more than a share."""

    of: str
    tolerance: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """Suspect: a day's sum differs from that of parameter `partner` by more than a share of it."""

    partner: str
    within: Decimal


@dataclass(frozen=True, slots=True)
class Checks:
    """All the checks of one series. `resolution` None: unknown, taken as one quantum."""

    resolution: Decimal | None = None
    rate_of_change: RateOfChange | None = None
    spike: Spike | None = None
    flat_line: FlatLine | None = None
    attenuated_signal: AttenuatedSignal | None = None
    gap: Gap | None = None
    clipping: bool = False
    time: bool = False
    at_most: AtMost | None = None
    balances: Balance | None = None

    @property
    def reach(self) -> int:
        """Seconds before a reading that its checks look at; the whole of its local day apart."""
        flat = self.flat_line
        return max(
            RATE_REACH if self.rate_of_change or self.time else 0,
            SPIKE_REACH if self.spike else 0,
            max(flat.suspect, flat.fail or 0) if flat else 0,
            SIX_HOURS if self.attenuated_signal else 0,
            self.gap.longer if self.gap else 0,
        )

    @property
    def ahead(self) -> int:
        """Slots after a reading that its checks wait for."""
        return SPIKE_AHEAD if self.spike else 0


NO_CHECKS = Checks()
"""Everything off."""
