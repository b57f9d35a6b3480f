"""Decodes and re-encodes the pictures both sides send, in processes that cannot take more than their share.

`python -m aftercare.conversations.pictures` is such a process: a picture on standard input, the result on standard
output. A file of some kilobytes can unfold to gigabytes, and decoders have had their faults: what happens there ends
with the process, and its memory goes back to the machine.
"""

from __future__ import annotations

import asyncio
import io
import resource
import sys
import warnings

from PIL import Image, ImageOps

from aftercare.base.settings import ROOT, environment_of

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 12 * 2**20  # of the picture as sent: what phones photograph by default
LONGEST_SIDE = 2000  # pixels of the picture as kept: the text of a phone's screenshot stays readable
QUALITIES = (88, 75, 60, 40)  # the first that stays below MOST_KEPT
MOST_KEPT = 1_500_000  # bytes
AT_ONCE = 2
WITHIN = 40.0  # seconds for one picture on a busy machine, waiting for its turn aside
PROCESSOR = 20  # seconds of a processor
MEMORY = 700 * 2**20  # bytes of address space of a process: several copies of MOST_PIXELS, and the libraries

_NO_PICTURE = 3


class NotAPicture(Exception):
    """The bytes are no picture of a kind we open."""


class PictureDesk:
    """Re-encodes pictures, `AT_ONCE` at a time; the others wait."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)

    async def reencode(self, raw: bytes) -> tuple[str, bytes]:
        """As `reencode`, in a process of its own.

        Raises:
            NotAPicture: also when it takes too much memory or time.
        """
        async with self._places:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", __name__),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=ROOT,
                env=environment_of("PATH", "PYTHONPATH", "LANG"),  # no setting and no secret
            )
            try:
                async with asyncio.timeout(WITHIN):
                    out, _ = await process.communicate(raw)
            except TimeoutError:
                raise NotAPicture("too slow") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0:
            raise NotAPicture(f"ended with {process.returncode}")
        media_type, _, content = out.partition(b"\n")
        return media_type.decode(), content


def reencode(raw: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the picture re-encoded: upright, at most `LONGEST_SIDE` pixels, without metadata.

    JPEG, or WebP where it lets something shine through. Place, camera, comments and colour profiles are dropped.

    Raises:
        NotAPicture: not PNG, JPEG, WebP or GIF, damaged, or too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise NotAPicture("too many pixels")
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is decoded smaller at once
                opened.load()
                transparent = opened.has_transparency_data
                small = opened.convert("RGBA" if transparent else "RGB")
                orientation = opened.getexif()
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        small.info = {}
        small.getexif().update({0x0112: orientation.get(0x0112, 1)})
        upright = ImageOps.exif_transpose(small)
        return _encode(upright, "WEBP" if transparent else "JPEG")
    except NotAPicture:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise NotAPicture(type(error).__name__) from None


def _encode(picture: Image.Image, kind: str) -> tuple[str, bytes]:
    picture.info = {}
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, kind, quality=quality, optimize=True, exif=b"", icc_profile=None)
        if buffer.tell() <= MOST_KEPT:
            break
    return f"image/{kind.lower()}", buffer.getvalue()


def main() -> int:
    """One picture from standard input to standard output; 3 when it is none."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    try:
        media_type, content = reencode(sys.stdin.buffer.read())
    except (NotAPicture, MemoryError):
        return _NO_PICTURE
    sys.stdout.buffer.write(media_type.encode() + b"\n" + content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
