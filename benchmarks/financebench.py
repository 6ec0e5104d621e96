"""Page hit@k on FinanceBench: long filings, questions that mostly ask for a line of a statement.

    python -m indexer build --library FOLDER/pdfs --index DIR
    python benchmarks/financebench.py FOLDER/questions.jsonl --index DIR

Nothing of the product was made for filings; the figures show how retrieval does on other documents.
A question counts where one of the first k passages touches a page with its evidence, once with the
filing chosen and once among all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexer.embedding import load_embedder
from indexer.snapshot import DEFAULT_INDEX, open_snapshot
from qa.answer import Asker
from qa.records import Hit

KS = (1, 3, 5, 10)
MAX_QUESTION = 1_000
"""Some questions come with their own instructions and are longer than a question may be."""


def main() -> int:
    """Ask every question twice and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", type=Path, default=DEFAULT_INDEX)
    options = parser.parse_args()
    snapshot = open_snapshot(options.index)
    asker = Asker(snapshot, load_embedder())
    questions = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines()]
    print(f"{len(questions)} questions, {len(snapshot.reports)} filings, "
          f"{len(snapshot.passages):,} passages")  # fmt: skip
    print("asked of        " + "".join(f"  hit@{k:<3}" for k in KS))
    for name, known in (("its filing", True), ("all filings", False)):
        ranks = [rank_of(asker, question, known=known) for question in questions]
        shares = [sum(rank is not None and rank <= k for rank in ranks) / len(ranks) for k in KS]
        print(f"{name:<16}" + "".join(f"  {share:.3f}  " for share in shares))
    return 0


def rank_of(asker: Asker, question: dict[str, Any], *, known: bool) -> int | None:
    """Return the rank of the first passage on a page with evidence, None where there is none."""
    places = {(Path(e["doc"]).stem, int(e["page"])) for e in question["evidence"]}
    reports = [Path(question["doc"]).stem] if known else []
    answer = asker.ask(question["question"][:MAX_QUESTION], reports=reports, top=max(KS))
    return first_hit(answer.hits, places)


def first_hit(hits: Sequence[Hit], places: set[tuple[str, int]]) -> int | None:
    """Return the rank of the first hit that touches one of the places."""
    for hit in hits:
        if any((hit.passage.report, page) in places for page in hit.passage.pages):
            return hit.rank
    return None


if __name__ == "__main__":
    sys.exit(main())
