"""Runs the private Rasa server; its API's token stays off the command line, which everybody on a machine can read."""

from __future__ import annotations

import sys

from aftercare.base.settings import MODELS, Settings, settings
from aftercare.run.endpoints import write_endpoints
from aftercare.training.model_in_use import current_model


def arguments(model: str, s: Settings) -> list[str]:
    """The arguments of `rasa` that serve `model` to this machine only."""
    return [
        "run",
        *("--interface", "127.0.0.1", "--port", str(s.rasa_port), "--model", model),
        *("--endpoints", str(write_endpoints(s)), "--credentials", "credentials.yml"),
        *("--enable-api", f"--auth-token={s.secret('rasa_api')}"),  # one word, as a secret may begin with a dash
    ]


if __name__ == "__main__":
    from rasa.__main__ import main  # slow to import

    from aftercare.rasa_components.patches import patch_model_pulling

    model = sys.argv[1] if len(sys.argv) > 1 else current_model()
    if model is None and settings().model_server_url:
        model = MODELS  # the server's is loaded instead
    if model is None:
        sys.exit("There is no model to serve. Train one with `aftercare train`.")
    sys.argv = ["rasa", *arguments(str(model), settings())]
    patch_model_pulling()
    main()
