"""Puts the desk together: databases, Rasa client, chat API, Telegram, staff pages.

`python -m aftercare.run.desk` serves it on DESK_HOST and DESK_PORT.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import uvloop
from aiohttp import web
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import open_engine
from aftercare.base.responses import all_responses
from aftercare.base.settings import Settings, SettingsError
from aftercare.base.settings import settings as current_settings
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.conversations.context import Desk, Limits
from aftercare.conversations.hub import Hub
from aftercare.conversations.limits import Places, Rate
from aftercare.conversations.rasa_client import RasaClient
from aftercare.conversations.reminders import Reminders
from aftercare.conversations.store import Store
from aftercare.conversations.store_runner import StoreRunner
from aftercare.conversations.tokens import Tokens
from aftercare.conversations.turns import TurnPolicy, Turns
from aftercare.conversations.worker import Worker
from aftercare.orders.support_hours import load_support_hours
from aftercare.run.migrations.schema import migrate
from aftercare.staff import routes as staff
from aftercare.staff.access.sessions import StaffOnDuty
from aftercare.staff.guard import guard
from aftercare.staff.teaching import model_server
from aftercare.telegram.routes import add_telegram
from aftercare.web import health, media, pages, widget
from aftercare.web.chat.routes import add_routes
from aftercare.web.context import DESK
from aftercare.web.errors import errors_as_json
from aftercare.web.security import ORIGINS, Origins, add_headers, check_origin

log = logging.getLogger(__name__)

# seconds an idle connection, or one that is still sending its headers, is kept
KEEPALIVE = 30.0


def create_app(settings: Settings, limits: Limits | None = None, policy: TurnPolicy | None = None) -> web.Application:
    """The desk as an aiohttp application; its databases are opened and migrated when it starts."""
    limits = limits or Limits()
    app = web.Application(middlewares=[errors_as_json, check_origin, guard], client_max_size=limits.body)
    app[ORIGINS] = Origins(settings)
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)
    media.add_routes(app)  # before the chat API, whose pictures are under /media as well
    add_routes(app)
    pages.add_routes(app)
    widget.add_routes(app)
    staff.add_routes(app)
    model_server.add_routes(app)
    app.cleanup_ctx.append(partial(_run_desk, settings, limits, policy))
    add_telegram(app, settings)
    app.on_shutdown.append(_close_streams)
    return app


async def _run_desk(
    settings: Settings, limits: Limits, policy: TurnPolicy | None, app: web.Application
) -> AsyncIterator[None]:
    database = open_engine(settings.desk_database_url, settings.database_timeout)
    orders = open_engine(settings.orders_database_url, settings.database_timeout)
    all_responses()  # read before a traveller waits for it
    load_support_hours()
    store, worker, orders_worker, hub = Store(database, StaffOnDuty(settings)), Worker(database), Worker(orders), Hub()
    await worker.run(migrate, database)
    rasa = RasaClient(settings.rasa_url, settings.secret("engine"), settings.engine_timeout)
    runner = StoreRunner(store, worker)
    turns = Turns(store, worker, runner, hub, rasa, policy or TurnPolicy(), settings.remind_after)
    reminders = Reminders(store, worker, hub, rasa, settings.remind_after)
    app[DESK] = Desk(
        settings=settings,
        limits=limits,
        store=store,
        worker=worker,
        runner=runner,
        orders=orders,
        orders_worker=orders_worker,
        hub=hub,
        rasa=rasa,
        turns=turns,
        tokens=Tokens(settings.secret("chat_token"), settings.chat_lifetime),
        message_rate=Rate(settings.chat_rate, burst=settings.chat_rate / 2),
        address_rate=Rate(settings.address_rate, burst=settings.address_rate / 2),
        conversation_streams=Places(limits.streams_per_conversation),
        address_streams=Places(limits.streams_per_address),
        trusted_proxies=frozenset(settings.trusted_proxies.replace(",", " ").split()),
    )
    await turns.start()
    reminders.start()
    yield
    await reminders.stop()
    await turns.stop()
    await rasa.close()
    worker.close()
    orders_worker.close()
    runner.close()
    database.dispose()
    orders.dispose()


async def _close_streams(app: web.Application) -> None:
    app[DESK].hub.close()


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Access lines are not logged: addresses of pictures are secrets, and the proxy in front logs requests anyway.
    """
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # a traceback for every scanner's broken request; what goes wrong in our own handlers is logged in errors.py
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    Path(settings.var_dir).mkdir(parents=True, exist_ok=True)
    # an answer on its way must not wait 5 ms for a thread that indexes conversations
    sys.setswitchinterval(0.0005)
    app = create_app(settings)
    log.info("Desk on http://%s:%s", settings.bind_host, settings.desk_port)
    web.run_app(
        app,
        host=settings.bind_host,
        port=settings.desk_port,
        access_log=None,
        print=None,
        keepalive_timeout=KEEPALIVE,
        shutdown_timeout=3.0,
        loop=uvloop.new_event_loop(),
    )


def main() -> None:
    """Serve; what the operator can put right is said in one line."""
    try:
        run(current_settings())
    except (SettingsError, CatalogueError) as error:
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
