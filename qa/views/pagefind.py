"""The row in which words of a report are looked for on the page that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from indexer.records import Rect
from indexer.snapshot import Snapshot
from qa.find import MAX_CHARACTERS, Spot, Tally, hits_on, wanted_words
from qa.views import engine, parts, strings

BOX = "page-find-words"
state = st.session_state
"""``find_spot`` is the hit that is being looked at: its report and its spot."""


@dataclass(frozen=True, slots=True)
class OnPage:
    """The hits on the page that is shown, in points of its picture, and which is looked at."""

    hits: tuple[tuple[Rect, ...], ...] = ()
    current: int | None = None


def show(path: Path, snapshot: Snapshot, report: str, page: int) -> OnPage:
    """Draw the row, and return what is found on the page.

    Raises:
        ReportRefused: the file of the report cannot be opened.
    """
    with st.container(horizontal=True, gap="small", key="page-find", vertical_alignment="center"):
        typed = st.text_input(
            strings.FIND,
            key=BOX,
            type="search",
            max_chars=MAX_CHARACTERS,
            placeholder=strings.FIND,
            label_visibility="collapsed",
            icon=":material/search:",
            on_change=_look,
            args=(report, page),
        )
        wanted = wanted_words(typed or "")
        if not wanted:
            return OnPage()
        with st.spinner(strings.FINDING, show_time=False):
            found = engine.find_in_report(path, snapshot, report, wanted)
        spot = _spot(report, page, found)
        for label, key, icon, way in (
            (strings.HIT_BEFORE, "before", "keyboard_arrow_up", found.before),
            (strings.HIT_AFTER, "after", "keyboard_arrow_down", found.after),
        ):
            _step(label, key, icon, report, way(spot, page))
    place = found.place(spot) if spot else 0
    other = len(found.counts) - (found.on(page) > 0)
    st.html(parts.status(strings.found(typed or "", found.on(page), found.total, other, place)))
    if not found.on(page):
        return OnPage()
    words = engine.words_on(path, snapshot, report, page)
    return OnPage(hits_on(words, wanted), spot.number if spot else None)


def _step(label: str, key: str, icon: str, report: str, to: Spot | None) -> None:
    st.button(
        label,
        key=f"page-hit-{key}",
        icon=f":material/{icon}:",
        disabled=to is None,
        on_click=_go,
        args=(report, to),
    )


def _spot(report: str, page: int, found: Tally) -> Spot | None:
    """Return the hit that is being looked at, where it is on the page that is shown."""
    kept: tuple[str, Spot] | None = state.get("find_spot")
    if kept is None or kept[0] != report or kept[1].page != page:
        return None
    return kept[1] if kept[1].number < found.on(page) else None


def _look(report: str, page: int) -> None:
    """Begin with the first hit on the page that is shown."""
    state["find_spot"] = (report, Spot(page, 0))


def _go(report: str, to: Spot) -> None:
    """Look at a hit, on its page."""
    opened = state.get("opened")
    if opened is not None:
        state["opened"] = replace(opened, page=to.page, by_itself=False)
    state["find_spot"] = (report, to)
