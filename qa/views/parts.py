"""Pieces of the page as HTML: every text that comes in is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from indexer.build import ReportStatus
from indexer.records import Passage
from qa.answer import passage_text
from qa.records import Citation, Hit, Sentence
from qa.views import strings
from qa.views.escape import html
from qa.views.picture import data_address

MARKERS = re.compile(r"\s*((?:\[\d+\])+)(?=\.?$)")
SIGNS = {"note": "", "good": "✓ ", "bad": "! "}
Kind = Literal["note", "good", "bad"]


def heading(text: str, level: int = 2) -> str:
    """Return a heading of the page's own, smaller than Streamlit's."""
    return f'<h{level} class="rq-h">{html(text)}</h{level}>'


def paragraph(text: str, style: str = "rq-quiet") -> str:
    """Return a paragraph in one of the page's styles."""
    return f'<p class="{style}">{html(text)}</p>'


def notice(
    title: str, sentences: Iterable[str] = (), *, kind: Kind = "note", listed: bool = False
) -> str:
    """Return a box with a title and sentences; what is bad is announced at once."""
    said = [html(sentence) for sentence in sentences]
    if listed and said:
        body = f"<ul>{''.join(f'<li>{sentence}</li>' for sentence in said)}</ul>"
    else:
        body = "".join(f"<p>{sentence}</p>" for sentence in said)
    role = "alert" if kind == "bad" else "status"
    return (
        f'<div class="rq-notice rq-{kind}" role="{role}">'
        f'<p class="rq-title">{SIGNS[kind]}{html(title)}</p>{body}</div>'
    )


def answer(question: str, sentences: Sequence[Sentence]) -> str:
    """Return an answer, each sentence with the numbers of its sources, which lead to them."""
    told = [_sentence(sentence) for sentence in sentences]
    if len(told) == 1:
        body = f"<p>{told[0]}</p>"
    else:
        body = f"<ul>{''.join(f'<li>{one}</li>' for one in told)}</ul>"
    return (
        f'<section class="rq-answer" aria-label="{strings.ANSWER}" aria-live="polite">'
        f'<p class="rq-asked">{html(question)}</p>{body}</section>'
    )


def _sentence(sentence: Sentence) -> str:
    """Return a sentence with links in place of the markers at its end.

    Only the markers that the answer itself put there become links: "[1]" within a quotation is
    the report's own.
    """
    wanted = "".join(f"[{number}]" for number in sentence.citations)
    found = MARKERS.search(sentence.text)
    if found is None or not found.group(1).endswith(wanted):
        return html(sentence.text)
    text = sentence.text[: found.end() - len(wanted)].rstrip()
    links = "".join(
        f'<a class="rq-n" href="#source-{n}" aria-label="source {n}">{n}</a>'
        for n in sentence.citations
    )
    return f"{html(text)}\N{NO-BREAK SPACE}{links}{html(sentence.text[found.end() :])}"


def citation(source: Citation, title: str) -> str:
    """Return a source: its number, report, section, page and words."""
    return (
        f'<div class="rq-source" id="source-{source.n}"><span class="rq-n">{source.n}</span><div>'
        f'<p class="rq-where">{html(strings.pages(source.page_label, source.page))}</p>'
        f"{_place(title, source.section)}"
        f"<blockquote>{html(source.quote)}</blockquote></div></div>"
    )


def hit(found: Hit, title: str, labels: Sequence[str]) -> str:
    """Return a passage that was found: its rank, report, section, pages, score and words."""
    where = ", ".join(
        strings.pages(label, page) for label, page in zip(labels, found.passage.pages, strict=True)
    )
    return (
        f'<div class="rq-source"><span class="rq-n">{found.rank}</span><div>'
        f'<p class="rq-where">{html(where)} '
        f'<span class="rq-score rq-path">score {found.score:.2f}</span></p>'
        f"{_place(title, found.passage.section)}"
        f"<blockquote>{html(passage_text(found.passage))}</blockquote></div></div>"
    )


def _place(title: str, section: Sequence[str]) -> str:
    path = f'<p class="rq-path">{html(" › ".join(section))}</p>' if section else ""
    return f'<p class="rq-path">{html(title)}</p>{path}'


def picture(data: bytes, alt: str, *, lines: int, target: float | None, large: bool) -> str:
    """Return the picture of a page in a box that scrolls, at first to ``target``.

    ``target`` is the place of the first highlight as a part of the page's height, 0 at the top.
    """
    size = "rq-picture rq-large" if large else "rq-picture"
    place = ""
    if target is not None:
        place = f'<span class="rq-target" style="top: {target:.1%}"></span>'
    return (
        f'<div class="rq-scroll" tabindex="0" role="group" aria-label="{html(alt)}">'
        f'<div class="{size}"><img src="{data_address(data)}" alt="{html(alt)}" '
        f'data-highlights="{lines}">{place}</div></div>'
    )


def library_table(reports: Sequence[ReportStatus]) -> str:
    """Return the reports of the library as a table."""
    rows = "".join(
        f'<tr><th scope="row">{html(report.title)}<small>{html(report.id)}</small></th>'
        f'<td class="rq-number">{report.pages:,}</td>'
        f'<td class="rq-number">{report.passages:,}</td>'
        f'<td class="rq-number">{html(day(report.created or report.modified))}</td></tr>'
        for report in reports
    )
    return (
        f'<div class="rq-table-box" tabindex="0" role="group" aria-label="{strings.REPORTS_CAPTION}">'
        f'<table class="rq-table"><caption>{strings.REPORTS_CAPTION}</caption><thead><tr>'
        '<th scope="col">Report</th><th scope="col" class="rq-number">Pages</th>'
        '<th scope="col" class="rq-number">Passages</th>'
        f'<th scope="col" class="rq-number">Date</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def report_list(items: Iterable[tuple[str, str]]) -> str:
    """Return a list of names, each with a line of small print."""
    lines = "".join(f"<li>{html(name)}<small>{html(said)}</small></li>" for name, said in items)
    return f'<ul class="rq-list">{lines}</ul>'


def day(text: str) -> str:
    """Return the date at the front of an ISO 8601 time in words, or the text where there is none.

    >>> day("2024-07-05T08:00:00Z"), day("July"), day("")
    ('5 July 2024', 'July', '–')
    """
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return text or "–"
    return f"{found.day} {found:%B %Y}"


def lines_of(passage: Passage, page: int) -> tuple[tuple[float, float, float, float], ...]:
    """Return the rectangles of a passage's words on one page, one a line."""
    from qa.citation import line_rects

    return line_rects([word for word in passage.words if word.page == page])
