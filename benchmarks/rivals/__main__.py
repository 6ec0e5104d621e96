"""Put the same questions on the same reports to other tools, and write ``benchmarks/rivals.md``.

    python -m benchmarks.rivals install [--rival NAME]...
    python -m benchmarks.rivals quality|time|table|all [--rival NAME]... [--set REPORTS GOLD]...

``install`` makes an environment for each rival under ``.venv-rivals``. ``quality`` asks every
question and scores what was found, ``time`` measures the first set in fresh processes, ``table``
puts what both left under ``.venv-rivals/work`` into one file; ``all`` does the four in this order.
REPORTS is a PDF or a folder of them, GOLD a file of questions as ``python -m qa evaluate`` takes.

To add a rival, put one file beside this one: NAME, NEEDS (what pip installs), SHOWS (whose versions
the table gives), WAYS (a row each), HOW (loader, splitter and store), all of them plain constants,
and a class Rival with ``build(pdfs)``, ``save(folder)``, ``load(folder)`` and ``search(question,
k)``, which returns passages with text, report, page and score. ``_child.py`` calls it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.rivals._score import FIRST_WORDS, KS, page_texts, score
from benchmarks.rivals._tools import ENVIRONMENTS, ROOT, Tool, environment, install, tools, versions
from indexer.embedding import model_path
from qa.evaluate import Gold, load_gold

DEFAULT_SET = (ROOT / "data" / "reports", ROOT / "data" / "eval" / "digest.jsonl")
DEFAULT_REPEAT = 5
OURS, OUR_WAY = "report-qa", "answer"
OUR_PACKAGES = ("report-qa", "onnxruntime", "faiss-cpu", "bm25s")
CHILD = Path(__file__).with_name("_child.py")
PATIENCE_S = 1200
HEAD = (
    "tool", *(f"page hit@{k}" for k in KS), f"evidence in {FIRST_WORDS} words", "named page right",
    "pages named", "words a passage",
)  # fmt: skip
TIMES = ("PDF to first answer", "start to first answer", "each further question", "memory")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: a tool and the way it searches; no tool for this project itself."""

    tool: Tool | None
    way: str

    @property
    def key(self) -> str:
        """The name of its files."""
        return f"{self.tool.key if self.tool else OURS}-{self.way}"

    @property
    def name(self) -> str:
        """What the table calls it."""
        if self.tool is None:
            return f"**{OURS}**, the whole answer"
        return f"{self.tool.name}, {self.way}" if len(self.tool.ways) > 1 else self.tool.name


@dataclass(frozen=True, slots=True)
class Set:
    """Reports and the questions that are put to them."""

    reports: Path
    gold: Path

    @property
    def pdfs(self) -> list[Path]:
        """The PDFs, by name."""
        return sorted(self.reports.glob("*.pdf")) if self.reports.is_dir() else [self.reports]


class CouldNotRun(Exception):
    """A tool ended with an error; the message is its last line."""


def main() -> int:
    """Do one step, or all of them."""
    options = _arguments()
    chosen = [one for one in tools() if not options.rival or one.key in options.rival]
    rows = [Row(tool, way) for tool in chosen for way in tool.ways]
    if not options.rival or OURS in options.rival:
        rows.insert(0, Row(None, OUR_WAY))
    if options.step in ("install", "all"):
        for tool in chosen:
            install(tool)
    for one in options.set if options.step in ("quality", "all") else ():
        for row in rows:
            _keep(options.work, one, row, "quality", lambda r=row, s=one: quality(r, s))
    if options.step in ("time", "all"):
        for row in rows:
            _keep(
                options.work, options.set[0], row, "time",
                lambda r=row: times(r, options.set[0], options.repeat),
            )  # fmt: skip
    if options.step in ("table", "all"):
        text = "\n".join(report(options)) + "\n"
        options.out.write_text(text, encoding="utf-8")
        print(text, end="")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("step", choices=("install", "quality", "time", "table", "all"))
    parser.add_argument("--rival", action="append", default=[], metavar="NAME")
    parser.add_argument("--set", action="append", nargs=2, metavar=("REPORTS", "GOLD"), type=Path)
    parser.add_argument("--repeat", type=int, default=DEFAULT_REPEAT, metavar="N")
    parser.add_argument("--work", type=Path, default=ENVIRONMENTS / "work", metavar="DIR")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "rivals.md")
    options = parser.parse_args()
    pairs = options.set or [DEFAULT_SET]
    options.set = [Set(reports.resolve(), gold.resolve()) for reports, gold in pairs]
    return options


