"""Questions about a rating, answered from the rows of a ratings table.

A ratings table is any table whose rows end in a grade. Which rows are meant is read from the
words of their labels, from the label of their group, or from "overall".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer.lexical import terms
from indexer.records import Passage
from qa.question import Question
from qa.records import Evidence

GRADES = re.compile(
    r"(outstanding|good|requires improvement|inadequate|satisfactory|reasonable"
    r"|requires improvement to be good|weak|adequate|poor)\W*",
    re.I,
)
OVERALL = re.compile(
    r"\b(overall|verdict|as a whole|in general|final (rating|grade|mark)|altogether)\b", re.I
)
ALL_ROWS = re.compile(
    r"\b(which (standards?|ratings?|areas?|parts?|domains?)|what (are|were) (the|all|its) ratings"
    r"|all (the )?(ratings|standards)|each standard|every standard|standard by standard)\b",
    re.I,
)
MAX_ROWS = 9


@dataclass(frozen=True, slots=True)
class RatedRow:
    """A row of a ratings table: what is rated, in which group, and how."""

    passage: Passage
    label: frozenset[str]
    group: frozenset[str]
    grade: str


def rated_rows(passages: Iterable[Passage]) -> list[RatedRow]:
    """Return the rows whose last cell is a grade and nothing else, in the order given."""
    rows = []
    for passage in passages:
        if passage.kind != "row" or len(passage.cells) < 2:
            continue
        start, end = passage.cells[-1]
        if not GRADES.fullmatch(passage.text[start:end].strip()):
            continue
        label = passage.text[: passage.cells[-1][0]]
        group = passage.context.split(" › ")[1] if " › " in passage.context else ""
        rows.append(
            RatedRow(
                passage, frozenset(terms(label)), frozenset(terms(group)), passage.text[start:end]
            )
        )
    return rows


def rating_evidence(question: Question, rows: Sequence[RatedRow]) -> tuple[Evidence, ...]:
    """Return the rows that answer a question about ratings, none where it asks something else.

    A question that asks for a reason is none of these: its answer is in the text.
    """
    if not question.asks_rating or question.asks_reason or not rows:
        return ()
    chosen = _named(question, rows)
    return tuple(
        Evidence(row.passage, 0, len(row.passage.text), 1.0) for row in chosen[:MAX_ROWS]
    )


def _named(question: Question, rows: Sequence[RatedRow]) -> list[RatedRow]:
    asked = set(question.terms)
    whole = set(terms("overall"))
    if OVERALL.search(question.text):
        return [row for row in rows if row.label & whole]
    own = [row for row in rows if _share(row.label, asked) >= 0.5]
    if own:
        best = max(_share(row.label, asked) for row in own)
        return [row for row in own if _share(row.label, asked) >= min(best, 0.67)]
    group = [row for row in rows if row.group and _share(row.group, asked) >= 0.5]
    if group:
        return group
    return list(rows) if ALL_ROWS.search(question.text) else []


def _share(label: frozenset[str], asked: set[str]) -> float:
    """Return how much of a label the question names; its number ("P 1.2") names all of it."""
    numbers = {term for term in label if re.fullmatch(r"\d+(\.\d+)+", term)}
    if numbers & asked:
        return 1.0
    words = {term for term in label if not re.fullmatch(r"[\d.]+|[a-z]", term)}
    return len(words & asked) / len(words) if words else 0.0
