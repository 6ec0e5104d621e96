"""Lines as blocks in reading order: paragraphs, bullets, table rows, footnotes.

Headers and footers are held apart, a page is parted into regions that are read one after the
other, and what a column or a page breaks off is joined again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer.columns import GAP, Piece, regions
from indexer.furniture import furniture_lines, is_outside, page_labels, upright_size
from indexer.lines import (
    CLOSING,
    RAISED_SIZE,
    SAME_LINE,
    Line,
    around,
    overlap,
    page_lines,
    segments,
    with_marks,
)
from indexer.records import Block, BlockKind, Document, Page, Rect, TextWord, Word
from indexer.tables import Box, Table, aligned_tables, drawn_tables

LOOSE_PITCH = 1.22
"""A step between lines this much over the usual one of their size begins a new block."""

SHORT_LINE = 0.72
"""A full sentence that ends this far into the width of its block ends a paragraph."""

DEFAULT_PITCH = 1.25
"""The step between lines, in type sizes, where a size has too few lines to tell."""

FULL_LINE = 0.75
"""A line that takes this part of its column is full: a sentence may run over its end."""

MAX_FURNITURE = 0.5
"""Where more of a document than this recurs at the edges of its pages, that is its text."""

MAX_UNDERLINED = 14
"""An underlined line of more words than this is no heading."""

MIN_RUNNING_WORDS = 5
"""Fewer words that end without a stop are a label, not a sentence that goes on."""

MAX_HEAD_ROWS = 3
"""At most this many rows at the top of a table are its head, printed again on each page."""

ENTRY_GAP = 2.0
"""The page number of a contents list stands this many type sizes behind its title."""

SAME_SIZE = 0.08
"""Sizes within 8 % are one size: programs round them differently."""

LARGER = 1.08
"""What stands out is set at least this much larger than body text, or in bold."""

NOT_BULLETS = frozenset("\"'‘“(&£$€%+=§†‡©®/\\[{<>@#")
NUMBERED = re.compile(r"^(\d{1,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,4}[.)])$")
NOTE_NUMBER = re.compile(r"[\[(]?(\d{1,3})[\])]?")
LEADERS = re.compile(r"\w\.{4,}(?:\d{1,4}|[ivxlc]{1,6})$")
PAGE_NUMBER = re.compile(r"^\.*(\d{1,4}|[ivxlc]{1,6})$")
FIGURE_AND_STOP = re.compile(r"(\d{1,3})\.$")
SENTENCE_END = re.compile(r"[.!?:;]['\"’”)\]]*$")


@dataclass(frozen=True, slots=True)
class Layout:
    """A document's blocks in reading order, and what the page furniture says.

    ``labels`` are the numbers printed on the pages, page by page, empty where none is printed.
    """

    blocks: tuple[Block, ...]
    furniture: tuple[Block, ...]
    labels: tuple[str, ...]
    body_size: float


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one page holds once its furniture is taken away."""

    page: Page
    words: list[Word]
    turned: list[Word]
    outside: list[Word]
    marks: dict[Rect, list[Word]]
    furniture: list[Line]


