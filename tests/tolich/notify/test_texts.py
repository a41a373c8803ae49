"""What messages say: in the order people expect, and short ones always within 160 characters."""

from __future__ import annotations

import string
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.instruments import Subject
from rules.model import AlertKind, Change, Severity
from rules.register import Register, load_register
from rules.wording import FOOTER, SIMULATED
from tests.cast import CATALOGUE, REGULATIONS, cast_register
from tolich.notify import templates
from tolich.notify.channel import Body, Language
from tolich.notify.quiet import Quiet, not_before, quiet_of
from tolich.notify.sections import LONGEST_URL
from tolich.notify.templates import KIND_OF_CHANGE, Kind
from tolich.notify.texts import (
    About,
    Digest,
    DigestPlace,
    about,
    alert_link,
    body,
    capture,
    digest,
    grouped,
    trial,
)
from tolich.notify.wording import LONGEST, plain_ascii, short_citation, shown

LANGUAGES: tuple[Language, Language] = ("vi", "en")
ABOUT_ALERTS = [k for k in Kind if k not in (Kind.DIGEST, Kind.GROUPED, Kind.TEST)]
TABLE = "QCVN 40:2011/BTNMT, cột B; Giấy phép môi trường 12/GPMT (2025-03-01), tr. 4"
TYPED = "Giấy phép môi trường 12/GPMT (2025-03-01), tr. 4"
URL = "https://x.vn"


def alert(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "A12", "kind": "exceedance", "severity": "warning", "state": "active",
        "station": "MAU01", "parameter": "COD", "period": "hour", "subject": None,
        "started_at": "2026-11-22T14:00:00+07:00", "ended_at": None, "simulated": False,
    }  # fmt: skip
    return given | changes


def finding(mean: float | None, high: float | None, **changes: Any) -> dict[str, Any]:
    limit = {"low": None, "high": high, "unit": "mg/L", "citation": TABLE}
    return {"mean": mean, "unit": "mg/L", "limit": limit | changes}


def said(
    kind: Kind = Kind.RAISED,
    language: Language = "vi",
    of: dict[str, Any] | None = None,
    found: dict[str, Any] | None = None,
    **more: Any,
) -> Body:
    names: Any = ("COD", "Chemical oxygen demand")
    link = alert_link(URL, "A12")
    what = About(of or alert(), "CCN Mẫu 01", "CCN Mẫu 01, cửa xả", names, found, link, **more)
    return body(kind, what, language)


def test_the_example_of_a_short_message() -> None:
    assert said(found=finding(182, 150)).sms == (
        "CCN Mau 01: COD TB gio 182 > 150 mg/L (QCVN 40:2011 B), 14:00 22/11. "
        "Canh bao som, cho xac minh. Tiep nhan: https://x.vn/a/A12"
    )


def test_a_message_in_order() -> None:
    day = alert(period="day", severity="critical", simulated=True)
    assert said(of=day, found=finding(182.25, 150)).text.splitlines() == [
        "[MÔ PHỎNG] CCN Mẫu 01: COD TB ngày 182,25 > 150 mg/L. Nghi vượt giới hạn, chờ xác minh",
        "DỮ LIỆU MÔ PHỎNG",
        "Trạm: CCN Mẫu 01, cửa xả",
        "Giá trị: COD, trung bình ngày 182,25 mg/L",
        f"Giới hạn: ≤ 150 mg/L, {TABLE}",
        "Từ: 14:00 22/11/2026 (giờ Hà Nội, UTC+7)",
        "Việc cần làm: Tiếp nhận, kiểm tra tại trạm và lấy mẫu.",
        "Tiếp nhận: https://x.vn/a/A12",
        "",
        FOOTER[0],
    ]


def test_a_message_in_english() -> None:
    assert said(Kind.STILL, "en", found=finding(1182.25, 150)).text.splitlines() == [
        "CCN Mẫu 01: COD 1h mean 1,182.25 > 150 mg/L. "
        "Still going on: Early warning, to be verified",
        "Station: CCN Mẫu 01, cửa xả",
        "Value: COD (Chemical oxygen demand), hourly mean 1,182.25 mg/L",
        f"Limit: ≤ 150 mg/L, {TABLE}",
        "Since: 14:00 22/11/2026 (Hanoi time, UTC+7)",
        "What to do: Acknowledge, inspect, sample.",
        "Acknowledge: https://x.vn/a/A12",
        "",
        FOOTER[1],
    ]


def test_a_request_names_who_asks_and_by_when() -> None:
    found = said(
        Kind.REQUESTED, found=finding(182, 150), by="Phòng Giám sát (mẫu)", note="Vì sao?\nGấp",
        deadline="2026-11-24T17:00:00+07:00",
    )  # fmt: skip
    assert "Người yêu cầu: Phòng Giám sát (mẫu): Vì sao? Gấp" in found.text
    assert "Gửi giải trình trước 17:00 24/11/2026." in found.text
    assert "De nghi giai trinh 17:00 24/11" in found.sms


