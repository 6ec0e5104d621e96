"""One question put to several reports: who is asked, what each cell says, which belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from indexer.embedding import Embedder
from indexer.errors import UnknownReport
from indexer.snapshot import ReportInfo, Snapshot
from qa.answer import Asker
from qa.choice import CAUTION, AnswerSettings
from qa.compare import NOT_HERE, cells, default_reports, how_sure, inspections, renumbered
from qa.records import Answer, Citation, Sentence
from tests.test_changes import boats  # noqa: F401 - a fixture

ALL = ("skerries-2024", "fenmarsh-2023", "fenmarsh-2025")
ALWAYS = AnswerSettings(threshold=0.0)
QUESTION = "How many boats are in use in the harbour?"


def test_each_report_answers_for_itself_alone(boats: Snapshot, embedder: Embedder) -> None:  # noqa: F811
    asker = Asker(boats, embedder, settings=ALWAYS)
    found = list(cells(asker, {"fenmarsh-2023": "Fenmarsh"}, QUESTION, reports=ALL))
    assert [(cell.report, cell.title) for cell in found] == [
        ("skerries-2024", "skerries-2024"),
        ("fenmarsh-2023", "Fenmarsh"),
        ("fenmarsh-2025", "fenmarsh-2025"),
    ]
    for cell, boats_ in zip(found, ("nine", "four", "six"), strict=True):
        assert {source.report for source in cell.answer.citations} == {cell.report}
        assert f"{boats_} boats in use" in cell.answer.text


def test_sources_are_numbered_through_and_every_marker_is_that_of_its_source(
    boats: Snapshot,  # noqa: F811
    embedder: Embedder,
) -> None:
    asker = Asker(boats, embedder, settings=ALWAYS)
    found = list(cells(asker, {}, QUESTION, reports=ALL))
    numbers = [source.n for cell in found for source in cell.answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= len(ALL)
    for cell in found:
        own = {source.n for source in cell.answer.citations}
        assert {int(n) for n in re.findall(r"\[(\d+)\]", cell.answer.text)} == own


def test_what_a_report_does_not_say_is_not_found(boats: Snapshot, embedder: Embedder) -> None:  # noqa: F811
    asker = Asker(boats, embedder, settings=AnswerSettings(threshold=1.01))
    found = list(cells(asker, {}, QUESTION, reports=ALL[:2]))
    assert [cell.found for cell in found] == [False, False]
    assert [cell.answer.text for cell in found] == [NOT_HERE, NOT_HERE]
    assert all(cell.answer.hits for cell in found)
    low = list(cells(asker, {}, QUESTION, reports=ALL[:2], threshold=0.0))
    assert [cell.found for cell in low] == [True, True]


def test_a_cell_comes_before_the_next_report_is_asked() -> None:
    asked: list[str] = []

    class Told:
        def ask(self, question: str, *, reports: Sequence[str], threshold: float | None) -> Answer:
            asked.extend(reports)
            return Answer(question, "no_answer", "", 0.0)

    coming = cells(Told(), {}, "Who?", reports=["a", "b"])
    assert asked == []
    assert next(coming).report == "a"
    assert asked == ["a"]


def test_a_report_that_is_not_there_is_named(boats: Snapshot, embedder: Embedder) -> None:  # noqa: F811
    asker = Asker(boats, embedder, settings=ALWAYS)
    with pytest.raises(UnknownReport, match="torbay"):
        list(cells(asker, {}, QUESTION, reports=["fenmarsh-2023", "torbay"]))


def test_only_the_markers_of_the_answer_are_renumbered() -> None:
    answer = Answer(
        "Who?", "answered", "See [1] two left [1][2].", 0.9,
        (Sentence("See [1] two left [1][2].", (1, 2)), Sentence("Cut", (2,))),
        (cited(1), cited(2)),
    )  # fmt: skip
    moved = renumbered(answer, 5)
    assert [s.text for s in moved.sentences] == ["See [1] two left [5][6].", "Cut"]
    assert [s.citations for s in moved.sentences] == [(5, 6), (6,)]
    assert [source.n for source in moved.citations] == [5, 6]
    assert moved.text == "See [1] two left [5][6]. Cut"
    declined = Answer("Who?", "no_answer", "The reports do not say.", 0.1)
    assert renumbered(declined, 5) == declined


@pytest.mark.parametrize(
    ("confidence", "name"),
    [(1.0, "strict"), (CAUTION["strict"], "strict"), (CAUTION["strict"] - 0.01, "balanced"),
     (CAUTION["balanced"], "balanced"), (CAUTION["balanced"] - 0.01, "helpful"), (0.0, "helpful")],
)  # fmt: skip
def test_confidence_is_named_by_the_threshold_that_it_reaches(confidence: float, name: str) -> None:
    assert how_sure(confidence) == name


# Which belong together


def test_two_inspections_of_one_place_are_compared_first() -> None:
    reports = [
        info("a", "Inspection of Skerries", "2024-01"),
        info("b", "Inspection of Fenmarsh, May 2025", "2025-05"),
        info("c", "Inspection of Fenmarsh, June 2023", "2023-06"),
    ]
    assert [[r.id for r in group] for group in inspections(reports)] == [["c", "b"]]
    assert default_reports(reports) == ("c", "b")


def test_otherwise_the_first_four_are() -> None:
    places = ("Skerries", "Fenmarsh", "Torbay", "Hackney", "Croydon")
    reports = [info(place, f"Inspection of {place}", "2024-01") for place in places]
    assert inspections(reports) == ()
    assert default_reports(reports) == places[:4]
    assert default_reports(reports[:1]) == places[:1]


def test_two_files_of_one_date_are_no_two_inspections() -> None:
    reports = [info(name, "Inspection of Fenmarsh", "2024-01") for name in "ab"]
    assert inspections(reports) == ()


def test_reports_that_name_no_place_belong_to_none() -> None:
    reports = [info("a", "Annual report", "2023"), info("b", "Annual report", "2024")]
    assert inspections(reports) == ()


def info(name: str, title: str, published: str) -> ReportInfo:
    return ReportInfo(name, title, 1, 1, "", published=published)


def cited(n: int) -> Citation:
    return Citation(n, "lights", 1, "1", (), "Two keepers left.", ())
