"""Each adaptation does what Rasa relied on, where current libraries do not."""

from __future__ import annotations

import json
import logging
import warnings
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import rasa
import rasa.cli.scaffold
import rasa.core.channels
import rasa.core.channels.rest
import rasa.core.run
import rasa.core.tracker_store
import rasa.core.training.interactive
import rasa.engine.recipes.default_recipe
import rasa.engine.runner.dask
import rasa.engine.training.fingerprinting
import rasa.nlu.test
import rasa.server
import rasa.shared.core.training_data.visualization
import rasa.shared.utils.validation
import rasa.telemetry
import rasa.utils.common
import rasa.utils.log_utils
import rasa.utils.plotting
import rasa.utils.tensorflow.model_data
import rasa_sdk.endpoint
import sqlalchemy as sa
from rasa.core.brokers.sql import SQLEventBroker
from rasa.core.run import create_http_input_channels
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import ConnectionException, RasaException
from rasa.shared.utils.validation import YamlValidationException
from rasa.utils.endpoints import EndpointConfig
from rasa_compat import stand_ins
from rasa_compat.adaptations import ADAPTATIONS
from rasa_compat.stand_ins import run_graph

CHANNELS = [each.module.rpartition(".")[2] for each in ADAPTATIONS if each.instead]


class TestVersionsOfDataFiles:
    """packaging: `rasa.shared.utils.validation`."""

    @staticmethod
    def readable(given: object) -> bool:
        return rasa.shared.utils.validation.validate_training_data_format_version({"version": given}, "nlu.yml")

    def test_todays_is_read(self) -> None:
        assert self.readable("3.1")

    def test_a_newer_one_is_skipped(self) -> None:
        with pytest.warns(UserWarning, match="greater format version"):
            assert not self.readable("9.0")

    @pytest.mark.parametrize("given", ["three", 3.1], ids=["no version", "a number"])
    def test_an_unreadable_one_only_warns(self, given: object) -> None:
        with pytest.warns(UserWarning, match="must specify 'version' as string"):
            assert self.readable(given)


class TestFilesAndVersionsOfPackages:
    """pkg_resources, in six modules."""

    def test_a_schema_is_found(self) -> None:
        schema = "shared/nlu/training_data/schemas/nlu.yml"
        rasa.shared.utils.validation.validate_yaml_schema('version: "3.1"\nnlu: []\n', schema)
        with pytest.raises(YamlValidationException):
            rasa.shared.utils.validation.validate_yaml_schema("nlu: 5\n", schema)

    def test_the_default_configuration_is_found(self) -> None:
        recipe = rasa.engine.recipes.default_recipe.DefaultV1Recipe
        assert recipe.complete_config({}, {"policies"})["policies"]

    def test_the_template_of_a_graph_is_found(self) -> None:
        assert Path(rasa.shared.core.training_data.visualization.visualization_html_path()).is_file()

    def test_the_keys_of_telemetry_are_looked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("RASA_TELEMETRY_WRITE_KEY", raising=False)
        assert isinstance(rasa.telemetry.telemetry_write_key(), str | None)

    def test_a_component_s_requirements_are_part_of_its_fingerprint(self) -> None:
        key = rasa.engine.training.fingerprinting.calculate_fingerprint_key
        assert CountVectorsFeaturizer.required_packages() == ["sklearn"]
        assert key(CountVectorsFeaturizer, {}, {}) == key(CountVectorsFeaturizer, {}, {})
        assert key(FallbackClassifier, {}, {}) != key(CountVectorsFeaturizer, {}, {})
        assert stand_ins.get_distribution("scikit_learn").version == version("scikit-learn")


def test_a_new_project_is_laid_out(tmp_path: Path) -> None:
    """distutils: `rasa.cli.scaffold`."""
    rasa.cli.scaffold.create_initial_project(str(tmp_path))
    assert (tmp_path / "domain.yml").is_file()
    assert (tmp_path / "actions/actions.py").is_file()


def test_numpy_s_warning_about_ragged_sequences_is_expected() -> None:
    """numpy: `rasa.utils.common`."""
    import numpy as np

    expected = [kind for kind, _ in rasa.utils.common.EXPECTED_WARNINGS]
    assert np.exceptions.VisibleDeprecationWarning in expected
    assert all(issubclass(kind, Warning) for kind in expected)


