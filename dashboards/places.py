"""Which bucket a line belongs to: one pair of buckets a cluster, and one for all findings.

What an investor may read are the buckets of his clusters, so nothing of another cluster may ever
be in them. Every line names its cluster as its first tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rules.days import DAY_SECONDS

FINDINGS, RAW = "findings", "raw"
RAW_DAYS = 400
"""Days for which readings are kept in InfluxDB: a year, and a month to look back from its end."""

_READING = "reading,"
_CLUSTER = "cluster="


class Place(NamedTuple):
    """A bucket as InfluxQL knows it: a database and a retention policy."""

    database: str
    policy: str

    @property
    def bucket(self) -> str:
        """Its name in InfluxDB 2, which maps `db/rp` to database and policy by itself."""
        return f"{self.database}/{self.policy}"

    @property
    def kept(self) -> int:
        """Seconds for which points are kept; 0 is for ever."""
        return RAW_DAYS * DAY_SECONDS if self.policy == RAW else 0


def cluster_of(line: str) -> str | None:
    """The cluster whose line it is. An id of a cluster has nothing to be escaped."""
    _, _, tags = line.partition(",")
    if not tags.startswith(_CLUSTER):
        return None
    end = min(at for at in (tags.find(","), tags.find(" ")) if at >= 0)
    return tags[len(_CLUSTER) : end]


def by_place(lines: Iterable[str], everybody: str) -> dict[Place, Sequence[str]]:
    """The lines of each bucket in their order; `everybody` is the database of all findings.

    Readings go to their cluster, everything else to their cluster and to everybody's findings.
    """
    placed: dict[Place, list[str]] = {}
    for line in lines:
        # The first space may be one in a tag's value: the cluster stands before that.
        for place in _places(line[: line.find(" ") + 1], everybody):
            placed.setdefault(place, []).append(line)
    return dict(placed)


@lru_cache(maxsize=65536)
def _places(series: str, everybody: str) -> tuple[Place, ...]:
    """The buckets of a series, of which there are few and their lines are many."""
    cluster = cluster_of(series)
    if series.startswith(_READING):
        return () if cluster is None else (Place(cluster, RAW),)
    if cluster is None:
        return (Place(everybody, FINDINGS),)
    return Place(everybody, FINDINGS), Place(cluster, FINDINGS)