@dataclass(frozen=True, slots=True)
class _Style:
    """How a document is set: what is usual in it, by which what is not stands out."""

    body_size: float
    text_sizes: frozenset[float]
    pitches: Mapping[float, float]
    vocabulary: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of a page that is read in one go: its lines, those of them in no table, its tables."""

    lines: list[Line]
    tables: list[Table]
    boxes: list[Box]
    rect: Rect


def read_layout(document: Document) -> Layout:
    """Return the blocks of a document in reading order, headers and footers held apart."""
    sheets = _sheets(document.pages)
    style, parted = _measured(sheets, _vocabulary(document.pages))
    reader = _Reader(style)
    for sheet, found in zip(sheets, parted, strict=True):
        reader.read(sheet, found)
    kept, repeated = _join_rows(reader.blocks)
    furniture = [block for sheet in sheets for block in _furniture(sheet, style.vocabulary)]
    furniture += [replace(block, kind="footer") for block in kept if _is_ornament(block)]
    kept = [block for block in kept if not _is_ornament(block)]
    pages = {page.number: page for page in document.pages}
    kept = [_underlined(block, pages) for block in kept]
    marks = {sheet.page.number: sheet.marks for sheet in sheets}
    return Layout(
        tuple(_placed(block, pages, marks) for block in kept),
        tuple(_placed(block, pages, marks) for block in [*furniture, *repeated]),
        page_labels(document.pages, {sheet.page.number: sheet.furniture for sheet in sheets}),
        style.body_size,
    )


def _sheets(pages: Sequence[Page]) -> list[_Sheet]:
    """Return the pages with raised marks given to their callers and furniture told apart."""
    upright: dict[int, list[Word]] = {}
    rest: dict[int, tuple[list[Word], list[Word], dict[Rect, list[Word]]]] = {}
    sizes: Counter[float] = Counter()
    for page in pages:
        words, marks = with_marks(page.words)
        size = upright_size(page)
        outside = [w for w in words if is_outside(w.rect, size)]
        if outside or any(w.turn for w in words):
            gone = set(map(id, outside))
            turned = [w for w in words if w.turn and id(w) not in gone]
            words = [w for w in words if not w.turn and id(w) not in gone]
        else:
            turned = []
        upright[page.number] = words
        rest[page.number] = (turned, outside, marks)
        for word in words:
            sizes[word.size] += len(word.text)
    body_size = sizes.most_common(1)[0][0] if sizes else 10.0
    furniture = furniture_lines(pages, upright, body_size)
    held = sum(len(line.words) for lines in furniture.values() for line in lines)
    if held > MAX_FURNITURE * sum(map(len, upright.values())):
        furniture = {page.number: [] for page in pages}
    sheets = []
    for page in pages:
        lines = furniture[page.number]
        gone = {id(word) for line in lines for word in line.words}
        words = [word for word in upright[page.number] if id(word) not in gone]
        sheets.append(_Sheet(page, words, *rest[page.number], lines))
    return sheets


def _measured(
    sheets: Sequence[_Sheet], vocabulary: frozenset[str]
) -> tuple[_Style, list[list[_Region]]]:
    """Return how the document is set, and each page's regions in reading order."""
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for word in sheet.words:
            sizes[word.size] += len(word.text)
    body_size = round(sizes.most_common(1)[0][0], 1) if sizes else 10.0
    parted = [_regions(sheet, body_size) for sheet in sheets]
    pages = [[line for region in found for line in region.lines] for found in parted]
    style = _Style(body_size, _text_sizes(pages), _usual_pitches(pages), vocabulary)
    return style, parted


def _regions(sheet: _Sheet, body_size: float) -> list[_Region]:
    """Return the parts of a page in the order in which they are read, lines and tables in each."""
    number = sheet.page.number
    drawn, boxes = drawn_tables(sheet.page, sheet.words)
    framed: list[Table | Box] = [*drawn, *boxes]
    inside = {id(word) for frame in framed for word in frame.words}
    lines = page_lines(number, (w for w in sheet.words if id(w) not in inside))
    pieces: list[Piece[Line | Table | Box]] = [Piece(frame.rect, frame) for frame in framed]
    for line in lines:
        pieces.extend(_piece(part, body_size) for part in segments(line, GAP))
    found = []
    groups = regions(pieces)
    for group in groups:
        own = [piece.item for piece in group if isinstance(piece.item, Line)]
        if len(groups) == 1:
            own = lines
        elif own:
            own = page_lines(number, (word for line in own for word in line.words))
        tables = [piece.item for piece in group if isinstance(piece.item, Table)]
        plain = aligned_tables(own)
        taken = {id(word) for table in plain for word in table.words}
        if taken:
            own = page_lines(number, (w for line in own for w in line.words if id(w) not in taken))
        held = [piece.item for piece in group if isinstance(piece.item, Box)]
        rect = around(piece.rect for piece in group)
        found.append(_Region(own, [*tables, *plain], held, rect))
    return found


def _piece(line: Line, body_size: float) -> Piece[Line | Table | Box]:
    return Piece(
        line.rect,
        line,
        len(line.words),
        sum(len(word.text) for word in line.words),
        line.size,
        line.bold or line.size >= LARGER * body_size,
    )


