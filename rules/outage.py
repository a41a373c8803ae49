"""Outages: many stations that fall silent together are one trouble, not many.

When a network, a broker or our own connection fails, every station behind it falls silent
within minutes. `outages` finds such groups among the silent stations; it looks at the set
only, so the order in which silences were noticed changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

TOGETHER = 600
"""Seconds within which silences that belong together begin."""

CLUSTER_LEAST, CLUSTER_SHARE = 3, Fraction(1, 2)
"""An outage of a cluster: at least so many of its stations, and at least this share."""

ALL_LEAST, ALL_SHARE = 5, Fraction(1, 3)
"""An outage across clusters: at least so many stations, and at least this share of all."""

STANDS_SHARE = Fraction(1, 2)
"""An outage ends when fewer than this share of its members are still silent."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Stations that fell silent together. `cluster` None: across clusters."""

    cluster: str | None
    since: int  # the earliest silence, UTC epoch seconds
    members: tuple[str, ...]  # in order of silence, then of name
    watched: int  # how many stations it was counted against


def outages(silent: Mapping[str, int], clusters: Mapping[str, str]) -> list[Outage]:
    """The outages among silent stations.

    `silent` is since when each silent station is; `clusters` the cluster of every station
    that is watched, silent or not. No station is in two outages; the widest come first.
    """
    left = {station: since for station, since in silent.items() if station in clusters}
    found = list(_groups(left, None, len(clusters), ALL_LEAST, ALL_SHARE))
    for cluster in sorted(set(clusters.values())):
        watched = sum(1 for of in clusters.values() if of == cluster)
        here = {s: since for s, since in left.items() if clusters[s] == cluster}
        found += _groups(here, cluster, watched, CLUSTER_LEAST, CLUSTER_SHARE)
    return found


def stands(still_silent: int, members: int) -> bool:
    """Whether an outage stands with so many of its members still silent."""
    return still_silent >= members * STANDS_SHARE


def _groups(
    left: dict[str, int], cluster: str | None, watched: int, least: int, share: Fraction
) -> Iterator[Outage]:
    """Every group large enough; its members are taken out of `left`."""
    while True:
        together = _most_together(left)
        if len(together) < least or len(together) < watched * share:
            return
        members = sorted(together, key=lambda station: (left[station], station))
        yield Outage(cluster, left[members[0]], tuple(members), watched)
        for station in members:
            del left[station]


def _most_together(silent: Mapping[str, int]) -> Collection[str]:
    """The stations of the fullest span of TOGETHER seconds; of equal ones the earliest."""
    ordered = sorted((since, station) for station, since in silent.items())
    best: list[str] = []
    first = 0
    for last, (since, _) in enumerate(ordered):
        while since - ordered[first][0] > TOGETHER:
            first += 1
        if last - first + 1 > len(best):
            best = [station for _, station in ordered[first : last + 1]]
    return best
