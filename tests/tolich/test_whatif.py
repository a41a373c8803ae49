"""What if: the same history under other permits, beside today's verdicts, through the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.checks import Checks, Gap, Spike
from rules.days import DAY_SECONDS
from rules.model import Refused
from rules.terms import TermsBook
from tests.cast import (
    DAY0,
    DAY2,
    HOUR,
    REGULATIONS,
    Said,
    Stage,
    cast_register,
    copied,
    findings,
    hours_of,
    message,
    name_of,
    run_of,
    stage,
)
from tolich.amending import Amender
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Amend, Scope, Shape
from tolich.store import stretches
from tolich.store.stretches import read_stretch

EVERY = {"stations": ["MAU01", "MAU02", "MAU03"], "from": "2026-03-10", "to": "2026-03-12"}
ONE = {"stations": ["MAU01"], "from": "2026-03-10", "to": "2026-03-11"}
COD_AND_PH = {"limits": {"COD": {"max": 100}, "pH": {"min": 6, "max": 9}}}
DAY = name_of("MAU01", "COD", "day", 0)
OUTCOMES = ("compliant", "near", "exceeded", "not_assessable", "not_applicable")


def filled(on: Stage) -> Pipeline:
    """Two days and an hour: MAU01 at 80 and then at 120, MAU02 at 70, MAU03 dry at first."""
    pipeline = on.pipeline()
    on.clock.set(DAY2 + HOUR)
    sent = hours_of("MAU01", "COD", 0, [80.0] * 20 + [120.0] * 24)
    sent += hours_of("MAU01", "pH", 0, [7.0] * 9 + [5.5] + [7.0] * 38)
    sent += run_of("MAU01", "COD", 44 * HOUR, [60.0] * 8, "01")
    sent += [message("MAU01", Said("COD", 900, 81.0), received=DAY2)]
    sent += hours_of("MAU02", "COD", 900, [70.0] * 48)
    sent += hours_of("MAU03", "COD", 0, [130.0] * 48) + hours_of("MAU03", "NH4", 0, [9.0] * 30)
    sent += hours_of("MAU03", "FlowOut", 0, [0.0] * 12 + [30.0] * 36)
    pipeline.submit(sent)
    pipeline.tick(None, fill=True)
    return pipeline


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    of = stage(tmp_path_factory.mktemp("lived"))
    filled(of)
    yield of
    of.close()


def asked(on: Stage, question: Mapping[str, Any], scope: Scope = EVERYTHING) -> list[Shape]:
    """Every line of an answer."""
    comparing = on.reads(on.pipeline()).what_if(scope, question)
    return [line for lines in comparing.lines for line in lines]


def parted(lines: list[Shape]) -> tuple[dict[str, Shape], Shape]:
    """The differences by id, and the result."""
    found = {one["difference"]["id"]: one["difference"] for one in lines if "difference" in one}
    (result,) = [one["result"] for one in lines if "result" in one]
    return found, result


def counted(on: Stage) -> dict[tuple[str, str, str], Counter[str]]:
    """Final findings on record by series, period and outcome."""
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for one in findings(on.reads(on.pipeline()), final=True):
        key = (one["station"], one["parameter"], one["period"])
        found.setdefault(key, Counter())[one["outcome"]] += 1
    return found


def sides(result: Shape, side: str) -> dict[tuple[str, str, str], Counter[str]]:
    """One side of a result as `counted` gives the record."""
    return {
        (one["station"], one["parameter"], one["period"]): +Counter(one[side])
        for one in result["series"]
    }


def own_permit(station: str) -> dict[str, Any]:
    """The permit of a plant of the cast as a question says it."""
    register = cast_register()
    plant = register["stations"][station]["plant"]
    typed = next(one for one in register["permits"].values() if one["plant"] == plant)
    return {key: value for key, value in typed.items() if key != "plant"}


@pytest.mark.parametrize("station", ["MAU01", "MAU03"])
def test_the_same_permit_changes_nothing_and_today_is_what_is_on_record(
    station: str, lived: Stage
) -> None:
    question = EVERY | {"stations": [station], "permit": own_permit(station)}
    differences, result = parted(asked(lived, question))
    assert differences == {}
    recorded = {key: found for key, found in counted(lived).items() if key[0] == station}
    assert recorded
    assert sides(result, "today") == sides(result, "what_if") == recorded


@settings(max_examples=8)
@given(
    values=st.lists(st.sampled_from([0.0, 59.9, 90.0, 100.0, 100.1, 2000.0]), min_size=1),
    statuses=st.lists(st.sampled_from(["00", "00", "00", "01", "02", "77"]), min_size=1),
    longest=st.integers(1, 3),
)
def test_whatever_came_the_same_permit_changes_nothing(
    values: list[float], statuses: list[str], longest: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on = stage(tmp_path_factory.mktemp("whatever"), DAY2 + HOUR)
    pipeline = on.pipeline()
    pipeline.submit(
        [
            message(
                "MAU01",
                Said("COD", n * 900, values[n % len(values)], statuses[n % len(statuses)]),
                Said("pH", n * 900, 6 + n % 3),
            )
            for n in range(5, 150)
        ]
    )
    pipeline.tick(None, fill=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stretches, "LONGEST", longest)
        differences, result = parted(
            asked(on, EVERY | {"permit": own_permit("MAU01"), "stations": ["MAU01"]})
        )
    recorded = counted(on)
    on.close()
    assert differences == {}
    assert sides(result, "today") == sides(result, "what_if") == recorded


def test_a_stricter_limit_names_the_hours_and_days_that_would_have_exceeded(lived: Stage) -> None:
    permit = {"limits": {"COD": {"max": 75}, "pH": {"min": 6, "max": 9}}}
    lines = asked(lived, ONE | {"permit": permit})
    differences, result = parted(lines)
    hours = [one for one in differences.values() if one["period"] == "hour"]
    assert len(hours) == 20
    assert {(one["today"]["outcome"], one["what_if"]["outcome"]) for one in hours} == {
        ("compliant", "exceeded")
    }
    assert differences[DAY]["today"]["outcome"] == "compliant"
    then = differences[DAY]["what_if"]
    assert (then["outcome"], then["reason"], then["limit"]["high"]) == (
        "exceeded",
        "above_limit",
        75,
    )
    assert then["mean"] == differences[DAY]["today"]["mean"]
    assert result["periods"]["hour"]["today"]["exceeded"] == 24 + 1
    assert result["periods"]["hour"]["what_if"]["exceeded"] == 44 + 1
    assert result["periods"]["day"]["differing"] == 1
    assert result["station_days"] == 2
    assert lines[-2] == {"progress": {"done": 2, "total": 2}}


def test_another_completeness_makes_a_day_assessable(lived: Stage) -> None:
    loose = COD_AND_PH | {"completeness": 0.5}
    strict = COD_AND_PH | {"completeness": 0.95}
    second = name_of("MAU01", "COD", "day", DAY_SECONDS)
    assert second not in parted(asked(lived, ONE | {"permit": loose}))[0]
    then = parted(asked(lived, ONE | {"permit": strict}))[0][second]
    assert (then["today"]["outcome"], then["what_if"]["reason"]) == (
        "exceeded",
        "insufficient_data",
    )


def test_a_regulation_takes_the_place_of_the_limits_and_the_rest_stays(lived: Stage) -> None:
    column = {"id": "QCVN 40:2011/BTNMT", "column": "A", "factors": {"Kq": 1, "Kf": 1}}
    question = EVERY | {"stations": ["MAU03"]}
    strict = question | {"regulation": column | {"factors_apply_to": ["COD"]}}
    loose = question | {"regulation": column | {"column": "B", "factors_apply_to": ["COD"]}}
    found, result = parted(asked(lived, strict))
    ammonium = found[name_of("MAU03", "NH4", "day", 0)]
    assert ammonium["today"]["reason"] == "limit_missing"
    assert (ammonium["what_if"]["outcome"], ammonium["what_if"]["limit"]["high"]) == ("exceeded", 5)
    assert "QCVN 40:2011/BTNMT, cột A" in ammonium["what_if"]["limit"]["citation"]
    (cod,) = [
        one for one in result["series"] if (one["parameter"], one["period"]) == ("COD", "hour")
    ]
    assert cod["what_if"]["not_applicable"] == cod["today"]["not_applicable"] == 12  # still dry
    assert (cod["what_if"]["exceeded"], cod["today"]["exceeded"]) == (36, 36)
    (cod,) = [
        one
        for one in parted(asked(lived, loose))[1]["series"]
        if (one["parameter"], one["period"]) == ("COD", "hour")
    ]
    assert (cod["what_if"]["compliant"], cod["what_if"]["exceeded"]) == (36, 0)


def test_a_permit_that_begins_later_leaves_a_gap(lived: Stage) -> None:
    question = ONE | {"permit": COD_AND_PH | {"from": "2026-03-11"}}
    found, result = parted(asked(lived, question))
    assert found[DAY]["what_if"] | {"limit": None} == {
        "outcome": "not_applicable", "reason": "no_permit", "mean": found[DAY]["today"]["mean"],
        "unit": "mg/L", "limit": None,
    }  # fmt: skip
    assert not any(one["start"].startswith("2026-03-11") for one in found.values())
    assert result["periods"]["day"]["what_if"]["not_applicable"] == 2


def test_a_permit_change_on_the_way_is_undone(lived: Stage) -> None:
    """MAU02's limit falls from 100 to 60 at a midnight; one permit of 100 would bind on."""
    limits = {"COD": {"max": 100}, "TSS": {"max": 50}}
    question = EVERY | {"clusters": ["ccn-mau-02"], "permit": {"limits": limits}}
    del question["stations"]
    found, _ = parted(asked(lived, question))
    assert {one["start"][:10] for one in found.values()} == {"2026-03-11"}
    assert found[name_of("MAU02", "COD", "day", DAY_SECONDS)]["today"]["limit"]["high"] == 60
    assert len(found) == 24 + 1