class _Reader:
    """Collects the blocks of a document page by page and region by region."""

    def __init__(self, style: _Style) -> None:
        self.blocks: list[Block] = []
        self._style = style
        self._tables = 0

    def read(self, sheet: _Sheet, found: Sequence[_Region]) -> None:
        """Add a page's blocks in reading order, its footnotes behind all others."""
        notes: list[Line] = []
        for region in found:
            lines = region.lines
            if not any(_is_below(other.rect, region.rect) for other in found):
                lines, small = _split_footnotes(lines, self._style)
                notes.extend(small)
            blocks = _blocks(lines, self._style.pitches, self._style.vocabulary)
            parts = [(max(w.rect[3] for w in block.words), [block]) for block in blocks]
            for table in region.tables:
                self._tables += 1
                rows = _rows(table, sheet.page.number, self._tables, self._style.vocabulary)
                parts.append((table.rect[3], rows))
            for box in region.boxes:
                for cell in box.cells:
                    own = page_lines(sheet.page.number, cell)
                    framed = _blocks(own, self._style.pitches, self._style.vocabulary)
                    parts.append((box.rect[3], framed))
            parts.sort(key=lambda part: -part[0])
            self._append([block for _, part in parts for block in part])
        self.blocks.extend(_turned(sheet, self._style))
        self.blocks.extend(_footnotes(notes, self._style.vocabulary))

    def _append(self, added: list[Block]) -> None:
        """Add a region's blocks, joining its first to the last before it where that goes on."""
        last = next(
            (i for i in range(len(self.blocks) - 1, -1, -1) if self.blocks[i].kind != "footnote"),
            None,
        )
        if added and last is not None and _goes_on(self.blocks[last], added[0]):
            self.blocks[last] = join_blocks(self.blocks[last], added[0], self._style.vocabulary)
            added = added[1:]
        self.blocks.extend(added)


def _is_below(other: Rect, rect: Rect) -> bool:
    """Return whether a box stands under another."""
    middle = (other[1] + other[3]) / 2
    return middle < rect[1] and other[0] < rect[2] and rect[0] < other[2]


def _turned(sheet: _Sheet, style: _Style) -> list[Block]:
    """Return the blocks of the words that are turned against the page's text, turn by turn."""
    width, height = upright_size(sheet.page)
    blocks: list[Block] = []
    for turn in sorted({word.turn for word in sheet.turned}):
        side = Page(sheet.page.number, "", width, height, (), turn=turn, box=(0, 0, width, height))
        words = [replace(w, rect=side.upright(w.rect)) for w in sheet.turned if w.turn == turn]
        for block in _blocks(page_lines(side.number, words), style.pitches, style.vocabulary):
            back = tuple(replace(w, rect=side.on_sheet(w.rect)) for w in block.words)
            signs = tuple(replace(w, rect=side.on_sheet(w.rect)) for w in block.signs)
            blocks.append(replace(block, words=back, signs=signs))
    return blocks


def _furniture(sheet: _Sheet, vocabulary: frozenset[str]) -> list[Block]:
    """Return the running headers and footers of a page, and what lies outside of its edges."""
    middle = upright_size(sheet.page)[1] / 2
    blocks = [
        _block("header" if line.rect[1] > middle else "footer", [line], vocabulary)
        for line in sheet.furniture
    ]
    lines = page_lines(sheet.page.number, sheet.outside)
    return blocks + [_block("footer", [line], vocabulary) for line in lines]


def _is_ornament(block: Block) -> bool:
    """Return whether a block has no letter or figure: a rule typed as a row of signs."""
    return block.kind != "row" and not any(x.isalnum() for x in block.text)


def _underlined(block: Block, pages: Mapping[int, Page]) -> Block:
    """Return a short block with what the page draws under its words: a rule, or nothing."""
    if block.kind == "row" or not 0 < len(block.words) <= MAX_UNDERLINED or len(block.pages) > 1:
        return block
    x0, y0, x1, _ = around(word.rect for word in block.words)
    height = block.words[-1].rect[3] - block.words[-1].rect[1]
    for left, low, right, high in pages[block.words[0].page].edges:
        if (
            high - low <= 2.0
            and abs(left - x0) <= 3.0
            and abs(right - block.words[-1].rect[2]) <= 3.0
            and y0 - 0.15 * height <= low
            and high <= y0 + 0.35 * height
            and x1 - x0 <= right - left + 6.0
        ):
            return replace(block, underlined=True)
    return block


