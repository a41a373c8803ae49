"""Small builders that the dashboards share: variables, panels' habits, mappings, places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, stat, text
from grafana_foundation_sdk.builders.dashboard import (
    ConstantVariable,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataTransformerConfig,
    DynamicConfigValue,
    GridPos,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.text import TextMode

from dashboards.boards import words
from dashboards.boards.queries import PLANTS
from dashboards.boards.words import Language, Text
from dashboards.codes import State
from dashboards.influxql import InfluxQuery, Target, datasource

ZONE = "Asia/Ho_Chi_Minh"
WIDTH = 24


@dataclass(frozen=True, slots=True)
class Making:
    """What a set of dashboards is made with. `units`: of each parameter, as people read it."""

    language: Language
    units: Mapping[str, str]
    console: str = ""  # where the console answers, without a slash at the end; "": this host

    def say(self, text: Text) -> str:
        """A text in the language of this set."""
        return text.of(self.language)

    def state(self, state: State) -> str:
        """Mark and words of a state: colour alone never says it."""
        return f"{state.mark} {state.vi if self.language is Language.VI else state.en}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel with its texts, and the room it takes in a row of 24 columns."""

    panel: Any  # one of the SDK's panel builders: they share no type that has id() and title()
    title: Text
    description: Text
    width: int = WIDTH


Shelf = tuple[int, Sequence[Placed]]
"""A row of panels side by side: its height, and the panels from left to right."""


def begun(making: Making, name: str, title: Text, description: Text) -> Dashboard:
    """A dashboard with what all have: zone, tags, read only, links to its siblings."""
    return (
        Dashboard(making.say(title))
        .uid(uid(making.language, name))
        .description(making.say(description))
        .tags(["tolich", making.language])
        .timezone(ZONE)
        .week_start("monday")
        .refresh("5m")
        .readonly()
        .link(
            DashboardLink("Tô Lịch")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["tolich", making.language])
            .as_dropdown(True)
            .keep_time(True)
        )
        .link(
            DashboardLink("English" if making.language is Language.VI else "Tiếng Việt")
            .type(DashboardLinkType.LINK)
            .url(f"/d/{uid(_other(making.language), name)}")
            .keep_time(True)
            .include_vars(True)
        )
    )


def uid(language: Language, name: str) -> str:
    """A dashboard's lasting name in Grafana: bookmarks hold on to it."""
    return f"tolich-{language}-{name}"


def _other(language: Language) -> Language:
    return Language.EN if language is Language.VI else Language.VI


def finished(board: Dashboard, making: Making, shelves: Iterable[Shelf | Row]) -> dict[str, Any]:
    """Grafana's JSON model, with the panels put into their places, none upon another.

    A `Row` is a heading over the shelves after it, or repeats them for each value of a variable.
    """
    top, number = 0, 0
    for shelf in shelves:
        if isinstance(shelf, Row):
            number += 1
            board.with_row(shelf.id(number).grid_pos(GridPos(h=1, w=WIDTH, x=0, y=top)))
            top += 1
            continue
        height, row = shelf
        left = 0
        for placed in row:
            number += 1
            board.with_panel(
                placed.panel.id(number)
                .title(making.say(placed.title))
                .description(making.say(placed.description))
                .grid_pos(GridPos(h=height, w=placed.width, x=left, y=top))
            )
            left += placed.width
        top += height
    model: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    return model


# --- variables ----------------------------------------------------------------------------------


def source_variable(making: Making) -> DatasourceVariable:
    """The data source: all clusters for officers, one cluster each for an investor."""
    return (
        DatasourceVariable("source")
        .label(making.say(Text("Nguồn số liệu", "Data source")))
        .type("influxdb")
        .regex("/^tolich/")
    )


def console_variable(making: Making) -> ConstantVariable:
    """Where links to the evidence lead; without a host they stay on the one Grafana is on."""
    return ConstantVariable("console").value(making.console)


def cluster_variable(making: Making, *, many: bool = True) -> QueryVariable:
    """Clusters that have findings."""
    return _tag_variable("cluster", making.say(words.CLUSTER), "", many)


def station_variable(making: Making, *, many: bool = True) -> QueryVariable:
    """Stations of the chosen clusters."""
    where = (
        ' WHERE "cluster" =~ /^${cluster:regex}$/'
        if many
        else " WHERE \"cluster\" = '${cluster:raw}'"
    )
    return _tag_variable("station", making.say(words.STATION), where, many)


