"""Scores of answers against gold questions: page citations, evidence, facts, abstention.

Everything here is a function of gold questions, of answers in the contract's JSON form and of the
pages' raw text, so it scores what ``ask`` returns and what lies in a file alike. How each figure is
defined:

*Evidence lies on a page* when its letters and digits stand there in a row. A footnote mark (one or
two digits) behind a word of the page may be skipped. A string that runs over a page break lies on
both pages, whatever running footer, footnote or repeated table head stands between its two parts.

*Page hit@k* is 1 when any of the first k passages touches a page with any evidence string of the
question, also where all strings are needed. *Pages@k* is the stricter figure: the share of the
evidence strings with such a page, or 1 as soon as one has where any string is enough.

*Evidence@k* and *evidence within N words* ask whether the strings are contained in the passages'
text, joined in rank order, and cut after N words in the second case.

*Citation precision* is the share of an answer's distinct cited pages that hold evidence; a question
without an answer has none and is left out of the mean. *Citation recall* counts it as 0.

*Evidence quoted* is the share of the evidence strings that a cited quote holds or is part of. It is
measured where a gold set knows neither facts nor pages, as one made from visitors' verdicts: there
the right page is not enough, because a wrong sentence may stand on it too.

*Coverage at 95 % precision* is the largest share of all questions that could be answered, the most
confident first, with 95 % of those answered getting full credit.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from qa.errors import BadGoldFile, QaError

DEFAULT_KS = (1, 3, 5, 10)
DEFAULT_FIRST_WORDS = (100, 250, 500)
ANSWER_WORDS = 120
"""Words of an answer that are looked at, and the most that an answer may have."""
RESAMPLES = 2_000
SEED = 20_240_711
PRECISION_LEVEL = 0.95
MAX_BREAK_GAP = 1_500
"""Letters and digits that may stand between the two parts of a string that runs over a page
break: a running footer and header, a page's footnotes and the repeated head of a table."""

SHOWN_PASSAGES = 5
"""Passages that are kept with a question, to see what it should have been answered from."""

Json = Mapping[str, Any]


# ---- gold questions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """One string that answers, the report it must come from and pages known beforehand.

    ``report`` is empty where the gold set does not name one; any loaded report may hold it then.
    """

    text: str
    report: str = ""
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gold:
    """One gold question.

    ``facts`` is ``None`` where the gold set gives no answer facts. ``needs_all`` is true when
    every evidence string is needed for a complete answer. ``reports`` limits the question to
    these reports when not empty.
    """

    id: str
    question: str
    type: str
    evidence: tuple[GoldEvidence, ...] = ()
    needs_all: bool = True
    facts: tuple[tuple[str, ...], ...] | None = None
    section: str = ""
    note: str = ""
    reports: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the reports answer the question."""
        return not self.type.endswith("unanswerable")


def load_gold(path: Path | str) -> list[Gold]:
    """Return the questions of a JSONL file, in the form with answer facts or that with pages.

    Raises ``BadGoldFile`` that names the line and the rule it breaks.
    """
    gold = [one for one, _ in gold_records(path)]
    if not gold:
        raise BadGoldFile(f"{path} holds no question; one JSON object a line is needed.")
    return gold


def gold_records(path: Path | str) -> list[tuple[Gold, dict[str, Any]]]:
    """Return the questions of a JSONL file, each with its line's object; none for an empty file.

    Raises ``BadGoldFile`` that names the line and the rule it breaks.
    """
    gold: list[tuple[Gold, dict[str, Any]]] = []
    seen: dict[str, int] = {}
    for number, record in json_lines(Path(path)):
        where = f"{path}, line {number}"
        item = _gold_of_pages(record, where) if "answerable" in record else _gold(record, where)
        if item.id in seen:
            raise BadGoldFile(
                f"{where}: the id '{item.id}' is already on line {seen[item.id]}; "
                "every question needs an id of its own."
            )
        seen[item.id] = number
        gold.append((item, record))
    return gold


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line of a JSONL file that is not blank.

    Raises ``BadGoldFile`` that names the line and the rule it breaks.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadGoldFile(
            f"{path} cannot be read ({error.strerror}); name a file of JSON lines."
        ) from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise BadGoldFile(
                f"{path}, line {number} is not JSON in UTF-8 ({error}); "
                "each line must be one JSON object."
            ) from error
        if not isinstance(record, dict):
            raise BadGoldFile(
                f"{path}, line {number} is a {type(record).__name__}; "
                "each line must be one JSON object."
            )
        yield number, record


