"""The register as people change it: looked at first, entered whole, undone unless it is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.decode import decode
from rules.model import Refused
from rules.register import KINDS
from tests.cast import DAY0, HOUR, Stage, cast_register, hours_of, permit, stage, station
from tests.stores import Kind
from tolich.app import Place, prepare
from tolich.clock import StepClock
from tolich.pipeline import Taking
from tolich.registering import Registering
from tolich.registrar import Registrar
from tolich.settings import load_settings
from tolich.store.proof import verify_chain
from tolich.store.registry import unsaid

NOON = DAY0 + 12 * HOUR
NEW: dict[str, Any] = {
    "clusters": {"ccn-mau-09": {"name": "CCN Mẫu 09", "province": "hanoi"}},
    "plants": {"mau-09": {"cluster": "ccn-mau-09", "name": "Nhà máy Mẫu 09", "capacity": 500}},
    "stations": {"MAU09": station("mau-09", ["COD"])},
    "permits": {"gp-09": permit("mau-09", "09/GP", "2026-01-01", {"COD": {"max": 100}})},
}


@pytest.fixture
def on(tmp_path: Path, either_store: Kind) -> Iterator[Stage]:
    of = stage(tmp_path, NOON)
    yield of
    verify_chain(of.engine, lambda _: None)
    of.close()


@pytest.fixture
def registrar(on: Stage) -> Registering:
    return Registrar(on.taking())


def keys(refused: Refused) -> list[str]:
    return [one.key for one in refused.problems]


def test_every_entry_that_stands_says_who_entered_it(registrar: Registering) -> None:
    found = registrar.entries()
    assert [one.id for one in found if one.kind == "stations"] == ["MAU01", "MAU02", "MAU03"]
    assert [one.kind for one in found][:4] == ["clusters", "clusters", "clusters", "plants"]
    assert {(one.by, one.document) for one in found} == {("tests", "cast")}


def test_a_preview_says_what_would_change_and_changes_nothing(registrar: Registering) -> None:
    plants = {"mau-01": dict(cast_register()["plants"]["mau-01"], capacity=Decimal("600.5"))}
    preview = registrar.preview(NEW | {"plants": NEW["plants"] | plants})
    assert [(one.kind, one.id, one.what) for one in preview.changes] == [
        ("clusters", "ccn-mau-09", "new"), ("plants", "mau-09", "new"),
        ("plants", "mau-01", "changed"), ("stations", "MAU09", "new"), ("permits", "gp-09", "new"),
    ]  # fmt: skip
    changed = preview.changes[2]
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["capacity"], changed.after["capacity"]) == (500, Decimal("600.5"))
    assert not preview.problems
    assert any("QCTĐHN 02:2014" in note for note in preview.notes)
    assert registrar.history("stations", "MAU09") == []


def test_what_is_entered_is_seen_at_once_by_who_entered_it(on: Stage) -> None:
    taking = on.taking()
    Registrar(taking).enter(NEW, "Cán bộ An", "QĐ 12/2026")
    assert "MAU09" in taking.registered.register.stations
    (entry,) = Registrar(taking).history("permits", "gp-09")
    assert (entry.by, entry.document, entry.entered_at) == ("Cán bộ An", "QĐ 12/2026", NOON)


def test_everything_wrong_is_named_at_its_place_and_nothing_is_kept(on: Stage) -> None:
    registrar = Registrar(on.taking())
    wrong: dict[str, Any] = {
        "plants": {"mau-09": NEW["plants"]["mau-09"]},
        "stations": {"MAU09": NEW["stations"]["MAU09"] | {"interval": 7}},
        "permits": {"gp-09": NEW["permits"]["gp-09"] | {"limits": {"COD": {"max": 100}}}},
    }
    places = {
        "plants.mau-09.cluster",
        "stations.MAU09.interval[0]",
        "permits.gp-09.limits.COD.page",
    }
    assert {one.key for one in registrar.preview(wrong).problems} == places
    with pytest.raises(Refused) as refused:
        registrar.enter(wrong, "An", "QĐ 12")
    assert set(keys(refused.value)) == places
    assert registrar.history("plants", "mau-09") == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"plant": {}}, "plant"),
        ({"plants": []}, "plants"),
        ({"plants": {"x": 1}}, "plants.x"),
        ({"plants": {"mau-01": {"name": "a\0"}}}, "plants.mau-01.name"),
        ({"plants": {"mau-01": {"name": "\ud800"}}}, "plants.mau-01.name"),
        ({"plants": {"mau-01": {"capacity": Decimal("1e999999")}}}, "plants.mau-01.capacity"),
    ],
)
def test_what_no_store_can_keep_is_refused(
    changes: dict[str, Any], place: str, registrar: Registering
) -> None:
    with pytest.raises(Refused) as refused:
        registrar.enter(changes, "An", "QĐ 12")
    assert keys(refused.value) == [place]


def test_an_entry_without_a_document_is_refused(registrar: Registering) -> None:
    with pytest.raises(Refused) as refused:
        registrar.enter(NEW, "An", "  ")
    assert keys(refused.value) == ["document"]


def test_undo_brings_back_what_was_and_undoing_that_the_change(registrar: Registering) -> None:
    plant = cast_register()["plants"]["mau-01"]
    registrar.enter({"plants": {"mau-01": plant | {"capacity": 900}}}, "An", "QĐ 12")
    registrar.undo("plants", "mau-01", "Bình", "nhập nhầm")
    rows = registrar.history("plants", "mau-01")
    assert [one.body["capacity"] for one in rows if one.body] == [500, 900, 500]
    assert (rows[0].by, rows[0].document) == ("Bình", "nhập nhầm")
    registrar.undo("plants", "mau-01", "Bình", "vẫn đúng")
    (capacity,) = [x.body["capacity"] for x in registrar.entries() if x.id == "mau-01" and x.body]
    assert capacity == 900


def test_what_something_depends_on_is_not_undone(registrar: Registering) -> None:
    registrar.enter(NEW, "An", "QĐ 12")
    with pytest.raises(Refused) as refused:
        registrar.undo("plants", "mau-09", "An", "nhầm")
    assert set(keys(refused.value)) == {"stations.MAU09.plant", "permits.gp-09.plant"}
    for kind, name in (("permits", "gp-09"), ("stations", "MAU09"), ("plants", "mau-09")):
        registrar.undo(kind, name, "An", "nhầm")
    assert "mau-09" not in {one.id for one in registrar.entries()}


def test_a_station_or_series_with_something_on_record_stays(on: Stage) -> None:
    pipeline = on.pipeline()
    registrar = Registrar(pipeline)
    pipeline.submit(hours_of("MAU01", "COD", 0, [50]))
    stations = cast_register()["stations"]
    only_ph = stations["MAU01"] | {"series": {"pH": {"checks": "off"}}}
    with pytest.raises(Refused) as refused:
        registrar.enter({"stations": {"MAU01": only_ph}}, "An", "QĐ 12")
    assert keys(refused.value) == ["stations.MAU01.series.COD"]
    with pytest.raises(Refused) as refused:
        registrar.enter({"stations": {"MAU01": None}}, "An", "QĐ 12")
    assert keys(refused.value) == ["stations.MAU01"]
    registrar.enter({"stations": {"MAU03": None}}, "An", "QĐ 12")  # nothing was heard of it


def test_what_never_was_cannot_be_undone(registrar: Registering) -> None:
    with pytest.raises(Refused) as refused:
        registrar.undo("plant", "mau-01", "An", "nhầm")
    assert "did you mean 'plants'" in refused.value.problems[0].message


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(registrar: Registering) -> None:
    seen = registrar.preview({}).number
    plant = cast_register()["plants"]["mau-01"]
    registrar.enter({"plants": {"mau-01": plant | {"capacity": 900}}}, "An", "QĐ 12", seen)
    later = {"plants": {"mau-01": plant | {"capacity": 800}}}
    with pytest.raises(Refused) as refused:
        registrar.enter(later, "Bình", "QĐ 13", seen)
    assert "meanwhile by An" in refused.value.problems[0].message
    with pytest.raises(Refused):
        registrar.undo("plants", "mau-01", "Bình", "nhầm", seen)
    registrar.enter({"clusters": NEW["clusters"]}, "Bình", "QĐ 13", seen)  # nobody touched it


def test_a_file_that_says_the_same_again_does_not_undo_what_people_changed(on: Stage) -> None:
    registrar, file = Registrar(on.taking()), cast_register()
    plant = file["plants"]["mau-01"]
    assert unsaid(on.engine, file, "tests") == {"schema": 1, **{kind: {} for kind in KINDS}}
    registrar.enter({"plants": {"mau-01": plant | {"capacity": 900}}}, "An", "QĐ 12")
    assert unsaid(on.engine, file, "tests")["plants"] == {}
    file["plants"]["mau-01"] = plant | {"capacity": 700}
    assert set(unsaid(on.engine, file, "tests")["plants"]) == {"mau-01"}
    assert unsaid(on.engine, {"plants": [], "schema": 1}, "tests") == {"plants": [], "schema": 1}
    assert set(unsaid(on.engine, {"plants": {"mau-02": None}}, "tests")["plants"]) == {"mau-02"}


def test_the_next_start_keeps_what_people_changed(tmp_path: Path) -> None:
    file, register = tmp_path / "register.yaml", cast_register()
    named = {"data": str(tmp_path / "data"), "register": str(file), "mqtt": None}
    (tmp_path / "tolich.yaml").write_text(json.dumps(named), encoding="utf-8")
    file.write_text(json.dumps(register), encoding="utf-8")
    settings = load_settings(tmp_path / "tolich.yaml")

    def capacity_after_a_start() -> Any:
        file.write_text(json.dumps(register), encoding="utf-8")
        place = Place(settings, StepClock(NOON))
        prepare(place)
        (body,) = [
            one.body
            for one in Registrar(taking(place)).entries()
            if (one.kind, one.id) == ("plants", "mau-01")
        ]
        place.engine.dispose()
        return (body or {})["capacity"]

    assert capacity_after_a_start() == 500
    place = Place(settings, StepClock(NOON))
    changed = {"plants": {"mau-01": register["plants"]["mau-01"] | {"capacity": 900}}}
    Registrar(taking(place)).enter(changed, "An", "QĐ 12")
    place.engine.dispose()
    assert capacity_after_a_start() == 900
    register["plants"]["mau-01"]["capacity"] = 700
    assert capacity_after_a_start() == 700


def taking(place: Place) -> Taking:
    """What the web process has."""
    return Taking(place.engine, decode, place.catalogue, place.registered(), place.clock)
