"""On labelled river water the checks find as much as a simple baseline, and claim less falsely."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.lro.__main__ import behind, compare, main
from tests.lro.readings import FOLDER, SENSORS
from tests.lro.score import Score, score, together


@pytest.mark.skipif(not FOLDER.is_dir(), reason="shared: no labelled series beside the clone")
def test_nowhere_behind_the_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    ended, said = main([]), capsys.readouterr().out
    assert ended == 0, said
    assert len(said.splitlines()) == 2 + len(SENSORS)


def test_events_and_claims_are_runs_of_rows() -> None:
    labelled = np.array([1, 1, 0, 0, 1, 0, 0, 1], np.bool_)
    flagged = np.array([0, 1, 1, 0, 0, 1, 0, 1], np.bool_)
    found = score(labelled, flagged)
    assert found == Score(events=3, hit=2, runs=3, right=2)
    assert together([found, Score(1, 1, 1, 0)]) == Score(4, 3, 4, 2)


def test_ours_must_not_be_worse_in_either_figure() -> None:
    good, forgetful, noisy = Score(4, 2, 4, 2), Score(4, 1, 4, 2), Score(4, 2, 4, 1)
    table = {"a": (good, good), "b": (good, forgetful), "c": (good, noisy), "d": (noisy, good)}
    assert behind(table) == ["b", "c"]


def test_a_small_file_is_read_and_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = ",".join(f"{sensor},{sensor}_cor,{sensor}_qual" for sensor in SENSORS)
    good, gone = "9.0,9.0,NULL", "-9999,NULL,"
    rows = [
        f"2020-01-01 {slot // 4:02}:{15 * (slot % 4):02}:00.000,"
        + ",".join(gone if slot == 40 else good for _ in SENSORS)
        for slot in range(60)
    ]
    text = "\n".join([f"datetime,{columns}", *rows, rows[-1]])
    (tmp_path / "Mau2020.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    for simple, full in compare(tmp_path).values():
        assert (simple.events, simple.hit, full.events, full.hit) == (1, 1, 1, 1)
    assert main(["--folder", str(tmp_path)]) in (0, 1)
    assert "temp" in capsys.readouterr().out


def test_an_empty_folder_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 2
    assert "--folder" in capsys.readouterr().err
