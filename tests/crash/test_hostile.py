"""Odd, damaged and mutated PDFs, the short form; ``make torture`` runs 2,000 mutations."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from indexer.errors import ReportRefused
from tests.crash.hostile import (
    MOST_MEMORY,
    MUTATIONS,
    Cost,
    Watch,
    built_beside_good_files,
    good_pdfs,
    mutations,
)

pytestmark = pytest.mark.crash

SHORT = 30
SAMPLE = (
    "464655077.fuzz", "Pages-tree-refs.pdf", "bomb_giant.pdf", "deep-pages.pdf",
    "inflates-to-200-mb.pdf", "pages-3000.pdf", "r6-both-passwords.pdf", "vertical.pdf",
    "zero-bytes.pdf",
)  # fmt: skip


def check(costs: list[Cost]) -> None:
    assert [(cost.name, cost.wrong) for cost in costs if cost.wrong] == []


def test_a_mutation_is_the_same_each_time_and_not_the_original(tmp_path: Path) -> None:
    sources = good_pdfs(tmp_path)[:3]
    first, again = list(mutations(sources, 40)), list(mutations(sources, 40))
    assert first == again
    assert {raw for _, raw in first}.isdisjoint({path.read_bytes() for path in sources})
    assert list(mutations(sources, 40, seed=1)) != first
    assert {name.split("-")[1] for name, _ in first} > {"flip", "truncate", "swap"}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_each_kind_of_mutation_changes_a_pdf(kind: str) -> None:
    raw = b"%PDF-1.4 /Name 12 /Other 345 " + bytes(range(256)) * 8
    changed = {MUTATIONS[kind](random.Random(number), raw, raw[::-1]) for number in range(20)}
    assert len(changed - {raw}) > (2 if kind == "names" else 15)


@pytest.mark.slow
def test_mutated_files_cost_nothing_but_themselves(tmp_path: Path) -> None:
    sources = good_pdfs(tmp_path)
    result, costs, wrong = built_beside_good_files(list(mutations(sources, SHORT)), tmp_path)
    assert wrong == []
    check(costs)
    assert {"indexed", "refused"} == {report.status for report in result.reports}
    assert all(len(report.reason) > 40 for report in result.refused)


@pytest.mark.slow
@pytest.mark.shared
def test_a_sample_of_hostile_files_costs_nothing_but_itself(shared: Path, tmp_path: Path) -> None:
    files = [
        (Path(name).stem, (shared / "corpus" / "hostile" / name).read_bytes()) for name in SAMPLE
    ]
    result, costs, wrong = built_beside_good_files(files, tmp_path)
    assert wrong == []
    check(costs)
    indexed = {report.id for report in result.reports if report.status == "indexed"}
    assert {"bomb_giant", "pages-3000", "vertical", "inflates-to-200-mb"} <= indexed
    refused = {report.id: report.reason for report in result.refused}
    assert "needs a password" in refused["r6-both-passwords"]
    assert max(cost.memory for cost in costs) > 100 * 2**20  # or nothing was measured


def test_what_is_over_a_limit_is_wrong() -> None:
    sound = Cost("a.pdf", 29.0, MOST_MEMORY, "NoText", "a.pdf has no text.")
    assert sound.wrong == []
    bad = Cost("a.pdf", 31.0, MOST_MEMORY + 1, "KeyError", "'/Root'")
    assert bad.wrong == [
        "31.0 s", "1,024 MiB", "KeyError", "a reason that does not name the file",
    ]  # fmt: skip
    assert issubclass(ReportRefused, Exception)


def test_a_watch_ends(tmp_path: Path) -> None:
    with Watch() as watch:
        assert watch.is_alive()
    assert not watch.is_alive()