def test_days_before_the_first_reading_and_days_to_come_are_left_out(lived: Stage) -> None:
    question = {"stations": ["MAU01"], "from": "2020-01-01", "to": "2030-01-01"}
    comparing = lived.reads(lived.pipeline()).what_if(
        EVERYTHING, question | {"permit": own_permit("MAU01")}
    )
    assert comparing.station_days == 3
    early = question | {"to": "2026-03-09", "permit": COD_AND_PH}
    nothing, result = parted(asked(lived, early))
    assert (nothing, result) == ({}, {"station_days": 0, "periods": {}, "series": []})


def test_loads_and_volumes_are_supposed_too(lived: Stage) -> None:
    permit = own_permit("MAU03") | {
        "loads": {"COD": {"max": 30}},
        "volume": {"design_capacity": True},
    }
    found, result = parted(asked(lived, EVERY | {"stations": ["MAU03"], "permit": permit}))
    load = found["MAU03:COD_load:day:2026-03-11T00:00:00+07:00"]
    assert load["today"] is None
    assert (load["what_if"]["outcome"], load["what_if"]["mean"]) == ("exceeded", 93.6)  # 0.13 x 720
    volume = found["MAU03:Volume:day:2026-03-11T00:00:00+07:00"]["what_if"]
    assert (volume["mean"], volume["limit"]["high"]) == (720, 500)
    assert {one["parameter"] for one in found.values()} == {"COD_load", "Volume"}
    assert result["periods"]["day"]["differing"] == len(found) == 4


