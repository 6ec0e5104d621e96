"""Tables of what reports rate and count, in which every value is a link to the page that says it.

A click opens the page beside the table. Opened in another tab, or copied, the link is that of a
citation and shows the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from indexer.records import FindingKind
from qa.glance import (
    Change,
    Column,
    Glance,
    Group,
    Said,
    Timeline,
    counts,
    inspections,
    question_before,
)
from qa.links import address_of, link_to
from qa.views import strings
from qa.views.escape import html
from qa.views.pagepanel import Opened
from qa.views.parts import day


class Places:
    """The places in the reports to which the links of the page lead, each under a name."""

    def __init__(self, every: Iterable[Glance], opened: Opened | None = None) -> None:
        self.keys: dict[Said, str] = {}
        self.opened: dict[str, Opened] = {}
        self._shown = opened
        for glance in every:
            for said in glance.said:
                key = f"{said.number}:{said.report}"
                self.keys[said] = key
                self.opened[key] = Opened(said.report, said.page, said.page, said.rects)

    def link(self, items: Sequence[Said], shown: str, style: str = "", about: str = "") -> str:
        """Return a link to what is said first, which marks whatever else of it is on that page.

        ``about`` is what the link's own words do not say, for those who hear it alone.
        """
        first = items[0]
        rects = tuple(rect for said in items if said.page == first.page for rect in said.rects)
        key = f"{self.keys[first]}:{len(items)}" if len(items) > 1 else self.keys[first]
        place = Opened(first.report, first.page, first.page, rects)
        self.opened[key] = place
        now = ' aria-current="true"' if place.same_place(self._shown) else ""
        where = strings.on_page(first.page)
        said = ", ".join(part for part in (shown, where, about) if part)
        address = address_of(link_to(first.report, first.page, first.quote))
        return (
            f'<a class="rq-n rq-to {style}" href="{html(address)}" data-source="{html(key)}" '
            f'aria-label="{html(said)}"{now}>{html(shown)} <small>{html(where)}</small></a>'
        )

    def grade(self, said: Said, about: str) -> str:
        """Return a grade in its colour as a link to its page."""
        return self.link([said], said.value, f"rq-step-{said.step}", about)


# Several reports


def matrix(group: Group, places: Places) -> str:
    """Return what a group of reports rates: a row a report, a column a standard."""
    scored = any(glance.of("score") for glance in group.glances)
    heads = [_heading(column) for column in group.columns]
    if scored:
        heads.insert(1, html(strings.SCORE))
    rows = []
    for glance in group.glances:
        cells = [_grades(glance, column, places) for column in group.columns]
        if scored:
            cells.insert(1, _score(glance.of("score"), _name(glance), places))
        rows.append((_report_head(glance), cells))
    return _table(strings.rated_by(family(group.family), len(group.glances)), strings.REPORT,
                  heads, rows, "rq-matrix")  # fmt: skip


def tallies(every: Sequence[Glance], places: Places) -> str:
    """Return how much each report lists, each number a link to the first of it."""
    kinds: tuple[FindingKind, ...] = ("strength", "improvement", "recommendation", "progress")
    rows = [
        (
            _report_head(glance),
            [
                _count(glance.of(kind), f"{strings.LISTED[kind]}, {_name(glance)}", places)
                for kind in kinds
            ],
        )
        for glance in every
        if any(glance.of(kind) for kind in kinds)
    ]
    heads = [html(strings.LISTED[kind]) for kind in kinds]
    return _table(strings.TALLIES, strings.REPORT, heads, rows, "rq-plain") if rows else ""


def timeline(line: Timeline, places: Places) -> str:
    """Return what was rated at each inspection of a place, and what became of it."""
    names = [strings.inspection(day(date), report) for date, report in inspections(line.glances)]
    rows = []
    if line.scores:
        cells = [_score(c, name, places) for c, name in zip(line.scores, names, strict=True)]
        rows.append((html(strings.SCORE), [*cells, ""]))
    for track in line.tracks:
        about = f"{track.column.label} {track.column.name}".strip()
        cells = [
            "".join(places.grade(said, f"{about}, {name}") for said in cell) or _none()
            for cell, name in zip(track.cells, names, strict=True)
        ]
        rows.append((_heading(track.column), [*cells, html(_change(track.change))]))
    heads = [*map(html, names), html(strings.CHANGE)]
    return _table(strings.timeline_of(line.place), strings.STANDARD, heads, rows, "rq-matrix")


# One report


def questions(glance: Glance, before: Glance | None, places: Places) -> str:
    """Return the key questions of a report with their percentages."""
    rows = []
    for said in glance.of("key question"):
        old = question_before(said, before)
        about = f"{said.label} {said.subject}".strip()
        cells = [places.link([said], said.value, "", about)]
        if before is not None:
            cells.append(places.link([old], old.value, "", about) if old else _none())
        rows.append((f"{html(about)}", cells))
    heads = [html(day(glance.date[:7]) or strings.THIS_REPORT)]
    if before is not None:
        heads.append(html(day(before.date[:7])))
    return _table(strings.KEY_QUESTIONS, strings.KEY_QUESTION, heads, rows, "rq-plain")


def by_standard(glance: Glance, places: Places) -> str:
    """Return how many strengths and areas for improvement a report lists for each standard."""
    rows = []
    for count in counts(glance):
        name = f"{count.label} {count.name}".strip() or strings.WHOLE_REPORT
        rows.append((html(name), [
            _count(count.strengths, f"{strings.LISTED['strength']}, {name}", places),
            _count(count.improvements, f"{strings.LISTED['improvement']}, {name}", places),
        ]))  # fmt: skip
    heads = [html(strings.LISTED[kind]) for kind in ("strength", "improvement")]
    return _table(strings.BY_STANDARD, strings.STANDARD, heads, rows, "rq-plain") if rows else ""


def progress(glance: Glance, places: Places) -> str:
    """Return what became of earlier recommendations."""
    rows = [
        (html(said.subject), [places.grade(said, said.subject)]) for said in glance.of("progress")
    ]
    heads = [html(strings.PROGRESS)]
    if not rows:
        return ""
    return _table(strings.PROGRESS_ON, strings.RECOMMENDATION, heads, rows, "rq-plain")


def listed(items: Sequence[Said], places: Places) -> str:
    """Return findings word for word, each with the link to its page."""
    lines = []
    for said in items:
        number = f"{said.label}. " if said.kind == "recommendation" and said.label else ""
        under = said.subject if said.kind == "recommendation" else f"{said.label} {said.subject}"
        link = places.link([said], strings.READ_IT, "", " ".join(said.text.split()[:8]))
        lines.append(
            f"<li>{html(number)}{html(said.text)}<small>{html(under.strip())} {link}</small></li>"
        )
    return f'<ul class="rq-list rq-said">{"".join(lines)}</ul>'


# Cells


def family(name: str) -> str:
    """Return a family as a heading; what is of no known family is a report of another kind."""
    return strings.FAMILIES.get(name) or (f"{name[:1].upper()}{name[1:]}" if name else "")


def name_of(glance: Glance) -> str:
    """Return a report's place and date, or its title where no place is known."""
    return _name(glance)


