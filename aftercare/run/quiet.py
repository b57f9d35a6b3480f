"""What Rasa's and the action server's logs leave out: notices that only authors of their libraries can act on."""

from __future__ import annotations

import logging

from aftercare.base.settings import tell_library

# each action by name, and the banner of the web server
_NOISE = ("rasa_sdk.executor", "sanic.root", "sanic.server")


def quiet_web_server() -> None:
    """Log only warnings of the web server, and none about names it will drop in a later version.

    Call it before the application is made: Sanic sets its loggers and its filter of warnings then.
    """
    from sanic.log import LOGGING_CONFIG_DEFAULTS  # slow to import

    tell_library("SANIC_DEPRECATION_FILTER", "ignore")
    for logger in LOGGING_CONFIG_DEFAULTS["loggers"].values():
        logger["level"] = "WARNING"
    for name in _NOISE:
        logging.getLogger(name).setLevel(logging.WARNING)
