"""The option of the Library page that the index follows the library's folder by itself.

A thread of the server looks at the folder and begins builds at the desk where all work on the
index is begun, so that there is never more than one piece. It is the same for every visitor.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import streamlit as st

from indexer.build import BuildResult, Event, build
from indexer.errors import BuildLocked
from indexer.watch import DEFAULT_SETTLE_S, Seen, watch
from qa.views import engine, gate, parts, strings, work
from qa.views.engine import Folders

LOOK_S = 2.0
"""How often a page that is open looks for what the follower has done."""

LOCKED_PAUSE_S = 2.0

Run = Callable[[], BuildResult]
log = logging.getLogger("report_qa")


class Follower:
    """Keeps an index like its library while it is switched on; ``run`` builds once.

    Attributes:
        seen: what happened last, None while it is off.
    """

    def __init__(self, library: Path, run: Run, *, settle: float = DEFAULT_SETTLE_S) -> None:
        self.seen: Seen | None = None
        self._library = library
        self._run = run
        self._settle = settle
        self._stop: threading.Event | None = None
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether it is switched on."""
        return self._stop is not None

    def switch(self, on: bool) -> None:
        """Switch it on or off; a build that goes on is not broken off."""
        with self._lock:
            if on and self._stop is None:
                self._stop = threading.Event()
                threading.Thread(
                    target=self._follow, args=(self._stop,), name="watch", daemon=True
                ).start()
            elif not on and self._stop is not None:
                self._stop.set()
                self._stop = None
                self.seen = None

    def _follow(self, stop: threading.Event) -> None:
        watch(
            self._library,
            lambda: self._built(stop),
            stop=stop,
            tell=lambda seen: self._hear(seen, stop),
            settle=self._settle,
        )

    def _built(self, stop: threading.Event) -> BuildResult:
        try:
            return self._run()
        except BuildLocked:
            stop.wait(LOCKED_PAUSE_S)  # each try is a piece of work that a page draws
            raise

    def _hear(self, seen: Seen, stop: threading.Event) -> None:
        with self._lock:
            if not stop.is_set():
                self.seen = seen
        if seen.error is not None:
            log.error("the index could not follow the library", exc_info=seen.error)


def at_desk(desk: work.Desk, job: work.Job) -> BuildResult:
    """Return the result of a job that is begun at a desk, once it has ended.

    Raises:
        BuildLocked: other work goes on there. Whatever the job raises is raised too.
    """
    ended: Future[BuildResult] = Future()

    def run(listen: Callable[[Event], None]) -> BuildResult:
        try:
            ended.set_result(job(listen))
        except BaseException as error:
            ended.set_exception(error)
        return ended.result()

    if desk.begin(run) is None:
        raise BuildLocked(strings.WORKING_ALREADY)
    return ended.result()


def follower(places: Folders) -> Follower:
    """Return what follows a library, the same for every visitor of this process."""
    return _follower(str(places.library), str(places.index))


@st.cache_resource(show_spinner=False, on_release=lambda gone: gone.switch(False))
def _follower(library: str, index: str) -> Follower:
    places = Folders(Path(library), Path(index))
    desk = work.desk(index)

    def run() -> BuildResult:
        model = engine.model_of(places)
        return at_desk(
            desk, lambda listen: build(places.library, places.index, model=model, on_event=listen)
        )

    return Follower(places.library, run)


def option(places: Folders) -> None:
    """Draw the switch and, while it is on, what goes on."""
    if not gate.may_edit():
        return
    following = follower(places)
    st.session_state["follow"] = following.on  # another visitor may have switched it
    st.toggle(
        strings.FOLLOW,
        key="follow",
        help=strings.FOLLOW_HELP,
        on_change=_switch,
        args=(following,),
    )
    if following.on:
        _news(places, following, places.current, work.desk(str(places.index)).busy)


@gate.editor
def _switch(following: Follower) -> None:
    following.switch(st.session_state["follow"])


@st.fragment(run_every=LOOK_S)
def _news(places: Folders, following: Follower, current: str, busy: bool) -> None:
    """Draw what the follower does, and run the page anew when it has begun or ended a build."""
    begun = work.desk(str(places.index)).busy and not busy
    if begun or places.current != current or not following.on:
        st.rerun()
    seen = following.seen
    kind = seen.kind if seen else "watching"
    if seen is not None and kind in ("failed", "lost"):
        st.html(parts.notice(strings.FOLLOW_FAILED, [seen.sentence], kind="bad"))
    else:
        st.html(parts.paragraph(strings.FOLLOWING.get(kind, strings.FOLLOWING_STILL)))
