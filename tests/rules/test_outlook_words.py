"""An outlook in words, in both languages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.forecast import Certain, Level, Outlook, Stage, Withheld
from rules.outlook_words import FOR_OPERATION, localised, outlook_words
from rules.terms import Terms
from rules.wording import FOOTER, SIMULATED
from tests.rules.windows import ph_terms, terms

OFF = Outlook(Stage.OFF, Withheld.NO_DATA, None, None, None, None, None, None, 0)
LIKELY = Outlook(
    Stage.PROBABILITY, None, 0.42, Level.AMBER, None, Fraction(700), Fraction(7394, 10),
    Fraction(6239, 10), 45,
)  # fmt: skip


def words(of: Outlook, terms: Terms, simulated: bool = False) -> tuple[str, str]:
    """What is said between the place and the footer, in Vietnamese and in English."""
    said = outlook_words(of, terms, "Trạm Mẫu 01", "14:10 22/11/2026", simulated)
    inner = []
    for which, language in enumerate(("vi", "en")):
        start = "Trạm Mẫu 01, COD, 14:10 22/11/2026 (UTC+7): "
        end = f" {FOR_OPERATION[which]} {FOOTER[which]}"
        assert said[language].startswith(start)
        assert said[language].endswith(end)
        inner.append(said[language].removeprefix(start).removesuffix(end))
    return inner[0], inner[1]


def test_a_probability_and_what_may_remain() -> None:
    vi, en = words(LIKELY, terms(high="75"))
    assert vi == (
        "Nguy cơ vượt giới hạn – xác suất trung bình ngày vượt 75 mg/L: 42 % (sai số dự báo của "
        "45 ngày trước vào giờ này). Để trung bình ngày không vượt 75 mg/L, từ nay đến nửa đêm "
        "phải giữ trung bình không quá 62,3 mg/L."
    )
    assert en == (
        "Risk of exceeding – probability that the daily mean exceeds 75 mg/L: 42 % (forecast "
        "errors of 45 past days at this hour). For the daily mean not to exceed 75 mg/L, the mean "
        "from now until midnight must stay at or below 62.3 mg/L."
    )


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "< 3 %"), (1 / 45, "2 %"), (44 / 45, "98 %"), (1.0, "> 97 %")]
)
def test_a_share_of_all_or_none_of_the_days_is_not_called_certain(
    probability: float, shown: str
) -> None:
    for said in words(replace(LIKELY, probability=probability), terms()):
        assert f": {shown} (" in said


@pytest.mark.parametrize(
    ("level", "vi", "en"),
    [(Level.LOW, "giới hạn thấp –", "Low risk"), (Level.RED, "giới hạn cao –", "High risk")],
)
def test_levels(level: Level, vi: str, en: str) -> None:
    said = words(replace(LIKELY, level=level), terms())
    assert vi in said[0]
    assert said[1].startswith(en)


def test_without_a_probability_the_forecast_stands_alone() -> None:
    short = replace(
        LIKELY, stage=Stage.PERSISTENCE, withheld=Withheld.HISTORY_SHORT, probability=None,
        level=None, days=12,
    )  # fmt: skip
    vi, en = words(short, terms(high="75"))
    assert vi.startswith(
        "chưa tính xác suất – mới có 12/30 ngày trước đủ số liệu vào giờ này; nếu giữ mức của 3 "
        "giờ gần nhất, trung bình ngày khoảng 73,9 mg/L (giới hạn 75 mg/L). Để trung bình"
    )
    assert en.startswith(
        "no probability yet – only 12 of 30 past days with enough data at this hour; at the level "
        "of the last 3 hours the daily mean would be about 73.9 mg/L (limit 75 mg/L). For the"
    )


def test_a_certain_day_asks_nothing_of_the_rest() -> None:
    sure = replace(LIKELY, stage=Stage.CERTAIN, certain=Certain.WITHIN, probability=0.0)
    assert words(sure, terms(high="1234.5")) == (
        "trung bình ngày không vượt 1.234,5 mg/L dù mọi khoảng còn thiếu có giá trị lớn nhất của "
        "thiết bị.",
        "the daily mean stays within 1,234.5 mg/L even if every missing slot held the "
        "instrument's maximum.",
    )


def test_what_cannot_be_kept_any_more_is_not_asked_for() -> None:
    for required, asked in ((Fraction(0), True), (Fraction(-1, 3), False)):
        vi, en = words(replace(LIKELY, required=required), terms())
        assert ("phải giữ" in vi, "must stay" in en) == (asked, asked)
        assert ("chỉ khi có số liệu bổ sung" in vi, "past gaps" in en) == (not asked, not asked)


@pytest.mark.parametrize("withheld", [w for w in Withheld if w is not Withheld.HISTORY_SHORT])
def test_every_reason_has_words_of_its_own(withheld: Withheld) -> None:
    said = words(replace(OFF, withheld=withheld), terms())
    others = [words(replace(OFF, withheld=w), terms()) for w in Withheld if w is not withheld]
    assert said[0].startswith("không dự báo – ")
    assert said[1].startswith("no outlook – ")
    assert all(said[0] != vi and said[1] != en for vi, en in others)


def test_nothing_is_said_without_a_limit() -> None:
    assert words(replace(OFF, withheld=Withheld.LIMIT_MISSING), terms(limit=None)) == (
        "không dự báo – chưa có giới hạn.",
        "no outlook – limit not loaded.",
    )


def test_simulated_plants_say_so() -> None:
    said = outlook_words(OFF, terms(), "Trạm Mẫu 01", "14:10 22/11/2026", True)
    assert said["vi"].startswith(f"[{SIMULATED[0]}] Trạm Mẫu 01, ")
    assert said["en"].startswith(f"[{SIMULATED[1]}] Trạm Mẫu 01, ")


def test_a_dash_is_no_unit() -> None:
    said = outlook_words(LIKELY, ph_terms(), "Trạm Mẫu 01", "14:10 22/11/2026", False)
    assert "exceeds 9: 42 %" in said["en"]


@pytest.mark.parametrize(
    ("number", "vi", "en"),
    [
        ("1234567.50", "1.234.567,5", "1,234,567.5"),
        ("-0.5", "-0,5", "-0.5"),
        ("-1234", "-1.234", "-1,234"),
        ("0", "0", "0"),
        ("75.0", "75", "75"),
    ],
)
def test_numbers_as_the_language_writes_them(number: str, vi: str, en: str) -> None:
    assert (localised(Decimal(number), 0), localised(Decimal(number), 1)) == (vi, en)
