"""How far a new reading is felt: which series of a day it can give another verdict.

A verdict counts what no check has failed, so only the checks that fail a reading carry a new
one further: a spike (two slots ahead, six hours back) and a flat line. What is only suspect
counts all the same. A superset is always right here; a series too few never is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from rules.checks import SPIKE_REACH
from rules.days import DAY_SECONDS
from rules.terms import Terms


@dataclass(frozen=True, slots=True)
class Span:
    """When the first and the last of some readings of one series were observed."""

    first: int
    last: int

    def and_also(self, other: Span) -> Span:
        """Both."""
        return Span(min(self.first, other.first), max(self.last, other.last))


Varied = Callable[[int, int, int], bool]
"""Whether competing readings of a line, strictly between two instants, differ by its band.

Then no flat line covers both instants, with or without any other reading. It may say no where
it cannot tell.
"""


def changed_lines(
    terms: Sequence[Terms], day: int, news: Mapping[int, Span], varied: Varied
) -> set[int]:
    """The lines of a day (a local midnight) whose verdicts new readings can change.

    `news` holds, by line, the readings that came since the day was judged: those of the day
    itself and of all others whose checks look at it or that it looks at.
    """
    felt = {line for line, span in news.items() if _felt(terms[line], line, day, span, varied)}
    parameters = {terms[line].series.parameter for line in felt}
    return felt | {line for line, term in enumerate(terms) if made_with(term) & parameters}


def lines_read(terms: Sequence[Terms], lines: Collection[int]) -> set[int]:
    """Those lines, and those of the same day that must be in a window to judge them."""
    parameters = {key for line in lines for key in made_with(terms[line])}
    others = {line for line, term in enumerate(terms) if term.series.parameter in parameters}
    return others | set(lines)


def made_with(term: Terms) -> set[str]:
    """The other parameters whose slots decide about a series: parts of a load, a resting flow."""
    parts = set(term.derived.parts) if term.derived else set()
    return parts | ({term.dry.flow} if term.dry else set())


def _felt(term: Terms, line: int, day: int, span: Span, varied: Varied) -> bool:
    end = day + DAY_SECONDS
    if span.first > end:
        return span.first <= end + term.checks.ahead * term.interval
    if span.last >= day:
        return True
    spike, flat = term.checks.spike, term.checks.flat_line
    if spike and span.last + SPIKE_REACH >= day:
        return True
    if flat is None or flat.fail is None or span.last + max(flat.suspect, flat.fail) < day:
        return False
    return not varied(line, span.last, day)
