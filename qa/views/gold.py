"""The visitors' own questions as the pages share them: read once for each state of their file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from indexer.snapshot import Snapshot
from qa.feedback import DEFAULT_OWN, OwnQuestion, OwnSet, Pages


def own_set() -> OwnSet:
    """Return the questions of the file that the environment names, or of the project's own."""
    return OwnSet(Path(os.environ.get("REPORT_QA_GOLD") or DEFAULT_OWN))


def questions() -> dict[str, OwnQuestion]:
    """Return the visitors' questions by their keys, the oldest verdict first.

    Raises:
        BadGoldFile: a line of the file cannot be used.
    """
    path = own_set().path
    try:
        stat = path.stat()
    except OSError:
        return {}
    return _questions(str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


@st.cache_resource(max_entries=2, show_spinner=False)
def _questions(path: str, changed: int, size: int, number: int) -> dict[str, OwnQuestion]:
    del changed, size, number  # these decide only whether what is held still holds
    return OwnSet(Path(path)).questions()


def pages_of(snapshot: Snapshot, reports: Sequence[str] = ()) -> Pages:
    """Return the raw texts of the pages of reports, of all where none is named."""
    wanted = reports or [info.id for info in snapshot.reports]
    return {report: [page.text for page in snapshot.pages(report)] for report in wanted}
