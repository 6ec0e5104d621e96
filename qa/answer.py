"""From a question to a cited answer, or to a plain "the reports do not say"."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from indexer.embedding import Embedder
from indexer.errors import ModelMismatch
from indexer.records import Passage
from qa.citation import Quote, folded_page, quotes_of
from qa.evidence import Scored, score_evidence
from qa.question import Question, read_question
from qa.ratings import RatedRow, rated_rows, rating_evidence
from qa.records import Answer, Citation, Evidence, Hit, Sentence
from qa.search import DEFAULT_TOP, Found, found_for, rows_of

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

MAX_WORDS = 120
"""The contract's limit, citation markers counted."""

MAX_SENTENCES = 6

SAME_PASSAGE_SHARE = 0.04
"""A unit of the best passage joins the answer from this share of the best unit's probability: its
page is cited already, and the neighbouring sentence often holds the second half of the answer."""

SAME_PAGE_SHARE = 0.1
OTHER_PAGE_SHARE = 0.25
"""A unit on a page not yet cited must be this near the best one, as each page may be wrong."""

THRESHOLD = 0.5
"""Confidence below which the reports are said not to answer (set on the development questions)."""

NO_ANSWER = "The reports do not say."
PAGE_CACHE = 512
LIST_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]\s+(?=\S)")


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


class Asker:
    """Answers questions from one snapshot of an index, which it pins.

    Raises:
        ModelMismatch: the embedder is another one than the index was made with.
    """

    def __init__(
        self, snapshot: Snapshot, embedder: Embedder, *, settings: AnswerSettings = DEFAULT_SETTINGS
    ) -> None:
        if embedder.identity != snapshot.model:
            raise ModelMismatch(
                f"The index was made with the model {snapshot.model}, and the one here is "
                f"{embedder.identity}: build the index again."
            )
        self.snapshot = snapshot
        self._embedder = embedder
        self._settings = settings
        self._acronyms = {
            short: long
            for report in snapshot.reports
            for short, long in snapshot.acronyms(report.id)
        }
        self._rated = _RatedRows(snapshot)
        self._page_fold = lru_cache(PAGE_CACHE)(self._fold_of)

    def ask(self, question: str, *, reports: Sequence[str] = (), top: int = DEFAULT_TOP) -> Answer:
        """Return the answer to a question from all reports, or from those named.

        Raises:
            BadQuestion: the question cannot be asked as it stands.
            UnknownReport: a named report is not in the index.
        """
        began = time.perf_counter()
        asked = read_question(question, self._acronyms)
        query = self._embedder.encode_query(asked.search_text)
        embedded = time.perf_counter()
        found = found_for(self.snapshot, query, asked, reports=reports)
        searched = time.perf_counter()
        scored = score_evidence(asked, found)
        ranked = time.perf_counter()
        answer = self._answer(asked, found, scored, reports, top)
        done = time.perf_counter()
        timings = {
            "embed": _milliseconds(began, embedded),
            "search": _milliseconds(embedded, searched),
            "rerank": _milliseconds(searched, ranked),
            "answer": _milliseconds(ranked, done),
            "total": _milliseconds(began, done),
        }
        return Answer(**{**_fields(answer), "timings_ms": timings})

    def _answer(
        self, asked: Question, found: Found, scored: Scored, reports: Sequence[str], top: int
    ) -> Answer:
        rated = rating_evidence(asked, self._rated.rows(reports, found))
        hits = _hits(rated, scored.evidence, found, top)
        confidence = scored.confidence
        if rated and not _unsaid(asked, (e.passage for e in rated), self.snapshot):
            confidence = max(confidence, 0.9)
        elif rated:
            rated = ()
            confidence = min(confidence, 0.5 * self._settings.threshold)
        if confidence < self._settings.threshold:
            return _declined(asked, confidence, hits)
        chosen = choose(asked, rated, scored.evidence, self._settings)
        sentences, citations = self._cite(chosen)
        if not sentences:
            return _declined(asked, confidence, hits)
        return Answer(
            question=asked.text,
            status="answered",
            text=" ".join(sentence.text for sentence in sentences),
            confidence=confidence,
            sentences=sentences,
            citations=citations,
            hits=hits,
            warnings=self.snapshot.warnings,
        )

    def _cite(
        self, chosen: Sequence[Evidence]
    ) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
        """Return the sentences with their markers and the citations that the markers name.

        Evidence whose words are not found on its page is left out: it is never shown.
        """
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        words = 0
        for evidence in chosen:
            passage = evidence.passage
            quotes = quotes_of(
                passage,
                evidence.start,
                evidence.end,
                lambda page, report=passage.report: self._page_fold(report, page),
            )
            text = sentence_text(evidence)
            if not quotes or not text:
                continue
            numbers = tuple(range(len(citations) + 1, len(citations) + 1 + len(quotes)))
            marked = f"{text} {''.join(f'[{n}]' for n in numbers)}."
            size = len(marked.split())
            if words + size > self._settings.max_words:
                continue
            words += size
            citations.extend(
                self._citation(number, passage, quote)
                for number, quote in zip(numbers, quotes, strict=True)
            )
            sentences.append(Sentence(marked, numbers))
        return tuple(sentences), tuple(citations)

    def _citation(self, number: int, passage: Passage, quote: Quote) -> Citation:
        page = self.snapshot.page_text(passage.report, quote.page)
        return Citation(
            n=number,
            report=passage.report,
            page=quote.page,
            page_label=page.label,
            section=passage.section,
            quote=quote.text,
            rects=quote.rects,
        )

    def _fold_of(self, report: str, page: int) -> str:
        return folded_page(self.snapshot.page_text(report, page))


