"""What the monitor makes of every shipped scenario, held against what was written down of it.

After a change that is meant: `python -m tests.score.golden`, and look at what changed.
"""

from __future__ import annotations

import pytest

from tests.score.golden import Lines, recorded, shipped, transitions


@pytest.fixture(scope="module")
def found() -> dict[str, Lines]:
    return transitions()


@pytest.mark.parametrize("name", shipped())
def test_a_scenario_gives_the_verdicts_and_transitions_on_file(
    name: str, found: dict[str, Lines]
) -> None:
    assert found[name] == recorded(name), "meant? python -m tests.score.golden renews the files"
