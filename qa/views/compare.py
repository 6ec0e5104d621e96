"""The page on which one question is put to several reports, or two inspections are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import IndexerError
from indexer.snapshot import Snapshot
from qa.changes import Changed, tally, what_changed
from qa.compare import MIN_REPORTS
from qa.errors import BadQuestion, QaError, Wait
from qa.labels import dated
from qa.question import check_question
from qa.views import (
    asking,
    bridge,
    cells,
    compareform,
    comparing,
    downloads,
    engine,
    export,
    gate,
    pagepanel,
    parts,
    sidebyside,
    states,
    strings,
)
from qa.views.asking import Told
from qa.views.comparing import CHANGES, Wanted
from qa.views.engine import Folders

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

state = st.session_state


def show(library: StreamlitPage) -> None:
    """Draw the page; ``library`` is where reports are added."""
    asking.leave()
    places = engine.folders()
    st.title(strings.COMPARE_TITLE, anchor=False)
    snapshot = states.usable_snapshot(places, library)
    if snapshot is None:
        states.tell_outcome()
        states.watch_work(places)
        return
    if len(snapshot.reports) < MIN_REPORTS:
        said = strings.COMPARE_FEW if gate.may_edit() else strings.COMPARE_FEW_READERS
        st.html(parts.notice(strings.COMPARE_FEW_TITLE, [said]))
        states.to_library(library)
        return
    wanted, gone = comparing.what_is_wanted(snapshot)
    compareform.ways(snapshot, wanted)
    compareform.form(snapshot, wanted)
    if gone:
        st.html(parts.notice(strings.COMPARE_GONE_TITLE, gone, kind="bad", listed=True))
    states.tell_warnings(places, snapshot, library)
    if state.get("opened") is None:
        _compared(places, snapshot, wanted)
        return
    left, right = st.columns([7, 6], gap="large")
    with right:
        pagepanel.show(places, snapshot, answered=True)
    with left:
        _compared(places, snapshot, wanted)


def _compared(places: Folders, snapshot: Snapshot, wanted: Wanted) -> None:
    """Draw what each report says and what changed, with the ways to take it elsewhere."""
    changed = _what_changed(places, snapshot, wanted) if wanted.mode == CHANGES else None
    told = _asked(places, snapshot, wanted)
    links = cells.places_of(told)
    if changed is not None:
        _changes(snapshot, wanted, changed)
        links |= cells.places_of_changes(changed)
    if not told and changed is None:
        if not wanted.question:
            st.html(parts.paragraph(strings.COMPARE_START))
        engine.load_model_soon(snapshot.model_name)
        return
    texts = [export.changes_text(changed, snapshot.name)] if changed is not None else []
    texts += [export.comparison_text(told)] if told else []
    with st.container(horizontal=True, gap="small", key="tools"):
        st.button(strings.COPY, key=bridge.COPY_KEY, icon=":material/content_copy:")
        files = downloads.comparison(told, changed, snapshot.name)
        name = wanted.question or strings.COMPARE_CHANGES
        downloads.menu(strings.DOWNLOAD, files, name, "comparison")
    bridge.mount("\n".join(texts), links)
    if told:
        cells.caution()
    st.html(parts.paragraph(strings.index_of(snapshot.name)))


def _asked(places: Folders, snapshot: Snapshot, wanted: Wanted) -> list[Told]:
    """Draw the cells of a question, and return what they say; none where nothing can be asked."""
    if not wanted.question:
        return []
    if len(wanted.reports) < MIN_REPORTS:
        st.html(parts.notice(strings.COMPARE_FEW_TITLE, [strings.COMPARE_TWO]))
        return []
    try:
        check_question(wanted.question)
        return cells.draw(places, snapshot, wanted)
    except BadQuestion as error:
        st.html(parts.notice(strings.BAD_QUESTION_TITLE, [str(error)], kind="bad"))
    except Wait as error:
        st.html(parts.notice(strings.BUSY_TITLE, [str(error)]))
    except (QaError, IndexerError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))
    return []


def _what_changed(places: Folders, snapshot: Snapshot, wanted: Wanted) -> Changed:
    earlier, later = wanted.reports
    return _changed(str(places.index), snapshot.name, earlier, later, snapshot)


@st.cache_resource(max_entries=8, show_spinner=False)
def _changed(index: str, name: str, earlier: str, later: str, _snapshot: Snapshot) -> Changed:
    return what_changed(_snapshot, earlier, later)


def _changes(snapshot: Snapshot, wanted: Wanted, changed: Changed) -> None:
    """Draw the ratings, the scores and the key questions of two inspections side by side."""
    infos = {info.id: info for info in snapshot.reports}
    days = [parts.day(dated(infos[report])) for report in wanted.reports]
    heads = (days[0] or strings.EARLIER, days[1] or strings.LATER)
    if heads[0] == heads[1]:
        heads = (strings.EARLIER, strings.LATER)
    numbered = list(enumerate(changed.changes))
    rated = [(n, change) for n, change in numbered if change.kind != "key question"]
    asked = [(n, change) for n, change in numbered if change.kind == "key question"]
    if not numbered and not changed.progress:
        st.html(parts.notice(strings.COMPARE_CHANGES, [strings.COMPARE_NOTHING]))
        return
    counts = tally(changed.changes)
    moved = [counts.get("better", 0), counts.get("worse", 0), counts.get("same", 0)]
    st.html(parts.paragraph(strings.changed_ratings(*moved), "rq-lead"))
    tables = [
        (strings.RATINGS_CAPTION, strings.RATED, rated),
        (strings.KEY_QUESTIONS_CAPTION, strings.KEY_QUESTION, asked),
    ]
    for caption, head, rows in tables:
        if rows:
            st.html(sidebyside.changes_table(caption, head, heads, rows))
    if changed.progress:
        st.html(sidebyside.progress_table(changed.progress))
