"""Readings of a station's day, as the judgement needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from tolich.store.intake import ReadingRow


def readings_between(
    connection: Connection, series: Sequence[int], start: int, end: int
) -> Sequence[ReadingRow]:
    """Readings of some series observed in [start, end], both ends: a time may close its slot."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    keys = ", ".join([mark] * len(series))
    # Plain text: this is read thousands of times, and building it anew would cost more than it.
    statement = (
        "SELECT series, at, value, status, raw FROM reading "
        f"WHERE series IN ({keys}) AND at BETWEEN {mark} AND {mark}"
    )
    rows: Sequence[Any] = connection.exec_driver_sql(statement, (*series, start, end)).all()
    return rows
