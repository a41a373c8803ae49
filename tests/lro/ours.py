"""The quality checks of the product on a river, with the plan of `plan.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rules.checks import Checks
from rules.lines import Lines, Mask
from rules.model import Parameter, Series
from rules.parameters import load_parameters
from rules.quality import check
from tests.lro.readings import SiteYear
from tolich.yamlfile import parse_yaml

PLAN = Path(__file__).with_name("plan.yaml")
SENSORS = load_parameters(PLAN.name, parse_yaml(PLAN.read_text(encoding="utf-8"), PLAN.name))
INTERVAL = 900


@dataclass(frozen=True, slots=True)
class RiverPlan:
    """One sensor in the river as a line of the quality checks."""

    series: Series
    parameter: Parameter
    low: int
    high: int
    checks: Checks
    interval: int = INTERVAL
    stamp_ends: bool = False


def flagged(series: SiteYear) -> Mask:
    """Every row that fails, is suspect, lies outside the range, or is missing."""
    sensor = SENSORS[series.sensor]
    low, high = (int(sensor.quanta(bound)) for bound in (sensor.low, sensor.high))
    found = series.missing | (series.value < low) | (series.value > high)
    left = np.flatnonzero(~found)
    plan = RiverPlan(Series(series.site, sensor.key), sensor, low, high, sensor.checks)
    marks = check(
        Lines.of([plan]), np.zeros(len(left), np.int64), series.at[left], series.value[left]
    )
    found[left] = (marks.fail | marks.suspect) != 0
    return found
