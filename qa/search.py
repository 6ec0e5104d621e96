"""The passages nearest to a question: dense and BM25 fused, then compared token by token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexer.embedding import Embedder, QueryVectors
from indexer.lexical import terms
from indexer.records import Passage
from indexer.stores import best_rows
from qa.question import MIN_TERMS, Question

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

DEFAULT_TOP = 10
LEXICAL_WEIGHT = 0.3
"""Weight of BM25 beside the dense score in the convex sum (figures in benchmarks/notes.md)."""

PAGE_WEIGHT = 0.3
"""Weight of the page's score beside the convex sum when passages are taken for comparison."""

MAXSIM_WEIGHT = 0.4
"""Weight of late interaction beside the convex sum."""

POOL = 200
"""Passages taken from each of the two searches before they are fused."""

DEPTH = 30
"""Fused passages that are compared token by token."""

OWN_SHARE = 0.8
"""A name is a report's own when this share of the passages that have it are the report's."""

WORD = re.compile(r"[^\W_]+")

Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage near the question, with every measure of its nearness, higher is nearer.

    ``dense`` is the cosine similarity; ``lexical`` the BM25 score as a part of the best one's;
    ``fused`` their convex sum after min-max scaling, 0 to 1, and ``page`` how well the page has the
    question's terms, 0 to 1. ``similarity`` [t, T] holds the dot products of the question's t
    tokens with the passage's T tokens, ``tokens`` [T, d] the latter, and ``units`` [T] the sentence
    of each token, -1 for the words in front of the text.
    """

    row: int
    passage: Passage
    dense: float
    lexical: float
    fused: float
    page: float
    similarity: Float32
    tokens: Float32
    units: Int16

    @property
    def maxsim(self) -> float:
        """The mean over the question's tokens of the nearest passage token's dot product.

        Khattab and Zaharia, "ColBERT" (2020), with the mean in place of the sum so that long and
        short questions are on one scale.
        """
        return float(self.similarity.max(axis=1).mean())


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates for a question, nearest first, and the question's own vectors.

    ``idf`` holds for each of the question's terms its inverse document frequency in the index,
    by the formula of BM25. ``allowed`` are the rows that were searched, None where all were.
    """

    query: QueryVectors
    candidates: tuple[Candidate, ...]
    idf: dict[str, float]
    allowed: Int64 | None = None


def search(
    snapshot: Snapshot,
    embedder: Embedder,
    question: Question,
    *,
    reports: Sequence[str] = (),
    pool: int = POOL,
    depth: int = DEPTH,
    lexical_weight: float = LEXICAL_WEIGHT,
    page_weight: float = PAGE_WEIGHT,
    maxsim_weight: float = MAXSIM_WEIGHT,
) -> Found:
    """Return the passages nearest to a question, from all reports or from those named."""
    query = embedder.encode_query(question.search_text)
    return found_for(
        snapshot, query, question, reports=reports, pool=pool, depth=depth,
        lexical_weight=lexical_weight, page_weight=page_weight, maxsim_weight=maxsim_weight,
    )  # fmt: skip