def _gold(record: dict[str, Any], where: str) -> Gold:
    texts = _strings(record, "evidence", where)
    reports = _strings(record, "evidence_reports", where, default=[""] * len(texts))
    if len(reports) != len(texts):
        raise BadGoldFile(
            f"{where}: {len(reports)} evidence_reports for {len(texts)} evidence strings; "
            "there must be one report id for each string."
        )
    needs_all = record.get("evidence_all", True)
    if not isinstance(needs_all, bool):
        raise BadGoldFile(f"{where}: evidence_all is {needs_all!r}; it must be true or false.")
    facts = record.get("answer_facts", [])
    if not isinstance(facts, list) or not all(
        isinstance(one, list)
        and one
        and all(isinstance(alternative, str) and alternative.strip() for alternative in one)
        for one in facts
    ):
        raise BadGoldFile(
            f"{where}: answer_facts is {facts!r}; it must be a list of lists of texts, none empty."
        )
    pairs = zip(texts, reports, strict=True)
    return _checked(
        Gold(
            id=_text(record, "id", where),
            question=_text(record, "question", where),
            type=_text(record, "type", where),
            evidence=tuple(GoldEvidence(text, report) for text, report in pairs),
            needs_all=needs_all,
            facts=tuple(tuple(one) for one in facts) or None,
            section=str(record.get("section", "")),
            note=str(record.get("note", "")),
            reports=tuple(_strings(record, "filter", where, default=[])),
        ),
        where,
    )


def _gold_of_pages(record: dict[str, Any], where: str) -> Gold:
    """The other form: ``answerable``, ``kind`` and evidence of ``doc``, ``page`` and ``text``.

    It has no answer facts, so facts and full credit are not measured on it.
    """
    answerable = record["answerable"]
    if not isinstance(answerable, bool):
        raise BadGoldFile(f"{where}: answerable is {answerable!r}; it must be true or false.")
    evidence = []
    for one in record.get("evidence") or []:
        if not isinstance(one, dict):
            raise BadGoldFile(f"{where}: evidence {one!r} must be an object of doc, page and text.")
        pages = [one.get("page"), *(one.get("also_on_pages") or [])]
        if not all(type(page) is int and page >= 1 for page in pages):
            raise BadGoldFile(f"{where}: the pages {pages!r} must be whole numbers from 1.")
        report = Path(_text(one, "doc", where)).stem
        evidence.append(GoldEvidence(_text(one, "text", where), report, tuple(sorted(set(pages)))))
    return _checked(
        Gold(
            id=_text(record, "id", where),
            question=_text(record, "question", where),
            type=_text(record, "kind", where) if answerable else "unanswerable",
            evidence=tuple(evidence),
            note=str(record.get("answer") or ""),
        ),
        where,
    )


def _checked(gold: Gold, where: str) -> Gold:
    if gold.answerable and not gold.evidence:
        raise BadGoldFile(
            f"{where}: '{gold.id}' has no evidence; a question of type '{gold.type}' needs at "
            "least one string (types that end in 'unanswerable' need none)."
        )
    if not gold.answerable and gold.evidence:
        raise BadGoldFile(
            f"{where}: '{gold.id}' has evidence; a question of type '{gold.type}' must have none."
        )
    for one in gold.evidence:
        if not letters_and_digits(one.text):
            raise BadGoldFile(
                f"{where}: the evidence {one.text!r} has no letter and no digit to look for."
            )
    return gold


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadGoldFile(f"{where}: {name} is {value!r}; it must be a text that is not empty.")
    return value


def _strings(
    record: dict[str, Any], name: str, where: str, *, default: list[str] | None = None
) -> list[str]:
    value = record.get(name, default)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadGoldFile(f"{where}: {name} is {value!r}; it must be a list of texts.")
    return value


# ---- text against text ------------------------------------------------------------------------

_SUPERSCRIPTS = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
_MARKERS = re.compile(r"\s*\[\d+\]")
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"',
     "\u201e": '"', "\u201f": '"', "\u2032": "'", "\u2033": '"'}
)  # fmt: skip
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
# pdfium gives U+FFFE or U+0002 for a hyphen at the end of a line.
_NOT_IN_QUOTES = re.compile("[\\s\u00ad\u200b\ufeff\ufffe\u0002\u2010\u2011-]+")


def letters_and_digits(text: str) -> str:
    """Return the text's small letters and digits alone, without raised figures (footnote marks)."""
    plain = unicodedata.normalize("NFKC", _SUPERSCRIPTS.sub("", text)).casefold()
    return "".join(char for char in plain if char.isalnum())


def _verbatim(text: str) -> str:
    """The text without white space and hyphens, typographic quotes made plain, case kept."""
    return _NOT_IN_QUOTES.sub("", unicodedata.normalize("NFKC", text).translate(_QUOTES))


def contains(evidence: str, text: str) -> bool:
    """Whether the evidence's letters and digits stand in a row in the text's, marks skipped."""
    return _in_folded(_folded_words(evidence), letters_and_digits(text))


def _folded_words(text: str) -> list[str]:
    return [word for word in map(letters_and_digits, text.split()) if word]


