"""Pieces of InfluxQL that several dashboards share.

Findings are asked of the data source's own database and its default policy; readings of the
cluster's database, by its full name. Both are asked in Hanoi days: buckets of a day are counted
from 1970 in UTC, so they are shifted to begin at local midnight. InfluxQL knows no months:
those are made by a transformation (`parts.by_month`).
"""

from __future__ import annotations

from dashboards.codes import OUTCOMES, State
from rules.days import DAY_SECONDS, OFFSET
from rules.model import DAY, HOUR, Outcome

BY_DAY = f"time(1d, {(DAY_SECONDS - OFFSET) // 3600}h)"
# Weeks begin on Mondays: 1970 began on a Thursday.
BY_WEEK = f"time(1w, {(4 * DAY_SECONDS - OFFSET) // 3600}h)"

PLANTS = '"cluster" =~ /^${cluster:regex}$/ AND "station" =~ /^${station:regex}$/'
ONE = "\"cluster\" = '${cluster:raw}' AND \"station\" = '${station:raw}'"
READINGS = '"${cluster:raw}"."raw"."reading"'

# A period belongs to the time shown when it overlaps it: the finding of a day stands at the
# day's start, and over the last 24 hours one wants to see yesterday's.
DAYS_SHOWN = "time > ${__from}ms - 1d AND time <= ${__to}ms"
HOURS_SHOWN = "time > ${__from}ms - 1h AND time <= ${__to}ms"
LATEST_HOURS = "time > ${__to}ms - 1d AND time <= ${__to}ms"
LATEST_DAYS = "time > ${__to}ms - 3d AND time <= ${__to}ms"

DAYS = f"\"period\" = '{DAY.name}' AND {PLANTS}"
HOURS = f"\"period\" = '{HOUR.name}' AND {PLANTS}"
OWED = f'"outcome" <> {OUTCOMES[Outcome.NOT_APPLICABLE]}'
"""A day without a permit or without discharge owes no verdict; every other day owes one."""

SHARES: dict[str, tuple[State, ...]] = {
    "exceeded": (State.SUSPECTED,),
    "near": (State.NEAR,),
    "not_assessable": (State.CONTESTED, State.NOT_ASSESSABLE, State.LIMIT_MISSING),
    "compliant": (State.WITHIN,),
}
"""What the days owed divide into. From the worst down: stacks and legends begin with it."""


def station_days(when: str) -> str:
    """The worst finding of each station's day, one row a day: the unit in which days count."""
    return (
        f'SELECT max("state") AS "worst" FROM "finding" WHERE {DAYS} AND {OWED} AND {when} '
        f'GROUP BY "cluster", "station", {BY_DAY} fill(none)'
    )


def days_in(share: str, when: str, grouped: str = "") -> str:
    """How many of the station-days owed ended in one of the states of a share."""
    worst = " OR ".join(f'"worst" = {state.code}' for state in SHARES[share])
    by = (
        f" GROUP BY {grouped} fill(none)"
        if "time(" in grouped
        else grouped and f" GROUP BY {grouped}"
    )
    return (
        f'SELECT count("worst") AS "{share}" FROM ({station_days(when)}) '
        f"WHERE ({worst}) AND {when}{by}"
    )


def days_owed(when: str, grouped: str = "") -> str:
    """How many station-days are owed, whatever became of them."""
    by = (
        f" GROUP BY {grouped} fill(none)"
        if "time(" in grouped
        else grouped and f" GROUP BY {grouped}"
    )
    return f'SELECT count("worst") AS "owed" FROM ({station_days(when)}) WHERE {when}{by}'
