"""Starts the reader's process when a picture comes, asks it one picture at a time, and ends it when none comes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from aftercare.base.settings import ROOT, environment_of
from aftercare.screenshots.lines import TextBox
from aftercare.screenshots.process import MOST_BYTES
from aftercare.screenshots.selection import ScreenText, select
from aftercare.screenshots.signs import screen_signs

log = logging.getLogger(__name__)

_LONGEST_ANSWER = 2**20  # bytes
# Of the desk's environment, with its secrets, the process gets nothing but these.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")


class NotRead(Exception):
    """A picture could not be read: the message is why, without anything of the picture."""


@dataclass(frozen=True)
class ReaderLimits:
    """What reading may take; a picture beyond it is not read. Times in seconds."""

    megabytes: int = 2048
    """Address space of the process; what it keeps in memory is about a third."""
    start_seconds: float = 60.0
    picture_seconds: float = 30.0
    """For one picture, on a busy machine; on an idle one it takes about one."""
    wait_seconds: float = 60.0
    """For the pictures before it."""
    idle_seconds: float = 120.0
    """After which the process ends, when no picture comes."""
    most_waiting: int = 8
    """Pictures that wait at the same time; a further one is not read."""
    most_pictures: int = 200
    """After which a process is replaced by a fresh one."""


@dataclass(frozen=True)
class ReadScreen:
    """What was read: text boxes in reading order, and whether the picture has a QR code (never what is in it)."""

    boxes: tuple[TextBox, ...]
    qr_code: bool


class ScreenshotReader:
    """Reads pictures on demand, one at a time. All methods belong to one event loop."""

    def __init__(self, limits: ReaderLimits | None = None, command: tuple[str, ...] | None = None) -> None:
        self._limits = limits or ReaderLimits()
        seconds = str(ceil(self._limits.picture_seconds))
        module = (sys.executable, "-m", "aftercare.screenshots.process")
        self._command = command or (*module, str(self._limits.megabytes), seconds)
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._read = 0
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process that is running, if any."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def read(self, picture: bytes) -> ReadScreen:
        """What stands in a picture as the desk keeps it.

        Raises:
            NotRead: too large or damaged, too many pictures at once, or the process failed or took too long.
        """
        if len(picture) > MOST_BYTES:
            raise NotRead("too large")
        if self._waiting >= self._limits.most_waiting:
            raise NotRead("too many pictures wait")
        self._waiting += 1
        try:
            try:
                async with asyncio.timeout(self._limits.wait_seconds):
                    await self._turn.acquire()
            except TimeoutError:
                raise NotRead("the pictures before it take too long") from None
        finally:
            self._waiting -= 1
        try:
            return await self._ask(picture)
        finally:
            self._turn.release()

    async def text_of(self, picture: bytes) -> ScreenText | None:
        """What a picture says of the traveller's matter; None when it could not be read."""
        try:
            read = await self.read(picture)
        except NotRead as error:
            log.warning("A picture is not read: %s", error)
            return None
        return select(read.boxes, read.qr_code, screen_signs())

    async def close(self) -> None:
        """End the process."""
        self._keep_awake()
        await self._end()

    def peak_megabytes(self) -> int:
        """The most memory the running process had resident; 0 when none runs or the system is not Linux."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
        return 0

    def processor_seconds(self) -> float:
        """What the running process used of the processor; 0 when none runs or the system is not Linux."""
        with suppress(OSError):
            used = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")
        return 0.0

    async def _ask(self, picture: bytes) -> ReadScreen:
        self._keep_awake()
        try:
            process = await self._started()
            answer = await self._exchange(process, picture)
        except NotRead:
            await self._end()
            raise
        except BaseException:  # cancelled: what the process answers would be taken for another picture's text
            await self._end()
            raise
        self._read += 1
        if self._read >= self._limits.most_pictures:
            await self._end()
        else:
            self._idle = asyncio.get_running_loop().call_later(self._limits.idle_seconds, self._fall_asleep)
        if "error" in answer:
            raise NotRead(f"not readable: {answer['error']}")
        return ReadScreen(tuple(TextBox(*box) for box in answer["boxes"]), bool(answer["qr_code"]))

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        environment = environment_of(*_ENVIRONMENT) | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd=ROOT,
                env=environment,
                limit=_LONGEST_ANSWER,
            )
        except OSError as error:
            raise NotRead(f"the process does not start: {type(error).__name__}") from None
        self._read = 0
        if not (await self._line(self._process, self._limits.start_seconds)).get("ready"):
            raise NotRead("the process does not start")
        return self._process

    async def _exchange(self, process: Process, picture: bytes) -> dict[str, Any]:
        if process.stdin is None:
            raise NotRead("the process has no input")
        try:
            process.stdin.write(len(picture).to_bytes(4) + picture)
        except (OSError, RuntimeError) as error:
            raise NotRead(f"the process is gone: {type(error).__name__}") from None
        return await self._line(process, self._limits.picture_seconds)

    @staticmethod
    async def _line(process: Process, seconds: float) -> dict[str, Any]:
        """The next line the process writes.

        Raises:
            NotRead: it ended, wrote something else, or took longer than `seconds`.
        """
        if process.stdout is None:
            raise NotRead("the process has no output")
        try:
            async with asyncio.timeout(seconds):
                line = await process.stdout.readline()
            answer = json.loads(line)
        except TimeoutError:
            raise NotRead("it takes too long") from None
        except ValueError:  # nothing, cut off, or too long a line
            raise NotRead("the process failed") from None
        if not isinstance(answer, dict):
            raise NotRead("the process answers something else")
        return answer

    def _keep_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _fall_asleep(self) -> None:
        """End the process that nobody asked for a while; it keeps nothing."""
        if self._process is not None and not self._turn.locked():
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process = None

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
