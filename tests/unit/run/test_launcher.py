"""The launcher with small real processes: start, wait, restart, stop, and clear words when something is wrong."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from aftercare.base.settings import Settings
from aftercare.run import hanging, launcher
from aftercare.run.launcher import Launcher, LaunchError, Service, check_ports
from aftercare.run.rasa import arguments, wait_for_model_server
from tests.support.waiting import wait_until

SERVER = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
DEAF = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs in the test's folder; the signal handlers of pytest come back afterwards."""
    own = Settings(var_dir=tmp_path)
    monkeypatch.setenv("AFTERCARE_VAR", str(tmp_path))
    monkeypatch.setattr(launcher, "settings", lambda: own.model_copy(update={"var_dir": tmp_path}))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server(name: str, *command: str) -> Service:
    port = free_port()
    return Service(name, [*(command or SERVER), str(port)], port, f"http://127.0.0.1:{port}/")


class Run:
    """A launcher in the main thread while `meanwhile` acts from another one and then asks it to stop."""

    def __init__(self, *services: Service) -> None:
        self.services = list(services)
        self.said = io.StringIO()
        self.launcher = Launcher(self.services, Console(file=self.said, width=300))
        self.ready = threading.Event()
        self.failed: BaseException | None = None

    def __call__(self, meanwhile: Callable[[], None] = lambda: None) -> str:
        helper = threading.Thread(target=self._act, args=(meanwhile,))
        helper.start()
        try:
            self.launcher.run(self.ready.set)
        finally:
            self.launcher.stopping = True
            self.ready.set()
            helper.join()
        if self.failed is not None:
            raise self.failed
        return self.said.getvalue()

    def _act(self, meanwhile: Callable[[], None]) -> None:
        try:
            self.ready.wait(60)
            if not self.launcher.stopping:
                meanwhile()
        except BaseException as error:
            self.failed = error
        finally:
            self.launcher.stopping = True


def test_everything_is_ready_together_and_stopped_together() -> None:
    one, two = server("actions"), server("desk")

    def meanwhile() -> None:
        assert one.ready()
        assert two.ready()

    said = Run(one, two)(meanwhile)
    assert "actions ready" in said
    assert "desk ready" in said
    assert not one.alive()
    assert not two.alive()
    assert not one.ready()


UNUSABLE = """
import http.server, sys
class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
print("Could not load model due to a truncated file", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Refusing).serve_forever()
"""


def test_a_service_that_answers_but_will_never_be_ready_says_why() -> None:
    service = server("rasa", sys.executable, "-c", UNUSABLE)
    service.never_ready = "Its model is damaged."
    run = Run(service)
    with pytest.raises(LaunchError, match=r"(?s)Its model is damaged\. It said:.*due to a truncated file"):
        run(lambda: None)
    assert not service.alive()


def test_rasa_is_asked_whether_it_reads_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    (rasa,) = (service for service in launcher.services() if service.name == "rasa")
    assert rasa.health.endswith("/webhooks/desk/ready")
    assert "aftercare train --force" in rasa.never_ready
    served = Settings(model_server_url="http://127.0.0.1:1/models")
    monkeypatch.setattr(launcher, "settings", lambda: served)
    (rasa,) = (service for service in launcher.services() if service.name == "rasa")
    assert rasa.never_ready == "", "the model server may have one later"


def test_a_process_that_dies_is_started_again_and_its_neighbour_left_alone() -> None:
    one, two = server("rasa"), server("desk")

    def meanwhile() -> None:
        assert one.process is not None
        assert two.process is not None
        killed, neighbour = one.process.pid, two.process.pid
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: one.process is not None and one.process.pid != killed and one.ready())
        assert two.process.pid == neighbour

    said = Run(one, two)(meanwhile)
    assert "rasa ended; starting it again" in said
    assert str(one.log) in said
    assert not one.alive()


