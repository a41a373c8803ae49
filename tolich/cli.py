"""The command line: every command and its help."""

from __future__ import annotations

import typer

from tolich.commands import (
    acting,
    backup,
    brokerrules,
    bundle,
    cases,
    commission,
    compare,
    dashboards,
    demo,
    evidence,
    export,
    folder,
    law,
    notify,
    project,
    prune,
    regulations,
    rejudge,
    replay,
    scenario,
    score,
    serve,
    suspicion,
    users,
)

app = typer.Typer(
    name="tolich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=(
        "Tô Lịch watches the wastewater of industrial clusters: readings in, verdicts that "
        "explain themselves out. Start with `tolich demo`."
    ),
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("web", hidden=True)(serve.web)
scenario.scenarios.command("act", hidden=True)(acting.act)
scenario.scenarios.command("score")(score.simulate_score)
app.add_typer(scenario.scenarios, name="simulate")
app.command("replay")(replay.replay)
app.command("ingest-folder")(folder.ingest_folder)
app.command("check")(law.check)
app.command("test-rules")(cases.check_cases)
app.command("rejudge")(rejudge.rejudge_days)
app.command("verify")(evidence.verify)
app.command("prune")(prune.prune_readings)
app.command("broker-rules")(brokerrules.broker_rules)
app.command("compare")(compare.compare_export)
app.command("commission")(commission.commission_station)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore_backup)
app.add_typer(regulations.regulations, name="regulations")
app.add_typer(law.permits, name="permits")
app.add_typer(notify.notify, name="notify")
app.add_typer(users.users, name="users")
app.add_typer(project.project, name="project")
app.add_typer(suspicion.suspicion, name="suspicion")
export.export.command("evidence")(bundle.evidence)
app.add_typer(dashboards.dashboards, name="dashboards")
app.add_typer(export.export, name="export")


def main() -> None:
    """The entry point of the `tolich` script."""
    app()
