"""Acts on record: who is first, what is refused, what time does, and that the fold is the row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from rules.days import rfc3339
from rules.model import Refused
from rules.work import Act, WorkState, work
from tests.cast import DAY0, HOUR, MINUTE, Stage, transitions
from tests.stores import Kind
from tests.tolich.desk import (
    PDF,
    PEOPLE,
    PNG,
    Desk,
    desk,
    file,
    hourly,
    workbook,
)
from tolich.clock import StepClock
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Shape
from tolich.store.proof import Broken, verify_chain
from tolich.store.schema import action, alert_work, planned
from tolich.store.work import history, read_work
from tolich.working import Worker
from tolich.workports import Conflict, Deed, Forbidden
from tolich.worktimes import WorkTimes

NINE = 9 * HOUR


@pytest.fixture
def at_work(tmp_path: Path, either_store: Kind) -> Iterator[Desk]:
    """The hour from eight exceeded; it is nine and ten minutes."""
    with desk(tmp_path) as found:
        found.at(NINE + 10 * MINUTE, hourly(8, [140]))
        yield found
        verify_chain(found.on.engine, lambda _: None)


def early(of: Desk) -> str:
    """The early warning of the hour from eight."""
    return of.alert("exceedance", "hour")


def silent(of: Desk) -> str:
    """MAU01 has not been heard for hours."""
    of.at(13 * HOUR)
    return of.alert("silence")


def acts(of: Desk, alert: str) -> list[str]:
    """What was done about an alert, in order."""
    shape = of.on.reads(of.pipeline).alert(EVERYTHING, alert)
    assert shape is not None
    return [one["act"] for one in shape["actions"]]


def moment(seconds: int) -> str:
    return rfc3339(DAY0 + seconds)


# --- two at once --------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", [1, None], ids=["looked", "blind"])
def test_of_two_at_once_one_wins_and_the_other_hears_of_it(at_work: Desk, seen: int | None) -> None:
    alert, gate = early(at_work), Barrier(2)
    reads = [at_work.on.reads(at_work.pipeline) for _ in range(2)]
    workers = [Worker(at_work.on.taking(), one) for one in reads]

    def receive(number: int, who: str) -> Shape | Conflict | None:
        gate.wait()
        try:
            asked = Deed(alert, "acknowledge", text=who, seen=seen)
            return workers[number].act(PEOPLE[who], asked)
        except Conflict as why:
            return why

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(receive, (0, 1), ("an", "binh")))
    (lost,) = (one for one in answers if isinstance(one, Conflict))
    (won,) = (one for one in answers if isinstance(one, dict))
    name = won["actions"][0]["name"]
    assert lost.happened == [
        {"at": rfc3339(at_work.on.clock.now()), "what": "acknowledge", "by": name,
         "role": won["actions"][0]["role"]}
    ]  # fmt: skip
    assert acts(at_work, alert) == ["acknowledge"]


def test_a_conflict_says_what_happened_since_one_looked(at_work: Desk) -> None:
    alert = early(at_work)
    seen = at_work.get("an", f"alerts/{alert}").json()["work"]["revision"]
    at_work.act("investor", alert, "comment", text="đang kiểm tra")
    at_work.act("binh", alert, "acknowledge")
    problem = at_work.refused("an", alert, "close", 409, text="xong", seen=seen)
    assert problem["type"] == "/docs#problem-conflict"
    assert [(one["what"], one["by"]) for one in problem["happened"]] == [
        ("comment", "Chủ đầu tư Mẫu 01"), ("acknowledge", "Cán bộ Bình"),
    ]  # fmt: skip
    assert "Cán bộ Bình" in problem["detail"]
    assert problem["revision"] == seen + 2
    at_work.refused("an", alert, "close", 422, text="xong", seen=seen + 9)
    at_work.act("an", alert, "close", text="xong", seen=seen + 2)


def test_a_state_that_refuses_names_who_brought_it_there(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "close", text="đã xong")
    at_work.act("investor", alert, "comment", text="cảm ơn")
    problem = at_work.refused("binh", alert, "close", 409, text="đã xong")
    assert [(one["what"], one["by"]) for one in problem["happened"]] == [("close", "Cán bộ An")]
    assert problem["message"]["vi"] == "Cảnh báo đã đóng."


# --- time ---------------------------------------------------------------------------------------


def restarted(of: Desk) -> Pipeline:
    """A new writer on the same store, after however long."""
    pipeline = of.on.pipeline()
    for _ in range(3):
        pipeline.tick(None, fill=True)
    return pipeline


def test_a_shelf_ends_once_even_after_a_long_absence(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "shelve", text="chờ thay bơm", until=moment(11 * HOUR))
    at_work.at(11 * HOUR - 1)
    assert at_work.state(alert) == "shelved"
    at_work.on.clock.set(DAY0 + 20 * HOUR)
    for _ in range(2):
        restarted(at_work)
    assert acts(at_work, alert) == ["shelve", "shelf_over"]
    assert at_work.state(alert) == "unacknowledged"


def test_an_explanation_that_is_not_there_is_overdue_once(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "request-explanation", text="vì sao?", deadline=moment(12 * HOUR))
    for hour in (12, 14, 15):
        at_work.at(hour * HOUR)
    late = at_work.act("investor", alert, "explain", text="bơm hỏng")
    at_work.at(18 * HOUR)
    assert acts(at_work, alert) == ["request_explanation", "explanation_overdue", "explain"]
    asked = late["work"]["explanation"]
    assert (asked["overdue"], asked["answered_at"]) == (True, moment(15 * HOUR))


def test_a_reminder_opens_what_was_closed_while_it_went_on(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "close", text="đã rõ nguyên nhân")
    at_work.at(34 * HOUR)
    assert transitions(at_work.on.reads(at_work.pipeline), change="reminded", alert=alert)
    assert at_work.state(alert) == "unacknowledged"


def test_an_alert_that_ends_keeps_its_receipt(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "acknowledge")
    at_work.at(12 * HOUR, hourly(9, [50, 50, 50]))
    assert at_work.state(alert) == "returned"
    at_work.act("binh", alert, "close", text="đã hết")
    assert at_work.state(alert) == "closed"


# --- announced beforehand -----------------------------------------------------------------------


def announced(of: Desk, who: str = "operator", **more: Any) -> Any:
    """The answer to an announcement for MAU01 from ten to three."""
    usual = {
        "kind": "maintenance", "station": "MAU01", "start": moment(10 * HOUR),
        "end": moment(15 * HOUR), "reason": "thay cảm biến COD",
    }  # fmt: skip
    return of.post(who, "planned", **usual | more)


def test_what_is_raised_in_maintenance_is_marked_at_once(at_work: Desk) -> None:
    assert announced(at_work).status_code == 201
    at_work.pipeline.work_times.waiting = lambda *_: False  # type: ignore[method-assign]
    alert = silent(at_work)
    del at_work.pipeline.work_times.waiting
    raised, begun = history_of(at_work, alert)[:2]
    assert (raised["what"], begun["what"]) == ("raised", "maintenance_begun")
    assert at_work.state(alert) == "maintenance"  # though it climbed to critical meanwhile
    at_work.at(15 * HOUR + 1)
    assert at_work.state(alert) == "unacknowledged"
    assert acts(at_work, alert) == ["maintenance_begun", "maintenance_over"]


def history_of(of: Desk, alert: str) -> list[Shape]:
    """What happened to an alert, acts and changes."""
    with of.on.engine.connect() as connection:
        record = history(connection, int(alert[1:]))
    return [{"what": one.event.what.value, "at": one.event.at} for one in record]


def test_what_goes_on_when_maintenance_begins_is_marked_then_and_once(at_work: Desk) -> None:
    alert = silent(at_work)
    announced(at_work, start=moment(14 * HOUR), end=moment(16 * HOUR))
    at_work.at(14 * HOUR - 1)
    assert at_work.state(alert) == "unacknowledged"
    at_work.at(14 * HOUR)
    assert at_work.state(alert) == "maintenance"
    at_work.on.clock.set(DAY0 + 30 * HOUR)
    for _ in range(2):
        restarted(at_work)
    assert acts(at_work, alert) == ["maintenance_begun", "maintenance_over"]


def test_an_exceedance_is_never_held_but_noted(at_work: Desk) -> None:
    plan = announced(at_work, end=moment(14 * HOUR)).json()["id"]
    at_work.at(13 * HOUR, hourly(10, [150, 150]))
    shape = at_work.get("an", f"alerts/{early(at_work)}").json()
    assert (shape["work"]["state"], shape["work"]["in_maintenance"]) == ("unacknowledged", plan)
    assert shape["work"]["planned"] is None


def test_a_parameters_maintenance_is_about_that_parameter(at_work: Desk) -> None:
    announced(at_work, parameter="COD")
    assert at_work.state(silent(at_work)) == "unacknowledged"  # the whole station is silent


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start": moment(NINE)}, "start"),
        ({"end": None}, "end"),
        ({"end": moment(10 * HOUR)}, "end"),
        ({"end": moment(40 * 24 * HOUR)}, "end"),
        ({"station": "MAU02"}, "station"),
        ({"station": "MAU09"}, "station"),
        ({"parameter": "Kod"}, "parameter"),
        ({"reason": "  x "}, "reason"),
    ],
)
def test_an_announcement_is_checked(at_work: Desk, wrong: dict[str, Any], field: str) -> None:
    answer = announced(at_work, **wrong)
    assert answer.status_code == 422
    assert [one["name"] for one in answer.json()["errors"]] == [field]


def test_maintenance_is_ended_early_or_taken_back_by_a_row_of_its_own(at_work: Desk) -> None:
    first, second = (announced(at_work).json()["id"] for _ in range(2))
    back = at_work.post("operator", f"planned/{second}/cancel", reason="nhầm trạm").json()
    assert (back["state"], back["ended"]["reason"]) == ("cancelled", "nhầm trạm")
    alert = silent(at_work)
    assert at_work.get("an", "planned").json()["items"][1]["state"] == "under_way"
    ended = at_work.post("an", f"planned/{first}/cancel", reason="xong sớm").json()
    assert (ended["state"], ended["ends"]) == ("over", moment(13 * HOUR))
    at_work.at(13 * HOUR)
    assert at_work.state(alert) == "unacknowledged"
    again = at_work.post("an", f"planned/{first}/cancel", reason="xong sớm")
    assert again.status_code == 409
    assert again.json()["happened"][0]["by"] == "Cán bộ An"
    with at_work.on.engine.connect() as connection:
        assert len(connection.execute(select(planned.c.id)).all()) == 4


def test_a_foreign_announcement_does_not_exist(at_work: Desk) -> None:
    plan = announced(at_work).json()["id"]
    assert at_work.get("foreign", "planned").json()["items"] == []
    assert at_work.post("foreign", f"planned/{plan}/cancel", reason="xxx").status_code == 404


def test_out_of_service_is_for_officers_with_a_document(at_work: Desk) -> None:
    out = {"kind": "out_of_service", "end": None}
    assert announced(at_work, "operator", **out, document="12/QĐ").status_code == 403
    missing = announced(at_work, "an", **out)
    assert [one["name"] for one in missing.json()["errors"]] == ["document"]
    assert announced(at_work, "an", **out, document="12/QĐ").status_code == 201
    announced(at_work)
    alert = silent(at_work)
    assert at_work.state(alert) == "out_of_service"  # before maintenance
    cancel = at_work.post("operator", "planned/1/cancel", reason="trạm chạy lại")
    assert cancel.status_code == 403
    at_work.post("an", "planned/1/cancel", reason="trạm chạy lại")
    at_work.at(13 * HOUR)
    assert at_work.state(alert) == "maintenance"
    told = ["out_of_service_begun", "out_of_service_over", "maintenance_begun"]
    assert acts(at_work, alert) == told


# --- samples ------------------------------------------------------------------------------------


def test_only_a_suspected_exceedance_that_goes_on_asks_the_sampler(tmp_path: Path) -> None:
    with desk(tmp_path, sampler=True) as of:
        of.at(10 * HOUR, hourly(8, [600, 600]))
        assert acts(of, early(of)) == []
        for hour in range(10, 16):
            of.at((hour + 1) * HOUR, hourly(hour, [600]))
        day = of.alert("exceedance", "day")
        for _ in range(2):
            restarted(of)
        assert acts(of, day) == ["request_sample"]


def test_of_what_was_over_before_it_was_raised_no_sample_is_asked(tmp_path: Path) -> None:
    """Three days in one delivery: one far over the limit, two within it."""
    with desk(tmp_path, sampler=True) as of:
        of.at(73 * HOUR, hourly(0, [600] * 24 + [50] * 48))
        assert acts(of, of.alert("exceedance", "day")) == []


def test_without_a_sampler_somebody_asks_by_hand(at_work: Desk) -> None:
    alert = early(at_work)
    shape = at_work.act("an", alert, "sample")
    assert shape["actions"][-1]["body"]["sampler"] is False
    assert shape["samples"] == [
        {"bottle": None, "requested_at": moment(NINE + 600), "taken_at": None, "results": []}
    ]


def test_the_nearest_reading_stands_in_and_units_are_converted(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "bottle", bottle="B1", taken_at=moment(NINE))
    said = {"bottle": "B1", "parameter": "COD", "lab": "PTN", "sheet": "7"}
    shape = at_work.act("an", alert, "lab-result", **said, value=0.16, unit="g/L")
    (sample,) = shape["samples"]
    (result,) = sample["results"]
    assert sample["requested_at"] is None
    assert result["online"] == 0.14  # g/L, of the reading at 08:00
    assert result["online_from"] == {"kind": "reading", "observed_at": moment(8 * HOUR)}
    assert result["deviation"] == -12.5
    nought = at_work.act("an", alert, "lab-result", **said, value=0)
    assert nought["samples"][0]["results"][1]["deviation"] is None


def test_what_a_laboratory_found_is_checked(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.act("an", alert, "bottle", bottle="B-17", taken_at=moment(NINE))
    good = {"bottle": "B-17", "parameter": "COD", "value": 1, "lab": "PTN", "sheet": "7"}
    for wrong, field in (
        ({"bottle": "B-71"}, "bottle"), ({"parameter": "TSS"}, "parameter"),
        ({"unit": "kg"}, "unit"), ({"value": -1}, "value"), ({"lab": " "}, "lab"),
    ):  # fmt: skip
        problem = at_work.refused("an", alert, "lab-result", 422, **good | wrong)
        assert [one["name"] for one in problem["errors"]] == [field], wrong
    again = at_work.refused("an", alert, "bottle", 422, bottle="B-17", taken_at=moment(NINE))
    assert "each bottle once" in again["detail"]
    at_work.refused("an", alert, "bottle", 422, bottle="B2", taken_at=moment(11 * HOUR))


# --- files --------------------------------------------------------------------------------------


def test_files_are_known_by_their_content(at_work: Desk) -> None:
    alert = early(at_work)
    sent = [
        file("bảng.exe", workbook()), file("a.txt", PNG), file("b", PDF),
        file("c", b"\xff\xd8\xff\xe0"), file("../d", b"RIFF____WEBPVP8 "),
    ]  # fmt: skip
    shape = at_work.act("investor", alert, "explain", text="xem tệp", attachments=sent)
    kept = shape["actions"][-1]["body"]["attachments"]
    assert [one["media_type"].rpartition("/")[2][:4] for one in kept] == [
        "vnd.", "png", "pdf", "jpeg", "webp",
    ]  # fmt: skip
    assert [one["name"] for one in kept] == ["bảng.exe", "a.txt", "b", "c", "d"]
    got = at_work.get("an", f"attachments/{kept[0]['id']}")
    assert got.content == workbook()
    assert "b%E1%BA%A3ng.exe" in got.headers["content-disposition"]
    assert at_work.get("an", "attachments/99").status_code == 404


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([file("a.pdf", b"MZ\x90 not a pdf")], 415),
        ([file("a.xlsx", b"PK\x03\x04 not a zip")], 415),
        ([file("a.xlsx", workbook(macros=True))], 415),
        ([file("a.svg", b"<svg onload='x'/>")], 415),
        ([file("a.pdf", PDF)] * 6, 413),
        ([file("a.pdf", PDF + bytes(10 * 1024 * 1024))], 413),
        ([{"name": "a.pdf", "content": "%%%"}], 422),
    ],
)
def test_other_files_are_refused_and_nothing_is_kept(
    at_work: Desk, files: list[dict[str, str]], status: int
) -> None:
    alert = early(at_work)
    at_work.refused("investor", alert, "explain", status, text="xem tệp", attachments=files)
    assert acts(at_work, alert) == []


# --- what is refused ----------------------------------------------------------------------------


def test_shelves_are_boxed_in_time(at_work: Desk) -> None:
    alert = silent(at_work)
    now = 13 * HOUR
    day = 24 * HOUR
    for who, until in (("operator", now + day + 1), ("an", now + 7 * day + 1), ("an", now)):
        problem = at_work.refused(who, alert, "shelve", 422, text="chờ bơm", until=moment(until))
        assert [one["name"] for one in problem["errors"]] == ["until"]
    at_work.act("operator", alert, "shelve", text="chờ bơm", until=moment(now + day))
    at_work.act("an", alert, "shelve", text="chờ bơm", until=moment(now + 7 * day))
    at_work.act("operator", alert, "unshelve")
    why = at_work.refused(
        "operator", early(at_work), "shelve", 403, text="chờ bơm", until=moment(now + 60)
    )
    assert why["roles"] == ["city_officer", "ward_officer"]


def test_why_has_to_be_said(at_work: Desk) -> None:
    alert = early(at_work)
    for act in ("comment", "close"):
        problem = at_work.refused("an", alert, act, 422, text="  a ")
        assert [one["name"] for one in problem["errors"]] == ["text"]
    problem = at_work.refused("an", alert, "comment", 422, text="abc", txt="abc")
    assert "did you mean 'text'" in problem["detail"]
    assert acts(at_work, alert) == []


def test_a_withdrawn_alert_takes_comments_only(at_work: Desk) -> None:
    """An officer decides that the exceeding readings do not count."""
    alert = early(at_work)
    said = {"station": "MAU01", "parameter": "COD", "act": "exclude", "reason": "máy đứng"}
    sent = at_work.post(
        "an", "amendments", **said, **{"from": moment(8 * HOUR), "to": moment(NINE)}
    )
    assert sent.status_code == 201, sent.text
    at_work.at(NINE + 20 * MINUTE)
    assert at_work.state(alert) == "withdrawn"
    at_work.refused("an", alert, "acknowledge", 409)
    at_work.act("an", alert, "comment", text="đã loại số liệu")


# --- the record ---------------------------------------------------------------------------------


DEEDS = st.tuples(
    st.sampled_from(sorted(PEOPLE)),
    st.sampled_from([str(act) for act in Act if act is not Act.CLOSE_FIRST]),
    st.booleans(),
)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an early warning and a day's exceedance that go on."""
    folder = tmp_path_factory.mktemp("begun")
    with desk(folder) as of:
        for hour in range(8, 14):
            of.at((hour + 1) * HOUR, hourly(hour, [700]))
    return folder


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEEDS, max_size=10))
def test_the_fold_of_the_record_is_the_row(
    begun: Path, tmp_path: Path, deeds: list[tuple[str, str, bool]]
) -> None:
    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
    shutil.copytree(begun, tmp_path / "copy")
    on = Stage(tmp_path / "copy", StepClock(DAY0 + 14 * HOUR))
    pipeline = on.pipeline()
    worker = Worker(pipeline, on.reads(pipeline))
    for number, (who, act, second) in enumerate(deeds):
        on.clock.set(DAY0 + (14 + number) * HOUR)
        attempted(worker, who, act, "A2" if second else "A1", on.clock.now())
        pipeline.tick(DAY0 + 14 * HOUR, fill=True)
    with on.engine.connect() as connection:
        for row in connection.execute(select(alert_work)).mappings():
            found = work(one.event for one in history(connection, row["alert"]))
            assert found == read_work(row["body"])
            assert found is not None
            assert (row["state"], found.state) == (found.state.value, WorkState(row["state"]))
    verify_chain(on.engine, lambda _: None)
    on.close()