class TestGraph:
    """dask: `rasa.engine.runner.dask`."""

    def test_nodes_run_once_each_after_what_they_need(self) -> None:
        ran: list[str] = []

        def node(name: str) -> Any:
            def work(*needs: tuple[str, str]) -> tuple[str, str]:
                ran.append(name)
                return name, f"{name}({','.join(value for _, value in needs)})"

            return work

        graph = {"c": (node("c"), "a", "b"), "b": (node("b"), "a"), "a": (node("a"), "in"), "in": ("in", "text")}
        assert dict(run_graph(graph, ["c", "b"])) == {"c": "c(a(text),b(a(text)))", "b": "b(a(text))"}
        assert ran == ["a", "b", "c"]

    def test_an_input_may_be_of_any_kind(self) -> None:
        graph = {"first": (lambda given: ("first", given[1]), "messages"), "messages": ("messages", [("a", 1)])}
        assert run_graph(graph, ["first"]) == [("first", [("a", 1)])]

    def test_rasa_runs_it(self) -> None:
        assert rasa.engine.runner.dask.dask.get is run_graph


def test_matplotlib_is_imported_by_who_draws_and_not_before() -> None:
    """matplotlib: `rasa.utils.plotting`."""
    assert isinstance(rasa.utils.plotting.matplotlib, stand_ins.Deferred)
    assert rasa.utils.plotting.matplotlib.get_backend()
    assert rasa.utils.plotting.FormatStrFormatter("%.1f")(0.25, 0) == "0.2"


def test_scikit_learn_splits_when_somebody_trains() -> None:
    """scikit-learn: `rasa.utils.tensorflow.model_data`."""
    assert len(rasa.utils.tensorflow.model_data.train_test_split([1, 2, 3, 4])) == 2


def test_an_absent_package_is_named_with_the_way_to_install_it() -> None:
    absent = stand_ins.Deferred("no_such_package", install="`uv add no-such-package`")
    with pytest.raises(ModuleNotFoundError, match=r"no_such_package.*uv add"):
        absent.anything  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match=r"no_such_package.*uv add"):
        absent()


def test_nothing_is_told_to_sentry() -> None:
    """sentry: `rasa.utils.log_utils`, `rasa.telemetry`."""
    step = rasa.utils.log_utils.SentryProcessor(event_level=logging.FATAL)
    assert step(None, "error", {"event": "x"}) == {"event": "x"}
    assert rasa.telemetry.initialize_error_reporting() is None


class TestSqlTrackerStore:
    """boto3, pymongo, SQLAlchemy: `rasa.core.tracker_store`."""

    async def test_the_stock_store_keeps_a_conversation(self, tmp_path: Path) -> None:
        store = SQLTrackerStore(db=str(tmp_path / "tracker.db"))
        await store.save(DialogueStateTracker.from_events("me", [UserUttered("hello")]))
        found = await store.retrieve("me")
        assert found is not None
        assert [event.text for event in found.events if isinstance(event, UserUttered)] == ["hello"]
        assert list(await store.keys()) == ["me"]

    async def test_the_stock_broker_keeps_events(self, tmp_path: Path) -> None:
        broker = SQLEventBroker(db=str(tmp_path / "events.db"))
        broker.publish({"sender_id": "me", "event": "user"})
        with broker.session_scope() as session:
            (kept,) = session.query(broker.SQLBrokerEvent).all()
            assert json.loads(kept.data)["event"] == "user"

    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ({"db": "a.db"}, "sqlite:///a.db"),
            ({"host": "postgresql://me@there/x"}, "postgresql://me@there/x"),
            (
                {"dialect": "postgresql", "host": "there:5433", "db": "x", "username": "me", "password": "p@"},
                "postgresql://me:p%40@there:5433/x",
            ),
            (
                {"dialect": "postgresql", "host": "there", "port": 1, "db": "x", "login_db": "y", "query": {"a": "b"}},
                "postgresql://there:1/y?a=b",
            ),
        ],
        ids=["file", "url", "port in the host", "login_db"],
    )
    def test_a_database_is_found_by_its_parts(self, given: dict[str, Any], url: str) -> None:
        made = sa.make_url(SQLTrackerStore.get_db_url(**given))
        assert made.render_as_string(hide_password=False) == url

    def test_a_database_is_made_once(self) -> None:
        told: list[str] = []

        class Connection:
            rows: ClassVar[list[tuple[int]]] = []

            def __enter__(self) -> Connection:
                return self

            def __exit__(self, *_error: object) -> None:
                pass

            def execution_options(self, **_options: str) -> Connection:
                return self

            def execute(self, statement: object, _parameters: object = None) -> SimpleNamespace:
                told.append(str(statement))
                return SimpleNamespace(first=lambda: self.rows and self.rows[0])

        engine = SimpleNamespace(connect=Connection)
        SQLTrackerStore._create_database(engine, "rasa")
        assert told[1:] == ["CREATE DATABASE rasa"]
        Connection.rows = [(1,)]
        SQLTrackerStore._create_database(engine, "rasa")
        assert len(told) == 3

    def test_a_schema_that_is_not_there_is_missed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [False]
        session = SimpleNamespace(
            get_bind=lambda: SimpleNamespace(url=sa.make_url("postgresql://there/x")),
            execute=lambda _statement, parameters: SimpleNamespace(scalar=lambda: found[0]),
        )
        rasa.core.tracker_store.ensure_schema_exists(session)  # none is asked for
        monkeypatch.setenv("POSTGRESQL_SCHEMA", "ours")
        with pytest.raises(ValueError, match="ours"):
            rasa.core.tracker_store.ensure_schema_exists(session)
        found[0] = True
        rasa.core.tracker_store.ensure_schema_exists(session)

    def test_a_database_that_is_away_is_reported_without_pymongo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_arguments: object) -> None:
            raise ConnectionError("nobody there")

        monkeypatch.setattr(rasa.core.tracker_store, "create_tracker_store", away)
        with pytest.raises(ConnectionException, match="nobody there"):
            TrackerStore.create(EndpointConfig(type="sql"))


