"""Puts the desk together: databases, Rasa client, chat API, Telegram, staff pages.

`python -m aftercare.run.desk` serves it on DESK_HOST and DESK_PORT.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvloop
from aiohttp import web
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base import logs
from aftercare.base.database import open_engine
from aftercare.base.networks import Networks
from aftercare.base.responses import all_responses
from aftercare.base.settings import Settings, SettingsError
from aftercare.base.settings import settings as current_settings
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.connectors.checkouts import checkout_worker
from aftercare.connectors.esim_rest import esim_provider
from aftercare.connectors.esims import EsimWorker
from aftercare.connectors.mail_smtp import configured_mailer
from aftercare.connectors.order_pull import OrderPuller, order_source
from aftercare.connectors.payments import PayoutWorker, payment_provider
from aftercare.connectors.ports import ConnectorError
from aftercare.connectors.webhooks_out import webhook_sender
from aftercare.conversations import order_messages, payout_messages
from aftercare.conversations.context import Desk, Limits
from aftercare.conversations.hub import Hub
from aftercare.conversations.limits import Places, Rate
from aftercare.conversations.news import News
from aftercare.conversations.origins import OriginHashes
from aftercare.conversations.outgoing import ConversationEvents, stop_announcing
from aftercare.conversations.owner import Owner, desk_name
from aftercare.conversations.pictures import PictureDesk
from aftercare.conversations.rasa_client import RasaClient
from aftercare.conversations.reminders import Reminders
from aftercare.conversations.store import Store
from aftercare.conversations.store_runner import StoreRunner
from aftercare.conversations.tokens import Tokens
from aftercare.conversations.turns import TurnPolicy, Turns
from aftercare.conversations.worker import Worker
from aftercare.orders import payouts
from aftercare.orders.order_messages import ORDER_MESSAGE
from aftercare.orders.outbox import Outbox
from aftercare.orders.support_hours import load_support_hours
from aftercare.run.chat_mails import ChatMails
from aftercare.run.mail_worker import MailWorker
from aftercare.run.migrations.schema import migrate
from aftercare.screenshots.reader import ReaderLimits, ScreenshotReader
from aftercare.screenshots.signs import screen_signs
from aftercare.staff import routes as staff
from aftercare.staff.access.sessions import StaffOnDuty
from aftercare.staff.guard import guard
from aftercare.staff.teaching import model_server
from aftercare.telegram.routes import add_telegram
from aftercare.web import health, media, orders_api, pages, pay, payment_hooks, widget
from aftercare.web.chat.routes import add_routes
from aftercare.web.connections import KEPT_FREE, Connections, note_request, raise_descriptor_limit, serve
from aftercare.web.context import DESK
from aftercare.web.errors import errors_as_json
from aftercare.web.security import ORIGINS, Origins, add_headers, check_origin

log = logging.getLogger(__name__)

# seconds an idle connection, or one that is still sending its headers, is kept
KEEPALIVE = 30.0


def create_app(settings: Settings, limits: Limits | None = None, policy: TurnPolicy | None = None) -> web.Application:
    """The desk as an aiohttp application; its databases are opened and migrated when it starts."""
    limits = limits or Limits()
    app = web.Application(middlewares=[note_request, errors_as_json, check_origin, guard], client_max_size=limits.body)
    app[ORIGINS] = Origins(settings)
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.Readiness().ready)
    media.add_routes(app)  # before the chat API, whose pictures are under /media as well
    add_routes(app)
    pages.add_routes(app)
    widget.add_routes(app)
    staff.add_routes(app)
    model_server.add_routes(app)
    orders_api.add_routes(app, settings)
    payment_hooks.add_routes(app)
    pay.add_routes(app)
    app.cleanup_ctx.append(partial(_run_desk, settings, limits, policy))
    add_telegram(app, settings)
    app.on_shutdown.append(_close_streams)
    return app


async def _run_desk(
    settings: Settings, limits: Limits, policy: TurnPolicy | None, app: web.Application
) -> AsyncIterator[None]:
    # first of all: what is configured wrongly ends the start before anything runs
    provider, issuer, mailer = payment_provider(settings), esim_provider(settings), configured_mailer(settings)
    source, sender = order_source(settings), webhook_sender(settings)
    name = desk_name()
    database = open_engine(settings.desk_database_url, settings.database_timeout, name)
    orders = open_engine(settings.orders_database_url, settings.database_timeout)
    all_responses()  # read before a traveller waits for it
    load_support_hours()
    store = Store(database, StaffOnDuty(settings), Owner(database, name))
    worker, orders_worker, hub = Worker(database), Worker(orders), Hub()
    news = News(database, name, hub)
    await worker.run(migrate, database)
    origins = OriginHashes(settings.secret("chat_token"))
    rasa = RasaClient(settings.rasa_urls, settings.secret("engine"), settings.engine_timeout, origins)
    runner, outbox = StoreRunner(store, worker), Outbox(orders)
    screenshots = _screenshot_reader(settings)
    turns = Turns(store, worker, runner, hub, rasa, policy or TurnPolicy(), settings.remind_after, screenshots)
    reminders = Reminders(store, worker, hub, rasa, settings.remind_after)
    app[DESK] = Desk(
        settings=settings,
        limits=limits,
        store=store,
        worker=worker,
        runner=runner,
        orders=orders,
        orders_worker=orders_worker,
        outbox=outbox,
        hub=hub,
        rasa=rasa,
        turns=turns,
        tokens=Tokens(settings.secret("chat_token"), settings.chat_lifetime),
        message_rate=Rate(settings.chat_rate, burst=settings.chat_rate / 2),
        address_rate=Rate(settings.address_rate, burst=settings.address_rate / 2),
        pictures=PictureDesk(),
        picture_rate=Rate(limits.pictures_per_minute, burst=limits.pictures_at_once),
        conversation_streams=Places(limits.streams_per_conversation),
        address_streams=Places(limits.streams_per_address),
        trusted_proxies=Networks(settings.trusted_networks),
        origins=origins,
    )
    await turns.start()
    reminders.start()
    outbox.register(payouts.PAYOUT_MESSAGE, partial(payout_messages.tell, app[DESK]))
    outbox.register(ORDER_MESSAGE, partial(order_messages.tell, app[DESK]))
    if provider is not None:
        app[payment_hooks.PAYOUTS] = PayoutWorker(orders, provider)
        app[payment_hooks.PAYOUTS].register(outbox)
    conversation_events = None
    if sender is not None:
        sender.register(outbox)
        conversation_events = ConversationEvents(app[DESK])
        conversation_events.start()
    else:
        await asyncio.to_thread(stop_announcing, orders)
    if issuer is not None:
        EsimWorker(orders, issuer).register(outbox)
    checkouts = checkout_worker(orders, provider, issuer)
    if checkouts is not None:
        app[pay.CHECKOUTS] = checkouts
        checkouts.register(outbox)
    if mailer is not None:
        mail_worker = MailWorker(orders, mailer)
        mail_worker.register(outbox)
        ChatMails(app[DESK], mail_worker).register(outbox)
    outbox.start()
    puller = OrderPuller(orders, source, settings.orders_pull_every) if source else None
    if source is not None:
        app[orders_api.READ_FROM] = source.name
    if puller is not None:
        puller.start()
    news.start()
    yield
    await news.stop()
    if puller is not None:
        await puller.stop()
    if conversation_events is not None:
        await conversation_events.stop()
    await outbox.stop()
    await reminders.stop()
    await turns.stop()
    if screenshots is not None:
        await screenshots.close()
    await rasa.close()
    worker.close()
    orders_worker.close()
    runner.close()
    database.dispose()
    orders.dispose()


def _screenshot_reader(settings: Settings) -> ScreenshotReader | None:
    """What reads travellers' pictures; None when that is switched off. Its process starts with the first picture."""
    if not settings.screenshots:
        return None
    screen_signs()  # a fault in data/screenshots.yml is told now
    return ScreenshotReader(
        ReaderLimits(
            megabytes=settings.screenshot_memory,
            picture_seconds=settings.screenshot_seconds,
            idle_seconds=settings.screenshot_idle,
        )
    )


