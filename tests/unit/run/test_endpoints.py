"""What the environment adds to Rasa's endpoints."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from aftercare.base.settings import Settings
from aftercare.run.endpoints import ACTIONS_SECRET_HEADER, channels, endpoints, write_endpoints


def settings(monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str) -> Settings:
    for name in ("EVENT_BROKER_URL", "EVENT_BROKER_QUEUE", "LOCK_STORE_URL", "MODEL_SERVER_URL", "ACTIONS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AFTERCARE_VAR": str(folder), "ACTIONS_PORT": "5055", **environment}.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_alone_rasa_has_neither_broker_nor_shared_locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = endpoints(settings(monkeypatch, tmp_path))
    assert set(found) == {"action_endpoint", "tracker_store", "nlg"}
    assert found["action_endpoint"]["url"] == "http://127.0.0.1:5055/webhook"


def test_the_environment_adds_broker_locks_and_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = endpoints(
        settings(
            monkeypatch,
            tmp_path,
            EVENT_BROKER_URL="amqps://esim:p%40ss@mq.example.com/tenant",
            LOCK_STORE_URL="rediss://:s%2Fcret@cache.example.com:6380/3",
            MODEL_SERVER_URL="https://help.example.com/models/production",
            MODEL_SERVER_SECRET="shared",
        )
    )
    broker, lock, models = found["event_broker"], found["lock_store"], found["models"]
    # the address goes to Rasa's log, so the password is not in it; Rasa puts it in, still quoted
    assert broker["url"] == "amqps://mq.example.com:5671/tenant"
    assert (broker["username"], broker["password"], broker["port"]) == ("esim", "p%40ss", 5671)
    assert broker["queues"] == ["rasa_production_events"]
    assert (lock["url"], lock["port"], lock["db"], lock["use_ssl"]) == ("cache.example.com", 6380, 3, True)
    assert (lock["password"], "username" in lock) == ("s/cret", False)
    assert (models["url"], models["token"]) == ("https://help.example.com/models/production", "shared")


def test_the_file_is_private_and_rasa_can_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = settings(monkeypatch, tmp_path, EVENT_BROKER_URL="amqp://mq")
    path = write_endpoints(wanted)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert yaml.safe_load(path.read_text()) == endpoints(wanted)
    assert [each.name for each in path.parent.iterdir()] == ["endpoints.yml"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVENT_BROKER_URL", "mq.example.com"),
        ("EVENT_BROKER_URL", "kafka://mq"),
        ("LOCK_STORE_URL", "redis://"),
        ("LOCK_STORE_URL", "redis://cache/one"),
        ("MODEL_SERVER_URL", "ftp://models"),
    ],
)
def test_an_address_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=name):
        settings(monkeypatch, tmp_path, **{name: value})


def test_rest_is_for_the_demo_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rest, desk = "aftercare.rasa_components.demo_rest.DemoRest", "aftercare.rasa_components.channel.DeskChannel"
    for name in ("DEMO_ORDERS", "DESK_HOST", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    assert set(channels(settings(monkeypatch, tmp_path))) == {desk, rest}
    for name, value in (("DEMO_ORDERS", "false"), ("DESK_HOST", "0.0.0.0"), ("PUBLIC_URL", "https://h.example.com")):
        with monkeypatch.context() as changed:
            assert set(channels(settings(changed, tmp_path, **{name: value}))) == {desk}


def test_the_actions_are_asked_with_their_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = settings(monkeypatch, tmp_path, ACTIONS_SECRET="s" * 20)
    assert endpoints(found)["action_endpoint"]["headers"] == {ACTIONS_SECRET_HEADER: "s" * 20}
