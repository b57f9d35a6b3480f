"""The one place that reads the environment; `.env.example` lists every variable."""

from __future__ import annotations

import contextlib
import os
import secrets
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from dotenv import load_dotenv
from pydantic import BaseSettings, Field, ValidationError, validator

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
CATALOGUE = DATA / "catalogue"
PLAYBOOKS = DATA / "playbooks"
MODELS = ROOT / "models"

_TELEGRAM_MODES = ("polling", "webhook")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(Exception):
    """A variable has a value we cannot use; the message names it and says what is expected."""


class Settings(BaseSettings):
    """Settings of all three processes. Times are in seconds, rates per minute, ports are TCP ports on `bind_host`."""

    var_dir: Path = Field(default=ROOT / "var", env="AFTERCARE_VAR")

    orders_database_url: str = Field(default="", env="ORDERS_DATABASE_URL")
    desk_database_url: str = Field(default="", env="DESK_DATABASE_URL")
    tracker_database_url: str = Field(default="", env="TRACKER_DATABASE_URL")
    demo_orders: bool = Field(default=True, env="DEMO_ORDERS")
    database_timeout: float = Field(default=3.0, env="DATABASE_TIMEOUT", gt=0)

    bind_host: str = Field(default="127.0.0.1", env="DESK_HOST")
    desk_port: int = Field(default=8080, env="DESK_PORT", ge=0, le=65535)
    rasa_port: int = Field(default=5005, env="RASA_PORT", ge=0, le=65535)
    actions_port: int = Field(default=5055, env="ACTIONS_PORT", ge=0, le=65535)
    rasa_url: str = Field(default="", env="RASA_URL")
    actions_url: str = Field(default="", env="ACTIONS_URL")
    public_url: str = Field(default="", env="PUBLIC_URL")
    allowed_origins: str = Field(default="", env="ALLOWED_ORIGINS")

    trusted_proxies: str = Field(default="", env="TRUSTED_PROXIES")
    chat_lifetime: float = Field(default=7 * 86400.0, env="CHAT_LIFETIME", gt=0, le=366 * 86400.0)
    chat_rate: float = Field(default=120.0, env="CHAT_RATE", gt=0)
    address_rate: float = Field(default=3000.0, env="ADDRESS_RATE", gt=0)

    staff_idle: float = Field(default=1800.0, env="STAFF_IDLE", gt=0)
    staff_lifetime: float = Field(default=12 * 3600.0, env="STAFF_LIFETIME", gt=0)

    identity_secret: str = Field(default="", env="IDENTITY_SECRET")
    identity_audience: str = Field(default="esim-aftercare", env="IDENTITY_AUDIENCE")

    telegram_token: str = Field(default="", env="TELEGRAM_TOKEN")
    telegram_mode: str = Field(default="polling", env="TELEGRAM_MODE")
    telegram_api_url: str = Field(default="https://api.telegram.org", env="TELEGRAM_API_URL")

    event_broker_url: str = Field(default="", env="EVENT_BROKER_URL", regex="^$|^amqps?://[^/]")
    event_broker_queue: str = Field(default="rasa_production_events", env="EVENT_BROKER_QUEUE", min_length=1)
    lock_store_url: str = Field(default="", env="LOCK_STORE_URL", regex="^$|^rediss?://[^/]+(/[0-9]*)?$")
    model_server_url: str = Field(default="", env="MODEL_SERVER_URL", regex="^$|^https?://[^/]")

    engine_timeout: float = Field(default=20.0, env="ENGINE_TIMEOUT", gt=0)
    remind_after: float = Field(default=600.0, env="REMIND_AFTER", gt=0)
    refund_two_people_above: float = Field(default=100.0, env="REFUND_TWO_PEOPLE_ABOVE", ge=0)
    support_timezone: str = Field(default="Pacific/Auckland", env="SUPPORT_TIMEZONE")
    log_level: str = Field(default="INFO", env="LOG_LEVEL")

    @validator("support_timezone")
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such timezone on this machine (expected a name like Pacific/Auckland)") from None
        return value

    @validator("telegram_token")
    def _without_space(cls, value: str) -> str:
        return value.strip()

    @validator("telegram_mode")
    def _known_telegram_mode(cls, value: str) -> str:
        if value not in _TELEGRAM_MODES:
            raise ValueError(f"expected {' or '.join(_TELEGRAM_MODES)}")
        return value

    @validator("log_level")
    def _known_log_level(cls, value: str) -> str:
        if value.upper() not in _LOG_LEVELS:
            raise ValueError(f"expected one of {', '.join(_LOG_LEVELS)}")
        return value.upper()

    @validator("var_dir")
    def _absolute(cls, value: Path) -> Path:
        return value if value.is_absolute() else ROOT / value

    @validator("orders_database_url", "desk_database_url", "tracker_database_url", always=True)
    def _default_database(cls, value: str, values: dict[str, object], field: object) -> str:
        if value:
            return value
        name = str(getattr(field, "name", "")).removesuffix("_database_url")
        return f"sqlite:///{values['var_dir']}/{name}.db"

    @validator("rasa_url", "actions_url", always=True)
    def _default_url(cls, value: str, values: dict[str, object], field: object) -> str:
        port = values.get(str(getattr(field, "name", "")).replace("_url", "_port"))
        return (value or f"http://127.0.0.1:{port}").rstrip("/")

    @validator("public_url", always=True)
    def _default_public_url(cls, value: str, values: dict[str, object]) -> str:
        return (value or f"http://{values.get('bind_host')}:{values.get('desk_port')}").rstrip("/")

    def secret(self, name: str) -> str:
        """A secret by name: from `<NAME>_SECRET` in the environment, else made once and kept under `var/secrets/`.

        Several machines must share the environment variable; one machine needs nothing.
        """
        if value := os.environ.get(f"{name.upper()}_SECRET"):
            return value
        path = self.var_dir / "secrets" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Desk and Rasa may ask at once: the file is linked into place complete, and the first one wins.
            draft = path.with_name(f"{name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text().strip()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once from the environment and `.env`.

    Raises:
        SettingsError: a variable has an impossible value.
    """
    load_dotenv(ROOT / ".env")
    try:
        return Settings()
    except ValidationError as error:
        variable = {name: field.field_info.extra["env"] for name, field in Settings.__fields__.items()}
        lines = [f"{variable[str(e['loc'][0])]}: {e['msg']}" for e in error.errors()]
        raise SettingsError("Please correct these settings in .env or the environment: " + "; ".join(lines)) from None
