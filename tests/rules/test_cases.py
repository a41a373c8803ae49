"""Rule cases: all that ship hold, and a wrong one says what it expected and what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.cases import Case, load_cases, run_case
from rules.model import Refused, Status
from tolich.packs import REGULATIONS, load_catalogue, load_regulations, shipped_cases
from tolich.yamlfile import parse_yaml, read_yaml

CATALOGUE = load_catalogue()
KNOWN = load_regulations()
FILES = sorted(REGULATIONS.glob("*.cases.yaml"))
SHIPPED = [
    (path.name, case)
    for path in shipped_cases()
    for case in load_cases(path.name, read_yaml(path), CATALOGUE, KNOWN)
]
NAMES = [f"{name}: {case.title_en}" for name, case in SHIPPED]

SET_ASIDE = (Status.CALIBRATING, Status.FAULT, Status.UNKNOWN)

WRONG = """
schema: 1
cases:
  - title: {vi: "sai", en: "wrong"}
    permit: {limits: {COD: {max: 150, page: "1"}}}
    readings: {COD: "160 x288"}
    findings: [{parameter: COD, period: day, outcome: compliant, reason: within_limit, mean: 100}]
    alerts:
      - kind: exceedance
        parameter: COD
        period: hour
        intervals: [{from: "08:00", to: "10:00"}]
