"""The reader: pairs as tokens, only the shipped file loaded, and what it makes of a passage."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.errors import ReaderMissing
from qa.reader import MAX_QUESTION_TOKENS, MAX_TOKENS, MAX_UNITS, MODEL, Reader, encode_pair
from qa.reader import load_tokenizer as tokenizer_of

TEXT = "Oil: The tower burns oil. It holds 900 litres."
UNITS = ((5, 25), (26, 46))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1)


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return tokenizer_of()


def test_each_token_of_a_passage_belongs_to_its_sentence(tokenizer: object) -> None:
    pair = encode_pair(tokenizer, "How much?", TEXT, UNITS)
    # [CLS] how much ? [SEP] oil : the tower burns oil . it holds 900 litres . [SEP]
    assert pair.owner == [0] * 7 + [1] * 5 + [2] * 5 + [0]
    assert pair.types == [0] * 5 + [1] * 13
    assert len(pair.ids) == len(pair.types) == len(pair.spans) == 18
    assert [TEXT[a:b] for a, b in pair.spans[7:12]] == ["The", "tower", "burns", "oil", "."]
    assert pair.spans[0] == pair.spans[4] == pair.spans[-1] == (0, 0)


def test_a_long_question_and_a_long_passage_are_cut_and_not_refused(tokenizer: object) -> None:
    text = "oil " * 600
    pair = encode_pair(tokenizer, "why " * 100, text, ((0, len(text)),))
    assert len(pair.ids) == MAX_TOKENS
    assert pair.types.count(0) == MAX_QUESTION_TOKENS + 2
    assert pair.owner[-1] == 0


def test_units_beyond_the_last_that_is_scored_have_no_tokens(tokenizer: object) -> None:
    units = tuple((2 * n, 2 * n + 1) for n in range(MAX_UNITS + 3))
    pair = encode_pair(tokenizer, "a?", "a " * (MAX_UNITS + 3), units)
    assert max(pair.owner) == MAX_UNITS


def test_a_reading_has_one_score_for_each_unit(reader: Reader) -> None:
    (reading,) = reader.read("How many litres of oil does it hold?", [(TEXT, UNITS)])
    assert reading.units.shape == reading.spans.shape == (2,)
    assert reader.read("anything?", []) == []


def test_the_sentence_that_answers_is_scored_above_the_one_that_does_not(reader: Reader) -> None:
    asked = "How many litres of oil does it hold?"
    (reading, other) = reader.read(asked, [(TEXT, UNITS), ("Boats: Boats are blue.", ((7, 22),))])
    assert int(np.argmax(reading.units)) == 1
    assert reading.units[1] > other.units[0]
    assert reading.passage > other.passage


def test_what_is_read_beside_it_changes_no_score(reader: Reader) -> None:
    others = [(f"Part {n}: {'Boats are blue. ' * n}".strip(), ((8, 23),)) for n in range(1, 12)]
    (alone,) = reader.read("How much oil?", [(TEXT, UNITS)])
    among = reader.read("How much oil?", [*others, (TEXT, UNITS)])[-1]
    assert alone.units.tolist() == among.units.tolist()


def test_the_reader_says_which_one_it_is(reader: Reader) -> None:
    assert reader.identity == MODEL.with_suffix(".sha256").read_text("ascii")[:16]


def test_a_file_that_is_not_the_shipped_one_is_not_loaded(tmp_path: Path) -> None:
    for suffix in (".onnx", ".sha256"):
        shutil.copy(MODEL.with_suffix(suffix), tmp_path / f"reader{suffix}")
    path = tmp_path / "reader.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ReaderMissing, match=r"reader\.onnx is not the one that was shipped"):
        Reader(path)


def test_a_reader_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReaderMissing, match=r"reader\.onnx is not in .*fetch the project again"):
        Reader(tmp_path / "reader.onnx")