def _placed(
    block: Block, pages: Mapping[int, Page], marks: Mapping[int, Mapping[Rect, Sequence[Word]]]
) -> Block:
    """Return a block with raised marks among its signs and all boxes on the PDF's own page."""
    signs = list(block.signs)
    for word in block.words:
        if word.mark:
            signs.extend(
                TextWord(word.end, word.end, word.page, mark.rect)
                for mark in marks[word.page].get(word.rect, ())
            )
    if len(signs) > len(block.signs):
        block = replace(block, signs=tuple(signs))
    moved = {n for n in block.pages if pages[n].turn or pages[n].box[:2] != (0.0, 0.0)}
    if not moved:
        return block

    def on_sheet(word: TextWord) -> TextWord:
        if word.page not in moved:
            return word
        return replace(word, rect=pages[word.page].on_sheet(word.rect))

    return replace(
        block,
        words=tuple(map(on_sheet, block.words)),
        signs=tuple(map(on_sheet, block.signs)),
    )


def _vocabulary(pages: Iterable[Page]) -> frozenset[str]:
    """Return the words of a document, by which a hyphen at a line's end is judged."""
    return frozenset(
        word.text.strip(",.;:()'\"‘’“”").lower() for page in pages for word in page.words
    )


def _usual_pitches(pages: Iterable[Sequence[Line]]) -> dict[float, float]:
    """Return for each type size the commonest step between its lines, in type sizes."""
    steps: dict[float, Counter[float]] = {}
    for lines in pages:
        for above, below in pairwise(lines):
            step = (above.baseline - below.baseline) / above.size
            if above.size == below.size and 0.9 < step < 2.2:
                steps.setdefault(above.size, Counter())[round(step, 2)] += 1
    return {size: counted.most_common(1)[0][0] for size, counted in steps.items()}


def _same_size(a: float, b: float) -> bool:
    return abs(a - b) <= SAME_SIZE * max(a, b)


def _text_sizes(pages: Iterable[Sequence[Line]]) -> frozenset[float]:
    """Return the type sizes in which at least a tenth of the document's text is set."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    return frozenset(s for s, count in sizes.items() if count >= 0.1 * sizes.total())


def _split_footnotes(lines: list[Line], style: _Style) -> tuple[list[Line], list[Line]]:
    """Return the page's flow and its footnotes: small lines below all body text, led by a mark."""
    start = len(lines)
    usual = (line.size for line in lines if line.size in style.text_sizes)
    page_size = max(usual, default=style.body_size)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if line.size >= 0.92 * page_size:
            break
        if footnote_mark(line):
            start = index
    return lines[:start], lines[start:]


def footnote_mark(line: Line) -> str:
    """Return the mark that leads a footnote line, or nothing where there is none."""
    first = line.words[0].text
    match = NOTE_NUMBER.fullmatch(first)
    if match:
        return match.group(1)
    return first if len(line.words) > 1 and re.fullmatch(r"[*†‡§]", first) else ""


def _marker(line: Line) -> str:
    """Return the bullet or number that leads a line, or nothing where there is none."""
    if len(line.words) < 2:
        return ""
    first = line.words[0].text
    if is_bullet(first) or (NUMBERED.match(first) and not line.bold):
        return first
    return ""


def is_bullet(token: str) -> bool:
    """Return whether a word is a bullet: one sign that is no letter, figure, quote or currency.

    Symbol fonts put their bullets anywhere, the private use area included; an "o" by itself is
    the hollow bullet of a typewriter face.
    """
    return len(token) == 1 and (token == "o" or not (token.isalnum() or token in NOT_BULLETS))


def _blocks(
    lines: Sequence[Line], pitches: Mapping[float, float], vocabulary: frozenset[str]
) -> list[Block]:
    """Return the paragraphs, bullets and possible headings of one page's flow."""
    blocks: list[Block] = []
    run: list[Line] = []
    for line in lines:
        if run and _breaks(run, line, pitches.get(line.size, DEFAULT_PITCH)):
            blocks.append(_flow_block(run, vocabulary))
            run = []
        run.append(line)
    if run:
        blocks.append(_flow_block(run, vocabulary))
    return blocks