def _in_folded(words: Sequence[str], folded: str) -> bool:
    if "".join(words) in folded:
        return True
    # Words are letters and digits only, so they are patterns of themselves.
    return re.search(r"\d{0,2}".join(words), folded) is not None


def _over_break(words: Sequence[str], page: str, following: str) -> bool:
    """Whether the words begin near the end of one page and go on near the start of the next."""
    for cut in range(1, len(words)):
        head, tail = "".join(words[:cut]), "".join(words[cut:])
        at, on = page.rfind(head), following.find(tail)
        if at >= 0 and on >= 0 and len(page) - at - len(head) + on <= MAX_BREAK_GAP:
            return True
    return False


class PageFinder:
    """Finds evidence strings and quotes on the pages of reports.

    ``pages`` are the raw texts of each report's pages, in order, by report id.
    """

    def __init__(self, pages: Mapping[str, Sequence[str]]) -> None:
        """Fold every page once for evidence; quotes are folded when first asked for."""
        self._raw = {report: tuple(texts) for report, texts in pages.items()}
        self._folded = {
            report: tuple(letters_and_digits(text) for text in texts)
            for report, texts in self._raw.items()
        }
        self._exact: dict[tuple[str, int], str] = {}

    @property
    def reports(self) -> tuple[str, ...]:
        """Ids of the reports whose pages are known."""
        return tuple(self._raw)

    def locate(self, evidence: str, reports: Iterable[str]) -> frozenset[tuple[str, int]]:
        """Return every (report, page from 1) of these reports on which the evidence lies."""
        words = _folded_words(evidence)
        found: set[tuple[str, int]] = set()
        for report in reports:
            found |= {(report, page) for page in self._pages_with(words, report)}
        return frozenset(found)

    def _pages_with(self, words: Sequence[str], report: str) -> set[int]:
        pages = self._folded.get(report, ())
        on = {number for number, page in enumerate(pages, start=1) if _in_folded(words, page)}
        if on:
            return on
        for number, (page, following) in enumerate(pairwise(pages), start=1):
            if _over_break(words, page, following):
                return {number, number + 1}
        return set()

    def holds(self, quote: str, report: str, page: int) -> bool:
        """Whether the quote occurs word for word on the page or runs from it onto the next.

        White space, hyphens and the shape of quotation marks are not compared; letters, case,
        figures and all other signs are.
        """
        words = [word for word in map(_verbatim, quote.split()) if word]
        if not words:
            return False
        whole = "".join(words)
        here, following = self._exact_page(report, page), self._exact_page(report, page + 1)
        # A quote that stands whole on the next page does not run onto it: its page is wrong.
        return whole in here or (whole not in following and _over_break(words, here, following))

    def _exact_page(self, report: str, page: int) -> str:
        key = (report, page)
        if key not in self._exact:
            texts = self._raw.get(report, ())
            self._exact[key] = _verbatim(texts[page - 1]) if 1 <= page <= len(texts) else ""
        return self._exact[key]


# ---- answers ----------------------------------------------------------------------------------


def _plain_answer(text: str) -> str:
    """The text as facts are looked for in it: small letters, plain signs, "%" as "per cent"."""
    plain = unicodedata.normalize("NFKC", _SUPERSCRIPTS.sub("", text)).casefold()
    plain = plain.translate(_QUOTES).translate(_DASHES).replace("\u00ad", "")
    plain = re.sub(r"\s*%", " per cent", plain)
    plain = re.sub(r"\bper[\s-]?cent\b", "per cent", plain)
    return " ".join(plain.split())


def answer_words(answer: str) -> list[str]:
    """Return the words of an answer: what white space parts, citation markers taken out."""
    return _MARKERS.sub("", answer).split()


def has_fact(answer: str, alternatives: Iterable[str]) -> bool:
    """Whether one alternative stands in the answer's first 120 words, case ignored.

    It must begin at a word or figure and must not end inside a longer figure: "8 out of" is not
    in "38 out of", "149" not in "1,490" and not in "149.5", but "vacanc" is in "vacancies".
    """
    text = _plain_answer(" ".join(answer_words(answer)[:ANSWER_WORDS]))
    return any(_stands_in(_plain_answer(one), text) for one in alternatives)


def _stands_in(alternative: str, text: str) -> bool:
    if not alternative:
        return False
    before = r"(?<![^\W_])" if alternative[0].isalnum() else ""
    before += r"(?<!\d[.,])" if alternative[0].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if alternative[-1].isdigit() else ""
    return re.search(before + re.escape(alternative) + after, text) is not None


_MARKED_PART = re.compile(r"(.*?)((?:\s*\[\d+\])+)[.!?]?(?=\s|$)", re.DOTALL)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"'\u2019\u201d)\]]*\s+(?=[\"'\u2018\u201c(]*[^\W_a-z])|\n+"
)
# "e.g.", "Dr.", an initial, "7." at the head of a list item, "P 1.2." before a heading.
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|Mr|Mrs|Ms|Dr|St|No|Nos|pp?|para|[A-Z])"
    r"|^\W*\d+|\b[A-Z] ?\d[\d.]*|\d\.\d+)\.$"
)


