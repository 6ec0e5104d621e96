"""The page of the reports themselves: what is there, what comes in and what leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from indexer.build import Status
from qa.views import (
    asking,
    engine,
    gate,
    onereport,
    parts,
    removed,
    states,
    strings,
    upload,
    watching,
)
from qa.views.engine import Folders

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def show(desk: StreamlitPage | None = None) -> None:
    """Draw the page; ``desk`` is where reports are asked."""
    asking.leave()
    places = engine.folders()
    st.title(strings.LIBRARY_TITLE, anchor=False)
    left, right = st.columns([7, 5], gap="large")
    with left:
        status = _reports(places)
        if status is not None:
            onereport.show(places, engine.snapshot(places), desk)
    with right:
        states.watch_work(places)
        if gate.may_edit():
            removed.undo(places)
            upload.show(places, status)
        else:
            st.html(parts.notice(strings.READERS_ONLY))
        if gate.may_edit():
            _upkeep(places, status)
        if status is not None:
            _about_index(places, status)


def _reports(places: Folders) -> Status | None:
    """Draw what can be asked, what was refused and what goes on; return it where there is any."""
    snapshot = states.usable_snapshot(places)
    if snapshot is None:
        states.tell_outcome()
        return None
    status = engine.state(places)
    states.tell_outcome({report.reason for report in status.refused})
    states.tell_warnings(places, snapshot, None)
    if status.reports:
        pages = sum(report.pages for report in status.reports)
        passages = sum(report.passages for report in status.reports)
        st.html(parts.paragraph(strings.totals(len(status.reports), pages, passages), "rq-lead"))
        st.html(parts.library_table(status.reports))
    else:
        states.tell_empty(None)
    notes = [note for report in status.reports for note in report.notes]
    if notes:
        st.html(parts.notice(strings.NOTES_TITLE, notes, listed=True))
    if status.refused:
        st.html(
            parts.heading(strings.REFUSED_TITLE)
            + parts.report_list((report.id, report.reason) for report in status.refused)
        )
    return status


def _about_index(places: Folders, status: Status) -> None:
    """Draw which index answers, when and with what it was made, and its size."""
    told = (
        (strings.INDEX_NAME, status.snapshot),
        (strings.INDEX_BUILT, parts.day(status.created)),
        (strings.INDEX_MODEL, status.model),
        (strings.INDEX_SIZE, strings.megabytes(engine.index_bytes(places))),
    )
    st.html(parts.heading(strings.INDEX_TITLE) + parts.facts(told))


def _upkeep(places: Folders, status: Status | None) -> None:
    """Draw what an editor does now and then: rebuild, watch, remove and bring back."""
    if status is not None:
        st.html(parts.heading(strings.REBUILD_TITLE) + parts.paragraph(strings.REBUILD_HINT))
        states.build_button(places, strings.REBUILD_BUTTON, primary=False)
    watching.option(places)
    if status is not None:
        removed.show(places, status)
    removed.trash(places)
