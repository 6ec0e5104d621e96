"""Questions about a rating, answered from the rows of a ratings table.

A ratings table is any table whose rows end in a grade. Which rows are meant is read from the
words of their labels, from the label of their group, or from "overall".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer.lexical import terms
from indexer.records import Passage
from qa.question import ASKS_RATING, Question
from qa.records import Evidence

GRADES = re.compile(
    r"(outstanding|good|requires improvement|inadequate|satisfactory|reasonable"
    r"|requires improvement to be good|weak|adequate|poor)\W*",
    re.I,
)
OVERALL = re.compile(
    r"\b(overall|verdict|as a whole|in general|final (rating|grade|mark)|altogether)\b", re.I
)
ALL_ROWS = re.compile(
    r"\b(which (standards?|ratings?|areas?|parts?|domains?)|(how many|what|any) (standard|rating)s"
    r"|what (are|were) (the|all|its) ratings"
    r"|what (was|were|is|are|got) (rated|graded|judged|marked)"
    r"|all (the )?(ratings|standards)|each standard|every standard|standard by standard)\b",
    re.I,
)
SCORE = re.compile(r"\bscore[sd]?\b", re.I)
OUT_OF = re.compile(r"\b(overall|total|out of|points?)\b", re.I)
TOTAL = re.compile(r"\d{1,3}\s*(/|out of)\s*\d{1,3}")
COUNTS = re.compile(r"\b(how (many|much)|per ?cent(age)?|proportion|number of|share of)\b|%", re.I)
GRADE = re.compile(r"\b(outstanding|good|requires improvement|inadequate|satisfactory)\b", re.I)
NEGATION = re.compile(r"\b(not|other than|except|apart from|none)\b|n['’]t\b", re.I)
NAMES_NOTHING = frozenset(
    terms(
        "rate rating grade mark judge judgement verdict score category award pass give given get "
        "got receive achieve outstanding good inadequate satisfactory inspection inspector "
        "inspectorate report probation PDU unit service standard HMIP HMI Ofsted CQC RI"
    )
)
"""Words that a question about the rating of the whole may have without naming a part of it."""
OVERALL_TERMS = frozenset(terms("overall"))
RATING_TERMS = frozenset(terms("rating"))
MAX_ROWS = 9
OWN_SECTION_SHARE = 0.05
"""The section of what is rated gives the reasons from this share of the best probability."""
MAX_UNNAMED = 3
"""A question with more words than this that name nothing of the ratings is about something else."""

HOW = re.compile(
    r"\bhow (is|are|was|were|do|does|did)\b.*\b(decided|worked out|calculated|set|made"
    r"|reached|arrived|determined|judged on|based)\b",
    re.I,
)


RATED = re.compile(r"\b(rat(e|ed|ing)|judged|graded)\b", re.I)
WHOLE = re.compile(
    r"\b(overall|(have|has|is|was|been|are|were)( now| been)* rated|a rating of)\b", re.I
)

TO = re.compile(r"\bto\s+\W?$")
MAX_GRADES = 2

SCALE = (
    "inadequate", "poor", "weak", "requires improvement", "requires improvement to be good",
    "satisfactory", "adequate", "reasonable", "good", "outstanding",
)  # fmt: skip
"""Grades from the worst to the best; those of different inspectorates never meet in one place."""

WHICH_PARTS = re.compile(
    r"\b(which|what|any)(\s+\S+){0,3}?\s+"
    r"(standards?|ratings?|areas?|parts?|domains?|grades?|judge?ments?)\b",
    re.I,
)
WORSE = re.compile(
    r"\b(worse\w*|declin\w*|fell|fallen|drop(ped)?|slip(ped)?|deteriorat\w*|lower|(gone|went"
    r"|go|come|came|going) down|downgraded)\b",
    re.I,
)
BETTER = re.compile(
    r"\b(better|improv(e|ed|es|ing)|rose|risen|higher|(gone|went|go|come|came|going) up|upgraded)"
    r"\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class RatedRow:
    """A row of a ratings table: what is rated, in which group, and how."""

    passage: Passage
    label: frozenset[str]
    group: frozenset[str]
    grade: str


def rated_rows(passages: Iterable[Passage]) -> list[RatedRow]:
    """Return the rows whose last cell is a grade and nothing else, in the order given."""
    rows = []
    for passage in passages:
        if not ends_in_grade(passage):
            continue
        start, end = passage.cells[-1]
        label = passage.text[: passage.cells[-1][0]]
        group = passage.context.split(" › ")[1] if " › " in passage.context else ""
        rows.append(
            RatedRow(
                passage, frozenset(terms(label)), frozenset(terms(group)), passage.text[start:end]
            )
        )
    return rows


def ends_in_grade(passage: Passage) -> bool:
    """Return whether a passage is a row whose last cell is a grade and nothing else."""
    if passage.kind != "row" or len(passage.cells) < 2:
        return False
    return GRADES.fullmatch(passage.text[slice(*passage.cells[-1])].strip()) is not None


def score_rows(passages: Iterable[Passage]) -> list[Passage]:
    """Return the rows that give a score out of a total ("Score | 4/21"), in the order given."""
    return [
        passage
        for passage in passages
        if passage.kind == "row"
        and len(passage.cells) >= 2
        and SCORE.search(passage.text)
        and TOTAL.fullmatch(passage.text[slice(*passage.cells[-1])].strip())
    ]


def rating_evidence(
    question: Question,
    rows: Sequence[RatedRow],
    scores: Sequence[Passage] = (),
    overall: Sequence[Evidence] = (),
) -> tuple[Evidence, ...]:
    """Return the rows that answer a question about ratings, none where it asks something else.

    ``overall`` is what the report says of the whole where no row of its table does ("Children's
    services in Torbay are inadequate"). A question that asks for a reason, for a score in a part
    of a standard, or how many of something other than standards, is none of these: its answer is
    in the text.
    """
    if not question.asks_rating or question.asks_reason or not rows:
        return ()
    if COUNTS.search(question.text) and not ALL_ROWS.search(question.text):
        return ()
    if HOW.search(question.text) or len(_unnamed(question, rows)) > MAX_UNNAMED:
        return ()
    if SCORE.search(question.text) and OUT_OF.search(question.text):
        return tuple(Evidence(p, 0, len(p.text), 1.0) for p in scores[:MAX_ROWS])
    if not ASKS_RATING.search(SCORE.sub("", question.text)) and len(_unnamed(question, rows)) > 1:
        return ()
    chosen = _named(question, rows)
    if question.across and GRADE.search(question.text):
        # "Which units were rated Good?": a unit that was not is no part of the answer.
        overall = [said for said in overall if _has_grade(said.text, question)]
    if not chosen and (OVERALL.search(question.text) or not _unnamed(question, rows)):
        return tuple(overall[:1])
    return tuple(Evidence(row.passage, 0, len(row.passage.text), 1.0) for row in chosen[:MAX_ROWS])


def changed_rows(
    question: Question, earlier: Sequence[RatedRow], later: Sequence[RatedRow]
) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """Return the rows whose grade differs between two inspections, of each the same parts.

    "Which standard got worse?" asks for those that fell, "which improved" for those that rose,
    "which ratings changed" for both. Nothing is returned for a question that asks something else.
    """
    if not WHICH_PARTS.search(question.text):
        return (), ()
    worse, better = WORSE.search(question.text), BETTER.search(question.text)
    if not (worse or better or question.compares):
        return (), ()
    before: list[Evidence] = []
    after: list[Evidence] = []
    known = {frozenset(_words(row.label)): row for row in earlier}
    for row in later:
        old = known.get(frozenset(_words(row.label)))
        if old is None or row.label & OVERALL_TERMS:
            continue
        step = _place(row.grade) - _place(old.grade)
        if step != 0 and (bool(worse) is bool(better) or (step < 0) is bool(worse)):
            before.append(Evidence(old.passage, 0, len(old.passage.text), 1.0))
            after.append(Evidence(row.passage, 0, len(row.passage.text), 1.0))
    return tuple(before), tuple(after)


def _place(grade: str) -> int:
    """Return how far up the scale a grade is."""
    plain = grade.strip(" .,;:*†‡").lower()
    return SCALE.index(plain) if plain in SCALE else -1


def stated(
    rows: Sequence[Evidence], said: Sequence[Evidence], labels: Iterable[frozenset[str]]
) -> tuple[Evidence, ...]:
    """Return the sentence that says in words what a single rated row says, none where none does.

    ``said`` are the sentences of the same report that have a grade, in reading order, ``labels``
    those of its rated rows. The sentence has the row's grade before any other and, up to there,
    names what the row rates; for the rating of the whole it names no part.
    """
    if len(rows) != 1 or not ends_in_grade(rows[0].passage):
        return ()
    (row,) = rated_rows([rows[0].passage])
    whole = bool(row.label & OVERALL_TERMS)
    parts = frozenset().union(*(_words(label) for label in labels)) - OVERALL_TERMS
    wanted = row.grade.strip(" .,;:*†‡").lower()
    for one in said:
        grades = list(GRADE.finditer(one.text))
        if not 0 < len({grade.group().lower() for grade in grades}) <= MAX_GRADES:
            continue  # more say how grades are made of points
        # "slipped from 'Good' to 'Requires improvement'" gives the grade that it was before.
        now = next((g for g in grades if TO.search(one.text[: g.start()])), grades[0])
        if now.group().lower() != wanted:
            continue
        before = set(terms(one.text[: now.start()]))
        if whole:
            fits = not before & parts and bool(RATED.search(one.text) and WHOLE.search(one.text))
        else:
            rated = now is not grades[0] or RATED.search(one.text)
            fits = _words(row.label) <= before and bool(rated)
        if fits:
            return (one,)
    return ()


def reasons_of(
    question: Question, rows: Sequence[RatedRow], evidence: Sequence[Evidence]
) -> tuple[Evidence, ...]:
    """Return the evidence for why something is rated as it is, that of its own section alone.

    The reasons for a rating stand under the heading of what is rated. Where the question names no
    rated row, or the section has next to nothing, all evidence is returned.
    """
    asked = set(terms(question.text))
    shares = {row.label: _share(row.label, asked) for row in rows}
    best = max(shares.values(), default=0.0)
    labels = [_words(label) for label, share in shares.items() if share >= max(0.67, best)]
    own = [
        e
        for e in evidence
        if e.passage.kind == "text"
        and e.passage.section
        and any(label <= frozenset(terms(e.passage.section[-1])) for label in labels)
    ]
    if not own or own[0].score < OWN_SECTION_SHARE * evidence[0].score:
        return tuple(evidence)
    return tuple(own)


def _named(question: Question, rows: Sequence[RatedRow]) -> list[RatedRow]:
    """Return the rows meant: those named, those of the group named, all, or that of the whole."""
    asked = set(terms(question.text))
    overall = [row for row in rows if row.label & OVERALL_TERMS]
    own = [row for row in rows if _share(row.label, asked) >= 0.5]
    best = max((_share(row.label, asked) for row in own), default=0.0)
    own = [row for row in own if _share(row.label, asked) >= min(best, 0.67)]
    grades = {grade.lower() for grade in GRADE.findall(question.text)}
    if question.across and grades:
        # "Which units were rated Good?" is answered by those that were.
        return [row for row in overall if row.grade.strip().lower() in grades]
    if OVERALL.search(question.text):
        return overall + [row for row in own if best == 1.0 and row not in overall]
    group = [row for row in rows if row.group and _share(row.group, asked) >= 0.5]
    if group and max(_count(row.group, asked) for row in group) > max(
        (_count(row.label, asked) for row in own), default=0
    ):
        return group
    if own:
        return own
    if ALL_ROWS.search(question.text):
        return _graded(question, rows)
    # "Which rating did the region get?" is not answered by the rating of one of its units.
    return [] if _unnamed(question, rows) else overall


def _graded(question: Question, rows: Sequence[RatedRow]) -> list[RatedRow]:
    """Return the rows with the grade that the question names, or without it; all where none.

    Where no row has the grade, all are returned: they show that none has.
    """
    grades = {grade.lower() for grade in GRADE.findall(question.text)}
    parts = [row for row in rows if not row.label & OVERALL_TERMS]
    wanted = not NEGATION.search(question.text)
    fitting = [row for row in parts if (row.grade.strip().lower() in grades) is wanted]
    return (fitting if grades else []) or list(rows)


def _has_grade(text: str, question: Question) -> bool:
    """Return whether a text has a grade that the question names."""
    asked = {grade.lower() for grade in GRADE.findall(question.text)}
    return bool(asked & {grade.lower() for grade in GRADE.findall(text)})


def _unnamed(question: Question, rows: Sequence[RatedRow]) -> set[str]:
    """Return the question's words that name no row, no grade, no year and not the report."""
    known = NAMES_NOTHING.union(
        *(row.label | row.group for row in rows),
        *(terms(f"{row.grade} {row.passage.report.replace('-', ' ')}") for row in rows),
    )
    return {t for t in terms(question.text) if t not in known and not t[0].isdigit()}


def _share(label: frozenset[str], asked: set[str]) -> float:
    """Return how much of a label the question names; its number ("P 1.2") names all of it."""
    numbers = {term for term in label if re.fullmatch(r"\d+(\.\d+)+", term)}
    if numbers & asked:
        return 1.0
    words = _words(label)
    return len(words & asked) / len(words) if words else 0.0


def _count(label: frozenset[str], asked: set[str]) -> int:
    return len(_words(label) & asked)


def _words(label: frozenset[str]) -> set[str]:
    """Return the words that tell a label from others, its number and "rating" left out."""
    return {t for t in label if t not in RATING_TERMS and not re.fullmatch(r"[\d.]+|[a-z]", t)}
