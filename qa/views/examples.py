"""Example questions made from what the reports themselves hold: rated rows and headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from indexer.lexical import terms
from indexer.records import Passage
from qa.ratings import rated_rows

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot
    from qa.records import Answer

MAX_EXAMPLES = 4
MAX_FOLLOW_UPS = 3
MAX_REPORTS = 3
MAX_PASSAGES = 1_500
"""Passages looked at for each report, so that a large library opens as fast as a small one."""

WORST_FIRST = (
    "inadequate", "poor", "weak", "requires improvement", "satisfactory", "reasonable",
    "adequate", "good", "outstanding",
)  # fmt: skip
SMALL = re.compile(r"\b[a-z]+\b")
NUMBER = re.compile(r"^(?:[A-Z]{1,3}\s?)?\d+(?:\.\d+)*[.):]?\s+|^[A-Z]\.\s+")
OVERALL = re.compile(r"\boverall\b", re.I)
RECOMMENDATIONS = re.compile(r"recommendations?", re.I)
TELLING = re.compile(r"[A-Z][a-z]+(?: [\w’'()-]+){1,6}")
FURNITURE = re.compile(
    r"\b(contents|foreword|acknowledgements?|annexe?|appendix|glossary|references|about|index"
    r"|introduction|background|methodology|notes?|role of|further information|areas? for)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the id of the report that it was made from."""

    question: str
    report: str


def examples(snapshot: Snapshot, limit: int = MAX_EXAMPLES) -> tuple[Example, ...]:
    """Return questions about the first reports of an index, taken from each in turn."""
    lists = []
    for info in snapshot.reports[:MAX_REPORTS]:
        rows = snapshot.rows_of(info.id)[:MAX_PASSAGES]
        asked = questions_from([snapshot.passages[row] for row in rows])
        lists.append([Example(question, info.id) for question in islice(asked, limit)])
    turns = [each[turn] for turn in range(limit) for each in lists if turn < len(each)]
    unique = {example.question: example for example in reversed(turns)}
    return tuple(example for example in turns if unique.pop(example.question, None))[:limit]


def questions_from(passages: Sequence[Passage]) -> Iterator[str]:
    """Yield questions that these passages of one report speak of, the most telling first."""
    rows = rated_rows(passages)
    rated = [(row.passage.text[: row.passage.cells[-1][0]].strip(), row.grade) for row in rows]
    words = {word for passage in passages for word in SMALL.findall(passage.text)}
    parts = [(label, grade) for label, grade in rated if not OVERALL.search(label)]
    if parts:
        label, grade = min(parts, key=lambda part: _badness(part[1]))
        yield f"Why was {topic(label, words)} rated {grade.strip()}?"
    if any(OVERALL.search(label) for label, _ in rated):
        yield "What is the overall rating?"
    headings = list(_headings(passages))
    if any(RECOMMENDATIONS.fullmatch(NUMBER.sub("", heading)) for heading in headings):
        yield "What are the recommendations?"
    for heading in headings:
        if _telling(heading):
            yield about(heading)


def follow_ups(snapshot: Snapshot, answer: Answer, limit: int = MAX_FOLLOW_UPS) -> list[Example]:
    """Return questions that lead on from an answer: about the headings next to those it cites."""
    if not answer.citations:
        return []
    report, section = answer.citations[0].report, answer.citations[0].section
    rows = snapshot.rows_of(report)[:MAX_PASSAGES]
    passages = [snapshot.passages[row] for row in rows]
    headings = [heading for heading in _headings(passages) if _telling(heading)]
    near = _after(headings, passages, section)
    asked = {" ".join(terms(answer.question))}
    found = []
    for question in [*map(about, near), *questions_from(passages)]:
        key = " ".join(terms(question))
        if key not in asked:
            asked.add(key)
            found.append(Example(question, report))
    return found[:limit]


def _after(
    headings: Sequence[str], passages: Sequence[Passage], section: Sequence[str]
) -> list[str]:
    """Return the two headings that follow a section in its report, its own left out."""
    order = list(_headings(passages))
    own = next((heading for heading in reversed(section) if heading in order), "")
    place = order.index(own) if own else 0
    return [heading for heading in headings if order.index(heading) > place][:2]


def about(heading: str) -> str:
    """Return the question that asks for what stands under a heading.

    >>> about("P 1.3. Services")
    'What does the report say about “Services”?'
    """
    return f"What does the report say about “{_plain(heading)}”?"


def _plain(heading: str) -> str:
    return NUMBER.sub("", heading).rstrip(" .:")


def _telling(heading: str) -> bool:
    """Return whether a heading names something that one would ask about."""
    plain = _plain(heading)
    named = all(word[0].isupper() for word in plain.split())  # a person's name, as under a foreword
    leads_in = heading.rstrip().endswith(":")  # as in "The region should:"
    return bool(TELLING.fullmatch(plain)) and not (named or leads_in or FURNITURE.search(plain))


def topic(label: str, words: Iterable[str]) -> str:
    """Return a label or heading as it stands within a sentence: no number, no capital in front.

    The capital stays where the first word is never written small, as a name is not.

    >>> topic("P 1.2. Staffing", {"staffing"}), topic("Leeds and York", {"and"})
    ('staffing', 'Leeds and York')
    """
    plain = _plain(label)
    first, space, rest = plain.partition(" ")
    if first.lower() in set(words):
        first = first.lower()
    return f"{first}{space}{rest}"


def _badness(grade: str) -> int:
    name = grade.strip().lower()
    return WORST_FIRST.index(name) if name in WORST_FIRST else len(WORST_FIRST)


def _headings(passages: Iterable[Passage]) -> Iterator[str]:
    """Yield the innermost headings of running text, each once, in the order of the report.

    What stands on the first page is the title page's.
    """
    seen = set()
    for passage in passages:
        heading = passage.section[-1] if passage.section and passage.pages[-1:] > (1,) else ""
        if passage.kind == "text" and heading and heading not in seen:
            seen.add(heading)
            yield heading
