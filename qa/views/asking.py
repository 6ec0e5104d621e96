"""What a visitor asks, has asked, and shares: the state behind the page and its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from qa.question import MAX_CHARACTERS
from qa.records import Answer

MAX_HISTORY = 30
"""Answers kept for a visitor, the oldest forgotten first."""

state = st.session_state
"""``asked`` is what is asked now, ``answer`` its answer with its key, ``opened`` the page shown,
``history`` the answers so far, ``linked`` the address that was last written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the ids of the reports that it is put to, none for all."""

    question: str
    reports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it was given: to what, from which snapshot, with the titles of its reports."""

    asked: Asked
    snapshot: str
    answer: Answer
    titles: Mapping[str, str]


def what_is_asked() -> Asked | None:
    """Return what is asked, by this visitor or by the address, and keep the address in step.

    Whoever goes back or forward in the browser asks what the address says; whoever comes from
    another page, which has an address of its own, finds what was asked before.
    """
    address = _address()
    if "asked" not in state or (state.get("linked") is not None and address != state["linked"]):
        state["asked"] = Asked(*address) if address[0] else None
        state["opened"] = None
        state.pop("question", None)
    asked: Asked | None = state["asked"]
    if "question" not in state:
        state["question"] = asked.question if asked else ""
        state["reports"] = list(asked.reports) if asked else []
    if asked is None or not asked.question or len(asked.question) > MAX_CHARACTERS:
        wanted: tuple[str, tuple[str, ...]] = ("", ())
    else:
        wanted = (asked.question, asked.reports)
    if wanted != address:
        question, reports = wanted
        st.query_params.from_dict({"q": question, "report": list(reports)} if question else {})
    state["linked"] = wanted
    return asked


def ask(asked: Asked | None = None) -> None:
    """Ask a question, that of the form where none is given."""
    if asked is None:
        asked = Asked(state["question"], tuple(state.get("reports", ())))
    else:
        state["question"], state["reports"] = asked.question, list(asked.reports)
    state["asked"] = asked
    state["opened"] = None
    state.pop("answer", None)  # who asks again wants it worked out again


def clear() -> None:
    """Ask nothing."""
    state["asked"] = state["opened"] = None
    state["question"], state["reports"] = "", []


def leave() -> None:
    """Leave the page: the address is another page's now."""
    state.pop("linked", None)


def remember(told: Told) -> None:
    """Put an answer in front of those that this visitor has had."""
    others = [one for one in history() if one.asked != told.asked]
    state["history"] = [told, *others][:MAX_HISTORY]


def history() -> list[Told]:
    """Return the answers that this visitor has had, the latest first."""
    kept: list[Told] = state.get("history", [])
    return kept


def _address() -> tuple[str, tuple[str, ...]]:
    """Return the question and the reports that the address names."""
    question = st.query_params.get("q", "")
    reports = tuple(dict.fromkeys(st.query_params.get_all("report")))
    return (question, reports) if question else ("", ())
