"""Every figure of the evaluation against values worked out by hand."""

from __future__ import annotations

import argparse
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from qa import evaluate as ev
from qa.errors import BadGoldFile, QaError
from qa.evaluate_html import to_html

FOOTER = "Inspection of lighthouses 2031 page"
PAGES = {
    "north": [
        f"Keepers\nThe lamp was lit on 38 out of 40 nights,\nwhich pleased the crew. {FOOTER} 1",
        f"Stores held 20,1842 litres of oil. The boat is kept in the eastern\n"
        f"1 Rounded down. {FOOTER} 2",
        f"Previous Action taken\nharbour all winter. Repairs cost six out of 147 pounds. "
        f"{FOOTER} 3",
        f"The oil was clean. Well-\nkept tanks \u2018shone\u2019. The lamp was lit on 38 out of 40 "
        f"nights, which pleased the crew. {FOOTER} 4",
    ],
    "south": [
        f"The oil was clean. {FOOTER} 1",
        f"A keeper left in May. Stores held 900 litres of oil. {FOOTER} 2",
    ],
}
LAMP = "The lamp was lit on 38 out of 40 nights, which pleased the crew."
OIL = "Stores held 20,184 litres of oil."
BOAT = "The boat is kept in the eastern harbour all winter."


def finder() -> ev.PageFinder:
    return ev.PageFinder(PAGES)


def gold(
    *evidence: str | tuple[str, str],
    needs_all: bool = True,
    facts: tuple[tuple[str, ...], ...] | None = (("38",),),
    type: str = "fact_number",
    reports: tuple[str, ...] = (),
    id: str = "q1",
) -> ev.Gold:
    texts = [one if isinstance(one, tuple) else (one, "") for one in evidence]
    return ev.Gold(
        id=id,
        question=f"question {id}?",
        type=type,
        evidence=tuple(ev.GoldEvidence(text, report) for text, report in texts),
        needs_all=needs_all,
        facts=facts,
        reports=reports,
    )


def citation(n: int, report: str, page: int, quote: str) -> dict[str, Any]:
    return {"n": n, "report": report, "page": page, "quote": quote, "section": [], "rects": []}


def passage(report: str, pages: list[int], text: str) -> dict[str, Any]:
    return {"report": report, "pages": pages, "text": text, "section": [], "score": 1.0}


def answer(
    text: str = "It was lit on 38 out of 40 nights. [1]",
    *,
    citations: list[dict[str, Any]] | None = None,
    passages: list[dict[str, Any]] | None = None,
    status: str = "answered",
    confidence: float = 0.9,
    ms: float | None = 10.0,
    id: str = "q1",
) -> dict[str, Any]:
    return {
        "id": id,
        "question": "?",
        "status": status,
        "answer": text,
        "confidence": confidence,
        "citations": [citation(1, "north", 1, LAMP)] if citations is None else citations,
        "passages": [passage("north", [1], LAMP)] if passages is None else passages,
        "timings_ms": {} if ms is None else {"total": ms},
    }


# ---- evidence on pages ----


def test_evidence_on_two_pages_lies_on_both_and_in_each_report_that_has_it() -> None:
    assert finder().locate(LAMP, ["north"]) == {("north", 1), ("north", 4)}
    assert finder().locate("The oil was clean.", ["north", "south"]) == {
        ("north", 4),
        ("south", 1),
    }
    assert finder().locate("The oil was clean.", ["south"]) == {("south", 1)}


@pytest.mark.parametrize(
    ("evidence", "page"),
    [
        (OIL, 2),  # the page has 20,1842: 2 is a footnote mark
        ("Repairs cost six out of 14 pounds.", 3),  # 147: 7 is a mark
        ("the LAMP was “lit” on 38 – out of 40", 1),  # case, quotes, dashes and spaces are folded
        ("Well-kept tanks 'shone'", 4),  # hyphen at the end of a line
    ],
)
def test_marks_and_typography_do_not_hide_evidence(evidence: str, page: int) -> None:
    assert ("north", page) in finder().locate(evidence, ["north"])


@pytest.mark.parametrize(
    "evidence", ["Stores held 20,185 litres of oil.", "Repairs cost six out of 14 dollars.", "Oslo"]
)
def test_what_no_page_says_is_not_found(evidence: str) -> None:
    assert finder().locate(evidence, ["north", "south"]) == frozenset()


def test_a_figure_may_not_lose_digits_in_its_middle() -> None:
    # Only a mark behind a word may be skipped: 20,184 is not 20,84.
    assert finder().locate("Stores held 20,84 litres of oil.", ["north"]) == frozenset()