def test_one_that_dies_is_started_while_the_others_are_slow_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, dead, neighbour = server("rasa"), server("actions"), server("desk")
    run = Launcher([slow, dead, neighbour], Console(file=io.StringIO()))
    killed: list[int] = []

    def answers(service: Service) -> bool:
        if service is slow:
            assert dead.process is not None
            killed.append(dead.process.pid)
            dead.process.kill()
            dead.process.wait(10)
        elif service is neighbour:
            assert dead.process is not None
            assert dead.process.pid not in killed, "it waited for all to be asked"
        return True

    monkeypatch.setattr(Service, "answers", answers)
    try:
        for service in run.services:
            service.start()
        run._watch()
        assert killed
    finally:
        run.stop()


def test_one_that_is_stopped_before_it_has_answered_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PULSE_EVERY": 0.1, "PULSE_WITHIN": 0.3}.items():
        monkeypatch.setattr(launcher, name, value)
    service = server("rasa")

    def meanwhile() -> None:
        first = service.process
        assert first is not None
        first.kill()
        wait_until(lambda: service.process is not first)
        again = service.process
        assert again is not None
        os.kill(again.pid, signal.SIGSTOP)
        wait_until(lambda: service.process is not again and service.ready())

    assert "rasa is stopped; it is ended" in Run(service)(meanwhile)


def test_restarts_slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "RESTART_AFTER", (0.05, 0.1, 0.2))
    service = server("rasa")

    def meanwhile() -> None:
        for _ in range(3):
            process = service.process
            assert process is not None
            process.kill()
            wait_until(lambda process=process: service.process is not process)

    said = Run(service)(meanwhile)
    assert [said.count(f"again in {delay} s") for delay in ("0.05", "0.1", "0.2")] == [1, 1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_terminate_stop_everything(number: signal.Signals) -> None:
    one, two = server("actions"), server("desk")
    run = Run(one, two)

    def meanwhile() -> None:
        os.kill(os.getpid(), number)
        wait_until(lambda: run.launcher.stopping)

    run(meanwhile)
    assert not one.alive()
    assert not two.alive()


def test_a_process_that_does_not_listen_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "STOP_WITHIN", 0.5)
    deaf = server("rasa", sys.executable, "-c", DEAF)
    Run(deaf)()
    wait_until(lambda: not deaf.alive(), 5)


def test_a_process_that_cannot_start_says_why_and_takes_the_others_down() -> None:
    good = server("actions")
    bad = Service(
        "rasa", [sys.executable, "-c", "raise SystemExit('no model in models/')"], free_port(), "http://[::1]:9/"
    )
    with pytest.raises(LaunchError, match=r"rasa ended while starting(.|\n)*no model in models/"):
        Run(good, bad)()
    assert not good.alive()


def test_a_process_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "READY_WITHIN", 1.0)
    silent = server("rasa", sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(LaunchError, match=r"rasa did not answer within 1 s; see .*rasa\.log"):
        Run(silent)()
    assert not silent.alive()


def test_a_port_in_use_is_named_with_the_variable_that_changes_it() -> None:
    service = server("rasa")
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.port))
        other.listen()
        with pytest.raises(LaunchError, match=rf"Port {service.port} is in use(.|\n)*RASA_PORT"):
            Run(service)()
    assert service.process is None
    check_ports([service])


def test_output_goes_to_a_log_that_is_kept() -> None:
    service = Service("desk", [sys.executable, "-c", "print('hello')"], 0, "http://127.0.0.1:9/")
    assert service.tail() == ""
    for _ in range(2):
        service.start()
        assert service.process is not None
        service.process.wait(30)
    assert service.tail() == "hello\nhello"


def test_a_large_log_is_begun_anew_and_three_older_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "LARGEST_LOG", 10)
    service = server("desk")
    service.log.parent.mkdir(parents=True)
    for number in range(6):
        with service.log.open("a") as log:
            log.write(f"line number {number}\n")
        service.rotate_log()
    kept = {path.name: path.read_text() for path in service.log.parent.iterdir()}
    older = {f"desk.log.{age}": f"line number {6 - age}\n" for age in (1, 2, 3)}
    assert kept == {"desk.log": "", **older}


