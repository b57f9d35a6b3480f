"""The lines of a screen in reading order, made of the boxes that text was found in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

STATUS_BAR = 0.07
"""The part of an upright screen, from the top, that holds the status bar."""
_LEAST_OVERLAP = 0.35


class TextBox(NamedTuple):
    """Text found in a picture: the box's edges as parts of the picture's height and width, 0 to 1."""

    text: str
    top: float
    left: float
    bottom: float
    right: float

    @property
    def in_status_bar(self) -> bool:
        """Whether it stands where an upright screen has its status bar."""
        return self.bottom <= STATUS_BAR


def rows(boxes: Iterable[TextBox]) -> list[list[TextBox]]:
    """The boxes by rows from top to bottom, each from left to right.

    Boxes beside each other share a row when they overlap by a third of the height of the lower one: a label and its
    value, or a title that was found in two parts. A slight turn of the picture does not change that.
    """
    found: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda each: (each.top + each.bottom, each.left)):
        if found and _beside(found[-1], box):
            found[-1].append(box)
        else:
            found.append([box])
    return [sorted(row, key=lambda each: each.left) for row in found]


def in_reading_order(boxes: Iterable[TextBox]) -> list[TextBox]:
    """All boxes, row by row."""
    return [box for row in rows(boxes) for box in row]


def _beside(row: Sequence[TextBox], box: TextBox) -> bool:
    """Whether the box stands in this row, judged by the row's box that is nearest to it."""
    nearest = min(row, key=lambda each: abs(each.left - box.left))
    overlap = min(nearest.bottom, box.bottom) - max(nearest.top, box.top)
    height = min(nearest.bottom - nearest.top, box.bottom - box.top)
    apart = nearest.right <= box.left or box.right <= nearest.left
    return apart and overlap >= _LEAST_OVERLAP * height
