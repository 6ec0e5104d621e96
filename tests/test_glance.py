"""What reports rate, count and recommend, worked out by hand on findings made for it."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.build import build
from indexer.records import Finding, FindingKind, TextWord
from indexer.snapshot import open_snapshot
from qa import glance
from qa.glance import Column, Glance, Said, change, step_of

P11, P12 = ("P 1.1", "Leadership"), ("P 1.2", "Staffing")

PROBATION = [
    ["An inspection of probation services in Leeds PDU", "HM Inspectorate of Probation, May 2025"],
    [
        "# Ratings",
        "Fieldwork started: March 2025",
        "# P 1.1. Leadership",
        "Requires improvement",
        "# P 1.2. Staffing",
        "Good",
        "# Strengths",
        "The vacancies of May have all been filled by now.",
    ],
]


def said(
    kind: FindingKind,
    label: str = "",
    subject: str = "",
    value: str = "",
    *,
    report: str = "leeds-2025",
    number: int = 0,
    amount: float | None = None,
    total: float | None = None,
    page: int = 4,
) -> Said:
    """Return a finding of a report as the page shows it."""
    text = f"{label} {subject} {value}".strip()
    return Said(
        report, number, kind, label, subject, value, amount, total, text, ("Ratings",), page,
        str(page), text, ((0.0, 0.0, 1.0, 1.0),),
    )  # fmt: skip


def rated(
    report: str,
    grades: dict[tuple[str, str], str],
    *,
    overall: str = "",
    place: str = "Leeds",
    date: str = "2025-03",
    family: str = "probation",
    title: str = "Inspection of Leeds",
) -> Glance:
    """Return a report that gives grades to standards and, where one is given, to the whole."""
    found = [("", "Overall", overall)] if overall else []
    found += [(label, name, grade) for (label, name), grade in grades.items()]
    items = [said("rating", *one, report=report, number=number) for number, one in enumerate(found)]
    return Glance(report, title, place, date, "inspected", family, tuple(items))


def columns(every: list[Glance]) -> list[str]:
    return [f"{c.label} {c.name}".strip() for c in glance.columns_of(every)]


# Reading an index


def test_a_report_is_read_from_the_index(
    tmp_path: Path, index: Path, tiny_pdf: Callable[..., Path], twin_embedder: object
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    tiny_pdf(folder / "leeds-2025.pdf", PROBATION, title="Inspection of probation in Leeds PDU")
    build(folder, index, embedder=twin_embedder)  # type: ignore[arg-type]
    [leeds] = glance.glances(open_snapshot(index))
    assert (leeds.place, leeds.family) == ("Leeds", "probation delivery unit")
    assert (leeds.date, leeds.dated) == ("2025-03", "inspected")
    assert [(one.label, one.subject, one.value, one.step) for one in leeds.standards] == [
        ("P 1.1", "Leadership", "Requires improvement", "improve"),
        ("P 1.2", "Staffing", "Good", "good"),
    ]
    assert leeds.overall == ()
    [strength] = leeds.of("strength")
    assert strength.page == 2
    assert strength.quote == "The vacancies of May have all been filled by now."
    assert len(strength.rects) == 1


def test_what_a_person_says_of_a_report_comes_first(
    library: Path, index: Path, twin_embedder: object
) -> None:
    build(library, index, embedder=twin_embedder)  # type: ignore[arg-type]
    snapshot = open_snapshot(index)
    info = next(one for one in snapshot.reports if one.id == "lights")
    assert (info.place, info.published) == ("", "")
    snapshot.reports = (
        replace(info, place="York", family="area SEND", published="2024", own=(info.title, "")),
    )
    [lights] = glance.glances(snapshot)
    assert (lights.place, lights.family) == ("York", "area SEND")
    assert (lights.date, lights.dated) == ("2024", "given")


def test_a_finding_that_runs_over_a_page_keeps_the_words_of_its_first() -> None:
    words = (
        TextWord(0, 4, 3, (0.0, 10.0, 5.0, 20.0)),
        TextWord(5, 9, 3, (6.0, 10.0, 9.0, 20.0)),
        TextWord(10, 14, 4, (0.0, 70.0, 5.0, 80.0)),
    )
    finding = Finding("strength", "Four good keys", words, ("A",))
    one = glance._said("leeds", 7, finding, {3: "iii"})
    assert (one.number, one.page, one.page_label, one.quote) == (7, 3, "iii", "Four good")
    assert one.rects == ((0.0, 10.0, 9.0, 20.0),)


# Grades


@pytest.mark.parametrize(
    ("value", "step"),
    [
        ("Outstanding", "outstanding"),
        ("GOOD", "good"),
        ("Require improvement", "improve"),
        ("Requires  improvement to be good", "improve"),
        ("Widespread and/or systemic failings", "inadequate"),
        ("No progress for Tidwell", "inadequate"),
        ("Not met", "inadequate"),
        ("Partly met", "improve"),
        ("Goodish", "other"),
        ("", "other"),
    ],
)
def test_a_grade_is_as_good_as_its_words(value: str, step: str) -> None:
    assert step_of(value) == step


@pytest.mark.parametrize(
    ("before", "after", "said_"),
    [
        ("Inadequate", "Outstanding", "better"),
        ("Good", "Satisfactory", "worse"),
        ("Requires improvement", "Requires improvement to be good", "same"),
        ("Band 2", "Good", ""),
        ("Band 2", "Band 1", ""),
        ("Band 2", "band 2", "same"),
    ],
)
def test_grades_are_compared_where_both_are_known(before: str, after: str, said_: str) -> None:
    assert change(before, after) == said_


# Groups


def test_reports_that_rate_the_same_stand_in_one_table_whatever_the_label_looks_like() -> None:
    old = rated("b", {("1.1", "Leadership"): "Good", P12: "Good"}, date="2021-01")
    new = rated("a", {P11: "Inadequate", P12: "Good"}, overall="Good", date="2025-01")
    [group] = glance.groups([new, old])
    assert [one.report for one in group.glances] == ["b", "a"]  # one place, by date
    assert [(c.label, c.name) for c in group.columns] == [
        ("", "Overall"),
        ("1.1", "Leadership"),
        ("P 1.2", "Staffing"),
    ]
    grades = [[one.value for one in new.rated(column)] for column in group.columns]
    assert grades == [["Good"], ["Inadequate"], ["Good"]]
    assert old.rated(group.columns[0]) == ()


def test_one_name_under_two_numbers_is_two_standards() -> None:
    one = rated("a", {("2.1", "Assessment"): "Good", ("3.1", "Assessment"): "Inadequate"})
    assert columns([one]) == ["2.1 Assessment", "3.1 Assessment"]


def test_families_and_frameworks_are_not_forced_into_one_grid() -> None:
    probation = rated("a", {P11: "Good", P12: "Good"})
    ofsted = rated("b", {P11: "Good", P12: "Good"}, family="children's services")
    later = rated(
        "c",
        {("", "Leaders"): "Good", ("", "Care"): "Good", P11: "Good"},
        family="children's services",
    )
    school = rated("d", {("", "Outcomes"): "Good"}, family="")
    found = glance.groups([school, probation, later, ofsted])
    # c shares one of the two standards of b, which is half of them: they stand together.
    assert [[one.report for one in group.glances] for group in found] == [["b", "c"], ["a"], ["d"]]
    apart = rated("c", {("", "Leaders"): "Good", P11: "Good", ("", "Care"): "Good"}, family="x")
    near = rated("b", {P11: "Good", P12: "Good", ("", "Plans"): "Good"}, family="x")
    assert len(glance.groups([apart, near])) == 2  # one of three is not most


def test_what_only_a_later_report_rates_has_its_place_behind_what_comes_before_it() -> None:
    first = rated("a", {P11: "Good", ("P 2.1", "Assessment"): "Good"})
    second = rated("b", {P11: "Good", P12: "Good", ("P 2.1", "Assessment"): "Good"}, overall="Good")
    assert columns([first, second]) == [
        "Overall",
        "P 1.1 Leadership",
        "P 1.2 Staffing",
        "P 2.1 Assessment",
    ]


def test_a_report_that_contradicts_itself_shows_both() -> None:
    both = replace(rated("a", {P11: "Good"}), said=(
        said("rating", *P11, "Good"), said("rating", *P11, "Inadequate", number=1),
    ))  # fmt: skip
    [column] = glance.columns_of([both])
    assert [one.value for one in both.rated(column)] == ["Good", "Inadequate"]


def test_reports_that_rate_the_whole_alone_share_a_table_only_within_a_family() -> None:
    bury, kent = (
        rated(name, {}, overall="Good", family="area SEND", place=name) for name in ("Bury", "Kent")
    )
    stray = [rated(name, {}, overall="Good", family="") for name in ("x", "y")]
    assert [len(group.glances) for group in glance.groups([bury, kent, *stray])] == [2, 1, 1]


def test_a_report_without_ratings_is_in_no_group_and_is_named() -> None:
    silent = Glance("a", "A", "Leeds", "", "", "", (said("strength"),))
    assert glance.groups([silent]) == ()
    assert glance.unrated([silent, rated("b", {P11: "Good"})]) == (silent,)


# Timelines


def test_two_inspections_of_a_place_make_a_timeline() -> None:
    late = rated("b", {P11: "Good", P12: "Good"}, overall="Good", date="2025-03-03")
    early = rated("a", {P11: "Inadequate"}, overall="Good", date="2023-04")
    early = replace(early, said=(*early.said, said("score", value="4/21", amount=4, total=21)))
    [line] = glance.timelines([late, early])
    assert (line.place, [one.report for one in line.glances]) == ("Leeds", ["a", "b"])
    assert [
        (track.column.name, [[one.value for one in cell] for cell in track.cells], track.change)
        for track in line.tracks
    ] == [
        ("Overall", [["Good"], ["Good"]], "same"),
        ("Leadership", [["Inadequate"], ["Good"]], "better"),
    ]  # Staffing was rated once
    assert line.scores == ()  # so was the score given once
    assert glance.earlier(late, [late, early]) == early
    assert glance.earlier(early, [late, early]) is None


def test_the_last_two_of_three_inspections_are_compared() -> None:
    every = [
        rated(date, {P11: grade} if grade else {P12: "Good"}, overall="Good", date=date)
        for date, grade in (("2021", "Good"), ("2022", ""), ("2023", "Inadequate"))
    ]
    [line] = glance.timelines(every)
    track = next(track for track in line.tracks if track.column.name == "Leadership")
    assert [len(cell) for cell in track.cells] == [1, 0, 1]
    assert track.change == "worse"


@pytest.mark.parametrize(
    "other",
    [
        rated("b", {P11: "Good"}, date="2025-03"),  # another paper on the same inspection
        rated("b", {P11: "Good"}, date="2023", place="York"),
        rated("b", {P11: "Good"}, date="2023", family="youth justice service"),
        rated("b", {P11: "Good"}, date=""),
        rated("b", {}, date="2023"),
        rated("b", {P12: "Good"}, date="2023"),  # nothing in common
    ],
)
def test_nothing_else_makes_a_timeline(other: Glance) -> None:
    assert glance.timelines([rated("a", {P11: "Good"}), other]) == ()


def test_reports_of_no_known_family_have_to_be_called_the_same() -> None:
    titles = ("Leeds Road School, May 2019", "Leeds Road School, June 2024", "Leeds Road College")
    every = [
        rated(title, {P11: "Good"}, title=title, date=date, place="Leeds Road", family="")
        for title, date in zip(titles, ("2019", "2024", "2021"), strict=True)
    ]
    [line] = glance.timelines(every)
    assert [one.title for one in line.glances] == [*titles[:2]]


def test_a_second_paper_of_one_date_is_told_by_its_id() -> None:
    every = [
        rated("a", {P11: "Good"}, date="2023-04-17"),
        rated("b", {P11: "Good"}, date="2023-04-20"),
        rated("c", {P11: "Good"}, date="2025"),
    ]
    assert glance.inspections(every) == [("2023-04", "a"), ("2023-04", "b"), ("2025", "")]


# Figures and counts


def test_a_key_question_finds_the_same_one_before() -> None:
    asked = said("key question", "P 2.1", "Is it safe?", "55%", amount=55)
    before = said("key question", "P 2.1.", "Is it safe", "31%", amount=31)
    other = said("key question", "P 2.2", "Is it safe?", "9%", amount=9)
    earlier = Glance("a", "A", "Leeds", "2023", "named", "", (other, before))
    assert asked.key == ("2.1", "isitsafe")
    assert glance.question_before(asked, earlier) == before
    assert glance.question_before(asked, replace(earlier, said=(other,))) is None
    assert glance.question_before(asked, None) is None


def test_the_latest_report_with_key_questions_is_shown_first() -> None:
    late, old, asked = (rated(date, {P11: "Good"}, date=date) for date in ("2025", "2023", "2021"))
    assert glance.first_shown([old, late]) == late
    asked = replace(asked, said=(*asked.said, said("key question")))
    assert glance.first_shown([old, asked, late]) == asked


def test_strengths_and_improvements_are_counted_by_standard_in_the_order_of_the_report() -> None:
    items = [
        said("improvement", *P12, number=0),
        said("strength", *P11, number=1),
        said("improvement", *P11, number=2),
        said("improvement", *P12, number=3),
        said("recommendation", "1", "The council", number=4),
    ]
    one = Glance("a", "A", "Leeds", "", "", "", tuple(items))
    found = glance.counts(one)
    assert [
        (count.label, count.name, [i.number for i in count.strengths],
         [i.number for i in count.improvements])
        for count in found
    ] == [
        ("P 1.2", "Staffing", [], [0, 3]),
        ("P 1.1", "Leadership", [1], [2]),
    ]  # fmt: skip
    assert glance.counts(rated("b", {P11: "Good"})) == ()


# Taking it elsewhere


def test_there_is_a_row_a_finding() -> None:
    item = replace(
        said("score", value="4/21", amount=4, total=21, number=3),
        section=("1. One", "Ratings"), text="Score 4/21", page_label="iv",
    )  # fmt: skip
    one = Glance("leeds", "Of Leeds", "Leeds", "2025-03", "inspected", "", (item, said("strength")))
    rows = list(glance.rows([one]))
    assert rows[0] == (
        "leeds", "Of Leeds", "Leeds", "2025-03", "inspected", "", "score", "", "", "4/21", "4",
        "21", "4", "iv", "1. One › Ratings", "Score 4/21",
    )  # fmt: skip
    assert len(rows) == 2
    assert all(len(row) == len(glance.HEADER) for row in rows)


def test_the_examples_hold() -> None:
    done = doctest.testmod(glance)
    assert done.failed == 0
    assert done.attempted >= 2


def test_a_column_is_known_by_number_and_name() -> None:
    assert said("rating", "P 1.2", "Staffing").key == ("1.2", "staffing")
    assert Column("1.2", "Staffing", ("1.2", "staffing")).key == said("x", "1.2", "STAFFING").key