def test_a_report_of_nothing_is_empty() -> None:
    """scikit-learn: `rasa.nlu.test`."""
    report, precision, f1, accuracy, matrix, labels = rasa.nlu.test._calculate_report(None, [], [], True)
    assert (report, precision, f1, accuracy, labels) == ({}, 0.0, 0.0, 0.0, [])
    assert matrix.size == 0


def test_a_report_of_something_is_rasa_s_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report, _, _, accuracy, matrix, labels = rasa.nlu.test._calculate_report(
            None, ["a", "b", "b"], ["a", "b", "a"], True
        )
    assert accuracy == pytest.approx(2 / 3)
    assert matrix.tolist() == [[1, 0], [1, 1]]
    assert list(labels) == ["a", "b"]
    assert report["b"]["confused_with"] == {"a": 1}


@pytest.mark.parametrize(
    "module",
    [rasa.server, rasa.core.run, rasa.core.training.interactive, rasa_sdk.endpoint],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize("workers", [1, 3])
def test_one_worker_serves_in_this_process(
    module: Any, workers: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Sanic: `rasa.server`, `rasa.core.run`, `rasa.core.training.interactive`, `rasa_sdk.endpoint`."""
    import sanic

    told: dict[str, Any] = {}
    monkeypatch.setattr(sanic.Sanic, "run", lambda _self, *_arguments, **more: told.update(more))
    module.Sanic(f"compat-{module.__name__.replace('.', '-')}-{workers}").run("127.0.0.1", 1, workers=workers)
    assert told == {"single_process": True}
    assert ("start several servers" in caplog.text) == (workers > 1)


def test_an_answer_can_be_streamed() -> None:
    """Sanic: `rasa.core.channels.rest`."""
    from sanic.response import ResponseStream, json

    async def say(stream: ResponseStream) -> None:
        await stream.write("hello")

    assert isinstance(rasa.core.channels.rest.response.stream(say, content_type="text/event-stream"), ResponseStream)
    assert rasa.core.channels.rest.response.json is json


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_whose_package_is_absent_can_be_named_but_not_used(name: str, tmp_path: Path) -> None:
    """SDKs of channels: `rasa.core.channels.*`."""
    assert rasa.core.channels.BUILTIN_CHANNELS[name].name() == name
    credentials = tmp_path / "credentials.yml"
    credentials.write_text(f"{name}: {{token: x}}\n", encoding="utf-8")
    with pytest.raises(RasaException, match=f"channel '{name}' needs the package"):
        create_http_input_channels(None, str(credentials))


def test_the_other_channels_are_rasa_s_own() -> None:
    own = {"cmdline", "mattermost", "rasa", "botframework", "rocketchat", "callback", "rest"}
    assert set(rasa.core.channels.BUILTIN_CHANNELS) == own | set(CHANNELS)
    assert len(CHANNELS) == 8
