"""Structured logs on standard error: JSON lines for machines, short lines for a terminal."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(*, human: bool) -> None:
    """Set up logging once, at the start of a process.

    Tracebacks come without the values of variables: a whole register may hang on one, and
    the writer stores nothing while a mistake is being told.
    """
    formatted = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if human
        else [
            structlog.processors.ExceptionRenderer(formatted),
            structlog.processors.JSONRenderer(),
        ]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
