"""Line pictures as SVG: a plot's scales, curves whose gaps stay open, words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from simulators.scenario.encoding import Doubles

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, FOOT = 56, 16, 44, 62


@dataclass(frozen=True, slots=True)
class Plot:
    """The area of a picture: hours across, values up."""

    hours: float
    low: float
    high: float

    def x(self, hour: float) -> float:
        """Across."""
        return LEFT + hour / self.hours * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Up; what lies outside stays at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return HEIGHT - FOOT - share * (HEIGHT - FOOT - TOP)


def curve(plot: Plot, values: Doubles, colour: str, width: float) -> Iterator[str]:
    """A line; gaps stay open."""
    hours = np.arange(len(values)) * plot.hours / len(values)
    breaks = np.flatnonzero(np.diff(np.isfinite(values).astype(np.int8)) != 0) + 1
    for part in np.split(np.arange(len(values)), breaks):
        if len(part) and np.isfinite(values[part[0]]):
            points = " ".join(f"{plot.x(hours[i]):.1f},{plot.y(values[i]):.1f}" for i in part)
            style = f'fill="none" stroke="{colour}" stroke-width="{width}"'
            yield f'<polyline {style} points="{points}"/>'


def text(x: float, y: float, said: str, anchor: str = "start", fill: str = "#222") -> str:
    """A line of text."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{fill}">{escape(said)}</text>'


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers between two ends, about so many."""
    rough = (high - low) / about
    size = 10.0 ** np.floor(np.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    first = int(np.ceil(low / step))
    return [round(step * k, 6) for k in range(first, int(high / step) + 1)]
