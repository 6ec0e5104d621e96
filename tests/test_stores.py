"""What an index has to give retrieval, held to by the snapshot's own files and by every store."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from indexer import stores
from indexer.bm25 import K1, B
from indexer.build import build, remove
from indexer.embedding import Embeddings, QueryVectors, passage_input
from indexer.errors import ModelMismatch
from indexer.lexical import terms
from indexer.records import PageText, Passage, Report
from indexer.snapshot import Snapshot
from indexer.stores import Address, Near, best_rows, open_searched, parse_address
from qa.question import read_question
from qa.search import LEXICAL_WEIGHT, POOL, fuse, search
from tests.conftest import ROOT, make_pdf, word_vector

DIMENSION = 8
MADE_UP = 2_000
REPORTS = 20
WORDS = tuple(
    f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "lk", "rd", "st")
)
ODD = {
    "čáslav-été": "Příliš žluťoučký kůň úpěl ďábelské ódy; the café has ½ of the naïve façade.",
    "報告-2024": "報告書は三つの灯台について述べている。 Три смотрителя 🚨 and 20,184 boats.",
    "spaces-and-none": "of the and to",
}
Reach = Callable[[Path], Snapshot]


class MadeUp:
    """Embeds a text as the sum of its words' made-up directions, with a little of its own."""

    name, identity, dimension = "made-up", "made-up@0", DIMENSION

    def encode_passages(self, texts: Sequence[str], units: object, **_: object) -> Embeddings:
        vectors = np.array([self._vector(text) for text in texts], np.float32)
        n = len(texts)
        tokens = vectors.astype(np.float16)
        return Embeddings(
            vectors.reshape(-1, DIMENSION), tokens.reshape(-1, DIMENSION), np.zeros(n, np.int16),
            np.arange(n + 1, dtype=np.int64),
        )  # fmt: skip

    def encode_query(self, text: str) -> QueryVectors:
        vector = self._vector(text)
        return QueryVectors(vector, vector[None])

    @staticmethod
    def _vector(text: str) -> npt.NDArray[np.float32]:
        total = np.sum([word_vector(word) for word in text.split()], axis=0)
        total = np.asarray(total + 0.3 * word_vector(text), np.float64)
        return np.asarray(total / np.linalg.norm(total), np.float32)


def made_up_report(path: Path) -> Report:
    """Return a report of made-up passages, the same for the same file name; no file is read."""
    if path.stem in ODD:
        return report_of(path.stem, [ODD[path.stem], f"The lighthouse of {path.stem} is sound."])
    number = int(path.stem.rpartition("-")[2])
    rng = np.random.default_rng(number)
    sizes = rng.integers(3, 40, MADE_UP // REPORTS)
    return report_of(path.stem, [" ".join(rng.choice(WORDS, size)) for size in sizes])


def report_of(name: str, texts: Sequence[str]) -> Report:
    passages = [
        Passage(name, at, "paragraph", (), text, ((0, len(text)),), ())
        for at, text in enumerate(texts)
    ]
    return Report(name, name, (PageText(1, "1", 595.0, 842.0, " ".join(texts)),), tuple(passages))


@pytest.fixture(scope="session")
def made_up_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up")
    for name in [*(f"random-{number:02}" for number in range(REPORTS)), *ODD]:
        make_pdf(folder / f"{name}.pdf", [[name.encode("ascii", "replace").decode()]])
    return folder


def read(path: Path) -> Report:
    """Return a made-up report, or one that is read as the product reads it."""
    if path.stem.startswith("random-") or path.stem in ODD:
        return made_up_report(path)
    from indexer.sandbox import read_report

    return read_report(path)


@pytest.fixture(scope="session")
def big(made_up_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 2,000 made-up passages, some odd ones, and those of the shipped digest."""
    for file in (ROOT / "data" / "reports").glob("*.pdf"):
        (made_up_library / file.name).write_bytes(file.read_bytes())
    index = tmp_path_factory.mktemp("big") / "index"
    build(made_up_library, index, read=read, embedder=MadeUp())
    return index


def from_folder(index: Path) -> Snapshot:
    return open_searched(index, None)


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A Milvus Lite file for the whole session: each test names an index of its own in it."""
    pytest.importorskip("pymilvus", reason="needs pymilvus and milvus-lite: `make install-test`")
    pytest.importorskip("milvus_lite", reason="needs milvus-lite: `make install-test`")
    path = tmp_path_factory.mktemp("milvus") / "lite.db"
    yield parse_address(f"milvus:{path}")
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(str(path))


@pytest.fixture(params=["faiss", "milvus"])
def reach(request: pytest.FixtureRequest, tmp_path: Path) -> Reach:
    """``reach(index)`` opens an index by one way of finding candidates, published where need be."""
    if request.param == "faiss":
        return from_folder
    lite = request.getfixturevalue("lite")

    def by_milvus(index: Path) -> Snapshot:
        # One name an index: those that are built again are published under it again.
        address = Address(lite.uri, f"t{zlib.crc32(str(index).encode())}")
        stores.publish(index, address)
        snapshot = open_searched(index, address)
        assert snapshot.searcher is not None
        return snapshot

    return by_milvus


# The same by hand


class ByHand:
    """Both scores of every passage, from the formulas, and what retrieval makes of them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.vectors = np.asarray(snapshot.vectors, np.float64)
        self.counts = [Counter(terms(passage_input(p, "")[0])) for p in snapshot.passages]
        self.having = Counter(term for counts in self.counts for term in counts)
        self.lengths = np.array([counts.total() for counts in self.counts], np.float64)

    def lexical(self, asked: Sequence[str]) -> npt.NDArray[np.float64]:
        scores = np.zeros(len(self.counts))
        norms = K1 * (1 - B + B * self.lengths / self.lengths.mean())
        for term in asked:
            df = self.having[term]
            idf = math.log(1 + (len(self.counts) - df + 0.5) / (df + 0.5))
            found = np.array([counts[term] for counts in self.counts])
            scores += idf * found / (found + norms)
        return scores

    def candidates(
        self, vector: npt.NDArray[np.float32], asked: Sequence[str], pool: int,
        rows: npt.NDArray[np.int64] | None = None,
    ) -> Near:  # fmt: skip
        rows = np.arange(len(self.counts)) if rows is None else rows
        dense, lexical = self.vectors @ vector.astype(np.float64), self.lexical(asked)
        near = rows[np.argsort(-dense[rows], kind="stable")[:pool]]
        worded = rows[lexical[rows] > 0]
        worded = worded[np.argsort(-lexical[worded], kind="stable")[:pool]]
        both = np.union1d(near, worded)
        return Near(both, dense[both].astype(np.float32), lexical[both].astype(np.float32))


def top(near: Near, count: int = 10) -> list[int]:
    fused = fuse(near.dense, near.lexical, LEXICAL_WEIGHT)
    return [int(row) for row in near.rows[np.argsort(-fused, kind="stable")[:count]]]


def questions() -> list[str]:
    """Return the gold questions of the digest and some of made-up words."""
    gold = (ROOT / "data" / "eval" / "digest.jsonl").read_text(encoding="utf-8").splitlines()
    rng = np.random.default_rng(7)
    made_up = [" ".join(rng.choice(WORDS, size)) for size in rng.integers(1, 9, 60)]
    return [*(json.loads(line)["question"] for line in gold), *made_up]


@pytest.fixture(scope="session")
def by_hand(big: Path) -> ByHand:
    return ByHand(from_folder(big))


def test_the_ten_best_are_those_of_the_formulas(big: Path, by_hand: ByHand, reach: Reach) -> None:
    snapshot, embedder = reach(big), MadeUp()
    asked = questions()
    same = 0
    for question in asked:
        vector, words = embedder.encode_query(question).vector, terms(question)
        found = snapshot.candidates(vector, words, pool=POOL)
        due = by_hand.candidates(vector, words, POOL)
        same += top(found) == top(due)
        scores = dict(zip(due.rows.tolist(), zip(due.dense, due.lexical, strict=True), strict=True))
        for row, dense, lexical in zip(
            found.rows.tolist(), found.dense, found.lexical, strict=True
        ):
            if row in scores:  # all but one at the very end of a pool, where two are equal
                assert scores[row] == pytest.approx((dense, lexical), abs=1e-4)
    assert len(asked) > 100
    assert same >= 0.99 * len(asked)


def test_of_equal_ones_at_the_end_the_first_rows_are_taken() -> None:
    scores = np.array([1, 3, 2, 2, 0, 2], np.float32)
    assert best_rows(scores, None, 3).tolist() == [1, 2, 3]
    assert best_rows(scores, np.array([0, 3, 4, 5]), 1).tolist() == [3]
    assert best_rows(scores, None, 9).tolist() == [0, 1, 2, 3, 5]


def test_rows_ascend_and_each_is_there_once(big: Path, reach: Reach) -> None:
    found = reach(big).candidates(MadeUp().encode_query("ban dork").vector, ["ban"], pool=50)
    assert np.all(np.diff(found.rows) > 0)
    assert found.rows.dtype == np.int64
    assert found.dense.dtype == found.lexical.dtype == np.float32
    assert len(found.rows) == len(found.dense) == len(found.lexical)


@pytest.mark.parametrize("reports", [["random-03"], ["random-03", "random-11"], [*ODD]])
def test_a_filter_lets_only_its_reports_through(
    reports: list[str], big: Path, by_hand: ByHand, reach: Reach
) -> None:
    snapshot = reach(big)
    rows = np.concatenate(
        [np.array(snapshot.rows_of(report), np.int64) for report in sorted(reports)]
    )
    vector, words = MadeUp().encode_query("bast dork lighthouse").vector, ["bast", "lighthous"]
    found = snapshot.candidates(vector, words, pool=30, rows=np.sort(rows))
    due = by_hand.candidates(vector, words, 30, np.sort(rows))
    assert found.rows.tolist() == due.rows.tolist()
    assert {snapshot.passages[int(row)].report for row in found.rows} == set(reports)
    assert found.dense == pytest.approx(due.dense, abs=1e-4)
    assert found.lexical == pytest.approx(due.lexical, abs=1e-4)


def test_a_filter_of_many_scattered_rows(big: Path, by_hand: ByHand, reach: Reach) -> None:
    rows = np.arange(1, 1_900, 3, dtype=np.int64)  # 633 runs of one
    vector, words = MadeUp().encode_query("bast dork").vector, ["bast", "dork"]
    found = reach(big).candidates(vector, words, pool=40, rows=rows)
    assert set(found.rows.tolist()) <= set(rows.tolist())
    assert top(found) == top(by_hand.candidates(vector, words, 40, rows))


def test_nothing_is_found_where_nothing_may_be(big: Path, reach: Reach) -> None:
    vector = MadeUp().encode_query("bast").vector
    found = reach(big).candidates(vector, ["bast"], pool=10, rows=np.zeros(0, np.int64))
    assert (len(found.rows), len(found.dense), len(found.lexical)) == (0, 0, 0)


@pytest.mark.parametrize("words", [[], ["zzzunheardof"]])
def test_without_a_known_word_the_nearest_by_vector_are_left(
    words: list[str], big: Path, reach: Reach
) -> None:
    snapshot = reach(big)
    vector = np.asarray(snapshot.vectors[77])
    found = snapshot.candidates(vector, words, pool=5)
    assert len(found.rows) == 5
    assert 77 in found.rows
    assert not found.lexical.any()


def test_a_word_asked_twice_counts_twice(big: Path, reach: Reach) -> None:
    snapshot = reach(big)
    vector = MadeUp().encode_query("bast").vector
    once = snapshot.candidates(vector, ["bast"], pool=3_000)
    twice = snapshot.candidates(vector, ["bast", "bast"], pool=3_000)
    assert twice.lexical == pytest.approx(2 * once.lexical, abs=1e-4)
    assert once.lexical.any()


def test_texts_and_ids_of_any_script(big: Path, reach: Reach) -> None:
    snapshot = reach(big)
    for name, text in ODD.items():
        row = snapshot.rows_of(name).start
        found = snapshot.candidates(MadeUp().encode_query(text).vector, terms(text), pool=1)
        assert row in found.rows
        assert snapshot.passages[row].text == text


def test_the_vector_of_another_model_is_refused(big: Path, reach: Reach) -> None:
    with pytest.raises(ModelMismatch, match=r"shape \(3,\).*8 dimensions"):
        reach(big).candidates(np.ones(3, np.float32), [], pool=5)


def test_what_is_removed_is_not_found(tmp_path: Path, reach: Reach) -> None:
    library, index = _small(tmp_path)
    before = reach(index)
    assert "random-01" in _found(before, "bast dork")
    remove(["random-01"], library, index, read=read, embedder=MadeUp())
    after = reach(index)
    assert _found(after, "bast dork") == {"random-00"}


def test_who_has_an_index_open_keeps_it_when_another_comes(tmp_path: Path, reach: Reach) -> None:
    library, index = _small(tmp_path)
    before = reach(index)
    vector = MadeUp().encode_query("bast dork").vector
    first = before.candidates(vector, ["bast"], pool=20)
    (library / "random-00.pdf").unlink()  # the rows of all others become other ones
    make_pdf(library / "random-02.pdf", [["random-02"]])
    build(library, index, read=read, embedder=MadeUp())
    after = reach(index)
    again = before.candidates(vector, ["bast"], pool=20)
    assert again.rows.tolist() == first.rows.tolist()
    assert again.dense.tolist() == first.dense.tolist()
    assert _found(before, "bast dork") == {"random-00", "random-01"}
    assert _found(after, "bast dork") == {"random-01", "random-02"}


def test_a_whole_search_is_the_same_by_every_way(big: Path, reach: Reach) -> None:
    asked = read_question("bast dork gin felk?")
    here, there = (search(s, MadeUp(), asked) for s in (from_folder(big), reach(big)))
    assert [c.row for c in there.candidates] == [c.row for c in here.candidates]
    assert [c.fused for c in there.candidates] == pytest.approx(
        [c.fused for c in here.candidates], abs=1e-4
    )


def _small(folder: Path) -> tuple[Path, Path]:
    library, index = folder / "library", folder / "index"
    library.mkdir()
    for name in ("random-00", "random-01"):
        make_pdf(library / f"{name}.pdf", [[name]])
    build(library, index, read=read, embedder=MadeUp())
    return library, index


def _found(snapshot: Snapshot, question: str) -> set[str]:
    vector = MadeUp().encode_query(question).vector
    rows = snapshot.candidates(vector, terms(question), pool=60).rows
    return {snapshot.passages[int(row)].report for row in rows}


def test_by_hnsw_nearly_all_of_the_ten_best_are_the_same(
    big: Path, by_hand: ByHand, lite: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.milvus.MAX_FLAT", 100)
    address = Address(lite.uri, "hnsw")
    stores.publish(big, address)
    snapshot = open_searched(big, address)
    shared = []
    for question in questions()[::4]:
        vector, words = MadeUp().encode_query(question).vector, terms(question)
        found = top(snapshot.candidates(vector, words, pool=POOL))
        shared.append(len({*found} & {*top(by_hand.candidates(vector, words, POOL))}) / 10)
    assert np.mean(shared) >= 0.98
