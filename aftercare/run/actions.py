"""Runs the action server on this machine only, for callers that have its secret: Rasa."""

from __future__ import annotations

import hmac
import logging
from typing import Any

from rasa_sdk.endpoint import create_app
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions.base import NotNow
from aftercare.base import logs
from aftercare.base.launched import launch_header
from aftercare.base.settings import Settings, settings
from aftercare.run.endpoints import ACTIONS_SECRET_HEADER
from aftercare.run.quiet import quiet_web_server

log = logging.getLogger(__name__)
_OPEN = ("/health",)


def guarded_app(secret: str) -> Sanic[Any, Any]:
    """rasa_sdk's application with our actions, closed to whoever lacks the secret."""
    app: Sanic[Any, Any] = create_app("actions", cors_origins=None)
    expected = secret.encode()

    @app.on_request
    async def closed(request: Request) -> HTTPResponse | None:
        given = request.headers.get(ACTIONS_SECRET_HEADER, "").encode("utf-8", "replace")
        if request.path in _OPEN or hmac.compare_digest(given, expected):
            return None
        return json({"error": f"wrong or missing {ACTIONS_SECRET_HEADER}"}, 401)

    @app.exception(NotNow)
    async def later(_request: Request, _error: NotNow) -> HTTPResponse:
        return json({"error": "the order database is away; send the turn again"}, 503)

    @app.on_response  # type: ignore[untyped-decorator]
    async def named(_request: Request, answer: HTTPResponse) -> None:
        answer.headers.update(launch_header())

    return app


def run(s: Settings) -> None:
    """Serve until interrupted."""
    s.refuse_short_secrets()
    s.make_private()
    logs.set_up(s.log_level)
    quiet_web_server()
    app = guarded_app(s.secret("actions"))
    log.info("Actions on http://127.0.0.1:%s", s.actions_port)
    app.run("127.0.0.1", s.actions_port, access_log=False, motd=False)


def main() -> None:
    """Serve with the settings of the environment."""
    run(settings())


if __name__ == "__main__":
    main()
