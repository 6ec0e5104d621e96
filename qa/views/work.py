"""Work on the library and its index, in a thread of its own that outlives the page that began it.

A page is run anew, and broken off, at every click; a build must not be.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from indexer.build import BuildResult, Event
from indexer.errors import BuildLocked, IndexerError
from qa.views import strings
from qa.views.escape import markdown

READING_SHARE = 0.25
"""Of the time a report takes; the rest is embedding."""

POLL_S = 1.0

Job = Callable[[Callable[[Event], None]], BuildResult]
log = logging.getLogger("report_qa")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How work ended: with a result, or with a title and a sentence that say why not."""

    result: BuildResult | None
    title: str = ""
    problem: str = ""


class Work:
    """One piece of work, begun when it is made."""

    def __init__(self, job: Job) -> None:
        self.event: Event | None = None
        self.outcome: Outcome | None = None
        self._share = 0.0
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(job,), name="build", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def share(self) -> float:
        """Return how much is done, 0 to 1; it never falls."""
        if self.event is not None:
            self._share = max(self._share, share_done(self.event))
        return self._share

    def seconds_left(self) -> float | None:
        """Return how long it will take at the pace so far, None while that cannot be said."""
        share, seconds = self.share(), time.monotonic() - self._began
        return seconds * (1 - share) / share if share > 0.05 and seconds > 1 else None

    def _run(self, job: Job) -> None:
        try:
            self.outcome = Outcome(job(self._heard))
        except BuildLocked as error:
            self.outcome = Outcome(None, strings.LOCKED_TITLE, str(error))
        except IndexerError as error:
            self.outcome = Outcome(None, strings.FAILED_TITLE, str(error))
        except Exception:  # the border of the thread: nobody else would ever see it
            log.exception("work on the index failed")
            self.outcome = Outcome(None, strings.UNEXPECTED_TITLE, strings.UNEXPECTED)

    def _heard(self, event: Event) -> None:
        self.event = event


class Desk:
    """Where the work on one index is done: one piece at a time, whoever asks."""

    def __init__(self) -> None:
        self.work: Work | None = None
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether work goes on."""
        return self.work is not None and self.work.running

    def begin(self, job: Job) -> Work | None:
        """Return the work that was begun, or None where other work goes on."""
        with self._lock:
            if self.busy:
                return None
            self.work = Work(job)
            return self.work


@st.cache_resource(show_spinner=False)
def desk(index: str) -> Desk:
    """Return the desk of an index, the same for every visitor of this process."""
    del index
    return Desk()


def share_done(event: Event) -> float:
    """Return how much of a build is done, 0 to 1, when it says this.

    >>> share_done(Event("embedding", "a", 1, 2, number=1, count=2))
    0.3125
    """
    if event.stage == "publishing":
        return 0.98
    part = min(1.0, event.done / event.total) if event.total else 0.0
    inner = READING_SHARE * part
    if event.stage == "embedding":
        inner = READING_SHARE + (1 - READING_SHARE) * part
    return min(0.98, (max(0, event.number - 1) + inner) / max(1, event.count))


def progress_text(work: Work) -> str:
    """Return what work is at, of how many, and for how long, as Markdown."""
    event = work.event
    if event is None:
        return strings.GETTING_READY
    said = strings.STAGES.get(event.stage, "{}").format(markdown(event.report))
    if event.report and event.count > 1:
        said += f" · report {event.number} of {event.count}"
    if event.stage == "embedding":
        said += f" · {event.done:,} of {strings.count(event.total, 'passage')}"
    left = work.seconds_left()
    return f"{said} · {strings.time_left(left)}" if left is not None else said


@st.fragment(run_every=POLL_S)
def watch(work: Work) -> None:
    """Draw how far work is, again and again until it ends, then run the whole page anew."""
    if not work.running:
        st.rerun()
    st.progress(work.share(), progress_text(work))
