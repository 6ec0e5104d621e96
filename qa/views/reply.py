"""An answer, its sources, what else was found, and the ways on from it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from indexer.errors import IndexerError, UnknownReport
from indexer.snapshot import Snapshot
from qa.choice import THRESHOLD
from qa.errors import BadQuestion, QaError, Wait
from qa.links import address_of, link_to
from qa.records import Answer
from qa.views import (
    asking,
    bridge,
    downloads,
    engine,
    export,
    filters,
    first,
    gate,
    pagepanel,
    parts,
    strings,
    thumbs,
)
from qa.views.asking import Asked, Told
from qa.views.engine import Folders
from qa.views.escape import markdown
from qa.views.examples import Example, follow_ups
from qa.views.pagepanel import Opened

state = st.session_state


def answer_to(places: Folders, snapshot: Snapshot, asked: Asked) -> Answer | None:
    """Return the answer, kept while the page is only drawn again, or draw why there is none."""
    key = (snapshot.name, asked)
    kept: tuple[object, Answer] | None = state.get("answer")
    if kept is not None and kept[0] == key:
        return kept[1]
    loaded = engine.load_model_soon(snapshot.model_name)
    catalogue = engine.catalogue(places, snapshot)
    try:
        left = catalogue.narrowed(asked.filters, asked.reports)
        if asked.filters and not left.passages:
            filters.tell_nothing_left(catalogue, asked)
            return None
        said = strings.SEARCHING if loaded else strings.LOADING_MODEL
        with st.spinner(said), gate.turn(), first.shown(snapshot) as tell:
            if not loaded:
                tell(engine.nearest_by_words(snapshot, asked.question, left))
            answer = engine.engine(places, snapshot).ask(
                asked.question, left.reports, asked.threshold, within=left.rows, on_found=tell
            )
    except (BadQuestion, UnknownReport) as error:
        st.html(parts.notice(strings.BAD_QUESTION_TITLE, [str(error)], kind="bad"))
        return None
    except Wait as error:
        st.html(parts.notice(strings.BUSY_TITLE, [str(error)]))
        return None
    except (QaError, IndexerError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))
        return None
    state["answer"] = (key, answer)
    state["opened"] = _first_source(answer)
    titles = {info.id: info.title for info in snapshot.reports}
    cited = {source.report: titles[source.report] for source in answer.citations}
    cited |= {report: titles[report] for report in asked.reports}
    asking.remember(Told(asked, snapshot.name, answer, cited, export.now()))
    return answer


def _first_source(answer: Answer) -> Opened | None:
    """Return the page to show beside a new answer, where there is room for both."""
    if not answer.citations:
        return None
    first = answer.citations[0]
    return Opened(first.report, first.page, first.page, first.rects, by_itself=True)


def show(snapshot: Snapshot, answer: Answer) -> None:
    """Draw an answer and all that belongs to it."""
    titles = {info.id: info.title for info in snapshot.reports}
    if answer.status == "answered":
        st.html(parts.answer(answer.question, answer.sentences, answer.citations))
        if answer.confidence < THRESHOLD:
            st.html(parts.paragraph(strings.UNSURE, "rq-unsure"))
        if answer.also:
            others = [titles[report] for report in answer.also]
            st.html(parts.paragraph(strings.may_be_meant(others)))
        _tools(snapshot, answer)
        thumbs.show(snapshot, answer)
        with st.container(gap="small", key="sources"):
            st.html(parts.heading(strings.SOURCES))
            for source in answer.citations:
                place = Opened(source.report, source.page, source.page, source.rects)
                with st.container(border=True, gap="small", key=f"card-{source.n}"):
                    st.html(parts.citation(source, titles[source.report]))
                    with st.container(horizontal=True, vertical_alignment="center"):
                        pagepanel.opener(f"source-{source.n}", place)
                        address = address_of(link_to(source.report, source.page, source.quote))
                        st.html(parts.cite_link(address, source.n), width="content")
    else:
        st.html(parts.asked(answer.question))
        st.html(parts.notice(strings.NO_ANSWER_TITLE, [answer.text, strings.NO_ANSWER_LEAD]))
        _tools(snapshot, answer)  # that the reports do not say is worth keeping too
        thumbs.show(snapshot, answer)
    _nearest(snapshot, answer, titles)
    _follow_ups(snapshot, answer)
    total = answer.timings_ms.get("total", 0.0)
    said = strings.answered_in(total, len(snapshot.passages), len(snapshot.reports))
    st.html(parts.paragraph(said) + parts.paragraph(strings.index_of(snapshot.name)))


def _tools(snapshot: Snapshot, answer: Answer) -> None:
    """Draw the ways to take an answer elsewhere, and make its numbers open their pages."""
    with st.container(horizontal=True, gap="small", key="tools"):
        st.button(strings.COPY, key=bridge.COPY_KEY, icon=":material/content_copy:")
        told = asking.history()[:1]  # the answer that is shown is the last that was given
        downloads.menu(strings.DOWNLOAD, downloads.answers(told), answer.question, "answer")
    places = {
        str(source.n): Opened(source.report, source.page, source.page, source.rects)
        for source in answer.citations
    }
    bridge.mount(export.as_text(told[0]) if told else "", places)


def session_download(told: Sequence[Told]) -> None:
    """Draw the download of every answer of this session, the first one first."""
    files = downloads.answers(list(reversed(told)))
    downloads.menu(strings.DOWNLOAD_SESSION, files, strings.SESSION_FILE, "session")


def _nearest(snapshot: Snapshot, answer: Answer, titles: dict[str, str]) -> None:
    """Draw the passages that were found, which say why the answer is what it is."""
    if not answer.hits:
        return
    answered = answer.status == "answered"
    with st.expander(strings.WHY if answered else strings.NEAREST, expanded=not answered):
        st.html(parts.paragraph(strings.NEAREST_LEAD))
        for hit in answer.hits:
            passage = hit.passage
            labels = [snapshot.page_text(passage.report, page).label for page in passage.pages]
            first = passage.pages[0]
            place = Opened(passage.report, first, first, parts.lines_of(passage, first))
            with st.container(gap="small", key=f"hit-{hit.rank}"):
                st.html(parts.hit(hit, titles[passage.report], labels))
                pagepanel.opener(f"passage-{hit.rank}", place)


def _follow_ups(snapshot: Snapshot, answer: Answer) -> None:
    found = follow_ups(snapshot, answer)
    if not found:
        return
    with st.container(gap="xsmall", key="follow-ups"):
        st.html(parts.heading(strings.FOLLOW_UPS))
        several = len(snapshot.reports) > 1
        for number, example in enumerate(found):
            question_button(example, f"follow-up-{number}", limited=several)


def question_button(example: Example, key: str, *, limited: bool) -> None:
    """Draw a question as a button that asks it; ``limited`` puts it to its own report alone."""
    reports = (example.report,) if limited else ()
    st.button(
        markdown(example.question),
        key=key,
        icon=":material/subdirectory_arrow_right:" if key.startswith("follow") else None,
        on_click=asking.ask,
        args=(Asked(example.question, reports),),
    )
