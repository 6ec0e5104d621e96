"""Answers: what each promises of its sentences, quotes and places, and the form they leave in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.build import build
from indexer.embedding import Embedder, QueryVectors
from indexer.errors import ModelMismatch, UnknownReport
from indexer.records import PageText, Passage, Report, TextWord
from indexer.snapshot import Snapshot, open_snapshot
from indexer.text import fold
from qa.answer import NO_ANSWER, Asker, _hits, _spread, answer_json, refused_json
from qa.choice import AnswerSettings, choose
from qa.errors import BadQuestion
from qa.question import read_question
from qa.records import Answer, Evidence, Hit
from qa.search import Candidate, Found
from qa.wording import sentence_text

MakePdf = Callable[..., Path]

ALWAYS = AnswerSettings(threshold=0.0)
NEVER = AnswerSettings(threshold=2.0)

QUESTIONS = [
    "How many keepers does the lighthouse have?",
    "two keepers left in may",
    "How much oil was held at the end of the winter, and how many boats?",
    "why does a boat need a new mast",
    "1234567",
    "why is it so",
    "xylophone",
    "'; DROP TABLE passages; -- <script>alert(1)</script> [1] {oil}",
    "oil " * 200,
]


@pytest.fixture
def snapshot(
    library: Path, index: Path, embedder: Embedder, build_once: Callable[..., object]
) -> Snapshot:
    build_once(library, index, embedder=embedder)
    return open_snapshot(index)


@pytest.fixture
def asker(snapshot: Snapshot, embedder: Embedder) -> Asker:
    """One that always answers: when to decline is a matter of the real model."""
    return Asker(snapshot, embedder, settings=ALWAYS)


def passage_of(
    report: str, ordinal: int, text: str, *, units: Sequence[tuple[int, int]] = (),
    cells: Sequence[str] = (), header: Sequence[str] = (), context: str = "", page: int = 1,
) -> Passage:  # fmt: skip
    """Return a passage with a box for each word; ``cells`` make it a row."""
    spans, at = [], 0
    for cell in cells:
        spans.append((at, at + len(cell)))
        at += len(cell) + 1
    words = tuple(
        TextWord(m.start(), m.end(), page, (5.0 * m.start(), 700, 5.0 * m.end(), 710))
        for m in re.finditer(r"\S+", text)
    )
    return Passage(
        report, ordinal, "row" if cells else "text", ("Ratings",), text,
        tuple(units) or ((0, len(text)),), words,
        context=context, cells=tuple(spans), header=tuple(header),
    )  # fmt: skip


def row_of(report: str, ordinal: int, *cells: str, context: str = "Ratings") -> Passage:
    return passage_of(report, ordinal, " ".join(cells), cells=cells, context=context)


def asker_of(
    folder: Path, tiny_pdf: MakePdf, embedder: Embedder, passages: Sequence[Passage],
    pages: Sequence[str], title: str = "",
) -> Asker:  # fmt: skip
    """Return what answers from one report made up, under the id of its passages."""
    library = folder / "made-up"
    library.mkdir()
    name = passages[0].report
    tiny_pdf(library / f"{name}.pdf", [["x"]])
    texts = tuple(PageText(n, f"p{n}", 595, 842, text) for n, text in enumerate(pages, 1))
    content = Report(name, title, texts, tuple(passages))
    build(library, folder / "made-up-index", read=lambda _: content, embedder=embedder)
    return Asker(open_snapshot(folder / "made-up-index"), embedder, settings=ALWAYS)


# Promises


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_keeps_its_promises(asker: Asker, snapshot: Snapshot, question: str) -> None:
    answer = asker.ask(question)
    assert answer.status == "answered"
    assert answer.question == " ".join(question.split())
    assert 0 <= answer.confidence <= 1
    check_promises(answer, snapshot)


def check_promises(answer: Answer, snapshot: Snapshot) -> None:
    """Assert what the contract says of every answer that is one."""
    assert 0 < len(answer.text.split()) <= 120
    assert answer.text == " ".join(sentence.text for sentence in answer.sentences)
    told: list[int] = []
    for sentence in answer.sentences:
        markers = "".join(f"[{n}]" for n in sentence.citations)
        assert markers
        assert sentence.text.endswith(f" {markers}.")
        told += sentence.citations
    assert told == [c.n for c in answer.citations] == list(range(1, len(told) + 1))
    for citation in answer.citations:
        page = snapshot.page_text(citation.report, citation.page)
        assert fold(citation.quote)
        assert fold(citation.quote) in fold(page.text)
        assert citation.page_label == page.label
        assert citation.rects
        for x0, y0, x1, y1 in citation.rects:
            assert 0 <= x0 < x1 <= page.width
            assert 0 <= y0 < y1 <= page.height
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    places = [(hit.passage.report, hit.passage.ordinal) for hit in answer.hits]
    assert len(set(places)) == len(places)


def test_an_answer_says_where_its_words_stand(asker: Asker) -> None:
    answer = asker.ask("two keepers left in May")
    assert answer.text == "Two keepers left in May [1]."
    (citation,) = answer.citations
    assert (citation.report, citation.page, citation.section) == ("lights", 1, ("1. Keepers",))
    assert citation.quote == "Two keepers left in May."
    assert len(citation.rects) == 1
    x0, y0, x1, y1 = citation.rects[0]
    # The third line: 18 points under each other from 770, 11 points high, 72 from the left.
    assert (x0, y0 < 770 - 2 * 18 < y1, y1 - y0 < 18) == (72, True, True)
    assert 180 < x1 < 200


def test_the_same_question_has_the_same_answer(asker: Asker) -> None:
    first, second = (answer_json(asker.ask("how many boats")) for _ in range(2))
    del first["timings_ms"], second["timings_ms"]
    assert first == second


def test_an_answer_has_at_most_120_words(
    tmp_path: Path, tiny_pdf: MakePdf, embedder: Embedder
) -> None:
    sentence = "The keepers of the light told us that oil ran short in each of the long winters of "
    lines = [f"{sentence}{year} and was dear." for year in range(1801, 1841)]
    passages = []
    for n in range(0, 40, 5):
        text = " ".join(lines[n : n + 5])
        starts = [text.index(line) for line in lines[n : n + 5]]
        units = [(at, at + len(line)) for at, line in zip(starts, lines[n : n + 5], strict=True)]
        passages.append(passage_of("lights", n // 5, text, units=units))
    settings = AnswerSettings(
        threshold=0.0, max_sentences=99, same_passage_share=0.0, same_page_share=0.0,
        other_page_share=0.0,
    )  # fmt: skip
    made = asker_of(tmp_path, tiny_pdf, embedder, passages, [" ".join(lines)])
    asker = Asker(made.snapshot, embedder, settings=settings)
    answer = asker.ask("in which winters did the oil run short")
    assert 60 < len(answer.text.split()) <= 120
    # Boxes of made-up words run off the page; all else must hold.
    assert all(s.text.endswith(f"[{s.citations[-1]}].") for s in answer.sentences)
    assert len({s.text for s in answer.sentences}) == len(answer.sentences) >= 3


def test_words_that_are_not_on_the_page_are_never_shown(
    tmp_path: Path, tiny_pdf: MakePdf, embedder: Embedder
) -> None:
    passages = [passage_of("lights", 0, "The oil is clean."), passage_of("lights", 1, "No oil.")]
    asker = asker_of(tmp_path, tiny_pdf, embedder, passages, ["The oil is dirty. No oil."])
    answer = asker.ask("is the oil clean")
    assert "clean" not in answer.text
    assert all(citation.quote == "No oil." for citation in answer.citations)
    asker = asker_of(tmp_path / "made-up", tiny_pdf, embedder, passages, ["Nothing at all"])
    answer = asker.ask("is the oil clean")
    assert (answer.status, answer.citations, answer.sentences) == ("no_answer", (), ())


# Limits of a question


def test_the_reports_named_are_asked_and_no_other(asker: Asker) -> None:
    for report in ("harbour", "lights"):
        answer = asker.ask("how many keepers and boats", reports=[report])
        assert {c.report for c in answer.citations} <= {report}
        assert {hit.passage.report for hit in answer.hits} == {report}


@pytest.mark.parametrize(("top", "hits"), [(1, 1), (2, 2), (10, 3)])
def test_top_limits_the_passages_that_are_listed(asker: Asker, top: int, hits: int) -> None:
    answer = asker.ask("keepers and masts", top=top)
    assert len(answer.hits) == hits
    assert answer.hits[0].passage == asker.ask("keepers and masts").hits[0].passage


def test_an_unknown_report_is_said_with_those_there_are(asker: Asker) -> None:
    with pytest.raises(UnknownReport) as error:
        asker.ask("how many boats", reports=["lights", "nowhere"])
    assert str(error.value) == (
        "There is no report 'nowhere' in the index. It has 'harbour', 'lights'."
    )


@pytest.mark.parametrize("question", ["", "?!", "почему", "x" * 5_000])
def test_a_question_that_cannot_be_asked_is_an_error(asker: Asker, question: str) -> None:
    with pytest.raises(BadQuestion):
        asker.ask(question)


def test_an_index_of_another_model_is_not_asked(
    snapshot: Snapshot, twin_embedder: Embedder
) -> None:
    with pytest.raises(ModelMismatch) as error:
        Asker(snapshot, twin_embedder)
    said = str(error.value)
    assert "hash@0" in said
    assert twin_embedder.identity in said
    assert said.endswith("build the index again.")


def test_only_the_rows_allowed_are_used_and_a_hidden_one_is_told(
    rated: Asker, embedder: Embedder
) -> None:
    # Row 1 rates staffing: without it neither the table nor a list may answer with it.
    answer = rated.ask("what was staffing rated?", within=np.array([0, 2]))
    assert {hit.passage.ordinal for hit in answer.hits} == {0, 2}
    assert [c.quote for c in answer.citations] != ["P 1.2 Staffing Inadequate"]
    picky = Asker(rated.snapshot, embedder, settings=ALWAYS)
    declined = picky.ask("overall rating", within=np.zeros(0, np.int64))
    assert (declined.status, declined.hits) == ("no_answer", ())
    assert declined.text == (
        "The reports do not say. A passage that the filters leave out may have it, in "
        "“lights-2024” (lights-2024)."
    )


def test_a_row_outside_the_reports_asked_is_another_reports(asker: Asker) -> None:
    answer = asker.ask("is a new mast needed", reports=["lights"], within=np.zeros(0, np.int64))
    assert answer.text.startswith("The reports do not say. Another report in the library")
    assert "(harbour)" in answer.text


def test_the_nearest_passages_are_told_once_before_the_answer(asker: Asker) -> None:
    heard: list[tuple[Hit, ...]] = []
    answer = asker.ask("keepers and oil", top=2, on_found=heard.append)
    (near,) = heard
    assert [hit.rank for hit in near] == [1, 2]
    assert {hit.score for hit in near} == {0.0}
    first = asker.ask("keepers and oil", top=3, on_found=heard.append)
    assert {h.passage for h in near} <= {h.passage for h in first.hits}
    assert answer.status == "answered"


def test_a_comparison_tells_the_nearest_of_each_report_in_turn(asker: Asker) -> None:
    heard: list[tuple[Hit, ...]] = []
    asker.ask("compare the lights and the harbour", on_found=heard.append)
    assert {hit.passage.report for hit in heard[0][:2]} == {"lights", "harbour"}


# No answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_confidence_nothing_is_cited_and_the_nearest_passages_are_kept(
    snapshot: Snapshot, embedder: Embedder, question: str
) -> None:
    answer = Asker(snapshot, embedder, settings=NEVER).ask(question)
    assert answer.status == "no_answer"
    assert answer.text.startswith(NO_ANSWER)
    assert (answer.sentences, answer.citations) == ((), ())
    assert len(answer.hits) > 0
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))


def test_an_empty_index_says_that_nothing_is_near(
    tmp_path: Path, index: Path, embedder: Embedder
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    build(empty, index, embedder=embedder)
    answer = Asker(open_snapshot(index), embedder, settings=ALWAYS).ask("how many boats")
    assert (answer.status, answer.hits) == ("no_answer", ())
    assert answer.text == "The reports do not say. No passage is near the question."
    assert answer.confidence == 0


# Ratings

TABLE = [
    row_of("lights-2024", 0, "Overall rating", "Good"),
    row_of("lights-2024", 1, "P 1.2", "Staffing", "Inadequate", context="Ratings › 1. People"),
    passage_of("lights-2024", 2, "Staffing was rated Inadequate as two keepers left."),
]
RATINGS_PAGE = "Ratings 11 March 2024 Overall rating Good P 1.2 Staffing Inadequate"
TEXT_PAGE = "Staffing was rated Inadequate as two keepers left."


def test_passages_are_spread_over_pages() -> None:
    first, second, third = (passage_of("a", n, "word", page=1) for n in range(3))
    other = passage_of("a", 3, "word", page=2)
    worth = [(second, 0.8), (other, 0.3), (first, 0.9), (third, 0.1)]
    hits = _spread(worth, 10)
    assert [hit.passage for hit in hits] == [first, other, second, third]
    assert [hit.score for hit in hits] == pytest.approx([0.9, 0.3, 0.8 / 4, 0.1 / 16])
    assert _spread(worth, 2) == hits[:2]
    assert len(worth) == 4


def test_of_two_passages_as_good_the_one_whose_page_has_the_question_comes_first() -> None:
    nothing = np.zeros((1, 1), np.float32)
    on_one, on_two, unread = (passage_of("a", n, "word", page=n + 1) for n in range(3))
    candidates = tuple(
        Candidate(n, passage, 0.5, 0.5, 0.5, page, nothing, nothing, np.zeros(1, np.int16))
        for n, (passage, page) in enumerate([(on_one, 0.0), (on_two, 1.0), (unread, 1.0)])
    )
    found = Found(QueryVectors(nothing[0], nothing, ("",)), candidates, {})
    evidence = [Evidence(on_one, 0, 4, 0.5), Evidence(on_two, 0, 4, 0.5)]
    hits = _hits((), evidence, [found], 10)
    assert [hit.passage for hit in hits] == [on_two, on_one, unread]
    # Even odds raised by 2 are e² to 1.
    assert [hit.score for hit in hits] == pytest.approx([0.8808, 0.5, 0.0], abs=1e-4)
    direct = [Evidence(unread, 0, 4, 0.1)]
    assert [hit.passage for hit in _hits(direct, evidence, [found], 2)] == [unread, on_two]


@pytest.fixture
def rated(tmp_path: Path, tiny_pdf: MakePdf, embedder: Embedder) -> Asker:
    return asker_of(tmp_path, tiny_pdf, embedder, TABLE, [f"{RATINGS_PAGE} {TEXT_PAGE}"])


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("what was staffing rated?", "Ratings › P 1.2 Staffing: Inadequate [1].",
         "P 1.2 Staffing Inadequate"),
        ("overall rating", "Ratings › Overall rating: Good [1].", "Overall rating Good"),
        ("overall rating in 2024", "Ratings › Overall rating: Good [1].", "Overall rating Good"),
    ],
)  # fmt: skip
def test_a_rating_is_answered_from_its_row_alone(
    rated: Asker, question: str, text: str, quote: str
) -> None:
    answer = rated.ask(question)
    assert (answer.text, [c.quote for c in answer.citations]) == (text, [quote])
    assert answer.confidence >= 0.9
    assert answer.hits[0].passage.kind == "row"


def test_a_reason_is_answered_from_the_text(rated: Asker) -> None:
    answer = rated.ask("why was staffing rated Inadequate?")
    assert answer.text == "Staffing was rated Inadequate as two keepers left [1]."


def test_a_rating_of_another_year_is_not_answered_by_this_table(
    rated: Asker, embedder: Embedder
) -> None:
    answer = Asker(rated.snapshot, embedder).ask("overall rating in 2022")
    assert (answer.status, answer.citations) == ("no_answer", ())


# Choosing, by hand

BEST = passage_of("r", 0, "One. Two. Three.", units=[(0, 4), (5, 9), (10, 16)])
SAME_PAGE = passage_of("r", 1, "Four is here.")
OTHER_PAGE = passage_of("r", 2, "Five is there.", page=2)
SHARES = AnswerSettings(same_passage_share=0.1, same_page_share=0.5, other_page_share=0.8)


def evidence(passage: Passage, unit: int, score: float) -> Evidence:
    return Evidence(passage, *passage.units[unit], score)


@pytest.mark.parametrize(
    ("scored", "told"),
    [
        ([(BEST, 1, 1.0)], ["Two."]),
        # A unit of the best passage joins on a small share, and is told in its place.
        ([(BEST, 1, 1.0), (BEST, 0, 0.1)], ["One.", "Two."]),
        ([(BEST, 1, 1.0), (BEST, 0, 0.09)], ["Two."]),
        # One of the same page needs more, one of another page more still.
        ([(BEST, 1, 1.0), (SAME_PAGE, 0, 0.5)], ["Two.", "Four is here."]),
        ([(BEST, 1, 1.0), (SAME_PAGE, 0, 0.49)], ["Two."]),
        ([(BEST, 1, 1.0), (OTHER_PAGE, 0, 0.8)], ["Two.", "Five is there."]),
        ([(BEST, 1, 1.0), (OTHER_PAGE, 0, 0.79), (BEST, 2, 0.3)], ["Two.", "Three."]),
        # The best passage is told first, though another one comes between its units.
        (
            [(BEST, 2, 1.0), (SAME_PAGE, 0, 0.9), (BEST, 0, 0.8)],
            ["One.", "Three.", "Four is here."],
        ),
        # The same words are told once.
        ([(BEST, 1, 1.0), (passage_of("r", 3, " two. "), 0, 1.0)], ["Two."]),
        ([], []),
    ],
)
def test_units_join_the_best_one_by_how_near_its_place_they_are(
    scored: list[tuple[Passage, int, float]], told: list[str]
) -> None:
    chosen = choose(read_question("what"), [evidence(*one) for one in scored], SHARES)
    assert [unit.text for unit in chosen] == told


def test_rows_give_no_reasons() -> None:
    row = Evidence(TABLE[0], 0, 19, 1.0)
    text = evidence(BEST, 0, 0.5)
    assert choose(read_question("what"), [row]) == (row,)
    assert choose(read_question("why"), [row, text]) == (text,)
    assert choose(read_question("why"), [row]) == ()


def test_no_more_units_than_the_limits_are_chosen() -> None:
    all_three = [evidence(BEST, n, 1.0) for n in range(3)]
    two = AnswerSettings(max_sentences=2)
    assert len(choose(read_question("what"), all_three, two)) == 2
    five_words = AnswerSettings(max_words=5)  # each unit and its marker are two words
    assert len(choose(read_question("what"), all_three, five_words)) == 2


# Wording


@pytest.mark.parametrize(
    ("passage", "text"),
    [
        (passage_of("r", 0, "The oil  is\nclean."), "The oil is clean"),
        (passage_of("r", 0, "7. train all the keepers;"), "train all the keepers"),
        (passage_of("r", 0, "(iv) train them"), "train them"),
        (passage_of("r", 0, "2.5 litres were held."), "2.5 litres were held"),
        (row_of("r", 0, "P 1.2", "Staffing", "Good"), "Ratings › P 1.2 Staffing: Good"),
        (row_of("r", 0, "Is it held?", "16%", context="P 2.1 Oil"), "Oil › Is it held: 16%"),
        (row_of("r", 0, "Good", context=""), "Good"),
        (
            passage_of("r", 0, "Train Some Yes", cells=["Train", "Some", "Yes"],
                       header=["What", "Progress", "Still required?"], context="Before"),
            "Before › What: Train; Progress: Some; Still required: Yes",
        ),
    ],
)  # fmt: skip
def test_evidence_is_worded_as_a_sentence_without_its_full_stop(
    passage: Passage, text: str
) -> None:
    assert sentence_text(Evidence(passage, 0, len(passage.text), 1.0)) == text


# The contract's JSON


def test_an_answer_as_json_key_by_key(asker: Asker) -> None:
    data = json.loads(json.dumps(answer_json(asker.ask("two keepers left in May"), id="q1")))
    assert list(data) == [
        "id", "question", "status", "answer", "confidence", "citations", "passages", "timings_ms",
    ]  # fmt: skip
    assert (data["id"], data["question"]) == ("q1", "two keepers left in May")
    assert (data["status"], data["answer"]) == ("answered", "Two keepers left in May [1].")
    assert data["confidence"] == round(data["confidence"], 4)
    (citation,) = data["citations"]
    rects = citation.pop("rects")
    assert citation == {
        "n": 1, "report": "lights", "page": 1, "page_label": "", "section": ["1. Keepers"],
        "quote": "Two keepers left in May.",
    }  # fmt: skip
    assert [len(rect) for rect in rects] == [4]
    first = data["passages"][0]
    assert 0 <= first.pop("score") <= 1
    assert first == {
        "rank": 1, "report": "lights", "pages": [1], "section": ["1. Keepers"],
        "text": "The lighthouse has four keepers and one vacancy. Two keepers left in May.",
    }  # fmt: skip
    assert [passage["rank"] for passage in data["passages"]] == [1, 2, 3]
    timings = data["timings_ms"]
    assert list(timings) == ["embed", "search", "rerank", "answer", "total"]
    assert sum(timings.values()) - timings["total"] == pytest.approx(timings["total"], abs=0.5)


def test_no_answer_as_json(snapshot: Snapshot, embedder: Embedder) -> None:
    data = answer_json(Asker(snapshot, embedder, settings=NEVER).ask("how many masts"))
    assert "id" not in data
    assert (data["status"], data["citations"]) == ("no_answer", [])
    assert data["answer"].startswith("The reports do not say.")
    assert len(data["passages"]) == 3


def test_a_refused_question_as_json() -> None:
    data = refused_json("?", "It has no word in it.", id="q7")
    assert data == {
        "id": "q7", "question": "?", "status": "no_answer", "answer": "It has no word in it.",
        "confidence": 0.0, "citations": [], "passages": [], "timings_ms": {},
        "error": "It has no word in it.",
    }  # fmt: skip


def test_a_row_is_listed_with_the_name_of_its_table(rated: Asker) -> None:
    data = answer_json(rated.ask("what was staffing rated?"))
    assert data["passages"][0]["text"] == "Ratings › 1. People › P 1.2 Staffing: Inadequate"
