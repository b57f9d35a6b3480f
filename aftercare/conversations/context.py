"""The parts of one desk, which its channels and its staff's pages share."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Engine

from aftercare.base.networks import Networks
from aftercare.base.settings import Settings
from aftercare.conversations.hub import Hub
from aftercare.conversations.limits import Places, Rate
from aftercare.conversations.origins import OriginHashes
from aftercare.conversations.pictures import PictureDesk
from aftercare.conversations.rasa_client import RasaClient
from aftercare.conversations.store import Store
from aftercare.conversations.store_runner import StoreRunner
from aftercare.conversations.tokens import Tokens
from aftercare.conversations.turns import Turns
from aftercare.conversations.worker import Worker
from aftercare.orders.outbox import Outbox


@dataclass(frozen=True)
class Limits:
    """The limits of the APIs; rates are per minute."""

    text: int = 1000  # characters of a message
    body: int = 128 * 1024  # bytes of a JSON request: 10,000 escaped characters still get a proper answer
    picture: int = 5 * 1024 * 1024  # bytes of an upload
    request_seconds: float = 15.0  # for a request's body to arrive
    upload_seconds: float = 60.0
    heartbeat_seconds: float = 15.0
    notice_seconds: float = 2.0  # after which a stream whose reader is gone gives its place back
    write_seconds: float = 20.0  # for a stream's reader to take what was sent
    streams_per_conversation: int = 6
    streams_per_address: int = 500
    # of pictures: as kept, in bytes; per address, how many
    pictures_of_conversation: int = 20 * 1024 * 1024
    pictures_of_everybody: int = 4 * 1024 * 1024 * 1024
    pictures_per_minute: float = 10.0
    pictures_at_once: float = 40.0
    api_per_minute: float = 240.0  # of one key of the staff API


@dataclass(frozen=True)
class Desk:
    """The parts of a running desk."""

    settings: Settings
    limits: Limits
    store: Store
    worker: Worker
    runner: StoreRunner
    orders: Engine
    orders_worker: Worker
    outbox: Outbox
    hub: Hub
    rasa: RasaClient
    turns: Turns
    tokens: Tokens
    message_rate: Rate
    address_rate: Rate
    pictures: PictureDesk
    picture_rate: Rate
    conversation_streams: Places
    address_streams: Places
    trusted_proxies: Networks
    origins: OriginHashes
