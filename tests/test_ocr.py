"""Pages that are pictures: read where the program is installed, told about where it is not."""

import stat
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer import ocr
from indexer.ocr import (
    OcrFailed,
    Picture,
    find_tesseract,
    missing_sentence,
    page_text,
    read_page,
    read_pages,
    unread_sentence,
)
from indexer.text import fold

WIDTH, HEIGHT, DOTS = 595.0, 842.0, 250
LINES = [
    "The lighthouse has four keepers and one vacancy.",
    "Two keepers left in May and none has come since.",
    "Stores held 900 litres of oil at the end of winter.",
]
TYPE_SIZE, LEFT, TOP, STEP = 12, 72, 100, 20
needs_tesseract = pytest.mark.skipif(
    find_tesseract() is None,
    reason="tesseract is not installed (Debian: apt-get install tesseract-ocr)",
)


def pixels(points: float) -> int:
    return round(points * DOTS / 72)


def picture(lines: list[str] = LINES) -> Image.Image:
    """Draw an A4 page with one line below the other, the first letter 72 points from the left."""
    image = Image.new("L", (pixels(WIDTH), pixels(HEIGHT)), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(pixels(TYPE_SIZE))
    for number, line in enumerate(lines):
        at = (pixels(LEFT), pixels(TOP + STEP * number))
        draw.text(at, line, font=font, fill="black", anchor="ls")
    return image


def program(folder: Path, script: str) -> str:
    """Write a program that stands in for tesseract."""
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


HEAD = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


def table(*words: tuple[int, int, int, int, float, str], line: int = 1) -> str:
    rows = [HEAD, "4\t1\t1\t1\t1\t0\t0\t0\t500\t100\t-1\t"]
    for number, (left, top, width, height, sure, text) in enumerate(words, 1):
        rows.append(
            f"5\t1\t1\t1\t{line}\t{number}\t{left}\t{top}\t{width}\t{height}\t{sure}\t{text}"
        )
    return "cat > /dev/null\ncat <<'END'\n" + "\n".join(rows) + "\nEND"


@needs_tesseract
def test_every_word_of_a_clean_page_is_read() -> None:
    words = read_page(picture(), width=WIDTH, height=HEIGHT)
    assert page_text(words) == " ".join(LINES)


@needs_tesseract
def test_words_stand_where_they_were_drawn() -> None:
    words = read_page(picture(), width=WIDTH, height=HEIGHT)
    first = words[0]
    assert first.text == "The"
    assert first.rect[0] == pytest.approx(LEFT, abs=2)
    # Its line is 100 points below the top, so 742 above the bottom, and within the box.
    assert first.rect[1] < HEIGHT - TOP < first.rect[3]
    assert first.rect[3] - first.rect[1] < STEP
    assert {word.size for word in words} == {first.size}
    assert first.size == pytest.approx(TYPE_SIZE, rel=0.15)
    assert {word.turn for word in words} == {0}


@needs_tesseract
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_on_its_side_is_read_and_its_boxes_lie_on_the_picture(turn: int) -> None:
    upright = read_page(picture(LINES * 4), width=WIDTH, height=HEIGHT)
    turned = picture(LINES * 4).rotate(turn, expand=True)
    width, height = (HEIGHT, WIDTH) if turn in (90, 270) else (WIDTH, HEIGHT)
    words = read_page(turned, width=width, height=height)
    assert fold(page_text(words)) == fold(page_text(upright))
    assert {word.turn for word in words} == {turn}
    x0, y0, x1, y1 = upright[0].rect
    places = {
        90: (HEIGHT - y1, x0, HEIGHT - y0, x1),
        180: (WIDTH - x1, HEIGHT - y1, WIDTH - x0, HEIGHT - y0),
        270: (y0, WIDTH - x1, y1, WIDTH - x0),
    }
    assert words[0].rect == pytest.approx(places[turn], abs=1.5)


@needs_tesseract
def test_a_blank_page_has_no_words() -> None:
    assert read_page(picture([]), width=WIDTH, height=HEIGHT) == ()


@needs_tesseract
def test_pages_are_read_side_by_side_and_come_back_in_order() -> None:
    pages = [Picture(n, picture([LINES[n % 3]]), WIDTH, HEIGHT) for n in (7, 3, 5)]
    found = read_pages(pages)
    assert list(found) == [3, 5, 7]
    assert [page_text(words) for words in found.values()] == [LINES[0], LINES[2], LINES[1]]


def test_sizes_and_boxes_come_from_the_letters(tmp_path: Path) -> None:
    # 100 dots an inch: a point is 100/72 pixels. "Hy" rises 0.73 and hangs 0.21 of its size: 19
    # pixels high is 20 pixels or 14.6 points, to half a point 14.5; it stands on pixel 60 - 0.21
    # of the size, and "on", which hangs nothing, on pixel 56.
    stand_in = program(tmp_path, table((10, 41, 30, 19, 90.0, "Hy"), (50, 46, 30, 10, 90.0, "on")))
    words = read_page(Image.new("L", (100, 100)), width=72, height=72, program=stand_in)
    assert [word.text for word in words] == ["Hy", "on"]
    assert words[0].size == words[1].size == pytest.approx(14.5, abs=0.5)
    assert words[0].rect[0] == pytest.approx(7.2)
    assert words[0].rect[2] == pytest.approx(28.8)
    assert words[1].rect[0] == pytest.approx(36.0)
    assert words[0].rect[1] == words[1].rect[1]
    assert words[0].rect[3] == words[1].rect[3]


def test_words_that_are_guesses_are_left_out(tmp_path: Path) -> None:
    stand_in = program(
        tmp_path,
        table(
            (10, 40, 30, 15, 95.0, "kept"),
            (50, 40, 30, 15, 39.9, "guess"),
            (90, 40, 30, 15, 60.0, "©)"),
            (130, 40, 30, 15, 90.0, "–"),
            (170, 40, 30, 15, 95.0, " "),
        ),
    )
    words = read_page(Image.new("L", (300, 100)), width=216, height=72, program=stand_in)
    assert [word.text for word in words] == ["kept", "–"]


def test_a_letter_well_in_front_of_its_line_is_a_bullet(tmp_path: Path) -> None:
    body = ((60, 40, 60, 15, 95.0, "Staffing"), (130, 40, 60, 15, 95.0, "rose"))
    bullet = program(tmp_path, table((10, 40, 14, 14, 70.0, "m"), *body))
    image = Image.new("L", (300, 100))
    words = read_page(image, width=216, height=72, program=bullet)
    assert [word.text for word in words] == ["•", "Staffing", "rose"]
    article = program(tmp_path, table((40, 40, 14, 14, 95.0, "A"), *body))
    assert read_page(image, width=216, height=72, program=article)[0].text == "A"


def test_a_slow_program_is_ended(tmp_path: Path) -> None:
    stand_in = program(tmp_path, "exec sleep 30")
    started = time.monotonic()
    with pytest.raises(OcrFailed, match=r"longer than 0\.2 seconds"):
        read_page(Image.new("L", (9, 9)), width=9, height=9, program=stand_in, timeout=0.2)
    assert time.monotonic() - started < 10


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    stand_in = program(tmp_path, "cat > /dev/null; echo 'no such language' >&2; exit 1")
    with pytest.raises(OcrFailed, match="exit status 1: no such language"):
        read_page(Image.new("L", (9, 9)), width=9, height=9, program=stand_in)


def test_pages_that_fail_are_absent_and_the_time_of_a_file_ends(tmp_path: Path) -> None:
    failing = program(tmp_path, "exit 1")
    page = Picture(1, Image.new("L", (9, 9)), 9, 9)
    assert read_pages([page], program=failing) == {}
    reading = program(tmp_path, table((1, 1, 5, 5, 95.0, "word")))
    assert list(read_pages([page], program=reading)) == [1]
    assert read_pages([page], program=reading, seconds=0) == {}


def test_a_missing_program_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "PROGRAM", "no-such-program")
    assert find_tesseract() is None
    with pytest.raises(OcrFailed, match="apt-get install tesseract-ocr"):
        read_page(Image.new("L", (9, 9)), width=9, height=9)


def test_sentences_about_pages_left_out() -> None:
    assert missing_sentence("a.pdf", [3]) == (
        "Page 3 of a.pdf is a picture without text, and the program that reads such pages is not "
        "installed, so it was left out. Install tesseract (on Debian and Ubuntu: apt-get install "
        "tesseract-ocr; on macOS: brew install tesseract) and build the index again."
    )
    assert missing_sentence("a.pdf", [4, 3, 5, 8, 10]).startswith(
        "Pages 3–5, 8 and 10 of a.pdf are pictures without text"
    )
    assert unread_sentence("a.pdf", [1, 2]) == (
        "Pages 1–2 of a.pdf are pictures that text recognition could not read in time or at all, "
        "so they were left out."
    )
