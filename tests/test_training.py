"""Training: what a question is made into, and that a run broken off goes on where it was."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.embedding import Embedder
from indexer.snapshot import Snapshot, open_snapshot
from qa.training.fit import Example, holds
from qa.training.samples import (
    MINED_WEIGHT,
    Sample,
    public_samples,
    report_samples,
    squad_samples,
    unit_digest,
    written_examples,
)

QUESTIONS = Path(__file__).resolve().parents[1] / "qa" / "training" / "questions"


@pytest.fixture
def snapshot(
    library: Path, index: Path, embedder: Embedder, build_once: Callable[..., object]
) -> Snapshot:
    build_once(library, index, embedder=embedder)
    return open_snapshot(index)


def shown(sample: Sample) -> list[str]:
    """Return the words of a sample's units."""
    return [sample.text[a:b] for a, b in sample.units]


def test_a_unit_holds_evidence_that_is_in_it_or_of_which_it_is_a_large_part() -> None:
    evidence = ["The lighthouse has four keepers, and one vacancy at the moment."]
    assert holds("– The lighthouse has four keepers and one vacancy at the moment", evidence)
    assert holds("and one vacancy at the moment", evidence)
    assert not holds("one vacancy", evidence)
    assert not holds("The harbour has three boats.", evidence)
    assert not holds("…", evidence)
    assert not holds("anything", [])


def test_a_squad_paragraph_is_cut_into_sentences_and_the_answer_keeps_its_place(
    tmp_path: Path,
) -> None:
    context = "The tower is old. It holds 900 litres of oil. Boats pass."
    item = {"question": "How much  oil?", "answers": [{"text": "900 litres", "answer_start": 27}]}
    none = {"question": "How much coal is held?", "is_impossible": True, "answers": []}
    paragraph = {"context": context, "qas": [item, none]}
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "Old_tower", "paragraphs": [paragraph]}]}))
    yes, no = squad_samples(path, seed=1)
    assert yes.question == "How much oil?"
    assert yes.text == f"Old tower: {context}"
    assert shown(yes) == ["The tower is old.", "It holds 900 litres of oil.", "Boats pass."]
    assert yes.labels == (0, 1, 0)
    assert yes.span is not None
    assert yes.text[slice(*yes.span)] == "900 litres"
    assert (no.labels, no.span, no.answers) == ((0, 0, 0), None, False)


def test_the_lines_of_one_public_question_make_one_passage(tmp_path: Path) -> None:
    lines = [
        {"q": "who?", "s": "Nobody  came.", "y": 0, "g": "1", "ctx": "Boats / Masts"},
        {"q": "who?", "s": "Ann came.", "y": 1, "g": "1", "ctx": "Boats / Masts"},
        {"q": "when?", "s": "Ann came.", "y": 0, "g": "1"},
    ]
    path = tmp_path / "set.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, lines)))
    found = {s.question: s for s in public_samples(path, limit=9, weight=0.5, seed=1)}
    assert found["who?"].text == "Boats › Masts: Nobody came. Ann came."
    assert shown(found["who?"]) == ["Nobody came.", "Ann came."]
    assert (found["who?"].labels, found["who?"].weight) == ((0, 1), 0.5)
    assert (found["when?"].labels, found["when?"].answers) == ((0,), False)


def test_a_question_over_a_report_meets_its_evidence_and_near_passages(
    snapshot: Snapshot, embedder: Embedder
) -> None:
    four = "The lighthouse has four keepers and one vacancy."
    asked = [
        Example("lights", "How many keepers?", (four,), "number", "four"),
        Example("lights", "How many cooks?", (), "near_miss"),
    ]
    found = list(report_samples(asked, lambda _: snapshot, embedder, negatives=lambda _: 1, seed=1))
    first = [sample for number, sample in found if number == 0]
    second = [sample for number, sample in found if number == 1]
    positive = [sample for sample in first if sample.answers]
    assert [shown(s)[s.labels.index(1)] for s in positive] == [four]
    assert positive[0].span is not None
    assert positive[0].text[slice(*positive[0].span)] == "four"
    assert positive[0].weight == 1.0
    assert [s.weight for s in first if not s.answers] == [MINED_WEIGHT]
    assert [(s.answers, s.weight) for s in second] == [(False, 1.0)]


def test_written_questions_name_their_units_by_a_digest_of_the_words(tmp_path: Path) -> None:
    unit = "Two keepers left in May."
    assert unit_digest(unit) == unit_digest("two KEEPERS – left in\nMay") != unit_digest("May")
    lines = [
        {
            "report": "lights",
            "question": "who left?",
            "type": "entity",
            "evidence": [unit_digest(unit)],
            "near_miss": "who came?",
        },
        {"report": "lights", "question": "lost?", "type": "why", "evidence": ["0" * 16]},
        {"report": "lights", "question": "never?", "type": "none", "evidence": []},
    ]
    path = tmp_path / "lights.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found = written_examples([path], lambda _: {unit_digest(unit): unit})
    assert [(e.question, e.evidence, e.kind) for e in found] == [
        ("who left?", (unit,), "entity"),
        ("who came?", (), "near_miss"),
        ("never?", (), "none"),
    ]


@pytest.mark.parametrize("path", sorted(QUESTIONS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_questions_of_the_project_are_whole_and_asked_once(path: Path) -> None:
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert records
    asked = [record["question"].lower() for record in records]
    assert len(set(asked)) == len(asked)
    for record in records:
        assert record["report"] == path.stem
        assert record["question"].strip() == record["question"] != ""
        assert bool(record["evidence"]) != (record["type"] == "none")
        assert all(len(digest) == 16 for digest in record["evidence"])
        assert record.get("near_miss", "").lower() != record["question"].lower()


@pytest.mark.slow
def test_a_run_that_is_broken_off_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from qa.reader import load_tokenizer
    from qa.training import reader as network

    text = "Oil: The tower is old. It holds 900 litres of oil."
    units = ((5, 22), (23, 50))
    samples = [
        Sample("How much oil?", text, units, (0, 1), (32, 42)),
        Sample("Who owns it?", text, units, (0, 0)),
    ]
    encoded = network.encode(samples, load_tokenizer()) * 8
    recipe = network.Recipe(batch_tokens=160, threads=1)
    said: list[str] = []
    path = tmp_path / "stage.pt"

    class BrokenOff(Exception):
        """The run is killed here."""

    def stop(line: str) -> None:
        said.append(line)
        if line.startswith("step 2"):
            raise BrokenOff

    model = network.new_reader()
    with pytest.raises(BrokenOff):
        # What is said of a step comes before its checkpoint is written.
        network.train(model, encoded, epochs=1, checkpoint=path, recipe=recipe, say=stop, every=1)
    said.clear()
    again = network.new_reader()
    network.train(
        again, encoded, epochs=1, checkpoint=path, recipe=recipe, say=said.append, every=1
    )
    assert said[0] == "going on from step 1"
    assert not any(line.startswith("step 1 ") for line in said)
    assert len(network.scores(again, encoded[:2])) == 2
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.slow
def test_samples_are_made_once_and_read_back_as_they_were(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from qa.training.__main__ import _cached
    from qa.training.reader import Encoded

    sample = Encoded([101, 7, 102], [0, 1, 1], [0, 1, 0], [1], 1.0, 1, 1, True, 0.5, group=3)
    path = tmp_path / "samples.jsonl"
    assert _cached(path, lambda: [sample]) == [sample]

    def never() -> list[Encoded]:
        raise AssertionError("made twice")

    assert _cached(path, never) == [sample]
