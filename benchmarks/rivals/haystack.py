"""Haystack, as its guides to indexing and to hybrid retrieval have it, with everything in memory.

Hybrid joins the vectors' and BM25's lists by reciprocal rank, as ``DocumentJoiner`` does.
"""

from pathlib import Path
from typing import Any

from haystack import Pipeline
from haystack.components.converters import PyPDFToDocument
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

NAME = "Haystack"
NEEDS = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers", "pypdf")
SHOWS = ("haystack-ai", "pypdf")
WAYS = ("dense", "hybrid")
HOW = "PyPDFToDocument; DocumentCleaner; DocumentSplitter, 200 words; InMemoryDocumentStore"


class Rival:
    """Passages of 200 words, with the number of the page that each begins on."""

    def __init__(self, way: str, model: str) -> None:
        self._way = way
        self._model = model

    def build(self, pdfs: list[Path]) -> None:
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        indexing = Pipeline()
        indexing.add_component("converter", PyPDFToDocument())
        indexing.add_component("cleaner", DocumentCleaner())
        indexing.add_component("splitter", DocumentSplitter())
        indexing.add_component(
            "embedder",
            SentenceTransformersDocumentEmbedder(model=self._model, progress_bar=False),
        )
        indexing.add_component("writer", DocumentWriter(document_store=self._store))
        indexing.connect("converter", "cleaner")
        indexing.connect("cleaner", "splitter")
        indexing.connect("splitter", "embedder")
        indexing.connect("embedder", "writer")
        indexing.run({"converter": {"sources": pdfs}})
        self._start()

    def save(self, folder: Path) -> None:
        self._store.save_to_disk(str(folder / "store.json"))

    def load(self, folder: Path) -> None:
        self._store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        self._start()

    def _start(self) -> None:
        self._asking = Pipeline()
        self._asking.add_component(
            "embedder", SentenceTransformersTextEmbedder(model=self._model, progress_bar=False)
        )
        self._asking.add_component("vectors", InMemoryEmbeddingRetriever(self._store))
        self._asking.connect("embedder.embedding", "vectors.query_embedding")
        if self._way == "hybrid":
            self._asking.add_component("words", InMemoryBM25Retriever(self._store))
            self._asking.add_component("joiner", DocumentJoiner("reciprocal_rank_fusion"))
            self._asking.connect("vectors", "joiner")
            self._asking.connect("words", "joiner")

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"embedder": {"text": question}, "vectors": {"top_k": k}}
        last = "vectors"
        if self._way == "hybrid":
            asked |= {"words": {"query": question, "top_k": k}, "joiner": {"top_k": k}}
            last = "joiner"
        return [
            {
                "text": document.content,
                "report": Path(document.meta["file_path"]).stem,
                "page": document.meta["page_number"],
                "score": document.score,
            }
            for document in self._asking.run(asked)[last]["documents"]
        ]
