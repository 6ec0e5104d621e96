"""The packaged MiniLM without torch: its graph from this project, its weights from the package.

``minilm.onnx`` is the graph alone, exported by ``qa.training.embedder``; the weights are mapped
from the package's own ``model.safetensors``, so that nothing is exported, copied or downloaded on a
user's machine. It loads in a fraction of a second, where torch takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedding import (
    DEFAULT_MODEL,
    DEFAULT_THREADS,
    Embeddings,
    Encoded,
    Float32,
    Progress,
    QueryVectors,
    joined,
    model_identity,
    model_path,
    quiet_blas,
)
from indexer.errors import ModelMissing

GRAPH = Path(__file__).with_name("minilm.onnx")
GRAPH_SHA256 = "0e900782e8e7db68702d728b2ad94bc81f7080f7294afcfdfe13fc6c672e1e81"
WEIGHTS_DIGEST = "6fceb34132ad7269"
"""Of the weights that the graph was exported for and compared with, as in ``model_identity``."""

BATCH = 8
"""Texts embedded at once: enough to fill the processor, few enough to be about equally long."""

QUERIES_KEPT = 128
"""Questions whose vectors are kept, about 30 kB each: one is asked again with every filter."""

WORDS = "embeddings.word_embeddings.weight"
SAFETENSORS_HEADER = 100_000
"""Bytes that the header of the weights' file may have; it has about a tenth of that."""


def runs(name: str) -> bool:
    """Return whether the model of that name is the one that the graph was made for."""
    return name == DEFAULT_MODEL and model_identity(name).endswith(f"@{WEIGHTS_DIGEST}")


class OnnxEmbedder:
    """An ``Embedder`` on the packaged MiniLM, by ONNX, in float32.

    It gives what sentence-transformers does, to rounding.

    Raises:
        ModelMissing: the graph, the weights or the tokenizer cannot be loaded.
    """

    def __init__(self, name: str = DEFAULT_MODEL, *, threads: int = DEFAULT_THREADS) -> None:
        self.name = name
        self.identity = model_identity(name)
        try:
            quiet_blas()
            network = _load_network(model_path(name), threads)
        except Exception as error:  # the libraries below have errors of their own, of no one kind
            raise ModelMissing(
                f"The embedding model {name} cannot be loaded by ONNX ({error})."
            ) from error
        self.dimension = network.dimension
        self._network = network
        self._asked = lru_cache(QUERIES_KEPT)(partial(_query_vectors, network))

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Progress | None = None,
    ) -> Embeddings:
        """Return the vectors of n texts; ``on_progress`` hears (done, n) after each batch.

        Texts are embedded longest first, so that those of one batch are about equally long; the
        result depends on their order by rounding alone.
        """
        tokens = self._network.tokenize(texts)
        order = sorted(range(len(texts)), key=lambda i: (-len(tokens[i].ids), i))
        found: dict[int, Encoded] = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            encoded = self._network.encode([tokens[i] for i in batch])
            found.update(zip(batch, encoded, strict=True))
            if on_progress is not None:
                on_progress(min(at + BATCH, len(order)), len(order))
        return joined([found[i] for i in range(len(texts))], units, self.dimension)

    def encode_query(self, text: str) -> QueryVectors:
        """Return the vectors of one question, its special tokens left out; read only."""
        return self._asked(text)


@dataclass(frozen=True, slots=True)
class _Network:
    """Tokenizer and graph of a loaded model."""

    tokenizer: Any
    session: Any
    dimension: int

    def tokenize(self, texts: Sequence[str]) -> list[Any]:
        """Return the tokens of each text, cut at the longest that the model takes."""
        found: list[Any] = self.tokenizer.encode_batch(list(texts))
        return found

    def encode(self, tokens: Sequence[Any]) -> list[Encoded]:
        """Return the vectors of a few texts, given as tokens."""
        lengths = [len(one.ids) for one in tokens]
        ids = np.zeros((len(tokens), max(lengths)), np.int64)
        mask = np.zeros_like(ids)
        for row, (one, length) in enumerate(zip(tokens, lengths, strict=True)):
            ids[row, :length] = one.ids
            mask[row, :length] = 1
        vectors, inner = self.session.run(["vectors", "tokens"], {"ids": ids, "mask": mask})
        return [
            Encoded(vectors[row], inner[row, :length], one.offsets)
            for row, (one, length) in enumerate(zip(tokens, lengths, strict=True))
        ]


def _query_vectors(network: _Network, text: str) -> QueryVectors:
    (encoded,) = network.encode(network.tokenize([text]))
    query = encoded.as_query(text)
    # They are kept and given to whoever asks the same: nobody may write to them.
    query.vector.setflags(write=False)
    query.tokens.setflags(write=False)
    return query


def _load_network(folder: Path, threads: int) -> _Network:
    from indexer.onnx_runtime import Session

    graph = GRAPH.read_bytes()
    if hashlib.sha256(graph).hexdigest() != GRAPH_SHA256:
        raise ValueError(f"{GRAPH.name} is not the file that was shipped")
    memory, weights = mapped_weights(folder / "model.safetensors")
    session = Session(graph, threads=threads, weights=weights, looked_up=[WORDS])
    if hasattr(mmap, "MADV_DONTNEED"):
        # All was read once, and most of it copied: what is looked up comes back when it is needed.
        memory.madvise(mmap.MADV_DONTNEED)
    return _Network(_load_tokenizer(folder), session, weights[WORDS].shape[1])


def _load_tokenizer(folder: Path) -> Any:
    """Return the model's tokenizer, which cuts where sentence-transformers would."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    settings = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(settings["max_seq_length"]))
    return tokenizer


def mapped_weights(path: Path) -> tuple[mmap.mmap, dict[str, Float32]]:
    """Return a safetensors file mapped, and its float32 arrays by name, a pooler's left out.

    Raises:
        ValueError: the file is not of that form.
    """
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > SAFETENSORS_HEADER:
            raise ValueError(f"{path.name} begins with a header of {size:,} bytes")
        header = json.loads(stream.read(size))
        memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__" or name.startswith("pooler.") or entry["dtype"] != "F32":
            continue
        start, end = (8 + size + at for at in entry["data_offsets"])
        count = math.prod(entry["shape"])
        if not 8 + size <= start <= end <= len(memory) or end - start != 4 * count:
            raise ValueError(f"{path.name} does not hold {name} where its header says")
        arrays[name] = np.frombuffer(memory, "<f4", count, start).reshape(entry["shape"])
    return memory, arrays
