"""RabbitMQ and Redis servers of a test's own, on free ports; they leave nothing running."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RABBIT = Path("/usr/lib/rabbitmq/bin")  # the scripts of Debian's package, without its change of user
READY_WITHIN = 120


def not_installed() -> list[str]:
    """Servers that are not installed here."""
    found = {"rabbitmq-server": (RABBIT / "rabbitmq-server").exists() and shutil.which("epmd") is not None}
    found["redis-server"] = shutil.which("redis-server") is not None
    return [name for name, there in found.items() if not there]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class RabbitServer:
    """A RabbitMQ node. `url` is for EVENT_BROKER_URL; stopped and started again it keeps its durable queues."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}"
        self.folder = folder
        node, epmd = f"test{secrets.token_hex(4)}@localhost", str(_free_port())
        self.environment = {
            **os.environ,
            "HOME": str(folder),  # where Erlang keeps its cookie
            "ERL_EPMD_PORT": epmd,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_BASE": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env"),
            # a small node: one scheduler, no busy waiting
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
        (folder / "env").touch()
        (folder / "plugins").write_text("[].\n")
        self._epmd = subprocess.Popen(["epmd", "-port", epmd, "-address", "127.0.0.1"], env=self.environment)
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node and wait until it answers."""
        with (self.folder / "output").open("ab") as output:
            self._node = subprocess.Popen(
                [RABBIT / "rabbitmq-server"], env=self.environment, stdout=output, stderr=output, cwd=self.folder
            )
        deadline = time.monotonic() + READY_WITHIN
        while not _answers(self.port):
            told = (self.folder / "output").read_text(errors="replace")[-2000:]
            assert self._node.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the node in good order."""
        if self._node is not None:
            self._node.terminate()
            self._node.wait(60)
            self._node = None

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self._epmd.terminate()
        self._epmd.wait(10)


@contextmanager
def rabbit_server(folder: Path) -> Iterator[RabbitServer]:
    """A running node with its files in `folder`."""
    server = RabbitServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a running Redis."""
    port = _free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/1"
    finally:
        process.terminate()
        process.wait(10)
