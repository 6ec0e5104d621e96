"""``python -m qa.training``: train the reader, then fit the weights that use it.

    python -m qa.training reader  --reports DIR --material DIR --squad FILE --fenmarsh DIR
    python -m qa.training weights --reports DIR --material DIR --squad FILE --fenmarsh DIR

``--reports`` is the folder of the 12 published reports that the questions are about, ``--material``
that of the question files and public sets (see ``qa/training/MODEL_CARD.md`` for what they are and
under which licence). Each step leaves a checkpoint or a cache in ``--work`` and goes on from there.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.build import build
from indexer.embedding import Embedder, load_embedder
from indexer.records import Passage
from indexer.snapshot import Snapshot, open_snapshot
from qa.training.fit import (
    Example,
    best_is_evidence,
    confidence_rows,
    cross_validate,
    fit_confidence,
    fit_evidence,
    fit_reading,
    load_examples,
    measure_all,
    off_topic,
    read_all,
    to_json,
)

if TYPE_CHECKING:
    from qa.training.reader import Encoded

HELD_OUT = frozenset({"ofsted-2016-09-hackney", "ofsted-2026-02-kent"})
"""Reports on which nothing is trained: the confidence is fitted on them."""

HELD_INVENTED = frozenset({"pdu3", "yjs2"})
"""Invented reports that are kept for the same: one of a probation unit, one of youth justice."""

QUESTIONS = Path(__file__).with_name("questions")
WEIGHTS = Path(__file__).parents[1] / "weights.json"
MODEL = Path(__file__).parents[1] / "reader.onnx"
PUBLIC = (
    ("selqa", 2_400, 0.7),
    ("qed", 1_400, 1.0),
    ("onestopqa", 1_250, 1.0),
    ("covidqa", 1_400, 0.7),
    ("scifact-train-claims", 600, 0.5),
)
"""Public sets whose licence lets weights be given away: name, questions at most, weight."""

log = logging.getLogger("qa.training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step and return 0."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options = _parser().parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qa.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run in (("reader", _reader), ("weights", _weights)):
        command = commands.add_parser(name)
        command.add_argument("--reports", type=Path, required=True)
        command.add_argument("--material", type=Path, required=True)
        command.add_argument("--squad", type=Path, required=True, help="squad2-dev.json")
        command.add_argument("--fenmarsh", type=Path, required=True, help="invented reports")
        command.add_argument("--work", type=Path, default=Path("build/training"))
        command.add_argument("--seconds", type=float, default=3_600.0, help="for each stage")
        command.set_defaults(run=run)
    return parser


@dataclass(frozen=True, slots=True)
class _Sources:
    """The indexes that questions are put to, and the questions over the invented reports."""

    published: _Desk
    invented: _Desk
    written: list[Example]

    @classmethod
    def open(cls, options: argparse.Namespace, embedder: Embedder) -> _Sources:
        """Return the sources, the indexes made where they are not there yet."""
        from qa.training.invented import INVENTED, invented_examples, lay_out

        lay_out(options.work / "invented")
        return cls(
            _Desk(options.reports, options.work / "index", embedder),
            _Desk(options.work / "invented", options.work / "invented-index", embedder),
            [e for path in sorted(INVENTED.glob("*.jsonl")) for e in invented_examples(path)],
        )

    def of(self, report: str) -> Snapshot:
        """Return the snapshot that holds a report."""
        names = {info.id for info in self.invented.snapshot.reports}
        return (self.invented if report in names else self.published).of(report)


class _Desk:
    """The index of a folder of reports and what is looked up in it."""

    def __init__(self, reports: Path, index: Path, embedder: Embedder) -> None:
        build(reports, index, embedder=embedder)
        self.snapshot: Snapshot = open_snapshot(index)
        self._units: dict[str, dict[str, str]] = {}

    def of(self, report: str) -> Snapshot:
        """Return the snapshot that holds a report."""
        self.snapshot.rows_of(report)
        return self.snapshot

    def units(self, report: str) -> dict[str, str]:
        """Return a report's units by their digest."""
        from qa.training.samples import unit_digest

        if report not in self._units:
            passages: list[Passage] = [
                self.snapshot.passages[row] for row in self.snapshot.rows_of(report)
            ]
            texts = [p.text[a:b] for p in passages for a, b in p.units]
            self._units[report] = {unit_digest(text): text for text in texts}
        return self._units[report]


def _examples(material: Path, desk: _Desk) -> list[Example]:
    from qa.training.samples import written_examples

    files = [*sorted(material.glob("questions-*.jsonl")), *_contrast(material)[:3]]
    return [
        *load_examples(files),
        *written_examples(sorted(QUESTIONS.glob("*.jsonl")), desk.units),
    ]


def _contrast(material: Path) -> list[Path]:
    return sorted(material.glob("contrast-*.jsonl"))