def test_evidence_over_a_page_break_lies_on_both_pages() -> None:
    assert finder().locate(BOAT, ["north"]) == {("north", 2), ("north", 3)}


def test_the_two_parts_of_a_break_must_stand_near_it() -> None:
    for between, found in [(ev.MAX_BREAK_GAP, 2), (ev.MAX_BREAK_GAP + 1, 0)]:
        pages = {"r": ["The boat is kept in the eastern " + "x " * between, "harbour all winter."]}
        assert len(ev.PageFinder(pages).locate(BOAT, ["r"])) == found


# ---- quotes ----


@pytest.mark.parametrize(
    ("quote", "page", "holds"),
    [
        ("The lamp was lit on 38 out of 40 nights, which pleased the crew.", 1, True),
        ("tanks 'shone'", 4, True),
        ("Well-kept tanks", 4, True),
        ("The lamp was lit on 38 out of 40 nights, which pleased the crew.", 2, False),
        ("the lamp was lit", 1, False),  # another case
        ("The lamp was lit on 38 out of 40 nights which pleased", 1, False),  # a comma less
        ("six out of 14 pounds", 3, False),  # the page has 147
        (BOAT, 2, True),  # runs from page 2 onto page 3
        (BOAT, 3, False),  # begins on page 2
        ("The oil was clean. Well-kept tanks", 3, False),  # wholly on page 4
        (LAMP, 5, False),  # there is no page 5
        (LAMP, 0, False),
        ("", 1, False),
    ],
)
def test_quotes_are_held_against_the_page_they_name(quote: str, page: int, holds: bool) -> None:
    assert finder().holds(quote, "north", page) is holds


def test_a_quote_that_stands_whole_on_the_next_page_is_on_the_wrong_page() -> None:
    found = ev.PageFinder({"r": ["Then came the end. The", "The oil was clean."]})
    assert found.holds("The oil was clean.", "r", 2)
    assert not found.holds("The oil was clean.", "r", 1)


def test_a_quote_of_a_report_that_is_not_there_is_not_held() -> None:
    assert not finder().holds(LAMP, "east", 1)


# ---- facts ----


@pytest.mark.parametrize(
    ("text", "alternative", "found"),
    [
        ("lit on 38 out of 40 nights", "38 out of", True),
        ("lit on 38 out of 40 nights", "8 out of", False),
        ("lit on 38 out of 40 nights", "38 out of 4", False),
        ("149 staff", "149", True),
        ("1,490 staff", "149", False),
        ("149,000 staff", "149", False),
        ("3,149 staff", "149", False),
        ("149.5 staff", "149", False),
        ("2.149 staff", "149", False),
        ("It was 149.", "149", True),
        ("149, or more", "149", True),
        ("the 149th", "149", True),
        ("several vacancies", "vacanc", True),
        ("prevacancy", "vacanc", False),
        ("40% of posts", "40 per cent", True),
        ("40 percent of posts", "40%", True),
        ("40 per cent of posts", "40 percent", True),
        ("40 % of posts", "40%", True),
        ("140 per cent", "40%", False),
        ("a percentage of 40", "40 per cent", False),
        ("rated INADEQUATE", "Inadequate", True),
        ("Change, Grow, Live", "change, grow, live", True),
        ("It is the people\u2019s choice", "people's choice", True),
        ("a six\u2011year wait", "six-year", True),
        ("four [1] points", "four points", True),
        ("staff [149] left", "149", False),
        ("14\u2077 cases", "14", True),
        ("costs £5 now", "£5", True),
        ("costs £50 now", "£5", False),
        ("4/21", "4/21", True),
        ("a (b) c", "(b)", True),
        ("any", ".*", False),  # alternatives are plain text, not patterns
        ("anything", " ", False),
    ],
)
def test_facts_begin_at_a_word_and_do_not_end_inside_a_figure(
    text: str, alternative: str, found: bool
) -> None:
    assert ev.has_fact(text, [alternative]) is found


def test_any_alternative_will_do() -> None:
    assert ev.has_fact("half of them", ["50 per cent", "half"])
    assert not ev.has_fact("half of them", [])


def test_only_the_first_120_words_are_looked_at_and_markers_are_no_words() -> None:
    assert ev.has_fact("word [1] " * 119 + "Kent", ["kent"])
    assert not ev.has_fact("word [1] " * 120 + "Kent", ["kent"])
    assert len(ev.answer_words("One two. [1] [2] Three.[3]")) == 3


# ---- markers ----


