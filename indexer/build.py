"""The whole story from a folder of PDFs to an index in service.

A build compares the library with the index, reads and embeds what is new into shards, joins the
shards of all reports into a snapshot, checks it and publishes it in one step. Whatever goes
wrong on the way, the index that was in service stays so.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Container, Sequence
from pathlib import Path

from indexer import store
from indexer.embedding import (
    DEFAULT_MODEL,
    Embedder,
    Embeddings,
    load_embedder,
    model_identity,
    passage_input,
)
from indexer.errors import BadName, IndexerError, ModelMismatch, ModelMissing, ReportRefused
from indexer.events import BuildResult, Event, Listener, ReportResult, ReportStatus, Stage, Status
from indexer.library import DEFAULT_LIBRARY, Library, LibraryFile, report_id, unknown_report
from indexer.passages import DEFAULT_SETTINGS
from indexer.records import Report
from indexer.report import READER_VERSION, read_report
from indexer.store import DEFAULT_INDEX, Manifest, Recipe, Refusal, ReportInfo

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
    "remove",
    "status",
]

Reader = Callable[[Path], Report]


def build(
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Make the index match the library and return what was done.

    ``read`` and ``embedder`` stand in for the project's own reader and for the model of that name,
    which is otherwise loaded when the first new report needs it.

    Raises:
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used; nothing has changed.
    """
    with store.lock(index):
        return _Build(library, index, model, on_event, read, embedder).run()


