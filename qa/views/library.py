"""The page of the reports themselves: what is there, what comes in and what leaves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from indexer.build import Status, add, remove
from indexer.errors import IndexerError
from indexer.inspect import to_html
from indexer.library import Library
from qa.views import asking, engine, parts, states, strings, work
from qa.views.engine import Folders
from qa.views.escape import clean

state = st.session_state


def show() -> None:
    """Draw the page."""
    asking.leave()
    places = engine.folders()
    st.title(strings.LIBRARY_TITLE, anchor=False)
    left, right = st.columns([7, 5], gap="large")
    with left:
        status = _reports(places)
    with right:
        states.watch_work(places)
        busy = work.desk(str(places.index)).busy
        _upload(places, busy)
        if status is not None:
            _health(places, status)
            _rebuild(places)
            _remove(places, status, busy)


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
        st.html(parts.notice(strings.EMPTY_TITLE, [strings.EMPTY_HERE]))
    notes = [note for report in status.reports for note in report.notes]
    if notes:
        st.html(parts.notice(strings.NOTES_TITLE, notes, listed=True))
    if status.refused:
        st.html(
            parts.heading(strings.REFUSED_TITLE)
            + parts.report_list((report.id, report.reason) for report in status.refused)
        )
    return status


def _upload(places: Folders, busy: bool) -> None:
    st.html(parts.heading(strings.ADD_TITLE))
    with st.form("add", clear_on_submit=True, border=False):
        files = st.file_uploader(strings.ADD_HINT, accept_multiple_files=True)
        sent = st.form_submit_button(strings.ADD_BUTTON, type="primary", disabled=busy)
    if sent and not files:
        st.html(parts.notice(strings.ADD_NOTHING))
    elif sent:
        sources = [(file.name, file.getvalue()) for file in files]
        states.begin(places, _adding(places, sources))
        st.rerun()


def _adding(places: Folders, sources: Sequence[tuple[str, bytes]]) -> work.Job:
    model = engine.model_of(places)
    return lambda listen: add(sources, places.library, places.index, model=model, on_event=listen)


def _health(places: Folders, status: Status) -> None:
    """Draw how well a chosen report was read, and offer the picture of its reading."""
    titles = {report.id: report.title for report in status.reports}
    if not titles:
        return
    st.html(parts.heading(strings.HEALTH_TITLE) + parts.paragraph(strings.HEALTH_HINT))
    chosen = st.selectbox(
        strings.HEALTH_CHOICE,
        list(titles),
        index=None,
        key="health",
        format_func=lambda report: clean(titles[report]),
        placeholder=strings.HEALTH_PLACEHOLDER,
    )
    if chosen is None:
        return
    try:
        path = Library(places.library).path_of(chosen)
        st.html(parts.facts(engine.health_card(path).facts()))
        if st.button(strings.HEALTH_PICTURE, key="draw-reading"):
            with st.spinner(strings.HEALTH_MAKING):
                page = to_html(path)
            st.download_button(
                strings.HEALTH_SAVE, page, f"{chosen}.html", "text/html", key="save-reading"
            )
    except (IndexerError, OSError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))


def _rebuild(places: Folders) -> None:
    st.html(parts.heading(strings.REBUILD_TITLE) + parts.paragraph(strings.REBUILD_HINT))
    states.build_button(places, strings.REBUILD_BUTTON, primary=False)


def _remove(places: Folders, status: Status, busy: bool) -> None:
    """Draw the choice of reports to remove, and ask once more before they go."""
    titles = {report.id: report.title for report in status.reports}
    titles |= {report.id: report.id for report in status.refused if report.id not in titles}
    if not titles:
        return
    st.html(parts.heading(strings.REMOVE_TITLE))
    state["to_remove"] = [report for report in state.get("to_remove", []) if report in titles]
    chosen = st.multiselect(
        strings.REMOVE_CHOICE,
        list(titles),
        key="to_remove",
        format_func=lambda report: clean(titles[report]),
        placeholder=strings.REMOVE_PLACEHOLDER,
        on_change=_unsure,
    )
    if not state.get("sure"):
        st.button(strings.REMOVE_BUTTON, disabled=busy or not chosen, on_click=_sure)
        return
    named = [clean(titles[report]) for report in chosen]
    sentence = strings.sure_to_remove(len(chosen))
    st.html(parts.notice(sentence, named, kind="bad", listed=True))
    with st.container(horizontal=True):
        st.button(strings.REMOVE_SURE, type="primary", on_click=_go, args=(places, tuple(chosen)))
        st.button(strings.REMOVE_KEEP, on_click=_unsure)


def _sure() -> None:
    state["sure"] = True


def _unsure() -> None:
    state["sure"] = False


def _go(places: Folders, reports: tuple[str, ...]) -> None:
    _unsure()
    model = engine.model_of(places)
    states.begin(
        places,
        lambda listen: remove(reports, places.library, places.index, model=model, on_event=listen),
    )
