"""The states of an index in which nothing can be asked, and those that are worth a word."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import streamlit as st

from indexer.build import build
from indexer.errors import IndexDamaged, IndexMissing
from indexer.snapshot import Snapshot
from qa.views import engine, gate, parts, strings, work
from qa.views.engine import Folders

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def usable_snapshot(places: Folders, library: StreamlitPage | None = None) -> Snapshot | None:
    """Return the snapshot in service, or else draw why not and the way out.

    ``library`` is the page on which reports are added, unless this is it.
    """
    try:
        return engine.snapshot(places)
    except IndexMissing:
        if places.has_reports:
            said = strings.NO_INDEX if gate.may_edit() else strings.NO_INDEX_READERS
            st.html(parts.notice(strings.NO_INDEX_TITLE, [said]))
            build_button(places, strings.BUILD_BUTTON)
        else:
            tell_empty(library)
    except IndexDamaged as error:
        way_out = [strings.DAMAGED_WAY_OUT] if gate.may_edit() else []
        st.html(parts.notice(strings.DAMAGED_TITLE, [str(error), *way_out], kind="bad"))
        build_button(places, strings.REBUILD_BUTTON)
    return None


def tell_empty(library: StreamlitPage | None) -> None:
    """Draw that there is no report, and the way to the library for whoever may add one."""
    if gate.may_edit():
        said = strings.EMPTY if library else strings.EMPTY_HERE
        st.html(parts.notice(strings.EMPTY_TITLE, [said]))
        to_library(library)
    else:
        st.html(parts.notice(strings.EMPTY_TITLE, [strings.EMPTY_READERS]))


def to_library(library: StreamlitPage | None) -> None:
    """Draw the way to the library, unless this is it."""
    if library is not None:
        st.page_link(library, label=strings.TO_LIBRARY, icon=":material/arrow_forward:")


def build_button(places: Folders, label: str, *, primary: bool = True) -> None:
    """Draw a button that makes the index match the library, for whoever may press it."""
    if not gate.may_edit():
        return
    st.button(
        label,
        key="build",
        disabled=work.desk(str(places.index)).busy,
        type="primary" if primary else "secondary",
        on_click=rebuild,
        args=(places,),
    )


@gate.editor
def rebuild(places: Folders) -> None:
    """Begin to make the index match the library."""
    model = engine.model_of(places)
    begin(
        places,
        lambda listen: build(places.library, places.index, model=model, on_event=listen),
    )


def begin(places: Folders, job: work.Job, *, told_elsewhere: bool = False) -> bool:
    """Begin work on the index as this visitor's, unless other work goes on; return if it began.

    How it ended is told by ``tell_outcome``, or elsewhere unless it failed. Nothing is begun for
    whoever may not edit.
    """
    if not gate.may_edit():
        st.session_state["denied"] = True
        return False
    begun = work.desk(str(places.index)).begin(job)
    st.session_state["refused_work"] = begun is None
    if begun is not None:
        st.session_state["work"] = begun
        st.session_state["told_elsewhere"] = told_elsewhere
    return begun is not None


def watch_work(places: Folders) -> None:
    """Draw how far the work on the index is, where any goes on, until it has ended."""
    going_on = work.desk(str(places.index)).work
    if st.session_state.pop("refused_work", False):
        st.html(parts.notice(strings.FAILED_TITLE, [strings.WORKING_ALREADY], kind="bad"))
    if going_on is not None and going_on.running:
        work.watch(going_on)


def tell_outcome(known: Collection[str] = ()) -> None:
    """Draw how this visitor's last work ended, until it is dismissed.

    ``known`` are reasons for refusals that the page gives elsewhere.
    """
    ended: work.Work | None = st.session_state.get("work")
    if ended is None or ended.outcome is None:
        return
    outcome = ended.outcome
    if outcome.result is not None and st.session_state.get("told_elsewhere"):
        return
    if outcome.result is None:
        st.html(parts.notice(outcome.title, [outcome.problem], kind="bad"))
    else:
        done = [r for r in outcome.result.reports if r.status in ("indexed", "removed")]
        refused = [r for r in outcome.result.refused if r.reason not in known]
        if done:
            said = [strings.done(r.id, r.status, r.pages, r.passages) for r in done]
            st.html(parts.notice(strings.DONE_TITLE, said, kind="good", listed=True))
        elif not refused:
            changed = outcome.result.changed
            sentence = strings.REBUILT if changed else strings.NOTHING_CHANGED
            st.html(parts.notice(strings.DONE_TITLE, [sentence], kind="good"))
        if refused:
            title = strings.refused(len(refused))
            said = [r.reason for r in refused]
            st.html(parts.notice(title, said, kind="bad", listed=True))
    st.button(strings.DISMISS, on_click=st.session_state.pop, args=("work", None), type="tertiary")


def tell_warnings(places: Folders, opened: Snapshot, library: StreamlitPage | None) -> None:
    """Draw that an older snapshot stands in, or that the library has moved on, where it has."""
    if opened.warnings:
        st.html(parts.notice(strings.STAND_IN_TITLE, opened.warnings, kind="bad"))
        build_button(places, strings.REBUILD_BUTTON, primary=False)
    stale = engine.state(places).stale
    if not stale:
        return
    if library is None:
        said = [*stale[:5], *([strings.and_more(len(stale) - 5)] if len(stale) > 5 else [])]
        st.html(parts.notice(strings.STALE_TITLE, said, listed=True))
    elif gate.may_edit():
        st.html(parts.notice(strings.STALE_TITLE, [strings.STALE_WAY_OUT]))
        to_library(library)
    else:
        st.html(parts.notice(strings.STALE_TITLE, [strings.STALE_READERS]))