"""


@pytest.mark.parametrize("case", [case for _, case in SHIPPED], ids=NAMES)
def test_every_shipped_case_holds(case: Case) -> None:
    assert run_case(case, CATALOGUE, KNOWN) == []


def test_every_regulation_has_cases() -> None:
    packs = {p.stem for p in REGULATIONS.glob("*.yaml") if not p.name.endswith(".cases.yaml")}
    assert packs == {path.name.removesuffix(".cases.yaml") for path in FILES}
    assert packs


def test_every_case_has_two_titles_and_expects_something() -> None:
    for name, case in SHIPPED:
        assert case.title_vi, name
        assert case.title_en, name
        assert case.findings or case.alerts or case.readings, name


def test_a_wrong_case_says_expected_against_found() -> None:
    (case,) = load_cases("wrong.yaml", parse_yaml(WRONG, "wrong.yaml"), CATALOGUE, KNOWN)
    assert run_case(case, CATALOGUE, KNOWN) == [
        "COD day 00:00: expected outcome compliant, found exceeded",
        "COD day 00:00: expected reason within_limit, found above_limit",
        "COD day 00:00: expected mean 100, found 160",
        "exceedance alerts of COD by the hour: expected 08:00–10:00, found 00:00–…",
    ]


def test_a_mean_that_was_expected_where_there_is_none_is_named() -> None:
    text = WRONG.replace("160 x288", "160 x100")
    (case,) = load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    assert "COD day 00:00: expected mean 100, found none" in run_case(case, CATALOGUE, KNOWN)


@pytest.mark.parametrize(
    ("broken", "mended", "message"),
    [
        ("outcome:", "outcom:", "did you mean 'outcome'"),
        ('COD: "160 x288"', 'COD: "160 y288"', "is not a run such as"),
        ("parameter: COD, period: day", "parameter: CODD, period: day", "did you mean 'COD'"),
        ("max: 150", "maximum: 150", "permit.limits.COD.maximum: unknown key; did you mean 'max'"),
        ("parameter: COD, period: day", "parameter: TSS, period: day", "'TSS' is not one of COD"),
        ('COD: "160 x288"', 'CODD: "160 x288"', "readings.CODD: unknown parameter 'CODD'"),
        ("160 x288", "160 x289", "289 slots are written, the day has 288"),
        ("160 x288", "160.0000001 x288", "160.0000001 is finer than 0.000001 mg/L"),
        ("160 x288", "160| x288", "'' is not a number"),
        ("outcome: compliant", "outcome: complaint", "did you mean 'compliant'"),
        ("within_limit", "within_limits", "did you mean 'within_limit'"),
        ("kind: exceedance", "kind: silence", "'silence' is not one of exceedance, near"),
        ("period: day", "period: hour", "findings[0].at: expected a text"),
        ('from: "08:00"', 'from: "08:30"', "expected a whole hour of the day"),
        ('to: "10:00"', 'to: "25:00"', "expected a whole hour of the day"),
        ("period: day", 'period: hour, at: "24:00"', "the last hour of a day begins at 23:00"),
        ("intervals:", "interval:", "did you mean 'intervals'"),
        ("permit:", "permits:", "permits: expected a list of permits"),
        ("permit:", "permt:", "did you mean 'permit'"),
        ("schema: 1", "schema: 2", "this program reads schema 1"),
    ],
)
def test_a_misspelt_case_is_refused_with_the_remedy(broken: str, mended: str, message: str) -> None:
    text = WRONG.replace(broken, mended, 1)
    assert text != WRONG
    with pytest.raises(Refused) as refused:
        load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    assert message in str(refused.value)


def test_a_file_without_cases_and_a_case_that_expects_nothing_are_refused() -> None:
    for text, message in (
        ("schema: 1\ncases: []\n", "cases: a list of at least one case is required"),
        (WRONG[: WRONG.index("    findings")], "cases[0].findings: a case must expect something"),
    ):
        with pytest.raises(Refused) as refused:
            load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
        assert message in str(refused.value)


def test_every_problem_is_named_at_once() -> None:
    text = WRONG.replace("max:", "maxi:").replace("outcome:", "outcom:").replace("288", "289")
    with pytest.raises(Refused) as refused:
        load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    places = {problem.key for problem in refused.value.problems}
    assert {
        "cases[0].permit.limits.COD.maxi",
        "cases[0].findings[0].outcom",
        "cases[0].readings.COD",
    } <= places


@pytest.mark.parametrize(
    ("shorthand", "counts"),
    [
        pytest.param("160 x288", (288, 0, 0, 0, 0), id="a whole day"),
        pytest.param("160", (1, 0, 0, 0, 0), id="one value"),
        pytest.param("- x280, 160 x8", (8, 0, 0, 0, 0), id="a gap first"),
        pytest.param("01:160 x6, 160 x2", (2, 6, 0, 0, 0), id="calibrating"),
        pytest.param("02:160 x6, 00:160 x2", (2, 0, 6, 0, 0), id="device error"),
        pytest.param("03:160 x6, 77:160", (0, 0, 0, 7, 0), id="any other code"),
        pytest.param("150|160 x3, 150 x2", (5, 0, 0, 0, 3), id="two values for one instant"),
        pytest.param("-3 x4", (4, 0, 0, 0, 0), id="negative values"),
    ],
)
def test_the_shorthand(shorthand: str, counts: tuple[int, ...]) -> None:
    text = WRONG.replace("160 x288", shorthand)
    (case,) = load_cases("wrong.yaml", parse_yaml(text, "wrong.yaml"), CATALOGUE, KNOWN)
    at = [(one.offset, one.status) for one in case.said]
    instants = {offset for offset, status in at if status is Status.MEASURING}
    others = [sum(status is one for _, status in at) for one in SET_ASIDE]
    assert (len(instants), *others, len(at) - len(set(at))) == counts


def test_each_regulation_is_named_by_its_own_cases() -> None:
    for regulation in KNOWN.values():
        slug = regulation.id.partition("/")[0].lower().replace("đ", "d")
        name = f"{slug.replace(' ', '-').replace(':', '-')}.cases.yaml"
        named = {
            permit.by_regulation.regulation
            for file, case in SHIPPED
            if file == name
            for permit in case.register.permits.values()
            if permit.by_regulation
        }
        assert regulation.id in named, name


def test_the_case_files_are_where_the_build_looks() -> None:
    assert Path(REGULATIONS, "qcvn-40-2011.cases.yaml") in FILES


# --- several days, decisions, reasons -----------------------------------------------------------

WIDE = """
schema: 1
cases:
  - title: {vi: "hai ngày", en: "two days"}
    permits:
      - {from: 2026-06-01, limits: {COD: {max: 150, page: "1"}}}
      - {from: 2026-06-02, limits: {COD: {max: 60, page: "1"}}}
    days: 2
    ranges: {COD: {low: 0, high: 1000}}
    readings: {COD: "100 x280, 01:100 x4, 2000, 100 x3, 100 x288"}
    amendments:
      - {parameter: COD, from: "08:05", to: "08:10", act: exclude, reason: "mẫu"}
      - {parameter: COD, from: "day 2 00:00", act: value, value: 90, reason: "mẫu"}
      - {parameter: COD, act: reverse, reverses: 1, reason: "mẫu"}
    findings:
      - parameter: COD
        period: day
        outcome: compliant
        limit: 150
        counts: {valid: 283, failed: 1}
      - {parameter: COD, period: hour, day: 2, at: "01:00", outcome: exceeded, mean: 100}
    why:
      - {parameter: COD, at: "08:05", counted: true, reason: counted}
      - {parameter: COD, at: "23:40", counted: false, reason: outside_instrument_range}
    alerts: [{kind: exceedance, parameter: COD, period: hour, intervals: [{from: "day 2 00:00"}]}]
