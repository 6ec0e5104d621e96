"""Which page is shown beside an answer, and the change from one to another."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from indexer.records import Rect

state = st.session_state
"""``opened`` is the page that is shown, ``find_spot`` the hit on it that is being looked at."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The page that is shown, and the page that is cited with the rectangles of the words.

    ``by_itself`` says that nobody asked for it: where there is no room beside the answer, as on a
    phone, it is not shown.
    """

    report: str
    page: int
    cited: int
    rects: tuple[Rect, ...]
    zoom: int = 0
    by_itself: bool = False

    def same_place(self, other: Opened | None) -> bool:
        """Return whether another shows the very words that this one does."""
        return other is not None and (self.report, self.cited, self.rects, self.cited) == (
            other.report,
            other.cited,
            other.rects,
            other.page,
        )


def open_page(place: Opened | None) -> None:
    """Show a page, or none: for its own words, not for a hit that was being looked at."""
    state["opened"] = place
    state.pop("find_spot", None)


def show_again(place: Opened) -> None:
    """Show the same page in another way, a hit that is being looked at included."""
    state["opened"] = place
