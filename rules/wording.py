"""A finding in words, in Vietnamese and in English: what was found, against which limit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from rules.days import local_date, rfc3339
from rules.judge import RANGE_MARGIN
from rules.loads import FACTORS
from rules.model import Averaging, Finding, Limit, Outcome, Parameter, Reason
from rules.permit import plain
from rules.terms import Terms

_OUTCOME_WORDS = {
    Outcome.COMPLIANT: ("trong giới hạn", "within the limit"),
    Outcome.NEAR: ("gần giới hạn", "near the limit"),
    Outcome.NOT_ASSESSABLE: ("không đủ dữ liệu để đánh giá", "not enough data to assess"),
    Outcome.NOT_APPLICABLE: ("không áp dụng", "not applicable"),
}

_REASON_WORDS = {
    Reason.WITHIN_LIMIT: ("trung bình không vượt giới hạn", "the mean does not exceed the limit"),
    Reason.NEAR_LIMIT: (
        "trung bình từ mức gần giới hạn trở lên (90 %, nếu giấy phép không ghi khác; "
        "pH: cách giới hạn không quá 0,2)",
        "the mean is at what counts as near or more (90 % of the limit unless the permit says "
        "otherwise; pH: within 0.2 of an end)",
    ),
    Reason.ABOVE_LIMIT: ("trung bình lớn hơn giới hạn", "the mean is above the limit"),
    Reason.BELOW_LIMIT: (
        "trung bình nhỏ hơn giới hạn dưới",
        "the mean is below the lower limit",
    ),
    Reason.HOUR_OUTSIDE: (
        "có ít nhất một giờ đủ dữ liệu nằm ngoài giới hạn",
        "at least one hour with enough data lies outside the limit",
    ),
    Reason.PROVEN: (
        "vượt giới hạn dù mọi khoảng còn thiếu có giá trị nhỏ nhất của thiết bị",
        "exceeded even if every missing slot held the instrument's minimum",
    ),
    Reason.PERIOD_OPEN: ("kỳ chưa kết thúc", "the period has not closed yet"),
    Reason.NO_DATA: ("không nhận được số liệu", "no reading was received"),
    Reason.INSUFFICIENT_DATA: (
        "số liệu hợp lệ ít hơn mức tối thiểu",
        "fewer valid readings than the minimum",
    ),
    Reason.CONTESTED: (
        "có nhiều giá trị khác nhau cho cùng thời điểm, kết quả phụ thuộc giá trị nào đúng",
        "several values for one instant, and the outcome depends on which is right",
    ),
    Reason.LIMIT_MISSING: (
        "giấy phép và các bảng đã kiểm chứng không cho giới hạn nào",
        "neither the permit nor a verified table gives a limit",
    ),
    Reason.INTERNAL_ERROR: ("lỗi nội bộ của hệ thống", "an internal error of the monitor"),
    Reason.NO_PERMIT: ("không có giấy phép hiệu lực vào ngày này", "no permit binds on this day"),
    Reason.NO_DISCHARGE: (
        "lưu lượng xả dưới mức của giấy phép trong cả kỳ",
        "the outflow stayed below the permit's figure for the whole period",
    ),
}

_STATE_WORDS = {
    Reason.LIMIT_MISSING: ("chưa có giới hạn", "limit not loaded"),
    Reason.CONTESTED: ("chờ xác minh", "awaiting verification"),
}

_ADJECTIVES = {"hour": "hourly", "day": "daily"}

_PERIOD_WORDS = {"hour": ("giờ", "hour"), "day": ("ngày", "day")}

FOOTER = (
    "Dữ liệu tự động, chờ xác minh; không thay thế kết luận của cơ quan có thẩm quyền.",
    "Automatic data awaiting verification; it does not replace the finding of the "
    "competent authority.",
)
AMENDED = (
    "Cán bộ đã quyết định về một số số liệu của kỳ này (xem phần quyết định).",
    "An officer decided about some readings of this period (see the amendments).",
)
SIMULATED = ("DỮ LIỆU MÔ PHỎNG", "SIMULATED DATA")


def summary(
    finding: Finding,
    parameter: Parameter,
    place: str,
    simulated: bool,
    basis: str = "day",
    amended: bool = False,
) -> dict[str, str]:
    """One sentence in Vietnamese and in English, with the footer that every page carries.

    `amended` says that an officer decided about some of its readings.
    """
    return {
        language: " ".join(
            part
            for part in (
                f"[{SIMULATED[which]}]" if simulated else "",
                _sentence(finding, parameter, place, basis, which),
                AMENDED[which] if amended else "",
                FOOTER[which],
            )
            if part
        )
        for which, language in enumerate(("vi", "en"))
    }


def _sentence(finding: Finding, parameter: Parameter, place: str, basis: str, which: int) -> str:
    verdict, reason = _verdict(finding, basis, which), _REASON_WORDS[finding.reason][which]
    when = _when(finding, which)
    mean = _mean(finding, parameter, which)
    counts = finding.counts
    had = (
        f"{counts.valid}/{counts.expected} khoảng hợp lệ"
        if which == 0
        else f"{counts.valid} of {counts.expected} slots valid"
    )
    return f"{place}, {parameter.key}, {when}: {verdict} – {reason}. {mean}{had}."


def _verdict(finding: Finding, basis: str, which: int) -> str:
    if finding.outcome is not Outcome.EXCEEDED:
        return _STATE_WORDS.get(finding.reason, _OUTCOME_WORDS[finding.outcome])[which]
    if finding.period in (basis, "day"):
        return ("nghi vượt giới hạn", "suspected exceedance")[which]
    name = _PERIOD_WORDS.get(finding.period, (finding.period, finding.period))[which]
    if finding.reason is Reason.BELOW_LIMIT:
        return (
            f"cảnh báo sớm: trung bình {name} ngoài giới hạn",
            f"early warning: {_ADJECTIVES.get(name, name)} mean outside the limit",
        )[which]
    return (
        f"cảnh báo sớm: trung bình {name} vượt giới hạn",
        f"early warning: {_ADJECTIVES.get(name, name)} mean over the limit",
    )[which]


def _when(finding: Finding, which: int) -> str:
    name = _PERIOD_WORDS.get(finding.period, (finding.period, finding.period))[which]
    start = rfc3339(finding.start)
    if finding.period == "day":
        return f"{name} {local_date(finding.start).strftime('%d/%m/%Y')}"
    return f"{name} {start[11:16]} {local_date(finding.start).strftime('%d/%m/%Y')} (UTC+7)"


def _mean(finding: Finding, parameter: Parameter, which: int) -> str:
    if finding.mean is None:
        return ""
    value = _in_language(plain(_rounded(finding, parameter)), which)
    unit = "" if parameter.unit == "-" else f" {parameter.unit}"
    words = ("Trung bình", "Mean")[which]
    return f"{words} {value}{unit}{_limit_words(finding, which)}; "


def _rounded(finding: Finding, parameter: Parameter) -> Decimal:
    """A mean in few digits, but never so few that it seems to be on the limit when it is not."""
    exact = (finding.mean or Fraction(0)) * Fraction(parameter.quantum)
    limits = [] if finding.limit is None else [finding.limit.low, finding.limit.high]
    value, places = Decimal(exact.numerator) / Decimal(exact.denominator), 3
    # Means are quotients of whole quanta by few slots: one that is not a limit soon differs.
    while (shown := round(value, places)) in limits and Fraction(shown) != exact:
        places += 3
    return shown


def _limit_words(finding: Finding, which: int) -> str:
    limit = finding.limit
    if limit is None:
        return ""
    ends = [_in_language(plain(end), which) for end in (limit.low, limit.high) if end is not None]
    return f", {('giới hạn', 'limit')[which]} {'–'.join(ends)} ({limit.citation})"


def _in_language(number: str, which: int) -> str:
    """A plain decimal as the language writes it: 1.234,5 in Vietnamese, 1,234.5 in English."""
    whole, _, rest = number.partition(".")
    english = f"{int(whole):,}" + (f".{rest}" if rest else "")
    sign = "-" if whole.startswith("-0") else ""
    if which == 1:
        return sign + english
    return sign + english.translate(str.maketrans(",.", ".,"))


def _numbers(limit: Limit) -> str:
    high = plain(limit.high)
    return high if limit.low is None else f"{plain(limit.low)}–{high}"


def formula(finding: Finding, terms: Terms) -> str:
    """The comparison that was made, with its numbers, exact; first how the series was made."""
    if terms.derived is None or terms.limit is None:
        return _comparison(finding, terms)
    unit = terms.parameter.unit
    factors = " x ".join((*terms.derived.parts, plain(FACTORS[unit])))
    step = f"{plain(terms.parameter.quantum)} {unit}"
    return f"each slot: {factors}, rounded half to even to {step}; {_comparison(finding, terms)}"


def _comparison(finding: Finding, terms: Terms) -> str:
    limit, parameter = finding.limit, terms.parameter
    if limit is None:
        return "no limit: nothing was compared"
    if finding.reason is Reason.NO_DISCHARGE and terms.dry is not None:
        return f"{terms.dry.flow}: every valid slot below the permit's figure"
    if finding.reason is Reason.CONTESTED:
        return (
            "the lowest and the highest of the values for one instant lead to different "
            f"outcomes beside the limit {_numbers(limit)} {parameter.unit}"
        )
    if parameter.averaging is Averaging.RANGE:
        return _range_formula(finding)
    counts, high = finding.counts, limit.high
    if finding.reason is Reason.INTERNAL_ERROR:
        return "the monitor failed to judge this period: nothing was compared"
    if finding.reason is Reason.PROVEN:
        return _proof_formula(finding, terms)
    if finding.mean is None:
        needed = terms.completeness
        return (
            f"valid {counts.valid} x {needed.denominator} >= expected {counts.expected} x "
            f"{needed.numerator} is required before a mean is compared"
        )
    total = finding.mean * counts.valid * Fraction(parameter.quantum)
    sign = ">" if finding.mean > parameter.quanta(high or Decimal(0)) else "<="
    return (
        f"sum {_exact(total)} {sign} limit {plain(high)} x n {counts.valid} "
        f"= {plain((high or Decimal(0)) * counts.valid)} {parameter.unit}"
    )


def _proof_formula(finding: Finding, terms: Terms) -> str:
    """The sum so far, with the instrument's minimum in every missing slot, against the limit."""
    counts, parameter = finding.counts, terms.parameter
    high = (finding.limit.high if finding.limit else None) or Decimal(0)
    missing, least = counts.expected - counts.valid, parameter.decimal(terms.low)
    total = (finding.mean or Fraction(0)) * counts.valid * Fraction(parameter.quantum)
    lowest = " (of conflicting values the lowest)" if counts.conflicting else f" {_exact(total)}"
    return (
        f"sum of {counts.valid} valid slots{lowest} + missing {missing} x minimum {plain(least)} "
        f"> limit {plain(high)} x n {counts.expected} = {plain(high * counts.expected)} "
        f"{parameter.unit}"
    )


def _range_formula(finding: Finding) -> str:
    limit = finding.limit
    low, high = (plain(limit.low), plain(limit.high)) if limit else ("–", "–")
    if finding.period == "hour":
        return f"{low} <= mean of valid slots <= {high}; near within {RANGE_MARGIN} of an end"
    return f"every assessable hour: {low} <= mean <= {high}; a day exceeds when any hour does"


def _exact(number: Fraction) -> str:
    """A fraction as an exact decimal where it is one, else as a quotient."""
    value = Decimal(number.numerator) / Decimal(number.denominator)
    return plain(value) if Fraction(value) == number else f"{number.numerator}/{number.denominator}"
