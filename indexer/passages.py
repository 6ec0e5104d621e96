"""Sections cut into passages: whole paragraphs, bullets, table rows and footnotes.

Short blocks of a section are joined to about ``MIN_WORDS`` words and long ones cut at sentence
ends near ``MAX_WORDS``; a passage never holds words of two sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.outline import is_contents
from indexer.records import Block, Passage, PassageKind, Section, TextWord
from indexer.text import sentences

MIN_WORDS = 25
MAX_WORDS = 150
SHORT_CELL_WORDS = 8
"""Neighbouring cells up to this many words are one piece of evidence: "Some progress", "Yes"."""


@dataclass(frozen=True, slots=True)
class PassageSettings:
    """How sections are cut; a part of an index's identity."""

    min_words: int = MIN_WORDS
    max_words: int = MAX_WORDS


DEFAULT_SETTINGS = PassageSettings()


def cut_passages(
    sections: Sequence[Section], *, report: str = "", settings: PassageSettings = DEFAULT_SETTINGS
) -> tuple[Passage, ...]:
    """Return the passages of all sections in reading order, numbered from 0."""
    calls = _footnote_calls(sections)
    passages: list[Passage] = []
    for section, following in zip(sections, [*sections[1:], None], strict=True):
        found = list(_section_passages(section, calls, settings))
        if not found and not is_contents(section) and not _leads(section, following):
            found = [_bare(section)]
        for passage in found:
            passages.append(replace(passage, report=report, ordinal=len(passages)))
    return tuple(passages)


def _leads(section: Section, following: Section | None) -> bool:
    """Return whether the next section stands under this one, so that its heading is kept there."""
    own = section.path
    return following is not None and len(following.path) > len(own) == _shared(own, following.path)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def _bare(section: Section) -> Passage:
    """Return a heading that nothing stands under as a passage of its own, so that it is found."""
    heading = section.blocks[0]
    above = replace(section, path=section.path[:-1])
    units = tuple(sentences(heading.text))
    return _passage(above, "text", heading.text, units, heading.words)


def _section_passages(
    section: Section,
    calls: dict[tuple[int, str], tuple[tuple[str, ...], str]],
    settings: PassageSettings,
) -> Iterator[Passage]:
    if is_contents(section):
        section = replace(section, blocks=tuple(b for b in section.blocks if not _is_entry(b)))
    header: Block | None = None
    group = ""
    table = -1
    waiting: list[Block] = []
    for block in section.blocks:
        if block.kind in ("paragraph", "bullet"):
            yield from _flow(section, waiting, block, settings)
            continue
        if block.kind == "heading":
            continue
        yield from _flush(section, waiting)
        if block.kind == "footnote":
            yield _footnote(section, block, calls)
            continue
        if block.level != table or block.context == "header":
            header, group, table = None, "", block.level
        if block.context == "header":
            # A title row over wider rows names the table, not its columns.
            header = block if len(block.cells) == _width(section, block) else None
        elif block.context == "group":
            group = block.text
            continue
        yield _row(section, block, header, group)
    yield from _flush(section, waiting)


def _flow(
    section: Section, waiting: list[Block], block: Block, settings: PassageSettings
) -> Iterator[Passage]:
    """Yield the passages that are full once a block has come in; short ones wait in ``waiting``."""
    words = len(block.text.split())
    held = sum(len(b.text.split()) for b in waiting)
    if waiting and held + words > settings.max_words:
        yield from _flush(section, waiting)
    if words > settings.max_words:
        yield from _cut(section, block, settings.max_words)
        return
    waiting.append(block)
    if sum(len(b.text.split()) for b in waiting) >= settings.min_words:
        if block.text.rstrip().endswith(":") and words < settings.min_words:
            return  # a lead-in belongs to what follows it
        yield from _flush(section, waiting)


def _flush(section: Section, waiting: list[Block]) -> Iterator[Passage]:
    if waiting:
        yield _joined(section, waiting)
        waiting.clear()


def _joined(section: Section, blocks: Sequence[Block]) -> Passage:
    """Return blocks as one passage, a line break between them."""
    text = ""
    words: list[TextWord] = []
    units: list[tuple[int, int]] = []
    for block in blocks:
        shift = len(text) + (1 if text else 0)
        text += ("\n" if text else "") + block.text
        words.extend(_moved(block.words, shift))
        units.extend((start + shift, end + shift) for start, end in sentences(block.text))
    return _passage(section, "text", text, tuple(units), tuple(words))


