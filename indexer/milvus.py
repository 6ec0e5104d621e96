"""The vectors and the weights of words of a snapshot on a Milvus server, or in a Milvus Lite file.

Each snapshot is a collection of its own, called by the name of the index and that of the snapshot,
and never changed once it is whole. An alias with the name of the index points to the one in
service: moving it is one step. Whoever asks searches the collection of the snapshot whose texts it
has open, so that a text and its scores are always of one moment; the collection that was in
service before stays for those who still have it open.

The sparse vector of a passage holds the very numbers of the snapshot's BM25 index, and the inner
product with a question's terms is their sum: scores are ours to the last rounding, which those of
Milvus's own analyser and BM25 would not be. A collection has no texts in it.

This is the only file that imports ``pymilvus``, and only when a store is used.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexDamaged, ModelMismatch, StoreBehind, StoreFailed
from indexer.stores import Address, Near, Progress, StoreState

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 60.0
INDEX_SECONDS = 3600.0
"""How long a server may take to answer at all, to do one thing, and to index a collection."""

BATCH = 1_000
"""Rows sent or fetched at a time: about 2 MB, where a server takes up to 64."""

MAX_FLAT = 200_000
"""Up to so many passages the search is exact, as in the snapshot; above, it is by HNSW."""

HNSW = {"M": 32, "efConstruction": 200}
HNSW_BREADTH = 4
"""How many times the rows that are asked for HNSW keeps in sight."""

NO_TERM = 2**32 - 2
"""The place of the one number of a passage without terms: a vector may not be empty, and no
question asks for this."""

MAX_RUNS = 200
"""Rows are named by their runs up to so many of them, else one by one."""

CANARIES = 5
TOLERANCE = 1e-3
SHOWN_IDS = 3
FIELDS = ("row", "report", "dense", "sparse")
MAX_ID_BYTES = 512

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Weights = tuple[Int64, npt.NDArray[np.int64], Float32]


class MilvusStore:
    """A ``Store`` on a Milvus server, or in a file that this process serves to itself alone.

    Raises:
        StoreFailed: it does not answer, or its client is not installed.
    """

    def __init__(self, address: Address, *, token: str = "") -> None:
        self._address = address
        self._client = _connected(address, token)

    def publish(self, snapshot: Snapshot, *, on_progress: Progress | None = None) -> bool:
        """Put a snapshot in service in one step; return whether there was anything to do."""
        name = _collection(self._address, snapshot.name)
        with _named(self._address, "store the index"):
            before = self._in_service()
            if len(snapshot.passages) == 0:
                return self._clear(before)
            if before == name and self._rows(name) == len(snapshot.passages):
                return False
            self._drop_all_but({before} - {name, ""})
            self._fill(name, snapshot, on_progress)
            self._check_canaries(name, snapshot)
            if self._in_service():  # it is not where rows had been lost, and it went with them
                self._client.alter_alias(name, self._address.name)
            else:
                self._client.create_alias(name, self._address.name)
            return True

    def state(self) -> StoreState:
        """Return what is in service."""
        with _named(self._address, "say what it holds"):
            name = self._in_service()
            return StoreState(
                _snapshot_name(self._address, name) if name else "", self._rows(name) if name else 0
            )

    def searcher(self, snapshot: Snapshot) -> MilvusSearcher:
        """Return what finds candidates for a snapshot."""
        name = _collection(self._address, snapshot.name)
        with _named(self._address, "open the index"):
            there = self._client.has_collection(name)
            if there:
                self._check_fields(name, snapshot)
                self._client.load_collection(name)
            if not there or self._rows(name) != len(snapshot.passages):
                raise StoreBehind(
                    f"The store {self._address} does not hold the snapshot {snapshot.name}: run "
                    f"`python -m indexer build --store {self._address}`."
                )
        return MilvusSearcher(self._client, self._address, name, snapshot)

    def wrong_with(self, snapshot: Snapshot) -> list[str]:
        """Return a sentence for each thing of a snapshot that is not as in its folder."""
        with _named(self._address, "be compared with the folder"):
            served = self._in_service()
            expected = _collection(self._address, snapshot.name)
            if len(snapshot.passages) == 0:
                return []
            if served != expected:
                what = f"the snapshot {_snapshot_name(self._address, served)}" if served else "none"
                return [
                    f"The store {self._address} has {what} in service, and the folder has "
                    f"{snapshot.name}."
                ]
            self._check_fields(served, snapshot)
            rows = self._rows(served)
            if rows != len(snapshot.passages):
                return [
                    f"The store has {rows:,} passages and should have {len(snapshot.passages):,}."
                ]
            return self._differences(served, snapshot)

    # Writing

    def _fill(self, name: str, snapshot: Snapshot, on_progress: Progress | None) -> None:
        """Make a collection that holds a snapshot, whole, indexed and in the server's memory."""
        total = len(snapshot.passages)
        schema, indexes = _form(self._client, snapshot.dimension, total)
        self._client.create_collection(
            name, schema=schema, index_params=indexes, consistency_level="Strong"
        )
        for start, rows in _batches(snapshot):
            self._client.insert(name, rows, timeout=REQUEST_SECONDS)
            if on_progress is not None:
                on_progress(start + len(rows), total)
        self._client.flush(name, timeout=INDEX_SECONDS)
        self._wait_for_indexes(name)
        self._client.load_collection(name, timeout=INDEX_SECONDS)
        held = self._rows(name)
        if held != total:
            raise StoreFailed(
                f"The store {self._address} took {held:,} of {total:,} passages; what it had in "
                "service stays so. Run the build again."
            )

    def _wait_for_indexes(self, name: str) -> None:
        """Wait until a server that indexes in the background has done so."""
        end = time.monotonic() + INDEX_SECONDS
        for index in self._client.list_indexes(name):
            while True:
                told = self._client.describe_index(name, index) or {}
                if int(told.get("pending_index_rows") or 0) == 0 or time.monotonic() > end:
                    break
                time.sleep(1)

    def _check_canaries(self, name: str, snapshot: Snapshot) -> None:
        """Raise where a few passages are not found by their own vectors."""
        searcher = MilvusSearcher(self._client, self._address, name, snapshot)
        for row in sorted({int(at) for at in np.linspace(0, len(snapshot.passages) - 1, CANARIES)}):
            found, scores = searcher.nearest(np.asarray(snapshot.vectors[row]), 1, "")
            if len(found) != 1 or abs(float(scores[0]) - 1) > TOLERANCE:
                raise StoreFailed(
                    f"The store {self._address} does not find the passage of row {row} by its own "
                    "vector; what it had in service stays so. Run the build again."
                )

    def _clear(self, before: str) -> bool:
        """Leave nothing of an index without passages."""
        if before:
            self._client.drop_alias(self._address.name)
        return self._drop_all_but(set()) or bool(before)

    def _drop_all_but(self, kept: set[str]) -> bool:
        """Drop the collections of this index but for some: what broken-off builds left, too."""
        ours = _pattern(self._address)
        doomed = [n for n in self._client.list_collections() if ours.fullmatch(n) and n not in kept]
        for name in doomed:
            for alias in self._aliases(name):
                self._client.drop_alias(alias)
            self._client.drop_collection(name)
        return bool(doomed)

    # Looking

    def _in_service(self) -> str:
        """Return the collection that the alias points to, or nothing."""
        for name in self._client.list_collections():
            if _pattern(self._address).fullmatch(name) and self._address.name in self._aliases(
                name
            ):
                return str(name)
        return ""

    def _aliases(self, name: str) -> list[str]:
        return list(self._client.list_aliases(name).get("aliases", ()))

    def _rows(self, name: str) -> int:
        self._client.load_collection(name, timeout=INDEX_SECONDS)
        found = self._client.query(
            name, filter="", output_fields=["count(*)"], consistency_level="Strong",
            timeout=REQUEST_SECONDS,
        )  # fmt: skip
        return int(found[0]["count(*)"])

    def _check_fields(self, name: str, snapshot: Snapshot) -> None:
        """Raise where a collection has other fields, or vectors of another dimension."""
        told = self._client.describe_collection(name)
        fields = {field["name"]: field.get("params", {}) for field in told["fields"]}
        dimension = int(fields.get("dense", {}).get("dim", 0))
        if set(fields) != set(FIELDS) or dimension != snapshot.dimension:
            raise IndexDamaged(
                f"The collection {name} of the store {self._address} has the fields "
                f"{', '.join(sorted(fields))} and {dimension} dimensions, not those of this "
                f"program: run `python -m indexer build --store {self._address}#NAME` with another "
                "name."
            )

    def _differences(self, name: str, snapshot: Snapshot) -> list[str]:
        """Return where the rows of a collection are not those of the folder; all are fetched."""
        wrong: list[int] = []
        for start, rows in _batches(snapshot):
            found = self._client.query(
                name, filter=f"row >= {start} and row < {start + len(rows)}",
                output_fields=list(FIELDS), limit=len(rows), consistency_level="Strong",
                timeout=REQUEST_SECONDS,
            )  # fmt: skip
            held = {int(row["row"]): row for row in found}
            wrong += [row["row"] for row in rows if not _same(row, held.get(row["row"]))]
        if not wrong:
            return []
        shown = ", ".join(map(str, wrong[:SHOWN_IDS])) + (" …" if len(wrong) > SHOWN_IDS else "")
        return [f"The store has {len(wrong):,} passages that are not those of the folder: {shown}."]


