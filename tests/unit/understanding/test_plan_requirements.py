"""Data, hotspot and calls that a text asks for."""

import pytest

from aftercare.understanding.plan_requirements import ENDLESS, data_wanted, wants_calls, wants_hotspot


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        ("15GB", 15360),
        ("500 mb", 500),
        ("要20个G的", 20480),
        ("unlimited", ENDLESS),
        ("is it 5G?", 0),
        ("1 or 2 GB", 2048),
    ],
)
def test_data(text: str, mb: int) -> None:
    assert data_wanted(text) == mb


def test_hotspot_and_calls() -> None:
    assert wants_hotspot("tether my laptop")
    assert not wants_hotspot("for my phone")
    assert wants_calls("能打电话的")
    assert not wants_calls("data only")
