"""Title, place, date and family of a report: what its document says, and what a person says.

What a person says is kept in ``details.json`` in the library's folder, beside the PDFs, so that it
moves with them and outlives every index. It stands above what the document says, and only what
differs is kept.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from indexer.errors import BadDetails
from indexer.families import GENERAL, family, family_names
from indexer.store import ReportInfo, sync, sync_folder

FILE = "details.json"
MAX_BYTES = 10 * 2**20
MAX_TITLE = 300
MAX_PLACE = 100
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Details:
    """Title, place, date ("2024", "2024-07" or "2024-07-05") and family of a report.

    Each is empty where nothing is known or said; a family is one of ``family_titles``.
    """

    title: str = ""
    place: str = ""
    date: str = ""
    family: str = ""

    def over(self, other: Details) -> Details:
        """Return these details, and those of ``other`` where these are empty."""
        return Details(*(a or b for a, b in zip(_values(self), _values(other), strict=True)))

    def beside(self, other: Details) -> Details:
        """Return these details where they differ from those of ``other``, else empty."""
        pairs = zip(_values(self), _values(other), strict=True)
        return Details(*(a if a != b else "" for a, b in pairs))


def _values(details: Details) -> tuple[str, ...]:
    return (details.title, details.place, details.date, details.family)


def family_titles() -> tuple[str, ...]:
    """Return what the families of reports are called, in alphabetical order; "report" is none."""
    return tuple(sorted(family(name).name for name in family_names() if name != GENERAL))


def checked(title: str, place: str, day: str, family_title: str) -> Details:
    """Return details as a person typed them, their white space put right.

    Raises:
        BadDetails: one of them cannot be used; the message says which and why.
    """
    return Details(
        _line(title, "title", MAX_TITLE),
        _line(place, "place", MAX_PLACE),
        _date(day.strip()),
        _family(family_title.strip()),
    )


def _line(text: str, what: str, most: int) -> str:
    """Return a text in one line, what turns its direction or cannot be seen left out."""
    seen = "".join(c if unicodedata.category(c) not in _HIDDEN else " " for c in text)
    line = " ".join(unicodedata.normalize("NFC", seen).split())
    if len(line) > most:
        raise BadDetails(f"The {what} has {len(line)} characters and the limit is {most}.")
    return line


_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _date(text: str) -> str:
    """Return a date that there is, or nothing for nothing."""
    if not text:
        return ""
    try:
        if not DATE.fullmatch(text):
            raise ValueError
        date.fromisoformat((text + "-01-01")[:10] if len(text) < 10 else text)
    except ValueError:
        raise BadDetails(
            f"The date is {text[:40]!r} and must be a day, a month or a year that there is, as in "
            "2024-07-05, 2024-07 or 2024."
        ) from None
    return text


def _family(text: str) -> str:
    if text and text not in family_titles():
        raise BadDetails(f"The family is {text[:60]!r} and must be one of {family_titles()}.")
    return text


# The file


def read_details(library: Path) -> dict[str, Details]:
    """Return what people have said of the reports of a library, by report id.

    Raises:
        BadDetails: the file cannot be read, or is not what this module writes.
    """
    path = library / FILE
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        data = json.loads(path.read_bytes())
        return {str(report): _from_json(value) for report, value in data.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, BadDetails) as error:
        raise BadDetails(
            f"{path} cannot be read ({error}): mend it, or move it away, which takes back what was "
            "said of titles, places, dates and families."
        ) from error


def _from_json(value: Mapping[str, Any]) -> Details:
    unknown = set(value) - {field.name for field in fields(Details)}
    if unknown or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{value!r:.80} is not title, place, date and family")
    return checked(*(value.get(field.name, "") for field in fields(Details)))


def write_details(library: Path, report: str, details: Details) -> None:
    """Keep what a person says of a report, in one step; empty details are taken out.

    Whoever calls holds the lock of the index, so that no two write at once.

    Raises:
        BadDetails: the file that is there cannot be read; it stays as it is.
    """
    kept = read_details(library)
    if kept.get(report, Details()) == details:
        return
    kept[report] = details
    plain = {
        name: {key: text for key, text in asdict(one).items() if text}
        for name, one in sorted(kept.items())
        if one != Details()
    }
    _write(library / FILE, json.dumps(plain, indent=1, ensure_ascii=False).encode())


def _write(path: Path, data: bytes) -> None:
    handle, draft = tempfile.mkstemp(prefix=".details-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(draft, 0o644)  # what is beside it can be read by others too
        sync(Path(draft))
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


# Of the reports of an index


def of_document(info: ReportInfo) -> Details:
    """Return title and date as a report's own document gives them, its id where it has no title."""
    title, published = info.own or (info.title, info.published)
    return Details(title=title, date=published)


def said_of(info: ReportInfo) -> Details:
    """Return what a person has said of a report of an index."""
    title, published = info.own or (info.title, info.published)
    return Details(
        info.title if info.title != title else "",
        info.place,
        info.published if info.published != published else "",
        info.family,
    )


def with_details(info: ReportInfo, said: Details) -> ReportInfo:
    """Return a report of an index as a person says it is; empty details take all back."""
    own = of_document(info)
    return replace(
        info,
        title=said.title or own.title,
        published=said.date or own.date,
        place=said.place,
        family=said.family,
        own=(own.title, own.date) if said.title or said.date else (),
    )
