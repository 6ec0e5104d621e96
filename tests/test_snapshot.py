"""The index as it is read: rows, scores against an oracle, and what is done about damage."""

from __future__ import annotations

import dataclasses
import math
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from indexer import checked, dense, store
from indexer.bm25 import K1, B
from indexer.embedding import Embedder, Embeddings
from indexer.errors import IndexDamaged, IndexMissing, ModelMismatch, NoPages, UnknownReport
from indexer.records import Finding, PageText, Passage, Report, TextWord
from indexer.snapshot import (
    Snapshot,
    open_snapshot,
    read_shard,
    verify,
    write_shard,
    write_snapshot,
)

RECIPE = store.Recipe(store.SCHEMA_VERSION, "reader", "settings", "model@1")
RNG_SEED = 7

ROW = Passage(
    report="alpha",
    ordinal=1,
    kind="row",
    section=("Ratings", "P 1.2. Staffing"),
    text="P 1.2 Staffing Inadequate",
    units=((0, 14), (15, 25)),
    words=(
        TextWord(0, 1, 2, (72.1, 700.123456789, 80.0, 712.3)),
        TextWord(2, 5, 2, (82.0, 700.1, 95.5, 712.3), mark="7"),
        TextWord(6, 14, 3, (0.1 + 0.2, 1e-9, -4.0, 1e9)),
    ),
    context="Ratings of standards",
    cells=((0, 5), (6, 14), (15, 25)),
    header=("Standard", "", "Rating “2024”"),
)
PLAIN = Passage(
    report="alpha",
    ordinal=0,
    kind="text",
    section=(),
    text="Ünïcode – “quotes” and 🗼 beam.",
    units=((0, 29),),
    words=(TextWord(0, 7, 1, (1.0, 2.0, 3.0, 4.0)),),
)
NOTE = Passage("beta", 0, "footnote", ("Notes",), "A note.", (), ())
PAGES = (
    PageText(1, "i", 595.32, 841.92, "Page one\r\nof alpha."),
    PageText(2, "ii", 595.32, 841.92, ""),
    PageText(3, "1", 841.92, 595.32, "Ünïcode"),
)


def report(name: str, passages: Sequence[Passage], pages: Sequence[PageText] = PAGES) -> Report:
    return Report(
        id=name,
        title=f"Report {name}",
        pages=tuple(pages),
        passages=tuple(passages),
        acronyms=(("CRS", "commissioned rehabilitative services"),) if name == "alpha" else (),
        created="2024-07-09",
    )


def texts(*words: str) -> list[Passage]:
    return [
        Passage("x", n, "text", (), text, ((0, len(text)),), ()) for n, text in enumerate(words)
    ]


def unit_vectors(count: int, dimension: int) -> np.ndarray:
    vectors = np.random.default_rng(RNG_SEED).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def some_embeddings(count: int, dimension: int = 4) -> Embeddings:
    """Return random unit vectors, and i + 1 tokens for the i-th passage."""
    total = count * (count + 1) // 2
    return Embeddings(
        unit_vectors(count, dimension),
        unit_vectors(total, dimension).astype(np.float16),
        np.arange(total, dtype=np.int16) - 1,
        np.cumsum([0, *range(1, count + 1)]).astype(np.int64),
    )


def make_index(index: Path, *reports: tuple[Report, Embeddings]) -> Snapshot:
    """Publish a snapshot of reports with the vectors given."""
    shards = []
    for number, (content, embeddings) in enumerate(reports):
        key = f"{number:064x}"
        building = store.building_path(index, key)
        write_shard(building, content, embeddings)
        folder = store.shard_path(index, key)
        store.put_in_place(building, folder)
        info = read_shard(folder, report=content.id, file=f"{content.id}.pdf", sha256="ab")
        shards.append((info, folder))
    building = store.building_path(index, "snapshot")
    manifest = write_snapshot(building, shards, recipe=RECIPE, model_name="model")
    store.publish(index, building, manifest)
    return open_snapshot(index)


def snapshot_of(index: Path, *words: str) -> Snapshot:
    return make_index(index, (report("x", texts(*words)), some_embeddings(len(words))))


# What goes in comes out


