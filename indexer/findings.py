"""What a report found, as typed records: ratings, recommendations, strengths, counts and the rest.

The words that give a finding away come from the report's family (``indexer.families``); nothing
here knows one report. Every finding keeps its words, so that its page and its rectangles are those
of the words themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexer.families import Family, Patterns, grades, recognise
from indexer.outline import is_contents
from indexer.records import Block, Finding, FindingKind, Passage, Rect, Section, TextWord
from indexer.statements import iso_dates, statements
from indexer.text import fold, sentences

ListKind = Literal["strength", "improvement", "recommendation"]

OVERALL = "Overall"
"""The subject of the rating and of the score of the whole."""

COVER_PAGES = 2
MAX_VERDICT_WORDS = 30
MIN_ITEM_WORDS = 4
"""A paragraph of fewer words under a list's heading is a label or a lead-in, not an item."""

MIN_GRADED_ROWS = 2
"""A report of no known family has ratings when at least this many rows of a table end in one."""

MAX_VALUE_WORDS = 8

LABEL = re.compile(r"(?:[A-Z]{1,2}\s?)?\d{1,2}(?:\.\d{1,2})*\.?")
LABELLED = re.compile(rf"(?P<label>{LABEL.pattern})\s+(?P<rest>\D.*)", re.S)
HEADING_NUMBER = re.compile(r"^(?:[A-Z]{1,2}\s?)?\d{1,2}(?:\.\d{1,2})*\.?\s+")
ITEM_NUMBER = re.compile(r"\(?(?P<number>\d{1,3}|[a-z]|[ivx]{1,4})[.)]\s+")
ITEM_NAME = re.compile(r"\brecommendation (?P<number>\d{1,3})\b", re.I)
ADDRESS = re.compile(r"(?:\b(?:should|must)|:)\s*:?\s*$", re.I)
"""The line in front of a list that says who is meant: "The council should:"."""

PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|per cent)", re.I)
SCORE = re.compile(r"(\d{1,3})\s*(?:/|out of)\s*(\d{1,3})\b", re.I)
SENTENCE_END = re.compile(r"[.!?:;]['\"’”)\]]*$")
TITLES = re.compile(r"(?:\s+[A-Z]{2,})+$")
LINK = frozenset({
    "a", "an", "and", "are", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the",
    "their", "to", "which", "who", "with",
})  # fmt: skip
"""Words that do not tell the name of one thing rated from that of another."""


def findings(sections: Sequence[Section], family: Family | None = None) -> tuple[Finding, ...]:
    """Return what a report found, in reading order; its family is recognised unless given."""
    read = [section for section in sections if not is_contents(section)]
    finder = _Finder(recognise_family(sections) if family is None else family, read)
    return finder.found()


def recognise_family(sections: Iterable[Section]) -> Family:
    """Return the family that the words of a report give away, the general one if none does."""
    cover: list[str] = []
    text: list[str] = []
    for section in sections:
        for block in section.blocks:
            text.append(block.text)
            if block.words and block.words[0].page <= COVER_PAGES:
                cover.append(block.text)
    return recognise(_tidy(" ".join(cover)), _tidy(" ".join(text)))


def placed(found: Iterable[Finding], passages: Sequence[Passage]) -> tuple[Finding, ...]:
    """Return findings with the passage and the characters in it at which their words stand.

    Those whose words stand in no single passage, headings for one, are returned as they are.
    """
    places: dict[tuple[int, Rect], tuple[int, TextWord]] = {}
    for passage in passages:
        for word in passage.words:
            places.setdefault((word.page, word.rect), (passage.ordinal, word))
    return tuple(_placed(finding, places) for finding in found)


