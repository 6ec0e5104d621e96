"""What a reading process hands back, as bytes: JSON out, and JSON in that nobody trusts.

A process that has read a hostile file may say anything. What comes in becomes a report only when
each value has its type and its range; no code, no path and no name of a class is taken from it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any, TypeVar, get_args, get_type_hints

from indexer.errors import (
    DamagedPdf,
    EncryptedPdf,
    NoPages,
    NotAPdf,
    NoText,
    ReportRefused,
    TooLarge,
)
from indexer.inspect import HealthCard
from indexer.records import (
    Finding,
    FindingKind,
    PageText,
    Passage,
    PassageKind,
    Report,
    TextWord,
)

REFUSALS = {
    kind.__name__: kind for kind in (NotAPdf, DamagedPdf, EncryptedPdf, NoPages, NoText, TooLarge)
}
"""What reading a file raises; nothing else is taken for a refusal."""

MAX_SENTENCE = 2_000
PASSAGE_KINDS, FINDING_KINDS = frozenset(get_args(PassageKind)), frozenset(get_args(FindingKind))

T = TypeVar("T")


class BadReply(ValueError):
    """What came back is not what a reader gives."""


# Out


def encode_report(report: Report) -> bytes:
    """Return a report, all but its id, as JSON."""
    return encode(
        {
            "title": report.title,
            "created": report.created,
            "notes": report.notes,
            "acronyms": report.acronyms,
            "pages": [(p.number, p.label, p.width, p.height, p.text, p.ocr) for p in report.pages],
            "passages": [
                (
                    p.ordinal, p.kind, p.section, p.text, p.units, p.context, p.cells, p.header,
                    _flat(p.words),
                )
                for p in report.passages
            ],
            "findings": [
                (
                    f.kind, f.section, f.text, f.label, f.subject, f.value, _finite(f.number),
                    _finite(f.total), f.passage, f.span, _flat(f.words),
                )
                for f in report.findings
            ],
        }
    )  # fmt: skip


def encode_card(card: HealthCard) -> bytes:
    """Return a health card as JSON."""
    return encode({field.name: getattr(card, field.name) for field in fields(card)})


def encode(data: Any) -> bytes:
    """Return plain values as JSON; what no file can hold is replaced.

    A lone surrogate becomes "?", as it does in the index, and a number that is none becomes 0.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        data = json.loads(json.dumps(data), parse_constant=lambda _: 0.0)
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _flat(words: Sequence[TextWord]) -> list[tuple[Any, ...]]:
    return [(w.start, w.end, w.page, *w.rect, w.mark) for w in words]


# In


def decode_report(data: bytes, report: str) -> Report:
    """Return the report of that id that bytes hold.

    Raises:
        BadReply: they hold none.
    """
    return _decoded(data, lambda value: _report(value, report))


def decode_card(data: bytes, name: str) -> HealthCard:
    """Return the health card of a file of that name that bytes hold.

    Raises:
        BadReply: they hold none.
    """
    return _decoded(data, lambda value: _card(value, name))


def decode_refusal(data: bytes) -> ReportRefused:
    """Return the refusal that bytes hold.

    Raises:
        BadReply: they hold none.
    """
    return _decoded(data, _refusal)


def decode_text(data: bytes) -> str:
    """Return the text that bytes hold.

    Raises:
        BadReply: they hold none.
    """
    return _decoded(data, _text)


def decode_size(data: bytes) -> tuple[int, int]:
    """Return the numbers of pages, and of pictures among them, that bytes hold.

    Raises:
        BadReply: they hold none.
    """
    return _decoded(data, _size)


def _decoded(data: bytes, read: Callable[[Any], T]) -> T:
    try:
        return read(json.loads(data))
    except BadReply:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise BadReply(f"{type(error).__name__}: {str(error)[:100]}") from error


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise BadReply(what)


def _report(value: Any, report: str) -> Report:
    pages = tuple(_page(row, number) for number, row in enumerate(value["pages"], 1))
    count = len(pages)
    _check(count > 0, "there are no pages")
    passages = tuple(
        _passage(row, ordinal, report, count) for ordinal, row in enumerate(value["passages"])
    )
    return Report(
        id=report,
        title=_text(value["title"]),
        pages=pages,
        passages=passages,
        acronyms=tuple((_text(short), _text(long)) for short, long in value["acronyms"]),
        created=_text(value["created"]),
        findings=tuple(_finding(row, passages, count) for row in value["findings"]),
        notes=_texts(value["notes"]),
    )


def _page(row: Any, expected: int) -> PageText:
    number, label, width, height, text, ocr = row
    _check(_whole(number) == expected, f"page {number!r} stands where {expected} is due")
    _check(type(ocr) is bool, f"{ocr!r} is neither true nor false")
    return PageText(number, _text(label), _real(width), _real(height), _text(text), ocr)