class MilvusSearcher:
    """Finds candidates in the collection of one snapshot: two to four requests a question."""

    def __init__(self, client: Any, address: Address, collection: str, snapshot: Snapshot) -> None:
        self._client = client
        self._address = address
        self._collection = collection
        self._total = len(snapshot.passages)
        self._dimension = snapshot.dimension
        self._model = snapshot.model
        self._numbers: Mapping[str, int] = snapshot.vocabulary()

    def candidates(
        self, vector: Float32, terms: Sequence[str], *, pool: int, rows: Int64 | None = None
    ) -> Near:
        """Return the rows nearest by vector and the best by BM25, together; see ``Searcher``."""
        if vector.shape != (self._dimension,):
            raise ModelMismatch(
                f"The question's vector has the shape {vector.shape} and the store has "
                f"{self._dimension} dimensions: it was made with the model {self._model}. Ask with "
                "that model, or build the index again with yours."
            )
        allowed = None if rows is None else np.unique(rows)
        most = min(pool, self._total if allowed is None else len(allowed))
        if most <= 0:
            return Near(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))
        where = expression(allowed)
        asked = Counter(self._numbers[term] for term in terms if term in self._numbers)
        with _named(self._address, "answer"):
            near, similar = self.nearest(vector, most, where)
            worded, scores = self._by_words(asked, most, where)
            # Fewer by words than were asked for are all that have one of them.
            return self._filled(
                vector, asked, dict(zip(near.tolist(), similar.tolist(), strict=True)),
                dict(zip(worded.tolist(), scores.tolist(), strict=True)),
                every_worded=len(worded) < most,
            )  # fmt: skip

    def nearest(self, vector: Float32, most: int, where: str) -> tuple[Int64, Float32]:
        """Return the rows nearest to a vector and their cosine similarity."""
        breadth = {} if self._total <= MAX_FLAT else {"ef": HNSW_BREADTH * most}
        return self._search("dense", np.asarray(vector, np.float32).tolist(), most, where, breadth)

    def _by_words(self, asked: Mapping[int, int], most: int, where: str) -> tuple[Int64, Float32]:
        if not asked:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        query = {number: float(count) for number, count in asked.items()}
        return self._search("sparse", query, most, where, {})

    def _search(
        self, field: str, query: Any, most: int, where: str, breadth: dict[str, int]
    ) -> tuple[Int64, Float32]:
        found = self._client.search(
            self._collection, data=[query], anns_field=field, limit=most, filter=where,
            output_fields=["row"], search_params={"metric_type": "IP", "params": breadth},
            timeout=REQUEST_SECONDS,
        )[0]  # fmt: skip
        rows = np.array([hit["row"] for hit in found], np.int64)
        return rows, np.array([hit["distance"] for hit in found], np.float32)

    def _filled(
        self,
        vector: Float32,
        asked: Mapping[int, int],
        dense: dict[int, float],
        lexical: dict[int, float],
        *,
        every_worded: bool,
    ) -> Near:
        """Return the rows of both searches with the scores that only one of them gave."""
        rows = sorted(dense.keys() | lexical.keys())
        for at, held in self._fetched("dense", [row for row in rows if row not in dense]):
            dense[at] = float(np.asarray(held, np.float32) @ vector)
        for at, held in self._fetched(
            "sparse", [] if every_worded else [row for row in rows if row not in lexical]
        ):
            lexical[at] = sum(held.get(number, 0.0) * count for number, count in asked.items())
        return Near(
            np.array(rows, np.int64),
            np.array([dense[row] for row in rows], np.float32),
            np.array([lexical.get(row, 0.0) for row in rows], np.float32),
        )

    def _fetched(self, field: str, rows: list[int]) -> Iterator[tuple[int, Any]]:
        """Yield rows and what they hold in a field: its exact score, whatever the index."""
        for start in range(0, len(rows), BATCH):
            found = self._client.query(
                self._collection, ids=rows[start : start + BATCH], output_fields=["row", field],
                timeout=REQUEST_SECONDS,
            )  # fmt: skip
            for row in found:
                yield int(row["row"]), row[field]