def _keep(work: Path, one: Set, row: Row, what: str, measure: Any) -> None:
    """Measure and write the figures down, or why there are none."""
    print(f"{what}: {row.name}, {one.gold.name}", file=sys.stderr, flush=True)
    try:
        record = measure()
    except (CouldNotRun, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        record = {"error": str(error)}
        print(f"  could not run: {error}", file=sys.stderr)
    file = _file(work, one, row, what)
    file.parent.mkdir(parents=True, exist_ok=True)
    record["load"] = os.getloadavg()[0]
    file.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _file(work: Path, one: Set, row: Row, what: str) -> Path:
    return work / one.gold.stem / f"{row.key}.{what}.json"


# Quality


def quality(row: Row, one: Set) -> dict[str, Any]:
    """Return the scores of every question's passages."""
    gold = load_gold(one.gold)
    with tempfile.TemporaryDirectory() as folder:
        if row.tool is None:
            found = our_passages(one, gold, Path(folder))
        else:
            record = child(row, one, gold, "build", Path(folder))
            found = {answer["id"]: answer["passages"] for answer in record["answers"]}
    return asdict(score(gold, found, {pdf.stem: page_texts(pdf) for pdf in one.pdfs}))


def our_passages(one: Set, gold: Sequence[Gold], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what ``python -m qa batch`` lists for each question."""
    place = our_index(one, folder)
    done = subprocess.run(
        [*place.batch, _questions(gold, folder, "jsonl")], cwd=ROOT, env=environment(), check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    found = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        found[answer["id"]] = [{**p, "page": p["pages"]} for p in answer["passages"]]
    return found


# Time


def times(row: Row, one: Set, repeat: int) -> dict[str, Any]:
    """Return seconds from the start of a process, seconds of further questions, and memory."""
    gold = load_gold(one.gold)
    with tempfile.TemporaryDirectory() as folder:
        measure = our_times if row.tool is None else rival_times
        return measure(row, one, gold, repeat, Path(folder))


def rival_times(
    row: Row, one: Set, gold: Sequence[Gold], repeat: int, folder: Path
) -> dict[str, Any]:
    first = gold[:1]
    built = [child(row, one, first, "build", folder / f"index-{n}") for n in range(builds(repeat))]
    opened = [child(row, one, first, "open", folder / "index-0") for _ in range(repeat)]
    warm = child(row, one, gold, "open", folder / "index-0")
    return {
        "pdf_s": [record["first_s"] for record in built],
        "start_s": [record["first_s"] for record in opened],
        "import_s": [record["import_s"] for record in opened],
        "warm_s": [answer["seconds"] for answer in warm["answers"]],
        "rss_mb": warm["rss_mb"],
    }


def our_times(
    row: Row, one: Set, gold: Sequence[Gold], repeat: int, folder: Path
) -> dict[str, Any]:
    built = []
    for number in range(builds(repeat)):
        began = time.monotonic()
        place = our_index(one, folder / f"our-{number}")
        first_line([*place.ask, gold[0].question, "--json"])
        built.append(time.monotonic() - began)
    opened = []
    for _ in range(repeat):
        began = time.monotonic()
        first_line([*place.ask, gold[0].question, "--json"])
        opened.append(time.monotonic() - began)
    warm, found, memory = our_batch([*place.batch, _questions(gold, folder, "jsonl")])
    return {
        "pdf_s": built,
        "start_s": opened,
        "warm_s": warm,
        "found_s": found,
        "rss_mb": memory,
    }


def builds(repeat: int) -> int:
    """Return how often to build where a start is measured this often: builds take longer."""
    return (repeat + 1) // 2


def first_line(command: Sequence[str | Path]) -> str:
    """Return the first line that a command prints, as soon as it is there; then let it end."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise CouldNotRun("it printed nothing")
        return line


def our_batch(command: Sequence[str | Path]) -> tuple[list[float], list[float], float]:
    """Return seconds between answers, those of finding passages alone, and megabytes."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    at: list[float] = []
    found = []
    for line in process.stdout:
        at.append(time.monotonic())
        spent = json.loads(line).get("timings_ms", {})
        found.append((spent.get("embed", 0.0) + spent.get("search", 0.0)) / 1000)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    # The first question pays for what is loaded late, and there is no line before it.
    between = [after - before for before, after in pairwise(at)]
    return between, found[1:], usage.ru_maxrss / 1024


# Starting


@dataclass(frozen=True, slots=True)
class OurPlace:
    """The commands that ask an index of this project's own."""

    ask: tuple[str, ...]
    batch: tuple[str, ...]


def our_index(one: Set, folder: Path) -> OurPlace:
    """Build an index of the set's reports and return how to ask it."""
    library, index = folder / "library", folder / "index"
    library.mkdir(parents=True)
    for pdf in one.pdfs:
        shutil.copyfile(pdf, library / pdf.name)
    places = ("--library", str(library), "--index", str(index))
    subprocess.run(
        [sys.executable, "-m", "indexer", "build", *places], cwd=ROOT, env=environment(),
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    start = (sys.executable, "-m", "qa")
    return OurPlace((*start, "ask", *places), (*start, "batch", *places))


def child(row: Row, one: Set, gold: Sequence[Gold], mode: str, folder: Path) -> dict[str, Any]:
    """Run a rival in its environment and return what it printed, ``first_s`` added.

    Raises:
        CouldNotRun: there is no environment, or the rival failed.
    """
    tool = row.tool
    assert tool is not None
    if not tool.python.exists():
        raise CouldNotRun("not installed: python -m benchmarks.rivals install")
    folder.mkdir(parents=True, exist_ok=True)
    asked = _questions(gold, folder.parent, "json")
    command: list[str | Path] = [
        tool.python, "-P", CHILD, tool.file, row.way, model_path(), mode, folder, asked,
        *(one.pdfs if mode == "build" else ()),
    ]  # fmt: skip
    began = time.monotonic()
    done = subprocess.run(
        command, env=environment(), cwd=folder, capture_output=True, text=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise CouldNotRun(lines[-1])
    record: dict[str, Any] = json.loads(done.stdout)
    record["first_s"] = record["first"] - began
    return record


def _questions(gold: Sequence[Gold], folder: Path, form: str) -> Path:
    """Write the questions as one JSON list, or as JSON lines for ``qa batch``."""
    asked = [{"id": one.id, "question": one.question} for one in gold]
    file = folder / f"questions-{len(asked)}.{form}"
    lines = "\n".join(map(json.dumps, asked))
    file.write_text(json.dumps(asked) if form == "json" else lines + "\n", encoding="utf-8")
    return file


# The table


def report(options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the file."""
    rows = [Row(None, OUR_WAY), *(Row(tool, way) for tool in tools() for way in tool.ways)]
    timed = {row.key: _read(options.work, options.set[0], row, "time") for row in rows}
    yield "# Beside other tools"
    yield ""
    sets = " ".join(f"--set {one.reports.name} {one.gold.name}" for one in options.set)
    yield f"Made by `python -m benchmarks.rivals all {sets}` on {date.today()}. Another tool's"
    yield "rows are what it retrieves; this project's are its whole answer, with the passages"
    yield "that it lists. `notes.md` says what each column means."
    for number, one in enumerate(options.set):
        found = {row.key: _read(options.work, one, row, "quality") for row in rows}
        shown = timed if number == 0 else None
        yield ""
        yield f"## {_title(one, found)}"
        yield ""
        yield from table(rows, found, shown)
    yield ""
    yield from verdict(rows, timed)
    yield ""
    yield "| tool | reads, splits, keeps | versions |"
    yield "|---|---|---|"
    ours = {name: metadata.version(name) for name in OUR_PACKAGES}
    yield f"| {OURS} | `python -m indexer build`, `python -m qa ask` | {_versions(ours)} |"
    for tool in tools():
        shown_versions = _versions(versions(tool)) if tool.python.exists() else "not installed"
        yield f"| {tool.name} | {tool.how} | {shown_versions} |"
    yield ""
    yield (
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, {_memory():.0f} GiB; "
        f"Python {platform.python_version()} on {platform.system()}; "
        f"load while times were measured: {_loads(timed)}."
    )


def _read(work: Path, one: Set, row: Row, what: str) -> dict[str, Any]:
    file = _file(work, one, row, what)
    if not file.is_file():
        return {"error": "not measured"}
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def _title(one: Set, found: Mapping[str, Mapping[str, Any]]) -> str:
    asked = next((record for record in found.values() if "questions" in record), None)
    pdfs = f"`{one.pdfs[0].name}`" if len(one.pdfs) == 1 else f"{len(one.pdfs)} reports"
    answerable = f", {asked['answerable']} answerable questions" if asked else ""
    return f"`{one.gold.name}` on {pdfs}{answerable}"


def table(
    rows: Sequence[Row],
    found: Mapping[str, Mapping[str, Any]],
    timed: Mapping[str, Mapping[str, Any]] | None,
) -> Iterator[str]:
    """Yield a Markdown table of the rows, with their times where there are any."""
    head = [*HEAD, *(TIMES if timed is not None else ())]
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        record = found[row.key]
        cells = [row.name]
        if "error" in record:
            cells += [_short(record["error"]), *[""] * (len(HEAD) - 2)]
        else:
            cells += [_share(record["page_hit"][str(k)]) for k in KS]
            cells += [_share(record["evidence"]), _share(record["named_right"])]
            named = record["named_pages"]
            cells += ["–" if named is None else f"{named:.1f}", f"{record['words']:.0f}"]
        if timed is not None:
            cells += _times(timed[row.key])
        yield f"| {' | '.join(cells)} |"


def _short(error: str) -> str:
    return " ".join(error.replace("|", "/").split())[:100]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0") if value < 1 else "1.000"


def _times(record: Mapping[str, Any]) -> list[str]:
    if "error" in record:
        return [_short(record["error"]), *[""] * (len(TIMES) - 1)]
    median, far = (1000 * quantile(record["warm_s"], share) for share in (0.5, 0.95))
    return [
        f"{statistics.median(record['pdf_s']):.1f} s",
        f"{statistics.median(record['start_s']):.2f} s",
        f"{median:.1f} / {far:.1f} ms",
        f"{record['rss_mb']:.0f} MB",
    ]


def verdict(rows: Sequence[Row], timed: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield how this project's start compares with the quickest of the others."""
    ours = timed[rows[0].key]
    others = {
        row.name: statistics.median(timed[row.key]["start_s"])
        for row in rows
        if row.tool is not None and row.tool.needs and "start_s" in timed[row.key]
    }
    if "start_s" not in ours or not others:
        return
    name = min(others, key=lambda one: others[one])
    mine = statistics.median(ours["start_s"])
    yield (
        f"From the start of the process to the first answer, index ready: {mine:.2f} s against "
        f"{others[name]:.2f} s for the quickest of the others that embed ({name}), "
        f"{mine / others[name]:.2f} of it."
    )
    found = 1000 * quantile(ours["found_s"], 0.5), 1000 * quantile(ours["found_s"], 0.95)
    yield (
        f"Of this project's further questions, finding passages alone takes {found[0]:.1f} / "
        f"{found[1]:.1f} ms; the others stop there."
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _memory() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30


def _loads(timed: Mapping[str, Mapping[str, Any]]) -> str:
    loads = [record["load"] for record in timed.values() if "load" in record]
    return f"{min(loads):.1f} to {max(loads):.1f}" if loads else "unknown"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
