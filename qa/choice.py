"""Which evidence an answer is made of: the best, what it leans on, and what completes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.question import FIGURE, YEAR, Question
from qa.ratings import ends_in_grade
from qa.records import Evidence
from qa.wording import in_words, sentence_text

MAX_WORDS = 120
"""The contract's limit, citation markers counted."""

MAX_SENTENCES = 6

SAME_PASSAGE_SHARE = 0.04
"""A unit of the best passage joins the answer from this share of the best unit's probability: its
page is cited already, and the neighbouring sentence often holds the second half of the answer."""

SAME_PAGE_SHARE = 0.1
OTHER_PAGE_SHARE = 0.4
"""A unit on a page not yet cited must be this near the best one, as each page may be wrong."""

CONFIRMED_SHARE = 0.05
"""Another page confirms a figure from this share of the best unit's probability."""

THRESHOLD = 0.2
"""Confidence below which the reports are said not to answer (set on the development questions)."""

CAUTION = {"strict": 0.7, "balanced": THRESHOLD, "helpful": 0.08}
"""Thresholds by name: strict is where 95 % of the development set's answers were right, helpful
where hardly a question is declined that the reports answer."""

LEANS = re.compile(
    r"(this|these|that|those|such|it|they|he|she|both|consequently|therefore|thus|hence"
    r"|accordingly|as a (result|consequence)|for (this|these|that|those) reasons?"
    r"|because of (this|that|these)|(in|of) (this|these|that|those|such)|however|but|the same)\b",
    re.I,
)
"""A sentence that begins so cannot be understood without the one before it."""

CONCLUDES = re.compile(
    r"\b(for (this|these|those) reasons?|as a (result|consequence)|consequently|therefore"
    r"|(this|these|which) (has|have|had)? ?(all )?(resulted|led|meant|contributed)"
    r"|in (all|summary|conclusion))\b",
    re.I,
)
"""A sentence that says so sums up reasons, which stand before it."""

EXPLAINS = re.compile(
    r"\b(because|due to|owing to|as a (result|consequence) of|caused by|reasons?|attributed to"
    r"|factors?|stemm?(ed|ing)? from|the result of|in part|explained by|led to|meant that)\b",
    re.I,
)
"""A sentence that gives the reason for what stands before it."""

MAX_VALUE_WORDS = 12
NOTE_WORDS = 5
"""Words that say how much of a list is shown."""

LABEL_WORDS = 3
"""Words of a report's name in front of its part of a comparison."""

MAX_LEANS = 1
MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How evidence becomes an answer; the defaults are those that were measured."""

    threshold: float = THRESHOLD
    max_words: int = MAX_WORDS
    max_sentences: int = MAX_SENTENCES
    same_passage_share: float = SAME_PASSAGE_SHARE
    same_page_share: float = SAME_PAGE_SHARE
    other_page_share: float = OTHER_PAGE_SHARE


DEFAULT_SETTINGS = AnswerSettings()


def choose(
    asked: Question, evidence: Sequence[Evidence], settings: AnswerSettings = DEFAULT_SETTINGS
) -> tuple[Evidence, ...]:
    """Return the evidence an answer is made of, in the order in which it is told.

    The best unit comes first; units of its passage join on a small share of its probability, units
    of pages already cited on a larger one, and others only when they are nearly as good.
    """
    usable = [
        e
        for e in _without_column_heads(evidence)
        if not (asked.asks_reason and e.passage.kind == "row" and ends_in_grade(e.passage))
    ]
    if not usable:
        return ()
    best = usable[0]
    chosen = [best]
    words = _size(best)
    pages = {(best.passage.report, page) for page in _pages(best)}
    for beside in (*led_by(asked, best), *explained_by(asked, best)):
        size = _size(beside)
        if words + size <= settings.max_words:
            chosen.append(beside)
            words += size
            pages |= {(beside.passage.report, page) for page in _pages(beside)}
    for unit in usable[1:]:
        if len(chosen) >= settings.max_sentences:
            break
        size = _size(unit)
        if words + size > settings.max_words or _repeats(unit, chosen):
            continue
        where = {(unit.passage.report, page) for page in _pages(unit)}
        share = settings.other_page_share
        if unit.passage is best.passage:
            share = settings.same_passage_share
        elif where <= pages:
            share = settings.same_page_share
        if unit.score >= share * best.score:
            chosen.append(unit)
            words += size
            pages |= where
    return tuple(_in_order(chosen))


def led_by(asked: Question, unit: Evidence) -> Iterator[Evidence]:
    """Yield the sentences that a unit leans on, the nearest first.

    A sentence that begins with "This" needs the one before it; where a question asks why, one that
    sums up ("For these reasons …") needs the reasons before it. A cell of a table row needs the
    row's short cells, which hold its values: "Some progress".
    """
    if unit.passage.kind == "row":
        yield from _values(unit)
        return
    if unit.passage.kind != "text":
        return
    units = unit.passage.units
    at = next((i for i, span in enumerate(units) if span == (unit.start, unit.end)), -1)
    wanted = MAX_LEANS if LEANS.match(unit.text.strip()) else 0
    if asked.asks_reason and CONCLUDES.search(unit.text):
        wanted = MAX_REASONS
    for before in range(at - 1, max(-1, at - 1 - wanted), -1):
        start, end = units[before]
        if "\n" in unit.passage.text[end : units[before + 1][0]]:
            return  # another paragraph or bullet
        yield replace(unit, start=start, end=end)


def explained_by(asked: Question, unit: Evidence) -> Iterator[Evidence]:
    """Yield the sentence after a unit where a question asks why and only that sentence says it.

    "Requirements did not start promptly. In eight cases this was due to …": the first sentence is
    what the question speaks of, the second its answer.
    """
    if not asked.asks_reason or unit.passage.kind != "text" or EXPLAINS.search(unit.text):
        return
    units = unit.passage.units
    at = next((i for i, span in enumerate(units) if span == (unit.start, unit.end)), len(units))
    for start, end in units[at + 1 : at + 2]:
        after = replace(unit, start=start, end=end)
        if EXPLAINS.search(after.text) and "\n" not in unit.passage.text[unit.end : start]:
            yield after


def _values(unit: Evidence) -> Iterator[Evidence]:
    """Yield the parts of a unit's row that are made of short cells, the unit itself left out."""
    for start, end in unit.passage.units:
        part = replace(unit, start=start, end=end)
        if (start, end) != (unit.start, unit.end) and len(part.text.split()) <= MAX_VALUE_WORDS:
            yield part


