"""The index as questions see it: vectors, terms, passages and pages of one moment, read only.

Shards, one a report, are joined into a snapshot; a snapshot is opened only after its files have
been found to be what was written. This is the only file that imports ``faiss`` and ``bm25s``.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import arrow, store
from indexer.embedding import Embeddings, passage_input
from indexer.errors import IndexDamaged, ModelMismatch, NoPages
from indexer.lexical import terms, words
from indexer.records import Finding, PageText, Passage, Report
from indexer.store import DEFAULT_INDEX, REBUILD, Manifest, ReportInfo

__all__ = [
    "DEFAULT_INDEX",
    "ReportInfo",
from indexer.library import unknown_report
    "Snapshot",
    "open_snapshot",
    "read_shard",
    "verify",
    "write_shard",
    "write_snapshot",
]

BM25_K1 = 1.5
BM25_B = 0.75
"""The usual values of BM25's two parameters; Lucene's form of it keeps every idf above 0."""

UNIT_TOLERANCE = 1e-3
"""How far from 1 the length of a unit vector may be."""

CANARIES = 5
"""Passages whose own vector must find them before a snapshot is put in service."""

NPY_HEADER = 128
"""Bytes in front of the numbers of a two-dimensional array, as numpy writes it."""

ARRAYS = ("vectors.npy", "tokens.npy", "token_units.npy", "token_offsets.npy")
TABLES = ("passages.arrow", "pages.arrow", "findings.arrow")

Float16 = npt.NDArray[np.float16]
Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]


# Shards


def write_shard(folder: Path, report: Report, embeddings: Embeddings) -> None:
    """Write one report, read and embedded, into an empty folder, with its checksums."""
    arrow.write_passages(folder / "passages.arrow", report.passages)
    arrow.write_pages(folder / "pages.arrow", report.pages)
    arrow.write_findings(folder / "findings.arrow", report.findings)
    np.save(folder / "vectors.npy", embeddings.vectors, allow_pickle=False)
    np.save(folder / "tokens.npy", embeddings.tokens, allow_pickle=False)
    np.save(folder / "token_units.npy", embeddings.token_units, allow_pickle=False)
    np.save(folder / "token_offsets.npy", embeddings.token_offsets, allow_pickle=False)
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
    """
    dimension, tokens = 0, 0
    if shards:
        for name in TABLES:
            arrow.join(folder / name, [shard / name for _, shard in shards])
        dimension = _join_arrays(folder, [shard for _, shard in shards])
        tokens = len(_array(folder / "tokens.npy"))
    manifest = Manifest(
        created=store.now(),
        recipe=recipe,
        model_name=model_name,
        dimension=dimension,
        tokens=tokens,
        reports=tuple(report for report, _ in shards),
        refused=tuple(refused),
        files={},
    )
    if manifest.passages:
        _write_dense(folder, dimension)
        _write_lexical(folder, manifest)
    manifest = dataclasses.replace(manifest, files=store.records_of(folder))
    wrong = _cross_check(Snapshot(folder, manifest))
    if wrong:
        raise IndexDamaged(
            f"The new index did not pass its own check: {wrong[0]} The old one stays in service."
        )
    return manifest


def _join_arrays(folder: Path, shards: Sequence[Path]) -> int:
    """Write the arrays of all shards one after the other and return the vectors' dimension."""
    for name in ARRAYS[:3]:
        _join_array(folder / name, [shard / name for shard in shards])
    counts = [np.diff(_array(shard / "token_offsets.npy")) for shard in shards]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    np.save(folder / "token_offsets.npy", offsets, allow_pickle=False)
    return int(_array(folder / "vectors.npy").shape[1])


def _join_array(target: Path, sources: Sequence[Path]) -> None:
    """Write arrays into one file without holding more than one of them in memory."""
    arrays = [_array(source) for source in sources]
    rows = sum(len(array) for array in arrays)
    shape = (rows, *arrays[0].shape[1:])
    joined = np.lib.format.open_memmap(target, mode="w+", dtype=arrays[0].dtype, shape=shape)
    at = 0
    for array in arrays:
        joined[at : at + len(array)] = array
        at += len(array)
    joined.flush()


def _write_dense(folder: Path, dimension: int) -> None:
    """Write the FAISS index of a snapshot: exact, by inner product."""
    faiss = _faiss()
    index = faiss.IndexFlatIP(dimension)
    index.add(np.ascontiguousarray(_array(folder / "vectors.npy")))
    (folder / "faiss.index").write_bytes(faiss.serialize_index(index).tobytes())


