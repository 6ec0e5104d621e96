"""What reports found, read from their sections: by hand in small, and whole reports by count."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.families import families, family, family_names, recognise
from indexer.findings import OVERALL, Finding, findings, placed, recognise_family
from indexer.layout import read_layout
from indexer.outline import read_sections
from indexer.passages import cut_passages
from indexer.reading import read_document
from indexer.records import Block, BlockKind, Section, TextWord

ROOT = Path(__file__).resolve().parents[1]
DIGEST = ROOT / "data" / "reports" / "northamptonshire-pdu-2024-digest.pdf"


def placed_words(text: str, page: int, left: float, top: float) -> tuple[TextWord, ...]:
    """Place each word five points a letter along one line, ten points high."""
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        box = (left + 5 * at, top - 10, left + 5 * (at + len(word)), top)
        words.append(TextWord(at, at + len(word), page, box))
        at += len(word)
    return tuple(words)


class Sheet:
    """Makes blocks one below the other."""

    def __init__(self) -> None:
        self.top = 800.0

    def block(
        self, kind: BlockKind, text: str, *, page: int = 1, left: float = 70, context: str = "",
        signed: bool = False,
    ) -> Block:  # fmt: skip
        self.top -= 20
        words = placed_words(text, page, left, self.top)
        signs = (TextWord(0, 0, page, (left - 10, self.top - 10, left - 5, self.top)),)
        return Block(kind, text, words, 10.0, context=context, signs=signs if signed else ())

    def row(self, *cells: str, context: str = "data", table: int = 1, page: int = 1) -> Block:
        spans, text = [], ""
        for cell in cells:
            text += " " if text and cell else ""
            spans.append((len(text), len(text) + len(cell)))
            text += cell
        block = self.block("row", text, page=page, context=context)
        return replace(block, cells=tuple(spans), level=table)


@pytest.fixture
def sheet() -> Sheet:
    return Sheet()


def kinds(found: tuple[Finding, ...], kind: str) -> list[Finding]:
    return [finding for finding in found if finding.kind == kind]


# Families


def test_families_are_read_from_their_files() -> None:
    assert set(family_names()) == {
        "area-send", "childrens-services", "general", "probation", "youth-justice",
    }  # fmt: skip
    assert [f.name for f in families()] == [
        "area SEND", "children's services", "probation delivery unit", "youth justice service",
    ]  # fmt: skip
    assert family().is_general
    assert family("probation").scale[0] == "Outstanding"


@pytest.mark.parametrize(
    ("cover", "text", "name"),
    [
        ("An inspection of probation services in: Fenland PDU", "", "probation delivery unit"),
        ("An inspection of youth justice services in Fenland", "", "youth justice service"),
        ("Inspection of Fenland children’s services", "Ofsted", "children's services"),
        ("Area SEND inspection of Fenland", "Ofsted", "area SEND"),
        ("Inspection of Fenland children’s services", "a local paper", "report"),
        ("Annual report of the harbour", "Ofsted", "report"),
    ],
)
def test_a_report_is_recognised_by_its_own_words(cover: str, text: str, name: str) -> None:
    assert recognise(cover, f"{cover} {text} HM Inspectorate of Probation").name == name


# Ratings


def test_ratings_of_the_whole_and_of_standards_come_from_the_table(sheet: Sheet) -> None:
    section = Section(("Ratings",), 4, (
        sheet.row("Fenland", "Fieldwork started: 11 March 2024", context="header", page=4),
        sheet.row("Score", "7/21", page=4),
        sheet.row("Overall rating", "Requires improvement", page=4),
        sheet.row("1.", "Organisational arrangements", context="group", page=4),
        sheet.row("P 1.1", "Leadership", "Good", page=4),
        sheet.row("P 2.3", "Implementation and delivery", "Inadequate", page=4),
    ))  # fmt: skip
    found = findings([section], family("probation"))
    assert [(f.label, f.subject, f.value, f.page) for f in kinds(found, "rating")] == [
        ("", OVERALL, "Requires improvement", 4),
        ("P 1.1", "Leadership", "Good", 4),
        ("P 2.3", "Implementation and delivery", "Inadequate", 4),
    ]
    (score,) = kinds(found, "score")
    assert (score.value, score.number, score.total) == ("7/21", 7, 21)
    (started,) = kinds(found, "fieldwork")
    assert (started.value, started.text) == ("2024-03-11", "Fieldwork started: 11 March 2024")


def test_a_rating_said_again_is_one_and_a_contradiction_is_two(sheet: Sheet) -> None:
    sections = [
        Section(("Ratings",), 4, (sheet.row("P 1.1", "Leadership", "Good"),)),
        Section(("P 1.1. Leadership",), 7, (sheet.block("paragraph", "Good", page=7),)),
        Section(("P 1.1. Leadership",), 8, (sheet.block("paragraph", "Inadequate", page=8),)),
    ]
    found = kinds(findings(sections, family("probation")), "rating")
    assert [(f.label, f.value, f.page) for f in found] == [
        ("P 1.1", "Good", 1),
        ("P 1.1", "Inadequate", 8),
    ]


@pytest.mark.parametrize(
    ("heading", "subject", "value"),
    [
        ("The experiences of children in care: outstanding", "The experiences of children in care",
         "Outstanding"),
        ("Early years provision Good", "Early years provision", "Good"),
        ("Children looked after and achieving Requires improvement permanence",
         "Children looked after and achieving permanence", "Requires improvement"),
        ("The graded judgement for adoption performance is that it requires improvement",
         "Adoption performance", "Requires improvement"),
        ("The Local Safeguarding Children Board is outstanding",
         "The Local Safeguarding Children Board", "Outstanding"),
        ("Children’s services in Fenland are good", OVERALL, "Good"),
        ("Children’s services in Fenland require improvement", OVERALL, "Requires improvement"),
    ],
)  # fmt: skip
def test_headings_that_rate(sheet: Sheet, heading: str, subject: str, value: str) -> None:
    section = Section((heading,), 3, (sheet.block("heading", heading, page=3),))
    (found,) = findings([section], family("childrens-services"))
    assert (found.kind, found.subject, found.value, found.page) == ("rating", subject, value, 3)


@pytest.mark.parametrize("heading", ["What makes a good school", "Work that is good", "Good"])
def test_headings_that_do_not_rate(sheet: Sheet, heading: str) -> None:
    section = Section((heading,), 3, (sheet.block("heading", heading),))
    assert findings([section], family("childrens-services")) == ()


def test_tables_that_compare_ratings_or_give_earlier_ones_rate_nothing(sheet: Sheet) -> None:
    section = Section(("Ratings",), 1, (
        sheet.row("Standard", "2023", "2025", context="header"),
        sheet.row("Staffing", "Inadequate", "Good"),
        sheet.row("Overall effectiveness at previous inspection", "Inadequate", table=2),
    ))  # fmt: skip
    assert kinds(findings([section], family("childrens-services")), "rating") == []


def test_an_unknown_report_has_ratings_only_in_a_table_of_them(sheet: Sheet) -> None:
    one = Section(("Wood",), 1, (sheet.row("Oak", "Good"),))
    assert findings([one], family()) == ()
    two = Section(("Wood",), 1, (sheet.row("Oak", "Good"), sheet.row("Elm", "Inadequate")))
    assert [(f.subject, f.value) for f in findings([two], family())] == [
        ("Oak", "Good"),
        ("Elm", "Inadequate"),
    ]


def test_running_text_rates_the_whole_where_no_table_does(sheet: Sheet) -> None:
    text = "We came in May. The unit was given an overall rating of 'Inadequate' this time."
    section = Section(("Foreword",), 3, (sheet.block("paragraph", text),))
    (found,) = findings([section], family("probation"))
    assert (found.subject, found.value) == (OVERALL, "Inadequate")
    assert found.text == "The unit was given an overall rating of 'Inadequate' this time."


def test_the_outcome_of_an_area_inspection_is_its_rating(sheet: Sheet) -> None:
    text = "There are widespread and/or systemic failings leading to significant concerns."
    sections = [
        Section(("Inspection outcome",), 1, (sheet.block("paragraph", text),)),
        Section(("Next steps",), 2, (sheet.block("paragraph", text, page=2),)),
    ]
    (found,) = findings(sections, family("area-send"))
    assert (found.subject, found.value, found.page) == (
        OVERALL, "Widespread and/or systemic failings", 1,
    )  # fmt: skip


# Lists


def test_strengths_and_improvements_belong_to_their_standard(sheet: Sheet) -> None:
    standard = ("1. Organisation", "P 1.2. Staffing")
    sections = [
        Section((*standard, "Strengths:"), 10, (
            sheet.block("heading", "Strengths:"),
            sheet.block("bullet", "Staff enjoyed their jobs.", page=10, signed=True),
            sheet.block("bullet", "Fewer staff left.", page=11, signed=True),
            sheet.row("Grade", "Vacancy rate", context="header"),
        )),
        Section((*standard, "Areas for improvement"), 11, (
            sheet.block("bullet", "Oversight was weak.", page=11, signed=True),
        )),
    ]  # fmt: skip
    found = findings(sections, family("probation"))
    assert [(f.kind, f.label, f.subject, f.text, f.page) for f in found] == [
        ("strength", "P 1.2", "Staffing", "Staff enjoyed their jobs.", 10),
        ("strength", "P 1.2", "Staffing", "Fewer staff left.", 11),
        ("improvement", "P 1.2", "Staffing", "Oversight was weak.", 11),
    ]


def test_a_bullet_broken_before_a_figure_is_one_and_sub_bullets_belong_to_theirs(
    sheet: Sheet,
) -> None:
    section = Section(("Strengths",), 1, (
        sheet.block("bullet", "A reply was on file in", signed=True),
        sheet.block("bullet", "54. Access helped."),
        sheet.block("bullet", "Leaders improved:", signed=True),
        sheet.block("bullet", "training", left=90, signed=True),
        sheet.block("bullet", "supervision", left=90, signed=True),
        sheet.block("bullet", "Attrition fell.", signed=True),
    ))  # fmt: skip
    found = findings([section], family("probation"))
    assert [f.text for f in found] == [
        "A reply was on file in\n54. Access helped.",
        "Leaders improved:\ntraining\nsupervision",
        "Attrition fell.",
    ]
    for finding in found:
        assert [finding.text[w.start : w.end] for w in finding.words] == finding.text.split()


def test_recommendations_have_numbers_and_say_to_whom(sheet: Sheet) -> None:
    sections = [
        Section(("Recommendations",), 4, (
            sheet.block("heading", "Recommendations"),
            sheet.block("paragraph", "Two recommendations follow from what we found."),
        )),
        Section(("Recommendations", "Fenland PDU should:"), 4, (
            sheet.block("heading", "Fenland PDU should:"),
            sheet.block("bullet", "1. fill its vacancies"),
            sheet.block("bullet", "2. keep its staff."),
        )),
        Section(("Progress on previous recommendations",), 15, (
            sheet.block("paragraph", "Six recommendations were made in 2023.", page=15),
        )),
    ]  # fmt: skip
    found = findings(sections, family("probation"))
    assert [(f.kind, f.label, f.subject, f.text) for f in found] == [
        ("recommendation", "1", "Fenland PDU should", "fill its vacancies"),
        ("recommendation", "2", "Fenland PDU should", "keep its staff."),
    ]
    assert [found[0].text[w.start : w.end] for w in found[0].words] == ["fill", "its", "vacancies"]


def test_sections_and_rows_can_be_recommendations(sheet: Sheet) -> None:
    sections = [
        Section(("Recommendations", "Recommendation 12"), 18, (
            sheet.block("heading", "Recommendation 12"),
            sheet.block("paragraph", "Every provider should publish its data."),
            sheet.block("paragraph", "The review heard of three ways to do so."),
        )),
        Section(("Recommendations",), 19, (
            sheet.row("Responsible body", "Action", context="header"),
            sheet.row("Fenland Council", "Leaders should improve the plans that they write."),
        )),
    ]  # fmt: skip
    assert [(f.label, f.subject, f.text) for f in findings(sections, family())] == [
        ("12", "", "Every provider should publish its data."),
        ("", "Fenland Council", "Leaders should improve the plans that they write."),
    ]


# Facts and figures


def test_key_questions_are_not_counted_again_as_percentages(sheet: Sheet) -> None:
    section = Section(("P 2.1. Assessment",), 18, (
        sheet.row("Key question", "Percentage 'Yes'", context="header"),
        sheet.row("Does assessment focus on keeping people safe?", "16%"),
    ))  # fmt: skip
    (found,) = findings([section], family("probation"))
    assert (found.kind, found.label, found.value, found.number) == (
        "key question", "P 2.1", "16%", 16,
    )  # fmt: skip
    assert found.subject == "Does assessment focus on keeping people safe?"


def test_percentages_of_other_tables_are_named_by_row_and_column(sheet: Sheet) -> None:
    section = Section(("Staff",), 7, (
        sheet.row("Grade", "In post", "Vacancy rate", context="header"),
        sheet.row("Probation officer", "48", "17%"),
    ))  # fmt: skip
    (found,) = findings([section], family("probation"))
    assert (found.kind, found.subject, found.number) == (
        "percentage", "Probation officer – Vacancy rate", 17,
    )  # fmt: skip


def test_progress_rows_are_those_with_one_grade(sheet: Sheet) -> None:
    section = Section(("Progress on previous recommendations",), 27, (
        sheet.row("Recommendation", "Action", "Categorisation", context="header"),
        sheet.row("From 2022", "Summary", "Sufficient progress/Some progress/No progress"),
        sheet.row("Train staff.", "Events were held.", "Some progress"),
        sheet.row("Move offices.", "One moved.", "No progress for Tidwell"),
    ))  # fmt: skip
    found = findings([section], family("probation"))
    assert [(f.kind, f.subject, f.value) for f in found] == [
        ("progress", "Train staff.", "Some progress"),
        ("progress", "Move offices.", "No progress for Tidwell"),
    ]


def test_counts_stand_in_their_sentence(sheet: Sheet) -> None:
    text = "Staff were tired. Only eight out of 27 respondents were content. That is few."
    section = Section(("P 1.2. Staffing",), 11, (sheet.block("paragraph", text, page=11),))
    (found,) = findings([section], family("probation"))
    assert found.text == "Only eight out of 27 respondents were content."
    assert (found.kind, found.label, found.number, found.total, found.page) == (
        "count", "P 1.2", 8, 27, 11,
    )  # fmt: skip


def test_dates_and_inspectors_are_said_once(sheet: Sheet) -> None:
    section = Section((), 1, (
        sheet.block("paragraph", "Inspection dates: 3 to 7 November 2025"),
        sheet.block("paragraph", "Report published: 25 November 2025"),
        sheet.block("paragraph", "Lead inspector: Ann Other HMI"),
        sheet.block("paragraph", "Deputy lead inspector: Jo Second"),
        sheet.block("paragraph", "Lead inspector: Ann Other"),
    ))  # fmt: skip
    found = findings([section], family("childrens-services"))
    assert [(f.kind, f.value) for f in found] == [
        ("fieldwork", "2025-11-03/2025-11-07"),
        ("published", "2025-11-25"),
        ("inspector", "Ann Other"),
    ]


def test_lines_of_words_are_boxes(sheet: Sheet) -> None:
    block = sheet.block("bullet", "Fewer left.", signed=True)
    lower = placed_words("They stayed.", 1, 70, 700)
    words = block.words + tuple(replace(w, start=w.start + 12, end=w.end + 12) for w in lower)
    section = Section(
        ("Strengths",), 1, (replace(block, text="Fewer left. They stayed.", words=words),)
    )
    (found,) = findings([section], family())
    # "Fewer left." has 11 letters of five points from 70 on; "They stayed." has 12.
    assert found.rects == ((1, (70, 770, 125, 780)), (1, (70, 690, 130, 700)))


def test_findings_are_found_again_in_passages(sheet: Sheet) -> None:
    section = Section(("Strengths",), 1, (
        sheet.block("heading", "Strengths"),
        sheet.block("bullet", "Staff enjoyed their jobs."),
        sheet.block("bullet", "Fewer staff left."),
    ))  # fmt: skip
    passages = cut_passages([section])
    found = placed(findings([section], family()), passages)
    assert [f.passage for f in found] == [0, 0]
    assert [passages[0].text[slice(*f.span)] for f in found] == [f.text for f in found]


# Whole reports


def read(path: Path, *, bookmarks: bool = True) -> tuple[Section, ...]:
    document = read_document(path)
    if not bookmarks:
        document = replace(document, bookmarks=())
    return read_sections(document, read_layout(document))


PDU_RATINGS = [
    ("", OVERALL, "Inadequate"),
    ("P 1.1", "Leadership", "Requires improvement"),
    ("P 1.2", "Staffing", "Inadequate"),
    ("P 1.3", "Services", "Requires improvement"),
    ("P 2.1", "Assessment", "Inadequate"),
    ("P 2.2", "Planning", "Inadequate"),
    ("P 2.3", "Implementation and delivery", "Inadequate"),
    ("P 2.4", "Reviewing", "Inadequate"),
]
KEY_QUESTIONS = [
    ("P 2.1", 51, 18), ("P 2.1", 67, 18), ("P 2.1", 16, 18),
    ("P 2.2", 39, 20), ("P 2.2", 54, 20), ("P 2.2", 36, 20),
    ("P 2.3", 43, 22), ("P 2.3", 21, 22), ("P 2.3", 27, 22),
    ("P 2.4", 49, 25), ("P 2.4", 36, 25), ("P 2.4", 24, 25),
]  # fmt: skip
# Bullets on the pages, counted by eye: strengths and areas for improvement of each heading.
PUBLISHED = {
    "Leadership": (7, 10), "Staffing": (6, 12), "Services": (11, 11),
    "Diversity and inclusion": (6, 4), "Outcomes": (1, 3),
}  # fmt: skip
IN_DIGEST = PUBLISHED | {"Leadership": (8, 11), "Staffing": (6, 13)}
PROGRESS = [
    ("Some progress", 27), ("Some progress", 27), ("Some progress", 27),
    ("Sufficient progress", 28), ("Sufficient progress", 28),
]  # fmt: skip


def check_northamptonshire(
    sections: tuple[Section, ...], lists: dict[str, tuple[int, int]]
) -> None:
    assert recognise_family(sections).name == "probation delivery unit"
    found = findings(sections)
    ratings = kinds(found, "rating")
    assert [(f.label, f.subject, f.value) for f in ratings] == PDU_RATINGS
    assert {f.page for f in ratings} == {4}
    asked = [(f.label, f.number, f.page) for f in kinds(found, "key question")]
    assert asked == KEY_QUESTIONS
    recommended = kinds(found, "recommendation")
    assert [f.label for f in recommended] == list("1234567")
    assert {(f.page, f.subject) for f in recommended} == {(5, "Northamptonshire PDU should")}
    assert [(f.value, f.page) for f in kinds(found, "progress")] == PROGRESS
    notes = [(f.label, f.page) for f in kinds(found, "footnote")]
    assert notes == [
        ("1", 6), ("2", 6), ("3", 6), ("4", 18), ("5", 20), ("6", 23), ("7", 24), ("8", 25),
    ]  # fmt: skip
    counted = Counter((f.subject, f.kind) for f in found)
    named = {
        name: (counted[name, "strength"], counted[name, "improvement"])
        for name in dict.fromkeys(f.subject for f in found if f.kind in ("strength", "improvement"))
    }
    assert named == lists
    assert [f.value for f in kinds(found, "fieldwork")] == ["2024-03-11"]
    assert [f.value for f in kinds(found, "published")] == ["2024-07"]
    assert [f.value for f in kinds(found, "inspector")] == ["Helen Cox"]
    assert all(f.passage >= 0 for f in placed(found, cut_passages(sections)))


@pytest.mark.parametrize("bookmarks", [True, False])
def test_the_digest_gives_everything_the_report_found(bookmarks: bool) -> None:
    check_northamptonshire(read(DIGEST, bookmarks=bookmarks), IN_DIGEST)


@pytest.mark.shared
@pytest.mark.parametrize("bookmarks", [True, False])
def test_the_published_report_gives_everything_it_found(shared: Path, bookmarks: bool) -> None:
    path = shared / "reports" / "northamptonshire-pdu-2024.pdf"
    check_northamptonshire(read(path, bookmarks=bookmarks), PUBLISHED)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "family_name", "ratings", "recommendations"),
    [
        ("ofsted-2016-11-birmingham", "children's services",
         ["Inadequate", "Inadequate", "Requires improvement", "Requires improvement",
          "Requires improvement", "Inadequate"], 17),
        ("ofsted-2026-02-kent", "children's services",
         ["Good", "Good", "Outstanding", "Requires improvement to be good", "Good"], 0),
        ("ofsted-cqc-2024-05-bury-area-send", "area SEND",
         ["Widespread and/or systemic failings"], 6),
        ("dhsc-2024-03-mental-health-inpatient-data-rapid-review", "report", [], 13),
    ],
)  # fmt: skip
def test_published_reports_of_other_families(
    shared: Path, name: str, family_name: str, ratings: list[str], recommendations: int
) -> None:
    sections = read(shared / "corpus" / "reports" / f"{name}.pdf")
    assert recognise_family(sections).name == family_name
    found = findings(sections)
    assert [f.value for f in kinds(found, "rating")] == ratings
    assert len(kinds(found, "recommendation")) == recommendations