def _cut(section: Section, block: Block, max_words: int) -> Iterator[Passage]:
    """Yield a long block in parts of whole sentences, of about equal length."""
    spans = [part for span in sentences(block.text) for part in _pieces(block, span, max_words)]
    total = len(block.text.split())
    target = total / max(1, -(-total // max_words))
    part: list[tuple[int, int]] = []
    count = 0
    for span in spans:
        size = len(block.text[slice(*span)].split())
        if part and count + size / 2 > target:
            yield _part(section, block, part)
            part, count = [], 0
        part.append(span)
        count += size
    if part:
        yield _part(section, block, part)


def _pieces(block: Block, span: tuple[int, int], max_words: int) -> list[tuple[int, int]]:
    """Return a sentence as it is, or at word ends in parts where it alone is over the limit."""
    words = [(w.start, w.end) for w in block.words if span[0] <= w.start and w.end <= span[1]]
    if len(words) <= max_words:
        return [span]
    parts = [words[at : at + max_words] for at in range(0, len(words), max_words)]
    return [(part[0][0], part[-1][1]) for part in parts]


def _part(section: Section, block: Block, spans: Sequence[tuple[int, int]]) -> Passage:
    start, end = spans[0][0], spans[-1][1]
    words = (w for w in block.words if start <= w.start and w.end <= end)
    units = tuple((a - start, b - start) for a, b in spans)
    return _passage(section, "text", block.text[start:end], units, tuple(_moved(words, -start)))


def _row(section: Section, block: Block, header: Block | None, group: str) -> Passage:
    """Return a table row as a passage, the table's and the columns' names in its context."""
    name = section.path[-1].rstrip(":") if section.path else ""
    names: tuple[str, ...] = ()
    if header is not None and header is not block and len(header.cells) == len(block.cells):
        names = tuple(header.text[a:b] for a, b in header.cells)
    context = " › ".join(part for part in (name, group, " | ".join(n for n in names if n)) if part)
    passage = _passage(section, "row", block.text, tuple(_row_units(block)), block.words)
    return replace(passage, context=context, cells=block.cells, header=names)


def _width(section: Section, header: Block) -> int:
    """Return the number of cells in the widest row of the table that a header row begins."""
    at = section.blocks.index(header)
    rows = [b for b in section.blocks[at:] if b.kind == "row"]
    own = [b for b in rows if b.level == header.level or b.words[0].page != header.words[0].page]
    return max(len(b.cells) for b in own)


def _row_units(block: Block) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a row: sentences of long cells, runs of neighbouring short cells.

    A row of short cells is one piece: its parts say nothing without each other.
    """
    filled = [(a, b) for a, b in block.cells if b > a]
    if sum(len(block.text[a:b].split()) for a, b in filled) <= 2 * MIN_WORDS:
        yield (filled[0][0], filled[-1][1])
        return
    run: list[tuple[int, int]] = []
    for a, b in filled:
        if len(block.text[a:b].split()) <= SHORT_CELL_WORDS:
            run.append((a, b))
            continue
        if run:
            yield (run[0][0], run[-1][1])
            run = []
        yield from ((a + s, a + e) for s, e in sentences(block.text[a:b]))
    if run:
        yield (run[0][0], run[-1][1])


def _footnote(
    section: Section, block: Block, calls: dict[tuple[int, str], tuple[tuple[str, ...], str]]
) -> Passage:
    """Return a footnote as a passage of the section that calls it, the calling words in front."""
    page = block.words[0].page
    path, calling = calls.get((page, block.context), (section.path, ""))
    if not calling:
        path, calling = calls.get((page - 1, block.context), (path, ""))
    passage = _passage(
        replace(section, path=path),
        "footnote",
        block.text,
        tuple(sentences(block.text)),
        block.words,
    )
    note = f"Footnote {block.context}".strip()
    return replace(passage, context=f"{note}: {calling}" if calling else note)


def _footnote_calls(
    sections: Sequence[Section],
) -> dict[tuple[int, str], tuple[tuple[str, ...], str]]:
    """Return for each (page, mark) the section and the sentence that call the footnote."""
    calls: dict[tuple[int, str], tuple[tuple[str, ...], str]] = {}
    for section in sections:
        for block in section.blocks:
            for word in block.words:
                if not word.mark:
                    continue
                inside = next(
                    (s for s in sentences(block.text) if s[0] <= word.start < s[1]),
                    (0, len(block.text)),
                )
                calls.setdefault((word.page, word.mark), (section.path, block.text[slice(*inside)]))
    return calls


def _is_entry(block: Block) -> bool:
    """Return whether a block of the contents list is an entry: it ends with a page number."""
    return re.search(r"(?:^|\s|\.)(?:\d{1,4}|[ivxlc]+)$", block.text.strip()) is not None


def _passage(
    section: Section,
    kind: PassageKind,
    text: str,
    units: tuple[tuple[int, int], ...],
    words: tuple[TextWord, ...],
) -> Passage:
    return Passage("", 0, kind, section.path, text, units or ((0, len(text)),), words)


def _moved(words: Iterable[TextWord], shift: int) -> list[TextWord]:
    # Made anew and not with ``replace``, which takes three times as long.
    return [TextWord(w.start + shift, w.end + shift, w.page, w.rect, w.mark) for w in words]
