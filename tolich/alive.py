"""`python -m tolich.alive SETTINGS`: status 0 while the writer gives signs of life, else 1.

For whoever watches a writer that runs by itself and answers no address (docker-compose.yml). A
command of its own module, because it is asked every few seconds and the whole command line
takes longer to load than this takes to run.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from rules.model import Refused
from tolich.clock import wall
from tolich.settings import Settings, load_settings
from tolich.store.database import open_engine, sqlite_url
from tolich.store.health import STALE, WRITER
from tolich.store.schema import process


def missing(settings: Settings) -> str | None:
    """Why the writer of this store counts as gone; None while it lives."""
    if settings.store is None and not (settings.data / "evidence.db").is_file():
        return f"there is no store in {settings.data}"
    engine = open_engine(settings.store or sqlite_url(settings.data), settings.store_password_file)
    try:
        with engine.connect() as connection:
            last = connection.execute(
                select(process.c.beat).where(process.c.name == WRITER)
            ).scalar()
    except DBAPIError as error:
        return f"the store does not answer: {error.orig}"
    finally:
        engine.dispose()
    if last is None:
        return "no writer has run on this store"
    age = wall() - int(last)
    return f"the writer's last sign of life is {age} s old" if age > STALE else None


def main(arguments: list[str]) -> int:
    """The exit status; what is wrong goes to standard error."""
    try:
        reason = missing(load_settings(Path(arguments[0]) if arguments else None))
    except Refused as refused:
        reason = "; ".join(str(problem) for problem in refused.problems)
    if reason is not None:
        sys.stderr.write(reason + "\n")
    return 0 if reason is None else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
