"""The phone a traveller writes from is known by what its browser tells."""

from __future__ import annotations

import pytest

from aftercare.catalogue.browsers import family_of

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)
CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"
)
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Version/4.0 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
)
DESKTOP = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"


@pytest.mark.parametrize(
    ("user_agent", "model", "family"),
    [
        (IPHONE, "", "iphone"),
        (CHROME, "SM-S921B", "samsung"),
        (CHROME.replace("Chrome/150", "SamsungBrowser/28.0 Chrome/130"), "", "samsung"),
        (CHROME, "Pixel 9 Pro", "pixel"),
        (CHROME, "2201123G", "xiaomi"),
        (CHROME, "CPH2609", "oppo"),
        (CHROME, "V2324A", "oppo"),
        (CHROME, "NOH-AN00", "huawei"),
        (WECHAT, "", "xiaomi"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 ArkWeb/4.1 Mobile", "", "huawei"),
        (CHROME, "", None),
        (CHROME, "Nokia G42 5G", None),
        (DESKTOP, "", None),
        ("", "Pixel 9", None),
    ],
)
def test_the_family_of_a_browser(user_agent: str, model: str, family: str | None) -> None:
    assert family_of(user_agent, model) == family
