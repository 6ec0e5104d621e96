"""What a visitor asks, has asked, and shares: the state behind the page and its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from qa.choice import CAUTION
from qa.filters import NO_FILTERS, Filters, from_parameters, to_parameters
from qa.links import PARAMETERS, Link, link_from
from qa.question import MAX_CHARACTERS
from qa.records import Answer

DEFAULT_CAUTION = "balanced"
MAX_HISTORY = 30
"""Answers kept for a visitor, the oldest forgotten first."""

state = st.session_state
"""``asked`` is what is asked now, ``answer`` its answer with its key, ``opened`` the page shown,
``history`` the answers so far, ``linked`` the address that was last written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the ids of the reports that it is put to, none for all, and how carefully.

    ``caution`` is one of ``qa.choice.CAUTION``; ``filters`` limit the question further.
    """

    question: str
    reports: tuple[str, ...] = ()
    caution: str = DEFAULT_CAUTION
    filters: Filters = NO_FILTERS

    @property
    def threshold(self) -> float:
        """The confidence that an answer needs."""
        return CAUTION[self.caution]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it was given: to what, from which snapshot, with the titles of its reports.

    ``at`` is when it was given, ISO 8601, or empty.
    """

    asked: Asked
    snapshot: str
    answer: Answer
    titles: Mapping[str, str]
    at: str = ""


def what_is_asked() -> Asked | None:
    """Return what is asked, by this visitor or by the address, and keep the address in step.

    Whoever goes back or forward in the browser asks what the address says; whoever comes from
    another page, which has an address of its own, finds what was asked before.
    """
    if "kept_opened" in state:
        state["opened"] = state.pop("kept_opened")
    only = state.pop("ask_only", "")  # a report that the library sends to be asked
    if only:
        state["asked"] = state["opened"] = None
        state["question"], state["reports"] = "", [only]
    address = _address()
    if "asked" not in state or (state.get("linked") is not None and address != state["linked"]):
        state["asked"] = address if address.question else None
        state["opened"] = None
        state.pop("question", None)
        state.pop("caution", None)
    asked: Asked | None = state["asked"]
    if "question" not in state:
        state["question"] = asked.question if asked else ""
        state["reports"] = list(asked.reports) if asked else []
        state["filters"] = asked.filters if asked else NO_FILTERS
    if "caution" not in state:
        state["caution"] = asked.caution if asked else DEFAULT_CAUTION
    if asked is None or not asked.question or len(asked.question) > MAX_CHARACTERS:
        wanted = Asked("")
    else:
        wanted = asked
    if wanted != address:
        st.query_params.from_dict(_parameters(wanted))
    state["linked"] = wanted
    return asked


def what_is_cited() -> Link | None:
    """Return the citation that the address opens, None where it opens none or asks a question."""
    if st.query_params.get("q"):
        return None
    return link_from({name: st.query_params.get(name, "") for name in PARAMETERS})


def ask(asked: Asked | None = None) -> None:
    """Ask a question, that of the form where none is given."""
    if asked is None:
        reports = tuple(state.get("reports", ()))
        caution, filters = state.get("caution", DEFAULT_CAUTION), state.get("filters", NO_FILTERS)
        asked = Asked(state["question"], reports, caution, filters)
    else:
        state["question"], state["reports"] = asked.question, list(asked.reports)
        state["caution"], state["filters"] = asked.caution, asked.filters
    state["asked"] = asked
    state["opened"] = None
    state.pop("answer", None)  # who asks again wants it worked out again


def clear() -> None:
    """Ask nothing."""
    state["asked"] = state["opened"] = None
    state["question"], state["reports"], state["filters"] = "", [], NO_FILTERS


def keep_opened() -> None:
    """Put the page that is shown beside an answer aside, for pages that show others."""
    if "kept_opened" not in state:
        state["kept_opened"] = state.get("opened")
        state["opened"] = None


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


def ask_again() -> None:
    """Ask what is asked with the caution that was chosen."""
    asked: Asked | None = state.get("asked")
    if asked is not None:
        ask(replace(asked, caution=state["caution"]))


def narrow(filters: Filters, reports: tuple[str, ...] | None = None) -> None:
    """Limit what is asked, now and next, by other filters, and where given to other reports.

    What stands in the box for the next question is left as it is.
    """
    state["filters"] = filters
    if reports is not None:
        state["reports"] = list(reports)
    asked: Asked | None = state.get("asked")
    if asked is not None:
        chosen = asked.reports if reports is None else reports
        state["asked"], state["opened"] = replace(asked, filters=filters, reports=chosen), None
        state.pop("answer", None)


def _address() -> Asked:
    """Return what the address asks, an empty question where it asks nothing."""
    question = st.query_params.get("q", "")
    reports = tuple(dict.fromkeys(st.query_params.get_all("report")))
    caution = st.query_params.get("caution", DEFAULT_CAUTION)
    if not question:
        return Asked("")
    caution = caution if caution in CAUTION else DEFAULT_CAUTION
    return Asked(question, reports, caution, from_parameters(st.query_params.get_all))


def _parameters(asked: Asked) -> dict[str, str | list[str]]:
    """Return the parts of the address that asks a question."""
    if not asked.question:
        return {}
    parts: dict[str, str | list[str]] = {"q": asked.question, "report": list(asked.reports)}
    if asked.caution != DEFAULT_CAUTION:
        parts["caution"] = asked.caution
    return parts | to_parameters(asked.filters)
