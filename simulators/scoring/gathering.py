"""Asking the monitor for everything that is scored, from whatever answers in its shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import httpx

from rules.days import rfc3339
from simulators.scoring.seen import (
    Readings,
    Seen,
    Series,
    Shape,
    alerts_of,
    missed_of,
    readings_of,
    refusals_of,
    verdicts_of,
    warned_of,
)
from simulators.scoring.truth import Truth

PAGE = 1000
PATIENCE = 60.0
"""Seconds for one answer."""

Progress = Callable[[str, int, int], None]
"""What is being read, how much of it is done, and of how much."""


class Answers(Protocol):
    """Where the monitor's words come from: each list whole, in the shapes of its API."""

    def findings(self, period: str) -> Iterable[Shape]: ...
    def alerts(self) -> Iterable[Shape]: ...
    def transitions(self) -> Iterable[Shape]: ...
    def rejected(self) -> Iterable[Shape]: ...
    def readings(self, truth: Truth, progress: Progress) -> dict[Series, Readings]:
        """Every reading of the truth's stations with its quality marks."""
        ...


def gather(answers: Answers, truth: Truth, outlooks: Iterable[Shape], progress: Progress) -> Seen:
    """Everything that is scored. `outlooks` were kept during the run; the API forgets them."""
    known = set(truth.stations)

    def ours(shapes: Iterable[Shape], what: str) -> Iterator[Shape]:
        count = 0
        for count, shape in enumerate(shapes, start=1):
            if count % PAGE == 0:
                progress(what, count, 0)
            if shape["station"] in known:
                yield shape
        progress(what, count, count)

    return Seen(
        readings=answers.readings(truth, progress),
        verdicts=verdicts_of(ours(answers.findings("day"), "days")),
        missed=missed_of(ours(answers.findings("hour"), "hours")),
        alerts=alerts_of(ours(answers.alerts(), "alerts"), answers.transitions()),
        refusals=refusals_of(ours(answers.rejected(), "rejections")),
        warned=warned_of(outlooks),
    )


class AskingFailed(Exception):
    """The API could not be asked, or refused."""


class ApiAnswers:
    """A monitor asked through its API. Readings come from the explanations of day findings."""

    def __init__(self, address: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1", timeout=PATIENCE, headers=headers
        )

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def findings(self, period: str) -> Iterator[Shape]:
        """Newest first."""
        return self._all("findings", period=period)

    def alerts(self) -> Iterator[Shape]:
        """Newest first."""
        return self._all("alerts")

    def rejected(self) -> Iterator[Shape]:
        """Newest first."""
        return self._all("rejected")

    def transitions(self) -> Iterator[Shape]:
        """Oldest first."""
        after: str | None = "0"
        while after is not None:
            page = self._get("transitions", {"after": after, "limit": PAGE})
            yield from page["items"]
            after = page["next"]

    def outlooks(self, station: str) -> list[Shape]:
        """Of the day under way."""
        found: list[Shape] = self._get(f"stations/{station}/outlook", {})["items"]
        return found

    def readings(self, truth: Truth, progress: Progress) -> dict[Series, Readings]:
        """One question a series and day: a look at some stations, not at a fleet."""
        judged: dict[Series, list[Shape]] = {}
        days = {(one.station, one.channel, one.day) for one in truth.days}
        for done, (station, channel, day) in enumerate(sorted(days), start=1):
            name = f"{station}:{channel}:day:{rfc3339(day)}"
            why = self._get(f"findings/{name}/why", {}, {"readings": []})
            judged.setdefault((station, channel), []).extend(why["readings"])
            progress("readings", done, len(days))
        return {series: readings_of(found) for series, found in judged.items()}

    def _all(self, path: str, **query: str) -> Iterator[Shape]:
        asked: dict[str, str | int] = {"limit": PAGE, **query}
        while True:
            page = self._get(path, asked)
            yield from page["items"]
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]

    def _get(
        self, path: str, query: Mapping[str, str | int], missing: Shape | None = None
    ) -> Shape:
        try:
            answer = self._http.get(path, params=dict(query))
        except httpx.TransportError as error:
            said = f"{self._http.base_url}: {error}; is the monitor running?"
            raise AskingFailed(said) from error
        if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
            return missing
        if answer.is_error:
            said = f"{answer.url} answered {answer.status_code}: {answer.text[:200]}"
            raise AskingFailed(f"{said}; has the key the right to see every station?")
        found: Shape = answer.json()
        return found