@pytest.mark.parametrize(
    ("text", "unmarked"),
    [
        ("One thing. [1] Two things. [2]", []),
        ("One thing [1]. Two things [1][2].", []),
        ("One thing. Two things. [1]", ["One thing."]),
        ("One thing. [1] Two things.", ["Two things."]),
        ("One thing. [7]", ["One thing."]),  # there is no citation 7
        ("One thing [1] and two.", ["and two."]),
        ("First line\nSecond line. [1]", ["First line"]),
        ("P 1.2. Staffing was poor. [1]", []),
        ("See e.g. Kettering. [1]", []),
        ("It cost 3.5 pounds. [1]", []),
        ("That was in 2023. Then it fell. [1]", ["That was in 2023."]),
        ("7. Train all staff. [1]", []),
        ('They said "no way." Others agreed. [2]', ['They said "no way."']),
        ('"My [officer] is kind." [1]', []),
        ("", []),
    ],
)
def test_each_sentence_must_end_with_the_marker_of_a_citation(
    text: str, unmarked: list[str]
) -> None:
    assert ev.unmarked_sentences(text, [1, 2]) == unmarked


# ---- one question ----


def test_a_right_answer_has_full_marks_and_no_cause() -> None:
    one = ev.score(gold(LAMP), answer(), finder())
    assert one.causes == ()
    assert one.right_status
    assert one.full_credit == one.facts == one.citation_precision == one.citation_recall == 1.0
    assert one.page_hit == {1: 1.0, 3: 1.0, 5: 1.0, 10: 1.0}
    assert one.evidence_at == {1: 1.0, 3: 1.0, 5: 1.0, 10: 1.0}
    assert one.evidence_within == {100: 1.0, 250: 1.0, 500: 1.0}
    assert one.located == ((("north", 1), ("north", 4)),)
    assert one.total_ms == 10.0


def ranked() -> list[dict[str, Any]]:
    """Rank 1 is off, 2 has the oil, 3 a page of the lamp without its words, 4 the lamp."""
    return [
        passage("south", [1], "The oil was clean."),
        passage("north", [2], "Stores held 20,184 litres of oil."),
        passage("north", [3, 4], "harbour all winter."),
        passage("north", [1], LAMP),
    ]


def test_retrieval_when_all_strings_are_needed() -> None:
    one = ev.score(gold(LAMP, OIL), answer(passages=ranked()), finder(), ks=(1, 2, 3, 4))
    assert one.page_hit == {1: 0.0, 2: 1.0, 3: 1.0, 4: 1.0}
    assert one.pages_at == {1: 0.0, 2: 0.5, 3: 1.0, 4: 1.0}  # page 4 holds the lamp as well
    assert one.evidence_at == {1: 0.0, 2: 0.5, 3: 0.5, 4: 1.0}


def test_retrieval_when_any_string_is_enough() -> None:
    one = ev.score(
        gold(LAMP, OIL, needs_all=False), answer(passages=ranked()), finder(), ks=(1, 2, 4)
    )
    assert one.pages_at == {1: 0.0, 2: 1.0, 4: 1.0}
    assert one.evidence_at == {1: 0.0, 2: 1.0, 4: 1.0}


def test_evidence_within_words_counts_the_words_of_all_passages_in_rank_order() -> None:
    # 4 words, 6 words, 3 words, then the 14 words of LAMP: the oil ends at 10, the lamp at 27.
    one = ev.score(
        gold(LAMP, OIL), answer(passages=ranked()), finder(), first_words=(9, 10, 26, 27)
    )
    assert one.evidence_within == {9: 0.0, 10: 0.5, 26: 0.5, 27: 1.0}


def test_evidence_over_two_passages_that_follow_each_other_is_contained() -> None:
    passages = [passage("north", [2], "The boat is kept in the eastern"), ranked()[2]]
    one = ev.score(gold(BOAT), answer(passages=passages), finder(), ks=(1, 2))
    assert one.evidence_at == {1: 0.0, 2: 1.0}


def test_precision_counts_pages_and_recall_counts_strings() -> None:
    citations = [
        citation(1, "north", 1, LAMP),
        citation(2, "north", 1, "The lamp was lit"),  # the same page again
        citation(3, "north", 3, "harbour all winter."),  # wrong page
        citation(4, "south", 1, "The oil was clean."),  # wrong report
    ]
    one = ev.score(gold(LAMP, OIL), answer(citations=citations), finder())
    assert one.cited == (("north", 1), ("north", 3), ("south", 1))
    assert one.citation_precision == pytest.approx(1 / 3)
    assert one.citation_recall == 0.5
    assert one.full_credit == 1.0  # one correct page is enough


def test_recall_is_1_with_any_string_where_any_is_enough() -> None:
    one = ev.score(gold(LAMP, OIL, needs_all=False), answer(), finder())
    assert one.citation_recall == 1.0