def _reader(options: argparse.Namespace) -> int:
    """Train in three stages and export: public sets, published reports, invented reports."""
    import torch

    from qa.reader import load_tokenizer
    from qa.training import reader as network
    from qa.training import samples

    tokenizer = load_tokenizer()
    embedder = load_embedder()
    sources = _Sources.open(options, embedder)

    def public() -> list[Encoded]:
        found = list(samples.squad_samples(options.squad, seed=3))
        for name, limit, weight in PUBLIC:
            path = options.material / "public" / f"{name}.jsonl.gz"
            found += samples.public_samples(path, limit=limit, weight=weight, seed=4)
        return network.encode(found, tokenizer)

    def near(examples: Sequence[Example], negatives: Callable[[Example], int]) -> list[Encoded]:
        found = samples.report_samples(examples, sources.of, embedder, negatives=negatives, seed=1)
        return network.encode([sample for _, sample in found], tokenizer)

    def published() -> list[Encoded]:
        asked = _examples(options.material, sources.published)
        asked = [e for e in asked if e.report not in HELD_OUT]
        inside = sorted({e.report for e in asked})
        asked += off_topic([options.squad], inside, 400)
        return near(asked, lambda example: 2 if example.kind == "off_topic" else 3)

    def invented() -> list[Encoded]:
        asked = [e for e in sources.written if e.report not in HELD_INVENTED]
        return near(asked, lambda example: 2 if example.evidence else 3)

    def validation() -> list[Encoded]:
        asked = _examples(options.material, sources.published)
        held = [e for e in asked if e.report in HELD_OUT]
        found: list[Encoded] = []
        for number, sample in samples.report_samples(
            held, sources.of, embedder, negatives=lambda _: 8, seed=2
        ):
            found += [replace(pair, group=number) for pair in network.encode([sample], tokenizer)]
        return found

    general = _cached(options.work / "public.jsonl", public)
    special = _cached(options.work / "published.jsonl", published)
    made_up = _cached(options.work / "invented.jsonl", invented)
    checked = _cached(options.work / "validation.jsonl", validation)
    model = network.new_reader()

    def validate(reader: Any) -> str:
        figures = network.measure(reader, checked)
        return json.dumps({name: round(value, 3) for name, value in figures.items()})

    log.info("untrained: %s", validate(model))
    draw = random.Random(5)
    stages = (
        ([*general, *special[::4]], 1, network.DEFAULT_RECIPE),
        ([*special, *draw.sample(general, min(4_000, len(general)))], 2, network.SECOND_RECIPE),
        (
            [
                *made_up,
                *draw.sample(special, min(14_000, len(special))),
                *draw.sample(general, min(3_000, len(general))),
            ],
            2,
            network.SECOND_RECIPE,
        ),
    )
    for number, (data, epochs, recipe) in enumerate(stages, 1):
        checkpoint = options.work / f"stage-{number}.pt"
        network.train(
            model, data, epochs=epochs, checkpoint=checkpoint, say=log.info,
            seconds=options.seconds, validate=validate, recipe=recipe,
        )  # fmt: skip
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["reader"])
    network.export(model, MODEL)
    network.write_checksum(MODEL)
    log.info("%s has %.1f MB", MODEL.name, MODEL.stat().st_size / 1e6)
    return 0


def _cached(path: Path, make: Callable[[], list[Encoded]]) -> list[Encoded]:
    """Return the samples of a file of JSON lines, made and written first where it is not there."""
    from qa.training.reader import Encoded

    if not path.is_file():
        began = time.monotonic()
        lines = [json.dumps(asdict(sample)) for sample in make()]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        log.info("%s made in %.0f s", path.name, time.monotonic() - began)
    return [Encoded(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _weights(options: argparse.Namespace) -> int:
    """Fit the three regressions and write them to ``qa/weights.json``."""
    from qa.reader import Reader

    embedder = load_embedder()
    sources = _Sources.open(options, embedder)
    fenmarsh = _Desk(options.fenmarsh, options.work / "fenmarsh", embedder)
    examples = load_examples(
        [*sorted(options.material.glob("questions-*.jsonl")), *_contrast(options.material)[:3]]
    )
    everything = measure_all(examples, sources.of, embedder)
    log.info("%d examples measured", len(everything))
    evidence = fit_evidence(everything)
    held = [m for m in everything if m.example.report in HELD_OUT]
    written = [e for e in sources.written if e.report in HELD_INVENTED]
    held += measure_all(written, sources.of, embedder)
    other = load_examples(_contrast(options.material)[3:])
    asked_of = sorted({e.report for e in other})
    foreign = off_topic([options.squad], asked_of, 100)
    held += measure_all([*other, *foreign], fenmarsh.of, embedder)
    strangers = off_topic([options.squad], sorted(HELD_OUT | HELD_INVENTED), 200)
    held += measure_all(strangers, sources.of, embedder)
    readings = read_all(held, evidence, Reader())
    figures = cross_validate(held, readings, evidence)
    log.info("%s", figures)
    reading = fit_reading(held, readings)
    confidence = fit_confidence(
        confidence_rows(held, readings, evidence, reading),
        held,
        best_is_evidence(held, readings, evidence, reading),
    )
    record = to_json(evidence, reading, confidence, figures)
    WEIGHTS.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    log.info("wrote %s", WEIGHTS.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
