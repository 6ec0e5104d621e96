"""The index as questions see it: vectors, terms, passages and pages of one moment, read only.

Shards, one a report, are joined into a snapshot, all but their token vectors, which it shares with
others (``tokens``); a snapshot is opened only after its files have been found to be what was
written. How vectors and words are searched is in ``dense`` and ``bm25``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import threading
import time
import weakref
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import arrow, bm25, dense, disk, store, termlists, tokens
from indexer.checked import REBUILD, FileRecord, records_of, wrong_files
from indexer.embedding import Embeddings, passage_input
from indexer.errors import IndexDamaged, ModelMismatch, NoPages
from indexer.lexical import terms, words
from indexer.library import unknown_report
from indexer.records import Finding, PageText, Passage, Report
from indexer.store import DEFAULT_INDEX, Manifest, ReportInfo, served_state
from indexer.stores import Near, Searcher, best_rows
from indexer.tokens import TokenFiles

__all__ = [
    "DEFAULT_INDEX",
    "ReportInfo",
    "Snapshot",
    "open_snapshot",
    "read_shard",
    "served_state",
    "verify",
    "write_shard",
    "write_snapshot",
]

UNIT_TOLERANCE = 1e-3
"""How far from 1 the length of a unit vector may be."""

CANARIES = 5
"""Passages whose own vector must find them before a snapshot is put in service."""

REMOVED_WAIT_S = 0.001
"""How long to wait for a build that is just removing an old snapshot."""

NPY_HEADER = 128
"""Bytes in front of the numbers of a two-dimensional array, as numpy writes it."""

ARRAYS = ("vectors.npy", "token_units.npy", "token_offsets.npy")
TABLES = ("passages.arrow", "pages.arrow", "findings.arrow")

Float16 = npt.NDArray[np.float16]
Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]


# Shards


def write_shard(folder: Path, report: Report, embeddings: Embeddings) -> None:
    """Write one report, read and embedded, into an empty folder, with its checksums.

    The folder is called by the shard's key, wherever it stands.
    """
    arrow.write_passages(folder / "passages.arrow", report.passages)
    arrow.write_pages(folder / "pages.arrow", report.pages)
    arrow.write_findings(folder / "findings.arrow", report.findings)
    _write_array(folder / "vectors.npy", embeddings.vectors)
    _write_array(folder / "tokens.npy", embeddings.tokens)
    _write_array(folder / "token_units.npy", embeddings.token_units)
    _write_array(folder / "token_offsets.npy", embeddings.token_offsets)
    termlists.write(folder, [terms(passage_input(p, "")[0]) for p in report.passages])
    store.seal(
        folder,
        {
            # A report without a title of its own is called by its id, which is the file's, and a
            # shard knows nothing of files.
            "title": "" if report.title == report.id else arrow.sound(report.title),
            "created": arrow.sound(report.created),
            "pages": len(report.pages),
            "passages": len(report.passages),
            "findings": len(report.findings),
            "notes": [arrow.sound(note) for note in report.notes],
            "published": next((f.value for f in report.findings if f.kind == "published"), ""),
            "acronyms": [[arrow.sound(a), arrow.sound(b)] for a, b in report.acronyms],
        },
    )


def read_shard(folder: Path, *, report: str, file: str, sha256: str) -> ReportInfo:
    """Return what a shard says of its report, every file of it having been checked.

    Raises:
        IndexDamaged: the shard is missing or a file of it is not what it was.
    """
    meta = store.unseal(folder)
    return ReportInfo(
        id=report,
        title=meta["title"] or report,
        pages=meta["pages"],
        passages=meta["passages"],
        sha256=sha256,
        created=meta["created"],
        file=file,
        shard=folder.name,
        acronyms=tuple((short, long) for short, long in meta["acronyms"]),
        findings=meta["findings"],
        notes=tuple(meta["notes"]),
        published=meta["published"],
    )


# Writing a snapshot


def write_snapshot(
    folder: Path,
    shards: Sequence[tuple[ReportInfo, Path]],
    *,
    recipe: store.Recipe,
    model_name: str,
    refused: Sequence[store.Refusal] = (),
) -> Manifest:
    """Write the files of a snapshot into an empty folder and return its manifest, checked.

    ``shards`` are the reports in the order of their rows, each with the folder of its shard.

    Raises:
        IndexDamaged: what was written does not pass its own check.
        DiskFailed: a file cannot be read or written.
    """
    with disk.named(folder, "written"):
        return _written(folder, shards, recipe, model_name, refused)


def _written(
    folder: Path,
    shards: Sequence[tuple[ReportInfo, Path]],
    recipe: store.Recipe,
    model_name: str,
    refused: Sequence[store.Refusal],
) -> Manifest:
    dimension, count = 0, 0
    token_files: dict[str, FileRecord] = {}
    if shards:
        for name in TABLES:
            arrow.join(folder / name, [shard / name for _, shard in shards])
        dimension = _join_arrays(folder, [shard for _, shard in shards])
        count = int(_array(folder / "token_offsets.npy")[-1])
        token_files = {shard.name: store.token_record(shard) for _, shard in shards}
        index = folder.parent.parent
        tokens.keep(index, token_files, store.building_path(index, "tokens"))
    manifest = Manifest(
        created=store.now(),
        recipe=recipe,
        model_name=model_name,
        dimension=dimension,
        tokens=count,
        reports=tuple(report for report, _ in shards),
        refused=tuple(refused),
        files={},
        token_files=token_files,
    )
    if manifest.passages:
        dense.write(folder, _array(folder / "vectors.npy"))
        bm25.write(folder, [shard for _, shard in shards])
    manifest = dataclasses.replace(manifest, files=records_of(folder))
    wrong = _cross_check(Snapshot(folder, manifest))
    if wrong:
        raise IndexDamaged(
            f"The new index did not pass its own check: {wrong[0]} The old one stays in service."
        )
    return manifest


def _join_arrays(folder: Path, shards: Sequence[Path]) -> int:
    """Write the arrays of all shards one after the other and return the vectors' dimension."""
    for name in ARRAYS[:2]:
        _join_array(folder / name, [shard / name for shard in shards])
    counts = [np.diff(_array(shard / "token_offsets.npy")) for shard in shards]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    _write_array(folder / "token_offsets.npy", offsets)
    return int(_array(folder / "vectors.npy").shape[1])


