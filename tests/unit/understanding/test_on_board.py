"""Being on a ship, where no country's network counts."""

from __future__ import annotations

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.on_board import on_board, on_cruise


def test_on_a_ship() -> None:
    assert all(map(on_board, ("cruising from Sydney to Suva", "喺郵輪上面", "on the boat to Picton", "渡轮上")))
    assert not any(map(on_board, ("shipping to Australia", "上海")))
    assert on_cruise("游輪")
    assert not on_cruise("ferry to Picton")


def test_on_a_ship_at_sea_is_not_in_shanghai() -> None:
    finder = EntityFinder(load_catalogue())

    def named(text: str) -> set[object]:
        return {each.value for each in finder.named(text)}

    assert "CN" not in named("游轮上海中间有网吗")
    assert "CN" in named("游轮上海出发")
    assert "CN" in named("人在上海")
