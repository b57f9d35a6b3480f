"""How well screenshots are read: 40 screens drawn by Chromium, as the desk keeps them, through the reader's process.

`python bench/screenshots.py [--keep FOLDER] [--table FILE]` draws into a temporary folder, or into FOLDER, whose
pictures are used again, and prints characters right, seconds and memory by look and by language. Characters right is
one less the edit distance between what stands on a screen and what was read, in reading order and without spaces, by
the length of what stands there.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from PIL import Image, ImageEnhance, ImageFilter
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aftercare.conversations.pictures import reencode
from aftercare.documents.fonts import FONT
from aftercare.screenshots.reader import ReaderLimits, ScreenshotReader
from bench.screenshot_pages import HEIGHT, LOOKS, WIDTH, page, screens
from tests.support.chromium import FLAGS

_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>"""
# on a machine that other programs keep busy nothing is given up
_LIMITS = ReaderLimits(picture_seconds=300, start_seconds=300)


class Measured(NamedTuple):
    """What became of one picture."""

    look: str
    language: str
    right: float
    """Of its characters, 0 to 1."""
    seconds: float
    processor: float
    """Seconds of the processor."""


def draw(folder: Path) -> None:
    """Draw every screen into the folder, as the file a phone would send."""
    folder.mkdir(parents=True, exist_ok=True)
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTS.format(folder=FONT.parent, cache=folder / "cache"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS, env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=3)
        for number, screen in enumerate(screens()):
            look = LOOKS[number % len(LOOKS)]
            tab.set_content(page(screen, look))
            tab.evaluate("document.fonts.ready")
            ending, content = _as_sent(tab.screenshot(), look, number)
            (folder / f"{number:02}.{ending}").write_bytes(content)
        browser.close()


def _as_sent(png: bytes, look: str, number: int) -> tuple[str, bytes]:
    if look in ("light", "dark"):
        return "png", png
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    buffer = io.BytesIO()
    if look == "turned":
        picture = picture.rotate(2 if number % 2 else -2, Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90))
        picture.save(buffer, "JPEG", quality=85)
    elif look == "photo":
        _photographed(picture).save(buffer, "JPEG", quality=75)
    else:
        picture.save(buffer, "JPEG", quality=60)
    return "jpg", buffer.getvalue()


def _photographed(screen: Image.Image) -> Image.Image:
    """The screen as another phone takes it: from a little aside, on a table, with noise and uneven light."""
    table = Image.new("RGB", (1536, 2048), (112, 96, 84))
    table.paste(screen.resize((800, 1731), Image.Resampling.LANCZOS), (360, 150))
    wide, high, aside = *table.size, 60
    corners = (-aside, -aside / 2, 0, high + aside, wide + aside, high, wide + aside / 3, 0)
    table = table.transform(table.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    table = table.filter(ImageFilter.GaussianBlur(0.9))
    table = Image.blend(table, Image.effect_noise(table.size, 26).convert("RGB"), 0.09)
    light = Image.linear_gradient("L").resize(table.size)
    return Image.composite(table, ImageEnhance.Brightness(table).enhance(0.7), light)


def distance(one: str, other: str) -> int:
    """How many characters have to be put in, taken out or replaced to make one text of the other."""
    before = list(range(len(other) + 1))
    for row, character in enumerate(one, start=1):
        now = [row]
        for column, compared in enumerate(other, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (character != compared)))
        before = now
    return before[-1]


async def measure(folder: Path, show: bool) -> tuple[list[Measured], float, int]:
    """Every picture of the folder; seconds of the first one, which starts the process, and its peak memory in MB."""
    reader = ScreenshotReader(_LIMITS)
    files = sorted(folder.glob("[0-9][0-9].*"))
    known = screens()
    began = time.perf_counter()
    await reader.read(reencode(files[0].read_bytes())[1])
    first = time.perf_counter() - began
    found = []
    for file in files:
        screen = known[int(file.stem)]
        _, kept = reencode(file.read_bytes())
        began, used = time.perf_counter(), reader.processor_seconds()
        read = "".join("".join(box.text for box in (await reader.read(kept)).boxes).split())
        seconds, processor = time.perf_counter() - began, reader.processor_seconds() - used
        right = max(0.0, 1 - distance(screen.truth, read) / len(screen.truth))
        found.append(Measured(LOOKS[int(file.stem) % len(LOOKS)], screen.language, right, seconds, processor))
        if show:
            print(f"{file.name} {right:.3f}, {processor:.2f} s of the processor", flush=True)
            if right < 1:
                print(f"  {screen.truth}\n  {read}", flush=True)
    memory = reader.peak_megabytes()
    await reader.close()
    return found, first, memory


def table(found: list[Measured], first: float, memory: int) -> str:
    """The figures as Markdown."""
    groups: dict[str, list[Measured]] = defaultdict(list)
    for each in found:
        for name in (each.look, each.language, "all"):
            groups[name].append(each)
    lines = [
        "| pictures | number | characters right | worst picture | seconds, median | most | of the processor | most |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in (*LOOKS, "en", "zh-Hans", "zh-Hant", "all"):
        _, _, right, seconds, processor = zip(*groups[name], strict=True)
        lines.append(
            f"| {name} | {len(right)} | {mean(right):.2%} | {min(right):.1%} "
            f"| {median(seconds):.2f} | {max(seconds):.2f} | {median(processor):.2f} | {max(processor):.2f} |"
        )
    start = f"The first picture, with the start of the process: {first:.1f} s. Memory: at most {memory} MB."
    return "\n".join([*lines, "", start])


def main() -> None:
    """Draw, read, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a folder for the pictures")
    parser.add_argument("--table", type=Path, help="a file for the table")
    parser.add_argument("--show", action="store_true", help="print each picture, with what was not read right")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        if not list(folder.glob("[0-9][0-9].*")):
            draw(folder)
        shown = table(*asyncio.run(measure(folder, asked.show)))
    print(shown)
    if asked.table:
        asked.table.write_text(shown + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
