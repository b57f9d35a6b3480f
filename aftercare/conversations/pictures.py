"""Decodes and re-encodes the pictures both sides send, which removes metadata such as place and camera."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 50_000_000  # of the picture as sent; a small file can unfold to gigabytes
LONGEST_SIDE = 2000  # pixels of the picture as kept: the text of a phone's screenshot stays readable


class NotAPicture(Exception):
    """The bytes are no picture of a kind we open."""


def reencode(raw: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the picture re-encoded: upright, at most `LONGEST_SIDE` pixels, without metadata.

    Raises:
        NotAPicture: not PNG, JPEG, WebP or GIF, damaged, or too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise NotAPicture("too many pixels")
                lossy = opened.format == "JPEG"
                picture: Image.Image = ImageOps.exif_transpose(opened)
                picture = picture.convert("RGB" if lossy or "A" not in picture.getbands() else "RGBA")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        buffer = io.BytesIO()
        if lossy:
            picture.save(buffer, "JPEG", quality=85, optimize=True)
            return "image/jpeg", buffer.getvalue()
        picture.save(buffer, "PNG")
        return "image/png", buffer.getvalue()
    except NotAPicture:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise NotAPicture(type(error).__name__) from None
