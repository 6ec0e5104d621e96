"""LlamaIndex, as its starter guide has it: a directory reader and a vector index in memory.

Hybrid is its ``QueryFusionRetriever`` over the vectors and ``BM25Retriever``, by reciprocal rank
and without made-up queries, which would need a language model.
"""

from pathlib import Path
from typing import Any

from llama_index.core import (
    Settings,
    SimpleDirectoryReader,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

NAME = "LlamaIndex"
NEEDS = (
    "llama-index-core",
    "llama-index-embeddings-huggingface",
    "llama-index-readers-file",
    "llama-index-retrievers-bm25",
)
SHOWS = ("llama-index-core", "pypdf")
WAYS = ("dense", "hybrid")
HOW = "SimpleDirectoryReader (pypdf); SentenceSplitter, 1,024 tokens; VectorStoreIndex in memory"


class Rival:
    """Passages of a page each, with the page's printed label in their metadata."""

    def __init__(self, way: str, model: str) -> None:
        self._way = way
        Settings.embed_model = HuggingFaceEmbedding(model_name=model)
        Settings.llm = MockLLM()

    def build(self, pdfs: list[Path]) -> None:
        pages = SimpleDirectoryReader(input_files=[str(pdf) for pdf in pdfs]).load_data()
        self._index = VectorStoreIndex.from_documents(pages)
        self._words = None

    def save(self, folder: Path) -> None:
        self._index.storage_context.persist(folder)

    def load(self, folder: Path) -> None:
        self._index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(folder)))
        self._words = None

    def _retriever(self, k: int) -> Any:
        vectors = self._index.as_retriever(similarity_top_k=k)
        if self._way == "dense":
            return vectors
        if self._words is None:
            nodes = list(self._index.docstore.docs.values())
            self._words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=k)
        return QueryFusionRetriever(
            [vectors, self._words],
            similarity_top_k=k,
            num_queries=1,
            mode="reciprocal_rerank",
            use_async=False,
        )

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        return [
            {
                "text": found.node.text,
                "report": Path(found.node.metadata["file_name"]).stem,
                "page": found.node.metadata["page_label"],
                "score": found.score,
            }
            for found in self._retriever(k).retrieve(question)
        ]
