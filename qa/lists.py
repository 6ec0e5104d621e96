"""Questions for a whole list, answered with every item that stands under the heading they name.

"Areas for improvement under P 1.2" names a heading and the section above it; "the recommendations"
names a heading alone. A question that says more than that ("recommendations to do with domestic
abuse") asks for some of the items, and is left to the search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.lexical import terms
from indexer.records import Passage
from qa.question import Question
from qa.records import Evidence

ASKS_LIST = re.compile(
    r"\b(what|which|list|name|give|show|tell|all|every|how many|summar\w+)\b"
    r"|^\W*[\w.]+( [\w.]+)*s\b",
    re.I,
)
IDLE = frozenset(
    terms(
        "list all every give show tell main key report inspection inspectors found made make name "
        "identified listed summary summarise under standard section standards pdu unit service "
        "said say says set out there many following please full complete"
    )
)
"""Words of a question that do not narrow it down."""

NUMBER = re.compile(r"^(?:[A-Z]{1,3}\s?)?\d+(?:\.\d+)*[.):]?\s+")
LABEL = re.compile(r"\b[a-z]?\s?\d+(?:\.\d+)+\b", re.I)
ITEM_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]\s")
MIN_ITEMS = 2
MAX_SECTIONS = 3


@dataclass(slots=True)
class _Listed:
    """The items under one heading: blocks of one report's section."""

    path: tuple[str, ...]
    report: str
    items: list[Evidence] = field(default_factory=list)


def list_evidence(
    question: Question, passages: Iterable[Passage], known: frozenset[str] = frozenset()
) -> tuple[Evidence, ...]:
    """Return every item under the heading that a question names; none where it names none.

    ``known`` are terms that only say which report is meant and do not narrow the question down.

    The items of a section are its bullets and numbered paragraphs, without the words that lead
    into them, in their order on the page.
    """
    if question.asks_reason or not ASKS_LIST.search(question.text):
        return ()
    asked = set(question.terms)
    found: dict[tuple[str, tuple[str, ...]], _Listed] = {}
    for passage in passages:
        if passage.kind != "text" or not passage.section or not _named(passage.section, asked):
            continue
        key = (passage.report, passage.section)
        listed = found.setdefault(key, _Listed(passage.section, passage.report))
        listed.items.extend(_items(passage))
    sections = [one for one in found.values() if len(one.items) >= MIN_ITEMS]
    if not sections:
        return ()
    best = max(_parents(one.path, question, asked) for one in sections)
    chosen = [one for one in sections if _parents(one.path, question, asked) == best]
    said = set().union(*(_said(one.path) for one in chosen))
    if asked - said - IDLE - known or len(chosen) > MAX_SECTIONS:
        return ()
    return tuple(item for one in chosen for item in _numbered(one.items))


def _numbered(items: Sequence[Evidence]) -> list[Evidence]:
    """Return the numbered items alone where there are any: others only lead in or lead out."""
    numbered = [item for item in items if ITEM_NUMBER.match(item.text)]
    return numbered if len(numbered) >= MIN_ITEMS else list(items)


def _named(path: Sequence[str], asked: set[str]) -> bool:
    """Return whether a question names the innermost heading of a path, every word of it."""
    heading = set(terms(NUMBER.sub("", path[-1])))
    return bool(heading) and heading <= asked


def _said(path: Sequence[str]) -> set[str]:
    return {term for heading in path for term in terms(heading)}


def _parents(path: Sequence[str], question: Question, asked: set[str]) -> float:
    """Return how much of the headings above the innermost one a question names."""
    best = 0.0
    for heading in path[:-1]:
        label = LABEL.search(heading)
        if label and _squeezed(label.group()) in _squeezed(question.text):
            return 2.0
        words = set(terms(NUMBER.sub("", heading)))
        if words:
            best = max(best, len(words & asked) / len(words))
    return best if best >= 0.5 else 0.0


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text.lower())


def _items(passage: Passage) -> list[Evidence]:
    """Return the lines of a passage, each a bullet or paragraph, but for those that lead in."""
    items = []
    start = 0
    for line in passage.text.split("\n"):
        end = start + len(line)
        if line.strip() and not line.rstrip().endswith(":"):
            items.append(Evidence(passage, start, end, 1.0))
        start = end + 1
    return items
