"""A day of two officers and an investor, from the exceedance to the printed page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rules.days import rfc3339
from tests.cast import DAY0, HOUR, MINUTE
from tests.tolich.desk import CAMERA, PDF, Desk, desk, file, hourly
from tests.tolich.pages import compared, masked_text
from tests.tolich.test_outbox import Broker, emptied
from tolich.outbox import Outbox
from tolich.ports import Shape
from tolich.store.proof import verify_chain

NOON = 12 * HOUR


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, sampler=True) as found:
        yield found
        verify_chain(found.on.engine, lambda _: None)


def morning(of: Desk) -> str:
    """The COD is far over its limit all night; the day's exceedance is proven by the morning."""
    for hour in range(10):
        of.at((hour + 1) * HOUR, hourly(hour, [600]))
    return of.alert("exceedance", "day")


def played(of: Desk) -> tuple[str, list[Shape]]:
    """The whole day; returns the alert, and what the sampler was told."""
    alert = morning(of)
    broker = Broker()
    emptied(Outbox(of.on.record(of.pipeline), broker, "tolich/v1"))
    told = [json.loads(body) for topic, body in broker.sent if topic.endswith("MAU01/sampler")]

    of.at(10 * HOUR + 5 * MINUTE)
    of.act("an", alert, "acknowledge", text="Đã nhận, đang kiểm tra")
    of.at(10 * HOUR + 20 * MINUTE)
    deadline = rfc3339(DAY0 + 16 * HOUR)
    of.act(
        "an", alert, "request-explanation", text="Đề nghị giải trình nguyên nhân", deadline=deadline
    )
    of.at(11 * HOUR, hourly(10, [580]))
    of.act("operator", alert, "bottle", bottle="A-0117", taken_at=rfc3339(DAY0 + 10 * HOUR + 300))
    of.at(NOON, hourly(11, [90]))
    explained = of.act(
        "investor", alert, "explain", text="Sự cố máy thổi khí từ 22:00.\nĐã khắc phục lúc 11:00.",
        attachments=[file("C:\\giải trình.pdf", PDF)],
    )  # fmt: skip
    assert explained["work"]["explanation"]["answered_at"] == rfc3339(DAY0 + NOON)
    for hour in range(12, 15):
        of.at((hour + 1) * HOUR, hourly(hour, [60]))
    of.act(
        "an", alert, "lab-result", bottle="A-0117", parameter="COD", value=560, unit="mg/L",
        lab="Phòng thí nghiệm Mẫu", sheet="12/KQ", attachments=[file("phieu.pdf", PDF)],
    )  # fmt: skip
    of.at(15 * HOUR + 30 * MINUTE)
    of.act("an", alert, "close", text="Đã khắc phục, kết quả phù hợp")
    of.at(15 * HOUR + 40 * MINUTE)
    refused = of.refused("an", alert, "close", 403, text="Đóng")
    assert refused["roles"] == ["city_officer", "ward_officer"]
    assert "two different officers" in refused["detail"]
    of.refused("investor", alert, "close", 403, text="Đóng")
    of.at(16 * HOUR)
    of.act("binh", alert, "close", text="Đồng ý đóng")
    return alert, told


def test_a_day_runs_through_and_ends_closed(at_work: Desk) -> None:
    alert, told = played(at_work)
    (asked,) = told
    assert (asked["alert"], asked["station"], asked["parameter"]) == (alert, "MAU01", "COD")
    shape = at_work.get("investor", f"alerts/{alert}").json()
    assert asked["request"] == shape["actions"][0]["id"]
    assert (shape["state"], shape["work"]["state"]) == ("active", "closed")  # it goes on, settled
    assert [(one["act"], one["name"]) for one in shape["actions"]] == [
        ("request_sample", "tolich"),
        ("acknowledge", "Cán bộ An"),
        ("request_explanation", "Cán bộ An"),
        ("take_sample", "Vận hành Mẫu 01"),
        ("explain", "Chủ đầu tư Mẫu 01"),
        ("lab_result", "Cán bộ An"),
        ("close_first", "Cán bộ An"),
        ("close", "Cán bộ Bình"),
    ]
    times = shape["work"]["responses"]
    raised = times["raised_at"]
    assert times["received_at"] == rfc3339(DAY0 + 10 * HOUR + 5 * MINUTE)
    assert times["closed_at"] == rfc3339(DAY0 + 16 * HOUR)
    assert times["closed_after"] - times["received_after"] == 5 * HOUR + 55 * MINUTE
    assert times["explained_after"] == times["received_after"] + 115 * MINUTE
    assert raised < times["received_at"]
    assert at_work.get("an", "alerts?work=closed").json()["items"][0]["id"] == alert
    assert shape["camera"] == CAMERA


def test_the_lab_stands_beside_the_online_value(at_work: Desk) -> None:
    alert, _ = played(at_work)
    (sample,) = at_work.get("an", f"alerts/{alert}").json()["samples"]
    assert sample["bottle"] == "A-0117"
    assert sample["requested_at"] < sample["taken_at"]
    (result,) = sample["results"]
    assert (result["value"], result["online"]) == (560, 580)  # the mean of the hour from 10:00
    assert result["online_from"]["finding"].endswith(rfc3339(DAY0 + 10 * HOUR))
    assert result["deviation"] == round((580 - 560) / 560 * 100, 6)
    key = result["attachments"][0]["id"]
    got = at_work.get("investor", f"attachments/{key}")
    assert got.content == PDF
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert at_work.get("foreign", f"attachments/{key}").status_code == 404


class _Shown(HTMLParser):
    """The texts of a page, and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_it_ends_in_one_printed_page(at_work: Desk) -> None:
    alert, _ = played(at_work)
    at_work.act("binh", alert, "comment", text="<script>alert(1)</script> & hết")
    found = {}
    for lang in ("vi", "en"):
        path = f"alerts/{alert}/page?lang={lang}"
        text = at_work.get("binh", path, Accept="text/plain").text
        found[f"{lang}.txt"] = masked_text(text)
        page = at_work.get("binh", path)
        assert page.headers["content-type"].startswith("text/html")
        shown = _Shown()
        shown.feed(page.text)
        assert not shown.tags & {"script", "img", "link", "a", "iframe"}
        said = " ".join(" ".join(shown.texts).split())
        for line in text.splitlines():
            assert " ".join(line.split()) in said, line
    compared("days/officer_and_investor", found)


def test_others_see_nothing_of_it(at_work: Desk) -> None:
    alert = morning(at_work)
    for path in ("", "/actions", "/page", "/why"):
        assert at_work.get("foreign", f"alerts/{alert}{path}").status_code == 404
    at_work.refused("foreign", alert, "acknowledge", 404)
    seen = at_work.get("foreign", "alerts").json()["items"]  # MAU02 is silent all day
    assert {one["station"] for one in seen} == {"MAU02"}
    at_work.refused("viewer", alert, "acknowledge", 403)
