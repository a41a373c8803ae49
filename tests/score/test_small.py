"""A small scenario the whole way: Mosquitto, writer and web as processes, then the score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.days import DAY_SECONDS
from simulators.scoring.accepted import read_table
from simulators.scoring.gathering import ApiAnswers
from simulators.scoring.score import Figure, Score, figures
from tests.score.driving import Ran, ran
from tests.score.staging import Staged, staged_of
from tolich.commands.score import recorded, scored

WORDS = {"vi": "Nhỏ", "en": "Small"}
SMALL: dict[str, Any] = {
    "version": 1, "title": WORDS, "shows": WORDS, "seed": 4711,
    "clock": {"start": "2026-04-06", "days": 2},
    "defaults": {"limits": {"COD": 100, "TSS": 50, "NH4": 6, "pH": [5.5, 9], "Temp": 40}},
    "fleet": {"count": 6, "id": "SM{:02d}"},
    "faults": [
        {"at": "0d14:00", "for": "8h", "where": "SM01.COD", "kind": "stuck"},
        {"at": "0d18:00", "for": "2h", "where": "SM02.TSS", "kind": "current_loss"},
        {"at": "1d04:00", "for": "6h", "where": "SM03.NH4", "kind": "flagged"},
        {"at": "1d08:00", "for": "5m", "where": "SM04.TSS", "kind": "spike_large", "size": 50},
        {"at": "1d06:00", "for": "4h", "where": "SM05.pH", "kind": "gap"},
    ],
    "transport": [{"at": "1d10:00", "for": "3h", "where": "SM06", "kind": "outage"}],
}  # fmt: skip
INTERVAL = 300


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Staged, Score, Score]:
    """The scenario, its score from the record, and two of its days as the API tells them."""
    one = staged_of("small", SMALL)
    folder: Path = tmp_path_factory.mktemp("score")
    with ran(folder, one.register, one.messages(), one.start, one.end) as done:
        with recorded(done.data) as answers:
            found = scored(one.truth(), answers, [], INTERVAL)
        return one, found, _by_api(one, done)


def _by_api(one: Staged, done: Ran) -> Score:
    answers = ApiAnswers(done.api, done.key)
    try:
        return scored(one.truth(), answers, [], INTERVAL)
    finally:
        answers.close()


def test_what_went_wrong_is_found_and_nothing_else(
    played: tuple[Staged, Score, Score],
) -> None:
    _, found, _ = played
    assert found.misjudged == []
    # A stuck analyser may stand near a limit; nothing else is blamed, and sound water never.
    assert {one.blamed for one in found.false} <= {"stuck"}
    short = [one.name for one in figures(found, read_table()) if not one.kept]
    assert set(short) <= {"false alarms a station-day"}
    assert {name: (one.found, one.events) for name, one in found.groups.items()} == {
        "missing": (2, 2), "range": (1, 1), "stuck": (1, 1), "status": (1, 1), "spike": (1, 1),
    }  # fmt: skip


def test_the_truth_covers_every_day_and_the_verdicts_were_held_against_it(
    played: tuple[Staged, Score, Score],
) -> None:
    one, found, _ = played
    days = (one.end - one.start) // DAY_SECONDS
    assert found.stations == 6
    assert found.checked.station_days == 6 * days
    assert found.alarms.station_days == 6 * days
    assert sum(gone.good for gone in found.discarded.values()) > 6 * 7 * 288 * days * 0.9


def test_the_api_tells_the_same_as_the_record(played: tuple[Staged, Score, Score]) -> None:
    _, record, api = played

    def shown(of: Score) -> list[Figure]:
        # The explanations of findings hold no flows: they owe none.
        return [one for one in figures(of, read_table()) if one.name != "good readings discarded"]

    assert shown(api) == shown(record)
    assert api.checked == record.checked
    assert api.discarded["COD"] == record.discarded["COD"]