@pytest.fixture
def two(index: Path) -> Snapshot:
    return make_index(
        index,
        (report("alpha", [PLAIN, ROW]), some_embeddings(2)),
        (report("beta", [NOTE], PAGES[:1]), some_embeddings(1)),
    )


def test_passages_come_back_field_by_field(two: Snapshot) -> None:
    assert list(two.passages) == [PLAIN, ROW, NOTE]
    assert two.passages[-1] == NOTE
    assert two.passages[0:2] == [PLAIN, ROW]
    assert type(two.passages[1].words[0].rect[0]) is float
    assert len(two.passages) == 3
    for row in (3, -4):
        with pytest.raises(IndexError, match="There is no passage"):
            two.passages[row]


def test_pages_come_back_field_by_field(two: Snapshot) -> None:
    assert two.pages("alpha") == PAGES
    assert two.pages("beta") == PAGES[:1]
    assert two.page_text("alpha", 3) == PAGES[2]
    assert two.page_text("beta", 1) == PAGES[0]


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_page_that_is_not_there(two: Snapshot, number: int) -> None:
    with pytest.raises(NoPages, match=rf"beta has no page {number}: its pages run from 1 to 1"):
        two.page_text("beta", number)


def test_reports_rows_and_short_forms(two: Snapshot) -> None:
    assert [(r.id, r.title, r.pages, r.passages, r.created) for r in two.reports] == [
        ("alpha", "Report alpha", 3, 2, "2024-07-09"),
        ("beta", "Report beta", 1, 1, "2024-07-09"),
    ]
    assert (two.rows_of("alpha"), two.rows_of("beta")) == (range(0, 2), range(2, 3))
    assert two.acronyms("alpha") == (("CRS", "commissioned rehabilitative services"),)
    assert two.acronyms("beta") == ()
    assert (two.model, two.model_name, two.warnings) == ("model@1", "model", ())


def test_an_unknown_report_is_answered_with_those_there_are(two: Snapshot) -> None:
    for ask in (two.rows_of, two.acronyms, two.pages, lambda r: two.page_text(r, 1)):
        with pytest.raises(
            UnknownReport, match=r"no report 'gamma' in the index. It has 'alpha', 'b"
        ):
            ask("gamma")


def test_vectors_and_tokens_come_back_by_row(two: Snapshot) -> None:
    alpha, beta = some_embeddings(2), some_embeddings(1)
    np.testing.assert_array_equal(two.vectors, np.concatenate([alpha.vectors, beta.vectors]))
    assert two.vectors.dtype == np.float32
    tokens, units = two.token_vectors(1)
    np.testing.assert_array_equal(tokens, alpha.tokens[1:3])
    np.testing.assert_array_equal(units, [0, 1])
    assert (tokens.dtype, units.dtype) == (np.float16, np.int16)
    np.testing.assert_array_equal(two.token_vectors(2)[0], beta.tokens)


