"""What each report rates, counts and recommends, at a glance: the findings of an index as values.

Reports of one family need not rate the same things: those that share most of what they rate are
a group, with a column for each standard. Two inspections of one place make a timeline.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from indexer.records import Finding, FindingKind, Rect
from indexer.snapshot import ReportInfo, Snapshot
from indexer.text import fold
from qa.filters import about
from qa.places import same_place
from qa.question import YEAR

Step = Literal["outstanding", "good", "adequate", "improve", "inadequate", "other"]
"""How good a grade is, whatever a family calls it; ``other`` are those that no scale here has."""

Change = Literal["better", "worse", "same", ""]
Dated = Literal["given", "inspected", "published", "named", ""]
"""Where a report's date comes from: a person, its words on its inspection, those on its
publication, or a year in its title or id."""

SHOWN: tuple[FindingKind, ...] = (
    "rating",
    "score",
    "key question",
    "strength",
    "improvement",
    "recommendation",
    "progress",
)
OVERALL = "Overall"
"""The subject under which the index keeps the rating and the score of the whole."""

STEPS: dict[str, Step] = {
    "Outstanding": "outstanding",
    "Good": "good",
    "Sufficient progress": "good",
    "Met": "good",
    "Achieved": "good",
    "Typically positive experiences and outcomes": "good",
    "Satisfactory": "adequate",
    "Adequate": "adequate",
    "Reasonable": "adequate",
    "Requires improvement": "improve",
    "Some progress": "improve",
    "Partly met": "improve",
    "Partially met": "improve",
    "Inconsistent experiences and outcomes": "improve",
    "Inadequate": "inadequate",
    "Weak": "inadequate",
    "Poor": "inadequate",
    "No progress": "inadequate",
    "Not met": "inadequate",
    "Not achieved": "inadequate",
    "Widespread and/or systemic failings": "inadequate",
}
ORDER: tuple[Step, ...] = ("inadequate", "improve", "adequate", "good", "outstanding")

GROUP_SHARE = 0.5
"""Reports stand in one table when at least this part of what the shorter one rates is shared."""

MONTH = re.compile(rf"\b(?:{'|'.join(calendar.month_name[1:])})\b", re.I)
HEADER = (
    "report", "title", "place", "date", "date of", "family", "kind", "standard", "subject",
    "value", "number", "out of", "PDF page", "printed page", "section", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of a report, and where it stands.

    ``number`` counts the report's findings from 0; ``label`` is the standard's or, for a
    recommendation, its own; ``amount`` is a percentage, or what was scored out of ``total``.
    ``quote`` is what its first page has of the text, ``rects`` the boxes of it, one a line.
    """

    report: str
    number: int
    kind: FindingKind
    label: str
    subject: str
    value: str
    amount: float | None
    total: float | None
    text: str
    section: tuple[str, ...]
    page: int
    page_label: str
    quote: str
    rects: tuple[Rect, ...]

    @property
    def step(self) -> Step:
        """How good the value is."""
        return step_of(self.value)

    @property
    def key(self) -> tuple[str, str]:
        """What makes two things rated the same: the number, without its letters, and the name."""
        return re.sub(r"[^\d.]", "", self.label).strip("."), fold(self.subject)

    @property
    def is_overall(self) -> bool:
        """Whether it is about the whole."""
        return not self.label and self.subject == OVERALL


@dataclass(frozen=True, slots=True)
class Glance:
    """A report and what is shown of it; ``date`` is in ISO form, as exact as the report is."""

    report: str
    title: str
    place: str
    date: str
    dated: Dated
    family: str
    said: tuple[Said, ...]

    def of(self, kind: FindingKind) -> tuple[Said, ...]:
        """Return the findings of one kind in the order of the report."""
        return tuple(said for said in self.said if said.kind == kind)

    @property
    def overall(self) -> tuple[Said, ...]:
        """The rating of the whole; more than one only where the report contradicts itself."""
        return tuple(said for said in self.of("rating") if said.is_overall)

    @property
    def standards(self) -> tuple[Said, ...]:
        """The ratings of its parts."""
        return tuple(said for said in self.of("rating") if not said.is_overall)

    def rated(self, column: Column) -> tuple[Said, ...]:
        """Return the ratings that belong in a column."""
        return tuple(said for said in self.of("rating") if said.key == column.key)


@dataclass(frozen=True, slots=True)
class Column:
    """A standard as a group of reports calls it; the label is empty where it has no number."""

    label: str
    name: str
    key: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Reports of one family that rate the same, by place and date, and what they rate."""

    family: str
    columns: tuple[Column, ...]
    glances: tuple[Glance, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """One thing rated in several inspections: a cell each, empty where it was not rated."""

    column: Column
    cells: tuple[tuple[Said, ...], ...]

    @property
    def change(self) -> Change:
        """How the last rating differs from the one before it."""
        last = [cell[0].value for cell in self.cells if cell][-2:]
        return change(*last) if len(last) == 2 else ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Inspections of one place, the earliest first, and what at least two of them rate."""

    place: str
    family: str
    glances: tuple[Glance, ...]
    tracks: tuple[Track, ...]
    scores: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """What is listed under one standard: its strengths and its areas for improvement."""

    label: str
    name: str
    strengths: tuple[Said, ...]
    improvements: tuple[Said, ...]


