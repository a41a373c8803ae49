"""An InfluxQL query as Grafana's panels take it; the SDK has no type for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

DATASOURCE_UID = "tolich-influxdb"
"""The uid that deploy/grafana gives the data source; panels refer to it."""


def datasource() -> DataSourceRef:
    """The data source of every query here."""
    return DataSourceRef(type_val="influxdb", uid=DATASOURCE_UID)


@dataclass(frozen=True, slots=True)
class InfluxQuery(Dataquery):
    """A raw InfluxQL query; `alias` names its series (`$tag_station` is the tag's value)."""

    query: str
    ref_id: str = "A"
    alias: str = ""
    result_format: Literal["time_series", "table"] = "time_series"

    def to_json(self) -> dict[str, object]:
        """The fields that Grafana's InfluxDB plugin reads."""
        return {
            "refId": self.ref_id,
            "datasource": datasource(),
            "query": self.query,
            "rawQuery": True,
            "resultFormat": self.result_format,
            "alias": self.alias,
        }


@dataclass(frozen=True, slots=True)
class Target(Builder[Dataquery]):
    """What the SDK's panel builders take: something that builds a query."""

    query: InfluxQuery

    def build(self) -> InfluxQuery:
        """The query."""
        return self.query
