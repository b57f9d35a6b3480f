"""Boxes of text become lines in reading order."""

from __future__ import annotations

from aftercare.screenshots.lines import TextBox, in_reading_order, rows


def box(text: str, top: float, left: float, right: float, height: float = 0.02) -> TextBox:
    return TextBox(text, top, left, top + height, right)


def texts(*found: TextBox) -> list[list[str]]:
    return [[each.text for each in row] for row in rows(found)]


def test_a_label_and_its_value_share_a_row_though_the_picture_is_turned() -> None:
    turned = [box("Off", 0.312, 0.8, 0.9), box("Roaming", 0.3, 0.1, 0.4), box("On", 0.362, 0.8, 0.9)]
    assert texts(*turned, box("VPN", 0.35, 0.1, 0.3)) == [["Roaming", "Off"], ["VPN", "On"]]


def test_lines_below_each_other_stay_apart_though_their_boxes_touch() -> None:
    title = [box("Plans from this carrier", 0.3, 0.2, 0.8, 0.03), box("cannot be added", 0.322, 0.3, 0.7, 0.03)]
    assert texts(*title) == [["Plans from this carrier"], ["cannot be added"]]


def test_reading_order_is_from_top_to_bottom_and_left_to_right() -> None:
    found = in_reading_order([box("c", 0.5, 0.1, 0.2), box("b", 0.1, 0.6, 0.7), box("a", 0.1, 0.1, 0.2)])
    assert [each.text for each in found] == ["a", "b", "c"]


def test_the_status_bar_is_what_lies_at_the_very_top() -> None:
    assert box("SOS", 0.02, 0.8, 0.9).in_status_bar
    assert not box("Emergency SOS", 0.2, 0.1, 0.5).in_status_bar
