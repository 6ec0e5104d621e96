"""The order in which the parts of a page are read, on pages of a few dozen pieces."""

from __future__ import annotations

from indexer.columns import Piece, regions
from indexer.records import Rect

LINE = 14.0


def line(name: str, x: float, row: float, width: float, *, strong: bool = False) -> Piece[str]:
    """Return a line of text on a row counted from the top, with a word for every 30 points."""
    y = 800 - LINE * row
    words = max(1, round(width / 30))
    return Piece((x, y, x + width, y + 12), name, words, 5 * words, 10, strong)


def column(name: str, x: float, rows: range, width: float = 200) -> list[Piece[str]]:
    """Return a column of full lines named ``name0``, ``name1`` and so on."""
    return [line(f"{name}{n}", x, row, width) for n, row in enumerate(rows)]


def order(pieces: list[Piece[str]]) -> list[list[str]]:
    """Return the names of the pieces region by region."""
    return [[piece.item for piece in region] for region in regions(pieces)]


def test_a_page_of_one_column_is_one_region_from_the_top() -> None:
    pieces = column("a", 50, range(12), 450)
    assert order(pieces[::-1]) == [[f"a{n}" for n in range(12)]]


def test_no_pieces_are_no_regions() -> None:
    assert regions([]) == []
    assert order(column("a", 50, range(2))) == [["a0", "a1"]]


def test_two_columns_are_read_one_after_the_other() -> None:
    pieces = column("left", 50, range(8)) + column("right", 300, range(8))
    assert order(pieces) == [[f"left{n}" for n in range(8)], [f"right{n}" for n in range(8)]]


def test_columns_whose_lines_do_not_share_baselines_are_parted_too() -> None:
    right = [line(f"right{n}", 300, n + 0.5, 200) for n in range(8)]
    found = order(column("left", 50, range(8)) + right)
    assert found == [[f"left{n}" for n in range(8)], [f"right{n}" for n in range(8)]]


def test_three_columns_are_read_from_left_to_right() -> None:
    pieces = [p for x in (300, 50, 175) for p in column(f"x{x}-", x, range(6), 110)]
    assert [region[0] for region in order(pieces)] == ["x50-0", "x175-0", "x300-0"]


def test_what_stands_over_and_under_the_columns_is_read_before_and_behind_them() -> None:
    pieces = [
        line("title", 50, 0, 450, strong=True),
        *column("left", 50, range(2, 8)),
        *column("right", 300, range(2, 8)),
        *column("end", 50, range(9, 12), 450),
    ]
    found = order(pieces)
    assert [region[0] for region in found] == ["title", "left0", "right0", "end0"]


def test_a_short_heading_under_both_columns_begins_what_follows() -> None:
    pieces = [
        *column("left", 50, range(6)),
        *column("right", 300, range(6)),
        line("heading", 50, 7, 90, strong=True),
        *column("end", 50, range(8, 12), 450),
    ]
    found = order(pieces)
    assert [region[0] for region in found] == ["left0", "right0", "heading"]
    assert found[-1] == ["heading", "end0", "end1", "end2", "end3"]


def test_a_short_heading_between_two_pairs_of_columns_parts_them() -> None:
    pieces = [
        *column("a", 50, range(6)),
        *column("b", 300, range(6)),
        line("heading", 50, 7, 90, strong=True),
        *column("c", 50, range(8, 14)),
        *column("d", 300, range(8, 14)),
    ]
    firsts = [region[0] for region in order(pieces)]
    assert firsts == ["a0", "b0", "heading", "d0"]


def test_a_column_that_is_longer_than_its_neighbour_is_read_to_its_end() -> None:
    pieces = column("left", 50, range(10)) + column("right", 300, range(4))
    assert [len(region) for region in order(pieces)] == [10, 4]


def test_figures_beside_their_labels_are_a_table_and_not_columns() -> None:
    figures = [line(f"{n}%", 420, n, 20) for n in range(8)]
    assert len(regions(column("label", 50, range(8), 300) + figures)) == 1


def test_numbers_in_front_of_paragraphs_are_no_column() -> None:
    numbers = [line(f"4.{n}", 50, n, 18) for n in range(0, 8, 2)]
    assert len(regions(column("text", 90, range(8), 400) + numbers)) == 1


def test_long_cells_whose_rows_begin_together_are_a_table() -> None:
    rows = [(0, 3), (4.5, 7.5), (9, 12), (13.5, 16.5)]
    pieces = [
        line(f"{x} {top} {n}", x, top + n, 200)
        for x in (50, 300)
        for top, _ in rows
        for n in range(3)
    ]
    assert len(regions(pieces)) == 1


def test_text_beside_a_chart_is_read_without_the_words_of_the_chart() -> None:
    heights = (0.4, 1.6, 2.7, 4.4, 5.5, 6.6)
    labels = [line(f"label{n}", 330 + 10 * n, y, 40) for n, y in enumerate(heights)]
    found = order(column("text", 50, range(8), 230) + labels)
    assert found[0] == [f"text{n}" for n in range(8)]
    assert sorted(found[1]) == [f"label{n}" for n in range(6)]


def test_a_table_across_the_page_parts_the_columns_above_it_from_those_below() -> None:
    table: Rect = (50, 800 - 9 * LINE, 500, 800 - 6.5 * LINE)
    pieces = [
        *column("a", 50, range(6)),
        *column("b", 300, range(6)),
        Piece(table, "table"),
        *column("c", 50, range(10, 16)),
        *column("d", 300, range(10, 16)),
    ]
    assert [region[0] for region in order(pieces)] == ["a0", "b0", "table", "c0", "d0"]


def test_every_piece_is_in_just_one_region() -> None:
    pieces = [
        line(f"{x} {row}", x + 3 * (row % 4), row, 30 + 37 * (row % 5), strong=row % 7 == 0)
        for x in (50, 180, 310, 430)
        for row in range(30)
    ]
    names = [name for region in order(pieces) for name in region]
    assert sorted(names) == sorted(piece.item for piece in pieces)
