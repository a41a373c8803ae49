"""The last day in a line as high as a word: hour means, gaps left open, the limit dashed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import htpy as h
from markupsafe import Markup

from api.console.figures import at
from tolich.ports import Shape

_WIDTH, _HEIGHT = 72, 18
_HOUR = 3600


def spark(hours: Sequence[Shape], limit: Shape | None) -> h.Node:
    """Hour means of the last day as a small picture; it says nothing that the page does not."""
    known = [(at(one["start"]).timestamp(), one["mean"]) for one in hours]
    points = [(when, mean) for when, mean in known if mean is not None]
    if not points:
        return h.span(".spark")
    begin, end = known[0][0], max(known[-1][0], known[0][0] + _HOUR)
    bounds = [float(limit[name]) for name in ("low", "high") if limit and limit[name] is not None]
    low = min(*(mean for _, mean in points), *bounds, points[0][1])
    high = max(*(mean for _, mean in points), *bounds, points[0][1])
    span = (high - low) or 1.0

    def place(when: float, value: float) -> str:
        x = (when - begin) / (end - begin) * _WIDTH
        return f"{x:.1f},{1 + (high - value) / span * (_HEIGHT - 2):.1f}"

    lines = "".join(
        f'<polyline points="{" ".join(place(*point) for point in (*run, run[-1]))}"/>'
        for run in _runs(points)  # one hour alone is a line without length: its round end shows
    )
    ends = "".join(
        f'<line class="limit" x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
        for y in (place(begin, bound).split(",")[1] for bound in bounds)
    )
    return h.span(".spark")[
        Markup(
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
            f"{ends}{lines}</svg>"
        )
    ]


def _runs(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Stretches without a missing hour: what is missing is never joined."""
    run: list[tuple[float, float]] = []
    for point in points:
        if run and point[0] - run[-1][0] > _HOUR:
            yield run
            run = []
        run.append(point)
    if run:
        yield run
