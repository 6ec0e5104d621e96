"""``python -m indexer``: build, add, remove, watch, status, verify, inspect."""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from indexer import errors
from indexer.embedding import DEFAULT_MODEL
from indexer.library import DEFAULT_LIBRARY, Library, either, near_names
from indexer.store import DEFAULT_INDEX
from indexer.stores import add_store_argument, cluster_address
from indexer.terminal import (
    count,
    defect_sentence,
    fail,
    leave_pipe,
    plain,
    say,
    say_json,
    system_sentence,
    wants_trace,
)
from indexer.watch import DEFAULT_SETTLE_S

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from indexer.events import BuildResult, Event, Status
    from indexer.remote import Workers
    from indexer.stores import StoreState
    from indexer.watch import Seen

DONE, FAILED, USAGE, REFUSED, NO_INDEX, DAMAGED = 0, 1, 2, 3, 4, 5
INTERRUPTED, TERMINATED = 130, 143  # 128 and the number of the signal, as a shell has it
MAX_SETTLE_S = 3600.0
MAX_WORKERS = 16

READING_SHARE = 0.15
"""How much of the time of one report goes into reading it; the rest into embedding."""

EPILOG = """\
exit: 0 done, 1 failed and the old index stays in service, 2 usage, 3 some files refused and the
rest indexed, 4 no index, 5 damaged index, 130 stopped, 143 a watch ended by SIGTERM
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every error is a sentence."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except errors.UnknownReport as error:
        return _fail(options, str(error), USAGE)
    except errors.IndexMissing as error:
        return _fail(options, str(error), NO_INDEX)
    except errors.IndexDamaged as error:
        return _fail(options, str(error), FAILED if options.writes else DAMAGED)
    except errors.IndexerError as error:
        return _fail(options, str(error), FAILED)
    except BrokenPipeError:
        leave_pipe()
        return FAILED
    except OSError as error:
        return _fail(options, f"{system_sentence(error)} {_unchanged(options)}", FAILED)
    except KeyboardInterrupt:
        return _fail(options, f"Stopped. {_unchanged(options)}", INTERRUPTED)
    except Exception as error:
        if wants_trace():
            raise
        return _fail(options, defect_sentence(error, _unchanged(options)), FAILED)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m indexer",
        description="Make and check the index of a library of PDF reports.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    shared.add_argument(
        "--library", type=Path, default=DEFAULT_LIBRARY, metavar="DIR",
        help="folder of PDFs (data/reports of the project)",
    )  # fmt: skip
    shared.add_argument(
        "--index", type=Path, default=DEFAULT_INDEX, metavar="DIR",
        help="folder of the index (data/index of the project)",
    )  # fmt: skip
    shared.add_argument("--json", action="store_true", help="print one JSON object")
    model = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    model.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="NAME",
        help="embedding model: its name or the folder of a sentence-transformers model "
        "(%(default)s)",
    )  # fmt: skip
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, help: str, run: Any, *, writes: bool) -> argparse.ArgumentParser:
        parents = [shared] if name == "verify" else [shared, model]
        added = commands.add_parser(
            name, help=help, description=help, parents=parents, epilog=EPILOG, allow_abbrev=False
        )
        added.set_defaults(run=run, writes=writes)
        add_store_argument(added, "keep its vectors and words on a server, too")
        return added

    builder = command("build", "make the index match the library", _build, writes=True)
    hands = builder.add_mutually_exclusive_group()
    hands.add_argument(
        "--workers", type=int, choices=range(1, MAX_WORKERS + 1), metavar="N",
        help="files that are read at a time, each by a process of its own (one for every two "
        "processors)",
    )  # fmt: skip
    hands.add_argument(
        "--cluster", type=cluster_address, metavar="ADDRESS",
        help="read and embed on the workers of a Dask scheduler: tcp://HOST:8786",
    )  # fmt: skip
    adder = command("add", "put PDFs into the library, then build", _add, writes=True)
    adder.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a PDF")
    adder.add_argument(
        "--replace", action="store_true", help="let a report of the same name be replaced"
    )
    remover = command("remove", "take reports out of library and index", _remove, writes=True)
    remover.add_argument("reports", nargs="+", metavar="ID", help="a report's id")
    watcher = command(
        "watch", "build whenever the library changes, until it is stopped", _watch, writes=True
    )
    watcher.add_argument(
        "--settle", type=_seconds, default=DEFAULT_SETTLE_S, metavar="SECONDS",
        help="build once nothing has changed for so long (%(default)g)",
    )  # fmt: skip
    command("status", "say what the index holds and if it is stale", _status, writes=False)
    command("verify", "compute every checksum of the index again", _verify, writes=False)
    inspector = commands.add_parser(
        "inspect", help="show how a PDF is read: a health card, or a picture of every page",
        description="Show how a PDF is read, without adding it to the library.",
        parents=[shared], epilog=EPILOG, allow_abbrev=False,
    )  # fmt: skip
    inspector.set_defaults(run=_inspect, writes=False)
    inspector.add_argument(
        "file", type=Path, metavar="FILE", help="a PDF, or the id of a report of the library"
    )
    inspector.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page that shows every page's blocks"
    )
    return parser


def _build(options: argparse.Namespace) -> int:
    from indexer.build import build

    _find_store(options)
    with _Progress(options.json) as progress, _cluster(options) as cluster:
        result = build(
            options.library, options.index, model=options.model, on_event=progress.hear,
            workers=options.workers, cluster=cluster,
        )  # fmt: skip
    return _finished(options, result)


def _add(options: argparse.Namespace) -> int:
    from indexer.build import add

    _find_store(options)
    sources: list[tuple[str, Path | bytes]] = [(file.name, file) for file in options.files]
    with _Progress(options.json) as progress:
        result = add(
            sources, options.library, options.index,
            replace=options.replace, model=options.model, on_event=progress.hear,
        )  # fmt: skip
    return _finished(options, result)


def _remove(options: argparse.Namespace) -> int:
    from indexer.build import remove

    _find_store(options)
    with _Progress(options.json) as progress:
        result = remove(
            options.reports, options.library, options.index,
            model=options.model, on_event=progress.hear,
        )  # fmt: skip
    return _finished(options, result)


def _cluster(options: argparse.Namespace) -> AbstractContextManager[Workers | None]:
    """Give the workers of the cluster that is named, None where none is."""
    if options.cluster is None:
        return contextlib.nullcontext()
    from indexer.cluster import workers

    return workers(options.cluster)


def _find_store(options: argparse.Namespace) -> None:
    """Raise where the store does not answer: before anything is read, not hours later."""
    if options.store is not None:
        from indexer.stores import connect

        connect(options.store)


def _finished(options: argparse.Namespace, result: BuildResult) -> int:
    """Make the store match the index that was built, and say what was done."""
    try:
        _publish(options)
    except errors.StoreFailed as error:
        return _fail(
            options, f"The folder has the new index and the store has not. {error}", FAILED
        )
    return _tell_result(options, result)


def _publish(options: argparse.Namespace) -> None:
    if options.store is not None:
        from indexer.stores import publish

        if publish(options.index, options.store):
            say(f"The store {options.store} has the index in service.", sys.stderr)


def _watch(options: argparse.Namespace) -> int:
    """Watch until a signal ends it; the only other end is a failure."""
    from indexer.build import build
    from indexer.watch import watch

    def work() -> BuildResult:
        result = build(options.library, options.index, model=options.model, on_event=told.hear)
        _publish(options)
        return result

    Library(options.library).require()
    _find_store(options)
    told = _Watching(options.json)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        watch(
            options.library,
            work,
            stop=threading.Event(), tell=told.tell, settle=options.settle,
        )  # fmt: skip
    except _Terminated:
        status = TERMINATED
    except KeyboardInterrupt:
        status = INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    told.say(f"Stopped. {_unchanged(options)}")
    return status


class _Terminated(KeyboardInterrupt):
    """The system asked the process to end."""


def _terminate(number: int, frame: object) -> None:
    raise _Terminated


def _status(options: argparse.Namespace) -> int:
    from indexer.build import status

    found = status(options.library, options.index, model=options.model)
    held = _store_state(options)
    if options.json:
        say_json(found.to_json() | ({} if held is None else {"store": asdict(held)}))
    else:
        _tell_status(found)
        if held is not None:
            say(_store_line(options, found, held))
    return DAMAGED if found.warnings else DONE


def _store_state(options: argparse.Namespace) -> StoreState | None:
    if options.store is None:
        return None
    from indexer.stores import connect

    return connect(options.store).state()


def _store_line(options: argparse.Namespace, found: Status, held: StoreState) -> str:
    if not held.snapshot:
        return f"The store {options.store} has no index: run `python -m indexer build` with it."
    same = "the same snapshot" if held.snapshot == found.snapshot else f"snapshot {held.snapshot}"
    return f"The store {options.store} has {same} in service, {count(held.rows, 'passage')}."


def _verify(options: argparse.Namespace) -> int:
    from indexer.snapshot import open_snapshot, verify

    wrong = verify(options.index)
    if options.store is not None and not wrong:
        from indexer.stores import connect

        wrong = connect(options.store).wrong_with(open_snapshot(options.index))
    if options.json:
        say_json({"sound": not wrong, "problems": wrong})
    elif not wrong:
        say("The index is sound: every checksum and cross-check is right.")
    for sentence in wrong:
        say(sentence, sys.stderr)
    if wrong:
        say("Run `python -m indexer build` to repair it.", sys.stderr)
    return DAMAGED if wrong else DONE


def _inspect(options: argparse.Namespace) -> int:
    from indexer.sandbox import inspect_report, to_html

    file = _file_to_inspect(options.file, options.library)
    if file is None:
        return _fail(options, _no_such_file(options.file, options.library), USAGE)
    wrong = "" if options.html is None else _unwritable(options.html)
    if wrong:  # said before the pages are drawn, not minutes later
        return _fail(options, wrong, USAGE)
    try:
        if options.html is not None:
            options.html.write_text(to_html(file), encoding="utf-8")
            say(f"Wrote {options.html}.", sys.stderr)
        if options.json:
            say_json(inspect_report(file).to_json())
        elif options.html is None:
            for line in inspect_report(file).lines():
                say(line)
    except errors.ReportRefused as error:
        return _fail(options, str(error), REFUSED)
    return DONE


def _file_to_inspect(named: Path, library: Path) -> Path | None:
    """Return the file that is named, or that of the report of that id; None without either."""
    if named.is_file():
        return named
    try:
        return Library(library).path_of(str(named))
    except errors.UnknownReport:
        return None


def _no_such_file(named: Path, library: Path) -> str:
    """Return that a file is not there, with those that may be meant."""
    beside = {file.stem: str(file) for file in _pdfs_in(named.parent)}
    near = [beside[stem] for stem in near_names(named.stem, list(beside))]
    if named.name == str(named):
        ids = [file.stem for file in _pdfs_in(library)]
        near = near_names(named.stem, ids) or near
    asked = f"Did you mean {either(near)}?" if near else "Check the name."
    return f"There is no file {named}. {asked}"


def _pdfs_in(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*")) if file.suffix.lower() == ".pdf"]


def _unwritable(path: Path) -> str:
    """Return why a file cannot be written, and the way out, or nothing where it can."""
    there = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        return (
            f"{path} cannot be written ({error.strerror}): name a file in a folder that exists and "
            "that you may write to."
        )
    if not there:
        path.unlink()
    return ""


# Saying


def _tell_result(options: argparse.Namespace, result: BuildResult) -> int:
    for report in result.refused:
        say(f"Refused {report.id}: {report.reason}", sys.stderr)
    if options.json:
        say_json(result.to_json())
        return REFUSED if result.refused else DONE
    for line in _result_lines(result):
        say(line)
    return REFUSED if result.refused else DONE


def _result_lines(result: BuildResult) -> Iterator[str]:
    """Yield what a build did, but for what it refused."""
    for report in result.reports:
        if report.status == "indexed":
            yield (
                f"Indexed {report.id}: {count(report.pages, 'page')}, "
                f"{count(report.passages, 'passage')}, {report.seconds:.1f} s."
            )
        elif report.status == "removed":
            yield f"Removed {report.id}."
    kept = sum(report.status in ("indexed", "unchanged") for report in result.reports)
    yield (
        f"{'The new index' if result.changed else 'The index is up to date and'} holds "
        f"{count(kept, 'report')} with {count(result.passages, 'passage')} "
        f"({result.snapshot}, {result.seconds:.1f} s)."
    )


def _tell_status(found: Status) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("Report", "Title", "Pages", "Passages", "Date"):
        table.add_column(column, justify="right" if column.startswith("Pa") else "left")
    for report in found.reports:
        date = report.published or report.created[:10] or f"file of {report.modified[:10]}"
        cells = (report.id, report.title, f"{report.pages:,}", f"{report.passages:,}", date)
        table.add_row(*(Text(plain(cell), overflow="fold") for cell in cells))
    if found.reports:
        drawn = io.StringIO()
        width = shutil.get_terminal_size((120, 24)).columns
        Console(file=drawn, width=width, highlight=False, emoji=False).print(table)
        for line in drawn.getvalue().splitlines():
            say(line.rstrip())
    pages = sum(report.pages for report in found.reports)
    passages = sum(report.passages for report in found.reports)
    say(
        f"{count(len(found.reports), 'report')}, {count(pages, 'page')}, "
        f"{count(passages, 'passage')}."
    )
    say(f"Model {found.model}. Snapshot {found.snapshot} of {found.created}.")
    for report in found.reports:
        for note in report.notes:
            say(note)
    for refused in found.refused:
        say(f"Refused {refused.id}: {refused.reason}")
    for sentence in found.stale:
        say(sentence)
    if found.stale:
        say("The index is stale: run `python -m indexer build`.")
    for sentence in found.warnings:
        say(sentence, sys.stderr)


def _fail(options: argparse.Namespace, sentence: str, status: int) -> int:
    return fail(sentence, status, as_json=options.json)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= MAX_SETTLE_S:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to {MAX_SETTLE_S:g}")


def _unchanged(options: argparse.Namespace) -> str:
    return "The index in service stays as it was." if options.writes else ""


class _Progress:
    """Draws a build's events on standard error: a bar in a terminal, else a line a report.

    With ``--json`` and no terminal there is nobody to draw for.
    """

    def __init__(self, json: bool) -> None:
        self._terminal = sys.stderr.isatty()
        self._quiet = json and not self._terminal
        self._bar: Any = None
        self._task: Any = None
        self._began = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def hear(self, event: Event) -> None:
        """Draw one event."""
        if self._terminal:
            self._draw(event)
        elif not self._quiet and event.done == 0:
            place = f" ({event.number} of {event.count})" if event.report else ""
            left = self._left(event) if event.report and event.stage == "reading" else ""
            say(
                f"{event.stage.capitalize()} {event.report or 'the index'}{place}{left}", sys.stderr
            )

    def _left(self, event: Event) -> str:
        """Return how long the rest may take, judged by the reports that are done."""
        done = event.number - 1
        if done < 1:
            return ""
        seconds = (time.monotonic() - self._began) / done * (event.count - done)
        return f", about {seconds:,.0f} s left"

    def _draw(self, event: Event) -> None:
        if self._bar is None:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        if not event.report:
            self._bar.update(self._task, description="publishing the index")
            return
        part = event.done / event.total if event.total else 1.0
        inside = part * READING_SHARE
        steps = ""
        if event.stage == "embedding":
            inside = READING_SHARE + part * (1 - READING_SHARE)
            steps = f" {event.done:,}/{event.total:,}"
        self._bar.update(
            self._task,
            description=f"{event.number} of {event.count} · {plain(event.report)} · "
            f"{event.stage}{steps}",
            completed=event.number - 1 + inside,
            total=event.count,
        )


class _Watching:
    """Says what a watched library does: a line each, and with ``--json`` an object a build."""

    def __init__(self, json: bool) -> None:
        self._json = json

    def tell(self, seen: Seen) -> None:
        """Say one thing that happened."""
        if seen.error is not None and wants_trace():
            raise seen.error
        if seen.result is None:
            self.say(seen.sentence)
        else:
            for report in seen.result.refused:
                self.say(f"Refused {report.id}: {report.reason}")
            for line in _result_lines(seen.result):
                self.say(line)
        if self._json and seen.kind in ("built", "failed"):
            say_json({"error": seen.sentence} if seen.result is None else seen.result.to_json())
            sys.stdout.flush()

    def hear(self, event: Event) -> None:
        """Say which report a build begins to read."""
        if event.stage == "reading" and event.done == 0:
            self.say(f"Reading {event.report} ({event.number} of {event.count})")

    @staticmethod
    def say(sentence: str) -> None:
        """Say one line with the time of day: a watch goes on for days."""
        say(f"{time.strftime('%H:%M:%S')} {sentence}", sys.stderr)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    words = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=words),
        BarColumn(bar_width=16),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(file=sys.stderr),
        transient=True,
        expand=True,
    )


if __name__ == "__main__":
    sys.exit(main())
