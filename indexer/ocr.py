"""Words of pages that are pictures, read by the program ``tesseract`` where it is installed.

One page at a time, so that the pages of a file that do have text keep it. The program is found on
the PATH and run as a process of its own, with a time limit and one thread; nothing of it is
imported. This is the only file that runs it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from statistics import linear_regression, mean, median
from typing import TYPE_CHECKING

from indexer.errors import OcrFailed
from indexer.records import Rect, Word

if TYPE_CHECKING:
    from PIL.Image import Image

PROGRAM = "tesseract"
HOW_TO_INSTALL = (
    "Install tesseract (on Debian and Ubuntu: apt-get install tesseract-ocr; on macOS: brew "
    "install tesseract) and build the index again."
)

DEFAULT_SCALE = 250 / 72
"""Picture pixels per PDF point, 250 dots an inch: more made no word better and took longer."""

DEFAULT_TIMEOUT = 60.0
"""Seconds one page may take; a dense page takes one or two."""

DEFAULT_SECONDS = 600.0
"""Seconds the pages of one file may take together."""

DEFAULT_WORKERS = 2
"""Pages of one file that are read at a time, each by a process with one thread."""

DEFAULT_LANGUAGES = "eng"
MIN_CONFIDENCE = 40.0
"""Words of which the program is less sure, in per cent, are specks, rules and pictures."""

MIN_SIGN_CONFIDENCE = 80.0
"""Signs without a letter or figure are more often part of a picture than of a text."""

NOT_BULLETS = frozenset("aAI0123456789")
BULLET = "•"
BULLET_GAP = 0.6
"""A bullet stands at least this many sizes in front of its text; it is read as some letter."""

MIN_UPRIGHT_CONFIDENCE = 70.0
"""Words read upside down come to 40 per cent, upright ones to 95: below this, the program is asked
which way a page lies."""

MIN_TURN_CONFIDENCE = 1.0
ASCENT, DESCENT, X_HEIGHT = 0.73, 0.21, 0.52
"""How far capitals rise over the line, tails hang below it and small letters rise, in sizes."""

BOX_ASCENT = 0.9
"""How far a word's box rises over its line, as in the boxes of words that are text."""

RISING = re.compile(r"[A-Z0-9bdfhklt£$€%&(){}\[\]/\\|!?'\"‘’“”]")
HANGING = re.compile(r"[gjpqyQ,;(){}\[\]/\\|]")
MIN_SLOPE_WORDS = 4
MAX_SLOPE = 0.1
SIZE_STEP = 0.5
ONE_PARAGRAPH = 0.3
ONE_SIZE = 0.12
"""Lines whose size is this near to the usual one of the page are of that size."""

LEVEL_WORD = "5"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a whole page, and the width and height that it shows, in PDF points."""

    page: int
    image: Image
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """A word as the program sees it: pixels, origin at the top left; its line; its confidence."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    line: tuple[str, str, str]
    confidence: float


def find_tesseract() -> str | None:
    """Return the path of the text recognition program, or nothing where it is not installed."""
    return shutil.which(PROGRAM)


def missing_sentence(name: str, pages: Sequence[int]) -> str:
    """Return what to tell about pages of a file that are pictures when the program is missing."""
    one = len(pages) == 1
    which = f"{'Page' if one else 'Pages'} {_ranges(pages)} of {name}"
    return (
        f"{which} {'is a picture' if one else 'are pictures'} without text, and the program that "
        f"reads such pages is not installed, so {'it was' if one else 'they were'} left out. "
        f"{HOW_TO_INSTALL}"
    )


def unread_sentence(name: str, pages: Sequence[int]) -> str:
    """Return what to tell about pages that the program was given and did not read."""
    one = len(pages) == 1
    which = f"{'Page' if one else 'Pages'} {_ranges(pages)} of {name}"
    return (
        f"{which} {'is a picture' if one else 'are pictures'} that text recognition could not "
        f"read in time or at all, so {'it was' if one else 'they were'} left out."
    )


def read_page(
    image: Image,
    *,
    width: float,
    height: float,
    program: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    languages: str = DEFAULT_LANGUAGES,
    min_confidence: float = MIN_CONFIDENCE,
) -> tuple[Word, ...]:
    """Return the words in a picture of a page, in reading order, with boxes in PDF points.

    ``width`` and ``height`` are the points that the whole picture shows; boxes have their origin
    at its bottom left. A page that lies on its side is read too, its words then have a ``turn``:
    the degrees counter-clockwise that they are turned in the picture. Sizes are estimated from
    the height of the letters. A blank page gives no words.

    Raises:
        OcrFailed: the program is not installed, fails, or needs longer than ``timeout`` seconds.
    """
    path = program or find_tesseract()
    if path is None:
        raise OcrFailed(f"{PROGRAM} is not installed. {HOW_TO_INSTALL}")
    reader = _Reader(path, timeout, languages, 72 * image.width / max(width, 1.0))
    gray = image.convert("L")
    seen = reader.words(gray)
    turn = 0 if _is_upright(seen) else reader.turn(gray)
    if turn:
        gray = gray.rotate(-turn, expand=True)
        seen = reader.words(gray)
    seen = _with_bullets([word for word in seen if word.confidence >= min_confidence])
    across, up = (height, width) if turn in (90, 270) else (width, height)
    words = _in_points(seen, across / gray.width, up / gray.height, up)
    if not turn:
        return tuple(words)
    return tuple(replace(w, rect=_turned(w.rect, turn, across, up), turn=turn) for w in words)


