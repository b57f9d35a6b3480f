"""The activation code as text, picture and link."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from aftercare.documents.qr import activation_code, iphone_link, qr_png

CODE = "LPA:1$smdp.example.com$KIWI-1000"


def test_the_code_is_what_phones_read() -> None:
    assert activation_code("smdp.example.com", "KIWI-1000") == CODE


def test_the_picture_is_a_qr_code_with_its_margin() -> None:
    with Image.open(io.BytesIO(qr_png(CODE))) as opened:
        picture = opened.convert("L")
    assert picture.width == picture.height >= 145
    assert {picture.getpixel((x, 10)) for x in range(picture.width)} == {255}
    # the three finder patterns: dark corners of seven modules
    dark = [picture.getpixel(place) for place in ((22, 22), (picture.width - 23, 22), (22, picture.height - 23))]
    assert dark == [0, 0, 0]


def test_the_link_carries_the_whole_code() -> None:
    link = iphone_link("LPA:1$smdp.example.com$A&B C#1")
    assert link.startswith("https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA:1$smdp.example.com$")
    assert parse_qs(urlsplit(link).query)["carddata"] == ["LPA:1$smdp.example.com$A&B C#1"]
    assert urlsplit(link).fragment == ""