def test_the_right_page_of_the_wrong_report_is_wrong() -> None:
    item = gold(("The oil was clean.", "north"), facts=(("clean",),))
    right = [citation(1, "north", 4, "The oil was clean.")]
    wrong = [citation(1, "south", 1, "The oil was clean.")]
    text = "The oil was clean. [1]"
    assert ev.score(item, answer(text, citations=right), finder()).full_credit == 1.0
    one = ev.score(item, answer(text, citations=wrong), finder())
    assert (one.full_credit, one.citation_precision, one.citation_recall) == (0.0, 0.0, 0.0)
    assert "no correct page cited" in one.causes


def test_without_a_named_report_the_filter_says_where_evidence_may_lie() -> None:
    item = gold("The oil was clean.", reports=("south",))
    assert ev.score(item, answer(), finder()).located == ((("south", 1),),)


def test_facts_are_a_share_and_a_missing_one_takes_full_credit_away() -> None:
    one = ev.score(gold(LAMP, facts=(("38", "thirty-eight"), ("crew",))), answer(), finder())
    assert one.facts == 0.5
    assert one.missing_facts == (("crew",),)
    assert one.full_credit == 0.0
    assert one.causes == ("fact missing: crew",)


def test_one_wrong_quote_takes_full_credit_away() -> None:
    citations = [citation(1, "north", 1, LAMP), citation(2, "north", 1, "The lamp was lit daily")]
    one = ev.score(gold(LAMP), answer(citations=citations), finder())
    assert one.full_credit == 0.0
    assert one.wrong_quotes == ("The lamp was lit daily",)
    assert one.causes == ("quote not verbatim on its page",)


@pytest.mark.parametrize(
    ("cited", "credit", "causes"),
    [
        (["north", "south"], 1.0, ()),
        (["north"], 0.0, ("not every report needed is cited",)),
    ],
)
def test_a_cross_report_answer_must_cite_each_report(
    cited: list[str], credit: float, causes: tuple[str, ...]
) -> None:
    pages = {"north": (2, "litres of oil."), "south": (2, "Stores held 900 litres of oil.")}
    item = gold(
        (OIL, "north"),
        ("Stores held 900 litres of oil.", "south"),
        type="cross_report",
        facts=(("20,184",), ("900",)),
    )
    citations = [citation(n, one, *pages[one]) for n, one in enumerate(cited, start=1)]
    text = "North holds 20,184 and south 900. [1]"
    one = ev.score(item, answer(text, citations=citations), finder())
    assert one.full_credit == credit
    assert one.causes[-1:] == causes


@pytest.mark.parametrize(
    ("quote", "quoted", "causes"),
    [
        (LAMP, 1.0, ()),
        ("The lamp was lit on 38 out of 40 nights", 1.0, ()),  # part of the evidence
        (f"Keepers {LAMP}", 1.0, ()),  # more than the evidence
        ("Keepers", 0.0, ("the right page is cited, but not the evidence on it",)),
        ("…", 0.0, ("the right page is cited, but not the evidence on it",)),
    ],
)
def test_where_neither_facts_nor_pages_are_known_the_evidence_itself_must_be_quoted(
    quote: str, quoted: float, causes: tuple[str, ...]
) -> None:
    item = gold((LAMP, "north"), facts=None)
    one = ev.score(item, answer(citations=[citation(1, "north", 1, quote)]), finder())
    assert (one.quoted, one.citation_recall, one.full_credit) == (quoted, 1.0, None)
    assert one.right == (quoted == 1.0)
    assert [cause for cause in one.causes if "verbatim" not in cause] == list(causes)


def test_evidence_is_quoted_from_its_own_report_and_any_string_may_do() -> None:
    both = gold(("The oil was clean.", "north"), (LAMP, "north"), facts=None, needs_all=False)
    south = [citation(1, "south", 1, "The oil was clean.")]
    assert ev.score(both, answer(citations=south), finder()).quoted == 0.0
    assert ev.score(both, answer(), finder()).quoted == 1.0
    assert ev.score(gold(LAMP), answer(), finder()).quoted is None  # facts say more
    assert ev.score(gold(type="unanswerable", facts=None), answer(), finder()).quoted is None


def test_abstaining_on_an_answerable_question_is_a_missing_answer() -> None:
    one = ev.score(
        gold(LAMP), answer("The reports do not say 38.", status="no_answer", citations=[]), finder()
    )
    assert not one.right_status
    assert (one.full_credit, one.facts, one.citation_recall) == (0.0, 0.0, 0.0)
    assert one.citation_precision is None
    assert one.page_hit[1] == 1.0  # the passages are still judged
    assert one.unmarked == ()
    assert "abstained" in one.causes