def test_what_an_officer_decided_holds_on_both_sides(lived: Stage, tmp_path: Path) -> None:
    on = copied(lived, tmp_path / "on")
    start, end = DAY0 + 24 * HOUR, DAY0 + 25 * HOUR
    author = "Phòng Giám sát (mẫu)"
    excluded = Amend("MAU01", "COD", "exclude", author, "súc rửa (mẫu)", start=start, end=end)
    Amender(on.taking()).amend(EVERYTHING, excluded)
    on.pipeline().tick(None, fill=True)
    permit = {"limits": {"COD": {"max": 200}, "pH": {"min": 6, "max": 9}}}
    found, result = parted(asked(on, ONE | {"permit": permit}))
    hours = [one for one in found.values() if one["period"] == "hour"]
    assert len(hours) == 24 - 1
    assert hours[0]["start"] == "2026-03-10T20:00:00+07:00"
    assert name_of("MAU01", "COD", "hour", DAY_SECONDS) not in found
    recorded = {key: of for key, of in counted(on).items() if key[0] == "MAU01"}
    assert {key: of["exceeded"] for key, of in sides(result, "today").items()} == {
        key: of["exceeded"] for key, of in recorded.items()
    }
    on.close()


def test_nothing_is_written(lived: Stage, tmp_path: Path) -> None:
    on = copied(lived, tmp_path / "on")
    with on.engine.connect() as connection:
        before = list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    asked(on, EVERY | {"permit": COD_AND_PH})
    with on.engine.connect() as connection:
        assert list(connection.connection.driver_connection.iterdump()) == before  # type: ignore[union-attr]
    on.close()


