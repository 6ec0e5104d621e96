"""One report of the library: how it was read, what people say of it, and the way to ask it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.build import describe
from indexer.details import Details, checked, family_titles, of_document, said_of
from indexer.errors import BadDetails, IndexerError
from indexer.library import Library
from indexer.sandbox import to_html
from indexer.snapshot import ReportInfo, Snapshot
from qa.errors import Wait
from qa.filters import about
from qa.views import engine, gate, parts, states, strings, work
from qa.views.engine import Folders
from qa.views.escape import clean

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

state = st.session_state


def show(places: Folders, snapshot: Snapshot, desk: StreamlitPage | None) -> None:
    """Draw the choice of a report, and the one that is chosen."""
    infos = {info.id: info for info in snapshot.reports}
    if not infos:
        return
    st.html(parts.heading(strings.ONE_TITLE) + parts.paragraph(strings.ONE_HINT))
    chosen = st.selectbox(
        strings.HEALTH_CHOICE,
        list(infos),
        index=None,
        key="health",
        format_func=lambda report: clean(infos[report].title),
        placeholder=strings.HEALTH_PLACEHOLDER,
    )
    if chosen is None:
        return
    info = infos[chosen]
    if desk is not None and st.button(strings.ASK_THIS, key="ask-this", icon=":material/search:"):
        state["ask_only"] = chosen
        st.switch_page(desk)
    if gate.may_edit():
        _details(places, snapshot, info)
    _health(places, chosen)


def _health(places: Folders, report: str) -> None:
    """Draw how well a report was read, and offer the picture of its reading."""
    st.html(parts.heading(strings.HEALTH_TITLE, 3) + parts.paragraph(strings.HEALTH_HINT))
    try:
        path = Library(places.library).path_of(report)
        st.html(parts.facts(engine.health_card(path).facts()))
        if st.button(strings.HEALTH_PICTURE, key="draw-reading"):
            with st.spinner(strings.HEALTH_MAKING), gate.turn():
                page = to_html(path)
            st.download_button(
                strings.HEALTH_SAVE, page, f"{report}.html", "text/html", key="save-reading"
            )
    except Wait as error:
        st.html(parts.notice(strings.BUSY_TITLE, [str(error)]))
    except (IndexerError, OSError) as error:
        st.html(parts.notice(strings.FAILED_TITLE, [str(error)], kind="bad"))


# What people say of it


def guessed(snapshot: Snapshot, info: ReportInfo) -> Details:
    """Return what a report's document alone says of title, place, date and family."""
    own = of_document(info)
    bare = replace(info, title=own.title, published=own.date, place="", family="", own=())
    found = about(snapshot, bare)
    return Details(own.title, found.place, own.date or info.created[:10], found.family)


def _details(places: Folders, snapshot: Snapshot, info: ReportInfo) -> None:
    """Draw the form in which title, place, date and family are changed, filled in with guesses."""
    guess = guessed(snapshot, info)
    now = said_of(info).over(guess)
    families = ["", *family_titles()]
    key = f"{info.id}-{snapshot.name}"
    with st.form(f"details-{key}"):
        st.html(parts.heading(strings.DETAILS_TITLE, 3) + parts.paragraph(strings.DETAILS_HINT))
        title = st.text_input(strings.DETAIL_TITLE, clean(now.title), key=f"title-{key}")
        place = st.text_input(strings.DETAIL_PLACE, clean(now.place), key=f"place-{key}")
        day = st.text_input(
            strings.DETAIL_DATE, clean(now.date), key=f"date-{key}", help=strings.DETAIL_DATE_HELP
        )
        family = st.selectbox(
            strings.DETAIL_FAMILY,
            families,
            index=families.index(now.family) if now.family in families else 0,
            key=f"family-{key}",
            format_func=lambda name: strings.family(name),
        )
        busy = work.desk(str(places.index)).busy
        sent = st.form_submit_button(strings.DETAILS_SAVE, disabled=busy)
    if not sent:
        return
    try:
        typed = checked(title, place, day, family)
    except BadDetails as error:
        st.html(parts.notice(strings.DETAILS_WRONG, [str(error)], kind="bad"))
        return
    save(places, info.id, typed.beside(guess))
    st.rerun()


@gate.editor
def save(places: Folders, report: str, said: Details) -> None:
    """Begin to keep what is said of a report; what the document says too need not be kept."""
    model = engine.model_of(places)
    states.begin(
        places,
        lambda listen: describe(
            report, said, places.library, places.index, model=model, on_event=listen
        ),
    )
