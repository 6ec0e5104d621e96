"""paper-qa's retrieval alone: its reader, its chunks and its index, with a local embedding model.

What it does next, summaries of each passage and an answer, needs a language model. Names of the
documents are given, since it would ask one for them too. Hybrid is its own: the vectors joined to
those of counted words.
"""

import asyncio
import pickle
import re
from pathlib import Path
from typing import Any

from paperqa import Docs, Settings

NAME = "paper-qa (retrieval)"
NEEDS = ("paper-qa", "paper-qa-pypdf", "sentence-transformers")
SHOWS = ("paper-qa", "pypdf")
WAYS = ("dense", "hybrid")
HOW = "paper-qa-pypdf; chunks of 5,000 characters, 250 shared; vectors in memory"


class Rival:
    """Chunks of several pages, named after the pages that they span."""

    def __init__(self, way: str, model: str) -> None:
        self._settings = Settings(embedding=f"{'hybrid-' if way == 'hybrid' else ''}st-{model}")
        self._settings.parsing.use_doc_details = False
        self._settings.parsing.multimodal = False
        self._model = self._settings.get_embedding_model()
        self._loop = asyncio.new_event_loop()

    def build(self, pdfs: list[Path]) -> None:
        self._docs = Docs()
        for pdf in pdfs:
            self._loop.run_until_complete(
                self._docs.aadd(
                    pdf,
                    citation=pdf.stem,
                    docname=pdf.stem,
                    settings=self._settings,
                    embedding_model=self._model,
                )
            )

    def save(self, folder: Path) -> None:
        # As its own index of papers keeps them.
        (folder / "docs.pickle").write_bytes(pickle.dumps(self._docs))

    def load(self, folder: Path) -> None:
        self._docs = pickle.loads((folder / "docs.pickle").read_bytes())
        # It knows texts by a hash that differs from process to process, and would add each again.
        self._docs.texts_index.clear()

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        found = self._loop.run_until_complete(
            self._docs.retrieve_texts(
                question, k, settings=self._settings, embedding_model=self._model
            )
        )
        return [
            {
                "text": text.text,
                "report": text.doc.docname,
                "page": _pages(text.name),
                "score": None,
            }
            for text in found
        ]


def _pages(name: str) -> list[int] | None:
    """Return the pages of "report pages 3-5", each of them."""
    pages = re.search(r"pages (\d+)-(\d+)$", name)
    return list(range(int(pages[1]), int(pages[2]) + 1)) if pages else None
