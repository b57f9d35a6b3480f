"""A desk in a process of its own, to be killed or frozen."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import aiohttp

from aftercare.base.settings import ROOT, Settings


class DeskProcess:
    """One desk; it can be started again after it was killed."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._environment = os.environ | {
            "AFTERCARE_VAR": str(settings.var_dir),
            "RASA_URL": settings.rasa_url,
            "DESK_PORT": str(port),
            "DESK_DATABASE_URL": settings.desk_database_url,
            "ENGINE_TIMEOUT": "5",
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "aftercare.run.desk"], env=self._environment, cwd=ROOT)
        deadline = time.monotonic() + 60
        async with aiohttp.ClientSession() as client:
            while time.monotonic() < deadline:
                try:
                    async with client.get(f"{self.url}/healthz"):
                        return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        raise AssertionError("the desk did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def signal(self, number: int) -> None:
        """Send a signal, such as SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(number)
