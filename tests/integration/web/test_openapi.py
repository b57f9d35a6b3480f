"""docs/chat-api.yaml is true: schemathesis attacks a desk with it, and it names every route there is."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import yaml

from tests.support.chat_client import ChatClient
from tests.support.requirements import missing

ROOT = Path(__file__).parents[3]
SPECIFICATION = ROOT / "docs" / "chat-api.yaml"


def specification() -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load(SPECIFICATION.read_text())
    return result


def schemathesis() -> list[str]:
    """The command. It cannot share an environment with Rasa (jsonschema), so uv runs it in one of its own."""
    if found := shutil.which("schemathesis"):
        return [found]
    if uv := shutil.which("uv", path=f"{os.environ.get('PATH', '')}{os.pathsep}{ROOT / '.tools' / 'bin'}"):
        return [uv, "tool", "run", "--python", shutil.which("python3") or "python3", "schemathesis"]
    missing("neither schemathesis nor uv is installed")


async def test_schemathesis_finds_nothing(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    desk = await start_desk()
    client = ChatClient(http, desk.url)
    await client.open()
    command = [
        *schemathesis(),
        f"--config-file={Path(__file__).parent / 'schemathesis.toml'}",
        "run",
        str(SPECIFICATION),
        f"--url={desk.url}",
        f"--header=Authorization: Bearer {client.token}",
        "--checks=all",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=60",
        "--seed=1",
        "--no-color",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, output.decode()[-6000:]


async def test_every_public_route_is_described(desk: Any) -> None:
    described = {
        (method.upper(), path) for path, operations in specification()["paths"].items() for method in operations
    }
    served = {(route.method, route.resource.canonical) for route in desk.app.router.routes() if route.method != "HEAD"}
    public = ("/api/", "/media/", "/healthz", "/readyz")
    served = {(method, path) for method, path in served if path.startswith(public)}
    # the staff's is described in docs/staff-api.yaml (tests/unit/staff/api/test_document.py)
    served = {(method, path) for method, path in served if not path.startswith("/api/v1/")}
    served.discard(("GET", "/media/{link}"))  # signed links to documents: as pictures, with a dot
    assert served == described


async def test_events_are_as_described(traveller: ChatClient) -> None:
    await traveller.ask("buttons")
    await traveller.ask("plans")
    await traveller.ask("goodbye")
    await traveller.say("person")
    await traveller.until(lambda e: e["kind"] == "state" and e["seq"] > 0)
    components = specification()["components"]
    for event in traveller.events:
        jsonschema.validate(event, {**components["schemas"]["Event"], "components": components})
