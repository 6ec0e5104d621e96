"""The picture of one page beside the answer, with the cited words highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from indexer.errors import ReportRefused, UnknownReport
from indexer.records import PageText, Rect
from indexer.snapshot import Snapshot
from qa.views import engine, parts, strings
from qa.views.engine import Folders


@dataclass(frozen=True, slots=True)
class Opened:
    """The page that is shown, and the page that is cited with the rectangles of the words."""

    report: str
    page: int
    cited: int
    rects: tuple[Rect, ...]
    large: bool = False

    def same_place(self, other: Opened | None) -> bool:
        """Return whether another shows the very words that this one does."""
        return other is not None and (self.report, self.cited, self.rects, self.cited) == (
            other.report,
            other.cited,
            other.rects,
            other.page,
        )


def opener(key: str, place: Opened) -> None:
    """Draw the button that shows a page; it says when its page is the one shown."""
    shown = place.same_place(st.session_state.get("opened"))
    st.button(
        strings.shown_page(place.cited) if shown else strings.show_page(place.cited),
        key=f"show-{key}",
        icon=":material/check:" if shown else None,
        on_click=_open,
        args=(place,),
    )


def show(places: Folders, snapshot: Snapshot) -> None:
    """Draw the page that has been opened, or how to open one."""
    opened: Opened | None = st.session_state.get("opened")
    if opened is None:
        st.html(f'<div class="rq-hint">{parts.paragraph(strings.NO_PAGE_OPEN)}</div>')
        return
    with st.container(key="page-panel"):
        info = next(info for info in snapshot.reports if info.id == opened.report)
        page = snapshot.page_text(opened.report, opened.page)
        lines = strings.highlighted(len(_shown_rects(opened)))
        said = f"{info.title} · {strings.count(info.pages, 'page')} · {lines}"
        st.html(parts.heading(strings.pages(page.label, page.number)) + parts.paragraph(said))
        _controls(opened, info.pages)
        _picture(places, snapshot, opened, page)


def _controls(opened: Opened, pages: int) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            strings.PREVIOUS,
            key="page-previous",
            icon=":material/chevron_left:",
            disabled=opened.page <= 1,
            on_click=_open,
            args=(replace(opened, page=opened.page - 1),),
        )
        st.button(
            strings.NEXT,
            key="page-next",
            icon=":material/chevron_right:",
            disabled=opened.page >= pages,
            on_click=_open,
            args=(replace(opened, page=opened.page + 1),),
        )
        st.button(
            strings.SMALLER if opened.large else strings.LARGER,
            key="page-size",
            on_click=_open,
            args=(replace(opened, large=not opened.large),),
        )
        if opened.page != opened.cited:
            st.button(
                strings.back_to(opened.cited),
                key="page-back",
                on_click=_open,
                args=(replace(opened, page=opened.cited),),
            )
        st.button(strings.CLOSE, key="page-close", on_click=_open, args=(None,), type="tertiary")


def _picture(places: Folders, snapshot: Snapshot, opened: Opened, page: PageText) -> None:
    rects = _shown_rects(opened)
    try:
        path = engine.page_file(places, snapshot, opened.report)
        if path is None:
            st.html(parts.notice(strings.STALE_TITLE, [strings.PAGE_CHANGED]))
            return
        data = engine.page_picture(path, opened.page, rects, (page.width, page.height))
    except UnknownReport:
        st.html(parts.notice(strings.STALE_TITLE, [strings.PAGE_MISSING]))
        return
    except (ReportRefused, OSError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))
        return
    said = strings.picture_of(opened.page, opened.report, len(rects))
    target = _place_of(rects, page)
    st.html(parts.picture(data, said, lines=len(rects), target=target, large=opened.large))


def _shown_rects(opened: Opened) -> tuple[Rect, ...]:
    """Return what is highlighted on the page that is shown."""
    return opened.rects if opened.page == opened.cited else ()


def _place_of(rects: Sequence[Rect], page: PageText) -> float | None:
    """Return where the first highlight begins as a part of the page's height, from the top."""
    if not rects or page.height <= 0:
        return None
    return min(max(0.0, 1 - rects[0][3] / page.height), 1.0)


def _open(place: Opened | None) -> None:
    st.session_state["opened"] = place
