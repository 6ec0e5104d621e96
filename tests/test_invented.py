"""The invented reports and the questions over them hold together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.build import build
from indexer.embedding import Embedder
from indexer.snapshot import open_snapshot
from qa.training.fit import holds
from qa.training.invented import INVENTED, blocks_of, invented_examples, lay_out

REPORT = """# Lights of North Cape, May 2024
## 1 Keepers > 1.1 Posts

There are four posts.
Two of them are empty.
- A bullet & a half

|= Post | 2023
| Keeper | 4

## 1 Keepers > 1.2 Pay
Pay is low.
"""


def test_a_report_is_cut_into_blocks_under_their_headings() -> None:
    title, blocks = blocks_of(REPORT)
    assert title == "Lights of North Cape, May 2024"
    assert [b.headings for b in blocks] == [
        ("1 Keepers", "1.1 Posts"), ("1 Keepers", "1.1 Posts"), ("1 Keepers", "1.2 Pay"),
    ]  # fmt: skip
    assert [(u.id, u.kind, u.text) for b in blocks for u in b.units] == [
        ("1.1", "text", "There are four posts."),
        ("1.2", "text", "Two of them are empty."),
        ("1.3", "bullet", "A bullet & a half"),
        ("2.1", "head", "Post 2023"),
        ("2.2", "row", "Keeper 4"),
        ("3.1", "text", "Pay is low."),
    ]


def test_questions_become_examples_with_the_words_of_their_units(tmp_path: Path) -> None:
    (tmp_path / "lights.txt").write_text(REPORT, "utf-8")
    lines = [
        {"u": ["1.2"], "also": ["3.1"], "q": "who left?", "near": ["who came?"], "t": "entity"},
        {"u": [], "q": "what of the oil?", "near": [], "t": "none"},
        {"u": ["9.9"], "q": "no such unit", "near": ["nor this"], "t": "entity"},
    ]
    (tmp_path / "lights.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found = invented_examples(tmp_path / "lights.jsonl")
    assert [(e.report, e.question, e.evidence, e.kind) for e in found] == [
        ("lights", "who left?", ("Two of them are empty.", "Pay is low."), "entity"),
        ("lights", "who came?", (), "near_miss"),
        ("lights", "what of the oil?", (), "none"),
    ]


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_question_names_units_of_its_report(path: Path) -> None:
    _, blocks = blocks_of(path.with_suffix(".txt").read_text("utf-8"))
    known = {unit.id for block in blocks for unit in block.units}
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    named = {name for record in records for name in [*record["u"], *record.get("also", [])]}
    assert named <= known
    examples = invented_examples(path)
    near = sum(e.kind == "near_miss" for e in examples)
    assert len(examples) - near == len(records)
    assert near > len(records) / 2


def test_a_report_laid_out_is_read_again_as_it_was_written(
    tmp_path: Path, index: Path, embedder: Embedder
) -> None:
    pytest.importorskip("weasyprint", reason="needs WeasyPrint, of the extra 'train'")
    source = tmp_path / "source"
    source.mkdir()
    (source / "lights.txt").write_text(REPORT, "utf-8")
    lay_out(tmp_path / "pdf", source=source)
    build(tmp_path / "pdf", index, embedder=embedder)
    passages = open_snapshot(index).passages
    units = [p.text[a:b] for p in passages for a, b in p.units]
    _, blocks = blocks_of(REPORT)
    for unit in (u for block in blocks for u in block.units):
        assert any(holds(found, [unit.text]) for found in units), unit
    assert any(p.section[-2:] == ("1 Keepers", "1.2 Pay") for p in passages)
