"""The passages nearest to a vector: exactly, over the vectors themselves, or by a graph of them.

Up to ``FLAT_ROWS`` passages FAISS compares every vector, straight in the mapped file: nothing is
loaded, nothing is stored twice, and the answer is exact. Above that an HNSW graph (Malkov and
Yashunin, 2016) leads to nearly all of the nearest; how many is measured when it is built, and a
graph that misses too many is not kept. Whatever is limited to some rows is exact either way. This
is the only file that imports ``faiss``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import disk

FLAT_ROWS = 200_000
"""Up to here all vectors are compared, 16 to 25 ms at most (figures in benchmarks/notes.md)."""

LINKS = 16
EFFORT_BUILD = 100
EFFORT = 400
"""HNSW's M and its two widths of search: what recall costs (figures in benchmarks/notes.md)."""

RECALL_AT = 10
MIN_RECALL = 0.98
SAMPLE = 200
"""The share of the true first ten that a graph has to find, over so many passages, or it goes."""

GRAPH = "graph.faiss"
MEASURED = "graph.json"

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]


def nearest(
    vectors: Float32, query: Float32, k: int, rows: Int64 | None = None
) -> tuple[Int64, Float32]:
    """Return the k nearest rows and their inner products, the highest first, compared with all.

    ``rows`` limits them. Of equal rows the first come first, and there may be fewer than k.
    """
    if rows is not None:
        rows = np.unique(rows)
        vectors = vectors[rows]
    k = min(k, len(vectors))
    if k <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    asked = np.ascontiguousarray(query[None], np.float32)
    compared = np.ascontiguousarray(vectors, np.float32)  # no copy of a mapped file
    faiss, most = _faiss(), min(k + 1, len(vectors))
    scores, at = faiss.knn(asked, compared, most, metric=faiss.METRIC_INNER_PRODUCT)
    while most < len(vectors) and scores[0][-1] == scores[0][k - 1]:
        # The last places are shared: all that are level have to be seen to take the first of them.
        most = min(4 * most, len(vectors))
        scores, at = faiss.knn(asked, compared, most, metric=faiss.METRIC_INNER_PRODUCT)
    found = at[0] if rows is None else rows[at[0]]
    return _highest(found, scores[0], k)


def _highest(rows: Int64, scores: Float32, k: int) -> tuple[Int64, Float32]:
    """Return the k rows of the highest scores, the highest first and equal ones in their order."""
    order = np.lexsort((rows, -scores))[:k]
    return rows[order].astype(np.int64), scores[order].astype(np.float32)


class Graph:
    """A graph over all vectors of a snapshot, which are held in memory beside it."""

    def __init__(self, index: Any, vectors: Float32) -> None:
        faiss = _faiss()
        storage = faiss.IndexFlatIP(vectors.shape[1])
        storage.add(np.ascontiguousarray(vectors))
        index.storage, index.own_fields = storage, False
        self._index, self._storage = index, storage  # the graph only points to the latter

    def __len__(self) -> int:
        """Return the number of its rows."""
        return int(self._index.ntotal)

    def nearest(self, query: Float32, k: int, *, effort: int = EFFORT) -> tuple[Int64, Float32]:
        """Return nearly the k nearest rows and their inner products, the highest first."""
        options = _faiss().SearchParametersHNSW(efSearch=max(effort, k))
        scores, rows = self._index.search(query[None].astype(np.float32), k, params=options)
        found = rows[0] >= 0
        return _highest(rows[0][found], scores[0][found], k)


def write(folder: Path, vectors: Float32, *, flat_rows: int = FLAT_ROWS) -> None:
    """Write the graph of a snapshot's vectors where they are many and it finds what it should.

    What was measured of it is written beside it, and without it where it was not good enough: then
    all vectors are compared. Neither is written of few vectors.
    """
    if len(vectors) <= flat_rows:
        return
    graph = Graph(_built(vectors), vectors)
    recall = measured_recall(graph, vectors)
    kept = recall >= MIN_RECALL
    said = {
        "rows": len(vectors), "links": LINKS, "effort_build": EFFORT_BUILD, "effort": EFFORT,
        "recall_at": RECALL_AT, "recall": round(recall, 4), "sample": min(SAMPLE, len(vectors)),
        "kept": kept,
    }  # fmt: skip
    disk.write(folder / MEASURED, json.dumps(said, indent=1).encode())
    if kept:
        disk.write(folder / GRAPH, _packed(graph))


def _built(vectors: Float32) -> Any:
    """Return a graph of the vectors. One thread builds it: several would link it by chance."""
    faiss = _faiss()
    index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EFFORT_BUILD
    index.add(np.ascontiguousarray(vectors))
    return index


def measured_recall(graph: Graph, vectors: Float32) -> float:
    """Return which share of the true nearest the graph finds, for passages spread over all.

    Half of the sample are passages as they are, and each of the others lies between two passages,
    as a question does that is about both.
    """
    at = np.unique(np.linspace(0, len(vectors) - 1, SAMPLE).astype(np.int64))
    queries = np.array(vectors[at])
    queries[1::2] += vectors[at[::-1]][1::2]
    found = 0
    for query in queries:
        query /= np.linalg.norm(query) or 1.0
        due, _ = nearest(vectors, query, RECALL_AT)
        found += len(np.intersect1d(due, graph.nearest(query, RECALL_AT)[0]))
    return found / (len(queries) * min(RECALL_AT, len(vectors)))


def load(read: Callable[[str], bytes], vectors: Float32) -> Graph:
    """Return the graph from the very bytes that ``read`` found right; the vectors are its own."""
    raw = read(GRAPH)
    faiss = _faiss()
    faiss.set_deserialization_vector_byte_limit(len(raw))  # no header can ask for more memory
    return Graph(faiss.deserialize_index(np.frombuffer(raw, np.uint8)), vectors)


def _packed(graph: Graph) -> bytes:
    """Return a graph as bytes, its links alone: the vectors are in the snapshot already."""
    faiss = _faiss()
    writer = faiss.VectorIOWriter()
    faiss.write_index(graph._index, writer, faiss.IO_FLAG_SKIP_STORAGE)
    return bytes(faiss.vector_to_array(writer.data).data)


def _faiss() -> Any:
    """Return the module faiss, held to one thread: two made a single question 3–4 times slower."""
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss
