"""A finding in words, in Vietnamese and in English: what was found, against which limit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from rules.days import local_date, rfc3339
from rules.judge import RANGE_MARGIN
from rules.loads import FACTORS
from rules.model import Averaging, Finding, Limit, Outcome, Parameter, Period, Reason
from rules.permit import plain
from rules.terms import Dry, Terms

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
    period: Period | None = None,
) -> dict[str, str]:
    """One sentence in Vietnamese and in English, with the footer that every page carries.

    `amended` says that an officer decided about some of its readings; `period` has the words
    for a length that a regulation declares.
    """
    words = _period_words(finding, period)
    return {
        language: " ".join(
            part
            for part in (
                f"[{SIMULATED[which]}]" if simulated else "",
                _sentence(finding, parameter, place, basis, words[which], which),
                AMENDED[which] if amended else "",
                FOOTER[which],
            )
            if part
        )
        for which, language in enumerate(("vi", "en"))
    }


def _period_words(finding: Finding, period: Period | None) -> tuple[str, str]:
    """A period in both languages; one without words by its name."""
    if period is None:
        return _PERIOD_WORDS.get(finding.period, (finding.period, finding.period))
    return period.vi or period.name, period.en or period.name


def _sentence(
    finding: Finding, parameter: Parameter, place: str, basis: str, name: str, which: int
) -> str:
    verdict, reason = _verdict(finding, basis, name, which), _REASON_WORDS[finding.reason][which]
    when = _when(finding, name)
    mean = _mean(finding, parameter, which)
    counts = finding.counts
    had = (
        f"{counts.valid}/{counts.expected} khoảng hợp lệ"
        if which == 0
        else f"{counts.valid} of {counts.expected} slots valid"
    )
    return f"{place}, {_name(parameter, which)}, {when}: {verdict} – {reason}. {mean}{had}."


def _verdict(finding: Finding, basis: str, name: str, which: int) -> str:
    if finding.outcome is not Outcome.EXCEEDED:
        return _STATE_WORDS.get(finding.reason, _OUTCOME_WORDS[finding.outcome])[which]
    if finding.period in (basis, "day"):
        return ("nghi vượt giới hạn", "suspected exceedance")[which]
    if finding.reason is Reason.BELOW_LIMIT:
        return (
            f"cảnh báo sớm: trung bình {name} ngoài giới hạn",
            f"early warning: {_ADJECTIVES.get(name, name)} mean outside the limit",
        )[which]
    return (
        f"cảnh báo sớm: trung bình {name} vượt giới hạn",
        f"early warning: {_ADJECTIVES.get(name, name)} mean over the limit",
    )[which]


def _when(finding: Finding, name: str) -> str:
    start = rfc3339(finding.start)
    if finding.period == "day":
        return f"{name} {local_date(finding.start).strftime('%d/%m/%Y')}"
    return f"{name} {start[11:16]} {local_date(finding.start).strftime('%d/%m/%Y')} (UTC+7)"


def _mean(finding: Finding, parameter: Parameter, which: int) -> str:
    if finding.mean is None:
        return ""
    value = _in_language(plain(_rounded(finding, parameter)), which)
    unit = "" if parameter.unit == "-" else f" {_unit(parameter, which)}"
    words = ("Trung bình", "Mean")[which]
    return f"{words} {value}{unit}{_limit_words(finding, which)}; "


def _unit(parameter: Parameter, which: int) -> str:
    return parameter.unit.replace("/day", "/ngày") if which == 0 else parameter.unit


def _name(parameter: Parameter, which: int) -> str:
    """What is measured goes by its symbol, a load or a volume by its name."""
    if parameter.unit not in FACTORS:
        return parameter.key
    return (parameter.name_vi, parameter.name_en)[which]


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


def _numbers(limit: Limit, which: int) -> str:
    low, high = _figure(plain(limit.low), which), _figure(plain(limit.high), which)
    return high if limit.low is None else f"{low}–{high}"


def _figure(number: str, which: int) -> str:
    """A plain number of a comparison: Vietnamese has a comma, and neither groups its digits."""
    return number.replace(".", ",") if which == 0 else number


def formula(finding: Finding, terms: Terms) -> str:
    """The comparison that was made, with its numbers, exact; first how the series was made."""
    return comparison(finding, terms)["en"]


def comparison(finding: Finding, terms: Terms, flow: Parameter | None = None) -> dict[str, str]:
    """The formula in the words of both languages; `flow` is what shows that nothing runs out."""
    if finding.reason is Reason.NO_DISCHARGE and terms.dry is not None:
        return {"vi": _dry_formula(terms.dry, flow, 0), "en": _dry_formula(terms.dry, flow, 1)}
    return {name: _formula(finding, terms, which) for which, name in enumerate(("vi", "en"))}


def _formula(finding: Finding, terms: Terms, which: int) -> str:
    if terms.derived is None or terms.limit is None:
        return _comparison(finding, terms, which)
    unit = terms.parameter.unit
    factors = " x ".join((*terms.derived.parts, _figure(plain(FACTORS[unit]), which)))
    step = f"{_figure(plain(terms.parameter.quantum), which)} {_unit(terms.parameter, which)}"
    compared = _comparison(finding, terms, which)
    return (
        f"mỗi khoảng: {factors}, làm tròn đến {step} (ở giữa: về số chẵn); {compared}",
        f"each slot: {factors}, rounded half to even to {step}; {compared}",
    )[which]


_NO_LIMIT = ("không có giới hạn: không so sánh", "no limit: nothing was compared")
_FAILED = (
    "hệ thống không đánh giá được kỳ này: không so sánh",
    "the monitor failed to judge this period: nothing was compared",
)


def _comparison(finding: Finding, terms: Terms, which: int) -> str:
    limit, parameter = finding.limit, terms.parameter
    if limit is None:
        return _NO_LIMIT[which]
    if finding.reason is Reason.CONTESTED:
        bound = f"{_numbers(limit, which)} {parameter.unit}"
        return (
            "giá trị nhỏ nhất và lớn nhất của cùng thời điểm cho kết quả khác nhau so với "
            f"giới hạn {bound}",
            "the lowest and the highest of the values for one instant lead to different "
            f"outcomes beside the limit {bound}",
        )[which]
    if parameter.averaging is Averaging.RANGE:
        return _range_formula(finding, which)
    if finding.reason is Reason.INTERNAL_ERROR:
        return _FAILED[which]
    if finding.reason is Reason.PROVEN:
        return _proof_formula(finding, terms, which)
    if finding.mean is None:
        return _completeness_formula(finding, terms, which)
    return _mean_formula(finding, terms, limit.high or Decimal(0), which)


def _dry_formula(dry: Dry, flow: Parameter | None, which: int) -> str:
    told = (
        f"{dry.flow}: mọi khoảng hợp lệ đều dưới mức ghi trong giấy phép",
        f"{dry.flow}: every valid slot below the permit's figure",
    )[which]
    if flow is None:
        return told
    return f"{told}, {_figure(_exact(dry.below * Fraction(flow.quantum)), which)} {flow.unit}"


def _completeness_formula(finding: Finding, terms: Terms, which: int) -> str:
    counts, needed = finding.counts, terms.completeness
    return (
        f"cần hợp lệ {counts.valid} x {needed.denominator} >= phải có {counts.expected} x "
        f"{needed.numerator} thì mới so sánh trung bình",
        f"valid {counts.valid} x {needed.denominator} >= expected {counts.expected} x "
        f"{needed.numerator} is required before a mean is compared",
    )[which]


def _mean_formula(finding: Finding, terms: Terms, high: Decimal, which: int) -> str:
    """The sum against limit x n, unrounded."""
    parameter, n = terms.parameter, finding.counts.valid
    mean = finding.mean or Fraction(0)
    total = _figure(_exact(mean * n * Fraction(parameter.quantum)), which)
    sign = ">" if mean > parameter.quanta(high) else "<="
    bound, product = _figure(plain(high), which), _figure(plain(high * n), which)
    rest = f"{bound} x n {n} = {product} {_unit(parameter, which)}"
    return (f"tổng {total} {sign} giới hạn {rest}", f"sum {total} {sign} limit {rest}")[which]


def _proof_formula(finding: Finding, terms: Terms, which: int) -> str:
    """The sum so far, with the instrument's minimum in every missing slot, against the limit."""
    counts, parameter = finding.counts, terms.parameter
    high = (finding.limit.high if finding.limit else None) or Decimal(0)
    missing = counts.expected - counts.valid
    least = _figure(plain(parameter.decimal(terms.low)), which)
    total = (finding.mean or Fraction(0)) * counts.valid * Fraction(parameter.quantum)
    lowest = f" {_figure(_exact(total), which)}"
    if counts.conflicting:
        lowest = (" (giá trị nhỏ nhất nếu có nhiều)", " (of conflicting values the lowest)")[which]
    bound, product = (_figure(plain(x), which) for x in (high, high * counts.expected))
    rest = f"{bound} x n {counts.expected} = {product} {_unit(parameter, which)}"
    return (
        f"tổng {counts.valid} khoảng hợp lệ{lowest} + còn thiếu {missing} x nhỏ nhất {least} "
        f"> giới hạn {rest}",
        f"sum of {counts.valid} valid slots{lowest} + missing {missing} x minimum {least} "
        f"> limit {rest}",
    )[which]


def _range_formula(finding: Finding, which: int) -> str:
    limit = finding.limit
    ends = (plain(limit.low), plain(limit.high)) if limit else ("–", "–")
    low, high = (_figure(end, which) for end in ends)
    if finding.period == "hour":
        margin = _figure(str(RANGE_MARGIN), which)
        return (
            f"{low} <= trung bình các khoảng hợp lệ <= {high}; gần giới hạn khi cách một đầu "
            f"không quá {margin}",
            f"{low} <= mean of valid slots <= {high}; near within {margin} of an end",
        )[which]
    return (
        f"mọi giờ đủ dữ liệu: {low} <= trung bình <= {high}; ngày vượt khi có một giờ vượt",
        f"every assessable hour: {low} <= mean <= {high}; a day exceeds when any hour does",
    )[which]


def _exact(number: Fraction) -> str:
    """A fraction as an exact decimal where it is one, else as a quotient."""
    value = Decimal(number.numerator) / Decimal(number.denominator)
    return plain(value) if Fraction(value) == number else f"{number.numerator}/{number.denominator}"
