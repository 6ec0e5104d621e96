"""The visitors' own questions: what was said of each, a way to ask it, and a way to remove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from qa.errors import QaError
from qa.evaluate import Gold
from qa.feedback import OwnQuestion
from qa.views import asking, figures, gate, gold, parts, strings
from qa.views.asking import Asked
from qa.views.escape import markdown

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

SHOWN = 20
"""Questions shown at first, the latest verdict first."""

state = st.session_state
"""``own_removed`` is the question that was taken out last, ``own_problem`` why one was not."""


def show(titles: Mapping[str, str], desk: StreamlitPage) -> None:
    """Draw the questions; ``desk`` is where they are asked."""
    problem = state.pop("own_problem", "")
    if problem:
        st.html(parts.notice(strings.FAILED_TITLE, [problem], kind="bad"))
    removed: OwnQuestion | None = state.get("own_removed")
    if removed is not None:
        st.html(parts.notice(strings.OWN_REMOVED, [removed.gold.question], kind="good"))
        st.button(strings.PUT_BACK, key="put-back", on_click=_put_back, args=(removed,))
    try:
        found = list(gold.questions().values())
    except QaError:
        return  # the top of the page says so
    if not found:
        return
    found.reverse()
    st.html(parts.heading(strings.own_title(len(found))))
    if gate.may_edit():  # nobody else need know where files lie on this machine
        st.html(parts.paragraph(strings.own_where(str(gold.own_set().path))))
    shown = len(found) if state.get("all-own") else SHOWN
    for number, one in enumerate(found[:shown], start=1):
        with st.container(gap="xsmall", key=f"own-{number}"):
            ask_button(one.gold, f"ask-own-{number}", desk)
            st.html(figures.own_question(one, titles))
            if gate.may_edit():
                st.button(
                    strings.remove_question(number),
                    key=f"remove-own-{number}",
                    on_click=_remove,
                    args=(one,),
                )
    if len(found) > shown:
        st.button(strings.show_all(len(found)), on_click=_show_all)


def ask_button(asked: Gold, key: str, desk: StreamlitPage) -> None:
    """Draw a question as a button that goes to the desk and asks it there."""
    icon = ":material/subdirectory_arrow_right:"
    if st.button(markdown(asked.question), key=key, type="tertiary", icon=icon):
        asking.ask(Asked(asked.question, asked.reports))
        st.switch_page(desk)


def _show_all() -> None:
    state["all-own"] = True


@gate.editor
def _remove(one: OwnQuestion) -> None:
    try:
        gold.own_set().remove(one.gold.id)
    except QaError as error:
        state["own_problem"] = str(error)
    else:
        state["own_removed"] = one


@gate.editor
def _put_back(one: OwnQuestion) -> None:
    try:
        gold.own_set().put_back(one)
    except QaError as error:
        state["own_problem"] = str(error)
    else:
        state.pop("own_removed", None)
