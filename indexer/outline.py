"""The tree of sections: from the file's bookmarks, or from numbering, type size and weight."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.layout import LARGER, Layout
from indexer.records import Block, Bookmark, Document, Section
from indexer.text import fold, is_grade

MAX_HEADING_WORDS = 22
ENOUGH_BOOKMARKS = 0.5
"""Bookmarks are believed when this share of them names a line on its page."""

NUMBERING = re.compile(r"^(?:[A-Z]{1,2}\s?)?(\d{1,2}(?:\.\d{1,2})*)[.)]?\s+")
CONTENTS = frozenset({"contents", "tableofcontents", "contentslist", "listofcontents"})

ENTRY = re.compile(r"^(.*?\w.*?)[\s.…·]+(\d{1,4}|[ivxlc]{1,6})$", re.S)
"""A line of the contents list: a title, dots or space, a page number."""

MAX_ENTRY_WORDS = 60
MAX_CONTENTS_PAGES = 4
MIN_TEXT_WORDS = 8
"""Under a heading stands text: a paragraph or bullet of at least this many words."""

Style = tuple[float, bool]
Level = tuple[int, int]
ALONE: Level = (-1, 0)
"""Nothing stands under such a heading: the list of contents, the document's title."""

LINK = re.compile(r"://|www\.|@\S+\.")
LEADERS = re.compile(r"\.{4,}\s*\w+$|(?:\. ){4,}\w+$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the printed contents list: its title, the page number it gives, its heading.

    ``block`` is the place, among the layout's blocks, of the heading that it names; None where
    no line of that page bears the title. ``pages`` are the physical pages that bear the number.
    """

    title: str
    label: str
    block: int | None = None
    pages: tuple[int, ...] = ()


def read_sections(document: Document, layout: Layout) -> tuple[Section, ...]:
    """Return the sections of a document in reading order, each with its chain of headings.

    Text before the first heading stands in a section with an empty path. A document without any
    heading is one section.
    """
    levels = heading_levels(document, layout)
    sections: list[Section] = []
    stack: list[tuple[Level, str]] = []
    blocks: list[Block] = []
    page = 1

    def close() -> None:
        if blocks or stack:
            sections.append(Section(tuple(title for _, title in stack), page, tuple(blocks)))

    for index, block in enumerate(layout.blocks):
        level = levels.get(index)
        if level is None:
            blocks.append(block)
            continue
        close()
        if stack and stack[-1][0] == ALONE:
            stack.pop()
        while stack and stack[-1][0] >= level:
            stack.pop()
        stack.append((level, block.text.strip()))
        page = block.words[0].page
        blocks = [replace(block, kind="heading")]
    close()
    return tuple(sections)


def is_contents(section: Section) -> bool:
    """Return whether a section is the printed list of contents."""
    return bool(section.path) and fold(section.path[-1]) in CONTENTS


def contents_list(layout: Layout) -> tuple[Entry, ...]:
    """Return the entries of the printed contents list, each with the heading it names.

    The list is empty where the document has none, or none with page numbers.
    """
    blocks, places = layout.blocks, _contents_places(layout.blocks)
    if not places:
        return ()
    entries = []
    taken: set[int] = {min(places) - 1, *places}
    for text in (part for place in places for part in _entry_texts(blocks[place])):
        match = ENTRY.match(text)
        if match is None:
            continue
        title, label = match.group(1).strip(" ."), match.group(2)
        pages = _labelled(layout, label)
        found = _entry_block(layout, title, pages, taken)
        if found is not None:
            taken.add(found)
        entries.append(Entry(title, label, found, pages))
    return tuple(entries)


def _contents_places(blocks: Sequence[Block]) -> list[int]:
    """Return the places of the contents list's entries: all behind its heading up to the last."""
    start = next((i for i, b in enumerate(blocks) if fold(b.text) in CONTENTS), None)
    if start is None:
        return []
    first = blocks[start].words[0].page
    places: list[int] = []
    waiting: list[int] = []
    for index in range(start + 1, len(blocks)):
        block = blocks[index]
        if block.words[0].page > first + MAX_CONTENTS_PAGES or len(waiting) > 3:
            break
        waiting.append(index)
        if ENTRY.match(block.text) and len(block.text.split()) <= MAX_ENTRY_WORDS:
            places += waiting
            waiting = []
    return places


def _entry_texts(block: Block) -> list[str]:
    """Return the entries that a block of the contents list holds, most often one."""
    if block.kind == "row":
        return [block.text]
    parts = re.split(r"(?<=[\s.]\d)\s+(?=[A-Z])|(?<=[\s.]\d\d)\s+(?=[A-Z])", block.text)
    return [part for part in parts if part]


def _labelled(layout: Layout, label: str) -> tuple[int, ...]:
    """Return the pages on which a number is printed; the page of that number where none is."""
    pages = tuple(n for n, printed in enumerate(layout.labels, 1) if printed == label)
    return pages or ((int(label),) if label.isdigit() else ())


def _entry_block(layout: Layout, title: str, pages: Sequence[int], taken: set[int]) -> int | None:
    """Return the place of the block that bears a title on the page of a label, or nothing.

    Lists are not always brought up to date: a heading on the page beside will do.
    """
    wanted = _title(title)
    if not wanted:
        return None
    named = [
        index
        for index, block in enumerate(layout.blocks)
        if index not in taken
        and block.kind in ("paragraph", "bullet")
        and _names(block.text, wanted)
    ]
    found = [index for index in named if layout.blocks[index].words[0].page in pages]
    # A list may name what the headings below it name again: they stand out, its items do not.
    best = [index for index in found if _looks(layout.blocks[index], layout.body_size)]
    plain = [index for index in found if layout.blocks[index].kind == "paragraph"]
    beside = [
        index
        for index in named
        if layout.blocks[index].words[0].page in {n + step for n in pages for step in (-1, 1)}
        and _looks(layout.blocks[index], layout.body_size)
    ]
    return next(iter([*best, *plain, *beside, *found]), None)


def _names(text: str, wanted: str) -> bool:
    """Return whether a line bears a title, but for its number, a plural or the grade behind it."""
    if len(text) > 4 * len(wanted) + 40:
        return False
    own = _title(text)
    rest = own[len(wanted) :]
    return own.startswith(wanted) and (len(rest) <= 2 or is_grade(rest))


def _title(text: str) -> str:
    """Return a title folded for comparison, without the number in front of it."""
    return fold(NUMBERING.sub("", text.replace("&", " and ").strip(), count=1))


def heading_levels(document: Document, layout: Layout) -> dict[int, Level]:
    """Return the level of every block that is a heading, by its place among the blocks."""
    blocks = layout.blocks
    entries = set(_contents_places(blocks))
    named = {entry.block for entry in contents_list(layout) if entry.block is not None}
    candidates = {
        index: block
        for index, block in enumerate(blocks)
        if index not in entries and (index in named or _looks(block, layout.body_size))
    }
    for index in _cover(blocks, candidates, named):
        del candidates[index]
    marked = _bookmarked(document.bookmarks, blocks, entries)
    if document.bookmarks and len(marked) >= ENOUGH_BOOKMARKS * len(document.bookmarks):
        levels = _with_bookmarks(candidates, marked, blocks, named)
    else:
        levels = _by_style(candidates)
        levels |= dict.fromkeys(_titles(candidates), ALONE)
    if entries:
        levels[min(entries) - 1] = ALONE
    return levels


def _titles(candidates: dict[int, Block]) -> list[int]:
    """Return the place of the document's title: the largest line, on page 1, like no other.

    Every section of the document stands under it, so that it says nothing in their paths.
    """
    largest = max((block.size for block in candidates.values()), default=0.0)
    titles = [i for i, b in candidates.items() if _same(b.size, largest)]
    pages = {block.words[0].page for block in candidates.values()}
    is_title = len(titles) == 1 and candidates[titles[0]].words[0].page == 1 and len(pages) > 1
    return titles if is_title else []


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 0.5


def _is_running(block: Block) -> bool:
    """Return whether a block is running text: a sentence or two, not the lines of a cover."""
    words = len(block.text.split())
    if block.kind not in ("paragraph", "bullet") or words < MIN_TEXT_WORDS:
        return False
    return words >= 3 * MIN_TEXT_WORDS or block.text.rstrip()[-1] in ".;:"


def _cover(blocks: Sequence[Block], candidates: dict[int, Block], named: set[int]) -> list[int]:
    """Return the places of what stands out on page 1 without any text under it: the cover."""
    first = [i for i in candidates if blocks[i].words[0].page == 1]
    cover: list[int] = []
    following = next((i for i in candidates if blocks[i].words[0].page > 1), len(blocks))
    has_text = False
    for place in reversed(range(len(first))):
        index = first[place]
        end = first[place + 1] if place + 1 < len(first) else following
        under = blocks[index + 1 : end]
        text = any(_is_running(b) for b in under)
        lower = place + 1 < len(first) and _style(blocks[index]) > _style(blocks[end])
        has_text = text or (has_text and lower and not under)
        if not has_text and index not in named:
            cover.append(index)
    return cover


def _looks(block: Block, body_size: float) -> bool:
    """Return whether a block is set as a heading: short, larger or bold, and not a sentence."""
    text = block.text.strip()
    if block.kind not in ("paragraph", "bullet") or not text:
        return False
    if len(text.split()) > MAX_HEADING_WORDS or is_grade(text):
        return False
    if LEADERS.search(text) or text[-1] in ".;,!”\"'’" or not any(c.isalpha() for c in text):
        return False
    if text[0].islower() or text[0] in "‘'“\"(":
        return False
    if block.underlined:
        return block.kind == "paragraph" and LINK.search(text) is None
    larger = block.size >= LARGER * body_size
    return larger or (block.bold and block.size >= 0.8 * body_size)


def _bookmarked(
    bookmarks: Sequence[Bookmark], blocks: Sequence[Block], entries: set[int]
) -> dict[int, int]:
    """Return the bookmark level of the block that each bookmark names on its page or beside it."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if block.kind in ("paragraph", "bullet") and index not in entries:
            by_page[block.words[0].page].append(index)
    found: dict[int, int] = {}
    for bookmark in bookmarks:
        title = fold(bookmark.title)
        if not title:
            continue
        for page in (bookmark.page, bookmark.page + 1, bookmark.page - 1):
            match = next(
                (i for i in by_page[page] if i not in found and fold(blocks[i].text) == title), None
            )
            if match is not None:
                found[match] = bookmark.level
                break
    return found


def _with_bookmarks(
    candidates: dict[int, Block],
    marked: dict[int, int],
    blocks: Sequence[Block],
    named: set[int],
) -> dict[int, Level]:
    """Return levels from bookmarks; headings without one go by the bookmarked ones set alike."""
    style_levels: dict[Style, int] = {}
    for index, level in marked.items():
        style = _style(blocks[index])
        style_levels[style] = max(level, style_levels.get(style, 0))
    smallest = min(style[0] for style in style_levels)
    deepest = max(marked.values()) + 1
    levels: dict[int, Level] = {index: (level, 0) for index, level in marked.items()}
    for index, block in candidates.items():
        style = _style(block)
        if index in levels:
            continue
        if style in style_levels:
            levels[index] = (style_levels[style], 0)
        elif index in named or (style[0] <= smallest and block.bold):
            levels[index] = (deepest, 0)
    return levels


def _by_style(candidates: dict[int, Block]) -> dict[int, Level]:
    """Return levels by type size, then weight, then depth of numbering.

    A heading without a number is a chapter like those with "1." before and behind it, unless
    it stands between two of them: then it is a part of the first.
    """
    used = sorted({_style(block) for block in candidates.values()}, key=lambda s: (-s[0], not s[1]))
    rank = {style: number for number, style in enumerate(used)}
    places: dict[Style, list[int]] = defaultdict(list)
    for index, block in candidates.items():
        if _depth(block.text) == 1:
            places[_style(block)].append(index)
    levels = {}
    for index, block in candidates.items():
        style = _style(block)
        numbered = places[style]
        inside = len(numbered) > 1 and numbered[0] < index < numbered[-1]
        depth = _depth(block.text)
        levels[index] = (rank[style], 2 * depth if depth else 3 if inside else 2)
    return levels


def _style(block: Block) -> Style:
    return (round(2 * block.size) / 2, block.bold)


def _depth(text: str) -> int:
    """Return how deep a heading's number is: 1 for "2.", 2 for "P 1.2."; 0 without a number."""
    match = NUMBERING.match(text)
    return len(match.group(1).split(".")) if match else 0
