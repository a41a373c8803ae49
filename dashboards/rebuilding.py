"""The projection written again from the record: after a server was lost, or a bucket.

It has a position of its own, so that it can be stopped and goes on where it was, and it ends
only when it has caught up with the head: a revision that the running projection wrote meanwhile
is written again after the older ones that this wrote over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dashboards.places import cluster_of
from dashboards.projection import LineSink, Projection
from tolich.ports import Record


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is written again; None is everything."""

    cluster: str | None = None
    since: int | None = None  # epoch seconds: points from then on

    @property
    def follower(self) -> str:
        """A rebuild of something else goes on from somewhere else."""
        return f"influxdb rebuild {self.cluster or '*'} {self.since or '*'}"

    def __call__(self, line: str) -> bool:
        """Whether a line is wanted."""
        if self.cluster is not None and cluster_of(line) != self.cluster:
            return False
        return self.since is None or int(line.rpartition(" ")[2]) >= self.since


@dataclass(slots=True)
class Choosing:
    """A sink that passes on what is wanted, and counts it by measurement."""

    sink: LineSink
    wanted: Wanted
    counted: Counter[str] = field(default_factory=Counter)

    def write(self, lines: Sequence[str]) -> None:
        """Raises as the sink does."""
        chosen = [line for line in lines if self.wanted(line)]
        if chosen:
            self.sink.write(chosen)
        self.counted.update(line[: line.index(",")] for line in chosen)


def rebuild(
    record: Record, sink: LineSink, wanted: Wanted, told: Callable[[int, int], None]
) -> Counter[str]:
    """Write everything wanted again; how many lines of each measurement, in this run.

    `told` hears position and head after each step. Raises Unavailable; the next call goes on.
    """
    choosing = Choosing(sink, wanted)
    following = Projection(record, choosing, wanted.follower)
    while True:
        wrote = following.step()
        head = record.head()
        told(record.position(wanted.follower), head)
        if not wrote and record.position(wanted.follower) >= head:
            break
    record.advance(wanted.follower, 0)  # the next one begins anew
    return choosing.counted
