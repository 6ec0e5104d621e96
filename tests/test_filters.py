"""Filters: which passages each leaves, worked out by hand, and the ways on where none is left."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from indexer.embedding import Embedder
from indexer.errors import UnknownReport
from indexer.records import Finding, FindingKind, PageText, Passage, Report, TextWord
from indexer.snapshot import Snapshot, open_snapshot
from qa import filters
from qa.filters import (
    About,
    Catalogue,
    Filters,
    Option,
    about,
    from_parameters,
    to_parameters,
)

MakePdf = Callable[..., Path]

WORDS = (TextWord(0, 1, 1, (72.0, 700.0, 90.0, 712.0)),)
PROBATION = "HM Inspectorate of Probation. An inspection of probation services in Leeds PDU."
CHILDREN = "Ofsted. Inspection of Leeds children’s services."


def finding(
    kind: FindingKind, *, label: str = "", subject: str = "", value: str = "", passage: int = -1
) -> Finding:
    return Finding(kind, "x", WORDS, (), label, subject, value, passage=passage)


def report(
    name: str, title: str, sections: Sequence[tuple[str, ...]], found: Sequence[Finding], page: str
) -> Report:
    """Return a report with a passage under each of some headings."""
    passages = tuple(
        Passage(name, n, "text", section, f"words {n}", ((0, 7),), WORDS)
        for n, section in enumerate(sections)
    )
    pages = tuple(PageText(n, "", 595, 842, text) for n, text in enumerate([page, "words"], 1))
    return Report(name, title, pages, passages, findings=tuple(found))


REPORTS = [
    # Rows 0 to 4
    report(
        "leeds-2023",
        "An inspection of probation services in Leeds PDU, June 2023",
        [("Ratings",), ("1. Work", "P 1.2. Staffing"), ("1. Work", "P 1.2. Staffing"),
         ("1. Work", "P 1.3. Services"), ("Annexe",)],
        [
            finding("published", value="2023-06"),
            finding("rating", label="P 1.2", subject="Staffing", value="Good", passage=0),
            finding("strength", label="P 1.2", passage=1),
            finding("improvement", label="P 1.2", passage=2),
            finding("key question", label="P 1.3", subject="Are services good?", passage=3),
            finding("recommendation", label="1.2", passage=4),
        ],
        PROBATION,
    ),
    # Rows 5 and 6
    report(
        "leeds-children",
        "Inspection of Leeds children’s services",
        [("Staffing",), ("P 1.2 Staffing",)],
        [finding("published", value="2025-02-01"), finding("strength", passage=0),
         finding("strength", passage=-1)],
        CHILDREN,
    ),
    # Row 7
    report("notes", "Notes", [("Notes",)], [], "Anything at all."),
]  # fmt: skip


BY_ID = {one.id: one for one in REPORTS}


def read_made_up(path: Path) -> Report:
    return BY_ID[path.stem]


@pytest.fixture
def snapshot(
    tmp_path: Path, tiny_pdf: MakePdf, embedder: Embedder, build_once: Callable[..., object]
) -> Snapshot:
    library, index = tmp_path / "made-up", tmp_path / "made-up-index"
    library.mkdir()
    for name in BY_ID:
        tiny_pdf(library / f"{name}.pdf", [[name]])
    build_once(library, index, read=read_made_up, embedder=embedder)
    return open_snapshot(index)


@pytest.fixture
def catalogue(snapshot: Snapshot) -> Catalogue:
    return Catalogue(snapshot)


def test_what_the_docstrings_say_is_so() -> None:
    found = doctest.testmod(filters)
    assert found.attempted > 0
    assert found.failed == 0


# What there is to choose from


def test_a_report_says_its_place_its_year_and_its_family(catalogue: Catalogue) -> None:
    assert catalogue.abouts == (
        About("leeds-2023", "Leeds", "2023", "probation delivery unit"),
        About("leeds-children", "Leeds", "2025", "children's services"),
        About("notes", "Notes", "", ""),
    )


def test_what_people_say_of_a_report_goes_before_what_it_says_itself(
    snapshot: Snapshot,
) -> None:
    info = replace(snapshot.reports[0], place="York", published="2020-01", family="area SEND")
    assert about(snapshot, info) == About("leeds-2023", "York", "2020", "area SEND")


def test_the_options_are_those_that_some_report_has(catalogue: Catalogue) -> None:
    assert catalogue.options == {
        "places": (Option("Leeds", "Leeds", 2), Option("Notes", "Notes", 1)),
        "years": (Option("2025", "2025", 1), Option("2023", "2023", 1)),
        "families": (
            Option("children's services", "children's services", 1),
            Option("probation delivery unit", "probation delivery unit", 1),
        ),
        # The second report has a heading of that label, but no rating of it: it is no standard.
        "standards": (
            Option("P 1.2", "P 1.2 Staffing", 1),
            Option("P 1.3", "P 1.3 Services", 1),
        ),
        "kinds": (
            Option("strength", "strength", 2),
            Option("improvement", "improvement", 1),
            Option("recommendation", "recommendation", 1),
            Option("rating", "rating", 1),
        ),
    }


def test_standards_are_in_the_order_of_their_numbers(snapshot: Snapshot) -> None:
    labels = ["P 1.10", "2.1", "P 1.9", "R 1.1", "P 1.2"]
    assert sorted(labels, key=filters._in_order) == ["2.1", "P 1.2", "P 1.9", "P 1.10", "R 1.1"]


# What filters leave


@pytest.mark.parametrize(
    ("wanted", "reports", "rows"),
    [
        (Filters(), (), None),
        (Filters(places=("Leeds",)), ("leeds-2023", "leeds-children"), None),
        (Filters(places=("Leeds",), years=("2023",)), ("leeds-2023",), None),
        (Filters(years=("2023", "2025")), ("leeds-2023", "leeds-children"), None),
        (Filters(families=("children's services",)), ("leeds-children",), None),
        (Filters(standards=("P 1.2",)), (), [0, 1, 2, 6]),  # the rating's row stands elsewhere
        (Filters(standards=("P1.2",)), (), [0, 1, 2, 6]),  # however it is written
        (Filters(standards=("P 1.2", "P 1.3")), (), [0, 1, 2, 3, 6]),
        (Filters(kinds=("strength",)), (), [1, 5]),
        (Filters(kinds=("strength", "improvement")), (), [1, 2, 5]),
        (Filters(kinds=("rating",)), (), [0, 3]),  # the percentage of a key question too
        (Filters(kinds=("recommendation",)), (), [4]),
        (Filters(standards=("P 1.2",), kinds=("improvement", "rating")), (), [0, 2]),
        (Filters(years=("2025",), kinds=("strength",)), ("leeds-children",), [5]),
        (Filters(years=("2025",), kinds=("rating",)), ("leeds-children",), []),
        (Filters(places=("Atlantis",)), (), []),
        (Filters(standards=("Z 9.9",)), (), []),
    ],
)
def test_what_filters_leave(
    catalogue: Catalogue, wanted: Filters, reports: tuple[str, ...], rows: list[int] | None
) -> None:
    left = catalogue.narrowed(wanted)
    assert left.reports == reports
    assert (None if left.rows is None else left.rows.tolist()) == rows
    all_rows = {"leeds-2023": range(5), "leeds-children": range(5, 7), "notes": range(7, 8)}
    own = {row for name in reports or all_rows for row in all_rows[name]}
    assert left.passages == len(own if rows is None else own & set(rows))


def test_filters_work_on_the_reports_that_are_chosen(catalogue: Catalogue) -> None:
    left = catalogue.narrowed(Filters(kinds=("strength",)), ["leeds-children", "notes"])
    assert left.reports == ("leeds-children", "notes")
    assert left.rows is not None
    assert left.rows.tolist() == [5]
    none = catalogue.narrowed(Filters(years=("2023",)), ["notes"])
    assert (none.reports, none.passages) == ((), 0)
    assert none.rows is not None  # no report is left, which must not read as all of them
    with pytest.raises(UnknownReport):
        catalogue.narrowed(Filters(), ["nowhere"])


# Ways on


def test_each_filter_that_can_be_lifted_is_named_with_what_it_gives(catalogue: Catalogue) -> None:
    wanted = Filters(years=("2025",), kinds=("rating",))
    assert [(w.lifted, w.passages) for w in catalogue.widenings(wanted)] == [
        ("years", 2), ("kinds", 2), ("", 8),
    ]  # fmt: skip
    assert [w.filters for w in catalogue.widenings(wanted)] == [
        Filters(kinds=("rating",)), Filters(years=("2025",)), Filters(),
    ]  # fmt: skip


def test_one_that_would_not_help_is_not_offered(catalogue: Catalogue) -> None:
    wanted = Filters(places=("Atlantis",), years=("1901",))
    assert [(w.lifted, w.passages) for w in catalogue.widenings(wanted)] == [("", 8)]
    assert [w.lifted for w in catalogue.widenings(Filters(years=("1901",)))] == ["years"]


def test_the_choice_of_reports_can_be_lifted_as_well(catalogue: Catalogue) -> None:
    ways = catalogue.widenings(Filters(years=("2023",)), ["notes"])
    assert [(w.lifted, w.reports, w.passages) for w in ways] == [
        ("years", ("notes",), 1), ("reports", (), 5), ("", (), 8),
    ]  # fmt: skip


# In an address


def test_filters_come_back_from_their_address() -> None:
    wanted = Filters(("Bath & Wells",), ("2024", "2025"), (), ("P 1.2",), ("strength",))
    address = urlencode(to_parameters(wanted), doseq=True)
    assert from_parameters(lambda name: parse_qs(address).get(name, [])) == wanted
    assert to_parameters(Filters()) == {}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"kind": ["poem", "rating", "rating"]}, Filters(kinds=("rating",))),
        ({"place": ["", "x" * 101, "Leeds"]}, Filters(places=("Leeds",))),
        ({"year": [str(n) for n in range(100)]}, Filters(years=tuple(str(n) for n in range(50)))),
        ({"report": ["a"]}, Filters()),
    ],
)
def test_an_address_gives_no_more_than_filters_can_be(
    given: dict[str, list[str]], taken: Filters
) -> None:
    assert from_parameters(given.get) == taken


def test_filters_say_whether_they_limit_anything() -> None:
    assert not Filters()
    assert Filters(years=("2024",))
    assert Filters(places=("Leeds",), kinds=("rating",)).active == ("places", "kinds")
    assert Filters(years=("2024",)).with_("years", ()) == Filters()
