"""What the reader is trained on: a question, one passage, and which of its units answer.

Three kinds of source: questions over inspection reports with their evidence (each asked of the
passages that the project's own search finds), SQuAD 2.0, and public answer-sentence sets in the
form {q, s, y, g, ctx}. Nothing of the sets that the product is measured on is among them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from indexer.embedding import Embedder, QueryVectors, passage_input
from indexer.records import Passage
from indexer.text import fold, sentences
from qa.question import read_question
from qa.search import found_for
from qa.training.fit import Example, holds_folded

MAX_WORDS = 110
"""Paragraphs of public sets are cut near this length, as passages are."""

MAX_POSITIVES = 3
MINED_WEIGHT = 0.4
"""Weight of a passage that search found for an answerable question and nobody marked: reports
repeat themselves, and one in some will answer after all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question put to one passage.

    ``units`` are the character spans of the passage's sentences in ``text``, which begins with
    the headings; ``labels`` hold 1 where a unit answers; ``span`` is the answer itself where it is
    known, ``weight`` how much the sample counts.
    """

    question: str
    text: str
    units: tuple[tuple[int, int], ...]
    labels: tuple[int, ...]
    span: tuple[int, int] | None = None
    weight: float = 1.0

    @property
    def answers(self) -> bool:
        """Whether any unit answers."""
        return any(self.labels)


def public_samples(path: Path, *, limit: int, weight: float, seed: int) -> list[Sample]:
    """Return samples of one public answer-sentence set, a passage made of each question's lines.

    At most ``limit`` questions are taken. Where a question has more lines than a passage holds,
    those that answer are kept and others drawn at random around them, in their order.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            groups.setdefault(f"{record['g']}\n{record['q']}", []).append(record)
    draw = random.Random(seed)
    chosen = draw.sample(sorted(groups), min(limit, len(groups)))
    samples = []
    for key in chosen:
        kept = _fitting(groups[key], draw)
        prefix = str(kept[0].get("ctx") or "").split("||")[0].replace(" / ", " › ").strip()
        samples.append(
            _sample(kept[0]["q"], prefix[:120], [(r["s"], int(r["y"])) for r in kept], weight)
        )
    return samples