def _write_lexical(folder: Path, manifest: Manifest) -> None:
    """Write the BM25 index of a snapshot, unless no passage has a single term.

    The text is the one that is embedded. The terms are numbered in the order of the alphabet:
    left to itself the library numbers them as a set happens to be ordered, which differs from
    process to process.
    """
    import bm25s

    titles = {report.id: report.title for report in manifest.reports}
    passages = arrow.PassageRows(folder / "passages.arrow", _counts(manifest))
    lists = [terms(passage_input(p, titles[p.report])[0]) for p in passages]
    vocabulary = {term: i for i, term in enumerate(sorted({t for row in lists for t in row}))}
    if not vocabulary:
        return
    ids = [[vocabulary[term] for term in row] for row in lists]
    index = bm25s.BM25(method="lucene", k1=BM25_K1, b=BM25_B, backend="numpy")
    index.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    index.save(folder / "bm25", show_progress=False)


# Reading a snapshot


class Snapshot:
    """One moment of an index, pinned: what is published later does not change it.

    ``open_snapshot`` makes one, after checking its files. Each is opened or mapped here and stays
    readable even when a later build removes it.

    Attributes:
        name: number and digest of the snapshot.
        created: when it was made, UTC, ISO 8601.
        model: identity of the embedding model; ``model_name`` is the name it is loaded by.
        reports: the reports in row order.
        refused: files of the library that are not in it, with the reasons.
        passages: all passages in row order, decoded when they are asked for.
        vectors: float32 [n, d], of unit length, one row a passage.
        warnings: sentences for the user, such as that an older snapshot had to stand in.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, *, name: str = "", warnings: Sequence[str] = ()
    ) -> None:
        self.name = name or folder.name
        self.created = manifest.created
        self.model = manifest.recipe.model
        self.model_name = manifest.model_name
        self.reports = manifest.reports
        self.refused = manifest.refused
        self.warnings = tuple(warnings)
        self.dimension = manifest.dimension
        self._by_id = {report.id: number for number, report in enumerate(self.reports)}
        self._rows = _ranges([report.passages for report in self.reports])
        self._pages = _ranges([report.pages for report in self.reports])
        self._found = _ranges([report.findings for report in self.reports])
        self.passages: Sequence[Passage] = ()
        self._page_rows: arrow.PageRows | None = None
        self._finding_rows: arrow.FindingRows | None = None
        self.vectors: Float32 = np.zeros((0, self.dimension), np.float32)
        self._tokens: Float16 = np.zeros((0, self.dimension), np.float16)
        self._units: Int16 = np.zeros(0, np.int16)
        self._offsets: Int64 = np.zeros(1, np.int64)
        if self.reports:
            self._open(folder, manifest)
        self._dense = _open_dense(folder, manifest) if "faiss.index" in manifest.files else None
        self._lexical = _open_lexical(folder, manifest)

    def _open(self, folder: Path, manifest: Manifest) -> None:
        """Map the tables and arrays of a snapshot that has reports."""
        missing = {*ARRAYS, *TABLES} - manifest.files.keys()
        if missing:
            raise IndexDamaged(f"The snapshot {self.name} has no {min(missing)}. {REBUILD}")
        self.passages = arrow.PassageRows(folder / "passages.arrow", _counts(manifest))
        self._page_rows = arrow.PageRows(folder / "pages.arrow")
        self._finding_rows = arrow.FindingRows(folder / "findings.arrow")
        self.vectors = _rows(folder / "vectors.npy", np.float32, manifest.passages, self.dimension)
        self._tokens = _rows(folder / "tokens.npy", np.float16, manifest.tokens, self.dimension)
        self._units = _array(folder / "token_units.npy")
        self._offsets = _array(folder / "token_offsets.npy")

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
        start, end = int(self._offsets[row]), int(self._offsets[row + 1])
        return self._tokens[start:end], self._units[start:end]

    def dense_scores(
        self, vector: Float32, *, k: int, rows: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Return the k nearest rows and their cosine similarity, the highest first.

        There are fewer than k where the snapshot, or ``rows``, which limits the search, has
        fewer. Rows of equal similarity stand in ascending order.

        Raises:
            ModelMismatch: the vector has another dimension than the index.
        """
        total = len(self.passages) if rows is None else len(np.unique(rows))
        k = min(k, total)
        if k <= 0 or self._dense is None:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if vector.shape != (self.dimension,):
            raise ModelMismatch(
                f"The question's vector has the shape {vector.shape} and the index has "
                f"{self.dimension} dimensions: it was made with the model {self.model}. Ask with "
                "that model, or build the index again with yours."
            )
        faiss = _faiss()
        query = np.ascontiguousarray(vector[None], np.float32)
        options = None
        if rows is not None:
            selector = faiss.IDSelectorBatch(np.ascontiguousarray(rows, np.int64))
            options = faiss.SearchParameters(sel=selector)
        scores, found = self._dense.search(query, k, params=options)
        order = np.lexsort((found[0], -scores[0]))
        return found[0][order].astype(np.int64), scores[0][order].astype(np.float32)

    def lexical_scores(self, terms: list[str]) -> Float32:
        """Return the BM25 score of every row, float32 [n], 0 where no term occurs.

        The terms are those of ``indexer.lexical.terms``; one that comes twice counts twice.
        """
        known = []
        if self._lexical is not None:
            known = [term for term in terms if term in self._lexical.vocab_dict]
        if self._lexical is None or not known:
            return np.zeros(len(self.passages), np.float32)
        scores: Float32 = np.asarray(self._lexical.get_scores(known), np.float32)
        return scores

    def term_counts(self) -> dict[str, int]:
        """Return in how many passages each term of the index stands."""
        if self._lexical is None:
            return {}
        counts = np.diff(self._lexical.scores["indptr"])
        return {term: int(counts[at]) for term, at in self._lexical.vocab_dict.items() if term}

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
    """
    while True:
        name, manifest, warnings = store.in_service(index)
        folder = store.snapshot_path(index, name)
        try:
            return Snapshot(folder, manifest, warnings=warnings)
        except OSError as error:
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


def _faiss() -> Any:
    """Return the module faiss, held to one thread: two made a single question 3–4 times slower."""
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def _open_dense(folder: Path, manifest: Manifest) -> Any:
    """Return the FAISS index from the very bytes whose sha256 was found right."""
    raw = (folder / "faiss.index").read_bytes()
    if hashlib.sha256(raw).hexdigest() != manifest.files["faiss.index"].sha256:
        raise IndexDamaged(f"The file faiss.index of {folder.name} is damaged. {REBUILD}")
    return _faiss().deserialize_index(np.frombuffer(raw, np.uint8))


def _open_lexical(folder: Path, manifest: Manifest) -> Any:
    """Return the BM25 index, or None where no passage has a term; nothing in it is a pickle."""
    if not any(name.startswith("bm25/") for name in manifest.files):
        return None
    import bm25s

    return bm25s.BM25.load(folder / "bm25", allow_pickle=False, show_progress=False)


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
        return [str(error)]
    for at, name in enumerate(names):
        wrong += _wrong_with(index, name, in_service=at == 0)
    for folder in sorted((index / "shards").glob("*")):
        if store.SHARD_NAME.fullmatch(folder.name):
            try:
                store.unseal(folder)
            except IndexDamaged as error:
                wrong.append(str(error))
    return wrong


def _wrong_with(index: Path, name: str, *, in_service: bool) -> list[str]:
    """Return what is wrong with one snapshot."""
    folder = store.snapshot_path(index, name)
    try:
        manifest = store.read_manifest(index, name)
    except IndexDamaged as error:
        return [str(error)]
    wrong = store.wrong_files(folder, manifest.files)
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
        ("token vectors", len(snapshot._tokens), int(snapshot._offsets[-1])),
        ("token units", len(snapshot._units), int(snapshot._offsets[-1])),
        ("rows in FAISS", snapshot._dense.ntotal if snapshot._dense else 0, rows),
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
        checks.append(("rows in BM25", int(snapshot._lexical.scores["num_docs"]), rows))
    wrong = [f"It has {n:,} {what} and should have {m:,}." for what, n, m in checks if n != m]
    if wrong:
        return wrong
    if snapshot._offsets[0] != 0 or np.any(np.diff(snapshot._offsets) < 0):
        wrong.append("The token offsets do not ascend from 0.")
    lengths = np.sqrt(np.einsum("ij,ij->i", snapshot.vectors, snapshot.vectors))
    if rows and not np.all(np.abs(lengths - 1) < UNIT_TOLERANCE):
        row = int(np.argmax(~(np.abs(lengths - 1) < UNIT_TOLERANCE)))
        wrong.append(f"The vector of row {row} has the length {lengths[row]:.4f}, not 1.")
    for report, rows_of_pages in zip(snapshot.reports, snapshot._pages, strict=True):
        numbers = snapshot._page_numbers(rows_of_pages)
        if numbers != list(range(1, report.pages + 1)):
            wrong.append(f"The pages of {report.id} are not numbered from 1 to {report.pages}.")
    return wrong or _canaries(snapshot, rows)


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
        words = terms(snapshot.passages[row].text)
        if words and snapshot.lexical_scores(words)[row] <= 0:
            wrong.append(f"The words of row {row} do not find it.")
    return wrong
