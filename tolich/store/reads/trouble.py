"""Why an alert without a finding stands: silence, outage and instruments, in both languages.

The numbers are those of the transition that raised it (or moved it last): what was seen,
since when, against which setting, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rules.days import ZONE
from rules.instruments import Subject
from rules.model import AlertKind
from rules.wording import FOOTER, SIMULATED
from tolich.ports import Shape

Cause = Mapping[str, Any]
Words = tuple[str, str]
"""Vietnamese and English."""


def trouble_why(shape: Shape, history: Sequence[Shape], name: str) -> Shape:
    """The explanation of an alert that no finding raised, at the station of that name."""
    cause = _cause(history)
    kind, place = shape["kind"], _place(shape, name)
    if kind == AlertKind.INSTRUMENT:
        subject = Subject(shape["subject"])
        said, formula = _INSTRUMENT[subject](place, cause), _FORMULA[subject]
    elif kind == AlertKind.OUTAGE:
        said, formula = _outage(shape, cause), _OUTAGE
    else:
        said, formula = _silence(shape, place), _SILENCE
    return {
        "summary": _whole(said, shape["simulated"]),
        "formula": formula[1],
        "comparison": {"vi": formula[0], "en": formula[1]},
        "limit": None,
        "window": {"start": shape["started_at"], "end": shape["ended_at"]},
        "readings": [],
        "amendments": [],
    }


def _whole(said: Words, simulated: bool) -> Shape:
    """What is said, with the mark of simulated data and the footer of every page."""
    marks = tuple(f"[{mark}] " if simulated else "" for mark in SIMULATED)
    return {
        language: f"{marks[which]}{said[which]} {FOOTER[which]}"
        for which, language in enumerate(("vi", "en"))
    }


def _cause(history: Sequence[Shape]) -> Cause:
    """The newest numbers: what ends or withdraws an alert does not say them again."""
    found: dict[str, Any] = {}
    for one in history:
        if "since" in one["cause"]:
            found |= one["cause"]
    return found


_SILENCE = (
    "bây giờ - lần nghe cuối >= 10, 30, 60, 120 phút, mỗi nấc lùi thêm phần 2 chu kỳ gửi dài hơn "
    "10 phút; lần nghe cuối là số sớm hơn giữa lúc đo và lúc nhận, không trước lúc kết nối",
    "now - last heard >= 10, 30, 60, 120 minutes, each later by what 2 reporting intervals have "
    "beyond 10 minutes; last heard is the earlier of observed and received, but not before we "
    "were connected",
)
_OUTAGE = (
    "mất tín hiệu bắt đầu trong vòng 10 phút: từ 3 trạm và nửa số trạm của cụm, hoặc từ 5 trạm "
    "và một phần ba tất cả",
    "silences that begin within 10 minutes: 3 and half a cluster, or 5 and a third of all",
)
_FORMULA: dict[Subject, Words] = {
    Subject.FAULT: (
        "thời gian trạng thái 02 liên tục, hoặc tổng trong 30 ngày > mức đặt",
        "length of status 02, or its sum over 30 days > allowed",
    ),
    Subject.CALIBRATION: (
        "thời gian trạng thái 01 liên tục, hoặc tổng hay số lần trong 30 ngày > mức đặt",
        "length of status 01, or its sum or count over 30 days > allowed",
    ),
    Subject.OVERDUE: (
        "bây giờ > lần hiệu chuẩn cuối + chu kỳ thường lệ + một nửa chu kỳ",
        "now > last calibration + usual gap + half of it",
    ),
    Subject.DRIFT: (
        "|trung vị 3 bước gần nhất (giờ sau - giờ trước hiệu chuẩn)| > mức đặt, tất cả cùng chiều",
        "|median of the last 3 steps (hour after - hour before)| > allowed, all one way",
    ),
    Subject.RANGE: (
        "cuối khoảng đo của thiết bị < 3 x giới hạn",
        "instrument's range < 3 x limit",
    ),
    Subject.CLOCK: (
        "trung vị của (lúc nhận - lúc đo) trong một giờ nằm ngoài [-mức nhanh, mức chậm]",
        "median of (received - observed) over an hour outside [-ahead, allowed]",
    ),
    Subject.REJECTIONS: (
        "số lần bị từ chối trong một giờ >= mức đặt",
        "rejections in an hour >= allowed",
    ),
}
"""The settings compared with are engineering settings, no law."""


def _place(shape: Shape, name: str) -> Words:
    where = f"{name} ({shape['station']})"
    if shape["parameter"] is not None:
        where += f", {shape['parameter']}"
    return where, where


def _at(stamp: str) -> str:
    """A time on record as Hanoi's clock shows it."""
    at = datetime.fromisoformat(stamp).astimezone(ZONE)
    return at.strftime("%H:%M %d/%m/%Y (UTC+7)")


