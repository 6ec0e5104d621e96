"""Measure what a build, a question and an answer cost, and write ``results.md`` beside this file.

    python benchmarks/run.py [--library DIR] [--gold FILE]... [--repeat N] [--out FILE]

Times are processor time, user and system, of a child process and of all that it starts, so that
they mean the same on a busy machine; of several runs the median is given. Answers are scored by
``python -m qa evaluate``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from indexer.terminal import count

ROOT = Path(__file__).resolve().parents[1]
GOLD = [ROOT / "data" / "eval" / name for name in ("digest.jsonl", "off-topic.jsonl")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
QUESTION = "why was staffing rated Inadequate?"

PACKAGES = (
    "report-qa", "onnxruntime", "tokenizers", "faiss-cpu", "bm25s", "numpy", "pyarrow",
    "pypdfium2",
)  # fmt: skip
FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve")
"""What decides how fast a processor multiplies matrices."""

FIGURES = ("full credit", "citation precision", "page hit@5", "evidence in 500 words")


def main() -> int:
    """Measure everything, print it and write it down."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        report = [
            "# What it costs, and how good the answers are",
            "",
            "Made by `python benchmarks/run.py`; times are processor time, the median of "
            f"{options.repeat}.",
            "",
            *table(("What", "Figure", "Command"), costs(options, index)),
            "",
            *table(("Questions", *FIGURES, "declined", "answered"), answers(options, index)),
            "",
            *table(("Measured on", ""), machine(options.library)),
        ]
    text = "\n".join(report) + "\n"
    print(text, end="")
    options.out.write_text(text, encoding="utf-8")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--library", type=Path, default=ROOT / "data" / "reports", metavar="DIR")
    parser.add_argument(
        "--gold", type=Path, action="append", metavar="FILE", help="may be repeated"
    )
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "benchmarks" / "results.md", metavar="FILE"
    )
    options = parser.parse_args()
    options.library = options.library.resolve()
    options.gold = [file.resolve() for file in options.gold or GOLD]
    return options


# What it costs


def costs(options: argparse.Namespace, index: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row for each cost; ``index`` is built on the way and stays."""
    folders = ["--library", str(options.library), "--index", str(index)]
    build = ["-m", "indexer", "build", *folders]
    ask = ["-m", "qa", "ask", QUESTION, *folders]

    from_nothing = []
    for number in range(options.repeat):
        # The last of them is built where it stays.
        place = index if number == options.repeat - 1 else index.with_name(f"index-{number}")
        from_nothing.append(spent([*build[:-1], str(place)]))
    yield "build from nothing", seconds(from_nothing), "`python -m indexer build`"
    unchanged = [spent(build) for _ in range(options.repeat)]
    yield "build with nothing changed", seconds(unchanged), "`python -m indexer build`"
    cold = [spent(ask, fine=(0, 6)) for _ in range(options.repeat)]
    yield "ask, process and model started", seconds(cold), f'`python -m qa ask "{QUESTION}"`'
    times = warm_times(index, options.gold)
    for name, share in (("p50", 0.50), ("p95", 0.95)):
        figure = f"{1000 * quantile(times, share):.0f} ms"
        yield f"ask, all loaded, {name}", figure, "`python benchmarks/run.py`"
    yield "reading PDFs", f"{pages_per_second(options.library):.0f} pages/s", "as above"


def spent(command: Sequence[str], *, fine: tuple[int, ...] = (0,)) -> float:
    """Return the processor seconds of a Python process and of all its children."""
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        raise SystemExit(f"python {' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def warm_times(index: Path, gold: Sequence[Path]) -> list[float]:
    """Return the processor seconds of each question, asked in a process that has all loaded."""
    return list(map(float, child("warm", str(index), *map(str, gold))))


def pages_per_second(library: Path) -> float:
    """Return the pages read, boxes, sections and passages included, a processor second."""
    pages, cost = child("read", str(library))
    return float(pages) / float(cost)


def child(*words: str) -> list[str]:
    """Return what this file prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", *words], cwd=ROOT, env=ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def print_warm(index: str, *gold: str) -> None:
    from indexer.embedding import load_embedder
    from indexer.snapshot import open_snapshot
    from qa.answer import Asker
    from qa.errors import BadQuestion
    from qa.evaluate import load_gold

    snapshot = open_snapshot(Path(index))
    asker = Asker(snapshot, load_embedder(snapshot.model_name))
    questions = [one.question for file in gold for one in load_gold(file)]
    asker.ask(questions[0])  # the first one pays for what is loaded late
    for question in questions:
        began = time.process_time()
        try:
            asker.ask(question)
        except BadQuestion:
            continue
        print(time.process_time() - began)


def print_read(library: str) -> None:
    from indexer.report import read_report

    began, pages = processor_time(), 0
    for file in sorted(Path(library).glob("*.pdf")):
        pages += len(read_report(file).pages)
    print(pages, processor_time() - began)


def processor_time() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def seconds(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} s"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


# How good the answers are


def answers(options: argparse.Namespace, index: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row of figures for each gold set."""
    folders = ["--library", str(options.library), "--index", str(index)]
    for gold in options.gold:
        command = ["-m", "qa", "evaluate", str(gold), "--json", *folders]
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=ENVIRONMENT,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        )  # fmt: skip
        scores = json.loads(done.stdout)
        declined = [f"{kind} {value(one)}" for kind, one in scores["declined"].items()]
        yield (
            f"`{gold.name}`, {scores['questions']}",
            *(value(scores["overall"].get(name)) for name in FIGURES),
            ", ".join(declined).replace("_", " ") or "–",
            value(scores["answered"]),
        )


def value(figure: dict[str, Any] | None) -> str:
    return "–" if figure is None else f"{figure['value']:.2f}"


# What it was measured on


def machine(library: Path) -> Iterator[tuple[str, str]]:
    """Yield what decides the figures, and nothing that tells one machine from its like."""
    sizes = [file.stat().st_size for file in library.glob("*.pdf")]
    yield "library", f"{count(len(sizes), 'PDF')}, {sum(sizes) / 1e6:.1f} MB"
    yield "processor", f"{os.cpu_count()} cores, {platform.machine()}, {flags()}"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield "memory", f"{memory / 2**30:.0f} GiB"
    yield "Python", f"{platform.python_version()} on {platform.system()}"
    yield "packages", ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)


def flags() -> str:
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return "flags unknown"
    return " ".join(flag for flag in FLAGS if flag in words) or "no wide instructions"


def table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Yield a Markdown table line by line."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    if sys.argv[1:3] == ["--child", "warm"]:
        print_warm(*sys.argv[3:])
    elif sys.argv[1:3] == ["--child", "read"]:
        print_read(*sys.argv[3:])
    else:
        sys.exit(main())