def attempted(worker: Worker, who: str, act: str, alert: str, now: int) -> None:
    """Somebody tries to do something; it may be refused."""
    asked = Deed(
        alert, act, text="đã kiểm tra", until=now + 2 * HOUR, deadline=now + 2 * HOUR,
        bottle=f"B{now}", taken_at=now, parameter="COD", value=None,
    )  # fmt: skip
    try:
        worker.act(PEOPLE[who], asked)
    except (Conflict, Forbidden, Refused):
        return


def test_alerts_from_before_there_was_work_are_noted(at_work: Desk) -> None:
    """A store that was upgraded: where its alerts stand is folded from their transitions."""
    alert = early(at_work)
    with at_work.on.engine.begin() as connection:
        connection.execute(delete(alert_work))
    assert at_work.state(alert) == "unacknowledged"
    restarted(at_work)
    with at_work.on.engine.connect() as connection:
        states = set(connection.execute(select(alert_work.c.state)).scalars())
    assert states == {"unacknowledged"}
    assert at_work.get("an", "alerts?work=unacknowledged").json()["items"]


def test_lists_are_filtered_by_work_now_and_then(at_work: Desk) -> None:
    alert = early(at_work)
    at_work.at(10 * HOUR)
    at_work.act("an", alert, "acknowledge")
    at_work.at(11 * HOUR)

    def listed(query: str) -> list[str]:
        items = at_work.get("an", f"alerts?kind=exceedance&{query}").json()["items"]
        return [one["work"]["state"] for one in items if one["id"] == alert]

    assert listed("work=acknowledged") == ["acknowledged"]
    assert listed("work=unacknowledged") == []
    then = f"as_of={moment(9 * HOUR + 30 * MINUTE).replace('+', '%2B')}"
    assert listed(then) == ["unacknowledged"]
    assert listed(f"work=unacknowledged&{then}") == ["unacknowledged"]
    assert listed(f"work=acknowledged&{then}") == []