def _breaks(run: Sequence[Line], line: Line, pitch: float) -> bool:
    """Return whether a line begins a new block after the lines of ``run``."""
    before = run[-1]
    if _marker(line) and not (before.bold and line.bold) and not _is_figure(run, line):
        return True
    is_set_alike = _same_size(before.size, line.size) and before.bold == line.bold
    if not (is_set_alike or _is_lone_mark(line) or _runs_on(before, line)):
        return True
    if _is_entry(before):
        return True
    if before.baseline - line.baseline > LOOSE_PITCH * pitch * max(before.size, line.size):
        return True
    left = line.rect[0]
    if _marker(run[0]):
        if len(run) > 1:
            return abs(left - run[1].rect[0]) > 0.6 * line.size
        hangs = left >= run[0].words[1].rect[0] - 0.6 * line.size
        ended = SENTENCE_END.search(before.text) is not None
        return not hangs and (ended or left < run[0].rect[0] - 0.6 * line.size)
    if abs(left - before.rect[0]) > 12 * line.size:
        return True
    width = max(x.rect[2] for x in [*run, line]) - min(x.rect[0] for x in [*run, line])
    short = before.rect[2] - before.rect[0] < SHORT_LINE * width
    return short and SENTENCE_END.search(before.text) is not None and not line.text[0].islower()


def _is_figure(run: Sequence[Line], line: Line) -> bool:
    """Return whether the number in front of a line is the end of a sentence that wraps there.

    "… a reply was on file in / 54. Access to …": the text before it goes on at the same indent, is
    no item, or not the one before in the count, and has not ended.
    """
    count = FIGURE_AND_STOP.match(line.words[0].text)
    if count is None or SENTENCE_END.search(run[-1].text) or int(count.group(1)) == 1:
        return False
    item = FIGURE_AND_STOP.match(run[0].words[0].text)
    if item is not None and int(item.group(1)) == int(count.group(1)) - 1:
        return False
    text = run[0].words[1 if _marker(run[0]) else 0]
    start = run[-1].rect[0] if len(run) > 1 else text.rect[0]
    return abs(line.rect[0] - start) <= 0.3 * line.size


def _is_entry(line: Line) -> bool:
    """Return whether a line is one of a contents list: dots or a wide gap, then a page number."""
    if LEADERS.search(line.words[-1].text):
        return True
    if len(line.words) < 2 or not PAGE_NUMBER.match(line.words[-1].text):
        return False
    before, number = line.words[-2:]
    return "..." in before.text or number.rect[0] - before.rect[2] > ENTRY_GAP * line.size


def _runs_on(before: Line, line: Line) -> bool:
    """Return whether a change of type within a sentence runs over the end of a full line."""
    last, first = before.words[-1], line.words[0]
    if last.bold != first.bold or not _same_size(last.size, first.size):
        return False
    width = line.rect[2] - line.rect[0]
    return before.rect[2] - before.rect[0] >= FULL_LINE * width


def _is_lone_mark(line: Line) -> bool:
    """Return whether a footnote mark wrapped onto a line of its own."""
    return len(line.words) == 1 and re.fullmatch(r"\d{1,3}", line.words[0].text) is not None


def _flow_block(lines: list[Line], vocabulary: frozenset[str]) -> Block:
    marker = _marker(lines[0])
    kind: BlockKind = "bullet" if marker else "paragraph"
    if not marker or not is_bullet(marker):
        return _block(kind, lines, vocabulary)
    first = lines[0]
    block = _block(kind, [Line(first.page, first.words[1:]), *lines[1:]], vocabulary)
    return replace(block, signs=(_sign(first.page, first.words[0]), *block.signs))


def _sign(page: int, word: Word, at: int = 0) -> TextWord:
    """Return a word that stands at a place of a text without being part of it."""
    return TextWord(at, at, page, word.rect)


def _block(kind: BlockKind, lines: Sequence[Line], vocabulary: frozenset[str]) -> Block:
    words: list[tuple[int, Word]] = []
    lone: list[tuple[int, int, Word]] = []
    for line in lines:
        if words and _is_lone_mark(line) and line.size < RAISED_SIZE * words[-1][1].size:
            page, last = words[-1]
            words[-1] = (page, replace(last, superscript=last.superscript + line.words[0].text))
            lone.append((len(words) - 1, line.page, line.words[0]))
            continue
        words.extend((line.page, word) for word in line.words)
    text, placed = lay_words(words, vocabulary)
    first = lines[0]
    signs = tuple(_sign(page, word, placed[index].end) for index, page, word in lone)
    return Block(kind, text, placed, first.size, all(line.bold for line in lines), signs=signs)