# Reading the index


def glances(snapshot: Snapshot) -> tuple[Glance, ...]:
    """Return every report of an index at a glance, in the order of the index."""
    return tuple(_glance(snapshot, info) for info in snapshot.reports)


def _glance(snapshot: Snapshot, info: ReportInfo) -> Glance:
    labels = {page.number: page.label for page in snapshot.pages(info.id)}
    found = snapshot.findings(info.id)
    date, dated = _date(info, found)
    known = about(snapshot, info)
    return Glance(
        report=info.id,
        title=info.title,
        place=known.place,
        date=date,
        dated=dated,
        family=known.family,
        said=tuple(
            _said(info.id, number, finding, labels)
            for number, finding in enumerate(found)
            if finding.kind in SHOWN
        ),
    )


def _said(report: str, number: int, finding: Finding, labels: dict[int, str]) -> Said:
    page = finding.page
    end = max(word.end for word in finding.words if word.page == page)
    return Said(
        report=report,
        number=number,
        kind=finding.kind,
        label=finding.label,
        subject=finding.subject,
        value=finding.value,
        amount=finding.number,
        total=finding.total,
        text=finding.text,
        section=finding.section,
        page=page,
        page_label=labels.get(page, ""),
        quote=finding.text[finding.words[0].start : end],
        rects=tuple(rect for at, rect in finding.rects if at == page),
    )


def _date(info: ReportInfo, found: Iterable[Finding]) -> tuple[str, Dated]:
    """Return when a report's inspection was, or else when it was published, as it says itself.

    What a person says of it comes first.
    """
    if info.own and info.published != info.own[1]:
        return info.published, "given"
    for finding in found:
        if finding.kind == "fieldwork" and finding.value:
            return finding.value.partition("/")[0], "inspected"
    if info.published:
        return info.published, "published"
    years = YEAR.findall(f"{info.title} {info.id}")
    return (years[-1], "named") if years else ("", "")


# Grades


def step_of(value: str) -> Step:
    """Return how good a grade is; one with words behind it, "No progress for all", is as good.

    >>> step_of("Requires improvement to be good"), step_of("RI"), step_of("Not met")
    ('improve', 'other', 'inadequate')
    """
    words = re.sub(r"^require\b", "requires", " ".join(value.casefold().split()))
    fitting = [grade for grade in STEPS if re.match(rf"{re.escape(grade.casefold())}\b", words)]
    return STEPS[max(fitting, key=len)] if fitting else "other"


def change(before: str, after: str) -> Change:
    """Return how a grade differs from an earlier one, empty where the two cannot be compared.

    >>> change("Inadequate", "Requires improvement"), change("Good", "Good"), change("Good", "3")
    ('better', 'same', '')
    """
    steps = step_of(before), step_of(after)
    if "other" in steps:
        return "same" if fold(before) == fold(after) else ""
    was, now = ORDER.index(steps[0]), ORDER.index(steps[1])
    return "same" if was == now else "better" if now > was else "worse"


# Groups


def groups(every: Sequence[Glance]) -> tuple[Group, ...]:
    """Return the reports that rate anything, those that rate the same in one group.

    Families come in the order of the alphabet, reports of no known family last; of one family,
    the largest group comes first.
    """
    clusters: list[list[Glance]] = []
    for glance in every:
        if not glance.of("rating"):
            continue
        alike = [c for c in clusters if any(_alike(glance, other) for other in c)]
        clusters = [c for c in clusters if c not in alike]
        clusters.append([*(other for c in alike for other in c), glance])
    ordered = sorted(clusters, key=lambda c: (not c[0].family, c[0].family, -len(c), c[0].report))
    return tuple(_group(cluster) for cluster in ordered)


def _alike(one: Glance, other: Glance) -> bool:
    """Return whether two reports are of one family and share most of what they rate."""
    if one.family != other.family:
        return False
    a = {said.key for said in one.standards}
    b = {said.key for said in other.standards}
    if not a or not b:
        return bool(one.family) and a == b
    return len(a & b) >= GROUP_SHARE * min(len(a), len(b))


def _group(cluster: Sequence[Glance]) -> Group:
    by_place = sorted(cluster, key=lambda g: (fold(g.place or g.title), g.date, g.report))
    return Group(cluster[0].family, columns_of(by_place), tuple(by_place))


