"""`python -m dashboards build DIR`: the dashboards as the JSON files that Grafana loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dashboards import compliance

DASHBOARDS = {compliance.NAME: compliance.build}

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def main() -> None:
    """Dashboards as code."""


@app.command()
def build(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write; made when it is not there.")
    ],
) -> None:
    """Write every dashboard to DIR as NAME.json, replacing the files of an earlier version."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in DASHBOARDS.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(model(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        typer.echo(path)


if __name__ == "__main__":
    app()