def lay_words(
    words: Iterable[tuple[int, Word]], vocabulary: frozenset[str]
) -> tuple[str, tuple[TextWord, ...]]:
    """Return the running text of words and, for each, its span, page, box and footnote mark.

    A hyphen at a line's end goes only where the joined word stands elsewhere in the document.
    """
    text = ""
    placed: list[TextWord] = []
    previous: tuple[int, Word] | None = None
    for page, word in words:
        body = word.text
        glue = " " if text and not CLOSING.match(body) else ""
        if previous is not None and text.endswith("-") and _wraps(previous, (page, word)):
            glue = ""
            text, placed[-1] = _unhyphenated(text, placed[-1], body, vocabulary)
        start = len(text) + len(glue)
        text += glue + body
        placed.append(TextWord(start, len(text), page, word.rect, word.superscript))
        previous = (page, word)
    return text, tuple(placed)


def _wraps(before: tuple[int, Word], after: tuple[int, Word]) -> bool:
    """Return whether a word stands on a later line than the one before it."""
    return before[0] != after[0] or overlap(before[1].rect, after[1].rect) < SAME_LINE


def _rows(table: Table, page: int, number: int, vocabulary: frozenset[str]) -> list[Block]:
    """Return one block a table row; its cells are spans of the row's text.

    The table's ``number`` in the document is the level of its rows.
    """
    blocks = []
    for row in table.rows:
        pieces: list[tuple[int, Word]] = []
        ends: list[int] = []
        for cell in row.cells:
            for line in page_lines(page, cell):
                pieces.extend((page, word) for word in line.words)
            ends.append(len(pieces))
        if not pieces:
            continue
        text, placed = lay_words(pieces, vocabulary)
        cells: list[tuple[int, int]] = []
        begin = 0
        for end in ends:
            if end > begin:
                cells.append((placed[begin].start, placed[end - 1].end))
            else:
                at = placed[begin].start if begin < len(placed) else len(text)
                cells.append((at, at))
            begin = end
        bold = all(word.bold for _, word in pieces)
        context = "header" if row.header else "group" if row.group else "data"
        blocks.append(
            Block("row", text, placed, pieces[0][1].size, bold, number, context, tuple(cells))
        )
    return blocks


def _footnotes(lines: Sequence[Line], vocabulary: frozenset[str]) -> list[Block]:
    """Return one block a footnote, its mark in ``context``."""
    groups: list[list[Line]] = []
    for line in lines:
        if footnote_mark(line) or not groups:
            groups.append([line])
        else:
            groups[-1].append(line)
    blocks = []
    for group in groups:
        mark = footnote_mark(group[0])
        rest = group[0].words[1:] if mark else group[0].words
        body = ([Line(group[0].page, rest)] if rest else []) + group[1:]
        if not body:
            blocks.append(_block("paragraph", group, vocabulary))
            continue
        block = _block("footnote", body, vocabulary)
        signs = (_sign(group[0].page, group[0].words[0]),) if mark else ()
        blocks.append(replace(block, context=mark, signs=signs + block.signs))
    return blocks


def _goes_on(before: Block, after: Block) -> bool:
    """Return whether a block goes on in the next column or over the page break."""
    if before.kind not in ("paragraph", "bullet") or after.kind != "paragraph":
        return False
    if not _same_size(before.size, after.size) or before.bold != after.bold:
        return False
    pages = after.words[0].page - before.words[-1].page
    if pages not in (0, 1) or (before.bold and not after.text[0].islower()):
        return False
    if after.text[0].islower():
        return not (pages == 0 and SENTENCE_END.search(before.text))
    indent = after.words[0].rect[0] - min(word.rect[0] for word in before.words)
    if SENTENCE_END.search(before.text):
        # A full sentence that goes on at a bullet's own indent is still that bullet.
        return pages == 1 and before.kind == "bullet" and abs(indent) < 0.3 * after.size
    if pages == 1 and before.kind == "bullet" and indent < -after.size:
        return False
    return _is_full(before, after)


def _is_full(before: Block, after: Block) -> bool:
    """Return whether a block's last line fills its column, so that the sentence may go on."""
    last = before.words[-1]
    if len(before.words) < MIN_RUNNING_WORDS:
        return False
    left = min(word.rect[0] for word in before.words)
    end = max(w.rect[2] for w in before.words if w.page == last.page)
    if after.words[0].rect[0] < end:
        end = max(end, *(word.rect[2] for word in after.words))
    return last.rect[2] - left >= FULL_LINE * (end - left)