def _name(glance: Glance) -> str:
    when = day(glance.date[:7])
    return ", ".join(part for part in (glance.place or glance.title, when) if part)


def _report_head(glance: Glance) -> str:
    when = day(glance.date[:7])
    said = strings.DATES[glance.dated].format(when) if when else strings.NO_DATE
    return (
        f"{html(glance.place or glance.title)}<small>{html(said)} · {html(glance.report)}</small>"
    )


def _heading(column: Column) -> str:
    label = f"<small>{html(column.label)}</small> " if column.label else ""
    return f"{label}{html(column.name)}"


def _grades(glance: Glance, column: Column, places: Places) -> str:
    about = f"{column.label} {column.name}, {_name(glance)}".strip()
    return "".join(places.grade(said, about) for said in glance.rated(column)) or _none()


def _score(scores: Sequence[Said], about: str, places: Places) -> str:
    if not scores:
        return _none()
    return places.link(scores[:1], scores[0].value, "", f"{strings.SCORE}, {about}")


def _count(items: Sequence[Said], about: str, places: Places) -> str:
    return places.link(items, f"{len(items):,}", "", about) if items else html(strings.NONE_LISTED)


def _none() -> str:
    return (
        f'<span class="rq-none"><span aria-hidden="true">{strings.NOT_RATED}</span>'
        f'<span class="rq-spoken">{strings.NOT_RATED_SPOKEN}</span></span>'
    )


def _change(change: Change) -> str:
    """Return what became of a rating in a sign and words, nothing where it cannot be said."""
    return f"{strings.CHANGE_SIGNS[change]} {strings.CHANGES[change]}" if change else ""


def _table(
    caption: str,
    corner: str,
    heads: Sequence[str],
    rows: Sequence[tuple[str, Sequence[str]]],
    style: str = "",
) -> str:
    """Return a table of cells that are HTML already, in a box that scrolls where it is too wide.

    On a narrow screen each row is a card, in which every cell says its column.
    """
    head = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in heads)
    body = ""
    for first, cells in rows:
        filled = "".join(
            f'<td role="cell"><span class="rq-column" aria-hidden="true">{name}</span>{cell}</td>'
            for name, cell in zip(heads, cells, strict=True)
        )
        body += f'<tr role="row"><th scope="row" role="rowheader">{first}</th>{filled}</tr>'
    return (
        f'<div class="rq-wide" tabindex="0" role="group" aria-label="{html(caption)}">'
        f'<table class="rq-rated {style}" role="table"><caption>{html(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">'
        f"{html(corner)}</th>{head}</tr></thead>"
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )
