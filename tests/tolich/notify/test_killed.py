"""The monitor is killed at the worst moments: nothing that was queued stays unsaid."""

from __future__ import annotations

import json
import multiprocessing
import signal
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.cast import DAY0, Stage, opened, stage
from tests.tolich.notify.kinds import secret
from tests.tolich.notify.outbox import notice
from tests.tolich.notify.receivers import Answer, Receiver, Request
from tolich.clock import wall
from tolich.notify.sections import Notify, Webhook
from tolich.notify.ways import sender
from tolich.store.ledger import appending
from tolich.store.notifications import queue

COUNT = 5


def monitor(folder: Path, url: str, *, queues: bool, sends: bool) -> None:
    """What a writer does: queues, and sends until it is ended. For a process of its own."""
    engine = opened(folder)
    if queues:
        with appending(engine, DAY0) as append:
            queue(
                append,
                [notice(n, channel="webhook", address=url, alert=1) for n in range(COUNT)],
                wall(),
            )
        (folder / "queued").touch()
    if sends:
        hook = Webhook(secret_file=folder / "secret", private_addresses=True, timeout=60)
        sender(engine, Notify(webhook=hook)).run(threading.Event())
    threading.Event().wait()


def started(on: Stage, url: str, *, queues: bool = False, sends: bool = True) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=monitor, args=(on.folder, url), kwargs={"queues": queues, "sends": sends}
    )
    process.start()
    return process


def killed(process: BaseProcess) -> None:
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    process.close()


@pytest.fixture
def on(tmp_path: Path) -> Stage:
    of = stage(tmp_path, DAY0)
    of.close()
    secret(tmp_path, "secret", "s3cret")
    return of


def ids(receiver: Receiver) -> list[str]:
    return [json.loads(request.body)["id"] for request in receiver.got]


def test_killed_between_commit_and_send(on: Stage) -> None:
    with Receiver(lambda _: Answer(200)) as receiver:
        url = f"{receiver.url}/hook"
        process = started(on, url, queues=True, sends=False)
        until = threading.Event()
        while not (on.folder / "queued").exists() and process.is_alive():
            until.wait(0.02)
        killed(process)
        assert receiver.got == []
        process = started(on, url)
        receiver.until(COUNT)
        killed(process)
    assert ids(receiver)[:COUNT] == [
        notice(n, channel="webhook", address=url).key for n in range(COUNT)
    ]


def test_killed_between_send_and_commit(on: Stage) -> None:
    """The third message arrived, and the process ended before it could know."""
    ended = threading.Event()

    def answer(_: Request) -> Answer:
        if len(receiver.got) == 3:
            ended.wait(60)
        return Answer(200)

    with Receiver(answer) as receiver:
        url = f"{receiver.url}/hook"
        process = started(on, url, queues=True)
        receiver.until(3)
        killed(process)
        ended.set()
        first = ids(receiver)
        process = started(on, url)
        receiver.until(COUNT + 1)
        killed(process)
    keys = [notice(n, channel="webhook", address=url).key for n in range(COUNT)]
    assert first == keys[:3]
    assert ids(receiver)[3 : COUNT + 1] == keys[2:]
    assert len({request.body for request in receiver.got}) == COUNT  # the same, byte for byte
    repeated = [one for one in receiver.got if one.headers["Idempotency-Key"] == keys[2]]
    assert len(repeated) == 2
