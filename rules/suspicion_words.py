"""What a look at a day says to an inspector, in Vietnamese and English. It accuses nobody."""

from __future__ import annotations

from collections.abc import Mapping

from rules.suspicion import Detector, Look, State, Strange

STATES: Mapping[State, tuple[str, str]] = {
    State.NEEDS_INSPECTION: ("Cần kiểm tra", "Needs inspection"),
    State.NOTHING_FOUND: ("Không có gì bất thường", "Nothing unusual"),
    State.NOT_EVALUATED: ("Chưa đánh giá được", "Not evaluated"),
}

DETECTORS: Mapping[Detector, tuple[str, str]] = {
    Detector.DROP: (
        "COD, TSS, NH4 cùng thấp hơn thường lệ",
        "COD, TSS and NH4 are lower than usual together",
    ),
    Detector.STEP: (
        "COD, TSS, NH4 cùng giảm đột ngột",
        "COD, TSS and NH4 fall together within an hour",
    ),
    Detector.NOISE: (
        "dao động nhỏ của các trị đo khác thường lệ",
        "the small wobble of the readings is not the usual one",
    ),
    Detector.COLLAPSE: (
        "các trị đo không còn lên xuống trong ngày",
        "readings no longer rise and fall over the day",
    ),
    Detector.SWING: (
        "nhiệt độ thay đổi trong ngày khác thường lệ",
        "the temperature swings over the day unlike usual",
    ),
    Detector.EDGE: (
        "trị đo dừng sát dưới giới hạn như có trần",
        "readings stop just below the limit as if under a ceiling",
    ),
    Detector.REPLAY: (
        "có dãy trị đo trùng với ngày trước",
        "rows of readings repeat those of an earlier day",
    ),
    Detector.ECHO: (
        "nhịp lên xuống giống một ngày trước",
        "the ups and downs are those of an earlier day",
    ),
    Detector.GAPS: (
        "mất số liệu thường rơi vào lúc trị đo cao",
        "gaps fall on high readings more often than chance",
    ),
    Detector.CALIBRATIONS: (
        "hiệu chuẩn thường rơi vào lúc trị đo cao",
        "calibrations fall on high readings more often than chance",
    ),
}


def state_words(state: State) -> tuple[str, str]:
    """A state (vi, en)."""
    return STATES[state]


def reason_words(of: Strange) -> tuple[str, str]:
    """What one detector saw (vi, en), with its figures."""
    vi, en = DETECTORS[of.detector]
    figures = f"{of.statistic:.1f}", f"{of.threshold:.1f}"
    return (
        f"{vi}: lệch {figures[0]} lần mức dao động của chính trạm, báo từ {figures[1]}",
        f"{en}: {figures[0]} of the station's own spreads from its usual, told from {figures[1]}",
    )


def look_words(of: Look, has_baseline: bool) -> tuple[str, str]:
    """What a look came to, in a sentence (vi, en)."""
    vi, en = STATES[of.state]
    if not has_baseline:
        return (
            f"{vi}: trạm chưa có 28 ngày nền, xem `tolich suspicion baseline`.",
            f"{en}: the station has no baseline of 28 days, see `tolich suspicion baseline`.",
        )
    said = [reason_words(one) for one in of.reasons]
    if not said:
        return f"{vi}.", f"{en}."
    return f"{vi}: {'; '.join(one[0] for one in said)}.", f"{en}: {'; '.join(o[1] for o in said)}."
