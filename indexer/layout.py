"""A page's words as lines, and lines as blocks: paragraphs, bullets, table rows, footnotes.

The order of words in a PDF is the order in which a program drew them; bullets are often drawn
last. So lines are made from where words stand, never from the order in which they come.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from indexer.records import Block, BlockKind, Document, Page, Rect, TextWord, Word
from indexer.tables import Table, find_tables

SAME_LINE = 0.5
"""Two words share a line when their boxes overlap by half of the lower one's height."""

LOOSE_PITCH = 1.22
"""A step between lines this much over the usual one of their size begins a new block."""

SHORT_LINE = 0.72
"""A full sentence that ends this far into the width of its block ends a paragraph."""

DEFAULT_PITCH = 1.25
"""The step between lines, in type sizes, where a size has too few lines to tell."""

SAME_SIZE = 0.08
"""Sizes within 8 % are one size: programs round them differently."""

EDGE_LINES = 3
"""Running headers and footers are looked for in this many lines at the top and at the bottom."""

NOT_BULLETS = frozenset("\"'‘“(&£$€%+=§†‡©®/\\[{<>@#")
NUMBERED = re.compile(r"^(\d{1,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,4}[.)])$")
CLOSING = re.compile(r"^[,.;:!?)\]’”»]+$")
SENTENCE_END = re.compile(r"[.!?:;]['\"’”)\]]*$")
ROMAN = re.compile(r"^[ivxlc]+$")


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand side by side, left to right."""

    page: int
    words: tuple[Word, ...]

    @property
    def rect(self) -> Rect:
        """The box around all the words."""
        return (
            min(w.rect[0] for w in self.words),
            min(w.rect[1] for w in self.words),
            max(w.rect[2] for w in self.words),
            max(w.rect[3] for w in self.words),
        )

    @property
    def size(self) -> float:
        """The type size in points that most of the characters have."""
        sizes: Counter[float] = Counter()
        for word in self.words:
            sizes[word.size] += len(word.text)
        return sizes.most_common(1)[0][0]

    @property
    def bold(self) -> bool:
        """Whether nearly all of the characters are bold."""
        total = sum(len(w.text) for w in self.words)
        return sum(len(w.text) for w in self.words if w.bold) >= 0.9 * total

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return join_words(self.words)

    @property
    def baseline(self) -> float:
        """The lower edge of the words of the line's own size."""
        size = self.size
        return median(w.rect[1] for w in self.words if w.size >= 0.8 * size)


@dataclass(frozen=True, slots=True)
class Layout:
    """A document's blocks in reading order, and what the page furniture says.

    ``labels`` are the numbers printed on the pages, page by page, empty where none is printed.
    """

    blocks: tuple[Block, ...]
    furniture: tuple[Block, ...]
    labels: tuple[str, ...]
    body_size: float


def read_layout(document: Document) -> Layout:
    """Return the blocks of a document in reading order, headers and footers held apart."""
    vocabulary = _vocabulary(document.pages)
    tables = {page.number: find_tables(page) for page in document.pages}
    lines = {
        page.number: page_lines(page.number, _outside(page.words, tables[page.number]))
        for page in document.pages
    }
    furniture = _furniture(document.pages, lines)
    labels = _labels(document.pages, furniture)
    body = {
        number: [line for line in page if line not in furniture.get(number, ())]
        for number, page in lines.items()
    }
    body_size = _body_size(body.values())
    text_sizes = _text_sizes(body.values())
    pitches = _usual_pitches(body.values())
    blocks: list[Block] = []
    for page in document.pages:
        flow, notes = _split_footnotes(body[page.number], text_sizes)
        page_blocks = _blocks(flow, pitches, vocabulary)
        for table in tables[page.number]:
            page_blocks.extend(_rows(table, page.number, vocabulary))
        page_blocks.sort(key=lambda block: -block.words[0].rect[3])
        _append_page(blocks, page_blocks, vocabulary)
        blocks.extend(_footnotes(notes, vocabulary))
    return Layout(
        tuple(_join_rows(blocks, vocabulary)),
        tuple(
            _block("footer", [line], vocabulary) for page in furniture.values() for line in page
        ),
        labels,
        body_size,
    )


