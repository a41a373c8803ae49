"""TT10 in, TT10 out through a real server, TT10 in again: the same set of readings."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.folder import FolderSource
from rules.days import DAY_SECONDS
from tests.cast import DAY1, MINUTE, Stage
from tests.forwarding.receivers import ProFtpd, Receiver, Sshd
from tests.forwarding.stage import WALL, Play, everything, play, registered_stage, tt10
from tests.forwarding.test_destinations import ftp, sftp
from tolich.forwarding.destination import Destination
from tolich.forwarding.sender import LONGEST
from tolich.ports import Arrival, Delivery

SLOT = 15 * MINUTE


def ftps_server(folder: Path) -> tuple[Receiver, Destination]:
    server = ProFtpd(folder, tls=True)
    return server, ftp(server, "ftps")


def ftp_server(folder: Path) -> tuple[Receiver, Destination]:
    server = ProFtpd(folder, tls=False)
    return server, ftp(server)


def sftp_server(folder: Path) -> tuple[Receiver, Destination]:
    server = Sshd(folder)
    return server, sftp(server)


def a_day(rng: random.Random) -> Iterator[Delivery]:
    """What two loggers send in a day, with faults, calibrations, conflicts and repetitions."""
    for slot in range(96):
        for station, keys in (("MAU01", ("COD", "pH", "Flow")), ("MAU02", ("COD", "TSS"))):
            units = {"pH": "-", "Flow": "m3/h"}
            lines = [
                f"{key} {rng.uniform(0, 90):.{rng.randrange(7)}f} {units.get(key, 'mg/L')} "
                f"{rng.choice(['00', '00', '00', '01', '02'])}"
                for key in keys
            ]
            sent = tt10(station, slot * SLOT, *lines)
            yield from (sent,) * rng.choice((1, 1, 2))
            if rng.random() < 0.1:  # another value for the same instant
                yield tt10(station, slot * SLOT, f"COD {rng.randrange(90)} mg/L 00")


def taken_in(inbox: Path, of: Stage) -> None:
    """Everything below a folder, read as the monitor reads what an FTP server drops."""
    taking, come = of.taking(), list[Arrival]()
    source = FolderSource(
        inbox, lambda: taking.registered, of.clock, interval=0.0, wait=lambda _: False
    )
    while source.scan_once(come.append):
        receipts = taking.submit([arrival.delivery for arrival in come])
        for arrival, receipt in zip(come, receipts, strict=True):
            assert not receipt.rejected
            arrival.done(receipt)
        come.clear()


def through_a_day_of_silence(at: Play, server: Receiver) -> None:
    """The server is down for a day of wall time, then comes back."""
    while at.wall.now < WALL + DAY_SECONDS:
        at.push()
        at.wall.now = max(at.wall.now + 1, at.queue.pause().due)
    assert server.names() == []
    server.start()
    at.wall.now += LONGEST
    at.push()


@pytest.mark.parametrize("made", [ftp_server, ftps_server, sftp_server])
def test_the_same_set_comes_out_of_a_real_server(
    made: Callable[[Path], tuple[Receiver, Destination]], tmp_path: Path
) -> None:
    server, destination = made(tmp_path / "server")
    deliveries = list(a_day(random.Random(made.__name__)))
    random.Random(1).shuffle(deliveries)
    try:
        for at in play(tmp_path / "ours", destination, DAY1):
            at.take(*deliveries)
            through_a_day_of_silence(at, server)
            assert len(server.names()) == 2 * 96
            for line in at.lines(station="MAU01"):
                assert (line["state"], line["backlog"], line["error"]) == ("sent", 0, None)
            theirs = registered_stage(tmp_path / "theirs", DAY1)
            taken_in(server.inbox, theirs)
            ours, found = everything(at.on), everything(theirs)
            theirs.close()
            assert len(ours) > 400
            assert found == ours
    finally:
        server.stop()
