"""What moved in another library is named, whether it is gone or takes something else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from aftercare.base.foreign import Foreign, ForeignNameMoved, moved, require


class Machine:
    def __init__(self) -> None:
        self._parts: list[str] = []

    def _turn(self, angle: float) -> None: ...

    @classmethod
    def _of(cls, parts: list[str]) -> None: ...

    @staticmethod
    def _count(parts: list[str]) -> None: ...


@pytest.fixture(autouse=True)
def library() -> Iterator[None]:
    module = ModuleType("library_of_a_test")
    module.Machine = Machine  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    yield
    del sys.modules[module.__name__]


PLACE = "library_of_a_test:Machine"


def test_what_is_there_is_fine() -> None:
    names = [
        Foreign(f"{PLACE}._turn", ("self", "angle")),
        Foreign(f"{PLACE}._of", ("cls", "parts")),
        Foreign(f"{PLACE}._count", ("parts",)),
        Foreign(f"{PLACE}._parts"),
    ]
    assert moved(names) == []
    require(names)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (Foreign("library_of_tomorrow:Machine._turn", ()), "library_of_tomorrow:Machine._turn is gone"),
        (Foreign("library_of_a_test:Robot._turn", ()), "library_of_a_test:Robot._turn is gone"),
        (Foreign(f"{PLACE}._rotate", ("self", "angle")), f"{PLACE}._rotate is gone"),
        (Foreign(f"{PLACE}._turn", ("self",)), f"{PLACE}._turn takes (self, angle) instead of (self)"),
        (Foreign(f"{PLACE}._pieces"), f"{PLACE}._pieces is not set any more"),
    ],
)
def test_what_moved_is_named(name: Foreign, fault: str) -> None:
    assert moved([name]) == [fault]
    with pytest.raises(ForeignNameMoved, match=name.place):
        require([name])
