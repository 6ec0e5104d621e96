"""One question put to several reports, each asked alone: a cell a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from indexer.text import fold
from qa.choice import CAUTION
from qa.labels import dated
from qa.places import place_of
from qa.records import Answer, Sentence

if TYPE_CHECKING:
    from indexer.snapshot import ReportInfo

MIN_REPORTS = 2
MAX_REPORTS = 6
DEFAULT_REPORTS = 4
"""Reports that are compared where nobody chose any and no place was inspected twice."""


NOT_HERE = "This report does not say."


class Answers(Protocol):
    """What answers a question from the reports named: an ``Asker``, or what stands in front."""

    def ask(self, question: str, *, reports: Sequence[str], threshold: float | None) -> Answer:
        """Return the answer to a question from the reports named."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one report says to the question; the numbers of its sources go on from cell to cell."""

    report: str
    title: str
    answer: Answer

    @property
    def found(self) -> bool:
        """Whether the report answers the question."""
        return self.answer.status == "answered"


def cells(
    answers: Answers,
    titles: Mapping[str, str],
    question: str,
    *,
    reports: Sequence[str],
    threshold: float | None = None,
) -> Iterator[Cell]:
    """Yield what each report says, in the order given, each as soon as it has been asked.

    Raises:
        BadQuestion: the question cannot be asked as it stands.
        UnknownReport: a report is not in the index.
    """
    first = 1
    for report in reports:
        answer = answers.ask(question, reports=(report,), threshold=threshold)
        if answer.status == "no_answer":
            # Which other report may have it is told by that report's own cell.
            answer = replace(answer, text=NOT_HERE)
        yield Cell(report, titles.get(report, report), renumbered(answer, first))
        first += len(answer.citations)


def renumbered(answer: Answer, first: int) -> Answer:
    """Return an answer whose sources are numbered from ``first`` on, its markers with them."""
    numbers = {source.n: first + turn for turn, source in enumerate(answer.citations)}
    sentences = tuple(_renumbered(sentence, numbers) for sentence in answer.sentences)
    return replace(
        answer,
        text=" ".join(sentence.text for sentence in sentences) if sentences else answer.text,
        sentences=sentences,
        citations=tuple(replace(source, n=numbers[source.n]) for source in answer.citations),
    )


def _renumbered(sentence: Sentence, numbers: Mapping[int, int]) -> Sentence:
    """Return a sentence with the markers at its end renumbered: those within it are a quote's."""
    ending = f"{_markers(sentence.citations)}."
    renamed = tuple(numbers.get(n, n) for n in sentence.citations)
    if not sentence.text.endswith(ending):
        return Sentence(sentence.text, renamed)
    return Sentence(f"{sentence.text.removesuffix(ending)}{_markers(renamed)}.", renamed)


def _markers(numbers: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in numbers)


def how_sure(confidence: float) -> str:
    """Return the name of the most careful threshold in ``CAUTION`` that a confidence reaches.

    It is the least careful one for a confidence that reaches none.

    >>> how_sure(0.9), how_sure(0.3), how_sure(0.05)
    ('strict', 'balanced', 'helpful')
    """
    by_care = sorted(CAUTION.items(), key=lambda pair: -pair[1])
    return next((name for name, least in by_care if confidence >= least), by_care[-1][0])


# Which reports belong together


def default_reports(reports: Sequence[ReportInfo]) -> tuple[str, ...]:
    """Return the ids to compare first: inspections of one place, or else the first reports."""
    groups = inspections(reports)
    chosen = groups[0][-DEFAULT_REPORTS:] if groups else reports[:DEFAULT_REPORTS]
    return tuple(report.id for report in chosen)


def place_in(report: ReportInfo) -> str:
    """Return the place that a report is about; empty where none is known."""
    return report.place or place_of(report.title, report.id)


def inspections(reports: Sequence[ReportInfo]) -> tuple[tuple[ReportInfo, ...], ...]:
    """Return the reports on places inspected more than once, one group a place, oldest first."""
    groups: dict[str, list[ReportInfo]] = {}
    for report in sorted(reports, key=dated):
        place = fold(place_in(report))
        group = groups.setdefault(place, []) if place else []
        if not group or dated(group[-1]) != dated(report):
            group.append(report)
    order = {report.id: turn for turn, report in enumerate(reports)}
    several = [tuple(group) for group in groups.values() if len(group) > 1]
    return tuple(sorted(several, key=lambda group: min(order[report.id] for report in group)))
