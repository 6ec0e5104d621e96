"""The page on which reports are seen at a glance: what they rate, count and recommend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from indexer.snapshot import Snapshot
from qa import glance
from qa.glance import Glance
from qa.views import (
    asking,
    bridge,
    charts,
    engine,
    pagepanel,
    parts,
    pictured,
    sheet,
    states,
    strings,
)
from qa.views import ratingtables as tables
from qa.views.escape import clean
from qa.views.pagepanel import Opened
from qa.views.ratingtables import Places

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

state = st.session_state


def show(library: StreamlitPage) -> None:
    """Draw the page; ``library`` is where reports are added."""
    _enter()
    folders = engine.folders()
    st.title(strings.RATINGS_TITLE, anchor=False)
    snapshot = states.usable_snapshot(folders, library)
    if snapshot is None:
        states.tell_outcome()
        states.watch_work(folders)
        return
    if not snapshot.reports:
        states.tell_empty(library)
        return
    st.html(charts.style() + parts.paragraph(strings.RATINGS_LEAD, "rq-lead"))
    every = _glances(str(folders.index), snapshot.name, snapshot)
    opened = _opened(snapshot)
    places = Places(every, opened)
    left, right = st.columns([7, 6], gap="large")
    with left:
        _download(every)
        _together(every, places)
        _twice(every, places)
        _one(every, places)
    with right:
        if opened is None:
            st.html('<div class="rq-closed"></div>')  # by which the tables have all the room
        else:
            pagepanel.show(folders, snapshot, answered=True)
    bridge.mount("", places.opened)


def _enter() -> None:
    """Put aside what other pages show; the choice of a report is forgotten with its page."""
    asking.leave()
    asking.keep_opened()
    if "glance" not in state:
        state["opened"] = None
        state["glance"] = ""


@st.cache_resource(max_entries=2, show_spinner=False)
def _glances(index: str, name: str, _snapshot: Snapshot) -> tuple[Glance, ...]:
    return glance.glances(_snapshot)


def _opened(snapshot: Snapshot) -> Opened | None:
    """Return the page that is open; one of a report that has left the index is closed."""
    opened: Opened | None = state.get("opened")
    if opened is not None and opened.report not in {info.id for info in snapshot.reports}:
        opened = state["opened"] = None
    return opened


def _download(every: Sequence[Glance]) -> None:
    st.download_button(
        strings.RATINGS_CSV,
        lambda: sheet.ratings_csv(every),
        file_name=strings.RATINGS_FILE,
        mime=sheet.MIME,
        icon=":material/download:",
        on_click="ignore",
    )


def _together(every: Sequence[Glance], places: Places) -> None:
    """Draw a table for each group of reports, and name the reports that rate nothing."""
    found = glance.groups(every)
    for group in found:
        st.html(tables.matrix(group, places))
    unrated = glance.unrated(every)
    if unrated:
        title = strings.NOTHING_RATED_TITLE if found else strings.ALL_UNRATED_TITLE
        items = [(one.title, one.report) for one in unrated]
        said = parts.paragraph(strings.NOTHING_RATED)
        st.html(parts.heading(title) + said + parts.report_list(items))
    _table(tables.tallies(every, places))


def _twice(every: Sequence[Glance], places: Places) -> None:
    """Draw the places that were inspected more than once."""
    found = glance.timelines(every)
    if found:
        st.html(parts.heading(strings.TWICE_TITLE))
    for number, line in enumerate(found):
        rows = charts.timeline_rows(line, places.keys)
        said = strings.timeline_said(line.place, len(line.glances))
        st.html(parts.heading(strings.timeline_of(line.place), 3))
        drawn = charts.timeline(rows, dark=pictured.is_dark()) if rows else None
        pictured.show(drawn, said, tables.timeline(line, places), f"timeline-{number}", places)


def _one(every: Sequence[Glance], places: Places) -> None:
    """Draw what one report, which the visitor chooses, says in figures and in lists."""
    full = {one.report: one for one in every if one.said}
    if not full:
        return
    st.html(parts.heading(strings.GLANCE_ONE_TITLE))
    if state.get("glance") not in full:
        state["glance"] = glance.first_shown(list(full.values())).report
    chosen = st.selectbox(
        strings.GLANCE_CHOICE,
        list(full),
        key="glance",
        format_func=lambda report: clean(f"{tables.name_of(full[report])} · {report}"),
    )
    one = full[chosen]
    before = glance.earlier(one, every)
    rows = charts.question_rows(one, before, places.keys)
    if rows:
        drawn = charts.bars(rows, dark=pictured.is_dark())
        said = strings.bars_said(tables.name_of(one), len(rows))
        pictured.show(drawn, said, tables.questions(one, before, places), "bars", places)
    _table(tables.by_standard(one, places))
    _table(tables.progress(one, places))
    for kind in ("strength", "improvement", "recommendation"):
        items = one.of(kind)
        if items:
            with st.expander(strings.word_for_word(strings.LISTED[kind], len(items))):
                st.html(tables.listed(items, places))


def _table(table: str) -> None:
    """Draw a table, unless there is none."""
    if table:
        st.html(table)
