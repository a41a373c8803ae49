"""How a demonstration stops: nothing of it is left. Last of the files that look at it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.end_to_end.demo import STOPS_WITHIN, Demo
from tests.end_to_end.monitor import listening


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and theirs."""
    children: dict[int, set[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        parent = _parent(status)
        if parent is not None:
            children.setdefault(parent, set()).add(int(status.parent.name))
    found, new = set[int](), {pid}
    while new:
        new = {child for one in new for child in children.get(one, ())}
        found |= new
    return found


def _parent(status: Path) -> int | None:
    """The parent of a process; None when it has ended, waited for or not."""
    try:
        state, parent = status.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def test_ctrl_c_stops_everything(live: Demo) -> None:
    family = descendants(live.process.pid)
    assert len(family) >= 2  # at least the web process and the stations
    begun = time.monotonic()
    live.process.send_signal(signal.SIGINT)
    assert live.process.wait(STOPS_WITHIN) == 0, live.log()
    print(f"stopped within {time.monotonic() - begun:.1f} s")
    assert {pid for pid in family if _parent(Path(f"/proc/{pid}/stat")) is not None} == set()
    assert [port for port in live.ports if listening(port)] == []
    assert not (live.folder / "demo.json").exists()
    assert str(live.folder) in live.log().splitlines()[-1]
    assert "Traceback" not in live.log()