@pytest.mark.parametrize(
    ("mean", "low", "high", "vi"),
    [
        (182.0, None, 150.0, "COD TB giờ 182 > 150 mg/L"),
        (150.0004, None, 150.0, "COD TB giờ 150,0004 > 150 mg/L"),
        (1234.5, None, 1000.0, "COD TB giờ 1.234,5 > 1.000 mg/L"),
        (140.0, None, 150.0, "COD TB giờ 140 / ≤ 150 mg/L"),
        (150.0, None, 150.0, "COD TB giờ 150 / ≤ 150 mg/L"),
        (9.41, 5.5, 9.0, "COD TB giờ 9,41 ngoài 5,5-9 mg/L"),
        (3.0, 5.5, None, "COD TB giờ 3 < 5,5 mg/L"),
        (7.0, 5.5, 9.0, "COD TB giờ 7 / 5,5-9 mg/L"),
        (7.0, None, None, "COD TB giờ 7 mg/L"),
    ],
)
def test_how_a_value_lies_to_its_limit(
    mean: float, low: float | None, high: float | None, vi: str
) -> None:
    assert f": {vi}. " in said(found=finding(mean, high, low=low)).title


@given(st.floats(0.001, 20000), st.floats(1, 20000).map(lambda limit: round(limit, 1)))
def test_no_rounding_makes_a_value_equal_to_its_limit(mean: float, limit: float) -> None:
    mean = round(mean, 6)
    text = shown(mean, limit, vietnamese=False)
    assert (float(text.replace(",", "")) == limit) == (mean == limit)


def test_every_kind_and_every_matter_has_words_in_both_languages() -> None:
    names = {name.partition(".")[0] for name in templates.MATTERS}
    assert names == {kind.value for kind in AlertKind} == set(templates.ACTIONS)
    assert {f"instrument.{subject.value}" for subject in Subject} <= templates.MATTERS.keys()
    assert {Change.AMENDED} == {c for c in Change if c.value not in KIND_OF_CHANGE}
    tables = (templates.MATTERS, templates.OPENINGS, templates.ACTIONS, templates.KIND_ACTIONS,
              templates.BUTTONS, templates.LABELS, templates.MEANS)  # fmt: skip
    for table in tables:
        pairs = list(table.values())
        assert all(vi and en for vi, en in pairs)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ABOUT_ALERTS)
def test_kinds_differ_and_say_what_is_simulated(kind: Kind, language: Language) -> None:
    english = language == "en"
    found = said(kind, language, alert(simulated=True), finding(182, 150))
    plain = said(Kind.RAISED, language, alert(), finding(182, 150))
    assert found.title.startswith(templates.SIMULATED[english])
    assert SIMULATED[english] in found.text.splitlines()
    assert found.text.endswith(FOOTER[english])
    assert found.sms.startswith("[MO PHONG] ")
    assert (found.title.removeprefix(f"{templates.SIMULATED[english]} ") == plain.title) == (
        kind is Kind.RAISED
    )
    assert SIMULATED[english] not in plain.text
    assert found.fields["plant"].startswith(templates.SIMULATED[english])


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
keys = st.text(string.ascii_letters + string.digits, min_size=1, max_size=60)
numbers = st.floats(0, 1e9, allow_nan=False)
urls = st.text(string.ascii_lowercase + string.digits + "/", max_size=LONGEST_URL - 8)
alerts = st.fixed_dictionaries(
    {
        "id": st.integers(1, 10**18 - 1).map(lambda n: f"A{n}"),
        "kind": st.sampled_from([kind.value for kind in AlertKind]),
        "severity": st.sampled_from([severity.value for severity in Severity]),
        "parameter": st.none() | keys,
        "period": st.sampled_from(["hour", "day", "quarter_hour", None]),
        "subject": st.none() | st.sampled_from([subject.value for subject in Subject]),
        "simulated": st.booleans(),
    }
)


def short_enough(text: str, link: str, simulated: bool) -> None:
    assert text.isascii()
    assert text.isprintable()
    assert len(text) + sum(text.count(c) for c in "[]{}^|~\\") <= LONGEST  # those count twice
    assert text.endswith(link)
    assert text.startswith("[MO PHONG] ") == simulated
    assert text == link or text[: -len(link)].endswith(" ")


@given(
    kind=st.sampled_from(ABOUT_ALERTS),
    language=st.sampled_from(LANGUAGES),
    of=alerts,
    plant=names,
    mean=st.none() | numbers,
    high=numbers,
    unit=names,
    citation=names | st.sampled_from([TABLE, TYPED]),
    url=urls,
)
def test_a_short_message_is_always_short(
    kind: Kind, language: Language, of: dict[str, Any], plant: str, mean: float | None, high: float,
    unit: str, citation: str, url: str,
) -> None:  # fmt: skip
    found = finding(mean, high, citation=citation) | {"unit": unit}
    link = alert_link(f"https://{url}".rstrip("/"), of["id"])
    what = About(alert(**of), plant, plant, None, found, link, deadline="2026-11-24T17:00:00+07:00")
    if plain_ascii(plant).startswith(templates.SIMULATED_SMS):
        return  # a plant that calls itself simulated
    short_enough(body(kind, what, language).sms, link, of["simulated"])


