"""What the pages share: folders, the index in service, the model, and pictures, each loaded once.

The index is known by what its file CURRENT says, so that a new one is opened between two
questions, and those who still use the old one keep it.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime import Runtime

from indexer.build import DEFAULT_INDEX, DEFAULT_LIBRARY, Status, status
from indexer.embedding import DEFAULT_MODEL, Embedder, load_embedder
from indexer.errors import IndexerError
from indexer.inspect import HealthCard, inspect_report
from indexer.library import Library
from indexer.reading import shown_rects
from indexer.records import Rect
from indexer.snapshot import Snapshot, open_snapshot
from qa.answer import Asker
from qa.records import Answer
from qa.views import examples, picture

MAX_PICTURES = 64
"""Pictures of pages kept in memory, about a quarter of a megabyte each."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the library and its index are."""

    library: Path
    index: Path

    @property
    def current(self) -> str:
        """The name of the snapshot in service as CURRENT gives it; empty where there is none."""
        try:
            return (self.index / "CURRENT").read_text("utf-8", "replace")[:200].strip()
        except OSError:
            return ""

    @property
    def has_reports(self) -> bool:
        """Whether the library has any file that could be a report."""
        return any(name.lower().endswith(".pdf") for name, _, _ in _files(self.library))


def folders() -> Folders:
    """Return the folders that the environment names, or the project's own."""
    return Folders(
        Path(os.environ.get("REPORT_QA_LIBRARY") or DEFAULT_LIBRARY),
        Path(os.environ.get("REPORT_QA_INDEX") or DEFAULT_INDEX),
    )


def snapshot(places: Folders) -> Snapshot:
    """Return the snapshot in service.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: no snapshot of it can be used.
    """
    return _snapshot(str(places.index), places.current)


@st.cache_resource(max_entries=2, show_spinner=False)
def _snapshot(index: str, current: str) -> Snapshot:
    del current  # decides only whether the one held is still the one in service
    return open_snapshot(Path(index))


def model_of(places: Folders) -> str:
    """Return the name of the model that an index was made with, the default where there is none."""
    try:
        return snapshot(places).model_name
    except IndexerError:
        return DEFAULT_MODEL


@st.cache_resource(max_entries=2, show_spinner=False)
def _examples(index: str, name: str, _snapshot: Snapshot) -> tuple[examples.Example, ...]:
    return examples.examples(_snapshot)


def example_questions(places: Folders, opened: Snapshot) -> tuple[examples.Example, ...]:
    """Return questions made from what the index holds."""
    return _examples(str(places.index), opened.name, opened)


# Asking


class Engine:
    """Answers one question at a time: the tokenizer must not be used by two threads at once."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._lock = threading.Lock()

    def ask(self, question: str, reports: Sequence[str], threshold: float | None = None) -> Answer:
        """Return the answer to a question; see ``Asker.ask``."""
        with self._lock:
            return self._asker.ask(question, reports=reports, threshold=threshold)


def engine(places: Folders, opened: Snapshot) -> Engine:
    """Return what answers questions from a snapshot, its model loaded.

    Raises:
        ModelMissing: the model cannot be loaded.
        ModelMismatch: it is no longer the model that the index was made with.
    """
    return _engine(str(places.index), opened.name, opened)


@st.cache_resource(max_entries=2, show_spinner=False)
def _engine(index: str, name: str, _snapshot: Snapshot) -> Engine:
    return Engine(Asker(_snapshot, _embedder(_snapshot.model_name)))


def load_model_soon(name: str) -> bool:
    """Begin to load a model in the background; return whether it has been loaded."""
    return _loading(name).done()


def _embedder(name: str) -> Embedder:
    try:
        return _loading(name).result()
    except BaseException:
        _loading.clear()  # so that the next question tries again
        raise


@st.cache_resource(max_entries=1, show_spinner=False)
def _loading(name: str) -> Future[Embedder]:
    worker = ThreadPoolExecutor(1, thread_name_prefix="load-model")
    future = worker.submit(load_embedder, name)
    worker.shutdown(wait=False)
    return future


# The library


def state(places: Folders) -> Status:
    """Return what the index holds and how the library differs from it.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: no snapshot of it can be used.
    """
    return _state(str(places.library), str(places.index), places.current, _files(places.library))


@st.cache_resource(max_entries=4, show_spinner=False)
def _state(library: str, index: str, current: str, files: object) -> Status:
    del current, files  # these decide only whether what is held still holds
    model = model_of(Folders(Path(library), Path(index)))
    return status(Path(library), Path(index), model=model)


def _files(library: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, time and size of each file of the library: what a change would change."""
    try:
        with os.scandir(library) as entries:
            found = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in found))


# Pages


def page_file(places: Folders, opened: Snapshot, report: str) -> Path | None:
    """Return the PDF of a report, or None where its file has changed since it was indexed.

    Raises:
        UnknownReport: the library no longer has it.
    """
    path = Library(places.library).path_of(report)
    stat = path.stat()
    indexed = next((info.sha256 for info in opened.reports if info.id == report), "")
    return path if _sha256(str(path), stat.st_mtime_ns, stat.st_size) == indexed else None


@st.cache_data(max_entries=256, show_spinner=False)
def _sha256(path: str, changed: int, size: int) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rects_on_picture(path: Path, page: int, rects: Sequence[Rect]) -> tuple[Rect, ...]:
    """Return rectangles of a PDF's page as they lie on its picture.

    Raises:
        ReportRefused: the file cannot be opened or has no such page.
    """
    return _rects(str(path), path.stat().st_mtime_ns, page, tuple(rects)) if rects else ()


@st.cache_data(max_entries=256, show_spinner=False)
def _rects(path: str, changed: int, page: int, rects: tuple[Rect, ...]) -> tuple[Rect, ...]:
    return shown_rects(Path(path), page, rects)


def health_card(path: Path) -> HealthCard:
    """Return how well a report was read.

    Raises:
        ReportRefused: the file cannot be read.
    """
    return _health(str(path), path.stat().st_mtime_ns)


@st.cache_data(max_entries=32, show_spinner=False)
def _health(path: str, changed: int) -> HealthCard:
    return inspect_report(Path(path))


def page_picture(path: Path, page: int, rects: Sequence[Rect], size: tuple[float, float]) -> bytes:
    """Return the picture of a page with ``rects`` highlighted, as WebP."""
    return _picture(str(path), path.stat().st_mtime_ns, page, tuple(rects), size)


@st.cache_data(max_entries=MAX_PICTURES, show_spinner=False)
def _picture(
    path: str, changed: int, page: int, rects: tuple[Rect, ...], size: tuple[float, float]
) -> bytes:
    return picture.page_picture(Path(path), page, rects, size)


def pdf_address(path: Path) -> str:
    """Return where the browser finds the PDF of a report; empty outside a running server.

    It is served as long as a page on which it is linked is open, to whoever has the address, which
    is made of the hash of the file.
    """
    if not Runtime.exists():
        return ""
    files = Runtime.instance().media_file_mgr
    return files.add(str(path), "application/pdf", f"pdf.{path.name}")