@pytest.mark.parametrize(
    "kind", ["unanswerable", "near_miss_unanswerable", "wrong_report_unanswerable"]
)
def test_an_unanswerable_question_is_right_when_declined(kind: str) -> None:
    item = gold(type=kind, facts=None)
    declined = ev.score(
        item, answer("They do not say.", status="no_answer", citations=[]), finder()
    )
    given = ev.score(item, answer(), finder())
    assert declined.right_status
    assert declined.causes == ()
    assert not given.right_status
    assert given.causes == ("answered what the reports do not say",)
    assert given.full_credit is given.citation_precision is given.facts is None
    assert set(given.page_hit.values()) == set(given.evidence_within.values()) == {None}


def test_without_facts_in_the_gold_set_full_credit_is_not_measured() -> None:
    one = ev.score(gold(LAMP, facts=None), answer(), finder())
    assert one.full_credit is None
    assert one.facts is None
    assert one.citation_recall == 1.0


def test_broken_promises_are_named() -> None:
    one = ev.score(gold(LAMP), answer("Lit on 38 nights. " + "word " * 117), finder())
    assert one.answer_words == 121
    assert one.causes == ("sentence without a marker", "answer of 121 words, over 120")


def test_causes_say_where_the_work_went_wrong() -> None:
    away = [passage("south", [1], "The oil was clean.")]
    near = [passage("north", [1], "Keepers")]
    no = {"status": "no_answer", "citations": []}
    assert ev.score(gold(LAMP), answer("No.", passages=away, **no), finder()).causes == (
        "page not among the first 10 passages",
        "abstained",
    )
    assert ev.score(gold(LAMP), answer("No.", passages=near, **no), finder()).causes == (
        "evidence not in the first 10 passages",
        "abstained",
    )
    lost = ev.score(gold("No page says this.", facts=None), answer(), finder())
    assert lost.causes[0] == "evidence not found in the reports"
    other = ev.score(gold((LAMP, "east"), facts=None), answer(), finder())
    assert other.causes[:2] == ("report not loaded: east", "evidence not found in the reports")


# ---- many questions ----


def test_auroc_counts_pairs_and_ties_as_half() -> None:
    # Pairs: .9>.5, .9>.1, .5=.5, .5>.1 make 3.5 of 4.
    assert ev.auroc([0.9, 0.5], [0.5, 0.1]) == 3.5 / 4
    assert ev.auroc([1.0], [0.0]) == 1.0
    assert ev.auroc([0.0], [1.0]) == 0.0


def test_coverage_is_the_largest_share_at_the_precision() -> None:
    right = [True, True, False, True, False]
    confidences = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert ev.coverage_at_precision(confidences, right, level=1.0) == 2 / 5
    assert ev.coverage_at_precision(confidences, right, level=0.75) == 4 / 5
    assert ev.coverage_at_precision(confidences, right, level=0.6) == 1.0
    assert ev.coverage_at_precision([0.9, 0.9], [True, False], level=0.95) == 0.0  # a tie
    assert ev.coverage_at_precision([], []) == 0.0


def small_set() -> tuple[list[ev.Gold], dict[str, dict[str, Any]]]:
    items = [
        gold(LAMP, id="right"),
        gold(LAMP, id="half", facts=(("38",), ("crew",)), type="list"),
        gold(LAMP, id="silent"),
        gold(id="off", type="unanswerable", facts=None),
        gold(id="near", type="near_miss_unanswerable", facts=None),
    ]
    declined: dict[str, Any] = {"text": "Not said.", "status": "no_answer", "citations": []}
    answers = {
        "right": answer(id="right", confidence=0.9, ms=10.0),
        "half": answer(id="half", confidence=0.8, ms=20.0),
        "silent": answer(id="silent", confidence=0.3, ms=30.0, **declined),
        "off": answer(id="off", confidence=0.1, ms=40.0, **declined),
        "near": answer(id="near", confidence=0.8, ms=None),
    }
    return items, answers


def small_evaluation() -> ev.Evaluation:
    items, answers = small_set()
    return ev.evaluate(items, lambda one: answers[one.id], PAGES)


def value(figure: ev.Figure | None) -> tuple[float, int]:
    assert figure is not None
    return figure.value, figure.n


