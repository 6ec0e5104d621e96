"""Fixtures for all tests: small PDFs, a quick embedder, a library and an index to work on."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.build import build
from indexer.embedding import Embedder, Embeddings, QueryVectors, model_identity
from indexer.events import BuildResult

ROOT = Path(__file__).resolve().parents[1]
LEFT, TOP, LEADING = 72, 770, 18

PAGES = [
    [
        "# 1. Keepers",
        "The lighthouse has four keepers and one vacancy.",
        "Two keepers left in May.",
    ],
    ["# 2. Oil", "Stores held 900 litres of oil at the end of the winter."],
]
OTHER_PAGES = [["# 1. Boats", "The harbour has three boats. One of them needs a new mast."]]


def make_pdf(path: Path, pages: Sequence[Sequence[str]], *, title: str = "") -> Path:
    """Write a PDF with one line of text below the other on each page; "# " makes a heading.

    Written by hand so that nothing but the reader under test interprets it.
    """
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",  # the list of pages, known at the end
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title <FEFF%s> >>" % title.encode("utf-16-be").hex().encode(),
    ]
    kids = []
    for lines in pages:
        content = b"BT\n"
        for number, line in enumerate(lines):
            font, size, text = ("F2", 16, line[2:]) if line.startswith("# ") else ("F1", 11, line)
            place = f"/{font} {size} Tf 1 0 0 1 {LEFT} {TOP - LEADING * number} Tm".encode()
            content += b"%s (%s) Tj\n" % (place, _escaped(text))
        content += b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    body, offsets = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    path.write_bytes(
        b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (body, len(objects) + 1, table, len(objects) + 1, len(body))
    )
    return path


def _escaped(text: str) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252"))


class HashEmbedder:
    """Embeds a text as the sum of directions that the hashes of its words give, in 8 dimensions.

    Texts that share words are near each other, and the same text has the same vector everywhere.
    With the identity of the real model, the command line takes an index of its for its own.
    """

    def __init__(self, identity: str = "hash@0") -> None:
        self.name = identity.partition("@")[0]
        self.identity = identity
        self.dimension = 8
        self.texts: list[str] = []

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Embeddings:
        """Return the vectors of texts; the texts are kept, so that a test can count them."""
        self.texts += texts
        spans = [[m.span() for m in re.finditer(r"\w+", text)] for text in texts]
        tokens = [
            [word_vector(t[a:b]) for a, b in row] for t, row in zip(texts, spans, strict=True)
        ]
        owners = [
            next((n for n, (start, end) in enumerate(row) if start <= a < end), -1)
            for row, span in zip(units, spans, strict=True)
            for a, _ in span
        ]
        vectors = np.array([self._sum(row) for row in tokens], np.float32).reshape(-1, 8)
        if on_progress is not None:
            on_progress(len(texts), len(texts))
        return Embeddings(
            vectors,
            np.array([v for row in tokens for v in row], np.float16).reshape(-1, 8),
            np.array(owners, np.int16),
            np.cumsum([0, *map(len, tokens)]).astype(np.int64),
        )

    def encode_query(self, text: str) -> QueryVectors:
        """Return the vectors of a question."""
        words = re.findall(r"\w+", text)
        tokens = np.array([word_vector(word) for word in words], np.float32).reshape(-1, 8)
        return QueryVectors(np.array(self._sum(list(tokens)), np.float32), tokens, tuple(words))

    @staticmethod
    def _sum(rows: Sequence[np.ndarray]) -> np.ndarray:
        total = np.sum(rows, axis=0) if len(rows) else np.eye(8)[0]
        return np.asarray(total / np.linalg.norm(total))


def word_vector(word: str) -> np.ndarray:
    """Return the unit vector of a word, the same in every process."""
    seed = int.from_bytes(hashlib.sha256(word.lower().encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=8)
    return np.asarray(vector / np.linalg.norm(vector))


@pytest.hookimpl(trylast=True)  # the browser's tests are marked by then
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files of quick tests first, those with slow ones next and the browser's last.

    A plain failure is then seen in the first minutes. Files stay whole, as one process runs each.
    """
    slow = {item.path for item in items if any(item.iter_markers("slow"))}
    slow |= {item.path for item in items if any(item.iter_markers("crash"))}
    last = {item.path for item in items if any(item.iter_markers("browser"))}
    items.sort(key=lambda item: (item.path in last, item.path in slow))


@pytest.fixture(scope="session")
def tiny_pdf() -> Callable[..., Path]:
    """``tiny_pdf(path, pages, title="")`` writes a small PDF: a list of lines for each page."""
    return make_pdf


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the published reports, which are not in the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the published reports in {folder.name}/ beside the repository")
    return folder


@pytest.fixture
def embedder() -> HashEmbedder:
    """An embedder that needs no model."""
    return HashEmbedder()


@pytest.fixture
def twin_embedder() -> HashEmbedder:
    """The same, under the identity of the real model: what it builds the command line can use."""
    return HashEmbedder(model_identity())


BuildOnce = Callable[..., BuildResult]


@pytest.fixture(scope="session")
def build_once(tmp_path_factory: pytest.TempPathFactory) -> BuildOnce:
    """``build_once(library, index, embedder=…, read=…)``: build, or copy what it built before.

    For tests that need an index and not the building of it: what was built from files of the same
    names and bytes, with the same embedder and the same ``read``, is copied. What is built must
    depend on nothing else, and the embedder must not be asked what it was given.
    """
    made: dict[object, tuple[Path, BuildResult]] = {}

    def build_or_copy(
        library: Path, index: Path, *, embedder: Embedder, read: object = None
    ) -> BuildResult:
        files = {path.name: path.read_bytes() for path in library.iterdir()}
        key = (frozenset(files.items()), embedder.identity, read)
        if key not in made:
            folder = tmp_path_factory.mktemp("built") / "index"
            options = {"read": read} if read is not None else {}
            made[key] = folder, build(library, folder, embedder=embedder, **options)  # type: ignore[arg-type]
        folder, result = made[key]
        shutil.copytree(folder, index)
        return result

    return build_or_copy


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with two reports, ``lights`` and ``harbour``."""
    folder = tmp_path / "library"
    folder.mkdir()
    make_pdf(folder / "lights.pdf", PAGES, title="Inspection of lighthouses")
    make_pdf(folder / "harbour.pdf", OTHER_PAGES)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Where an index will be; the folder is not there yet."""
    return tmp_path / "index"
