"""From a question to a cited answer, or to a plain "the reports do not say"."""

from __future__ import annotations

import difflib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.embedding import Embedder, QueryVectors
from indexer.errors import ModelMismatch
from indexer.records import Passage
from qa.choice import (
    DEFAULT_SETTINGS,
    AnswerSettings,
    choose,
    confirmed,
    fitting,
    shared_out,
    whole_list,
)
from qa.citation import Quote, folded_page, quotes_of
from qa.evidence import PassageReader, Scored, raised, score_evidence
from qa.labels import dated, labels_of
from qa.lists import list_evidence
from qa.question import Question, read_question, timeless, uninstructed
from qa.ratings import (
    GRADE,
    NAMES_NOTHING,
    RatedRow,
    changed_rows,
    rated_rows,
    rating_evidence,
    reasons_of,
    score_rows,
    stated,
)
from qa.reader import Reader, english_words
from qa.records import Answer, Citation, Evidence, Hit, Sentence
from qa.search import (
    DEFAULT_TOP,
    Found,
    Int64,
    focus,
    found_for,
    in_both,
    naming,
    report_terms,
    rows_of,
)
from qa.spelling import Speller
from qa.wording import in_words, is_covered, passage_text, sentence_texts

if TYPE_CHECKING:
    from indexer.snapshot import ReportInfo, Snapshot

DIRECT_CONFIDENCE = 0.9
"""Confidence in rows and lists that are found by their place and not by their words."""

MAX_COMPARED = 4
MAX_COMPARED_SENTENCES = 3
COMPARED_PASSAGE_SHARE = 0.15
COMPARED_SHARE = 0.5
NAMED_SHARE = 0.15
"""A report takes part in a comparison from this share of the best report's confidence, one that the
question names from the second."""

OVERALL = "Overall"
"""The subject of a finding that rates the whole."""

SHORT_NAME = 4
"""Letters by which a short form of a place ("Northants") is known for what it is."""

NEAR_NAME = 0.75
"""How alike a misspelt name is to the right one, as ``difflib`` measures it."""

OUTSIDE_SHARE = 0.3
"""Where what was not chosen answers so much better than what was, the latter is said not to."""

PAGE_LOG_ODDS = 2.0
"""By how much a passage whose page has all of the question goes before one whose page has none."""

SAME_PAGE = 0.25
"""What a passage is still worth, in the list of the nearest, behind another of its page."""

NOTHING = Scored((), 0.0)
MAX_NAMED = 3
NEAR_SHARE = 0.2
"""Another report may be meant as well from this share of the best evidence's probability."""

NOW = re.compile(
    r"\b(now|nowadays|today|currently|current|at present|latest|most recent\w*)\b", re.I
)
NO_ANSWER = "The reports do not say."
MAY_HAVE = "Another report in the library, which was not chosen, may have it: {}."
COULD_MEAN = "It could be about {}: say which you mean."
ELSEWHERE = "The question names {}, which was not chosen and may have the answer."
HIDDEN = "A passage that the filters leave out may have it, in {}."
PAGE_CACHE = 512


