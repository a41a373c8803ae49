"""`tolich project`, and what is seen of the copying: told by the command, health and metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dashboards import projection
from dashboards.lines import KINDS, lines_of
from dashboards.places import cluster_of
from dashboards.projection import Unavailable
from tests.cast import DAY0, DAY1, HOUR, Stage, copied, hours_of, stage
from tests.dashboards.influx_servers import free_ports, victoria_metrics
from tolich.app import waited, writing_process
from tolich.cli import app
from tolich.metrics import metrics_text
from tolich.ports import Delivery, Shape
from tolich.settings import Influx, Settings
from tolich.store.health import health

SECONDS = 20.0


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A day of two clusters, half of one's over the limit, and a message nobody can read."""
    on = stage(tmp_path_factory.mktemp("project"), DAY0)
    pipeline = on.pipeline()
    on.clock.set(DAY1 + HOUR)
    pipeline.submit(hours_of("MAU01", "COD", 0, [50] * 12 + [140] * 12))
    pipeline.submit(hours_of("MAU02", "TSS", 0, [20] * 24))
    topic = "tolich/v1/ccn-mau-01/MAU01/readings"
    pipeline.submit([Delivery("mqtt", topic, b"{", on.clock.now())])
    pipeline.tick(DAY0, fill=True)
    yield on
    on.close()


@pytest.fixture
def lines(told: Stage) -> list[str]:
    """All that the record has for dashboards, in its order."""
    entries = told.record(told.taking()).follow(0, 10_000, KINDS)
    return [line for entry in entries for line in lines_of(entry)]


