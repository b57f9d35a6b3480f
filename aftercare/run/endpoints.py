"""What Rasa is started with: where it finds the other services, and through which channels it is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from aftercare.base.settings import ROOT, Settings

# Seconds between two questions of a Rasa server whether there is another model.
PULL_EVERY = 10
ACTIONS_SECRET_HEADER = "X-Actions-Secret"  # noqa: S105


def endpoints(s: Settings) -> dict[str, Any]:
    """The content of Rasa's endpoints file."""
    text = (ROOT / "endpoints.yml").read_text(encoding="utf-8").replace("${ACTIONS_URL}", s.actions_url)
    found: dict[str, Any] = yaml.safe_load(text)
    found["action_endpoint"]["headers"] = {ACTIONS_SECRET_HEADER: s.secret("actions")}
    if s.event_broker_url:
        found["event_broker"] = _event_broker(s.event_broker_url, s.event_broker_queue)
    if s.lock_store_url:
        found["lock_store"] = _lock_store(s.lock_store_url)
    if s.model_server_url:
        found["models"] = {
            "url": s.model_server_url,
            "token": s.secret("model_server"),
            "wait_time_between_pulls": PULL_EVERY,
        }
    return found


def _event_broker(url: str, queue: str) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or (5671 if parts.scheme == "amqps" else 5672)
    return {
        "type": "aftercare.rasa_components.event_broker.PatientEventBroker",
        # Rasa logs this address, and puts the user and the password into it when it connects
        "url": f"{parts.scheme}://{parts.hostname}:{port}{parts.path}",
        "port": port,
        "username": parts.username or "guest",
        "password": parts.password or "guest",
        "queues": [queue],
        "connection_attempts": 1,  # the broker goes on trying by itself
        "retry_delay_in_seconds": 1,
    }


def _lock_store(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    found: dict[str, Any] = {
        "type": "aftercare.rasa_components.shared_locks.SharedLocks",
        "url": parts.hostname,
        "port": parts.port or 6379,
        "db": int(parts.path.strip("/") or 1),
        "use_ssl": parts.scheme == "rediss",
        "key_prefix": "aftercare",
    }
    if parts.username:
        found["username"] = unquote(parts.username)
    if parts.password:
        found["password"] = unquote(parts.password)
    return found


def channels(s: Settings) -> dict[str, Any]:
    """The content of Rasa's credentials file. `rest`, which asks for no secret, is for the demo on one machine."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "credentials.yml").read_text(encoding="utf-8"))
    if s.is_demo:
        found["aftercare.rasa_components.demo_rest.DemoRest"] = {}
    return found


def write_endpoints(s: Settings) -> Path:
    """Write the endpoints for this installation's Rasa commands; only we can read them, as they hold secrets."""
    return _write(s, "endpoints", endpoints(s))


def write_credentials(s: Settings) -> Path:
    """Write the channels of this installation."""
    return _write(s, "credentials", channels(s))


def _write(s: Settings, name: str, content: dict[str, Any]) -> Path:
    path = s.var_dir / "rasa" / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(content, file, allow_unicode=True, sort_keys=False)
    draft.replace(path)
    return path
