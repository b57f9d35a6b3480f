"""The one place that reads the environment; `.env.example` lists every variable."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import load_dotenv
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from aftercare.base.order_numbers import reader_of

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
CATALOGUE = DATA / "catalogue"
PLAYBOOKS = DATA / "playbooks"
MODELS = ROOT / "models"
PREPARED_ENCODER = MODELS / "encoder"

# characters of a secret that somebody chose; those we make have 43
SHORTEST_SECRET = 16
SECRETS = (
    "engine", "actions", "activation_codes", "chat_token", "media", "rasa_api", "staff", "telegram_webhook",
    "model_server",
)  # fmt: skip
# bytes of the key that signs identities: as many as HS256 gives (RFC 7518, 3.2)
SHORTEST_IDENTITY_SECRET = 32
# what browsers write in Origin for a frame that is sandboxed without allow-same-origin
OPAQUE_ORIGIN = "null"

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
    order_number_patterns: str = Field(default="NZdddddddd=NZ10000001", validation_alias="ORDER_NUMBER_PATTERNS")
    order_delivery_minutes: int = Field(default=60, validation_alias="ORDER_DELIVERY_MINUTES", gt=0)
    orders_api_keys: str = Field(default="", validation_alias="ORDERS_API_KEYS")
    orders_webhook_secret: str = Field(default="", validation_alias="ORDERS_WEBHOOK_SECRET")
    woocommerce_webhook_secret: str = Field(default="", validation_alias="WOOCOMMERCE_WEBHOOK_SECRET")
    shopify_webhook_secret: str = Field(default="", validation_alias="SHOPIFY_WEBHOOK_SECRET")
    orders_sql: str = Field(default="", validation_alias="ORDERS_SQL")
    orders_sql_url: str = Field(default="", validation_alias="ORDERS_SQL_URL")
    outgoing_webhooks: str = Field(default="", validation_alias="OUTGOING_WEBHOOKS")
    outgoing_webhook_secret: str = Field(default="", validation_alias="OUTGOING_WEBHOOK_SECRET")
    own_providers: str = Field(default="", validation_alias="OWN_PROVIDERS")
    payment_provider: str = Field(default="manual", validation_alias="PAYMENT_PROVIDER")
    payout_two_people_above: float = Field(default=500.0, validation_alias="PAYOUT_TWO_PEOPLE_ABOVE", ge=0)
    stripe_api_key: str = Field(default="", validation_alias="STRIPE_API_KEY")
    stripe_webhook_secret: str = Field(default="", validation_alias="STRIPE_WEBHOOK_SECRET")
    stripe_api_url: str = Field(default="https://api.stripe.com", validation_alias="STRIPE_API_URL")
    auto_refund_up_to: float | None = Field(default=None, validation_alias="AUTO_REFUND_UP_TO", ge=0)
    auto_refunds_per_day: int | None = Field(default=None, validation_alias="AUTO_REFUNDS_PER_DAY", ge=0)
    auto_refund_total_per_day: float | None = Field(default=None, validation_alias="AUTO_REFUND_TOTAL_PER_DAY", ge=0)
    auto_refunds_per_customer: int | None = Field(default=None, validation_alias="AUTO_REFUNDS_PER_CUSTOMER", ge=0)
    esim_provider: str = Field(default="", validation_alias="ESIM_PROVIDER")
    esim_provider_url: str = Field(default="", validation_alias="ESIM_PROVIDER_URL")
    esim_provider_key: str = Field(default="", validation_alias="ESIM_PROVIDER_KEY")
    esim_provider_secret: str = Field(default="", validation_alias="ESIM_PROVIDER_SECRET")
    esim_refresh_after: float = Field(default=300.0, validation_alias="ESIM_REFRESH_AFTER", gt=0)
    mailer: str = Field(default="", validation_alias="MAILER")
    mail_from: str = Field(default="", validation_alias="MAIL_FROM")
    smtp_host: str = Field(default="", validation_alias="SMTP_HOST")
    smtp_port: int = Field(default=587, validation_alias="SMTP_PORT", ge=1, le=65535)
    smtp_tls: str = Field(default="starttls", validation_alias="SMTP_TLS", pattern="^(starttls|tls|off)$")
    smtp_user: str = Field(default="", validation_alias="SMTP_USER")
    smtp_password: str = Field(default="", validation_alias="SMTP_PASSWORD")
    orders_pull_every: float = Field(default=60.0, validation_alias="ORDERS_PULL_EVERY", gt=0)

    bind_host: str = Field(default="127.0.0.1", validation_alias="DESK_HOST")
    desk_port: int = Field(default=8080, validation_alias="DESK_PORT", ge=0, le=65535)
    rasa_port: int = Field(default=5005, validation_alias="RASA_PORT", ge=0, le=65535)
    actions_port: int = Field(default=5055, validation_alias="ACTIONS_PORT", ge=0, le=65535)
    rasa_url: str = Field(default="", validation_alias="RASA_URL")
    rasa_fallback_urls: str = Field(default="", validation_alias="RASA_FALLBACK_URLS")
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

    activation_code_keys: str = Field(default="", validation_alias="ACTIVATION_CODE_KEYS")

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

    screenshots: bool = Field(default=True, validation_alias="SCREENSHOTS")
    screenshot_seconds: float = Field(default=30.0, validation_alias="SCREENSHOT_SECONDS", gt=0)
    screenshot_memory: int = Field(default=2048, validation_alias="SCREENSHOT_MEMORY", ge=512)
    screenshot_idle: float = Field(default=120.0, validation_alias="SCREENSHOT_IDLE", gt=0)

    engine_timeout: float = Field(default=20.0, validation_alias="ENGINE_TIMEOUT", gt=0)
    remind_after: float = Field(default=600.0, validation_alias="REMIND_AFTER", gt=0)
    refund_two_people_above: float = Field(default=100.0, validation_alias="REFUND_TWO_PEOPLE_ABOVE", ge=0)
    support_timezone: str = Field(default="Pacific/Auckland", validation_alias="SUPPORT_TIMEZONE")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")

    @field_validator("order_number_patterns")
    @classmethod
    def _order_numbers(cls, value: str) -> str:
        reader_of(value)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _sites(cls, value: str) -> str:
        for site in _listed(value):
            if site == "*":
                raise ValueError("* would open the chat to every site; list them: https://shop.example.com")
            if site != OPAQUE_ORIGIN and not _is_site(site):
                raise ValueError(f"{site} is no site; write scheme and host: https://shop.example.com")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in _listed(value):
            try:
                ip_network(network, strict=False)
            except ValueError:
                raise ValueError(f"{network} is no address or network; write 10.0.0.7 or 10.0.0.0/24") from None
        return value

    @field_validator("identity_secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value.encode()) < SHORTEST_IDENTITY_SECRET:
            raise ValueError(
                f"is too short to sign with: at least {SHORTEST_IDENTITY_SECRET} bytes, for instance from"
                " `openssl rand -base64 32`"
            )
        return value

    @field_validator("outgoing_webhooks")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for address in value.split():
            _web_address(address)
        return value

    @field_validator("orders_webhook_secret", "outgoing_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: str) -> str:
        if value:
            try:
                key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
            except binascii.Error:
                key = b""
            if len(key) < SHORTEST_SECRET:
                raise ValueError(
                    f"write whsec_ and {SHORTEST_SECRET} bytes or more in base64, from"
                    ' `echo "whsec_$(openssl rand -base64 32)"`'
                )
        return value

    @field_validator("activation_code_keys", "orders_api_keys")
    @classmethod
    def _keys(cls, value: str) -> str:
        if any(len(key) < SHORTEST_SECRET for key in _listed(value)):
            raise ValueError(
                f"a key has at least {SHORTEST_SECRET} characters; make one with `openssl rand -base64 32`"
            )
        return value

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
        if value:
            return _web_address(value)
        return f"http://127.0.0.1:{info.data.get(str(info.field_name).replace('_url', '_port'))}"

    @field_validator("rasa_fallback_urls")
    @classmethod
    def _further_servers(cls, value: str) -> str:
        return " ".join(_web_address(each) for each in _listed(value))

    @field_validator("public_url")
    @classmethod
    def _default_public_url(cls, value: str, info: ValidationInfo) -> str:
        if value:
            return _web_address(value)
        return f"http://{info.data.get('bind_host')}:{info.data.get('desk_port')}"  # port 0 is any free one

    @field_validator("auto_refund_up_to", "auto_refunds_per_day", "auto_refund_total_per_day",
                     "auto_refunds_per_customer", mode="before")  # fmt: skip
    @classmethod
    def _no_limit(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("telegram_api_url", "stripe_api_url")
    @classmethod
    def _web(cls, value: str) -> str:
        return _web_address(value)

    @property
    def mails(self) -> bool:
        """Whether mail is sent: a mailer is named and has an address to write from."""
        return bool((self.smtp_host or self.mailer) and self.mail_from)

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """All Rasa servers the desk may ask, the usual one first."""
        return (self.rasa_url, *_listed(self.rasa_fallback_urls))

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo on one machine: demo orders, and a desk that only this machine reaches."""
        return (
            self.demo_orders and is_loopback(self.bind_host) and is_loopback(urlsplit(self.public_url).hostname or "")
        )

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of our reverse proxies."""
        return tuple(ip_network(network, strict=False) for network in _listed(self.trusted_proxies))

    @property
    def encoder_folder(self) -> Path | None:
        """Where the sentence encoder lies, whether or not there is one; None when it is switched off."""
        if self.encoder == "off":
            return None
        return ROOT / self.encoder if self.encoder else PREPARED_ENCODER

    def make_private(self) -> None:
        """Keep what is written at run time from other users of the machine: folders 0700, files 0600."""
        os.umask(0o077)
        self.var_dir.mkdir(parents=True, exist_ok=True)
        for folder, _, files in os.walk(self.var_dir):
            with contextlib.suppress(OSError):  # somebody else's, or removed meanwhile
                os.chmod(folder, 0o700)
            for name in files:
                with contextlib.suppress(OSError):
                    os.chmod(Path(folder, name), 0o600, follow_symlinks=False)

    @staticmethod
    def refuse_short_secrets() -> None:
        """Check at a start what somebody has chosen for a secret.

        Raises:
            SettingsError: one is too short.
        """
        for name in SECRETS:
            variable = f"{name.upper()}_SECRET"
            if 0 < len(os.environ.get(variable, "")) < SHORTEST_SECRET:
                raise SettingsError(
                    f"{variable} is too short to be a secret: at least {SHORTEST_SECRET} characters, for instance from"
                    " `openssl rand -base64 32`. Or remove the line: then one is made."
                )

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
        if found := path.read_text().strip():
            return found
        raise SettingsError(
            f"{path} is empty, perhaps since the disk was full. Put the secret back from a backup, or remove the file: "
            "then a new one is made, and what the old one signed ends."
        )


def environment_of(*names: str) -> dict[str, str]:
    """Those of these variables that are set: the environment of a process that is to know no settings or secrets."""
    return {name: os.environ[name] for name in names if name in os.environ}


def tell_library(variable: str, value: str) -> None:
    """Set what a library reads from the environment and can be told in no other way."""
    os.environ[variable] = value


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this very machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _listed(value: str) -> list[str]:
    return value.replace(",", " ").split()


def _is_site(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _web_address(url: str) -> str:
    if not _is_site(url):
        raise ValueError(f"{url} is no web address; write scheme and host: https://help.example.com")
    return url.rstrip("/")


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


# What a training tells the processes it starts: the folder in which parts are kept. It is no setting.
TRAINED_PARTS = "TRAINED_PARTS"


def trained_parts_folder() -> Path | None:
    """Where this process keeps what it has learnt; None outside of a training."""
    named = os.environ.get(TRAINED_PARTS)
    return Path(named) if named else None