def test_nothing_of_a_snapshot_can_be_changed(two: Snapshot) -> None:
    with pytest.raises(ValueError, match="read-only"):
        two.vectors[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        two.token_vectors(0)[0][:] = 0


def test_text_that_no_file_can_hold_is_kept_at_its_length(index: Path) -> None:
    broken = Passage("x", 0, "text", ("a\ud800b",), "c\udfffd", ((0, 3),), ())
    snapshot = make_index(index, (report("x", [broken]), some_embeddings(1)))
    assert snapshot.passages[0].text == "c?d"
    assert snapshot.passages[0].section == ("a?b",)


def test_an_empty_index_answers_with_nothing(index: Path) -> None:
    snapshot = make_index(index)
    rows, scores = snapshot.dense_scores(np.ones(4, np.float32), k=5)
    assert (len(rows), len(scores), len(snapshot.passages)) == (0, 0, 0)
    assert snapshot.lexical_scores(["word"]).shape == (0,)
    assert verify(index) == []


NOTHING = Embeddings(
    np.zeros((0, 4), np.float32),
    np.zeros((0, 4), np.float16),
    np.zeros(0, np.int16),
    np.zeros(1, np.int64),
)


def test_a_report_without_passages_and_passages_without_terms(index: Path) -> None:
    snapshot = make_index(
        index,
        (report("empty", []), NOTHING),
        (report("x", texts("The and of.", "—")), some_embeddings(2)),
    )
    assert [r.passages for r in snapshot.reports] == [0, 2]
    assert snapshot.passages[0].report == "x"
    assert snapshot.lexical_scores(["keeper"]).tolist() == [0.0, 0.0]
    assert len(snapshot.dense_scores(np.asarray(snapshot.vectors[0]), k=9)[0]) == 2
    assert verify(index) == []


def test_an_index_of_reports_without_passages(index: Path) -> None:
    snapshot = make_index(index, (report("empty", []), NOTHING))
    assert (len(snapshot.passages), snapshot.rows_of("empty")) == (0, range(0, 0))
    assert snapshot.pages("empty") == PAGES
    assert snapshot.dense_scores(np.ones(4, np.float32), k=3)[0].tolist() == []
    assert verify(index) == []


# Ranking, against an oracle


def brute_force(
    vectors: np.ndarray, query: np.ndarray, k: int, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(vectors)) if rows is None else np.unique(rows)
    scores = vectors[rows].astype(np.float64) @ query.astype(np.float64)
    order = np.argsort(-scores, kind="stable")[:k]
    return rows[order], scores[order]


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    index = tmp_path_factory.mktemp("fifty")
    words = texts(*(f"passage number {n}" for n in range(50)))
    return make_index(index, (report("x", words), some_embeddings(50, 16)))


@pytest.mark.parametrize("k", [1, 3, 50, 80])
@pytest.mark.parametrize(
    "rows", [None, [4], [49, 0, 7], list(range(10, 30)), [5, 5, 9], list(range(50))]
)
def test_dense_scores_are_those_of_brute_force(
    fifty: Snapshot, k: int, rows: list[int] | None
) -> None:
    limit = None if rows is None else np.array(rows, np.int64)
    for query in unit_vectors(5, 16)[:, ::-1]:
        found, scores = fifty.dense_scores(query, k=k, rows=limit)
        wanted, exact = brute_force(np.asarray(fifty.vectors), query, k, limit)
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_allclose(scores, exact, atol=1e-6)
        assert (found.dtype, scores.dtype) == (np.int64, np.float32)


def test_many_vectors_are_found_by_a_graph_and_those_of_some_rows_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.dense.write", partial(dense.write, flat_rows=49))
    words = texts(*(f"passage number {n}" for n in range(50)))
    many = make_index(tmp_path, (report("x", words), some_embeddings(50, 16)))
    assert {dense.GRAPH, dense.MEASURED} <= {path.name for path in tmp_path.rglob("graph.*")}
    assert verify(tmp_path) == []
    vectors, some = np.asarray(many.vectors), np.arange(10, 30)
    for query in unit_vectors(5, 16)[:, ::-1]:
        for limit in (None, some):
            found, scores = many.dense_scores(query, k=5, rows=limit)
            wanted, exact = brute_force(vectors, query, 5, limit)
            np.testing.assert_array_equal(found, wanted)
            np.testing.assert_allclose(scores, exact, atol=1e-6)
    damage(next(tmp_path.rglob(dense.GRAPH)))
    assert "graph.faiss" in verify(tmp_path)[0]


def test_a_vector_finds_itself_first_with_cosine_one(fifty: Snapshot) -> None:
    for row in range(50):
        found, scores = fifty.dense_scores(np.asarray(fifty.vectors[row]), k=1)
        assert found.tolist() == [row]
        assert scores[0] == pytest.approx(1, abs=1e-6)


def test_rows_of_equal_score_stand_in_order(index: Path) -> None:
    same = np.tile(np.array([[0.6, 0.8]], np.float32), (4, 1))
    vectors = Embeddings(same, same.astype(np.float16), np.zeros(4, np.int16), np.arange(5))
    snapshot = make_index(index, (report("x", texts("a", "b", "c", "d")), vectors))
    assert snapshot.dense_scores(same[0], k=4)[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("k", "rows"), [(0, None), (-1, None), (3, [])])
def test_a_search_for_nothing_finds_nothing(
    fifty: Snapshot, k: int, rows: list[int] | None
) -> None:
    limit = None if rows is None else np.array(rows, np.int64)
    found, scores = fifty.dense_scores(np.asarray(fifty.vectors[0]), k=k, rows=limit)
    assert (found.tolist(), scores.tolist()) == ([], [])


def test_a_vector_of_another_model_is_turned_away(fifty: Snapshot) -> None:
    with pytest.raises(ModelMismatch, match=r"shape \(8,\) and the index has 16 .* model@1"):
        fifty.dense_scores(np.ones(8, np.float32), k=1)


DOCS = ("Keepers kept oil", "Oil, oil and warm oil in the boat", "A boat")
TERMS = (["keeper", "kept", "oil"], ["oil", "oil", "warm", "oil", "boat"], ["boat"])


def lucene_bm25(term: str, doc: int) -> float:
    """Return BM25 as Kamphuis and others (2020) write Lucene's form of it out."""
    having = sum(term in terms for terms in TERMS)
    if not having:
        return 0.0
    idf = math.log(1 + (len(TERMS) - having + 0.5) / (having + 0.5))
    count, length = TERMS[doc].count(term), len(TERMS[doc])
    mean = sum(map(len, TERMS)) / len(TERMS)
    return idf * count / (count + K1 * (1 - B + B * length / mean))


def test_the_oracle_itself_on_figures_worked_out_by_hand() -> None:
    # "boat" is in 2 of 3: idf = ln(1 + 1.5/2.5) = 0.470004; it is 1 of 1 words, the mean is 3:
    # 1 / (1 + 1.5 · (0.25 + 0.75/3)) = 1/1.75
    assert lucene_bm25("boat", 2) == pytest.approx(0.470004 / 1.75, abs=1e-6)
    # "oil" is in 2 of 3 and 3 of 5 words: 3 / (3 + 1.5 · (0.25 + 0.75 · 5/3)) = 3/5.25
    assert lucene_bm25("oil", 1) == pytest.approx(0.470004 * 3 / 5.25, abs=1e-6)


@pytest.mark.parametrize(
    "query",
    [
        ["boat"],
        ["oil"],
        ["keeper", "boat"],
        ["oil", "oil"],
        ["absent"],
        ["absent", "kept"],
        [],
        [""],
    ],
)
def test_lexical_scores_are_lucenes_bm25(index: Path, query: list[str]) -> None:
    scores = snapshot_of(index, *DOCS).lexical_scores(query)
    wanted = [sum(lucene_bm25(term, doc) for term in query) for doc in range(3)]
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(wanted, abs=1e-6)


# Opening, falling back, verifying


def damage(path: Path) -> None:
    """Change one bit in the middle of a file."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with two snapshots, the first of one passage and the second of three."""
    index = tmp_path_factory.mktemp("pair")
    snapshot_of(index, "One passage about oil.")
    snapshot_of(index, *DOCS)
    return index


@pytest.fixture
def copied(pair: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pair, tmp_path / "copied"))


def names(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "snapshots").iterdir())


SNAPSHOT_FILES = [
    "bm25/data.csc.index.npy",
    "bm25/indices.csc.index.npy",
    "bm25/indptr.csc.index.npy",
    "bm25/params.index.json",
    "bm25/vocab.index.json",
    "findings.arrow",
    "manifest.json",
    "pages.arrow",
    "passages.arrow",
    "token_offsets.npy",
    "token_units.npy",
    "vectors.npy",
]
SHARD_FILES = [
    "findings.arrow",
    "meta.json",
    "pages.arrow",
    "passages.arrow",
    "terms.json",
    "token_offsets.npy",
    "token_units.npy",
    "tokens.npy",
    "vectors.npy",
]


def test_the_lists_of_files_are_complete(pair: Path) -> None:
    for name in names(pair):
        folder = pair / "snapshots" / name
        found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        assert found == SNAPSHOT_FILES
    (shard,) = (pair / "shards").iterdir()
    assert sorted(p.name for p in shard.iterdir()) == SHARD_FILES
    assert verify(pair) == []


@pytest.mark.parametrize("file", SNAPSHOT_FILES)
def test_one_wrong_bit_is_found_and_the_snapshot_before_stands_in(copied: Path, file: str) -> None:
    old, new = names(copied)
    damage(copied / "snapshots" / new / file)
    (wrong,) = verify(copied)
    assert f"The file {file} of snapshot {new} is damaged" in wrong
    snapshot = open_snapshot(copied)
    assert (snapshot.name, len(snapshot.passages)) == (old, 1)
    assert file in snapshot.warnings[0]
    assert snapshot.warnings[1] == f"Until then the snapshot {old} is in service."