def test_only_the_desk_listens_beyond_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = Settings(var_dir=tmp_path).model_copy(update={"bind_host": "0.0.0.0", "var_dir": tmp_path})
    monkeypatch.setattr(launcher, "settings", lambda: public)
    found = {service.name: service for service in launcher.services(Path("model.tar.gz"))}
    assert list(found) == ["actions", "rasa", "desk"]
    assert not any(public.secret("rasa_api") in word for word in found["rasa"].command)
    assert found["actions"].command[-2:] == ["-m", "aftercare.run.actions"]  # which listens on this machine only


def test_rasa_understands_its_arguments_also_when_the_secret_begins_with_a_dash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rasa.__main__ import create_argument_parser

    monkeypatch.setenv("RASA_API_SECRET", "-Zx-secret")
    here = Settings(var_dir=tmp_path)
    read = create_argument_parser().parse_args(arguments("models/one.tar.gz", here))
    assert read.auth_token == "-Zx-secret"
    assert read.enable_api
    assert read.interface == "127.0.0.1"
    assert (read.port, read.model) == (here.rasa_port, "models/one.tar.gz")


@pytest.mark.parametrize(
    ("host", "asked"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("10.0.0.7", "10.0.0.7")]
)
def test_the_desk_is_asked_where_it_listens(
    host: str, asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Settings(var_dir=tmp_path).model_copy(update={"bind_host": host, "desk_port": 8123, "var_dir": tmp_path})
    monkeypatch.setattr(launcher, "settings", lambda: here)
    assert launcher.services(Path("model.tar.gz"))[-1].health == f"http://{asked}:8123/healthz"


def test_rasa_waits_for_a_model_server_that_is_starting() -> None:
    port = free_port()
    assert not wait_for_model_server(f"http://127.0.0.1:{port}/models/production", 0)
    found: list[bool] = []
    waiting = threading.Thread(
        target=lambda: found.append(wait_for_model_server(f"http://127.0.0.1:{port}/models/production", 60))
    )
    waiting.start()
    with socket.create_server(("127.0.0.1", port)):
        waiting.join(60)
    assert found == [True]


NAMED = """
import http.server, os, sys
class Named(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Launch", os.environ["AFTERCARE_LAUNCH"])
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Named).serve_forever()
"""


def test_a_stopped_process_is_told_ended_and_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PULSE_EVERY": 0.1, "PULSE_WITHIN": 0.3}.items():
        monkeypatch.setattr(launcher, name, value)
    hung, neighbour = server("rasa"), server("desk")

    def meanwhile() -> None:
        assert hung.process is not None
        assert neighbour.process is not None
        stopped, other = hung.process.pid, neighbour.process.pid
        wait_until(lambda: hung.watched is not None)
        began = time.monotonic()
        os.kill(stopped, signal.SIGSTOP)
        wait_until(lambda: hung.process is not None and hung.process.pid != stopped and hung.ready())
        assert time.monotonic() - began < hanging.IDLE_FOR
        assert neighbour.process.pid == other

    said = Run(hung, neighbour)(meanwhile)
    assert "rasa is stopped; it is ended" in said
    assert "starting it again" in said


def test_an_answer_of_another_process_at_the_port_is_not_taken_for_ours() -> None:
    own = server("actions", sys.executable, "-c", NAMED)
    own.tells_launch = True
    Run(own)(lambda: None)
    foreign = server("actions")
    foreign.tells_launch = True
    with pytest.raises(LaunchError, match=r"Another process answers at port \d+(.|\n)*ACTIONS_PORT"):
        Run(foreign)()


KILLED = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from aftercare.base.settings import Settings
from aftercare.run import launcher
own = Settings(var_dir=Path({var!r}))
launcher.settings = lambda: own
service = launcher.Service("desk", [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"], {port}, "")
service.start()
print(service.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process that its parent died")
def test_a_launcher_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    port = free_port()
    code = KILLED.format(root=str(launcher.ROOT), var=str(tmp_path), port=port)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text())
    check_ports([Service("desk", [], port, "")])
