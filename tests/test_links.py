"""The address of a citation leads back to its words, or says that they are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from indexer.embedding import Embedder
from indexer.errors import NoPages, UnknownReport
from indexer.snapshot import Snapshot, open_snapshot
from qa.answer import Asker
from qa.choice import AnswerSettings
from qa.citation import folded_page, quotes_of
from qa.links import MAX_CHARACTERS, Link, address_of, find, link_from, link_to

STAFF = "The lighthouse has four keepers and one vacancy."


@pytest.fixture
def lights(
    library: Path, index: Path, embedder: Embedder, build_once: Callable[..., object]
) -> Snapshot:
    build_once(library, index, embedder=embedder)
    return open_snapshot(index)


def test_a_link_finds_the_words_of_a_citation_at_their_place(
    lights: Snapshot, embedder: Embedder
) -> None:
    asker = Asker(lights, embedder, settings=AnswerSettings(threshold=0.0))
    answer = asker.ask("How many keepers has the lighthouse?", reports=["lights"])
    assert answer.citations
    for cited in answer.citations:
        link = link_from(parameters(address_of(link_to(cited.report, cited.page, cited.quote))))
        assert link is not None
        assert find(lights, link) == replace(cited, n=1)


def test_every_quote_of_the_index_is_found_again_by_its_address(lights: Snapshot) -> None:
    count = 0
    for report in lights.reports:
        folds = {page.number: folded_page(page) for page in lights.pages(report.id)}
        for row in lights.rows_of(report.id):
            passage = lights.passages[row]
            for unit in passage.units:
                for quote in quotes_of(passage, *unit, folds.__getitem__):
                    found = find(lights, link_to(report.id, quote.page, quote.text))
                    assert found is not None
                    assert (found.quote, found.rects) == (quote.text, quote.rects)
                    count += 1
    assert count >= 4


def test_words_that_are_not_on_the_page_are_not_found(lights: Snapshot) -> None:
    assert find(lights, Link("lights", 1, STAFF)) is not None
    assert find(lights, Link("lights", 2, STAFF)) is None  # on another page
    assert find(lights, Link("lights", 1, "The lighthouse has nine keepers")) is None
    assert find(lights, Link("lights", 1, "he lighthouse has four")) is None  # not a word
    assert find(lights, Link("lights", 1, "")) is None
    assert find(lights, Link("lights", 1, " …! ")) is None


def test_a_long_quote_is_known_by_its_front_and_its_end(lights: Snapshot) -> None:
    short = find(lights, Link("lights", 1, "The lighthouse", "one vacancy."))
    whole = find(lights, Link("lights", 1, STAFF))
    assert short == whole
    assert whole is not None
    assert whole.quote == STAFF
    assert find(lights, Link("lights", 1, "one vacancy.", "The lighthouse")) is None
    words = [f"w{number}" for number in range(40)]
    long = link_to("lights", 1, " ".join(words))
    assert (long.words.split(), long.to.split()) == (words[:16], words[-8:])


def test_a_report_or_a_page_that_is_not_there_is_named(lights: Snapshot) -> None:
    with pytest.raises(UnknownReport, match="gone"):
        find(lights, Link("gone", 1, STAFF))
    with pytest.raises(NoPages, match="no page 9"):
        find(lights, Link("lights", 9, STAFF))
    with pytest.raises(NoPages, match="no page 0"):
        find(lights, Link("lights", 0, STAFF))


@pytest.mark.parametrize("page", ["", "-1", "1.5", "x", "²", "٣", "9999999"])
def test_a_page_that_is_no_number_is_none(page: str) -> None:
    assert link_from({"cite": "a", "page": page}) == Link("a", 0, "")


def test_an_address_is_read_as_far_as_it_makes_sense() -> None:
    assert link_from({}) is None
    assert link_from({"page": "3", "words": "a"}) is None
    long = link_from({"cite": "a", "page": "3", "words": "x" * 5_000, "to": "y" * 5_000})
    assert long == Link("a", 3, "x" * MAX_CHARACTERS, "y" * MAX_CHARACTERS)


def test_an_address_keeps_every_sign() -> None:
    link = Link("a & b", 3, "50% of “it” = x + y; #1? / <b>", "end &to=1")
    assert link_from(parameters(address_of(link))) == link


def parameters(address: str) -> dict[str, str]:
    assert address.startswith("./?")
    return dict(parse_qsl(address.removeprefix("./?"), keep_blank_values=True))