"""


def wide(old: str = "", new: str = "") -> list[str]:
    """What differs in the wide case with one text changed."""
    text = WIDE.replace(old, new, 1) if old else WIDE
    assert not old or text != WIDE
    (case,) = load_cases("w.yaml", parse_yaml(text, "w.yaml"), CATALOGUE, KNOWN)
    return run_case(case, CATALOGUE, KNOWN)


def test_a_case_may_last_several_days() -> None:
    assert wide() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("valid: 283", "valid: 284", "COD day 00:00: expected valid 284, found 283"),
        ("failed: 1", "failed: 0", "COD day 00:00: expected failed 0, found 1"),
        ("limit: 150", "limit: 60", "COD day 00:00: expected limit 60, found 150"),
        ("mean: 100", "mean: 90", "COD hour day 2 01:00: expected mean 90, found 100"),
        ('day: 2, at: "01:00"', 'at: "01:00"', "hour 01:00: expected outcome exceeded, found comp"),
        ("reason: counted}", "reason: flat_line}",
         "COD reading of 08:05: expected counted (flat_line), found counted (counted)"),
        ("counted: false", "counted: true", "reading of 23:40: expected counted (outside_instrum"),
        ('at: "23:40", counted: false', 'at: "23:41", counted: false',
         "COD reading of 23:41: expected left out (outside_instrument_range), found none"),
        ('from: "day 2 00:00"}]', 'from: "day 2 05:00", to: "day 2 07:00"}]',
         "expected day 2 05:00–day 2 07:00, found day 2 00:00–…"),
        ('from: "day 2 00:00"}]', 'from: "05:00", to: "day 2 24:00"}]',
         "expected 05:00–day 2 24:00, found day 2 00:00–…"),
        ("reverses: 1", "reverses: 2", "COD reading of 08:05: expected counted (counted), found"),
        ("from: 2026-06-02, limits", "from: 2026-06-01, until: 2026-06-01, limits",
         "COD day 00:00: expected outcome compliant, found exceeded"),
    ],
)  # fmt: skip
def test_each_difference_is_told(old: str, new: str, said: str) -> None:
    assert any(said in line for line in wide(old, new)), wide(old, new)


def test_a_value_of_an_officer_counts() -> None:
    added = '    findings:\n      - {parameter: COD, period: hour, at: "day 2 00:00", mean: 95,'
    (line,) = wide("    findings:\n", f"{added} outcome: exceeded}}\n")
    assert line == "COD hour day 2 00:00: expected mean 95, found 595/6 (99.16666666666667)"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from: 2026-06-01, limits", "form: 2026-06-01, limits", "permits[0].form: unknown key"),
        (
            "      - {from: 2026-06-02,",
            "      - 7\n      - {from: 2026-06-02,",
            "permits[1]: expected a mapping",
        ),
        ("days: 2", "interval: 0\n    days: 2", "interval"),
        ("days: 2", "interval: []\n    days: 2", "interval: expected seconds between readings"),
        ("act: value, value: 90", "act: value, value: 0.0000001", "0.0000001 is finer than"),
        ('from: "08:05", to', 'form: "08:05", to', "amendments[0].form: unknown key"),
        ("days: 2", "days: 0", "days: expected 1 to 31 days"),
        ('100 x288"}', '100 x289"}', "577 slots are written, the days have 576"),
        ("day: 2, at", "day: 3, at", "findings[1].day: expected a day of the case, 1 to 2"),
        ('day: 2, at: "01:00"', 'day: 2, at: "day 2 01:00"', "write the day once"),
        ('at: "01:00"', 'at: "day 02 01:00"', "expected a time of day such as 08:00, or day 2"),
        ("days: 2", 'days: 2\n    permit: {limits: {COD: {max: 1, page: "1"}}}', "not both"),
        (
            "{from: 2026-06-02, limits:",
            "{from: 2026-06-02, limit:",
            "permits[1].limit: unknown key",
        ),
        ("reverses: 1", "reverses: 3", "amendments[2].reverses: expected the number of an earlier"),
        ("act: exclude", "act: exclud", "did you mean 'exclude'"),
        ("act: value, value: 90", "act: value", "amendments[1].value: say which value counts"),
        (
            "act: value, value: 90",
            "act: value, value: x",
            "amendments[1].value: 'x' is not a number",
        ),
        ('from: "day 2 00:00", act', 'from: "day 3 00:01", act', "from: the case has 2 days"),
        ("reason: counted", "reason: count", "did you mean 'counted'"),
        ("valid: 283", "vald: 283", "counts.vald: unknown key; did you mean 'valid'"),
        ("counted: true", "count: true", "why[0].count: unknown key; did you mean 'counted'"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, said: str) -> None:
    if old not in WIDE:
        pytest.fail(f"{old!r} is not in the case")
    with pytest.raises(Refused) as refused:
        wide(old, new)
    assert said in str(refused.value)


def test_intervals_may_change_at_a_midnight() -> None:
    dated = "[{from: 2026-06-01, seconds: 300}, {from: 2026-06-02, seconds: 900}]"
    text = WRONG.replace("    readings", f"    days: 2\n    interval: {dated}\n    readings")
    text = text.replace("160 x288", "160 x288, 170 x96")
    (case,) = load_cases("w", parse_yaml(text, "w"), CATALOGUE, KNOWN)
    assert [one.offset for one in case.said[287:290]] == [86100, 86400, 87300]
    with pytest.raises(Refused) as refused:
        load_cases("w", parse_yaml(text.replace("x96", "x97"), "w"), CATALOGUE, KNOWN)
    assert "385 slots are written, the days have 384" in str(refused.value)


def test_a_load_that_nobody_owes_that_day_is_told() -> None:
    loads = WIDE.replace('page: "1"}}}', 'page: "1"}}, loads: {COD: {max: 9, page: "1"}}}', 1)
    loads = loads.replace("    readings: {", '    readings: {FlowOut: "1 x576", ')
    added = "      - {parameter: COD_load, period: day, day: 2, outcome: compliant}\n    why:"
    text = loads.replace("    why:", added)
    (case,) = load_cases("w", parse_yaml(text, "w"), CATALOGUE, KNOWN)
    assert run_case(case, CATALOGUE, KNOWN) == [
        "COD_load day day 2 00:00: expected outcome compliant, found nothing that is owed"
    ]
    alerts = text.replace(added, "    why:").replace(
        "alerts: [", "alerts: [{kind: near, parameter: COD_load, period: day, intervals: []}, "
    )
    (case,) = load_cases("w", parse_yaml(alerts, "w"), CATALOGUE, KNOWN)
    assert run_case(case, CATALOGUE, KNOWN) == []


def test_at_least_sixty_cases_ship_and_none_says_the_same_twice() -> None:
    assert len(SHIPPED) >= 60
    titles = [(name, case.title_vi) for name, case in SHIPPED]
    assert len(set(titles)) == len(titles)
