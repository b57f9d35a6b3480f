"""The activation code of an eSIM: as the text phones read (GSMA SGP.22), as a picture, as a link for iPhones."""

from __future__ import annotations

import io
from urllib.parse import quote

import segno

# Opens the installation on iPhones with iOS 17.4 or later; documented by Apple for carriers.
_APPLE = "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata="


def activation_code(smdp_address: str, matching_id: str) -> str:
    """The code in one line: `LPA:1$smdp.example.com$MATCHING-ID`."""
    return f"LPA:1${smdp_address}${matching_id}"


def qr_png(code: str) -> bytes:
    """The code as a QR picture with the margin scanners need, as PNG bytes that are not written to disk."""
    buffer = io.BytesIO()
    segno.make(code, error="m", micro=False).save(buffer, kind="png", scale=5, border=4)
    return buffer.getvalue()


def iphone_link(code: str) -> str:
    """The link that starts the installation when it is opened on the iPhone itself."""
    return _APPLE + quote(code, safe=":$")
