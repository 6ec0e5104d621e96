"""A run of a set of questions, in a thread of its own that outlives the page that began it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import streamlit as st

from indexer.errors import IndexerError
from qa.errors import QaError
from qa.views import strings
from qa.views.work import POLL_S

GIVE_WAY_S = 0.01
"""Pause after each question: those of visitors, who wait for the same model, come in between."""

Progress = Callable[[int, int], None]
Job = Callable[[Progress], object]
log = logging.getLogger("report_qa")


class Stopped(Exception):
    """A visitor has stopped the run."""


class Running:
    """One run, begun when it is made; ``problem`` says why it did not end well."""

    def __init__(self, name: str, job: Job) -> None:
        self.name = name
        self.done = 0
        self.total = 0
        self.problem = ""
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(job,), name="quality", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it after the question that is being asked; nothing of it is kept."""
        self._stop.set()

    def share(self) -> float:
        """Return how many of the questions have been asked, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def text(self) -> str:
        """Return how far it is and how long it will take at the pace so far."""
        if not self.total:
            return strings.GETTING_READY
        said = strings.asked_of(self.done, self.total)
        seconds, share = time.monotonic() - self._began, self.share()
        if share < 0.05 or seconds < 1:
            return said
        return f"{said} · {strings.time_left(seconds * (1 - share) / share)}"

    def _run(self, job: Job) -> None:
        try:
            job(self._heard)
        except Stopped:
            self.problem = strings.RUN_STOPPED
        except (QaError, IndexerError) as error:
            self.problem = str(error)
        except Exception:  # the border of the thread: nobody else would ever see it
            log.exception("a run of questions failed")
            self.problem = strings.UNEXPECTED

    def _heard(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        # Set is true: wait returns at once, and the run ends here, between two questions.
        if self._stop.wait(GIVE_WAY_S):
            raise Stopped


class Desk:
    """Where the runs on one index are done: one at a time, whoever asks."""

    def __init__(self) -> None:
        self.run: Running | None = None
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.running

    def begin(self, name: str, job: Job) -> bool:
        """Begin a run, unless another goes on; return whether it was begun."""
        with self._lock:
            if self.busy:
                return False
            self.run = Running(name, job)
            return True


@st.cache_resource(show_spinner=False)
def desk(index: str) -> Desk:
    """Return the desk of an index, the same for every visitor of this process."""
    del index
    return Desk()


@st.fragment(run_every=POLL_S)
def watch(run: Running) -> None:
    """Draw how far a run is, again and again until it ends, then run the whole page anew."""
    if not run.running:
        st.rerun()
    st.progress(run.share(), run.text())
