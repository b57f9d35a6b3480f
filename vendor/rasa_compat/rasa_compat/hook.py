"""The import hook: adapts the modules of Rasa named in `adaptations` while they are loaded.

Python runs `install` at every start of this environment, so nothing heavy is imported here.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from rasa_compat.loading import Adaptation

VERSIONS = {"rasa": "3.6.21", "rasa_sdk": "3.6.2"}


class Hook:
    """A finder that answers for the adapted modules of `rasa` and `rasa_sdk`, and for nothing else."""

    def __init__(self) -> None:
        self._adaptations: dict[str, Adaptation] | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec with a loader that adapts it; None for every module that needs no adaptation.

        Raises:
            ImportError: another version of Rasa is installed than the one this package was made for.
        """
        if fullname.partition(".")[0] not in VERSIONS:
            return None
        if self._adaptations is None:
            _check_versions()
            from rasa_compat.adaptations import ADAPTATIONS

            self._adaptations = {each.module: each for each in ADAPTATIONS}
        adaptation = self._adaptations.get(fullname)
        if adaptation is None:
            return None
        from rasa_compat.loading import adapted_spec

        return adapted_spec(adaptation, path)


def _check_versions() -> None:
    from importlib.metadata import version

    for name, wanted in VERSIONS.items():
        if (found := version(name)) != wanted:
            raise ImportError(
                f"{name} {found} is installed, but rasa_compat adapts {name} {wanted}: see docs/architecture.md"
            )


def install() -> None:
    """Register the hook; doing it twice changes nothing."""
    if not any(isinstance(finder, Hook) for finder in sys.meta_path):
        sys.meta_path.insert(0, Hook())
