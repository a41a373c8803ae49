"""Every reason a finding can have, explained by the whole product as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from rules.judge import Sheet
from rules.model import Reason
from tests.cast import (
    DAY0,
    DAY1,
    HOUR,
    Said,
    Stage,
    cast_register,
    message,
    name_of,
    permit,
    run_of,
    stage,
    station,
)
from tests.tolich.pages import Play, compared, kept, pages
from tolich.amending import Amender
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Amend, Delivery
from tolich.settle import Settler

EIGHT, NINE = 8 * HOUR, 9 * HOUR


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    of = stage(tmp_path, DAY0)
    yield of
    of.close()


def played(
    of: Stage, told: list[Delivery], parameter: str = "COD", *, where: str = "MAU01",
    period: str = "hour", start: int = EIGHT, now: int = DAY0 + NINE + 900,
) -> tuple[Pipeline, str]:  # fmt: skip
    """Everything told and looked at `now`; the finding that is asked about."""
    pipeline = of.pipeline()
    of.clock.set(now)
    pipeline.submit(told)
    pipeline.tick(DAY0, fill=True)
    return pipeline, f"/findings/{name_of(where, parameter, period, start)}"


def hour(*values: float, parameter: str = "COD") -> Play:
    """An hour of MAU01 with these values."""
    return lambda on: played(on, run_of("MAU01", parameter, EIGHT, values), parameter)


def by_regulation(on: Stage) -> tuple[Pipeline, str]:
    """The permit names a regulation, a column and its factors."""
    register = cast_register()
    register["permits"]["gp-01"] = permit(
        "mau-01", "01/GP", "2026-01-01", {},
        regulation={
            "id": "QCVN 40:2011/BTNMT", "column": "B", "factors": {"Kq": 0.9, "Kf": 1.1},
            "factors_apply_to": ["COD"], "page": "4",
        },
    )  # fmt: skip
    on.enter(register)
    return played(on, run_of("MAU01", "COD", EIGHT, [110, 115, 120, 122]))


def ph_day(on: Stage) -> tuple[Pipeline, str]:
    """A day of pH in which one hour lay outside."""
    told = run_of("MAU01", "pH", 0, [7.2] * 56 + [9.5] * 4 + [7.4] * 36)
    return played(on, told, "pH", period="day", start=0, now=DAY1 + 900)


def proven(on: Stage) -> tuple[Pipeline, str]:
    """So much by nine that the rest of the day cannot make up for it."""
    told = run_of("MAU01", "COD", EIGHT, [3000, 3200, 3100, 2900])
    return played(on, told, period="day", start=0)


def still_open(on: Stage) -> tuple[Pipeline, str]:
    return played(on, run_of("MAU01", "COD", EIGHT, [50, 60]), now=DAY0 + EIGHT + 1800)


def nothing_came(on: Stage) -> tuple[Pipeline, str]:
    return played(on, run_of("MAU01", "COD", EIGHT - HOUR, [50] * 4))


def set_aside(on: Stage) -> tuple[Pipeline, str]:
    """Calibrating, a device error and an unknown status beside what was measured."""
    told = [
        message("MAU01", Said("COD", EIGHT, 50)),
        message("MAU01", Said("COD", EIGHT + 900, 55)),
        message("MAU01", Said("COD", EIGHT + 1800, 80, "01")),
        message("MAU01", Said("COD", EIGHT + 2700, 0, "02")),
    ]
    return played(on, told)


def two_values(on: Stage) -> tuple[Pipeline, str]:
    """Each instant told twice, and the outcome depends on which is right."""
    told = [*run_of("MAU01", "COD", EIGHT, [60] * 4), *run_of("MAU01", "COD", EIGHT, [140] * 4)]
    return played(on, told)


def no_limit(on: Stage) -> tuple[Pipeline, str]:
    told = run_of("MAU03", "NH4", EIGHT, [5.0, 5.5, 6.0, 5.2])
    return played(on, told, "NH4", where="MAU03")


def no_permit(on: Stage) -> tuple[Pipeline, str]:
    """The first permit begins the day after."""
    register = cast_register()
    register["permits"]["gp-01"]["from"] = "2026-03-11"
    on.enter(register)
    return played(on, run_of("MAU01", "COD", EIGHT, [50] * 4))


def no_discharge(on: Stage) -> tuple[Pipeline, str]:
    told = run_of("MAU03", "COD", EIGHT, [150] * 4) + run_of("MAU03", "FlowOut", EIGHT, [0.1] * 4)
    return played(on, told, where="MAU03")


def failing(*_: Any) -> list[Sheet]:
    """A judgement with a mistake in it."""
    raise IndexError("a mistake of ours")


def broken(on: Stage) -> tuple[Pipeline, str]:
    pipeline = on.pipeline()
    pipeline.settler = Settler(pipeline.registered, pipeline.series, judging=failing)
    on.clock.set(DAY0 + NINE + 900)
    with capture_logs():  # nobody prints the traceback of a planted mistake
        pipeline.submit(run_of("MAU01", "COD", EIGHT, [50] * 4))
        pipeline.tick(DAY0, fill=True)
    return pipeline, f"/findings/{name_of('MAU01', 'COD', 'hour', EIGHT)}"


def checked(on: Stage) -> tuple[Pipeline, str]:
    """A spike, a value beyond the instrument, and hours of one value, with the checks on."""
    of = station("mau-01", ["COD"])
    of["series"] = {"COD": {"high": 500}}
    on.enter({"schema": 1, "stations": {"MAU01": of}})
    lively = [60 + (n * 7 % 5) + n % 3 / 2 for n in range(96)]
    lively[20], lively[30] = 480, 900
    lively[48:80] = [64.0] * 32
    told = run_of("MAU01", "COD", 0, lively)
    return played(on, told, period="day", start=0, now=DAY1 + HOUR)


def amended(on: Stage) -> tuple[Pipeline, str]:
    """Excluded, corrected, confirmed; and one decision was taken back."""
    told = run_of("MAU01", "COD", EIGHT, [150, 150, 70])
    told += [
        message("MAU01", Said("COD", EIGHT + 60, 130)),
        message("MAU01", Said("COD", EIGHT + 2700, 80, "02")),
    ]
    pipeline, path = played(on, told)
    amender, begin = Amender(pipeline), DAY0 + EIGHT
    who, why = "Phòng Giám sát (mẫu)", "Biên bản kiểm tra 07 (mẫu)"
    for ask in (
        Amend("MAU01", "COD", "exclude", who, why, begin, begin + 1),
        Amend("MAU01", "COD", "value", who, why, begin + 60, begin + 61, Decimal(72)),
        Amend("MAU01", "COD", "value", who, why, begin + 900, begin + 901, Decimal(75)),
        Amend("MAU01", "COD", "exclude", who, why, begin + 1800, begin + 1801),
        Amend("MAU01", "COD", "reverse", who, "Nhầm thời điểm (mẫu)", reverses=4),
        Amend("MAU01", "COD", "confirm", who, why, begin + 2700, begin + 2701),
    ):
        amender.amend(EVERYTHING, ask)
    pipeline.tick(DAY0, fill=True)
    return pipeline, path


def load(on: Stage) -> tuple[Pipeline, str]:
    """Hourly readings of both parts; of the flow one calibrating, of COD one missing."""
    register = cast_register()
    register["stations"] = {"MAU01": station("mau-01", ["COD", "FlowOut"], interval=3600)}
    register["permits"]["gp-01"] |= {"loads": {"COD": {"max": 30, "page": "4"}}}
    on.enter(register)
    told = [message("MAU01", Said("COD", n * HOUR, 60)) for n in range(24) if n != 5]
    told += [
        message("MAU01", Said("FlowOut", n * HOUR, 25, "01" if n == 9 else "00")) for n in range(24)
    ]
    return played(on, told, "COD_load", period="day", start=0, now=DAY1 + 900)


KINDS: Mapping[str, Play] = {
    "within_limit": hour(50, 60.5, 70, 80),
    "within_limit_by_regulation": by_regulation,
    "near_limit": hour(95, 96, 97, 95),
    "above_limit": hour(100, 100, 100, 100.1),
    "below_limit": hour(5.4, 5.5, 5.6, 5.5, parameter="pH"),
    "hour_outside": ph_day,
    "proven": proven,
    "period_open": still_open,
    "no_data": nothing_came,
    "insufficient_data": set_aside,
    "contested": two_values,
    "limit_missing": no_limit,
    "no_permit": no_permit,
    "no_discharge": no_discharge,
    "internal_error": broken,
    "above_limit_load": load,
    "within_limit_checked": checked,
    "within_limit_amended": amended,
}
REASONS = {name: next(r for r in Reason if name.startswith(r)) for name in KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_a_finding_is_explained_on_one_page(name: str, on: Stage) -> None:
    found = pages(on, *KINDS[name](on))
    why = json.loads(found["json"])
    assert why["finding"]["reason"] == REASONS[name]
    compared(f"findings/{name}", found)


def test_every_reason_has_its_pages_and_none_is_left_over() -> None:
    assert set(REASONS.values()) == set(Reason)
    assert kept("findings") == set(KINDS)
