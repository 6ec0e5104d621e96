"""The reader: reads a question and a passage together and scores each sentence of the passage.

A small transformer, trained by ``qa/training`` and shipped as ``reader.onnx``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.embedding import model_path
from indexer.onnx_runtime import Session
from qa.errors import ReaderMissing

MODEL = Path(__file__).with_name("reader.onnx")
MAX_TOKENS = 288
"""Tokens of question and passage together: the longest passages have about 260."""

MAX_QUESTION_TOKENS = 64
MAX_UNITS = 16
"""Sentences of a passage that are scored; later ones, hardly ever met, go unscored."""

NO_SPAN = -20.0
"""How far behind none the answer span of a unit without tokens is."""

DEFAULT_THREADS = 1
"""A second thread takes a third off the wait and adds two thirds to the processor's work."""

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage as tokens.

    ``owner`` holds 1 + the number of the unit in which a token stands, 0 for none; ``spans`` are
    the tokens' character spans in the passage's text, (0, 0) elsewhere.
    """

    ids: list[int]
    types: list[int]
    owner: list[int]
    spans: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of one passage: log odds, higher is better.

    ``units`` [u] that each unit answers, ``passage`` that the passage does, ``spans`` [u] how far
    the best answer span of each unit is ahead of none.
    """

    units: Float32
    passage: float
    spans: Float32


def load_tokenizer() -> Any:
    """Return the tokenizer of the packaged MiniLM, neither padding nor cutting."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_path() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@cache
def english_words() -> frozenset[str]:
    """Return the words that the packaged MiniLM knows whole: common English, in small letters."""
    return frozenset(word for word in load_tokenizer().get_vocab() if word.isalpha())


def encode_pair(tokenizer: Any, question: str, text: str, units: Sequence[tuple[int, int]]) -> Pair:
    """Return a question and a passage's text, headings in front, as tokens.

    The question is cut at ``MAX_QUESTION_TOKENS`` and the text at ``MAX_TOKENS`` in all.
    """
    asked = tokenizer.encode(question, add_special_tokens=False)
    said = tokenizer.encode(text, add_special_tokens=False)
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    head = [first, *asked.ids[:MAX_QUESTION_TOKENS], last]
    room = MAX_TOKENS - len(head) - 1
    body, offsets = said.ids[:room], said.offsets[:room]
    owner = [_owner(start, units) for start, _ in offsets]
    return Pair(
        ids=[*head, *body, last],
        types=[0] * len(head) + [1] * (len(body) + 1),
        owner=[0] * len(head) + owner + [0],
        spans=[(0, 0)] * len(head) + [(a, b) for a, b in offsets] + [(0, 0)],
    )


def _owner(position: int, units: Sequence[tuple[int, int]]) -> int:
    for number, (start, end) in enumerate(units[:MAX_UNITS], 1):
        if start <= position < end:
            return number
    return 0


class Reader:
    """The trained reader, held to a set number of threads.

    Raises:
        ReaderMissing: the model's file is not there or is not what was shipped.
    """

    def __init__(self, path: Path = MODEL, *, threads: int = DEFAULT_THREADS) -> None:
        try:
            data = path.read_bytes()
            wanted = path.with_suffix(".sha256").read_text("ascii").split()[0]
        except (OSError, IndexError) as error:
            raise ReaderMissing(
                f"The reader {path.name} is not in {path.parent.name}/ ({error}); fetch the "
                "project again."
            ) from error
        if hashlib.sha256(data).hexdigest() != wanted:
            raise ReaderMissing(
                f"The reader {path.name} is not the one that was shipped: its sha256 is not that "
                f"of {path.with_suffix('.sha256').name}. Fetch the project again."
            )
        self.identity = wanted[:16]
        self._session = Session(data, threads=threads)
        self._tokenizer = load_tokenizer()

    def read(
        self, question: str, passages: Sequence[tuple[str, Sequence[tuple[int, int]]]]
    ) -> list[Reading]:
        """Return what the reader makes of each passage, given as text and the units in it."""
        # One by one: eight-bit activations are scaled over what is read at once, so that in a batch
        # a passage's scores would depend on its neighbours, and padding costs what batches save.
        return [
            self._run(encode_pair(self._tokenizer, question, text, units))
            for text, units in passages
        ]

    def _run(self, pair: Pair) -> Reading:
        feed = {
            "ids": np.array([pair.ids], np.int64),
            "types": np.array([pair.types], np.int64),
            "mask": np.ones((1, len(pair.ids)), np.int64),
            "owner": np.array([pair.owner], np.int64),
        }
        units, passage, span = self._session.run(["units", "passage", "span"], feed)
        count = max(pair.owner)
        owner = np.array(pair.owner)
        none = float(span[0, 0].sum())
        spans = np.full(count, NO_SPAN, np.float32)
        for number in range(1, count + 1):
            inside = span[0, owner == number]
            if len(inside):
                spans[number - 1] = float(inside.max(axis=0).sum()) - none
        return Reading(units[0, :count].astype(np.float32), float(passage[0]), spans)
