"""What a question is limited to besides reports: place, year, family, standard, kind of finding.

The first three choose reports, the others passages. A filter of several values is met by any of
them; several filters have to be met at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from indexer.families import recognise
from qa.labels import dated
from qa.places import place_of
from qa.question import YEAR
from qa.search import Int64, in_both, rows_of

if TYPE_CHECKING:
    from indexer.snapshot import ReportInfo, Snapshot

KINDS: Mapping[str, frozenset[str]] = {
    "strength": frozenset({"strength"}),
    "improvement": frozenset({"improvement"}),
    "recommendation": frozenset({"recommendation"}),
    "rating": frozenset({"rating", "score", "key question"}),
}
"""Kinds of finding that can be asked for, each with what the index calls them."""

RATED = KINDS["rating"]
UNDER_NO_STANDARD = frozenset({"recommendation", "footnote"})
"""Kinds of finding whose label is a number of their own."""

MAX_VALUES = 50
MAX_CHARACTERS = 100
"""No more values of a filter, and no longer ones, are taken from an address."""

COVER_PAGES = 2
FRONT_PAGES = 4
BACK_PAGES = 2
"""Pages, at either end, on which a report says who published it."""

LABEL = re.compile(r"\s*([A-Z]{1,2})?[  ]?(\d{1,2}\.\d{1,2})(?![\d.]*\d)[.:]?\s*")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question is limited to; an empty tuple limits nothing.

    ``standards`` are labels ("P 1.2"), ``kinds`` are keys of ``KINDS``.
    """

    places: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is limited."""
        return any(self.values(name) for name in NAMES)

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of one filter by its name, one of ``NAMES``."""
        found: tuple[str, ...] = getattr(self, name)
        return found

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the filters that limit anything."""
        return tuple(name for name in NAMES if self.values(name))

    def with_(self, name: str, values: Sequence[str]) -> Filters:
        """Return the same filters but for one, which has other values or none."""
        return replace(self, **{name: tuple(dict.fromkeys(values))})


NO_FILTERS = Filters()
NAMES = tuple(field.name for field in fields(Filters))
PARAMETERS = dict(zip(NAMES, ("place", "year", "family", "standard", "kind"), strict=True))
"""What each filter is called in the address of a question."""


def to_parameters(filters: Filters) -> dict[str, list[str]]:
    """Return filters as parts of an address, those that limit nothing left out.

    >>> to_parameters(Filters(years=("2024",)))
    {'year': ['2024']}
    """
    return {PARAMETERS[name]: list(filters.values(name)) for name in filters.active}


def from_parameters(values_of: Callable[[str], Sequence[str]]) -> Filters:
    """Return the filters of an address; what can be no value of a filter is left out.

    >>> from_parameters({"kind": ["rating", "poem"]}.get)
    Filters(places=(), years=(), families=(), standards=(), kinds=('rating',))
    """
    filters = Filters()
    for name, parameter in PARAMETERS.items():
        values = [v for v in values_of(parameter) or () if 0 < len(v) <= MAX_CHARACTERS]
        if name == "kinds":
            values = [v for v in values if v in KINDS]
        filters = filters.with_(name, values[:MAX_VALUES])
    return filters


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about, by which it can be chosen; what is not known is empty."""

    report: str
    place: str
    year: str
    family: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter, its name for people, and the number of reports that have it."""

    value: str
    name: str
    reports: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What filters leave: reports (none stands for all), rows (None for all) and their number."""

    reports: tuple[str, ...]
    rows: Int64 | None
    passages: int


@dataclass(frozen=True, slots=True)
class Widening:
    """One way on where nothing is left: the filter to lift, and what there is without it.

    ``lifted`` is a name of ``NAMES``, ``reports`` for the choice of reports, or empty for all.
    """

    lifted: str
    filters: Filters
    reports: tuple[str, ...]
    passages: int


