"""Counts, percentages and dates in sentences, with the values worked out by hand."""

import pytest

from indexer.statements import iso_dates, number, statements


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("20,184", 20_184),
        ("15.2", 15.2),
        ("nine", 9),
        ("Forty-five", 45),
        ("eighty", 80),
        ("ninety nine", 99),
    ],
)
def test_numbers_in_figures_and_words(text: str, value: float) -> None:
    assert number(text) == value


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="'many' is no number"):
        number("many")


@pytest.mark.parametrize(
    ("sentence", "value", "count", "total", "subject"),
    [
        ("It was sufficient in just 22 out of 70 cases we inspected.", "22 out of 70", 22, 70,
         "cases we inspected"),
        ("Fifty of the 64 people had one.", "Fifty of the 64", 50, 64, "people"),
        ("Plans were sufficient in 30 of 60 relevant cases.", "30 of 60", 30, 60, "relevant cases"),
        ("Of the 27 respondents to our survey, 22 felt heard.", "22 of 27", 22, 27,
         "respondents to our survey"),
        ("Of those who asked, nine out of twelve confirmed it.", "nine out of twelve", 9, 12,
         "those who asked"),
        ("Most respondents to the survey (21 out of 29) agreed.", "21 out of 29", 21, 29,
         "Most respondents to the survey"),
    ],
)  # fmt: skip
def test_counts_and_of_whom(
    sentence: str, value: str, count: int, total: int, subject: str
) -> None:
    (said,) = statements(sentence)
    assert (said.value, said.number, said.total) == (value, count, total)
    assert said.subject == subject


@pytest.mark.parametrize(
    ("sentence", "value", "share", "subject"),
    [
        ("Oversight was absent in 80 per cent of the cases we inspected.", "80 per cent", 80,
         "cases we inspected"),
        ("The vacancy rate for Probation Officers (POs) was 40 per cent.", "40 per cent", 40,
         "vacancy rate for Probation Officers"),
        ("Of those who answered, 71 per cent were content.", "71 per cent", 71,
         "those who answered"),
        ("Fewer than half (46 per cent) of respondents agreed.", "46 per cent", 46, "respondents"),
        ("Seventy-five per cent of reports were late.", "Seventy-five per cent", 75, "reports"),
        ("This is 25.5% of the total population in the area.", "25.5%", 25.5, "total population"),
    ],
)  # fmt: skip
def test_percentages_and_of_whom(sentence: str, value: str, share: float, subject: str) -> None:
    (said,) = statements(sentence)
    assert (said.value, said.number, said.total, said.subject) == (value, share, None, subject)


def test_a_percentage_that_goes_on_has_the_same_subject() -> None:
    said = list(statements("Of respondents, 83 per cent were men and 14 per cent were women."))
    assert [(s.number, s.subject) for s in said] == [(83, "respondents"), (14, "respondents")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Northamptonshire is one of eight units in the region.",
        "It was signed on the last of 12 March 2024.",
        "The difference was 18 percentage points.",
        "Section 20 of the Children Act applies.",
        "There were 70 out of 22 cases.",
        "Version 1.12 of 14 was used.",
    ],
)
def test_what_counts_nothing(sentence: str) -> None:
    assert list(statements(sentence)) == []


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("11 March 2024", "2024-03-11"),
        ("July 2024", "2024-07"),
        ("3 to 7 November 2025", "2025-11-03/2025-11-07"),
        ("8–9 November 2016", "2016-11-08/2016-11-09"),
        ("12 September 2016 to 6 October 2016", "2016-09-12/2016-10-06"),
        ("20 June – 13 July 2017", "2017-06-20/2017-07-13"),
        ("28 December 2023 to 5 January 2024", "2023-12-28/2024-01-05"),
    ],
)
def test_dates_in_iso_form(text: str, iso: str) -> None:
    assert iso_dates(f"Inspection dates: {text}") == iso


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no date"):
        iso_dates("last summer")
