"""Runs the private Rasa server; its API's token stays off the command line, which everybody on a machine can read."""

from __future__ import annotations

import socket
import sys
import time
from urllib.parse import urlsplit

from aftercare.base.logs import mask_records
from aftercare.base.memory import keep_giving_back
from aftercare.base.settings import MODELS, Settings, settings
from aftercare.run.endpoints import write_credentials, write_endpoints
from aftercare.run.quiet import quiet_web_server
from aftercare.training.model_in_use import usable_model

MODEL_SERVER_WITHIN = 60.0


def wait_for_model_server(url: str, seconds: float = MODEL_SERVER_WITHIN) -> bool:
    """Whether somebody listens at the model server's address by then.

    Rasa asks for its first model once and serves without one until it asks again; the desk, which usually has the
    models, may be starting at the same time.
    """
    address = urlsplit(url)
    port = address.port or (443 if address.scheme == "https" else 80)
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((address.hostname or "", port), timeout=2).close()
            return True
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)


def arguments(model: str, s: Settings) -> list[str]:
    """The arguments of `rasa` that serve `model` to this machine only."""
    return [
        "run",
        *("--interface", "127.0.0.1", "--port", str(s.rasa_port), "--model", model),
        *("--endpoints", str(write_endpoints(s)), "--credentials", str(write_credentials(s))),
        *("--enable-api", f"--auth-token={s.secret('rasa_api')}"),  # one word, as a secret may begin with a dash
    ]


def main(*words: str) -> None:
    """Serve the model that is named, else the one in use, until interrupted."""
    from rasa.__main__ import main as run_rasa  # slow to import

    from aftercare.rasa_components.patches import patch_model_pulling

    settings().refuse_short_secrets()

    settings().make_private()
    mask_records()
    model = words[0] if words else usable_model()
    if model is None and settings().model_server_url:
        model = MODELS  # the server's is loaded instead
    if model is None:
        sys.exit("There is no model to serve. Train one with `aftercare train`.")
    sys.argv = ["rasa", *arguments(str(model), settings())]
    patch_model_pulling()
    quiet_web_server()
    if settings().model_server_url:
        wait_for_model_server(settings().model_server_url)
    keep_giving_back()
    run_rasa()


if __name__ == "__main__":
    main(*sys.argv[1:])