class _RatedRows:
    """The ratings tables of a snapshot, read once a report."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_report: dict[str, list[RatedRow]] = {}

    def rows(self, reports: Sequence[str], found: Found) -> list[RatedRow]:
        """Return the rated rows of the reports asked, or of the nearest candidates' report."""
        names = list(reports) or [c.passage.report for c in found.candidates[:1]]
        return [row for name in dict.fromkeys(names) for row in self._of(name)]

    def _of(self, report: str) -> list[RatedRow]:
        if report not in self._by_report:
            rows = rows_of(self._snapshot, (report,))
            passages = (
                [self._snapshot.passages[int(row)] for row in rows] if rows is not None else []
            )
            self._by_report[report] = rated_rows(passages)
        return self._by_report[report]


def choose(
    asked: Question,
    rated: Sequence[Evidence],
    evidence: Sequence[Evidence],
    settings: AnswerSettings = DEFAULT_SETTINGS,
) -> tuple[Evidence, ...]:
    """Return the evidence an answer is made of, in the order in which it is told.

    Rated rows answer alone. Otherwise the best unit comes first; units of its passage join on a
    small share of its probability, units of pages already cited on a larger one, and others only
    when they are nearly as good.
    """
    if rated:
        return tuple(rated)
    usable = [e for e in evidence if not (asked.asks_reason and e.passage.kind == "row")]
    if not usable:
        return ()
    best = usable[0]
    chosen = [best]
    words = len(sentence_text(best).split()) + 1
    pages = {(best.passage.report, page) for page in _pages(best)}
    for unit in usable[1:]:
        if len(chosen) >= settings.max_sentences:
            break
        size = len(sentence_text(unit).split()) + 1
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
    return tuple(_told(chosen))


def sentence_text(evidence: Evidence) -> str:
    """Return the evidence as a sentence of the answer, without its full stop.

    A row is told with its labels ("P 1.2 Staffing: Inadequate"); a list number is left out.
    """
    passage = evidence.passage
    if passage.kind == "row" and passage.cells:
        return _row_text(evidence)
    text = " ".join(evidence.text.split())
    text = LIST_NUMBER.sub("", text)
    if passage.kind == "footnote" and passage.context and len(text.split()) < 6:
        text = f"{passage.context.split(':', 1)[0]}: {text}"
    return text.rstrip(" .;:,")


def answer_json(answer: Answer, *, id: str = "") -> dict[str, Any]:
    """Return an answer in the form of the outward contract."""
    record: dict[str, Any] = {"id": id} if id else {}
    record.update(
        question=answer.question,
        status=answer.status,
        answer=answer.text,
        confidence=round(answer.confidence, 4),
        citations=[
            {
                "n": c.n,
                "report": c.report,
                "page": c.page,
                "page_label": c.page_label,
                "section": list(c.section),
                "quote": c.quote,
                "rects": [list(rect) for rect in c.rects],
            }
            for c in answer.citations
        ],
        passages=[
            {
                "rank": hit.rank,
                "report": hit.passage.report,
                "pages": list(hit.passage.pages),
                "section": list(hit.passage.section),
                "text": passage_text(hit.passage),
                "score": round(hit.score, 4),
            }
            for hit in answer.hits
        ],
        timings_ms={name: round(value, 1) for name, value in answer.timings_ms.items()},
    )
    return record


