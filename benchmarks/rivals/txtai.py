"""txtai, as its guides to documents and to hybrid search have it.

Of its readers of PDFs this takes LiteParse, which runs without a network: Docling and Tika are
known to fetch models or a server when they are first used. LiteParse would fetch a model for the
text in pictures as well, so that is switched off, which also saves its time. The passages carry no
page.
"""

from pathlib import Path
from typing import Any

from liteparse import LiteParse
from txtai import Embeddings
from txtai.pipeline import Textractor

NAME = "txtai"
NEEDS = ("txtai", "liteparse", "beautifulsoup4", "pandas")
SHOWS = ("txtai", "liteparse")
WAYS = ("dense", "hybrid")
HOW = "Textractor with LiteParse, no OCR; its paragraphs; Embeddings with content (FAISS, SQLite)"


class Rival:
    """Paragraphs, with the name of their file and without a page."""

    def __init__(self, way: str, model: str) -> None:
        self._embeddings = Embeddings(path=model, content=True, hybrid=way == "hybrid")

    def build(self, pdfs: list[Path]) -> None:
        textractor = Textractor(paragraphs=True, backend="liteparse")
        textractor.html.backend.liteparse = LiteParse(output_format="markdown", ocr_enabled=False)
        self._embeddings.index(
            {"text": text, "source": pdf.stem} for pdf in pdfs for text in textractor(str(pdf))
        )

    def save(self, folder: Path) -> None:
        self._embeddings.save(str(folder))

    def load(self, folder: Path) -> None:
        self._embeddings.load(str(folder))

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        found = self._embeddings.search(
            "select text, source, score from txtai where similar(:question)",
            limit=k,
            parameters={"question": question},
        )
        return [
            {"text": one["text"], "report": one["source"], "page": None, "score": one["score"]}
            for one in found
        ]