def read_pages(
    pictures: Iterable[Picture],
    *,
    program: str | None = None,
    seconds: float = DEFAULT_SECONDS,
    workers: int = DEFAULT_WORKERS,
    timeout: float = DEFAULT_TIMEOUT,
) -> dict[int, tuple[Word, ...]]:
    """Return the words of pages that are pictures, by page number; pages that failed are absent.

    Pictures are taken one after the other, as they are needed, by this thread; no page is begun
    once ``seconds`` have passed.
    """
    ends = time.monotonic() + seconds
    found: dict[int, tuple[Word, ...]] = {}
    waiting: dict[Future[tuple[Word, ...]], int] = {}

    def collect(everything: bool) -> None:
        when = ALL_COMPLETED if everything else FIRST_COMPLETED
        for future in wait(waiting, return_when=when).done:
            number = waiting.pop(future)
            with contextlib.suppress(OcrFailed):
                found[number] = future.result()

    with ThreadPoolExecutor(workers) as pool:
        for picture in pictures:
            if time.monotonic() >= ends:
                break
            future = pool.submit(
                read_page, picture.image, width=picture.width, height=picture.height,
                program=program, timeout=min(timeout, ends - time.monotonic()),
            )  # fmt: skip
            waiting[future] = picture.page
            if len(waiting) >= workers:
                collect(False)
        collect(True)
    return dict(sorted(found.items()))


def page_text(words: Iterable[Word]) -> str:
    """Return the words of a page as its text, against which quotes are checked."""
    return " ".join(word.text for word in words)


class _Reader:
    """Runs the program on one picture, with one thread and no longer than the time limit."""

    def __init__(self, path: str, timeout: float, languages: str, dots: float) -> None:
        self._path = path
        self._timeout = timeout
        self._ends = time.monotonic() + timeout  # of all its runs on this page together
        self._languages = languages
        self._dots = str(round(min(max(dots, 70.0), 2400.0)))

    def words(self, image: Image) -> list[_Seen]:
        """Return the words of a picture in the program's reading order, sure or not."""
        return list(_parsed(self._run(image, "-l", self._languages, "--psm", "3", "tsv")))

    def turn(self, image: Image) -> int:
        """Return how far the text of a picture is turned, in degrees counter-clockwise."""
        try:
            told = self._run(image, "--psm", "0")
        except OcrFailed:
            return 0  # too little text on the page to tell
        rotate = re.search(r"^Rotate: (\d+)", told, re.M)
        sure = re.search(r"^Orientation confidence: ([\d.]+)", told, re.M)
        if rotate is None or sure is None or float(sure.group(1)) < MIN_TURN_CONFIDENCE:
            return 0
        return int(rotate.group(1)) % 360

    def _run(self, image: Image, *arguments: str) -> str:
        picture = io.BytesIO()
        image.save(picture, format="PNG", compress_level=1)
        command = [self._path, "stdin", "stdout", "--dpi", self._dots, *arguments]
        try:
            done = subprocess.run(
                command,
                input=picture.getvalue(),
                capture_output=True,
                timeout=max(0.0, self._ends - time.monotonic()),
                env=os.environ | {"OMP_THREAD_LIMIT": "1"},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OcrFailed(
                f"Text recognition took longer than {self._timeout:g} seconds for one page."
            ) from error
        except OSError as error:
            raise OcrFailed(f"{self._path} cannot be run: {error.strerror}.") from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise OcrFailed(
                f"Text recognition failed with exit status {done.returncode}"
                f"{': ' + said[-1] if said else ''}."
            )
        return done.stdout.decode("utf-8", "replace")


def _is_upright(seen: Sequence[_Seen]) -> bool:
    """Return whether words were read as they stand: with confidence, and wider than high."""
    if not seen:
        return True
    long = [word for word in seen if len(word.text) > 2]
    high = sum(word.bottom - word.top > word.right - word.left for word in long)
    return mean(word.confidence for word in seen) >= MIN_UPRIGHT_CONFIDENCE and (
        high <= 0.5 * len(long)
    )


def _parsed(table: str) -> Iterable[_Seen]:
    """Yield the words of the program's table, which has a row for each word, line and block."""
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row.get("text") or "").strip()
        if row.get("level") != LEVEL_WORD or not text:
            continue
        left, top = int(row["left"]), int(row["top"])
        yield _Seen(
            text=text,
            left=left,
            top=top,
            right=left + int(row["width"]),
            bottom=top + int(row["height"]),
            line=(row["block_num"], row["par_num"], row["line_num"]),
            confidence=float(row["conf"]),
        )


