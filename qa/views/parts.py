"""Pieces of the page as HTML: every text that comes in is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from indexer.build import ReportStatus
from indexer.records import Passage
from qa.records import Citation, Hit, Sentence
from qa.views import strings
from qa.views.escape import html
from qa.views.picture import data_address
from qa.wording import passage_text

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
MARKERS = re.compile(r"\s*((?:\[\d+\])+)(?=\.?$)")
SIGNS = {"note": "", "good": "✓ ", "bad": "! "}
Kind = Literal["note", "good", "bad"]


def heading(text: str, level: int = 2) -> str:
    """Return a heading of the page's own, smaller than Streamlit's."""
    return f'<h{level} class="rq-h">{html(text)}</h{level}>'


def row(*pieces: str) -> str:
    """Return pieces of the page side by side, one under the other where there is no room."""
    return f'<div class="rq-row">{"".join(pieces)}</div>'


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


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a quiet list."""
    return f'<ul class="rq-bullets">{"".join(f"<li>{html(one)}</li>" for one in sentences)}</ul>'


def asked(question: str) -> str:
    """Return the question that is answered below, as the heading of its answer."""
    return f'<h2 class="rq-asked">{html(question)}</h2>'


def answer(
    question: str,
    sentences: Sequence[Sentence],
    citations: Sequence[Citation] = (),
    *,
    name: str = strings.ANSWER,
) -> str:
    """Return an answer, each sentence with the numbers of its sources.

    A number leads to its source; pointing at it or reaching it by keyboard shows the quote. An
    empty question is one that stands elsewhere on the page; ``name`` tells the answer from others
    beside it.
    """
    sources = {source.n: source for source in citations}
    told = [_sentence(sentence, sources) for sentence in sentences]
    if len(told) == 1:
        body = f"<p>{told[0]}</p>"
    else:
        body = f"<ul>{''.join(f'<li>{one}</li>' for one in told)}</ul>"
    return (
        f'<section class="rq-answer" aria-label="{html(name)}" aria-live="polite">'
        f"{asked(question) if question else ''}{body}</section>"
    )


def _sentence(sentence: Sentence, sources: Mapping[int, Citation]) -> str:
    """Return a sentence with links in place of the markers at its end.

    Only the markers that the answer itself put there become links: "[1]" within a quotation is
    the report's own.
    """
    wanted = "".join(f"[{number}]" for number in sentence.citations)
    found = MARKERS.search(sentence.text)
    if found is None or not found.group(1).endswith(wanted):
        return html(sentence.text)
    text = sentence.text[: found.end() - len(wanted)].rstrip()
    links = "".join(_number(n, sources.get(n)) for n in sentence.citations)
    return f"{html(text)}\N{NO-BREAK SPACE}{links}{html(sentence.text[found.end() :])}"


def _number(n: int, source: Citation | None) -> str:
    """Return the number of a source as a link to it, with its page and quote to be shown on top.

    The quote describes the link: a screen reader says it after the link's name.
    """
    said, tip, described = strings.source(n), "", ""
    if source is not None:
        where = strings.pages(source.page_label, source.page)
        said = f"{said}, {where}"
        described = f' aria-describedby="quote-{n}"'
        tip = (
            f'<span class="rq-tip" role="tooltip"><b>{html(where)}</b> '
            f'<span id="quote-{n}">{html(source.quote)}</span></span>'
        )
    address = f'href="#source-{n}" data-source="{n}"'
    link = f'<a class="rq-n" {address} aria-label="{html(said)}"{described}>{n}</a>'
    return f'<span class="rq-cite">{link}{tip}</span>'


def citation(source: Citation, title: str) -> str:
    """Return a source: its number, report, section, page and words."""
    where = strings.pages(source.page_label, source.page)
    if source.ocr:
        where = f"{where} · {strings.READ_BY_OCR}"
    return (
        f'<div class="rq-source" id="source-{source.n}"><span class="rq-n">{source.n}</span><div>'
        f'<p class="rq-where">{html(where)}</p>'
        f"{_place(title, source.section)}"
        f"<blockquote>{html(source.quote)}</blockquote></div></div>"
    )


def hit(found: Hit, title: str, labels: Sequence[str], *, scored: bool = True) -> str:
    """Return a passage that was found: its rank, report, section, pages, score and words."""
    where = ", ".join(
        strings.pages(label, page) for label, page in zip(labels, found.passage.pages, strict=True)
    )
    score = f' <span class="rq-score rq-path">score {found.score:.2f}</span>' if scored else ""
    return (
        f'<div class="rq-source"><span class="rq-n">{found.rank}</span><div>'
        f'<p class="rq-where">{html(where)}{score}</p>'
        f"{_place(title, found.passage.section)}"
        f"<blockquote>{html(passage_text(found.passage))}</blockquote></div></div>"
    )


def _place(title: str, section: Sequence[str]) -> str:
    path = f'<p class="rq-path">{html(" › ".join(section))}</p>' if section else ""
    return f'<p class="rq-path">{html(title)}</p>{path}' if title else path


def cite_link(address: str, n: int) -> str:
    """Return the link to a source itself, which is copied where the page's script runs."""
    return (
        f'<p class="rq-quiet"><a class="rq-link" href="{html(address)}" target="_blank" '
        f'rel="noopener" aria-label="{html(strings.copy_link(n))}">{strings.COPY_LINK}</a></p>'
    )


