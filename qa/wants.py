"""What kind of thing a question asks for, and whether a text has any of that kind.

A sentence can have every word of a question and not what is asked: "the head of service took up
post in May" to "what is the name of the head of service?". Whether a text has a name, a date or a
sum at all is cheap to see and says much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER_WORDS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundred|thousand|million|dozen|none|once|twice|half|no"
)
MONTH = (
    r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
    r"|oct(ober)?|nov(ember)?|dec(ember)?|spring|summer|autumn|winter"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: how it is asked for and how it looks."""

    name: str
    asked: re.Pattern[str]
    looks: re.Pattern[str]


KINDS = (
    Kind(
        "name",
        re.compile(r"\b(names?|named|called|who(se|m)?|which (\w+ )?(university|charity|company"
                   r"|firm|organi[sz]ation|agency|provider|school|hospital|college|body|council)"
                   r"|what (\w+ )?(university|charity|company|firm|organi[sz]ation|provider))\b",
                   re.I),
        # Words with a capital inside a sentence; short forms in capitals are posts as often.
        re.compile(r"(?<=[a-z,;:(–] )[A-Z][a-z]+|[A-Z][a-z]+ (?:of |and |the )*[A-Z][a-z]+"),
    ),
    Kind(
        "person",
        re.compile(r"\b(name of|names of|what is the .{0,40}\bname|who)\b|'s name\b", re.I),
        re.compile(r"\b[A-Z][a-z]+(?: [A-Z]\.)? (?:Mc|Mac|O['’])?[A-Z][a-z]+(?:-[A-Z][a-z]+)?\b"),
    ),
    Kind(
        "date",
        re.compile(r"\b(when|what (date|year|month|day)|which (year|month)|(start|end|due) date"
                   r"|date of|deadline|how recently|since when|dated?)\b", re.I),
        re.compile(rf"\b(?:19|20)\d\d\b|\b(?:{MONTH})\b(?! be)|\b(?:last|next|this|previous) "
                   r"(?:year|month|week|winter|summer)\b|\b(?:weeks?|months?|years?|days?) "
                   r"(?:ago|before|after|later|earlier)\b", re.I),
    ),
    Kind(
        "money",
        re.compile(r"\b(costs?|budgets?|spend(s|ing)?|spent|salar(y|ies)|funding|price|money"
                   r"|paid|pay|how much (is|was|does|did) .{0,30}(cost|paid|worth))\b|£", re.I),
        re.compile(r"£|\bpounds?\b|\b(?:million|billion|budget of)\b", re.I),
    ),
    Kind(
        "share",
        re.compile(r"\b(per ?cent(age)?|proportion|what share|rate|how common)\b|%", re.I),
        re.compile(rf"%|\bper ?cent\b|\b(?:\d+|{NUMBER_WORDS}) (?:out )?(?:of|in) "
                   rf"(?:the |all |every )?(?:\d+|{NUMBER_WORDS})\b"
                   r"|\b(?:half|thirds?|quarters?|majority|most|minority|all)\b", re.I),
    ),
    Kind(
        "count",
        re.compile(r"\b(how many|number of|no\.? of|count|how (long|old|often)|average|total"
                   r"|size|caseloads?|score)\b", re.I),
        re.compile(rf"\d|\b(?:{NUMBER_WORDS})\b", re.I),
    ),
    Kind(
        "contact",
        re.compile(r"\b(phone|telephone|e-?mail|address|postcode|website|web ?site|url|contact"
                   r"( details)?)\b", re.I),
        re.compile(r"@|\bwww\.|https?:|\b0\d{3,4}[ -]?\d{3}|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),
    ),
    Kind(
        "reason",
        re.compile(r"\b(why|how come|reasons?|what (led|caused|explains?|drove|made|stopped"
                   r"|prevented))\b", re.I),
        re.compile(r"\b(because|due to|owing|since|as a result|result(s|ed|ing)? (in|from|of)"
                   r"|caus(e|es|ed|ing)|mean(s|t)|so that|led to|leading to|reflect\w*|attribut\w+"
                   r"|contribut\w+|driven by|linked to|consequen\w+|therefore|in order to|as"
                   r"|impact\w*|affect\w*|stemm?(ed|ing)?|compounded|exacerbated)\b", re.I),
    ),
)  # fmt: skip

NAMES = tuple(kind.name for kind in KINDS)


def wanted(question: str) -> frozenset[str]:
    """Return the names of the kinds that a question asks for.

    >>> sorted(wanted("when did it open and what did it cost?"))
    ['date', 'money']
    """
    return frozenset(kind.name for kind in KINDS if kind.asked.search(question))


def given(text: str) -> frozenset[str]:
    """Return the names of the kinds of which a text has anything.

    >>> sorted(given("It opened in May 2021 with 40 places."))
    ['count', 'date', 'name']
    """
    return frozenset(kind.name for kind in KINDS if kind.looks.search(text))
