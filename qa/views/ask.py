"""The page on which questions are asked and answers read beside the pages that they cite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import IndexerError
from indexer.snapshot import Snapshot
from qa.errors import QaError
from qa.question import MAX_CHARACTERS
from qa.records import Answer
from qa.views import engine, pagepanel, parts, states, strings
from qa.views.engine import Folders
from qa.views.escape import clean, markdown
from qa.views.examples import Example
from qa.views.pagepanel import Opened

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

state = st.session_state
"""``asked`` is what is asked now; ``answer`` its answer, ``opened`` the page that is shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the ids of the reports that it is put to, none for all."""

    question: str
    reports: tuple[str, ...] = ()


def show(library: StreamlitPage) -> None:
    """Draw the page; ``library`` is where reports are added."""
    places = engine.folders()
    left, right = st.columns([6, 7], gap="large")
    with left:
        st.title(strings.ASK_TITLE, anchor=False)
        st.html(parts.paragraph(strings.ASK_LEAD, "rq-lead"))
        snapshot = states.usable_snapshot(places)
        if snapshot is None:
            states.tell_outcome()
            states.watch_work(places)
            return
        if not snapshot.reports:
            st.html(parts.notice(strings.EMPTY_TITLE, [strings.EMPTY]))
            st.page_link(library, label=strings.TO_LIBRARY)
            return
        asked = _what_is_asked()
        _form(snapshot, asked)
        states.tell_warnings(places, snapshot, library)
        answer = _answer(places, snapshot, asked) if asked else None
        if answer is not None:
            _draw_answer(snapshot, answer)
        elif asked is None:
            _examples(places, snapshot)
    with right:
        if answer is not None:
            pagepanel.show(places, snapshot)
        elif asked is None:
            _in_library(snapshot)
    engine.load_model_soon(snapshot.model_name)


# Asking


def _what_is_asked() -> Asked | None:
    """Return what is asked, by this visitor or by the link that opened the page, and link to it."""
    if "asked" not in state:
        linked = st.query_params.get("q", "")
        reports = tuple(dict.fromkeys(st.query_params.get_all("report")))
        state["asked"] = Asked(linked, reports) if linked else None
    asked: Asked | None = state["asked"]
    if "question" not in state:
        state["question"] = asked.question if asked else ""
        state["reports"] = list(asked.reports) if asked else []
    if asked is None or len(asked.question) > MAX_CHARACTERS:
        wanted: dict[str, str | list[str]] = {}
    else:
        wanted = {"q": asked.question, "report": list(asked.reports)}
    now = {name: st.query_params.get_all(name) for name in ("q", "report")}
    if now != {"q": [wanted["q"]] if wanted else [], "report": wanted.get("report", [])}:
        st.query_params.from_dict(wanted)
    return asked


def _ask(asked: Asked | None = None) -> None:
    """Ask a question, that of the form where none is given."""
    if asked is None:
        asked = Asked(state["question"], tuple(state.get("reports", ())))
    else:
        state["question"], state["reports"] = asked.question, list(asked.reports)
    state["asked"] = asked
    state["opened"] = None


def _clear() -> None:
    state["asked"] = state["opened"] = None
    state["question"], state["reports"] = "", []


def _form(snapshot: Snapshot, asked: Asked | None) -> None:
    titles = {info.id: info.title for info in snapshot.reports}
    with st.form("ask", border=False):
        st.text_input(strings.QUESTION, key="question", placeholder=strings.QUESTION_HINT)
        if len(titles) > 1:
            state["reports"] = [report for report in state["reports"] if report in titles]
            st.multiselect(
                strings.REPORTS_FILTER,
                list(titles),
                key="reports",
                format_func=lambda report: clean(titles[report]),
                placeholder=strings.ALL_REPORTS,
            )
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(strings.ASK_BUTTON, type="primary", on_click=_ask)
            if asked is not None:
                st.form_submit_button(strings.CLEAR, type="tertiary", on_click=_clear)


def _examples(places: Folders, snapshot: Snapshot) -> None:
    found = engine.example_questions(places, snapshot)
    if not found:
        return
    st.html(parts.heading(strings.EXAMPLES))
    with st.container(gap="small"):
        for number, example in enumerate(found):
            st.button(
                markdown(example.question),
                key=f"example-{number}",
                on_click=_ask,
                args=(_asked_by(example, len(snapshot.reports)),),
            )


def _asked_by(example: Example, reports: int) -> Asked:
    return Asked(example.question, (example.report,) if reports > 1 else ())


def _in_library(snapshot: Snapshot) -> None:
    items = [
        (info.title, strings.size_and_date(info.pages, info.created and parts.day(info.created)))
        for info in snapshot.reports[:8]
    ]
    if len(snapshot.reports) > len(items):
        items.append((strings.and_more(len(snapshot.reports) - len(items)), ""))
    st.html(
        f'<div class="rq-aside">{parts.heading(strings.IN_LIBRARY)}{parts.report_list(items)}</div>'
    )


# The answer


def _answer(places: Folders, snapshot: Snapshot, asked: Asked) -> Answer | None:
    """Return the answer, kept while the page is only drawn again, or draw why there is none."""
    key = (snapshot.name, asked)
    kept: tuple[object, Answer] | None = state.get("answer")
    if kept is not None and kept[0] == key:
        return kept[1]
    loaded = engine.load_model_soon(snapshot.model_name)
    try:
        with st.spinner(strings.SEARCHING if loaded else strings.LOADING_MODEL):
            answer = engine.engine(places, snapshot).ask(asked.question, asked.reports)
    except (QaError, IndexerError) as error:
        st.html(parts.notice(strings.BAD_QUESTION_TITLE, [str(error)], kind="bad"))
        return None
    state["answer"] = (key, answer)
    state["opened"] = None
    return answer


def _draw_answer(snapshot: Snapshot, answer: Answer) -> None:
    titles = {info.id: info.title for info in snapshot.reports}
    if answer.status == "answered":
        st.html(parts.answer(answer.question, answer.sentences))
        st.html(parts.heading(strings.SOURCES))
        for source in answer.citations:
            with st.container(border=True):
                st.html(parts.citation(source, titles[source.report]))
                place = Opened(source.report, source.page, source.page, source.rects)
                pagepanel.opener(f"source-{source.n}", place)
    else:
        st.html(parts.paragraph(answer.question, "rq-asked"))
        st.html(parts.notice(strings.NO_ANSWER_TITLE, [answer.text, strings.NO_ANSWER_LEAD]))
    with st.expander(strings.NEAREST, expanded=answer.status == "no_answer"):
        st.html(parts.paragraph(strings.NEAREST_LEAD))
        for hit in answer.hits:
            passage = hit.passage
            labels = [snapshot.page_text(passage.report, page).label for page in passage.pages]
            st.html(parts.hit(hit, titles[passage.report], labels))
            first = passage.pages[0]
            place = Opened(passage.report, first, first, parts.lines_of(passage, first))
            pagepanel.opener(f"passage-{hit.rank}", place)
    total = answer.timings_ms.get("total", 0.0)
    said = strings.answered_in(total, len(snapshot.passages), len(snapshot.reports))
    st.html(parts.paragraph(said))
