"""The picture of one page beside the answer, with the cited words highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from indexer.errors import ReportRefused, UnknownReport
from indexer.records import PageText, Rect
from indexer.snapshot import Snapshot
from qa.find import text_in
from qa.views import engine, pagefind, pagetools, parts, strings
from qa.views.engine import Folders
from qa.views.opened import Opened, open_page
from qa.views.picture import FINE_SCALE, SCALE, box_of

__all__ = ["Opened", "open_page", "opener", "show"]

FINE_FROM = 2
"""From this step on a page is drawn with more pixels."""


def opener(key: str, place: Opened) -> None:
    """Draw the button that shows a page; it says when its page is the one shown."""
    opened: Opened | None = st.session_state.get("opened")
    shown = place.same_place(opened) and not (opened and opened.by_itself)
    st.button(
        strings.shown_page(place.cited) if shown else strings.show_page(place.cited),
        key=f"show-{key}",
        icon=":material/check:" if shown else None,
        on_click=open_page,
        args=(place,),
    )


def show(places: Folders, snapshot: Snapshot, *, answered: bool) -> None:
    """Draw the page that has been opened, or how to open one."""
    opened: Opened | None = st.session_state.get("opened")
    if opened is None:
        said = strings.NO_PAGE_OPEN if answered else strings.NO_PAGE_NEAR
        st.html(f'<div class="rq-hint">{parts.paragraph(said)}</div>')
        return
    with st.container(key="page-panel-beside" if opened.by_itself else "page-panel", gap="xsmall"):
        info = next(info for info in snapshot.reports if info.id == opened.report)
        page = snapshot.page_text(opened.report, opened.page)
        head = parts.heading(strings.pages(page.label, page.number))
        try:
            path = engine.page_file(places, snapshot, opened.report)
        except UnknownReport:
            path, problem = None, strings.PAGE_MISSING
        else:
            problem = strings.PAGE_CHANGED
        if path is None:
            st.html(head + parts.notice(strings.STALE_TITLE, [problem]))
            pagetools.close()
            return
        said = f"{info.title} · {strings.count(info.pages, 'page')}"
        st.html(parts.row(head, _links(path, opened.page)) + parts.paragraph(said))
        pagetools.show(opened, info.pages)
        try:
            _page(path, snapshot, opened, page)
        except (ReportRefused, OSError) as error:
            st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))


def _links(path: Path, page: int) -> str:
    address = engine.pdf_address(path)
    return parts.pdf_links(address, page, path.name) if address else ""


def _page(path: Path, snapshot: Snapshot, opened: Opened, page: PageText) -> None:
    """Draw what may be looked for on a page, the words that are cited, and its picture.

    Raises:
        ReportRefused: the file cannot be opened or has no such page.
    """
    found = pagefind.show(path, snapshot, opened.report, opened.page)
    # Where they lie on the picture, which is not where they lie on a turned or cropped page.
    rects = engine.rects_on_picture(path, opened.page, _shown_rects(opened))
    if rects:
        words = engine.words_on(path, snapshot, opened.report, opened.page)
        st.html(parts.quoted(text_in(words, rects), len(rects)))
    size = (page.width, page.height)
    scale = FINE_SCALE if opened.zoom >= FINE_FROM else SCALE
    data = engine.page_picture(path, opened.page, rects, size, scale=scale)
    marks = [
        (box_of(rect, size), number == found.current)
        for number, hit in enumerate(found.hits)
        for rect in hit
    ]
    target = next((box for box, current in marks if current), None) or _first(rects, size)
    said = strings.picture_of(opened.page, opened.report, len(rects), len(found.hits))
    st.html(
        parts.picture(
            data, said, lines=len(rects), target=target[:2] if target else None,
            zoom=opened.zoom, marks=marks,
        )
    )  # fmt: skip


def _shown_rects(opened: Opened) -> tuple[Rect, ...]:
    """Return what is highlighted on the page that is shown."""
    return opened.rects if opened.page == opened.cited else ()


def _first(rects: Sequence[Rect], size: tuple[float, float]) -> Rect | None:
    """Return where the highlight begins, and from how far to the left on."""
    if not rects or min(size) <= 0:
        return None
    left = min(rect[0] for rect in rects)
    return box_of((left, *rects[0][1:]), size)
