"""The page on which questions are asked and answers read beside the pages that they cite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from indexer.snapshot import Snapshot
from qa.choice import CAUTION
from qa.views import (
    asking,
    cited,
    engine,
    filters,
    gate,
    pagepanel,
    parts,
    reply,
    states,
    strings,
)
from qa.views.asking import Asked
from qa.views.engine import Folders
from qa.views.escape import clean, markdown

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

MAX_LISTED = 6
"""Reports listed beside the examples."""

state = st.session_state


def show(library: StreamlitPage) -> None:
    """Draw the page; ``library`` is where reports are added."""
    places = engine.folders()
    st.title(strings.ASK_TITLE, anchor=False)
    snapshot = states.usable_snapshot(places, library)
    if snapshot is None:
        states.tell_outcome()
        states.watch_work(places)
        return
    if not snapshot.reports:
        states.tell_empty(library)
        return
    asked = asking.what_is_asked()
    if asked is None:
        st.html(parts.paragraph(strings.ASK_LEAD, "rq-lead"))
    _form(snapshot, asked)
    filters.show(engine.catalogue(places, snapshot))
    states.tell_warnings(places, snapshot, library)
    link = asking.what_is_cited() if asked is None else None
    if link is not None:
        cited.show(places, snapshot, link)
        return
    if asked is None:
        _home(places, snapshot, library)
        engine.load_model_soon(snapshot.model_name)
        return
    left, right = st.columns([6, 7], gap="large")
    with left:
        answer = reply.answer_to(places, snapshot, asked)
        if answer is not None:
            reply.show(snapshot, answer)
            _caution()
            _history(asked)
    with right:
        if answer is not None:
            pagepanel.show(places, snapshot, answered=answer.status == "answered")
    if answer is None:
        _home(places, snapshot, library)


def _form(snapshot: Snapshot, asked: Asked | None) -> None:
    titles = {info.id: info.title for info in snapshot.reports}
    with (
        st.form("ask", border=False),
        st.container(horizontal=True, gap="small", key="ask-row", vertical_alignment="bottom"),
    ):
        st.text_input(
            strings.QUESTION,
            key="question",
            placeholder=strings.QUESTION_HINT,
            label_visibility="collapsed",
        )
        if len(titles) > 1:
            state["reports"] = [report for report in state["reports"] if report in titles]
            st.multiselect(
                strings.REPORTS_FILTER,
                list(titles),
                key="reports",
                format_func=lambda report: clean(titles[report]),
                placeholder=strings.ALL_REPORTS,
                label_visibility="collapsed",
            )
        st.form_submit_button(strings.ASK_BUTTON, type="primary", on_click=asking.ask)
        if asked is not None:
            st.form_submit_button(strings.CLEAR, type="tertiary", on_click=asking.clear)


def _caution() -> None:
    """Draw how sure an answer must be: whoever moves it has the same question answered anew."""
    st.select_slider(
        strings.CAUTION,
        list(CAUTION),
        key="caution",
        format_func=strings.CAUTIONS.__getitem__,
        help=strings.CAUTION_HELP,
        on_change=asking.ask_again,
    )


def _home(places: Folders, snapshot: Snapshot, library: StreamlitPage) -> None:
    """Draw questions to begin with, what there is to ask, and what an answer is worth."""
    left, right = st.columns([6, 7], gap="large")
    with left:
        found = engine.example_questions(places, snapshot)
        if found:
            with st.container(gap="xsmall", key="examples"):
                st.html(parts.heading(strings.EXAMPLES))
                several = len(snapshot.reports) > 1
                for number, example in enumerate(found):
                    reply.question_button(example, f"example-{number}", limited=several)
        _history(None)
    with right:
        listed = snapshot.reports[:MAX_LISTED]
        items = [
            (
                info.title,
                strings.size_and_date(info.pages, parts.day(info.published or info.created)),
            )
            for info in listed
        ]
        if len(snapshot.reports) > len(listed):
            items.append((strings.and_more(len(snapshot.reports) - len(listed)), ""))
        with st.container(gap="small", key="aside"):
            st.html(parts.heading(strings.IN_LIBRARY) + parts.report_list(items))
            if gate.may_edit():
                st.page_link(library, label=strings.ADD_REPORTS, icon=":material/add:")
            else:
                states.to_library(library)
            st.html(parts.heading(strings.PROMISES_TITLE) + parts.bullets(strings.PROMISES))


def _history(asked: Asked | None) -> None:
    """Draw what was asked before, each a way back, and the export of all of it."""
    earlier = [told for told in asking.history() if told.asked != asked]
    if not earlier:
        return
    with st.expander(strings.earlier(len(earlier)), key="history"):
        for number, told in enumerate(earlier):
            st.button(
                markdown(told.asked.question),
                key=f"earlier-{number}",
                type="tertiary",
                on_click=asking.ask,
                args=(told.asked,),
            )
        reply.session_download(asking.history())