def test_the_summary_of_five_questions() -> None:
    done = small_evaluation()
    assert value(done.overall["full credit"]) == (pytest.approx(1 / 3), 3)
    assert value(done.overall["facts"]) == (pytest.approx(1.5 / 3), 3)
    assert value(done.overall["citation precision"]) == (1.0, 2)  # the silent one cites nothing
    assert value(done.overall["citation recall"]) == (pytest.approx(2 / 3), 3)
    assert value(done.overall["page hit@1"]) == (1.0, 3)
    assert value(done.overall["status right"]) == (pytest.approx(3 / 5), 5)
    assert value(done.by_type["list"]["full credit"]) == (0.0, 1)
    assert value(done.by_type["fact_number"]["full credit"]) == (0.5, 2)
    assert done.by_type["unanswerable"]["full credit"] is None
    assert value(done.answered) == (pytest.approx(2 / 3), 3)
    assert {name: value(one) for name, one in done.declined.items()} == {
        "unanswerable": (1.0, 1),
        "near_miss_unanswerable": (0.0, 1),
    }
    # Against .1: 3 wins; against .8: .9 wins, .8 ties, .3 loses.
    assert value(done.auroc) == (4.5 / 6, 5)
    assert value(done.auroc_by_type["unanswerable"]) == (1.0, 4)
    assert value(done.auroc_by_type["near_miss_unanswerable"]) == (1.5 / 3, 4)
    assert done.coverage == 1 / 5
    assert done.latency_ms == {"p50": 25.0, "p95": pytest.approx(38.5)}
    assert [one.gold.id for one in done.failures] == ["half", "silent", "near"]
    assert set(done.broken_promises.values()) == {0}


def test_intervals_hold_the_mean_are_narrow_for_many_and_the_same_each_time() -> None:
    items = [gold(LAMP, id=str(number)) for number in range(100)]
    silent = answer("Not said.", status="no_answer", citations=[])
    answers = [answer() if number < 80 else silent for number in range(100)]
    runs = [ev.evaluate(items, lambda one: answers[int(one.id)], PAGES) for _ in range(2)]
    figure = runs[0].overall["full credit"]
    assert figure == runs[1].overall["full credit"]
    assert figure is not None
    # The standard error of .8 over 100 is .04, so the interval is about .72 to .88.
    assert figure.value == pytest.approx(0.8)
    assert figure.low == pytest.approx(0.72, abs=0.015)
    assert figure.high == pytest.approx(0.88, abs=0.015)


def test_a_set_without_an_answerable_question_has_abstention_alone() -> None:
    items, answers = small_set()
    done = ev.evaluate(items[3:4], lambda one: answers[one.id], PAGES)
    assert done.answered is None
    assert done.auroc is None
    assert done.coverage is None
    assert value(done.declined["unanswerable"]) == (1.0, 1)
    shown = " ".join(ev.to_table(done).split())
    assert "unanswerable declined 1.000 (1.000 to 1.000, n 1)" in shown
    assert "<h2>By type</h2>" in to_html(done)


def test_progress_counts_up() -> None:
    items, answers = small_set()
    seen: list[tuple[int, int]] = []
    ev.evaluate(
        items[:2],
        lambda one: answers[one.id],
        PAGES,
        on_progress=lambda done, of: seen.append((done, of)),
    )
    assert seen == [(1, 2), (2, 2)]


# ---- showing ----


def test_the_table_names_figures_types_and_failures() -> None:
    lines = ev.to_table(small_evaluation()).splitlines()
    assert lines[0] == "5 questions"
    assert any(line.split()[:3] == ["full", "credit", "0.333"] for line in lines)
    assert any(line.startswith("near_miss_unanswerable declined") for line in lines)
    assert "3 questions with something wrong" in lines
    assert "    fact missing: crew" in lines


def test_the_json_form_survives_json_and_has_the_failures() -> None:
    plain = json.loads(json.dumps(ev.to_json(small_evaluation()), allow_nan=False))
    assert plain["questions"] == 5
    assert plain["overall"]["full credit"]["n"] == 3
    assert plain["by_type"]["unanswerable"]["full credit"] is None
    assert plain["must_be_zero"] == {
        "quotes not verbatim": 0,
        "sentences without a marker": 0,
        "answers over 120 words": 0,
    }
    assert [one["id"] for one in plain["failures"]] == ["half", "silent", "near"]
    half = plain["failures"][0]
    assert half["causes"] == ["fact missing: crew"]
    assert half["evidence"][0]["on"] == [
        {"report": "north", "page": 1},
        {"report": "north", "page": 4},
    ]


