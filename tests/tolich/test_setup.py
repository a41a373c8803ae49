"""Setting up by form, on a real store: from nothing to a judged reading, and every way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest

from tests.cast import DAY0, HOUR, Said, Stage, message, stage
from tests.stores import filled
from tests.tolich.office import NOON, LoggedIn, Office, controls, logged_in, opened, wrongs
from tolich.clock import StepClock
from tolich.ports import EVERYTHING, Delivery, FindingQuery
from tolich.registrar import Registrar
from tolich.store.database import migrate

CLUSTER = {"id": "ccn-mau-09", "name": "CCN Mẫu 09", "province": "hanoi", "ward": "Xã Mẫu 5"}
PLANT = {
    "id": "mau-09", "cluster": "ccn-mau-09", "name": "Nhà máy Mẫu 09", "capacity": "1200,5",
    "contacts[0].role": "", "contacts[0].name": "", "contacts[0].phone": "",
    "contacts[1].role": "Vận hành", "contacts[1].name": "Chị Mẫu", "contacts[1].phone": "0900",
}  # fmt: skip
STATION = {
    "id": "MAU09", "plant": "mau-09", "name": "Trạm Mẫu 09", "from": "2026-03-01",
    "interval": "3600", "timestamp_means": "start", "series.COD.measured": "on",
    "series.COD.high": "300", "series.pH.measured": "on", "simulated": "on",
}  # fmt: skip
PERMIT = {
    "id": "gp-09", "plant": "mau-09", "document": "Giấy phép môi trường", "number": "09/GP",
    "date": "2025-12-01", "page": "1", "from": "2026-01-01", "limits.COD.max": "67,5",
    "limits.COD.page": "3", "limits.pH.min": "6", "limits.pH.max": "9", "limits.pH.page": "3",
}  # fmt: skip
STEPS = {"clusters": CLUSTER, "plants": PLANT, "stations": STATION, "permits": PERMIT}


@pytest.fixture(scope="module")
def at_nothing(tmp_path_factory: pytest.TempPathFactory) -> LoggedIn:
    folder = tmp_path_factory.mktemp("nothing")
    filled(folder, migrate)
    return logged_in(Stage(folder, StepClock(NOON)), "city_officer")


@pytest.fixture(scope="module")
def at_cast(tmp_path_factory: pytest.TempPathFactory) -> LoggedIn:
    return logged_in(stage(tmp_path_factory.mktemp("cast"), NOON), "city_officer")


@pytest.fixture
def office(at_nothing: LoggedIn, tmp_path: Path) -> Iterator[Office]:
    """Nothing is registered."""
    yield from opened(at_nothing, tmp_path)


@pytest.fixture
def peopled(at_cast: LoggedIn, tmp_path: Path) -> Iterator[Office]:
    """The cast is registered."""
    yield from opened(at_cast, tmp_path)


def test_from_nothing_to_the_first_judged_reading(office: Office) -> None:
    assert '<a class="button" href="/setup">' in office.get("/")
    assert "Chưa khai báo gì" in office.get("/setup")
    for kind, given in STEPS.items():
        place = office.enter(kind, **given)
        assert place == f"/setup/entries/{kind}/{given['id']}?done=entered"
        page = office.get(place)
        assert "Đã nhập vào sổ đăng ký." in page
        if kind != "permits":
            following = list(STEPS)[list(STEPS).index(kind) + 1]
            assert f'href="/setup/forms/{following}?of=' in page
        else:
            assert 'href="/stations/MAU09"' in page
    office.pipeline.tick(DAY0)  # the writer sees by itself that the register changed
    first = message("MAU09", *(Said("COD", n * HOUR, 90) for n in range(9)))
    topic = first.topic.replace("ccn-mau-01", "ccn-mau-09")
    (receipt,) = office.pipeline.submit([Delivery("mqtt", topic, first.payload, NOON)])
    assert receipt.accepted == 9
    office.pipeline.tick(DAY0, fill=True)
    reads = office.on.reads(office.pipeline)
    findings = reads.findings(EVERYTHING, FindingQuery(period="hour", station="MAU09"), None, 50)
    judged = [one for one in findings.items if one["parameter"] == "COD" and one["mean"]]
    assert {(one["outcome"], one["limit"]["high"]) for one in judged} == {("exceeded", 67.5)}
    assert "09/GP (2025-12-01), tr. 3" in judged[0]["limit"]["citation"]
    assert "CCN Mẫu 09" in office.get("/setup")


def test_a_preview_stores_nothing(office: Office) -> None:
    page = unescape(office.fill("clusters", **CLUSTER).text)
    assert "Xem trước: sẽ nhập những gì" in page
    assert "Cụm công nghiệp ccn-mau-09: mới" in page
    assert "Chưa khai báo gì" in office.get("/setup")


def test_a_wrong_form_changes_nothing_and_names_every_field(peopled: Office) -> None:
    before = Registrar(peopled.pipeline).preview({}).number
    wrong = STATION | {
        "id": "MAU 09", "plant": "mau-07", "name": "", "from": "2026-13-01", "interval": "7",
        "series.COD.high": "1.200", "series.TSS.low": "5", "camera": "camera", "source": "",
    }  # fmt: skip
    answer = peopled.fill("stations", "enter", **wrong)
    assert answer.status_code == 422
    found = wrongs(answer.text)
    assert set(found) == {
        "Mã", "Nhà máy xử lý nước thải", "Tên", "Từ ngày", "Chu kỳ gửi (giây)",
        "COD, khoảng đo đến", "Đo TSS", "Liên kết camera", "Nhập theo văn bản nào",
    }  # fmt: skip
    assert found["Chu kỳ gửi (giây)"] == "7 giây không chia hết 60 phút"
    assert found["COD, khoảng đo đến"] == "“1.200” có thể hiểu hai cách: viết 1200 hoặc 1,2000"
    assert 'name="camera" value="camera"' in answer.text  # what was written stays in the form
    assert Registrar(peopled.pipeline).preview({}).number == before


def test_a_form_without_an_id_is_judged_all_the_same(peopled: Office) -> None:
    answer = peopled.fill("stations", **STATION | {"id": "", "plant": "mau-01", "interval": "7"})
    assert set(wrongs(answer.text)) == {"Mã", "Chu kỳ gửi (giây)"}


def test_a_permit_by_regulation_with_its_factors(peopled: Office) -> None:
    paper = {key: text for key, text in PERMIT.items() if not key.startswith("limits")}
    by = paper | {
        "plant": "mau-01", "regulation": "QCVN 40:2011/BTNMT|B", "regulation.page": "2",
        "regulation.factors.Kq": "0,9", "regulation.factors.Kf": "1.1",
        "regulation.factors_apply_to.COD": "on", "basis": "day", "completeness": "0,8",
    }  # fmt: skip
    peopled.enter("permits", **by)
    (entry,) = Registrar(peopled.pipeline).history("permits", "gp-09")
    assert entry.body is not None
    assert entry.body["regulation"] == {
        "id": "QCVN 40:2011/BTNMT", "column": "B", "page": "2", "factors_apply_to": ["COD"],
        "factors": {"Kq": Decimal("0.9"), "Kf": Decimal("1.1")},
    }  # fmt: skip
    page = peopled.get("/setup/forms/permits?id=gp-09")
    assert 'name="regulation.factors.Kq" value="0,9"' in page
    assert re.search(r'name="regulation.factors_apply_to.COD" checked', page)


def test_the_form_of_an_entry_entered_as_it_is_changes_nothing(peopled: Office) -> None:
    for kind, name in (
        ("clusters", "ccn-mau-01"), ("plants", "mau-01"), ("stations", "MAU02"),
        ("permits", "gp-01"), ("permits", "gp-03"),
    ):  # fmt: skip
        given = controls(peopled.get(f"/setup/forms/{kind}?id={name}"))
        answer = peopled.fill(kind, **given)
        assert answer.status_code == 200, wrongs(answer.text)
        assert "Không có gì thay đổi." in unescape(answer.text), name


def test_what_the_form_does_not_show_is_kept(peopled: Office) -> None:
    registrar = Registrar(peopled.pipeline)
    body = dict(registrar.history("plants", "mau-01")[0].body or {})
    climb = {"warning": {"officer": "never"}}
    registrar.enter({"plants": {"mau-01": body | {"escalation": climb}}}, "An", "QĐ")
    page = peopled.get("/setup/forms/plants?id=mau-01")
    assert "(escalation)" in page
    peopled.enter("plants", **controls(page) | {"name": "Tên mới"})
    after = registrar.history("plants", "mau-01")[0].body
    assert after is not None
    assert (after["name"], after["escalation"]) == ("Tên mới", climb)


def test_a_new_interval_holds_from_a_day_on(peopled: Office) -> None:
    given = controls(peopled.get("/setup/forms/stations?id=MAU02"))
    assert given["interval"] == "900"
    peopled.enter("stations", **given | {"interval": "300", "interval_from": "2026-03-20"})
    body = Registrar(peopled.pipeline).history("stations", "MAU02")[0].body
    assert body is not None
    assert body["interval"] == [
        {"from": "2026-01-01", "seconds": 900}, {"from": "2026-03-20", "seconds": 300},
    ]  # fmt: skip
    given = controls(peopled.get("/setup/forms/stations?id=MAU02"))
    again = peopled.fill("stations", **given | {"interval": "600"})
    assert wrongs(again.text) == {"Chu kỳ mới áp dụng từ ngày": "điền ngày bắt đầu chu kỳ mới"}


def test_history_says_who_changed_what_and_undo_brings_it_back(peopled: Office) -> None:
    given = controls(peopled.get("/setup/forms/plants?id=mau-01"))
    place = peopled.enter("plants", **given | {"capacity": "900"})
    page = peopled.get(place)
    assert "city_officer" in page
    assert "QĐ 12/QĐ-MAU" in page
    assert "Công suất thiết kế (m³/ngày): 500 → <b>900</b>" in page
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    undo = "/setup/entries/plants/mau-01/undo"
    answer = peopled.client.post(undo, data={"why": "nhập nhầm", "seen": seen[1]})
    assert answer.headers["location"] == "/setup/entries/plants/mau-01?done=undone"
    assert "900 → <b>500</b>" in peopled.get(answer.headers["location"])
    late = peopled.client.post(undo, data={"why": "nhầm", "seen": seen[1]})
    assert late.status_code == 422  # somebody was first


def test_undo_is_refused_naming_what_depends(peopled: Office) -> None:
    answer = peopled.client.post("/setup/entries/clusters/ccn-mau-01/undo", data={"why": "nhầm"})
    assert answer.status_code == 422
    said = unescape(answer.text)
    assert "Không hoàn tác được:" in said
    assert "plants.mau-01.cluster: sổ đăng ký không có cụm “ccn-mau-01”" in said
    assert "ccn-mau-01" in peopled.get("/setup")


def test_an_id_that_is_taken_is_not_overwritten(peopled: Office) -> None:
    answer = peopled.fill("clusters", "enter", **CLUSTER | {"id": "ccn-mau-01"})
    assert answer.status_code == 422
    assert "đã có trong sổ đăng ký" in wrongs(answer.text)["Mã"]


def test_who_comes_second_does_not_overwrite_the_first(peopled: Office) -> None:
    given = controls(peopled.get("/setup/forms/plants?id=mau-01"))
    peopled.enter("plants", **given | {"capacity": "900"})
    answer = peopled.fill("plants", "enter", **given | {"capacity": "800"})
    assert answer.status_code == 422
    assert "city_officer vừa sửa mục này" in unescape(answer.text)


def test_the_tree_is_searched(peopled: Office) -> None:
    for find, found in (("MAU02", "ccn-mau-02"), ("nhà máy mẫu 03", "ccn-mau-03")):
        page = peopled.get(f"/setup?find={find}")
        assert re.findall(r'href="/setup/entries/clusters/([^"]+)"', page) == [found]
    assert "Không có cụm nào khớp." in peopled.get("/setup?find=gì khác")


def test_an_entry_shows_what_is_measured_and_limited(peopled: Office) -> None:
    page = peopled.get("/setup/entries/permits/gp-01")
    assert "<td><b>pH</b></td>" in page.replace(' class=""', "")
    row = page[page.index("<b>pH</b>") :]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row)[:4] == ["6", "9", "–", "3"]
    assert "01/01/2026" in page


def test_an_entry_or_form_that_is_not_there(peopled: Office) -> None:
    for path in ("entries/plants/x", "entries/x/mau-01", "forms/x", "forms/plants?id=x"):
        assert peopled.client.get(f"/setup/{path}").status_code == 404


@pytest.mark.parametrize("kind", list(STEPS))
def test_an_empty_form_is_refused_in_vietnamese_and_english(kind: str, office: Office) -> None:
    for language, needed in (("vi", "cần điền"), ("en", "needed")):
        office.client.cookies.set("tolich_language", language)
        answer = office.client.post(f"/setup/forms/{kind}", data={"step": "enter"})
        assert answer.status_code == 422
        assert needed in wrongs(answer.text).values()


def test_an_investor_does_not_set_up(tmp_path: Path) -> None:
    of = logged_in(stage(tmp_path / "own", NOON), "investor", clusters=["ccn-mau-01"])
    for office in opened(of, tmp_path):
        for path in ("/setup", "/setup/forms/clusters", "/setup/entries/plants/mau-01"):
            assert office.client.get(path).status_code == 403
        assert office.fill("clusters", "enter", **CLUSTER).status_code == 403
        assert office.client.post("/api/v1/register", json={}).status_code == 403
