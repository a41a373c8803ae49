"""Publishing: the port through two packages, and the command, against Grafana's documented API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from grafana_api.grafana_api import (  # type: ignore[import-untyped]
    GrafanaException as OldException,
)
from grafana_api.grafana_face import GrafanaFace  # type: ignore[import-untyped]
from typer.testing import CliRunner

from dashboards.built import FOLDERS, boards
from dashboards.grafana import Grafana, grafana
from dashboards.publishing import (
    Conflict,
    Denied,
    GrafanaPort,
    PublishError,
    Unreachable,
    Wanted,
    carry_out,
    investor,
    officers,
    plan,
)
from tests.cast import cast_register
from tests.dashboards.grafana_fake import ADMIN, PASSWORD, FakeGrafana, grafana_running
from tests.servers import free_port
from tolich.cli import app

Connect = Callable[[str, str | tuple[str, str]], Grafana]
BOARDS = list(boards({"COD": "mg/L"}))


def old_client(url: str, credential: str | tuple[str, str]) -> Grafana:
    """The port through `grafana-api`, whose last release is of 2020."""
    parts = urlsplit(url)
    face = GrafanaFace(credential, host=parts.hostname, port=parts.port, protocol=parts.scheme)
    return Grafana(face.api, url, OldException)


@pytest.fixture
def fake() -> Iterator[FakeGrafana]:
    with grafana_running() as state:
        yield state


@pytest.fixture(params=[grafana, old_client], ids=["grafana-client", "grafana-api"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    made: Connect = request.param
    with ExitStack() as stack:
        yield lambda url, credential: stack.enter_context(made(url, credential))


@pytest.fixture
def port(fake: FakeGrafana, connect: Connect) -> GrafanaPort:
    return connect(fake.url, (ADMIN, PASSWORD))


def wanted(token: str = "a-token") -> list[Wanted]:
    return [
        officers("http://influxdb:8086", token, "http://prometheus:9090", BOARDS),
        investor("inv.a", "http://influxdb:8086", "own", ["ccn-mau-02", "ccn-mau-01"], BOARDS),
    ]


def publish(port: GrafanaPort, what: list[Wanted]) -> list[str]:
    return [step.said() for step in carry_out(port, plan(port, what))]


# --- the port -----------------------------------------------------------------------------------


def test_publishing_twice_writes_nothing_the_second_time(
    port: GrafanaPort, fake: FakeGrafana
) -> None:
    first = publish(port, wanted())
    assert len(first) == len(fake.writes) == (2 + 2 + 10) + (1 + 2 + 2 + 8)
    assert publish(port, wanted()) == []
    assert len(fake.writes) == len(first)


def test_an_investor_gets_his_clusters_and_nothing_of_the_monitor(
    port: GrafanaPort, fake: FakeGrafana
) -> None:
    publish(port, wanted())
    own = next(org for org in fake.orgs.values() if org.name == "tolich inv.a")
    assert {one["jsonData"]["dbName"] for one in own.sources.values()} == {
        "ccn-mau-01",
        "ccn-mau-02",
    }
    assert {one["secureJsonData"]["httpHeaderValue1"] for one in own.sources.values()} == {
        "Token own"
    }
    assert [one["isDefault"] for one in own.sources.values()] == [True, False]
    assert not any("monitor" in uid for uid in own.boards)
    assert {one["meta"]["folderUid"] for one in own.boards.values()} == {
        uid for uid, _ in FOLDERS.values()
    }


def test_what_somebody_changed_is_named_and_put_right(port: GrafanaPort, fake: FakeGrafana) -> None:
    publish(port, wanted())
    main = fake.orgs[1]
    main.boards["tolich-vi-overview"]["dashboard"]["panels"][0]["title"] = "?"
    main.folders["tolich-en"]["title"] = "?"
    main.boards["tolich-en-plant"]["meta"]["folderUid"] = ""
    said = publish(port, wanted())
    assert len(said) == 3
    assert any("'Toàn cảnh' (tolich-vi-overview): panels[0].title" in line for line in said)
    assert any(line.endswith("(tolich-en): title") for line in said)
    assert any("(tolich-en-plant): folder" in line for line in said)
    assert publish(port, wanted()) == []


def test_a_new_token_is_seen_and_never_said(port: GrafanaPort, fake: FakeGrafana) -> None:
    publish(port, wanted())
    said = publish(port, wanted("another-token"))
    assert said == ["change data source 'tolich' (tolich-influxdb): jsonData.tolichTokenDigest"]
    held = fake.orgs[1].sources["tolich-influxdb"]
    assert held["secureJsonData"] == {"httpHeaderValue1": "Token another-token"}
    assert "another-token" not in str(held["jsonData"])


def test_a_plan_writes_nothing(port: GrafanaPort, fake: FakeGrafana) -> None:
    assert len(plan(port, wanted())) == 27
    assert fake.writes == []


def test_a_change_between_look_and_write_is_not_overwritten(
    port: GrafanaPort, fake: FakeGrafana
) -> None:
    publish(port, wanted())
    held = fake.orgs[1].boards["tolich-vi-overview"]["dashboard"]
    held["title"] = "?"
    steps = plan(port, wanted())
    held |= {"title": "somebody's", "version": held["version"] + 1}
    with pytest.raises(Conflict, match="somebody else"):
        list(carry_out(port, steps))
    assert held["title"] == "somebody's"


def test_dashboards_from_files_are_not_published_over(port: GrafanaPort, fake: FakeGrafana) -> None:
    publish(port, wanted())
    held = fake.orgs[1].boards["tolich-vi-overview"]
    held["meta"]["provisioned"] = True
    assert plan(port, wanted()) == []
    held["dashboard"]["title"] = "?"
    with pytest.raises(PublishError, match="comes from files"):
        plan(port, wanted())


def test_refusals_are_told_apart(fake: FakeGrafana, connect: Connect) -> None:
    with pytest.raises(Denied, match="not known"):
        connect(fake.url, (ADMIN, "wrong")).organisations()
    with pytest.raises(Denied, match="not known"):
        connect(fake.url, "no-such-token").folder(1, "tolich-vi")
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match="is it running"):
        connect(nobody, "any").folder(1, "tolich-vi")


def test_a_service_account_publishes_for_officers_only(
    port: GrafanaPort, fake: FakeGrafana, connect: Connect
) -> None:
    assert port.service_account(1, "tolich") is None
    account = port.create_service_account(1, "tolich", "Admin")
    assert port.service_account(1, "tolich") == account
    token = connect(fake.url, port.create_token(1, account, "a"))
    assert len(publish(token, wanted()[:1])) == 14
    with pytest.raises(Denied, match="administrator"):
        plan(token, wanted())


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def settings(fake: FakeGrafana, tmp_path: Path) -> Path:
    (tmp_path / "tokens").mkdir()
    for name in ("officers", "inv.a"):
        (tmp_path / "tokens" / name).write_text(f"influx-secret-{name}\n")
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "register.yaml").write_text(yaml.safe_dump(cast_register(), allow_unicode=True))
    said: dict[str, Any] = {
        "data": str(tmp_path / "data"),
        "register": str(tmp_path / "register.yaml"),
        "grafana": {
            "url": fake.url,
            "password_file": str(tmp_path / "password"),
            "influx_url": "http://influxdb:8086",
            "influx_tokens": str(tmp_path / "tokens"),
            "metrics_url": "http://prometheus:9090",
        },
    }
    path = tmp_path / "tolich.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


def ran(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    return answer.exit_code, answer.output


def test_the_command_publishes_once(settings: Path, fake: FakeGrafana) -> None:
    path = str(settings)
    made = ran("users", "add", "inv.a", "--role", "investor", "--cluster", "ccn-mau-02",
               "--settings", path)  # fmt: skip
    assert made[0] == 0, made[1]
    status, said = ran("dashboards", "diff", "--settings", path)
    assert (status, fake.writes) == (1, [])
    status, published = ran("dashboards", "publish", "--settings", path)
    assert status == 0, published
    assert published.splitlines()[:-1] == said.splitlines()
    assert "secret" not in published
    assert {org.name for org in fake.orgs.values()} == {"Main Org.", "tolich inv.a"}
    written = len(fake.writes)
    assert ran("dashboards", "publish", "--settings", path) == (0, "nothing changed\n")
    assert ran("dashboards", "diff", "--settings", path) == (0, "nothing to change\n")
    assert len(fake.writes) == written


def test_a_missing_token_is_named_with_what_it_must_read(settings: Path) -> None:
    ran("users", "add", "inv.b", "--role", "investor", "--cluster", "ccn-mau-01",
        "--settings", str(settings))  # fmt: skip
    status, said = ran("dashboards", "publish", "--settings", str(settings))
    assert status == 2
    assert "inv.b" in said
    assert "ccn-mau-01/findings, ccn-mau-01/raw" in said


def test_no_right_is_said_plainly(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong")
    status, said = ran("dashboards", "diff", "--settings", str(settings))
    assert status == 3
    assert "not known (401)" in said
    assert "wrong" not in said


def test_the_service_account_is_made_once(
    settings: Path, tmp_path: Path, fake: FakeGrafana
) -> None:
    file = tmp_path / "grafana-token"
    status, said = ran("dashboards", "account", str(file), "--settings", str(settings))
    assert status == 0, said
    token = file.read_text().strip()
    assert token in fake.tokens
    assert token not in said
    assert file.stat().st_mode & 0o777 == 0o600
    again = ran("dashboards", "account", str(file), "--settings", str(settings))
    assert again == (0, "nothing changed\n")
    assert len(fake.tokens) == 1


def test_the_command_writes_files(tmp_path: Path) -> None:
    status, said = ran("dashboards", "build", str(tmp_path / "files"))
    assert status == 0
    assert len(said.splitlines()) == len(list((tmp_path / "files").rglob("*.json"))) == 10