@pytest.mark.parametrize("file", SNAPSHOT_FILES)
def test_a_file_cut_short_or_missing_is_found_at_once(copied: Path, file: str) -> None:
    old, new = names(copied)
    path = copied / "snapshots" / new / file
    path.write_bytes(path.read_bytes()[:-1])
    assert open_snapshot(copied).name == old
    path.unlink()
    assert open_snapshot(copied).name == old
    (wrong,) = verify(copied)
    assert f"The file {file} of snapshot {new} cannot be read (No such file" in wrong


@pytest.mark.parametrize("file", SHARD_FILES)
def test_one_wrong_bit_in_a_shard_is_found(copied: Path, file: str) -> None:
    (shard,) = (copied / "shards").iterdir()
    damage(shard / file)
    (wrong,) = verify(copied)
    assert f"The file {file} of shard {shard.name}" in wrong
    with pytest.raises(IndexDamaged, match=file):
        read_shard(shard, report="x", file="x.pdf", sha256="ab")
    assert open_snapshot(copied).warnings == ()


def test_damage_to_the_snapshot_before_is_found_and_hurts_nobody(copied: Path) -> None:
    old, new = names(copied)
    damage(copied / "snapshots" / old / "vectors.npy")
    (wrong,) = verify(copied)
    assert f"The file vectors.npy of snapshot {old} is damaged" in wrong
    assert (open_snapshot(copied).name, open_snapshot(copied).warnings) == (new, ())


def test_without_a_sound_snapshot_the_file_is_named(copied: Path) -> None:
    for name in names(copied):
        damage(copied / "snapshots" / name / "passages.arrow")
    with pytest.raises(IndexDamaged, match=r"passages.arrow of snapshot 000002.*indexer build"):
        open_snapshot(copied)
    assert len(verify(copied)) == 2


@pytest.mark.parametrize("content", [b"", b"../../etc", b"000002-0000000000000000\n", b"\xff\xfe"])
def test_a_wrong_current_is_said_and_the_newest_snapshot_served(
    copied: Path, content: bytes
) -> None:
    (copied / "CURRENT").write_bytes(content)
    snapshot = open_snapshot(copied)
    assert snapshot.name == names(copied)[1]
    assert "The file CURRENT of the index is damaged" in snapshot.warnings[0]
    assert len(verify(copied)) == 1


def test_a_missing_current_is_said_and_the_newest_snapshot_served(copied: Path) -> None:
    (copied / "CURRENT").unlink()
    snapshot = open_snapshot(copied)
    assert snapshot.name == names(copied)[1]
    assert "CURRENT of the index is missing" in snapshot.warnings[0]
    assert "CURRENT of the index is missing" in verify(copied)[0]


def test_a_current_that_names_nothing_there_is_damage(copied: Path) -> None:
    shutil.rmtree(copied / "snapshots")
    with pytest.raises(IndexDamaged, match=r"CURRENT names the snapshot '000002-.* is missing"):
        open_snapshot(copied)
    assert "which is missing" in verify(copied)[0]


def test_a_snapshot_that_was_not_published_is_not_served(copied: Path) -> None:
    old, _ = names(copied)
    (copied / "CURRENT").write_text(f"{old}\n")
    snapshot = open_snapshot(copied)
    assert (snapshot.name, snapshot.warnings) == (old, ())


