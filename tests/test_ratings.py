"""Questions about ratings: which rows of the table are meant, and when none is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from indexer.records import Passage
from qa.question import read_question
from qa.ratings import RatedRow, changed_rows, rated_rows, rating_evidence, stated
from qa.records import Evidence

FIRST, SECOND = "Ratings › 1. Organisation", "Ratings › 2. Service delivery"
TABLE = [
    ("Ratings", ["Overall rating", "Inadequate"]),
    (FIRST, ["P 1.1", "Leadership", "Requires improvement"]),
    (FIRST, ["P 1.2", "Staffing", "Inadequate"]),
    (FIRST, ["P 1.3", "Services", "Good"]),
    (SECOND, ["P 2.1", "Assessment", "Inadequate"]),
    (SECOND, ["P 2.3", "Implementation and delivery", "Requires improvement"]),
]


def row_of(context: str, cells: Sequence[str], *, kind: str = "row") -> Passage:
    text, spans = "", []
    for cell in cells:
        text += " " if text else ""
        spans.append((len(text), len(text) + len(cell)))
        text += cell
    return Passage(
        "lights-2024", 0, "row" if kind == "row" else "text", (), text, ((0, len(text)),), (),
        context=context, cells=tuple(spans),
    )  # fmt: skip


@pytest.fixture
def rows() -> list[RatedRow]:
    return rated_rows(row_of(*row) for row in TABLE)


def asked(question: str, rows: Sequence[RatedRow]) -> list[str]:
    """Return the labels of the rows that answer a question: "overall", or a standard's number."""
    found = rating_evidence(read_question(question), rows)
    assert all((e.start, e.end, e.score) == (0, len(e.passage.text), 1.0) for e in found)
    return ["overall" if e.text.startswith("Overall") else e.text[2:5] for e in found]


# Reading the table


def test_a_row_that_ends_in_a_grade_is_rated(rows: list[RatedRow]) -> None:
    group = frozenset({"1", "organis"})
    assert [(row.label, row.group, row.grade) for row in rows[:3]] == [
        (frozenset({"overal", "rate"}), frozenset(), "Inadequate"),
        (frozenset({"p", "1.1", "leadership"}), group, "Requires improvement"),
        (frozenset({"p", "1.2", "staf"}), group, "Inadequate"),
    ]


@pytest.mark.parametrize(
    "passage",
    [
        row_of("Ratings", ["P 1.2", "Staffing", "Inadequate"], kind="text"),
        row_of("", ["Inadequate"]),
        row_of("Progress", ["Train the keepers", "Some progress", "Yes"]),
        row_of("Ratings", ["P 1.2", "Inadequate staffing"]),
        row_of("Ratings", ["P 1.2", ""]),
    ],
)
def test_what_does_not_end_in_a_grade_is_not_rated(passage: Passage) -> None:
    assert rated_rows([passage]) == []


@pytest.mark.parametrize("grade", ["OUTSTANDING", "Good.", "Requires improvement ⬤"])
def test_a_grade_is_one_whatever_its_letters_and_the_sign_behind_it(grade: str) -> None:
    (row,) = rated_rows([row_of("Ratings", ["Staffing", grade])])
    assert row.grade == grade


# Which rows are meant


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What was staffing rated?", "1.2"),
        ("rating for P 1.2", "1.2"),
        ("P1.2 grade", "1.2"),
        ("what did leadership and staffing get as a rating", "1.1 1.2"),
        ("what is the rating of implementation", "2.3"),
        ("was leadership inadequate?", "1.1"),
        ("what score did the assessment get", "2.1"),
        ("rating for services", "1.3"),
        # "service" is the name of a row too, but "service delivery" that of a group.
        ("how was service delivery rated", "2.1 2.3"),
        ("what rating did organisation get", "1.1 1.2 1.3"),
        ("overall rating", "overall"),
        ("final grade as a whole", "overall"),
        ("overall rating for staffing", "overall 1.2"),
        ("what rating did the unit get", "overall"),
        ("how were the lights rated?", "overall"),  # the name of the report
        ("was it rated inadequate or good", "overall"),
        ("what was it rated in 2024", "overall"),
        ("what are the ratings", "overall 1.1 1.2 1.3 2.1 2.3"),
        ("which standards were rated requires improvement", "1.1 2.3"),
        ("what was rated inadequate", "1.2 2.1"),
        ("how many standards were rated inadequate", "1.2 2.1"),
        ("which standards were outstanding", "overall 1.1 1.2 1.3 2.1 2.3"),
    ],
)
def test_a_question_is_answered_by_the_rows_that_it_names(
    question: str, labels: str, rows: list[RatedRow]
) -> None:
    assert asked(question, rows) == labels.split()


