"""``python -m qa``: ask, batch, evaluate."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer import errors
from indexer.library import DEFAULT_LIBRARY
from indexer.store import DEFAULT_INDEX
from indexer.stores import add_store_argument, open_searched
from indexer.terminal import (
    defect_sentence,
    fail,
    leave_pipe,
    say,
    say_json,
    system_sentence,
    wants_trace,
)
from qa.choice import CAUTION
from qa.errors import BadGoldFile, QaError, ReaderMissing

if TYPE_CHECKING:
    from indexer.snapshot import Snapshot
    from qa.answer import Asker
    from qa.evaluate import Ask, Gold
    from qa.records import Answer, Citation

DONE, FAILED, USAGE, NO_INDEX, DAMAGED, NO_ANSWER = 0, 1, 2, 4, 5, 6
INTERRUPTED = 130

ASK_ID = "q1"
"""The id of the one question that ``ask`` answers."""

NO_REPORTS = (
    "The reports do not say: there are none in the index. Add one with `python -m indexer add "
    "FILE.pdf`."
)

DEFAULT_TOP = 10
MAX_TOP = 100
COLUMNS = 88

EPILOG = """\
exit: 0 done or answered, 1 failed, 2 usage, 4 no index, 5 damaged index, 6 the reports do not say
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every error is a sentence."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ReaderMissing as error:
        return _fail(options, str(error), FAILED)
    except (errors.UnknownReport, QaError) as error:
        return _fail(options, str(error), USAGE)
    except errors.IndexMissing as error:
        return _fail(options, str(error), NO_INDEX)
    except errors.IndexDamaged as error:
        return _fail(options, str(error), DAMAGED)
    except errors.IndexerError as error:
        return _fail(options, str(error), FAILED)
    except BrokenPipeError:
        leave_pipe()
        return FAILED
    except OSError as error:
        return _fail(options, system_sentence(error), FAILED)
    except KeyboardInterrupt:
        return _fail(options, "Stopped.", INTERRUPTED)
    except Exception as error:
        if wants_trace():
            raise
        return _fail(options, defect_sentence(error), FAILED)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qa",
        description="Ask the indexed reports and get answers that are cited to their pages.",
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
    add_store_argument(shared, "search on a server, where `python -m indexer` put the index")
    top = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    top.add_argument(
        "--top", type=_number_of_passages, default=DEFAULT_TOP, metavar="K",
        help=f"number of passages to list, 1 to {MAX_TOP} (%(default)s)",
    )  # fmt: skip
    caution = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    caution.add_argument(
        "--caution", choices=list(CAUTION),
        help="how sure an answer must be to be given (balanced)",
    )  # fmt: skip
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, help: str, run: Any, *more: argparse.ArgumentParser) -> Any:
        added = commands.add_parser(
            name, help=help, description=help, parents=[shared, *more], epilog=EPILOG,
            allow_abbrev=False,
        )  # fmt: skip
        added.set_defaults(run=run, json=False)
        return added

    asker = command("ask", "answer one question", _ask, top, caution)
    asker.add_argument("question", metavar="QUESTION", help="the question, in quotation marks")
    asker.add_argument(
        "--report", action="append", default=[], metavar="ID",
        help="ask this report only; may be given several times",
    )  # fmt: skip
    asker.add_argument("--json", action="store_true", help="print one JSON object")
    batch = command(
        "batch", "answer a file of questions, one JSON answer a line", _batch, top, caution
    )
    batch.add_argument(
        "file", type=Path, metavar="FILE.jsonl",
        help='lines of {"id": …, "question": …, "filter": [report ids]}, the filter optional',
    )  # fmt: skip
    batch.add_argument("--json", action="store_true", help="as without it: answers are JSON")
    from qa.evaluate import add_arguments

    add_arguments(
        command("evaluate", "score a set of questions with known answers", _evaluate, caution)
    )
    return parser


