"""The nursery bears the real action server: as a child of the launcher, under its own name, and again when it dies."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from aftercare.base.settings import Settings
from aftercare.run import launcher
from aftercare.run.launcher import Launcher, Service
from tests.support.running_stack import free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked on Linux only")
WITHIN = 120.0  # seconds; a busy machine is no failure


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The action server as the launcher starts it, with databases of its own."""
    port = free_port()
    own = {"AFTERCARE_VAR": str(tmp_path), "ACTIONS_PORT": str(port)}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    here = Settings().model_copy(update={"var_dir": tmp_path, "actions_port": port})
    monkeypatch.setattr(launcher, "settings", lambda: here)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield next(service for service in launcher.services() if service.name == "actions")
    for number, handler in before.items():
        signal.signal(number, handler)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def run_beside(running: Launcher, act: Callable[[], None]) -> None:
    """Run the launcher until `act`, which begins once all is ready, has ended; what it raises is raised here."""
    failed: list[BaseException] = []

    def meanwhile() -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            running.stopping = True

    helper = threading.Thread(target=meanwhile)
    running.run(helper.start)
    helper.join()
    if failed:
        raise failed[0]


def test_it_bears_a_service_and_another_when_that_dies(actions: Service) -> None:
    said = io.StringIO()
    running = Launcher([actions], Console(file=said, width=200))
    seconds: list[float] = []

    def meanwhile() -> None:
        nursery = running.nursery
        assert nursery is not None
        born = actions.process
        assert born is not None
        assert born.pid != nursery.pid
        assert parent(born.pid) == os.getpid(), "adopted, so that its end is noticed"
        assert os.getpgid(born.pid) == born.pid
        assert b"aftercare.run.actions" in Path(f"/proc/{born.pid}/cmdline").read_bytes()
        assert nursery.pid is not None
        assert b"aftercare.run.nursery" in Path(f"/proc/{nursery.pid}/cmdline").read_bytes()
        began = time.monotonic()
        os.kill(born.pid, signal.SIGKILL)
        wait_until(lambda: actions.process is not born and actions.ready(), WITHIN)
        seconds.append(time.monotonic() - began)
        os.kill(nursery.pid, signal.SIGKILL)  # what it bore lives on, and a new nursery is there for the next
        again = actions.process
        assert again is not None
        wait_until(lambda: nursery.pid and parent(nursery.pid) == os.getpid() and again.poll() is None, WITHIN)
        os.kill(again.pid, signal.SIGKILL)
        wait_until(lambda: actions.process is not again and actions.ready(), WITHIN)

    run_beside(running, meanwhile)
    assert not actions.alive()
    assert said.getvalue().count("starting it again") == 2
    assert "Actions on http" in actions.log.read_text(), "its output is in its own log"
    assert seconds[0] < WITHIN


def test_a_nursery_that_hangs_holds_nobody_up(actions: Service) -> None:
    running = Launcher([actions], Console(file=io.StringIO(), width=200))

    def meanwhile() -> None:
        assert running.nursery is not None
        hung, killed = running.nursery.pid, actions.process
        assert hung is not None
        assert killed is not None
        os.kill(hung, signal.SIGSTOP)
        os.kill(killed.pid, signal.SIGKILL)
        wait_until(lambda: actions.process is not killed, WITHIN)
        assert actions.process is not None
        command = Path(f"/proc/{actions.process.pid}/cmdline").read_bytes()
        assert b"-m\0aftercare.run.actions" in command, "it is a new program"
        wait_until(actions.ready, WITHIN)
        wait_until(lambda: running.nursery is not None and running.nursery.pid not in (None, hung), WITHIN)

    run_beside(running, meanwhile)


def test_what_first_messages_need_is_read_before_forking() -> None:
    program = """
from actions.phones import finder
from aftercare.articles.units import units
from aftercare.base.responses import all_responses
from aftercare.run import nursery
from aftercare.troubleshooting.playbooks import load_playbooks
nursery._prepare()
assert all(read.cache_info().currsize for read in (finder, units, all_responses, load_playbooks))
"""
    one_thread = {**os.environ, **launcher._SPARING}
    subprocess.run([sys.executable, "-c", program], cwd=launcher.ROOT, env=one_thread, check=True)


def test_without_a_nursery_it_is_a_new_program(actions: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nursery that cannot import ends; the service is started, and says itself what is wrong."""
    monkeypatch.setattr("aftercare.run.nursery.Nursery.start", lambda _self: None)
    running = Launcher([actions], Console(file=io.StringIO()))

    def on_ready() -> None:
        assert actions.process is not None
        assert b"aftercare.run.actions" in Path(f"/proc/{actions.process.pid}/cmdline").read_bytes()
        running.stopping = True

    running.run(on_ready)
    assert not actions.alive()
