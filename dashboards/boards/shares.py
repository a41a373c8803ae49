"""Shares of the days owed: their words, colours and columns."""

from __future__ import annotations

from dashboards.boards.queries import SHARES
from dashboards.boards.words import Text
from dashboards.codes import State

SAID: dict[str, Text] = {
    "exceeded": Text(State.SUSPECTED.vi, State.SUSPECTED.en),
    "near": Text(State.NEAR.vi, State.NEAR.en),
    "not_assessable": Text("Không đánh giá được", "Not assessable"),
    "compliant": Text(State.WITHIN.vi, State.WITHIN.en),
}
MARKS = {"exceeded": "!", "near": "↗", "not_assessable": "?", "compliant": "✓"}
COLOURS = {
    "exceeded": State.SUSPECTED.colour,
    "near": State.NEAR.colour,
    "not_assessable": State.NOT_ASSESSABLE.colour,
    "compliant": State.WITHIN.colour,
}
NAMES = tuple(SHARES)

OWED_SAID = Text("Ngày phải có kết quả", "Days owed")
DIVIDED = Text(
    "Mẫu số là số ngày-trạm phải có kết quả, kể cả ngày không gửi dữ liệu; không tính ngày không "
    "áp dụng.",
    "Divided by the station-days that owe a verdict, days without any data included; days to "
    "which no limit applies do not count.",
)