def _comma(number: str) -> str:
    return number.replace(".", ",")


def _silence(shape: Shape, place: Words) -> Words:
    (vi, en), since = place, _at(shape["started_at"])
    outage = shape["part_of"]
    do = (
        ("Kiểm tra nguồn điện, đường truyền và bộ truyền số liệu của trạm.",
         "Check the station's power, its line and its logger.")
        if outage is None
        else (f"Thuộc đợt mất tín hiệu chung {outage}: xem cảnh báo đó.",
              f"Part of the outage {outage}: see that alert.")
    )  # fmt: skip
    return (
        f"{vi} không gửi số liệu từ {since}. {do[0]}",
        f"{en} has sent nothing since {since}. {do[1]}",
    )


def _outage(shape: Shape, cause: Cause) -> Words:
    stations, watched = cause["stations"], cause["watched"]
    since = _at(shape["started_at"])
    return (
        f"{stations} trên {watched} trạm cùng mất tín hiệu từ {since}. Kiểm tra đường truyền "
        "chung và máy chủ nhận số liệu trước, sau đó mới đến từng trạm.",
        f"{stations} of {watched} stations fell silent together, since {since}. Check the common "
        "line and the broker first, single stations after that.",
    )


def _fault(place: Words, cause: Cause) -> Words:
    vi, en = place
    return (
        f"{vi}: báo lỗi thiết bị (02) từ {_at(cause['since'])}, liên tục "
        f"{_time(cause['lasted'])[0]} (mức đặt {_time(cause['longest_allowed'])[0]}); "
        "trong 30 ngày tổng "
        f"{_time(cause['month'])[0]} (mức đặt {_time(cause['month_allowed'])[0]}). "
        "Kiểm tra, sửa chữa hoặc thay thiết bị.",
        f"{en}: device error (02) since {_at(cause['since'])}, {_time(cause['lasted'])[1]} on end "
        f"(set: {_time(cause['longest_allowed'])[1]}); in 30 days {_time(cause['month'])[1]} "
        f"(set: {_time(cause['month_allowed'])[1]}). Inspect, repair or replace the instrument.",
    )


def _calibration(place: Words, cause: Cause) -> Words:
    vi, en = place
    return (
        f"{vi}: hiệu chuẩn (01) từ {_at(cause['since'])}, liên tục {_time(cause['lasted'])[0]} "
        f"(mức đặt {_time(cause['longest_allowed'])[0]}); trong 30 ngày {cause['count']} lần "
        f"(mức đặt {cause['count_allowed']}), tổng {_time(cause['month'])[0]} "
        f"(mức đặt {_time(cause['month_allowed'])[0]}). "
        "Đưa thiết bị về chế độ đo; xem lại lịch hiệu chuẩn.",
        f"{en}: calibration (01) since {_at(cause['since'])}, {_time(cause['lasted'])[1]} on end "
        f"(set: {_time(cause['longest_allowed'])[1]}); in 30 days {cause['count']} times "
        f"(set: {cause['count_allowed']}), {_time(cause['month'])[1]} in all "
        f"(set: {_time(cause['month_allowed'])[1]}). "
        "Put the instrument back to measuring; look at the calibration plan.",
    )


def _overdue(place: Words, cause: Cause) -> Words:
    vi, en = place
    last = _at(cause["last"]) if "last" in cause else ""
    return (
        f"{vi}: {'lần hiệu chuẩn cuối ' + last if last else 'chưa thấy lần hiệu chuẩn nào'}; "
        f"đến hạn {_at(cause['due'])} (chu kỳ {_time(cause['gap'])[0]}). "
        "Hiệu chuẩn thiết bị và gửi trạng thái 01 trong khi hiệu chuẩn.",
        f"{en}: {'last calibrated ' + last if last else 'no calibration was ever seen'}; "
        f"due {_at(cause['due'])} (gap {_time(cause['gap'])[1]}). "
        "Calibrate the instrument, and send status 01 while doing so.",
    )