def first_evidence(found: Iterable[tuple[Hit, str, Sequence[str]]]) -> str:
    """Return the nearest passages, each with its report's title and its pages' labels.

    They are something to read until the answer takes their place.
    """
    near = "".join(hit(one, title, labels, scored=False) for one, title, labels in found)
    return f'<div class="rq-first">{heading(strings.NEAREST_SO_FAR)}{near}</div>'


def status(said: str) -> str:
    """Return a sentence that a screen reader says when it changes."""
    return f'<p class="rq-quiet" role="status">{html(said)}</p>'


def quoted(words: str, lines: int) -> str:
    """Return the words that are highlighted on a page, for those who cannot make them out there."""
    said = html(strings.highlighted(lines))
    return f'<p class="rq-quoted"><b>{said}</b> <q>{html(words)}</q></p>'


Mark = tuple[tuple[float, float, float, float], bool]
"""Left, top, width and height of a hit as shares of the page, and whether it is looked at."""


def picture(
    data: bytes,
    alt: str,
    *,
    lines: int,
    target: tuple[float, float] | None,
    zoom: int = 0,
    marks: Sequence[Mark] = (),
) -> str:
    """Return the picture of a page in a box that scrolls, at first to ``target``.

    ``target`` is where the first highlight begins as shares of the page's width and height, 0 at
    the top left; ``zoom`` is a step of the page's size, 0 for what suits the screen; ``marks`` are
    drawn over the picture.
    """
    style = f"rq-picture rq-zoom{zoom}" if zoom else "rq-picture"
    place = "".join(map(_mark, marks))
    if target is not None:
        left, top = target
        place += f'<span class="rq-target" style="left: {left:.1%}; top: {top:.1%}"></span>'
    return (
        f'<div class="rq-scroll" tabindex="0" role="group" aria-label="{html(alt)}">'
        f'<div class="{style}"><img src="{data_address(data)}" alt="{html(alt)}" '
        f'data-highlights="{lines}">{place}</div></div>'
    )


def _mark(mark: Mark) -> str:
    (left, top, width, height), current = mark
    style = "rq-hit rq-hit-now" if current else "rq-hit"
    return (
        f'<span class="{style}" style="left: {left:.2%}; top: {top:.2%}; width: {width:.2%}; '
        f'height: {height:.2%}"></span>'
    )


def pdf_links(address: str, page: int, file: str) -> str:
    """Return the links to a report's own file: in a tab of its own at a page, and to keep it."""
    shown, kept = html(f"{address}#page={page}"), html(address)
    return (
        f'<p class="rq-quiet rq-links"><a href="{shown}" target="_blank" rel="noopener">'
        f"{html(strings.open_pdf(page))}</a> "
        f'<a href="{kept}" download="{html(file)}">{html(strings.DOWNLOAD_PDF)}</a></p>'
    )


def library_table(reports: Sequence[ReportStatus]) -> str:
    """Return the reports of the library as a table, whose rows are cards on a narrow screen."""
    heads = (strings.REPORT, strings.PAGES, strings.PASSAGES, strings.DATED)
    head = "".join(
        f'<th scope="col"{" class=rq-number" if number else ""}>{html(name)}</th>'
        for number, name in enumerate(heads)
    )
    rows = "".join(
        f'<tr><th scope="row">{html(report.title)}<small>{html(report.id)}</small></th>'
        f"{_cell(strings.PAGES, f'{report.pages:,}')}"
        f"{_cell(strings.PASSAGES, f'{report.passages:,}')}"
        f"{_cell(strings.DATED, day(report.published or report.created) or strings.NO_DATE)}</tr>"
        for report in reports
    )
    return (
        f'<table class="rq-table"><caption>{html(strings.REPORTS_CAPTION)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(name: str, value: str) -> str:
    return f'<td class="rq-number" data-name="{html(name)}">{html(value)}</td>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names with what is to be said of each, as a list for reading."""
    rows = "".join(f"<dt>{html(name)}</dt><dd>{html(said)}</dd>" for name, said in pairs)
    return f'<dl class="rq-facts">{rows}</dl>'


def announced(piece: str) -> str:
    """Return a piece of the page whose changes are read out to those who do not see them."""
    return f'<div role="status">{piece}</div>'


def report_list(items: Iterable[tuple[str, str]]) -> str:
    """Return a list of names, each with a line of small print."""
    lines = "".join(f"<li>{html(name)}<small>{html(said)}</small></li>" for name, said in items)
    return f'<ul class="rq-list">{lines}</ul>'


def day(text: str) -> str:
    """Return the date at the front of an ISO 8601 time in words, or the text where there is none.

    >>> day("2024-07-05T08:00:00Z"), day("2024-07"), day("July"), day("")
    ('5 July 2024', 'July 2024', 'July', '')
    """
    if MONTH.fullmatch(text):
        return f"{date.fromisoformat(f'{text}-01'):%B %Y}"
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{found.day} {found:%B %Y}"


def lines_of(passage: Passage, page: int) -> tuple[tuple[float, float, float, float], ...]:
    """Return the rectangles of a passage's words on one page, one a line."""
    from qa.citation import line_rects

    return line_rects([word for word in passage.words if word.page == page])