def refused_json(question: str, reason: str, *, id: str = "") -> dict[str, Any]:
    """Return, in the form of an answer, that a question cannot be asked, with the reason."""
    return answer_json(Answer(question, "no_answer", reason, 0.0), id=id) | {"error": reason}


def passage_text(passage: Passage) -> str:
    """Return a passage as it is shown: rows and footnotes with their context in front."""
    if passage.kind == "row":
        body = _cells_text(passage, 0, len(passage.text))
        return f"{passage.context} › {body}" if passage.context else body
    return f"{passage.context} › {passage.text}" if passage.context else passage.text


def _row_text(evidence: Evidence) -> str:
    """Return cells with their columns' names, the row's label in front of a part of it."""
    passage = evidence.passage
    text = _cells_text(passage, evidence.start, evidence.end)
    where = passage.context.split(" › ")[0]
    return f"{where} › {text}".replace("?: ", ": ").rstrip(" .;:,") if where else text


def _cells_text(passage: Passage, start: int, end: int) -> str:
    """Return the cells within a span: labels joined by spaces, a colon before the last value."""
    cells = [
        (number, passage.text[max(a, start) : min(b, end)])
        for number, (a, b) in enumerate(passage.cells)
        if b > a and min(b, end) > max(a, start)
    ]
    named = len(passage.header) == len(passage.cells) and len(cells) > 1 and len(passage.cells) > 2
    if named:
        return "; ".join(f"{passage.header[n]}: {cell}".strip(": ") for n, cell in cells)
    texts = [cell for _, cell in cells]
    if len(texts) < 2:
        return " ".join(texts)
    return f"{' '.join(texts[:-1])}: {texts[-1]}"


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


def _told(chosen: Sequence[Evidence]) -> Iterator[Evidence]:
    """Yield units by the best unit of their passage first, then in the order of the page."""
    first: dict[tuple[str, int], int] = {}
    for place, unit in enumerate(chosen):
        first.setdefault((unit.passage.report, unit.passage.ordinal), place)
    yield from sorted(chosen, key=lambda e: (first[(e.passage.report, e.passage.ordinal)], e.start))


def _hits(
    rated: Sequence[Evidence], evidence: Sequence[Evidence], found: Found, top: int
) -> tuple[Hit, ...]:
    """Return the passages by their best evidence, then by nearness, at most ``top``."""
    scores: dict[tuple[str, int], tuple[Passage, float]] = {}
    for unit in [*rated, *evidence]:
        scores.setdefault((unit.passage.report, unit.passage.ordinal), (unit.passage, unit.score))
    for candidate in found.candidates:
        passage = candidate.passage
        scores.setdefault((passage.report, passage.ordinal), (passage, 0.0))
    return tuple(
        Hit(rank, passage, score)
        for rank, (passage, score) in enumerate(list(scores.values())[:top], 1)
    )


def _unsaid(asked: Question, passages: Iterable[Passage], snapshot: Snapshot) -> bool:
    """Return whether a year or figure in the question is nowhere near the rows that would answer.

    "What was the rating in 2022?" is not answered by a table of 2024.
    """
    near = ""
    for passage in passages:
        title = next((r.title for r in snapshot.reports if r.id == passage.report), "")
        table = snapshot.page_text(passage.report, passage.pages[0]).text
        near += f"{title} {passage.report} {table} "
    return any(figure not in near for figure in asked.figures)


def _declined(asked: Question, confidence: float, hits: tuple[Hit, ...]) -> Answer:
    """Return the plain "no": nothing cited, the nearest passages kept."""
    text = f"{NO_ANSWER} The nearest passages are listed, but none of them answers the question."
    if not hits:
        text = f"{NO_ANSWER} No passage is near the question."
    return Answer(asked.text, "no_answer", text, confidence, hits=hits)


def _milliseconds(start: float, end: float) -> float:
    return 1000.0 * (end - start)


def _fields(answer: Answer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
