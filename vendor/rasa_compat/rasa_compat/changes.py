"""Names of Rasa's modules that are replaced after loading; `adaptations` says where and why."""

from __future__ import annotations

import logging
import shutil
from types import ModuleType, SimpleNamespace
from typing import Any

from rasa_compat.loading import installed
from rasa_compat.stand_ins import parse_version

logger = logging.getLogger(__name__)


def parse_versions_leniently(validation: ModuleType) -> None:
    """Only a warning about a data file's unreadable version, as before."""
    validation.version = SimpleNamespace(parse=parse_version)  # type: ignore[attr-defined]


def leave_sentry_out(telemetry: ModuleType) -> None:
    """No error reports where the SDK that would send them is absent."""
    if not installed("sentry_sdk"):
        telemetry.initialize_error_reporting = lambda: None  # type: ignore[attr-defined]


def one_process(module: ModuleType) -> None:
    """A Sanic that serves in this process.

    Since release 22.9 Sanic starts even a single worker as a new process, which imports the program again and finds no
    application there: Rasa makes it inside a function. Forks find it, but do not always end with their parent.
    """
    stock = module.Sanic

    class Sanic(stock):  # type: ignore[misc, valid-type]
        """Sanic whose `run` needs no application at module level."""

        def run(self, *args: Any, workers: int = 1, **more: Any) -> None:
            """Serve until stopped."""
            if workers > 1:
                logger.warning("SANIC_WORKERS=%s: one worker serves; start several servers instead.", workers)
            super().run(*args, single_process=True, **more)

    module.Sanic = Sanic  # type: ignore[attr-defined]


def stream_again(rest: ModuleType) -> None:
    """`response.stream`, which Sanic replaced with a class in release 22.6; `rasa shell` asks for its answers so."""
    named = {**vars(rest.response), "stream": rest.ResponseStream}
    rest.response = SimpleNamespace(**named)  # type: ignore[attr-defined]


def report_without_results(test: ModuleType) -> None:
    """A report of an evaluation with nothing to evaluate; scikit-learn refuses an empty confusion matrix."""
    import numpy as np

    stock = test._calculate_report

    def _calculate_report(
        output_directory: Any, targets: Any, predictions: Any, report_as_dict: Any = None, exclude_label: Any = None
    ) -> Any:
        targets, predictions = list(targets), list(predictions)
        if not targets:
            return {}, 0.0, 0.0, 0.0, np.zeros((0, 0), int), []
        return stock(output_directory, targets, predictions, report_as_dict, exclude_label)

    test._calculate_report = _calculate_report  # type: ignore[attr-defined]


def copy_with_shutil(scaffold: ModuleType) -> None:
    """`rasa init` without distutils, which Python 3.12 has no more."""

    def create_initial_project(path: str) -> None:
        shutil.copytree(scaffold.scaffold_path(), path, dirs_exist_ok=True)

    scaffold.create_initial_project = create_initial_project  # type: ignore[attr-defined]


def absent_channel(class_name: str, channel: str, package: str) -> Any:
    """A module with an input channel that can be named but not configured."""

    def fill(module: ModuleType) -> None:
        from rasa.core.channels.channel import InputChannel
        from rasa.shared.exceptions import RasaException

        def from_credentials(cls: type, credentials: Any) -> Any:
            raise RasaException(f"The channel '{channel}' needs the package '{package}', which is not installed.")

        body = {
            "__doc__": f"Rasa's channel {channel}, whose package is not installed.",
            "__module__": module.__name__,
            "name": classmethod(lambda cls: channel),
            "from_credentials": classmethod(from_credentials),
        }
        setattr(module, class_name, type(class_name, (InputChannel,), body))

    return fill