def _drift(place: Words, cause: Cause) -> Words:
    vi, en = place
    steps, unit = [f"{step:+g}" for step in cause["steps"]], cause["unit"]
    step, allowed = f"{cause['step']:+g}", f"{cause['allowed']:g}"
    return (
        f"{vi}: các lần hiệu chuẩn gần đây đều làm số đo lệch cùng chiều: "
        f"{_comma('; '.join(steps))} {unit} (trung vị {_comma(step)}, mức đặt {_comma(allowed)}). "
        "Số đo trước hiệu chuẩn có thể đã trôi: hiệu chuẩn dày hơn, kiểm tra đầu đo.",
        f"{en}: the last calibrations all moved the value the same way: "
        f"{', '.join(steps)} {unit} (median {step}, set: {allowed}). "
        "Values before a calibration may have drifted: calibrate more often, inspect the probe.",
    )


def _range(place: Words, cause: Cause) -> Words:
    vi, en = place
    high, limit, needed = (f"{cause[name]:g}" for name in ("high", "limit", "needed"))
    unit = cause["unit"]
    return (
        f"{vi}: khoảng đo của thiết bị đến {_comma(high)} {unit}, cần ít nhất {_comma(needed)} "
        f"(giới hạn {_comma(limit)}). Đặt lại khoảng đo, hoặc sửa trong sổ đăng ký trạm.",
        f"{en}: the instrument's range ends at {high} {unit} and must reach {needed} "
        f"(limit {limit}). Set the range anew, or correct it in the register.",
    )


def _clock(place: Words, cause: Cause) -> Words:
    vi, en = place
    offset = cause["offset"]
    slow = offset > 0
    return (
        f"{vi}: thời gian đo {'chậm' if slow else 'nhanh'} {_time(abs(offset))[0]} so với lúc nhận "
        f"(trung vị của {cause['messages']} bản tin trong một giờ; mức đặt: chậm "
        f"{_time(cause['allowed'])[0]}, nhanh {_time(cause['ahead_allowed'])[0]}). "
        "Chỉnh đồng hồ và múi giờ của bộ truyền số liệu.",
        f"{en}: its times are {_time(abs(offset))[1]} {'behind' if slow else 'ahead of'} our own "
        f"(median of {cause['messages']} messages in an hour; set: "
        f"{_time(cause['allowed'])[1]} behind, {_time(cause['ahead_allowed'])[1]} ahead). "
        "Set the logger's clock and its time zone.",
    )


def _rejections(place: Words, cause: Cause) -> Words:
    vi, en = place
    return (
        f"{vi}: {cause['count']} bản tin hoặc số liệu không hiểu được trong một giờ, từ "
        f"{_at(cause['since'])} (mức đặt {cause['allowed']}). "
        "Xem lý do và cách sửa trong danh sách bị từ chối của trạm.",
        f"{en}: {cause['count']} messages or readings were not understood within an hour, since "
        f"{_at(cause['since'])} (set: {cause['allowed']}). "
        "The station's list of rejections has each reason and its remedy.",
    )


_INSTRUMENT: dict[Subject, Callable[[Words, Cause], Words]] = {
    Subject.FAULT: _fault,
    Subject.CALIBRATION: _calibration,
    Subject.OVERDUE: _overdue,
    Subject.DRIFT: _drift,
    Subject.RANGE: _range,
    Subject.CLOCK: _clock,
    Subject.REJECTIONS: _rejections,
}

_UNITS = ((86400, "ngày", "d"), (3600, "giờ", "h"), (60, "phút", "min"), (1, "giây", "s"))


def _time(seconds: int) -> Words:
    """A length of time in its largest two units."""
    left, vi, en = seconds, [], []
    for size, of_vi, of_en in _UNITS:
        count, left = divmod(left, size)
        if count:
            vi.append(f"{count} {of_vi}")
            en.append(f"{count} {of_en}")
    return " ".join(vi[:2]) or "0", " ".join(en[:2]) or "0"
