"""What changed between two inspections of one place: what both rated, scored and counted.

Nothing is worked out but the difference of two printed values, and each value keeps its words, so
that both can be seen on their pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.records import Finding, Rect
from indexer.text import fold
from qa.citation import folded_page, line_rects, quotes_of

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

ChangeKind = Literal["rating", "score", "key question"]
Direction = Literal["better", "worse", "same", "up", "down", "unlike", "new", "gone"]
"""``up`` and ``down`` are of figures: whether more is better depends on what is counted.
``unlike`` values are not on one scale; what is ``new`` or ``gone`` stands in one report alone."""

KINDS: tuple[ChangeKind, ...] = ("rating", "score", "key question")

SCALES = (
    ("Outstanding", "Good", "Requires improvement", "Inadequate"),
    ("Outstanding", "Good", "Requires improvement to be good", "Inadequate"),
    ("Outstanding", "Good", "Satisfactory", "Inadequate"),
    ("Outstanding", "Good", "Adequate", "Requires improvement", "Inadequate"),
    ("Good", "Reasonable", "Poor"),
)
"""Grades of inspectorates that are given side by side, each best first."""

SAME_WORDS = 0.5
"""Of one standard, two wordings are the same question from this share of common words."""


@dataclass(frozen=True, slots=True)
class Value:
    """What one report says: its value, and the words of one page that say it."""

    report: str
    value: str
    page: int
    page_label: str
    quote: str
    rects: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that both reports rate or count, or one of them alone.

    ``points`` is by how much a figure has risen, in its own unit; None for grades.
    """

    kind: ChangeKind
    label: str
    subject: str
    earlier: Value | None
    later: Value | None
    direction: Direction
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """An earlier recommendation, and what a later report says became of it."""

    recommendation: str
    told: Value


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed between two inspections, with the titles of their reports."""

    earlier_title: str
    later_title: str
    changes: tuple[Change, ...]
    progress: tuple[Progress, ...]


def what_changed(snapshot: Snapshot, earlier: str, later: str) -> Changed:
    """Return all that changed between two inspections of one place.

    Raises:
        UnknownReport: one of them is not in the index.
    """
    titles = {report.id: report.title for report in snapshot.reports}
    return Changed(
        titles.get(earlier, earlier),
        titles.get(later, later),
        changes(snapshot, earlier, later),
        progress(snapshot, later),
    )


def changes(snapshot: Snapshot, earlier: str, later: str) -> tuple[Change, ...]:
    """Return what two reports rate, score and ask, kind by kind, in the order of the later one.

    What the earlier one has alone comes last of its kind.

    Raises:
        UnknownReport: one of them is not in the index.
    """
    words = _Words(snapshot)
    found: list[Change] = []
    for kind in KINDS:
        before = _first_of_each(f for f in snapshot.findings(earlier) if f.kind == kind)
        after = _first_of_each(f for f in snapshot.findings(later) if f.kind == kind)
        for old, new in _paired(before, after):
            found.append(_change(kind, old, new, words, earlier, later))
    return tuple(found)


def progress(snapshot: Snapshot, report: str) -> tuple[Progress, ...]:
    """Return what a report says became of earlier recommendations, in its order.

    Raises:
        UnknownReport: it is not in the index.
    """
    words = _Words(snapshot)
    told = (finding for finding in snapshot.findings(report) if finding.kind == "progress")
    return tuple(Progress(finding.subject, words.value(report, finding)) for finding in told)


def tally(found: Iterable[Change]) -> dict[Direction, int]:
    """Return how many ratings are better, worse, and so on; the score is not one of them."""
    counted: dict[Direction, int] = {}
    for change in found:
        if change.kind == "rating":
            counted[change.direction] = counted.get(change.direction, 0) + 1
    return counted


def direction(earlier: str, later: str) -> Direction:
    """Return whether a grade is better or worse than an earlier one, on the scale of both.

    >>> direction("Inadequate", "Good"), direction("Good", "requires improvement")
    ('better', 'worse')
    >>> direction("Poor", "Poor"), direction("Poor", "Outstanding")
    ('same', 'unlike')
    """
    old, new = fold(earlier), fold(later)
    if old == new:
        return "same"
    for scale in SCALES:
        grades = [fold(grade) for grade in scale]
        if old in grades and new in grades:
            return "better" if grades.index(new) < grades.index(old) else "worse"
    return "unlike"


# Which belongs to which


def _first_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in their order, one that says the same of the same thing again left out."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        kept.setdefault((fold(finding.label), fold(finding.subject)), finding)
    return list(kept.values())


def _paired(
    before: Sequence[Finding], after: Sequence[Finding]
) -> Iterator[tuple[Finding | None, Finding | None]]:
    """Yield what belongs together, in the later order, then what the earlier report has alone."""
    partner = _partners(before, after)
    for turn, new in enumerate(after):
        yield (before[partner[turn]] if turn in partner else None), new
    alone = set(range(len(before))) - set(partner.values())
    for turn in sorted(alone):
        yield before[turn], None


def _partners(before: Sequence[Finding], after: Sequence[Finding]) -> dict[int, int]:
    """Return for each later finding the earlier one of the same thing, the likest pairs first."""
    likely = sorted(
        (-_likeness(old, new), n, o) for n, new in enumerate(after) for o, old in enumerate(before)
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for unlike, n, o in likely:
        if -unlike < SAME_WORDS:
            break
        if n not in partner and o not in taken:
            partner[n] = o
            taken.add(o)
    return partner


def _likeness(old: Finding, new: Finding) -> float:
    """Return how sure it is that two findings are of the same thing, 0 to 2."""
    same_label = bool(old.label) and fold(old.label) == fold(new.label)
    if fold(old.subject) == fold(new.subject):
        return 2.0 if same_label or not (old.label or new.label) else 1.5
    if not same_label:
        return 0.0
    a, b = _terms(old.subject), _terms(new.subject)
    return len(a & b) / len(a | b) if a or b else 0.0


def _terms(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.lower()))


def _change(
    kind: ChangeKind,
    old: Finding | None,
    new: Finding | None,
    words: _Words,
    earlier: str,
    later: str,
) -> Change:
    shown = new or old
    assert shown is not None
    points = None
    if old is None or new is None:
        how: Direction = "gone" if new is None else "new"
    elif kind == "rating":
        how = direction(old.value, new.value)
    else:
        how, points = _difference(kind, old, new)
    return Change(
        kind=kind,
        label=shown.label,
        subject=shown.subject,
        earlier=words.value(earlier, old) if old else None,
        later=words.value(later, new) if new else None,
        direction=how,
        points=points,
    )


def _difference(kind: ChangeKind, old: Finding, new: Finding) -> tuple[Direction, float | None]:
    """Return whether a figure rose, and by how much; a score out of more is no better or worse."""
    if old.number is None or new.number is None or old.total != new.total:
        return "unlike", None
    points = round(new.number - old.number, 2)
    if not points:
        return "same", points
    if kind == "score":
        return ("better" if points > 0 else "worse"), points
    return ("up" if points > 0 else "down"), points


class _Words:
    """The words of findings as they stand on the pages of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._folds: dict[tuple[str, int], str] = {}

    def value(self, report: str, finding: Finding) -> Value:
        """Return the value of a finding with the words of its first page."""
        quote, rects = self._quote(report, finding)
        page = self._snapshot.page_text(report, finding.page)
        return Value(report, finding.value, page.number, page.label, quote, rects)

    def _quote(self, report: str, finding: Finding) -> tuple[str, tuple[Rect, ...]]:
        """Return the words of a finding on its first page, checked, and the boxes of their lines.

        Cells that the page has in another order are joined as they follow in the row.
        """
        rows = self._snapshot.rows_of(report)
        if 0 <= finding.passage < len(rows):
            passage = self._snapshot.passages[rows[finding.passage]]
            quotes = [
                quote
                for quote in quotes_of(passage, *finding.span, lambda n: self._fold(report, n))
                if quote.page == finding.page
            ]
            if quotes:
                text = " ".join(quote.text for quote in quotes)
                return text, tuple(rect for quote in quotes for rect in quote.rects)
        words = [word for word in finding.words if word.page == finding.page]
        text = " ".join(finding.text[words[0].start : words[-1].end].split())
        return text, line_rects(words)

    def _fold(self, report: str, page: int) -> str:
        key = (report, page)
        if key not in self._folds:
            self._folds[key] = folded_page(self._snapshot.page_text(report, page))
        return self._folds[key]
