"""Make the digest that ships in the library: Markdown beside this file in, PDF out.

    python data/sources/make_digest.py

The Markdown is ordinary, with these additions, since the digest keeps to the pages of a report:

``{page 7}``
    begins page 7. Each page of the source must fill one page of the PDF and no more.
``{contents}``
    becomes the list of the top headings with the numbers of their pages.
``{title}``, ``{subtitle}``, ``{notice}``, ``{small}``, ``{voice}``
    before a paragraph name its style.
``[^4]``
    is a footnote's mark; a paragraph that begins ``[^4]:`` is the footnote, at the foot of the
    page that it stands on.
``<`` alone in a table's cell
    joins it to the cell on its left.

A block quotation is the wording of a standard, and a paragraph that is a rating in bold becomes
a box in the colour of the rating, as do the cells of the table of ratings.

What is made depends on the three files here and on the versions of the libraries alone, so that
the same sources give the same bytes. The fingerprint of the files stands in the PDF, and a test
compares it.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import logging
import re
import sys
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "northamptonshire-pdu-2024-digest.md"
STYLE = HERE / "digest.css"
PDF = HERE.parent / "reports" / "northamptonshire-pdu-2024-digest.pdf"

TITLE = "Digest of the inspection of probation services: Northamptonshire PDU"
SUBJECT = (
    "A digest, in the words of the report-qa authors, of HM Inspectorate of Probation: "
    "An inspection of probation services in: Northamptonshire PDU, July 2024. Contains public "
    "sector information licensed under the Open Government Licence v3.0."
)
MADE = "2024-07-31"
"""The date in the PDF's metadata: fixed, in the month of the report, so that bytes repeat."""

FONT = "Liberation-Sans"
FINGERPRINT = "source-sha256"
"""The name of the fingerprint in the PDF's metadata."""

RATINGS = ("Outstanding", "Good", "Requires improvement", "Inadequate")
PAGE = re.compile(r"^\{page (\d+)\}\n", re.MULTILINE)
STYLED = re.compile(r"^\{(title|subtitle|notice|small|voice)\} ")
NOTE = re.compile(r"^\[\^(\d+)\]: ")
MARK = re.compile(r"\[\^(\d+)\]")


class DigestError(Exception):
    """What is wrong with the sources or with this machine, and what to do about it."""


def fingerprint() -> str:
    """Return the sha256 of the Markdown, the style sheet and this script, in that order."""
    digest = hashlib.sha256()
    for path in (SOURCE, STYLE, Path(__file__).resolve()):
        # Read as text, so that a checkout with other line ends has the same fingerprint.
        data = path.read_text(encoding="utf-8").encode()
        digest.update(b"%d\n" % len(data) + data)
    return digest.hexdigest()


def split_pages(markdown: str) -> list[str]:
    """Return the Markdown of each page.

    Raises:
        DigestError: text stands before the first page, or a page's number is not the next one.
    """
    before, *parts = PAGE.split(markdown)
    if before.strip():
        raise DigestError(f"{SOURCE.name} must begin with {{page 1}}, not {before[:40]!r}.")
    numbers = [int(number) for number in parts[::2]]
    for expected, number in enumerate(numbers, start=1):
        if number != expected:
            raise DigestError(f"{SOURCE.name} has {{page {number}}} where page {expected} is due.")
    return parts[1::2]


def parse(parser: MarkdownIt, markdown: str) -> list[Token]:
    """Return the tokens of one page, with the additions to Markdown carried out."""
    tokens = parser.parse(markdown)
    for index, token in enumerate(tokens):
        if token.type != "inline" or not token.children:
            continue
        opener = tokens[index - 1]
        if opener.type == "paragraph_open":
            _style_paragraph(opener, token)
        elif opener.type in ("td_open", "th_open") and token.content in RATINGS:
            opener.attrJoin("class", _rating_class(token.content))
        _raise_marks(token)
    return _join_cells(tokens)


def _rating_class(rating: str) -> str:
    return "rating " + rating.lower().replace(" ", "-")


def _style_paragraph(opener: Token, inline: Token) -> None:
    """Give a paragraph the class that its first characters, or its being a rating, ask for."""
    children = inline.children or []
    if inline.content.strip("*") in RATINGS and inline.content.startswith("**"):
        opener.attrJoin("class", _rating_class(inline.content.strip("*")))
    elif found := STYLED.match(children[0].content):
        opener.attrJoin("class", found[1])
        children[0].content = children[0].content[found.end() :]
    elif found := NOTE.match(children[0].content):
        opener.attrJoin("class", "note")
        children[0].content = f"[^{found[1]}] {children[0].content[found.end() :]}"


def _raise_marks(inline: Token) -> None:
    """Turn the footnote marks in running text into superscripts."""
    for child in inline.children or []:
        if child.type == "text" and MARK.search(child.content):
            # What is not a mark is escaped here, since the token becomes HTML.
            child.content = MARK.sub(r"<sup>\1</sup>", html.escape(child.content, quote=False))
            child.type = "html_inline"


