"""Compare ways to rank passages on gold questions, and print one table.

    python benchmarks/retrieval.py GOLD.jsonl [--index DIR]

Each row ranks the same passages in another way: by words, by vectors, by both, then token by token,
by cheap measures of every sentence, and by the reader. Figures are those of
``python -m qa evaluate``; ``MRR`` is the mean of 1 / rank of the first passage that holds evidence.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedding import load_embedder
from indexer.records import Passage
from indexer.snapshot import DEFAULT_INDEX, Snapshot, open_snapshot
from qa import evaluate
from qa.evidence import measure, score_evidence, weighings
from qa.question import Question, read_question
from qa.reader import Reader
from qa.search import Found, found_for
from qa.wording import passage_text

TOP = 30
RRF_K = 60
"""The usual constant of reciprocal rank fusion: Cormack, Clarke and Büttcher (2009)."""

Rank = Callable[[Question, Any, Sequence[str]], list[Passage]]


def main() -> int:
    """Rank every question in every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--index", type=Path, default=DEFAULT_INDEX)
    options = parser.parse_args()
    snapshot = open_snapshot(options.index)
    embedder = load_embedder(snapshot.model_name)
    gold = [one for one in evaluate.load_gold(options.gold) if one.answerable]
    pages = {r.id: [page.text for page in snapshot.pages(r.id)] for r in snapshot.reports}
    acronyms = {a: b for r in snapshot.reports for a, b in snapshot.acronyms(r.id)}
    asked = {one.id: read_question(one.question, acronyms) for one in gold}
    queries = {key: embedder.encode_query(q.search_text) for key, q in asked.items()}
    print("| ranked by | hit@1 | hit@5 | evidence in 500 words | MRR | ms |")
    print("|---|---|---|---|---|---|")
    for name, rank in ways(snapshot).items():
        began = time.process_time()
        ranked = {g.id: rank(asked[g.id], queries[g.id], g.reports)[:10] for g in gold}
        spent = 1000 * (time.process_time() - began) / len(gold)
        scored = evaluate.evaluate(gold, lambda g, r=ranked: _as_answer(g.id, r[g.id]), pages)
        first = [
            next((1 / n for n, hit in enumerate(found, 1) if hit), 0.0)
            for found in (
                [evaluate.contains(g.evidence[0].text, passage_text(p)) for p in ranked[g.id]]
                for g in gold
            )
        ]
        figures = [scored.overall[k] for k in ("page hit@1", "page hit@5", "evidence in 500 words")]
        shown = " | ".join("–" if f is None else f"{f.value:.3f}" for f in figures)
        print(f"| {name} | {shown} | {np.mean(first):.3f} | {spent:.0f} |", flush=True)
    return 0


def ways(snapshot: Snapshot) -> dict[str, Rank]:
    """Return the ways to rank, by name."""
    reader = Reader()

    def search(lexical: float, late: float) -> Rank:
        def rank(asked: Question, query: Any, reports: Sequence[str]) -> list[Passage]:
            found = found_for(
                snapshot, query, asked, reports=reports, depth=TOP,
                lexical_weight=lexical, maxsim_weight=late,
            )  # fmt: skip
            return [candidate.passage for candidate in found.candidates]

        return rank

    def reciprocal(asked: Question, query: Any, reports: Sequence[str]) -> list[Passage]:
        scores: dict[int, float] = {}
        passages: dict[int, Passage] = {}
        for lexical in (0.0, 1.0):
            found = found_for(
                snapshot, query, asked, reports=reports, depth=TOP,
                lexical_weight=lexical, maxsim_weight=0.0,
            )  # fmt: skip
            for place, candidate in enumerate(found.candidates, 1):
                scores[candidate.row] = scores.get(candidate.row, 0.0) + 1 / (RRF_K + place)
                passages[candidate.row] = candidate.passage
        return [passages[row] for row in sorted(scores, key=lambda row: -scores[row])]

    def cheap(asked: Question, query: Any, reports: Sequence[str]) -> list[Passage]:
        found = found_for(snapshot, query, asked, reports=reports)
        keys, rows = measure(asked, found)
        return _by_unit(found, keys, weighings().evidence.logits(rows))

    def read(asked: Question, query: Any, reports: Sequence[str]) -> list[Passage]:
        found = found_for(snapshot, query, asked, reports=reports)
        evidence = score_evidence(asked, found, reader).evidence
        return list({(e.passage.report, e.passage.ordinal): e.passage for e in evidence}.values())

    return {
        "BM25": search(1.0, 0.0),
        "dense": search(0.0, 0.0),
        "reciprocal rank fusion of both": reciprocal,
        "convex sum, BM25 at 0.15": search(0.15, 0.0),
        "convex sum, BM25 at 0.3": search(0.3, 0.0),
        "convex sum, BM25 at 0.5": search(0.5, 0.0),
        "MaxSim alone over the convex sum's best": search(0.3, 1.0),
        "convex sum and MaxSim at 0.4": search(0.3, 0.4),
        "cheap measures of each sentence": cheap,
        "the reader (as shipped)": read,
    }


def _by_unit(found: Found, keys: Sequence[tuple[int, int]], logits: Any) -> list[Passage]:
    best: dict[int, float] = {}
    for (candidate, _), value in zip(keys, logits, strict=True):
        best[candidate] = max(best.get(candidate, -np.inf), float(value))
    order = sorted(best, key=lambda candidate: -best[candidate])
    return [found.candidates[candidate].passage for candidate in order]


def _as_answer(name: str, passages: Sequence[Passage]) -> dict[str, Any]:
    """Return passages in the form of an answer that says nothing."""
    return {
        "id": name,
        "status": "no_answer",
        "answer": "",
        "confidence": 0.0,
        "citations": [],
        "passages": [
            {"report": p.report, "pages": list(p.pages), "text": passage_text(p)} for p in passages
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