def join_blocks(before: Block, after: Block, vocabulary: frozenset[str]) -> Block:
    """Return two blocks as one, the words of the second moved behind the first's."""
    text, words = before.text, before.words
    glue = " "
    if text.endswith("-"):
        glue = ""
        text, last = _unhyphenated(text, words[-1], after.text.split(None, 1)[0], vocabulary)
        words = (*words[:-1], last)
    shift = len(text) + len(glue)
    return replace(
        before,
        text=text + glue + after.text,
        words=words + _shifted(after.words, shift),
        cells=before.cells + tuple((start + shift, end + shift) for start, end in after.cells),
        signs=before.signs + _shifted(after.signs, shift),
    )


def _unhyphenated(
    text: str, last: TextWord, following: str, vocabulary: frozenset[str]
) -> tuple[str, TextWord]:
    """Return a text and its last word without the hyphen at its end, where the word is known."""
    stem = text.rsplit(None, 1)[-1][:-1]
    joined = (stem + following).strip(",.;:()'\"‘’“”").lower()
    if joined not in vocabulary or len(stem) < 2:
        return text, last
    return text[:-1], replace(last, end=len(text) - 1)


def _shifted(words: Iterable[TextWord], shift: int) -> tuple[TextWord, ...]:
    return tuple(replace(w, start=w.start + shift, end=w.end + shift) for w in words)


def _join_rows(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Return the blocks with the parts of tables that run over pages joined.

    Rows that a page cuts are one row again, and rows of one table have one level. Headers that
    are printed again at the top of a page come back apart.
    """
    joined: list[Block] = []
    repeated: list[Block] = []
    heads: dict[int, list[Block]] = {}
    levels: dict[int, int] = {}
    waiting = 0
    for block in blocks:
        if block.kind != "row":
            joined.append(block)
            continue
        before = next((b for b in reversed(joined) if b.kind != "footnote"), None)
        if block.level not in levels:
            levels[block.level] = block.level
            if before is not None and _is_next_part(before, block):
                levels[block.level] = before.level
                waiting = 0
        level = levels[block.level]
        head = heads.setdefault(level, [])
        if level != block.level:
            if 0 <= waiting < len(head) and head[waiting].text == block.text:
                repeated.append(replace(block, kind="header"))
                waiting += 1
                continue
            context = "data" if block.context == "header" else block.context
            block = replace(block, level=level, context=context)
            if waiting >= 0 and before is not None and _is_rest(before, block):
                at = max(i for i, b in enumerate(joined) if b.kind == "row")
                joined[at] = _join_cells(joined[at], block)
                waiting = -1
                continue
            waiting = -1
        elif len(head) < MAX_HEAD_ROWS:
            head.append(block)
        joined.append(block)
    return joined, repeated


def _is_next_part(before: Block, block: Block) -> bool:
    """Return whether a row at the top of a page belongs to the table that ends the page before."""
    if before.kind != "row" or before.words[-1].page != block.words[0].page - 1:
        return False
    if len(before.cells) != len(block.cells) or len(block.cells) < 2:
        return False
    ends = [
        (min(w.rect[0] for w in b.words), max(w.rect[2] for w in b.words)) for b in (before, block)
    ]
    return ends[0][0] < ends[1][1] and ends[1][0] < ends[0][1]


def _is_rest(before: Block, block: Block) -> bool:
    """Return whether a row is the rest of the row above the page break: its first cell is empty."""
    start, end = block.cells[0]
    return (
        start == end
        and before.kind == "row"
        and before.words[-1].page == block.words[0].page - 1
        and len(before.cells) == len(block.cells)
    )


def _join_cells(before: Block, after: Block) -> Block:
    """Return a row whose cells go on in another row, cell by cell."""
    text = ""
    words: list[TextWord] = []
    cells: list[tuple[int, int]] = []
    for (a0, a1), (b0, b1) in zip(before.cells, after.cells, strict=True):
        begin = len(text) + (1 if text else 0)
        for block, start, end in ((before, a0, a1), (after, b0, b1)):
            if start == end:
                continue
            glue = " " if text else ""
            shift = len(text) + len(glue) - start
            text += glue + block.text[start:end]
            words.extend(
                replace(word, start=word.start + shift, end=word.end + shift)
                for word in block.words
                if start <= word.start and word.end <= end
            )
        cells.append((min(begin, len(text)), len(text)))
    signs = before.signs + after.signs
    return replace(before, text=text, words=tuple(words), cells=tuple(cells), signs=signs)
