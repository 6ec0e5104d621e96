"""The whole story from a folder of PDFs to an index in service.

A build compares the library with the index, reads and embeds what is new into shards, joins the
shards of all reports into a snapshot, checks it and publishes it in one step. Whatever goes
wrong on the way, the index that was in service stays so.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import time
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer import store
from indexer.ahead import ReadAhead, Reader, Reading
from indexer.details import Details, read_details, said_of, with_details, write_details
from indexer.embedding import (
    DEFAULT_MODEL,
    Embedder,
    Embeddings,
    load_embedder,
    model_identity,
    passage_input,
)
from indexer.errors import (
    BadDetails,
    BadName,
    ClusterFailed,
    IndexerError,
    ModelMismatch,
    ModelMissing,
    PassingRefusal,
    ReaderMissing,
    ReportRefused,
)
from indexer.events import BuildResult, Event, Listener, ReportResult, ReportStatus, Stage, Status
from indexer.library import DEFAULT_LIBRARY, Library, LibraryFile, report_id, unknown_report
from indexer.passages import DEFAULT_SETTINGS
from indexer.report import READER_VERSION
from indexer.sandbox import Sandbox, reader_fails
from indexer.store import DEFAULT_INDEX, Manifest, Recipe, Refusal, ReportInfo
from indexer.trash import KEPT_DAYS, Trash

if TYPE_CHECKING:
    from indexer.remote import Workers

__all__ = [
    "DEFAULT_INDEX",
    "DEFAULT_LIBRARY",
    "BuildResult",
    "Event",
    "ReportResult",
    "ReportStatus",
    "Status",
    "add",
    "build",
    "describe",
    "remove",
    "restore",
    "status",
]

log = logging.getLogger("report_qa")
Accept = Callable[[ReportInfo, Sequence[ReportInfo]], None]
"""Raises ``ReportRefused`` where a report that has been read is not let in beside those there."""

Outcome = Callable[[str, ReportRefused | None], None]
"""Hears of each file, by its name, that it has been taken in or why not, as soon as it is known."""

MAX_WORKERS = 4
"""Each reads one file and may take a gigabyte of memory; embedding is slower than four of them."""


def build(
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
    workers: int | None = None,
    cluster: Workers | None = None,
) -> BuildResult:
    """Make the index match the library and return what was done.

    ``read`` and ``embedder`` stand in for the project's own reader, which reads each file in a
    process of its own, and for the model of that name, which is otherwise loaded when the first
    new report needs it. ``workers`` files are read ahead at a time, by default one for every two
    processors and none with a ``read`` of the caller's; their number changes no byte of the index.
    ``cluster`` reads and embeds in their place; with an ``embedder`` of the caller's it only reads.

    Raises:
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used; nothing has changed.
    """
    with store.lock(index):
        return _Build(library, index, model, on_event, read, embedder, workers, cluster).run()


def add(
    sources: Sequence[tuple[str, Path | bytes]],
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    replace: bool = False,
    replaces: Mapping[str, str] | None = None,
    accept: Accept | None = None,
    on_outcome: Outcome | None = None,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Put PDFs, pairs of file name and file or bytes, into the library and make the index match.

    Each is read before it is let in; one that cannot be is refused with its reason and leaves no
    trace, and the others go on. ``replace`` lets a report of the same id be replaced, and
    ``replaces`` names, by file name, the report that a file stands in for: it leaves once the file
    is in. What leaves is kept in the trash. ``accept`` may turn away what has been read.

    Raises:
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        refused = work.take_in(
            sources,
            replace=replace,
            replaces=replaces or {},
            accept=accept,
            on_outcome=on_outcome,
        )
        result = work.run()
    reports = sorted([*result.reports, *refused], key=lambda report: report.id)
    return dataclasses.replace(result, reports=tuple(reports))


def remove(
    reports: Sequence[str],
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Take reports out of the library and the index; the trash keeps them for ``KEPT_DAYS``.

    Raises:
        UnknownReport: there is no report of one of the ids; none has been removed.
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        work.throw_out(reports)
        return work.run()


def restore(
    keys: Sequence[str],
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Bring removed reports back, by their keys in the trash, with what was said of them.

    One that cannot come back, as where another has its name now, is refused and stays there.

    Raises:
        NotRemoved: nothing is in the trash under one of the keys; nothing has come back.
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        refused = work.bring_back(keys)
        result = work.run()
    reports = sorted([*result.reports, *refused], key=lambda report: report.id)
    return dataclasses.replace(result, reports=tuple(reports))


def describe(
    report: str,
    details: Details,
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Keep what a person says of a report and make the index say it too.

    Raises:
        UnknownReport: the library has no report of that id.
        BadDetails: what was said before cannot be read; it stays as it is.
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        Library(library).path_of(report)
        write_details(library, report, details)
        return work.run()


def status(
    library: Path = DEFAULT_LIBRARY, index: Path = DEFAULT_INDEX, *, model: str = DEFAULT_MODEL
) -> Status:
    """Return what the index holds and whether it still matches library, reader and model.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: no snapshot of it can be used.
    """
    name, manifest, warnings = store.in_service(index)
    stale: list[str] = []
    files: list[LibraryFile] = []
    try:
        files = Library(library, known=store.known_pdfs(index)).reports()
        stale += _library_differences(manifest, files)
        stale += _recipe_differences(manifest.recipe, recipe_of(model_identity(model)))
    except IndexerError as error:
        stale.append(str(error))
    modified = {file.id: file.modified for file in files}
    return Status(
        snapshot=name,
        created=manifest.created,
        model=manifest.recipe.model,
        reports=tuple(
            ReportStatus(
                r.id,
                r.title,
                r.pages,
                r.passages,
                r.created,
                modified.get(r.id, ""),
                r.published,
                r.notes,
            )
            for r in manifest.reports
        ),
        refused=tuple(ReportResult(r.id, "refused", r.reason) for r in manifest.refused),
        stale=tuple(stale),
        warnings=tuple(warnings),
    )


def recipe_of(identity: str) -> Recipe:
    """Return what decides how a file becomes vectors here, with a model of that identity."""
    settings = json.dumps(dataclasses.asdict(DEFAULT_SETTINGS), sort_keys=True)
    return Recipe(store.SCHEMA_VERSION, READER_VERSION, settings, identity)


def _recipe_differences(old: Recipe, new: Recipe) -> list[str]:
    found = []
    if old.model != new.model:
        found.append(f"The index was made with the model {old.model}, and it is now {new.model}.")
    if (old.reader, old.passages) != (new.reader, new.passages):
        found.append(
            f"The index was made by version {old.reader!r} of the reader ({old.passages}), and it "
            f"is now {new.reader!r} ({new.passages})."
        )
    return found


def _library_differences(manifest: Manifest, files: Sequence[LibraryFile]) -> list[str]:
    """Return a sentence for each report that is new, changed or gone since the build."""
    old = {(r.id, r.sha256) for r in manifest.reports}
    old |= {(r.id, r.sha256) for r in manifest.refused}
    new = {(file.id, file.sha256) for file in files}
    came, went = ({report for report, _ in side} for side in (new - old, old - new))
    return [
        *(f"{report} is new in the library." for report in sorted(came - went)),
        *(f"{report} is no longer in the library." for report in sorted(went - came)),
        *(f"{report} has changed in the library." for report in sorted(came & went)),
    ]


class _Build:
    """One build, the lock being held."""

    def __init__(
        self,
        library: Path,
        index: Path,
        model: str,
        on_event: Listener | None,
        read: Reader | None,
        embedder: Embedder | None,
        workers: int | None = None,
        cluster: Workers | None = None,
    ) -> None:
        self._library = Library(library, known=store.known_pdfs(index))
        self._trash = Trash(library)
        self._index = index
        self._model = model if embedder is None else embedder.name
        self._recipe = recipe_of(model_identity(model) if embedder is None else embedder.identity)
        self._on_event = on_event
        sandbox = Sandbox()
        self._stop_reading = sandbox.stop
        self._read = read or sandbox.read_report
        self._workers = (0 if read else _default_workers()) if workers is None else workers
        if cluster is not None:
            from indexer.remote import RemoteReader

            embeds = model if embedder is None else ""
            away = RemoteReader(cluster, self._recipe, embeds, here=self._read)
            self._read, self._workers = away, away.waiting
            self._stop_reading = partial(_each, away.stop, sandbox.stop)
        self._ahead = ReadAhead(self._read, [], workers=0)
        self._embedder = embedder
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = {}  # spent on each shard that was made, by its key
        self._at = (0, 0)
        store.clear_leftovers(index)
        self._name, self._current = _sound_current(index)

    # The library

    def take_in(
        self,
        sources: Sequence[tuple[str, Path | bytes]],
        *,
        replace: bool,
        replaces: Mapping[str, str],
        accept: Accept | None,
        on_outcome: Outcome | None,
    ) -> list[ReportResult]:
        """Put files into the library, each read and embedded first; return those refused."""
        refused = []
        there = list(self._current.reports) if self._current else []
        for number, (name, source) in enumerate(sources, 1):
            self._at = (number, len(sources))
            problem = None
            try:
                self._take(source, name, replace, replaces.get(name), accept, there)
            except ReportRefused as error:
                problem = error
                refused.append(ReportResult(_id_or_name(name), "refused", str(error)))
            if on_outcome is not None:
                on_outcome(name, problem)
        return refused

    def _take(
        self,
        source: Path | bytes,
        name: str,
        replace: bool,
        replaces: str | None,
        accept: Accept | None,
        there: list[ReportInfo],
    ) -> None:
        """Put one file into the library, and take out the report that it stands in for."""

        def check(path: Path) -> None:
            info = self._check(path)
            if accept is not None and replaces is None:
                accept(info, there)
            there.append(info)

        same = replaces is not None and replaces == _id_or_name(name)
        self._library.add(source, name, replace=replace or same, check=check, keep=self._trash.put)
        if replaces is not None:
            if not same:
                self._library.remove(replaces, keep=self._trash.put)
            self._say(replaces, Details())  # it was said of the file that has left

    def _check(self, path: Path) -> ReportInfo:
        sha256 = store.file_sha256(path)
        file = LibraryFile(path.stem, path, sha256, 0, "")
        return self._shard_of(file)

    def _say(self, report: str, details: Details) -> None:
        with contextlib.suppress(BadDetails):  # told by `run`; no report is lost for it
            write_details(self._library.folder, report, details)

    def bring_back(self, keys: Sequence[str]) -> list[ReportResult]:
        """Put removed reports into the library again; return those that cannot be."""
        refused = []
        for number, entry in enumerate([self._trash.find(key) for key in keys], 1):
            self._at = (number, len(keys))
            try:
                self._library.add(entry.path, entry.path.name, check=self._check)
            except ReportRefused as error:
                refused.append(ReportResult(entry.id, "refused", str(error)))
                continue
            said = self._trash.said_of(entry)
            if said is not None:
                self._say(entry.id, said)
            self._trash.forget(entry.key)
        return refused

    def throw_out(self, reports: Sequence[str]) -> None:
        """Remove reports from the library, all or none."""
        files = {file.id for file in self._library.reports()}
        indexed = {report.id for report in self._current.reports} if self._current else set()
        for report in reports:
            if report not in files | indexed:
                raise unknown_report(report, sorted(files | indexed))
        for report in dict.fromkeys(reports):
            if report in files:
                self._library.remove(report, keep=self._trash.put)
                self._say(report, Details())

    # The index

    def run(self) -> BuildResult:
        """Make the index match the library."""
        before = self._current if self._same_recipe() else None
        unchanged = {(r.id, r.sha256, r.file): r for r in (before.reports if before else ())}
        refusals = {(r.id, r.sha256): r for r in (before.refused if before else ()) if r.lasting}
        files = self._library.reports()
        store.note_pdfs(self._index, self._library.remembered(files))
        known = [unchanged.get((file.id, file.sha256, file.path.name)) for file in files]
        # Of two files with the same content the one that is in the index already stays there.
        order = sorted(zip(files, known, strict=True), key=lambda pair: pair[1] is None)
        todo = {f.path for f, k in order if k is None and self._is_to_be_read(f, refusals)}
        self._at = (0, len(todo))
        held: dict[str, str] = {}
        infos: list[ReportInfo] = []
        refused: list[Refusal] = []
        with self._read_ahead([file for file, _ in order if file.path in todo]):
            for file, info in order:
                self._at = (self._at[0] + (file.path in todo), len(todo))
                try:
                    self._refuse_twin(file, held)
                    infos.append(info or self._taken(file, refusals.get((file.id, file.sha256))))
                    held[file.sha256] = file.id
                except ReportRefused as error:
                    lasting = not isinstance(error, PassingRefusal)
                    name = _shown(file.path.name)
                    refused.append(Refusal(file.id, name, file.sha256, str(error), lasting))
        said = self._said()
        infos = sorted(
            (with_details(info, said.get(info.id, Details())) for info in infos),
            key=lambda info: info.id,
        )
        refused.sort(key=lambda refusal: (refusal.id, refusal.file))
        old = (before.reports, before.refused) if before else None
        changed = old != (tuple(infos), tuple(refused))
        if changed:
            self._publish(infos, refused, {f.id: f for f in files if not f.refusal})
        store.prune(self._index)
        self._trash.empty(older_than_days=KEPT_DAYS)
        return self._result(infos, refused, set(unchanged.values()), changed)

    def _said(self) -> Mapping[str, Details]:
        """Return what people have said of reports; as before where that cannot be read."""
        try:
            return read_details(self._library.folder)
        except BadDetails as error:
            log.warning("%s", error)
            before = self._current.reports if self._current else ()
            return {info.id: said_of(info) for info in before}

    def _read_ahead(self, files: Sequence[LibraryFile]) -> ReadAhead:
        """Return what reads these files in their order, and of the same content only one."""
        first = {file.sha256: file.path for file in reversed(files)}
        plan = [file.path for file in files if first[file.sha256] == file.path]
        self._ahead = ReadAhead(
            self._read, plan, workers=min(self._workers, len(plan)), stop=self._stop_reading
        )
        return self._ahead

    def _same_recipe(self) -> bool:
        return self._current is not None and self._current.recipe == self._recipe

    def _is_to_be_read(self, file: LibraryFile, refusals: Container[tuple[str, str]]) -> bool:
        key = store.shard_key(file.sha256, self._recipe)
        return not (
            file.refusal
            or (file.id, file.sha256) in refusals
            or store.is_sound(store.shard_path(self._index, key))
        )

    @staticmethod
    def _refuse_twin(file: LibraryFile, held: dict[str, str]) -> None:
        """Raise where another file of the same content is in the index."""
        if file.sha256 and file.sha256 in held:
            raise PassingRefusal(  # of the first one's making: it may leave
                f"{_shown(file.path.name)} has the same content as the report "
                f"{held[file.sha256]!r}: remove one of the two."
            )

    def _taken(self, file: LibraryFile, refusal: Refusal | None) -> ReportInfo:
        """Return a report that is new in the index, or raise why it cannot be."""
        if file.refusal:
            raise PassingRefusal(file.refusal)
        if refusal is not None:
            raise ReportRefused(refusal.reason)
        return self._shard_of(file)

    def _shard_of(self, file: LibraryFile) -> ReportInfo:
        """Return a report whose shard is in the index and sound, made now if it was not."""
        from indexer.snapshot import read_shard

        key = store.shard_key(file.sha256, self._recipe)
        folder = store.shard_path(self._index, key)
        if not store.is_sound(folder):
            self._make_shard(file, key)
        return read_shard(folder, report=file.id, file=file.path.name, sha256=file.sha256)

    def _make_shard(self, file: LibraryFile, key: str) -> None:
        """Read and embed one report."""
        from indexer.snapshot import write_shard

        self._tell("reading", file.id, 0, 1)
        reading = self._reading(file)
        started = time.perf_counter() - reading.seconds
        report = reading.report
        self._tell("reading", file.id, 1, 1)
        title = "" if report.title == report.id else report.title
        inputs = [passage_input(passage, title) for passage in report.passages]
        self._tell("embedding", file.id, 0, len(inputs))
        embeddings = reading.embeddings or self._loaded().encode_passages(
            [text for text, _ in inputs],
            [units for _, units in inputs],
            on_progress=lambda done, total: self._tell("embedding", file.id, done, total),
        )
        _check_embeddings(embeddings, len(inputs), self._recipe.model)
        folder = store.building_path(self._index, key)
        write_shard(folder, report, embeddings)
        store.put_in_place(folder, store.shard_path(self._index, key))
        self._seconds[key] = time.perf_counter() - started

    def _reading(self, file: LibraryFile) -> Reading:
        """Return a file read as a report; whatever goes wrong is a refusal of that file alone."""
        name = _shown(file.path.name)
        try:
            reading = self._ahead.reading(file.path)
            if store.file_sha256(file.path) != file.sha256:
                raise PassingRefusal(f"{name} changed while it was read; build again.")
        except (ReportRefused, ReaderMissing, ClusterFailed):
            raise
        except (OSError, MemoryError) as error:
            raise PassingRefusal(f"{name} cannot be read ({_named(error)}); try again.") from error
        except Exception as error:
            # A reader of the caller's can trip over anything, and must not stop the others.
            raise reader_fails(name, _named(error)) from error
        return reading

    def _loaded(self) -> Embedder:
        if self._embedder is None:
            self._embedder = load_embedder(self._model)
            if self._embedder.identity != self._recipe.model:
                raise ModelMismatch(
                    f"The model {self._model} was {self._recipe.model} when the build began and is "
                    f"now {self._embedder.identity}: build again."
                )
        return self._embedder

    def _publish(
        self, infos: Sequence[ReportInfo], refused: Sequence[Refusal], files: dict[str, LibraryFile]
    ) -> None:
        """Join the shards of all reports into a snapshot and put it in service."""
        from indexer.snapshot import write_snapshot

        self._tell("publishing", "", 0, 1)
        # Those of unchanged reports may have been lost or damaged.
        shards = [(info, store.shard_path(self._index, info.shard)) for info in infos]
        lost = [info for info, shard in shards if not store.is_sound(shard)]
        for number, info in enumerate(lost, 1):
            self._at = (number, len(lost))
            self._shard_of(files[info.id])
        folder = store.building_path(self._index, "snapshot")
        manifest = write_snapshot(
            folder,
            shards,
            recipe=self._recipe,
            model_name=self._model,
            refused=refused,
        )
        self._name = store.publish(self._index, folder, manifest)
        self._tell("publishing", "", 1, 1)

    def _result(
        self,
        infos: Sequence[ReportInfo],
        refused: Sequence[Refusal],
        unchanged: set[ReportInfo],
        changed: bool,
    ) -> BuildResult:
        before = {report.id for report in self._current.reports} if self._current else set()
        gone = before - {info.id for info in infos} - {refusal.id for refusal in refused}
        reports = [
            *(
                ReportResult(
                    info.id,
                    "unchanged"
                    if info in unchanged and info.shard not in self._seconds
                    else "indexed",
                    pages=info.pages,
                    passages=info.passages,
                    seconds=round(self._seconds.get(info.shard, 0.0), 3),
                )
                for info in infos
            ),
            *(ReportResult(refusal.id, "refused", refusal.reason) for refusal in refused),
            *(ReportResult(report, "removed") for report in gone),
        ]
        return BuildResult(
            snapshot=self._name,
            reports=tuple(sorted(reports, key=lambda report: report.id)),
            passages=sum(info.passages for info in infos),
            seconds=round(time.perf_counter() - self._started, 3),
            model=self._recipe.model,
            changed=changed,
        )

    def _tell(self, stage: Stage, report: str, done: int, total: int) -> None:
        if self._on_event is not None:
            self._on_event(Event(stage, report, done, total, *self._at))


def _sound_current(index: Path) -> tuple[str, Manifest | None]:
    """Return name and manifest of what is in service, or nothing where a byte of it is wrong.

    Every file is hashed, the largest too: a build is the way out of damage, so it must see it.
    """
    try:
        names, wrong = store.published(index)
    except IndexerError:
        return "", None
    return (names[0], None if wrong else store.sound_manifest(index, names[0]))


def _check_embeddings(embeddings: Embeddings, rows: int, model: str) -> None:
    """Raise unless there is one vector of unit length for each of ``rows`` passages."""
    import numpy as np

    from indexer.snapshot import UNIT_TOLERANCE

    vectors = embeddings.vectors
    lengths = np.linalg.norm(vectors, axis=1)
    tokens = len(embeddings.tokens)
    if not (
        len(vectors) == rows
        and len(embeddings.token_offsets) == rows + 1
        and embeddings.token_offsets[-1] == tokens == len(embeddings.token_units)
        and bool(np.all(np.abs(lengths - 1) < UNIT_TOLERANCE))
    ):
        raise ModelMissing(
            f"The embedding model {model} cannot be used: it gave {len(vectors)} vectors for "
            f"{rows} passages, or vectors that are not of unit length. Choose another with --model."
        )


def _each(*calls: Callable[[], None]) -> None:
    for call in calls:
        call()


def _default_workers() -> int:
    """Return how many files to read at a time on this machine."""
    return max(1, min(MAX_WORKERS, (os.cpu_count() or 1) // 2))


def _id_or_name(name: str) -> str:
    try:
        return report_id(name)
    except BadName:
        return _shown(name)


def _shown(name: str) -> str:
    """Return a file name that can be written anywhere: what is not Unicode becomes '?'."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
