"""Refuses to build wheels: the project runs from its checkout, where data, models and pages lie beside the code."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckoutOnly(BuildHookInterface):
    """Lets `scripts/setup.sh` install the checkout in place (an editable install) and nothing else."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds `version` of a target: "editable" or "standard".

        Raises:
            RuntimeError: a wheel or source archive was asked for, which would lack most of what it needs.
        """
        if version != "editable":
            raise RuntimeError(
                "esim-aftercare is not a library: it runs from its checkout. "
                "Clone the repository and run scripts/setup.sh (docs/operating.md)."
            )
