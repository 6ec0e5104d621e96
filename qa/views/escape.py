"""Text of PDFs and users made harmless: shown as it is, whatever it looks like."""

from __future__ import annotations

import html as _html
import re
import unicodedata

WORD_JOINER = "\u2060"
"""Invisible and without width; stands where two characters must not be read as one sign."""

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
SIGNS = re.compile(r"([:<>=~@-]|(?<=\bwww)\.)")
BIDI = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def clean(text: str) -> str:
    r"""Return text without control characters and marks that turn the direction of what follows.

    >>> clean("a\x00b\u202ec")
    'abc'
    """
    kept = text.translate(BIDI)
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def html(text: str) -> str:
    """Return text that HTML, also within a quoted attribute, shows as it is.

    >>> html('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return _html.escape(clean(text), quote=True)


def markdown(text: str) -> str:
    r"""Return text in one line that Streamlit's Markdown shows as it is.

    A backslash before every sign keeps it from being Markdown. Streamlit also turns ``:name:``
    into emoji, ``->`` into an arrow and ``www.`` into a link after the backslashes are gone: an
    invisible joiner behind each such sign keeps them apart.

    >>> markdown("**b**").replace(WORD_JOINER, "|"), markdown(":red[x]").replace(WORD_JOINER, "|")
    ('\\*\\*b\\*\\*', '\\:|red\\[x\\]')
    """
    line = " ".join(clean(text).split())
    joined = SIGNS.sub(rf"\1{WORD_JOINER}", line)
    return PUNCTUATION.sub(r"\\\1", joined)