class Asker:
    """Answers questions from one snapshot of an index, which it pins.

    ``reader`` stands in for the one that ships.

    Raises:
        ModelMismatch: the embedder is another one than the index was made with.
        ReaderMissing: the reader that ships is not there.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder,
        *,
        reader: PassageReader | None = None,
        settings: AnswerSettings = DEFAULT_SETTINGS,
    ) -> None:
        if embedder.identity != snapshot.model:
            raise ModelMismatch(
                f"The index was made with the model {snapshot.model}, and the one here is "
                f"{embedder.identity}: build the index again."
            )
        self.snapshot = snapshot
        self._embedder = embedder
        self._reader: PassageReader = reader or Reader()
        self._settings = settings
        self._acronyms = {
            short: long
            for report in snapshot.reports
            for short, long in snapshot.acronyms(report.id)
        }
        self._speller = Speller(snapshot.term_counts(), snapshot.forms, english_words)
        self._named = report_terms(snapshot)
        self._rated = _RatedRows(snapshot)
        # Not of a method of its own: each would hold the other, and the index stay open.
        self._page_fold = lru_cache(PAGE_CACHE)(partial(_fold_of, snapshot))

    def ask(
        self,
        question: str,
        *,
        reports: Sequence[str] = (),
        top: int = DEFAULT_TOP,
        threshold: float | None = None,
        within: Int64 | None = None,
        on_found: Callable[[tuple[Hit, ...]], None] | None = None,
    ) -> Answer:
        """Return the answer to a question from all reports, or from those named.

        ``threshold`` is the confidence below which the reports are said not to answer, that of the
        settings where it is None. ``within`` are the rows of passages that may be used, None for
        all (see ``qa.filters``). ``on_found`` is called once, as soon as the search has ended, with
        the nearest passages, whose scores are not known yet and are 0: something to read while the
        answer is worked out.

        Raises:
            BadQuestion: the question cannot be asked as it stands.
            UnknownReport: a named report is not in the index.
        """
        began = time.perf_counter()
        threshold = self._settings.threshold if threshold is None else threshold
        asked = self._read(question)
        wanted = tuple(dict.fromkeys(reports))
        rows_of(self.snapshot, wanted)
        named, names = naming(self.snapshot, self._named, asked)
        named = self._latest(asked, named)
        inside = tuple(report for report in named if report in wanted)
        groups = self._groups(asked, inside or wanted or named, inside or named)
        elsewhere = bool(wanted and named and not inside) and (
            self._unheard(names, wanted) or (asked.asks_rating and names <= asked.years)
        )
        bare = uninstructed(timeless(focus(asked, names)))
        asked = replace(self._read(bare), text=asked.text)
        query = self._embedder.encode_query(asked.search_text)
        embedded = time.perf_counter()
        found = [
            found_for(self.snapshot, query, asked, reports=group, by_name=False, within=within)
            for group in groups
        ]
        searched = time.perf_counter()
        if on_found is not None:
            on_found(_nearest(found, top))
        scored = [score_evidence(asked, one, self._reader) for one in found]
        ranked = time.perf_counter()
        if elsewhere:
            hits = _hits((), scored[0].evidence, found, top)
            answer = _declined(asked, 0.0, hits, ELSEWHERE.format(self._titles(named)))
        else:
            if len(found) == 1:
                answer = self._answer(asked, found[0], scored[0], groups[0], top)
            else:
                answer = self._compare(asked, found, scored, groups, top, named=bool(named))
            near = () if groups[0] else _near(scored[0])
            unsure = answer.confidence < max(threshold, OUTSIDE_SHARE) or not answer.sentences
            outside = self._outside(asked, query, wanted, within) if unsure else NOTHING
            better = answer.confidence < OUTSIDE_SHARE * outside.confidence
            if answer.confidence < threshold or better or not answer.sentences:
                reason = self._reason(wanted, near, outside, threshold)
                confidence = min(answer.confidence, threshold)
                answer = _declined(asked, confidence, answer.hits, reason)
            else:
                cited = {citation.report for citation in answer.citations}
                also = tuple(report for report in near if report not in cited)
                answer = replace(answer, also=also[:MAX_NAMED])
        done = time.perf_counter()
        timings = {
            "embed": _milliseconds(began, embedded),
            "search": _milliseconds(embedded, searched),
            "rerank": _milliseconds(searched, ranked),
            "answer": _milliseconds(ranked, done),
            "total": _milliseconds(began, done),
        }
        return replace(answer, timings_ms=timings)

    def _read(self, question: str) -> Question:
        return read_question(question, self._acronyms, respell=self._speller.respell)

    def _latest(self, asked: Question, named: tuple[str, ...]) -> tuple[str, ...]:
        """Return of several reports on one place the last, where a question asks how it is now."""
        if len(named) < 2 or not NOW.search(asked.text) or asked.compares or asked.across:
            return named
        last = {max(group, key=dated).id for group in self._by_place(asked, named).values()}
        return tuple(report for report in named if report in last)

    def _by_place(
        self, asked: Question, named: tuple[str, ...]
    ) -> dict[frozenset[str], list[ReportInfo]]:
        """Return the reports that a question names, by the words of the place that name them."""
        by_place: dict[frozenset[str], list[ReportInfo]] = {}
        for info in self.snapshot.reports:
            if info.id in named:
                place = self._named[info.id] & set(asked.terms)
                by_place.setdefault(frozenset(t for t in place if t.isalpha()), []).append(info)
        return by_place

    def _outside(
        self,
        asked: Question,
        query: QueryVectors,
        wanted: tuple[str, ...],
        within: Int64 | None,
    ) -> Scored:
        """Return the evidence in what was not chosen, none where everything may be used."""
        allowed = in_both(rows_of(self.snapshot, wanted), within)
        if allowed is None or len(allowed) == len(self.snapshot.passages):
            return NOTHING
        others = np.setdiff1d(np.arange(len(self.snapshot.passages)), allowed)
        found = found_for(self.snapshot, query, asked, by_name=False, within=others)
        return score_evidence(asked, found, self._reader)

    def _reason(
        self, wanted: tuple[str, ...], near: tuple[str, ...], outside: Scored, threshold: float
    ) -> str:
        """Return what may help where the reports do not say; empty where nothing is known."""
        if outside.confidence >= threshold and outside.evidence:
            report = outside.evidence[0].passage.report
            said = HIDDEN if report in wanted or not wanted else MAY_HAVE
            return said.format(self._titles([report]))
        if len(near) > 1:
            titles = " or ".join(self._titles([report]) for report in near[:MAX_NAMED])
            return COULD_MEAN.format(titles)
        return ""

    def _groups(
        self, asked: Question, chosen: tuple[str, ...], named: tuple[str, ...]
    ) -> list[tuple[str, ...]]:
        """Return the sets of reports that are searched apart: one each for a comparison.

        A question that names two places asks of both, in whatever words.
        """
        if asked.across and not chosen:
            chosen = tuple(report.id for report in self.snapshot.reports)
        compares = asked.compares or asked.across or len(self._by_place(asked, named)) > 1
        if compares and 1 < len(chosen) <= MAX_COMPARED:
            return [(report,) for report in chosen]
        return [chosen]

    def _unheard(self, names: frozenset[str], reports: Sequence[str]) -> bool:
        """Return whether no passage of the reports has any of the names."""
        rows = rows_of(self.snapshot, reports)
        return rows is not None and not self.snapshot.lexical_scores(sorted(names))[rows].any()

    def _is_foreign(self, asked: Question, reports: Sequence[str]) -> bool:
        """Return whether a question is about a year or a place that the reports never mention.

        A misspelt name is not foreign where a name of the reports is near it.
        """
        rows = rows_of(self.snapshot, reports)
        named = frozenset().union(*self._named.values())

        def unheard(term: str) -> bool:
            scores = self.snapshot.lexical_scores([term])
            return not (scores if rows is None else scores[rows]).any()

        if any(unheard(year) and year not in named for year in asked.years):
            return True
        return asked.asks_rating and any(
            unheard(name)
            and not any(known.startswith(name[:SHORT_NAME]) for known in named)
            and not difflib.get_close_matches(name, named, n=1, cutoff=NEAR_NAME)
            for name in asked.names - NAMES_NOTHING
        )

    def _titles(self, reports: Sequence[str]) -> str:
        titles = {report.id: report.title for report in self.snapshot.reports}
        return ", ".join(f"“{titles[report]}” ({report})" for report in reports[:MAX_NAMED])

    def _answer(
        self, asked: Question, found: Found, scored: Scored, reports: Sequence[str], top: int
    ) -> Answer:
        direct, confidence, said = self._direct(asked, found, scored, reports)
        hits = _hits(direct, scored.evidence, [found], top)
        evidence = scored.evidence
        if asked.asks_reason and asked.asks_rating:
            evidence = reasons_of(asked, self._rated.rows(reports, found), evidence)
        chosen = direct or choose(asked, evidence, self._settings)
        labels = {chosen[0].passage.report: said} if said else {}
        return self._told(asked, chosen, confidence, hits, labels, ranked=scored.evidence)

    def _direct(
        self, asked: Question, found: Found, scored: Scored, reports: Sequence[str]
    ) -> tuple[tuple[Evidence, ...], float, str]:
        """Return the rows or the list that answer a question by their place, and the confidence.

        The text says how much of a list is shown, where it is not all of it.
        """
        confidence = scored.confidence
        if not asked.terms or self._is_foreign(asked, reports):
            return (), 0.0, ""
        rated = self._allowed(self._rated.evidence(asked, reports, found), found.allowed)
        if rated:
            if _unsaid(asked, (e.passage for e in rated), self.snapshot):
                return (), 0.0, ""
            return rated, max(confidence, DIRECT_CONFIDENCE), ""
        names = list(reports) or [c.passage.report for c in found.candidates[:1]]
        known = frozenset().union(*(self._named[name] for name in names))
        passages = self._passages(names, found.allowed)
        listed = list_evidence(asked, passages, known) if names else ()
        if listed:
            shown, said = whole_list(listed, self._settings.max_words)
            return shown, max(confidence, DIRECT_CONFIDENCE), said
        return (), confidence, ""

    def _passages(self, reports: Sequence[str], allowed: Int64 | None) -> Iterator[Passage]:
        rows = in_both(rows_of(self.snapshot, reports), allowed)
        for row in () if rows is None else rows:
            yield self.snapshot.passages[int(row)]

    def _allowed(
        self, evidence: tuple[Evidence, ...], allowed: Int64 | None
    ) -> tuple[Evidence, ...]:
        """Return the evidence that stands in rows which may be used, all where that is None."""
        if allowed is None or not evidence:
            return evidence
        start = {e.passage.report: self.snapshot.rows_of(e.passage.report).start for e in evidence}
        usable = np.isin([start[e.passage.report] + e.passage.ordinal for e in evidence], allowed)
        return tuple(e for e, may in zip(evidence, usable, strict=True) if may)

    def _compare(
        self,
        asked: Question,
        found: Sequence[Found],
        scored: Sequence[Scored],
        groups: Sequence[tuple[str, ...]],
        top: int,
        *,
        named: bool,
    ) -> Answer:
        """Return an answer with a part from each report, each by its own evidence."""
        words = self._settings.max_words // len(groups)
        settings = replace(
            self._settings,
            max_sentences=MAX_COMPARED_SENTENCES,
            same_passage_share=COMPARED_PASSAGE_SHARE,
        )
        parts: list[tuple[float, tuple[Evidence, ...]]] = []
        counted: dict[str, str] = {}
        changed = self._changed(asked, groups, found)
        for group, one, its in zip(groups, found, scored, strict=True):
            direct, confidence, _ = self._direct(asked, one, its, group)
            if changed.get(group[0]):
                direct, confidence = changed[group[0]], max(confidence, DIRECT_CONFIDENCE)
            if direct:
                direct = (*self._rated.stated(direct), *direct)
            told = fitting(direct, words) if direct else choose(asked, its.evidence, settings)
            grade_asked = asked.asks_rating and not asked.asks_reason and GRADE.search(asked.text)
            if not direct and asked.across and grade_asked:
                told, confidence = (), 0.0  # the unit has not the grade that is asked for
            if len(told) < len(direct):
                counted[group[0]] = f"{in_words(len(told))} of {in_words(len(direct))} shown"
            parts.append((confidence, told))
        best = max(confidence for confidence, _ in parts)
        least = best * (NAMED_SHARE if named else COMPARED_SHARE)
        kept = shared_out(
            [part for confidence, part in parts if confidence >= least],
            self._settings.max_words,
        )
        evidence = sorted((e for its in scored for e in its.evidence), key=lambda e: -e.score)
        hits = _hits([e for part in kept for e in part[:1]], evidence, found, top)
        labels = labels_of([r for r in self.snapshot.reports if (r.id,) in groups])
        labels |= {r: f"{labels[r]}, {said}" for r, said in counted.items()}
        told_all = [e for part in kept for e in part]
        return self._told(asked, told_all, best, hits, labels, ranked=evidence)

    def _changed(
        self, asked: Question, groups: Sequence[tuple[str, ...]], found: Sequence[Found]
    ) -> dict[str, tuple[Evidence, ...]]:
        """Return the ratings that changed between two inspections, by report; else nothing."""
        if len(groups) != 2:
            return {}
        age = {info.id: dated(info) for info in self.snapshot.reports}
        pair = sorted(zip(groups, found, strict=True), key=lambda one: age[one[0][0]])
        rows = [self._rated.rows(group, one) for group, one in pair]
        return dict(zip((group[0] for group, _ in pair), changed_rows(asked, *rows), strict=True))

    def _told(
        self,
        asked: Question,
        chosen: Sequence[Evidence],
        confidence: float,
        hits: tuple[Hit, ...],
        labels: Mapping[str, str] | None = None,
        *,
        ranked: Sequence[Evidence] = (),
    ) -> Answer:
        """Return chosen evidence as an answer; one without sentences where none can be cited."""
        sentences, citations = self._cite(chosen, labels or {}, ranked)
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
        self,
        chosen: Sequence[Evidence],
        labels: Mapping[str, str],
        ranked: Sequence[Evidence],
    ) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
        """Return the sentences with their markers and the citations that the markers name.

        Evidence whose words are not found on its page is left out: it is never shown. ``labels``
        name reports, each in front of the first sentence from it.
        """
        unsaid = dict(labels)
        best = {e.passage.report: e for e in sorted(chosen, key=lambda e: e.score)}
        cited = {(e.passage.report, e.passage.ordinal) for e in chosen}
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        words = 0
        for evidence in chosen:
            passage = evidence.passage
            quotes = self._quotes(evidence)
            text = next((text for text in sentence_texts(evidence) if is_covered(text, quotes)), "")
            if not quotes or not text:
                continue
            label = unsaid.get(passage.report, "")
            text = f"{label}: {text}" if label else text
            sources = [(passage, quote) for quote in quotes]
            if evidence is best[passage.report]:
                other = confirmed(evidence, ranked)
                if other and (other.passage.report, other.passage.ordinal) not in cited:
                    sources += [(other.passage, quote) for quote in self._quotes(other)[:1]]
            numbers = tuple(range(len(citations) + 1, len(citations) + 1 + len(sources)))
            marked = f"{text} {''.join(f'[{n}]' for n in numbers)}."
            size = len(marked.split())
            if words + size > self._settings.max_words:
                if sentences:
                    continue
                marked = self._cut_short(text, numbers)
                size = len(marked.split())
            words += size
            citations.extend(
                self._citation(number, source, quote)
                for number, (source, quote) in zip(numbers, sources, strict=True)
            )
            sentences.append(Sentence(marked, numbers))
            unsaid.pop(passage.report, None)
        return tuple(sentences), tuple(citations)

    def _quotes(self, evidence: Evidence) -> list[Quote]:
        """Return the words of evidence as they stand on their pages."""
        fold_of = partial(self._page_fold, evidence.passage.report)
        return list(quotes_of(evidence.passage, evidence.start, evidence.end, fold_of))

    def _cut_short(self, text: str, numbers: Sequence[int]) -> str:
        """Return the front of a sentence that is longer than an answer may be, with its markers."""
        kept = text.split()[: self._settings.max_words - 2]
        return f"{' '.join(kept)} … {''.join(f'[{n}]' for n in numbers)}."

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
            ocr=page.ocr,
        )


def _fold_of(snapshot: Snapshot, report: str, page: int) -> str:
    return folded_page(snapshot.page_text(report, page))


@dataclass(frozen=True, slots=True)
class _Rated:
    """What one report rates: rows of grades, rows of scores, and the words on the whole."""

    rows: list[RatedRow]
    scores: list[Passage]
    overall: list[Evidence]
    said: list[Evidence]


class _RatedRows:
    """The ratings tables of a snapshot, read once a report."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_report: dict[str, _Rated] = {}

    def evidence(
        self, asked: Question, reports: Sequence[str], found: Found
    ) -> tuple[Evidence, ...]:
        """Return the rows of ratings and scores that answer a question."""
        tables = [self._of(report) for report in self._asked(reports, found)]
        return rating_evidence(
            asked,
            [row for table in tables for row in table.rows],
            [score for table in tables for score in table.scores],
            [said for table in tables for said in table.overall],
        )

    def rows(self, reports: Sequence[str], found: Found) -> list[RatedRow]:
        """Return the rated rows of the reports asked, or of the nearest candidates' report."""
        return [row for report in self._asked(reports, found) for row in self._of(report).rows]

    def stated(self, direct: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Return the sentence that says in words what a single rated row says."""
        if len(direct) != 1:
            return ()
        own = self._of(direct[0].passage.report)
        return stated(direct, own.said, (row.label for row in own.rows))

    @staticmethod
    def _asked(reports: Sequence[str], found: Found) -> list[str]:
        names = list(reports) or [c.passage.report for c in found.candidates[:1]]
        return list(dict.fromkeys(names))

    def _of(self, report: str) -> _Rated:
        if report not in self._by_report:
            rows = self._snapshot.rows_of(report)
            passages = [self._snapshot.passages[row] for row in rows]
            whole = [
                Evidence(passages[f.passage], *f.span, 1.0)
                for f in self._snapshot.findings(report)
                if f.kind == "rating" and not f.label and f.passage >= 0 and f.subject == OVERALL
            ]
            said = [
                Evidence(passage, start, end, 1.0)
                for passage in passages
                if passage.kind == "text"
                for start, end in passage.units
                if GRADE.search(passage.text, start, end)
            ]
            rows_of_grades = rated_rows(passages)
            self._by_report[report] = _Rated(rows_of_grades, score_rows(passages), whole, said)
        return self._by_report[report]


def answer_json(answer: Answer, *, id: str | int | None = None) -> dict[str, Any]:
    """Return an answer in the form of the outward contract."""
    record: dict[str, Any] = {} if id is None else {"id": id}
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
                **({"ocr": True} if c.ocr else {}),
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
    if answer.also:
        record["also"] = list(answer.also)
    return record


def refused_json(question: str, reason: str, *, id: str | int | None = None) -> dict[str, Any]:
    """Return, in the form of an answer, that a question cannot be asked, with the reason."""
    return answer_json(Answer(question, "no_answer", reason, 0.0), id=id) | {"error": reason}


def _near(scored: Scored) -> tuple[str, ...]:
    """Return the reports with the best evidence and with evidence nearly as good, best first."""
    least = NEAR_SHARE * scored.evidence[0].score if scored.evidence else 0.0
    return tuple(dict.fromkeys(e.passage.report for e in scored.evidence if e.score >= least))


def _nearest(found: Sequence[Found], top: int) -> tuple[Hit, ...]:
    """Return the nearest passages of each search in turn, at most ``top``, not yet scored."""
    turns = zip_longest(*(one.candidates for one in found))
    near = [candidate.passage for turn in turns for candidate in turn if candidate is not None]
    return tuple(Hit(rank, passage, 0.0) for rank, passage in enumerate(near[:top], 1))


def _hits(
    direct: Sequence[Evidence], evidence: Sequence[Evidence], found: Sequence[Found], top: int
) -> tuple[Hit, ...]:
    """Return the passages worth reading, best first, at most ``top``.

    A passage is worth its best evidence's probability, raised by how much of the question its page
    has, and less the more passages of the page stand before it. ``direct`` evidence comes first.
    """
    pages = {(c.passage.report, c.passage.ordinal): c.page for one in found for c in one.candidates}
    worth: dict[tuple[str, int], tuple[Passage, float]] = {}
    for unit in direct:
        worth.setdefault((unit.passage.report, unit.passage.ordinal), (unit.passage, 1.0))
    for unit in evidence:
        key = (unit.passage.report, unit.passage.ordinal)
        score = raised(unit.score, PAGE_LOG_ODDS * pages.get(key, 0.0))
        worth.setdefault(key, (unit.passage, score))
    for one in found:
        for candidate in one.candidates:
            passage = candidate.passage
            worth.setdefault((passage.report, passage.ordinal), (passage, 0.0))
    return _spread(list(worth.values()), top)


def _spread(passages: list[tuple[Passage, float]], top: int) -> tuple[Hit, ...]:
    """Return the passages in order of their worth, each less by those before it on its page."""
    left = passages.copy()
    before: Counter[tuple[str, int]] = Counter()
    hits: list[Hit] = []
    while left and len(hits) < top:
        scores = [score * SAME_PAGE ** before[_place(passage)] for passage, score in left]
        at = int(np.argmax(scores))
        passage, _ = left.pop(at)
        before[_place(passage)] += 1
        hits.append(Hit(len(hits) + 1, passage, scores[at]))
    return tuple(hits)


def _place(passage: Passage) -> tuple[str, int]:
    """Return the report and the page on which a passage begins."""
    return passage.report, passage.pages[0] if passage.pages else 0


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


def _declined(
    asked: Question, confidence: float, hits: tuple[Hit, ...], reason: str = ""
) -> Answer:
    """Return the plain "no": nothing cited, the nearest passages kept."""
    if reason:
        return Answer(asked.text, "no_answer", f"{NO_ANSWER} {reason}", confidence, hits=hits)
    text = f"{NO_ANSWER} The nearest passages are listed, but none of them answers the question."
    if not hits:
        text = f"{NO_ANSWER} No passage is near the question."
    return Answer(asked.text, "no_answer", text, confidence, hits=hits)


def _milliseconds(start: float, end: float) -> float:
    return 1000.0 * (end - start)
