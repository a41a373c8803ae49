"""Work on outages: they may be about stations of several plants, and of maintenance of some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.roles import Role
from tests.cast import DAY0, MINUTE, Stage
from tests.tolich.desk import OWN, PEOPLE, person
from tests.tolich.test_outages import EIGHT, ONE, OTHERS, on, outage, say
from tolich.pipeline import Pipeline
from tolich.ports import EVERYTHING, Scope, Shape
from tolich.working import Worker
from tolich.workports import Announcement, Deed, Forbidden

__all__ = ["on"]  # the fixture: seven stations of three clusters
THIRD = Scope(clusters=frozenset({"ccn-mau-03"}))


@pytest.fixture
def narrow(on: Stage, tmp_path: Path) -> Pipeline:
    """Three stations of one plant are silent; the others spoke five minutes later."""
    pipeline = on.pipeline()
    say(on, pipeline, 0, ONE + OTHERS)
    say(on, pipeline, 5, ["C1", "C2", "A4", "B1"])
    later(on, pipeline, 10)
    return pipeline


def later(on: Stage, pipeline: Pipeline, minute: int) -> None:
    on.clock.set(EIGHT + minute * MINUTE)
    for _ in range(2):
        pipeline.tick(DAY0)


def seen(on: Stage, pipeline: Pipeline, scope: Scope, alert: str) -> Shape:
    found = on.reads(pipeline).alert(scope, alert)
    assert found is not None
    return found


def test_an_outage_of_ones_own_stations_is_ones_own_to_work_on(on: Stage, narrow: Pipeline) -> None:
    alert = outage(on, narrow)["id"]
    worker = Worker(narrow, on.reads(narrow))
    shape = worker.act(PEOPLE["operator"], Deed(alert, "acknowledge", text="mất điện"))
    assert shape is not None
    assert shape["work"]["state"] == "acknowledged"


def test_an_outage_of_several_plants_is_for_officers(on: Stage, narrow: Pipeline) -> None:
    alert = outage(on, narrow)["id"]
    worker = Worker(narrow, on.reads(narrow))
    worker.act(PEOPLE["operator"], Deed(alert, "comment", text="mất điện ở tủ A"))
    later(on, narrow, 15)
    assert outage(on, narrow)["id"] == alert  # it has widened to the others
    third = person(21, "Vận hành Mẫu 03", Role.OPERATOR, THIRD)
    for who in (third, PEOPLE["operator"]):
        with pytest.raises(Forbidden, match="stations of others") as why:
            worker.act(who, Deed(alert, "acknowledge"))
        assert set(why.value.roles) == {Role.CITY_OFFICER, Role.WARD_OFFICER}
    worker.act(PEOPLE["binh"], Deed(alert, "acknowledge", text="đã báo điện lực"))
    acts = {
        name: [one["act"] for one in seen(on, narrow, scope, alert)["actions"]]
        for name, scope in {"third": THIRD, "own": OWN, "all": EVERYTHING}.items()
    }
    told = ["comment", "acknowledge"]
    assert acts == {"third": told[1:], "own": told[1:], "all": told}


@pytest.mark.parametrize(("covered", "state"), [(2, "unacknowledged"), (3, "maintenance")])
def test_maintenance_holds_an_outage_when_it_covers_all_of_it(
    on: Stage, narrow: Pipeline, covered: int, state: str
) -> None:
    alert = outage(on, narrow)["id"]
    worker = Worker(narrow, on.reads(narrow))
    more: dict[str, Any] = {"start": None, "end": on.clock.now() + 3600, "reason": "cắt điện"}
    for name in outage(on, narrow)["members"][:covered]:
        worker.announce(PEOPLE["operator"], Announcement("maintenance", name, None, **more))
    later(on, narrow, 11)
    assert seen(on, narrow, EVERYTHING, alert)["work"]["state"] == state