def unmarked_sentences(answer: str, numbers: Iterable[int]) -> list[str]:
    """Return the sentences of an answer that no marker of one of the given citations ends."""
    known = set(numbers)
    unmarked: list[str] = []
    end = 0
    for part in _MARKED_PART.finditer(answer):
        *earlier, last = _sentences(part[1]) or [""]
        unmarked += earlier
        if known.isdisjoint(int(number) for number in re.findall(r"\d+", part[2])):
            unmarked.append(last or part[2].strip())
        end = part.end()
    return unmarked + _sentences(answer[end:])


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        # "P 1.2. Staffing" and "e.g. Kettering" go on; a new line always ends a sentence.
        if "\n" not in end[0] and _NO_END.search(text[start : end.start()]):
            continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    sentences.append(text[start:].strip())
    return [one for one in sentences if letters_and_digits(one)]


# ---- one question -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NearPassage:
    """A passage that was found: where it stands, its words, and whether evidence is in it."""

    report: str
    pages: tuple[int, ...]
    text: str
    holds_evidence: bool


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """How one answer did; a figure is ``None`` where it is not defined for the question.

    ``located`` are the (report, page) pairs of each evidence string, in the gold's order;
    ``causes`` say in plain words what is wrong and are empty for a right answer.
    """

    gold: Gold
    status: str
    right_status: bool
    confidence: float
    answer: str
    answer_words: int
    cited: tuple[tuple[str, int], ...]
    located: tuple[tuple[tuple[str, int], ...], ...]
    page_hit: dict[int, float | None]
    pages_at: dict[int, float | None]
    evidence_at: dict[int, float | None]
    evidence_within: dict[int, float | None]
    citation_precision: float | None
    citation_recall: float | None
    facts: float | None
    missing_facts: tuple[tuple[str, ...], ...]
    full_credit: float | None
    wrong_quotes: tuple[str, ...]
    unmarked: tuple[str, ...]
    total_ms: float | None
    nearest: tuple[NearPassage, ...] = ()
    causes: tuple[str, ...] = ()
    quoted: float | None = None

    @property
    def right(self) -> bool:
        """Whether it was answered as it should be: in full where facts are given, else cited."""
        if self.full_credit is not None:
            return self.full_credit == 1.0
        cited = bool(self.citation_recall) and self.quoted != 0.0
        return self.gold.answerable and self.status == "answered" and cited


def score(
    gold: Gold,
    answer: Json,
    finder: PageFinder,
    *,
    ks: Sequence[int] = DEFAULT_KS,
    first_words: Sequence[int] = DEFAULT_FIRST_WORDS,
) -> QuestionScore:
    """Return every figure of one answer, given in the contract's JSON form."""
    text = str(answer.get("answer", ""))
    status = str(answer.get("status", ""))
    answered = status == "answered"
    citations = list(answer.get("citations") or []) if answered else []
    passages = list(answer.get("passages") or [])
    cited = tuple(dict.fromkeys((str(one["report"]), int(one["page"])) for one in citations))
    located = tuple(_located(one, gold, finder) for one in gold.evidence)
    correct = frozenset[tuple[str, int]]().union(*located)
    touched = [{(str(one["report"]), int(page)) for page in one["pages"]} for one in passages]
    texts = [str(one.get("text", "")) for one in passages]

    def needed(hits: Sequence[bool]) -> float | None:
        if not gold.answerable:
            return None
        return sum(hits) / len(hits) if gold.needs_all else float(any(hits))

    def pages_of_first(k: int) -> set[tuple[str, int]]:
        return set[tuple[str, int]]().union(*touched[:k])

    def contained(joined: str) -> float | None:
        folded = letters_and_digits(joined)
        return needed([_in_folded(_folded_words(one.text), folded) for one in gold.evidence])

    words = " ".join(texts).split()
    facts = gold.facts if gold.answerable else None
    missing = tuple(one for one in facts or () if not (answered and has_fact(text, one)))
    wrong_quotes = tuple(
        str(one["quote"])
        for one in citations
        if not finder.holds(str(one["quote"]), str(one["report"]), int(one["page"]))
    )
    full_credit = (
        float(answered and not missing and not wrong_quotes and _cites_enough(gold, located, cited))
        if facts is not None
        else None
    )
    return _with_causes(
        QuestionScore(
            gold=gold,
            status=status,
            right_status=answered == gold.answerable,
            confidence=float(answer.get("confidence", 0.0)),
            answer=text,
            answer_words=len(answer_words(text)),
            cited=cited,
            located=tuple(tuple(sorted(one)) for one in located),
            page_hit={
                k: float(not correct.isdisjoint(pages_of_first(k))) if gold.answerable else None
                for k in ks
            },
            pages_at={
                k: needed([not one.isdisjoint(pages_of_first(k)) for one in located]) for k in ks
            },
            evidence_at={k: contained(" ".join(texts[:k])) for k in ks},
            evidence_within={n: contained(" ".join(words[:n])) for n in first_words},
            citation_precision=(
                sum(one in correct for one in cited) / len(cited)
                if gold.answerable and cited
                else None
            ),
            citation_recall=needed([not one.isdisjoint(cited) for one in located]),
            facts=1 - len(missing) / len(facts) if facts else None,
            missing_facts=missing,
            full_credit=full_credit,
            wrong_quotes=wrong_quotes,
            unmarked=(
                tuple(unmarked_sentences(text, [int(one["n"]) for one in citations]))
                if answered
                else ()
            ),
            total_ms=_total_ms(answer),
            nearest=tuple(_near(one, gold) for one in passages[:SHOWN_PASSAGES]),
            quoted=(
                needed([_is_quoted(one, citations) for one in gold.evidence])
                if facts is None and not any(one.pages for one in gold.evidence)
                else None
            ),
        ),
        finder,
    )


