"""Pieces of a comparison as HTML: heads of cells and tables of what changed, all text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa.changes import Change, Progress, Value
from qa.links import address_of, link_to
from qa.views import strings
from qa.views.escape import html
from qa.views.export import name_of

TONES = {"better": "rq-better", "worse": "rq-worse"}


def cell_head(label: str, title: str, day: str) -> str:
    """Return the head of a cell: the short name of its report, and its date and title."""
    named = f'<h2 class="rq-h">{html(label or title)}</h2>'
    said = " · ".join(part for part in (day, title if label else "") if part)
    return f'{named}<p class="rq-path rq-clamp" title="{html(title)}">{html(said)}</p>'


def not_here() -> str:
    """Return that a report does not answer."""
    return f'<p class="rq-not-here"><span aria-hidden="true">∅ </span>{strings.NOT_IN_REPORT}</p>'


def changes_table(
    caption: str, head: str, heads: tuple[str, str], found: Sequence[tuple[int, Change]]
) -> str:
    """Return changes as a table; each value has a link to its page, known by ``key_of``."""
    rows = "".join(_row(turn, change, heads) for turn, change in found)
    return _table(caption, (head, *heads, strings.CHANGE), rows)


def progress_table(found: Sequence[Progress]) -> str:
    """Return what became of earlier recommendations as a table, each with a link to its page."""
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{html(item.recommendation)}</th>'
        f"{_cell(strings.PROGRESS, html(item.told.value))}"
        f"{_cell(strings.OPEN_PAGE, _page(key_of('progress', turn), item.told))}</tr>"
        for turn, item in enumerate(found)
    )
    heads = (strings.RECOMMENDATION, strings.PROGRESS, strings.OPEN_PAGE)
    return _table(strings.PROGRESS_CAPTION, heads, rows)


def key_of(what: str, turn: int) -> str:
    """Return the name by which the page knows a place: "earlier", "later" or "progress".

    >>> key_of("later", 3)
    'later-3'
    """
    return f"{what}-{turn}"


def _row(turn: int, change: Change, heads: tuple[str, str]) -> str:
    sides = zip(("earlier", "later"), heads, (change.earlier, change.later), strict=True)
    cells = "".join(_cell(head, _value(key_of(side, turn), value)) for side, head, value in sides)
    name = html(name_of(change))
    how = _cell(strings.CHANGE, _how(change))
    return f'<tr role="row"><th scope="row" role="rowheader">{name}</th>{cells}{how}</tr>'


def _value(key: str, value: Value | None) -> str:
    if value is None:
        return f'<span class="rq-path">{strings.NOT_THERE}</span>'
    return f"{html(value.value)} {_page(key, value)}"


def _page(key: str, value: Value) -> str:
    """Return the link that opens the page of a value; elsewhere it opens as an address."""
    said = strings.show_page_of(value.page_label, value.page, value.quote)
    shown = strings.short_page(value.page_label, value.page)
    address = address_of(link_to(value.report, value.page, value.quote))
    return (
        f'<a class="rq-n" href="{html(address)}" data-source="{html(key)}" target="_blank" '
        f'rel="noopener" aria-label="{html(said)}">{html(shown)}</a>'
    )


def _how(change: Change) -> str:
    """Return what changed, by a sign and in words."""
    said = html(strings.change_in(change.direction, change.points))
    sign = strings.CHANGE_SIGNS.get(change.direction, "")
    shown = f'<span aria-hidden="true">{sign} </span>' if sign else ""
    return f'<span class="rq-change {TONES.get(change.direction, "")}">{shown}{said}</span>'


def _cell(name: str, inner: str) -> str:
    return f'<td class="rq-value" role="cell" data-name="{html(name)}">{inner}</td>'


def _table(caption: str, heads: Iterable[str], rows: str) -> str:
    """Return a table; the roles keep it one where a narrow screen shows its rows as cards."""
    head = "".join(f'<th scope="col" role="columnheader">{html(name)}</th>' for name in heads)
    return (
        f'<table class="rq-table rq-changes" role="table"><caption>{html(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )
