"""Search: each score and the order against an oracle in plain numpy, and what limits a search."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.bm25 import K1, B
from indexer.build import build
from indexer.embedding import Embedder, Embeddings, QueryVectors, passage_input
from indexer.errors import UnknownReport
from indexer.lexical import terms
from indexer.records import PageText, Passage, Report, TextWord
from indexer.snapshot import Snapshot, open_snapshot
from qa.question import Question, read_question
from qa.search import Found, found_for, fuse, min_max, named_reports, rows_of, search

MakePdf = Callable[..., Path]
MakeIndex = Callable[..., Snapshot]

WORDS = ["oil", "lamp", "mast", "keeper", "boat", "rope", "storm", "night", "vacancy", "harbour"]
FIFTY = 50
DIMENSION = 8


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


class RandomEmbedder:
    """Gives texts random vectors of unit length, and each three to nine random tokens."""

    name, identity, dimension = "random", "random@0", DIMENSION

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Embeddings:
        rng = np.random.default_rng(len(texts))
        counts = rng.integers(3, 10, len(texts))
        return Embeddings(
            unit(rng.normal(size=(len(texts), DIMENSION))),
            unit(rng.normal(size=(counts.sum(), DIMENSION))).astype(np.float16),
            rng.integers(-1, 2, counts.sum()).astype(np.int16),
            np.cumsum([0, *counts]).astype(np.int64),
        )

    def encode_query(self, text: str) -> QueryVectors:
        rng = np.random.default_rng(len(text))
        return QueryVectors(
            unit(rng.normal(size=DIMENSION)), unit(rng.normal(size=(5, DIMENSION))), ("",) * 5
        )


def report(name: str, texts: Sequence[str], *, title: str = "") -> Report:
    """Return a report with a passage for each text, three on a page."""
    pages = tuple(
        PageText(n // 3 + 1, "", 595, 842, " ".join(texts[n : n + 3]))
        for n in range(0, len(texts), 3)
    )
    passages = tuple(
        Passage(name, n, "text", (), text, ((0, len(text)),), (word_on(n // 3 + 1, text),))
        for n, text in enumerate(texts)
    )
    return Report(name, title, pages, passages)


def word_on(page: int, text: str) -> TextWord:
    return TextWord(0, len(text), page, (0.0, 0.0, 1.0, 1.0))


@pytest.fixture
def make_index(tmp_path: Path, tiny_pdf: MakePdf, embedder: Embedder) -> MakeIndex:
    """``make_index(report, …, embedder=…)`` publishes an index of reports made up."""

    def make(*reports: Report, embedder: Embedder = embedder) -> Snapshot:
        library, index = tmp_path / "made-up", tmp_path / "made-up-index"
        library.mkdir()
        by_id = {one.id: one for one in reports}
        for name in by_id:
            tiny_pdf(library / f"{name}.pdf", [[name]])
        build(library, index, read=lambda path: by_id[path.stem], embedder=embedder)
        return open_snapshot(index)

    return make


def random_text(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, rng.integers(2, 12)))


@pytest.fixture
def fifty(make_index: MakeIndex) -> Snapshot:
    """Fifty passages of random words with random vectors, in two reports."""
    rng = np.random.default_rng(50)
    texts = [random_text(rng) for _ in range(FIFTY)]
    return make_index(report("a", texts[:20]), report("b", texts[20:]), embedder=RandomEmbedder())


# The oracle


def bm25(snapshot: Snapshot, words: Sequence[str]) -> tuple[np.ndarray, dict[str, float]]:
    """Return Lucene's BM25 of every passage and the idf of each word, from the formula alone."""
    lists = [terms(passage_input(passage, "")[0]) for passage in snapshot.passages]
    average = sum(map(len, lists)) / len(lists)
    idf, scores = {}, np.zeros(len(lists))
    for word in words:
        having = sum(word in row for row in lists)
        idf[word] = math.log(1 + (len(lists) - having + 0.5) / (having + 0.5))
        for n, row in enumerate(lists):
            often = row.count(word)
            length = 1 - B + B * len(row) / average
            scores[n] += idf[word] * often / (often + K1 * length)
    return scores, idf


def scaled(values: np.ndarray) -> np.ndarray:
    return np.asarray((values - values.min()) / (values.max() - values.min()))


def maxsim(snapshot: Snapshot, row: int, query: QueryVectors) -> float:
    tokens = snapshot.token_vectors(row)[0].astype(np.float64)
    return sum(max(float(q @ t) for t in tokens) for q in query.tokens) / len(query.tokens)


def oracle(
    snapshot: Snapshot, query: QueryVectors, words: Sequence[str], rows: Sequence[int],
    depth: int, lexical_weight: float, page_weight: float, maxsim_weight: float,
) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the rows in order, and by row of the index the fused score, MaxSim and page score."""
    dense = snapshot.vectors.astype(np.float64) @ query.vector
    lexical = bm25(snapshot, words)[0]
    chosen = np.array(sorted(rows))
    fused = np.full(len(dense), np.nan)
    fused[chosen] = (1 - lexical_weight) * scaled(dense[chosen])
    fused[chosen] += lexical_weight * scaled(lexical[chosen])
    on_page: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        passage = snapshot.passages[row]
        on_page.setdefault((passage.report, passage.pages[0]), []).append(row)
    by_term = [bm25(snapshot, [word])[0] for word in words]
    page = np.full(len(dense), np.nan)
    for own in on_page.values():
        page[own] = sum(max(scores[row] for row in own) for scores in by_term)
    page[chosen] = scaled(page[chosen])
    first = (1 - page_weight) * fused + page_weight * page
    near = sorted(rows, key=lambda row: -first[row])[:depth]
    late = np.full(len(dense), np.nan)
    late[near] = [maxsim(snapshot, row, query) for row in near]
    final = np.full(len(dense), np.nan)
    final[near] = (1 - maxsim_weight) * fused[near] + maxsim_weight * scaled(late[near])
    return sorted(near, key=lambda row: -final[row]), fused, late, page


@pytest.mark.parametrize("words", ["oil lamps and masts", "storm", "how many keepers and boats"])
@pytest.mark.parametrize(
    ("depth", "weights"),
    [
        (FIFTY, (0.3, 0.3, 0.4)),
        (30, (0.3, 0.3, 0.4)),
        (30, (0.9, 0.0, 0.0)),
        (12, (0.2, 1.0, 0.5)),
        (7, (0.1, 0.5, 1.0)),
    ],
)
def test_scores_and_order_are_those_of_brute_force(
    fifty: Snapshot, words: str, depth: int, weights: tuple[float, float, float]
) -> None:
    asked = read_question(words)
    query = RandomEmbedder().encode_query(words)
    lexical_weight, page_weight, maxsim_weight = weights
    found = found_for(
        fifty, query, asked, depth=depth, lexical_weight=lexical_weight,
        page_weight=page_weight, maxsim_weight=maxsim_weight,
    )  # fmt: skip
    order, fused, late, page = oracle(fifty, query, asked.terms, range(FIFTY), depth, *weights)
    rows = [candidate.row for candidate in found.candidates]
    assert rows == order
    assert [c.passage for c in found.candidates] == [fifty.passages[row] for row in rows]
    near = pytest.approx
    assert [c.dense for c in found.candidates] == near(fifty.vectors[rows] @ query.vector, abs=1e-6)
    lexical, idf = bm25(fifty, asked.terms)
    assert [c.lexical for c in found.candidates] == near(lexical[rows] / lexical.max(), abs=1e-5)
    assert found.idf == near(idf, abs=1e-6)
    assert [c.fused for c in found.candidates] == near(fused[rows], abs=1e-5)
    assert [c.page for c in found.candidates] == near(page[rows], abs=1e-5)
    assert [c.page for c in found.candidates] == near(page[rows], abs=1e-5)
    assert [c.maxsim for c in found.candidates] == near(late[rows], abs=1e-6)


def test_similarity_holds_every_pair_of_tokens(fifty: Snapshot) -> None:
    query = RandomEmbedder().encode_query("oil")
    for candidate in found_for(fifty, query, read_question("oil")).candidates:
        tokens, units = fifty.token_vectors(candidate.row)
        assert candidate.tokens.dtype == np.float32
        assert np.array_equal(candidate.tokens, tokens.astype(np.float32))
        assert np.array_equal(candidate.units, units)
        assert candidate.similarity == pytest.approx(query.tokens @ tokens.T.astype(np.float32))


def test_the_pool_takes_the_best_of_either_search(fifty: Snapshot) -> None:
    asked, query = read_question("storm at night"), RandomEmbedder().encode_query("storm")
    dense = np.argsort(-(fifty.vectors @ query.vector))[:4]
    lexical = np.argsort(-bm25(fifty, asked.terms)[0])[:4]
    found = found_for(fifty, query, asked, pool=4)
    assert {c.row for c in found.candidates} == {*dense.tolist(), *lexical.tolist()}
    pooled = [c.row for c in found.candidates]
    order, *_ = oracle(fifty, query, asked.terms, pooled, 30, 0.3, 0.3, 0.4)
    assert [c.row for c in found.candidates] == order


# Fusion, by hand


@pytest.mark.parametrize(
    ("values", "scaled_values"),
    [([], []), ([3], [0]), ([2, 2, 2], [0, 0, 0]), ([1, 3, 2], [0, 1, 0.5]), ([-1, 1], [0, 1])],
)
def test_values_are_scaled_from_the_lowest_to_the_highest(
    values: list[float], scaled_values: list[float]
) -> None:
    assert min_max(np.array(values, np.float32)).tolist() == scaled_values


def test_fusion_is_a_convex_sum() -> None:
    dense, lexical = np.array([0.2, 0.6, 1.0], np.float32), np.array([9.0, 0.0, 3.0], np.float32)
    # 0.7 · (0, 0.5, 1) + 0.3 · (1, 0, 1/3)
    assert fuse(dense, lexical, 0.3) == pytest.approx([0.3, 0.35, 0.8])
    assert fuse(dense, np.zeros(3, np.float32), 0.3) == pytest.approx([0, 0.35, 0.7])


# Filters


def found_in(snapshot: Snapshot, embedder: Embedder, words: str, *reports: str) -> list[int]:
    found = search(snapshot, embedder, read_question(words), reports=reports)
    return sorted(candidate.row for candidate in found.candidates)


def test_a_filter_leaves_only_the_passages_of_its_reports(fifty: Snapshot) -> None:
    asked, query = read_question("storm"), RandomEmbedder().encode_query("storm")
    found = found_for(fifty, query, asked, reports=["a"])
    assert {c.row for c in found.candidates} == set(range(20))
    order, fused, *_ = oracle(fifty, query, asked.terms, range(20), 30, 0.3, 0.3, 0.4)
    assert [c.row for c in found.candidates] == order
    assert [c.fused for c in found.candidates] == pytest.approx(fused[order], abs=1e-5)
    both = found_for(fifty, query, asked, reports=["b", "a", "b"], depth=FIFTY)
    assert sorted(c.row for c in both.candidates) == list(range(FIFTY))


@pytest.mark.parametrize(
    ("reports", "within", "allowed"),
    [
        ([], [3, 30, 31], [3, 30, 31]),
        (["b"], [3, 30, 31], [30, 31]),
        (["a"], [30, 31], []),
        (["a"], None, list(range(20))),
    ],
)
def test_any_set_of_rows_can_be_searched_alone(
    fifty: Snapshot, reports: list[str], within: list[int] | None, allowed: list[int]
) -> None:
    rows = None if within is None else np.array(within, np.int64)
    query, asked = RandomEmbedder().encode_query("storm"), read_question("storm")
    found = found_for(fifty, query, asked, reports=reports, by_name=False, within=rows)
    assert sorted(c.row for c in found.candidates) == allowed
    assert found.allowed is not None
    assert found.allowed.tolist() == allowed


def test_all_rows_may_be_searched_where_nothing_limits_them(fifty: Snapshot) -> None:
    query, asked = RandomEmbedder().encode_query("storm"), read_question("storm")
    assert found_for(fifty, query, asked).allowed is None


def test_an_unknown_report_in_a_filter_is_an_error(fifty: Snapshot) -> None:
    with pytest.raises(UnknownReport, match=r"no report 'c' in the index. It has 'a', 'b'\."):
        rows_of(fifty, ["a", "c"])


def test_no_filter_means_all(fifty: Snapshot) -> None:
    assert rows_of(fifty, []) is None
    rows = rows_of(fifty, ["b"])
    assert rows is not None
    assert rows.tolist() == list(range(20, 50))


# Reports that the question names


@pytest.fixture
def named(make_index: MakeIndex) -> Snapshot:
    return make_index(
        report("fenmarsh-2023", ["oil ran out"], title="Inspection of lights: Fenmarsh"),
        report("fenmarsh-2025", ["oil was full"], title="Inspection of lights: Fenmarsh"),
        report("north-cape-2025", ["oil was thin"], title="Inspection of lights: North Cape"),
        report("skerries-2024", ["oil was dear"], title="Inspection of lights: Skerries"),
    )


@pytest.mark.parametrize(
    ("words", "reports"),
    [
        ("how much oil", []),
        ("was the inspection of lights published", []),  # in every title
        ("oil at Skerries", ["skerries-2024"]),
        ("oil at FENMARSH", ["fenmarsh-2023", "fenmarsh-2025"]),
        ("Fenmarsh in 2025", ["fenmarsh-2025"]),
        ("Fenmarsh and Skerries", ["fenmarsh-2023", "fenmarsh-2025", "skerries-2024"]),
        ("Skerries in 2025", ["skerries-2024"]),  # no such report: the place decides
        ("oil in 2025", ["fenmarsh-2025", "north-cape-2025"]),
        ("oil in 2019", []),
        ("What changed at Fenmarsh since 2023?", ["fenmarsh-2023", "fenmarsh-2025"]),
        ("Compare Skerries with Fenmarsh in 2025", ["fenmarsh-2025", "skerries-2024"]),
        ("capes", ["north-cape-2025"]),
    ],
)
def test_a_place_or_a_year_in_the_question_chooses_the_reports(
    named: Snapshot, embedder: Embedder, words: str, reports: list[str]
) -> None:
    assert named_reports(named, read_question(words)) == tuple(reports)
    rows = found_in(named, embedder, words)
    everything = [one.id for one in named.reports]
    assert [everything[row] for row in rows] == (reports or everything)


def test_a_filter_goes_before_a_name(named: Snapshot, embedder: Embedder) -> None:
    assert found_in(named, embedder, "oil at Skerries", "north-cape-2025") == [2]


def test_one_report_alone_needs_no_name(make_index: MakeIndex) -> None:
    alone = make_index(report("skerries", ["oil"], title="Skerries"))
    assert named_reports(alone, read_question("oil at Skerries")) == ()


# Little to find


def test_an_empty_index_finds_nothing(make_index: MakeIndex, embedder: Embedder) -> None:
    found: Found = search(make_index(), embedder, read_question("any oil?"))
    assert found.candidates == ()
    assert len(found.query.words) == 2
    assert found.idf.keys() == {"oil"}


def test_a_question_of_stop_words_is_compared_by_its_vector(fifty: Snapshot) -> None:
    asked: Question = read_question("why is it so?")
    found = found_for(fifty, RandomEmbedder().encode_query("why"), asked)
    assert found.idf == {}
    assert len(found.candidates) == 30
    assert {c.lexical for c in found.candidates} == {0.0}
    assert found.candidates[0].fused <= 0.7 + 1e-6


def test_an_unknown_word_has_the_highest_idf(fifty: Snapshot) -> None:
    asked = read_question("storm xylophone")
    found = found_for(fifty, RandomEmbedder().encode_query("x"), asked)
    assert found.idf["xylophon"] == pytest.approx(math.log(1 + 50.5 / 0.5))
    assert found.idf["storm"] < found.idf["xylophon"]