def found_for(
    snapshot: Snapshot,
    query: QueryVectors,
    question: Question,
    *,
    reports: Sequence[str] = (),
    pool: int = POOL,
    depth: int = DEPTH,
    lexical_weight: float = LEXICAL_WEIGHT,
    page_weight: float = PAGE_WEIGHT,
    maxsim_weight: float = MAXSIM_WEIGHT,
    by_name: bool = True,
    within: Int64 | None = None,
) -> Found:
    """Return what ``search`` does for a question whose vectors are known.

    Without ``by_name`` a place or year in the question does not choose the reports: the caller has
    seen to that. ``within`` are the rows that may be found, None for all.
    """
    if by_name and not reports:
        reports = named_reports(snapshot, question)
    allowed = in_both(rows_of(snapshot, reports), within)
    total = len(snapshot.passages) if allowed is None else len(allowed)
    by_term = {term: snapshot.lexical_scores([term]) for term in question.terms}
    idf = {term: _idf(scores) for term, scores in by_term.items()}
    if total == 0:
        return Found(query, (), idf, allowed)
    near = snapshot.candidates(query.vector, question.terms, pool=pool, rows=allowed)
    rows, dense, lexical = near.rows, near.dense, near.lexical
    fused = fuse(dense, lexical, lexical_weight)
    page = page_scores([scores[rows] for scores in by_term.values()], snapshot.page_keys(rows))
    best = np.argsort(-((1 - page_weight) * fused + page_weight * page), kind="stable")[:depth]
    peak = float(lexical.max())
    candidates = []
    for at in best:
        tokens, units = snapshot.token_vectors(int(rows[at]))
        vectors = np.asarray(tokens, np.float32)
        candidates.append(
            Candidate(
                row=int(rows[at]),
                passage=snapshot.passages[int(rows[at])],
                dense=float(dense[at]),
                lexical=float(lexical[at]) / peak if peak > 0 else 0.0,
                fused=float(fused[at]),
                page=float(page[at]),
                similarity=query.tokens @ vectors.T,
                tokens=vectors,
                units=units,
            )
        )
    late = min_max(np.array([c.maxsim for c in candidates], np.float32))
    first = np.array([c.fused for c in candidates], np.float32)
    order = np.argsort(-((1 - maxsim_weight) * first + maxsim_weight * late), kind="stable")
    return Found(query, tuple(candidates[i] for i in order), idf, allowed)


def page_scores(by_term: Sequence[Float32], pages: Int64) -> Float32:
    """Return how well each row's page has the terms of a question, float32 [n], 0 to 1.

    ``by_term`` holds for each term the BM25 scores of the rows, ``pages`` a number for the page of
    each. A page has a term as well as its best row has it. A row of a statement or a bullet says
    little by itself; what it is of stands elsewhere on its page.
    """
    _, at = np.unique(pages, return_inverse=True)
    total = np.zeros(int(at.max()) + 1 if len(at) else 0, np.float32)
    for scores in by_term:
        best = np.zeros_like(total)
        np.maximum.at(best, at, scores)
        total += best
    return min_max(total[at])


def fuse(dense: Float32, lexical: Float32, lexical_weight: float = LEXICAL_WEIGHT) -> Float32:
    """Return the convex sum of two scores, each scaled to 0–1 over the candidates.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    """
    return (1 - lexical_weight) * min_max(dense) + lexical_weight * min_max(lexical)


def min_max(values: Float32) -> Float32:
    """Return values scaled so that the lowest is 0 and the highest 1; all 0 where all are equal."""
    if len(values) == 0:
        return values
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-12:
        return np.zeros_like(values)
    return (values - low) / (high - low)


def rows_of(snapshot: Snapshot, reports: Sequence[str]) -> Int64 | None:
    """Return the rows of the named reports' passages, or None where all reports are meant."""
    if not reports:
        return None
    ranges = [snapshot.rows_of(report) for report in dict.fromkeys(reports)]
    return np.concatenate([np.arange(r.start, r.stop, dtype=np.int64) for r in ranges])


def by_words(
    snapshot: Snapshot, question: Question, *, rows: Int64 | None = None, top: int = DEFAULT_TOP
) -> tuple[Passage, ...]:
    """Return the passages that have most of a question's words by BM25, best first.

    It needs no model: something to show while one is loaded.
    """
    scores = snapshot.lexical_scores(list(question.terms))
    best = best_rows(scores, rows, top)
    order = best[np.argsort(-scores[best], kind="stable")]
    return tuple(snapshot.passages[int(row)] for row in order)


def in_both(rows: Int64 | None, others: Int64 | None) -> Int64 | None:
    """Return the rows that two limits allow, in ascending order; None stands for all rows."""
    if rows is None or others is None:
        return others if rows is None else rows
    return np.intersect1d(rows, others)