def _number_of_passages(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_TOP:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 to {MAX_TOP}")
    return int(text)


# Commands


def _ask(options: argparse.Namespace) -> int:
    from qa.answer import answer_json
    from qa.question import read_question

    read_question(options.question)  # before the model is loaded, not seconds later
    snapshot = _opened(options)
    for report in options.report:
        snapshot.rows_of(report)
    answer = _asker(snapshot).ask(
        options.question, reports=options.report, top=options.top,
        threshold=CAUTION.get(options.caution),
    )  # fmt: skip
    if options.json:
        say_json(answer_json(answer, id=ASK_ID))
    else:
        titles = {report.id: report.title for report in snapshot.reports}
        for line in answer_lines(answer, titles):
            say(line)
    return DONE if answer.status == "answered" else NO_ANSWER


def _batch(options: argparse.Namespace) -> int:
    from qa.answer import answer_json, refused_json

    asked = list(read_batch(options.file))
    if not asked:  # no question, no answer: nothing is wrong, but nobody should have to wonder
        say(f"{options.file} holds no question, so there is no answer.", sys.stderr)
        return DONE
    asker = _asker(_opened(options))
    threshold = CAUTION.get(options.caution)
    for item in asked:
        try:
            answer = asker.ask(
                item.question, reports=item.reports, top=options.top, threshold=threshold
            )
            record = answer_json(answer, id=item.id)
        except (QaError, errors.UnknownReport) as error:
            # One question that cannot be asked must not cost the answers to the others.
            record = refused_json(item.question, str(error), id=item.id)
        print(json.dumps(record), flush=True)
    return DONE


def _evaluate(options: argparse.Namespace) -> int:
    from qa.evaluate import run

    snapshot = _opened(options)
    pages = {
        report.id: [page.text for page in snapshot.pages(report.id)] for report in snapshot.reports
    }
    threshold = CAUTION.get(options.caution)
    return run(
        options, lambda: _ask_of(_asker(snapshot), threshold), pages, on_progress=_draw_progress()
    )


def _ask_of(asker: Asker | _NothingToAsk, threshold: float | None) -> Ask:
    """Return what answers a gold question."""
    from qa.answer import answer_json, refused_json

    def ask(gold: Gold) -> dict[str, Any]:
        try:
            answer = asker.ask(gold.question, reports=gold.reports, threshold=threshold)
            return answer_json(answer, id=gold.id)
        except QaError as error:
            return refused_json(gold.question, str(error), id=gold.id)

    return ask


def _draw_progress() -> Any:
    """Return what draws on a terminal how many questions have been asked, None elsewhere."""
    if not sys.stderr.isatty():
        return None

    def draw(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{done:,} of {total:,} questions", end=end, file=sys.stderr, flush=True)

    return draw


def _opened(options: argparse.Namespace) -> Snapshot:
    """Return the snapshot in service; what a user should know of it goes to standard error."""
    snapshot = open_searched(options.index, options.store)
    for sentence in snapshot.warnings:
        say(sentence, sys.stderr)
    for sentence in _differences(options, snapshot):
        say(sentence, sys.stderr)
    return snapshot


def _differences(options: argparse.Namespace, snapshot: Snapshot) -> list[str]:
    """Return how the library has moved on since the index was built, and the way out."""
    from indexer.build import status

    stale = list(status(options.library, options.index, model=snapshot.model_name).stale)
    if not stale:
        return []
    return [*stale, "The index is stale: run `python -m indexer build` to include what changed."]


def _asker(snapshot: Snapshot) -> Asker | _NothingToAsk:
    if not snapshot.reports:
        return _NothingToAsk()
    from indexer.embedding import load_embedder
    from qa.answer import Asker
    from qa.reader import Reader

    # The two models are loaded outside Python's lock, so beside each other and beside the index.
    with ThreadPoolExecutor(2, thread_name_prefix="load") as pool:
        reader, words = pool.submit(Reader), pool.submit(snapshot.vocabulary)
        embedder = load_embedder(snapshot.model_name)
        words.result()
        return Asker(snapshot, embedder, reader=reader.result())


class _NothingToAsk:
    """Answers for an index without reports, at once: no model is loaded to find nothing."""

    def ask(self, question: str, *, reports: Sequence[str] = (), **_: object) -> Answer:
        """Return that there are no reports; see ``Asker.ask`` for what is raised."""
        from indexer.library import unknown_report
        from qa.question import read_question
        from qa.records import Answer

        text = read_question(question).text
        for report in reports:
            raise unknown_report(report, (), where="index")
        return Answer(text, "no_answer", NO_REPORTS, 0.0)


# Questions in a file


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One question of a batch: its id, its words and the ids of the reports it is put to."""

    id: str | int
    question: str
    reports: tuple[str, ...]


def read_batch(path: Path) -> Iterator[BatchItem]:
    """Yield the questions of a JSONL file.

    Raises:
        BadGoldFile: the file cannot be read, or a line is not an object with a question.
    """
    from qa.evaluate import json_lines

    for number, record in json_lines(path):
        question, name = record.get("question"), record.get("id", f"line-{number}")
        chosen = record.get("filter") or []
        if not isinstance(question, str) or type(name) not in (str, int):
            raise BadGoldFile(
                f"{path}, line {number}: each line needs a question, and its id must be a text; "
                'as in {"id": "q1", "question": "why …?"}.'
            )
        if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
            raise BadGoldFile(
                f"{path}, line {number}: the filter is {chosen!r}; it must be a list of report ids."
            )
        yield BatchItem(name, question, tuple(chosen))


# Saying


def answer_lines(answer: Answer, titles: dict[str, str]) -> Iterator[str]:
    """Yield an answer and its sources as lines for a terminal."""
    for sentence in answer.sentences:
        yield from _wrapped(sentence.text)
    if not answer.sentences:
        yield from _wrapped(answer.text)
    for source in answer.citations:
        yield ""
        yield from _source_lines(source, titles)
    if answer.also:
        others = " or ".join(f"“{titles.get(one, one)}” ({one})" for one in answer.also)
        yield ""
        yield from _wrapped(f"{others} may answer this as well: name it, or use --report.")
    if answer.status == "no_answer" and answer.hits:
        yield ""
        yield "Nearest passages:"
        for hit in answer.hits[:3]:
            pages = ", ".join(map(str, hit.passage.pages))
            where = f"{titles.get(hit.passage.report, hit.passage.report)}, PDF page {pages}"
            yield from _wrapped(f"{hit.rank}. {where}: {hit.passage.heading}", "   ")


def _source_lines(source: Citation, titles: dict[str, str]) -> Iterable[str]:
    printed = f"printed page {source.page_label}, " if source.page_label else ""
    title = titles.get(source.report, source.report)
    read = " (read by OCR)" if source.ocr else ""
    yield from _wrapped(f"[{source.n}] {title}, {printed}PDF page {source.page}{read}", "    ")
    if source.section:
        yield from _wrapped(f"    {' › '.join(source.section)}", "    ")
    yield from _wrapped(f"    “{' '.join(source.quote.split())}”", "    ")


def _wrapped(text: str, hang: str = "") -> list[str]:
    return textwrap.wrap(text, COLUMNS, subsequent_indent=hang, break_on_hyphens=False)


def _fail(options: argparse.Namespace, sentence: str, status: int) -> int:
    return fail(sentence, status, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
