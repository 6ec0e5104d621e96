"""What leaves the library: reports that are removed, undone with one click, or deleted when due."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from indexer.build import Status, remove, restore
from indexer.trash import KEPT_DAYS, Removed, Trash
from qa.views import engine, gate, parts, states, strings, work
from qa.views.engine import Folders
from qa.views.escape import clean, markdown

MAX_LISTED = 20
CLOCK_SLACK_S = 2.0
"""The time of a removal is kept in whole seconds."""

state = st.session_state
"""``left`` are ids and time of what this visitor has removed last, ``sure`` whether all is to be
deleted for good."""


def show(places: Folders, status: Status) -> None:
    """Draw the choice of reports to remove."""
    titles = {report.id: report.title for report in status.reports}
    titles |= {report.id: report.id for report in status.refused if report.id not in titles}
    if not titles:
        return
    st.html(parts.heading(strings.REMOVE_TITLE) + parts.paragraph(strings.remove_hint(KEPT_DAYS)))
    state["to_remove"] = [report for report in state.get("to_remove", []) if report in titles]
    chosen = st.multiselect(
        strings.REMOVE_CHOICE,
        list(titles),
        key="to_remove",
        format_func=lambda report: clean(titles[report]),
        placeholder=strings.REMOVE_PLACEHOLDER,
    )
    st.button(
        strings.REMOVE_BUTTON,
        disabled=work.desk(str(places.index)).busy or not chosen,
        on_click=take_out,
        args=(places, tuple(chosen)),
    )


def undo(places: Folders) -> None:
    """Draw that what this visitor has removed last can come back, as long as it can."""
    reports, since = state.get("left") or ((), 0.0)
    if not reports or work.desk(str(places.index)).busy:
        return
    kept = [
        entry
        for entry in Trash(places.library).removed()
        if entry.id in reports and entry.when.timestamp() >= since - CLOCK_SLACK_S
    ]
    if not kept:
        return
    st.html(parts.notice(strings.removed(len(kept)), [entry.id for entry in kept], listed=True))
    with st.container(horizontal=True):
        st.button(strings.UNDO, key="undo", type="primary", on_click=bring_back,
                  args=(places, tuple(entry.key for entry in kept)))  # fmt: skip
        st.button(strings.DISMISS, key="forget-left", type="tertiary", on_click=_forget)


def trash(places: Folders) -> None:
    """Draw what has been removed, each a way back, and how all of it is deleted."""
    entries = Trash(places.library).removed()
    if not entries:
        return
    busy = work.desk(str(places.index)).busy
    with st.expander(strings.in_trash(len(entries))):
        st.html(parts.paragraph(strings.trash_hint(KEPT_DAYS)))
        for number, entry in enumerate(entries[:MAX_LISTED]):
            st.button(
                strings.BRING_BACK.format(markdown(_named(entry))),
                key=f"bring-back-{number}",
                disabled=busy,
                on_click=bring_back,
                args=(places, (entry.key,)),
            )
        if len(entries) > MAX_LISTED:
            st.html(parts.paragraph(strings.and_more(len(entries) - MAX_LISTED)))
        _delete(places, entries)


def _delete(places: Folders, entries: Sequence[Removed]) -> None:
    size = sum(entry.size for entry in entries)
    if not state.get("sure"):
        st.button(strings.DELETE, key="delete", type="tertiary", on_click=_sure, args=(True,))
        return
    st.html(parts.notice(strings.sure_to_delete(len(entries), size), kind="bad"))
    with st.container(horizontal=True):
        st.button(strings.DELETE_SURE, key="delete-sure", type="primary", on_click=delete_all,
                  args=(places,))  # fmt: skip
        st.button(strings.DELETE_KEEP, key="delete-keep", on_click=_sure, args=(False,))


def _named(entry: Removed) -> str:
    return f"{entry.id} ({parts.day(entry.when.isoformat())})"


@gate.editor
def take_out(places: Folders, reports: tuple[str, ...]) -> None:
    """Begin to remove reports."""
    model = engine.model_of(places)
    if states.begin(
        places,
        lambda listen: remove(reports, places.library, places.index, model=model, on_event=listen),
        told_elsewhere=True,
    ):
        state["left"] = (reports, time.time())


@gate.editor
def bring_back(places: Folders, keys: tuple[str, ...]) -> None:
    """Begin to put removed reports back."""
    model = engine.model_of(places)
    states.begin(
        places,
        lambda listen: restore(keys, places.library, places.index, model=model, on_event=listen),
    )


@gate.editor
def delete_all(places: Folders) -> None:
    """Delete all that has been removed, for good."""
    _sure(False)
    Trash(places.library).empty()


def _sure(sure: bool) -> None:
    state["sure"] = sure


def _forget() -> None:
    state.pop("left", None)