class Catalogue:
    """What the reports of a snapshot can be chosen by; each is looked at once, when needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.titles = {info.id: info.title for info in snapshot.reports}
        self._marks: dict[str, _Marks] = {}

    @cached_property
    def abouts(self) -> tuple[About, ...]:
        """What each report is about, in the order of the snapshot."""
        return tuple(about(self._snapshot, info) for info in self._snapshot.reports)

    @cached_property
    def options(self) -> Mapping[str, tuple[Option, ...]]:
        """The values that each filter can have, by the filter's name, in the order for reading."""
        places = Counter(a.place for a in self.abouts if a.place)
        years = Counter(a.year for a in self.abouts if a.year)
        families = Counter(a.family for a in self.abouts if a.family)
        return {
            "places": _options(sorted(places, key=str.casefold), places),
            "years": _options(sorted(years, reverse=True), years),
            "families": _options(sorted(families), families),
            "standards": self._standards(),
            "kinds": self._kinds(),
        }

    def narrowed(self, filters: Filters, reports: Sequence[str] = ()) -> Narrowed:
        """Return what filters leave of the reports named, or of all where none is named.

        Raises:
            UnknownReport: a named report is not in the snapshot.
        """
        chosen = tuple(dict.fromkeys(reports))
        allowed = rows_of(self._snapshot, chosen)
        by_report = filters.places or filters.years or filters.families
        if by_report:
            meant = [a.report for a in self.abouts if _meets(a, filters)]
            chosen = tuple(r for r in meant if not chosen or r in chosen)
            if not chosen:
                return Narrowed((), np.zeros(0, np.int64), 0)
            allowed = rows_of(self._snapshot, chosen)
        rows = self._rows(filters, chosen)
        left = in_both(allowed, rows)
        total = len(self._snapshot.passages) if left is None else len(left)
        return Narrowed(chosen, rows, total)

    def widenings(self, filters: Filters, reports: Sequence[str] = ()) -> tuple[Widening, ...]:
        """Return the ways to find something again, lifting one filter or, at the end, all."""
        ways = [(name, filters.with_(name, ()), tuple(reports)) for name in filters.active]
        ways += [("reports", filters, ())] if reports else []
        ways += [("", Filters(), ())] if len(ways) > 1 else []
        found = (
            Widening(name, left, chosen, self.narrowed(left, chosen).passages)
            for name, left, chosen in ways
        )
        return tuple(way for way in found if way.passages)

    def _rows(self, filters: Filters, reports: Sequence[str]) -> Int64 | None:
        """Return the rows of passages that have the standards and kinds wanted, None for all."""
        if not filters.standards and not filters.kinds:
            return None
        kinds = frozenset().union(*(KINDS.get(kind, frozenset()) for kind in filters.kinds))
        standards = {label_of(standard) or standard for standard in filters.standards}
        rows: list[int] = []
        for report in reports or [info.id for info in self._snapshot.reports]:
            start, marks = self._snapshot.rows_of(report).start, self._marks_of(report)
            ordinals = set().union(*(marks.by_standard.get(label, ()) for label in standards))
            of_kind = set().union(*(marks.by_kind.get(kind, ()) for kind in kinds))
            if filters.standards and filters.kinds:
                ordinals &= of_kind
            elif filters.kinds:
                ordinals = of_kind
            rows += [start + ordinal for ordinal in sorted(ordinals)]
        return np.array(rows, np.int64)

    def _marks_of(self, report: str) -> _Marks:
        if report not in self._marks:
            self._marks[report] = _marks(self._snapshot, report)
        return self._marks[report]

    def _standards(self) -> tuple[Option, ...]:
        """Return what ratings are given to, by the label that reports give it."""
        having: Counter[str] = Counter()
        names: dict[str, Counter[str]] = {}
        for info in self._snapshot.reports:
            for label, name in self._marks_of(info.id).standards.items():
                having[label] += 1
                names.setdefault(label, Counter())[name] += bool(name)
        return tuple(
            Option(label, f"{label} {names[label].most_common(1)[0][0]}".strip(), having[label])
            for label in sorted(having, key=_in_order)
        )

    def _kinds(self) -> tuple[Option, ...]:
        counts: Counter[str] = Counter()
        for info in self._snapshot.reports:
            found = self._marks_of(info.id).by_kind
            counts.update(name for name, kinds in KINDS.items() if kinds & found.keys())
        return tuple(Option(kind, kind, counts[kind]) for kind in KINDS if counts[kind])


