"""What changed between two inspections: what belongs together, and which way it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from indexer.embedding import Embedder
from indexer.errors import UnknownReport
from indexer.records import Finding, FindingKind, TextWord
from indexer.snapshot import Snapshot, open_snapshot
from indexer.text import fold
from qa.changes import (
    Change,
    _difference,
    _first_of_each,
    _paired,
    changes,
    direction,
    progress,
    tally,
    what_changed,
)

MakePdf = Callable[..., Path]
Rows = Sequence[tuple[str, str]]

EARLIER: Rows = (
    ("P 1.1 Leadership", "Good"),
    ("P 1.2 Staffing", "Inadequate"),
    ("P 1.3 Oil", "Inadequate"),
    ("P 1.4 Ropes", "Good"),
    ("Overall rating", "Inadequate"),
)
LATER: Rows = (
    ("P 1.1 Leadership", "Requires improvement"),
    ("P 1.2 Staffing", "Inadequate"),
    ("P 1.3 Oil", "Good"),
    ("P 1.5 Sails", "Outstanding"),
    ("Overall rating", "Requires improvement"),
)


def write_inspections(folder: Path, make_pdf: MakePdf) -> Path:
    """Write two inspections of Fenmarsh and one of Skerries: ratings on page 1, boats on page 2."""
    folder.mkdir()
    for name, title, boats, rows in (
        ("skerries-2024", "Inspection of boats in Skerries", "nine", EARLIER[:2]),
        ("fenmarsh-2023", "Inspection of boats in Fenmarsh, June 2023", "four", EARLIER),
        ("fenmarsh-2025", "Inspection of boats in Fenmarsh, May 2025", "six", LATER),
    ):
        place = name.split("-")[0].capitalize()
        cells = [("Standard", "Rating"), *rows]
        lines = [f"{label:<30}{' ' * 20}{grade}" for label, grade in cells]
        said = f"The harbour of {place} has {boats} boats in use."
        make_pdf(folder / f"{name}.pdf", [["# Ratings", *lines], ["# 1. Boats", said]], title=title)
    return folder


@pytest.fixture
def boats(
    tmp_path: Path,
    index: Path,
    embedder: Embedder,
    tiny_pdf: MakePdf,
    build_once: Callable[..., object],
) -> Snapshot:
    """The index of the three inspections."""
    build_once(write_inspections(tmp_path / "boats", tiny_pdf), index, embedder=embedder)
    return open_snapshot(index)


def test_ratings_of_two_inspections_stand_side_by_side(boats: Snapshot) -> None:
    found = changes(boats, "fenmarsh-2023", "fenmarsh-2025")
    assert [told(change) for change in found] == [
        ("P 1.1", "Leadership", "Good", "Requires improvement", "worse"),
        ("P 1.2", "Staffing", "Inadequate", "Inadequate", "same"),
        ("P 1.3", "Oil", "Inadequate", "Good", "better"),
        ("P 1.5", "Sails", None, "Outstanding", "new"),
        ("", "Overall", "Inadequate", "Requires improvement", "better"),
        ("P 1.4", "Ropes", "Good", None, "gone"),
    ]
    assert tally(found) == {"worse": 1, "same": 1, "better": 2, "new": 1, "gone": 1}


def test_the_other_way_round_better_is_worse(boats: Snapshot) -> None:
    there = tally(changes(boats, "fenmarsh-2023", "fenmarsh-2025"))
    back = tally(changes(boats, "fenmarsh-2025", "fenmarsh-2023"))
    assert (back["worse"], back["better"]) == (there["better"], there["worse"])
    assert (back["gone"], back["new"]) == (there["new"], there["gone"])


def test_each_value_stands_on_its_page_with_a_box_on_it(boats: Snapshot) -> None:
    found = what_changed(boats, "fenmarsh-2023", "fenmarsh-2025")
    assert found.earlier_title == "Inspection of boats in Fenmarsh, June 2023"
    values = [v for change in found.changes for v in (change.earlier, change.later) if v]
    assert len(values) == 10
    for value in values:
        page = boats.page_text(value.report, value.page)
        assert fold(value.quote) in fold(page.text)
        assert fold(value.value) in fold(value.quote)
        assert value.rects
        assert all(0 <= x0 < x1 <= page.width for x0, _, x1, _ in value.rects)
        assert all(0 <= y0 < y1 <= page.height for _, y0, _, y1 in value.rects)


def test_a_report_that_is_not_there_is_named(boats: Snapshot) -> None:
    with pytest.raises(UnknownReport, match="torbay"):
        changes(boats, "torbay", "fenmarsh-2025")


def test_nothing_found_is_nothing_changed(boats: Snapshot) -> None:
    assert progress(boats, "fenmarsh-2025") == ()


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("Inadequate", "Requires improvement", "better"),
        ("outstanding", "Good", "worse"),
        ("Requires improvement to be good", "Good", "better"),
        ("Satisfactory", "Good", "better"),
        ("Good", "Reasonable", "worse"),
        ("Reasonable", "Outstanding", "unlike"),
        ("Some progress", "Good", "unlike"),
        ("Some progress", "some  progress", "same"),
    ],
)
def test_grades_are_compared_on_one_scale_alone(earlier: str, later: str, expected: str) -> None:
    assert direction(earlier, later) == expected


def test_a_question_in_other_words_belongs_to_that_of_its_own_standard() -> None:
    before = [
        found("key question", "P 2.1", "Does the assessment look at the safety of others?"),
        found("key question", "P 2.2", "Does the plan look at the safety of others?"),
    ]
    after = [
        found("key question", "P 2.2", "Does the plan look at the safety of other people?"),
        found("key question", "P 2.3", "Does the assessment look at the safety of others?"),
        found("key question", "P 2.1", "Was there coffee?"),
    ]
    pairs = [
        (old.label if old else None, new.label if new else None)
        for old, new in _paired(before, after)
    ]
    assert pairs == [("P 2.2", "P 2.2"), ("P 2.1", "P 2.3"), (None, "P 2.1")]


def test_what_is_found_twice_is_compared_once() -> None:
    rows = [found("rating", "P 1.1", "Oil", "Good"), found("rating", "P 1.1", "OIL", "Good")]
    assert _first_of_each(rows) == rows[:1]


def test_a_figure_rose_or_fell_and_a_score_is_better_or_worse() -> None:
    low, high = figure(31, None), figure(55.5, None)
    assert _difference("key question", low, high) == ("up", 24.5)
    assert _difference("key question", high, low) == ("down", -24.5)
    assert _difference("key question", low, low) == ("same", 0)
    assert _difference("score", figure(4, 21), figure(7, 21)) == ("better", 3)
    assert _difference("score", figure(7, 21), figure(4, 21)) == ("worse", -3)
    assert _difference("score", figure(7, 21), figure(7, 27)) == ("unlike", None)
    assert _difference("score", figure(7, 21), figure(None, 21)) == ("unlike", None)


# What the tests look with


def told(change: Change) -> tuple[str, str, str | None, str | None, str]:
    earlier = change.earlier.value if change.earlier else None
    later = change.later.value if change.later else None
    return change.label, change.subject, earlier, later, change.direction


def found(kind: FindingKind, label: str, subject: str, value: str = "") -> Finding:
    words = (TextWord(0, len(subject), 1, (0.0, 0.0, 9.0, 9.0)),)
    return Finding(kind, subject, words, (), label=label, subject=subject, value=value)


def figure(number: float | None, total: float | None) -> Finding:
    words = (TextWord(0, 1, 1, (0.0, 0.0, 9.0, 9.0)),)
    return Finding("score", "a", words, (), number=number, total=total)
