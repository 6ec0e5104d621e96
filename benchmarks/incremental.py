"""Measure what one more report costs in a large library, and print it as a table.

    python benchmarks/incremental.py [--reports N] [--pages N] [--new-pages N] [--repeat N]
                                     [--folder DIR [--prepare]]

The library is generated: reports of inspections that never were, written by templates from a seed
and laid out as pages with running headers, numbered headings, wrapped paragraphs, bullets and a
table of ratings. Those that are there before the measurement are read without a process for each
and embedded by hashes of their words, in the dimension and under the name of the real model, which
costs minutes less and leaves an index of the same size and form; the report that is added goes the
whole way, the model's included. Commands are processes of their own; their processor time is user
and system time of the process and of its children, which a busy machine changes less than the
clock's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from indexer.build import build
from indexer.embedding import Embeddings, QueryVectors, model_identity
from indexer.report import read_report
from indexer.snapshot import Snapshot, open_snapshot
from indexer.terminal import count

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
DIMENSION = 384
SEED = 7
NEW = "added-report"
NEEDLE = "Quillfeather Lodge keeps seventeen brass otters in its reading room"
"""Stands in the added report and nowhere else."""


def main() -> int:
    """Measure and print; the folder stays where one was named."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        library, index = folder / "library", folder / "index"
        make_library(library, options.reports, options.pages)
        seconds = timed(lambda: build(library, index, embedder=HashEmbedder(), read=read_report))[0]
        before = open_snapshot(index)
        size = sum(path.stat().st_size for path in (index / "tokens").iterdir())
        print(
            f"{count(len(before.reports), 'report')}, {count(len(before.passages), 'passage')}, "
            f"token vectors of {size / 1e9:.1f} GB; built with hashes in {seconds:.0f} s\n"
        )
        if options.prepare:
            return 0
        print("| median of", options.repeat, "| clock | processor |")
        print("|---|---|---|")
        for name, pairs in measured(folder, options.new_pages, options.repeat).items():
            clock, spent = (statistics.median(times) for times in zip(*pairs, strict=True))
            print(f"| {name} | {clock:.2f} s | {spent:.2f} s |")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--reports", type=int, default=1000, metavar="N")
    parser.add_argument("--pages", type=int, default=5, metavar="N", help="of each report")
    parser.add_argument("--new-pages", type=int, default=30, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where the library and its index are kept"
    )
    parser.add_argument(
        "--prepare", action="store_true", help="make library and index, and measure nothing"
    )
    return parser.parse_args()


# What is measured


def measured(folder: Path, pages: int, repeat: int) -> dict[str, list[tuple[float, float]]]:
    """Return seconds, of the clock and of the processor, by what was measured.

    Each time another report is added, of which the index keeps nothing, and removed again.
    """
    library, index, new = folder / "library", folder / "index", folder / f"{NEW}.pdf"
    where = ["--library", str(library), "--index", str(index)]
    found: dict[str, list[tuple[float, float]]] = {}

    def note(name: str, do: Callable[[], Any]) -> Any:
        before = processor_time()
        seconds, result = timed(do)
        found.setdefault(name, []).append((seconds, processor_time() - before))
        return result

    for _ in range(repeat):
        write_report(new, time.time_ns(), pages, needle=True)
        before = open_snapshot(index)
        added = note("add the report", lambda: command("indexer", "add", str(new), *where))
        after = note("open the index", lambda: open_snapshot(index))
        check_added(before, after, added)
        note("status, the command", lambda: command("indexer", "status", *where))
        note("build, nothing to do", lambda: command("indexer", "build", *where))
        note("remove the report", lambda: command("indexer", "remove", NEW, *where))
    return found


