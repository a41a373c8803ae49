from __future__ import annotations

from dashboards.lines import lines_of
from dashboards.places import Place, by_place, cluster_of
from tests.dashboards.entries import batch, finding, reading, rejection, transition

RAW, OURS, ALL = Place("ccn-mau-01", "raw"), Place("ccn-mau-01", "findings"), Place("t", "findings")


def test_readings_go_to_their_cluster_and_findings_to_everybody_too() -> None:
    lines = [*lines_of(batch(1, reading())), *lines_of(finding()), *lines_of(rejection())]
    assert by_place(lines, "t") == {RAW: lines[:1], OURS: lines[1:], ALL: lines[1:]}


def test_a_line_of_no_cluster_is_for_officers_only() -> None:
    lines = lines_of(transition())
    assert [cluster_of(line) for line in lines] == [None]
    assert by_place(lines, "t") == {ALL: lines}
    (alone,) = lines_of(rejection(station=None))
    assert cluster_of(alone) == "ccn-mau-01"


def test_no_line_comes_to_another_cluster() -> None:
    lines = lines_of(finding(cluster="a")) + lines_of(finding(cluster="a-b"))
    placed = by_place(lines, "t")
    assert placed[Place("a", "findings")] == lines[:1]
    assert placed[Place("a-b", "findings")] == lines[1:]


def test_readings_are_kept_for_400_days_and_findings_for_ever() -> None:
    assert (RAW.bucket, RAW.kept) == ("ccn-mau-01/raw", 34_560_000)
    assert (ALL.bucket, ALL.kept) == ("t/findings", 0)


def test_the_cluster_is_found_where_a_tag_has_a_space_in_it() -> None:
    (line,) = lines_of(finding(cluster="a", station="Trạm 1, cửa"))
    assert by_place([line], "t") == {Place("t", "findings"): [line], Place("a", "findings"): [line]}