def _is_quoted(evidence: GoldEvidence, citations: Sequence[Json]) -> bool:
    """Whether a quote from the evidence's report holds the evidence or is part of it."""
    quotes = [
        str(one["quote"])
        for one in citations
        if evidence.report in ("", str(one["report"])) and letters_and_digits(str(one["quote"]))
    ]
    return any(contains(evidence.text, quote) or contains(quote, evidence.text) for quote in quotes)


def _near(passage: Json, gold: Gold) -> NearPassage:
    text = str(passage.get("text", ""))
    folded = letters_and_digits(text)
    return NearPassage(
        report=str(passage["report"]),
        pages=tuple(int(page) for page in passage["pages"]),
        text=text,
        holds_evidence=any(_in_folded(_folded_words(e.text), folded) for e in gold.evidence),
    )


def _located(evidence: GoldEvidence, gold: Gold, finder: PageFinder) -> frozenset[tuple[str, int]]:
    """Pages of one evidence string: in its own report, else in every report that may be used."""
    reports = [evidence.report] if evidence.report else gold.reports or finder.reports
    known = {(evidence.report, page) for page in evidence.pages}
    return finder.locate(evidence.text, reports) | known


def _cites_enough(
    gold: Gold,
    located: Sequence[frozenset[tuple[str, int]]],
    cited: Sequence[tuple[str, int]],
) -> bool:
    """Whether a correct page is cited, and for ``cross_report`` one of each report needed."""
    right = [one for one in cited if any(one in pages for pages in located)]
    if gold.type == "cross_report" and gold.needs_all:
        return {one.report for one in gold.evidence} <= {report for report, _ in right}
    return bool(right)


def _total_ms(answer: Json) -> float | None:
    total = (answer.get("timings_ms") or {}).get("total")
    return float(total) if total is not None else None


def _with_causes(one: QuestionScore, finder: PageFinder) -> QuestionScore:
    return replace(one, causes=tuple(_causes(one, finder)))


def _causes(one: QuestionScore, finder: PageFinder) -> Iterator[str]:
    """Why an answer is not right, in the order in which the steps of the work happen."""
    gold = one.gold
    absent = {evidence.report for evidence in gold.evidence if evidence.report}
    for report in sorted(absent - set(finder.reports)):
        yield f"report not loaded: {report}"
    if gold.answerable and not all(one.located):
        yield "evidence not found in the reports"
    if gold.answerable and not one.right and one.page_hit:
        deepest = max(one.page_hit)
        if not one.page_hit[deepest]:
            yield f"page not among the first {deepest} passages"
        elif not one.evidence_at[deepest]:
            yield f"evidence not in the first {deepest} passages"
    if not one.right_status:
        yield "abstained" if gold.answerable else "answered what the reports do not say"
    elif gold.answerable:
        if not one.citation_recall:
            yield "no correct page cited"
        elif one.quoted == 0:
            yield "the right page is cited, but not the evidence on it"
        elif one.full_credit == 0 and not one.missing_facts and not one.wrong_quotes:
            yield "not every report needed is cited"
        for alternatives in one.missing_facts:
            yield "fact missing: " + " / ".join(alternatives)
    if one.wrong_quotes:
        yield "quote not verbatim on its page"
    if one.unmarked:
        yield "sentence without a marker"
    if one.status == "answered" and one.answer_words > ANSWER_WORDS:
        yield f"answer of {one.answer_words} words, over {ANSWER_WORDS}"


# ---- many questions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over ``n`` questions with its bootstrap 95 % confidence interval."""

    value: float
    low: float
    high: float
    n: int


