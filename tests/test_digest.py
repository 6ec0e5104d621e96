"""The digest that ships: whole, in its own words, true to the report's figures, and up to date."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

ROOT = Path(__file__).resolve().parents[1]
DIGEST = ROOT / "data" / "reports" / "northamptonshire-pdu-2024-digest.pdf"
MAKER = ROOT / "data" / "sources" / "make_digest.py"
PUBLISHED = ROOT.parent / "shared" / "reports" / "northamptonshire-pdu-2024.pdf"

PAGES = 29
FOOTER = "Digest of the inspection of probation services: Northamptonshire PDU"
RUN = 8
"""This many words in a row may not be the published report's."""

needs_published = pytest.mark.skipif(
    not PUBLISHED.exists(),
    reason="the published report is not in the repository and not beside it either",
)

OUTLINE = [
    (0, "Contents", 2),
    (1, "Acknowledgements", 2),
    (1, "The role of HM Inspectorate of Probation", 2),
    (0, "Foreword", 3),
    (0, "Ratings", 4),
    (0, "Recommendations", 5),
    (0, "Background", 6),
    (0, "1. Organisational arrangements and activity", 7),
    (1, "P 1.1. Leadership", 7),
    (2, "Strengths:", 7),
    (2, "Areas for improvement:", 8),
    (1, "P 1.2. Staffing", 10),
    (2, "Strengths:", 10),
    (2, "Areas for improvement:", 10),
    (1, "P 1.3. Services", 12),
    (2, "Strengths:", 12),
    (2, "Areas for improvement:", 14),
    (1, "Feedback from people on probation", 15),
    (1, "Diversity and inclusion", 16),
    (2, "Strengths:", 16),
    (2, "Areas for improvement:", 17),
    (0, "2. Service delivery", 18),
    (1, "P 2.1. Assessment", 18),
    (1, "P 2.2. Planning", 19),
    (1, "P 2.3. Implementation and delivery", 22),
    (1, "P 2.4. Reviewing", 25),
    (1, "Outcomes", 26),
    (2, "Strengths:", 26),
    (2, "Areas for improvement:", 26),
    (1, "Progress on previous recommendations", 27),
    (0, "Annexe one – Web links", 29),
]

RATINGS = [
    "Overall rating Inadequate",
    "P 1.1 Leadership Requires improvement",
    "P 1.2 Staffing Inadequate",
    "P 1.3 Services Requires improvement",
    "P 2.1 Assessment Inadequate",
    "P 2.2 Planning Inadequate",
    "P 2.3 Implementation and delivery Inadequate",
    "P 2.4 Reviewing Inadequate",
]

# What cannot be said in other words, beside headings and figures. A run of eight words is excused
# only where every one of its words belongs to one of these, and each must still be needed.
FIXED = [
    "Northamptonshire PDU",
    "The Probation Service",
    "East of England region",
    "An inspection of probation services in: Northamptonshire PDU",
    "HM Inspectorate of Probation, 1st Floor, Civil Justice Centre, 1 Bridge Street West, "
    "Manchester M3 3FX",
    "www.nationalarchives.gov.uk/doc/open-government-licence",
    "Martin Jones CBE HM Chief Inspector of Probation",
    "Management of Sexual or Violent Offender (MSOVO) officers",
    # The heads of tables
    "Northamptonshire Fieldwork started: 11 March 2024",
    "Previous recommendation Action taken and impact Categorisation Improvement still required?",
    "Some progress Yes",
]

# Reading


def mend(text: str) -> str:
    """Return text with its hyphens, quotes and spaces as one types them."""
    text = re.sub("\ufffe\\s*|[\u00ad\x02]\\s*", "-", text)
    text = text.translate(str.maketrans("‘’“”–—\u00a0\u2010\u2011", "''\"\"-- --"))
    return re.sub(r"-\s*\n\s*", "-", text)


