"""What comes into the library: files that are dropped, what becomes of each, and what to decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from indexer.build import BuildResult, Event, Status, add
from indexer.errors import IndexerError
from qa import incoming
from qa.incoming import Drop, File
from qa.versions import not_another_version
from qa.views import engine, gate, parts, states, strings, work
from qa.views.engine import Folders
from qa.views.escape import markdown

state = st.session_state
"""``drop`` is what this visitor has dropped last."""


def show(places: Folders, status: Status | None) -> None:
    """Draw where files are dropped, what became of the last ones, and what is to be decided."""
    busy = work.desk(str(places.index)).busy
    st.html(parts.heading(strings.ADD_TITLE))
    with st.form("add", clear_on_submit=True, border=False):
        files = st.file_uploader(
            strings.ADD_HINT,
            accept_multiple_files=True,
            key="files",
            max_upload_size=gate.settings().upload_mb,
        )
        sent = st.form_submit_button(strings.ADD_BUTTON, type="primary", disabled=busy)
    if sent and not files:
        st.html(parts.notice(strings.ADD_NOTHING))
    elif sent:
        take(places, [(file.name, file.getvalue()) for file in files])
        st.rerun()
    drop: Drop | None = state.get("drop")
    if drop is None:
        return
    if busy:
        _live(drop)
        return
    _fates(drop, status)
    if drop.files("held"):
        _decisions(places, drop)
    else:
        st.button(strings.DISMISS, key="forget-drop", on_click=_forget, type="tertiary")


@gate.editor
def take(places: Folders, files: Sequence[tuple[str, bytes]]) -> None:
    """Begin to take files into the library."""
    drop = incoming.received(files, upload_mb=gate.settings().upload_mb)
    state["drop"] = drop
    if drop.files("waiting"):
        _begin(places, drop, partial(add, accept=not_another_version))


@gate.editor
def decide(places: Folders, drop: Drop) -> None:
    """Go on with held files as the visitor has chosen."""
    held = drop.files("held")
    choices = {file.name: state.get(f"decide-{n}", "leave") for n, file in enumerate(held)}
    replaces = drop.decide(choices)
    if drop.files("waiting"):
        _begin(places, drop, partial(add, replaces=replaces))


def _begin(places: Folders, drop: Drop, adding: Callable[..., BuildResult]) -> None:
    model = engine.model_of(places)

    def job(listen: Callable[[Event], None]) -> BuildResult:
        def heard(event: Event) -> None:
            drop.working_on(event.report)
            listen(event)

        try:
            return adding(
                drop.sources("waiting"),
                places.library,
                places.index,
                model=model,
                on_event=heard,
                on_outcome=drop.hear,
            )
        except IndexerError as error:
            drop.give_up(str(error))
            raise
        finally:
            drop.give_up(strings.UNEXPECTED)  # of none, unless something unforeseen was raised

    if not states.begin(places, job, told_elsewhere=True):
        drop.give_up(strings.WORKING_ALREADY)


@st.fragment(run_every=work.POLL_S)
def _live(drop: Drop) -> None:
    """Draw what becomes of each file, again and again while the work goes on."""
    _fates(drop, None)


def _fates(drop: Drop, status: Status | None) -> None:
    sizes = {r.id: (r.pages, r.passages) for r in status.reports} if status else {}
    told = parts.report_list(_told(file, sizes) for file in drop.files())
    st.html(parts.announced(parts.heading(strings.DROPPED, 3) + told))


def _told(file: File, sizes: dict[str, tuple[int, int]]) -> tuple[str, str]:
    """Return a file's name with a sign, and what became of it."""
    sign, said = strings.FATES[file.fate]
    if file.fate == "in" and file.name[:-4] in sizes:
        said = strings.added(*sizes[file.name[:-4]])
    elif file.fate == "held" and file.kind == "name":
        said = strings.same_name(file.report)
    elif file.fate != "left out":
        said = file.reason or said
    return f"{sign} {file.name}", said


def _decisions(places: Folders, drop: Drop) -> None:
    """Draw what can be done with each held file; nothing is replaced before that is said."""
    with st.form("decide"):
        st.html(parts.heading(strings.DECIDE_TITLE, 3) + parts.paragraph(strings.DECIDE_HINT))
        for number, file in enumerate(drop.files("held")):
            st.radio(
                markdown(file.name),
                file.choices,
                key=f"decide-{number}",
                format_func=partial(_choice, file.report),
            )
        st.form_submit_button(
            strings.DECIDE_BUTTON, type="primary", on_click=decide, args=(places, drop)
        )


def _choice(report: str, choice: incoming.Choice) -> str:
    return strings.CHOICES[choice].format(markdown(report))


def _forget() -> None:
    state.pop("drop", None)
