"""Figures as the tables of a report, in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from rules.days import local_date, rfc3339
from rules.wording import FOOTER
from tolich.documents import ReportQuery
from tolich.reports.cells import local
from tolich.reports.figures import (
    Capture,
    Captured,
    ExceededDay,
    Occurrence,
    Ratios,
    Tally,
    capture,
    captured,
    exceeded_days,
    occurrences,
    ratios,
)
from tolich.reports.gather import Gathered
from tolich.reports.judged import Judged
from tolich.reports.tables import Cell, Column, Kind, Pair, Report, Table

TITLES: Mapping[str, Pair] = {
    "exceedances": (
        "Các lần vượt giới hạn theo ngày (chờ xác minh)",
        "Exceedances by day (awaiting verification)",
    ),
    "year": (
        "Tỷ lệ ngày và giờ vượt giới hạn (chờ xác minh)",
        "Ratios of days and hours exceeded (awaiting verification)",
    ),
    "capture": ("Tỷ lệ thu nhận số liệu", "Data capture"),
}
NOTES: Mapping[str, tuple[Pair, ...]] = {
    "exceedances": (
        (
            "Mỗi dòng là một lần vượt trong một ngày (giờ Hà Nội): các kỳ vượt của cùng một cảnh "
            "báo. Giá trị: trung bình của kỳ vượt xa giới hạn nhất. Tiếp nhận, xử lý: từ lúc có "
            "cảnh báo đến khi có người tiếp nhận, đến khi cán bộ đóng cảnh báo.",
            "Each row is one occurrence on one day (Hanoi time): exceeded periods of one alert. "
            "Value: the mean of the period farthest outside the limit. Received, handled: "
            "from when the alert was raised until somebody received it, until officers closed it.",
        ),
    ),
    "year": (
        (
            "Tỷ lệ chia cho số ngày, số giờ phải có, kể cả khi không đủ dữ liệu; không đủ dữ liệu "
            "không được coi là trong giới hạn. pH: ngày vượt khi có một giờ đủ dữ liệu vượt.",
            "Shares divide by the days and hours owed, those without enough data included; not "
            "enough data never counts as within the limit. pH: a day exceeds when any hour with "
            "enough data does.",
        ),
    ),
    "capture": (
        (
            "Đếm theo khoảng đo. Nhận được = hợp lệ + hiệu chuẩn + lỗi thiết bị + bị loại; "
            "bị loại: không đạt kiểm tra hoặc trạng thái lạ. Tỷ lệ chia cho số phải có.",
            "Counted in slots. Received = valid + calibrating + device error + rejected; rejected: "
            "failed a check, or an unknown status. Shares divide by what was expected.",
        ),
    ),
}
PERIOD_WORDS: Mapping[str, Pair] = {"hour": ("giờ", "hour"), "day": ("ngày", "day")}
STATE_WORDS: Mapping[str, Pair] = {
    "active": ("đang diễn ra", "active"),
    "ended": ("đã kết thúc", "ended"),
}
SOURCES: Pair = ("Nguồn", "Sources")
FIRST_SOURCE = 2
"""The row of the sheet of sources that its first finding has: one header above it."""

STATION = Column(("Trạm", "Station"), width=14, paper=1.1)
NAME = Column(("Tên trạm", "Station name"), width=26, paper=0)
PARAMETER = Column(("Thông số", "Parameter"), width=12, paper=0.9)
UNIT = Column(("Đơn vị", "Unit"), width=10, paper=0.8)
DAY = Column(("Ngày", "Date"), Kind.DATE, paper=1)
LOW = Column(("Giới hạn dưới", "Lower limit"), Kind.NUMBER, paper=0.7)
HIGH = Column(("Giới hạn trên", "Upper limit"), Kind.NUMBER, paper=0.7)
FINDINGS = Column(("Kết quả đánh giá (mã, bản)", "Findings (id, revision)"), width=60, paper=4.6)


class FileDays(NamedTuple):
    """What the name of a file says: where, which days, made when, and of which record."""

    place: str | None
    start: int | None
    end: int | None  # exclusive
    made: int
    seq: int


def lay_out(of: Gathered) -> Report:
    """A report from what was gathered for it."""
    query = of.query
    place = query.station or query.cluster
    days = FileDays(place, query.start, query.end, of.as_of, of.seq)
    return Report(
        name=file_name(query.kind, days),
        language=query.language,
        title=TITLES[query.kind],
        footer=FOOTER[query.language == "en"],
        tables=[*_TABLES[query.kind](of), _traces(of), _sources(of), _versions(of)],
        simulated=of.simulated,
        made=of.as_of,
        about=_about(of),
        notes=NOTES[query.kind],
    )


def file_name(what: str, of: FileDays) -> str:
    """Station, days, time of making and revision of the record; ids are ASCII already."""
    first, last = (
        "all" if at is None else local_date(at).isoformat()
        for at in (of.start, None if of.end is None else of.end - 1)
    )
    made = local(of.made).strftime("%Y%m%dT%H%M%S")
    return f"tolich_{what}_{of.place or 'all'}_{first}_{last}_made{made}_r{of.seq}"


def _about(of: Gathered) -> list[tuple[Pair, str]]:
    query = of.query
    first, last = (local(at).strftime("%d/%m/%Y") for at in (query.start, query.end - 1))
    made = local(of.as_of).strftime("%H:%M:%S %d/%m/%Y")
    place = ", ".join(f"{one['id']} ({one['name']})" for one in of.stations)
    return [
        (("Các trạm", "Stations"), place or "–"),
        (("Từ ngày – đến ngày", "Days"), f"{first} – {last} (Asia/Ho_Chi_Minh, UTC+7)"),
        (("Lập lúc", "As on record at"), f"{made} (UTC+7)"),
        (("Bản ghi số", "Revision of the record"), str(of.seq)),
    ]


# --- exceedances -----------------------------------------------------------------------------

_EXCEEDANCES = (
    DAY,
    STATION,
    NAME,
    PARAMETER,
    Column(("Kỳ", "Period"), paper=0.6),
    LOW,
    HIGH,
    Column(("Lần thứ", "Occurrence"), Kind.WHOLE, paper=0.6),
    Column(("Bắt đầu", "Start"), Kind.TIME, 18, 1.2),
    Column(("Giá trị", "Value"), Kind.NUMBER, paper=0.9),
    UNIT,
    Column(("Kéo dài (phút)", "Lasted (min)"), Kind.SPAN, paper=0.8),
    Column(("Tiếp nhận sau (phút)", "Received after (min)"), Kind.SPAN, paper=0.9),
    Column(("Xử lý (phút)", "Handled (min)"), Kind.SPAN, paper=0.8),
    Column(("Cảnh báo", "Alert"), paper=0.7),
    Column(("Trạng thái cảnh báo", "State of the alert"), width=16, paper=0),
    Column(("Căn cứ giới hạn", "Where the limit is from"), width=40, paper=0),
    FINDINGS,
)


def _exceedance_tables(of: Gathered) -> list[Table]:
    names = {one["id"]: one["name"] for one in of.stations}
    rows = [_exceedance(one, names, of) for one in occurrences(of.findings, of.alerts)]
    return [Table(("Vượt theo ngày", "Exceedances"), _EXCEEDANCES, rows)]


def _exceedance(one: Occurrence, names: Mapping[str, str], of: Gathered) -> list[Cell]:
    first, worst, alert = one.first, one.worst, one.alert
    return [
        first.day,
        first.station,
        names[first.station],
        first.parameter,
        _word(PERIOD_WORDS, first.period, of.query),
        worst.low,
        worst.high,
        one.number,
        first.start,
        worst.mean,
        worst.unit,
        one.lasted,
        None if alert is None else alert.received_after,
        None if alert is None else alert.closed_after,
        None if alert is None else alert.id,
        None if alert is None else _word(STATE_WORDS, alert.state, of.query),
        worst.citation,
        _named(one.findings),
    ]


def _word(words: Mapping[str, Pair], code: str, query: ReportQuery) -> str:
    known = words.get(code, (code, code))
    return known[query.language == "en"]


def _named(findings: Sequence[Judged]) -> str:
    return "\n".join(one.named for one in findings)


# --- ratios ----------------------------------------------------------------------------------


def _tally_columns(vi: str, en: str) -> tuple[Column, ...]:
    """One set of columns for days, and the same for hours."""
    return (
        Column((f"{vi} phải có", f"{en} owed"), Kind.WHOLE),
        Column((f"{vi} vượt", f"{en} exceeded"), Kind.WHOLE),
        Column((f"% {vi.lower()} vượt", f"% of {en.lower()} exceeded"), Kind.SHARE),
        Column((f"{vi} gần giới hạn", f"{en} near the limit"), Kind.WHOLE),
        Column((f"{vi} trong giới hạn", f"{en} within the limit"), Kind.WHOLE),
        Column((f"{vi} không đủ dữ liệu", f"{en} without enough data"), Kind.WHOLE),
        Column((f"{vi} không áp dụng", f"{en} not applicable"), Kind.WHOLE),
        Column((f"{vi} chưa có kết quả", f"{en} without a finding"), Kind.WHOLE),
        Column((f"Nguồn ({vi.lower()})", f"Sources ({en.lower()})"), width=18, paper=0),
    )


_RATIOS = (
    STATION,
    NAME,
    PARAMETER,
    *_tally_columns("Ngày", "Days"),
    Column(("Ngày có giờ vượt", "Days with an hour exceeded"), Kind.WHOLE),
    *_tally_columns("Giờ", "Hours"),
)
_EXCEEDED_DAYS = (
    DAY,
    STATION,
    PARAMETER,
    Column(("Trung bình ngày vượt", "Mean of the day, exceeded"), Kind.NUMBER, 16, 1),
    UNIT,
    Column(("Số giờ vượt", "Hours exceeded"), Kind.WHOLE, paper=0.7),
    FINDINGS,
)


def _ratio_tables(of: Gathered) -> list[Table]:
    names = {one["id"]: one["name"] for one in of.stations}
    every = ratios(of.findings, of.owed)
    places = {one.named: row for row, one in enumerate(of.findings, FIRST_SOURCE)}
    days = [_exceeded_day(day) for one in every for day in exceeded_days(one)]
    return [
        Table(("Tỷ lệ", "Ratios"), _RATIOS, [_ratio(one, names, places, of) for one in every]),
        Table(("Các ngày vượt", "Days exceeded"), _EXCEEDED_DAYS, days),
    ]


def _ratio(
    one: Ratios, names: Mapping[str, str], places: Mapping[str, int], of: Gathered
) -> list[Cell]:
    days = _tallied(one.days, one.day_findings, places, of)
    hours = _tallied(one.hours, one.hour_findings, places, of)
    station, parameter = one.series
    return [station, names[station], parameter, *days, one.days_with_hour, *hours]


def _tallied(
    of: Tally, findings: Sequence[Judged], places: Mapping[str, int], gathered: Gathered
) -> list[Cell]:
    return [
        of.owed,
        of.exceeded,
        of.share,
        of.near,
        of.compliant,
        of.not_assessable,
        of.not_applicable,
        of.missing,
        _place(findings, places, gathered),
    ]


def _place(findings: Sequence[Judged], places: Mapping[str, int], of: Gathered) -> str | None:
    """The rows of the sheet of sources that a figure was made of; they follow each other."""
    if not findings:
        return None
    first, last = places[findings[0].named], places[findings[-1].named]
    return f"{SOURCES[of.query.language == 'en']}!{first}:{last}"


def _exceeded_day(one: ExceededDay) -> list[Cell]:
    station, parameter = one.series
    whole = one.whole
    named = _named([*(() if whole is None else (whole,)), *one.hours])
    unit = (whole or one.hours[0]).unit
    mean = None if whole is None else whole.mean
    return [one.day, station, parameter, mean, unit, len(one.hours), named]


# --- data capture ----------------------------------------------------------------------------

_SLOTS = (
    Column(("Phải có", "Expected"), Kind.WHOLE),
    Column(("Nhận được", "Received"), Kind.WHOLE),
    Column(("Hợp lệ", "Valid"), Kind.WHOLE),
    Column(("Hiệu chuẩn", "Calibrating"), Kind.WHOLE),
    Column(("Lỗi thiết bị", "Device error"), Kind.WHOLE),
    Column(("Bị loại", "Rejected"), Kind.WHOLE),
    Column(("Nhiều giá trị", "Conflicting"), Kind.WHOLE),
    Column(("% nhận được", "% received"), Kind.SHARE),
    Column(("% hợp lệ", "% valid"), Kind.SHARE),
)
_CAPTURE = (
    STATION,
    NAME,
    PARAMETER,
    *_SLOTS,
    Column(("Ngày chưa có kết quả", "Days without a finding"), Kind.WHOLE),
    Column(SOURCES, width=18, paper=0),
)
_CAPTURE_BY_DAY = (DAY, STATION, PARAMETER, *_SLOTS, FINDINGS)


def _capture_tables(of: Gathered) -> list[Table]:
    names = {one["id"]: one["name"] for one in of.stations}
    every = captured(of.findings, of.owed)
    places = {one.named: row for row, one in enumerate(of.findings, FIRST_SOURCE)}
    by_day = [_captured_day(day) for one in every for day in one.findings]
    return [
        Table(
            ("Thu nhận", "Capture"), _CAPTURE, [_captured(one, names, places, of) for one in every]
        ),
        Table(("Thu nhận theo ngày", "Capture by day"), _CAPTURE_BY_DAY, by_day),
    ]


def _captured(
    one: Captured, names: Mapping[str, str], places: Mapping[str, int], of: Gathered
) -> list[Cell]:
    station, parameter = one.series
    return [
        station,
        names[station],
        parameter,
        *_slots(one.together),
        one.missing,
        _place(one.findings, places, of),
    ]


def _slots(of: Capture) -> list[Cell]:
    return [*of, of.received_share, of.valid_share]


def _captured_day(day: Judged) -> list[Cell]:
    slots = _slots(capture([day]))
    return [day.day, day.station, day.parameter, *slots, day.named]


_TABLES = {"exceedances": _exceedance_tables, "year": _ratio_tables, "capture": _capture_tables}

# --- where it all comes from -----------------------------------------------------------------

_SOURCES = (
    Column(("Mã kết quả", "Finding"), width=46),
    Column(("Bản", "Revision"), Kind.WHOLE),
    STATION,
    PARAMETER,
    Column(("Kỳ", "Period")),
    Column(("Bắt đầu", "Start"), Kind.TIME, 18),
    Column(("Kết quả", "Outcome"), width=16),
    Column(("Lý do", "Reason"), width=18),
    Column(("Trung bình", "Mean"), Kind.NUMBER),
    UNIT,
    LOW,
    HIGH,
    *_SLOTS[:7],
    Column(("Đánh giá lúc", "Judged at"), Kind.TIME, 18),
    Column(("Bộ đánh giá", "Engine")),
    Column(("Phiên bản số", "Version number"), Kind.WHOLE),
)
_TRACES = (
    STATION,
    PARAMETER,
    Column(("Kỳ", "Period"), paper=0.6),
    Column(("Số kết quả", "Findings"), Kind.WHOLE, paper=0.8),
    Column(("Truy vấn API", "API query"), width=120, paper=9),
)
_VERSIONS = (
    Column(("Phiên bản số", "Version number"), Kind.WHOLE, paper=0.6),
    Column(("Bộ đánh giá", "Engine"), paper=0.6),
    Column(("Quy chuẩn", "Regulation"), width=30, paper=1.6),
    Column(("Phiên bản quy chuẩn", "Version of the pack"), width=16),
    Column(("Mã băm", "Digest"), width=68, paper=4),
)


def _traces(of: Gathered) -> Table:
    """How to ask the API for the findings of each figure, as they were on record."""
    rows = []
    for series, found in groupby(of.findings, key=lambda one: one[:3]):
        station, parameter, period = series
        asked = {
            "station": station,
            "parameter": parameter,
            "period": period,
            "from": rfc3339(of.query.start),
            "to": rfc3339(of.query.end),
            "as_of": rfc3339(of.as_of),
        }
        if of.query.kind == "exceedances":
            asked["outcome"] = "exceeded"
        path = f"/api/v1/findings?{urlencode(asked, safe=':')}"
        rows.append([*series, sum(1 for _ in found), path])
    return Table(("Truy xuất", "Queries"), _TRACES, rows)


def _sources(of: Gathered) -> Table:
    """Every finding that a figure counts; on paper the rows name theirs themselves."""
    return Table(SOURCES, _SOURCES, [_source(one) for one in of.findings], paper=False)


def _source(one: Judged) -> list[Cell]:
    return [
        one.id,
        one.revision,
        one.station,
        one.parameter,
        one.period,
        one.start,
        one.outcome,
        one.reason,
        one.mean,
        one.unit,
        one.low,
        one.high,
        *capture([one]),
        one.judged_at,
        one.engine,
        one.version,
    ]


def _versions(of: Gathered) -> Table:
    rows: list[list[Cell]] = [
        [number, made["engine"], name, str(pack["version"]), pack["digest"]]
        for number, made in sorted(of.versions.items())
        for name, pack in sorted(made["packs"].items())
    ]
    return Table(("Phiên bản", "Versions"), _VERSIONS, rows)
