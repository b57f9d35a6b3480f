"""Every place where Rasa 3.6.21 or rasa_sdk 3.6.2 does not run with current libraries, and what it gets instead."""

from __future__ import annotations

from types import SimpleNamespace

from rasa_compat import changes, sql, stand_ins
from rasa_compat.loading import Adaptation, Reply

_PKG_RESOURCES = {"pkg_resources": Reply(stand_ins.PKG_RESOURCES)}
_NO_PKG_RESOURCES = "setuptools has no pkg_resources any more"
_ONE_PROCESS = "Sanic starts a new process for its worker, where Rasa's application does not exist"


def _channel(name: str, class_name: str, package: str, line: str) -> Adaptation:
    return Adaptation(
        module=f"rasa.core.channels.{name}",
        reason=f"Rasa imports every channel it knows at each start; {package} is not installed",
        lines=[line, f"class {class_name}(InputChannel):"],
        instead=changes.absent_channel(class_name, name, package),
        unless_installed=package,
    )


ADAPTATIONS = (
    Adaptation(
        module="rasa.shared.utils.validation",
        reason=f"packaging has no LegacyVersion any more; {_NO_PKG_RESOURCES}",
        lines=[
            "from packaging import version",
            "from packaging.version import LegacyVersion",
            "        parsed_version = version.parse(version_value)",
            "        if isinstance(parsed_version, LegacyVersion):",
            "    import pkg_resources",
        ],
        imports={
            "packaging.version": Reply(SimpleNamespace(LegacyVersion=stand_ins.LegacyVersion)),
            **_PKG_RESOURCES,
        },
        change=changes.parse_versions_leniently,
    ),
    Adaptation(
        module="rasa.engine.training.fingerprinting",
        reason=_NO_PKG_RESOURCES,
        lines=["import pkg_resources", "        package: pkg_resources.get_distribution("],
        imports=_PKG_RESOURCES,
    ),
    Adaptation(
        module="rasa.engine.recipes.default_recipe",
        reason=_NO_PKG_RESOURCES,
        lines=["        import pkg_resources"],
        imports=_PKG_RESOURCES,
    ),
    Adaptation(
        module="rasa.shared.core.training_data.visualization",
        reason=_NO_PKG_RESOURCES,
        lines=["    import pkg_resources"],
        imports=_PKG_RESOURCES,
    ),
    Adaptation(
        module="rasa.telemetry",
        reason=f"{_NO_PKG_RESOURCES}; sentry_sdk is not installed",
        lines=["    import pkg_resources", "def initialize_error_reporting() -> None:", "    import sentry_sdk"],
        imports=_PKG_RESOURCES,
        change=changes.leave_sentry_out,
    ),
    Adaptation(
        module="rasa.cli.scaffold",
        reason=f"Python has no distutils any more; {_NO_PKG_RESOURCES}",
        lines=[
            "def create_initial_project(path: Text) -> None:",
            "    from distutils.dir_util import copy_tree",
            "    import pkg_resources",
        ],
        imports=_PKG_RESOURCES,
        change=changes.copy_with_shutil,
    ),
    Adaptation(
        module="rasa.utils.common",
        reason="numpy 2 keeps VisibleDeprecationWarning in numpy.exceptions",
        lines=["import numpy as np", "        np.VisibleDeprecationWarning,"],
        imports={"numpy": Reply(stand_ins.Numpy())},
    ),
    Adaptation(
        module="rasa.engine.runner.dask",
        reason="current dask takes an input, a tuple of its own name and its value, for a cycle",
        lines=[
            "import dask",
            "            dask_result = dask.get(run_graph, run_targets)",
            "            graph[input_name] = (input_name, input_value)",
        ],
        imports={"dask": Reply(SimpleNamespace(get=stand_ins.run_graph))},
    ),
    Adaptation(
        module="rasa.utils.plotting",
        reason="only `rasa test` draws plots; matplotlib is not imported to serve, and need not be installed",
        lines=["import matplotlib", "from matplotlib.ticker import FormatStrFormatter"],
        imports={
            "matplotlib": Reply(stand_ins.MATPLOTLIB),
            "matplotlib.ticker": Reply(SimpleNamespace(FormatStrFormatter=stand_ins.FORMATTER)),
        },
    ),
    Adaptation(
        module="rasa.utils.tensorflow.model_data",
        reason="scikit-learn is for training; imported here, it would be part of every process that serves",
        lines=["from sklearn.model_selection import train_test_split"],
        imports={"sklearn.model_selection": Reply(SimpleNamespace(train_test_split=stand_ins.TRAIN_TEST_SPLIT))},
    ),
    Adaptation(
        module="rasa.utils.log_utils",
        reason="structlog_sentry is not installed",
        lines=["from structlog_sentry import SentryProcessor", "        SentryProcessor(event_level=logging.FATAL),"],
        imports={
            "structlog_sentry": Reply(
                SimpleNamespace(SentryProcessor=stand_ins.SentryProcessor), unless_installed="structlog_sentry"
            )
        },
    ),
    Adaptation(
        module="rasa.core.tracker_store",
        reason="boto3 and pymongo are not installed; SQLAlchemy 2.0 refuses three forms of 1.4",
        lines=[
            "from boto3.dynamodb.conditions import Key",
            "from pymongo.collection import Collection",
            "        from botocore.exceptions import BotoCoreError",
            "        import pymongo.errors",
            "            pymongo.errors.ConnectionFailure,",
            "            pymongo.errors.OperationFailure,",
            '            sa.select([(sa.text("schema_name"))])',
            "        return sa.engine.url.URL(",
            "        engine_url = sa.engine.url.URL(",
            '                conn.execute(f"CREATE DATABASE {database_name}")',
        ],
        imports={
            "boto3.dynamodb.conditions": Reply(SimpleNamespace(Key=None), unless_installed="boto3"),
            "botocore.exceptions": Reply(
                SimpleNamespace(BotoCoreError=stand_ins.Unavailable), unless_installed="botocore"
            ),
            "pymongo.collection": Reply(SimpleNamespace(Collection=None), unless_installed="pymongo"),
            "pymongo.errors": Reply(stand_ins.PYMONGO_ERRORS, unless_installed="pymongo"),
        },
        change=sql.speak_sqlalchemy_2,
    ),
    Adaptation(
        module="rasa.nlu.test",
        reason="scikit-learn refuses a confusion matrix of nothing",
        lines=[
            "def _calculate_report(",
            "    confusion_matrix = sklearn.metrics.confusion_matrix(targets, predictions)",
        ],
        change=changes.report_without_results,
    ),
    Adaptation(
        module="rasa.server",
        reason=_ONE_PROCESS,
        lines=["from sanic import Sanic, response", '    app = Sanic("rasa_server")'],
        change=changes.one_process,
    ),
    Adaptation(
        module="rasa.core.run",
        reason=_ONE_PROCESS,
        lines=["from sanic import Sanic", '    app = Sanic("rasa_core_no_api", configure_logging=False)'],
        change=changes.one_process,
    ),
    Adaptation(
        module="rasa.core.training.interactive",
        reason=_ONE_PROCESS,
        lines=["from sanic import Sanic, response", '    app = Sanic("rasa_interactive")'],
        change=changes.one_process,
    ),
    Adaptation(
        module="rasa.core.channels.rest",
        reason="Sanic has no response.stream any more",
        lines=[
            "from sanic import Blueprint, response",
            "from sanic.response import HTTPResponse, ResponseStream",
            "                return response.stream(",
        ],
        change=changes.stream_again,
    ),
    Adaptation(
        module="rasa_sdk.endpoint",
        reason=_ONE_PROCESS,
        lines=["from sanic import Sanic, response", '    app = Sanic("rasa_sdk", configure_logging=False)'],
        change=changes.one_process,
    ),
    _channel("facebook", "FacebookInput", "fbmessenger", "from fbmessenger import MessengerClient"),
    _channel("hangouts", "HangoutsInput", "cachecontrol", "import cachecontrol"),
    _channel("slack", "SlackInput", "slack_sdk", "from slack_sdk.web.async_client import AsyncWebClient"),
    _channel("socketio", "SocketIOInput", "socketio", "from socketio import AsyncServer"),
    _channel("telegram", "TelegramInput", "aiogram", "from aiogram import Bot"),
    _channel("twilio", "TwilioInput", "twilio", "from twilio.rest import Client"),
    _channel(
        "twilio_voice", "TwilioVoiceInput", "twilio", "from twilio.twiml.voice_response import VoiceResponse, Gather"
    ),
    _channel("webexteams", "WebexTeamsInput", "webexteamssdk", "from webexteamssdk import WebexTeamsAPI, Webhook"),
)
