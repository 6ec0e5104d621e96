"""The tree of sections: from the file's bookmarks, or from numbering, type size and weight."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from indexer.layout import Layout
from indexer.records import Block, Bookmark, Document, Section
from indexer.text import fold

LARGER = 1.08
"""Headings are set at least this much larger than body text, or in bold."""

MAX_HEADING_WORDS = 22
ENOUGH_BOOKMARKS = 0.5
"""Bookmarks are believed when this share of them names a line on its page."""

RATING_WORDS = frozenset(
    fold(word)
    for word in (
        "Outstanding", "Good", "Requires improvement", "Inadequate", "Satisfactory", "Reasonable",
        "Requires improvement to be good", "Weak", "Poor", "Adequate", "Met", "Not met",
    )
)  # fmt: skip
"""Grades that inspectorates print in a box of their own: large and bold, but never a heading."""

NUMBERING = re.compile(r"^(?:[A-Z]{1,2}\s?)?(\d{1,2}(?:\.\d{1,2})*)\.?\s")
CONTENTS = frozenset({"contents", "tableofcontents", "contentslist", "listofcontents"})

Style = tuple[float, bool]
Level = tuple[int, int]


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


def heading_levels(document: Document, layout: Layout) -> dict[int, Level]:
    """Return the level of every block that is a heading, by its place among the blocks."""
    candidates = {
        index: block for index, block in enumerate(layout.blocks) if _looks(block, layout.body_size)
    }
    marked = _bookmarked(document.bookmarks, layout.blocks)
    if document.bookmarks and len(marked) >= ENOUGH_BOOKMARKS * len(document.bookmarks):
        return _with_bookmarks(candidates, marked, layout.blocks)
    return _by_style(candidates)


def _looks(block: Block, body_size: float) -> bool:
    """Return whether a block is set as a heading: short, larger or bold, and not a sentence."""
    text = block.text.strip()
    if block.kind not in ("paragraph", "bullet") or not text:
        return False
    if len(text.split()) > MAX_HEADING_WORDS or fold(text) in RATING_WORDS:
        return False
    if text[-1] in ".;,!”\"'’" or not any(c.isalpha() for c in text):
        return False
    if text[0].islower() or text[0] in "‘'“\"(":
        return False
    larger = block.size >= LARGER * body_size
    return larger or (block.bold and block.size >= 0.8 * body_size)


def _bookmarked(bookmarks: Sequence[Bookmark], blocks: Sequence[Block]) -> dict[int, int]:
    """Return the bookmark level of the block that each bookmark names on its page."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if block.words and block.kind in ("paragraph", "bullet"):
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
    candidates: dict[int, Block], marked: dict[int, int], blocks: Sequence[Block]
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
        elif style[0] <= smallest and block.bold:
            levels[index] = (deepest, 0)
    return levels


def _by_style(candidates: dict[int, Block]) -> dict[int, Level]:
    """Return levels by type size, then weight, then depth of numbering.

    Sizes that stand only on the first page belong to the cover, not to the tree.
    """
    pages: dict[Style, set[int]] = defaultdict(set)
    for block in candidates.values():
        pages[_style(block)].add(block.words[0].page)
    cover = {style for style, where in pages.items() if where == {1} and len(pages) > 1}
    used = sorted(set(pages) - cover, key=lambda s: (-s[0], not s[1]))
    rank = {style: number for number, style in enumerate(used)}
    return {
        index: (rank[_style(block)], _depth(block.text))
        for index, block in candidates.items()
        if _style(block) in rank
    }


def _style(block: Block) -> Style:
    return (round(2 * block.size) / 2, block.bold)


def _depth(text: str) -> int:
    """Return how deep a heading's number is: 1 for "2.", 2 for "P 1.2."; 0 without a number."""
    match = NUMBERING.match(text)
    return len(match.group(1).split(".")) if match else 0
