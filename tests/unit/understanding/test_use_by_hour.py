"""What is done on the phone each day, by the hour."""

from __future__ import annotations

import pytest

from aftercare.understanding.use_by_hour import uses_each_day


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("the kids stream cartoons for three hours a day", {"video": 3}),
        ("facetime home half an hour every night for 3 weeks", {"video_call": 0.5}),
        ("spotify 90 minutes a day and an hour of maps", {"music": 1.5, "maps": 1}),
        ("two films a day", {"video": 4}),
        ("每天刷剧一个半小时", {"video": 1.5}),
        ("每晚视频通话20分钟", {"video_call": 1 / 3}),
        ("每天導航3小時，聽歌兩小時", {"maps": 3, "music": 2}),
        ("support is open eight hours a day", {}),
        ("a video of two hours", {}),
    ],
)
def test_hours_of_a_day(text: str, uses: dict[str, float]) -> None:
    assert dict(uses_each_day(text)) == pytest.approx(uses)