def _placed(finding: Finding, places: dict[tuple[int, Rect], tuple[int, TextWord]]) -> Finding:
    first, last = finding.words[0], finding.words[-1]
    begin, end = places.get((first.page, first.rect)), places.get((last.page, last.rect))
    if begin is None or end is None or begin[0] != end[0] or end[1].end < begin[1].start:
        return finding
    return replace(finding, passage=begin[0], span=(begin[1].start, end[1].end))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands: its section, and the number and name of the standard it is about."""

    section: tuple[str, ...]
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class _Item:
    """One bullet, numbered paragraph or row of a list; ``lead`` is the line that addresses it."""

    text: str
    words: tuple[TextWord, ...]
    number: str = ""
    lead: str = ""


class _Finder:
    """Reads the sections of one report with the words of its family."""

    def __init__(self, family: Family, sections: Sequence[Section]) -> None:
        self._family = family
        self._sections = sections
        self._grades = {fold(grade): grade for grade in family.scale}
        for grade in family.scale:
            self._grades.setdefault(fold(re.sub("^Requires", "Require", grade)), grade)
        self._grade_in_heading = re.compile(rf"(?<![\w-]){grades(family.scale)}(?![\w-])", re.I)
        self._tables: dict[int, list[Block]] = {}
        for section in sections:
            for block in section.blocks:
                if block.kind == "row":
                    self._tables.setdefault(block.level, []).append(block)

    def found(self) -> tuple[Finding, ...]:
        """Return all findings by page, those of one kind in reading order."""
        every: list[Finding] = []
        ratings: list[Finding] = []
        for section in self._sections:
            place = self._place(section.path)
            blocks = [block for block in section.blocks if block.words]
            ratings.extend(self._ratings(blocks, place))
            every.extend(self._listed(blocks, place))
            for block in blocks:
                every.extend(self._facts(block, place))
                every.extend(self._figures(block, place))
        if not any(rating.subject == OVERALL for rating in ratings):
            ratings.extend(self._told())
        every.extend(_distinct(ratings))
        return tuple(sorted(_said_once(every), key=lambda finding: finding.page))

    def _place(self, path: tuple[str, ...]) -> _Place:
        """Return the standard that the nearest heading names, or just what that heading says.

        The headings of lists, "Strengths" for one, name neither.
        """
        lists = (*self._family.strengths, *self._family.improvements)
        named = [heading for heading in path if not _is(heading, lists)]
        if self._family.standard is not None:
            for heading in reversed(named):
                match = self._family.standard.fullmatch(_tidy(heading))
                if match:
                    return _Place(path, match["label"], match["name"].rstrip(" :"))
        return _Place(path, "", _tidy(named[-1]).rstrip(" :") if named else "")

    # Ratings

    def _ratings(self, blocks: Sequence[Block], place: _Place) -> Iterator[Finding]:
        """Yield what rows, headings, sentences and grades on a line of their own rate."""
        for block in blocks:
            grade = self._grades.get(fold(block.text))
            if block.kind == "row":
                yield from self._row_rating(block, place)
            elif block.kind == "heading":
                yield from self._heading_rating(block, place)
            elif block.kind == "paragraph" and place.label and grade:
                yield _finding("rating", block, place, subject=place.name, value=grade)
            if block.kind in ("row", "heading", "paragraph"):
                yield from self._verdicts(block, place)

    def _row_rating(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the rating of a row of which the last cell, and no other, is a grade."""
        cells = [_tidy(block.text[a:b]) for a, b in block.cells if b > a]
        graded = [self._grades.get(fold(cell), "") for cell in cells]
        if len(cells) < 2 or not graded[-1] or sum(map(bool, graded)) > 1:
            return
        if self._family.is_general and not self._is_graded(block.level):
            return
        label, subject = _labelled(cells[:-1])
        if any(pattern.search(subject) for pattern in self._family.earlier):
            return
        if _is(subject, self._family.overall):
            label, subject = "", OVERALL
        yield _finding("rating", block, place, label=label, subject=subject, value=graded[-1])

    def _is_graded(self, table: int) -> bool:
        """Return whether enough rows of a table end in a grade for it to be one of ratings."""
        ends = (row.text[slice(*row.cells[-1])] for row in self._tables[table] if row.cells)
        return sum(fold(end) in self._grades for end in ends) >= MIN_GRADED_ROWS

    def _heading_rating(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the rating that stands in a heading: at its end, or set beside its first line.

        Headings are written as sentences are, so that a capital within one gives a grade away.
        """
        if not self._family.scale:
            return
        if self._family.is_general and not any(map(self._is_graded, self._tables)):
            return
        text = _tidy(block.text)
        for match in self._grade_in_heading.finditer(text):
            before, behind = text[: match.start()], text[match.end() :]
            capital = match.group()[0].isupper()
            ends = not behind and (capital or before.endswith(": "))
            beside = capital and behind[:2].strip().islower()
            if before.strip() and (ends or beside):
                label, subject = _labelled([before.rstrip(" :–-") + behind])
                grade = self._grades[fold(match.group())]
                yield _finding("rating", block, place, label=label, subject=subject, value=grade)
                return

    def _verdicts(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the ratings that the family's own sentences give."""
        family, text = self._family, _tidy(block.text)
        if len(text.split()) <= MAX_VERDICT_WORDS:
            for pattern in family.overall_verdicts:
                if match := pattern.search(text):
                    grade = self._grades[fold(match["rating"])]
                    yield _finding("rating", block, place, label="", subject=OVERALL, value=grade)
            for pattern in family.verdicts:
                if match := pattern.search(text):
                    grade, name = self._grades[fold(match["rating"])], _capital(match["subject"])
                    yield _finding("rating", block, place, label="", subject=name, value=grade)
        if not _under(place.section, family.outcome_headings):
            return
        for span in sentences(block.text):
            for outcome in family.outcomes:
                if outcome.pattern.search(block.text, *span):
                    yield _finding(
                        "rating", block, place, span, label="", subject=OVERALL,
                        value=outcome.value,
                    )  # fmt: skip

    def _told(self) -> Iterator[Finding]:
        """Yield the rating of the whole where only running text tells it."""
        for section in self._sections:
            place = self._place(section.path)
            for block in section.blocks:
                for span in sentences(block.text):
                    for pattern in self._family.overall_sentences:
                        if match := pattern.search(block.text, *span):
                            grade = self._grades[fold(match["rating"])]
                            yield _finding(
                                "rating", block, place, span, label="", subject=OVERALL,
                                value=grade,
                            )  # fmt: skip
                            return

    # Lists

    def _listed(self, blocks: Sequence[Block], place: _Place) -> Iterator[Finding]:
        """Yield the items of a section that lists strengths, improvements or recommendations."""
        kind = self._list_kind(place.section)
        if kind is None:
            return
        named = ITEM_NAME.search(place.section[-1]) if kind == "recommendation" else None
        items = [_whole(blocks, named["number"])] if named else _items(blocks)
        if _is_flow(blocks) and self._goes_deeper(place.section, kind):
            return  # an introduction to the lists under the next headings
        for item in items:
            recommended = kind == "recommendation"
            yield Finding(
                kind=kind,
                text=item.text,
                words=item.words,
                section=place.section,
                label=item.number if recommended else place.label,
                subject=item.lead if recommended else place.name,
            )

    def _list_kind(self, path: tuple[str, ...]) -> ListKind | None:
        """Return what a section lists; headings below that of a list only say to whom."""
        kinds: tuple[tuple[ListKind, Patterns], ...] = (
            ("strength", self._family.strengths),
            ("improvement", self._family.improvements),
            ("recommendation", self._family.recommendations),
        )
        for depth, heading in enumerate(reversed(path)):
            for kind, patterns in kinds:
                if _is(heading, patterns):
                    return kind
            if depth or not ADDRESS.search(_tidy(heading)):
                break
        return None

    def _goes_deeper(self, path: tuple[str, ...], kind: ListKind) -> bool:
        """Return whether a section has sections of its own that list the same."""
        return any(
            len(other.path) > len(path)
            and other.path[: len(path)] == path
            and self._list_kind(other.path) == kind
            for other in self._sections
        )

    # Facts

    def _facts(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the score, key question, progress, footnote, dates and names that a block gives."""
        if block.kind == "footnote":
            yield _finding("footnote", block, place, label=block.context)
            return
        if block.kind == "row":
            yield from self._row_facts(block, place)
        yield from self._dates(block, place)
        for pattern in self._family.inspectors:
            for match in pattern.finditer(block.text):
                name = TITLES.sub("", _tidy(match["value"]))
                if " " in name:
                    yield _finding("inspector", block, place, match.span(), label="", value=name)

    def _row_facts(self, block: Block, place: _Place) -> Iterator[Finding]:
        cells = [_tidy(block.text[a:b]) for a, b in block.cells if b > a]
        if len(cells) < 2:
            return
        if _is(cells[0], self._family.score) and (match := SCORE.fullmatch(cells[-1])):
            number, total = (float(group) for group in match.groups())
            yield _finding(
                "score", block, place, label="", subject=OVERALL, value=cells[-1], number=number,
                total=total,
            )  # fmt: skip
        if self._is_key_question(block) and (match := PERCENTAGE.fullmatch(cells[-1])):
            number = float(match.group(1))
            yield _finding(
                "key question", block, place, subject=cells[0], value=cells[-1], number=number
            )
        if _under(place.section, self._family.progress):
            grades = [_one_of(cell, self._family.progress_values) for cell in cells[1:]]
            if any(grades):
                value = next(cell for cell, grade in zip(cells[1:], grades, strict=True) if grade)
                yield _finding("progress", block, place, label="", subject=cells[0], value=value)

    def _is_key_question(self, row: Block) -> bool:
        """Return whether a row asks, or stands under a column of key questions."""
        if row.text[slice(*row.cells[0])].rstrip().endswith("?"):
            return True
        head = _names(self._tables[row.level])
        return bool(head) and _is(head[0], self._family.key_question)

    def _dates(self, block: Block, place: _Place) -> Iterator[Finding]:
        dated: tuple[tuple[FindingKind, Patterns], ...] = (("fieldwork", self._family.fieldwork),)
        if block.words[0].page <= COVER_PAGES:
            dated += (("published", self._family.published),)
        for kind, patterns in dated:
            for pattern in patterns:
                for match in pattern.finditer(block.text):
                    value = iso_dates(match["value"])
                    yield _finding(kind, block, place, match.span(), label="", value=value)

    # Figures

    def _figures(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the counts and percentages that a block states."""
        if block.kind == "row":
            yield from self._row_figures(block, place)
        elif block.kind in ("paragraph", "bullet", "footnote"):
            yield from _stated(block, place, sentences(block.text))

    def _row_figures(self, block: Block, place: _Place) -> Iterator[Finding]:
        """Yield the figures of a row: those of long cells are stated, short ones are named.

        The name is that of the row and of the column. Key questions are findings of their own.
        """
        if block.context in ("header", "group") or self._is_key_question(block):
            return
        names = _names(self._tables[block.level])
        filled = [at for at, (a, b) in enumerate(block.cells) if b > a]
        for at in filled:
            start, end = block.cells[at]
            match = PERCENTAGE.fullmatch(block.text[start:end].strip())
            if match is None:
                spans = [(start + a, start + b) for a, b in sentences(block.text[start:end])]
                yield from _stated(block, place, spans)
            elif at != filled[0]:
                row = _tidy(block.text[slice(*block.cells[filled[0]])])
                column = names[at] if len(names) == len(block.cells) else ""
                yield _finding(
                    "percentage", block, place, value=match.group(),
                    subject=" – ".join(part for part in (row, column) if part),
                    number=float(match.group(1)),
                )  # fmt: skip


def _stated(block: Block, place: _Place, spans: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    for start, end in spans:
        for said in statements(block.text[start:end]):
            yield _finding(
                "percentage" if said.total is None else "count", block, place, (start, end),
                subject=said.subject, value=said.value, number=said.number, total=said.total,
            )  # fmt: skip


def _finding(
    kind: FindingKind,
    block: Block,
    place: _Place,
    span: tuple[int, int] | None = None,
    *,
    label: str | None = None,
    subject: str = "",
    value: str = "",
    number: float | None = None,
    total: float | None = None,
) -> Finding:
    """Return a finding about a block or a part of it; the label is the standard's by default."""
    start, end = span or (0, len(block.text))
    text, words = _cut(block.text, block.words, start, end)
    return Finding(
        kind=kind,
        text=text,
        words=words,
        section=place.section,
        label=place.label if label is None else label,
        subject=subject,
        value=value,
        number=number,
        total=total,
    )


def _cut(
    text: str, words: Iterable[TextWord], start: int, end: int
) -> tuple[str, tuple[TextWord, ...]]:
    """Return the words that a span touches, and their text."""
    inside = [word for word in words if word.start < end and word.end > start]
    first, last = inside[0].start, inside[-1].end
    return text[first:last], tuple(_moved(inside, -first))


def _moved(words: Iterable[TextWord], shift: int) -> Iterator[TextWord]:
    return (replace(word, start=word.start + shift, end=word.end + shift) for word in words)


def _items(blocks: Sequence[Block]) -> list[_Item]:
    """Return the items that a section lists: its bullets, else its table rows, else paragraphs.

    A bullet that ends in a colon takes the bullets set further in with it, and one that the page
    broke before a figure is whole again.
    """
    listed = any(block.kind == "bullet" for block in blocks)
    rows = not listed and any(block.kind == "row" for block in blocks)
    flows = not listed and not rows
    items: list[_Item] = []
    heads: list[Block] = []
    lead = ""
    for block in blocks:
        if block.kind == "row" and rows and block.context not in ("header", "group"):
            items.append(_row_item(block))
        elif block.kind == "heading" or (block.kind == "paragraph" and ADDRESS.search(block.text)):
            lead = _tidy(block.text).rstrip(" :") if ADDRESS.search(block.text) else ""
        elif block.kind == "bullet" and items and _goes_on(heads[-1], items[-1], block):
            items[-1] = _joined(items[-1], block)
        elif block.kind == "bullet" or (block.kind == "paragraph" and flows and _is_said(block)):
            items.append(_item(block, lead))
            heads.append(block)
    return items


def _is_said(block: Block) -> bool:
    return len(block.text.split()) >= MIN_ITEM_WORDS


def _is_flow(blocks: Sequence[Block]) -> bool:
    return all(block.kind in ("heading", "paragraph", "footnote") for block in blocks)


def _whole(blocks: Sequence[Block], number: str) -> _Item:
    """Return a section that is one recommendation: its first block, and what that leads to."""
    body = [block for block in blocks if block.kind in ("paragraph", "bullet")] or list(blocks)
    item = replace(_item(body[0], ""), number=number)
    for block in body[1:]:
        if not body[0].text.endswith(":") or block.kind != "bullet":
            break
        item = _joined(item, block)
    return item


def _goes_on(head: Block, item: _Item, block: Block) -> bool:
    """Return whether a bullet is part of the item before it, which ``head`` begins."""
    if head.text.endswith(":"):
        return block.words[0].rect[0] - head.words[0].rect[0] > 0.5 * block.size
    # A line that begins with a figure and a full stop is taken for a numbered item.
    split = bool(head.signs) and not block.signs and ITEM_NUMBER.match(block.text) is not None
    return split and SENTENCE_END.search(item.text) is None


def _joined(item: _Item, block: Block) -> _Item:
    shift = len(item.text) + 1
    return replace(
        item,
        text=f"{item.text}\n{block.text}",
        words=(*item.words, *_moved(block.words, shift)),
    )


def _item(block: Block, lead: str) -> _Item:
    """Return a block as an item, the number in front of it taken off."""
    match = ITEM_NUMBER.match(block.text)
    if match is None or match.end() >= len(block.text):
        return _Item(block.text, block.words, "", lead)
    text, words = _cut(block.text, block.words, match.end(), len(block.text))
    return _Item(text, words, match["number"], lead)


def _row_item(row: Block) -> _Item:
    """Return a table row as an item: its longest cell, addressed to the first of the others."""
    longest = max(row.cells, key=lambda cell: cell[1] - cell[0])
    others = [_tidy(row.text[a:b]) for a, b in row.cells if (a, b) != longest and b > a]
    number = next((o.rstrip(".") for o in others if LABEL.fullmatch(o)), "")
    lead = next((o for o in others if not LABEL.fullmatch(o)), "")
    text, words = _cut(row.text, row.words, *longest)
    return _Item(text, words, number, lead)


def _names(rows: Sequence[Block]) -> list[str]:
    """Return the names of a table's columns, none where it has no head."""
    for row in rows:
        if row.context == "header":
            return [_tidy(row.text[a:b]) for a, b in row.cells]
    return []


def _labelled(cells: Sequence[str]) -> tuple[str, str]:
    """Return the number in front of a name, and the name: ("P 1.2", "Staffing")."""
    first, rest = cells[0], [cell for cell in cells[1:] if cell]
    if LABEL.fullmatch(first) and rest:
        return first.rstrip("."), " ".join(rest)
    match = LABELLED.fullmatch(first)
    if match:
        return match["label"].rstrip("."), " ".join([match["rest"], *rest])
    return "", " ".join([first, *rest])


def _said_once(every: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings, the dates and names that were said before left out."""
    seen: set[tuple[str, str]] = set()
    for finding in every:
        if finding.kind in ("fieldwork", "published", "inspector"):
            if (finding.kind, finding.value) in seen:
                continue
            seen.add((finding.kind, finding.value))
        yield finding


def _distinct(ratings: Sequence[Finding]) -> list[Finding]:
    """Return each rating once, the first of those that say the same.

    Two say the same when they rate the whole, or have one grade and one number, or subjects that
    differ only in words that one of them leaves out. What contradicts another is kept.
    """
    kept: list[Finding] = []
    for rating in ratings:
        if not any(_same_rating(rating, other) for other in kept):
            kept.append(rating)
    return kept


def _same_rating(one: Finding, other: Finding) -> bool:
    if OVERALL in (one.subject, other.subject):
        return one.subject == other.subject
    if not (one.value.startswith(other.value) or other.value.startswith(one.value)):
        return False  # "Requires improvement" and "... to be good" are one grade
    if one.label and other.label:
        return fold(one.label) == fold(other.label)
    a, b = _content(one.subject), _content(other.subject)
    return a <= b or b <= a


def _content(text: str) -> frozenset[str]:
    """Return the words of a name that tell it from others, in the singular."""
    return frozenset(w.removesuffix("s") for w in re.findall(r"\w+", text.lower())) - LINK


def _one_of(cell: str, values: Sequence[str]) -> bool:
    """Return whether a cell begins with one of some values and names no other of them."""
    plain = fold(cell)
    named = [value for value in values if fold(value) in plain]
    return any(plain.startswith(fold(value)) for value in named) and (
        len(cell.split()) <= MAX_VALUE_WORDS
        and not any(fold(a) not in fold(b) and fold(b) not in fold(a) for a in named for b in named)
    )


def _under(path: Sequence[str], patterns: Patterns) -> bool:
    return any(_is(heading, patterns) for heading in path)


def _is(text: str, patterns: Patterns) -> bool:
    """Return whether a heading or cell is one of the family's, its number and colon left out."""
    plain = HEADING_NUMBER.sub("", _tidy(text)).rstrip(" :.*†‡")
    return any(pattern.fullmatch(plain) for pattern in patterns)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
