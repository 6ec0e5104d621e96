"""Invented reports, in the language of inspections, and the questions written over them.

No probation or youth justice report may be trained on, since those are what the product is
measured on. These were made up for training: places, people and figures are nobody's. A report is
a plain text of one sentence, bullet or table row a line, under ``## Section > Subsection``; it is
laid out as a PDF, so that it is read, cut and found as every other report is.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qa.training.fit import Example

INVENTED = Path(__file__).with_name("invented")

STYLE = """
@page { size: A4; margin: 22mm 20mm; @bottom-right { content: counter(page); font-size: 9pt; } }
body { font: 10.5pt/1.4 "Liberation Sans", sans-serif; }
h1 { font-size: 24pt; page-break-after: always; } h2 { font-size: 17pt; margin: 20pt 0 6pt; }
h3 { font-size: 13pt; margin: 14pt 0 4pt; } h4 { font-size: 11pt; margin: 10pt 0 3pt; }
p { margin: 0 0 7pt; } li { margin: 0 0 4pt; }
table { border-collapse: collapse; margin: 0 0 9pt; width: 100%; }
td, th { border: .6pt solid #777; padding: 3pt 5pt; text-align: left; vertical-align: top; }
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """One line of an invented report: its id (block.line), its kind and its words or cells."""

    id: str
    kind: str
    cells: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words, the cells of a row one after the other."""
        return " ".join(self.cells)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together, under their heading path."""

    headings: tuple[str, ...]
    units: tuple[Unit, ...]


def blocks_of(text: str) -> tuple[str, list[Block]]:
    """Return the title of an invented report and its blocks in order."""
    title = ""
    headings: tuple[str, ...] = ()
    blocks: list[Block] = []
    fresh, count = True, 0
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            fresh = True
            if line.startswith("##"):
                headings = tuple(part.strip() for part in line.lstrip("#").split(" > "))
            elif line:
                title = line.lstrip("# ")
            continue
        if fresh:
            count += 1
            blocks.append(Block(headings, ()))
            fresh = False
        last = blocks[-1]
        unit = _unit(f"{count}.{len(last.units) + 1}", line)
        blocks[-1] = replace(last, units=(*last.units, unit))
    return title, blocks


def _unit(name: str, line: str) -> Unit:
    if line.startswith("|"):
        kind = "head" if line.startswith("|=") else "row"
        cells = tuple(cell.strip() for cell in line.lstrip("|=").rstrip("|").split("|"))
        return Unit(name, kind, tuple(cell for cell in cells if cell))
    if line.startswith("- "):
        return Unit(name, "bullet", (line[2:].strip(),))
    return Unit(name, "text", (line,))


def write_pdf(text: str, target: Path) -> None:
    """Lay an invented report out as a PDF."""
    from weasyprint import HTML

    title, blocks = blocks_of(text)
    body = [f"<h1>{html.escape(title)}</h1>"]
    before: tuple[str, ...] = ()
    for block in blocks:
        body.extend(_heads(before, block.headings))
        body.extend(_runs(block.units))
        before = block.headings
    page = (
        f"<html lang='en'><head><title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>"
    )
    HTML(string=page).write_pdf(str(target))


def _heads(before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    """Yield the headings that are new since the block before."""
    shared = 0
    while shared < min(len(before), len(now)) and before[shared] == now[shared]:
        shared += 1
    for level, heading in enumerate(now[shared:], shared + 2):
        tag = f"h{min(level, 4)}"
        yield f"<{tag}>{html.escape(heading)}</{tag}>"


def _runs(units: tuple[Unit, ...]) -> Iterator[str]:
    """Yield a block as paragraphs, lists and tables."""
    at = 0
    while at < len(units):
        table = units[at].kind in ("head", "row")
        end = at
        while end < len(units) and (
            units[end].kind in ("head", "row") if table else units[end].kind == units[at].kind
        ):
            end += 1
        run = units[at:end]
        if table:
            yield f"<table>{''.join(map(_row, run))}</table>"
        elif units[at].kind == "bullet":
            yield f"<ul>{''.join(f'<li>{html.escape(u.text)}</li>' for u in run)}</ul>"
        else:
            yield f"<p>{html.escape(' '.join(u.text for u in run))}</p>"
        at = end


def _row(unit: Unit) -> str:
    tag = "th" if unit.kind == "head" else "td"
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in unit.cells)}</tr>"


def lay_out(folder: Path, *, source: Path = INVENTED) -> None:
    """Write every invented report that is not there yet as a PDF into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.txt")):
        target = folder / f"{path.stem}.pdf"
        if not target.is_file():
            write_pdf(path.read_text("utf-8"), target)


def invented_examples(path: Path) -> list[Example]:
    """Return the questions and near misses of one file, with the words of their units.

    A question that names a unit that is not there is left out.
    """
    _, blocks = blocks_of(path.with_suffix(".txt").read_text("utf-8"))
    units = {unit.id: unit for block in blocks for unit in block.units}
    examples = []
    for line in path.read_text("utf-8").splitlines():
        record = json.loads(line)
        names = [*record["u"], *record.get("also", ())]
        if any(name not in units for name in names):
            continue
        evidence = tuple(units[name].text for name in names)
        examples.append(Example(path.stem, record["q"], evidence, record["t"]))
        near = record.get("near") or []
        for question in [near] if isinstance(near, str) else near:
            if question.strip():
                examples.append(Example(path.stem, question, (), "near_miss"))
    return examples