def _tag_variable(tag: str, label: str, where: str, many: bool) -> QueryVariable:
    variable = (
        QueryVariable(tag)
        .label(label)
        .query(f'SHOW TAG VALUES FROM "finding" WITH KEY = "{tag}"{where}')
        .datasource(datasource())
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(many)
    )
    if not many:
        return variable
    return (
        variable.include_all(True)
        .all_value(".*")
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


# --- panels that several dashboards have --------------------------------------------------------


def origin(making: Making, plants: str = PLANTS) -> Placed:
    """Simulated data says so in the first thing one sees."""
    panel = (
        stat.Panel()
        .datasource(datasource())
        .with_target(
            Target(
                InfluxQuery(
                    f'SELECT max("simulated") FROM "finding" WHERE {plants} AND $timeFilter'
                )
            )
        )
        .mappings(
            [
                values(
                    {
                        1: (making.say(words.SIMULATED), "#6A1B9A"),
                        0: (making.say(words.MEASURED), "#546E7A"),
                    }
                )
            ]
        )
        .unit("none")
        .no_value(making.say(words.NO_FINDINGS))
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["max"]))
    )
    return Placed(
        panel,
        Text("Số liệu từ đâu", "Where the data comes from"),
        Text(
            "Có trạm mô phỏng trong phạm vi đang xem hay không.",
            "Whether any station in view is simulated.",
        ),
    )


def footer(making: Making) -> Shelf:
    """What automatic data is worth."""
    panel = text.Panel().mode(TextMode.MARKDOWN).content(making.say(words.FOOTER))
    return 3, [
        Placed(
            panel,
            Text("Lưu ý", "Please note"),
            Text("Giá trị của số liệu tự động.", "What automatic data is worth."),
        )
    ]


def legend(placement: LegendPlacement = LegendPlacement.BOTTOM) -> common.VizLegendOptions:
    """A legend as a list."""
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(placement)
        .show_legend(True)
    )


# --- values, colours, columns -------------------------------------------------------------------


def state_values(making: Making) -> ValueMapping:
    """Codes of states as mark, words and colour."""
    return values({state.code: (making.state(state), state.colour) for state in State})


def values(shown: Mapping[int, tuple[str, str | None]]) -> ValueMapping:
    """Codes as words and colours, in this order."""
    return ValueMap(
        {
            str(code): ValueMappingResult(text=said, color=colour, index=index)
            for index, (code, (said, colour)) in enumerate(shown.items())
        }
    )


def option(key: str, value: object) -> DynamicConfigValue:
    """One setting of a field's own, beside those of its panel."""
    return DynamicConfigValue(id_val=key, value=value)


def coloured(colour: str) -> DynamicConfigValue:
    """A colour of its own."""
    return option("color", {"mode": "fixed", "fixedColor": colour})


def named(shown: str, unit: str, *more: DynamicConfigValue) -> list[DynamicConfigValue]:
    """A column as people read it."""
    return [option("displayName", shown), option("unit", unit), *more]


def linked(title: str, url: str, *, new_tab: bool = True) -> DynamicConfigValue:
    """A link from every value of a column."""
    return option("links", [{"title": title, "url": url, "targetBlank": new_tab}])


def why_day(making: Making) -> DynamicConfigValue:
    """From a row of a day to the evidence: readings, limit, formula, clause."""
    address = (
        "${console}/api/v1/findings/${__data.fields.station}:${__data.fields.parameter}:day:"
        "${__data.fields.Time.numeric}/why"
    )
    return linked(
        making.say(Text("Vì sao? Bằng chứng của ngày", "Why? The day's evidence")), address
    )


# --- transformations ----------------------------------------------------------------------------


def changed(kind: str, **options: object) -> DataTransformerConfig:
    """A transformation that Grafana makes of the answers before it draws them."""
    return DataTransformerConfig(id_val=kind, options=options)


def merged(*, without: Sequence[str] = ()) -> list[DataTransformerConfig]:
    """The answers of several queries as one table: rows whose common columns agree are one."""
    steps = []
    if without:
        steps.append(changed("filterFieldsByName", exclude={"names": list(without), "pattern": ""}))
    return [*steps, changed("merge")]


def by_month(keys: Sequence[str], sums: Sequence[str]) -> list[DataTransformerConfig]:
    """Rows of days as rows of months: the local month of the time, and the sums of its days."""
    grouped: dict[str, object] = {
        key: {"operation": "groupby", "aggregations": []} for key in ("Time", *keys)
    }
    grouped |= {name: {"operation": "aggregate", "aggregations": ["sum"]} for name in sums}
    return [
        changed("formatTime", timeField="Time", outputFormat="YYYY-MM", timezone=ZONE),
        changed("groupBy", fields=grouped),
    ]


def share_of(column: str, whole: str, name: str) -> DataTransformerConfig:
    """A column divided by another, as a column of its own."""
    return changed(
        "calculateField",
        mode="binary",
        alias=name,
        binary={"left": column, "operator": "/", "right": whole},
        replaceFields=False,
    )


def target(query: str, ref: str = "A", alias: str = "", *, table: bool = False) -> Target:
    """A query as the SDK takes it."""
    return Target(
        InfluxQuery(
            query, ref_id=ref, alias=alias, result_format="table" if table else "time_series"
        )
    )