Row = dict[str, Figure | None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a gold set.

    ``overall`` and ``by_type`` hold a figure for each name of ``METRICS`` that the questions
    define. ``declined`` has the share of right abstentions for each type that has no answer;
    ``answered`` the share of answerable questions that got one.
    """

    scores: tuple[QuestionScore, ...]
    overall: Row
    by_type: dict[str, Row]
    answered: Figure | None
    declined: dict[str, Figure]
    auroc: Figure | None
    auroc_by_type: dict[str, Figure]
    coverage: float | None
    latency_ms: dict[str, float] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[QuestionScore, ...]:
        """Questions with something wrong, in the order of the gold set."""
        return tuple(one for one in self.scores if one.causes)

    @property
    def broken_promises(self) -> dict[str, int]:
        """Counts of what an answer must never have: each ought to be 0."""
        return {
            "quotes not verbatim": sum(len(one.wrong_quotes) for one in self.scores),
            "sentences without a marker": sum(len(one.unmarked) for one in self.scores),
            f"answers over {ANSWER_WORDS} words": sum(
                one.status == "answered" and one.answer_words > ANSWER_WORDS for one in self.scores
            ),
        }


Ask = Callable[[Gold], Json]
"""Answers one gold question, within ``gold.reports`` when that is not empty."""


def evaluate(
    gold: Sequence[Gold],
    ask: Ask,
    pages: Mapping[str, Sequence[str]],
    *,
    ks: Sequence[int] = DEFAULT_KS,
    first_words: Sequence[int] = DEFAULT_FIRST_WORDS,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask every question and return the scores with their summary.

    ``pages`` are the raw texts of each loaded report's pages, in order, by report id.
    """
    finder = PageFinder(pages)
    scores = []
    for done, one in enumerate(gold, start=1):
        scores.append(score(one, ask(one), finder, ks=ks, first_words=first_words))
        if on_progress is not None:
            on_progress(done, len(gold))
    return summarise(scores)


def metrics_of(one: QuestionScore) -> dict[str, float | None]:
    """Return the figures of one question by name, in the order in which tables show them."""
    named: dict[str, float | None] = {
        "full credit": one.full_credit,
        "facts": one.facts,
        "citation precision": one.citation_precision,
        "citation recall": one.citation_recall,
        "evidence quoted": one.quoted,
    }
    named |= {f"page hit@{k}": value for k, value in one.page_hit.items()}
    named |= {f"pages@{k}": value for k, value in one.pages_at.items()}
    named |= {f"evidence@{k}": value for k, value in one.evidence_at.items()}
    named |= {f"evidence in {n} words": value for n, value in one.evidence_within.items()}
    named["status right"] = float(one.right_status)
    return named


def summarise(scores: Sequence[QuestionScore]) -> Evaluation:
    """Return the overall and by-type figures of the scored questions."""
    answerable = [one for one in scores if one.gold.answerable]
    by_type: dict[str, list[QuestionScore]] = {}
    for one in scores:
        by_type.setdefault(one.gold.type, []).append(one)
    without = {name: group for name, group in by_type.items() if name.endswith("unanswerable")}
    total_ms = [one.total_ms for one in scores if one.total_ms is not None]
    return Evaluation(
        scores=tuple(scores),
        overall=_row(scores),
        by_type={name: _row(group) for name, group in by_type.items()},
        answered=_mean([float(one.right_status) for one in answerable]),
        declined={
            name: figure
            for name, group in without.items()
            if (figure := _mean([float(one.right_status) for one in group])) is not None
        },
        auroc=_auroc_figure(answerable, [one for one in scores if not one.gold.answerable]),
        auroc_by_type={
            name: figure
            for name, group in without.items()
            if (figure := _auroc_figure(answerable, group)) is not None
        },
        coverage=(
            coverage_at_precision([one.confidence for one in scores], [one.right for one in scores])
            if any(one.full_credit is not None for one in scores)
            else None
        ),
        latency_ms=(
            {
                "p50": float(np.percentile(total_ms, 50)),
                "p95": float(np.percentile(total_ms, 95)),
            }
            if total_ms
            else {}
        ),
    )


def _row(scores: Sequence[QuestionScore]) -> Row:
    columns: dict[str, list[float]] = {}
    for one in scores:
        for name, value in metrics_of(one).items():
            columns.setdefault(name, [])
            if value is not None:
                columns[name].append(value)
    return {name: _mean(values) for name, values in columns.items()}


def _mean(values: Sequence[float]) -> Figure | None:
    """Mean with the percentile bootstrap's 95 % interval (Efron and Tibshirani 1993, ch. 13)."""
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(SEED).integers(0, len(array), size=(RESAMPLES, len(array)))
    low, high = np.percentile(array[picks].mean(axis=1), [2.5, 97.5])
    return Figure(float(array.mean()), float(low), float(high), len(array))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a random positive scores above a random negative, ties as half."""
    return _auroc(np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64))


def _auroc(positive: npt.NDArray[np.float64], negative: npt.NDArray[np.float64]) -> float:
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def _auroc_figure(
    positive: Sequence[QuestionScore], negative: Sequence[QuestionScore]
) -> Figure | None:
    if not positive or not negative:
        return None
    up = np.array([one.confidence for one in positive])
    down = np.array([one.confidence for one in negative])
    random = np.random.default_rng(SEED)
    values = [
        _auroc(
            up[random.integers(0, len(up), len(up))], down[random.integers(0, len(down), len(down))]
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(values, [2.5, 97.5])
    return Figure(_auroc(up, down), float(low), float(high), len(up) + len(down))


def coverage_at_precision(
    confidences: Sequence[float], right: Sequence[bool], *, level: float = PRECISION_LEVEL
) -> float:
    """Return the largest share of questions answered with at least this share of them right.

    The most confident are answered first; equal confidences are answered together or not at all.
    """
    if not confidences:
        return 0.0
    best = taken = good = 0
    ranked = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    for place, (confidence, is_right) in enumerate(ranked, start=1):
        taken, good = taken + 1, good + is_right
        last_of_ties = place == len(ranked) or ranked[place][0] != confidence
        if last_of_ties and good / taken >= level:
            best = taken
    return best / len(ranked)


# ---- showing ----------------------------------------------------------------------------------

_TYPE_COLUMNS = (
    "full credit",
    "facts",
    "citation precision",
    "citation recall",
    "evidence quoted",
    "page hit@5",
    "evidence in 500 words",
    "status right",
)


def to_table(evaluation: Evaluation) -> str:
    """Return the figures as plain text: overall, by type, abstention, promises, failures."""
    lines = [f"{len(evaluation.scores)} questions", ""]
    lines += _aligned(
        [["overall", "mean", "95 % interval", "questions"]]
        + [
            [name, _short(figure.value), _interval(figure), str(figure.n)]
            for name, figure in evaluation.overall.items()
            if figure is not None
        ]
    )
    columns = shown_columns(evaluation)
    counts = _type_counts(evaluation)
    lines += ["", *_aligned(
        [["by type", "n", *columns]]
        + [
            [name, str(counts[name]), *(_cell(row.get(column)) for column in columns)]
            for name, row in evaluation.by_type.items()
        ]
    )]  # fmt: skip
    lines += ["", *_aligned([["saying what the reports say", ""], *abstention_rows(evaluation)])]
    lines += ["", *_aligned([["must be 0", ""], *(
        [name, str(count)] for name, count in evaluation.broken_promises.items()
    )])]  # fmt: skip
    if evaluation.failures:
        lines += ["", f"{len(evaluation.failures)} questions with something wrong"]
        lines += [
            f"{one.gold.id}  {' '.join(one.gold.question.split())}\n    {'; '.join(one.causes)}"
            for one in evaluation.failures
        ]
    return "\n".join(lines)


def shown_columns(evaluation: Evaluation) -> list[str]:
    """Return the names of the by-type table's columns that this gold set defines."""
    return [name for name in _TYPE_COLUMNS if evaluation.overall.get(name) is not None]


def abstention_rows(evaluation: Evaluation) -> list[list[str]]:
    """Return label and figure of each measure of confidence, abstention and speed."""
    rows = []
    if evaluation.answered is not None:
        rows.append(["answerable questions answered", _with_interval(evaluation.answered)])
    rows += [
        [f"{name} declined", _with_interval(figure)] for name, figure in evaluation.declined.items()
    ]
    if evaluation.auroc is not None:
        rows.append(["AUROC of confidence", _with_interval(evaluation.auroc)])
    if len(evaluation.auroc_by_type) > 1:
        rows += [
            [f"AUROC against {name}", _with_interval(figure)]
            for name, figure in evaluation.auroc_by_type.items()
        ]
    if evaluation.coverage is not None:
        rows.append(["coverage at 95 % precision", _short(evaluation.coverage)])
    rows += [[f"milliseconds, {name}", f"{ms:.1f}"] for name, ms in evaluation.latency_ms.items()]
    return rows


def _type_counts(evaluation: Evaluation) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in evaluation.scores:
        counts[one.gold.type] = counts.get(one.gold.type, 0) + 1
    return counts


def _short(value: float) -> str:
    return f"{value:.3f}"


def _interval(figure: Figure) -> str:
    return f"{figure.low:.3f} to {figure.high:.3f}"


def _with_interval(figure: Figure) -> str:
    return f"{figure.value:.3f} ({_interval(figure)}, n {figure.n})"


def _cell(figure: Figure | None) -> str:
    return "–" if figure is None else _short(figure.value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything as plain JSON values; a figure is value, low, high and n, or null."""
    return {
        "questions": len(evaluation.scores),
        "overall": _json_row(evaluation.overall),
        "by_type": {name: _json_row(row) for name, row in evaluation.by_type.items()},
        "answered": _json_figure(evaluation.answered),
        "declined": _json_row(evaluation.declined),
        "auroc": _json_figure(evaluation.auroc),
        "auroc_by_type": _json_row(evaluation.auroc_by_type),
        "coverage_at_95_precision": evaluation.coverage,
        "latency_ms": evaluation.latency_ms,
        "must_be_zero": evaluation.broken_promises,
        "failures": [_json_failure(one) for one in evaluation.failures],
    }


def _json_row(row: Mapping[str, Figure | None]) -> dict[str, Any]:
    return {name: _json_figure(figure) for name, figure in row.items()}


def _json_figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}


def _json_failure(one: QuestionScore) -> dict[str, Any]:
    return {
        "id": one.gold.id,
        "type": one.gold.type,
        "question": one.gold.question,
        "causes": list(one.causes),
        "status": one.status,
        "confidence": one.confidence if math.isfinite(one.confidence) else None,
        "answer": one.answer,
        "cited": [{"report": report, "page": page} for report, page in one.cited],
        "evidence": [
            {
                "text": evidence.text,
                "on": [{"report": report, "page": page} for report, page in pages],
            }
            for evidence, pages in zip(one.gold.evidence, one.located, strict=True)
        ],
        "missing_facts": [list(alternatives) for alternatives in one.missing_facts],
        "full_credit": one.full_credit,
        "wrong_quotes": list(one.wrong_quotes),
        "unmarked": list(one.unmarked),
    }


# ---- command line -----------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``python -m qa evaluate`` its arguments."""
    parser.add_argument("gold", type=Path, metavar="GOLD.jsonl", help="the gold questions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report for people")
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="score these answers of 'python -m qa batch' instead of asking",
    )


def answers_of(path: Path | str, gold: Sequence[Gold]) -> Ask:
    """Return an ``Ask`` that looks answers up by id in a JSONL file, one for each question.

    Raises ``BadGoldFile`` where a question has no answer in the file.
    """
    answers = {}
    for number, record in json_lines(Path(path)):
        if not _is_answer(record):
            raise BadGoldFile(
                f"{path}, line {number} is not an answer as 'python -m qa batch' writes it; "
                "it needs id, status, answer, confidence, citations and passages."
            )
        answers[record["id"]] = record
    absent = [one.id for one in gold if one.id not in answers]
    if absent:
        raise BadGoldFile(
            f"{path} has no answer to {len(absent)} of {len(gold)} questions, the first is "
            f"'{absent[0]}'; make it with 'python -m qa batch' from the same questions."
        )
    return lambda one: answers[one.id]


def _is_answer(record: Json) -> bool:
    """Whether a line has all that ``score`` reads, each of the right type."""

    def has(one: Any, **types: type | tuple[type, ...]) -> bool:
        return isinstance(one, dict) and all(
            isinstance(one.get(name), kind) for name, kind in types.items()
        )

    return (
        has(record, id=str, answer=str, confidence=(int, float), citations=list, passages=list)
        and record.get("status") in ("answered", "no_answer")
        and math.isfinite(record["confidence"])
        and has(record.get("timings_ms") or {"total": 0}, total=(int, float))
        and all(has(one, n=int, report=str, page=int, quote=str) for one in record["citations"])
        and all(
            has(one, report=str, text=str, pages=list)
            and all(isinstance(page, int) for page in one["pages"])
            for one in record["passages"]
        )
    )


def run(
    arguments: argparse.Namespace,
    make_ask: Callable[[], Ask],
    pages: Mapping[str, Sequence[str]],
    *,
    out: TextIO | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Evaluate as the arguments of ``add_arguments`` say, print and return the exit code 0.

    ``make_ask`` is called once, and only when answers are not read from a file, so that a model
    is loaded no sooner than it is needed. Raises ``BadGoldFile``, and ``QaError`` where the HTML
    report cannot be written.
    """
    gold = load_gold(arguments.gold)
    if arguments.html:  # before the questions are asked, not minutes later
        _write(arguments.html, "")
    ask = answers_of(arguments.answers, gold) if arguments.answers else make_ask()
    evaluation = evaluate(gold, ask, pages, on_progress=on_progress)
    if arguments.html:
        from qa.evaluate_html import to_html

        _write(arguments.html, to_html(evaluation, title=f"Evaluation on {arguments.gold.name}"))
    lost = [one for one in evaluation.scores if one.gold.evidence and not any(one.located)]
    if lost:
        sys.stderr.write(
            f"The evidence of {len(lost)} of {len(gold)} questions is on no page of this library: "
            "are these the reports that the questions are about?\n"
        )
    stream = out or sys.stdout
    text = json.dumps(to_json(evaluation)) if arguments.json else to_table(evaluation)
    stream.write(text + "\n")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise QaError(
            f"{path} cannot be written ({error.strerror}); "
            "name a file in a folder that exists and that you may write to."
        ) from error
