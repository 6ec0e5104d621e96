"""The comparison with other tools: its scores on results made by hand, and its simplest rival."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.rivals import __main__ as driver
from benchmarks.rivals import _score, _tools
from qa.evaluate import Gold, GoldEvidence

PAGES = {
    "lights": [
        "Keepers. The lighthouse has four keepers and one vacancy. Two keepers left in May.",
        "Oil. Stores held 900 litres of oil at the end of the winter.",
    ]
}
KEEPERS = Gold("k", "how many keepers?", "fact", (GoldEvidence("four keepers and one vacancy"),))
OIL = Gold("o", "how much oil?", "fact", (GoldEvidence("held 900 litres of oil"),))
NOBODY = Gold("n", "who won?", "unanswerable")


def passage(text: str, page: object) -> dict[str, object]:
    return {"text": text, "report": "lights", "page": page}


def test_a_passage_counts_for_the_pages_its_words_stand_on() -> None:
    places = _score.Places(PAGES)
    assert places.of("The lighthouse has four keepers and one vacancy.", "lights") == {1}
    both = "one vacancy. Two keepers left in May. Oil. Stores held 900 litres of oil"
    assert places.of(both, "lights") == {1, 2}
    assert places.of("The harbour has three boats and needs a mast.", "lights") == set()
    assert places.of("Two keepers left in May.", "harbour") == set()
    assert places.of("", "lights") == set()


def test_words_broken_at_the_end_of_a_line_are_the_same_words() -> None:
    text = "Stores held 900 lit-\nres of oil at the\nend of the win-\nter."
    assert _score.Places(PAGES).of(text, "lights") == {2}


@pytest.mark.parametrize(
    ("page", "named"),
    [(2, {2}), ("2", {2}), ([1, 2], {1, 2}), (None, set()), ("iv", set()), ("", set())],
)
def test_a_page_is_a_number_a_label_a_list_or_nothing(page: object, named: set[int]) -> None:
    assert _score.named_pages({"page": page}) == named


def test_scores_of_results_made_by_hand() -> None:
    keepers = passage("The lighthouse has four keepers and one vacancy.", 1)
    oil_named_wrong = passage("Stores held 900 litres of oil at the end of the winter.", 1)
    scores = _score.score(
        [KEEPERS, OIL, NOBODY],
        {"k": [keepers], "o": [keepers, oil_named_wrong], "n": [keepers]},
        PAGES,
    )
    # The first question is right at once, the second with its second passage, whatever it names.
    assert scores.page_hit == {1: 0.5, 5: 1.0, 10: 1.0}
    assert scores.evidence == 1.0
    # Of the three passages of the two answerable questions one names a page that it is not on.
    assert scores.named_right == pytest.approx(2 / 3)
    assert scores.named_pages == 1.0
    assert (scores.questions, scores.answerable) == (3, 2)
    assert scores.words == 8  # of 8, 8 and 11


def test_evidence_behind_the_first_words_is_not_found() -> None:
    filler = passage("word " * _score.FIRST_WORDS, None)
    oil = passage("Stores held 900 litres of oil at the end of the winter.", None)
    scores = _score.score([OIL], {"o": [filler, oil]}, PAGES)
    assert scores.evidence == 0.0
    assert scores.page_hit == {1: 0.0, 5: 1.0, 10: 1.0}
    assert (scores.named_right, scores.named_pages) == (None, None)


def test_every_rival_says_what_it_is_and_is_pinned() -> None:
    found = {tool.key: tool for tool in _tools.tools()}
    assert set(found) >= {"bm25", "langchain", "llamaindex", "haystack", "txtai", "paperqa"}
    for tool in found.values():
        assert tool.ways
        assert tool.how
        if tool.needs:
            assert _tools.TORCH in tool.constraints.read_text(encoding="utf-8").splitlines()


def test_bm25_finds_the_page_from_end_to_end(tiny_pdf: Callable[..., Path], tmp_path: Path) -> None:
    pdf = tiny_pdf(
        tmp_path / "lights.pdf", [[page] for page in (*PAGES["lights"], "A third page on boats.")]
    )
    gold = tmp_path / "gold.jsonl"
    line = {
        "id": "o",
        "question": "How many litres of oil were in store?",
        "type": "fact_number",
        "evidence": ["Stores held 900 litres of oil"],
        "evidence_all": True,
        "section": "2",
        "answer_facts": [["900"]],
    }
    gold.write_text(json.dumps(line) + "\n", encoding="utf-8")
    bm25 = next(tool for tool in _tools.tools() if tool.key == "bm25")
    row, one = driver.Row(bm25, "words"), driver.Set(pdf, gold)

    scored = driver.quality(row, one)
    assert scored["page_hit"] == {1: 1.0, 5: 1.0, 10: 1.0}
    assert (scored["evidence"], scored["named_right"]) == (1.0, 1.0)

    timed = driver.times(row, one, repeat=1)
    assert timed["pdf_s"][0] > timed["start_s"][0] - 1 > -1
    assert len(timed["warm_s"]) == 1
    shown = list(driver.table([row], {row.key: _as_read(scored)}, {row.key: timed}))
    assert shown[2].startswith("| BM25 over pages | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1.0 |")


def _as_read(scored: dict[str, object]) -> dict[str, object]:
    """Return scores as they come back from their file."""
    again: dict[str, object] = json.loads(json.dumps(scored))
    return again


def test_a_rival_that_is_not_installed_is_said_to_be(tmp_path: Path) -> None:
    tool = _tools.Tool("absent", tmp_path / "absent.py", "Absent", ("absent",), (), ("dense",), "")
    row, one = driver.Row(tool, "dense"), driver.Set(tmp_path, tmp_path / "gold.jsonl")
    with pytest.raises(driver.CouldNotRun, match="not installed"):
        driver.child(row, one, [OIL], "build", tmp_path / "index")
    shown = list(driver.table([row], {row.key: {"error": "not installed"}}, None))
    assert "| Absent | not installed |" in shown[2]