def _without_column_heads(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return evidence without the rows that only name the columns of others."""
    names = {e.passage.header for e in evidence if e.passage.header}
    return [
        e
        for e in evidence
        if e.passage.kind != "row"
        or tuple(e.passage.text[a:b] for a, b in e.passage.cells) not in names
    ]


def whole_list(items: Sequence[Evidence], max_words: int) -> tuple[tuple[Evidence, ...], str]:
    """Return as much of a list as fits into an answer, and in words how much where not all does.

    Whole items where all fit, sentence by sentence, since each sentence has its own citation; else
    the first sentence of each; else as many of those as fit.
    """
    sentences = [part for item in items for part in _sentences(item)]
    firsts = [first_sentence(item) for item in items]
    for shown in (sentences, firsts):
        if sum(map(_size, shown)) <= max_words:
            return tuple(shown), ""
    kept = fitting(firsts, max_words - NOTE_WORDS)
    count = f"{in_words(len(kept))} of {in_words(len(items))} shown"
    return kept, count[0].upper() + count[1:]


def _sentences(item: Evidence) -> list[Evidence]:
    inside = [u for u in item.passage.units if item.start <= u[0] and u[1] <= item.end]
    return [replace(item, start=start, end=end) for start, end in inside] or [item]


def first_sentence(item: Evidence) -> Evidence:
    """Return an item of a list as its first sentence alone."""
    return _sentences(item)[0]


def fitting(evidence: Sequence[Evidence], max_words: int) -> tuple[Evidence, ...]:
    """Return as much of the evidence, from the front, as fits into a number of words."""
    fitting: list[Evidence] = []
    for one in evidence:
        max_words -= _size(one)
        if fitting and max_words < 0:
            break
        fitting.append(one)
    return tuple(fitting)


def confirmed(
    unit: Evidence, evidence: Sequence[Evidence], *, share: float = CONFIRMED_SHARE
) -> Evidence | None:
    """Return another place of the report that gives the same figures, None where there is none.

    Reports give their main figures in a summary and again in the chapter they belong to. The other
    place is on another page, has all figures of one of the two, and answers at least a ``share``
    as well as the unit does.
    """
    figures = _figures(unit.text)
    if not figures or unit.passage.kind == "row":
        return None
    for other in evidence:
        if other.score < share * unit.score:
            return None
        if other.passage.report != unit.passage.report or _pages(other) & _pages(unit):
            continue
        theirs = _figures(other.text)
        if theirs and (theirs <= figures or figures <= theirs):
            return other
    return None


def _figures(text: str) -> frozenset[str]:
    """Return the figures of a text, years left out."""
    return frozenset(figure for figure in FIGURE.findall(text) if not YEAR.fullmatch(figure))


def shared_out(parts: Sequence[Sequence[Evidence]], max_words: int) -> list[tuple[Evidence, ...]]:
    """Return the parts of a comparison cut so that together they fit into an answer.

    The best evidence of each part comes before the second of any: a report whose part is long must
    not take the words of another's.
    """
    best = [max(part, key=lambda e: e.score) for part in parts if part]
    kept = {id(e) for e in best}
    left = max_words - sum(_size(e) + LABEL_WORDS for e in best)
    for one in sorted((e for part in parts for e in part), key=lambda e: -e.score):
        if id(one) not in kept and _size(one) <= left:
            kept.add(id(one))
            left -= _size(one)
    return [tuple(e for e in part if id(e) in kept) for part in parts]


def _size(evidence: Evidence) -> int:
    """Return the words of a sentence of an answer, its marker counted."""
    return len(sentence_text(evidence).split()) + 1


def _pages(evidence: Evidence) -> set[int]:
    return {
        w.page
        for w in evidence.passage.words
        if evidence.start <= w.start and w.end <= evidence.end
    }


def _repeats(unit: Evidence, chosen: Sequence[Evidence]) -> bool:
    """Return whether an answer has the same words already: reports repeat footnotes and notices."""
    text = unit.text.strip().lower()
    return any(text == other.text.strip().lower() for other in chosen)


def _in_order(chosen: Sequence[Evidence]) -> Iterator[Evidence]:
    """Yield units by the best unit of their passage first, then in the order of the page."""
    first: dict[tuple[str, int], int] = {}
    for place, unit in enumerate(chosen):
        first.setdefault((unit.passage.report, unit.passage.ordinal), place)
    yield from sorted(chosen, key=lambda e: (first[(e.passage.report, e.passage.ordinal)], e.start))