def expression(rows: Int64 | None) -> str:
    """Return the filter that lets only some rows through, given in ascending order.

    >>> expression(np.array([3, 4, 5, 9]))
    '(row >= 3 and row <= 5) or row == 9'
    """
    if rows is None:
        return ""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    runs = [(int(run[0]), int(run[-1])) for run in np.split(rows, breaks)]
    if len(runs) > MAX_RUNS:
        return f"row in [{', '.join(map(str, rows.tolist()))}]"
    return " or ".join(
        f"row == {first}" if first == last else f"(row >= {first} and row <= {last})"
        for first, last in runs
    )


def _form(client: Any, dimension: int, rows: int) -> tuple[Any, Any]:
    """Return the fields of a collection and how they are indexed."""
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("report", DataType.VARCHAR, max_length=MAX_ID_BYTES)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    indexes = client.prepare_index_params()
    kind, params = ("FLAT", {}) if rows <= MAX_FLAT else ("HNSW", HNSW)
    indexes.add_index("dense", index_type=kind, metric_type="IP", params=params)
    indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params={})
    return schema, indexes


def _batches(snapshot: Snapshot) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the number of a first row and the rows from there, as a collection holds them."""
    offsets, terms, weights = snapshot.term_weights()
    total = len(snapshot.passages)
    reports = [report.id for report in snapshot.reports for _ in range(report.passages)]
    for start in range(0, total, BATCH):
        end = min(start + BATCH, total)
        vectors = np.asarray(snapshot.vectors[start:end], np.float32)
        rows = []
        for row in range(start, end):
            span = slice(int(offsets[row]), int(offsets[row + 1]))
            sparse = dict(zip(terms[span].tolist(), weights[span].tolist(), strict=True))
            rows.append(
                {
                    "row": row,
                    "report": reports[row],
                    "dense": vectors[row - start].tolist(),
                    "sparse": sparse or {NO_TERM: 1.0},
                }
            )
        yield start, rows


def _same(row: Mapping[str, Any], held: Mapping[str, Any] | None) -> bool:
    """Return whether a row of a collection is the one that was sent."""
    if held is None or held["report"] != row["report"]:
        return False
    dense = np.allclose(held["dense"], row["dense"], atol=TOLERANCE)
    mine, theirs = row["sparse"], held["sparse"]
    return (
        dense
        and mine.keys() == theirs.keys()
        and all(abs(mine[number] - theirs[number]) <= TOLERANCE for number in mine)
    )


# Names


def _collection(address: Address, snapshot: str) -> str:
    return f"{address.name}_{snapshot.replace('-', '_')}"


def _pattern(address: Address) -> re.Pattern[str]:
    """Return what the collections of an index are called; another index's are left alone."""
    return re.compile(rf"{address.name}_\d{{6,}}_[0-9a-f]{{16}}")