class Memory:
    """A sink in memory; it fails once, at a call."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.calls = 0
        self.fails_at = 0
        self.failure: BaseException = Unavailable("away")

    def write(self, lines: Sequence[str]) -> None:
        self.calls += 1
        if self.calls == self.fails_at:
            raise self.failure
        self.written += lines

    def close(self) -> None:
        """There is nothing to release."""


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """What the command writes to instead of InfluxDB, twenty entries at a time."""
    sink = Memory()
    monkeypatch.setattr("tolich.commands.project.influx_sink", lambda *_: sink)
    monkeypatch.setattr(projection, "ENTRIES", 20)
    return sink


def settings_file(folder: Path, told: Stage, url: str = "http://127.0.0.1:1") -> Path:
    """Settings of that store with InfluxDB at `url`."""
    (folder / "token").write_text("any\n", encoding="utf-8")
    text = (
        f"data: {told.folder}\nmqtt: null\ninflux: {{url: '{url}', token_file: {folder}/token}}\n"
    )
    path = folder / "tolich.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["project", *arguments, "--settings", str(settings)])


def counted(result: Result) -> dict[str, int]:
    """Lines a measurement, as the command said."""
    assert result.exit_code == 0, result.output
    said = (line.split() for line in result.stdout.splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in said if words[2:] == ["lines"]}


def of_each(lines: Sequence[str]) -> Counter[str]:
    return Counter(line[: line.index(",")] for line in lines)


def test_status_says_how_far_there_is_to_go(told: Stage, tmp_path: Path) -> None:
    head = told.record(told.taking()).head()
    shown = run(settings_file(tmp_path, told), "status")
    assert shown.output.split() == f"record {head}, copied 0, to go {head}".split()


def test_everything_is_written_in_the_order_of_the_record(
    told: Stage, memory: Memory, lines: list[str], tmp_path: Path
) -> None:
    assert counted(run(settings_file(tmp_path, told), "rebuild")) == of_each(lines)
    assert memory.written == lines
    assert set(of_each(lines)) == {"reading", "finding", "alert", "rejection"}


@pytest.mark.parametrize("failure", [Unavailable("away"), KeyboardInterrupt()])
def test_a_rebuild_that_was_stopped_goes_on_where_it_was(
    told: Stage, memory: Memory, lines: list[str], tmp_path: Path, failure: BaseException
) -> None:
    settings = settings_file(tmp_path, told)
    memory.fails_at, memory.failure = 4, failure
    stopped = run(settings, "rebuild")
    assert stopped.exit_code != 0
    if isinstance(failure, Unavailable):
        assert "Stopped: away" in stopped.output
        assert "goes on where it was" in stopped.output
    before = len(memory.written)
    assert 0 < before < len(lines)
    rest = counted(run(settings, "rebuild"))
    assert sum(rest.values()) == len(lines) - before  # not begun anew
    assert memory.written == lines
    memory.written.clear()
    run(settings, "rebuild")
    assert memory.written == lines  # one that was finished begins anew


def test_another_rebuild_does_not_go_on_where_a_stopped_one_was(
    told: Stage, memory: Memory, lines: list[str], tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, told)
    memory.fails_at = 4
    run(settings, "rebuild")
    memory.written.clear()
    run(settings, "rebuild", "--cluster", "ccn-mau-02")
    ours = [line for line in lines if cluster_of(line) == "ccn-mau-02"]
    assert memory.written == ours
    run(settings, "rebuild")  # the first is finished, so that nothing is left for other tests


def test_a_cluster_from_a_day_on(
    told: Stage, memory: Memory, lines: list[str], tmp_path: Path
) -> None:
    asked = ("--cluster", "ccn-mau-01", "--from", "2026-03-11")
    of = counted(run(settings_file(tmp_path, told), "rebuild", *asked))
    ours = [
        line
        for line in lines
        if cluster_of(line) == "ccn-mau-01" and int(line.split(" ")[-1]) >= DAY1
    ]
    assert 0 < len(ours) < len(lines)
    assert memory.written == ours
    assert of == of_each(ours)


def test_a_cluster_that_is_not_is_refused_with_one_that_is(told: Stage, tmp_path: Path) -> None:
    refused = run(settings_file(tmp_path, told), "rebuild", "--cluster", "ccn-mau-1")
    assert refused.exit_code == 2
    assert "ccn-mau-01" in refused.output


def test_without_influxdb_a_rebuild_is_refused(told: Stage, tmp_path: Path) -> None:
    path = tmp_path / "tolich.yaml"
    path.write_text(f"data: {told.folder}\nmqtt: null\n", encoding="utf-8")
    refused = run(path, "rebuild")
    assert refused.exit_code == 2
    assert "influx.url" in refused.output


# --- while the monitor runs -----------------------------------------------------------------------


def process(told: Stage) -> tuple[dict[str, Any], list[str]]:
    """Counters of the copying, and what health says is wrong with it."""
    with told.engine.connect() as connection:
        shown = health(connection)
    reasons = [said for said in shown["reasons"] if said.startswith("projection: ")]
    return shown["processes"].get("projection", {}).get("counters", {}), reasons


def metrics(told: Stage) -> list[str]:
    def shown() -> Shape:
        with told.engine.connect() as connection:
            return health(connection)

    return metrics_text(shown)().decode().splitlines()


def test_influxdb_away_is_seen_and_so_is_its_return(
    told: Stage, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = copied(told, tmp_path / "copy")
    monkeypatch.setattr(projection, "BEAT", 0.1)
    monkeypatch.setattr(projection, "LONGEST_WAIT", 0.5)
    (port,) = free_ports(1)
    token = tmp_path / "token"
    token.write_text("any", encoding="utf-8")
    there = Influx(url=f"http://127.0.0.1:{port}", token_file=token)
    settings = Settings(data=told.folder, mqtt=None, influx=there)
    with writing_process(settings, told.clock):
        assert waited(lambda: bool(process(told)[1]), SECONDS)
        counters, reasons = process(told)
        assert reasons == ["projection: InfluxDB does not confirm; what it lacks is written later"]
        assert counters["projection_failed"] > 0
        assert (counters["projection_lag"] > 0, counters["projection_written"]) == (True, 0)
        with victoria_metrics(tmp_path, port) as server:
            assert waited(lambda: process(told)[0]["projection_lag"] == 0, SECONDS)
            assert process(told)[1] == []
            shown = metrics(told)
            assert 'tolich_projection_lag{process="projection"} 0.0' in shown
            assert (
                f'tolich_projection_written_total{{process="projection"}} {len(lines)}.0' in shown
            )
            assert server.exported("finding_state") != []
    with writing_process(Settings(data=told.folder, mqtt=None), told.clock):
        assert process(told) == ({}, [])  # switched off, it is not missed
    told.close()
