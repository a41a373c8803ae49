"""Why an alert without a finding stands: silence, outage and instruments, in both languages.

The numbers are those of the transition that raised it (or moved it last): what was seen,
since when, against which setting, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.instruments import Subject
from rules.model import AlertKind
from tolich.ports import Shape

Cause = Mapping[str, Any]
Words = tuple[str, str]
"""Vietnamese and English."""


def trouble_why(shape: Shape, history: Sequence[Shape]) -> Shape:
    """The explanation of an alert that no finding raised."""
    cause = _cause(history)
    kind = shape["kind"]
    if kind == AlertKind.INSTRUMENT:
        subject = Subject(shape["subject"])
        said, formula = _INSTRUMENT[subject](shape, cause), _FORMULA[subject]
    elif kind == AlertKind.OUTAGE:
        said, formula = _outage(shape, cause), _OUTAGE
    else:
        said, formula = _silence(shape), _SILENCE
    return {
        "summary": {"vi": said[0], "en": said[1]},
        "formula": formula,
        "limit": None,
        "window": {"start": shape["started_at"], "end": shape["ended_at"]},
        "readings": [],
        "amendments": [],
        "versions": {},
    }


def _cause(history: Sequence[Shape]) -> Cause:
    """The newest numbers: what ends or withdraws an alert does not say them again."""
    found: dict[str, Any] = {}
    for one in history:
        if "since" in one["cause"]:
            found |= one["cause"]
    return found


_SILENCE = "now - max(min(observed, received), connected since) >= the ladder's rung"
_OUTAGE = "silences that begin within 10 minutes: 3 and half a cluster, or 5 and a third of all"
_FORMULA = {
    Subject.FAULT: "length of status 02, or its sum over 30 days > allowed",
    Subject.CALIBRATION: "length of status 01, or its sum or count over 30 days > allowed",
    Subject.OVERDUE: "now > last calibration + usual gap + half of it",
    Subject.DRIFT: "|median of the last 3 steps (hour after - hour before)| > allowed, all one way",
    Subject.RANGE: "instrument's range < 3 x limit",
    Subject.CLOCK: "median of (received - observed) over an hour outside [-ahead, allowed]",
    Subject.REJECTIONS: "rejections in an hour >= allowed",
}


def _place(shape: Shape) -> Words:
    vi, en = f"Trạm {shape['station']}", f"Station {shape['station']}"
    if shape["parameter"] is None:
        return vi, en
    return f"{vi}, {shape['parameter']}", f"{en}, {shape['parameter']}"


def _silence(shape: Shape) -> Words:
    (vi, en), since = _place(shape), shape["started_at"]
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
    since, stations, watched = shape["started_at"], cause["stations"], cause["watched"]
    return (
        f"{stations} trên {watched} trạm cùng mất tín hiệu từ {since}. Kiểm tra đường truyền "
        "chung và máy chủ nhận số liệu trước, sau đó mới đến từng trạm.",
        f"{stations} of {watched} stations fell silent together, since {since}. Check the common "
        "line and the broker first, single stations after that.",
    )


def _fault(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    return (
        f"{vi}: báo lỗi thiết bị (02) từ {cause['since']}, liên tục {_time(cause['lasted'])[0]} "
        f"(mức đặt {_time(cause['longest_allowed'])[0]}); trong 30 ngày tổng "
        f"{_time(cause['month'])[0]} (mức đặt {_time(cause['month_allowed'])[0]}). "
        "Kiểm tra, sửa chữa hoặc thay thiết bị.",
        f"{en}: device error (02) since {cause['since']}, {_time(cause['lasted'])[1]} on end "
        f"(set: {_time(cause['longest_allowed'])[1]}); in 30 days {_time(cause['month'])[1]} "
        f"(set: {_time(cause['month_allowed'])[1]}). Inspect, repair or replace the instrument.",
    )


def _calibration(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    return (
        f"{vi}: hiệu chuẩn (01) từ {cause['since']}, liên tục {_time(cause['lasted'])[0]} "
        f"(mức đặt {_time(cause['longest_allowed'])[0]}); trong 30 ngày {cause['count']} lần "
        f"(mức đặt {cause['count_allowed']}), tổng {_time(cause['month'])[0]} "
        f"(mức đặt {_time(cause['month_allowed'])[0]}). "
        "Đưa thiết bị về chế độ đo; xem lại lịch hiệu chuẩn.",
        f"{en}: calibration (01) since {cause['since']}, {_time(cause['lasted'])[1]} on end "
        f"(set: {_time(cause['longest_allowed'])[1]}); in 30 days {cause['count']} times "
        f"(set: {cause['count_allowed']}), {_time(cause['month'])[1]} in all "
        f"(set: {_time(cause['month_allowed'])[1]}). "
        "Put the instrument back to measuring; look at the calibration plan.",
    )


def _overdue(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    last = cause.get("last")
    return (
        f"{vi}: {'lần hiệu chuẩn cuối ' + last if last else 'chưa thấy lần hiệu chuẩn nào'}; "
        f"đến hạn {cause['due']} (chu kỳ {_time(cause['gap'])[0]}). "
        "Hiệu chuẩn thiết bị và gửi trạng thái 01 trong khi hiệu chuẩn.",
        f"{en}: {'last calibrated ' + last if last else 'no calibration was ever seen'}; "
        f"due {cause['due']} (gap {_time(cause['gap'])[1]}). "
        "Calibrate the instrument, and send status 01 while doing so.",
    )


def _drift(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    steps, unit = ", ".join(f"{step:+g}" for step in cause["steps"]), cause["unit"]
    return (
        f"{vi}: các lần hiệu chuẩn gần đây đều làm số đo lệch cùng chiều: {steps} {unit} "
        f"(trung vị {cause['step']:+g}, mức đặt {cause['allowed']:g}). "
        "Số đo trước hiệu chuẩn có thể đã trôi: hiệu chuẩn dày hơn, kiểm tra đầu đo.",
        f"{en}: the last calibrations all moved the value the same way: {steps} {unit} "
        f"(median {cause['step']:+g}, set: {cause['allowed']:g}). "
        "Values before a calibration may have drifted: calibrate more often, inspect the probe.",
    )


def _range(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    high, limit, needed, unit = (cause[name] for name in ("high", "limit", "needed", "unit"))
    return (
        f"{vi}: khoảng đo của thiết bị đến {high:g} {unit}, cần ít nhất {needed:g} "
        f"(giới hạn {limit:g}). Đặt lại khoảng đo, hoặc sửa trong sổ đăng ký trạm.",
        f"{en}: the instrument's range ends at {high:g} {unit} and must reach {needed:g} "
        f"(limit {limit:g}). Set the range anew, or correct it in the register.",
    )


def _clock(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
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


def _rejections(shape: Shape, cause: Cause) -> Words:
    vi, en = _place(shape)
    return (
        f"{vi}: {cause['count']} bản tin hoặc số liệu không hiểu được trong một giờ, từ "
        f"{cause['since']} (mức đặt {cause['allowed']}). "
        "Xem lý do và cách sửa trong danh sách bị từ chối của trạm.",
        f"{en}: {cause['count']} messages or readings were not understood within an hour, since "
        f"{cause['since']} (set: {cause['allowed']}). "
        "The station's list of rejections has each reason and its remedy.",
    )


_INSTRUMENT: dict[Subject, Callable[[Shape, Cause], Words]] = {
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