@given(plant=names)
def test_what_matters_stays_in_a_short_message(plant: str) -> None:
    what = About(alert(), plant, plant, None, finding(182, 150), alert_link(URL, "A12"))
    assert ": COD TB gio 182 > 150 mg/L" in body(Kind.RAISED, what, "vi").sms


@given(st.lists(names, min_size=1, max_size=40), st.sampled_from(LANGUAGES), urls)
def test_a_grouped_short_message_is_short_too(
    titles: list[str], language: Language, url: str
) -> None:
    titles = [" ".join(title.split()) for title in titles]
    link = f"https://{url}".rstrip("/")
    found = grouped(titles, language, link)
    simulated = any(title.startswith(mark) for title in titles for mark in templates.SIMULATED)
    short_enough(found.sms, link, simulated)
    assert [line for line in found.text.split("\n") if line.startswith("- ")] >= [
        f"- {title}" for title in titles[:1]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trial_says_that_there_is_nothing_to_do(language: Language) -> None:
    found = trial(language, URL)
    short_enough(found.sms, URL, simulated=False)
    assert found.text.splitlines()[0] == found.title


def test_a_digest_counts_and_lists() -> None:
    places = [
        DigestPlace("CCN Mẫu 01", True, ["a", "b"], [f"t{n}" for n in range(25)], 1440, 1439),
        DigestPlace("CCN Mẫu 02", False, [], [], 0, 0),
    ]
    found = digest(Digest(date(2026, 11, 22), places), "vi", URL)
    assert found.text.splitlines()[:8] == [
        "[MÔ PHỎNG] Tổng hợp ngày 22/11/2026: 2 đang mở, 25 trong ngày",
        "",
        "[MÔ PHỎNG] CCN Mẫu 01",
        "Số liệu hợp lệ: 99 %",
        "Đang mở: 2",
        "- a",
        "- b",
        "Trong ngày: 25",
    ]
    assert "- t19" in found.text
    assert "- t20" not in found.text
    assert "và 5 thông báo khác" in found.text
    assert found.sms == (
        "[MO PHONG] Tong hop 22/11/2026: 2 dang mo, 25 trong ngay, so lieu 99 %. https://x.vn"
    )


@pytest.mark.parametrize(
    ("valid", "expected", "text"),
    [(0, 0, "-"), (0, 5, "0 %"), (9999, 10000, "99 %"), (5, 5, "100 %")],
)
def test_capture_is_cut_and_not_rounded(valid: int, expected: int, text: str) -> None:
    assert capture(valid, expected) == text


@pytest.mark.parametrize(
    ("citation", "short"),
    [
        (TABLE, "QCVN 40:2011 B"),
        (TYPED, "GP 12/GPMT"),
        ("QCVN 14:2008/BTNMT, cột A; Giấy phép xả thải 7/GP (2025-03-01), tr. 4", "QCVN 14:2008 A"),
        ("something else", ""),
        ("", ""),
    ],
)
def test_a_source_in_few_letters(citation: str, short: str) -> None:
    assert short_citation(citation) == short


def test_names_come_from_the_register() -> None:
    registered = _register()
    of = about(alert(), None, registered, URL)
    station = registered.stations["MAU01"]
    assert (of.plant, of.station) == (registered.clusters[station.cluster].name, station.name)
    assert of.parameter == ("COD", "Chemical oxygen demand")
    assert of.link == "https://x.vn/a/A12"


def _register() -> Register:
    return load_register("cast", cast_register(), CATALOGUE, REGULATIONS)


HOUR = 3600
NIGHT = quiet_of("22:00", "06:00")
NOON_REST = quiet_of("12:00", "13:30")
MIDNIGHT = 1_795_280_400  # 2026-11-22T00:00:00+07:00


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (NIGHT, 21, None), (NIGHT, 22, 30), (NIGHT, 23, 30), (NIGHT, 0, 6), (NIGHT, 5, 6),
        (NIGHT, 6, None), (NOON_REST, 11, None), (NOON_REST, 12, 13.5), (NOON_REST, 13, 13.5),
        (NOON_REST, 14, None), (Quiet(0, 0), 3, None), (quiet_of("22:00", None), 23, None),
    ],
)  # fmt: skip
def test_quiet_hours(quiet: Quiet | None, at: int, until: float | None) -> None:
    now = MIDNIGHT + at * HOUR
    expected = 0 if until is None else MIDNIGHT + int(until * HOUR)
    assert not_before(quiet, "major", now) == expected
    assert not_before(quiet, "critical", now) == 0
