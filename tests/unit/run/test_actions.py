"""The action server answers nobody without its secret."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT
from aftercare.run.endpoints import ACTIONS_SECRET_HEADER
from tests.support.running_stack import free_port, request_json, stack_environment
from tests.support.waiting import eventually

SECRET = "the secret of the actions"


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    var, port = tmp_path_factory.mktemp("actions"), free_port()
    environment = stack_environment(Path(var), ROOT, {"ACTIONS_PORT": str(port), "ACTIONS_SECRET": SECRET})
    process = subprocess.Popen([sys.executable, "-m", "aftercare.run.actions"], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return request_json("GET", f"{url}/health")[0] == 200
        except OSError:
            return False

    try:
        asyncio.run(eventually(answers, 100))
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(("method", "path"), [("POST", "/webhook"), ("GET", "/actions"), ("GET", "/nothing")])
@pytest.mark.parametrize("given", [None, "", "the secret of the action", "秘密"])
def test_without_the_secret_nothing_is_answered(actions: str, method: str, path: str, given: str | None) -> None:
    headers = {} if given is None else {ACTIONS_SECRET_HEADER: given.encode().decode("latin-1")}
    assert request_json(method, f"{actions}{path}", {}, headers)[0] == 401


def test_rasa_is_answered(actions: str) -> None:
    status, listed = request_json("GET", f"{actions}/actions", headers={ACTIONS_SECRET_HEADER: SECRET})
    assert status == 200
    assert {"name": "action_order_status"} in listed
