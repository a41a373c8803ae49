"""The log tells of a mistake briefly: without the values of variables."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from tolich.logs import configure_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def mistake() -> None:
    kept_in_a_variable = "x" * 20
    structlog.get_logger().info("before", size=len(kept_in_a_variable))
    try:
        raise ZeroDivisionError("a mistake of ours")
    except ZeroDivisionError as error:
        structlog.get_logger().error("it happened", exc_info=error)


def test_machines_get_a_json_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(human=False)
    mistake()
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["size"], first["level"]) == ("before", 20, "info")
    (told,) = second["exception"]
    assert (told["exc_type"], told["exc_value"]) == ("ZeroDivisionError", "a mistake of ours")
    assert "x" * 20 not in json.dumps(second)


def test_people_get_a_plain_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(human=True)
    mistake()
    text = capsys.readouterr().err
    assert "ZeroDivisionError: a mistake of ours" in text
    assert "in mistake" in text
    assert "x" * 20 not in text
