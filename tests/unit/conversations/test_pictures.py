"""What a picture is kept as, and what it may cost."""

from __future__ import annotations

import asyncio
import io
import os
import time
from typing import Any

import pytest
from PIL import Image

from aftercare.conversations import pictures
from aftercare.conversations.pictures import MOST_KEPT, NotAPicture, PictureDesk, reencode


def picture(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 90)[: len(mode)]).save(buffer, kind, **options)
    return buffer.getvalue()


def test_nothing_but_the_picture_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a phone maker"
    raw = picture("JPEG", exif=exif, comment=b"taken at home", icc_profile=b"a profile of colours" * 9)
    media_type, kept = reencode(raw)
    assert media_type == "image/jpeg"
    for part in (b"phone maker", b"at home", b"of colours"):
        assert part in raw
        assert part not in kept


def test_what_shines_through_still_does() -> None:
    media_type, kept = reencode(picture("PNG", mode="RGBA"))
    assert media_type == "image/webp"
    with Image.open(io.BytesIO(kept)) as shown:
        assert shown.mode == "RGBA"


def test_noise_is_kept_small() -> None:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (1600, 1200), os.urandom(5_760_000)).save(buffer, "WEBP", quality=5)
    assert len(reencode(buffer.getvalue())[1]) <= MOST_KEPT


@pytest.mark.parametrize("size", [(3600, 3600), (12_000, 12_000)])
def test_more_than_twelve_megapixels_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    began = time.process_time()
    raw = picture("PNG", size, mode="L") if size[0] > 4000 else picture("PNG", size)
    encoded = time.process_time() - began
    began = time.process_time()
    with pytest.raises(NotAPicture, match=r"pixels|Decompression"):
        reencode(raw)
    assert time.process_time() - began < max(0.05, encoded / 4)


async def test_processes_do_the_work_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, start = 0, 0, asyncio.create_subprocess_exec

    async def counted(*command: Any, **options: Any) -> Any:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        process = await start(*command, **options)
        communicate = process.communicate

        async def ended(raw: bytes) -> Any:
            nonlocal running
            try:
                return await communicate(raw)
            finally:
                running -= 1

        process.communicate = ended  # type: ignore[method-assign]
        return process

    monkeypatch.setattr(pictures.asyncio, "create_subprocess_exec", counted)
    desk = PictureDesk()
    done = await asyncio.gather(*(desk.reencode(picture("PNG")) for _ in range(4)))
    assert ({media_type for media_type, _ in done}, most) == ({"image/jpeg"}, 2)
    with pytest.raises(NotAPicture):
        await desk.reencode(b"no picture")