def test_a_step_holds_one_stretch_and_no_connection(
    lived: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "LONGEST", 1)
    comparing = lived.reads(lived.pipeline()).what_if(EVERYTHING, EVERY | {"permit": COD_AND_PH})
    steps = 0
    for lines in comparing.lines:
        assert lived.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        steps += any("progress" in line for line in lines)
    assert steps == 9


def test_a_stretch_reads_what_its_days_hold_one_by_one(lived: Stage) -> None:
    pipeline = lived.pipeline()
    terms = TermsBook(pipeline.registered.register, REGULATIONS).of("MAU02", DAY0)
    with lived.engine.connect() as connection:
        whole = read_stretch(connection, terms, pipeline.series, DAY0, 2)
    assert whole.row_line.tolist() == [0, 0, 1, 1]
    assert len(whole.at) == 48 * 4
    assert whole.at.max() == DAY2  # the time that closes the second day


def test_a_stretch_has_what_its_checks_look_at_before_and_after(lived: Stage) -> None:
    pipeline = lived.pipeline()
    checked = Checks(spike=Spike(), gap=Gap(2 * HOUR))
    book = TermsBook(pipeline.registered.register, REGULATIONS)
    terms = tuple(replace(of, checks=checked) for of in book.of("MAU01", DAY0))
    with lived.engine.connect() as connection:
        window = read_stretch(connection, terms, pipeline.series, DAY0 + DAY_SECONDS, 1)
        first = read_stretch(connection, terms, pipeline.series, DAY0, 1)
    assert window.at.min() == DAY0 + DAY_SECONDS - checked.reach
    assert first.at.max() == DAY0 + DAY_SECONDS + checked.ahead * 900


@pytest.mark.parametrize(
    ("scope", "question", "said"),
    [
        (EVERYTHING, {"stations": ["MAU9"]}, "no station 'MAU9' that you may see; did you mean"),
        (Scope(frozenset({"ccn-mau-02"})), {}, "no station 'MAU01' that you may see"),
        (Scope(frozenset({"ccn-mau-02"})), {"plants": ["mau-01"]}, "no plant 'mau-01'"),
    ],
)
def test_what_may_not_be_seen_is_as_absent_as_what_is_not_there(
    scope: Scope, question: dict[str, Any], said: str, lived: Stage
) -> None:
    with pytest.raises(Refused) as refused:
        asked(lived, ONE | {"permit": COD_AND_PH} | question, scope)
    assert said in str(refused.value)


def test_a_plant_is_asked_about_within_the_scope(lived: Stage) -> None:
    scope = Scope(plants=frozenset({"mau-01"}))
    question = {key: value for key, value in ONE.items() if key != "stations"}
    _, result = parted(asked(lived, question | {"plants": ["mau-01"], "permit": COD_AND_PH}, scope))
    assert {one["station"] for one in result["series"]} == {"MAU01"}
    assert set(OUTCOMES) == set(result["series"][0]["today"])