def about(snapshot: Snapshot, info: ReportInfo) -> About:
    """Return a report's place, year of publication and family, as it or a person says."""
    year = YEAR.search(dated(info))
    place = info.place or place_of(info.title, info.id)
    family = info.family or _family(snapshot, info)
    return About(info.id, place, year[0] if year else "", family)


def label_of(heading: str) -> str:
    """Return the label of a standard at the front of a heading, empty where there is none.

    >>> label_of("P 1.2. Staffing"), label_of("P1.2 Staffing"), label_of("2.1 Plans")
    ('P 1.2', 'P 1.2', '2.1')
    >>> label_of("1. Organisation"), label_of("Staffing"), label_of("1.2.3 Detail")
    ('', '', '')
    """
    found = LABEL.match(heading)
    return f"{found[1] or ''} {found[2]}".strip() if found else ""


@dataclass(frozen=True, slots=True)
class _Marks:
    """The ordinals of a report's passages by standard and by kind, and its standards' names."""

    by_standard: Mapping[str, set[int]]
    by_kind: Mapping[str, set[int]]
    standards: Mapping[str, str]


def _marks(snapshot: Snapshot, report: str) -> _Marks:
    by_standard: dict[str, set[int]] = {}
    by_kind: dict[str, set[int]] = {}
    names: dict[str, str] = {}
    rated: dict[str, str] = {}
    for ordinal, section in enumerate(snapshot.sections(report)):
        for heading in section:
            label = label_of(heading)
            if label:
                by_standard.setdefault(label, set()).add(ordinal)
                names.setdefault(label, LABEL.sub("", heading, count=1).strip(" .:"))
    for kind, raw, subject, ordinal in snapshot.finding_places(report):
        label = "" if kind in UNDER_NO_STANDARD else label_of(raw)
        if label and kind in RATED:
            rated.setdefault(label, subject if kind == "rating" else "")
        if ordinal >= 0:
            by_kind.setdefault(kind, set()).add(ordinal)
            if label:
                by_standard.setdefault(label, set()).add(ordinal)
    return _Marks(
        by_standard, by_kind, {label: names.get(label) or rated[label] for label in rated}
    )


def _family(snapshot: Snapshot, info: ReportInfo) -> str:
    """Return the name of a report's family, by the words of its outer pages; empty where unknown.

    To read all pages of a large library would keep the first visitor waiting.
    """
    numbers = range(1, info.pages + 1)
    outer = dict.fromkeys([*numbers[:FRONT_PAGES], *numbers[-BACK_PAGES:]])
    pages = [" ".join(snapshot.page_text(info.id, number).text.split()) for number in outer]
    family = recognise(" ".join(pages[:COVER_PAGES]), " ".join(pages))
    return "" if family.is_general else family.name


def _meets(one: About, filters: Filters) -> bool:
    return all(
        not wanted or value in wanted
        for value, wanted in (
            (one.place, filters.places),
            (one.year, filters.years),
            (one.family, filters.families),
        )
    )


def _options(values: Sequence[str], counts: Mapping[str, int]) -> tuple[Option, ...]:
    return tuple(Option(value, value, counts[value]) for value in values)


def _in_order(label: str) -> tuple[str, list[int]]:
    """Return by what labels are sorted: their letters, then their numbers as numbers."""
    return "".join(filter(str.isalpha, label)), [int(n) for n in re.findall(r"\d+", label)]
