"""The place that a title names."""

from __future__ import annotations

import doctest

import pytest

from qa import places
from qa.places import place_of, same_place


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("An inspection of probation services in: Northamptonshire PDU", "Northamptonshire"),
        ("Digest of the inspection of probation: Northamptonshire PDU", "Northamptonshire"),
        ("An inspection of probation services in Fenmarsh PDU, May 2025 (Invented)", "Fenmarsh"),
        ("Inspection of Torbay local authority children’s services", "Torbay"),
        ("Torbay Council Re-inspection of services for children in need of help", "Torbay"),
        ("London Borough of Hackney Inspection of services for children", "Hackney"),
        ("Cornwall Draft Report", "Cornwall"),
        ("Area SEND inspection of Bury Local Area Partnership", "Bury"),
        ("Kingston upon Hull City Council re-inspection", "Kingston upon Hull"),
        ("Inspection of Bath and North East Somerset", "Bath and North East Somerset"),
        ("Isle of Wight Youth Justice Service", "Isle of Wight"),
        ("Probation services in St Helens and Knowsley PDU", "St Helens and Knowsley"),
        ("Inspection of probation services in London", "London"),
        ("King's Lynn Academy", "King’s Lynn"),
        ("Probation in Camden, Islington and Barnet PDU", "Camden, Islington and Barnet"),
        ("Leeds, May 2024", "Leeds"),
        ("Report on the data of the services", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_place_is_what_no_service_body_or_report_is_called(title: str, place: str) -> None:
    assert place_of(title, "some-id") == place


@pytest.mark.parametrize(
    ("report", "place"),
    [
        ("leeds-2023", "Leeds"),
        ("north_lincolnshire-yos", "North Lincolnshire"),
        ("inspection-report-2024", ""),
    ],
)
def test_a_report_without_a_title_is_placed_by_its_id(report: str, place: str) -> None:
    assert place_of(report, report) == place


def test_no_place_is_the_same_as_no_other() -> None:
    assert same_place("Isle of Wight", "ISLE OF WIGHT")
    assert not same_place("Leeds", "York")
    assert not same_place("", "")


def test_the_examples_hold() -> None:
    done = doctest.testmod(places)
    assert done.failed == 0
    assert done.attempted > 2