@pytest.mark.parametrize(
    "question",
    [
        "why was staffing rated inadequate",  # the reason is in the text
        "who leads the unit",
        "was the region rated outstanding",  # another body than the one rated
        "what was the rating at the previous inspection",
        "how were the buildings rated",
        "how many assessments were inadequate",  # a count of something else
        "percentage of staffing marked inadequate",
        "score of the assessment for helping people to comply",  # of a part of a standard
    ],
)
def test_no_row_answers_a_question_about_something_else(
    question: str, rows: list[RatedRow]
) -> None:
    assert asked(question, rows) == []


def test_without_a_table_nothing_is_answered() -> None:
    assert rating_evidence(read_question("overall rating"), []) == ()


def test_a_table_without_an_overall_row_has_no_overall_rating(rows: list[RatedRow]) -> None:
    assert asked("overall rating", rows[1:]) == []
    assert asked("which rating did the unit get", rows[1:]) == [
        "1.1", "1.2", "1.3", "2.1", "2.3",
    ]  # fmt: skip


def test_at_most_nine_rows_answer() -> None:
    many = rated_rows(row_of("Ratings", [f"P 1.{n}", f"Thing{n}", "Good"]) for n in range(30))
    assert len(rating_evidence(read_question("what are the ratings"), many)) == 9


# What changed between two inspections

EARLIER = [
    row_of("", ["P 1.1 Lamps", "Good"]),
    row_of("", ["P 1.2 Oil", "Inadequate"]),
    row_of("", ["P 1.3 Boats", "Good"]),
    row_of("", ["Overall rating", "Good"]),
]
LATER = [
    row_of("", ["P 1.1 Lamps", "Requires improvement"]),
    row_of("", ["P 1.2 Oil", "Good"]),
    row_of("", ["P 1.3 Boats", "Good"]),
    row_of("", ["Overall rating", "Inadequate"]),
    row_of("", ["New part", "Good"]),
]


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("Which standard got worse between 2023 and 2025?", ["Lamps"]),
        ("what North Cape standards have fallen", ["Lamps"]),
        ("Which ratings improved?", ["Oil"]),
        ("which ratings changed since 2023", ["Lamps", "Oil"]),
        ("Which standards got better or worse?", ["Lamps", "Oil"]),
        ("Did oil get worse?", []),
        ("Which standards were rated Good?", []),
    ],
)
def test_ratings_that_changed_are_told_from_both_inspections(
    question: str, labels: list[str]
) -> None:
    before, after = changed_rows(read_question(question), rated_rows(EARLIER), rated_rows(LATER))
    for rows in (before, after):
        assert [row.text.split()[2] for row in rows] == labels
    assert all(row.passage in EARLIER for row in before)
    assert all(row.passage in LATER for row in after)


# What a sentence says of a row


@pytest.mark.parametrize(
    ("cells", "sentences", "told"),
    [
        # the whole: not a part of it, not the scale, not another grade
        (["Overall rating", "Inadequate"],
         ["This gave an overall rating for oil of 'Inadequate'.",
          "Up to 4 points is 'Inadequate' overall, 5 to 11 'Requires improvement', 12 'Good'.",
          "The unit has been rated 'Good' overall.",
          "We have rated the unit as 'Inadequate' overall."], 3),
        (["Overall rating", "Good"], ["The unit is now rated 'Good', and oil is 'Inadequate'."], 0),
        (["Overall rating", "Good"], ["The food was good."], None),
        # a part: its own words before the grade
        (["P 1.2 Oil", "Good"], ["Lamps are rated 'Good', so is oil.", "Oil is rated 'Good'."], 1),
        (["P 1.2 Oil", "Good"], ["Oil has slipped from 'Outstanding' to 'Good'."], 0),
        (["P 1.2 Oil", "Outstanding"], ["Oil has slipped from 'Outstanding' to 'Good'."], None),
        (["Keepers", "four"], ["Keepers are rated 'Good'."], None),
    ],
)  # fmt: skip
def test_a_sentence_says_what_a_row_does(
    cells: list[str], sentences: list[str], told: int | None
) -> None:
    said = [Evidence(row_of("", [text], kind="text"), 0, len(text), 1.0) for text in sentences]
    row = Evidence(row_of("", cells), 0, len(" ".join(cells)), 1.0)
    table = [row_of("", ["P 1.1 Lamps", "Good"]), row_of("", ["P 1.2 Oil", "Good"])]
    labels = [rated.label for rated in rated_rows(table)]
    found = stated([row], said, labels)
    assert list(found) == ([] if told is None else [said[told]])
