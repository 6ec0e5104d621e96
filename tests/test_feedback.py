"""Verdicts become gold questions that evaluate loads; whoever else judges, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indexer.records import Passage, TextWord
from qa.errors import BadEvidence, BadGoldFile, NotKept
from qa.evaluate import GoldEvidence, load_gold
from qa.feedback import (
    MAX_QUESTIONS,
    OwnSet,
    Said,
    Verdict,
    correction,
    key_of,
    passage_evidence,
    quoted_evidence,
    record_of,
    typed_evidence,
)
from qa.records import Answer, Citation, Hit, Sentence

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "lights": ["The lighthouse has four keepers\nand one vac-\nancy.", "Stores held 900 litres."],
    "harbour": ["The harbour has three boats.", "The lighthouse has four keepers and one vacancy."],
}
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def verdict(
    question: str = "How many keepers?",
    reports: tuple[str, ...] = (),
    said: Said = "right",
    *texts: str,
) -> Verdict:
    evidence = tuple(GoldEvidence(text, "lights") for text in texts)
    return Verdict(question, reports, said, evidence, "1. Keepers")


def passage(text: str, units: tuple[tuple[int, int], ...] = ()) -> Passage:
    word = TextWord(0, 1, 1, (72.0, 700.0, 90.0, 712.0))
    return Passage("lights", 0, "text", (), text, units or ((0, len(text)),), (word,))


def answered(*quotes: tuple[str, str], status: Any = "answered") -> Answer:
    cited = tuple(
        Citation(n, report, 1, "1", (), quote, ()) for n, (report, quote) in enumerate(quotes, 1)
    )
    return Answer("q", status, "t", 0.9, (Sentence("t [1].", (1,)),), cited)


# What does answer


def test_the_quotes_of_an_answer_are_evidence_each_once() -> None:
    answer = answered(
        ("lights", "four\nkeepers"), ("lights", "four keepers"), ("harbour", "four keepers"),
        ("lights", "…"),
    )  # fmt: skip
    assert quoted_evidence(answer) == (
        GoldEvidence("four keepers", "lights"),
        GoldEvidence("four keepers", "harbour"),
    )
    assert quoted_evidence(answered(("lights", "four keepers"), status="no_answer")) == ()


def test_a_typed_sentence_is_evidence_in_each_report_that_has_it() -> None:
    typed = " “the lighthouse has four   keepers and one vacancy” "
    text = "the lighthouse has four keepers and one vacancy"
    assert typed_evidence(typed, PAGES) == (
        GoldEvidence(text, "harbour"),
        GoldEvidence(text, "lights"),
    )
    assert typed_evidence(typed, {"lights": PAGES["lights"]}) == (GoldEvidence(text, "lights"),)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "No sentence was given"),
        (" … ” ", "No sentence was given"),
        ("four keepers", "“four keepers” has 2 words"),
        ("The lighthouse has five keepers", "is on no page of the reports that were asked"),
        ("keeper " * 400, "2,799 characters and the limit is 2,000"),
    ],
)
def test_a_typed_sentence_that_cannot_be_evidence_is_a_clear_sentence(
    typed: str, said: str
) -> None:
    with pytest.raises(BadEvidence, match=said):
        typed_evidence(typed, PAGES)


def test_a_passage_is_evidence_whole_or_by_those_of_its_sentences_that_its_page_has() -> None:
    whole = passage("The lighthouse has four keepers and one vacancy.")
    assert passage_evidence(whole, PAGES) == (GoldEvidence(whole.text, "lights"),)
    # A list number that the page has elsewhere parts the two sentences.
    parted = passage(
        "The lighthouse has four keepers 7. Stores held 900 litres.", ((0, 31), (32, 58))
    )
    assert [one.text for one in passage_evidence(parted, PAGES)] == [
        "The lighthouse has four keepers"
    ]
    with pytest.raises(BadEvidence, match="on no page of lights"):
        passage_evidence(passage("No such words."), PAGES)
    with pytest.raises(BadEvidence):
        passage_evidence(whole, {})


def test_what_answers_is_chosen_typed_or_nothing() -> None:
    hits = (Hit(1, passage("Two keepers left."), 0.9), Hit(2, passage("Stores held"), 0.1))
    oil = (GoldEvidence("Stores held", "lights"),)
    assert correction("2", "and a sentence", hits, PAGES) == (oil, "")
    assert correction("none", "and a sentence", hits, PAGES) == ((), "")
    typed = ((GoldEvidence("The harbour has three boats.", "harbour"),), "")
    assert correction("typed", "The harbour has three boats.", hits, PAGES) == typed
    assert correction(None, "The harbour has three boats.", hits, PAGES) == typed
    for choice in (None, "3"):
        with pytest.raises(BadEvidence, match="Nothing was chosen"):
            correction(choice, " ", hits, PAGES)


# A line of the file


def test_a_verdict_is_a_line_in_the_form_of_gold_files() -> None:
    given = verdict("How  many\nkeepers?", ("lights", "harbour"), "right", "four keepers")
    record = record_of(given, now=NOON)
    assert record == {
        "id": record["id"],
        "question": "How many keepers?",
        "type": "answerable",
        "evidence": ["four keepers"],
        "evidence_reports": ["lights"],
        "evidence_all": False,
        "section": "1. Keepers",
        "answer_facts": [],
        "filter": ["harbour", "lights"],
        "said": "right",
        "judged": "2026-05-04T12:00:00Z",
    }
    assert record["id"].startswith("own-")
    assert record_of(verdict("q"), now=NOON)["type"] == "unanswerable"


def test_the_same_question_to_the_same_reports_has_one_key_however_it_is_typed() -> None:
    assert key_of("How many\n keepers?", ["b", "a", "a"]) == key_of("how MANY keepers?", ["a", "b"])
    assert key_of("How many keepers?", ["a"]) != key_of("How many keepers?", [])
    assert key_of("a", ["b"]) != key_of("b", ["a"])


# The file


def test_what_is_kept_is_what_evaluate_loads(tmp_path: Path) -> None:
    own = OwnSet(tmp_path / "deep" / "own.jsonl")
    assert own.questions() == {}
    own.keep(verdict("How many keepers?", ("lights",), "right", "four keepers", "one vacancy"))
    own.keep(verdict("Who is the king? \U0001f451 “x”", (), "wrong"))
    first, second = load_gold(own.path)
    assert (first.question, first.type, first.reports) == (
        "How many keepers?", "answerable", ("lights",),
    )  # fmt: skip
    assert first.evidence == (
        GoldEvidence("four keepers", "lights"),
        GoldEvidence("one vacancy", "lights"),
    )
    assert (first.needs_all, first.facts) == (False, None)
    assert (second.question, second.answerable) == ("Who is the king? \U0001f451 “x”", False)
    kept = own.questions()[key_of("how many keepers?", ["lights"])]
    assert (kept.gold, kept.said) == (first, "right")
    assert kept.judged.endswith("Z")


def test_a_second_verdict_replaces_the_first_and_goes_to_the_end(tmp_path: Path) -> None:
    own = OwnSet(tmp_path / "own.jsonl")
    own.keep(verdict("A?", (), "right", "four keepers"))
    own.keep(verdict("B?", (), "right", "one vacancy"))
    own.keep(verdict("a? ", (), "wrong"))
    own.keep(verdict("A?", ("lights",), "wrong", "four keepers"))
    assert [(one.gold.question, one.gold.reports, one.said) for one in kept(own)] == [
        ("B?", (), "right"),
        ("a?", (), "wrong"),
        ("A?", ("lights",), "wrong"),
    ]


def test_a_question_can_be_removed_and_put_back_as_it_was(tmp_path: Path) -> None:
    own = OwnSet(tmp_path / "own.jsonl")
    own.keep(verdict("A?", (), "right", "four keepers"))
    own.keep(verdict("B?", (), "wrong"))
    before = own.path.read_bytes().splitlines()
    removed = kept(own)[0]
    own.remove(removed.gold.id)
    assert [one.gold.question for one in kept(own)] == ["B?"]
    own.remove("own-not-there")
    own.put_back(removed)
    assert own.path.read_bytes().splitlines() == [before[1], before[0]]
    for one in kept(own):
        own.remove(one.gold.id)
    assert own.questions() == {}


def test_lines_that_cannot_be_read_and_lines_by_hand_stay(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    by_hand = {"id": "h1", "question": "A?", "type": "why", "evidence": ["four keepers"]}
    path.write_text(f'{json.dumps(by_hand)}\n\nnot json\n[1]\n{{"id": 3}}', encoding="utf-8")
    own = OwnSet(path)
    own.keep(verdict("B?"))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:4] == [json.dumps(by_hand), "not json", "[1]", '{"id": 3}']
    assert json.loads(lines[4])["question"] == "B?"
    with pytest.raises(BadGoldFile, match="line 2 is not JSON"):
        own.questions()


def test_a_line_by_hand_is_listed_without_a_verdict(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    by_hand = {"id": "h1", "question": "A?", "type": "why", "evidence": ["four"], "said": 3}
    path.write_text(json.dumps(by_hand), encoding="utf-8")
    only = kept(OwnSet(path))[0]
    assert (only.said, only.judged) == ("", "")


def test_a_full_file_takes_no_new_question_but_a_new_verdict(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    lines = (json.dumps(record_of(verdict(f"Q{n}?"), now=NOON)) for n in range(MAX_QUESTIONS))
    path.write_text("\n".join(lines), encoding="utf-8")
    own = OwnSet(path)
    with pytest.raises(NotKept, match="holds 5,000 questions and the limit is 5,000"):
        own.keep(verdict("One more?"))
    own.keep(verdict("Q7?", (), "wrong"))
    assert own.questions()[key_of("Q7?", ())].said == "wrong"


@pytest.mark.parametrize("place", ["folder", "under-a-file"])
def test_a_file_that_cannot_be_written_is_a_sentence_with_a_way_out(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    path = tmp_path / "folder" if place == "folder" else tmp_path / "file" / "own.jsonl"
    with pytest.raises(NotKept, match="REPORT_QA_GOLD"):
        OwnSet(path).keep(verdict())
    assert not list(tmp_path.rglob("*.new"))


def test_a_link_stays_a_link_and_who_may_read_the_file_stays_so(tmp_path: Path) -> None:
    target = tmp_path / "far" / "real.jsonl"
    target.parent.mkdir()
    target.write_text("")
    target.chmod(0o600)
    link = tmp_path / "own.jsonl"
    link.symlink_to(target)
    OwnSet(link).keep(verdict())
    assert link.is_symlink()
    assert len(load_gold(target)) == 1
    assert target.stat().st_mode & 0o777 == 0o600


def test_many_who_judge_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    begin = threading.Barrier(8)

    def judge(number: int) -> None:
        begin.wait()
        for turn in range(5):
            OwnSet(path).keep(verdict(f"Q{number}-{turn}?", (), "right", "four keepers"))

    threads = [threading.Thread(target=judge, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = {one.question for one in load_gold(path)}
    assert asked == {f"Q{n}-{t}?" for n in range(8) for t in range(5)}


JUDGE = """
import sys
from qa.feedback import OwnSet, Verdict
for turn in range(20):
    OwnSet(__import__("pathlib").Path(sys.argv[1])).keep(
        Verdict(f"Q{sys.argv[2]}-{turn}?", (), "wrong")
    )
"""


def test_two_processes_that_judge_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    two = [
        subprocess.Popen([sys.executable, "-c", JUDGE, str(path), name], cwd=ROOT, env=os.environ)
        for name in "ab"
    ]
    assert [one.wait(timeout=300) for one in two] == [0, 0]
    assert len(load_gold(path)) == 40


# What the tests look with


def kept(own: OwnSet) -> list[Any]:
    return list(own.questions().values())
