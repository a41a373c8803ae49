"""An InfluxQL query as Grafana's panels take it; the SDK has no type for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

DATASOURCE_UID = "tolich-influxdb"
"""The uid of the officers' data source; what links and deploy/grafana hold on to."""


def datasource() -> DataSourceRef:
    """The data source of every query here: the one chosen above the dashboard.

    A variable, so that the same dashboard works in every organisation of Grafana.
    """
    return DataSourceRef(type_val="influxdb", uid="${source}")


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
