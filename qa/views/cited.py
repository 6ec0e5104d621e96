"""What the link to a citation opens: its words, and its page with the words highlighted."""

from __future__ import annotations

import streamlit as st

from indexer.errors import NoPages, UnknownReport
from indexer.snapshot import Snapshot
from qa.links import Link, address_of, find
from qa.records import Citation
from qa.views import bridge, pagepanel, parts, strings
from qa.views.engine import Folders
from qa.views.pagepanel import Opened

state = st.session_state
"""``cited`` is the link whose page was opened: whoever closes it has it closed."""


def show(places: Folders, snapshot: Snapshot, link: Link) -> None:
    """Draw the words of a link beside their page, or why they are not there."""
    try:
        source = find(snapshot, link)
    except (UnknownReport, NoPages) as error:
        st.html(parts.notice(strings.CITED_UNKNOWN_TITLE, [str(error)], kind="bad"))
        return
    place = Opened(link.report, link.page, link.page, source.rects if source else ())
    if state.get("cited") != link:
        state["cited"], state["opened"] = link, place
    left, right = st.columns([6, 7], gap="large")
    with left:
        _words(snapshot, link, source, place)
    with right:
        pagepanel.show(places, snapshot, answered=True)


def _words(snapshot: Snapshot, link: Link, source: Citation | None, place: Opened) -> None:
    titles = {info.id: info.title for info in snapshot.reports}
    st.html(parts.heading(strings.CITED_TITLE))
    if source is None:
        st.html(parts.notice(strings.CITED_GONE_TITLE, [strings.CITED_GONE], kind="bad"))
        pagepanel.opener("source-1", place)
        return
    with st.container(border=True, gap="small", key="card-1"):
        st.html(parts.citation(source, titles[source.report]))
        with st.container(horizontal=True, vertical_alignment="center"):
            pagepanel.opener("source-1", place)
            st.html(parts.cite_link(address_of(link), 1), width="content")
    st.html(parts.paragraph(strings.index_of(snapshot.name)))
    bridge.mount("", {})