def page_lines(page: int, words: Iterable[Word]) -> list[Line]:
    """Return the lines on a page from top to bottom, each with its words from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-(w.rect[1] + w.rect[3]), w.rect[0])):
        for row in reversed(rows[-4:]):
            if _overlap(row[0].rect, word.rect) >= SAME_LINE:
                row.append(word)
                break
        else:
            rows.append([word])
    lines = [Line(page, _marked(sorted(row, key=lambda w: w.rect[0]))) for row in rows]
    return sorted(lines, key=lambda line: -line.rect[3])


def join_words(words: Sequence[Word]) -> str:
    """Return the words with single spaces, none before closing punctuation set on its own."""
    text = ""
    for word in words:
        text += word.text if not text or CLOSING.match(word.text) else " " + word.text
    return text


def _marked(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words with a small raised figure given to the word before it as its mark."""
    marked: list[Word] = []
    for word in words:
        before = marked[-1] if marked else None
        if (
            before is not None
            and re.fullmatch(r"[\d*†‡§,]{1,4}", word.text)
            and word.size < 0.78 * before.size
            and word.rect[1] > before.rect[1] + 0.1 * before.size
        ):
            marked[-1] = replace(before, superscript=before.superscript + word.text)
        else:
            marked.append(word)
    return tuple(marked)


def _overlap(a: Rect, b: Rect) -> float:
    """Return the shared height of two boxes as a part of the lower box's height."""
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return shared / max(min(a[3] - a[1], b[3] - b[1]), 0.01)


def _outside(words: Sequence[Word], tables: Sequence[Table]) -> list[Word]:
    inside = {id(word) for table in tables for word in table.words}
    return [word for word in words if id(word) not in inside]


def _vocabulary(pages: Iterable[Page]) -> frozenset[str]:
    """Return the words of a document, by which a hyphen at a line's end is judged."""
    return frozenset(
        word.text.strip(",.;:()'\"‘’“”").lower() for page in pages for word in page.words
    )


def _furniture(pages: Sequence[Page], lines: dict[int, list[Line]]) -> dict[int, list[Line]]:
    """Return the running headers and footers: edge lines that recur, whatever their number."""
    seen: Counter[tuple[str, int]] = Counter()
    found: dict[int, list[tuple[tuple[str, int], Line]]] = {}
    for page in pages:
        own = lines[page.number]
        edge = {id(line): line for line in [*own[:EDGE_LINES], *own[-EDGE_LINES:]]}
        height = page.height or 1.0
        keyed = []
        for line in edge.values():
            middle = (line.rect[1] + line.rect[3]) / 2
            if not 0.12 * height < middle < 0.88 * height:
                keyed.append(((_furniture_key(line), round(middle / 6)), line))
        found[page.number] = keyed
        seen.update({key for key, _ in keyed})
    needed = max(2, round(0.2 * len(pages)))
    return {
        number: [line for key, line in keyed if _near_count(seen, key) >= needed]
        for number, keyed in found.items()
    }


def _near_count(seen: Counter[tuple[str, int]], key: tuple[str, int]) -> int:
    text, place = key
    return sum(seen[(text, place + step)] for step in (-1, 0, 1))


def _furniture_key(line: Line) -> str:
    words = [w.text.lower() for w in line.words]
    for index in {0, len(words) - 1}:
        if ROMAN.match(words[index]):
            words[index] = "#"
    return re.sub(r"\d+", "#", " ".join(words))


