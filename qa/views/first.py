"""The nearest passages, on screen from the end of the search until the answer stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from indexer.snapshot import Snapshot
from qa.records import Hit
from qa.views import parts

MAX_FIRST = 3

Tell = Callable[[Sequence[Hit]], None]


@contextmanager
def shown(snapshot: Snapshot) -> Iterator[Tell]:
    """Give a function that draws the nearest passages, which are gone when the block ends."""
    place = st.empty()
    titles = {info.id: info.title for info in snapshot.reports}

    def tell(hits: Sequence[Hit]) -> None:
        near = [(hit, titles[hit.passage.report], _labels(snapshot, hit)) for hit in hits]
        if near:
            place.html(parts.first_evidence(near[:MAX_FIRST]))

    try:
        yield tell
    finally:
        place.empty()


def _labels(snapshot: Snapshot, hit: Hit) -> list[str]:
    passage = hit.passage
    return [snapshot.page_text(passage.report, page).label for page in passage.pages]
