"""`tolich notify`, run as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cast import DAY0, stage
from tests.tolich.notify.kinds import KEY, saying, secret
from tests.tolich.notify.outbox import Heard, Office, notice
from tests.tolich.notify.receivers import Answer, Receiver
from tolich.cli import app
from tolich.notify.channel import Message, Undeliverable


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["notify", *(str(one) for one in arguments)])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "tolich.yaml"
    hook = f"{{secret_file: {secret(tmp_path, 'secret', 's')}, private_addresses: true}}"
    file.write_text(f"data: {tmp_path}\nnotify: {{webhook: {hook}}}\n", encoding="utf-8")
    return file


def test_a_channel_that_works_prints_the_receipt(settings: Path) -> None:
    with Receiver(saying(Answer(202))) as receiver:
        said = run("test", "-s", settings, "--channel", "webhook", "--to", receiver.url)
    assert said.exit_code == 0, said.output
    assert f"Delivered: webhook to {receiver.url} (HTTP 202)" in said.output.replace("\n", "")
    assert b"vn.tolich.notification.test" in receiver.got[0].body


def test_a_channel_that_does_not_says_why_and_what_to_do(settings: Path) -> None:
    with Receiver(saying(Answer(500, b"out of order"))) as receiver:
        said = run("test", "-s", settings, "--channel", "webhook", "--to", receiver.url)
    assert said.exit_code == 1
    assert "HTTP 500: out of order" in said.output
    assert "What to do:" in said.output


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("webhok", "did you mean 'webhook'?"), ("email", "notify.email: email is not set up")],
)
def test_a_channel_that_is_not_there(channel: str, expected: str, settings: Path) -> None:
    said = run("test", "-s", settings, "--channel", channel, "--to", "x")
    assert said.exit_code == 2
    assert expected in " ".join(said.output.split())


def test_a_secret_that_is_not_there_is_named_with_its_key(settings: Path) -> None:
    (settings.parent / "secret").unlink()
    said = run("test", "-s", settings, "--channel", "webhook", "--to", "https://x")
    assert said.exit_code == 2
    assert "notify.webhook.secret_file: there is no file" in " ".join(said.output.split())


def test_a_misspelt_key_of_a_channel_is_named(settings: Path) -> None:
    settings.write_text("notify: {email: {hots: x}}\n", encoding="utf-8")
    said = run("list", "-s", settings)
    assert said.exit_code == 2
    assert "notify.email.hots: unknown key; did you mean 'host'?" in " ".join(said.output.split())


def refuse(_: Message) -> None:
    raise Undeliverable("blocked")


def test_what_failed_is_listed_and_sent_again(settings: Path) -> None:
    on = stage(settings.parent, DAY0)
    heard = Heard(refuse)
    office = Office(on, {"sms": heard})
    office.queue([notice(1), notice(2, channel="sms", key=KEY)])
    office.turn()
    assert office.states() == ["failed", "failed"]
    listed = run("list", "-s", settings, "--state", "failed").output
    assert listed.count("failed") == 2
    assert run("retry", "-s", settings, 2).exit_code == 0
    assert office.states() == ["failed", "pending"]
    assert run("retry", "-s", settings, 2).exit_code == 2
    heard.opinion = lambda _: None
    office.now = office.rows()[1]["next_at"]
    office.turn()
    assert office.states() == ["failed", "sent"]
    assert heard.keys == [KEY]
    on.close()


def test_a_folder_without_a_store_is_refused(settings: Path) -> None:
    said = run("list", "-s", settings)
    assert said.exit_code == 2
    assert "there is no store in this folder" in " ".join(said.output.split())