@pytest.mark.parametrize("spoil", [{"name": "Ai đó"}, {"body": "{}"}, {"at": 5}])
def test_a_changed_act_breaks_the_proof(at_work: Desk, spoil: dict[str, Any]) -> None:
    at_work.act("an", early(at_work), "comment", text="đã kiểm tra")
    with at_work.on.engine.connect() as connection:
        kept = {key: connection.execute(select(action.c[key])).scalar() for key in spoil}
    for values, breaks in ((spoil, True), (kept, False)):
        with at_work.on.engine.begin() as connection:
            connection.execute(update(action).values(**values))
        if breaks:
            with pytest.raises(Broken, match="action"):
                verify_chain(at_work.on.engine, lambda _: None)


def test_looking_for_what_is_due_writes_nothing_when_nothing_is(at_work: Desk) -> None:
    at_work.at(NINE + 20 * MINUTE)
    times, register = WorkTimes(at_work.on.engine), at_work.on.registered().register
    assert not times.waiting(register, at_work.on.clock.now(), 5)
    at_work.act("an", early(at_work), "shelve", text="chờ bơm", until=moment(10 * HOUR))
    assert not times.waiting(register, at_work.on.clock.now(), 6)
    assert times.waiting(register, DAY0 + 10 * HOUR, 6)
