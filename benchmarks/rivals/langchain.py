"""LangChain, as its guide to a semantic search engine over a PDF has it.

Hybrid is its ``EnsembleRetriever`` over the vectors and ``BM25Retriever``.
"""

from pathlib import Path
from typing import Any

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.document_loaders import PyPDFLoader
from langchain_community.retrievers import BM25Retriever
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

NAME = "LangChain"
NEEDS = (
    "langchain",
    "langchain-classic",
    "langchain-community",
    "langchain-huggingface",
    "langchain-text-splitters",
    "pypdf",
    "rank-bm25",
    "sentence-transformers",
)
SHOWS = ("langchain", "langchain-community", "pypdf")
WAYS = ("dense", "hybrid")
HOW = (
    "PyPDFLoader; RecursiveCharacterTextSplitter, 1,000 characters, 200 shared; InMemoryVectorStore"
)


class Rival:
    """Passages of a page each, with the page's number in their metadata, counted from 0."""

    def __init__(self, way: str, model: str) -> None:
        self._way = way
        self._embeddings = HuggingFaceEmbeddings(model_name=model)

    def build(self, pdfs: list[Path]) -> None:
        pages = [page for pdf in pdfs for page in PyPDFLoader(str(pdf)).load()]
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=1000, chunk_overlap=200, add_start_index=True
        )
        self._store = InMemoryVectorStore(self._embeddings)
        self._store.add_documents(splitter.split_documents(pages))
        self._start()

    def save(self, folder: Path) -> None:
        self._store.dump(str(folder / "store.json"))

    def load(self, folder: Path) -> None:
        self._store = InMemoryVectorStore.load(str(folder / "store.json"), self._embeddings)
        self._start()

    def _start(self) -> None:
        if self._way == "hybrid":
            self._words = BM25Retriever.from_documents(
                [
                    Document(page_content=one["text"], metadata=one["metadata"])
                    for one in self._store.store.values()
                ]
            )

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        if self._way == "dense":
            found = self._store.similarity_search_with_score(question, k=k)
        else:
            self._words.k = k
            vectors = self._store.as_retriever(search_kwargs={"k": k})
            both = EnsembleRetriever(retrievers=[self._words, vectors], weights=[0.5, 0.5])
            found = [(document, None) for document in both.invoke(question)]
        return [
            {
                "text": document.page_content,
                "report": Path(document.metadata["source"]).stem,
                "page": document.metadata["page"] + 1,
                "score": score,
            }
            for document, score in found
        ]
