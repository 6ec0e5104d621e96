"""Builds killed and failed at their calls to the disk, and files damaged: the short form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
IN_MEMORY = Path("/dev/shm")

pytestmark = [pytest.mark.crash, pytest.mark.slow]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is killed here are processes, not machines."""
    at = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else tmp_path
    with TemporaryDirectory(dir=at) as made:
        yield Path(made)


def run(module: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.crash.{module}", *arguments, "--folder", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def torture(folder: Path, tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return the results of cases, none of which went wrong."""
    file = tmp_path / "results.jsonl"
    run("torture", folder, *arguments, "--results", str(file))
    results = [json.loads(line) for line in file.read_text().splitlines()]
    assert [result for result in results if result["wrong"]] == []
    return results


def outcomes(results: list[dict[str, Any]]) -> Counter[str]:
    return Counter(result["outcome"] for result in results)


def test_a_build_killed_at_a_call_or_an_instant_leaves_one_whole_snapshot(
    folder: Path, tmp_path: Path
) -> None:
    results = torture(
        folder, tmp_path, "kill", "random", "--sizes", "middle", "--every", "23", "--random", "20"
    )
    assert len(results) >= 40
    assert outcomes(results)["killed"] >= len(results) - 10  # by chance a build may be quicker


def test_a_first_build_that_is_killed_leaves_nothing_or_all(folder: Path, tmp_path: Path) -> None:
    results = torture(folder, tmp_path, "kill", "--sizes", "small", "--every", "29")
    assert outcomes(results) == {"killed": len(results)}
    assert len(results) >= 12


def test_a_call_that_fails_is_named_and_harms_nothing(folder: Path, tmp_path: Path) -> None:
    results = torture(folder, tmp_path, "fault", "--sizes", "middle", "--every", "11")
    counts = outcomes(results)
    assert counts["named"] > counts["done"] > 0  # short writes are gone on with, notes can wait
    assert set(counts) == {"named", "done"}


def test_damage_is_refused_by_name_and_mended(folder: Path, tmp_path: Path) -> None:
    results = torture(
        folder, tmp_path, "damage", "--sizes", "middle", "--damage", "200", "--mend", "8"
    )
    assert len(results) == 200
    counts = outcomes(results)
    assert counts["the one before stands in"] > 20
    assert counts["refused while open"] > 2
    assert "crashed" not in counts


def test_torture_goes_on_where_it_was_broken_off(folder: Path, tmp_path: Path) -> None:
    arguments = ("damage", "--sizes", "small", "--damage", "4", "--mend", "9")
    first = torture(folder, tmp_path, *arguments)
    file = tmp_path / "results.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:2]) + lines[2][:10])
    again = torture(folder, tmp_path, *arguments)
    assert again[:2] == first[:2]
    assert sorted(result["key"] for result in again) == sorted(result["key"] for result in first)


def test_readers_see_whole_snapshots_while_builds_publish(folder: Path) -> None:
    arguments = ("--readers", "5", "--publications", "6", "--quiet", "2", "--growth", "12")
    lines = run("readers", folder, *arguments).splitlines()
    many, growth = (json.loads(line) for line in lines if line.startswith("{"))
    assert (many["wrong"], many["mixed"], many["publications"]) == ([], 0, 6)
    assert many["snapshots"] >= 4  # the readers did move on
    assert many["questions"] > 40
    for early, late in (growth["files"], growth["maps"]):
        assert late <= early + 8
    early, late = growth["bytes"]
    assert late < early + 2**25
