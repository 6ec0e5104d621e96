"""What a question asks for, and whether a text has any such thing."""

from __future__ import annotations

import pytest

from qa.wants import NAMES, given, wanted


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What is the name of the head of service?", {"name", "person"}),
        ("who chairs the board", {"name", "person"}),
        ("Which university evaluated the pilot?", {"name"}),
        ("When will the renovation be finished?", {"date"}),
        ("how many staff are at Kettering", {"count"}),
        ("What percentage of staff felt supported?", {"share"}),
        ("whats the annual budget for probation", {"money"}),
        ("How much did the new office cost?", {"money"}),
        ("phone number for the office please", {"contact"}),
        ("Why was staffing rated Inadequate?", {"reason"}),
        ("areas for improvement under P 1.2", set()),
        ("Was the recommendation met?", set()),
    ],
)
def test_kinds_that_a_question_asks_for(question: str, kinds: set[str]) -> None:
    assert wanted(question) == kinds


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("The head of service took up post last year.", {"date"}, {"person", "name", "count"}),
        ("The head, Gwilym Tarrant, has one deputy.", {"person", "name", "count"}, {"date"}),
        ("The county council runs it with Change, Grow, Live.", {"name"}, {"person", "date"}),
        ("Work at the office was under way.", set(), {"date", "count", "share", "money"}),
        ("Staff may be moved.", set(), {"date"}),
        ("It moved in May.", {"date"}, {"share"}),
        ("Vacancies stood at 17 per cent.", {"share", "count"}, {"money"}),
        ("In 27 out of 70 cases it was late.", {"share", "count"}, {"date"}),
        ("Fewer than one in three were seen.", {"share", "count"}, set()),
        ("It costs £1.2 million a year.", {"money", "count"}, {"contact"}),
        ("Call 01604 658000 or write to enquiries@example.org.", {"contact"}, {"money"}),
        ("This was because posts were empty.", {"reason"}, {"date"}),
    ],
)  # fmt: skip
def test_kinds_that_a_text_has(text: str, has: set[str], has_not: set[str]) -> None:
    found = given(text)
    assert has <= found
    assert not has_not & found


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