class Tags(HTMLParser):
    """The tags of a page in order and what each of them names."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.stack: list[str] = []
        self.text = ""
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        if tag != "meta":
            self.stack.append(tag)
        self.outside += [f"{name}={what}" for name, what in attrs if name in ("src", "onload")]
        self.outside += [
            str(what) for name, what in attrs if name == "href" and what != "#failures"
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_html_is_whole_escaped_and_loads_nothing() -> None:
    evil = "<script>alert('1')</script>\"><img src=x onerror=alert(2)>"
    item = ev.Gold(
        id=evil, question=evil, type=evil, evidence=(ev.GoldEvidence(evil, evil),),
        facts=((evil + "!",),), section=evil, note=evil,
    )  # fmt: skip
    bad = answer(evil, citations=[citation(1, evil, 1, evil)], passages=[])
    done = ev.evaluate([item], lambda one: bad, {"north": [evil]})
    tags = Tags()
    page = to_html(done, title=evil)
    tags.feed(page)
    assert tags.stack == []
    assert not {"script", "img", "link", "iframe"} & set(tags.opened)
    assert tags.outside == []
    assert evil in tags.text
    assert "prefers-color-scheme: dark" in page


def test_the_html_shows_each_failure_with_answer_evidence_and_pages() -> None:
    tags = Tags()
    tags.feed(to_html(small_evaluation()))
    assert tags.opened.count("article") == 3
    for shown in (
        "question half?",
        "fact missing: crew",
        "It was lit on 38 out of 40 nights. [1]",
        LAMP,
        "north p. 1, north p. 4",
        "answered what the reports do not say",
    ):
        assert shown in tags.text


# ---- files ----


def line(**changes: Any) -> str:
    record: dict[str, Any] = {
        "id": "q1",
        "question": "how often?",
        "type": "fact_number",
        "evidence": [LAMP],
        "evidence_all": True,
        "section": "Keepers",
        "answer_facts": [["38"]],
    }
    return json.dumps({name: one for name, one in (record | changes).items() if one is not ...})


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_gold_is_read_with_reports_and_filter(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        line(),
        "",
        line(id="q2", evidence_reports=["north"], filter=["north", "south"], evidence_all=False),
        line(id="q3", type="near_miss_unanswerable", evidence=[], answer_facts=[]),
    )
    first, second, third = ev.load_gold(path)
    assert first == ev.Gold(
        id="q1",
        question="how often?",
        type="fact_number",
        evidence=(ev.GoldEvidence(LAMP),),
        facts=(("38",),),
        section="Keepers",
    )
    assert second.evidence == (ev.GoldEvidence(LAMP, "north"),)
    assert second.reports == ("north", "south")
    assert not second.needs_all
    assert not third.answerable
    assert third.facts is None


def test_gold_with_pages_is_read(tmp_path: Path) -> None:
    evidence = [{"doc": "north.pdf", "page": 4, "also_on_pages": [1], "text": "lamp"}]
    path = written(
        tmp_path,
        json.dumps(
            {"id": "r1", "question": "lit?", "kind": "fact", "answerable": True, "answer": "yes",
             "doc": "north.pdf", "page": 4, "evidence": evidence}
        ),
        json.dumps(
            {"id": "r2", "question": "who?", "kind": "not in the documents", "answerable": False,
             "answer": None, "doc": None, "page": None, "evidence": []}
        ),
    )  # fmt: skip
    first, second = ev.load_gold(path)
    assert first.evidence == (ev.GoldEvidence("lamp", "north", (1, 4)),)
    assert (first.type, first.facts) == ("fact", None)
    assert (second.type, second.answerable) == ("unanswerable", False)
    # A stated page counts even where the text is not found on it.
    assert ("north", 4) in ev.score(first, answer(), finder()).located[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must be one JSON object"),
        (line(id=""), "id is ''"),
        (line(id=7), "id is 7"),
        (line(question=...), "question is None"),
        (line(type=" "), "type is ' '"),
        (line(evidence="x"), "evidence is 'x'"),
        (line(evidence=[]), "has no evidence"),
        (line(evidence=["–"]), "no letter and no digit"),
        (line(type="unanswerable"), "has evidence"),
        (line(evidence_all="yes"), "evidence_all is 'yes'"),
        (line(evidence_reports=[]), "0 evidence_reports for 1"),
        (line(answer_facts=["38"]), "answer_facts"),
        (line(answer_facts=[[]]), "answer_facts"),
        (line(filter="north"), "filter is 'north'"),
        (json.dumps({"id": "r", "question": "q", "kind": "k", "answerable": 1}), "answerable is 1"),
        (
            json.dumps({"id": "r", "question": "q", "kind": "k", "answerable": True,
                        "evidence": [{"doc": "a.pdf", "page": 0, "text": "x"}]}),
            "whole numbers from 1",
        ),
        (
            json.dumps({"id": "r", "question": "q", "kind": "k", "answerable": True,
                        "evidence": ["x"]}),
            "must be an object",
        ),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_rule(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, line(id="fine"), text)
    with pytest.raises(BadGoldFile) as caught:
        ev.load_gold(path)
    assert says in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_repeated_id_names_both_lines(tmp_path: Path) -> None:
    with pytest.raises(BadGoldFile, match=r"line 2: the id 'q1' is already on line 1"):
        ev.load_gold(written(tmp_path, line(), line()))


def test_files_that_are_missing_empty_or_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGoldFile, match="cannot be read"):
        ev.load_gold(tmp_path / "absent.jsonl")
    with pytest.raises(BadGoldFile, match="holds no question"):
        ev.load_gold(written(tmp_path, "", " "))
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(BadGoldFile, match="line 1 is not JSON in UTF-8"):
        ev.load_gold(tmp_path / "bytes.jsonl")


# ---- command line ----


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ev.add_arguments(parser)
    return parser.parse_args(words)


def never() -> ev.Ask:
    raise AssertionError("the model must not be loaded")


def test_run_prints_a_table_or_one_json_object_and_writes_html(tmp_path: Path) -> None:
    path = written(tmp_path, line())
    page = tmp_path / "out.html"
    out = io.StringIO()
    assert ev.run(arguments(str(path)), lambda: lambda one: answer(), PAGES, out=out) == 0
    assert out.getvalue().startswith("1 questions\n")
    out = io.StringIO()
    words = (str(path), "--json", "--html", str(page))
    assert ev.run(arguments(*words), lambda: lambda one: answer(), PAGES, out=out) == 0
    assert json.loads(out.getvalue())["overall"]["full credit"]["value"] == 1.0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_answers_in_a_file_are_scored_without_a_model(tmp_path: Path) -> None:
    path = written(tmp_path, line())
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps(answer()) + "\n", encoding="utf-8")
    out = io.StringIO()
    assert (
        ev.run(arguments(str(path), "--answers", str(answers), "--json"), never, PAGES, out=out)
        == 0
    )
    assert json.loads(out.getvalue())["overall"]["facts"]["value"] == 1.0


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (answer(id="other"), "no answer to 1 of 1 questions, the first is 'q1'"),
        (answer(status="maybe"), "line 1 is not an answer"),
        (answer(confidence=float("nan")), "line 1 is not an answer"),
        (answer(citations=[{"n": 1}]), "line 1 is not an answer"),
        (answer(passages=[passage("north", ["1"], "x")]), "line 1 is not an answer"),  # type: ignore[list-item]
        ({"id": "q1"}, "line 1 is not an answer"),
    ],
)
def test_answers_that_cannot_be_scored_are_refused(
    tmp_path: Path, record: dict[str, Any], says: str
) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps(record) + "\n", encoding="utf-8")
    with pytest.raises(BadGoldFile, match=says):
        ev.answers_of(answers, [gold(LAMP)])


def test_a_html_file_that_cannot_be_written_is_told_before_any_question(tmp_path: Path) -> None:
    path = written(tmp_path, line())
    words = (str(path), "--html", str(tmp_path / "no" / "out.html"))
    with pytest.raises(QaError, match="cannot be written"):
        ev.run(arguments(*words), lambda: never, PAGES)  # type: ignore[arg-type, return-value]


# ---- the questions that ship ----

OFF_TOPIC = Path(__file__).parent.parent / "data" / "eval" / "off-topic.jsonl"


def test_forty_off_topic_questions_ship() -> None:
    items = ev.load_gold(OFF_TOPIC)
    assert len(items) == 40
    assert {one.type for one in items} == {"unanswerable"}
    assert len({one.question.casefold() for one in items}) == 40


# ---- the shared gold sets ----

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.mark.shared
@pytest.mark.parametrize(("name", "questions"), [("dev.jsonl", 110), ("multi-dev.jsonl", 35)])
def test_every_evidence_string_of_a_shared_set_is_found(name: str, questions: int) -> None:
    if not (SHARED / "eval" / name).exists():
        pytest.skip(f"the shared gold set {name} is not on this machine")
    from indexer.reading import read_document

    items = ev.load_gold(SHARED / "eval" / name)
    pages = {
        path.stem: [page.raw_text for page in read_document(path).pages]
        for path in sorted((SHARED / "reports").glob("*-pdu-*.pdf"))
    }
    assert len(items) == questions
    found = ev.PageFinder(pages)
    lost = [
        (one.id, evidence.text)
        for one in items
        for evidence in one.evidence
        if not found.locate(evidence.text, [evidence.report or "northamptonshire-pdu-2024"])
    ]
    assert lost == []