def test_no_index_is_said_with_the_way_out(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        for ask in (open_snapshot, verify):
            with pytest.raises(IndexMissing, match=r"no index in .*`python -m indexer build`"):
                ask(folder)


def test_findings_and_notes_come_back_as_they_were_written(index: Path) -> None:
    words = (
        TextWord(0, 4, 1, (72.0, 700.5, 95.25, 712.0)),
        TextWord(5, 9, 2, (72.0, 60.0, 99.0, 71.5), "7"),
    )
    rated = Finding(
        "rating", "Oil  Good", words, ("Ratings",), "P 1.2", "Oil", "Good", None, None, 0, (0, 9)
    )
    counted = Finding("count", "9 of 14", words[:1], (), number=9.0, total=14.0)
    base = report("beta", texts("oil", "boats"))
    beta = dataclasses.replace(base, findings=(rated, counted), notes=("Page 3 was not read.",))
    alpha = report("alpha", texts("masts"))
    snapshot = make_index(index, (alpha, some_embeddings(1)), (beta, some_embeddings(2)))
    assert snapshot.findings("alpha") == ()
    assert snapshot.findings("beta") == (rated, counted)
    assert rated.page == 1
    assert [info.notes for info in snapshot.reports] == [(), ("Page 3 was not read.",)]
    with pytest.raises(UnknownReport):
        snapshot.findings("gamma")


def test_an_index_of_another_form_asks_for_a_build(copied: Path) -> None:
    form = store.SCHEMA_VERSION
    for name in names(copied):
        path = copied / "snapshots" / name / "manifest.json"
        raw = path.read_bytes().replace(f'"schema": "{form}"'.encode(), b'"schema": "0"')
        path.write_bytes(raw)
        digest = checked.file_sha256(path)[:16]
        (copied / "snapshots" / name).rename(copied / "snapshots" / f"{name[:6]}-{digest}")
    (copied / "CURRENT").write_text(f"{names(copied)[1]}\n")
    with pytest.raises(IndexDamaged, match=f"has the form '0' and this version reads '{form}'"):
        open_snapshot(copied)


def test_a_snapshot_that_somebody_removes_stays_readable_but_for_token_vectors(
    copied: Path,
) -> None:
    snapshot = open_snapshot(copied)
    vectors = np.array(snapshot.vectors)
    shutil.rmtree(copied)
    assert [passage.text for passage in snapshot.passages] == list(DOCS)
    assert snapshot.page_text("x", 1) == PAGES[0]
    np.testing.assert_array_equal(snapshot.vectors, vectors)
    assert snapshot.dense_scores(vectors[1], k=1)[0].tolist() == [1]
    assert snapshot.lexical_scores(["boat"])[2] > 0
    with pytest.raises(IndexDamaged, match=r"The file tokens/\w+.npy of the index has changed"):
        snapshot.token_vectors(2)


def rewritten(index: Path, change: Callable[[Path], None]) -> None:
    """Change the files of the snapshot in service, and make its checksums right again."""
    name = names(index)[-1]
    folder = index / "snapshots" / name
    manifest = store.read_manifest(index, name)
    (folder / "manifest.json").unlink()
    change(folder)
    files = checked.records_of(folder)
    fields = {f: getattr(manifest, f) for f in manifest.__slots__ if f != "files"}
    raw = store.Manifest(**fields, files=files).to_bytes()
    (folder / "manifest.json").write_bytes(raw)
    digest = checked.file_sha256(folder / "manifest.json")[:16]
    folder.rename(folder.parent / f"{name[:6]}-{digest}")
    (index / "CURRENT").write_text(f"{name[:6]}-{digest}\n")


@pytest.mark.parametrize(
    ("file", "array", "wrong"),
    [
        (
            "vectors.npy",
            np.eye(3, 4, dtype=np.float32) * 2,
            "vector of row 0 has the length 2.0000",
        ),
        (
            "vectors.npy",
            np.eye(2, 4, dtype=np.float32),
            "vectors.npy has 160 bytes; 3 rows of 4 numbers have 176",
        ),
        ("token_offsets.npy", np.array([0, 3, 1, 6]), "token offsets do not ascend from 0"),
        ("token_offsets.npy", np.array([0, 1, 3, 5]), "6 token vectors and should have 5"),
        ("token_offsets.npy", np.array([0, 1, 3]), "3 token offsets and should have 4"),
        ("token_units.npy", np.zeros(7, np.int16), "7 token units and should have 6"),
    ],
)
def test_parts_that_do_not_agree_are_found_though_every_checksum_is_right(
    copied: Path, file: str, array: np.ndarray, wrong: str
) -> None:
    rewritten(copied, lambda folder: np.save(folder / file, array))
    assert any(wrong in sentence for sentence in verify(copied)), verify(copied)


def test_an_embedder_of_the_project_is_one(embedder: Embedder) -> None:
    """The stand-in of these tests keeps to what the index asks of an embedder."""
    found = embedder.encode_passages(["oil lamp", ""], [[(0, 3)], []])
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
    assert found.token_units.tolist() == [0, -1]
    assert found.token_offsets.tolist() == [0, 2, 2]
    assert embedder.encode_query("oil").tokens.shape == (1, 8)