def _snapshot_name(address: Address, collection: str) -> str:
    return collection.removeprefix(f"{address.name}_").replace("_", "-")


# The client


def _connected(address: Address, token: str) -> Any:
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise StoreFailed(
            f"A store needs the package pymilvus, which is not installed ({error}): run "
            "`make install-cluster`."
        ) from error
    # They write each failure with a trace of their own; ours is one sentence.
    for name in ("pymilvus", "milvus_lite", "grpc._server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if "://" not in address.uri and not Path(address.uri).absolute().parent.is_dir():
        raise StoreFailed(f"The folder of the store {address} does not exist: make it first.")
    with _named(address, "be opened"):
        return MilvusClient(uri=address.uri, token=token, timeout=CONNECT_SECONDS)


@contextlib.contextmanager
def _named(address: Address, doing: str) -> Iterator[None]:
    """Turn what the client raises into a sentence."""
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        said = " ".join(str(getattr(error, "message", "") or error).split())[:300]
        raise StoreFailed(
            f"The store {address} cannot {doing} ({said}). {_way_out(address)}"
        ) from error


def _way_out(address: Address) -> str:
    if "://" in address.uri:
        return "See that the server runs, that its address is right and that you may use it."
    return "One process at a time can have such a file open: end the other, or use a server."
