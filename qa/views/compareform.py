"""The form of the comparison: in which way, which reports or inspections, and the question."""

from __future__ import annotations

import streamlit as st

from indexer.snapshot import Snapshot
from qa.compare import MAX_REPORTS, place_in
from qa.labels import dated
from qa.views import comparing, parts, strings
from qa.views.comparing import CHANGES, QUESTION, Wanted
from qa.views.escape import clean


def ways(snapshot: Snapshot, wanted: Wanted) -> None:
    """Draw the two ways to compare, where any place was inspected twice."""
    if not comparing.pairs_of(snapshot) and wanted.mode == QUESTION:
        st.html(parts.paragraph(strings.COMPARE_LEAD, "rq-lead"))
        return
    names = {QUESTION: strings.COMPARE_QUESTION, CHANGES: strings.COMPARE_CHANGES}
    st.radio(
        strings.COMPARE_MODE,
        list(names),
        key="compare_mode",
        format_func=names.__getitem__,
        on_change=comparing.choose_mode,
        horizontal=True,
        label_visibility="collapsed",
    )


def form(snapshot: Snapshot, wanted: Wanted) -> None:
    """Draw what is to be compared: the two inspections or the reports, and the question."""
    titles = {info.id: clean(info.title) for info in snapshot.reports}
    if wanted.mode == CHANGES:
        _pair(snapshot, wanted)
    with st.form("compare", border=False), st.container(gap="small", key="compare-form"):
        if wanted.mode == QUESTION:
            st.multiselect(
                strings.COMPARE_REPORTS,
                list(titles),
                key="compare_reports",
                format_func=titles.__getitem__,
                max_selections=MAX_REPORTS,
                placeholder=strings.COMPARE_CHOOSE,
            )
        with st.container(horizontal=True, gap="small", key="compare-row"):
            st.text_input(
                strings.QUESTION,
                key="compare_question",
                placeholder=(
                    strings.COMPARE_ALSO if wanted.mode == CHANGES else strings.QUESTION_HINT
                ),
                label_visibility="collapsed",
            )
            st.form_submit_button(strings.COMPARE_BUTTON, type="primary", on_click=comparing.ask)


def _pair(snapshot: Snapshot, wanted: Wanted) -> None:
    """Draw the choice of two inspections of one place."""
    infos = {info.id: info for info in snapshot.reports}
    pairs = list(comparing.pairs_of(snapshot))
    earlier, later = wanted.reports
    if (earlier, later) not in pairs:
        pairs.insert(0, (earlier, later))

    def name_of(pair: comparing.Pair) -> str:
        first, last = infos[pair[0]], infos[pair[1]]
        days = (parts.day(dated(last)), parts.day(dated(first)))
        return clean(strings.since(place_in(last) or last.title, *days))

    st.selectbox(
        strings.COMPARE_PAIR,
        pairs,
        key="compare_pair",
        format_func=name_of,
        on_change=comparing.choose_pair,
    )