def _labels(pages: Sequence[Page], furniture: dict[int, list[Line]]) -> tuple[str, ...]:
    """Return the numbers printed in the furniture, where they count up with the pages.

    A number is believed when its distance from the physical page is the commonest one of its
    kind (arabic or roman) and at least two pages agree on it.
    """
    printed: dict[int, list[tuple[str, str, int]]] = {}
    steps: Counter[tuple[str, int]] = Counter()
    for page in pages:
        tokens = []
        for line in furniture.get(page.number, ()):
            for word in (line.words[0].text, line.words[-1].text):
                value = _number(word)
                if value is not None:
                    tokens.append((word, *value))
        printed[page.number] = [(t, kind, n - page.number) for t, kind, n in set(tokens)]
        steps.update({(kind, step) for _, kind, step in printed[page.number]})
    best = {
        kind: max((s for s in steps if s[0] == kind), key=lambda s: steps[s], default=None)
        for kind in ("arabic", "roman")
    }
    labels = []
    for page in pages:
        label = page.label
        for token, kind, step in printed[page.number]:
            if (kind, step) == best[kind] and steps[(kind, step)] >= 2:
                label = token
        labels.append(label)
    return tuple(labels)


def _number(token: str) -> tuple[str, int] | None:
    if re.fullmatch(r"\d{1,4}", token):
        return "arabic", int(token)
    if ROMAN.match(token):
        values = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
        digits = [values[c] for c in token]
        following = [*digits[1:], 0]
        return "roman", sum(
            -d if d < n else d for d, n in zip(digits, following, strict=True)
        )
    return None


def _body_size(pages: Iterable[Sequence[Line]]) -> float:
    """Return the type size that most characters of the document have."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


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


def _split_footnotes(
    lines: list[Line], text_sizes: frozenset[float]
) -> tuple[list[Line], list[Line]]:
    """Return the page's flow and its footnotes: small lines below all body text, led by a mark."""
    start = len(lines)
    page_size = max((line.size for line in lines if line.size in text_sizes), default=0.0)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if line.size >= 0.92 * page_size:
            break
        if footnote_mark(line):
            start = index
    return lines[:start], lines[start:]


def footnote_mark(line: Line) -> str:
    """Return the mark that leads a footnote line, or nothing where there is none."""
    first = line.words[0]
    if len(line.words) > 1 and re.fullmatch(r"\d{1,3}|[*†‡§]", first.text):
        return first.text
    if len(line.words) == 1 and re.fullmatch(r"\d{1,3}", first.text):
        return first.text
    return ""


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
    lines: Sequence[Line], pitches: dict[float, float], vocabulary: frozenset[str]
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
    if _marker(line) and not (before.bold and line.bold):
        return True
    if not _same_size(before.size, line.size) or before.bold != line.bold:
        return not _is_lone_mark(line)
    if before.baseline - line.baseline > LOOSE_PITCH * pitch * line.size:
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


def _is_lone_mark(line: Line) -> bool:
    """Return whether a footnote mark wrapped onto a line of its own."""
    return len(line.words) == 1 and re.fullmatch(r"\d{1,3}", line.words[0].text) is not None


def _flow_block(lines: list[Line], vocabulary: frozenset[str]) -> Block:
    marker = _marker(lines[0])
    kind: BlockKind = "bullet" if marker else "paragraph"
    if marker and is_bullet(marker):
        lines = [Line(lines[0].page, lines[0].words[1:]), *lines[1:]]
    return _block(kind, lines, vocabulary)


def _block(kind: BlockKind, lines: Sequence[Line], vocabulary: frozenset[str]) -> Block:
    words: list[tuple[int, Word]] = []
    for line in lines:
        if words and _is_lone_mark(line) and line.size < 0.78 * words[-1][1].size:
            page, last = words[-1]
            words[-1] = (page, replace(last, superscript=last.superscript + line.words[0].text))
            continue
        words.extend((line.page, word) for word in line.words)
    text, placed = lay_words(words, vocabulary)
    first = lines[0]
    return Block(kind, text, placed, first.size, all(line.bold for line in lines))


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
            stem = text.rsplit(None, 1)[-1][:-1]
            joined = (stem + body).strip(",.;:()'\"‘’“”").lower()
            if joined in vocabulary and len(stem) > 1:
                text = text[:-1]
                placed[-1] = replace(placed[-1], end=len(text))
        start = len(text) + len(glue)
        text += glue + body
        placed.append(TextWord(start, len(text), page, word.rect, word.superscript))
        previous = (page, word)
    return text, tuple(placed)


