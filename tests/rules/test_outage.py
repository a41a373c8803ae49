"""Outages: which silences are one trouble."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.outage import TOGETHER, outages, stands


def of_clusters(**sizes: int) -> dict[str, str]:
    """So many stations in each cluster: a0, a1 ... of cluster a."""
    return {f"{name}{n}": name for name, size in sizes.items() for n in range(size)}


@pytest.mark.parametrize(
    ("silent", "clusters", "found"),
    [
        pytest.param({"a0": 0, "a1": 0}, of_clusters(a=2), [], id="two are two"),
        pytest.param(
            {"a0": 0, "a1": 5, "a2": 9}, of_clusters(a=6, b=4), ["a: a0 a1 a2"], id="half of it"
        ),
        pytest.param(
            {"a0": 0, "a1": 5, "a2": 9}, of_clusters(a=7, b=4), [], id="less than half of it"
        ),
        pytest.param(
            {"a0": 0, "a1": 0, "a2": TOGETHER}, of_clusters(a=3), ["a: a0 a1 a2"], id="ten minutes"
        ),
        pytest.param(
            {"a0": 0, "a1": 0, "a2": TOGETHER + 1}, of_clusters(a=3), [], id="and not a second more"
        ),
        pytest.param(
            {f"{c}0": 7 for c in "abcde"},
            of_clusters(**dict.fromkeys("abcdefghijklmno", 1)),
            ["None: a0 b0 c0 d0 e0"],
            id="a third of all",
        ),
        pytest.param(
            {f"{c}0": 7 for c in "abcde"},
            of_clusters(**dict.fromkeys("abcdefghijklmnop", 1)),
            [],
            id="less than a third of all",
        ),
        pytest.param(
            {f"{c}0": 7 for c in "abcd"}, of_clusters(**dict.fromkeys("abcd", 1)), [], id="four"
        ),
        pytest.param(
            {"a0": 0, "a1": 0, "a2": 0, "a3": 5000, "a4": 5000, "a5": 5000},
            of_clusters(a=6, b=9),
            ["a: a0 a1 a2", "a: a3 a4 a5"],
            id="twice in one cluster",
        ),
        pytest.param({"x": 0, "y": 0, "z": 0}, of_clusters(a=3), [], id="not watched any more"),
    ],
)  # fmt: skip
def test_which_silences_are_one_outage(
    silent: Mapping[str, int], clusters: Mapping[str, str], found: list[str]
) -> None:
    said = [f"{one.cluster}: {' '.join(one.members)}" for one in outages(silent, clusters)]
    assert said == found


def test_an_outage_begins_with_its_first_silence_and_counts_who_was_watched() -> None:
    (found,) = outages({"a2": 50, "a0": 70, "a1": 60}, of_clusters(a=4))
    assert (found.since, found.members, found.watched) == (50, ("a2", "a1", "a0"), 4)


@pytest.mark.parametrize(
    ("silent", "members", "over"), [(3, 6, False), (2, 6, True), (2, 4, False), (2, 5, True)]
)
def test_it_ends_when_fewer_than_half_are_silent(silent: int, members: int, over: bool) -> None:
    assert stands(silent, members) is not over


SILENT = st.dictionaries(
    st.sampled_from(sorted(of_clusters(a=6, b=6, c=6))), st.integers(0, 3000), max_size=18
)


@given(SILENT, st.randoms())
def test_the_order_in_which_silences_are_noticed_changes_nothing(
    silent: dict[str, int], chance: object
) -> None:
    names = list(silent)
    chance.shuffle(names)  # type: ignore[attr-defined]
    clusters = of_clusters(a=6, b=6, c=6)
    shuffled = {name: silent[name] for name in names}
    other = dict(sorted(clusters.items(), reverse=True))
    assert outages(shuffled, other) == outages(silent, clusters)


@given(SILENT)
def test_an_outage_is_of_silences_that_began_together_and_none_is_in_two(
    silent: dict[str, int],
) -> None:
    found = outages(silent, of_clusters(a=6, b=6, c=6))
    members = [station for one in found for station in one.members]
    assert len(members) == len(set(members))
    for one in found:
        times = [silent[station] for station in one.members]
        assert one.since == min(times)
        assert max(times) - min(times) <= TOGETHER
        assert len(one.members) >= 3


@given(SILENT, st.integers(-(10**6), 10**9))
def test_when_it_happens_changes_nothing_about_who_belongs_together(
    silent: dict[str, int], shift: int
) -> None:
    clusters = of_clusters(a=6, b=6, c=6)
    later = {station: since + shift for station, since in silent.items()}
    members = [one.members for one in outages(silent, clusters)]
    assert [one.members for one in outages(later, clusters)] == members
