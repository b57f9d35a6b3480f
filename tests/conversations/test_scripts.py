"""Conversation scripts: YAML turns, once per language, against the running stack (`tests/support/script_player.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from tests.support.conversation_coverage import Reached, all_scripts
from tests.support.running_stack import Stack
from tests.support.script_player import given, play


def scripts() -> Iterator[Any]:
    """Each script once per language it has texts for."""
    for path, script, language in all_scripts():
        known = script.get("known")
        known = known.get(language) if isinstance(known, dict) else known
        marks = [pytest.mark.xfail(reason=known, strict=False, raises=AssertionError)] if known else []
        name = f"{path.parent.name}: {script['script']} [{language}]"
        yield pytest.param(script, language, id=name, marks=marks)


@pytest.mark.parametrize(("script", "language"), scripts())
def test_conversation(
    stack: Stack,
    orders: Engine,
    reached: Reached,
    script: dict[str, Any],
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    """Play the script."""
    with given(orders, script.get("given", [])):
        play(stack, orders, reached, script, language, request.node.callspec.id)
