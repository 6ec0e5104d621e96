"""The page on how well questions with known answers are answered, and on the visitors' own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from indexer.snapshot import Snapshot
from qa import quality
from qa.errors import QaError
from qa.evaluate import Gold, gold_records
from qa.quality import SHIPPED, SHIPPED_REPORT, SetName
from qa.views import asking, engine, gate, gold, outcome, ownlist, parts, running, states, strings
from qa.views.engine import Folders

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage


def show(desk: StreamlitPage, shelves: StreamlitPage) -> None:
    """Draw the page; ``desk`` is where questions are asked, ``shelves`` where reports are added."""
    asking.leave()
    places = engine.folders()
    st.title(strings.QUALITY_TITLE, anchor=False)
    st.html(parts.paragraph(strings.QUALITY_LEAD, "rq-lead"))
    snapshot = states.usable_snapshot(places, shelves)
    name: SetName = st.radio(
        strings.SET_CHOICE,
        ("shipped", "own"),
        key="quality-set",
        format_func=strings.SETS.__getitem__,
        horizontal=True,
        label_visibility="collapsed",
    )
    path = SHIPPED if name == "shipped" else gold.own_set().path
    if snapshot is not None:
        _begin(places, snapshot, name, path, desk, shelves)
    titles = {info.id: info.title for info in snapshot.reports} if snapshot else {}
    current = snapshot.name if snapshot else ""
    file = quality.run_path(places.index, name)
    if file.exists() or not running.desk(str(places.index)).busy:
        outcome.show(file, current, path, titles, desk)
    if name == "own":
        ownlist.show(titles, desk)


# Running a set


def _begin(
    places: Folders,
    snapshot: Snapshot,
    name: SetName,
    path: Path,
    desk: StreamlitPage,
    shelves: StreamlitPage,
) -> None:
    """Draw the button that runs a set, how far a run is, or why none can be begun."""
    at = running.desk(str(places.index))
    if at.run is not None and at.run.running:
        running.watch(at.run)
        if gate.may_edit():
            st.button(strings.RUN_STOP, key="run-stop", on_click=_stop, args=(at.run,))
        return
    if at.run is not None and at.run.problem and at.run.name == name:
        st.html(parts.notice(strings.RUN_FAILED, [at.run.problem], kind="bad"))
    try:
        questions = _questions(name, path)
    except QaError as error:
        st.html(parts.notice(strings.OWN_BROKEN_TITLE, [str(error)], kind="bad"))
        return
    if not questions:
        said = strings.OWN_EMPTY if gate.may_edit() else strings.OWN_EMPTY_READERS
        st.html(parts.notice(strings.OWN_EMPTY_TITLE, [said]))
        st.page_link(desk, label=strings.TO_ASK, icon=":material/arrow_forward:")
        return
    planned = quality.plan(name, questions, [info.id for info in snapshot.reports])
    if not planned.gold:
        if name == "shipped":
            said = strings.shipped_absent(SHIPPED_REPORT)
        else:
            said = strings.left_out(planned.left_out, planned.absent)
        st.html(parts.notice(strings.ABSENT_TITLE, [said]))
        states.to_library(shelves)
        return
    if gate.may_edit():
        st.button(
            strings.run_button(len(planned.gold)),
            key="run-set",
            type="primary",
            on_click=_go,
            args=(places, snapshot, name, path),
        )


def _questions(name: SetName, path: Path) -> list[Gold]:
    """Return the questions of a set; a visitor's own need not be there yet."""
    if name == "own" and not path.exists():
        return []
    return [one for one, _ in gold_records(path)]


@gate.editor
def _go(places: Folders, snapshot: Snapshot, name: SetName, path: Path) -> None:
    def job(listen: running.Progress) -> None:
        answers = engine.engine(places, snapshot)
        pages = gold.pages_of(snapshot)
        run = quality.run_set(
            name, path, answers.ask, pages, snapshot=snapshot.name, on_progress=listen
        )
        quality.save_run(quality.run_path(places.index, name), run)

    running.desk(str(places.index)).begin(name, job)


@gate.editor
def _stop(run: running.Running) -> None:
    run.stop()
