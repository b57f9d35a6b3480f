"""The reader's process: real pictures, its limits, and what it does when it is killed, hangs or gets nonsense."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from pathlib import Path

import pytest
import segno

from aftercare.screenshots.reader import NotRead, ReaderLimits, ScreenshotReader
from tests.support.screens import screen_png, stand_in

PATIENT = ReaderLimits(start_seconds=200, picture_seconds=200, wait_seconds=200)
READY = "print('{\"ready\": true}', flush=True)\n"
_TAKE = "sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4)))\n"
_EMPTY = 'print(\'{"boxes": [], "qr_code": false}\', flush=True)\n'


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(60):
        while not gone(pid):
            await asyncio.sleep(0.05)


async def test_pictures_are_read_and_the_process_survives_what_is_none() -> None:
    reader = ScreenshotReader(PATIENT)
    assert reader.pid is None, "nothing runs before the first picture"
    english = await reader.read(screen_png("Cannot Add eSIM", "NZ10000001 wang@example.com", status="SOS"))
    assert [box.text for box in english.boxes] == ["SOS", "Cannot Add eSIM", "NZ10000001 wang@example.com"]
    assert english.boxes[0].in_status_bar
    assert not english.boxes[1].in_status_bar
    assert not english.qr_code
    pid = reader.pid
    assert pid is not None
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"AFTERCARE" not in environment
    assert b"SECRET" not in environment
    chinese = await reader.text_of(screen_png("无法添加 eSIM", "此代码已失效", kind="JPEG"))
    assert chinese is not None
    assert chinese.text == "无法添加 eSIM\n此代码已失效"
    traditional = await reader.text_of(screen_png("無法加入 eSIM", status="無服務"))
    assert traditional is not None
    assert traditional.facts == ("no_service",)
    code = io.BytesIO()
    segno.make("LPA:1$rsp.example.com$ABCDEF123456").save(code, kind="png", scale=8)
    shown = await reader.read(code.getvalue())
    assert shown.qr_code
    assert "rsp.example.com" not in "".join(box.text for box in shown.boxes)
    for broken in (b"nonsense", screen_png("cut off")[:400], screen_png("no kind of ours", kind="BMP")):
        with pytest.raises(NotRead, match="not readable"):
            await reader.read(broken)
    assert await reader.text_of(b"nonsense") is None
    assert reader.pid == pid, "a broken file ends nothing"
    os.kill(pid, signal.SIGKILL)
    await until_gone(pid)
    again = await reader.text_of(screen_png("Activation failed"))
    assert again is not None
    assert again.text == "Activation failed"
    assert reader.pid not in (None, pid)
    await reader.close()
    assert reader.pid is None


async def test_too_little_memory_fails_the_picture_and_nothing_else() -> None:
    reader = ScreenshotReader(ReaderLimits(megabytes=200, start_seconds=200))
    with pytest.raises(NotRead):
        await reader.read(screen_png("Cannot Add eSIM"))
    assert reader.pid is None


async def test_a_process_that_hangs_is_ended_and_the_next_picture_starts_another(tmp_path: Path) -> None:
    command = stand_in(tmp_path, READY + "time.sleep(600)")
    reader = ScreenshotReader(ReaderLimits(picture_seconds=0.3), command)
    pids = []
    for _ in range(2):
        asked = asyncio.create_task(reader.read(b"picture"))
        async with asyncio.timeout(30):
            while reader.pid is None:
                await asyncio.sleep(0.01)
        pids.append(reader.pid)
        with pytest.raises(NotRead, match="too long"):
            await asked
        assert gone(pids[-1])
    assert pids[0] != pids[1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit(3)", "failed"),
        (READY + _TAKE + "os.kill(os.getpid(), signal.SIGKILL)", "failed"),
        (READY + _TAKE + "print('no JSON', flush=True)\ntime.sleep(600)", "failed"),
        (READY + _TAKE + "print('[]', flush=True)\ntime.sleep(600)", "something else"),
        (READY + _TAKE + "sys.stdout.write('x' * 3_000_000)\nsys.stdout.flush()\ntime.sleep(600)", "failed"),
    ],
    ids=["does not start", "killed at work", "no JSON", "no object", "endless line"],
)
async def test_a_process_that_misbehaves(tmp_path: Path, body: str, reason: str) -> None:
    reader = ScreenshotReader(ReaderLimits(picture_seconds=60), stand_in(tmp_path, body))
    with pytest.raises(NotRead, match=reason):
        await reader.read(b"picture")
    assert reader.pid is None


async def test_a_command_that_is_not_there() -> None:
    with pytest.raises(NotRead, match="does not start"):
        await ScreenshotReader(command=("/nowhere/python",)).read(b"picture")


async def test_it_is_read_one_at_a_time_and_only_so_many_wait(tmp_path: Path) -> None:
    command = stand_in(tmp_path, READY + f"while True:\n    {_TAKE}    time.sleep(0.2)\n    {_EMPTY}")
    reader = ScreenshotReader(ReaderLimits(most_waiting=2), command)
    asked = [asyncio.create_task(reader.read(b"picture")) for _ in range(5)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotRead)]
    assert [str(each) for each in refused] == ["too many pictures wait"] * len(refused)
    assert len(refused) in (2, 3)
    with pytest.raises(NotRead, match="too large"):
        await reader.read(bytes(17 * 1024 * 1024))
    await reader.close()


async def test_it_ends_when_idle_after_so_many_pictures_and_when_a_picture_is_given_up(tmp_path: Path) -> None:
    command = stand_in(tmp_path, READY + f"while True:\n    {_TAKE}    {_EMPTY}")
    reader = ScreenshotReader(ReaderLimits(idle_seconds=0.05, most_pictures=2), command)
    await reader.read(b"picture")
    first = reader.pid
    assert first is not None
    await until_gone(first)
    assert reader.pid is None
    reader = ScreenshotReader(ReaderLimits(most_pictures=2), command)
    await reader.read(b"one")
    pid = reader.pid
    await reader.read(b"two")
    assert pid is not None
    assert gone(pid)
    assert reader.pid is None
    reader = ScreenshotReader(command=stand_in(tmp_path, READY + "time.sleep(600)"))
    asked = asyncio.create_task(reader.read(b"picture"))
    async with asyncio.timeout(30):
        while reader.pid is None:
            await asyncio.sleep(0.01)
    asked.cancel()
    await asyncio.wait([asked])
    assert reader.pid is None
