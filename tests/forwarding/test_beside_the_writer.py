"""Forwarding as it runs beside the writer: from the settings to files in a folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.model import Refused
from tests.cast import DAY0, HOUR
from tests.forwarding.receivers import received
from tests.forwarding.stage import cod, name_of, registered_stage
from tolich.app import waited, writing_process
from tolich.clock import StepClock
from tolich.settings import Forward, Settings


def settings(folder: Path, *forward: Forward) -> Settings:
    """Settings on a store of its own, without a broker."""
    registered_stage(folder / "data", DAY0).close()
    return Settings(data=folder / "data", mqtt=None, forward=list(forward))


def to_folder(folder: Path, stations: list[str]) -> Forward:
    folder.mkdir(parents=True, exist_ok=True)
    url = f"file://{folder}"
    return Forward(name="so-mau", url=url, since=date(2026, 1, 1), stations=stations, line_end="lf")


def test_readings_end_up_where_the_settings_say(tmp_path: Path) -> None:
    there, clock = tmp_path / "there", StepClock(DAY0 + 2 * HOUR)
    with writing_process(settings(tmp_path, to_folder(there, ["MAU01"])), clock) as writer:
        writer.pipeline.submit([cod("MAU01", HOUR, 10), cod("MAU02", HOUR, 10)])
        assert waited(lambda: len(received(there)) == 1, 20.0)
    (name,) = received(there)
    assert name == f"MAU01/2026/03/10/{name_of('MAU01', HOUR)}"
    assert (there / name).read_bytes() == b"COD\t10\tmg/L\t20260310010000\t00\n"


def test_a_station_that_is_not_registered_is_refused_at_the_start(tmp_path: Path) -> None:
    wrong = settings(tmp_path, to_folder(tmp_path / "there", ["MAU01", "MAU0"]))
    with (
        pytest.raises(Refused, match=r"forward\.so-mau\.stations: no station 'MAU0'; did you mean"),
        writing_process(wrong, StepClock(DAY0)),
    ):
        pass