def add(
    sources: Sequence[tuple[str, Path | bytes]],
    library: Path = DEFAULT_LIBRARY,
    index: Path = DEFAULT_INDEX,
    *,
    replace: bool = False,
    model: str = DEFAULT_MODEL,
    on_event: Listener | None = None,
    read: Reader | None = None,
    embedder: Embedder | None = None,
) -> BuildResult:
    """Put PDFs, pairs of file name and file or bytes, into the library and make the index match.

    Each is read before it is let in; one that cannot be is refused with its reason and leaves no
    trace, and the others go on. ``replace`` lets a report of the same id be replaced.

    Raises:
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        refused = work.take_in(sources, replace=replace)
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
    """Take reports out of the library and the index for good.

    Raises:
        UnknownReport: there is no report of one of the ids; none has been removed.
        BuildLocked: another process is building.
        IndexerError: the library, the model or the index cannot be used.
    """
    with store.lock(index):
        work = _Build(library, index, model, on_event, read, embedder)
        work.throw_out(reports)
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
        files = Library(library).reports()
        stale += _library_differences(manifest, files)
        stale += _recipe_differences(manifest.recipe, _recipe(model_identity(model)))
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


def _recipe(identity: str) -> Recipe:
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


class _PassingRefusal(ReportRefused):
    """A refusal that lies in the moment, not in the file: the next build tries again."""


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
    ) -> None:
        self._library = Library(library)
        self._index = index
        self._model = model if embedder is None else embedder.name
        self._recipe = _recipe(model_identity(model) if embedder is None else embedder.identity)
        self._on_event = on_event
        self._read = read or read_report
        self._embedder = embedder
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = {}  # spent on each shard that was made, by its key
        self._at = (0, 0)
        store.clear_leftovers(index)
        self._name, self._current = _sound_current(index)

    # The library

    def take_in(
        self, sources: Sequence[tuple[str, Path | bytes]], *, replace: bool
    ) -> list[ReportResult]:
        """Put files into the library, each read and embedded first; return those refused."""
        refused = []
        for number, (name, source) in enumerate(sources, 1):
            self._at = (number, len(sources))
            try:
                self._library.add(source, name, replace=replace, check=self._check)
            except ReportRefused as error:
                refused.append(ReportResult(_id_or_name(name), "refused", str(error)))
        return refused

    def _check(self, path: Path) -> None:
        sha256 = store.file_sha256(path)
        file = LibraryFile(path.stem, path, sha256, 0, "")
        self._shard_of(file)

    def throw_out(self, reports: Sequence[str]) -> None:
        """Remove reports from the library, all or none."""
        files = {file.id for file in self._library.reports()}
        indexed = {report.id for report in self._current.reports} if self._current else set()
        for report in reports:
            if report not in files | indexed:
                raise unknown_report(report, sorted(files | indexed))
        for report in dict.fromkeys(reports):
            if report in files:
                self._library.remove(report)

    # The index

    def run(self) -> BuildResult:
        """Make the index match the library."""
        before = self._current if self._same_recipe() else None
        unchanged = {(r.id, r.sha256, r.file): r for r in (before.reports if before else ())}
        refusals = {(r.id, r.sha256): r for r in (before.refused if before else ()) if r.lasting}
        files = self._library.reports()
        known = [unchanged.get((file.id, file.sha256, file.path.name)) for file in files]
        # Of two files with the same content the one that is in the index already stays there.
        order = sorted(zip(files, known, strict=True), key=lambda pair: pair[1] is None)
        todo = {f.path for f, k in order if k is None and self._is_to_be_read(f, refusals)}
        self._at = (0, len(todo))
        held: dict[str, str] = {}
        infos: list[ReportInfo] = []
        refused: list[Refusal] = []
        for file, info in order:
            self._at = (self._at[0] + (file.path in todo), len(todo))
            try:
                self._refuse_twin(file, held)
                infos.append(info or self._taken(file, refusals.get((file.id, file.sha256))))
                held[file.sha256] = file.id
            except ReportRefused as error:
                lasting = not isinstance(error, _PassingRefusal)
                name = _shown(file.path.name)
                refused.append(Refusal(file.id, name, file.sha256, str(error), lasting))
        infos.sort(key=lambda info: info.id)
        refused.sort(key=lambda refusal: (refusal.id, refusal.file))
        old = (before.reports, before.refused) if before else None
        changed = old != (tuple(infos), tuple(refused))
        if changed:
            self._publish(infos, refused, {f.id: f for f in files if not f.refusal})
        store.prune(self._index)
        return self._result(infos, refused, set(unchanged.values()), changed)

    def _same_recipe(self) -> bool:
        return self._current is not None and self._current.recipe == self._recipe

    def _is_to_be_read(self, file: LibraryFile, refusals: Container[tuple[str, str]]) -> bool:
        key = store.shard_key(file.sha256, self._recipe)
        return not (
            file.refusal
            or (file.id, file.sha256) in refusals
            or store.shard_path(self._index, key).is_dir()
        )

    @staticmethod
    def _refuse_twin(file: LibraryFile, held: dict[str, str]) -> None:
        """Raise where another file of the same content is in the index."""
        if file.sha256 and file.sha256 in held:
            raise _PassingRefusal(  # of the first one's making: it may leave
                f"{_shown(file.path.name)} has the same content as the report "
                f"{held[file.sha256]!r}: remove one of the two."
            )

    def _taken(self, file: LibraryFile, refusal: Refusal | None) -> ReportInfo:
        """Return a report that is new in the index, or raise why it cannot be."""
        if file.refusal:
            raise _PassingRefusal(file.refusal)
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

        started = time.perf_counter()
        self._tell("reading", file.id, 0, 1)
        report = self._report(file)
        self._tell("reading", file.id, 1, 1)
        title = "" if report.title == report.id else report.title
        inputs = [passage_input(passage, title) for passage in report.passages]
        self._tell("embedding", file.id, 0, len(inputs))
        embeddings = self._loaded().encode_passages(
            [text for text, _ in inputs],
            [units for _, units in inputs],
            on_progress=lambda done, total: self._tell("embedding", file.id, done, total),
        )
        _check_embeddings(embeddings, len(inputs), self._recipe.model)
        folder = store.building_path(self._index, key)
        write_shard(folder, report, embeddings)
        store.put_in_place(folder, store.shard_path(self._index, key))
        self._seconds[key] = time.perf_counter() - started

    def _report(self, file: LibraryFile) -> Report:
        """Return a file read as a report; whatever goes wrong is a refusal of that file alone."""
        name = _shown(file.path.name)
        try:
            report = self._read(file.path)
            if store.file_sha256(file.path) != file.sha256:
                raise _PassingRefusal(f"{name} changed while it was read; build again.")
        except ReportRefused:
            raise
        except (OSError, MemoryError) as error:
            raise _PassingRefusal(f"{name} cannot be read ({_named(error)}); try again.") from error
        except Exception as error:
            # A hostile file can trip over anything in a reader, and must not stop the others.
            raise ReportRefused(
                f"{name} cannot be read: the reader fails on it ({_named(error)}). Open it in a "
                "viewer and print it to a new PDF."
            ) from error
        return report

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
        for info in infos:
            self._shard_of(files[info.id])  # of an unchanged report, it may have been lost
        folder = store.building_path(self._index, "snapshot")
        manifest = write_snapshot(
            folder,
            [(info, store.shard_path(self._index, info.shard)) for info in infos],
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
