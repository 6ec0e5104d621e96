"""The passages nearest to a question: dense and BM25 fused, then compared token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexer.embedding import Embedder, QueryVectors
from indexer.lexical import terms
from indexer.records import Passage
from qa.question import Question

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

DEFAULT_TOP = 10
LEXICAL_WEIGHT = 0.3
"""Weight of BM25 beside the dense score in the convex sum (figures in benchmarks/notes.md)."""

MAXSIM_WEIGHT = 0.4
"""Weight of late interaction beside the convex sum."""

POOL = 200
"""Passages taken from each of the two searches before they are fused."""

DEPTH = 30
"""Fused passages that are compared token by token."""

Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage near the question, with every measure of its nearness, higher is nearer.

    ``dense`` is the cosine similarity; ``lexical`` the BM25 score as a part of the best one's;
    ``fused`` their convex sum after min-max scaling, 0 to 1. ``similarity`` [t, T] holds the dot
    products of the question's t tokens with the passage's T tokens, ``tokens`` [T, d] the latter,
    and ``units`` [T] the sentence of each token, -1 for the words in front of the text.
    """

    row: int
    passage: Passage
    dense: float
    lexical: float
    fused: float
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
    by the formula of BM25.
    """

    query: QueryVectors
    candidates: tuple[Candidate, ...]
    idf: dict[str, float]


def search(
    snapshot: Snapshot,
    embedder: Embedder,
    question: Question,
    *,
    reports: Sequence[str] = (),
    pool: int = POOL,
    depth: int = DEPTH,
    lexical_weight: float = LEXICAL_WEIGHT,
    maxsim_weight: float = MAXSIM_WEIGHT,
) -> Found:
    """Return the passages nearest to a question, from all reports or from those named."""
    query = embedder.encode_query(question.search_text)
    return found_for(
        snapshot, query, question, reports=reports, pool=pool, depth=depth,
        lexical_weight=lexical_weight, maxsim_weight=maxsim_weight,
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
    maxsim_weight: float = MAXSIM_WEIGHT,
) -> Found:
    """Return what ``search`` does for a question whose vectors are known."""
    allowed = rows_of(snapshot, reports or named_reports(snapshot, question))
    total = len(snapshot.passages) if allowed is None else len(allowed)
    idf = {term: _idf(snapshot, term) for term in question.terms}
    if total == 0:
        return Found(query, (), idf)
    lexical = snapshot.lexical_scores(list(question.terms))
    near, _ = snapshot.dense_scores(query.vector, k=min(pool, total), rows=allowed)
    rows = np.union1d(near, _best_rows(lexical, allowed, pool)).astype(np.int64)
    dense = np.asarray(snapshot.vectors[rows] @ query.vector, np.float32)
    fused = fuse(dense, lexical[rows], lexical_weight)
    best = np.argsort(-fused, kind="stable")[:depth]
    peak = float(lexical[rows].max())
    candidates = []
    for at in best:
        tokens, units = snapshot.token_vectors(int(rows[at]))
        vectors = np.asarray(tokens, np.float32)
        candidates.append(
            Candidate(
                row=int(rows[at]),
                passage=snapshot.passages[int(rows[at])],
                dense=float(dense[at]),
                lexical=float(lexical[rows[at]]) / peak if peak > 0 else 0.0,
                fused=float(fused[at]),
                similarity=query.tokens @ vectors.T,
                tokens=vectors,
                units=units,
            )
        )
    late = min_max(np.array([c.maxsim for c in candidates], np.float32))
    first = np.array([c.fused for c in candidates], np.float32)
    order = np.argsort(-((1 - maxsim_weight) * first + maxsim_weight * late), kind="stable")
    return Found(query, tuple(candidates[i] for i in order), idf)


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
    if not ranges:
        return np.zeros(0, np.int64)
    return np.concatenate([np.arange(r.start, r.stop, dtype=np.int64) for r in ranges])


def named_reports(snapshot: Snapshot, question: Question) -> tuple[str, ...]:
    """Return the reports that the question names by place or year; empty where it names none.

    A word counts as a name when it stands in the titles or ids of some reports and not of all.
    A year only decides between reports that the other words leave.
    """
    if len(snapshot.reports) < 2:
        return ()
    asked = set(question.terms)
    own = {r.id: set(terms(f"{r.title} {r.id.replace('-', ' ')}")) for r in snapshot.reports}
    shared = set.intersection(*own.values())
    counts = {word: sum(word in words for words in own.values()) for word in asked}
    rare = {w for w in asked - shared if 0 < counts[w] <= max(1, len(own) // 2)}
    names = {word for word in rare if not word.isdigit()}
    years = {word for word in asked if word in question.years and counts.get(word)}
    placed = [report for report, words in own.items() if words & names]
    pool = placed or (list(own) if years else [])
    dated = [report for report in pool if own[report] & years]
    return tuple(dated or placed)


def _best_rows(lexical: Float32, allowed: Int64 | None, pool: int) -> Int64:
    """Return the rows with the highest BM25 scores above 0, at most ``pool`` of them."""
    rows = np.arange(len(lexical), dtype=np.int64) if allowed is None else allowed
    rows = rows[lexical[rows] > 0]
    if len(rows) <= pool:
        return rows
    return rows[np.argpartition(-lexical[rows], pool)[:pool]]


def _idf(snapshot: Snapshot, term: str) -> float:
    total = len(snapshot.passages)
    having = int(np.count_nonzero(snapshot.lexical_scores([term])))
    return float(np.log(1 + (total - having + 0.5) / (having + 0.5)))
