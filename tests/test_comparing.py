"""Answers over several reports: which are meant, what each is called, who was not asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.build import build
from indexer.embedding import Embedder
from indexer.snapshot import ReportInfo, Snapshot, open_snapshot
from qa.answer import Asker, answer_json
from qa.choice import AnswerSettings
from qa.labels import labels_of
from qa.question import read_question
from qa.ratings import rated_rows, rating_evidence, score_rows
from qa.records import Evidence
from qa.search import focus
from tests.test_ratings import row_of

MakePdf = Callable[..., Path]
ALWAYS = AnswerSettings(threshold=0.0)
SOMETIMES = AnswerSettings(threshold=0.01)


@pytest.fixture
def three(
    tmp_path: Path,
    index: Path,
    embedder: Embedder,
    tiny_pdf: MakePdf,
    build_once: Callable[..., object],
) -> Snapshot:
    """Skerries once and Fenmarsh twice, each with its own number of boats."""
    folder = tmp_path / "three"
    folder.mkdir()
    for name, title, boats in (
        ("skerries-2024", "Inspection of boats in Skerries", "nine"),
        ("fenmarsh-2023", "Inspection of boats in Fenmarsh, June 2023", "four"),
        ("fenmarsh-2025", "Inspection of boats in Fenmarsh, May 2025", "six"),
    ):
        place = name.split("-")[0].capitalize()
        tiny_pdf(
            folder / f"{name}.pdf",
            [["# 1. Boats", f"The harbour of {place} has {boats} boats in use."]],
            title=title,
        )
    build_once(folder, index, embedder=embedder)
    return open_snapshot(index)


def info(name: str, title: str, published: str = "") -> ReportInfo:
    return ReportInfo(name, title, 1, 1, "", published=published)


def test_reports_are_called_by_what_their_titles_do_not_share() -> None:
    found = labels_of([
        info("a", "An inspection of services in North Cape, 2024"),
        info("b", "An inspection of services in Skerries"),
    ])  # fmt: skip
    assert found == {"a": "North Cape", "b": "Skerries"}


def test_two_inspections_of_one_place_are_the_earlier_and_the_later() -> None:
    later, earlier = info("b", "Fenmarsh", "2025-05"), info("a", "Fenmarsh", "2023-06")
    assert labels_of([later, earlier]) == {"a": "Earlier inspection", "b": "Later inspection"}


def test_among_other_places_they_are_counted() -> None:
    found = labels_of([
        info("fenmarsh-2025", "Boats in Fenmarsh, May 2025"),
        info("skerries", "Boats in Skerries"),
        info("fenmarsh-2023", "Boats in Fenmarsh, June 2023"),
    ])  # fmt: skip
    assert found == {
        "fenmarsh-2023": "Fenmarsh, first inspection",
        "fenmarsh-2025": "Fenmarsh, second inspection",
        "skerries": "Skerries",
    }


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("how many boats in Fenmarsh in 2025?", {"fenmarsh", "2025"}, "how many boats?"),
        ("Fenmarsh's boats, how many (2025)", {"fenmarsh", "2025"}, "boats, how many"),
        ("How many boats?", set(), "How many boats?"),
        ("Fenmarsh boats", {"fenmarsh"}, "Fenmarsh boats"),  # too little would be left
    ],
)
def test_what_only_names_the_report_is_not_searched_for(
    text: str, names: set[str], left: str
) -> None:
    assert focus(read_question(text), frozenset(names)) == left


def test_each_report_of_a_comparison_speaks_for_itself(three: Snapshot, embedder: Embedder) -> None:
    answer = Asker(three, embedder, settings=ALWAYS).ask(
        "Compare the boats in use in Skerries with Fenmarsh in 2025"
    )
    assert answer.status == "answered"
    assert {citation.report for citation in answer.citations} == {"skerries-2024", "fenmarsh-2025"}
    assert "Skerries: The harbour of Skerries has nine boats in use [" in answer.text
    assert "Fenmarsh: The harbour of Fenmarsh has six boats in use [" in answer.text
    assert all(sentence.text.endswith("].") for sentence in answer.sentences)
    assert len(answer.text.split()) <= 120


def test_two_places_named_are_both_asked_in_whatever_words(
    three: Snapshot, embedder: Embedder
) -> None:
    answer = Asker(three, embedder, settings=ALWAYS).ask(
        "How many boats are in use at Skerries and Fenmarsh in 2025?"
    )
    assert {citation.report for citation in answer.citations} == {"skerries-2024", "fenmarsh-2025"}


def test_what_changed_is_asked_of_every_inspection_of_the_place(
    three: Snapshot, embedder: Embedder
) -> None:
    answer = Asker(three, embedder, settings=ALWAYS).ask(
        "How has the number of boats in use at Fenmarsh changed since 2023?"
    )
    assert {citation.report for citation in answer.citations} == {"fenmarsh-2023", "fenmarsh-2025"}
    assert answer.text.index("Earlier inspection: ") < answer.text.index("Later inspection: ")


def test_a_report_that_was_not_chosen_is_named_in_the_no(
    three: Snapshot, embedder: Embedder
) -> None:
    answer = Asker(three, embedder, settings=ALWAYS).ask(
        "How many boats are in use in Skerries?", reports=["fenmarsh-2023"]
    )
    assert (answer.status, answer.citations) == ("no_answer", ())
    assert "“Inspection of boats in Skerries” (skerries-2024)" in answer.text
    assert answer.hits


def test_a_year_that_no_report_mentions_is_not_answered(
    three: Snapshot, embedder: Embedder
) -> None:
    asker = Asker(three, embedder, settings=SOMETIMES)
    asked = "How many boats were in use in Skerries in "
    assert asker.ask(f"{asked}1950?").status == "no_answer"
    assert asker.ask(f"{asked}2024?").status == "answered"


def test_a_sentence_longer_than_an_answer_is_cut_and_not_lost(
    tmp_path: Path, index: Path, embedder: Embedder, tiny_pdf: MakePdf
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    lines = ["# 1. Boats", *["and the boats of the harbour are blue and old"] * 13, "in all."]
    tiny_pdf(folder / "long.pdf", [lines])
    build(folder, index, embedder=embedder)
    answer = Asker(open_snapshot(index), embedder, settings=ALWAYS).ask("what are the boats like")
    assert answer.status == "answered"
    assert len(answer.text.split()) == 120
    assert answer.text.endswith(" … [1].")


# Ratings


def test_the_words_on_the_whole_answer_where_no_row_of_the_table_does() -> None:
    rows = rated_rows([row_of("", ["1. Lamps", "Good"]), row_of("", ["2. Oil", "Inadequate"])])
    said = Evidence(row_of("", ["Services in Torbay are inadequate"]), 0, 33, 1.0)
    for question in ("What is the overall rating?", "what was it rated overall"):
        assert rating_evidence(read_question(question), rows, overall=[said]) == (said,)
    named = rating_evidence(read_question("how is Oil rated?"), rows, overall=[said])
    assert [e.text for e in named] == ["2. Oil Inadequate"]


def test_a_score_out_of_a_total_is_answered_from_its_row_alone() -> None:
    table = [row_of("", ["Score", "4/21"]), row_of("", ["Overall rating", "Inadequate"])]
    rows, scores = rated_rows(table), score_rows(table)
    assert [p.text for p in scores] == ["Score 4/21"]
    asked = read_question("What was the overall score out of 21?")
    assert [e.text for e in rating_evidence(asked, rows, scores)] == ["Score 4/21"]
    assert rating_evidence(asked, rows) == ()


def test_a_grade_may_be_asked_for_or_against() -> None:
    rows = rated_rows([row_of("", ["1. Lamps", "Good"]), row_of("", ["2. Oil", "Inadequate"])])

    def told(question: str) -> list[str]:
        return [e.text for e in rating_evidence(read_question(question), rows)]

    assert told("Which standards were rated Inadequate?") == ["2. Oil Inadequate"]
    assert told("Which standards were not rated Inadequate?") == ["1. Lamps Good"]
    assert told("which standards weren't inadequate") == ["1. Lamps Good"]


def test_a_unit_without_the_grade_is_no_part_of_the_answer() -> None:
    rows = rated_rows([row_of("", ["Overall rating", "Inadequate"])])
    said = Evidence(row_of("", ["The unit is inadequate"]), 0, 22, 1.0)
    good = read_question("Which units were rated Good?")
    bad = read_question("Which units were rated Inadequate?")
    assert rating_evidence(good, rows, overall=[said]) == ()
    assert [e.text for e in rating_evidence(bad, rows, overall=[said])] == [
        "Overall rating Inadequate"
    ]


@pytest.mark.parametrize(
    ("question", "foreign"),
    [
        ("What rating did HMIP give the boats?", False),
        ("What was the overall rating for Fenmarshe?", False),  # misspelt
        ("What was the overall rating for Fenmar?", False),  # cut short
        ("What was the overall rating of Suffolk?", True),
        ("How many boats are in Suffolk?", False),  # left to the confidence
        ("How many boats were there in 1987?", True),
    ],
)
def test_a_rating_of_a_place_that_no_report_mentions_is_foreign(
    three: Snapshot, embedder: Embedder, question: str, foreign: bool
) -> None:
    asker = Asker(three, embedder, settings=ALWAYS)
    assert asker._is_foreign(read_question(question), ()) is foreign


# What else may be meant


def test_the_latest_inspection_is_meant_where_a_question_asks_how_it_is_now(
    three: Snapshot, embedder: Embedder
) -> None:
    asker = Asker(three, embedder, settings=ALWAYS)
    now = asker.ask("How many boats are currently in use at Fenmarsh?")
    assert {citation.report for citation in now.citations} == {"fenmarsh-2025"}
    dated = asker.ask("How many boats are currently in use at Fenmarsh, in 2023?")
    assert {citation.report for citation in dated.citations} == {"fenmarsh-2023"}


def test_other_reports_that_may_be_meant_are_named(three: Snapshot, embedder: Embedder) -> None:
    asker = Asker(three, embedder, settings=ALWAYS)
    answer = asker.ask("How many boats in use?")
    cited = {citation.report for citation in answer.citations}
    assert cited | set(answer.also) == {report.id for report in three.reports}
    assert answer.also
    assert cited.isdisjoint(answer.also)
    assert answer_json(answer)["also"] == list(answer.also)
    named = asker.ask("How many boats in use in Skerries?")
    assert named.also == ()
    assert "also" not in answer_json(named)


def test_a_no_says_between_which_reports_to_choose(three: Snapshot, embedder: Embedder) -> None:
    answer = Asker(three, embedder, settings=ALWAYS).ask("How many boats in use?", threshold=1.01)
    assert answer.status == "no_answer"
    assert (
        "It could be about “Inspection of boats in Fenmarsh, June 2023” (fenmarsh-2023)"
        in answer.text
    )
    assert " or “Inspection of boats in" in answer.text


def test_a_no_names_another_report_that_may_have_it(three: Snapshot, embedder: Embedder) -> None:
    asker = Asker(three, embedder, settings=ALWAYS)
    asked = "How many boats are in use?"
    sure = asker.ask(asked, reports=["fenmarsh-2023"]).confidence
    others = asker.ask(asked, reports=["fenmarsh-2025", "skerries-2024"]).confidence
    low, high = sorted((sure, others))
    assert low < high, "the fixture's reports must differ for this test to mean anything"
    weaker = ["fenmarsh-2023"] if sure == low else ["fenmarsh-2025", "skerries-2024"]
    answer = asker.ask(asked, reports=weaker, threshold=(low + high) / 2)
    assert answer.status == "no_answer"
    assert "which was not chosen, may have it: “Inspection of boats in" in answer.text
    alone = asker.ask(asked, reports=weaker, threshold=1.01)
    assert "may have it" not in alone.text


def test_the_threshold_of_a_question_goes_before_that_of_the_settings(
    three: Snapshot, embedder: Embedder
) -> None:
    never = Asker(three, embedder, settings=AnswerSettings(threshold=1.01))
    asked = "How many boats are in use in Skerries?"
    assert never.ask(asked).status == "no_answer"
    assert never.ask(asked, threshold=0.0).status == "answered"