def _wraps(before: tuple[int, Word], after: tuple[int, Word]) -> bool:
    """Return whether a word stands on a later line than the one before it."""
    return before[0] != after[0] or _overlap(before[1].rect, after[1].rect) < SAME_LINE


def _rows(table: Table, page: int, vocabulary: frozenset[str]) -> list[Block]:
    """Return one block a table row; its cells are spans of the row's text."""
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
            Block(
                "row", text, placed, pieces[0][1].size, bold, table.number, context, tuple(cells)
            )
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
        if body:
            block = _block("footnote", body, vocabulary)
            blocks.append(replace(block, context=mark))
    return blocks


def _append_page(blocks: list[Block], page: list[Block], vocabulary: frozenset[str]) -> None:
    """Add a page's blocks, joining its first to the last of the page before where it goes on."""
    last = next((i for i in range(len(blocks) - 1, -1, -1) if blocks[i].kind != "footnote"), None)
    if page and last is not None and _goes_on(blocks[last], page[0]):
        blocks[last] = join_blocks(blocks[last], page[0], vocabulary)
        page = page[1:]
    blocks.extend(page)


def _goes_on(before: Block, after: Block) -> bool:
    """Return whether a block continues over the page break."""
    if before.kind not in ("paragraph", "bullet") or after.kind != "paragraph":
        return False
    if not _same_size(before.size, after.size) or before.bold != after.bold:
        return False
    if before.words[-1].page != after.words[0].page - 1:
        return False
    if not SENTENCE_END.search(before.text) or after.text[0].islower():
        return True
    # A full sentence that goes on at a bullet's own indent is still that bullet.
    left = min(word.rect[0] for word in before.words)
    return before.kind == "bullet" and abs(after.words[0].rect[0] - left) < 0.3 * after.size


def join_blocks(before: Block, after: Block, vocabulary: frozenset[str]) -> Block:
    """Return two blocks as one, the words of the second moved behind the first's."""
    del vocabulary
    text = before.text
    glue = "" if text.endswith("-") else " "
    shift = len(text) + len(glue)
    moved = tuple(
        replace(word, start=word.start + shift, end=word.end + shift) for word in after.words
    )
    cells = tuple((start + shift, end + shift) for start, end in after.cells)
    return replace(
        before,
        text=text + glue + after.text,
        words=before.words + moved,
        cells=before.cells + cells,
    )


def _join_rows(blocks: Sequence[Block], vocabulary: frozenset[str]) -> list[Block]:
    """Return the blocks with repeated table headers dropped and rows cut by a page joined."""
    joined: list[Block] = []
    for index, block in enumerate(blocks):
        if block.kind != "row":
            joined.append(block)
            continue
        before = next((b for b in reversed(joined) if b.kind != "footnote"), None)
        first_of_page = before is not None and before.words[-1].page < block.words[0].page
        if before is not None and before.kind == "row" and first_of_page:
            header = next((b for b in joined if b.kind == "row" and b.text == block.text), None)
            if block.context == "header" and header is not None:
                following = blocks[index + 1] if index + 1 < len(blocks) else None
                if following is not None and following.kind == "row":
                    continue
        if _continues_row(joined, blocks, index):
            at = max(i for i, b in enumerate(joined) if b.kind == "row")
            joined[at] = _join_cells(joined[at], block)
            continue
        joined.append(block)
    return joined


def _continues_row(joined: Sequence[Block], blocks: Sequence[Block], index: int) -> bool:
    """Return whether a row is the rest of the row above the page break: its first cell is empty."""
    block = blocks[index]
    before = next((b for b in reversed(joined) if b.kind == "row"), None)
    if before is None or before.words[-1].page != block.words[0].page - 1:
        return False
    if len(before.cells) != len(block.cells) or len(block.cells) < 2:
        return False
    start, end = block.cells[0]
    return start == end


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
    return replace(before, text=text, words=tuple(words), cells=tuple(cells))