def _join_array(target: Path, sources: Sequence[Path]) -> None:
    """Write arrays into one file without holding more than one of them in memory."""
    arrays = [_array(source) for source in sources]
    rows = sum(len(array) for array in arrays)
    shape = (rows, *arrays[0].shape[1:])
    kind = np.lib.format.dtype_to_descr(arrays[0].dtype)
    with disk.Writer(target) as file:
        header = {"descr": kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for array in arrays:
            if len(array):
                file.write(np.ascontiguousarray(array).data)


def _write_array(path: Path, array: npt.NDArray[Any]) -> None:
    with disk.Writer(path) as file:
        np.save(file, array, allow_pickle=False)


# Reading a snapshot


class Snapshot:
    """One moment of an index, pinned: what is published later does not change it.

    ``open_snapshot`` makes one, after checking its files, and ``pin`` is the handle by which it is
    then kept from being removed, closed with the snapshot's own files. What is loaded whole, the
    index of words and the graph of many vectors, is loaded when first asked for, by its hash; token
    vectors are read for each passage; the rest is mapped into memory. A file that is written to or
    cut meanwhile is noticed when it is next read from.

    Attributes:
        name: number and digest of the snapshot.
        created: when it was made, UTC, ISO 8601.
        model: identity of the embedding model; ``model_name`` is the name it is loaded by.
        reports: the reports in row order.
        refused: files of the library that are not in it, with the reasons.
        passages: all passages in row order, decoded when they are asked for.
        warnings: sentences for the user, such as that an older snapshot had to stand in.
        searcher: what finds candidates in place of the snapshot's own files, None for those.

    Raises:
        IndexDamaged: by every method, a file has changed since it was opened.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        *,
        name: str = "",
        warnings: Sequence[str] = (),
        pin: int | None = None,
    ) -> None:
        self.name = name or folder.name
        self.created = manifest.created
        self.model = manifest.recipe.model
        self.model_name = manifest.model_name
        self.reports = manifest.reports
        self.refused = manifest.refused
        self.warnings = tuple(warnings)
        self.searcher: Searcher | None = None
        self.dimension = manifest.dimension
        self._by_id = {report.id: number for number, report in enumerate(self.reports)}
        self._rows = _ranges([report.passages for report in self.reports])
        self._ends = [rows.stop for rows in self._rows]
        self._pages = _ranges([report.pages for report in self.reports])
        self._found = _ranges([report.findings for report in self.reports])
        self.passages: Sequence[Passage] = ()
        self._page_rows: arrow.PageRows | None = None
        self._finding_rows: arrow.FindingRows | None = None
        self._vectors: Float32 = np.zeros((0, self.dimension), np.float32)
        self._tokens: TokenFiles | None = None
        self._units: Int16 = np.zeros(0, np.int16)
        self._offsets: Int64 = np.zeros(1, np.int64)
        self._files = _Files(folder, manifest.files, pin)
        self._loading = threading.Lock()
        self._loaded_graph: dense.Graph | None = None
        self._loaded_lexical: bm25.TermWeights | None = None
        if self.reports:
            self._open(folder, manifest)

    def _open(self, folder: Path, manifest: Manifest) -> None:
        """Map the tables and arrays of a snapshot that has reports."""
        missing = {*ARRAYS, *TABLES} - manifest.files.keys()
        if missing:
            raise IndexDamaged(f"The snapshot {self.name} has no {min(missing)}. {REBUILD}")
        shards = [report.shard for report in self.reports]
        if not manifest.token_files.keys() >= set(shards):
            raise IndexDamaged(f"The snapshot {self.name} lacks token vectors. {REBUILD}")
        check = self._files.check_of
        self.passages = arrow.PassageRows(
            folder / "passages.arrow", _counts(manifest), check("passages.arrow")
        )
        self._page_rows = arrow.PageRows(folder / "pages.arrow", check("pages.arrow"))
        self._finding_rows = arrow.FindingRows(folder / "findings.arrow", check("findings.arrow"))
        self._vectors = _rows(folder / "vectors.npy", np.float32, manifest.passages, self.dimension)
        self._tokens = TokenFiles(folder.parent.parent, shards, manifest.token_files)
        self._units = _array(folder / "token_units.npy")
        self._offsets = _array(folder / "token_offsets.npy")

    @property
    def vectors(self) -> Float32:
        """The vectors, float32 [n, d], of unit length, one row a passage."""
        if self.reports:
            self._files.check("vectors.npy")
        return self._vectors

    @property
    def _graph(self) -> dense.Graph | None:
        """The graph over the vectors, or None where all of them are compared."""
        with self._loading:
            if self._loaded_graph is None and dense.GRAPH in self._files:
                self._loaded_graph = dense.load(self._files.read, self.vectors)
        return self._loaded_graph

    @property
    def _lexical(self) -> bm25.TermWeights | None:
        """The index of words, or None where no passage has a term."""
        with self._loading:
            if self._loaded_lexical is None and f"{bm25.FOLDER}/{bm25.SETTINGS}" in self._files:
                self._loaded_lexical = bm25.load(self._files.read)
        return self._loaded_lexical

    def rows_of(self, report: str) -> range:
        """Return the rows of a report's passages.

        Raises:
            UnknownReport: the snapshot has no report of that id.
        """
        return self._rows[self._number(report)]

    def acronyms(self, report: str) -> tuple[tuple[str, str], ...]:
        """Return the short and long forms that a report explains."""
        return self.reports[self._number(report)].acronyms

    def findings(self, report: str) -> tuple[Finding, ...]:
        """Return what a report found, in the order of the report.

        Raises:
            UnknownReport: the snapshot has no report of that id.
        """
        rows = self._found[self._number(report)]
        return self._finding_rows.rows(rows) if self._finding_rows is not None else ()

    def finding_places(self, report: str) -> list[tuple[str, str, str, int]]:
        """Return kind, label, subject and passage (-1 for none) of each finding of a report."""
        rows = self._found[self._number(report)]
        return self._finding_rows.places(rows) if self._finding_rows is not None else []

    def sections(self, report: str) -> list[tuple[str, ...]]:
        """Return the headings above each passage of a report, outermost first."""
        rows = self._rows[self._number(report)]
        if isinstance(self.passages, arrow.PassageRows):
            return self.passages.sections(rows)
        return [self.passages[row].section for row in rows]

    def page_keys(self, rows: Int64) -> Int64:
        """Return a number for the page on which each passage begins, int64 [n].

        It is the same for passages of one page of one report, and differs otherwise.
        """
        starts = np.array([one.start for one in self._rows], np.int64)
        reports = np.searchsorted(starts, rows, side="right") - 1
        if isinstance(self.passages, arrow.PassageRows):
            pages = self.passages.first_pages(rows)
        else:
            pages = np.array([(*self.passages[int(row)].pages, 0)[0] for row in rows], np.int64)
        return np.asarray((reports << 32) + pages, np.int64)

    def pages(self, report: str) -> tuple[PageText, ...]:
        """Return the pages of a report in order."""
        rows = self._pages[self._number(report)]
        return tuple(self._page_rows[row] for row in rows) if self._page_rows is not None else ()

    def page_text(self, report: str, number: int) -> PageText:
        """Return one page of a report, counted from 1.

        Raises:
            UnknownReport: the snapshot has no report of that id.
            NoPages: the report has no page of that number.
        """
        rows = self._pages[self._number(report)]
        if self._page_rows is None or not 1 <= number <= len(rows):
            raise NoPages(f"{report} has no page {number}: its pages run from 1 to {len(rows)}.")
        return self._page_rows[rows[number - 1]]

    def token_vectors(self, row: int) -> tuple[Float16, Int16]:
        """Return a passage's token vectors, float16 [t, d], and the unit of each, int16 [t]."""
        for name in ("token_units.npy", "token_offsets.npy"):
            self._files.check(name)
        start, end = int(self._offsets[row]), int(self._offsets[row + 1])
        if self._tokens is None:
            raise IndexError(f"There is no passage {row}: there is no report.")
        report = bisect_right(self._ends, row)
        before = start - int(self._offsets[self._rows[report].start])
        bytes_each = self.dimension * np.dtype(np.float16).itemsize
        raw = self._tokens.read(
            report, NPY_HEADER + before * bytes_each, (end - start) * bytes_each
        )
        return np.frombuffer(raw, np.float16).reshape(-1, self.dimension), self._units[start:end]

    def candidates(
        self, vector: Float32, terms: Sequence[str], *, pool: int, rows: Int64 | None = None
    ) -> Near:
        """Return the ``pool`` rows nearest by vector and the ``pool`` best by BM25, together.

        ``rows`` limits the search, None for all; see ``indexer.stores.Searcher``.
        """
        if self.searcher is not None:
            return self.searcher.candidates(vector, terms, pool=pool, rows=rows)
        lexical = self.lexical_scores(list(terms))
        near, _ = self.dense_scores(vector, k=pool, rows=rows)
        found = np.union1d(near, best_rows(lexical, rows, pool)).astype(np.int64)
        return Near(found, np.asarray(self.vectors[found] @ vector, np.float32), lexical[found])

    def dense_scores(
        self, vector: Float32, *, k: int, rows: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Return the k nearest rows and their cosine similarity, the highest first.

        Among very many passages, and unless ``rows`` limits them, nearly the nearest: see
        ``indexer.dense``.

        There are fewer than k where the snapshot, or ``rows``, which limits the search, has
        fewer. Rows of equal similarity stand in ascending order.

        Raises:
            ModelMismatch: the vector has another dimension than the index.
        """
        if k <= 0 or not len(self.passages):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if vector.shape != (self.dimension,):
            raise ModelMismatch(
                f"The question's vector has the shape {vector.shape} and the index has "
                f"{self.dimension} dimensions: it was made with the model {self.model}. Ask with "
                "that model, or build the index again with yours."
            )
        if rows is None and self._graph is not None:
            return self._graph.nearest(vector, min(k, len(self.passages)))
        return dense.nearest(self.vectors, vector, k, rows)

    def lexical_scores(self, terms: list[str]) -> Float32:
        """Return the BM25 score of every row, float32 [n], 0 where no term occurs.

        The terms are those of ``indexer.lexical.terms``; one that comes twice counts twice.
        """
        if self._lexical is None:
            return np.zeros(len(self.passages), np.float32)
        return self._lexical.scores(terms)

    def vocabulary(self) -> dict[str, int]:
        """Return the number of each term of the index."""
        return {} if self._lexical is None else dict(self._lexical.numbers)

    def term_weights(self) -> tuple[Int64, Int64, Float32]:
        """Return what each term adds to the BM25 score of each row that has it.

        Those of row i are the numbers of its terms, int64, and their weights, float32, from
        ``offsets[i]`` to ``offsets[i + 1]``; offsets, numbers and weights are returned.
        """
        if self._lexical is None:
            nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
            return np.zeros(len(self.passages) + 1, np.int64), *nothing
        return self._lexical.by_row()

    def term_counts(self) -> dict[str, int]:
        """Return in how many passages each term of the index stands."""
        return {} if self._lexical is None else self._lexical.counts()

    def forms(self, term: str, *, passages: int = 2) -> set[str]:
        """Return the words, in small letters, that have a term in the first passages with it."""
        rows = np.flatnonzero(self.lexical_scores([term]))[:passages]
        found = (self.passages[int(row)] for row in rows)
        text = " ".join(f"{p.text} {p.context} {p.heading}" for p in found)
        return {word for word in words(text) if terms(word) == [term]}

    def _page_numbers(self, rows: range) -> list[int]:
        return self._page_rows.numbers(rows) if self._page_rows is not None else []

    def _number(self, report: str) -> int:
        try:
            return self._by_id[report]
        except KeyError:
            raise unknown_report(report, list(self._by_id), where="index") from None


def open_snapshot(index: Path = DEFAULT_INDEX) -> Snapshot:
    """Return the snapshot in service, or the one before it, with a warning, if that is damaged.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: there is no sound snapshot; the message names the file.
        DiskFailed: its files cannot be opened just now.
    """
    while True:
        name, manifest, warnings = store.in_service(index)
        folder = store.snapshot_path(index, name)
        try:
            return Snapshot(folder, manifest, warnings=warnings, pin=store.pin(index, name))
        except BlockingIOError:
            time.sleep(REMOVED_WAIT_S)
        except OSError as error:
            if error.errno in disk.PASSING:
                raise disk.failed(error, folder, "opened") from error
            # A build may have published twice meanwhile, and removed what was being opened.
            if folder.is_dir():
                raise IndexDamaged(
                    f"The snapshot {name} cannot be opened ({error}). {REBUILD}"
                ) from error


def _ranges(counts: Sequence[int]) -> list[range]:
    ends = list(accumulate(counts))
    return [range(end - count, end) for end, count in zip(ends, counts, strict=True)]


def _counts(manifest: Manifest) -> list[tuple[str, int]]:
    return [(report.id, report.passages) for report in manifest.reports]


def _array(path: Path) -> Any:
    """Return the array of a file mapped into memory, as a plain one: slices of it are cheaper."""
    return np.asarray(np.load(path, allow_pickle=False, mmap_mode="r"))


def _rows(path: Path, kind: type[np.generic], rows: int, dimension: int) -> Any:
    """Return the rows of one of the large files, mapped by the shape that the manifest gives.

    Its hash is not known to be right when a snapshot is opened, so not even its header is parsed.
    """
    wanted = NPY_HEADER + rows * dimension * np.dtype(kind).itemsize
    size = path.stat().st_size
    if size != wanted:
        raise IndexDamaged(
            f"The file {path.name} has {size:,} bytes; {rows:,} rows of {dimension} numbers have "
            f"{wanted:,}. {REBUILD}"
        )
    shape = (rows, dimension)
    return np.asarray(np.memmap(path, kind, "r", offset=NPY_HEADER, shape=shape))


class _Files:
    """The files of a snapshot, held open: who removes them does not take them away.

    ``pin``, a handle, is closed with them.
    """

    def __init__(
        self, folder: Path, records: dict[str, FileRecord], pin: int | None = None
    ) -> None:
        self._folder = folder
        self._records = records
        self._handles: dict[str, int] = {} if pin is None else {store.MANIFEST: pin}
        self._states: dict[str, tuple[int, int]] = {}
        weakref.finalize(self, _close, self._handles)
        for name in records:
            self._handles[name] = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
            self._states[name] = self._state(name)

    def __contains__(self, name: str) -> bool:
        return name in self._handles

    def check(self, name: str) -> None:
        """Raise ``IndexDamaged`` where a file was written to or cut since it was opened.

        Who reads a page of a mapped file that has been cut away is killed by the system.
        """
        if self._state(name) != self._states[name]:
            raise IndexDamaged(
                f"The file {name} of snapshot {self._folder.name} has changed since it was opened. "
                f"{REBUILD}"
            )

    def check_of(self, name: str) -> Callable[[], None]:
        """Return the check of one file."""
        return partial(self.check, name)

    def read(self, name: str) -> bytes:
        """Return the content of a file, which has the hash that the manifest gives.

        Raises:
            IndexDamaged: it has another.
        """
        record, handle = self._records[name], self._handles[name]
        parts, at = [], 0
        while at <= record.size and (part := os.pread(handle, record.size + 1 - at, at)):
            parts.append(part)
            at += len(part)
        raw = parts[0] if len(parts) == 1 else b"".join(parts)
        if hashlib.sha256(raw).hexdigest() != record.sha256:
            raise IndexDamaged(
                f"The file {name} of snapshot {self._folder.name} is damaged: its sha256 is not "
                f"the one in the manifest. {REBUILD}"
            )
        return raw

    def _state(self, name: str) -> tuple[int, int]:
        stat = os.fstat(self._handles[name])
        return stat.st_size, stat.st_mtime_ns


def _close(handles: dict[str, int]) -> None:
    for handle in handles.values():
        os.close(handle)
    handles.clear()


# Checking


def verify(index: Path = DEFAULT_INDEX) -> list[str]:
    """Return a sentence for everything that is wrong with an index, none where it is sound.

    Every checksum is computed again, of the snapshots and of the shards, and the parts of the
    snapshot in service are compared with each other.

    Raises:
        IndexMissing: there is no index.
    """
    try:
        names, wrong = store.published(index)
    except IndexDamaged as error:
        return [_without_way_out(str(error))]
    notes = store.wrong_notes(index)  # before those on what is found damaged are withdrawn
    # By their own names, since a manifest that is damaged names none of those that it needs.
    shared = {record.sha256: record for record in tokens.all_of(index)}
    for at, name in enumerate(names):
        wrong += _wrong_with(index, name, in_service=at == 0)
        with contextlib.suppress(IndexDamaged):  # said just now
            shared |= {r.sha256: r for r in store.read_manifest(index, name).token_files.values()}
    wrong += tokens.wrong(index, shared.values(), trust=False).values()
    for folder in disk.listed(index / "shards"):
        if store.SHARD_NAME.fullmatch(folder.name):
            wrong += store.wrong_with_shard(folder)
    return [_without_way_out(sentence) for sentence in [*wrong, *notes]]


def _without_way_out(sentence: str) -> str:
    """Return what is wrong alone: whoever shows several says once what is to be done."""
    return sentence.removesuffix(REBUILD).rstrip()


def _wrong_with(index: Path, name: str, *, in_service: bool) -> list[str]:
    """Return what is wrong with one snapshot."""
    folder = store.snapshot_path(index, name)
    try:
        manifest = store.read_manifest(index, name)
    except IndexDamaged as error:
        return [str(error)]
    wrong = wrong_files(folder, manifest.files, trust=False)
    if wrong or not in_service:
        return wrong
    try:
        return _cross_check(Snapshot(folder, manifest))
    except IndexDamaged as error:
        return [str(error)]


def _cross_check(snapshot: Snapshot) -> list[str]:
    """Return where the parts of a snapshot do not agree; its checksums are right."""
    rows = sum(report.passages for report in snapshot.reports)
    checks = [
        ("passages", len(snapshot.passages), rows),
        ("vectors", len(snapshot.vectors), rows),
        ("token offsets", len(snapshot._offsets), rows + 1),
        ("token vectors", sum(_token_counts(snapshot)), int(snapshot._offsets[-1])),
        ("token units", len(snapshot._units), int(snapshot._offsets[-1])),
        (
            "pages",
            0 if snapshot._page_rows is None else len(snapshot._page_rows),
            sum(r.pages for r in snapshot.reports),
        ),
        (
            "findings",
            0 if snapshot._finding_rows is None else len(snapshot._finding_rows),
            sum(r.findings for r in snapshot.reports),
        ),
    ]
    if snapshot._lexical is not None:
        checks.append(("rows in BM25", snapshot._lexical.passages, rows))
    if snapshot._graph is not None:
        checks.append(("rows in the graph", len(snapshot._graph), rows))
    wrong = [f"It has {n:,} {what} and should have {m:,}." for what, n, m in checks if n != m]
    if wrong:
        return wrong
    if snapshot._offsets[0] != 0 or np.any(np.diff(snapshot._offsets) < 0):
        wrong.append("The token offsets do not ascend from 0.")
    for report, rows_of, tokens_of in zip(
        snapshot.reports, snapshot._rows, _token_counts(snapshot), strict=True
    ):
        due = int(snapshot._offsets[rows_of.stop] - snapshot._offsets[rows_of.start])
        if tokens_of != due:
            wrong.append(f"{report.id} has {tokens_of:,} token vectors and should have {due:,}.")
    lengths = np.sqrt(np.einsum("ij,ij->i", snapshot.vectors, snapshot.vectors))
    if rows and not np.all(np.abs(lengths - 1) < UNIT_TOLERANCE):
        row = int(np.argmax(~(np.abs(lengths - 1) < UNIT_TOLERANCE)))
        wrong.append(f"The vector of row {row} has the length {lengths[row]:.4f}, not 1.")
    for report, rows_of_pages in zip(snapshot.reports, snapshot._pages, strict=True):
        numbers = snapshot._page_numbers(rows_of_pages)
        if numbers != list(range(1, report.pages + 1)):
            wrong.append(f"The pages of {report.id} are not numbered from 1 to {report.pages}.")
    return wrong or _canaries(snapshot, rows)


def _token_counts(snapshot: Snapshot) -> list[int]:
    """Return how many token vectors the file of each report holds."""
    if snapshot._tokens is None:
        return []
    bytes_each = snapshot.dimension * np.dtype(np.float16).itemsize
    return [(size - NPY_HEADER) // max(1, bytes_each) for size in snapshot._tokens.sizes()]


def _canaries(snapshot: Snapshot, rows: int) -> list[str]:
    """Return which of a few passages their own vector or words do not find."""
    wrong = []
    for row in sorted({int(at) for at in np.linspace(0, rows - 1, CANARIES)}) if rows else ():
        vector = np.asarray(snapshot.vectors[row])
        found, scores = snapshot.dense_scores(vector, k=1)
        # Passages of the same words have the same vector: any of them will do.
        twin = np.allclose(snapshot.vectors[int(found[0])], vector, atol=UNIT_TOLERANCE)
        if not twin or abs(float(scores[0]) - 1) > UNIT_TOLERANCE:
            wrong.append(f"The vector of row {row} does not find itself.")
        snapshot.token_vectors(row)  # or raises
        words = terms(snapshot.passages[row].text)
        if words and snapshot.lexical_scores(words)[row] <= 0:
            wrong.append(f"The words of row {row} do not find it.")
    return wrong