def _passage(row: Any, expected: int, report: str, pages: int) -> Passage:
    ordinal, kind, section, text, units, context, cells, header, words = row
    _check(_whole(ordinal) == expected, f"passage {ordinal!r} stands where {expected} is due")
    _check(kind in PASSAGE_KINDS, f"{kind!r} is no kind of passage")
    length = len(_text(text))
    return Passage(
        report=report,
        ordinal=ordinal,
        kind=kind,
        section=_texts(section),
        text=text,
        units=_spans(units, length),
        words=_words(words, length, pages),
        context=_text(context),
        cells=_spans(cells, length),
        header=_texts(header),
    )


def _finding(row: Any, passages: Sequence[Passage], pages: int) -> Finding:
    kind, section, text, label, subject, value, number, total, passage, span, words = row
    _check(kind in FINDING_KINDS, f"{kind!r} is no kind of finding")
    _check(-1 <= _whole(passage) < len(passages), f"there is no passage {passage!r}")
    ((start, end),) = _spans([span], len(passages[passage].text) if passage >= 0 else 0)
    placed = _words(words, len(_text(text)), pages)
    _check(bool(placed), "a finding has no words")
    return Finding(
        kind=kind,
        text=text,
        words=placed,
        section=_texts(section),
        label=_text(label),
        subject=_text(subject),
        value=_text(value),
        number=None if number is None else _real(number),
        total=None if total is None else _real(total),
        passage=passage,
        span=(start, end),
    )


def _words(rows: Any, length: int, pages: int) -> tuple[TextWord, ...]:
    """Return words whose spans lie in a text and whose pages are those of the report."""
    words = []
    for start, end, page, x0, y0, x1, y1, mark in rows:
        if not (
            type(start) is type(end) is type(page) is int
            and 0 <= start <= end <= length
            and 1 <= page <= pages
        ):
            raise BadReply(f"no word can stand at {start!r} to {end!r} on page {page!r}")
        rect = (_real(x0), _real(y0), _real(x1), _real(y1))
        words.append(TextWord(start, end, page, rect, _text(mark)))
    return tuple(words)


def _spans(rows: Any, length: int) -> tuple[tuple[int, int], ...]:
    """Return spans of a text, each beginning where the one before it ends or behind."""
    spans = tuple((_whole(start), _whole(end)) for start, end in rows)
    inside = all(0 <= start <= end <= length for start, end in spans)
    _check(inside, "a span is not within its text")
    _check(all(a[1] <= b[0] for a, b in pairwise(spans)), "spans overlap")
    return spans


def _card(value: Any, name: str) -> HealthCard:
    hints = get_type_hints(HealthCard)
    card = HealthCard(**{field.name: _typed(value[field.name], hints[field.name])
                         for field in fields(HealthCard)})  # fmt: skip
    _check(len(value) == len(fields(HealthCard)), "the card has other fields")
    _check(card.name == name.encode("utf-8", "replace").decode(), "the card is another file's")
    _check(card.pages > 0, "there are no pages")
    return card


def _typed(value: Any, hint: Any) -> Any:
    """Return a value of a card's field if it has the type of that field."""
    if hint is str:
        return _text(value)
    if hint is float:
        return _real(value)
    if hint is bool:
        _check(type(value) is bool, f"{value!r} is neither true nor false")
        return value
    if hint is int:
        _check(_whole(value) >= 0, f"{value!r} is no count")
        return value
    if hint == dict[str, int]:
        return {_text(key): _typed(count, int) for key, count in value.items()}
    _check(type(value) is list, f"{value!r} is no list")
    return tuple(_typed(each, get_args(hint)[0]) for each in value)


def _refusal(value: Any) -> ReportRefused:
    return REFUSALS[value["error"]](_text(value["message"])[:MAX_SENTENCE])


def _size(value: Any) -> tuple[int, int]:
    pages, pictures = value
    _check(0 <= _whole(pictures) <= _whole(pages), f"{pictures!r} of {pages!r} pages")
    return pages, pictures


def _text(value: Any) -> str:
    _check(type(value) is str, f"{str(value)[:20]!r} is no text")
    text: str = value
    if not text.isascii():
        text.encode()  # JSON can spell out half a character, which no file can hold
    return text


def _texts(values: Any) -> tuple[str, ...]:
    _check(type(values) is list, f"{str(values)[:20]!r} is no list")
    return tuple(map(_text, values))


def _whole(value: Any) -> int:
    _check(type(value) is int, f"{str(value)[:20]!r} is no whole number")
    whole: int = value
    return whole


def _real(value: Any) -> float:
    kind = type(value)
    if kind is float and math.isfinite(value):
        real: float = value
        return real
    _check(kind is int and abs(value) < 2**53, f"{str(value)[:20]!r} is no number")
    return float(value)
