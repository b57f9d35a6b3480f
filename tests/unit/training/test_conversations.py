"""Playing conversation tests for the desk: which scripts, what is kept of a failure, and a stack of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aftercare.base.settings import ROOT
from aftercare.staff.teaching import conversation_tests
from aftercare.training import conversations
from tests.conversations.test_scripts import scripts
from tests.support.running_stack import stack_environment

# Stands where tests/conversations would be: fails as its scripts do.
TESTS = """
import os, pathlib, pytest

@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    model = os.environ["CANDIDATE_MODEL"]
    assert model != "broken", "the stack was not ready"
    pathlib.Path("var").write_text(os.environ.get("AFTERCARE_VAR", "unset") + os.environ["DESK_DATABASE_URL"])
    yield model
    pathlib.Path("stopped").touch()

@pytest.mark.parametrize("name", [
    pytest.param("good", id="repeat: good [en]"),
    pytest.param("bad", id="repeat: bad [zh]"),
    pytest.param("weak", id="happy: weak [zh]", marks=pytest.mark.xfail(raises=AssertionError)),
])
def test_conversation(stack, name):
    if os.environ.get("HANG"):
        print("hanging", flush=True)
        import time; time.sleep(600)
    met = name == "good" or stack == "better"
    assert met, "> a refund   (greet 0.5)\\n  < utter_greet: hi\\nexpected ['utter_x']"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "tests" / "conversations"
    folder.mkdir(parents=True)
    (folder / "test_fake.py").write_text(TESTS)
    return tmp_path


def start(project: Path, part: str = "all", model: str = "worse", **extra: str) -> subprocess.Popen[str]:
    job = {"model": model, "part": part, "chosen": [], "base": "better"}
    (project / "check.json").write_text(json.dumps(job))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DESK_DATABASE_URL": "postgresql://live", **extra}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # importing them takes a second; none is needed
    command = [sys.executable, "-W", "ignore", "-m", "aftercare.training.conversations", str(project)]
    return subprocess.Popen(
        command, cwd=project, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    assert process.stdout is not None
    said = process.stdout.read()  # its input stays open: the end of that is the desk's
    return process.wait(), said


def result(project: Path) -> Any:
    return json.loads((project / "check-result.json").read_text())


def test_failures_are_kept_with_what_was_said_and_played_with_the_model_in_use(project: Path) -> None:
    status, said = finish(start(project))
    assert status == 0, said
    assert result(project) == {
        "passed": ["happy: weak [zh]", "repeat: good [en]"],
        "failures": [
            {
                "name": "repeat: bad [zh]",
                "said": "> a refund   (greet 0.5)\n  < utter_greet: hi",
                "wanted": "expected ['utter_x']",
                "before": "passed",
            }
        ],
    }
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("@")] == ["@ conversations", "@ again"]
    assert '# {"played": 3, "total": 3, "failed": ["repeat: bad [zh]"]}' in lines
    assert (project / "stopped").exists()
    assert (project / "var").read_text() == "unset"  # the live database is not the tests'
    assert not (project / "scratch").exists()


def test_only_the_part_that_was_asked_for(project: Path) -> None:
    assert finish(start(project, part="happy"))[0] == 0
    assert result(project) == {"passed": ["happy: weak [zh]"], "failures": []}


def test_a_stack_that_does_not_start_is_no_result(project: Path) -> None:
    status, said = finish(start(project, model="broken"))
    assert status == 1
    assert "the stack was not ready" in said
    assert not (project / "check-result.json").exists()


@pytest.mark.parametrize("how", ["told", "desk gone"])
def test_stopping_stops_the_stack(project: Path, how: str) -> None:
    process = start(project, HANG="1")
    assert process.stdout is not None
    assert process.stdin is not None
    for line in process.stdout:
        if line.startswith('# {"played": 0'):
            break
    if how == "told":
        process.send_signal(signal.SIGTERM)
    else:
        process.stdin.close()
    process.stdout.read()
    assert process.wait() == 130
    assert not (project / "scratch").exists()


def test_nothing_of_the_running_system_reaches_the_stack_of_the_tests(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("TELEGRAM_TOKEN=1:live\nENGINE_SECRET=live\n")
    around = {
        "PATH": "/bin", "AFTERCARE_VAR": "/var/live", "ORDERS_DATABASE_URL": "postgresql://live", "RASA_URL": "http://live",
        "EVENT_BROKER_URL": "amqp://live", "CHAT_SECRET": "live", "ENGINE_TIMEOUT": "3",
    }  # fmt: skip
    own = conversations.environment(around, env_file)
    assert "live" not in "".join(own.values())
    assert own["PATH"] == "/bin"
    assert own["ENGINE_TIMEOUT"] == "20.0"
    assert own["TELEGRAM_TOKEN"] == own["ENGINE_SECRET"] == ""  # set, so that .env does not


def test_a_stack_of_the_tests_and_benches_finds_its_own_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_URL", "http://127.0.0.1:5055")  # as `aftercare bench` passes it on
    monkeypatch.setenv("DESK_DATABASE_URL", "postgresql://live")
    told = stack_environment(tmp_path, ROOT, {"ACTIONS_PORT": "6001", "CHAT_RATE": "100"})
    assert told["ACTIONS_URL"] == told["DESK_DATABASE_URL"] == ""
    assert (told["AFTERCARE_VAR"], told["ACTIONS_PORT"], told["CHAT_RATE"]) == (str(tmp_path), "6001", "100")


def test_the_quick_selection_is_of_every_file_and_exists() -> None:
    listed = {each.id for each in scripts()}
    chosen = conversation_tests.quick()
    files = list(conversation_tests.CONVERSATIONS.rglob("*.yml"))
    assert len(files) <= len(chosen) <= 2 * len(files)
    assert chosen <= listed
    assert all(name.isascii() for name in chosen)  # pytest writes other letters as codes
    assert conversation_tests.parts()[0] == "quick"
    assert "repeat" in conversation_tests.parts()