def processor_time() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds on the clock that something took, and its result."""
    began = time.perf_counter()
    result = do()
    return time.perf_counter() - began, result


def command(module: str, *words: str) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words, "--json"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{module} {words[0]} ended with {done.returncode}: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def check_added(before: Snapshot, after: Snapshot, added: dict[str, Any]) -> None:
    """End the measurement unless the report can be found and no old passage was touched."""
    (seconds,) = (report["seconds"] for report in added["reports"] if report["id"] == NEW)
    if not seconds:
        raise SystemExit("the report was in the index already, and nothing was measured")
    statuses = {report["id"]: report["status"] for report in added["reports"]}
    if statuses.pop(NEW) != "indexed" or set(statuses.values()) != {"unchanged"}:
        raise SystemExit("the report was not the only one that was indexed")
    rows = after.rows_of(NEW)
    old = np.delete(np.arange(len(after.passages)), rows)
    if not np.array_equal(after.vectors[old], before.vectors):
        raise SystemExit("an old passage was embedded again")
    shards = {report.id: report.shard for report in after.reports}
    if any(shards[report.id] != report.shard for report in before.reports):
        raise SystemExit("an old report has another shard")
    text = [row for row in rows if NEEDLE in after.passages[row].text]
    nearest, _ = after.dense_scores(np.asarray(after.vectors[text[0]]), k=1)
    if nearest.tolist() != text:
        raise SystemExit("the added report is not found by its own words")


# Hashes in the place of the model


@lru_cache(maxsize=200_000)
def word_vector(word: str) -> np.ndarray:
    """Return the unit vector of a word."""
    seed = int.from_bytes(word.encode()[:8].ljust(8), "big") ^ len(word)
    vector = np.random.default_rng(seed).standard_normal(DIMENSION, np.float32)
    return np.asarray(vector / np.linalg.norm(vector))


class HashEmbedder:
    """Embeds a text as the mean of its words' vectors, under the identity of the real model."""

    def __init__(self) -> None:
        self.identity = model_identity()
        self.name = self.identity.partition("@")[0]
        self.dimension = DIMENSION

    def encode_passages(
        self,
        texts: Sequence[str],
        units: Sequence[Sequence[tuple[int, int]]],
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Embeddings:
        """Return the vectors of texts."""
        rows, owners = [], []
        for text, parts in zip(texts, units, strict=True):
            spans = [match.span() for match in re.finditer(r"\w+", text)] or [(0, len(text))]
            rows.append(np.array([word_vector(text[a:b].lower()) for a, b in spans]))
            for a, _ in spans:
                owners.append(next((n for n, (s, e) in enumerate(parts) if s <= a < e), -1))
        means = np.array([row.mean(axis=0) for row in rows], np.float32).reshape(-1, DIMENSION)
        return Embeddings(
            means / np.linalg.norm(means, axis=1, keepdims=True),
            np.concatenate(rows or [np.zeros((0, DIMENSION))]).astype(np.float16),
            np.array(owners, np.int16),
            np.cumsum([0, *map(len, rows)]).astype(np.int64),
        )

    def encode_query(self, text: str) -> QueryVectors:
        """Not needed here."""
        raise NotImplementedError


# Reports that never were

PLACES = """Ashcombe Brackenford Copperhithe Dunmarsh Eastwick Fallowmere Gorsebridge Hollowdene
Ivelchester Kestrelby Larchfield Marlsea Netherwold Oakhampton Pennymoor Quarrington Rushmere
Saltcote Thornleigh Underbarrow Wexholme Yarrowdale""".split()

BODIES = """\
delivery unit
youth service
children's home
schools partnership
care provider
county council
training college
prison""".splitlines()

THEMES = """leadership staffing services premises assessment planning delivery reviewing safety
partnerships records complaints induction supervision health education""".split()

GRADES = ("Outstanding", "Good", "Requires improvement", "Inadequate")

WHO = """\
Leaders
Managers
Practitioners
Frontline staff
Senior officers
The board
Partners
Case managers
Administrators
The inspection team""".splitlines()

DID = """\
had reviewed
did not monitor
had strengthened
had not yet agreed
described
had invested in
were slow to improve
understood
had overlooked
regularly discussed""".splitlines()

WHAT = """\
the arrangements for {t}
the quality of {t}
the local plan for {t}
what people said about {t}
the backlog in {t}
the training that {t} needs
the data on {t}
the risks in {t}
the funding of {t}
the oversight of {t}""".splitlines()

WHY = """\
because {n} posts were vacant
since the last inspection in {y}
in {n} of the {m} cases that were inspected
and {n} per cent of those who answered the survey agreed
despite a budget of £{m},000
although sickness averaged {n} days
which had cost £{m},000 by the end of {y}
after {n} complaints in {y}
for the {m} people in its care
as a result of which waiting times rose to {n} weeks""".splitlines()

THEN = """\
This was rated {g} at {p}.
In {p}, this had improved by {n} per cent.
The office in {p} had found a way round it.
Inspectors saw the same in {p} and in {q}.
No such delay was seen in {p}.
The plan for {p} gives {y} as the year by which it should be put right.""".splitlines()


def make_library(library: Path, reports: int, pages: int) -> None:
    """Write the reports that are not there yet."""
    library.mkdir(parents=True, exist_ok=True)
    for number in range(reports):
        path = library / f"report-{number:05d}.pdf"
        if not path.exists():
            write_report(path, SEED + number, pages)


def write_report(path: Path, seed: int, pages: int, *, needle: bool = False) -> Path:
    """Write an invented report of so many pages as a PDF, the same for the same seed."""
    words = random.Random(seed)
    place = words.choice(PLACES)
    year = words.randint(2012, 2026)
    title = f"An inspection of {place} {words.choice(BODIES)} in {year}, no. {seed}"
    lines = body(words, place, needle)
    sheets = [[("title", title), ("text", f"Published in {year}")]]
    room = 0.0
    while len(sheets) <= pages:
        kind, text = next(lines)
        room -= LEADING[kind]
        if room < 0:
            if len(sheets) == pages:
                break
            sheets.append([])
            room = TOP - BOTTOM - LEADING[kind]
        sheets[-1].append((kind, text))
    path.write_bytes(pdf([content(title, n, sheet) for n, sheet in enumerate(sheets, 1)], title))
    return path


def body(words: random.Random, place: str, needle: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines of a report without end, each with its kind."""
    chapter = 0
    while True:
        chapter += 1
        yield "chapter", f"{chapter}. Work of the service, part {chapter}"
        if needle:
            yield from paragraph(f"{NEEDLE}, and they are polished on the first Monday in May.")
            needle = False
        themes = words.sample(THEMES, 3)
        for number, theme in enumerate(themes, 1):
            yield "section", f"{chapter}.{number}. {theme.capitalize()}"
            for _ in range(words.randint(2, 4)):
                said = [sentence(words, theme, place) for _ in range(words.randint(2, 5))]
                yield from paragraph(" ".join(said))
            for _ in range(words.randint(2, 4)):
                yield from bullet(sentence(words, theme, place))
            yield "gap", ""
        for theme in themes:
            yield "row", f"{theme.capitalize()}|{words.choice(GRADES)}"
        yield "gap", ""


def sentence(words: random.Random, theme: str, place: str) -> str:
    """Return one sentence or two, as reports of inspections have them."""
    slots = {
        "t": theme, "p": words.choice(PLACES), "q": place, "g": f"‘{words.choice(GRADES)}’",
        "n": words.randint(2, 96), "m": words.randint(97, 980), "y": words.randint(2009, 2026),
    }  # fmt: skip
    parts = [words.choice(WHO), words.choice(DID), words.choice(WHAT), words.choice(WHY)]
    end = f" {words.choice(THEN)}" if words.random() < 0.5 else ""
    return (" ".join(parts) + "." + end).format(**slots)


def paragraph(text: str) -> Iterator[tuple[str, str]]:
    for line in textwrap.wrap(text, 88):
        yield "text", line
    yield "gap", ""


def bullet(text: str) -> Iterator[tuple[str, str]]:
    first, *rest = textwrap.wrap(text, 82)
    yield "bullet", first
    for line in rest:
        yield "hang", line


LEFT, TOP, BOTTOM = 72, 760, 80
SIZES = {"title": 14, "chapter": 18, "section": 13}
LEADING = {
    "title": 40, "chapter": 34, "section": 24, "text": 14, "bullet": 15, "hang": 14, "row": 16,
    "gap": 9,
}  # fmt: skip


def content(title: str, number: int, lines: Sequence[tuple[str, str]]) -> bytes:
    """Return the drawing of a page: its header, its lines and its number."""
    drawn = [shown(8, LEFT, 800, title, "F1"), shown(9, 520, 40, str(number), "F1")]
    height = float(TOP)
    for kind, text in lines:
        height -= LEADING[kind]
        size, font = SIZES.get(kind, 10), "F2" if kind in SIZES else "F1"
        if kind == "bullet":
            drawn.append(shown(size, LEFT, height, "•", font))
        if kind == "row":
            label, grade = text.split("|")
            drawn.append(shown(size, LEFT, height, label, font))
            drawn.append(shown(size, LEFT + 220, height, grade, font))
        elif kind != "gap":
            indent = 14 if kind in ("bullet", "hang") else 0
            drawn.append(shown(size, LEFT + indent, height, text, font))
    return "\n".join(["BT", *drawn, "ET"]).encode("cp1252")


def shown(size: int, x: float, y: float, text: str, font: str) -> str:
    escaped = re.sub(r"([\\()])", r"\\\1", text)
    return f"/{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj"


def pdf(pages: Sequence[bytes], title: str) -> bytes:
    """Return a PDF of pages that are drawn already."""
    fonts = [f"/Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding"
             for name in ("Helvetica", "Helvetica-Bold")]  # fmt: skip
    kids = " ".join(f"{7 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        *(f"<< {font} >>".encode() for font in fonts),
        f"<< /Title ({title}) >>".encode("cp1252"),
    ]
    for drawing in pages:
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources "
            b"<< /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % len(objects)
        )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, value in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


if __name__ == "__main__":
    sys.exit(main())
