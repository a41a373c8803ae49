"""Site-years of a river observatory: raw values and the technician's labels, as columns."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rules.lines import Ints, Mask

FOLDER = Path(__file__).parents[3] / "shared" / "datasets" / "lro"
"""Beside the clone; nothing of it is copied into the project."""

SENSORS = ("temp", "cond", "ph", "do", "turb")
SITE_YEARS = "*.csv.gz"
QUANTUM = 1000
"""Quanta in a unit: the files have three decimals at most."""

_NO_DATA = "-9999"
_GOOD = ("", "NULL")


@dataclass(frozen=True, slots=True)
class SiteYear:
    """One sensor at one site: every row of the file, in its order."""

    site: str
    sensor: str
    at: Ints  # seconds; the observatory's local time taken as UTC
    value: Ints  # quanta; meaningless where missing
    missing: Mask
    labelled: Mask  # by the technician, or missing


def site_years(folder: Path = FOLDER) -> Iterator[SiteYear]:
    """Every sensor of every site-year in a folder."""
    for path in sorted(folder.glob(SITE_YEARS)):
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
            rows = _distinct(csv.DictReader(lines))
        for sensor in SENSORS:
            yield _sensor(path.name.split(".")[0], sensor, rows)


def _distinct(rows: Iterator[dict[str, str]]) -> list[dict[str, str]]:
    """The rows by time; of two at one time, the first."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["datetime"], row)
    return [found[moment] for moment in sorted(found)]


def _sensor(site: str, sensor: str, rows: list[dict[str, str]]) -> SiteYear:
    raw = [row[sensor] for row in rows]
    absent = np.array([text in (*_GOOD, _NO_DATA) or float(text) == -9999 for text in raw])
    coded = np.array([row[f"{sensor}_qual"] not in _GOOD for row in rows])
    return SiteYear(
        site=site,
        sensor=sensor,
        at=np.array([_seconds(row["datetime"]) for row in rows], np.int64),
        value=np.array(
            [
                0 if gone else round(float(text) * QUANTUM)
                for text, gone in zip(raw, absent, strict=True)
            ],
            np.int64,
        ),
        missing=absent,
        labelled=absent | coded,
    )


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