@cache
def read(path: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return each page's text without footnote marks, and each page's marks in order."""
    texts, marks = [], []
    document = pypdfium2.PdfDocument(path)
    for number in range(len(document)):
        page = document[number]
        textpage = page.get_textpage()
        count = pdfium.FPDFText_CountChars(textpage)
        characters = [
            (chr(pdfium.FPDFText_GetUnicode(textpage, i)), type_size(textpage, i))
            for i in range(count)
        ]
        text, found = without_marks(characters)
        texts.append(mend(text.replace("\r\n", "\n")))
        marks.append(tuple(found))
        textpage.close()
        page.close()
    document.close()
    return tuple(texts), tuple(marks)


def type_size(textpage: pypdfium2.PdfTextPage, index: int) -> float:
    """Return the size in points of a character as it stands on the page."""
    matrix = pdfium.FS_MATRIX()
    size: float = pdfium.FPDFText_GetFontSize(textpage, index)
    if pdfium.FPDFText_GetMatrix(textpage, index, ctypes.byref(matrix)):
        size *= abs(matrix.d)
    return size


def without_marks(characters: list[tuple[str, float]]) -> tuple[str, list[str]]:
    """Return the text without its superscript figures, and those figures.

    A mark is a run of digits of less than 0.85 of the size of what comes before or after it.
    """
    text, marks = "", []
    index, before = 0, 0.0
    while index < len(characters):
        letter, size = characters[index]
        end = index
        while end < len(characters) and characters[end][0].isdigit() and characters[end][1] == size:
            end += 1
        after = next((s for c, s in characters[end:] if not c.isspace()), 0.0)
        if end > index and size < 0.85 * max(before, after):
            marks.append("".join(c for c, _ in characters[index:end]))
            index = end
            continue
        text += letter
        if not letter.isspace():
            before = size
        index += 1
    return text, marks


@cache
def bodies(path: Path) -> tuple[str, ...]:
    """Return each page's text without the lines that most pages share, page numbers apart."""
    texts, _ = read(path)
    lines = [[line.strip() for line in text.splitlines()] for text in texts]
    keys = [{re.sub(r"\s*\d+$", "", line) for line in page} for page in lines]
    shared = {key for page in keys for key in page if sum(key in k for k in keys) > len(keys) / 2}
    kept = []
    for number, page in enumerate(lines, start=1):
        body = [line for line in page if line and re.sub(r"\s*\d+$", "", line) not in shared]
        # The page number is the last line, where it is a line of its own.
        if body and body[-1] == str(number):
            body.pop()
        kept.append("\n".join(body))
    return tuple(kept)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without their punctuation."""
    return re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def outline(path: Path) -> list[tuple[int, str, int]]:
    """Return depth, title and page of each bookmark."""
    reader = pypdf.PdfReader(path)

    def walk(items: list[object], depth: int) -> Iterator[tuple[int, str, int]]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item, depth + 1)
            else:
                assert isinstance(item, pypdf.generic.Destination)
                page = reader.get_destination_page_number(item)
                assert page is not None
                yield depth, str(item.title), page + 1

    found = list(walk(list(reader.outline), 0))
    reader.close()
    return found


@cache
def maker() -> ModuleType:
    """Return the script that makes the digest, imported without what it typesets with."""
    spec = importlib.util.spec_from_file_location("make_digest", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Figures

UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SPELLED = {word: value for value, word in enumerate(UNITS)}
SPELLED |= {word: 10 * value for value, word in enumerate(TENS, start=2)}
SPELLED |= {
    f"{ten}-{unit}": 10 * value + small
    for value, ten in enumerate(TENS, start=2)
    for small, unit in enumerate(UNITS[1:10], start=1)
}
SPELLED_WORD = re.compile(
    rf"\b({'|'.join(sorted(SPELLED, key=len, reverse=True))})\b", re.IGNORECASE
)
NUMBER = r"(?<![\w.])\d[\d,]*(?:\.\d+)?"
FRACTION = re.compile(rf"({NUMBER}) (third|quarter|fifth)s?\b")


def figures(text: str) -> set[tuple[str | float, ...]]:
    """Return the figures of a text: numbers, percentages, fractions and "N out of M".

    A figure is compared as a number, however it is written: "Eighty-six per cent" is 86%.
    """

    def value(digits: str) -> float:
        return float(digits.replace(",", ""))

    text = flat(SPELLED_WORD.sub(lambda found: str(SPELLED[found[1].lower()]), text)).lower()
    found: set[tuple[str | float, ...]] = set()
    for first, second in re.findall(rf"({NUMBER}) out of (?:the )?({NUMBER})", text):
        found.add(("out of", value(first), value(second)))
    for number in re.findall(rf"({NUMBER})(?:%| per cent\b)", text):
        found.add(("per cent", value(number)))
    for top, bottom in FRACTION.findall(text):
        found.add(("fraction", value(top), bottom))
    if re.search(r"\bhalf\b", text):
        found.add(("fraction", "half"))
    found.update(("number", value(number)) for number in re.findall(NUMBER, text))
    return found


def test_figures_are_read_as_numbers() -> None:
    text = "Eighty-\nthree per cent; nine out of twelve; 785,200; 20%. Two thirds of C2C in P 1.2."
    assert figures(mend(text)) == {
        ("per cent", 83),
        ("per cent", 20),
        ("out of", 9, 12),
        ("fraction", 2, "third"),
        *(("number", n) for n in (83, 9, 12, 785200, 20, 2, 1.2)),
    }


def test_a_mark_is_told_from_a_figure_by_its_size() -> None:
    line = [*((c, 11.0) for c in "six of 14"), ("7", 6.8), *((c, 11.0) for c in " cases")]
    assert without_marks(line) == ("six of 14 cases", ["7"])
    assert without_marks([(c, 11.0) for c in "147 cases"]) == ("147 cases", [])


# The digest by itself


def test_the_digest_is_made_from_the_sources_beside_it() -> None:
    reader = pypdf.PdfReader(DIGEST)
    assert reader.metadata is not None
    stamped = [str(v) for k, v in reader.metadata.items() if "sha256" in k.lower()]
    reader.close()
    assert stamped == [maker().fingerprint()], "the sources changed: run `make digest`"


def test_a_missing_library_is_told_in_a_sentence(tmp_path: Path) -> None:
    # -S leaves out all that was installed.
    output = tmp_path / "digest.pdf"
    command = [sys.executable, "-S", str(MAKER), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs the development extra 'digest'" in done.stderr
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()


def test_the_source_has_a_part_for_each_page() -> None:
    parts = maker().split_pages(maker().SOURCE.read_text(encoding="utf-8"))
    assert len(parts) == PAGES
    with pytest.raises(maker().DigestError, match="page 3"):
        maker().split_pages("{page 1}\nOne\n{page 3}\nThree\n")
    with pytest.raises(maker().DigestError, match="must begin"):
        maker().split_pages("Lost\n{page 1}\nOne\n")


def test_the_digest_has_29_pages_and_the_bookmarks_of_the_report() -> None:
    assert len(read(DIGEST)[0]) == PAGES
    assert outline(DIGEST) == OUTLINE


def test_each_heading_stands_on_the_page_of_its_bookmark() -> None:
    for _, title, page in OUTLINE:
        assert mend(title) in flat(read(DIGEST)[0][page - 1])


def test_every_page_says_that_it_is_a_digest_and_prints_its_number() -> None:
    for number, text in enumerate(read(DIGEST)[0], start=1):
        assert FOOTER in flat(text)
        assert flat(text.split(FOOTER)[-1]) == str(number)


def test_the_title_page_names_source_and_licence() -> None:
    title = flat(read(DIGEST)[0][0])
    assert title.startswith("Digest of the inspection of probation services: Northamptonshire PDU")
    assert (
        "Contains public sector information licensed under the Open Government Licence v3.0"
        in title
    )
    assert "www.nationalarchives.gov.uk/doc/open-government-licence/version/3" in title
    assert "HM Inspectorate of Probation" in title
    assert "An inspection of probation services in: Northamptonshire PDU, July 2024" in title
    assert "This is a digest, not the published report" in title
    assert "in their own words" in title


def test_the_contents_list_has_the_page_of_each_top_heading() -> None:
    contents = flat(read(DIGEST)[0][1])
    listed = [f"{mend(title)} {page}" for depth, title, page in OUTLINE if depth == 0][1:]
    assert " ".join(listed) in contents


def test_the_ratings_are_in_the_table_and_under_each_standard() -> None:
    table = flat(read(DIGEST)[0][3])
    assert "Northamptonshire Fieldwork started: 11 March 2024" in table
    assert all(row in table for row in RATINGS)
    source = maker().split_pages(maker().SOURCE.read_text(encoding="utf-8"))
    for row in RATINGS[1:]:
        number, rest = row[:5], row[6:]
        rating = "Requires improvement" if "Requires" in rest else "Inadequate"
        heading = f"{number}. {rest.removesuffix(rating).strip()}"
        page = next(p for _, title, p in OUTLINE if title == heading)
        section = source[page - 1].split(f"## {heading}\n")[1]
        assert re.search(r"^\*\*(.+)\*\*$", section, re.MULTILINE)[1] == rating  # type: ignore[index]


def test_there_are_seven_recommendations() -> None:
    page = bodies(DIGEST)[4]
    numbers = re.findall(r"^(\d)\.(?=\s|$)", page, re.MULTILINE)
    assert numbers == list("1234567")


def test_each_service_delivery_standard_has_its_three_percentages() -> None:
    due = {18: ["51", "67", "16"], 20: ["39", "54", "36"], 22: ["43", "21", "27"]}
    due[25] = ["49", "36", "24"]
    pages = read(DIGEST)[0]
    assert {n: re.findall(r"(\d+)%", pages[n - 1]) for n in due} == due
    assert all("Key question" in pages[n - 1] for n in due)
    assert sum(text.count("%") for text in pages) == 12


def test_the_progress_table_has_five_rows_under_a_repeated_header() -> None:
    first, second = (flat(bodies(DIGEST)[number]) for number in (26, 27))
    header = "Previous recommendation Action taken and impact Categorisation"
    assert first.count(header) == second.count(header) == 1
    assert first.count("Some progress Yes") == 3
    assert second.count("Sufficient progress No") == 2


def test_the_eight_footnotes_stand_on_their_pages() -> None:
    marks = {number: found for number, found in enumerate(read(DIGEST)[1], start=1) if found}
    assert marks == {
        6: ("1", "2", "3", "1", "2", "3"),
        18: ("4", "4"),
        19: ("5",),
        20: ("5",),
        22: ("6",),
        23: ("6",),
        24: ("7", "7"),
        25: ("8", "8"),
    }


# The digest beside the published report


@pytest.mark.shared
@needs_published
def test_the_bookmarks_are_those_of_the_published_report() -> None:
    assert outline(DIGEST) == outline(PUBLISHED)


@pytest.mark.shared
@needs_published
def test_the_footnote_marks_are_where_the_published_report_has_them() -> None:
    assert read(DIGEST)[1] == read(PUBLISHED)[1]


def apart(tokens: list[str], fixed: Sequence[str]) -> list[bool]:
    """Return for each word whether it is part of a heading, a rating, a figure or fixed wording."""
    phrases = [*(title for _, title, _ in OUTLINE), *RATINGS, *fixed]
    phrases += ["Requires improvement", "Inadequate", "per cent"]
    found = [token.isdigit() or token in SPELLED for token in tokens]
    for phrase in map(words, phrases):
        for start in range(len(tokens) - len(phrase) + 1):
            if tokens[start : start + len(phrase)] == phrase:
                found[start : start + len(phrase)] = [True] * len(phrase)
    return found


def borrowed(own: list[str], others: list[str], fixed: Sequence[str] = FIXED) -> list[str]:
    """Return the runs of eight words that both have, and that are not all names and the like."""
    theirs = {tuple(others[i : i + RUN]) for i in range(len(others) - RUN + 1)}
    excused = apart(own, fixed)
    return [
        " ".join(own[i : i + RUN])
        for i in range(len(own) - RUN + 1)
        if tuple(own[i : i + RUN]) in theirs and not all(excused[i : i + RUN])
    ]


def test_borrowed_words_are_found_and_names_are_excused() -> None:
    sentence = words("The cat, they said, sat on the mat all day.")
    assert borrowed(sentence, [*sentence, "long"]) == [
        "the cat they said sat on the mat",
        "cat they said sat on the mat all",
        "they said sat on the mat all day",
    ]
    assert borrowed(words("the cat they said sat on a mat all day"), sentence) == []
    listed = words("P 2.3. Implementation and delivery Inadequate 14 out of 15 Reviewing")
    assert len(borrowed(listed, listed)) == 4
    listed = words("P 2.3. Implementation and delivery Inadequate P 2.4. Reviewing Inadequate 14")
    assert borrowed(listed, listed) == []


@pytest.mark.shared
@needs_published
def test_no_eight_words_in_a_row_are_the_published_reports() -> None:
    published = [token for text in bodies(PUBLISHED) for token in words(text)]
    assert len(published) > 7000
    digest = [token for text in bodies(DIGEST) for token in words(text)]
    assert borrowed(digest, published) == []
    for name in FIXED:
        others = [other for other in FIXED if other != name]
        assert borrowed(digest, published, others), f"{name!r} need not be excused any longer"


@pytest.mark.shared
@needs_published
@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_every_figure_of_a_page_is_on_the_same_page_of_the_digest(page: int) -> None:
    due = figures(bodies(PUBLISHED)[page - 1])
    assert due - figures(bodies(DIGEST)[page - 1]) == set()


@pytest.mark.shared
@needs_published
@pytest.mark.parametrize("page", range(2, PAGES + 1))
def test_the_digest_has_no_figure_that_the_page_lacks(page: int) -> None:
    # "one" is a pronoun as often as it is a figure. The title page has the digest's own notices.
    own = figures(bodies(DIGEST)[page - 1]) - {("number", 1)}
    assert own - figures(bodies(PUBLISHED)[page - 1]) == set()


def names(text: str) -> set[str]:
    """Return the words with a capital that follow a small letter on their line, and acronyms."""
    inside = re.findall(r"(?<=[a-z,;] )[A-Z][A-Za-z0-9]*", text)
    acronyms = re.findall(r"\b[A-Za-z]*[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*\b", text)
    return {word.removesuffix("s") for word in (*inside, *acronyms)}


@pytest.mark.shared
@needs_published
@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_every_name_of_a_page_is_on_the_same_page_of_the_digest(page: int) -> None:
    digest = re.findall(r"[A-Za-z0-9]+", bodies(DIGEST)[page - 1])
    have = {word.removesuffix("s") for word in digest}
    assert names(bodies(PUBLISHED)[page - 1]) - have == set()