def _join_cells(tokens: list[Token]) -> list[Token]:
    """Return the tokens without the cells marked as joined, each counted into its left one."""
    kept: list[Token] = []
    left: Token | None = None
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type in ("td_open", "th_open"):
            if tokens[index + 1].content == "<" and left is not None:
                left.attrSet("colspan", str(int(left.attrs.get("colspan", 1)) + 1))
                index += 3
                continue
            left = token
        elif token.type == "tr_open":
            left = None
        kept.append(token)
        index += 1
    return kept


def headings(tokens: list[Token]) -> list[tuple[int, str]]:
    """Return level and text of each heading among the tokens."""
    return [
        (int(opener.tag[1]), inline.content)
        for opener, inline in pairwise(tokens)
        if opener.type == "heading_open"
    ]


def to_html(markdown: str) -> tuple[str, int]:
    """Return the whole document as HTML, and how many pages it is to have."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"typographer": True}).enable(["table", "smartquotes"])
    pages = [parse(parser, page) for page in split_pages(markdown)]
    contents = "".join(
        f'<tr><td><a href="#page-{number}">{html.escape(text)}</a></td><td>{number}</td></tr>'
        for number, tokens in enumerate(pages, start=1)
        for level, text in headings(tokens)
        if level == 1 and text != "Contents"
    )
    body = "".join(
        f'<section class="page" id="page-{number}">'
        f"{parser.renderer.render(tokens, parser.options, {})}</section>"
        for number, tokens in enumerate(pages, start=1)
    )
    body = body.replace("<p>{contents}</p>", f'<table class="contents">{contents}</table>')
    return (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">'
        f"<title>{html.escape(TITLE)}</title>"
        '<meta name="author" content="The authors of report-qa">'
        f'<meta name="description" content="{html.escape(SUBJECT)}">'
        f'<meta name="dcterms.created" content="{MADE}">'
        f'<meta name="dcterms.modified" content="{MADE}">'
        f'<meta name="{FINGERPRINT}" content="{fingerprint()}">'
        f"</head><body>{body}</body></html>"
    ), len(pages)


def load_weasyprint() -> Any:
    """Return the module that typesets.

    Raises:
        DigestError: it is not installed, or the system libraries under it are missing.
    """
    try:
        import markdown_it  # noqa: F401
        import weasyprint
    except ImportError as error:
        raise DigestError(
            f"Making the digest needs the development extra 'digest' ({error}). "
            "Install it: make install-digest, or pip install -c constraints.txt -e '.[digest]'"
        ) from error
    except OSError as error:
        raise DigestError(
            "WeasyPrint is here, but not the Pango libraries that it draws text with. "
            "On Debian and Ubuntu, as root: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-liberation"
        ) from error
    return weasyprint


def render(markdown: str) -> bytes:
    """Return the PDF.

    Raises:
        DigestError: a page of the source does not fit on one page, or the typeface is missing.
    """
    weasyprint = load_weasyprint()
    logging.getLogger("weasyprint").addHandler(logging.StreamHandler())
    source, expected = to_html(markdown)
    document = weasyprint.HTML(string=source, base_url=str(HERE)).render(
        stylesheets=[weasyprint.CSS(filename=str(STYLE))]
    )
    starts: dict[str, int] = {}
    for number, page in enumerate(document.pages, start=1):
        for name in page.anchors:
            starts.setdefault(name, number)
    for number in range(1, expected + 1):
        if starts.get(f"page-{number + 1}", len(document.pages) + 1) != number + 1:
            raise DigestError(
                f"Page {number} of {SOURCE.name} does not fit on one page of the PDF: "
                "shorten it, or set it closer in digest.css."
            )
    pdf: bytes = document.write_pdf(
        custom_metadata=True, pdf_tags=True, pdf_identifier=b"report-qa-digest"
    )
    if not _uses_font(pdf):
        raise DigestError(
            "The digest is set in Liberation Sans, which this machine lacks. "
            "On Debian and Ubuntu, as root: apt-get install fonts-liberation"
        )
    return pdf


def _uses_font(pdf: bytes) -> bool:
    """Return whether the PDF is set in the typeface asked for and in nothing else."""
    from pypdf import PdfReader

    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    return all(FONT in font for font in fonts)


def main(arguments: list[str] | None = None) -> int:
    """Make the PDF and return 0, or say in a sentence why not and return 1."""
    parser = argparse.ArgumentParser(description="Make the digest that ships in the library.")
    parser.add_argument("--output", type=Path, default=PDF, help="where to write the PDF")
    output: Path = parser.parse_args(arguments).output
    try:
        pdf = render(SOURCE.read_text(encoding="utf-8"))
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(pdf)
    except (DigestError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{output}: {len(pdf):,} bytes, sources {fingerprint()[:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
