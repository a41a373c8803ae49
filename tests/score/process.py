"""`python -m tests.score.process writer|web SETTINGS TIME`: what `tolich serve` runs, stepped.

The same writer and the same web process; only the clock is another one.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from tests.score.planttime import PlantTime
from tolich.app import writing_process
from tolich.commands.serve import run_web
from tolich.logs import configure_logs
from tolich.pipeline import Pipeline
from tolich.settings import load_settings


def main() -> None:
    """Run until SIGTERM."""
    what, settings, file = sys.argv[1:]
    configure_logs(human=False)
    time = PlantTime(Path(file))
    if what == "web":
        run_web(load_settings(Path(settings)), time)
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with writing_process(load_settings(Path(settings)), time) as writer:
        _tell(writer.pipeline, time)
        writer.run(stop)


def _tell(pipeline: Pipeline, time: PlantTime) -> None:
    """Whoever steps the time hears what was committed, and what was judged until when."""
    submit, tick = pipeline.submit, pipeline.tick

    def submitted(*given: object, **named: object) -> object:
        receipts = submit(*given, **named)  # type: ignore[arg-type]
        time.taken = pipeline.counters.messages
        return receipts

    def ticked(*given: object, **named: object) -> None:
        until = time.now()
        tick(*given, **named)  # type: ignore[arg-type]
        if not pipeline.waiting.due:
            time.settled = until

    pipeline.submit = submitted  # type: ignore[method-assign, assignment]
    pipeline.tick = ticked  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