def _with_bullets(seen: Sequence[_Seen]) -> list[_Seen]:
    """Return words with the bullets as bullets, and without signs that are parts of pictures."""
    lines = _lines(seen)
    kept = []
    for word in seen:
        line = lines[word.line]
        if word is line[0] and len(line) > 1 and _is_bullet(word, line):
            kept.append(replace(word, text=BULLET))
        elif any(map(str.isalnum, word.text)) or word.confidence >= MIN_SIGN_CONFIDENCE:
            kept.append(word)
    return kept


def _is_bullet(word: _Seen, line: Sequence[_Seen]) -> bool:
    """Return whether the first word of a line is one character well in front of the others."""
    if len(word.text) != 1 or word.text in NOT_BULLETS:
        return False
    return line[1].left - word.right >= BULLET_GAP * _size(line[1:])


def _lines(seen: Iterable[_Seen]) -> dict[tuple[str, str, str], list[_Seen]]:
    lines: dict[tuple[str, str, str], list[_Seen]] = {}
    for word in seen:
        lines.setdefault(word.line, []).append(word)
    return lines


def _in_points(seen: Sequence[_Seen], across: float, up: float, height: float) -> list[Word]:
    """Return words in PDF points, each on its line's base and of its line's size."""
    lines = _lines(seen)
    sizes = _smoothed({key: _size(line) * up for key, line in lines.items()}, lines)
    bases = {key: _base(line, sizes[key] / up) for key, line in lines.items()}
    words = []
    for word in seen:
        size = sizes[word.line]
        slope, start = bases[word.line]
        base = height - (slope * word.left + start) * up
        rect = (
            round(word.left * across, 2),
            round(base - DESCENT * size, 2),
            round(word.right * across, 2),
            round(base + BOX_ASCENT * size, 2),
        )
        words.append(Word(word.text, rect, size))
    return words


def _size(line: Sequence[_Seen]) -> float:
    """Return a line's type size in pixels, from the heights of its words and what is in them."""
    return median([_word_size(w) for w in line if w.text != BULLET] or map(_word_size, line))


def _word_size(word: _Seen) -> float:
    rise = ASCENT if RISING.search(word.text) else X_HEIGHT
    return (word.bottom - word.top) / (rise + _hang(word.text))


def _hang(text: str) -> float:
    return DESCENT if HANGING.search(text) else 0.0


def _base(line: Sequence[_Seen], size: float) -> tuple[float, float]:
    """Return the line on which words stand, in pixels from the top: slope and height at the left.

    Scans are a little askew; with few words the slope would be that of chance.
    """
    standing = [word for word in line if word.text != BULLET] or list(line)
    lefts = [float(word.left) for word in standing]
    bases = [word.bottom - _hang(word.text) * size for word in standing]
    if len(standing) < MIN_SLOPE_WORDS:
        return 0.0, median(bases)
    slope, start = linear_regression(lefts, bases)
    return (slope, start) if abs(slope) < MAX_SLOPE else (0.0, median(bases))


def _smoothed(
    measured: dict[tuple[str, str, str], float], lines: dict[tuple[str, str, str], list[_Seen]]
) -> dict[tuple[str, str, str], float]:
    """Return sizes in half points, those near their paragraph's or the page's made equal to it.

    What is set in one size is measured in several; what follows tells text from headings by it.
    """
    sizes = dict(measured)
    paragraphs: dict[tuple[str, str], list[float]] = {}
    for key, size in measured.items():
        paragraphs.setdefault(key[:2], []).append(size)
    for key, size in measured.items():
        usual = median(paragraphs[key[:2]])
        if abs(size - usual) <= ONE_PARAGRAPH * usual:
            sizes[key] = usual
    rounded = {
        key: max(SIZE_STEP, round(size / SIZE_STEP) * SIZE_STEP) for key, size in sizes.items()
    }
    letters: Counter[float] = Counter()
    for key, size in rounded.items():
        letters[size] += sum(len(word.text) for word in lines[key])
    if not letters:
        return rounded
    usual = letters.most_common(1)[0][0]
    return {
        key: usual if abs(sizes[key] - usual) <= ONE_SIZE * usual else size
        for key, size in rounded.items()
    }


def _turned(rect: Rect, turn: int, width: float, height: float) -> Rect:
    """Return a box of an upright page where it lies in the picture that is turned by ``turn``.

    ``width`` and ``height`` are those of the upright page.
    """
    x0, y0, x1, y1 = rect
    if turn == 90:
        return (height - y1, x0, height - y0, x1)
    if turn == 180:
        return (width - x1, height - y1, width - x0, height - y0)
    return (y0, width - x1, y1, width - x0)


def _ranges(numbers: Sequence[int]) -> str:
    """Return page numbers as a list: "3–5, 8 and 10"."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    names = [f"{a}" if a == b else f"{a}–{b}" for a, b in parts]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
