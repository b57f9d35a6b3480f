"""The one place that reads the environment; `.env.example` lists every variable."""

from __future__ import annotations

import contextlib
import os
import secrets
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from dotenv import load_dotenv
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
CATALOGUE = DATA / "catalogue"
PLAYBOOKS = DATA / "playbooks"
MODELS = ROOT / "models"
PREPARED_ENCODER = MODELS / "encoder"

_TELEGRAM_MODES = ("polling", "webhook")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(Exception):
    """A variable has a value we cannot use; the message names it and says what is expected."""


class Settings(BaseSettings):
    """Settings of all three processes. Times are in seconds, rates per minute, ports are TCP ports on `bind_host`.

    Each is read from the variable that is its alias. What is given by name to the class wins.
    """

    model_config = SettingsConfigDict(validate_by_name=True, validate_by_alias=True)

    var_dir: Path = Field(default=ROOT / "var", validation_alias="AFTERCARE_VAR")

    orders_database_url: str = Field(default="", validation_alias="ORDERS_DATABASE_URL")
    desk_database_url: str = Field(default="", validation_alias="DESK_DATABASE_URL")
    tracker_database_url: str = Field(default="", validation_alias="TRACKER_DATABASE_URL")
    demo_orders: bool = Field(default=True, validation_alias="DEMO_ORDERS")
    database_timeout: float = Field(default=3.0, validation_alias="DATABASE_TIMEOUT", gt=0)

    bind_host: str = Field(default="127.0.0.1", validation_alias="DESK_HOST")
    desk_port: int = Field(default=8080, validation_alias="DESK_PORT", ge=0, le=65535)
    rasa_port: int = Field(default=5005, validation_alias="RASA_PORT", ge=0, le=65535)
    actions_port: int = Field(default=5055, validation_alias="ACTIONS_PORT", ge=0, le=65535)
    rasa_url: str = Field(default="", validation_alias="RASA_URL")
    actions_url: str = Field(default="", validation_alias="ACTIONS_URL")
    public_url: str = Field(default="", validation_alias="PUBLIC_URL")
    allowed_origins: str = Field(default="", validation_alias="ALLOWED_ORIGINS")

    trusted_proxies: str = Field(default="", validation_alias="TRUSTED_PROXIES")
    chat_lifetime: float = Field(default=7 * 86400.0, validation_alias="CHAT_LIFETIME", gt=0, le=366 * 86400.0)
    chat_rate: float = Field(default=120.0, validation_alias="CHAT_RATE", gt=0)
    address_rate: float = Field(default=3000.0, validation_alias="ADDRESS_RATE", gt=0)

    staff_idle: float = Field(default=1800.0, validation_alias="STAFF_IDLE", gt=0)
    staff_lifetime: float = Field(default=12 * 3600.0, validation_alias="STAFF_LIFETIME", gt=0)

    identity_secret: str = Field(default="", validation_alias="IDENTITY_SECRET")
    identity_audience: str = Field(default="esim-aftercare", validation_alias="IDENTITY_AUDIENCE")

    telegram_token: str = Field(default="", validation_alias="TELEGRAM_TOKEN")
    telegram_mode: str = Field(default="polling", validation_alias="TELEGRAM_MODE")
    telegram_api_url: str = Field(default="https://api.telegram.org", validation_alias="TELEGRAM_API_URL")

    event_broker_url: str = Field(default="", validation_alias="EVENT_BROKER_URL", pattern="^$|^amqps?://[^/]")
    event_broker_queue: str = Field(
        default="rasa_production_events", validation_alias="EVENT_BROKER_QUEUE", min_length=1
    )
    lock_store_url: str = Field(default="", validation_alias="LOCK_STORE_URL", pattern="^$|^rediss?://[^/]+(/[0-9]*)?$")
    model_server_url: str = Field(default="", validation_alias="MODEL_SERVER_URL", pattern="^$|^https?://[^/]")

    encoder: str = Field(default="", validation_alias="ENCODER")

    engine_timeout: float = Field(default=20.0, validation_alias="ENGINE_TIMEOUT", gt=0)
    remind_after: float = Field(default=600.0, validation_alias="REMIND_AFTER", gt=0)
    refund_two_people_above: float = Field(default=100.0, validation_alias="REFUND_TWO_PEOPLE_ABOVE", ge=0)
    support_timezone: str = Field(default="Pacific/Auckland", validation_alias="SUPPORT_TIMEZONE")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")

    @field_validator("support_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such timezone on this machine (expected a name like Pacific/Auckland)") from None
        return value

    @field_validator("telegram_token")
    @classmethod
    def _without_space(cls, value: str) -> str:
        return value.strip()

    @field_validator("telegram_mode")
    @classmethod
    def _known_telegram_mode(cls, value: str) -> str:
        if value not in _TELEGRAM_MODES:
            raise ValueError(f"expected {' or '.join(_TELEGRAM_MODES)}")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_log_level(cls, value: str) -> str:
        if value.upper() not in _LOG_LEVELS:
            raise ValueError(f"expected one of {', '.join(_LOG_LEVELS)}")
        return value.upper()

    @field_validator("var_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value if value.is_absolute() else ROOT / value

    @field_validator("orders_database_url", "desk_database_url", "tracker_database_url")
    @classmethod
    def _default_database(cls, value: str, info: ValidationInfo) -> str:
        if value:
            return value
        name = str(info.field_name).removesuffix("_database_url")
        return f"sqlite:///{info.data['var_dir']}/{name}.db"

    @field_validator("rasa_url", "actions_url")
    @classmethod
    def _default_url(cls, value: str, info: ValidationInfo) -> str:
        port = info.data.get(str(info.field_name).replace("_url", "_port"))
        return (value or f"http://127.0.0.1:{port}").rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _default_public_url(cls, value: str, info: ValidationInfo) -> str:
        return (value or f"http://{info.data.get('bind_host')}:{info.data.get('desk_port')}").rstrip("/")

    @property
    def encoder_folder(self) -> Path | None:
        """Where the sentence encoder lies, whether or not there is one; None when it is switched off."""
        if self.encoder == "off":
            return None
        return ROOT / self.encoder if self.encoder else PREPARED_ENCODER

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
        lines = [f"{e['loc'][0]}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise SettingsError("Please correct these settings in .env or the environment: " + "; ".join(lines)) from None
