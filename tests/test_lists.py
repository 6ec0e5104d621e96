"""Questions for a whole list: which heading is named, and what stands under it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from indexer.records import Passage
from qa.lists import list_evidence
from qa.question import read_question

KEEPING = "P 1.1. Keeping"
OIL = "P 1.2. Oil stores"
BETTER = "Areas for improvement:"


def passage(section: Sequence[str], text: str, report: str = "lights-2024") -> Passage:
    """Return a passage whose lines are bullets."""
    return Passage(report, 0, "text", tuple(section), text, ((0, len(text)),), ())


REPORT = [
    passage(("Foreword",), "Lighthouses matter.\nThis one is inadequate."),
    passage(
        ("Recommendations",),
        "We make two recommendations.\nThe lighthouse should:\n1. hire a keeper\n2. buy oil.",
    ),
    passage(("1. The tower", KEEPING, "Strengths:"), "Keepers are kind.\nThey are on time."),
    passage(("1. The tower", KEEPING, BETTER), "One keeper is missing.\nNobody is trained."),
    passage(("1. The tower", KEEPING, BETTER), "Rosters are late."),
    passage(("1. The tower", OIL, BETTER), "The oil is old.\nThe barrels leak."),
]


def items(question: str, report: Sequence[Passage] = REPORT) -> list[str]:
    """Return the texts of the items that answer a question."""
    return [evidence.text for evidence in list_evidence(read_question(question), report)]


@pytest.mark.parametrize(
    "question",
    [
        "areas for improvement under P 1.1",
        "What are the areas for improvement in P1.1?",
        "List the areas for improvement for keeping",
        "which areas for improvement were found in keeping?",
    ],
)
def test_all_items_under_the_heading_of_the_named_standard_come_in_order(question: str) -> None:
    assert items(question) == ["One keeper is missing.", "Nobody is trained.", "Rosters are late."]


def test_two_standards_are_told_apart_by_their_number_or_name() -> None:
    oil = ["The oil is old.", "The barrels leak."]
    assert items("areas for improvement P 1.2") == oil
    assert items("what areas for improvement does it list for oil stores") == oil


def test_numbered_items_come_without_what_leads_into_them() -> None:
    assert items("What are the recommendations?") == ["1. hire a keeper", "2. buy oil."]


@pytest.mark.parametrize(
    "question",
    [
        "Why are the recommendations so few?",  # asks for a reason
        "What were the recommendations to do with oil?",  # asks for some of them
        "Is the keeper kind?",  # names no heading
        "strengths of the harbour",  # a place that no heading has
    ],
)
def test_a_question_that_asks_for_something_else_is_left_to_the_search(question: str) -> None:
    assert items(question) == []


def test_a_list_in_more_sections_than_are_worth_one_answer_is_left_to_the_search() -> None:
    many = [
        passage((f"P 1.{n}. Part {n}", BETTER), f"First of {n}.\nSecond of {n}.") for n in range(4)
    ]
    assert items("What are the areas for improvement?", many[:3]) == [
        f"{place} of {n}." for n in range(3) for place in ("First", "Second")
    ]
    assert items("What are the areas for improvement?", many) == []


def test_an_item_keeps_the_place_of_its_words() -> None:
    (first, *_) = list_evidence(read_question("recommendations"), REPORT)
    assert first.passage.text[first.start : first.end] == first.text == "1. hire a keeper"


def test_words_that_only_say_which_report_is_meant_do_not_narrow_a_list() -> None:
    asked = read_question("Recommendations for Northlight unit")
    assert list_evidence(asked, REPORT) == ()
    known = frozenset({"northlight"})
    assert [e.text for e in list_evidence(asked, REPORT, known)] == [
        "1. hire a keeper",
        "2. buy oil.",
    ]
