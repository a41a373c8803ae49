"""A scenario file as it is written: every key, strictly typed. Meaning is checked in loading.py."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from simulators.scenario.spec import DISTURBANCES
from simulators.sensors.cheats import SIGNAL, WATER
from simulators.sensors.spec import MEASURED
from simulators.sensors.tables import SensorTables
from simulators.treatment.tables import Tables

Where = Annotated[
    object,
    WithJsonSchema({
        "description": "STATION, STATION.PARAM, *, *.PARAM, or a list of these",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }),
]  # fmt: skip
_Bound = {
    "anyOf": [
        {"type": "number"},
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        {"type": "null"},
    ]
}
Limits = Annotated[
    dict[str, object],
    WithJsonSchema({
        "description": "The permit in the parameter's unit: a maximum, [low, high], or null (none)",
        "type": "object",
        "propertyNames": {"enum": list(MEASURED)},
        "additionalProperties": _Bound,
    }),
]  # fmt: skip
Time = Annotated[str, Field(description="3d06:00 after the start, or 2026-03-04T06:00:00+07:00")]
Duration = Annotated[str, Field(description="10h, 30m, 1d12h")]
Sends = Literal["json", "tt10"]


class Shape(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class Words(Shape):
    """A text for people."""

    vi: str
    en: str


class LiveShape(Shape):
    """A second reporting interval, for the days that somebody watches."""

    since: str = Field(alias="from", description="whole days after the start: 35d")
    step: Duration = "1m"


class ClockShape(Shape):
    """When it begins, how long it lasts, how often stations report."""

    start: str = Field(description="the local day that opens it, or an instant at its midnight")
    days: Annotated[int, Field(ge=1, le=3660)]
    step: Duration = "5m"
    speed: Annotated[
        object,
        WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"const": "max"}]}),
    ] = "max"
    live: LiveShape | None = None


class PlantShape(Shape):
    """A treatment plant; what is left out is drawn from the station's id and the seed."""

    profile: str | None = None
    design_m3d: Annotated[float, Field(gt=0)] | None = None
    shift: str | None = None
    load: Annotated[float, Field(gt=0, le=1.2)] | None = None
    region: str | None = None


class SensorShape(Shape):
    """What differs from the usual instrument (sensors.yaml)."""

    kind: Literal["A", "B0", "B1", "C0", "C1", "D"] | None = Field(
        None, alias="class", description="response class of the IWA benchmark"
    )
    cycle: Duration | None = None
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    resolution: Annotated[float, Field(gt=0)] | None = None


class DefaultsShape(Shape):
    """What holds for every station that does not say otherwise."""

    plant: str = "park_pretreated"
    design_m3d: Annotated[float, Field(gt=0)] = 2000.0
    sensors: Literal["vn_standard"] = "vn_standard"
    measures: list[str] = ["FlowIn", "FlowOut", "Temp", "pH", "TSS", "COD", "NH4"]
    limits: Limits = {}
    sends: Sends = "json"


class StationShape(Shape):
    """One station at one plant."""

    id: str
    name: str | None = None
    cluster: str | None = None
    plant: PlantShape = PlantShape()
    measures: list[str] | None = None
    sensors: dict[str, SensorShape] = {}
    limits: Limits = {}
    sends: Sends | None = None


class SpreadShape(Shape):
    """Drawn evenly on a logarithm between two ends."""

    loguniform: Annotated[list[float], Field(min_length=2, max_length=2)]


class FleetShape(Shape):
    """Many stations at once."""

    count: Annotated[int, Field(ge=1, le=100_000)]
    id: str = Field("ST{:05d}", description="a pattern with one number: ST{:05d}")
    design_m3d: SpreadShape = SpreadShape(loguniform=[500.0, 5000.0])
    profiles: dict[str, float] = Field({}, description="share of each profile")


class RepeatShape(Shape):
    """The same again."""

    every: Duration
    times: Annotated[int, Field(ge=1, le=10_000)]
    in_turn: bool = Field(False, description="each time at the next place of `where` only")


class _Happening(Shape):
    id: str | None = None
    at: Time
    lasts: Duration = Field(alias="for")
    where: Where
    repeat: RepeatShape | None = None


class EventShape(_Happening):
    """Something that happens to a plant: process truth."""

    kind: str
    strength: float | None = None


class ChanceShape(Shape):
    """Faults at random, at the rates of the catalogue."""

    rate_per_year: Literal["catalogue"] = "catalogue"
    times: Annotated[float, Field(ge=0)] = 1.0
    where: Where = "*"
    kinds: list[str] = []


class FaultShape(Shape):
    """A fault of an instrument, or `random` ones."""

    id: str | None = None
    at: Time | None = None
    lasts: Duration | None = Field(None, alias="for")
    where: Where = None
    kind: str | None = None
    size: float | None = None
    repeat: RepeatShape | None = None
    random: ChanceShape | None = None


class TamperShape(_Happening):
    """Interference with the water or the numbers."""

    kind: str
    factor: float | None = Field(None, description="its size: see CheatSpec")
    limit: float | None = None


class BackfillShape(Shape):
    """How held messages go out."""

    order: Literal["oldest_first", "newest_first", "interleaved"] = "oldest_first"
    rate: str = Field("1/s", description="messages a second: 50/s")
    duplicates: Annotated[float, Field(ge=0, le=1)] = 0.0


class ThenShape(Shape):
    """What follows an outage."""

    backfill: BackfillShape


class TransportShape(_Happening):
    """Something between logger and monitor."""

    kind: str
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    by: str | None = Field(None, description="clock: how far it is wrong, 7h or -20m")
    delay: Duration | None = None
    factor: float | None = None
    then: ThenShape | None = None


class ScenarioShape(Shape):
    """A scenario file."""

    version: Literal[1]
    title: Words
    shows: Words
    seed: Annotated[int, Field(ge=0)]
    clock: ClockShape
    defaults: DefaultsShape = DefaultsShape()
    stations: list[StationShape] = []
    fleet: FleetShape | None = None
    events: list[EventShape] = []
    faults: list[FaultShape] = []
    tamper: list[TamperShape] = []
    transport: list[TransportShape] = []


def schema_text(plants: Tables, sensors: SensorTables) -> str:
    """The JSON Schema of scenario files, with the kinds that these tables know."""
    schema: dict[str, Any] = ScenarioShape.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    schema["title"] = "A scenario of the simulators"
    known = {
        ("EventShape", "kind"): plants.events,
        ("TamperShape", "kind"): (*WATER, *SIGNAL),
        ("TransportShape", "kind"): DISTURBANCES,
        ("DefaultsShape", "plant"): plants.profiles,
    }
    for (shape, key), names in known.items():
        schema["$defs"][shape]["properties"][key]["enum"] = sorted(names)
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
