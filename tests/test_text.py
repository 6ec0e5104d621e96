"""Folding, sentences and the short forms that a report explains."""

from __future__ import annotations

import pytest

from indexer.text import acronyms, fold, is_grade, sentences


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The ‘Good’ plan—now", "thegoodplannow"),
        ("assess-\nment", "assessment"),
        ("oﬃce", "office"),
        ("20,184", "20184"),
        ("STRASSE Straße", "strassestrasse"),
        ("…", ""),
    ],
)
def test_a_fold_keeps_letters_and_digits_only(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It is good. It is new.", ["It is good.", "It is new."]),
        ("It is e.g. Good. Next.", ["It is e.g. Good.", "Next."]),
        ("Led by J. Smith. He left.", ["Led by J. Smith.", "He left."]),
        ("Of 3.5 per cent. Then", ["Of 3.5 per cent.", "Then"]),
        ("‘Why?’ She asked.", ["‘Why?’", "She asked."]),
        ("It rose to £4.2m. £3m was saved.", ["It rose to £4.2m.", "£3m was saved."]),
        ("1. Recruit staff. Train them.", ["1. Recruit staff.", "Train them."]),
        ("no stop at all", ["no stop at all"]),
        ("  spaced.  Out.  ", ["spaced.", "Out."]),
        ("it ended. and went on", ["it ended. and went on"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, parts: list[str]) -> None:
    spans = sentences(text)
    assert [text[start:end] for start, end in spans] == parts
    assert "".join(text[a:b] for a, b in spans).split() == "".join(parts).split()


@pytest.mark.parametrize(
    "text", ["A. B. C.", "No. 5!? (Yes.) “Good.” Then…", "x" * 50 + ". Y", "\n\nA.\n\nB.\n"]
)
def test_sentences_joined_lose_nothing(text: str) -> None:
    kept = "".join(text[start:end] for start, end in sentences(text))
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("short", "long", "kept"),
    [
        ("CRS", "commissioned rehabilitative services", "CRS"),
        ("PDU", "probation delivery unit", "PDU"),
        ("MHTRs", "mental health treatment requirements", "MHTR"),
        ("HMPPS", "His Majesty’s Prison and Probation Service", "HMPPS"),
    ],
)
def test_a_short_form_is_read_with_its_long_one(short: str, long: str, kept: str) -> None:
    assert acronyms([f"It has a {long} ({short}) of its own"]) == ((kept, long),)


@pytest.mark.parametrize("text", ["the town (in the north)", "(ABC)", "a thing (XYZ)", "now (I)"])
def test_what_is_in_brackets_is_not_always_a_short_form(text: str) -> None:
    assert acronyms([text]) == ()


def test_the_first_explanation_of_a_short_form_counts() -> None:
    texts = ["youth justice service (YJS)", "youngsters just sit (YJS)"]
    assert acronyms(texts) == (("YJS", "youth justice service"),)


def test_grades_are_grades_however_they_are_set() -> None:
    assert is_grade("REQUIRES IMPROVEMENT –––")
    assert not is_grade("Good staffing")
