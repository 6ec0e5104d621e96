"""The picture of one page beside the answer, with the cited words highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import streamlit as st

from indexer.errors import ReportRefused, UnknownReport
from indexer.records import PageText, Rect
from indexer.snapshot import Snapshot
from qa.views import engine, parts, strings
from qa.views.engine import Folders

Size = Literal["", "fit", "large"]
"""How large a page is shown: empty for what suits the screen, which is larger on a phone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The page that is shown, and the page that is cited with the rectangles of the words.

    ``by_itself`` says that nobody asked for it: where there is no room beside the answer, as on a
    phone, it is not shown.
    """

    report: str
    page: int
    cited: int
    rects: tuple[Rect, ...]
    size: Size = ""
    by_itself: bool = False

    def same_place(self, other: Opened | None) -> bool:
        """Return whether another shows the very words that this one does."""
        return other is not None and (self.report, self.cited, self.rects, self.cited) == (
            other.report,
            other.cited,
            other.rects,
            other.page,
        )


LARGE: Size = "large"
FIT: Size = "fit"


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
    with st.container(key="page-panel-beside" if opened.by_itself else "page-panel", gap="small"):
        info = next(info for info in snapshot.reports if info.id == opened.report)
        page = snapshot.page_text(opened.report, opened.page)
        lines = strings.highlighted(len(_shown_rects(opened)))
        said = f"{info.title} · {strings.count(info.pages, 'page')} · {lines}"
        head = parts.heading(strings.pages(page.label, page.number))
        try:
            path = engine.page_file(places, snapshot, opened.report)
        except UnknownReport:
            st.html(head + parts.notice(strings.STALE_TITLE, [strings.PAGE_MISSING]))
            _close()
            return
        if path is None:
            st.html(head + parts.notice(strings.STALE_TITLE, [strings.PAGE_CHANGED]))
            _close()
            return
        st.html(head + parts.paragraph(said) + _link(path, opened.page))
        _controls(opened, info.pages)
        _picture(path, opened, page)


def _controls(opened: Opened, pages: int) -> None:
    with st.container(horizontal=True, gap="small", key="page-tools"):
        st.button(
            strings.PREVIOUS,
            key="page-previous",
            icon=":material/chevron_left:",
            disabled=opened.page <= 1,
            on_click=open_page,
            args=(replace(opened, page=opened.page - 1),),
        )
        st.button(
            strings.NEXT,
            key="page-next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=opened.page >= pages,
            on_click=open_page,
            args=(replace(opened, page=opened.page + 1),),
        )
        for label, size in ((strings.LARGER, LARGE), (strings.FIT, FIT)):
            if opened.size != size:
                st.button(
                    label,
                    key=f"page-{size}{'' if opened.size else '-first'}",
                    on_click=open_page,
                    args=(replace(opened, size=size),),
                )
        if opened.page != opened.cited:
            st.button(
                strings.back_to(opened.cited),
                key="page-back",
                on_click=open_page,
                args=(replace(opened, page=opened.cited),),
            )
        _close()


def _close() -> None:
    st.button(strings.CLOSE, key="page-close", on_click=open_page, args=(None,), type="tertiary")


def _link(path: Path, page: int) -> str:
    address = engine.pdf_address(path)
    return parts.pdf_link(f"{address}#page={page}", strings.open_pdf(page)) if address else ""


def _picture(path: Path, opened: Opened, page: PageText) -> None:
    try:
        # Where they lie on the picture, which is not where they lie on a turned or cropped page.
        rects = engine.rects_on_picture(path, opened.page, _shown_rects(opened))
        data = engine.page_picture(path, opened.page, rects, (page.width, page.height))
    except (ReportRefused, OSError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))
        return
    said = strings.picture_of(opened.page, opened.report, len(rects))
    target = _place_of(rects, page)
    st.html(parts.picture(data, said, lines=len(rects), target=target, size=opened.size))


def _shown_rects(opened: Opened) -> tuple[Rect, ...]:
    """Return what is highlighted on the page that is shown."""
    return opened.rects if opened.page == opened.cited else ()


def _place_of(rects: Sequence[Rect], page: PageText) -> tuple[float, float] | None:
    """Return where the highlight begins as parts of the page's width and height, from top left."""
    if not rects or page.width <= 0 or page.height <= 0:
        return None
    left = min(rect[0] for rect in rects) / page.width
    return _within(left), _within(1 - rects[0][3] / page.height)


def _within(part: float) -> float:
    return min(max(0.0, part), 1.0)


def open_page(place: Opened | None) -> None:
    """Show a page, or none."""
    st.session_state["opened"] = place
