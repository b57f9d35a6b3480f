"""What is told of a carrier lock: a SIM tried, the line that is missing, an unlock that has not arrived."""

from __future__ import annotations

import pytest

from aftercare.understanding.carrier_lock import misses_lock_line, refuses_other_sim, says_unlocked, unlocked_in_vain


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("tried my sister's other sim: invalid sim", True),
        ("I put my wife's SIM in and it wants an unlock code", True),
        ("插了朋友的卡，显示不支持的SIM卡，不支持", True),
        ("朋友張卡插入去話SIM無效", True),
        ("my eSIM says not supported", False),
        ("her Spark SIM works in it", False),
    ],
)
def test_another_carriers_sim_is_refused(text: str, refused: bool) -> None:
    assert refuses_other_sim(text) is refused


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("I can't find any carrier lock entry in the settings", True),
        ("设置里找不到运营商锁", True),
        ("there's no carrier lock on my phone", False),
        ("Carrier Lock says no SIM restrictions", False),
    ],
)
def test_the_line_of_the_settings_is_missing(text: str, missing: bool) -> None:
    assert misses_lock_line(text) is missing


@pytest.mark.parametrize(
    ("text", "unlocked", "in_vain"),
    [
        ("T-Mobile unlocked it on Monday but it still shows locked", True, True),
        ("运营商已经解锁了，手机还是说有锁", True, True),
        ("it was unlocked last week", True, False),
        ("it isn't unlocked yet, still locked", False, False),
    ],
)
def test_an_unlock_that_has_not_arrived(text: str, unlocked: bool, in_vain: bool) -> None:
    assert says_unlocked(text) is unlocked
    assert unlocked_in_vain(text) is in_vain
