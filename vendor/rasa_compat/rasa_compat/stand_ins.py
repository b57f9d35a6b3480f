"""What Rasa's modules get for packages that are absent here, or that changed since Rasa was written."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import Distribution, distribution
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import packaging.version


class LegacyVersion:
    """A version string of no known form; packaging had this class until release 22."""

    def __init__(self, version: str) -> None:
        self.version = version


def parse_version(version: str) -> packaging.version.Version | LegacyVersion:
    """As `packaging.version.parse` did until release 22: what it cannot read is a legacy version.

    Raises:
        TypeError: `version` is no string.
    """
    try:
        return packaging.version.parse(version)
    except packaging.version.InvalidVersion:
        return LegacyVersion(version)


def resource_filename(package: str, name: str) -> str:
    """The path of a file beside `package`, which may be the name of a module, as in `pkg_resources`."""
    module = importlib.import_module(package)
    anchor = package if hasattr(module, "__path__") else package.rpartition(".")[0]
    return str(files(anchor) / name.lstrip("/"))


def get_distribution(name: str) -> Distribution:
    """An installed distribution, which has a `version`, as in `pkg_resources`.

    Raises:
        importlib.metadata.PackageNotFoundError: it is not installed.
    """
    return distribution(name)


PKG_RESOURCES = SimpleNamespace(resource_filename=resource_filename, get_distribution=get_distribution)


class Deferred:
    """A module, or an object of it, that is imported when it is used, and says how to install it when it is absent."""

    def __init__(self, module: str, name: str = "", install: str = "") -> None:
        self._module, self._name, self._install = module, name, install

    def _found(self) -> Any:
        try:
            found = importlib.import_module(self._module)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error}: {self._install}", name=error.name) from None
        return getattr(found, self._name) if self._name else found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._found(), name)

    def __call__(self, *args: Any, **more: Any) -> Any:
        return self._found()(*args, **more)


_PLOTS = "plots are drawn with matplotlib: `uv sync --group evaluation`"
MATPLOTLIB = Deferred("matplotlib", install=_PLOTS)
FORMATTER = Deferred("matplotlib.ticker", "FormatStrFormatter", install=_PLOTS)

TRAIN_TEST_SPLIT = Deferred("sklearn.model_selection", "train_test_split")


class Numpy:
    """What `rasa.utils.common` wants of numpy, found where numpy 2 has it."""

    @property
    def VisibleDeprecationWarning(self) -> type[Warning]:
        """The warning about ragged sequences."""
        from numpy.exceptions import VisibleDeprecationWarning

        return VisibleDeprecationWarning


class SentryProcessor:
    """A step of structlog's chain that sends nothing to Sentry."""

    def __init__(self, **_options: Any) -> None:
        pass

    def __call__(self, _logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return event


class Unavailable(Exception):
    """Stands for errors of an absent package in `except` clauses."""


PYMONGO_ERRORS = SimpleNamespace(errors=SimpleNamespace(ConnectionFailure=Unavailable, OperationFailure=Unavailable))


def run_graph(graph: dict[str, Any], targets: Sequence[str]) -> list[Any]:
    """The results of `targets`, in order, as `dask.get` gives them.

    A node is a tuple of a callable and the names of what it needs; any other value is an input.
    """
    results: dict[str, Any] = {}

    def result(name: str) -> Any:
        if name not in results:
            node = graph[name]
            if isinstance(node, tuple) and node and callable(node[0]):
                results[name] = node[0](*(result(need) for need in node[1:]))
            else:
                results[name] = node
        return results[name]

    return [result(name) for name in targets]