async def _close_streams(app: web.Application) -> None:
    app[DESK].hub.close()


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Access lines are not logged: addresses of pictures are secrets, and the proxy in front logs requests anyway.
    """
    settings.refuse_short_secrets()
    settings.make_private()
    logs.set_up(settings.log_level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # a traceback for every scanner's broken request; what goes wrong in our own handlers is logged in errors.py
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    Path(settings.var_dir).mkdir(parents=True, exist_ok=True)
    # an answer on its way must not wait 5 ms for a thread that indexes conversations
    sys.setswitchinterval(0.0005)
    app = create_app(settings)
    log.info("Desk on http://%s:%s", settings.bind_host, settings.desk_port)
    descriptors = raise_descriptor_limit()
    connections = Connections(Networks(settings.trusted_networks), descriptors - KEPT_FREE)
    with suppress(KeyboardInterrupt, web.GracefulExit):
        uvloop.run(serve(app, settings.bind_host, settings.desk_port, connections, KEEPALIVE))


def main() -> None:
    """Serve; what the operator can put right is said in one line."""
    try:
        run(current_settings())
    except (SettingsError, CatalogueError, ConnectorError) as error:
        sys.exit(str(error))
    except SQLAlchemyError as error:
        database = make_url(current_settings().desk_database_url).render_as_string(hide_password=True)
        sys.exit(f"The desk cannot use its database {database} (DESK_DATABASE_URL): {type(error).__name__}")
    except OSError as error:
        sys.exit(
            f"The desk cannot listen on {current_settings().bind_host}:{current_settings().desk_port}: {error.strerror}"
        )


if __name__ == "__main__":
    main()