def _fitting(records: Sequence[dict[str, Any]], draw: random.Random) -> list[dict[str, Any]]:
    """Return lines of one question that together are about as long as a passage."""
    order = list(range(len(records)))
    draw.shuffle(order)
    order.sort(key=lambda i: -records[i]["y"])
    budget = draw.randint(MAX_WORDS // 2, MAX_WORDS)
    kept: list[int] = []
    for i in order:
        size = len(records[i]["s"].split())
        if not kept or size <= budget:
            kept.append(i)
            budget -= size
    return [records[i] for i in sorted(kept)]


def _sample(question: str, prefix: str, parts: Sequence[tuple[str, int]], weight: float) -> Sample:
    text = f"{prefix}: " if prefix else ""
    units: list[tuple[int, int]] = []
    for part, _ in parts:
        clean = " ".join(part.split())
        text += " " if units else ""
        units.append((len(text), len(text) + len(clean)))
        text += clean
    return Sample(question, text, tuple(units), tuple(y for _, y in parts), weight=weight)


def squad_samples(path: Path, *, seed: int, other: float = 0.15) -> Iterator[Sample]:
    """Yield SQuAD 2.0 questions with their paragraphs, cut as passages are.

    An answerable question meets the part that answers it; an unanswerable one, written to look
    answerable, meets the part with most of its words. A share of ``other`` also meets another
    paragraph of the article.
    """
    draw = random.Random(seed)
    for article in json.loads(path.read_text("utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        cut = [_parts(p["context"]) for p in article["paragraphs"]]
        for number, paragraph in enumerate(article["paragraphs"]):
            for item in paragraph["qas"]:
                question = " ".join(item["question"].split())
                yield from _squad(question, item, title, paragraph["context"], cut[number])
                if draw.random() < other and len(cut) > 1:
                    elsewhere = cut[draw.choice([i for i in range(len(cut)) if i != number])]
                    part = max(elsewhere, key=lambda p: _shared(question, p))
                    yield _of_part(question, title, paragraph["context"], part, None)


def _squad(
    question: str, item: dict[str, Any], title: str, context: str, parts: Sequence[list[Any]]
) -> Iterator[Sample]:
    if item.get("is_impossible"):
        part = max(parts, key=lambda p: _shared(question, p))
        yield _of_part(question, title, context, part, None)
        return
    answer = item["answers"][0]
    at = (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
    for part in parts:
        if part[0][1] <= at[0] < part[-1][2]:
            yield _of_part(question, title, context, part, at)


def _parts(context: str) -> list[list[tuple[str, int, int]]]:
    """Return a paragraph's sentences, with their spans, in parts of about ``MAX_WORDS`` words."""
    parts: list[list[tuple[str, int, int]]] = [[]]
    words = 0
    for start, end in sentences(context):
        size = len(context[start:end].split())
        if parts[-1] and words + size > MAX_WORDS:
            parts.append([])
            words = 0
        parts[-1].append((context[start:end], start, end))
        words += size
    return parts


def _shared(question: str, part: Sequence[tuple[str, int, int]]) -> int:
    asked = {word for word in question.lower().split() if len(word) > 3}
    return len(asked & set(" ".join(s for s, _, _ in part).lower().split()))


def _of_part(
    question: str,
    title: str,
    context: str,
    part: Sequence[tuple[str, int, int]],
    answer: tuple[int, int] | None,
) -> Sample:
    prefix = f"{title}: "
    base = part[0][1]
    text = prefix + context[base : part[-1][2]]
    shift = len(prefix) - base
    units = tuple((a + shift, b + shift) for _, a, b in part)
    if answer is None:
        return Sample(question, text, units, (0,) * len(units))
    labels = tuple(int(a < answer[1] and answer[0] < b) for _, a, b in part)
    return Sample(question, text, units, labels, (answer[0] + shift, answer[1] + shift))


# Questions over reports


def report_samples(
    examples: Sequence[Example],
    snapshot_of: Callable[[str], Any],
    embedder: Embedder,
    *,
    negatives: Callable[[Example], int],
    seed: int,
) -> Iterator[tuple[int, Sample]]:
    """Yield each example's number and its question with the passages that answer it and near ones.

    ``negatives`` says how many near ones an example gets.
    """
    draw = random.Random(seed)
    units = cache(lambda report: _Units(snapshot_of(report), report))
    asked = [
        read_question(e.question, dict(snapshot_of(e.report).acronyms(e.report))) for e in examples
    ]
    vectors = _query_vectors(embedder, [question.search_text for question in asked])
    for number, (example, question) in enumerate(zip(examples, asked, strict=True)):
        wanted = negatives(example)
        found = found_for(
            snapshot_of(example.report), vectors[number], question,
            reports=(example.report,), depth=2 * wanted + 4,
        )  # fmt: skip
        near = [candidate.passage for candidate in found.candidates]
        positive = units(example.report).holding(example.evidence)
        for passage in positive[:MAX_POSITIVES]:
            yield number, _asked_of(question.search_text, passage, example)
        held = {passage.ordinal for passage in positive}
        others = [passage for passage in near if passage.ordinal not in held]
        # The nearest are what search will offer; one further down keeps the far ones low.
        chosen = others[: wanted - 1]
        if len(others) >= wanted:
            chosen.append(draw.choice(others[wanted - 1 :]))
        for passage in chosen:
            weight = MINED_WEIGHT if example.evidence else 1.0
            yield number, _asked_of(question.search_text, passage, example, weight=weight)


def _query_vectors(embedder: Embedder, texts: Sequence[str]) -> list[QueryVectors]:
    """Return the vectors of many questions at once, which is quicker than one by one."""
    found = embedder.encode_passages(texts, [[] for _ in texts])
    ends = found.token_offsets
    return [
        QueryVectors(found.vectors[i], found.tokens[ends[i] : ends[i + 1]].astype("float32"))
        for i in range(len(texts))
    ]


class _Units:
    """The units of one report, folded once."""

    def __init__(self, snapshot: Any, report: str) -> None:
        self._passages = [snapshot.passages[row] for row in snapshot.rows_of(report)]
        self._folds = [[fold(p.text[a:b]) for a, b in p.units] for p in self._passages]

    def holding(self, evidence: Sequence[str]) -> list[Passage]:
        """Return the passages in which evidence stands."""
        strings = [fold(string) for string in evidence]
        return [
            passage
            for passage, units in zip(self._passages, self._folds, strict=True)
            if strings and any(holds_folded(unit, strings) for unit in units)
        ]


def _asked_of(question: str, passage: Passage, example: Example, *, weight: float = 1.0) -> Sample:
    text, units = passage_input(passage, "")
    strings = [fold(string) for string in example.evidence]
    labels = tuple(int(holds_folded(fold(text[a:b]), strings)) for a, b in units)
    span = None
    if example.answer and any(labels):
        at = text.find(example.answer, units[0][0])
        span = (at, at + len(example.answer)) if at >= 0 else None
    return Sample(question, text, tuple(units), labels, span, weight)


# Questions written for this project


def written_examples(
    paths: Iterable[Path], units_of: Callable[[str], dict[str, str]]
) -> list[Example]:
    """Return the examples of the project's own question files.

    A line names its answering units by the digest of their folded words (``unit_digest``), so that
    no sentence of a report stands in the repository; ``units_of`` returns a report's units by it.
    A unit that the report does not have is left out, and its question with the last of them.
    """
    examples = []
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            units = units_of(record["report"])
            evidence = tuple(units[d] for d in record["evidence"] if d in units)
            if evidence or not record["evidence"]:
                examples.append(
                    Example(record["report"], record["question"], evidence, record["type"])
                )
            if record.get("near_miss"):
                examples.append(Example(record["report"], record["near_miss"], (), "near_miss"))
    return examples


def unit_digest(text: str) -> str:
    """Return the first 16 hex digits of the sha256 of a unit's folded words."""
    return hashlib.sha256(fold(text).encode()).hexdigest()[:16]
