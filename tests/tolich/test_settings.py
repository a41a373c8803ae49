"""Settings: a file and the environment, refused with every problem named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.model import Refused
from tolich.settings import load_settings


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "tolich.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_a_default() -> None:
    settings = load_settings(None)
    assert settings.mqtt is not None
    assert (settings.mqtt.host, settings.mqtt.port) == ("127.0.0.1", 1883)
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8000)
    assert (settings.close_after, settings.influx.url) == (600, None)


def test_an_empty_file_is_no_file(tmp_path: Path) -> None:
    found = load_settings(settings_file(tmp_path, "# nothing\n"))
    assert found.model_dump() == load_settings(None).model_dump()


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    (tmp_path / "register.yaml").write_text("schema: 1\n", encoding="utf-8")
    path = settings_file(
        tmp_path, f"register: {tmp_path}/register.yaml\nmqtt: null\nhttp: {{port: 9000}}\n"
    )
    settings = load_settings(path)
    assert settings.mqtt is None
    assert settings.http.port == 9000
    assert settings.register_files == [tmp_path / "register.yaml"]


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLICH_HTTP__PORT", "9100")
    monkeypatch.setenv("TOLICH_CLOSE_AFTER", "900")
    settings = load_settings(settings_file(tmp_path, "http: {port: 9000, host: 0.0.0.0}\n"))
    assert (settings.http.port, settings.http.host, settings.close_after) == (9100, "0.0.0.0", 900)


def test_one_file_does_not_leak_into_the_next(tmp_path: Path) -> None:
    load_settings(settings_file(tmp_path, "close_after: 700\n"))
    assert load_settings(None).close_after == 600


def test_every_problem_is_named_with_file_key_and_expectation(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path,
        "mqtt: {hosts: x, keepalive: 1}\nhttp: {port: 70000}\nclose_after: soon\nregistre: x\n",
    )
    with pytest.raises(Refused) as refused:
        load_settings(path)
    problems = {one.key: one.message for one in refused.value.problems}
    assert set(problems) == {"mqtt.hosts", "mqtt.keepalive", "http.port", "close_after", "registre"}
    assert all(one.file == str(path) for one in refused.value.problems)
    assert "'host'" in problems["mqtt.hosts"]
    assert "'register'" in problems["registre"]
    assert "65535" in problems["http.port"]
    assert "'soon'" in problems["close_after"]


SFTP = "name: a, url: 'sftp://u@h/up', since: 2026-11-01, key_file: k, known_hosts: h"


@pytest.mark.parametrize(
    ("entry", "key", "said"),
    [
        ("url: 'sftp://u@h/up', since: 2026-11-01, key_file: k", "forward.0.name", "required"),
        (f"{SFTP}, folders: x", "forward.0.folders", "did you mean 'folder'"),
        ("name: a, url: 'sftp://u@h/up', since: 2026-11-01, key_file: k", "forward.0",
         "known_hosts: ssh-keyscan -p 22 h > FILE"),
        ("name: a, url: 'sftp://u@h/up', since: 2026-11-01, known_hosts: k", "forward.0",
         "needs key_file: ssh-keygen"),
        ("name: a, url: 'ftps://u@h/up', since: 2026-11-01", "forward.0", "needs password_file"),
        (f"{SFTP}, password_file: p", "forward.0", "sftp has no use for password_file"),
        (f"{SFTP}, folder: '{{stations}}'", "forward.0.folder", "did you mean 'station'"),
        (f"{SFTP}, folder: '../x'", "forward.0.folder", "is no folder"),
        (f"{SFTP}, line_end: cr", "forward.0.line_end", "'crlf'"),
        ("name: a, url: 'stfp://u@h/up', since: 2026-11-01", "forward.0.url", "mean 'sftp'"),
        ("name: a, url: 'ftp://u:p@h/up', since: 2026-11-01", "forward.0.url", "password_file"),
        ("name: a, url: 'ftp://h/up', since: 2026-11-01", "forward.0.url", "name the account"),
        ("name: a, url: 'ftp://u@h/a b', since: 2026-11-01", "forward.0.url", "the path '/a b'"),
        ("name: a, url: 'ftp://u@h/a/../b', since: 2026-11-01", "forward.0.url", "the path"),
        ("name: a, url: 'ftp://u@h:99999/a', since: 2026-11-01", "forward.0.url", "Port out of"),
        ("name: a, url: 'ftp://u@-x/a', since: 2026-11-01", "forward.0.url", "name the server"),
        ("name: a, url: 'file://x/a', since: 2026-11-01", "forward.0.url", "file:///path"),
        (f"{SFTP}, stations: MAU01", "forward.0.stations.literal['all']", "'all'"),
    ],
)  # fmt: skip
def test_a_destination_that_is_wrong_is_refused_with_its_remedy(
    entry: str, key: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        load_settings(settings_file(tmp_path, f"forward: [{{{entry}}}]\n"))
    problems = {one.key: one.message for one in refused.value.problems}
    assert said in problems[key]


def test_two_destinations_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="two destinations of forward are called 'a'"):
        load_settings(settings_file(tmp_path, f"forward: [{{{SFTP}}}, {{{SFTP}}}]\n"))


def test_a_destination_has_usual_folders_and_line_ends(tmp_path: Path) -> None:
    (found,) = load_settings(settings_file(tmp_path, f"forward: [{{{SFTP}}}]\n")).forward
    assert (found.folder, found.line_end) == ("{station}/{yyyy}/{MM}/{dd}", "crlf")
    assert (found.stations, found.resend, found.since) == ("all", True, date(2026, 11, 1))


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "5\n"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="expected a mapping"):
        load_settings(settings_file(tmp_path, text))


def test_a_register_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "register: [a.yaml, b.yaml]\n")
    with pytest.raises(Refused) as refused:
        load_settings(path)
    assert [one.key for one in refused.value.problems] == ["register[0]", "register[1]"]


def test_a_settings_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"gone\.yaml"):
        load_settings(tmp_path / "gone.yaml")


SECRET = "quá-bí-mật"


@pytest.mark.parametrize(
    "store, said",
    [
        (f"postgresql://tolich:{SECRET}@127.0.0.1/tolich", "holds a password"),
        (f"postgresql://tolich@127.0.0.1/tolich?password={SECRET}", "holds a password"),
        (f"mysql://127.0.0.1/{SECRET}", "neither PostgreSQL nor SQLite"),
        (f"somewhere {SECRET}", "no database URL"),
    ],
)
def test_the_store_s_url_holds_no_password_and_no_error_repeats_it(
    tmp_path: Path, store: str, said: str
) -> None:
    file = tmp_path / "tolich.yaml"
    file.write_text(f"store: {store!r}\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        load_settings(file)
    assert f"{file}: store: Value error, {said}" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_the_file_of_the_store_s_password_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "tolich.yaml"
    file.write_text("store_password_file: nowhere\n", encoding="utf-8")
    with pytest.raises(Refused, match="store_password_file: there is no file nowhere"):
        load_settings(file)
