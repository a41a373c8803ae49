"""An outlook in words: one text in Vietnamese and in English, with the footer of every page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

from rules.forecast import (
    DAYS_NEEDED,
    RECENT_HOURS,
    Certain,
    Level,
    Outlook,
    Stage,
    Withheld,
)
from rules.permit import plain
from rules.terms import Terms
from rules.wording import FOOTER, SIMULATED

FOR_OPERATION = ("Tham khảo vận hành.", "For operation only.")

_LEVELS = {
    Level.LOW: ("Nguy cơ vượt giới hạn thấp", "Low risk of exceeding"),
    Level.AMBER: ("Nguy cơ vượt giới hạn", "Risk of exceeding"),
    Level.RED: ("Nguy cơ vượt giới hạn cao", "High risk of exceeding"),
}

_WITHHELD = {
    Withheld.NO_PERMIT: ("không có giấy phép hiệu lực hôm nay", "no permit binds today"),
    Withheld.LIMIT_MISSING: ("chưa có giới hạn", "limit not loaded"),
    Withheld.JUDGED_BY_RANGE: (
        "thông số được đánh giá theo khoảng cho phép, không theo trung bình ngày",
        "the parameter is judged by a range, not by its daily mean",
    ),
    Withheld.PROVEN: (
        "trung bình ngày vượt giới hạn dù mọi khoảng còn thiếu có giá trị nhỏ nhất của thiết bị",
        "the daily mean exceeds even if every missing slot held the instrument's minimum",
    ),
    Withheld.CONTESTED: (
        "chờ xác minh: có nhiều giá trị khác nhau cho cùng thời điểm",
        "awaiting verification: several values for one instant",
    ),
    Withheld.NO_DATA: ("chưa có số liệu hợp lệ hôm nay", "no valid reading today"),
    Withheld.INSUFFICIENT_DATA: (
        "không đủ dữ liệu để đánh giá: số liệu hợp lệ đến lúc này ít hơn mức tối thiểu",
        "not enough data to assess: fewer valid readings so far than the minimum",
    ),
    Withheld.RECENT_GAP: (
        f"không có số liệu hợp lệ trong {RECENT_HOURS} giờ gần nhất",
        f"no valid reading in the last {RECENT_HOURS} hours",
    ),
    Withheld.NOT_POSITIVE: (
        "giá trị không dương, không tính được sai số dự báo",
        "a forecast that is not positive has no forecast error to compare with",
    ),
    Withheld.TOO_EARLY: ("chưa hết giờ đầu tiên trong ngày", "the day's first hour is not over"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What every sentence needs."""

    of: Outlook
    terms: Terms
    which: int  # 0 Vietnamese, 1 English

    def value(self, quanta: int) -> str:
        """A whole number of quanta with its unit."""
        return self._with_unit(self.terms.parameter.decimal(quanta))

    @property
    def limit(self) -> str:
        """The upper limit as it stands in the permit, with its unit."""
        high = self.terms.limit.high if self.terms.limit else None
        return self._with_unit(high or Decimal(0))

    def _with_unit(self, number: Decimal) -> str:
        unit = self.terms.parameter.unit
        return localised(number, self.which) + ("" if unit == "-" else f" {unit}")


def localised(number: Decimal, which: int) -> str:
    """A decimal as the language writes it: 1.234,5 in Vietnamese, 1,234.5 in English."""
    whole, dot, rest = plain(abs(number)).partition(".")
    sign = "-" if number < 0 else ""
    english = f"{sign}{int(whole):,}{dot}{rest}"
    return english if which == 1 else english.translate(str.maketrans(",.", ".,"))


def outlook_words(
    of: Outlook, terms: Terms, place: str, when: str, simulated: bool
) -> dict[str, str]:
    """`place` names the station, `when` the local time until which readings were looked at."""
    return {
        language: " ".join(
            part
            for part in (
                f"[{SIMULATED[which]}]" if simulated else "",
                f"{place}, {terms.parameter.key}, {when} (UTC+7):",
                _outcome(_Told(of, terms, which)),
                _remaining(_Told(of, terms, which)),
                FOR_OPERATION[which],
                FOOTER[which],
            )
            if part
        )
        for which, language in enumerate(("vi", "en"))
    }


def _outcome(told: _Told) -> str:
    if told.of.stage is Stage.OFF:
        return f"{('không dự báo', 'no outlook')[told.which]} – {_lack(told)}."
    if told.of.certain is Certain.WITHIN:
        return (
            f"trung bình ngày không vượt {told.limit} dù mọi khoảng còn thiếu có giá trị lớn "
            "nhất của thiết bị.",
            f"the daily mean stays within {told.limit} even if every missing slot held the "
            "instrument's maximum.",
        )[told.which]
    if told.of.probability is None:
        return _persistence(told)
    return _probability(told, told.of.probability)


def _lack(told: _Told) -> str:
    if told.of.withheld is Withheld.HISTORY_SHORT:
        return (
            f"mới có {told.of.days}/{DAYS_NEEDED} ngày trước đủ số liệu vào giờ này",
            f"only {told.of.days} of {DAYS_NEEDED} past days with enough data at this hour",
        )[told.which]
    return _WITHHELD[told.of.withheld][told.which] if told.of.withheld else ""


def _persistence(told: _Told) -> str:
    forecast = told.value(round(told.of.forecast or 0))
    return (
        f"chưa tính xác suất – {_lack(told)}; nếu giữ mức của {RECENT_HOURS} giờ gần nhất, trung "
        f"bình ngày khoảng {forecast} (giới hạn {told.limit}).",
        f"no probability yet – {_lack(told)}; at the level of the last {RECENT_HOURS} hours the "
        f"daily mean would be about {forecast} (limit {told.limit}).",
    )[told.which]


def _probability(told: _Told, probability: float) -> str:
    name = _LEVELS[told.of.level or Level.LOW][told.which]
    share = _percent(probability, told.of.days)
    return (
        f"{name} – xác suất trung bình ngày vượt {told.limit}: {share} (sai số dự "
        f"báo của {told.of.days} ngày trước vào giờ này).",
        f"{name} – probability that the daily mean exceeds {told.limit}: {share} "
        f"(forecast errors of {told.of.days} past days at this hour).",
    )[told.which]


def _percent(probability: float, days: int) -> str:
    """Whole per cent; that so many days never (or always) exceeded does not make it certain."""
    step = ceil(100 / max(days, 1))
    if probability == 0:
        return f"< {step} %"
    return f"> {100 - step} %" if probability == 1 else f"{round(100 * probability)} %"


def _remaining(told: _Told) -> str:
    """What the rest of the day may be; nothing where that is settled."""
    needed = told.of.required
    if needed is None or told.of.certain is Certain.WITHIN:
        return ""
    if needed < told.terms.low:
        return (
            f"Trung bình ngày không vượt {told.limit} chỉ khi có số liệu bổ sung cho các khoảng "
            "còn thiếu.",
            f"Only readings that still arrive for past gaps could keep the daily mean within "
            f"{told.limit}.",
        )[told.which]
    bound = told.value(floor(needed))  # never rounded past itself
    return (
        f"Để trung bình ngày không vượt {told.limit}, từ nay đến nửa đêm phải giữ trung bình "
        f"không quá {bound}.",
        f"For the daily mean not to exceed {told.limit}, the mean from now until midnight must "
        f"stay at or below {bound}.",
    )[told.which]