def named_reports(snapshot: Snapshot, question: Question) -> tuple[str, ...]:
    """Return the reports that the question names by place or year; empty where it names none."""
    return naming(snapshot, report_terms(snapshot), question)[0]


def report_terms(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """Return for each report the terms by which it can be named: title, id, year of publication."""
    return {
        report.id: frozenset(
            terms(f"{report.title} {report.id.replace('-', ' ')} {report.published[:4]}")
        )
        for report in snapshot.reports
    }


def naming(
    snapshot: Snapshot, named: Mapping[str, frozenset[str]], question: Question
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the reports that the question names by place or year, and the terms that name them.

    ``named`` is what ``report_terms`` returns. A word counts as a name when it stands in the terms
    of some reports and not of all, and the passages that have it are nearly all theirs: "services"
    may stand in one title, but it names nothing. Where a place has several reports, a year in the
    question chooses between them, unless the question asks what changed and so means them all.
    """
    if len(named) < 2:
        return (), frozenset()
    asked = set(question.terms)
    shared = frozenset.intersection(*named.values())
    counts = {word: sum(word in words for words in named.values()) for word in asked - shared}
    names = {
        word
        for word, count in counts.items()
        if not word.isdigit()
        # In a small library a place may be in most of the reports, inspected more than once.
        and 0 < count <= (len(named) if word in question.names else max(1, len(named) // 2))
    }
    years = {word for word in question.years if counts.get(word)}
    chosen: dict[str, None] = {}
    used: set[str] = set()
    owners = {name: [r for r, words in named.items() if name in words] for name in sorted(names)}
    owners = {name: own for name, own in owners.items() if _is_own(snapshot, name, own)}
    names = set(owners)
    places = list(owners.values())
    single = len({tuple(place) for place in places}) == 1
    for place in places or ([list(named)] if years else []):
        dated = [report for report in place if named[report] & years]
        changed = question.compares and single and len(place) > 1 and len(dated) < 2
        narrowed = place if changed or not dated else dated
        chosen.update(dict.fromkeys(narrowed))
        used |= years if dated else set()
    return tuple(report for report in named if report in chosen), frozenset(names | used)


def _is_own(snapshot: Snapshot, term: str, reports: Sequence[str]) -> bool:
    """Return whether nearly all passages that have a term are those of some reports."""
    having = snapshot.lexical_scores([term]) > 0
    own = rows_of(snapshot, reports)
    inside = 0 if own is None else int(np.count_nonzero(having[own]))
    return inside >= OWN_SHARE * int(np.count_nonzero(having))


def focus(question: Question, names: frozenset[str]) -> str:
    """Return a question without the words that only say which report is meant.

    In the report they stand everywhere and say nothing of the answer. Where too little would be
    left, the question is returned as it is.

    >>> from qa.question import read_question
    >>> focus(read_question("how many boats in Fenmarsh in 2025?"), frozenset({"fenmarsh", "2025"}))
    'how many boats?'
    """
    if not names:
        return question.text
    kept = question.text
    for word in dict.fromkeys(WORD.findall(question.text)):
        if set(terms(word)) & names:
            kept = re.sub(
                rf"(?:\b(?:in|at|for|of|from|since|to|by|the|and|between|vs\.?|versus|with)\s+)*"
                rf"[(]?\b{re.escape(word)}\b(?:['’]s)?[)]?",
                "",
                kept,
                flags=re.I,
            )
    kept = re.sub(r"\s+([?.,;:!])", r"\1", " ".join(kept.split())).strip(" ,;:")
    return kept if len(set(terms(kept))) >= MIN_TERMS else question.text


def _idf(scores: Float32) -> float:
    """Return the inverse document frequency of a term by the BM25 scores of all rows."""
    having = int(np.count_nonzero(scores))
    return float(np.log(1 + (len(scores) - having + 0.5) / (having + 0.5)))
