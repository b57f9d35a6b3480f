"""Whether the disturbance is asked about, or whether there is coverage here."""

from __future__ import annotations

import pytest

from aftercare.understanding.disturbances import asks_of_coverage_here, blames_disturbance


@pytest.mark.parametrize(
    "text",
    [
        "could that be because of the outage",
        "is it down there?",
        "会不会是那个停电造成的",
        "係咪基站壞咗，是不是故障",
        "is it slow because of the power fault or not",
    ],
)
def test_the_disturbance_is_asked_about(text: str) -> None:
    assert blames_disturbance(text)


@pytest.mark.parametrize("text", ["which network is better", "can I charge it from a power bank", "是不是要开漫游"])
def test_something_else_is_asked(text: str) -> None:
    assert not blames_disturbance(text)
    assert not asks_of_coverage_here(text)


def test_coverage_here() -> None:
    assert asks_of_coverage_here("do you even have coverage out here")
    assert asks_of_coverage_here("这边到底有没有信号")
