"""Risk against coverage and calibration, with values worked out by hand."""

from __future__ import annotations

import random
from xml.etree import ElementTree

import pytest

from qa.curves import (
    area_under,
    calibration,
    calibration_error,
    risk_coverage,
    wilson,
)
from qa.evaluate_svg import as_picture, calibration_plot, risk_plot


def test_risk_is_the_share_wrong_among_the_most_confident() -> None:
    points = risk_coverage([0.9, 0.2, 0.6, 0.4], [True, False, False, True])
    assert [(p.threshold, p.coverage, p.risk) for p in points] == [
        (0.9, 0.25, 0.0),
        (0.6, 0.5, 0.5),
        (0.4, 0.75, pytest.approx(1 / 3)),
        (0.2, 1.0, 0.5),
    ]
    assert area_under(points) == pytest.approx((0 + 0.5 + 1 / 3 + 0.5) / 4)


def test_equal_confidences_are_answered_together() -> None:
    points = risk_coverage([0.5, 0.5, 0.1], [True, False, True])
    assert [(p.coverage, p.risk) for p in points] == [
        (pytest.approx(2 / 3), 0.5),
        (1.0, pytest.approx(1 / 3)),
    ]
    assert area_under(points) == pytest.approx(0.5 * 2 / 3 + 1 / 9)


def test_no_question_gives_no_point() -> None:
    assert risk_coverage([], []) == ()
    assert area_under(()) == 0.0
    assert calibration([], []) == ()
    assert calibration_error(()) == 0.0


def test_calibration_bins_hold_equally_many_from_the_least_confident() -> None:
    bins = calibration([0.1, 0.3, 0.8, 1.0], [False, True, True, True], bins=2)
    assert [(b.confidence, b.right, b.n) for b in bins] == [
        (pytest.approx(0.2), 0.5, 2),
        (pytest.approx(0.9), 1.0, 2),
    ]
    assert calibration_error(bins) == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)


def test_a_bin_is_not_cut_between_equal_confidences() -> None:
    bins = calibration([0.4, 0.4, 0.4, 0.9], [True, False, False, True], bins=4)
    assert [(b.confidence, b.n) for b in bins] == [(pytest.approx(0.4), 3), (0.9, 1)]


def test_every_question_is_in_exactly_one_bin() -> None:
    draw = random.Random(4)
    for count in (1, 7, 8, 9, 100):
        confidences = [draw.choice([0.1, 0.5, draw.random()]) for _ in range(count)]
        right = [draw.random() < 0.5 for _ in range(count)]
        bins = calibration(confidences, right)
        assert sum(b.n for b in bins) == count
        assert sum(round(b.right * b.n) for b in bins) == sum(right)
        assert [b.confidence for b in bins] == sorted(b.confidence for b in bins)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), z = 1.96
    [(0.5, 10, 0.2366, 0.7634), (1.0, 10, 0.7225, 1.0), (0.0, 4, 0.0, 0.4899)],
)
def test_wilson_interval(share: float, n: int, low: float, high: float) -> None:
    assert wilson(share, n) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_the_risk_plot_marks_what_is_answered_and_says_it() -> None:
    points = risk_coverage([0.9, 0.6, 0.4, 0.2], [True, False, True, False])
    svg = ElementTree.fromstring(risk_plot(points, 0.4))
    said = svg.findtext("desc")
    assert said is not None
    assert "75% of the questions" in said
    assert "33% of the answers" in said
    line = svg.find("polyline")
    assert line is not None
    assert len(line.attrib["points"].split()) == len(points)
    (mark,) = svg.findall("circle")
    # 75 % of the way from 52 to 404; a risk of 1/3 on an axis that ends at 60 %.
    assert float(mark.attrib["cx"]) == pytest.approx(52 + 0.75 * 352, abs=0.1)
    assert float(mark.attrib["cy"]) == pytest.approx(254 - (1 / 3) / 0.6 * 240, abs=0.1)


def test_plots_stand_without_a_question() -> None:
    assert "No question was answered." in risk_plot((), 0.3)
    assert ElementTree.fromstring(calibration_plot(())).findtext("desc") == "No question."


def test_the_calibration_plot_has_a_mark_and_an_interval_a_bin() -> None:
    bins = calibration([0.1, 0.3, 0.8, 1.0], [False, True, True, True], bins=2)
    svg = ElementTree.fromstring(calibration_plot(bins))
    assert len(svg.findall("circle")) == 2
    assert len([e for e in svg.findall("line") if e.attrib["class"] == "whisker"]) == 2


def test_a_plot_is_a_picture_of_its_own_with_colours_for_light_and_dark() -> None:
    svg = ElementTree.fromstring(as_picture(risk_plot((), 0.3)).decode())
    name = "{http://www.w3.org/2000/svg}"
    assert svg.tag == f"{name}svg"
    style = svg.findtext(f"{name}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in style
    assert svg.findtext(f"{name}desc") == "No question was answered."
