"""Orders over a real broker: what is asked is begun, and the asker is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from simulators.publish import Broker, BrokerLost, Publisher
from simulators.scenario.hearing import Hearing, ask
from simulators.scenario.live import Desk, run_live
from simulators.scenario.sinks import into_broker
from tests.servers import Mosquitto, free_port
from tests.simulators.scenario.small import built
from tolich.clock import StepClock


def test_an_order_reaches_a_running_simulator_and_is_answered(tmp_path: Path) -> None:
    made = built(clock={"start": "2026-04-06", "days": 1})
    stop, begun = threading.Event(), []
    with Mosquitto(tmp_path / "broker") as server:
        broker = Broker(port=server.port)
        with Hearing(broker, begun.append) as hearing, Publisher(broker) as publisher:
            # A clock that stands still: the simulator waits, and listens.
            desk = Desk(
                StepClock(0), lambda _: stop.wait(0.01), hearing.next, into_broker(publisher)[0]
            )
            running = threading.Thread(target=run_live, args=(made, desk))
            running.start()
            try:
                accepted = ask(broker, "MAU01 aeration_failure 10h", 60)
                refused = ask(broker, "MAU01 aeration_failur 10h", 60)
            finally:
                stop.set()
                running.join()
    assert [row["kind"] for row in accepted["begun"]] == ["aeration_failure"]
    assert "did you mean 'aeration_failure'" in refused["refused"][0]
    assert len(begun) == 1


def test_nobody_there_is_said() -> None:
    with pytest.raises(BrokerLost, match="is it running"):
        ask(Broker(port=free_port()), "MAU01 rain 1h")
