"""What the pages share: folders, the index in service, the model, and pictures, each loaded once.

The index is known by what its file CURRENT says, so that a new one is opened between two
questions, and those who still use the old one keep it.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime import Runtime

from indexer.build import DEFAULT_INDEX, DEFAULT_LIBRARY, Status, status
from indexer.embedding import DEFAULT_MODEL, Embedder, load_embedder
from indexer.errors import IndexerError
from indexer.inspect import HealthCard
from indexer.library import Library
from indexer.reading import page_words, shown_rects
from indexer.records import Rect, Word
from indexer.sandbox import inspect_report
from indexer.snapshot import Snapshot, served_state
from indexer.stores import open_for_page
from qa.answer import Asker
from qa.filters import Catalogue, Narrowed
from qa.find import Tally, may_have, tally
from qa.question import read_question
from qa.records import Answer, Hit
from qa.search import Int64, by_words, in_both, rows_of
from qa.views import examples, picture

MAX_PICTURES = 64
"""Pictures of pages kept in memory, about a quarter of a megabyte each."""

MAX_READ = 256
"""Pages whose words are kept in memory, about a tenth of a megabyte each."""


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
    return _snapshot(str(places.index), served_state(places.index))


@st.cache_resource(max_entries=2, show_spinner=False)
def _snapshot(index: str, state: str) -> Snapshot:
    del state  # decides only whether the one held is still in service and as it was
    return open_for_page(Path(index))


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


def catalogue(places: Folders, opened: Snapshot) -> Catalogue:
    """Return what the reports of an index can be chosen by."""
    return _catalogue(str(places.index), opened.name, opened)


@st.cache_resource(max_entries=2, show_spinner=False)
def _catalogue(index: str, name: str, _snapshot: Snapshot) -> Catalogue:
    return Catalogue(_snapshot)


# Asking


class Engine:
    """Answers one question at a time: the tokenizer must not be used by two threads at once."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._lock = threading.Lock()

    def ask(
        self,
        question: str,
        reports: Sequence[str],
        threshold: float | None = None,
        *,
        within: Int64 | None = None,
        on_found: Callable[[tuple[Hit, ...]], None] | None = None,
    ) -> Answer:
        """Return the answer to a question; see ``Asker.ask``."""
        with self._lock:
            return self._asker.ask(
                question, reports=reports, threshold=threshold, within=within, on_found=on_found
            )


def engine(places: Folders, opened: Snapshot) -> Engine:
    """Return what answers questions from a snapshot, its model loaded.

    Raises:
        ModelMissing: the model cannot be loaded.
        ModelMismatch: it is no longer the model that the index was made with.
    """
    return _engine(str(places.index), opened.name, served_state(places.index), opened)


@st.cache_resource(max_entries=2, show_spinner=False)
def _engine(index: str, name: str, state: str, _snapshot: Snapshot) -> Engine:
    return Engine(Asker(_snapshot, _embedder(_snapshot.model_name)))


def nearest_by_words(opened: Snapshot, question: str, left: Narrowed) -> tuple[Hit, ...]:
    """Return the passages of what filters leave that are nearest to a question by its words alone.

    Raises:
        BadQuestion: the question cannot be asked as it stands.
    """
    rows = in_both(rows_of(opened, left.reports), left.rows)
    found = by_words(opened, read_question(question), rows=rows)
    return tuple(Hit(rank, passage, 0.0) for rank, passage in enumerate(found, 1))


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


def index_bytes(places: Folders) -> int:
    """Return how much room the index takes on the disk, in bytes."""
    return _index_bytes(str(places.index), places.current)


@st.cache_data(max_entries=2, show_spinner=False)
def _index_bytes(index: str, current: str) -> int:
    del current  # decides only whether what is held still holds
    return sum(path.stat().st_size for path in Path(index).rglob("*") if path.is_file())


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
    with _one_at_a_time():
        return shown_rects(Path(path), page, rects)


@st.cache_resource(max_entries=1, show_spinner=False)
def _one_at_a_time() -> threading.Lock:
    """Return what keeps two visitors from drawing at once: pdfium must not be used so."""
    return threading.Lock()


def words_on(path: Path, opened: Snapshot, report: str, page: int) -> tuple[Word, ...]:
    """Return the words of a page where they lie on its picture.

    Raises:
        ReportRefused: the file cannot be opened or has no such page.
    """
    if opened.page_text(report, page).ocr:
        return _words_by_ocr(path, opened, report, page)
    return _words(str(path), path.stat().st_mtime_ns, page)


@st.cache_resource(max_entries=MAX_READ, show_spinner=False)
def _words(path: str, changed: int, page: int) -> tuple[Word, ...]:
    with _one_at_a_time():
        return page_words(Path(path), page)


def _words_by_ocr(path: Path, opened: Snapshot, report: str, page: int) -> tuple[Word, ...]:
    """Return the words of a page that is a picture: those that the index has of it."""
    found = [
        (passage.text[word.start : word.end], word.rect)
        for passage in (opened.passages[row] for row in opened.rows_of(report))
        if page in passage.pages
        for word in passage.words
        if word.page == page
    ]
    rects = rects_on_picture(path, page, [rect for _, rect in found])
    pairs = zip((text for text, _ in found), rects, strict=True)
    return tuple(Word(text, rect, size=0.0) for text, rect in pairs)


def find_in_report(path: Path, opened: Snapshot, report: str, wanted: str) -> Tally:
    """Return how often each page of a report has what is wanted (see ``qa.find.wanted_words``).

    Raises:
        ReportRefused: the file cannot be opened.
    """
    return _tally(str(path), path.stat().st_mtime_ns, report, wanted, opened)


@st.cache_resource(max_entries=256, show_spinner=False)
def _tally(path: str, changed: int, report: str, wanted: str, _opened: Snapshot) -> Tally:
    pages = [page.number for page in _opened.pages(report) if may_have(page.text, wanted)]
    return tally(((n, words_on(Path(path), _opened, report, n)) for n in pages), wanted)


def health_card(path: Path) -> HealthCard:
    """Return how well a report was read.

    Raises:
        ReportRefused: the file cannot be read.
    """
    return _health(str(path), path.stat().st_mtime_ns)


@st.cache_data(max_entries=32, show_spinner=False)
def _health(path: str, changed: int) -> HealthCard:
    return inspect_report(Path(path))


def page_picture(
    path: Path,
    page: int,
    rects: Sequence[Rect],
    size: tuple[float, float],
    *,
    scale: float = picture.SCALE,
) -> bytes:
    """Return the picture of a page with ``rects`` highlighted, as WebP."""
    return _picture(str(path), path.stat().st_mtime_ns, page, tuple(rects), size, scale)


@st.cache_data(max_entries=MAX_PICTURES, show_spinner=False)
def _picture(
    path: str,
    changed: int,
    page: int,
    rects: tuple[Rect, ...],
    size: tuple[float, float],
    scale: float,
) -> bytes:
    with _one_at_a_time():
        drawn = picture.drawn_page(Path(path), page, scale)
    return picture.as_webp(picture.highlight(drawn, rects, size))


def pdf_address(path: Path) -> str:
    """Return where the browser finds the PDF of a report; empty outside a running server.

    It is served as long as a page on which it is linked is open, to whoever has the address, which
    is made of the hash of the file.
    """
    if not Runtime.exists():
        return ""
    files = Runtime.instance().media_file_mgr
    return files.add(str(path), "application/pdf", f"pdf.{path.name}")
