"""The simplest rival: BM25 over whole pages, without a model, in the project's own environment."""

import json
from pathlib import Path
from typing import Any

import bm25s
import pypdf
import Stemmer

NAME = "BM25 over pages"
NEEDS = ()
SHOWS = ("bm25s", "pypdf")
WAYS = ("words",)
HOW = "pypdf; one passage a page; bm25s with English stems and stop words"


class Rival:
    """Pages ranked by the words that they share with the question."""

    def __init__(self, way: str, model: str) -> None:
        del way, model
        self._stem = Stemmer.Stemmer("english")
        self._pages: list[dict[str, Any]] = []

    def build(self, pdfs: list[Path]) -> None:
        for pdf in pdfs:
            for number, page in enumerate(pypdf.PdfReader(pdf).pages, 1):
                text = page.extract_text()
                self._pages.append({"text": text, "report": pdf.stem, "page": number})
        self._bm25 = bm25s.BM25()
        self._bm25.index(self._tokens([page["text"] for page in self._pages]), show_progress=False)

    def save(self, folder: Path) -> None:
        self._bm25.save(folder)
        (folder / "pages.json").write_text(json.dumps(self._pages), encoding="utf-8")

    def load(self, folder: Path) -> None:
        self._bm25 = bm25s.BM25.load(folder)
        self._pages = json.loads((folder / "pages.json").read_text(encoding="utf-8"))

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        found, scores = self._bm25.retrieve(
            self._tokens([question]), k=min(k, len(self._pages)), show_progress=False
        )
        return [
            {**self._pages[int(row)], "score": float(score)}
            for row, score in zip(found[0], scores[0], strict=True)
        ]

    def _tokens(self, texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stem, show_progress=False)
