"""What a visitor compares and shares: the state behind the page and its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from indexer.snapshot import Snapshot
from qa.choice import CAUTION
from qa.compare import MAX_REPORTS, default_reports, inspections
from qa.question import MAX_CHARACTERS
from qa.records import Answer
from qa.views.asking import DEFAULT_CAUTION, keep_opened
from qa.views.pagepanel import Opened

QUESTION, CHANGES = "question", "changes"
"""The two ways to compare: one question to several reports, and what changed between two."""

MAX_KEPT = 4 * MAX_REPORTS
"""Answers kept while the page is only drawn again; the oldest are forgotten first."""

Pair = tuple[str, str]
state = st.session_state
"""``compared`` is what is compared now, ``compare_linked`` the address that was last written,
``compare_answers`` what the reports have said to it so far."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, the ids of the reports that it is put to, how carefully, and in which way.

    For what changed the reports are the earlier and the later one, and the question may be empty.
    """

    question: str = ""
    reports: tuple[str, ...] = ()
    caution: str = DEFAULT_CAUTION
    mode: str = QUESTION

    @property
    def threshold(self) -> float:
        """The confidence that an answer needs."""
        return CAUTION[self.caution]


def what_is_wanted(snapshot: Snapshot) -> tuple[Wanted, tuple[str, ...]]:
    """Return what is compared and the ids in the address that are no reports; keep both in step.

    An address that says nothing is that of whoever comes by the menu, and finds what was compared
    before.
    """
    keep_opened()
    address = _address()
    if "compared" not in state or (address != Wanted() and address != state.get("compare_linked")):
        state["compared"] = address
        forget_fields()
    known = {report.id for report in snapshot.reports}
    opened: Opened | None = state.get("opened")
    if "compare_question" not in state or (opened is not None and opened.report not in known):
        state["opened"] = None  # it was another page's, or of a report that has left
    asked: Wanted = state["compared"]
    gone = tuple(report for report in asked.reports if report not in known)
    wanted = _complete(asked, snapshot, known)
    state["compared"] = wanted
    _fill_fields(wanted)
    shared = wanted if len(wanted.question) <= MAX_CHARACTERS else replace(wanted, question="")
    if shared != address:
        st.query_params.from_dict(_parameters(shared))
    state["compare_linked"] = shared
    return wanted, gone


def pairs_of(snapshot: Snapshot) -> tuple[Pair, ...]:
    """Return each two inspections of one place, the earlier one first, neighbours in time first."""
    groups = inspections(snapshot.reports)
    found = [
        (far - near, (group[near].id, group[far].id))
        for group in groups
        for near in range(len(group))
        for far in range(near + 1, len(group))
    ]
    return tuple(pair for _, pair in sorted(found, key=lambda item: item[0]))


def ask() -> None:
    """Compare what the form says."""
    wanted: Wanted = state["compared"]
    reports: Sequence[str] = wanted.reports
    if wanted.mode == QUESTION:
        reports = state["compare_reports"]
    question = " ".join(str(state["compare_question"]).split())
    _put(replace(wanted, question=question, reports=tuple(reports)))


def choose_mode() -> None:
    """Compare in the way that was chosen, with the reports that suit it."""
    wanted: Wanted = state["compared"]
    mode = state.get("compare_mode") or wanted.mode
    if mode != wanted.mode:
        _put(replace(wanted, mode=mode, reports=wanted.reports if mode == QUESTION else ()))


def choose_pair() -> None:
    """Compare the two inspections that were chosen."""
    _put(replace(state["compared"], reports=state["compare_pair"]))


def choose_caution() -> None:
    """Compare with the caution that was chosen."""
    _put(replace(state["compared"], caution=state["compare_caution"]))


def told_before(key: object) -> tuple[Answer, str] | None:
    """Return what a report said before to what is asked now, and when."""
    kept: dict[object, tuple[Answer, str]] = state.setdefault("compare_answers", {})
    return kept.get(key)


def remember(key: object, answer: Answer, at: str) -> None:
    """Keep what a report says while the page is only drawn again."""
    kept: dict[object, tuple[Answer, str]] = state.setdefault("compare_answers", {})
    kept[key] = (answer, at)
    while len(kept) > MAX_KEPT:
        kept.pop(next(iter(kept)))


def forget_fields() -> None:
    """Let the fields of the form be filled anew."""
    for field in ("question", "reports", "mode", "pair", "caution"):
        state.pop(f"compare_{field}", None)


def _put(wanted: Wanted) -> None:
    """Compare something else, or the same once more."""
    state["compared"] = wanted
    state["opened"] = None
    state["compare_answers"] = {}
    forget_fields()


def _complete(asked: Wanted, snapshot: Snapshot, known: set[str]) -> Wanted:
    """Return what was asked for with reports that there are, the usual ones to begin with."""
    reports = tuple(report for report in asked.reports if report in known)[:MAX_REPORTS]
    mode = asked.mode
    if mode == CHANGES and len(reports) != 2:
        pairs = pairs_of(snapshot)
        mode, reports = (CHANGES, pairs[0]) if pairs else (QUESTION, reports)
    if mode == QUESTION and not asked.reports and not asked.question:
        reports = default_reports(snapshot.reports)
    return replace(asked, reports=reports, mode=mode)


def _fill_fields(wanted: Wanted) -> None:
    """Fill the fields that hold nothing yet: those of a page that was left are empty again."""
    state.setdefault("compare_question", wanted.question)
    state.setdefault("compare_mode", wanted.mode)
    state.setdefault("compare_caution", wanted.caution)
    if wanted.mode == QUESTION:
        state.setdefault("compare_reports", list(wanted.reports))
    else:
        state.setdefault("compare_pair", wanted.reports)


def _address() -> Wanted:
    """Return what the address compares."""
    given = st.query_params
    caution, mode = given.get("caution", ""), given.get("mode", "")
    return Wanted(
        question=given.get("q", ""),
        reports=tuple(dict.fromkeys(given.get_all("report"))),
        caution=caution if caution in CAUTION else DEFAULT_CAUTION,
        mode=mode if mode == CHANGES else QUESTION,
    )


def _parameters(wanted: Wanted) -> dict[str, str | list[str]]:
    """Return the parts of the address that compares."""
    parts: dict[str, str | list[str]] = {"report": list(wanted.reports)}
    if wanted.question:
        parts["q"] = wanted.question
    if wanted.mode != QUESTION:
        parts["mode"] = wanted.mode
    if wanted.caution != DEFAULT_CAUTION:
        parts["caution"] = wanted.caution
    return parts