def columns_of(every: Iterable[Glance]) -> tuple[Column, ...]:
    """Return a column for each thing rated: the whole first, the rest as the reports order them."""
    columns: list[Column] = []
    for glance in every:
        at = 0
        for said in (*glance.overall, *glance.standards):
            place = next((n for n, column in enumerate(columns) if column.key == said.key), None)
            if place is None:
                at = 0 if said.is_overall else at
                columns.insert(at, Column(said.label, said.subject, said.key))
                place = at
            at = place + 1
    return tuple(columns)


def unrated(every: Iterable[Glance]) -> tuple[Glance, ...]:
    """Return the reports that rate nothing."""
    return tuple(glance for glance in every if not glance.of("rating"))


# Places inspected more than once


def timelines(every: Sequence[Glance]) -> tuple[Timeline, ...]:
    """Return the places that reports of one family rate at more than one date, by their names.

    Two reports of one date are two papers on one inspection; they make no timeline by themselves,
    nor do inspections that rate nothing in common.
    """
    rated = [glance for glance in every if glance.place and glance.date and glance.of("rating")]
    found: list[Timeline] = []
    seen: set[str] = set()
    for glance in rated:
        same = _inspections(glance, rated)
        if glance.report not in seen and len({other.date for other in same}) > 1:
            seen.update(other.report for other in same)
            found.append(_timeline(same))
    shown = [line for line in found if line.tracks or line.scores]
    return tuple(sorted(shown, key=lambda line: (fold(line.place), line.family)))


def earlier(glance: Glance, every: Sequence[Glance]) -> Glance | None:
    """Return the inspection of the same place before this one, None where there is none."""
    if not glance.place or not glance.date:
        return None
    before = [other for other in _inspections(glance, every) if other.date < glance.date]
    return before[-1] if before else None


def _inspections(glance: Glance, every: Iterable[Glance]) -> list[Glance]:
    """Return the reports of a report's family on its place, itself among them, by date."""
    same = [other for other in every if other.date and _one_place(glance, other)]
    return sorted(same, key=lambda other: (other.date, other.report))


def _one_place(one: Glance, other: Glance) -> bool:
    """Return whether two reports inspect the same.

    Those of a known family inspect an area each. Any other may be about one of many schools of a
    town, or of one name: it has to be called the same but for numbers and months.
    """
    if one.family != other.family or not same_place(one.place, other.place):
        return False
    return bool(one.family) or _undated(one.title) == _undated(other.title)


def _undated(title: str) -> str:
    return fold(MONTH.sub(" ", re.sub(r"\d+", " ", title)))


def _timeline(same: Sequence[Glance]) -> Timeline:
    tracks = [Track(col, tuple(g.rated(col) for g in same)) for col in columns_of(same)]
    scores = tuple(glance.of("score")[:1] for glance in same)
    return Timeline(
        place=same[-1].place,
        family=same[-1].family,
        glances=tuple(same),
        tracks=tuple(track for track in tracks if sum(map(bool, track.cells)) > 1),
        scores=scores if sum(map(bool, scores)) > 1 else (),
    )


def inspections(same: Sequence[Glance]) -> list[tuple[str, str]]:
    """Return the date of each report and, where another has the same date, its id, else ""."""
    dates = [glance.date[:7] for glance in same]
    return [
        (date, glance.report if dates.count(date) > 1 else "")
        for date, glance in zip(dates, same, strict=True)
    ]


# Figures and counts of one report


def first_shown(every: Sequence[Glance]) -> Glance:
    """Return the report to begin with: the latest of those that answer key questions, or of all."""
    return max(every, key=lambda glance: (bool(glance.of("key question")), glance.date))


def question_before(said: Said, before: Glance | None) -> Said | None:
    """Return the same key question in an earlier inspection, None where it does not have it."""
    asked = before.of("key question") if before else ()
    return next((other for other in asked if other.key == said.key), None)


def counts(glance: Glance) -> tuple[Count, ...]:
    """Return what a report lists, standard by standard, in the order of the report."""
    order: dict[tuple[str, str], tuple[str, str]] = {}
    for said in glance.said:
        if said.kind in ("strength", "improvement"):
            order.setdefault(said.key, (said.label, said.subject))
    return tuple(
        Count(label, name, _under(glance, "strength", key), _under(glance, "improvement", key))
        for key, (label, name) in order.items()
    )


def _under(glance: Glance, kind: FindingKind, key: tuple[str, str]) -> tuple[Said, ...]:
    return tuple(said for said in glance.of(kind) if said.key == key)


# Taking it elsewhere


def rows(every: Iterable[Glance]) -> Iterator[tuple[str, ...]]:
    """Yield all of it as cells under ``HEADER``, a row a finding."""
    for glance in every:
        for said in glance.said:
            yield (
                glance.report,
                glance.title,
                glance.place,
                glance.date,
                glance.dated,
                glance.family,
                said.kind,
                said.label,
                said.subject,
                said.value,
                _plain(said.amount),
                _plain(said.total),
                str(said.page),
                said.page_label,
                " › ".join(said.section),
                said.text,
            )


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
