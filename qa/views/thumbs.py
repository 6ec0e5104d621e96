"""Whether an answer was right, and what does answer: a verdict that is kept as a gold question."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from indexer.snapshot import Snapshot
from qa.errors import QaError
from qa.evaluate import GoldEvidence
from qa.feedback import (
    MAX_TYPED,
    NONE,
    TYPED,
    OwnQuestion,
    Said,
    Verdict,
    correction,
    key_of,
    quoted_evidence,
)
from qa.records import Answer
from qa.views import engine, figures, gate, gold, parts, strings
from qa.views.asking import Asked
from qa.views.escape import markdown

FIRST_WORDS = 16
"""Words of a passage by which it is known again."""

state = st.session_state
"""``judging`` is the question whose panel is open, ``judge_problem`` why a verdict was not kept."""


def show(snapshot: Snapshot, answer: Answer) -> None:
    """Draw the two buttons under an answer, what was said before, and the panel of "Wrong"."""
    asked: Asked | None = state.get("asked")
    if asked is None or not gate.may_edit():
        return
    limits = asked.filters
    with st.container(gap="small", key="verdict"):
        if limits.standards or limits.kinds:
            st.html(parts.paragraph(strings.VERDICT_LIMITED))
            return
        if limits:  # they choose reports, and a question that is kept names these
            left = engine.catalogue(engine.folders(), snapshot).narrowed(limits, asked.reports)
            asked = replace(asked, reports=left.reports)
        try:
            said = gold.questions().get(key_of(asked.question, asked.reports))
        except QaError as error:
            st.html(parts.notice(strings.OWN_BROKEN_TITLE, [str(error)], kind="bad"))
            return
        _buttons(asked, answer, said)
        _tell(said)
        if state.get("judging") == asked:
            _panel(snapshot, asked, answer)


def _buttons(asked: Asked, answer: Answer, said: OwnQuestion | None) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="verdicts"):
        st.html(parts.paragraph(strings.VERDICT), width="content")
        st.button(
            strings.RIGHT,
            key="verdict-right",
            icon=":material/check:" if said and said.said == "right" else ":material/thumb_up:",
            on_click=_right,
            args=(asked, answer),
        )
        st.button(
            strings.WRONG,
            key="verdict-wrong",
            icon=":material/check:" if said and said.said == "wrong" else ":material/thumb_down:",
            on_click=_open,
            args=(asked,),
        )
        if said is not None:
            st.button(
                strings.VERDICT_UNDO,
                key="verdict-undo",
                type="tertiary",
                on_click=_undo,
                args=(said,),
            )


def _tell(said: OwnQuestion | None) -> None:
    """Draw what the file has on this question, and why the last verdict is not in it."""
    problem = state.pop("judge_problem", "")
    if problem:
        st.html(parts.notice(strings.VERDICT_NOT_KEPT, [problem], kind="bad"))
    elif said is not None:
        words = strings.VERDICTS.get(said.said, strings.VERDICT_BY_HAND)
        st.html(figures.status(f"{words} {strings.verdict_answer(len(said.gold.evidence))}"))


def _panel(snapshot: Snapshot, asked: Asked, answer: Answer) -> None:
    """Draw what else may be the answer: a passage found, a sentence typed, or that none is."""
    several = len(snapshot.reports) > 1
    titles = {info.id: info.title if several else "" for info in snapshot.reports}
    names = {str(hit.rank): _first_words(hit.passage.text) for hit in answer.hits}
    places = {
        str(hit.rank): strings.place(titles[hit.passage.report], hit.passage.pages)
        for hit in answer.hits
    }
    names[TYPED], places[TYPED] = strings.WRONG_TYPED, ""
    if answer.status == "answered":
        names[NONE], places[NONE] = strings.WRONG_NONE, ""
    with st.form("wrong"):
        st.radio(
            strings.WRONG_CHOICE,
            list(names),
            index=None,
            key="wrong-choice",
            format_func=lambda name: markdown(names[name]),
            captions=[markdown(place) for place in places.values()],
        )
        st.text_area(
            strings.WRONG_SENTENCE, key="wrong-sentence", height="content", max_chars=MAX_TYPED
        )
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(
                strings.WRONG_KEEP, type="primary", on_click=_wrong, args=(snapshot, asked, answer)
            )
            st.form_submit_button(strings.CANCEL, type="tertiary", on_click=_close)


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:FIRST_WORDS]) + (" …" if len(words) > FIRST_WORDS else "")


# What the buttons do


@gate.editor
def _open(asked: Asked) -> None:
    state["judging"] = asked
    state.pop("wrong-choice", None)
    state.pop("wrong-sentence", None)


def _close() -> None:
    state.pop("judging", None)


@gate.editor
def _right(asked: Asked, answer: Answer) -> None:
    section = " › ".join(answer.citations[0].section) if answer.citations else ""
    _keep(asked, "right", quoted_evidence(answer), section)


@gate.editor
def _wrong(snapshot: Snapshot, asked: Asked, answer: Answer) -> None:
    choice, sentence = state.get("wrong-choice"), state.get("wrong-sentence") or ""
    pages = gold.pages_of(snapshot, asked.reports)
    try:
        found, section = correction(choice, sentence, answer.hits, pages)
    except QaError as error:
        state["judge_problem"] = str(error)
    else:
        _keep(asked, "wrong", found, section)


def _keep(asked: Asked, said: Said, evidence: tuple[GoldEvidence, ...], section: str) -> None:
    try:
        gold.own_set().keep(Verdict(asked.question, asked.reports, said, evidence, section))
    except QaError as error:
        state["judge_problem"] = str(error)
    else:
        _close()


@gate.editor
def _undo(said: OwnQuestion) -> None:
    try:
        gold.own_set().remove(said.gold.id)
    except QaError as error:
        state["judge_problem"] = str(error)
